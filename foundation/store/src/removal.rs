//! What was committed and is no longer kept: how much, and why.
//!
//! Invariant: what goes is counted by source from what the split says that it holds, in the commit that removes it.

use std::collections::BTreeMap;

use nilometer_model::{Count, SourceId};
use serde::{Deserialize, Serialize};

use crate::commit::State;
use crate::split::SplitMeta;

/// Why a split went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Removal {
    /// It was kept for as long as it was to be.
    Retention,
    /// Something had to go.
    DiskBudget,
}

impl Removal {
    /// Its name, as users see it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Retention => "retention",
            Self::DiskBudget => "disk_budget",
        }
    }
}

/// How much of one source went, by reason.
pub type Removals = BTreeMap<Removal, Count>;

/// What one look took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gone {
    /// Splits.
    pub splits: usize,
    /// Bytes of their objects.
    pub bytes: u64,
    /// Their rows.
    pub rows: u64,
}

impl Gone {
    pub(crate) fn of(splits: &[SplitMeta]) -> Self {
        Self {
            splits: splits.len(),
            bytes: splits.iter().map(|split| split.bytes).sum(),
            rows: splits.iter().map(|split| split.rows).sum(),
        }
    }
}

/// What stands in the books of the splits' sources once they have gone; those that are closed stay so.
pub(crate) fn booked(
    splits: &[SplitMeta],
    why: Removal,
    state: &State,
) -> BTreeMap<SourceId, Removals> {
    let mut books = BTreeMap::<SourceId, Removals>::new();
    let of_splits = splits.iter().flat_map(|split| &split.sources);
    for (source, count) in of_splits.filter(|(source, _)| state.accounts.contains_key(*source)) {
        let before = || state.removed.get(source).cloned().unwrap_or_default();
        *books.entry(*source).or_insert_with(before).entry(why).or_default() += *count;
    }
    books
}
