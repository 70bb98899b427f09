//! Which of some rows: a bit for each.
//!
//! Invariant: bits behind the last row are zero, so counting needs no mask.

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowSet {
    rows: usize,
    words: Vec<u64>,
}

impl RowSet {
    /// None of so many rows.
    #[must_use]
    pub fn none(rows: usize) -> Self {
        Self { rows, words: vec![0; rows.div_ceil(64)] }
    }

    /// All of so many rows.
    #[must_use]
    pub fn all(rows: usize) -> Self {
        let mut all = Self { rows, words: vec![u64::MAX; rows.div_ceil(64)] };
        all.trim();
        all
    }

    /// Those of so many rows that `wanted` wants.
    #[must_use]
    pub fn of(rows: usize, wanted: impl Fn(usize) -> bool) -> Self {
        let word = |first: usize| {
            let rows = (first..rows.min(first + 64)).zip(0..);
            rows.fold(0, |bits, (row, bit)| bits | u64::from(wanted(row)) << bit)
        };
        Self { rows, words: (0..rows).step_by(64).map(word).collect() }
    }

    /// Of how many rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Puts a row in.
    pub fn insert(&mut self, row: usize) {
        self.words[row / 64] |= 1 << (row % 64);
    }

    /// Whether a row is in.
    #[must_use]
    pub fn contains(&self, row: usize) -> bool {
        self.words[row / 64] >> (row % 64) & 1 == 1
    }

    /// How many are in.
    #[must_use]
    pub fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether none is in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Whether all are in.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.count() == self.rows
    }

    /// Memory that it takes, bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.words.len() * size_of::<u64>()
    }

    /// Those of them that are in `other` too.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other);
        self
    }

    /// Them and those of `other`.
    #[must_use]
    pub fn or(mut self, other: &Self) -> Self {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
        self
    }

    /// Those of them that are not in `other`.
    #[must_use]
    pub fn without(mut self, other: &Self) -> Self {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= !other);
        self
    }

    /// Those of them that `wanted` wants; only they are asked.
    #[must_use]
    pub fn keep(&self, wanted: impl Fn(usize) -> bool) -> Self {
        let mut kept = Self::none(self.rows);
        self.iter().filter(|row| wanted(*row)).for_each(|row| kept.insert(row));
        kept
    }

    /// Of them the first, the second ... : those whose number among them is in `chosen`.
    #[must_use]
    pub fn choose(&self, chosen: &Self) -> Self {
        let mut kept = Self::none(self.rows);
        let numbered = self.iter().enumerate();
        numbered
            .filter(|(number, _)| chosen.contains(*number))
            .for_each(|(_, row)| kept.insert(row));
        kept
    }

    /// Those that are in, rising.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.words.iter().enumerate().flat_map(|(at, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros() as usize;
                left &= left.checked_sub(1)?;
                Some(64 * at + bit)
            })
        })
    }

    fn trim(&mut self) {
        if let (Some(last), rest @ 1..) = (self.words.last_mut(), self.rows % 64) {
            *last &= (1 << rest) - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_go_in_and_come_out_rising_also_at_the_ends_of_words() {
        for rows in [0, 1, 63, 64, 65, 128, 200] {
            let all: Vec<usize> = (0..rows).collect();
            assert_eq!(RowSet::all(rows).iter().collect::<Vec<_>>(), all);
            assert_eq!(RowSet::all(rows), RowSet::of(rows, |_| true));
            assert_eq!((RowSet::all(rows).count(), RowSet::all(rows).is_all()), (rows, true));
            let third = RowSet::of(rows, |row| row % 3 == 0);
            let expect: Vec<usize> = (0..rows).step_by(3).collect();
            assert_eq!(third.iter().collect::<Vec<_>>(), expect);
            assert_eq!((third.count(), third.is_empty()), (expect.len(), rows == 0));
            let rest = RowSet::all(rows).without(&third);
            assert_eq!(rest, RowSet::all(rows).keep(|row| row % 3 != 0));
            assert_eq!(rest.clone().or(&third), RowSet::all(rows));
            assert!(rest.and(&third).is_empty());
        }
    }

    #[test]
    fn rows_are_chosen_by_their_number_among_those_that_are_in() {
        let odd = RowSet::of(200, |row| row % 2 == 1);
        let chosen = odd.choose(&RowSet::of(100, |number| number % 50 == 7));
        assert_eq!(chosen.iter().collect::<Vec<_>>(), [15, 115]);
    }
}
