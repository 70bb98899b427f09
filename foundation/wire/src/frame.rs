//! A batch as bytes: what a collector freezes, its spool keeps, HTTP carries and the Log stores.
//!
//! ```text
//!   magic "NLBT" | version u16 | crc32c u32 | bytes of header, records, spans u32 each
//!     | zstd(postcard(header)) | block of records, dense or of columns | block of spans | block of samples
//! ```
//! The checksum covers all that stands behind it. A block of no items is no bytes.
//! Numbers are little-endian. Invariants:
//! - the same header and rows give the same bytes;
//! - nothing is inflated before the checksum holds, and nothing beyond its limit;
//! - no bytes, however wrong, make a decoder panic.

use std::io::{self, Read};

use nilometer_block::{BlockError, Columns, DenseEncoder, SpanColumns};
use nilometer_model::limits::{BATCH_FRAME_BYTES_MAX, BATCH_RECORDS_MAX, BATCH_SOURCES_MAX};
use nilometer_model::{Items, Rows};
use zstd::bulk::Compressor;

use crate::header::BATCH_VERSION_MIN;
use crate::limits::{HEADER_BYTES_MAX, HEADER_WINDOW_LOG_MAX};
use crate::{BATCH_VERSION, BatchHeader};

const MAGIC: &[u8; 4] = b"NLBT";
/// Magic, version, checksum, lengths.
const PREFIX_BYTES: usize = 4 + 2 + 4 + LENGTHS * 4;
/// How many lengths are written: the last section ends where the frame does.
const LENGTHS: usize = SECTIONS - 1;
/// Header, records, spans, samples.
pub(crate) const SECTIONS: usize = 4;
/// Where the checksum stands; what it covers begins behind it.
const CRC_AT: usize = 6;
const CRC_END: usize = CRC_AT + 4;
/// Fast: a batch is compressed on the machine that is being watched.
const ZSTD_LEVEL: i32 = 1;
/// Faster still: what stays is read once and then let go.
const ZSTD_LEVEL_TO_STAY: i32 = -4;

/// A batch, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// What it says of itself.
    pub header: BatchHeader,
    /// Its records, spans and samples.
    pub items: Items,
}

/// Why bytes are not a batch, or a batch cannot be bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// More bytes, records or sources than a batch may have.
    #[error("batch has {size} {what}, at most {limit} are allowed")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much there is.
        size: usize,
        /// How much may be.
        limit: usize,
    },
    /// These bytes do not begin like a batch.
    #[error("not a batch: it does not begin with NLBT")]
    NotAFrame,
    /// A format that this build does not know.
    #[error(
        "batch format {0} is not known to this build (it knows {BATCH_VERSION_MIN} to {BATCH_VERSION})"
    )]
    Version(u16),
    /// The bytes changed on their way.
    #[error("batch does not match its checksum")]
    Checksum,
    /// The checksum holds, and yet it cannot be read.
    #[error("batch cannot be read: {0}")]
    Damaged(&'static str),
}

/// Freezes batches, each in the memory of the one before.
pub struct Freezer {
    make: fn() -> io::Result<Tools>,
    /// Made for the first batch.
    tools: Option<Tools>,
}

struct Tools {
    header: Compressor<'static>,
    records: RecordEncoder,
}

enum RecordEncoder {
    Dense(Box<DenseEncoder>),
    Columns(nilometer_block::Encoder),
}

impl Freezer {
    /// For batches that are to travel.
    #[must_use]
    pub fn to_travel() -> Self {
        Self { make: Tools::to_travel, tools: None }
    }

    /// For batches that stay here: larger, for less work.
    #[must_use]
    pub fn to_stay() -> Self {
        Self { make: Tools::to_stay, tools: None }
    }

    /// Freezes a batch.
    ///
    /// # Errors
    /// [`FrameError::TooLarge`] when it exceeds the limits of a batch.
    pub fn freeze(&mut self, header: &BatchHeader, items: &Items) -> Result<Vec<u8>, FrameError> {
        let tools = match self.tools.take() {
            Some(tools) => tools,
            None => (self.make)().map_err(|_| FrameError::Damaged("zstd has no memory"))?,
        };
        let Tools { header: zstd, records } = self.tools.insert(tools);
        freeze(header, items, |plain| zstd.compress(plain), |rows| records.encode(rows))
    }
}

impl Tools {
    fn to_travel() -> io::Result<Self> {
        let records = RecordEncoder::Dense(Box::new(DenseEncoder::new(ZSTD_LEVEL)?));
        Ok(Self { header: Compressor::new(ZSTD_LEVEL)?, records })
    }

    fn to_stay() -> io::Result<Self> {
        let level = ZSTD_LEVEL_TO_STAY;
        let records = RecordEncoder::Columns(nilometer_block::Encoder::new(level)?);
        Ok(Self { header: Compressor::new(level)?, records })
    }
}

impl RecordEncoder {
    fn encode(&mut self, rows: &Rows) -> io::Result<Vec<u8>> {
        match self {
            Self::Dense(encoder) => encoder.encode(rows),
            Self::Columns(encoder) => encoder.encode(rows),
        }
    }
}

/// Freezes one batch that is to travel.
///
/// # Errors
/// [`FrameError::TooLarge`] when it exceeds the limits of a batch.
pub fn encode(header: &BatchHeader, items: &Items) -> Result<Vec<u8>, FrameError> {
    Freezer::to_travel().freeze(header, items)
}

/// `pack` compresses the header, `encode` makes a block of records.
fn freeze(
    header: &BatchHeader,
    items: &Items,
    mut pack: impl FnMut(&[u8]) -> io::Result<Vec<u8>>,
    mut encode: impl FnMut(&Rows) -> io::Result<Vec<u8>>,
) -> Result<Vec<u8>, FrameError> {
    within("records", items.len(), BATCH_RECORDS_MAX)?;
    within("sources", header.sources.len(), BATCH_SOURCES_MAX)?;
    let plain =
        postcard::to_stdvec(header).map_err(|_| FrameError::Damaged("header does not encode"))?;
    within("header bytes", plain.len(), HEADER_BYTES_MAX)?;
    let packed = pack(&plain).map_err(|_| FrameError::Damaged("header does not compress"))?;
    let Items { rows, spans, samples } = items;
    let block =
        |empty: bool, encode: &dyn Fn() -> Vec<u8>| if empty { Vec::new() } else { encode() };
    let records = if rows.is_empty() { Ok(Vec::new()) } else { encode(rows) };
    let sections = [
        packed,
        records.map_err(|_| FrameError::Damaged("its records do not compress"))?,
        block(spans.is_empty(), &|| nilometer_block::encode_spans(spans, ZSTD_LEVEL)),
        block(samples.is_empty(), &|| nilometer_block::encode_samples(samples, ZSTD_LEVEL)),
    ];
    within(
        "bytes",
        PREFIX_BYTES + sections.iter().map(Vec::len).sum::<usize>(),
        BATCH_FRAME_BYTES_MAX,
    )?;
    Ok(put_together(&sections))
}

/// The same batch with nothing compressed, for a [`Dictionary`](crate::Dictionary) to compress whole.
///
/// # Errors
/// [`FrameError`] for anything that [`encode`] did not make.
pub fn uncompressed(frame: &[u8]) -> Result<Vec<u8>, FrameError> {
    let [packed, blocks @ ..] = parts(frame)?;
    let damaged = |_| FrameError::Damaged("one of its blocks does not decode");
    let mut sections = [stored(&inflate_header(packed)?), Vec::new(), Vec::new(), Vec::new()];
    for (section, block) in sections[1..].iter_mut().zip(blocks) {
        if !block.is_empty() {
            *section = nilometer_block::uncompressed(block).map_err(damaged)?;
        }
    }
    Ok(put_together(&sections))
}

pub(crate) fn put_together(sections: &[Vec<u8>; SECTIONS]) -> Vec<u8> {
    let bytes = PREFIX_BYTES + sections.iter().map(Vec::len).sum::<usize>();
    let mut frame = Vec::with_capacity(bytes);
    frame.extend_from_slice(MAGIC);
    frame.extend_from_slice(&BATCH_VERSION.to_le_bytes());
    frame.extend_from_slice(&[0; 4]);
    for section in &sections[..LENGTHS] {
        // All sections together are within the limit of a frame.
        frame.extend_from_slice(&u32::try_from(section.len()).unwrap_or(u32::MAX).to_le_bytes());
    }
    sections.iter().for_each(|section| frame.extend_from_slice(section));
    let crc = crc32c::crc32c(&frame[CRC_END..]);
    frame[CRC_AT..CRC_END].copy_from_slice(&crc.to_le_bytes());
    frame
}

/// `plain` as a zstd frame of blocks that are stored as they are (RFC 8878, 3.1.1).
pub(crate) fn stored(plain: &[u8]) -> Vec<u8> {
    const ZSTD_MAGIC: [u8; 4] = 0xfd2f_b528_u32.to_le_bytes();
    /// The size of the content stands in four bytes, and is the window's.
    const DESCRIPTOR: u8 = 0b1010_0000;
    const BLOCK_BYTES_MAX: usize = 128 << 10;
    let size = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let mut frame = [&ZSTD_MAGIC[..], &[DESCRIPTOR], &size(plain).to_le_bytes()].concat();
    let mut rest = plain;
    loop {
        let (block, behind) = rest.split_at(rest.len().min(BLOCK_BYTES_MAX));
        let header = size(block) << 3 | u32::from(behind.is_empty());
        frame.extend_from_slice(&header.to_le_bytes()[..3]);
        frame.extend_from_slice(block);
        if behind.is_empty() {
            return frame;
        }
        rest = behind;
    }
}

/// Reads what a batch says of itself and leaves its records alone.
///
/// # Errors
/// [`FrameError`] for anything that [`encode`] did not make.
pub fn decode_header(frame: &[u8]) -> Result<BatchHeader, FrameError> {
    parts(frame).and_then(|[packed, ..]| header(packed))
}

/// Takes a batch apart.
///
/// # Errors
/// [`FrameError`] for anything that [`encode`] did not make.
pub fn decode(frame: &[u8]) -> Result<Batch, FrameError> {
    let [packed, rows, spans, samples] = parts(frame)?;
    let header = header(packed)?;
    let items = Items {
        rows: block(rows, records)?,
        spans: block(spans, |bytes| nilometer_block::decode_spans(bytes, SpanColumns::ALL))?,
        samples: block(samples, nilometer_block::decode_samples)?,
    };
    within("records", items.len(), BATCH_RECORDS_MAX)?;
    Ok(Batch { header, items })
}

fn records(bytes: &[u8]) -> Result<Rows, BlockError> {
    match nilometer_block::decode_dense(bytes) {
        Err(BlockError::NotABlock) => nilometer_block::decode(bytes, Columns::ALL),
        dense => dense,
    }
}

fn block<T: Default>(
    bytes: &[u8],
    decode: impl Fn(&[u8]) -> Result<T, BlockError>,
) -> Result<T, FrameError> {
    if bytes.is_empty() {
        return Ok(T::default());
    }
    decode(bytes).map_err(|_| FrameError::Damaged("one of its blocks does not decode"))
}

fn within(what: &'static str, size: usize, limit: usize) -> Result<(), FrameError> {
    if size > limit { Err(FrameError::TooLarge { what, size, limit }) } else { Ok(()) }
}

/// The sections of a frame whose checksum holds: the packed header, then the blocks.
pub(crate) fn parts(frame: &[u8]) -> Result<[&[u8]; SECTIONS], FrameError> {
    within("bytes", frame.len(), BATCH_FRAME_BYTES_MAX)?;
    let rest = frame.strip_prefix(MAGIC).ok_or(FrameError::NotAFrame)?;
    let (version, rest) = rest.split_first_chunk().ok_or(FrameError::NotAFrame)?;
    let version = u16::from_le_bytes(*version);
    if !(BATCH_VERSION_MIN..=BATCH_VERSION).contains(&version) {
        return Err(FrameError::Version(version));
    }
    let (crc, covered) = rest.split_first_chunk().ok_or(FrameError::Checksum)?;
    if crc32c::crc32c(covered) != u32::from_le_bytes(*crc) {
        return Err(FrameError::Checksum);
    }
    let (lengths, mut rest) = covered
        .split_first_chunk::<{ LENGTHS * 4 }>()
        .ok_or(FrameError::Damaged("it has no header"))?;
    let mut sections = [&[][..]; SECTIONS];
    for (section, length) in sections.iter_mut().zip(lengths.as_chunks::<4>().0) {
        let length = u32::from_le_bytes(*length) as usize;
        (*section, rest) =
            rest.split_at_checked(length).ok_or(FrameError::Damaged("a section is cut off"))?;
    }
    sections[LENGTHS] = rest;
    Ok(sections)
}

fn inflate_header(packed: &[u8]) -> Result<Vec<u8>, FrameError> {
    let damaged = |_| FrameError::Damaged("its header does not inflate");
    let mut decoder = zstd::Decoder::with_buffer(packed).map_err(damaged)?;
    decoder.window_log_max(HEADER_WINDOW_LOG_MAX).map_err(damaged)?;
    let mut plain = Vec::new();
    decoder.take(HEADER_BYTES_MAX as u64 + 1).read_to_end(&mut plain).map_err(damaged)?;
    within("header bytes", plain.len(), HEADER_BYTES_MAX)?;
    Ok(plain)
}

pub(crate) fn header(packed: &[u8]) -> Result<BatchHeader, FrameError> {
    let header: BatchHeader = postcard::from_bytes(&inflate_header(packed)?)
        .map_err(|_| FrameError::Damaged("its header does not decode"))?;
    within("sources", header.sources.len(), BATCH_SOURCES_MAX)?;
    Ok(header)
}

#[cfg(test)]
pub(crate) mod tests;
