//! Bytes to rows. The bytes may be anybody's: nothing is read beyond what there is, and [`Rows::check`] has the last word.

use std::fmt;
use std::sync::Arc;

use nilometer_model::{Origin, Rows, Severity, TextColumn};

use crate::columns::Columns;
use crate::cursor::Cursor;
use crate::frames::{Entry, Inflater, VERSION};
use crate::layout::{FORMAT, FRAMES, Frame};
use crate::texts::{self, ends, read_lengths};
use crate::{frames, origins, plane};

type Frames<'a> = frames::Frames<'a, FRAMES>;

/// Why bytes are not a block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// These bytes do not begin like a block.
    #[error("not a block of that kind: it does not begin like one")]
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
    /// There is no memory to inflate it.
    #[error("there is no memory to inflate a block")]
    NoMemory,
}

/// Decodes blocks one after the other with the same buffers.
#[derive(Default)]
pub struct Decoder {
    inflater: Inflater,
    /// The column being read.
    values: Vec<u64>,
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder").finish_non_exhaustive()
    }
}

/// The rows of a block, as [`Decoder::decode`] gives them.
///
/// # Errors
/// [`BlockError`] when the bytes are not a whole and undamaged block within [`limits`](crate::limits).
pub fn decode(bytes: &[u8], columns: Columns) -> Result<Rows, BlockError> {
    Decoder::default().decode(bytes, columns)
}

impl Decoder {
    /// The rows of a block; of what is not asked for nothing is looked at, so that damage there goes unnoticed.
    ///
    /// # Errors
    /// [`BlockError`] when the bytes are not a whole and undamaged block within [`limits`](crate::limits).
    pub fn decode(&mut self, bytes: &[u8], columns: Columns) -> Result<Rows, BlockError> {
        let frames = Frames::open(bytes, &FORMAT)?;
        let (origins, origin) = self.origins(&frames)?;
        let Times { time, order_time, received } = self.times(&frames, columns)?;
        let numbers = self.numbers(&frames, columns, &origin, origins.len())?;
        let Numbers { has_message, message_ends, attributes_ends, bytes, position, severity } =
            numbers;
        let rows = Rows {
            origins: origins.into(),
            origin,
            time,
            order_time,
            position,
            bytes,
            received,
            severity,
            message: match has_message {
                Some(column) => column,
                None => self.text(&frames, Frame::Messages, message_ends)?,
            },
            attributes: self.text(&frames, Frame::Attributes, attributes_ends)?,
            trace_id: self.ids(&frames, Frame::Traces, columns)?,
            span_id: self.ids(&frames, Frame::Spans, columns)?,
            skeleton: Vec::new(),
        };
        let whole = rows.len() == frames.rows && rows.check();
        whole.then_some(rows).ok_or(BlockError::Damaged("columns"))
    }

    fn origins(&mut self, frames: &Frames<'_>) -> Result<(Vec<Arc<Origin>>, Vec<u32>), BlockError> {
        let entry = entry(frames, Frame::Origins);
        let mut cursor = Cursor::new(self.inflater.frame(entry)?);
        let origins = origins::get(&mut cursor).and_then(|origins| {
            let origin = origins::get_runs(&mut cursor, frames.rows, origins.len())?;
            Some((origins, origin))
        });
        origins.ok_or(BlockError::Damaged(entry.name))
    }

    fn times(&mut self, frames: &Frames<'_>, columns: Columns) -> Result<Times, BlockError> {
        let zeros = vec![0; frames.rows];
        if columns.among(TIMES).is_none() {
            return Ok(Times { time: zeros.clone(), order_time: zeros.clone(), received: zeros });
        }
        let entry = entry(frames, Frame::Times);
        let mut cursor = Cursor::new(self.inflater.frame(entry)?);
        let times = read_times(&mut cursor, zeros, columns, &mut self.values);
        times.ok_or(BlockError::Damaged(entry.name))
    }

    fn numbers(
        &mut self,
        frames: &Frames<'_>,
        columns: Columns,
        origin: &[u32],
        origins: usize,
    ) -> Result<Numbers, BlockError> {
        let mut numbers = Numbers::of_nothing(frames.rows);
        if !columns.among(NUMBERS).is_none() {
            let entry = entry(frames, Frame::Numbers);
            let mut cursor = Cursor::new(self.inflater.frame(entry)?);
            numbers
                .read(&mut cursor, columns, (origin, origins), &mut self.values)
                .ok_or(BlockError::Damaged(entry.name))?;
        }
        Ok(numbers)
    }

    fn text(
        &mut self,
        frames: &Frames<'_>,
        frame: Frame,
        ends: Option<Vec<u32>>,
    ) -> Result<TextColumn, BlockError> {
        texts::read(&mut self.inflater, entry(frames, frame), ends, frames.rows)
    }

    fn ids<const N: usize>(
        &mut self,
        frames: &Frames<'_>,
        frame: Frame,
        columns: Columns,
    ) -> Result<Vec<[u8; N]>, BlockError> {
        if !columns.has(Columns::IDS) {
            return Ok(Vec::new());
        }
        let entry = entry(frames, frame);
        let (ids, rest) = self.inflater.frame(entry)?.as_chunks::<N>();
        let whole = rest.is_empty() && (ids.is_empty() || ids.len() == frames.rows);
        whole.then(|| ids.to_vec()).ok_or(BlockError::Damaged(entry.name))
    }
}

fn entry<'a>(frames: &Frames<'a>, frame: Frame) -> Entry<'a> {
    frames.entry(frame as usize)
}

pub(crate) struct Times {
    pub(crate) time: Vec<i64>,
    pub(crate) order_time: Vec<i64>,
    pub(crate) received: Vec<i64>,
}

struct Numbers {
    /// Stands for the messages, when only that is asked for.
    has_message: Option<TextColumn>,
    /// Where texts end, when they are asked for.
    message_ends: Option<Vec<u32>>,
    attributes_ends: Option<Vec<u32>>,
    bytes: Vec<u32>,
    position: Vec<u64>,
    severity: Vec<Severity>,
}

/// The columns in the frame of times.
const TIMES: Columns = Columns::TIME.with(Columns::ORDER_TIME).with(Columns::RECEIVED);
/// The columns for which the frame of numbers is needed.
const NUMBERS: Columns = Columns::POSITION
    .with(Columns::SEVERITY)
    .with(Columns::MESSAGE)
    .with(Columns::HAS_MESSAGE)
    .with(Columns::ATTRIBUTES);

pub(crate) fn read_times(
    cursor: &mut Cursor<'_>,
    zeros: Vec<i64>,
    columns: Columns,
    values: &mut Vec<u64>,
) -> Option<Times> {
    let rows = zeros.len();
    let time = read_deltas(cursor, rows, values)?;
    let order_time = if columns.has(Columns::ORDER_TIME) {
        plane::get(cursor, rows, values)?;
        let ahead = values.iter().map(|value| plane::unzigzag(*value));
        time.iter().zip(ahead).map(|(time, ahead)| time.wrapping_add(ahead)).collect()
    } else {
        plane::skip(cursor, rows)?;
        zeros.clone()
    };
    let received = if columns.has(Columns::RECEIVED) {
        read_deltas(cursor, rows, values)?
    } else {
        cursor.take(size_of::<i64>())?;
        plane::skip(cursor, rows)?;
        zeros.clone()
    };
    let time = if columns.has(Columns::TIME) { time } else { zeros };
    cursor.is_empty().then_some(Times { time, order_time, received })
}

pub(crate) fn read_deltas(
    cursor: &mut Cursor<'_>,
    rows: usize,
    values: &mut Vec<u64>,
) -> Option<Vec<i64>> {
    let mut time = i64::from_le_bytes(cursor.array()?);
    plane::get(cursor, rows, values)?;
    let times = values.iter().map(|delta| {
        time = time.wrapping_add(plane::unzigzag(*delta));
        time
    });
    Some(times.collect())
}

impl Numbers {
    fn of_nothing(rows: usize) -> Self {
        Self {
            has_message: None,
            message_ends: None,
            attributes_ends: None,
            bytes: vec![0; rows],
            position: vec![0; rows],
            severity: vec![Severity::Unset; rows],
        }
    }

    /// Reads what is asked for and passes over the rest.
    fn read(
        &mut self,
        cursor: &mut Cursor<'_>,
        columns: Columns,
        (origin, origins): (&[u32], usize),
        values: &mut Vec<u64>,
    ) -> Option<()> {
        let rows = origin.len();
        let positions = columns.has(Columns::POSITION);
        let message = columns.has(Columns::MESSAGE);
        let has_message = !message && columns.has(Columns::HAS_MESSAGE);
        let message_bytes = read_lengths(cursor, rows, positions || message || has_message)?;
        let attributes_bytes = read_lengths(cursor, rows, columns.has(Columns::ATTRIBUTES))?;
        if positions {
            plane::get(cursor, rows, values)?;
            self.bytes = framed_bytes(values, message_bytes.as_deref()?)?;
            plane::get(cursor, rows, values)?;
            self.position = read_positions(values, origin, origins, &self.bytes);
        } else {
            plane::skip(cursor, rows)?;
            plane::skip(cursor, rows)?;
        }
        if has_message {
            let mut column = TextColumn::default();
            let empty = message_bytes.iter().flatten().map(|len| *len == 0);
            empty.for_each(|empty| column.push(if empty { "" } else { "?" }));
            self.has_message = Some(column);
        }
        if message {
            self.message_ends = Some(ends(&message_bytes?)?);
        }
        if let Some(lengths) = attributes_bytes {
            self.attributes_ends = Some(ends(&lengths)?);
        }
        let codes = cursor.take(rows)?;
        if columns.has(Columns::SEVERITY) {
            let severity: Option<_> = codes.iter().map(|code| Severity::from_code(*code)).collect();
            self.severity = severity?;
        }
        cursor.is_empty().then_some(())
    }
}

pub(crate) fn framed_bytes(framings: &[u64], message_bytes: &[u64]) -> Option<Vec<u32>> {
    let framed = framings.iter().zip(message_bytes).map(|(framing, len)| {
        let framed = len.cast_signed().checked_add(plane::unzigzag(*framing))?;
        u32::try_from(framed).ok()
    });
    framed.collect()
}

pub(crate) fn read_positions(
    values: &[u64],
    origin: &[u32],
    origins: usize,
    bytes: &[u32],
) -> Vec<u64> {
    let mut before = vec![0_u64; origins];
    let steps = values.iter().zip(origin).zip(bytes);
    let positions = steps.map(|((value, origin), bytes)| {
        let before = &mut before[*origin as usize];
        let step = plane::unzigzag(*value).cast_unsigned().wrapping_add(u64::from(*bytes));
        *before = before.wrapping_add(step);
        *before
    });
    positions.collect()
}
