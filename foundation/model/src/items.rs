//! What travels and is stored: records, spans and samples side by side.
//!
//! Invariants:
//! - the books know an item by its source and position, whatever kind it is; within a source the kinds share
//!   one counter;
//! - the order of items is records, spans, samples: the number of an item counts through all three.

use crate::{Rows, Samples, SourceId, Spans};

/// Records, spans and samples.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Items {
    /// Log records.
    pub rows: Rows,
    /// Spans.
    pub spans: Spans,
    /// Samples.
    pub samples: Samples,
}

/// What the books ask of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its source.
    pub source: SourceId,
    /// Its place in its source.
    pub position: u64,
    /// Its framed bytes in a file; 0 where there is no file.
    pub bytes: u32,
}

impl Items {
    /// How many items.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len() + self.spans.len() + self.samples.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every item as the books see it: records, spans, samples.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        let Self { rows, spans, samples } = self;
        let of_rows = (0..rows.len()).map(|row| Entry {
            source: rows.origins[rows.origin[row] as usize].source,
            position: rows.position[row],
            bytes: rows.bytes[row],
        });
        let of_spans = (0..spans.len()).map(|row| Entry {
            source: spans.origins[spans.origin[row] as usize].source,
            position: spans.position[row],
            bytes: 0,
        });
        let of_samples = (0..samples.len()).map(|row| Entry {
            source: samples.origins[samples.origin[row] as usize].source,
            position: samples.position[row],
            bytes: 0,
        });
        of_rows.chain(of_spans).chain(of_samples)
    }

    /// The items with these numbers, which must rise.
    ///
    /// # Panics
    /// When there is no such item.
    #[must_use]
    pub fn pick(&self, numbers: &[u32]) -> Self {
        let mut picked = Self::default();
        let (rows, spans) = (self.rows.len(), self.rows.len() + self.spans.len());
        for number in numbers.iter().map(|number| *number as usize) {
            if number < rows {
                picked.rows.push(self.rows.row(number));
            } else if number < spans {
                picked.spans.push(self.spans.row(number - rows));
            } else {
                picked.samples.push(self.samples.row(number - spans));
            }
        }
        picked
    }

    /// In their order, cut into pieces of at most so many items, and of so much text that one more item brings
    /// it to `text_bytes`. What is one piece already is not copied.
    #[must_use]
    pub fn cut(self, items: usize, text_bytes: usize) -> Vec<Self> {
        let mut cuts = Vec::new();
        let (mut first, mut text) = (0, 0);
        for number in 0..self.len() {
            if number - first == items || text >= text_bytes {
                cuts.push(number);
                (first, text) = (number, 0);
            }
            text += self.text_bytes(number);
        }
        if cuts.is_empty() {
            return if self.is_empty() { Vec::new() } else { vec![self] };
        }
        cuts.push(self.len());
        let mut from = 0;
        let pieces = cuts.into_iter().map(|to| {
            let numbers: Vec<u32> =
                (from..to).filter_map(|number| u32::try_from(number).ok()).collect();
            from = to;
            self.pick(&numbers)
        });
        pieces.collect()
    }

    /// What an item has written down, bytes.
    fn text_bytes(&self, number: usize) -> usize {
        let Self { rows, spans, samples } = self;
        if number < rows.len() {
            let row = rows.row(number);
            return row.message.len() + row.attributes.len();
        }
        let number = number - rows.len();
        if number < spans.len() {
            let span = spans.row(number);
            let texts =
                [span.operation, span.status_message, span.attributes, span.events, span.links];
            return texts.iter().map(|text| text.len()).sum();
        }
        let sample = samples.row(number - spans.len());
        sample.name.len() + sample.attributes.len()
    }

    /// Appends all items of `other`.
    pub fn append(&mut self, other: &Self) {
        self.rows.append(&other.rows);
        self.spans.append(&other.spans);
        self.samples.append(&other.samples);
    }

    /// No more items are to come: gives back the memory that was meant for them.
    pub fn settle(&mut self) {
        self.rows.settle();
        self.spans.settle();
        self.samples.settle();
    }

    /// Memory that the items take, bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.rows.memory_bytes() + self.spans.memory_bytes() + self.samples.memory_bytes()
    }
}

impl From<Rows> for Items {
    fn from(rows: Rows) -> Self {
        Self { rows, ..Self::default() }
    }
}

impl From<Spans> for Items {
    fn from(spans: Spans) -> Self {
        Self { spans, ..Self::default() }
    }
}

impl From<Samples> for Items {
    fn from(samples: Samples) -> Self {
        Self { samples, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Origin, RowRef, SampleKind, SampleRef, Severity, Timestamp};

    /// Records with messages of so many bytes, and a sample whose name has one.
    fn items(message_bytes: &[usize]) -> Items {
        let mut items = Items::default();
        let origin = std::sync::Arc::new(Origin::default());
        for (at, bytes) in message_bytes.iter().enumerate() {
            items.rows.push(RowRef {
                origin: &origin,
                time: Timestamp(0),
                order_time: Timestamp(0),
                position: at as u64,
                bytes: 0,
                received: Timestamp(0),
                severity: Severity::Info,
                message: &"m".repeat(*bytes),
                attributes: "",
                trace_id: None,
                span_id: None,
            });
        }
        items.samples.push(SampleRef {
            origin: &origin,
            name: "n",
            unit: "",
            time: Timestamp(0),
            value: 0.0,
            kind: SampleKind::Gauge,
            attributes: "",
            position: message_bytes.len() as u64,
            received: Timestamp(0),
        });
        items
    }

    #[track_caller]
    fn check(message_bytes: &[usize], limits: (usize, usize), expect: &[usize]) {
        let whole = items(message_bytes);
        let pieces = whole.clone().cut(limits.0, limits.1);
        assert_eq!(pieces.iter().map(Items::len).collect::<Vec<_>>(), expect);
        let mut again = Items::default();
        pieces.iter().for_each(|piece| again.append(piece));
        let positions =
            |items: &Items| -> Vec<u64> { items.entries().map(|entry| entry.position).collect() };
        assert_eq!(positions(&again), positions(&whole));
    }

    #[test]
    fn items_are_cut_at_their_number_and_behind_the_one_that_fills_the_text() {
        check(&[1, 1], (3, 100), &[3]);
        check(&[1, 1, 1], (3, 100), &[3, 1]);
        check(&[10, 9, 1], (100, 20), &[3, 1]);
        check(&[10, 10, 1], (100, 20), &[2, 2]);
        check(&[50, 50], (100, 20), &[1, 1, 1]);
        assert!(Items::default().cut(1, 1).is_empty());
    }
}
