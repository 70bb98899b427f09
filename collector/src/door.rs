//! A node's door: what receivers and samplers bring waits here until the thread that reads has spooled it.
//!
//! ```text
//!   take ──> waiting (bytes are limited) ── OpenDoor::collect ──> journals ──> spool, fsync ──> answer
//!    │
//!    └ no collector runs, or its spool is full or cannot be written: an error at once, nothing is held
//! ```
//! Invariants:
//! - `Ok` comes only after the fsync of the spool's record that holds all that was handed over;
//! - an open door is closed when its thread ends, however that ends, and whoever waits is told.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use nilometer_model::{Items, Stream, Tenant};
use nilometer_wire::{Door, IntakeError};
use tokio::sync::oneshot;

use crate::limits::{DOOR_BYTES_MAX, DOOR_GATHER_MS, DOOR_REQUEST_BYTES_MAX, DOOR_RETRY_S};
use crate::monotonic;
use crate::watch::Waker;

/// A door and its end: the one goes to whoever brings something, the other into a collector's
/// configuration.
#[must_use]
pub fn door() -> (CollectorDoor, DoorEnd) {
    let end = DoorEnd::default();
    (CollectorDoor(Arc::clone(&end.0)), end)
}

/// Where receivers bring what they were sent. May be cloned.
///
/// The tenant is whom the centre says that this collector belongs to, whatever is said here.
#[derive(Debug, Clone)]
pub struct CollectorDoor(Arc<Queue>);

/// The collector's side of a door. Nobody comes through the default one.
#[derive(Debug, Clone, Default)]
pub struct DoorEnd(Arc<Queue>);

/// What was handed over, with the one who waits for its fsync.
#[derive(Debug)]
pub(crate) struct Handed {
    /// Which journal it belongs to.
    stream: Stream,
    items: Items,
    answer: oneshot::Sender<Result<(), IntakeError>>,
}

/// The door while a collector stands behind it.
#[derive(Debug)]
pub(crate) struct OpenDoor(Arc<Queue>);

#[derive(Debug, Default)]
struct Queue {
    /// Held for a look only.
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Wakes the thread that collects; none while no collector runs.
    waker: Option<Waker>,
    /// Why nothing is taken for now.
    refused: Option<IntakeError>,
    handed: Vec<Handed>,
    /// Memory that it takes, bytes.
    bytes: usize,
    /// When the first of it came.
    since: Option<Instant>,
}

#[async_trait]
impl Door for CollectorDoor {
    async fn take(&self, _tenant: &Tenant, items: Items) -> Result<(), IntakeError> {
        self.0.take(Stream::Otlp, items).await
    }
}

impl DoorEnd {
    /// Opens the door for the thread that `waker` wakes.
    pub(crate) fn open(&self, waker: Waker) -> OpenDoor {
        let mut waiting = self.0.waiting();
        waiting.waker = Some(waker);
        waiting.refused = None;
        OpenDoor(Arc::clone(&self.0))
    }

    /// Hands over what the collector itself measured; returns once it is spooled.
    pub(crate) async fn measured(&self, items: Items) -> Result<(), IntakeError> {
        self.0.take(Stream::Sampler, items).await
    }
}

impl Queue {
    async fn take(&self, stream: Stream, items: Items) -> Result<(), IntakeError> {
        if items.is_empty() {
            return Ok(());
        }
        let (answer, answered) = oneshot::channel();
        self.hand_over(Handed { stream, items, answer })?;
        answered.await.unwrap_or_else(|_| Err(unavailable("the collector ended")))
    }

    fn hand_over(&self, handed: Handed) -> Result<(), IntakeError> {
        let bytes = handed.items.memory_bytes();
        if bytes > DOOR_REQUEST_BYTES_MAX {
            let (bytes, limit_bytes) = (bytes as u64, DOOR_REQUEST_BYTES_MAX as u64);
            return Err(IntakeError::TooLarge { bytes, limit_bytes });
        }
        let mut waiting = self.waiting();
        if let Some(error) = &waiting.refused {
            return Err(error.clone());
        }
        let Some(waker) = waiting.waker.clone() else {
            return Err(unavailable("no collector runs behind this door"));
        };
        // A large one passes when it has the queue to itself.
        if !waiting.handed.is_empty() && waiting.bytes + bytes > DOOR_BYTES_MAX {
            return Err(busy());
        }
        waiting.bytes += bytes;
        waiting.since.get_or_insert_with(monotonic::now);
        waiting.handed.push(handed);
        drop(waiting);
        waker.wake();
        Ok(())
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenDoor {
    /// How long until what waits is to be spooled; `None` when nothing does.
    pub(crate) fn due_in(&self) -> Option<Duration> {
        let waiting = self.0.waiting();
        let since = waiting.since?;
        let large = waiting.bytes >= DOOR_BYTES_MAX / 2;
        let gather = if large { Duration::ZERO } else { Duration::from_millis(DOOR_GATHER_MS) };
        Some(gather.saturating_sub(monotonic::now().saturating_duration_since(since)))
    }

    /// Takes out what waits.
    pub(crate) fn collect(&self) -> Vec<Handed> {
        let mut waiting = self.0.waiting();
        waiting.bytes = 0;
        waiting.since = None;
        std::mem::take(&mut waiting.handed)
    }

    /// Says whether the spool takes anything.
    pub(crate) fn block(&self, full: bool) {
        self.refuse(full.then(busy));
    }

    /// The spool cannot be written.
    pub(crate) fn fail(&self, sentence: &str) {
        self.refuse(Some(unavailable(sentence)));
    }

    fn refuse(&self, error: Option<IntakeError>) {
        let mut waiting = self.0.waiting();
        waiting.refused.clone_from(&error);
        drop(waiting);
        if let Some(error) = error {
            self.collect().into_iter().for_each(|handed| handed.answer(Err(error.clone())));
        }
    }

    /// Takes nothing any more; what waits is still to be collected.
    pub(crate) fn close(&self) {
        let mut waiting = self.0.waiting();
        waiting.waker = None;
        waiting.refused = None;
    }
}

impl Drop for OpenDoor {
    fn drop(&mut self) {
        self.close();
        drop(self.collect());
    }
}

impl Handed {
    /// Takes out what is handed over.
    pub(crate) fn take(&mut self) -> (Stream, Items) {
        (self.stream, std::mem::take(&mut self.items))
    }

    /// Says what became of it; whoever waited may have gone.
    pub(crate) fn answer(self, result: Result<(), IntakeError>) {
        let _gone = self.answer.send(result);
    }
}

fn busy() -> IntakeError {
    IntakeError::Busy { retry_after_s: DOOR_RETRY_S }
}

pub(crate) fn unavailable(reason: &str) -> IntakeError {
    IntakeError::Unavailable { reason: reason.to_owned(), retry_after_s: DOOR_RETRY_S }
}

#[cfg(test)]
mod tests;
