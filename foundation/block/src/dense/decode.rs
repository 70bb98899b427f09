//! A block to streams, and those to rows. The bytes may be anybody's: what the streams claim is held against
//! what there is, texts against their limit, and `Rows::check` has the last word.

use std::sync::Arc;

use nilometer_model::{Origin, Rows, TextColumn};

use super::choice::Choices;
use super::streams::{Stream, Streams, unpack};
use super::tails::Tails;
use super::texts::Texts;
use crate::Columns;
use crate::cursor::Cursor;
use crate::decode::{BlockError, Times, framed_bytes, read_positions, read_times};
use crate::texts::lengths;
use crate::{origins, plane};

/// The rows of a dense block.
///
/// # Errors
/// [`BlockError`] when the bytes are not a whole and undamaged dense block within [`limits`](crate::limits).
pub fn decode_dense(bytes: &[u8]) -> Result<Rows, BlockError> {
    let (rows, mut streams) = unpack(bytes)?;
    let origins = std::mem::take(&mut streams[Stream::Origins as usize]);
    let damaged = |stream: Stream| BlockError::Damaged(stream.name());
    let speakers = Speakers::read(&mut Cursor::new(&origins), rows);
    let speakers = speakers.ok_or(damaged(Stream::Origins))?;
    let choices = Choices::read(&streams, rows).ok_or(damaged(Stream::Choices))?;
    let Times { time, order_time, received } =
        times(&streams, rows).ok_or(damaged(Stream::Times))?;
    let tail = |row: usize| speakers.tails[speakers.origin[row] as usize];
    let texts = Texts::read(&mut streams, &choices, (&time, &tail))?;
    let Texts { message, attributes, severity, trace_id, span_id } = texts;
    let (bytes, position) =
        framing(&streams, &message, &speakers).ok_or(damaged(Stream::Numbers))?;
    let Speakers { origins, origin, .. } = speakers;
    let rows = Rows {
        origins: origins.into(),
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
        skeleton: Vec::new(),
    };
    rows.check().then_some(rows).ok_or(BlockError::Damaged("columns"))
}

/// The same block with none of its streams compressed, for whoever compresses it whole.
pub(crate) fn uncompressed(bytes: &[u8]) -> Result<Vec<u8>, BlockError> {
    let (rows, streams) = unpack(bytes)?;
    super::streams::pack(rows, &streams, None).map_err(|_| BlockError::NoMemory)
}

/// Who speaks, and what is known of them.
struct Speakers<'a> {
    origins: Vec<Arc<Origin>>,
    tails: Vec<&'a str>,
    /// Per row.
    origin: Vec<u32>,
}

impl<'a> Speakers<'a> {
    fn read(cursor: &mut Cursor<'a>, rows: usize) -> Option<Self> {
        let origins = origins::get(cursor)?;
        let tails = Tails::get(cursor, origins.len())?;
        let origin = origins::get_runs(cursor, rows, origins.len())?;
        Some(Self { origins, tails, origin })
    }
}

fn times(streams: &Streams, rows: usize) -> Option<Times> {
    let mut cursor = Cursor::new(&streams[Stream::Times as usize]);
    read_times(&mut cursor, vec![0; rows], Columns::ALL, &mut Vec::new())
}

/// What the rows took in their files, and where they ended.
fn framing(
    streams: &Streams,
    message: &TextColumn,
    speakers: &Speakers<'_>,
) -> Option<(Vec<u32>, Vec<u64>)> {
    let mut cursor = Cursor::new(&streams[Stream::Numbers as usize]);
    let (rows, mut values) = (message.len(), Vec::new());
    plane::get(&mut cursor, rows, &mut values)?;
    let message_bytes: Vec<u64> = lengths(message).collect();
    let bytes = framed_bytes(&values, &message_bytes)?;
    plane::get(&mut cursor, rows, &mut values)?;
    let origins = speakers.origins.len();
    let position = read_positions(&values, &speakers.origin, origins, &bytes);
    cursor.is_empty().then_some((bytes, position))
}
