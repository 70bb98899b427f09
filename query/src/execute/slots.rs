//! Numbers for the values of a field, in the order in which they are first met, so that counting is adding to a
//! vector.
//!
//! Invariants:
//! - a value that many rows share (who speaks, the severity) is looked at once per block, not once per row;
//! - only rows that fit are looked at: a name that only others' rows have is never met;
//! - beyond `most` values no new one is kept, and [`Slots::is_over`] says so.

use std::borrow::Cow;
use std::collections::HashMap;

use nilometer_block::Columns;
use nilometer_model::{Rows, Severity};
use nilometer_store::records::RowSet;

use crate::plan::{Field, SignalField};

/// The slot of rows without the field.
pub(super) const ABSENT: usize = 0;
/// What a value takes besides its text, bytes.
const ENTRY_BYTES: usize = 64;

/// See the file's head.
#[derive(Debug)]
pub(super) struct Slots {
    field: Field,
    most: usize,
    known: HashMap<String, usize>,
    bytes: usize,
    over: bool,
}

impl Slots {
    pub(super) fn new(field: Field, most: usize) -> Self {
        Self { field, most, known: HashMap::new(), bytes: 0, over: false }
    }

    /// The field whose values these are.
    pub(super) fn field(&self) -> &Field {
        &self.field
    }

    /// The columns that [`Slots::each`] looks at.
    pub(super) fn columns(&self) -> Columns {
        self.field.columns_in_place()
    }

    /// Gives every row that fits and the slot of its value; of a row whose value is not kept, nothing.
    pub(super) fn each(&mut self, rows: &Rows, fits: &RowSet, take: impl FnMut(usize, usize)) {
        let field = self.field.clone();
        match field.columns() {
            Columns::NONE => {
                let origin = |row: usize| rows.origin[row] as usize;
                self.shared(rows, fits, (rows.origins.len(), origin), take);
            }
            Columns::SEVERITY => {
                let severity = |row: usize| rows.severity[row] as usize;
                self.shared(rows, fits, (Severity::ALL.len(), severity), take);
            }
            _ => self.own(rows, fits, take),
        }
    }

    /// For rows that are of few kinds, all of a kind with one value.
    fn shared(
        &mut self,
        rows: &Rows,
        fits: &RowSet,
        (kinds, kind): (usize, impl Fn(usize) -> usize),
        mut take: impl FnMut(usize, usize),
    ) {
        let mut met: Vec<Option<Option<usize>>> = vec![None; kinds];
        for row in fits.iter() {
            let slot = match met[kind(row)] {
                Some(slot) => slot,
                None => *met[kind(row)].insert(self.slot(self.field.value(rows, row))),
            };
            if let Some(slot) = slot {
                take(row, slot);
            }
        }
    }

    fn own(&mut self, rows: &Rows, fits: &RowSet, mut take: impl FnMut(usize, usize)) {
        for row in fits.iter() {
            if let Some(slot) = self.slot(self.field.value(rows, row)) {
                take(row, slot);
            }
        }
    }

    fn slot(&mut self, value: Option<Cow<'_, str>>) -> Option<usize> {
        let Some(value) = value else { return Some(ABSENT) };
        if let Some(slot) = self.known.get(&*value) {
            return Some(*slot);
        }
        if self.known.len() >= self.most {
            self.over = true;
            return None;
        }
        let slot = self.known.len() + 1;
        self.bytes += value.len() + ENTRY_BYTES;
        self.known.insert(value.into_owned(), slot);
        Some(slot)
    }

    /// Whether there are more values than are kept.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// Memory of the values, bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.bytes
    }

    /// The values and their slots.
    pub(super) fn into_values(self) -> impl Iterator<Item = (String, usize)> {
        self.known.into_iter()
    }
}
