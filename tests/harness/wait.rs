//! Waiting for events, with a deadline.

use std::time::{Duration, Instant};

/// How often an event is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Waits until `event` gives something; panics at the deadline with what was waited for.
#[track_caller]
pub fn until<T>(what: &str, deadline: Duration, event: impl FnMut() -> Option<T>) -> T {
    match within(deadline, event) {
        Some(value) => value,
        None => panic!("{what}: not within {deadline:?}"),
    }
}

/// Waits until `event` gives something, or for the deadline: for those that have to go on after it.
pub fn within<T>(deadline: Duration, mut event: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        if let Some(value) = event() {
            return Some(value);
        }
        if start.elapsed() >= deadline {
            return None;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// The same as [`until`] for tests that are async.
pub async fn until_async<T, F>(what: &str, deadline: Duration, mut event: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let start = Instant::now();
    loop {
        if let Some(value) = event().await {
            return value;
        }
        assert!(start.elapsed() < deadline, "{what}: not within {deadline:?}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
