//! Records column by column: the one form in which they travel in batches, wait in the buffer, come out of
//! blocks and are searched.
//!
//! Invariants:
//! - every column has one entry per row ([`Rows::push`] and [`Rows::check`] keep that); `trace_id` and
//!   `span_id` may instead be empty as a whole: no row has one; `skeleton` is, but where a block was asked for it;
//! - `origin[row]` is an index into `origins`;
//! - all text is UTF-8; attributes are the JSON text of an object, or empty.

use std::cmp::Ordering;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Origin, Origins, Severity, SourceId, Timestamp};

/// Texts, end to end in one buffer, so that one search runs over all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TextColumn {
    text: String,
    ends: Vec<u32>,
}

impl TextColumn {
    /// A column of `text` cut at `ends`; `None` unless the ends rise to the text's length on
    /// character boundaries.
    #[must_use]
    pub fn from_parts(text: String, ends: Vec<u32>) -> Option<Self> {
        let mut at = 0;
        for &end in &ends {
            if end < at || !text.is_char_boundary(end as usize) {
                return None;
            }
            at = end;
        }
        (at as usize == text.len()).then_some(Self { text, ends })
    }

    /// Forgets all texts, and keeps the memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    /// Gives back the memory that was meant for more texts.
    pub fn shrink_to_fit(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    /// Makes room for so many more texts, all together of so many bytes.
    pub fn reserve(&mut self, texts: usize, bytes: usize) {
        self.text.reserve(bytes);
        self.ends.reserve(texts);
    }

    /// Appends one text.
    ///
    /// # Panics
    /// When the column would exceed 4 GiB; every caller's limits lie far below.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(u32::try_from(self.text.len()).expect("a column is limited to 4 GiB"));
    }

    /// Appends all texts of `other`.
    ///
    /// # Panics
    /// As [`TextColumn::push`].
    pub fn append(&mut self, other: &Self) {
        let start = u32::try_from(self.text.len()).expect("a column is limited to 4 GiB");
        self.text.push_str(&other.text);
        self.ends.extend(other.ends.iter().map(|end| start + end));
    }

    /// The text of a row.
    #[must_use]
    pub fn get(&self, row: usize) -> &str {
        &self.text[self.start(row)..self.ends[row] as usize]
    }

    /// How long the row's text is, bytes; the text itself is not looked at.
    #[must_use]
    pub fn bytes(&self, row: usize) -> usize {
        self.ends[row] as usize - self.start(row)
    }

    /// Where the row's text begins in [`TextColumn::text`].
    #[must_use]
    pub fn start(&self, row: usize) -> usize {
        if row == 0 { 0 } else { self.ends[row - 1] as usize }
    }

    /// All texts, end to end.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where each row's text ends in [`TextColumn::text`].
    #[must_use]
    pub fn ends(&self) -> &[u32] {
        &self.ends
    }

    /// How many texts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

/// The order of records everywhere: time as frozen in by the collector, then source, then position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Order {
    /// The record's time, never smaller than that of the record before it in its lineage.
    pub order_time: Timestamp,
    /// The record's source.
    pub source: SourceId,
    /// The record's position.
    pub position: u64,
}

/// Records, column by column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rows {
    /// Who speaks; rows refer to it by index.
    pub origins: Origins,
    /// Per row: index into `origins`.
    pub origin: Vec<u32>,
    /// Per row: the record's time, ns.
    pub time: Vec<i64>,
    /// Per row: see [`Order::order_time`], ns.
    pub order_time: Vec<i64>,
    /// Per row: end of the record in its decompressed generation, bytes, or a counter.
    pub position: Vec<u64>,
    /// Per row: framed bytes of that stream that the record took in its file.
    pub bytes: Vec<u32>,
    /// Per row: when the intake had it, ns; 0 before that.
    pub received: Vec<i64>,
    /// Per row: how bad it says it is.
    pub severity: Vec<Severity>,
    /// Per row: the message, as written.
    pub message: TextColumn,
    /// Per row: a JSON object, or empty.
    pub attributes: TextColumn,
    /// Per row, or empty: the trace, all zero when the row has none.
    pub trace_id: Vec<[u8; 16]>,
    /// Per row, or empty: the span, all zero when the row has none.
    pub span_id: Vec<[u8; 8]>,
    /// Per row, or empty: what names its message without the variables, made by whoever read the rows. It is no
    /// part of a record: it travels nowhere, and rows that are pushed bring none.
    pub skeleton: Vec<u64>,
}

/// One row, by reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowRef<'a> {
    /// Who speaks.
    pub origin: &'a Arc<Origin>,
    /// The record's time.
    pub time: Timestamp,
    /// See [`Order::order_time`].
    pub order_time: Timestamp,
    /// End of the record in its generation.
    pub position: u64,
    /// Framed bytes in the file.
    pub bytes: u32,
    /// When the intake had it.
    pub received: Timestamp,
    /// How bad it says it is.
    pub severity: Severity,
    /// The message, as written.
    pub message: &'a str,
    /// A JSON object, or empty.
    pub attributes: &'a str,
    /// The trace, if any.
    pub trace_id: Option<[u8; 16]>,
    /// The span, if any.
    pub span_id: Option<[u8; 8]>,
}

impl RowRef<'_> {
    /// The record's place in the order.
    #[must_use]
    pub fn order(&self) -> Order {
        Order { order_time: self.order_time, source: self.origin.source, position: self.position }
    }

    /// How rows lie in a split: by tenant, component, instance, stream, node, then time and position.
    #[must_use]
    pub fn compare_in_split(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(self.origin, other.origin) {
            (self.time, self.position).cmp(&(other.time, other.position))
        } else {
            (&**self.origin, self.time, self.position).cmp(&(
                &**other.origin,
                other.time,
                other.position,
            ))
        }
    }
}

impl Rows {
    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.time.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.time.is_empty()
    }

    /// The row at `row`.
    ///
    /// # Panics
    /// When there is no such row.
    #[must_use]
    pub fn row(&self, row: usize) -> RowRef<'_> {
        let trace_id = self.trace_id.get(row).copied().filter(|id| *id != [0; 16]);
        let span_id = self.span_id.get(row).copied().filter(|id| *id != [0; 8]);
        RowRef {
            origin: &self.origins[self.origin[row] as usize],
            time: Timestamp(self.time[row]),
            order_time: Timestamp(self.order_time[row]),
            position: self.position[row],
            bytes: self.bytes[row],
            received: Timestamp(self.received[row]),
            severity: self.severity[row],
            message: self.message.get(row),
            attributes: self.attributes.get(row),
            trace_id,
            span_id,
        }
    }

    /// All rows.
    pub fn iter(&self) -> impl Iterator<Item = RowRef<'_>> {
        (0..self.len()).map(|row| self.row(row))
    }

    /// Appends a row.
    pub fn push(&mut self, row: RowRef<'_>) {
        let origin = match self.origin.last() {
            Some(&last) if Arc::ptr_eq(&self.origins[last as usize], row.origin) => last,
            _ => self.origins.index(row.origin),
        };
        self.push_ids(row.trace_id, row.span_id);
        self.origin.push(origin);
        self.time.push(row.time.0);
        self.order_time.push(row.order_time.0);
        self.position.push(row.position);
        self.bytes.push(row.bytes);
        self.received.push(row.received.0);
        self.severity.push(row.severity);
        self.message.push(row.message);
        self.attributes.push(row.attributes);
    }

    /// Forgets all rows, and keeps the memory.
    pub fn clear(&mut self) {
        self.origins.clear();
        self.origin.clear();
        self.time.clear();
        self.order_time.clear();
        self.position.clear();
        self.bytes.clear();
        self.received.clear();
        self.severity.clear();
        self.message.clear();
        self.attributes.clear();
        self.trace_id.clear();
        self.span_id.clear();
        self.skeleton.clear();
    }

    /// Makes room for so many more rows, with messages of so many bytes all together.
    pub fn reserve(&mut self, rows: usize, message_bytes: usize) {
        self.origin.reserve(rows);
        self.time.reserve(rows);
        self.order_time.reserve(rows);
        self.position.reserve(rows);
        self.bytes.reserve(rows);
        self.received.reserve(rows);
        self.severity.reserve(rows);
        self.message.reserve(rows, message_bytes);
        self.attributes.reserve(rows, 0);
    }

    /// No more rows are to come: gives back the memory that was meant for them.
    pub fn settle(&mut self) {
        self.origins.settle();
        self.origin.shrink_to_fit();
        self.time.shrink_to_fit();
        self.order_time.shrink_to_fit();
        self.position.shrink_to_fit();
        self.bytes.shrink_to_fit();
        self.received.shrink_to_fit();
        self.severity.shrink_to_fit();
        self.message.shrink_to_fit();
        self.attributes.shrink_to_fit();
        self.trace_id.shrink_to_fit();
        self.span_id.shrink_to_fit();
        self.skeleton.shrink_to_fit();
    }

    /// Appends all rows of `other`, column by column.
    pub fn append(&mut self, other: &Self) {
        let origins: Vec<u32> =
            other.origins.iter().map(|origin| self.origins.index(origin)).collect();
        let rows = self.len();
        if !other.trace_id.is_empty() || !self.trace_id.is_empty() {
            self.trace_id.resize(rows, [0; 16]);
            self.trace_id.extend(&other.trace_id);
            self.trace_id.resize(rows + other.len(), [0; 16]);
        }
        if !other.span_id.is_empty() || !self.span_id.is_empty() {
            self.span_id.resize(rows, [0; 8]);
            self.span_id.extend(&other.span_id);
            self.span_id.resize(rows + other.len(), [0; 8]);
        }
        self.origin.extend(other.origin.iter().map(|origin| origins[*origin as usize]));
        self.time.extend(&other.time);
        self.order_time.extend(&other.order_time);
        self.position.extend(&other.position);
        self.bytes.extend(&other.bytes);
        self.received.extend(&other.received);
        self.severity.extend(&other.severity);
        self.message.append(&other.message);
        self.attributes.append(&other.attributes);
    }

    /// Keeps the id columns empty until the first row that has one.
    fn push_ids(&mut self, trace_id: Option<[u8; 16]>, span_id: Option<[u8; 8]>) {
        let rows = self.len();
        if trace_id.is_some() || !self.trace_id.is_empty() {
            self.trace_id.resize(rows, [0; 16]);
            self.trace_id.push(trace_id.unwrap_or_default());
        }
        if span_id.is_some() || !self.span_id.is_empty() {
            self.span_id.resize(rows, [0; 8]);
            self.span_id.push(span_id.unwrap_or_default());
        }
    }

    /// Whether the columns agree with each other; asked of everything that was decoded.
    #[must_use]
    pub fn check(&self) -> bool {
        let rows = self.len();
        let origins = self.origins.len();
        [
            self.origin.len(),
            self.order_time.len(),
            self.position.len(),
            self.bytes.len(),
            self.received.len(),
            self.severity.len(),
            self.message.len(),
            self.attributes.len(),
        ]
        .iter()
        .all(|len| *len == rows)
            && (self.trace_id.is_empty() || self.trace_id.len() == rows)
            && (self.span_id.is_empty() || self.span_id.len() == rows)
            && (self.skeleton.is_empty() || self.skeleton.len() == rows)
            && self.origin.iter().all(|origin| (*origin as usize) < origins)
    }

    /// Memory that the rows take, bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        /// Fixed-size columns of one row.
        const ROW_BYTES: usize = 4 + 8 + 8 + 8 + 4 + 8 + 1 + 4 + 4;
        self.message.text().len()
            + self.attributes.text().len()
            + self.len() * ROW_BYTES
            + self.trace_id.len() * 16
            + self.span_id.len() * 8
            + self.skeleton.len() * 8
            + self.origins.len() * 256
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleared_rows_are_as_new_ones() {
        let origin = Arc::new(Origin {
            tenant: "default".to_owned(),
            component: "web".to_owned(),
            instance: "web-1".to_owned(),
            stream: crate::Stream::Stdout,
            node: "n1".to_owned(),
            version: String::new(),
            zone: String::new(),
            source: SourceId(7),
        });
        let mut rows = Rows::default();
        rows.push(RowRef {
            origin: &origin,
            time: Timestamp(1),
            order_time: Timestamp(2),
            position: 3,
            bytes: 4,
            received: Timestamp(5),
            severity: Severity::Warn,
            message: "m",
            attributes: "{}",
            trace_id: Some([1; 16]),
            span_id: Some([2; 8]),
        });
        rows.clear();
        assert_eq!(rows, Rows::default());
    }

    fn row<'a>(
        origin: &'a Arc<Origin>,
        message: &'a str,
        trace_id: Option<[u8; 16]>,
    ) -> RowRef<'a> {
        RowRef {
            origin,
            time: Timestamp(5),
            order_time: Timestamp(6),
            position: 7,
            bytes: 8,
            received: Timestamp(9),
            severity: Severity::Warn,
            message,
            attributes: "",
            trace_id,
            span_id: None,
        }
    }

    #[test]
    fn a_row_comes_back_as_it_was_pushed_also_when_ids_begin_late() {
        let origin = Arc::new(Origin { component: "shop".to_owned(), ..Origin::default() });
        let mut rows = Rows::default();
        rows.push(row(&origin, "first", None));
        rows.push(row(&origin, "", Some([3; 16])));
        rows.push(row(&origin, "日志", None));
        assert!(rows.check());
        assert_eq!(rows.row(0), row(&origin, "first", None));
        assert_eq!(rows.row(1), row(&origin, "", Some([3; 16])));
        assert_eq!(rows.row(2), row(&origin, "日志", None));
        assert_eq!((rows.origins.len(), rows.span_id.len()), (1, 0));
    }

    #[test]
    fn appending_rows_is_pushing_them_one_by_one() {
        let (a, b) = (
            Arc::new(Origin::default()),
            Arc::new(Origin { zone: "z".to_owned(), ..Origin::default() }),
        );
        let equal_to_a = Arc::new(Origin::default());
        let mut first = Rows::default();
        first.push(row(&a, "one", None));
        let mut second = Rows::default();
        second.push(row(&b, "two", Some([9; 16])));
        second.push(row(&equal_to_a, "three", None));
        let mut pushed = first.clone();
        second.iter().for_each(|row| pushed.push(row));
        first.append(&second);
        assert_eq!(first, pushed);
        assert!(first.check());
        assert_eq!(first.origins.len(), 2);
    }

    #[test]
    fn columns_that_disagree_are_noticed() {
        let origin = Arc::new(Origin::default());
        let mut rows = Rows::default();
        rows.push(row(&origin, "a", None));
        rows.origin[0] = 1;
        assert!(!rows.check());
        assert!(TextColumn::from_parts("é".to_owned(), vec![1, 2]).is_none());
        assert!(TextColumn::from_parts("ab".to_owned(), vec![1]).is_none());
    }
}
