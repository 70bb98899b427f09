//! A filter on what comes in.
//!
//! Invariant: each row of a chunk is asked once, in the chunk's order.

use nilometer_model::{RowRef, Rows};

use crate::plan::Filter;

/// A filter that waits for new rows.
#[derive(Debug, Clone)]
pub(crate) struct Tail {
    filter: Filter,
}

impl Tail {
    #[must_use]
    pub(crate) fn new(filter: Filter) -> Self {
        Self { filter }
    }

    /// The rows of the chunk that fit.
    pub(crate) fn fitting<'a>(&self, rows: &'a Rows) -> impl Iterator<Item = RowRef<'a>> {
        let fits = self.filter.select(rows, None);
        (0..rows.len()).filter(move |row| fits.contains(*row)).map(|row| rows.row(row))
    }
}
