//! Rows to bytes; the layout is drawn in `layout.rs`. One pass per column, buffers kept from block to block.

use std::io;

use nilometer_model::{Rows, TextColumn};
use zstd::bulk::Compressor;

use crate::layout::{CRC_END, FRAMES, HEAD_BYTES, MAGIC, VERSION};
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
        let mut block = Block { out: Vec::with_capacity(HEAD_BYTES + texts / 4), frames: 0 };
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        block.out.extend_from_slice(MAGIC);
        block.out.extend_from_slice(&VERSION.to_le_bytes());
        block.out.extend_from_slice(&[0; 4]);
        block.out.extend_from_slice(&count.to_le_bytes());
        block.out.resize(HEAD_BYTES, 0);

        self.raw.clear();
        origins::put(&mut self.raw, rows);
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

fn lengths(texts: &TextColumn) -> impl Iterator<Item = u64> {
    let mut start = 0;
    texts.ends().iter().map(move |end| u64::from(end - std::mem::replace(&mut start, *end)))
}

/// A block being put together.
struct Block {
    out: Vec<u8>,
    frames: usize,
}

impl Block {
    fn frame(&mut self, zstd: &mut Compressor<'_>, raw: &[u8]) -> io::Result<()> {
        let at = self.out.len();
        self.out.resize(at + zstd::zstd_safe::compress_bound(raw.len()), 0);
        let packed = zstd.compress_to_buffer(raw, &mut self.out[at..])?;
        self.out.truncate(at + packed);
        if packed >= raw.len() {
            self.out.truncate(at);
            self.out.extend_from_slice(raw);
        }
        let stored = &self.out[at..];
        let crc = crc32c::crc32c(stored);
        let size = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        let entry = [size(stored.len()), size(raw.len()), crc].map(u32::to_le_bytes);
        let entries = &mut self.out[CRC_END + 4..HEAD_BYTES];
        let (entries, _) = entries.as_chunks_mut::<12>();
        entries[self.frames].copy_from_slice(entry.as_flattened());
        self.frames += 1;
        Ok(())
    }

    fn finish(mut self) -> Vec<u8> {
        debug_assert_eq!(self.frames, FRAMES);
        let crc = crc32c::crc32c(&self.out[CRC_END..HEAD_BYTES]);
        self.out[CRC_END - 4..CRC_END].copy_from_slice(&crc.to_le_bytes());
        self.out
    }
}
