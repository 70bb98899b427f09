//! What a scan will read, and what it need not.
//!
//! Invariant: each row that fits is counted here, or in one of the units; never in both.

use std::cmp::Reverse;
use std::sync::Arc;

use nilometer_model::TimeRange;
use nilometer_store::{Chunk, SplitId};

use super::{Fold, Place, Question, Unit};
use crate::plan::{Asked, Begun, BlockBounds, Signal, StoredError};

/// A split of the snapshot, by its place in it.
pub(super) struct Indexed<S: Signal> {
    pub(super) split: usize,
    pub(super) id: SplitId,
    pub(super) index: S::Index,
}

/// See the file's head.
pub(super) struct Planned<F, S: Signal> {
    pub(super) fold: F,
    /// In reading order.
    pub(super) units: Vec<Unit<S>>,
    pub(super) asked: Vec<(usize, Arc<S::Asked>)>,
    /// Rows that the fold has taken already.
    pub(super) rows_counted: u64,
    pub(super) failed: Vec<(usize, StoredError)>,
}

/// Asks the splits, and finds everything else that may hold rows that fit.
pub(super) fn plan<S: Signal, F: Fold<S>>(
    indexes: &[Indexed<S>],
    buffer: &[Chunk<S>],
    question: &Question<S>,
    fold: F,
) -> Planned<F, S> {
    let units = buffer.iter().filter_map(|rows| buffered(rows, question.range)).collect();
    let (asked, failed) = (Vec::new(), Vec::new());
    let mut planned = Planned { fold, units, asked, rows_counted: 0, failed };
    for indexed in indexes {
        if let Err(error) = planned.add(indexed, question) {
            planned.failed.push((indexed.split, error));
        }
    }
    let Planned { fold, units, .. } = &mut planned;
    units.retain(|unit| !fold.is_past(unit));
    if question.newest_first {
        units.sort_by_key(|unit| Reverse(unit.order_last));
    } else {
        units.sort_by_key(|unit| unit.order_first);
    }
    planned
}

impl<F: Fold<S>, S: Signal> Planned<F, S> {
    fn add(&mut self, indexed: &Indexed<S>, question: &Question<S>) -> Result<(), StoredError> {
        let asked = S::ask(&indexed.index, &question.filter, question.range)?;
        let Begun { kinds, counts, blocks } = asked.begin(self.fold.alike().as_ref())?;
        if !counts.is_empty() {
            self.fold.take_alike(&kinds, &counts);
            self.rows_counted += counts.iter().sum::<u64>();
        }
        for BlockBounds { number, order_first, order_last, inside } in blocks {
            let found = question.filter.found_in((indexed.id, number));
            if found.is_none_or(|fits| !fits.is_empty()) {
                let place = Place::Block { split: indexed.split, block: number };
                self.units.push(Unit { order_first, order_last, inside, place });
            }
        }
        self.asked.push((indexed.split, Arc::new(asked)));
        Ok(())
    }
}

/// The chunk, unless it has no row in the range.
fn buffered<S: Signal>(rows: &Chunk<S>, range: TimeRange) -> Option<Unit<S>> {
    let ((first, last), (order_first, order_last)) = (rows.times, rows.order_times);
    let inside = range.contains(first) && range.contains(last);
    let unit = Unit { order_first, order_last, inside, place: Place::Buffer(Arc::clone(rows)) };
    range.touches(first, last).then_some(unit)
}
