//! The queue at the door: its limits, who is turned away, who is told.

use std::pin::Pin;
use std::task::{Context, Poll, Waker as Task};

use super::*;
use crate::journal::tests::spans;

type Answer = Result<(), IntakeError>;
type Taking = Pin<Box<dyn Future<Output = Answer>>>;

fn take(door: &CollectorDoor, items: Items) -> Taking {
    let door = door.clone();
    Box::pin(async move { door.take(&Tenant::default(), items).await })
}

/// One span whose memory is `bytes` or, when that is less than a span takes, as little as can be.
fn of_bytes(bytes: usize) -> Items {
    let least = spans(1, "").memory_bytes();
    let items = spans(1, &"x".repeat(bytes.saturating_sub(least)));
    assert!(items.memory_bytes() == bytes || bytes < least);
    items
}

/// What is said at once; `None` when that is nothing yet.
fn at_once(taking: &mut Taking) -> Option<Answer> {
    match taking.as_mut().poll(&mut Context::from_waker(Task::noop())) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    }
}

#[test]
fn nobody_behind_the_door_is_said_at_once_and_nothing_is_held() {
    let (door, end) = door();
    let closed = Some(Err(unavailable("no collector runs behind this door")));
    assert_eq!(at_once(&mut take(&door, spans(1, ""))), closed);
    let open = end.open(Waker::default());
    assert!(open.collect().is_empty());
    assert_eq!(at_once(&mut take(&door, spans(1, ""))), None);
    drop(open);
    assert_eq!(at_once(&mut take(&door, spans(1, ""))), closed);
}

#[test]
fn no_items_are_durable_at_once() {
    assert_eq!(at_once(&mut take(&door().0, Items::default())), Some(Ok(())));
}

#[test]
fn what_waits_is_limited_and_one_more_byte_is_turned_away() {
    let least = spans(1, "").memory_bytes();
    for (second, expect) in [
        (DOOR_BYTES_MAX - least, None),
        (DOOR_BYTES_MAX - least + 1, Some(Err(IntakeError::Busy { retry_after_s: 1 }))),
    ] {
        let (door, end) = door();
        let open = end.open(Waker::default());
        let (mut first, mut other) = (take(&door, of_bytes(least)), take(&door, of_bytes(second)));
        assert_eq!(at_once(&mut first), None);
        assert_eq!(at_once(&mut other), expect);
        assert_eq!(open.collect().len(), if expect.is_none() { 2 } else { 1 });
    }
}

#[test]
fn a_large_request_passes_alone_and_one_byte_above_the_limit_never() {
    let limit_bytes = DOOR_REQUEST_BYTES_MAX as u64;
    for (bytes, expect) in [
        (DOOR_REQUEST_BYTES_MAX, None),
        (
            DOOR_REQUEST_BYTES_MAX + 1,
            Some(Err(IntakeError::TooLarge { bytes: limit_bytes + 1, limit_bytes })),
        ),
    ] {
        let (door, end) = door();
        let open = end.open(Waker::default());
        assert_eq!(at_once(&mut take(&door, of_bytes(bytes))), expect);
        assert_eq!(open.due_in(), expect.is_none().then_some(Duration::ZERO));
    }
}

#[test]
fn whoever_waits_when_the_spool_fills_or_fails_or_the_thread_ends_is_told() {
    let failed = |sentence: &str| Some(Err(unavailable(sentence)));
    let (door, end) = door();
    let open = end.open(Waker::default());
    let mut waits = take(&door, spans(1, ""));
    assert_eq!(at_once(&mut waits), None);
    open.block(true);
    assert_eq!(at_once(&mut waits), Some(Err(busy())));
    assert_eq!(at_once(&mut take(&door, spans(1, ""))), Some(Err(busy())));
    open.block(false);

    let mut waits = take(&door, spans(1, ""));
    assert_eq!(at_once(&mut waits), None);
    open.fail("disk on fire");
    assert_eq!(at_once(&mut waits), failed("disk on fire"));
    assert!(open.collect().is_empty(), "nothing is held");
    open.block(false);

    let mut waits = take(&door, spans(1, ""));
    assert_eq!(at_once(&mut waits), None);
    drop(open);
    assert_eq!(at_once(&mut waits), failed("the collector ended"));
}
