//! What all requests together may hold: turns, and bytes of memory.
//!
//! Invariants:
//! - a byte of a body is held before it is kept, until its items are; items are held until the request ends;
//! - whoever decodes keeps its turn until its items are held, so what nobody holds yet is of a few requests;
//! - bodies and items have room of their own: bodies that wait to be decoded cannot keep items waiting;
//! - nobody waits for ever: whoever finds no room in time is told to come later, and what it held is free.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio::time::{error::Elapsed, timeout};

use crate::limits::{
    BODIES_BYTES_MAX, DECODING_AT_ONCE_MAX, ITEMS_BYTES_MAX, REQUESTS_AT_ONCE_MAX,
};
use crate::refusal::{Kind, Refusal};

/// The turns and the bytes.
pub(crate) struct Budget {
    requests: Arc<Semaphore>,
    bodies: Arc<Semaphore>,
    items: Arc<Semaphore>,
    decoding: Arc<Semaphore>,
    /// How long a request waits for any of them.
    wait: Duration,
}

/// What one request holds.
pub(crate) struct Held {
    _turn: OwnedSemaphorePermit,
    body: Option<OwnedSemaphorePermit>,
    items: Option<OwnedSemaphorePermit>,
}

impl Budget {
    pub(crate) fn new(wait: Duration) -> Self {
        let of = |permits: usize| Arc::new(Semaphore::new(permits));
        Self {
            requests: of(REQUESTS_AT_ONCE_MAX),
            bodies: of(BODIES_BYTES_MAX as usize),
            items: of(ITEMS_BYTES_MAX as usize),
            decoding: of(DECODING_AT_ONCE_MAX),
            wait,
        }
    }

    /// Begins a request, which holds nothing yet.
    pub(crate) async fn begin(&self) -> Result<Held, Refusal> {
        let turn = timeout(self.wait, Arc::clone(&self.requests).acquire_owned()).await;
        let turn = in_time(turn, "too many requests are under way")?;
        Ok(Held { _turn: turn, body: None, items: None })
    }

    /// Lets the request hold so many bytes more of its body.
    pub(crate) async fn hold_body(&self, held: &mut Held, bytes: usize) -> Result<(), Refusal> {
        let more = self.room(&self.bodies, (bytes, BODIES_BYTES_MAX)).await?;
        match &mut held.body {
            Some(body) => body.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    }

    /// Lets the request hold its items, of so many bytes; its body is gone.
    pub(crate) async fn hold_items(&self, held: &mut Held, bytes: usize) -> Result<(), Refusal> {
        held.let_go();
        held.items = Some(self.room(&self.items, (bytes, ITEMS_BYTES_MAX)).await?);
        Ok(())
    }

    /// Nothing is larger than all there is, so that it has its turn.
    async fn room(
        &self,
        room: &Arc<Semaphore>,
        (bytes, all): (usize, u32),
    ) -> Result<OwnedSemaphorePermit, Refusal> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX).min(all);
        let found = timeout(self.wait, Arc::clone(room).acquire_many_owned(bytes)).await;
        in_time(found, "the requests under way hold too much")
    }

    /// A turn to inflate and decode.
    pub(crate) async fn decoding(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        let turn = timeout(self.wait, Arc::clone(&self.decoding).acquire_owned()).await;
        in_time(turn, "too much is being decoded")
    }
}

impl Held {
    /// Gives back what the request held of its body.
    pub(crate) fn let_go(&mut self) {
        self.body = None;
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
        budget.hold_body(&mut one, BODIES_BYTES_MAX as usize - 1).await.unwrap();
        budget.hold_body(&mut other, 1).await.unwrap();
        assert_eq!(budget.hold_body(&mut other, 1).await.unwrap_err().kind, Kind::Busy);
        one.let_go();
        budget.hold_body(&mut other, 1).await.unwrap();
        drop(other);
        budget.hold_body(&mut one, usize::MAX).await.unwrap();
    }

    #[tokio::test]
    async fn items_have_room_beside_bodies_and_give_back_their_own_body() {
        let budget = Budget::new(Duration::ZERO);
        let (mut one, mut other) = (budget.begin().await.unwrap(), budget.begin().await.unwrap());
        budget.hold_body(&mut one, BODIES_BYTES_MAX as usize).await.unwrap();
        budget.hold_items(&mut one, ITEMS_BYTES_MAX as usize - 1).await.unwrap();
        budget.hold_body(&mut other, BODIES_BYTES_MAX as usize).await.unwrap();
        assert_eq!(budget.hold_items(&mut other, 2).await.unwrap_err().kind, Kind::Busy);
        budget.hold_items(&mut other, 1).await.unwrap();
        drop((one, other));
        let mut last = budget.begin().await.unwrap();
        budget.hold_items(&mut last, usize::MAX).await.unwrap();
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
