//! Splits of spans and of samples: immutable objects, written once, named by a commit, read by ranges; and what
//! is said of all splits. Those of records: `records.rs`.
//!
//! ```text
//!   block* | directory | index | footer: JSON of SplitMeta (bytes = 0) | tail
//!   directory  per block, 56 bytes: at u64, len u32, crc32c u32, rows u64, time_first, time_last, order_first, order_last i64
//!   index      as the kind has it: `span_index.rs`, `sample_index.rs`
//!   tail       len u32 and crc32c u32 of each of the three, format u16, magic "NLSP"
//! ```
//! Numbers are little-endian. Invariants:
//! - a split holds one kind; the time of a span is its start;
//! - the same chunks, id and origin give the same bytes;
//! - spans lie in the order of `Spans::by_trace`, samples series by series; blocks tile the object from its first
//!   byte;
//! - a block holds one tenant's rows, and a tenant's blocks lie side by side: nobody's question opens
//!   another's;
//! - the counts in [`SplitMeta`] are counted from what was encoded;
//! - what cannot be read exactly as it was written is an error that names split and section.

mod attribute_index;
mod build;
mod directory;
#[cfg(any(test, fuzzing))]
pub(crate) mod hostile;
mod kind;
mod origin;
mod present;
mod prune;
mod ranks;
mod read;
mod rewrite;
mod sample_index;
mod samples;
mod span_index;
mod spans;
mod traces;

use std::collections::BTreeMap;
use std::ops::Range;

use nilometer_model::{Count, LogId, LogPosition, Revision, SourceId, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::late::Late;
use crate::retention::SplitClass;

pub(crate) use build::Held;
pub use directory::BlockEntry;
pub(crate) use directory::bounds;
pub use kind::SplitKind;
pub use origin::SplitOrigin;
pub use prune::{SamplePrune, SpanPrune};
pub(crate) use ranks::Ranks;
pub use read::Split;
pub(crate) use read::footer;
pub use samples::build_samples;
pub use spans::build_spans;
pub(crate) use traces::trace_hash;

const MAGIC: &[u8; 4] = b"NLSP";
/// Directory, index, footer.
const SECTIONS: usize = 3;
const TAIL_BYTES: usize = SECTIONS * 8 + 2 + 4;

/// The name of a split.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct SplitId(pub Uuid);

/// What a split holds; in its footer, and in Meta.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SplitMeta {
    /// Its name.
    pub id: SplitId,
    /// What it holds.
    #[serde(default)]
    pub kind: SplitKind,
    /// Size of the object; 0 in the footer, which cannot know it.
    pub bytes: u64,
    /// Its rows.
    pub rows: u64,
    /// Its blocks.
    pub blocks: u32,
    /// Least time of a row.
    pub time_first: Timestamp,
    /// Greatest time of a row.
    pub time_last: Timestamp,
    /// Least order time of a row.
    pub order_first: Timestamp,
    /// Greatest order time of a row.
    pub order_last: Timestamp,
    /// When its first row was received.
    pub received_first: Timestamp,
    /// When its last row was received.
    pub received_last: Timestamp,
    /// When rows were written that came late; none in splits from before this was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<Late>,
    /// The Log its rows were read from.
    pub log: LogId,
    /// The last entry before them.
    pub log_from: LogPosition,
    /// Their last entry.
    pub log_to: LogPosition,
    /// Meta's revision that it was made on.
    pub revision: Revision,
    /// Splits whose rows it took over.
    pub replaces: Vec<SplitId>,
    /// What it holds of each source.
    pub sources: BTreeMap<SourceId, Count>,
    /// Each tenant's blocks; empty in splits from before this was noted.
    #[serde(default)]
    pub tenants: BTreeMap<String, Range<u32>>,
    /// What all its rows have in common; none of what was not cut by class, and of spans and samples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<SplitClass>,
    /// Format version.
    pub format: u16,
}

/// What is wrong with a split.
#[derive(Debug, thiserror::Error)]
pub enum SplitError {
    /// Nothing to build from.
    #[error("split {} would be empty", id.0)]
    Empty {
        /// The split.
        id: SplitId,
    },
    /// It could not be built.
    #[error("split {} cannot be built: {what}", id.0)]
    Build {
        /// The split.
        id: SplitId,
        /// What went wrong.
        what: &'static str,
    },
    /// Its index could not be built or asked.
    #[error("split {}: index: {source}", id.0)]
    Index {
        /// The split.
        id: SplitId,
        /// What tantivy says.
        source: tantivy::TantivyError,
    },
    /// The object store failed.
    #[error("split {} cannot be fetched", id.0)]
    Fetch {
        /// The split.
        id: SplitId,
        /// What the object store says.
        source: object_store::Error,
    },
    /// A format that this build does not know.
    #[error("split {} has format {format}, which is not known to this build", id.0)]
    Format {
        /// The split.
        id: SplitId,
        /// The format it says.
        format: u16,
    },
    /// The bytes are not those that were written.
    #[error("split {}: {section} is damaged", id.0)]
    Damaged {
        /// The split.
        id: SplitId,
        /// Which of its sections.
        section: String,
    },
    /// No block of that number.
    #[error("split {} has no block {block}", id.0)]
    NoSuchBlock {
        /// The split.
        id: SplitId,
        /// The number.
        block: u32,
    },
}

impl SplitError {
    /// Which split it is about.
    #[must_use]
    pub fn split(&self) -> SplitId {
        match self {
            Self::Empty { id }
            | Self::Build { id, .. }
            | Self::Index { id, .. }
            | Self::Fetch { id, .. }
            | Self::Format { id, .. }
            | Self::Damaged { id, .. }
            | Self::NoSuchBlock { id, .. } => *id,
        }
    }
}

/// Where a split stands among the objects.
#[must_use]
pub fn object_path(id: SplitId) -> object_store::path::Path {
    object_store::path::Path::from(format!("splits/{}", id.0))
}

#[cfg(test)]
mod tests;
