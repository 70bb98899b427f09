//! The texts of a block, cut: which template each has, and what is its own.
//!
//! ```text
//!   templates   T0 T1 T2 T3 T4 ..      remembered from block to block: a text is rather compared than cut
//!   used           T3 T0 T4            those of this block, numbered as they come
//!   numbers        0 0 1 0 2 1 ..      per row
//! ```
//! Invariant: what is remembered decides which template a text is told by, and never what a block says: it
//! names each template that it uses.

use super::cut::Span;
use super::group::Groups;
use super::streams::Streams;
use super::table::Table;
use super::templates::{Spans, Templates};
use super::variables::Writer;
use crate::cursor::put_varint;
use crate::plane;

/// See the module.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) table: Table,
    /// Per template its number in this block plus one; 0 when it has none.
    numbered: Vec<u32>,
    used: Vec<usize>,
    numbers: Vec<u32>,
    pub(super) spans: Spans,
}

impl Column {
    pub(super) fn new(templates: Templates) -> Self {
        Self {
            table: Table::new(templates),
            numbered: Vec::new(),
            used: Vec::new(),
            numbers: Vec::new(),
            spans: Spans::new(0),
        }
    }

    /// Forgets the rows, and makes room for others.
    pub(super) fn begin(&mut self, rows: usize) {
        for template in self.used.drain(..) {
            self.numbered[template] = 0;
        }
        self.numbers.clear();
        self.spans.clear();
        self.table.reserve(rows);
    }

    /// Forgets all templates.
    pub(super) fn forget(&mut self) {
        self.table.forget();
        self.numbered = Vec::new();
        self.used.clear();
    }

    /// Says what the row's template is, its spans being there: its number, and whether that is a new one.
    pub(super) fn end_row(&mut self, template: usize) -> (usize, bool) {
        if self.numbered.len() <= template {
            self.numbered.resize(template + 1, 0);
        }
        let known = self.numbered[template].checked_sub(1);
        let number = known.unwrap_or_else(|| {
            self.used.push(template);
            let count = u32::try_from(self.used.len()).unwrap_or(u32::MAX);
            self.numbered[template] = count;
            count - 1
        });
        self.numbers.push(number);
        self.spans.end_row();
        (number as usize, known.is_none())
    }

    /// How many templates the rows have.
    pub(super) fn put_count(&self, out: &mut Vec<u8>) {
        put_varint(out, u32::try_from(self.used.len()).unwrap_or(u32::MAX));
    }

    /// Each row's template. `values` is a buffer.
    pub(super) fn put_numbers(&self, out: &mut Vec<u8>, values: &mut Vec<u64>) {
        values.clear();
        values.extend(self.numbers.iter().map(|number| u64::from(*number)));
        plane::put(out, values);
    }

    /// The templates that the rows have.
    pub(super) fn put_templates(&self, out: &mut Vec<u8>) {
        self.used.iter().for_each(|template| self.table.templates.put(*template, out));
    }

    /// What is the texts' own. `column` is a buffer.
    pub(super) fn put_own(
        &self,
        streams: &mut Streams,
        (text, times): (&[u8], &[i64]),
        column: &mut Vec<Span>,
    ) {
        let groups = Groups::new(&self.numbers, self.used.len());
        let templates = (&self.table.templates, &self.used[..]);
        Writer { streams, text, times, column }.all(templates, &groups, &self.spans);
    }
}
