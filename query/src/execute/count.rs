//! How many rows of a signal fit.

use std::sync::Arc;

use nilometer_model::TimeRange;
use nilometer_store::Snapshot;
use nilometer_store::records::RowSet;

use super::scan::{Fold, Question, Unit, scan};
use super::{Limits, QueryError, Stats};
use crate::plan::{Alike, Filter, Signal};

/// See the file's head.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted {
    /// Nothing was left out.
    pub(crate) exact: bool,
    pub(crate) stats: Stats,
}

/// Counts the rows that fit.
///
/// # Errors
/// [`QueryError`] when the data cannot be read.
pub(crate) async fn count<S: Signal>(
    snapshot: &Snapshot,
    (filter, range): (&Arc<Filter<S>>, TimeRange),
    limits: Limits,
) -> Result<Counted, QueryError> {
    let scanned = scan(snapshot, &Question::of(filter, range, limits), Count).await?;
    let missing_splits = snapshot.missing_splits + scanned.missing_splits;
    let exact = missing_splits == 0 && scanned.limited.is_none();
    Ok(Counted { exact, stats: scanned.stats })
}

/// The scan counts what it shows.
struct Count;

impl<S: Signal> Fold<S> for Count {
    fn wants(&self, _: &Unit<S>) -> bool {
        true
    }

    fn columns(&self) -> S::Columns {
        S::Columns::default()
    }

    fn alike(&self) -> Option<Alike<S>> {
        Some(Alike { fields: Vec::new(), bins: Vec::new() })
    }

    fn take(&mut self, _: &S, _: &RowSet) {}

    fn memory_bytes(&self) -> usize {
        0
    }
}
