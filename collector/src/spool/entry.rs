//! One record of the spool's journal.
//!
//! ```text
//!   meta bytes u32 | postcard(Entry) | frame | frame ...
//! ```
//! The frames' lengths stand in the entry; the journal's checksum covers all of it.

use std::collections::BTreeMap;

use bytes::Bytes;
use nilometer_model::{BatchId, Epoch, Sequence};
use serde::{Deserialize, Serialize};

use crate::batch::Books;
use crate::reading::StateChange;

/// What one record says. What it says happens as a whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Entry {
    /// Batches were frozen, and the reader stands where `changes` say.
    Frozen { changes: Vec<StateChange>, frames: Vec<u32> },
    /// A batch was cut; the new ones stand for it.
    Replaced { old: BatchId, frames: Vec<u32> },
    /// Batches up to this one are in splits.
    Released { epoch: Epoch, sequence: Sequence },
    /// Everything that the records before this one amount to, their batches excepted.
    Snapshot(Snapshot),
    /// As `Frozen`, and then sources moved to these books without a batch: back, or over what is elsewhere.
    Moved { changes: Vec<StateChange>, frames: Vec<u32>, books: Books },
}

/// The memory of reader and spool.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Snapshot {
    pub(super) state: BTreeMap<String, Vec<u8>>,
    pub(super) books: Books,
    pub(super) released: BTreeMap<Epoch, Sequence>,
}

impl Entry {
    fn frames(&self) -> &[u32] {
        match self {
            Self::Frozen { frames, .. }
            | Self::Moved { frames, .. }
            | Self::Replaced { frames, .. } => frames,
            Self::Released { .. } | Self::Snapshot(_) => &[],
        }
    }

    /// The record; `frames` must have the lengths that the entry says.
    pub(super) fn encode(&self, frames: &[&[u8]]) -> Vec<u8> {
        let meta = postcard::to_stdvec(self).unwrap_or_default();
        let all: usize = frames.iter().map(|frame| frame.len()).sum();
        let mut record = Vec::with_capacity(4 + meta.len() + all);
        record.extend_from_slice(&u32::try_from(meta.len()).unwrap_or(0).to_le_bytes());
        record.extend_from_slice(&meta);
        frames.iter().for_each(|frame| record.extend_from_slice(frame));
        record
    }

    /// The entry and its frames; `None` for what no spool of ours wrote.
    pub(super) fn decode(record: &Bytes) -> Option<(Self, Vec<Bytes>)> {
        let (len, rest) = record.split_first_chunk()?;
        let meta = rest.get(..u32::from_le_bytes(*len) as usize)?;
        let entry: Self = postcard::from_bytes(meta).ok()?;
        let mut at = 4 + meta.len();
        let mut frames = Vec::with_capacity(entry.frames().len().min(64));
        for len in entry.frames() {
            let end = at.checked_add(*len as usize)?;
            if end > record.len() {
                return None;
            }
            frames.push(record.slice(at..end));
            at = end;
        }
        (at == record.len()).then_some((entry, frames))
    }
}
