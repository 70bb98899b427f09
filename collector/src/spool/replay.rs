//! A restart: the spool's journal read from its first record, and what damage took from it.
//!
//! Invariants:
//! - what replays is what was acknowledged to the reader: its state and the batches agree;
//! - where a source's ranges do not chain, a damaged record held the rest: that is declared lost, by
//!   a batch that also stands for the missing sequences, so that the centre can count on beyond them.
//!   What the centre has of it already stays: it cuts a declaration to what is missing.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use nilometer_journal::Recovery;
use nilometer_model::{
    BatchId, CollectorId, Count, Epoch, Gap, GapKind, Reason, Sequence, Timestamp,
};
use nilometer_wire::{BatchHeader, SourceRange};

use super::entry::{Entry, Snapshot};
use super::held::Turn;
use super::{Place, Spool, SpoolError};
use crate::limits::SPOOL_READ_BYTES;

/// What an opened spool cannot give back.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recovered {
    /// Ranges that were read and lost, each with its gap.
    pub(crate) lost: Vec<SourceRange>,
    /// The batches that held them.
    pub(crate) missing: Vec<BatchId>,
    /// No snapshot was found where there must be one: the reader's memory may be gone.
    pub(crate) state_lost: bool,
    /// Something that was acknowledged to the reader may be gone.
    pub(crate) damaged: bool,
}

/// What the journal says, followed record by record.
struct Replay<'a> {
    spool: &'a mut Spool,
    recovered: Recovered,
    /// Every sequence that was seen, by the life it was drawn in.
    seen: BTreeMap<(CollectorId, Epoch), BTreeSet<Sequence>>,
    /// The names that batches here stand for.
    stood_for: BTreeSet<BatchId>,
    /// A snapshot was read.
    grounded: bool,
    /// The record before this one. Segments but the last are checked only as they are read.
    before: u64,
}

pub(super) fn replay(spool: &mut Spool, found: &Recovery) -> Result<Recovered, SpoolError> {
    // What is only torn off the end was never acknowledged.
    let damaged = found.cut_short || !found.damaged.is_empty();
    let before = spool.journal.first() - 1;
    let mut replay = Replay {
        spool,
        recovered: Recovered { damaged, ..Recovered::default() },
        seen: BTreeMap::new(),
        stood_for: BTreeSet::new(),
        grounded: false,
        before,
    };
    let mut after = 0;
    loop {
        let spool = &replay.spool;
        let records =
            spool.journal.read(after, SPOOL_READ_BYTES).map_err(|source| spool.failed(source))?;
        let Some((last, _)) = records.last() else { break };
        after = *last;
        for (number, record) in &records {
            replay.record(*number, record);
        }
    }
    Ok(replay.finish())
}

impl Replay<'_> {
    fn record(&mut self, number: u64, record: &Bytes) {
        let before = std::mem::replace(&mut self.before, number);
        self.recovered.damaged |= before + 1 < number;
        let Some((entry, frames)) = Entry::decode(record) else {
            self.recovered.damaged = true;
            return;
        };
        match entry {
            Entry::Snapshot(snapshot) => self.ground(snapshot),
            Entry::Released { epoch, sequence } => {
                let released = self.spool.known.released.entry(epoch).or_default();
                *released = sequence.max(*released);
                for id in self.spool.released_by(epoch, sequence) {
                    self.spool.forget(id);
                }
            }
            Entry::Frozen { changes, .. } => {
                self.frames(number, &frames, None);
                self.spool.change(changes);
            }
            Entry::Moved { changes, books, .. } => {
                self.frames(number, &frames, None);
                self.spool.known.books.extend(books);
                self.spool.change(changes);
            }
            Entry::Replaced { old, .. } => {
                let turn = self.spool.forget(old);
                self.frames(number, &frames, turn);
            }
        }
    }

    /// A snapshot repeats what the records before it said. Behind damage it says more: the reader's
    /// memory is taken from it, but not how far sources were handed over, or the hole would not show.
    fn ground(&mut self, snapshot: Snapshot) {
        let known = &mut self.spool.known;
        if !self.grounded {
            *known = snapshot;
        } else if self.recovered.damaged {
            known.state = snapshot.state;
            known.released.extend(snapshot.released);
            for (source, book) in snapshot.books {
                known.books.entry(source).or_insert(book);
            }
        }
        self.grounded = true;
    }

    fn frames(&mut self, number: u64, frames: &[Bytes], before: Option<Turn>) {
        let mut turn = before;
        for (at, frame) in frames.iter().enumerate() {
            let Ok(header) = nilometer_wire::decode_header(frame) else {
                self.recovered.damaged = true;
                continue;
            };
            let id = header.batch;
            self.seen.entry((id.collector, id.epoch)).or_default().insert(id.sequence);
            self.stood_for.extend(&header.replaces);
            self.find_holes(&header, frame);
            let place = Place { record: number, frame: u32::try_from(at).unwrap_or(u32::MAX) };
            let turn = *turn.get_or_insert_with(|| self.spool.turn(&header, None));
            self.spool.hold_one(place, &header, turn.part(at, frames.len()));
            if self.spool.released(id.epoch) >= id.sequence {
                self.spool.forget(id);
            }
        }
    }

    fn find_holes(&mut self, header: &BatchHeader, frame: &Bytes) {
        if !self.recovered.damaged || !self.grounded {
            return;
        }
        for range in &header.sources {
            let known = self.spool.known.books.get(&range.source).copied().unwrap_or_default();
            if range.from > known.to {
                let running = range.running - counted(range, frame);
                self.recovered.lost.push(hole(
                    range,
                    known.to,
                    known.running,
                    (running, header.frozen_at),
                ));
            }
        }
    }

    fn finish(mut self) -> Recovered {
        for ((collector, epoch), seen) in &self.seen {
            let (Some(first), Some(last)) = (seen.first(), seen.last()) else { continue };
            // Without a snapshot what was let go of is not known; with one, what lies before the first
            // that is here was let go of, replaced, or never came to be.
            let before = if self.grounded { Sequence(0) } else { Sequence(first.0 - 1) };
            let after = self.spool.released(*epoch).max(before);
            let (collector, epoch) = (*collector, *epoch);
            let missing = (after.0 + 1..last.0).map(Sequence).filter(|s| !seen.contains(s));
            let missing = missing.map(|sequence| BatchId { collector, epoch, sequence });
            let missing = missing.filter(|name| !self.stood_for.contains(name));
            self.recovered.missing.extend(missing);
        }
        self.recovered.state_lost = !self.grounded && self.spool.journal.last() > 0;
        self.recovered
    }
}

/// What the frame itself adds to the source's running count.
fn counted(range: &SourceRange, frame: &Bytes) -> Count {
    let mut count = Count::default();
    if let Ok(batch) = nilometer_wire::decode(frame) {
        let entries = batch.items.entries().filter(|entry| entry.source == range.source);
        entries.for_each(|entry| count += Count::one(u64::from(entry.bytes)));
    }
    let shed = range.gaps.iter().filter(|gap| gap.kind == GapKind::Shed);
    shed.filter_map(|gap| gap.count).for_each(|shed| count += shed);
    count
}

/// The stretch in front of `range` that a damaged record held.
fn hole(
    range: &SourceRange,
    from: u64,
    before: Count,
    (running, time): (Count, Timestamp),
) -> SourceRange {
    let gap = Gap {
        kind: GapKind::Lost,
        from,
        to: Some(range.from),
        reason: Reason::SpoolDamaged,
        count: Some(running - before),
        time,
    };
    SourceRange { from, to: range.from, running, gaps: vec![gap], ended: false, ..range.clone() }
}
