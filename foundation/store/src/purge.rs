//! A purge: records, spans and samples that somebody wants to be gone for good.
//!
//! ```text
//!   asked ──> masked at once ──> Log without them ──> splits written anew ──> dead letters, documents, old objects
//!               (one commit)                                                       │
//!   ended <── refused when they come again, until somebody ends it <── done <──────┘
//! ```
//! What is asked stands in an object of its own, which goes when the purge is ended: Meta, whose commits stay for a
//! while, never holds it. Invariants:
//! - from its commit on no snapshot shows what it takes, and nothing that it takes enters;
//! - it is done only when nothing that it takes is left in the Log, in a split, among dead letters, in an object
//!   that no commit names, or in Meta's own files;
//! - the books are left alone: what it takes was committed, and what is refused for it is counted as that.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use nilometer_model::{
    Items, Origin, RowRef, Rows, SampleKind, SampleRef, Samples, Severity, SpanKind, SpanRef,
    SpanStatus, Spans, Tenant, TimeRange, Timestamp,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::commit::DeadLetter;
use crate::records::{RecordSplit, RowSet};
use crate::split::{Split, SplitKind, SplitMeta};
use crate::store::Store;

/// Names a purge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PurgeId(pub Uuid);

impl fmt::Display for PurgeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How far a purge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PurgeStage {
    /// What it takes is masked, and is being removed.
    Removing,
    /// All is removed; what comes is refused.
    Done,
    /// Nothing is refused for it any more, and what it asked is forgotten.
    Ended,
}

/// What a purge has removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Removed {
    /// Records that were in splits.
    pub records: u64,
    /// Spans that were.
    #[serde(default)]
    pub spans: u64,
    /// Samples that were.
    #[serde(default)]
    pub samples: u64,
    /// Splits that were written anew, or of which nothing was left.
    pub splits: u64,
    /// Items that had been turned away.
    pub dead_letters: u64,
}

impl Removed {
    /// Counts what a split of the kind had.
    pub(crate) fn count(&mut self, kind: SplitKind, items: u64) {
        let of_kind = match kind {
            SplitKind::Logs => &mut self.records,
            SplitKind::Spans => &mut self.spans,
            SplitKind::Samples => &mut self.samples,
        };
        *of_kind += items;
        self.splits += 1;
    }
}

/// What purges took before they reached anything else.
fn records_alone() -> BTreeSet<SplitKind> {
    [SplitKind::Logs].into()
}

/// A purge, as Meta keeps it; what it asks stands elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purge {
    /// Its name.
    pub id: PurgeId,
    /// Whose items it takes.
    pub tenant: Tenant,
    /// Of which kinds.
    #[serde(default = "records_alone")]
    pub kinds: BTreeSet<SplitKind>,
    /// The first time of items that it takes.
    pub from: Timestamp,
    /// The first time behind these.
    pub to: Timestamp,
    /// Why, as somebody said.
    pub reason: String,
    /// It takes what was received up to here.
    pub at: Timestamp,
    /// How far it is.
    pub stage: PurgeStage,
    /// Since when.
    pub since: Timestamp,
    /// What it has removed.
    pub removed: Removed,
}

impl Purge {
    /// Whether the split may hold what it takes.
    pub(crate) fn may_be_in(&self, split: &SplitMeta) -> bool {
        let may_be_its = split.tenants.is_empty() || split.tenants.contains_key(self.tenant.name());
        let range = TimeRange::new(self.from, self.to);
        may_be_its
            && self.kinds.contains(&split.kind)
            && split.received_first <= self.at
            && range.is_some_and(|range| range.touches(split.time_first, split.time_last))
    }
}

/// What a snapshot leaves out: the items that a purge takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    /// Whose it is.
    pub purge: PurgeId,
    /// Of which kinds.
    pub kinds: BTreeSet<SplitKind>,
    /// Which of them; all when that cannot be read any more: rather too few are shown than one.
    pub query: Option<Arc<str>>,
    /// Of which time.
    pub range: TimeRange,
    /// Received up to here.
    pub at: Timestamp,
}

/// Reads what purges ask. The store knows no language.
#[async_trait]
pub trait PurgeLanguage: Send + Sync {
    /// What the tenant's purge takes; none when that cannot be understood.
    fn understand(&self, tenant: &Tenant, mask: &Mask) -> Option<Arc<dyn Takes>>;

    /// Forgets what documents say that no record says any more.
    async fn tidy(&self, store: &Store, tenant: &Tenant, now: Timestamp) -> Result<(), Untidy>;
}

/// Documents could not be put in order; it is tried again.
#[derive(Debug, thiserror::Error)]
#[error("documents still say what records no longer do: {0}")]
pub struct Untidy(pub String);

/// What a purge takes.
#[async_trait]
pub trait Takes: Send + Sync {
    /// Of these records, whenever they were received.
    fn rows(&self, rows: &Rows) -> RowSet;

    /// Of these spans, whenever they were received.
    fn spans(&self, spans: &Spans) -> RowSet;

    /// Of these samples, whenever they were received.
    fn samples(&self, samples: &Samples) -> RowSet;

    /// Of items of all kinds, by their numbers.
    fn items(&self, items: &Items) -> RowSet {
        let Items { rows, spans, samples } = items;
        let of_each = [self.rows(rows), self.spans(spans), self.samples(samples)];
        let (mut taken, mut before) = (RowSet::none(items.len()), 0);
        for of_kind in of_each {
            of_kind.iter().for_each(|row| taken.insert(before + row));
            before += of_kind.rows();
        }
        taken
    }

    /// How many of a split, of those that the mask leaves out; none when it cannot be read wholly.
    async fn count(&self, split: &Suspect) -> Option<u64>;
}

/// A split that may hold what a purge takes.
#[derive(Debug, Clone)]
pub enum Suspect {
    /// Of records.
    Records(Arc<RecordSplit>),
    /// Of spans, or of samples.
    Other(Arc<Split>),
}

impl Suspect {
    /// What it holds.
    #[must_use]
    pub fn meta(&self) -> &SplitMeta {
        match self {
            Self::Records(split) => split.meta(),
            Self::Other(split) => split.meta(),
        }
    }
}

/// Dead letters as items, for whoever tells items apart, and the number of each among them: what a letter does not
/// keep they do not have.
pub(crate) fn items_of(letters: &[DeadLetter]) -> (Items, Vec<usize>) {
    let mut items = Items::default();
    let places: Vec<usize> = letters.iter().map(|letter| push(&mut items, letter)).collect();
    let (spans, samples) = (items.rows.len(), items.rows.len() + items.spans.len());
    let number = |(letter, place): (&DeadLetter, usize)| match letter.kind {
        SplitKind::Logs => place,
        SplitKind::Spans => spans + place,
        SplitKind::Samples => samples + place,
    };
    let numbers = letters.iter().zip(places).map(number).collect();
    (items, numbers)
}

/// Adds what the letter keeps; returns its place among the items of its kind.
fn push(items: &mut Items, letter: &DeadLetter) -> usize {
    let origin = Arc::new(Origin {
        tenant: letter.tenant.name().to_owned(),
        component: letter.component.clone(),
        node: letter.node.clone(),
        source: letter.source,
        ..Origin::default()
    });
    match letter.kind {
        SplitKind::Logs => items.rows.push(row_of(letter, &origin)),
        SplitKind::Spans => items.spans.push(span_of(letter, &origin)),
        SplitKind::Samples => items.samples.push(sample_of(letter, &origin)),
    }
    let of_kind = match letter.kind {
        SplitKind::Logs => items.rows.len(),
        SplitKind::Spans => items.spans.len(),
        SplitKind::Samples => items.samples.len(),
    };
    of_kind - 1
}

fn row_of<'a>(letter: &'a DeadLetter, origin: &'a Arc<Origin>) -> RowRef<'a> {
    RowRef {
        origin,
        time: letter.time,
        order_time: letter.time,
        position: letter.position,
        bytes: 0,
        received: letter.time,
        severity: Severity::Unset,
        message: &letter.message,
        attributes: "",
        trace_id: None,
        span_id: None,
    }
}

fn span_of<'a>(letter: &'a DeadLetter, origin: &'a Arc<Origin>) -> SpanRef<'a> {
    SpanRef {
        origin,
        operation: &letter.message,
        trace_id: [0; 16],
        span_id: [0; 8],
        parent_id: None,
        start: letter.time,
        duration: 0,
        kind: SpanKind::Unspecified,
        status: SpanStatus::Unset,
        status_message: "",
        attributes: "",
        events: "",
        links: "",
        position: letter.position,
        received: letter.time,
    }
}

fn sample_of<'a>(letter: &'a DeadLetter, origin: &'a Arc<Origin>) -> SampleRef<'a> {
    SampleRef {
        origin,
        name: &letter.message,
        unit: "",
        time: letter.time,
        value: 0.0,
        kind: SampleKind::Gauge,
        attributes: "",
        position: letter.position,
        received: letter.time,
    }
}
