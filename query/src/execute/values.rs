//! The values of a field in the records that fit, the commonest first.
//!
//! Invariants:
//! - the counts are exact: a field with more values than may be counted is refused, unless a sample will do;
//! - records without the field are in no count.

use std::sync::Arc;

use nilometer_block::Columns;
use nilometer_model::{Rows, TimeRange};
use nilometer_store::Snapshot;
use nilometer_store::records::RowSet;

use super::scan::{Fold, Question, Unit, scan};
use super::slots::{ABSENT, Slots};
use super::{LimitedBy, Limits, QueryError, Stats};
use crate::plan::{Alike, Field, Filter};

/// Whose values are counted.
#[derive(Debug, Clone)]
pub(crate) struct ValuesRequest {
    pub filter: Arc<Filter>,
    pub range: TimeRange,
    pub field: Field,
    /// Different values that are counted.
    pub most: usize,
    /// Look at about so many of the newest records only, and leave out what is too many, instead of refusing.
    pub sample: Option<u64>,
    pub limits: Limits,
}

/// Values and how many records have them: the commonest first, those of one count in the order of their text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Values {
    pub counts: Vec<(String, u64)>,
    /// Splits that are not, or not wholly, counted.
    pub missing_splits: u32,
    pub stats: Stats,
    pub limited_by: Option<LimitedBy>,
}

/// Counts the values.
///
/// # Errors
/// [`QueryError`] when there are too many values or they need too much memory.
pub(crate) async fn values(
    snapshot: &Snapshot,
    request: &ValuesRequest,
) -> Result<Values, QueryError> {
    let question = Question::of(&request.filter, request.range, request.limits);
    let ValuesRequest { most, sample, .. } = *request;
    let slots = Slots::new(request.field.clone(), most);
    let scanned =
        scan(snapshot, &question, Counts { slots, most, sample, rows: 0, counts: Vec::new() })
            .await?;
    Ok(Values {
        counts: scanned.fold.commonest(),
        missing_splits: snapshot.missing_splits + scanned.missing_splits,
        stats: scanned.stats,
        limited_by: scanned.limited.map(|(by, _)| by),
    })
}

struct Counts {
    slots: Slots,
    most: usize,
    sample: Option<u64>,
    rows: u64,
    /// Records per slot.
    counts: Vec<u64>,
}

impl Counts {
    fn commonest(self) -> Vec<(String, u64)> {
        let counts = self.counts;
        let mut values: Vec<(String, u64)> =
            self.slots.into_values().map(|(value, slot)| (value, counts[slot])).collect();
        values.sort_by(|(a, a_count), (b, b_count)| b_count.cmp(a_count).then_with(|| a.cmp(b)));
        values
    }

    /// Counts each row as often as `times` says.
    fn add(&mut self, rows: &Rows, fits: &RowSet, times: impl Fn(usize) -> u64) {
        let counts = &mut self.counts;
        self.slots.each(rows, fits, |row, slot| {
            if counts.len() <= slot {
                counts.resize(slot + 1, 0);
            }
            counts[slot] += if slot == ABSENT { 0 } else { times(row) };
        });
    }
}

impl Fold for Counts {
    fn wants(&self, _: &Unit) -> bool {
        self.sample.is_none_or(|rows| self.rows < rows)
    }

    fn columns(&self) -> Columns {
        self.slots.columns()
    }

    fn alike(&self) -> Option<Alike<Rows>> {
        let fields = vec![self.slots.field().clone()];
        self.sample.is_none().then_some(Alike { fields, bins: Vec::new() })
    }

    fn take_alike(&mut self, kinds: &Rows, counts: &[u64]) {
        self.add(kinds, &RowSet::all(kinds.len()), |kind| counts[kind]);
    }

    fn take(&mut self, rows: &Rows, fits: &RowSet) {
        self.rows += fits.count() as u64;
        self.add(rows, fits, |_| 1);
    }

    fn memory_bytes(&self) -> usize {
        self.slots.memory_bytes() + self.counts.len() * size_of::<u64>()
    }

    fn refusal(&self) -> Option<QueryError> {
        let refused = self.slots.is_over() && self.sample.is_none();
        refused.then_some(QueryError::TooMany { what: "different values", limit: self.most })
    }
}
