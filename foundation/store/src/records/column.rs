//! Which values of a column meet a condition.
//!
//! Invariant: one search runs over the column as a whole, and where it stops one value is looked at.

use super::literal::{Edge, Literal, is_border};
use super::place::{Condition, End};
use super::row_set::RowSet;
use super::values::{Column, END};

/// A condition's part of a literal, ready to be searched for.
pub(super) struct Search<'a> {
    part: Literal,
    condition: &'a Condition,
}

impl<'a> Search<'a> {
    pub(super) fn new(literal: &Literal, condition: &'a Condition) -> Self {
        let part = literal.text().get(condition.from..condition.to).unwrap_or_default();
        Self { part: Literal::new(part, (Edge::Open, Edge::Open), literal.folds()), condition }
    }

    /// The rows of the column's template whose value meets the condition, by their number in it.
    pub(super) fn rows(&self, column: Column<'_>) -> RowSet {
        if column.sized {
            let mut found = RowSet::none(column.rows);
            for (row, value) in column.values().take(column.rows).enumerate() {
                if self.is_met(value) {
                    found.insert(row);
                }
            }
            return found;
        }
        if column.constant {
            let met = column.values().next().is_some_and(|value| self.is_met(value));
            return if met { RowSet::all(column.rows) } else { RowSet::none(column.rows) };
        }
        self.in_lines(column)
    }

    fn in_lines(&self, column: Column<'_>) -> RowSet {
        let mut found = RowSet::none(column.rows);
        let folded = self.part.folded(column.bytes);
        let (mut row, mut counted, mut passed) = (0, 0, 0);
        for at in self.part.places(&folded) {
            if at < passed {
                continue;
            }
            let start =
                memchr::memrchr(END, &folded[counted..at]).map_or(counted, |end| counted + end + 1);
            let end = memchr::memchr(END, &folded[at..]).map_or(folded.len(), |len| at + len);
            let value = &column.bytes[start..end];
            if !self.stands(value, at - start) {
                continue;
            }
            row += memchr::memchr_iter(END, &folded[counted..start]).count();
            counted = start;
            passed = end;
            if row < column.rows {
                found.insert(row);
            }
        }
        found
    }

    fn is_met(&self, value: &[u8]) -> bool {
        let folded = self.part.folded(value);
        self.part.places(&folded).any(|at| self.stands(value, at))
    }

    /// Whether the part, which is at `at`, stands as the condition says.
    fn stands(&self, value: &[u8], at: usize) -> bool {
        let end = at + self.part.bytes().len();
        let text = || std::str::from_utf8(value).unwrap_or_default();
        let is_end = |end: End, at: usize, fixed: usize| match end {
            End::Open => true,
            End::Fixed => at == fixed,
            End::Free => at == fixed || is_border(text(), at),
        };
        is_end(self.condition.begins, at, 0) && is_end(self.condition.ends, end, value.len())
    }
}
