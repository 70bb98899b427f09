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
    /// as whole columns, with a document of the index per block.
    #[must_use]
    pub(crate) const fn format(self) -> u16 {
        match self {
            Self::Logs => 3,
            Self::Spans | Self::Samples => 2,
        }
    }
}
