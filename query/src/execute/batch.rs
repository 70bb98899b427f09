//! Rows as a grouping or a sort sees them: records of the store, or rows of a table.
//!
//! Invariant: two rows of one batch with the same class in a column have the same value there.

use super::table::Table;
use crate::plan::{Signal, SignalField, Value};

/// Rows of one kind.
pub(super) trait Batch {
    /// What names a column.
    type Column;
    fn value(&self, row: usize, column: &Self::Column) -> Value<'_>;
    /// A small number that stands for the value, where there is one.
    fn class(&self, row: usize, column: &Self::Column) -> Option<usize>;
}

/// Rows of a signal.
pub(super) struct Records<'a, S>(pub(super) &'a S);

impl<S: Signal> Batch for Records<'_, S> {
    type Column = S::Field;

    fn value(&self, row: usize, column: &S::Field) -> Value<'_> {
        column.typed(self.0, row)
    }

    fn class(&self, row: usize, column: &S::Field) -> Option<usize> {
        column.class(self.0, row)
    }
}

impl Batch for Table {
    type Column = usize;

    fn value(&self, row: usize, column: &usize) -> Value<'_> {
        self.rows[row][*column].by_ref()
    }

    fn class(&self, _: usize, _: &usize) -> Option<usize> {
        None
    }
}
