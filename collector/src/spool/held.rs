//! A batch that waits in the spool: where it lies, how far its shipping has come, who is to blame.

use bytes::Bytes;
use nilometer_model::{BatchId, LogId, SourceId, Timestamp};

use crate::batch::Book;

/// Where a batch lies: the journal's record, and which of its frames. In the order of freezing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(super) record: u64,
    pub(super) frame: u32,
}

/// A batch's place in the line of those that are to be sent.
///
/// ```text
///   since, 0 ──────────────── 2^64    as it was frozen
///          0 ─────┬────────── 2^64    cut in two
///          0 ─┬─── ────────── 2^64    and its first half again
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    /// When it was frozen, or what it replaces was.
    pub(super) since: Timestamp,
    /// Where its share of what was frozen then begins, and how long that is.
    at: u64,
    share: u64,
}

impl Turn {
    /// Of all that was frozen then.
    pub(super) fn whole(since: Timestamp) -> Self {
        Self { since, at: 0, share: u64::MAX }
    }

    /// Of part `number` of `parts` into which it is cut. After sixty halvings all have one turn.
    pub(super) fn part(self, number: usize, parts: usize) -> Self {
        let share = self.share / (parts as u64).max(1);
        Self { at: self.at + share * number as u64, share, ..self }
    }
}

/// A batch that waits.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) id: BatchId,
    pub(super) sent: Sent,
    /// When it was frozen; `None` once it is known to hold nothing that could be dropped.
    pub(super) frozen_at: Option<Timestamp>,
    /// Connections lost in a row while it was under way.
    pub(super) losses: u32,
    /// How many batches had been taken when the first of them was lost.
    pub(super) taken_before: u64,
    /// It was cut out of a batch that was to blame, so it needs no other that passes to be to blame.
    pub(super) suspect: bool,
    /// When it is to be sent.
    pub(super) turn: Turn,
    /// From where and how far it takes each of its sources.
    pub(super) covers: Vec<(SourceId, u64, Book)>,
}

/// How far the shipping of a batch has come. Not durable: a restart sends all again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    No,
    UnderWay,
    /// Durable in this Log; worth nothing once the centre has another.
    Durable(LogId),
    /// It cannot be read back; the next start declares it.
    Unreadable,
}

/// A batch to be sent.
#[derive(Debug)]
pub(crate) struct Picked {
    pub(crate) place: Place,
    pub(crate) id: BatchId,
    pub(crate) frame: Bytes,
}

impl Held {
    /// Whether it is to be sent, to a centre that keeps `log`.
    pub(super) fn is_open(&self, log: Option<LogId>) -> bool {
        match self.sent {
            Sent::No => true,
            Sent::Durable(in_log) => Some(in_log) != log,
            Sent::UnderWay | Sent::Unreadable => false,
        }
    }

    /// Whether it is known to be durable there.
    pub(super) fn is_durable(&self, log: Option<LogId>) -> bool {
        matches!(self.sent, Sent::Durable(in_log) if Some(in_log) == log)
    }

    /// A connection was lost on it after `taken` batches: whether it is to blame.
    pub(super) fn lost_connection(&mut self, taken: u64) -> bool {
        if self.losses == 0 {
            self.taken_before = taken;
        }
        self.losses += 1;
        self.losses >= 2 && (self.suspect || taken > self.taken_before)
    }
}
