//! Which rows of some [`Rows`](nilometer_model::Rows): one bit each.
//!
//! Invariant: bits behind the last row are zero, so counting needs no mask.

/// A set of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selection {
    bits: Vec<u64>,
    rows: usize,
}

impl Selection {
    /// No row of `rows`.
    pub(crate) fn none(rows: usize) -> Self {
        Self { bits: vec![0; rows.div_ceil(64)], rows }
    }

    /// The rows that `wanted` wants.
    pub(crate) fn of(rows: usize, wanted: impl Fn(usize) -> bool) -> Self {
        let mut selection = Self::none(rows);
        (0..rows).filter(|row| wanted(*row)).for_each(|row| selection.insert(row));
        selection
    }

    pub(crate) fn insert(&mut self, row: usize) {
        self.bits[row / 64] |= 1 << (row % 64);
    }

    /// Whether the row is in it.
    #[must_use]
    pub(crate) fn contains(&self, row: usize) -> bool {
        self.bits[row / 64] >> (row % 64) & 1 == 1
    }

    /// Whether no row is in it.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.bits.iter().all(|word| *word == 0)
    }

    /// How many rows are in it.
    #[must_use]
    pub(crate) fn count(&self) -> usize {
        self.bits.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The rows in it, rising.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        (0..self.rows).filter(|row| self.contains(*row))
    }

    pub(crate) fn or(mut self, other: &Self) -> Self {
        self.bits.iter_mut().zip(&other.bits).for_each(|(bits, other)| *bits |= other);
        self
    }

    pub(crate) fn without(mut self, other: &Self) -> Self {
        self.bits.iter_mut().zip(&other.bits).for_each(|(bits, other)| *bits &= !other);
        self
    }

    /// Those rows of it that `wanted` wants; only they are asked.
    pub(crate) fn keep(&self, wanted: impl Fn(usize) -> bool) -> Self {
        let mut kept = Self::none(self.rows);
        self.iter().filter(|row| wanted(*row)).for_each(|row| kept.insert(row));
        kept
    }
}
