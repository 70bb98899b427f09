//! Rows to bytes; the layout is drawn in `layout.rs`. One pass per column, buffers kept from block to block.

use std::io;

use nilometer_model::Rows;
use zstd::bulk::Compressor;

use crate::frames::Packer;
use crate::layout::FORMAT;
use crate::texts::lengths;
use crate::{origins, plane};

/// Encodes blocks one after the other with the same buffers.
pub struct Encoder {
    zstd: Compressor<'static>,
    /// The frame being made.
    raw: Vec<u8>,
    /// The column being made.
    values: Vec<u64>,
    /// Per origin, where the next record would end if nothing stood between.
    positions: Vec<u64>,
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
        let zstd = Compressor::new(level)?;
        Ok(Self { zstd, raw: Vec::new(), values: Vec::new(), positions: Vec::new() })
    }

    /// `rows`, in their order, as a block.
    ///
    /// # Errors
    /// When zstd has no memory.
    pub fn encode(&mut self, rows: &Rows) -> io::Result<Vec<u8>> {
        let texts = rows.message.text().len() + rows.attributes.text().len();
        let mut block = Packer::new(&FORMAT, rows.len(), texts / 4);
        self.raw.clear();
        origins::put(&mut self.raw, &rows.origins);
        origins::put_runs(&mut self.raw, &rows.origin);
        block.frame(&mut self.zstd, &self.raw)?;
        self.times(rows);
        block.frame(&mut self.zstd, &self.raw)?;
        self.numbers(rows);
        block.frame(&mut self.zstd, &self.raw)?;
        block.frame(&mut self.zstd, rows.message.text().as_bytes())?;
        block.frame(&mut self.zstd, rows.attributes.text().as_bytes())?;
        block.frame(&mut self.zstd, rows.trace_id.as_flattened())?;
        block.frame(&mut self.zstd, rows.span_id.as_flattened())?;
        Ok(block.finish())
    }

    fn times(&mut self, rows: &Rows) {
        self.raw.clear();
        self.deltas(&rows.time);
        let ahead = rows.order_time.iter().zip(&rows.time);
        self.column(ahead.map(|(order, time)| plane::zigzag(order.wrapping_sub(*time))));
        self.deltas(&rows.received);
    }

    fn numbers(&mut self, rows: &Rows) {
        self.raw.clear();
        self.column(lengths(&rows.message));
        self.column(lengths(&rows.attributes));
        let framing = rows.bytes.iter().zip(lengths(&rows.message));
        self.column(
            framing.map(|(bytes, len)| {
                plane::zigzag(i64::from(*bytes).wrapping_sub(len.cast_signed()))
            }),
        );
        self.positions(rows);
        self.raw.extend(rows.severity.iter().map(|severity| *severity as u8));
    }

    fn positions(&mut self, rows: &Rows) {
        self.positions.clear();
        self.positions.resize(rows.origins.len(), 0);
        self.values.clear();
        for ((origin, position), bytes) in rows.origin.iter().zip(&rows.position).zip(&rows.bytes) {
            let before = &mut self.positions[*origin as usize];
            let expected = before.wrapping_add(u64::from(*bytes));
            self.values.push(plane::zigzag(position.wrapping_sub(expected).cast_signed()));
            *before = *position;
        }
        plane::put(&mut self.raw, &self.values);
    }

    fn deltas(&mut self, times: &[i64]) {
        let first = times.first().copied().unwrap_or_default();
        self.raw.extend_from_slice(&first.to_le_bytes());
        let mut before = first;
        self.column(times.iter().map(|time| {
            let delta = time.wrapping_sub(before);
            before = *time;
            plane::zigzag(delta)
        }));
    }

    fn column(&mut self, values: impl Iterator<Item = u64>) {
        self.values.clear();
        self.values.extend(values);
        plane::put(&mut self.raw, &self.values);
    }
}
