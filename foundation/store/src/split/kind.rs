//! What a split holds.

use serde::{Deserialize, Serialize};

/// One kind per split; splits from before there were several hold records.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum SplitKind {
    /// Records.
    #[default]
    Logs,
    /// Spans.
    Spans,
    /// Samples.
    Samples,
}

impl SplitKind {
    /// The format in which this build writes and reads splits of the kind; it refuses all others. 1 were records
    /// as whole columns, with a document of the index per block; 2 were spans without an index of their attributes.
    /// Each kind has its own, so that none is taken for another.
    #[must_use]
    pub(crate) const fn format(self) -> u16 {
        match self {
            Self::Logs => 3,
            Self::Spans => 4,
            Self::Samples => 2,
        }
    }
}
