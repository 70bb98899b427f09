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

    /// Every row of `rows`.
    pub(crate) fn all(rows: usize) -> Self {
        let mut bits = vec![u64::MAX; rows.div_ceil(64)];
        if let (Some(last), true) = (bits.last_mut(), !rows.is_multiple_of(64)) {
            *last = (1 << (rows % 64)) - 1;
        }
        Self { bits, rows }
    }

    /// The rows that `wanted` wants.
    pub(crate) fn of(rows: usize, wanted: impl Fn(usize) -> bool) -> Self {
        let word = |first: usize| {
            let rows = (first..rows.min(first + 64)).zip(0..);
            rows.fold(0, |bits, (row, bit)| bits | u64::from(wanted(row)) << bit)
        };
        Self { bits: (0..rows).step_by(64).map(word).collect(), rows }
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

    /// Memory that it takes, bytes.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.bits.len() * size_of::<u64>()
    }

    /// The rows in it, rising.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        let words = self.bits.iter().zip((0..).step_by(64));
        words.flat_map(|(word, first)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros() as usize;
                left &= left.checked_sub(1)?;
                Some(first + bit)
            })
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_go_in_and_come_out_rising_also_at_the_ends_of_words() {
        for rows in [0, 1, 63, 64, 65, 128, 200] {
            let all: Vec<usize> = (0..rows).collect();
            assert_eq!(Selection::all(rows).iter().collect::<Vec<_>>(), all);
            assert_eq!(Selection::all(rows), Selection::of(rows, |_| true));
            assert_eq!(Selection::all(rows).count(), rows);
            let third = Selection::of(rows, |row| row % 3 == 0);
            let expect: Vec<usize> = (0..rows).step_by(3).collect();
            assert_eq!(third.iter().collect::<Vec<_>>(), expect);
            let rest = Selection::all(rows).without(&third);
            assert_eq!(rest, Selection::all(rows).keep(|row| row % 3 != 0));
        }
    }
}
