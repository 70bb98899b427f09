//! Batches that the intake has taken apart, or put together, for the index that is about to read them from the Log.
//!
//! ```text
//!   intake ──offer(frame, batch)──> Log ──> index ──take(frame)──> the batch, not decoded again
//! ```
//! Invariants:
//! - what is taken is what the Log's bytes say: the very bytes stand beside it, and are compared;
//! - nothing depends on it: what is not here, because there was no room or another process took it in, is decoded;
//! - at most so many bytes are held; the oldest go first.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use nilometer_wire::Batch;

/// See the file's head.
#[derive(Debug)]
pub struct Handover {
    /// The lock is held for a look only.
    held: Mutex<Held>,
    bytes_max: usize,
}

#[derive(Debug, Default)]
struct Held {
    /// Nearly as the Log holds them: lanes append side by side.
    batches: VecDeque<(Bytes, Batch)>,
    bytes: usize,
}

/// A batch on its way to the Log. Whoever lets go of it before it is there, withdraws it.
#[must_use]
pub(crate) struct Offer<'a> {
    handover: &'a Handover,
    frame: Option<Bytes>,
}

impl Offer<'_> {
    /// The frame is in the Log.
    pub(crate) fn stands(mut self) {
        self.frame = None;
    }
}

impl Drop for Offer<'_> {
    fn drop(&mut self) {
        if let Some(frame) = &self.frame {
            self.handover.take(frame);
        }
    }
}

impl Handover {
    /// One that holds at most `bytes_max`.
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { held: Mutex::default(), bytes_max }
    }

    /// `frame`, which is to be appended, says what `batch` does.
    pub(crate) fn offer(&self, frame: Bytes, mut batch: Batch) -> Offer<'_> {
        batch.items.settle();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.bytes += bytes(&frame, &batch);
        held.batches.push_back((frame.clone(), batch));
        let mut gone = Vec::new();
        while held.bytes > self.bytes_max {
            gone.extend(held.remove(0));
        }
        drop(held);
        Offer { handover: self, frame: Some(frame) }
    }

    /// The batch of that frame, if it is here.
    pub(crate) fn take(&self, frame: &[u8]) -> Option<Batch> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let place = held.batches.iter().position(|(its, _)| its == frame)?;
        held.remove(place)
    }
}

impl Held {
    fn remove(&mut self, place: usize) -> Option<Batch> {
        let (frame, batch) = self.batches.remove(place)?;
        self.bytes -= bytes(&frame, &batch);
        Some(batch)
    }
}

fn bytes(frame: &Bytes, batch: &Batch) -> usize {
    frame.len() + batch.items.memory_bytes()
}

#[cfg(test)]
mod tests {
    use nilometer_model::{Items, Timestamp};
    use nilometer_wire::{BatchHeader, decode, encode};

    use super::*;

    /// A batch that was frozen at that time, and its frame.
    fn frozen_at(ns: i64) -> (Bytes, Batch) {
        let header = BatchHeader { frozen_at: Timestamp(ns), ..BatchHeader::default() };
        let frame = encode(&header, &Items::default()).unwrap();
        let batch = decode(&frame).unwrap();
        (frame.into(), batch)
    }

    #[test]
    fn a_batch_is_taken_once_by_its_bytes_in_whichever_order() {
        let handover = Handover::new(1 << 20);
        let [one, two] = [1, 2].map(frozen_at);
        for (frame, batch) in [&one, &two] {
            handover.offer(frame.clone(), batch.clone()).stands();
        }
        assert_eq!(handover.take(&two.0), Some(two.1));
        assert_eq!(handover.take(&two.0), None);
        assert_eq!(handover.take(&one.0), Some(one.1));
        assert_eq!(handover.held.lock().unwrap().bytes, 0);
    }

    #[test]
    fn what_did_not_reach_the_log_is_withdrawn() {
        let handover = Handover::new(1 << 20);
        let (frame, batch) = frozen_at(1);
        drop(handover.offer(frame.clone(), batch));
        assert_eq!(handover.take(&frame), None);
    }

    #[test]
    fn beyond_the_limit_the_oldest_goes() {
        let [one, two] = [1, 2].map(frozen_at);
        let fits = bytes(&one.0, &one.1) + bytes(&two.0, &two.1);
        for (bytes_max, is_there) in [(fits, true), (fits - 1, false)] {
            let handover = Handover::new(bytes_max);
            for (frame, batch) in [&one, &two] {
                handover.offer(frame.clone(), batch.clone()).stands();
            }
            assert_eq!(handover.take(&one.0).is_some(), is_there);
            assert_eq!(handover.take(&two.0), Some(two.1.clone()));
        }
    }
}
