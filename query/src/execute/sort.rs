//! Rows in the order of columns.
//!
//! Invariant: sorting is stable: rows that are equal in all keys stay as they lie.

use super::batch::Batch;
use crate::plan::{Rank, SortKey, Value};

/// What it takes to sort so many rows by so many columns, besides texts, bytes.
pub(super) fn sort_bytes(rows: usize, keys: usize) -> usize {
    let key = size_of::<Value<'_>>() + size_of::<Rank<'_>>();
    rows.saturating_mul(keys * key + size_of::<usize>())
}

/// The rows `0..rows` in order.
pub(super) fn sort<B: Batch>(batch: &B, rows: usize, keys: &[SortKey<B::Column>]) -> Vec<usize> {
    let values: Vec<Vec<_>> = (keys.iter())
        .map(|key| (0..rows).map(|row| batch.value(row, &key.column)).collect())
        .collect();
    let ranks: Vec<Vec<Rank<'_>>> =
        values.iter().map(|values| values.iter().map(|value| value.rank()).collect()).collect();
    let mut order: Vec<usize> = (0..rows).collect();
    order.sort_by(|a, b| {
        let mut columns = keys.iter().zip(&ranks);
        let differs = columns.find_map(|(key, ranks)| {
            let order = ranks[*a].compare_in(&ranks[*b], key.descending);
            order.is_ne().then_some(order)
        });
        differs.unwrap_or(std::cmp::Ordering::Equal)
    });
    order
}
