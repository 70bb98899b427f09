//! Rows to bytes; the layout is drawn in `layout.rs`. One pass per column, buffers kept from block to block.

use std::io;

use nilometer_model::Rows;

use crate::frames::{Packer, Squeezer};
use crate::layout::FORMAT;
use crate::numbers::{put_framing, put_times};
use crate::texts::lengths;
use crate::{origins, plane};

/// Encodes blocks one after the other with the same buffers.
pub struct Encoder {
    squeezer: Squeezer,
    /// The frame being made.
    raw: Vec<u8>,
    /// The column being made.
    values: Vec<u64>,
}

/// `rows`, in their order, as a block compressed at zstd's `level`.
///
/// # Panics
/// When memory is exhausted.
#[must_use]
pub fn encode(rows: &Rows, level: i32) -> Vec<u8> {
    Encoder::new(level).and_then(|mut encoder| encoder.encode(rows)).expect("zstd has memory")
}

impl Encoder {
    /// An encoder that compresses at zstd's `level`.
    ///
    /// # Errors
    /// When zstd has no memory.
    pub fn new(level: i32) -> io::Result<Self> {
        let squeezer = Squeezer::new(level)?;
        Ok(Self { squeezer, raw: Vec::new(), values: Vec::new() })
    }

    /// `rows`, in their order, as a block.
    ///
    /// # Errors
    /// When zstd has no memory.
    pub fn encode(&mut self, rows: &Rows) -> io::Result<Vec<u8>> {
        let texts = rows.message.text().len() + rows.attributes.text().len();
        let mut block = Packer::new(&FORMAT, rows.len(), texts / 2);
        self.raw.clear();
        origins::put(&mut self.raw, &rows.origins);
        origins::put_runs(&mut self.raw, &rows.origin);
        block.frame(&mut self.squeezer, &self.raw)?;
        self.raw.clear();
        put_times(&mut self.raw, rows, &mut self.values);
        block.frame(&mut self.squeezer, &self.raw)?;
        self.numbers(rows);
        block.frame(&mut self.squeezer, &self.raw)?;
        block.frame(&mut self.squeezer, rows.message.text().as_bytes())?;
        block.frame(&mut self.squeezer, rows.attributes.text().as_bytes())?;
        block.frame(&mut self.squeezer, rows.trace_id.as_flattened())?;
        block.frame(&mut self.squeezer, rows.span_id.as_flattened())?;
        Ok(block.finish())
    }

    fn numbers(&mut self, rows: &Rows) {
        self.raw.clear();
        self.column(lengths(&rows.message));
        self.column(lengths(&rows.attributes));
        put_framing(&mut self.raw, rows, &mut self.values);
        self.raw.extend(rows.severity.iter().map(|severity| *severity as u8));
    }

    fn column(&mut self, values: impl Iterator<Item = u64>) {
        self.values.clear();
        self.values.extend(values);
        plane::put(&mut self.raw, &self.values);
    }
}
