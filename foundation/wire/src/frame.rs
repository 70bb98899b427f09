//! A batch as bytes: what a collector freezes, its spool keeps, HTTP carries and the Log stores.
//!
//! ```text
//!   magic "NLBT" | version u16 | crc32c u32 | header bytes u32 | zstd(postcard(header)) | block
//!                                             |<------------- under the checksum ------------>|
//! ```
//! Numbers are little-endian. Invariants:
//! - the same header and rows give the same bytes;
//! - nothing is inflated before the checksum holds, and nothing beyond its limit;
//! - no bytes, however wrong, make a decoder panic.

use std::io::Read;

use nilometer_block::Columns;
use nilometer_model::Rows;
use nilometer_model::limits::{BATCH_FRAME_BYTES_MAX, BATCH_RECORDS_MAX, BATCH_SOURCES_MAX};

use crate::limits::{HEADER_BYTES_MAX, HEADER_WINDOW_LOG_MAX};
use crate::{BATCH_VERSION, BatchHeader};

const MAGIC: &[u8; 4] = b"NLBT";
/// Magic, version, checksum, length of the header.
const PREFIX_BYTES: usize = 4 + 2 + 4 + 4;
/// Where the checksum stands; what it covers begins behind it.
const CRC_AT: usize = 6;
const CRC_END: usize = CRC_AT + 4;
/// Fast: a batch is compressed on the machine that is being watched.
const ZSTD_LEVEL: i32 = 1;

/// A batch, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// What it says of itself.
    pub header: BatchHeader,
    /// Its records.
    pub rows: Rows,
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
    #[error("batch format {0} is not known to this build (it knows {BATCH_VERSION})")]
    Version(u16),
    /// The bytes changed on their way.
    #[error("batch does not match its checksum")]
    Checksum,
    /// The checksum holds, and yet it cannot be read.
    #[error("batch cannot be read: {0}")]
    Damaged(&'static str),
}

/// Freezes a batch.
///
/// # Errors
/// [`FrameError::TooLarge`] when it exceeds the limits of a batch.
pub fn encode(header: &BatchHeader, rows: &Rows) -> Result<Vec<u8>, FrameError> {
    within("records", rows.len(), BATCH_RECORDS_MAX)?;
    within("sources", header.sources.len(), BATCH_SOURCES_MAX)?;
    let plain =
        postcard::to_stdvec(header).map_err(|_| FrameError::Damaged("header does not encode"))?;
    within("header bytes", plain.len(), HEADER_BYTES_MAX)?;
    let packed = zstd::bulk::compress(&plain, ZSTD_LEVEL)
        .map_err(|_| FrameError::Damaged("header does not compress"))?;
    let block = nilometer_block::encode(rows, ZSTD_LEVEL);
    let bytes = PREFIX_BYTES + packed.len() + block.len();
    within("bytes", bytes, BATCH_FRAME_BYTES_MAX)?;
    let packed_bytes =
        u32::try_from(packed.len()).map_err(|_| FrameError::Damaged("header is too long"))?;
    let mut frame = Vec::with_capacity(bytes);
    frame.extend_from_slice(MAGIC);
    frame.extend_from_slice(&BATCH_VERSION.to_le_bytes());
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(&packed_bytes.to_le_bytes());
    frame.extend_from_slice(&packed);
    frame.extend_from_slice(&block);
    let crc = crc32c::crc32c(&frame[CRC_END..]);
    frame[CRC_AT..CRC_END].copy_from_slice(&crc.to_le_bytes());
    Ok(frame)
}

/// Reads what a batch says of itself and leaves its records alone.
///
/// # Errors
/// [`FrameError`] for anything that [`encode`] did not make.
pub fn decode_header(frame: &[u8]) -> Result<BatchHeader, FrameError> {
    parts(frame).and_then(|(packed, _)| header(packed))
}

/// Takes a batch apart.
///
/// # Errors
/// [`FrameError`] for anything that [`encode`] did not make.
pub fn decode(frame: &[u8]) -> Result<Batch, FrameError> {
    let (packed, block) = parts(frame)?;
    let header = header(packed)?;
    let rows = nilometer_block::decode(block, Columns::ALL)
        .map_err(|_| FrameError::Damaged("its block does not decode"))?;
    within("records", rows.len(), BATCH_RECORDS_MAX)?;
    Ok(Batch { header, rows })
}

fn within(what: &'static str, size: usize, limit: usize) -> Result<(), FrameError> {
    if size > limit { Err(FrameError::TooLarge { what, size, limit }) } else { Ok(()) }
}

/// The packed header and the block of a frame whose checksum holds.
fn parts(frame: &[u8]) -> Result<(&[u8], &[u8]), FrameError> {
    within("bytes", frame.len(), BATCH_FRAME_BYTES_MAX)?;
    let rest = frame.strip_prefix(MAGIC).ok_or(FrameError::NotAFrame)?;
    let (version, rest) = rest.split_first_chunk().ok_or(FrameError::NotAFrame)?;
    let version = u16::from_le_bytes(*version);
    if version != BATCH_VERSION {
        return Err(FrameError::Version(version));
    }
    let (crc, covered) = rest.split_first_chunk().ok_or(FrameError::Checksum)?;
    if crc32c::crc32c(covered) != u32::from_le_bytes(*crc) {
        return Err(FrameError::Checksum);
    }
    let (packed_bytes, rest) =
        covered.split_first_chunk().ok_or(FrameError::Damaged("it has no header"))?;
    let packed_bytes = u32::from_le_bytes(*packed_bytes) as usize;
    rest.split_at_checked(packed_bytes).ok_or(FrameError::Damaged("its header is cut off"))
}

fn header(packed: &[u8]) -> Result<BatchHeader, FrameError> {
    let damaged = |_| FrameError::Damaged("its header does not inflate");
    let mut decoder = zstd::Decoder::with_buffer(packed).map_err(damaged)?;
    decoder.window_log_max(HEADER_WINDOW_LOG_MAX).map_err(damaged)?;
    let mut plain = Vec::new();
    decoder.take(HEADER_BYTES_MAX as u64 + 1).read_to_end(&mut plain).map_err(damaged)?;
    within("header bytes", plain.len(), HEADER_BYTES_MAX)?;
    let header: BatchHeader = postcard::from_bytes(&plain)
        .map_err(|_| FrameError::Damaged("its header does not decode"))?;
    within("sources", header.sources.len(), BATCH_SOURCES_MAX)?;
    Ok(header)
}

#[cfg(test)]
mod tests;
