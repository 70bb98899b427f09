//! Records in order, a page at a time.
//!
//! Invariants:
//! - records that a cursor has passed never come again, and none that it has not passed is left out;
//! - only rows that can still be on the page are kept, as copies, so that blocks are let go at once.

use std::sync::Arc;

use nilometer_model::{Order, Rows, SourceId, TimeRange};
use nilometer_store::Snapshot;
use nilometer_store::records::RowSet;

use super::room::Budget;
use super::scan::{Fold, Question, Scanned, Unit, scan};
use super::{LimitedBy, Limits, QueryError, Stats};
use crate::plan::{ColumnSet, Filter, Signal};

/// Which end comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    NewestFirst,
    OldestFirst,
}

/// What is looked for.
#[derive(Debug, Clone)]
pub(crate) struct SearchRequest<S: Signal = Rows> {
    pub filter: Arc<Filter<S>>,
    pub range: TimeRange,
    /// Records of one page.
    pub limit: usize,
    pub direction: Direction,
    /// Only records behind this one, in the direction.
    pub after: Option<Order>,
    pub limits: Limits,
}

/// Records in order.
#[derive(Debug)]
pub(crate) struct Page<S = Rows> {
    pub records: S,
    /// Where to go on; none when there is nothing more.
    pub next: Option<Order>,
    /// Splits that are not, or not wholly, in the answer.
    pub missing_splits: u32,
    pub stats: Stats,
    pub limited_by: Option<LimitedBy>,
    /// What the records take is of it.
    pub budget: Budget,
}

/// One page of the records that fit.
///
/// # Errors
/// [`QueryError`] when memory does not suffice or the data cannot be read.
pub(crate) async fn search<S: Signal>(
    snapshot: &Snapshot,
    request: &SearchRequest<S>,
) -> Result<Page<S>, QueryError> {
    let newest_first = request.direction == Direction::NewestFirst;
    let question = Question {
        filter: Arc::clone(&request.filter),
        range: request.range,
        newest_first,
        limits: request.limits,
    };
    let (limit, after) = (request.limit.max(1), request.after);
    let best = Best { limit, newest_first, after, found: Vec::new(), bytes: 0 };
    let Scanned { mut fold, stats, missing_splits, limited, budget } =
        scan(snapshot, &question, best).await?;
    fold.settle();
    if let Some((_, unread)) = &limited {
        fold.keep_before(unread);
    }
    let more = fold.found.len() > limit;
    fold.found.truncate(limit);
    let mut records = S::default();
    for (_, rows, row) in &fold.found {
        records.push_from(rows, *row);
    }
    let last = fold.found.last().map(|(order, ..)| *order);
    let frontier = limited.as_ref().map(|(_, unread)| fold.frontier(unread));
    let next = if more { last } else { frontier };
    let missing_splits = snapshot.missing_splits + missing_splits;
    let limited_by = limited.map(|(by, _)| by);
    Ok(Page { records, next, missing_splits, stats, limited_by, budget })
}

/// The best rows so far: one more than the page, to know whether there is more.
struct Best<S> {
    limit: usize,
    newest_first: bool,
    after: Option<Order>,
    found: Vec<(Order, Arc<S>, usize)>,
    /// Of the rows that `found` holds.
    bytes: usize,
}

impl<S: Signal> Best<S> {
    fn is_before(&self, a: Order, b: Order) -> bool {
        if self.newest_first { a > b } else { a < b }
    }

    /// Puts what was found in order and lets go of what is behind the page.
    fn settle(&mut self) {
        self.found.sort_unstable_by_key(|(order, ..)| *order);
        if self.newest_first {
            self.found.reverse();
        }
        self.found.truncate(self.limit.saturating_add(1));
        let mut kept = S::default();
        for (_, rows, row) in &self.found {
            kept.push_from(rows, *row);
        }
        self.bytes = kept.memory_bytes();
        let kept = Arc::new(kept);
        for (index, (_, rows, row)) in self.found.iter_mut().enumerate() {
            (*rows, *row) = (Arc::clone(&kept), index);
        }
    }

    /// The place in the order before which everything was read.
    fn frontier(&self, unread: &Unit<S>) -> Order {
        let (source, position) = (SourceId(u64::MAX), u64::MAX);
        let order_time =
            if self.newest_first { unread.order_last } else { unread.order_first.plus_ns(-1) };
        Order { order_time, source, position }
    }

    fn keep_before(&mut self, unread: &Unit<S>) {
        let frontier = self.frontier(unread);
        let passed = self
            .found
            .partition_point(|(order, ..)| *order == frontier || self.is_before(*order, frontier));
        self.found.truncate(passed);
    }
}

impl<S: Signal> Fold<S> for Best<S> {
    fn is_past(&self, unit: &Unit<S>) -> bool {
        self.after.is_some_and(|after| {
            if self.newest_first {
                unit.order_first > after.order_time
            } else {
                unit.order_last < after.order_time
            }
        })
    }

    fn may_end_before(&self, unread: &Unit<S>) -> bool {
        self.after.is_none_or(|after| self.is_before(after, self.frontier(unread)))
    }

    fn wants(&self, unit: &Unit<S>) -> bool {
        if self.found.len() <= self.limit {
            return true;
        }
        let orders = self.found.iter().map(|(order, ..)| order.order_time);
        if self.newest_first {
            orders.min().is_none_or(|worst| unit.order_last >= worst)
        } else {
            orders.max().is_none_or(|worst| unit.order_first <= worst)
        }
    }

    fn columns(&self) -> S::Columns {
        S::Columns::ALL
    }

    fn narrows(&self) -> bool {
        true
    }

    /// The rows that can still be on the page, and those of one time with its ends: of a block no more than a
    /// page and one besides.
    fn narrow(&self, order_times: &[i64]) -> RowSet {
        // The earlier comes first.
        let key = |time: i64| if self.newest_first { !time } else { time };
        let full = self.found.len() > self.limit;
        let worst = self.found.last().filter(|_| full).map(|(order, ..)| key(order.order_time.0));
        let after = self.after.map(|after| key(after.order_time.0));
        let is_behind = |key: i64| after.is_none_or(|after| key > after);
        let mut behind: Vec<i64> =
            order_times.iter().map(|time| key(*time)).filter(|key| is_behind(*key)).collect();
        let last = (behind.len() > self.limit)
            .then(|| *behind.select_nth_unstable(self.limit).1)
            .into_iter()
            .chain(worst)
            .min();
        RowSet::of(order_times.len(), |row| {
            let key = key(order_times[row]);
            after.is_none_or(|after| key >= after)
                && (last.is_none_or(|last| key <= last) || after == Some(key))
        })
    }

    fn take(&mut self, rows: &S, wanted: &RowSet) {
        let may_be_shown =
            |row: usize| self.after.is_none_or(|after| self.is_before(after, rows.order(row)));
        let mut kept = S::default();
        wanted.keep(may_be_shown).iter().for_each(|row| kept.push_from(rows, row));
        self.bytes += kept.memory_bytes();
        let kept = Arc::new(kept);
        let new = (0..kept.len()).map(|row| (kept.order(row), Arc::clone(&kept), row));
        self.found.extend(new);
        if self.found.len() > self.limit {
            self.settle();
        }
    }

    fn memory_bytes(&self) -> usize {
        self.bytes + self.found.len() * size_of::<(Order, Arc<S>, usize)>()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::facts::{Fact, rows};
    use super::*;

    fn block(times: &[i64], first: u64) -> Rows {
        let facts: Vec<Fact> = times.iter().map(|time| Fact::at(*time)).collect();
        rows(&facts, first)
    }

    fn best(limit: usize, newest_first: bool, after: Option<Order>) -> Best<Rows> {
        Best { limit, newest_first, after, found: Vec::new(), bytes: 0 }
    }

    #[test]
    fn of_a_block_only_rows_are_wanted_that_can_still_be_on_the_page_or_just_behind_it() {
        let times = [1, 5, 2, 3, 4];
        let wanted = |best: &Best<Rows>| -> Vec<i64> {
            best.narrow(&times).iter().map(|row| times[row]).collect()
        };
        assert_eq!(wanted(&best(4, true, None)), times, "a page and one");
        assert_eq!(wanted(&best(2, true, None)), [5, 3, 4]);
        assert_eq!(wanted(&best(2, false, None)), [1, 2, 3]);
        let order = |row: usize| Some(Fact::at(times[row]).order(row as u64 + 1));
        assert_eq!(wanted(&best(1, true, order(4))), [2, 3, 4], "behind a cursor at 4");
        assert_eq!(wanted(&best(1, false, order(3))), [5, 3, 4], "behind a cursor at 3");
        let full = |newest_first, times: &[i64]| {
            let mut full = best(2, newest_first, None);
            full.take(&block(times, 9), &RowSet::all(times.len()));
            full
        };
        assert_eq!(wanted(&full(true, &[5, 4, 3])), [5, 3, 4], "a page that ends at a later 3");
        assert_eq!(wanted(&full(false, &[1, 2, 2])), [1, 2], "a page that ends at a later 2");
    }
}
