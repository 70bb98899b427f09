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
    /// The format in which this build writes and reads splits of the kind. Builds from before there were
    /// several kinds know 1 only, and so refuse what they would misread.
    #[must_use]
    pub(crate) fn format(self) -> u16 {
        match self {
            Self::Logs => 1,
            Self::Spans | Self::Samples => 2,
        }
    }
}
