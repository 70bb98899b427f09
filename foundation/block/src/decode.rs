//! Bytes to rows. The bytes may be anybody's: every claim is held against a limit before it is believed.

use std::sync::Arc;

use nilometer_model::{Origin, Rows, Severity, TextColumn};
use zstd::bulk::Decompressor;

use crate::cursor::Cursor;
use crate::layout::{CRC_END, FRAME_ENTRY_BYTES, Frame, HEAD_BYTES, MAGIC, VERSION};
use crate::limits::{ORIGINS_BYTES_MAX, ROWS_MAX, TEXT_BYTES_MAX};
use crate::{origins, plane};

/// Text columns to inflate; all others always are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Columns {
    /// The messages.
    pub message: bool,
    /// The attributes.
    pub attributes: bool,
}

impl Columns {
    /// Both texts.
    pub const ALL: Self = Self { message: true, attributes: true };
    /// Neither text.
    pub const NONE: Self = Self { message: false, attributes: false };
}

/// Why bytes are not a block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// These bytes do not begin like a block.
    #[error("not a block: it does not begin with NLBK")]
    NotABlock,
    /// A format that this build does not know.
    #[error("block format {0} is not known to this build (it knows {VERSION})")]
    Version(u16),
    /// The bytes changed.
    #[error("the {0} of a block do not match their checksum")]
    Checksum(&'static str),
    /// More than a block may hold.
    #[error("the {what} of a block claim {claimed}, at most {limit} are allowed")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much there is said to be.
        claimed: usize,
        /// How much may be.
        limit: usize,
    },
    /// The checksums hold, and yet it cannot be read.
    #[error("the {0} of a block cannot be read")]
    Damaged(&'static str),
}

/// The rows of a block. A text column that is not asked for holds empty texts.
///
/// # Errors
/// [`BlockError`] when the bytes are not a whole and undamaged block within [`limits`](crate::limits).
pub fn decode(bytes: &[u8], columns: Columns) -> Result<Rows, BlockError> {
    let mut block = Block::open(bytes)?;
    let rows = block.rows;
    let (origins, origin) = block.origins()?;
    let Times { time, order_time, received } = block.times()?;
    let numbers = block.numbers(&origin, origins.len())?;
    let message = block.text(Frame::Messages, numbers.message_ends, columns.message)?;
    let attributes = block.text(Frame::Attributes, numbers.attributes_ends, columns.attributes)?;
    let trace_id = block.ids(Frame::Traces)?;
    let span_id = block.ids(Frame::Spans)?;
    let (position, bytes, severity) = (numbers.position, numbers.bytes, numbers.severity);
    let rows_decoded = Rows {
        origins,
        origin,
        time,
        order_time,
        position,
        bytes,
        received,
        severity,
        message,
        attributes,
        trace_id,
        span_id,
    };
    let whole = rows_decoded.len() == rows && rows_decoded.check();
    whole.then_some(rows_decoded).ok_or(BlockError::Damaged("columns"))
}

/// One frame's place, and what it claims.
#[derive(Clone, Copy)]
struct Entry<'a> {
    stored: &'a [u8],
    raw: usize,
    crc: u32,
}

struct Block<'a> {
    rows: usize,
    frames: [Entry<'a>; Frame::ALL.len()],
    zstd: Decompressor<'static>,
}

struct Times {
    time: Vec<i64>,
    order_time: Vec<i64>,
    received: Vec<i64>,
}

struct Numbers {
    message_ends: Vec<u32>,
    attributes_ends: Vec<u32>,
    bytes: Vec<u32>,
    position: Vec<u64>,
    severity: Vec<Severity>,
}

impl<'a> Block<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, BlockError> {
        if !bytes.starts_with(MAGIC) {
            return Err(BlockError::NotABlock);
        }
        let (head, mut rest) =
            bytes.split_at_checked(HEAD_BYTES).ok_or(BlockError::Damaged("head"))?;
        let version = u16::from_le_bytes([head[4], head[5]]);
        if version != VERSION {
            return Err(BlockError::Version(version));
        }
        let crc = u32::from_le_bytes([head[6], head[7], head[8], head[9]]);
        if crc32c::crc32c(&head[CRC_END..]) != crc {
            return Err(BlockError::Checksum("head"));
        }
        let mut cursor = Cursor::new(&head[CRC_END..]);
        let rows = cursor.u32().ok_or(BlockError::Damaged("head"))? as usize;
        within("rows", rows, ROWS_MAX)?;
        let mut frames = [Entry { stored: &[], raw: 0, crc: 0 }; Frame::ALL.len()];
        for (frame, entry) in Frame::ALL.into_iter().zip(&mut frames) {
            let entry_bytes: [u8; FRAME_ENTRY_BYTES] =
                cursor.array().ok_or(BlockError::Damaged("head"))?;
            let [stored, raw, crc] = [0, 4, 8].map(|at| {
                let four = [0, 1, 2, 3].map(|byte| entry_bytes[at + byte]);
                u32::from_le_bytes(four)
            });
            within(frame.name(), raw as usize, frame_bytes_max(frame, rows))?;
            let (stored, behind) =
                rest.split_at_checked(stored as usize).ok_or(BlockError::Damaged(frame.name()))?;
            rest = behind;
            *entry = Entry { stored, raw: raw as usize, crc };
        }
        if !rest.is_empty() {
            return Err(BlockError::Damaged("end"));
        }
        let zstd = Decompressor::new().map_err(|_| BlockError::Damaged("frames"))?;
        Ok(Self { rows, frames, zstd })
    }

    /// A frame's bytes, inflated: exactly as many as it claims.
    fn inflate(&mut self, frame: Frame) -> Result<Vec<u8>, BlockError> {
        let Entry { stored, raw, crc } = self.frames[frame as usize];
        if crc32c::crc32c(stored) != crc {
            return Err(BlockError::Checksum(frame.name()));
        }
        if stored.len() == raw {
            return Ok(stored.to_vec());
        }
        let inflated = self.zstd.decompress(stored, raw);
        inflated.ok().filter(|bytes| bytes.len() == raw).ok_or(BlockError::Damaged(frame.name()))
    }

    fn origins(&mut self) -> Result<(Vec<Arc<Origin>>, Vec<u32>), BlockError> {
        let raw = self.inflate(Frame::Origins)?;
        origins::get(&raw, self.rows).ok_or(BlockError::Damaged(Frame::Origins.name()))
    }

    fn times(&mut self) -> Result<Times, BlockError> {
        let raw = self.inflate(Frame::Times)?;
        let rows = self.rows;
        read_times(&mut Cursor::new(&raw), rows).ok_or(BlockError::Damaged(Frame::Times.name()))
    }

    fn numbers(&mut self, origin: &[u32], origins: usize) -> Result<Numbers, BlockError> {
        let raw = self.inflate(Frame::Numbers)?;
        read_numbers(&mut Cursor::new(&raw), origin, origins)
            .ok_or(BlockError::Damaged(Frame::Numbers.name()))
    }

    fn text(
        &mut self,
        frame: Frame,
        ends: Vec<u32>,
        wanted: bool,
    ) -> Result<TextColumn, BlockError> {
        let column = if wanted {
            let text = String::from_utf8(self.inflate(frame)?);
            text.ok().and_then(|text| TextColumn::from_parts(text, ends))
        } else {
            TextColumn::from_parts(String::new(), vec![0; self.rows])
        };
        column.ok_or(BlockError::Damaged(frame.name()))
    }

    fn ids<const N: usize>(&mut self, frame: Frame) -> Result<Vec<[u8; N]>, BlockError> {
        let raw = self.inflate(frame)?;
        let (ids, rest) = raw.as_chunks::<N>();
        let whole = rest.is_empty() && (ids.is_empty() || ids.len() == self.rows);
        whole.then(|| ids.to_vec()).ok_or(BlockError::Damaged(frame.name()))
    }
}

fn read_times(cursor: &mut Cursor<'_>, rows: usize) -> Option<Times> {
    let mut values = Vec::new();
    let time = read_deltas(cursor, rows, &mut values)?;
    plane::get(cursor, rows, &mut values)?;
    let ahead = values.iter().map(|value| plane::unzigzag(*value));
    let order_time = time.iter().zip(ahead).map(|(time, ahead)| time.wrapping_add(ahead)).collect();
    let received = read_deltas(cursor, rows, &mut values)?;
    cursor.is_empty().then_some(Times { time, order_time, received })
}

fn read_deltas(cursor: &mut Cursor<'_>, rows: usize, values: &mut Vec<u64>) -> Option<Vec<i64>> {
    let mut time = i64::from_le_bytes(cursor.array()?);
    plane::get(cursor, rows, values)?;
    let times = values.iter().map(|delta| {
        time = time.wrapping_add(plane::unzigzag(*delta));
        time
    });
    Some(times.collect())
}

fn read_numbers(cursor: &mut Cursor<'_>, origin: &[u32], origins: usize) -> Option<Numbers> {
    let rows = origin.len();
    let mut values = Vec::new();
    plane::get(cursor, rows, &mut values)?;
    let message_ends = ends(&values)?;
    let mut bytes = Vec::with_capacity(rows);
    let message_bytes = values.clone();
    plane::get(cursor, rows, &mut values)?;
    let attributes_ends = ends(&values)?;
    plane::get(cursor, rows, &mut values)?;
    for (framing, len) in values.iter().zip(&message_bytes) {
        let framed = len.cast_signed().checked_add(plane::unzigzag(*framing))?;
        bytes.push(u32::try_from(framed).ok()?);
    }
    plane::get(cursor, rows, &mut values)?;
    let position = positions(values, origin, origins, &bytes);
    let codes = cursor.take(rows)?;
    let severity: Option<_> = codes.iter().map(|code| Severity::from_code(*code)).collect();
    let severity = severity.filter(|_| cursor.is_empty())?;
    Some(Numbers { message_ends, attributes_ends, bytes, position, severity })
}

fn ends(lengths: &[u64]) -> Option<Vec<u32>> {
    let mut end = 0_u32;
    let ends = lengths.iter().map(|len| {
        end = end.checked_add(u32::try_from(*len).ok()?)?;
        Some(end)
    });
    ends.collect()
}

fn positions(mut values: Vec<u64>, origin: &[u32], origins: usize, bytes: &[u32]) -> Vec<u64> {
    let mut before = vec![0_u64; origins];
    for ((value, origin), bytes) in values.iter_mut().zip(origin).zip(bytes) {
        let before = &mut before[*origin as usize];
        let step = plane::unzigzag(*value).cast_unsigned().wrapping_add(u64::from(*bytes));
        *before = before.wrapping_add(step);
        *value = *before;
    }
    values
}

/// What a frame of a block of so many rows can be at most, inflated.
fn frame_bytes_max(frame: Frame, rows: usize) -> usize {
    /// Planes of a number, and the byte that counts them.
    const COLUMN_BYTES: usize = 1;
    match frame {
        Frame::Origins => ORIGINS_BYTES_MAX,
        Frame::Times => 2 * 8 + 3 * (COLUMN_BYTES + 8 * rows),
        Frame::Numbers => 4 * (COLUMN_BYTES + 8 * rows) + rows,
        Frame::Messages | Frame::Attributes => TEXT_BYTES_MAX,
        Frame::Traces => 16 * rows,
        Frame::Spans => 8 * rows,
    }
}

fn within(what: &'static str, claimed: usize, limit: usize) -> Result<(), BlockError> {
    if claimed > limit {
        return Err(BlockError::TooLarge { what, claimed, limit });
    }
    Ok(())
}
