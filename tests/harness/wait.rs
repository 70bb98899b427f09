//! Waiting for events, with a deadline.

use std::time::{Duration, Instant};

/// How often an event is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Waits until `event` gives something; panics at the deadline with what was waited for.
#[track_caller]
pub fn until<T>(what: &str, deadline: Duration, mut event: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = event() {
            return value;
        }
        assert!(start.elapsed() < deadline, "{what}: not within {deadline:?}");
        std::thread::sleep(LOOK_EVERY);
    }
}

/// The same for tests that are async.
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
