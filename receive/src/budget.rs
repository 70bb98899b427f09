//! What all requests together may hold: turns, and bytes of memory.
//!
//! Invariants:
//! - a byte of a body or of items is held before it is kept, and given back when the request ends;
//! - nobody waits for ever: whoever finds no room in time is told to come later, and what it held is free.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::time::{error::Elapsed, timeout};

use crate::limits::{DECODING_AT_ONCE_MAX, HELD_BYTES_MAX, REQUESTS_AT_ONCE_MAX};
use crate::refusal::{Kind, Refusal};

/// The turns and the bytes.
pub(crate) struct Budget {
    requests: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
    decoding: Semaphore,
    /// How long a request waits for any of them.
    wait: Duration,
}

/// What one request holds.
pub(crate) struct Held {
    _turn: OwnedSemaphorePermit,
    bytes: Option<OwnedSemaphorePermit>,
}

impl Budget {
    pub(crate) fn new(wait: Duration) -> Self {
        Self {
            requests: Arc::new(Semaphore::new(REQUESTS_AT_ONCE_MAX)),
            bytes: Arc::new(Semaphore::new(HELD_BYTES_MAX as usize)),
            decoding: Semaphore::new(DECODING_AT_ONCE_MAX),
            wait,
        }
    }

    /// Begins a request, which holds nothing yet.
    pub(crate) async fn begin(&self) -> Result<Held, Refusal> {
        let turn = timeout(self.wait, Arc::clone(&self.requests).acquire_owned()).await;
        let turn = in_time(turn, "too many requests are under way")?;
        Ok(Held { _turn: turn, bytes: None })
    }

    /// Lets the request hold so many bytes more. Nothing is larger than all there is, so that it has its turn.
    pub(crate) async fn hold(&self, held: &mut Held, bytes: usize) -> Result<(), Refusal> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX).min(HELD_BYTES_MAX);
        let more = timeout(self.wait, Arc::clone(&self.bytes).acquire_many_owned(bytes)).await;
        let more = in_time(more, "the requests under way hold too much")?;
        match &mut held.bytes {
            Some(bytes) => bytes.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    }

    /// A turn to inflate and decode.
    pub(crate) async fn decoding(&self) -> Result<SemaphorePermit<'_>, Refusal> {
        in_time(timeout(self.wait, self.decoding.acquire()).await, "too much is being decoded")
    }
}

impl Held {
    /// Gives back what the request held.
    pub(crate) fn let_go(&mut self) {
        self.bytes = None;
    }
}

fn in_time<T>(waited: Result<Result<T, AcquireError>, Elapsed>, why: &str) -> Result<T, Refusal> {
    waited.ok().and_then(Result::ok).ok_or_else(|| Refusal::new(Kind::Busy, why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bytes_are_held_up_to_the_limit_and_then_waited_for() {
        let budget = Budget::new(Duration::ZERO);
        let (mut one, mut other) = (budget.begin().await.unwrap(), budget.begin().await.unwrap());
        budget.hold(&mut one, HELD_BYTES_MAX as usize - 1).await.unwrap();
        budget.hold(&mut other, 1).await.unwrap();
        assert_eq!(budget.hold(&mut other, 1).await.unwrap_err().kind, Kind::Busy);
        one.let_go();
        budget.hold(&mut other, 1).await.unwrap();
        drop(other);
        budget.hold(&mut one, usize::MAX).await.unwrap();
    }

    #[tokio::test]
    async fn one_request_more_than_there_are_turns_is_told_to_come_later() {
        let budget = Budget::new(Duration::ZERO);
        let mut held = Vec::new();
        for _ in 0..REQUESTS_AT_ONCE_MAX {
            held.push(budget.begin().await.unwrap());
        }
        assert_eq!(budget.begin().await.err().unwrap().kind, Kind::Busy);
        held.pop();
        assert!(budget.begin().await.is_ok());
    }
}
