//! The terms of the ledger: counts, and what never arrived or was not let in.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{AddAssign, Sub};

use serde::{Deserialize, Serialize};

use crate::{Merge, Timestamp};

/// Records, and the bytes of their framed lines in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Count {
    /// Framed bytes.
    pub bytes: u64,
    /// Records.
    pub records: u64,
}

impl Count {
    /// One record of `bytes` framed bytes.
    #[must_use]
    pub fn one(bytes: u64) -> Self {
        Self { bytes, records: 1 }
    }
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.records += other.records;
    }
}

/// What is left, never below zero.
impl Sub for Count {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_sub(other.bytes),
            records: self.records.saturating_sub(other.records),
        }
    }
}

/// Why a record is not among the committed ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The file was gone before it was read to its end.
    DeletedBeforeRead,
    /// The file was truncated before it was read to its end.
    TruncatedBeforeRead,
    /// What the spool held could not be read back.
    SpoolDamaged,
    /// The pipeline went back to an older state than what was released for it.
    PipelineWentBack,
    /// The message is longer than the limit.
    MessageTooLong,
    /// The attributes are larger or deeper than the limits.
    AttributesTooLarge,
    /// A name (component, node, instance) is longer than the limit.
    NameTooLong,
    /// The batch was frozen longer ago than marks are kept.
    TooOld,
    /// A line that is not what its format demands.
    Malformed,
    /// A span whose (trace id, span id) is in already: the first stays.
    Duplicate,
    /// The spool was too full for what matters less.
    SpoolFull,
    /// A container said more than its limit allows.
    RateLimited,
    /// A span of a trace that head sampling leaves out.
    Sampled,
    /// It waited in the spool for longer than the spool keeps anything.
    SpoolTooOld,
    /// Somebody had what says that removed for good before it came.
    Purged,
}

impl Reason {
    /// The reason's name, as users see it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DeletedBeforeRead => "deleted_before_read",
            Self::TruncatedBeforeRead => "truncated_before_read",
            Self::SpoolDamaged => "spool_damaged",
            Self::PipelineWentBack => "pipeline_went_back",
            Self::MessageTooLong => "message_too_long",
            Self::AttributesTooLarge => "attributes_too_large",
            Self::NameTooLong => "name_too_long",
            Self::TooOld => "too_old",
            Self::Malformed => "malformed",
            Self::Duplicate => "duplicate",
            Self::SpoolFull => "spool_full",
            Self::RateLimited => "rate_limited",
            Self::Sampled => "sampled",
            Self::SpoolTooOld => "spool_too_old",
            Self::Purged => "purged",
        }
    }
}

impl Reason {
    /// Whether a loss for this reason is one of records that had been read.
    #[must_use]
    pub fn is_after_read(self) -> bool {
        matches!(self, Self::SpoolDamaged | Self::PipelineWentBack)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether what is missing was never read, or was read and not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapKind {
    /// Never read: stands beside the equation; or read and lost ([`Reason::is_after_read`]): a term of it.
    Lost,
    /// Read and dropped on purpose; a term of the equation.
    Shed,
}

/// A stretch `(from, to]` of a source that holds no records here, and why. `to` is unknown when the
/// end of what was lost is. Where much is shed between records that are kept, one stretch may stand for
/// several, and then holds those records, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Lost or shed.
    pub kind: GapKind,
    /// Position before the first missing byte.
    pub from: u64,
    /// Position of the last missing byte, if known.
    pub to: Option<u64>,
    /// Why.
    pub reason: Reason,
    /// How much, where it is known (always, when shed).
    pub count: Option<Count>,
    /// When it was noticed.
    pub time: Timestamp,
}

/// What became of the records in a covered range of a source.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// In splits (or on the way there, in a tally that is not committed yet).
    pub committed: Count,
    /// Turned away, by reason; kept as dead letters, unless they are duplicates.
    pub refused: BTreeMap<Reason, Count>,
    /// Dropped on purpose by the collector, by reason.
    pub shed: BTreeMap<Reason, Count>,
    /// Read, then lost with what held it, and declared by the collector.
    #[serde(default)]
    pub lost: Count,
    /// What the collector had read of the source at the end of this range: its own running count.
    pub running: Count,
}

impl Tally {
    /// All records that the range accounts for; equal to `running` at the mark when nothing is wrong.
    #[must_use]
    pub fn accounted(&self) -> Count {
        let mut all = self.committed;
        all += self.lost;
        self.refused.values().chain(self.shed.values()).for_each(|count| all += *count);
        all
    }
}

impl Merge for Tally {
    fn absorb(&mut self, later: Self) {
        self.committed += later.committed;
        self.lost += later.lost;
        for (reason, count) in later.refused {
            *self.refused.entry(reason).or_default() += count;
        }
        for (reason, count) in later.shed {
            *self.shed.entry(reason).or_default() += count;
        }
        self.running = later.running;
    }
}
