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

    /// Appends all items of `other`.
    pub fn append(&mut self, other: &Self) {
        self.rows.append(&other.rows);
        self.spans.append(&other.spans);
        self.samples.append(&other.samples);
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
