//! A purge: records that somebody wants to be gone for good.
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

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use nilometer_model::{Origin, RowRef, Rows, Severity, Tenant, TimeRange, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::commit::DeadLetter;
use crate::records::{RecordSplit, RowSet};
use crate::split::SplitMeta;
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
    /// Splits that were written anew, or of which nothing was left.
    pub splits: u64,
    /// Records that had been turned away.
    pub dead_letters: u64,
}

/// A purge, as Meta keeps it; what it asks stands elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purge {
    /// Its name.
    pub id: PurgeId,
    /// Whose records it takes.
    pub tenant: Tenant,
    /// The first time of records that it takes.
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
            && split.received_first <= self.at
            && range.is_some_and(|range| range.touches(split.time_first, split.time_last))
    }
}

/// What a snapshot leaves out: the records that a purge takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    /// Whose it is.
    pub purge: PurgeId,
    /// Which records; all of them when that cannot be read any more: rather too few are shown than one.
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
    /// Of these rows, whenever they were received.
    fn rows(&self, rows: &Rows) -> RowSet;

    /// How many of a split, of those that the mask leaves out; none when it cannot be read wholly.
    async fn count(&self, split: &Arc<RecordSplit>) -> Option<u64>;
}

/// Dead letters as rows, for whoever tells rows apart: what a letter does not keep they do not have.
pub(crate) fn rows_of(letters: &[DeadLetter]) -> Rows {
    let mut rows = Rows::default();
    for letter in letters {
        let origin = Origin {
            tenant: letter.tenant.name().to_owned(),
            component: letter.component.clone(),
            node: letter.node.clone(),
            source: letter.source,
            ..Origin::default()
        };
        rows.push(RowRef {
            origin: &Arc::new(origin),
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
        });
    }
    rows
}
