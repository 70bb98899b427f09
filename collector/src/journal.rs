//! The collector's own journals, one for receivers and one for samplers: what came through the door, as
//! sources whose positions are counters.
//!
//! ```text
//!   Handed ── draw ──> Drawn: positions, ranges, counts ── spooled ──> keep
//!                                                      └── not ─────> nothing has happened
//! ```
//! Invariants:
//! - a journal is one life's: a start ends those before it and begins a new one with its first item;
//! - positions are drawn when a batch is frozen, in the order of its items, and the counters move only
//!   once that batch is known to be in the spool;
//! - what is shed has positions like the rest, so that the counters say all that was handed over;
//! - what the heartbeat says of a journal is counted as it is handed over, what headers say as positions
//!   are drawn; both are remembered with the batch, and never compared here.

use std::collections::BTreeMap;
use std::sync::Arc;

use nilometer_model::{
    CollectorId, Count, Gap, GapKind, Items, LineageId, Origin, Reason, SourceId, Stream, Timestamp,
};
use nilometer_wire::{Fingerprint, SourceRange};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::batch::Books;
use crate::life::Life;
use crate::limits::JOURNALS_KEPT;
use crate::reading::StateChange;

/// Where the spool's memory keeps a journal; no log's key begins like this.
const KEY_PREFIX: &str = "\0journal/";
/// Who brings something, each with a journal of his own.
const STREAMS: [Stream; 2] = [Stream::Otlp, Stream::Sampler];

/// The journals of one life.
#[derive(Debug)]
pub(crate) struct Journals {
    /// Which life of this collector it is, among those that had journals.
    number: u64,
    own: [Journal; 2],
}

/// One journal, as far as it is in the spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Journal {
    stream: Stream,
    source: SourceId,
    lineage: LineageId,
    /// What was drawn; its records are the last position.
    running: Count,
    /// What was handed over.
    read: Count,
}

/// What is remembered of a journal over restarts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Saved {
    number: u64,
    source: SourceId,
    stream: Stream,
    read: Count,
    ended: bool,
}

/// What a start finds of the lives before it.
#[derive(Debug, Default)]
pub(crate) struct Earlier {
    /// What was handed over then.
    pub(crate) read: BTreeMap<SourceId, Count>,
    /// The ends of those that a crash left open.
    pub(crate) ends: Vec<SourceRange>,
    pub(crate) changes: Vec<StateChange>,
}

/// What is not kept of what was handed over.
pub(crate) type Shed = BTreeMap<Reason, Count>;

/// What was handed over, as far as it is kept.
#[derive(Debug)]
pub(crate) struct Brought {
    pub(crate) stream: Stream,
    pub(crate) items: Items,
    pub(crate) shed: Shed,
}

/// Items with their positions; nothing of it counts before it is kept.
#[derive(Debug)]
pub(crate) struct Drawn {
    pub(crate) sources: Vec<SourceRange>,
    pub(crate) items: Items,
    /// What was handed over of each source, in this life.
    pub(crate) read: BTreeMap<SourceId, Count>,
    pub(crate) changes: Vec<StateChange>,
    next: [Journal; 2],
}

/// Whether the key belongs to a journal.
pub(crate) fn is_key(key: &str) -> bool {
    key.starts_with(KEY_PREFIX)
}

impl Journals {
    /// Begins those of a life, after what is remembered of the lives before it.
    pub(crate) fn begin<'a>(
        life: &Life,
        state: impl Iterator<Item = (&'a String, &'a Vec<u8>)>,
        books: &Books,
    ) -> (Self, Earlier) {
        let remembered = state.filter(|(key, _)| is_key(key));
        let mut saved: Vec<Saved> =
            remembered.filter_map(|(_, bytes)| postcard::from_bytes(bytes).ok()).collect();
        saved.sort_by_key(|saved| saved.number);
        let number = saved.last().map_or(0, |last| last.number) + 1;
        let mut earlier = Earlier::default();
        let forgotten = saved.len().saturating_sub(JOURNALS_KEPT);
        for (at, mut saved) in saved.into_iter().enumerate() {
            if !saved.ended
                && let Some(book) = books.get(&saved.source)
            {
                let journal = Journal::of(life.collector, saved.source, saved.stream);
                let journal = Journal { running: book.running, ..journal };
                earlier.ends.push(SourceRange { ended: true, ..journal.range(book.running) });
            }
            earlier.read.insert(saved.source, saved.read);
            if at < forgotten {
                earlier.changes.push((key(saved.source), None));
            } else if !std::mem::replace(&mut saved.ended, true) {
                earlier.changes.push(saved.change());
            }
        }
        let own = STREAMS.map(|stream| {
            let (collector, epoch) = (life.collector, life.epoch);
            let name = format!("journal\0{collector}\0{epoch}\0{stream}");
            Journal::of(collector, SourceId(xxh3_64(name.as_bytes())), stream)
        });
        (Self { number, own }, earlier)
    }

    /// Draws positions for what was brought; `ends` says that nothing more will come in this life.
    pub(crate) fn draw(&self, brought: Vec<Brought>, ends: bool) -> Drawn {
        let mut next = self.own;
        let mut items = Items::default();
        let mut shed = [Shed::new(), Shed::new()];
        for Brought { stream, items: mut brought, shed: dropped } in brought {
            let own = next.iter_mut().zip(&mut shed).find(|(own, _)| own.stream == stream);
            let Some((journal, shed)) = own else { continue };
            journal.read += count(&brought);
            for (reason, count) in dropped {
                journal.read += count;
                *shed.entry(reason).or_default() += count;
            }
            stamp(&mut brought, journal.source);
            if items.is_empty() {
                items = brought;
            } else {
                items.append(&brought);
            }
        }
        number(&mut items, &mut next);
        let gaps: [Vec<Gap>; 2] =
            std::array::from_fn(|at| next[at].leave_out(std::mem::take(&mut shed[at])));
        let changed = |(before, after): &(&Journal, &Journal)| {
            before != after || ends && after.running.records > 0
        };
        let of = || self.own.iter().zip(&next).filter(changed);
        let range = |(before, after): (&Journal, &Journal)| SourceRange {
            ended: ends,
            gaps: gaps[usize::from(after.stream != STREAMS[0])].clone(),
            ..after.range(before.running)
        };
        Drawn {
            sources: of().map(range).collect(),
            read: of().map(|(_, after)| (after.source, after.read)).collect(),
            changes: of().map(|(_, after)| after.save(self.number, ends).change()).collect(),
            items,
            next,
        }
    }

    /// What was drawn is in the spool.
    pub(crate) fn keep(&mut self, drawn: &Drawn) {
        self.own = drawn.next;
    }
}

impl Journal {
    /// Draws positions for what is not kept, behind all that is; a stretch for each reason.
    fn leave_out(&mut self, shed: Shed) -> Vec<Gap> {
        let gaps = shed.into_iter().map(|(reason, count)| {
            let from = self.running.records;
            self.running += count;
            let (kind, to) = (GapKind::Shed, Some(self.running.records));
            Gap { kind, from, to, reason, count: Some(count), time: Timestamp::default() }
        });
        gaps.collect()
    }

    fn of(collector: CollectorId, source: SourceId, stream: Stream) -> Self {
        let lineage = LineageId(xxh3_64(format!("journal\0{collector}\0{stream}").as_bytes()));
        let none = Count::default();
        Self { stream, source, lineage, running: none, read: none }
    }

    /// What a batch covers of it: what came after `before`. It has no file and no pod.
    fn range(&self, before: Count) -> SourceRange {
        SourceRange {
            source: self.source,
            lineage: self.lineage,
            component: self.stream.name().to_owned(),
            instance: String::new(),
            stream: self.stream,
            path: String::new(),
            fingerprint: Fingerprint::default(),
            from: before.records,
            to: self.running.records,
            running: self.running,
            gaps: Vec::new(),
            ended: false,
        }
    }

    fn save(&self, number: u64, ended: bool) -> Saved {
        let Self { source, stream, read, .. } = *self;
        Saved { number, source, stream, read, ended }
    }
}

impl Saved {
    fn change(&self) -> StateChange {
        (key(self.source), postcard::to_stdvec(self).ok())
    }
}

fn key(source: SourceId) -> String {
    format!("{KEY_PREFIX}{source}")
}

/// What was handed over.
fn count(items: &Items) -> Count {
    let bytes = items.rows.bytes.iter().map(|bytes| u64::from(*bytes)).sum();
    Count { records: items.len() as u64, bytes }
}

/// Makes the items ones of the journal.
fn stamp(items: &mut Items, source: SourceId) {
    let Items { rows, spans, samples } = items;
    for origins in [&mut rows.origins, &mut spans.origins, &mut samples.origins] {
        // Whose it is, the intake says.
        let own = |origin: &Arc<Origin>| {
            let tenant = "default".to_owned();
            Arc::new(Origin { tenant, source, ..Origin::clone(origin) })
        };
        origins.replace_each(own);
    }
}

/// Numbers the items in their order, each kind's behind the kind before.
fn number(items: &mut Items, journals: &mut [Journal; 2]) {
    let mut draw = |source: SourceId, bytes: u32| {
        let journal = journals.iter_mut().find(|journal| journal.source == source);
        journal.map_or(0, |journal| {
            journal.running += Count::one(u64::from(bytes));
            journal.running.records
        })
    };
    let Items { rows, spans, samples } = items;
    for (at, position) in rows.position.iter_mut().enumerate() {
        *position = draw(rows.origins[rows.origin[at] as usize].source, rows.bytes[at]);
    }
    for (at, position) in spans.position.iter_mut().enumerate() {
        *position = draw(spans.origins[spans.origin[at] as usize].source, 0);
    }
    for (at, position) in samples.position.iter_mut().enumerate() {
        *position = draw(samples.origins[samples.origin[at] as usize].source, 0);
    }
}

#[cfg(test)]
pub(crate) mod tests;
