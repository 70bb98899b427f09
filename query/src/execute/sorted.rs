//! The first records in an order of the user's, out of all that fit.
//!
//! Invariants:
//! - what is kept is right over all records that were seen: the first `limit` of them, newest first among equals;
//! - at most twice as many records as asked for are held, and a block's worth.

use std::cmp::Ordering;
use std::sync::Arc;

use nilometer_model::Order;
use nilometer_store::records::RowSet;

use super::scan::{Fold, Unit};
use crate::plan::{ColumnSet, Rank, Signal, SignalField, SortKey};

/// What a record costs besides itself and the texts it is sorted by, bytes.
const ENTRY_BYTES: usize = 96;

/// See the file's head.
pub(super) struct Sorted<S: Signal> {
    keys: Vec<SortKey<S::Field>>,
    limit: usize,
    /// What is looked at later.
    columns: S::Columns,
    found: Vec<Entry<S>>,
    /// Whether `found` is in order and holds no more than asked for.
    settled: bool,
    bytes: usize,
}

struct Entry<S> {
    ranks: Vec<Rank<'static>>,
    order: Order,
    rows: Arc<S>,
    row: usize,
}

impl<S: Signal> Sorted<S> {
    pub(super) fn of(keys: Vec<SortKey<S::Field>>, limit: usize, columns: S::Columns) -> Self {
        Self { keys, limit, columns, found: Vec::new(), settled: true, bytes: 0 }
    }

    /// The records, in order.
    pub(super) fn into_rows(mut self) -> S {
        self.settle();
        let mut rows = S::default();
        self.found.iter().for_each(|entry| rows.push_from(&entry.rows, entry.row));
        rows
    }

    fn compare(&self, a: (&[Rank<'_>], Order), b: (&[Rank<'_>], Order)) -> Ordering {
        let ranks = a.0.iter().zip(b.0).zip(&self.keys);
        let mut orders = ranks.map(|((a, b), key)| a.compare_in(b, key.descending));
        orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal).then(b.1.cmp(&a.1))
    }

    /// Puts what was found in order and lets go of what is not asked for.
    fn settle(&mut self) {
        let mut found = std::mem::take(&mut self.found);
        found.sort_by(|a, b| self.compare((&a.ranks, a.order), (&b.ranks, b.order)));
        found.truncate(self.limit);
        let mut kept = S::default();
        found.iter().for_each(|entry| kept.push_from(&entry.rows, entry.row));
        self.bytes = kept.memory_bytes() + found.iter().map(Entry::memory_bytes).sum::<usize>();
        let kept = Arc::new(kept);
        for (row, entry) in found.iter_mut().enumerate() {
            (entry.rows, entry.row) = (Arc::clone(&kept), row);
        }
        (self.found, self.settled) = (found, true);
    }
}

impl<S> Entry<S> {
    fn memory_bytes(&self) -> usize {
        let text = |rank: &Rank<'_>| match rank {
            Rank::Text(text) => text.len(),
            _ => 0,
        };
        let ranks = self.ranks.len() * size_of::<Rank<'_>>();
        ENTRY_BYTES + ranks + self.ranks.iter().map(text).sum::<usize>()
    }
}

impl<S: Signal> Fold<S> for Sorted<S> {
    fn wants(&self, _: &Unit<S>) -> bool {
        true
    }

    fn columns(&self) -> S::Columns {
        let keys = self.keys.iter().map(|key| key.column.columns());
        keys.fold(self.columns.with(S::ORDER), ColumnSet::with)
    }

    fn take(&mut self, rows: &S, fits: &RowSet) {
        let full = self.settled && self.found.len() == self.limit;
        let worst = self.found.last().filter(|_| full);
        let mut kept = S::default();
        let mut entries = Vec::new();
        for row in fits.iter() {
            let order = rows.order(row);
            let values: Vec<_> = self.keys.iter().map(|key| key.column.typed(rows, row)).collect();
            let ranks: Vec<Rank<'_>> = values.iter().map(|value| value.rank()).collect();
            let before = |worst: &Entry<S>| {
                self.compare((&ranks, order), (&worst.ranks, worst.order)).is_lt()
            };
            if worst.is_none_or(before) {
                kept.push_from(rows, row);
                entries.push((ranks.into_iter().map(Rank::into_owned).collect(), order));
            }
        }
        self.bytes += kept.memory_bytes();
        let kept = Arc::new(kept);
        for (row, (ranks, order)) in entries.into_iter().enumerate() {
            let entry = Entry { ranks, order, rows: Arc::clone(&kept), row };
            self.bytes += entry.memory_bytes();
            self.found.push(entry);
            self.settled = false;
        }
        if self.found.len() >= self.limit.saturating_mul(2) {
            self.settle();
        }
    }

    fn memory_bytes(&self) -> usize {
        self.bytes
    }
}
