//! All spans of a range, block by block: what all answers over many spans stand on.
//!
//! Invariants:
//! - a fold is shown a whole block, and which of its spans are the tenant's and begin in the range: the rest of a
//!   trace mostly lies in the same block. What a purge takes is taken out before;
//! - blocks come newest first and are let go at once: memory is the fold's alone.

use std::sync::Arc;

use nilometer_block::SpanColumns;
use nilometer_model::{Spans, Tenant, TimeRange, Timestamp};
use nilometer_store::records::RowSet;
use nilometer_store::{Snapshot, SpanPrune};

use crate::execute::room::{Budget, in_turn};
use crate::execute::scan::{Fold, Question, Unit, scan};
use crate::execute::{LimitedBy, Limits, QueryError, Stats};
use crate::plan::{Filter, Sight, picked};

/// What becomes of the spans.
pub(crate) trait SpanFold: Send + 'static {
    /// `fits`: the rows that are in the range.
    fn take(&mut self, spans: &Spans, fits: &RowSet);
    /// Whether spans that begin at `newest` or before can change the answer; `false` ends the scan.
    fn wants(&self, _newest: Timestamp) -> bool {
        true
    }
    /// Memory that it holds, bytes.
    fn memory_bytes(&self) -> usize;
    /// Why there can be no answer, if that is known by now.
    fn refusal(&self) -> Option<QueryError> {
        None
    }
}

/// The end of a fold.
#[derive(Debug)]
pub(crate) struct SpansRead<F> {
    pub(crate) fold: F,
    /// Splits that are not, or not wholly, in the answer.
    pub(crate) missing_splits: u32,
    pub(crate) stats: Stats,
    pub(crate) limited_by: Option<LimitedBy>,
    /// What the fold holds is of it.
    pub(super) budget: Budget,
}

impl<F: Send + 'static> SpansRead<F> {
    /// What becomes of the fold, worked out on a thread that may take a while.
    ///
    /// # Errors
    /// [`QueryError`] when the work was interrupted.
    pub(crate) async fn finish<T: Send + 'static>(
        self,
        work: impl FnOnce(F) -> T + Send + 'static,
    ) -> Result<SpansRead<T>, QueryError> {
        let Self { fold, missing_splits, stats, limited_by, budget } = self;
        let fold = in_turn(move || work(fold)).await?;
        Ok(SpansRead { fold, missing_splits, stats, limited_by, budget })
    }
}

/// Folds the tenant's spans that begin in the range; blocks that `prune` rules out are not read.
///
/// # Errors
/// [`QueryError`] when memory does not suffice or the fold refuses.
pub(crate) async fn read_spans<F: SpanFold>(
    snapshot: &Snapshot,
    (tenant, range): (&Tenant, TimeRange),
    prune: &SpanPrune,
    (columns, limits): (SpanColumns, Limits),
    fold: F,
) -> Result<SpansRead<F>, QueryError> {
    let filter = Arc::new(Filter::everything(tenant, prune.clone()));
    let question = Question::of(&filter, range, limits);
    let sight = Sight::of(tenant, &snapshot.masks);
    let columns = columns.with(sight.columns());
    let scanned = scan(snapshot, &question, Reading { columns, sight, fold }).await?;
    Ok(SpansRead {
        fold: scanned.fold.fold,
        missing_splits: snapshot.missing_splits + scanned.missing_splits,
        stats: scanned.stats,
        limited_by: scanned.limited.map(|(by, _)| by),
        budget: scanned.budget,
    })
}

struct Reading<F> {
    columns: SpanColumns,
    sight: Sight<Spans>,
    fold: F,
}

impl<F: SpanFold> Fold<Spans> for Reading<F> {
    fn wants(&self, unit: &Unit<Spans>) -> bool {
        self.fold.wants(unit.order_last)
    }

    fn columns(&self) -> SpanColumns {
        self.columns
    }

    fn take(&mut self, spans: &Spans, fits: &RowSet) {
        let Some(seen) = self.sight.among(spans) else { return self.fold.take(spans, fits) };
        let rows: Vec<usize> = seen.iter().collect();
        let fits = RowSet::of(rows.len(), |at| fits.contains(rows[at]));
        self.fold.take(&picked(spans, &seen), &fits);
    }

    fn memory_bytes(&self) -> usize {
        self.fold.memory_bytes()
    }

    fn refusal(&self) -> Option<QueryError> {
        self.fold.refusal()
    }
}
