//! A centre as DESIGN 3 demands it, small and strict: what is answered is in its Log, what is committed is
//! what collectors may let go of, and a record enters once, by its source and position.
//!
//! ```text
//!   frame ── decode ──> Log (durable) ──> visible ── commit, later ──> committed ──> committed_to
//!                        └ lost: another Log id                         └ an older one: went back
//! ```

use std::collections::BTreeMap;

use bytes::Bytes;
use nilometer_model::{
    BatchId, CollectorId, Count, Coverage, Epoch, Gap, GapKind, LogId, PipelineId, Sequence,
    SourceId, Tally,
};
use nilometer_wire::{
    Batch, BatchAnswer, CommittedTo, Heartbeat, HeartbeatAnswer, SourceRange, decode,
};
use serde_json::json;
use uuid::Uuid;

use super::chance::Trace;
use crate::http::Reply;

/// One record as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) message: String,
    pub(super) bytes: u32,
    pub(super) order_time: i64,
}

/// The books of one source.
#[derive(Debug, Clone)]
pub(super) struct Account {
    /// As last heard, without gaps.
    pub(super) range: SourceRange,
    pub(super) coverage: Coverage<Tally>,
    pub(super) records: BTreeMap<u64, Kept>,
    pub(super) lost: Vec<Gap>,
    ended: bool,
}

/// What some number of batches amount to.
#[derive(Debug, Clone, Default)]
pub(super) struct Books {
    pub(super) accounts: BTreeMap<SourceId, Account>,
    sequences: Sequences,
}

#[derive(Debug)]
pub(super) struct Centre {
    pipeline: PipelineId,
    log: LogId,
    /// What the Log holds behind what is committed.
    entries: Vec<Bytes>,
    pub(super) visible: Books,
    committed: Books,
    /// An older committed state, to go back to.
    older: Books,
    pub(super) read: BTreeMap<SourceId, Count>,
    /// The last heartbeat that counted: its life and number.
    beat: (Epoch, u64),
    /// More records than this: 413.
    pub(super) records_max: usize,
    trace: Trace,
}

impl Books {
    /// What it stands for is in with it, or it is not taken.
    fn has_room_for(&self, batch: &Batch) -> bool {
        let mut names: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for BatchId { collector, epoch, sequence } in ids(batch) {
            let of_life = names.entry((*collector, *epoch)).or_default();
            of_life.push((sequence.0 - 1, sequence.0));
        }
        let nothing = Coverage::default();
        let known = |life| self.sequences.get(life).unwrap_or(&nothing);
        names.iter().all(|(life, ranges)| known(life).accepts(ranges))
            && batch.header.sources.iter().all(|range| {
                let account = self.accounts.get(&range.source);
                account.is_none_or(|account| account.coverage.accepts(&[(range.from, range.to)]))
            })
    }

    fn enter(&mut self, batch: &Batch) {
        for id in ids(batch) {
            let known = self.sequences.entry((id.collector, id.epoch)).or_default();
            known.add(id.sequence.0 - 1, id.sequence.0, |_, _| ());
        }
        for range in &batch.header.sources {
            self.enter_range(range, batch);
        }
    }

    fn enter_range(&mut self, range: &SourceRange, batch: &Batch) {
        let account = self.accounts.entry(range.source).or_insert_with(|| Account {
            range: range.clone(),
            coverage: Coverage::default(),
            records: BTreeMap::new(),
            lost: Vec::new(),
            ended: false,
        });
        let items = &batch.items;
        let mut entered = Vec::new();
        account.coverage.add(range.from, range.to, |from, to| {
            let mut tally = Tally { running: range.running, ..Tally::default() };
            let inside = |position: u64| from < position && position <= to;
            for entry in items.entries().filter(|e| e.source == range.source && inside(e.position))
            {
                tally.committed += Count::one(u64::from(entry.bytes));
            }
            for gap in range.gaps.iter().filter(|gap| gap.kind == GapKind::Shed) {
                if gap.to.is_some_and(inside) {
                    *tally.shed.entry(gap.reason).or_default() += gap.count.unwrap_or_default();
                }
            }
            entered.push((from, to));
            tally
        });
        for row in items.rows.iter().filter(|row| row.origin.source == range.source) {
            if entered.iter().any(|(from, to)| *from < row.position && row.position <= *to) {
                let (message, bytes) = (row.message.to_owned(), row.bytes);
                let kept = Kept { message, bytes, order_time: row.order_time.0 };
                let twice = account.records.insert(row.position, kept);
                assert!(twice.is_none(), "two records at one position of {}", range.source);
            }
        }
        let lost = range.gaps.iter().filter(|gap| gap.kind == GapKind::Lost);
        account.lost.extend(lost.cloned());
        account.ended |= range.ended;
        account.range = SourceRange { gaps: Vec::new(), ..range.clone() };
    }

    fn committed_to(&self, collector: CollectorId) -> CommittedTo {
        let of = self.sequences.iter().filter(|((of, _), _)| *of == collector);
        of.map(|((_, epoch), known)| (*epoch, Sequence(known.mark()))).collect()
    }
}

type Sequences = BTreeMap<(CollectorId, Epoch), Coverage<()>>;

/// The batch and those that it stands for.
fn ids(batch: &Batch) -> impl Iterator<Item = &BatchId> {
    std::iter::once(&batch.header.batch).chain(&batch.header.replaces)
}

/// For the trace: epoch and sequence.
fn name(batch: &BatchId) -> String {
    format!("{}-{}", batch.epoch, batch.sequence)
}

/// For the trace: source, from and to.
fn stretch(range: &SourceRange) -> String {
    format!("{} {}-{}", range.source, range.from, range.to)
}

impl Centre {
    pub(super) fn new(trace: Trace) -> Self {
        Self {
            pipeline: PipelineId(Uuid::from_u128(1)),
            log: LogId(Uuid::from_u128(100)),
            entries: Vec::new(),
            visible: Books::default(),
            committed: Books::default(),
            older: Books::default(),
            read: BTreeMap::new(),
            beat: (Epoch(0), 0),
            records_max: usize::MAX,
            trace,
        }
    }

    /// Up to which batch all is in, by epoch, and beyond.
    pub(super) fn sequences(&self) -> Vec<String> {
        let all = self.committed.sequences.iter();
        all.map(|((_, epoch), known)| format!("{epoch}: {}, {:?}", known.mark(), known.beyond()))
            .collect()
    }

    /// All that is visible becomes true.
    pub(super) fn commit(&mut self) {
        self.older = std::mem::replace(&mut self.committed, self.visible.clone());
        self.entries.clear();
        self.trace.note("commit");
    }

    /// The Log's disk is lost.
    pub(super) fn lose_log(&mut self) {
        self.log = LogId(Uuid::from_u128(self.log.0.as_u128() + 1));
        self.entries.clear();
        self.visible = self.committed.clone();
        self.beat = (Epoch(0), 0);
        self.trace.note("log lost");
    }

    /// A backup is restored, and with it another Log begins.
    pub(super) fn go_back(&mut self) {
        self.committed = self.older.clone();
        self.lose_log();
        self.trace.note("went back");
    }

    /// The process dies: what it had in memory is made again from the Log.
    pub(super) fn restart(&mut self) {
        self.visible = self.committed.clone();
        for entry in &self.entries {
            let batch = decode(entry).expect("what was taken decodes");
            self.visible.enter(&batch);
        }
        self.beat = (Epoch(0), 0);
        self.trace.note("centre restarted");
    }

    /// `POST /api/v1/batches`.
    pub(super) fn batch(&mut self, frame: &Bytes) -> Reply {
        let Ok(batch) = decode(frame) else { return self.refuse(400, "checksum") };
        let id = batch.header.batch;
        if batch.items.len() > self.records_max.max(1) {
            return self.refuse(413, "too large");
        }
        if !self.visible.has_room_for(&batch) {
            return self.refuse(503, "too many ranges");
        }
        self.visible.enter(&batch);
        self.entries.push(frame.clone());
        let stands_for: Vec<_> = batch.header.replaces.iter().map(name).collect();
        let items = batch.items.len();
        let ranges: Vec<_> = batch.header.sources.iter().map(stretch).collect();
        let note = format!("batch {} of {items} items for {stands_for:?}: {ranges:?}", name(&id));
        self.trace.note(&note);
        reply(
            200,
            &BatchAnswer {
                pipeline: self.pipeline,
                log: self.log,
                batch: id,
                durable: true,
                committed_to: self.committed.committed_to(id.collector),
                refused: Vec::new(),
                linger_ms: 100,
            },
        )
    }

    /// `POST /api/v1/heartbeats`.
    pub(super) fn heartbeat(&mut self, body: &[u8]) -> Reply {
        let Ok(beat) = serde_json::from_slice::<Heartbeat>(body) else {
            return self.refuse(400, "no heartbeat");
        };
        let resync = self.beat.0 != beat.epoch;
        // One that was overtaken by a later one of its life says nothing; by one of a later life, it says
        // what the resync of the next one mends.
        if resync || self.beat.1 < beat.number {
            self.beat = (beat.epoch, beat.number);
            self.read.extend(beat.sources.iter().map(|heard| (heard.source, heard.read)));
        }
        self.trace.note(&format!("heartbeat {}", beat.number));
        reply(
            200,
            &HeartbeatAnswer {
                pipeline: self.pipeline,
                log: self.log,
                committed_to: self.committed.committed_to(beat.collector),
                linger_ms: 100,
                resync,
            },
        )
    }

    /// `GET /api/v1/sources`.
    pub(super) fn sources(&self) -> Reply {
        let accounts = self.visible.accounts.values().map(|account| {
            let beyond = account.coverage.beyond().iter();
            json!({
                "source": account.range.source,
                "lineage": account.range.lineage,
                "component": account.range.component,
                "instance": account.range.instance,
                "stream": account.range.stream,
                "path": account.range.path,
                "fingerprint": account.range.fingerprint,
                "mark": account.coverage.mark(),
                "covered": beyond.map(|piece| (piece.from, piece.to)).collect::<Vec<_>>(),
                "records": account.coverage.tally().running.records,
                "bytes": account.coverage.tally().running.bytes,
                "ended": account.ended,
            })
        });
        reply(200, &json!({ "sources": accounts.collect::<Vec<_>>() }))
    }

    pub(super) fn refuse(&self, status: u16, why: &str) -> Reply {
        self.trace.note(&format!("{status} {why}"));
        reply(status, &json!({ "pipeline": self.pipeline, "error": { "message": why } }))
    }
}

fn reply(status: u16, body: &impl serde::Serialize) -> Reply {
    let body = serde_json::to_vec(body).expect("an answer is JSON").into();
    Reply { status, retry_after: None, body }
}
