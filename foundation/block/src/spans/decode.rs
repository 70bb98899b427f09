//! Bytes to spans. The bytes may be anybody's: nothing is read beyond what there is, and [`Spans::check`] has
//! the last word.

use std::fmt;
use std::sync::Arc;

use nilometer_model::{Names, Origin, SpanKind, SpanStatus, Spans, TextColumn};

use super::{FORMAT, FRAMES, Frame, PARENT_ELSEWHERE, STATUS_SHIFT, SpanColumns};
use crate::cursor::Cursor;
use crate::decode::{BlockError, read_deltas};
use crate::frames::{Entry, Frames, Inflater};
use crate::limits::ROWS_MAX;
use crate::texts::{self, ends, read_lengths};
use crate::{origins, plane};

/// Decodes blocks of spans one after the other with the same buffers.
#[derive(Default)]
pub struct SpanDecoder {
    inflater: Inflater,
    /// The column being read.
    values: Vec<u64>,
}

impl fmt::Debug for SpanDecoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanDecoder").finish_non_exhaustive()
    }
}

/// The spans of a block, as [`SpanDecoder::decode`] gives them.
///
/// # Errors
/// [`BlockError`] when the bytes are not a whole and undamaged block within [`limits`](crate::limits).
pub fn decode_spans(bytes: &[u8], columns: SpanColumns) -> Result<Spans, BlockError> {
    SpanDecoder::default().decode(bytes, columns)
}

/// The columns for which the runs are needed.
const RUNS: SpanColumns =
    SpanColumns::TRACE_ID.with(SpanColumns::PARENT_ID).with(SpanColumns::START);
/// The texts, in the order of their frames.
const TEXTS: [(SpanColumns, Frame); 4] = [
    (SpanColumns::STATUS_MESSAGE, Frame::StatusMessages),
    (SpanColumns::ATTRIBUTES, Frame::Attributes),
    (SpanColumns::EVENTS, Frame::Events),
    (SpanColumns::LINKS, Frame::Links),
];

impl SpanDecoder {
    /// The spans of a block; of what is not asked for nothing is looked at, so that damage there goes unnoticed.
    ///
    /// # Errors
    /// [`BlockError`] when the bytes are not a whole and undamaged block within [`limits`](crate::limits).
    pub fn decode(&mut self, bytes: &[u8], columns: SpanColumns) -> Result<Spans, BlockError> {
        let frames = Frames::open(bytes, &FORMAT)?;
        let rows = frames.rows;
        let who =
            self.read(&frames, Frame::Who, |cursor, values| Who::read(cursor, rows, values))?;
        let span_id = self.span_ids(&frames, columns)?;
        let shape = self.shape(&frames, columns, &span_id)?;
        let (position, received) = self.arrivals(&frames, columns)?;
        let [status_message, attributes, events, links] = self.texts(&frames, columns)?;
        let spans = Spans {
            origins: who.origins.into(),
            origin: who.origin,
            operations: who.operations,
            operation: who.operation,
            trace_id: self.trace_ids(&frames, columns, &shape.runs)?,
            span_id: if columns.has(SpanColumns::SPAN_ID) { span_id } else { vec![[0; 8]; rows] },
            parent_id: shape.parent_id,
            start: self.starts(&frames, columns, &shape.runs)?,
            duration: self.durations(&frames, columns)?,
            kind: shape.kind,
            status: shape.status,
            status_message,
            attributes,
            events,
            links,
            position,
            received,
        };
        let whole = spans.len() == rows && spans.check();
        whole.then_some(spans).ok_or(BlockError::Damaged("columns"))
    }

    /// What `read` makes of the whole of a frame.
    fn read<T>(
        &mut self,
        frames: &Frames<'_, FRAMES>,
        frame: Frame,
        read: impl FnOnce(&mut Cursor<'_>, &mut Vec<u64>) -> Option<T>,
    ) -> Result<T, BlockError> {
        let entry = entry(frames, frame);
        let mut cursor = Cursor::new(self.inflater.frame(entry)?);
        let read = read(&mut cursor, &mut self.values).filter(|_| cursor.is_empty());
        read.ok_or(BlockError::Damaged(entry.name))
    }

    fn span_ids(
        &mut self,
        frames: &Frames<'_, FRAMES>,
        columns: SpanColumns,
    ) -> Result<Vec<[u8; 8]>, BlockError> {
        if !columns.has_any(SpanColumns::SPAN_ID.with(SpanColumns::PARENT_ID)) {
            return Ok(Vec::new());
        }
        self.read(frames, Frame::Ids, |cursor, _| {
            let (ids, _) = cursor.take(8 * frames.rows)?.as_chunks::<8>();
            Some(ids.to_vec())
        })
    }

    fn shape(
        &mut self,
        frames: &Frames<'_, FRAMES>,
        columns: SpanColumns,
        span_id: &[[u8; 8]],
    ) -> Result<Shape, BlockError> {
        if !columns.has_any(RUNS.with(SpanColumns::KIND_STATUS)) {
            return Ok(Shape::of_nothing(frames.rows));
        }
        self.read(frames, Frame::Shape, |cursor, values| {
            Shape::of_nothing(frames.rows).read(cursor, columns, span_id, values)
        })
    }

    fn trace_ids(
        &mut self,
        frames: &Frames<'_, FRAMES>,
        columns: SpanColumns,
        runs: &[usize],
    ) -> Result<Vec<[u8; 16]>, BlockError> {
        let mut trace_id = Vec::with_capacity(frames.rows);
        if columns.has(SpanColumns::TRACE_ID) {
            self.read(frames, Frame::Traces, |cursor, _| {
                for run in runs {
                    trace_id.resize(trace_id.len() + run, cursor.array()?);
                }
                Some(())
            })?;
        }
        trace_id.resize(frames.rows, [0; 16]);
        Ok(trace_id)
    }

    fn starts(
        &mut self,
        frames: &Frames<'_, FRAMES>,
        columns: SpanColumns,
        runs: &[usize],
    ) -> Result<Vec<i64>, BlockError> {
        if !columns.has(SpanColumns::START) {
            return Ok(vec![0; frames.rows]);
        }
        self.read(frames, Frame::Starts, |cursor, values| {
            let firsts = read_deltas(cursor, runs.len(), values)?;
            plane::get(cursor, frames.rows, values)?;
            let mut starts = Vec::with_capacity(frames.rows);
            let mut rest = values.as_slice();
            for (run, first) in runs.iter().zip(firsts) {
                let (inside, behind) = rest.split_at_checked(*run)?;
                let mut start = first;
                starts.extend(inside.iter().map(|delta| {
                    start = start.wrapping_add(plane::unzigzag(*delta));
                    start
                }));
                rest = behind;
            }
            Some(starts)
        })
    }

    fn durations(
        &mut self,
        frames: &Frames<'_, FRAMES>,
        columns: SpanColumns,
    ) -> Result<Vec<u64>, BlockError> {
        if !columns.has(SpanColumns::DURATION) {
            return Ok(vec![0; frames.rows]);
        }
        self.read(frames, Frame::Durations, |cursor, _| {
            let mut durations = Vec::new();
            plane::get(cursor, frames.rows, &mut durations).map(|()| durations)
        })
    }

    fn arrivals(
        &mut self,
        frames: &Frames<'_, FRAMES>,
        columns: SpanColumns,
    ) -> Result<(Vec<u64>, Vec<i64>), BlockError> {
        if !columns.has(SpanColumns::ARRIVAL) {
            return Ok((vec![0; frames.rows], vec![0; frames.rows]));
        }
        self.read(frames, Frame::Arrivals, |cursor, values| {
            let position = read_deltas(cursor, frames.rows, values)?;
            let received = read_deltas(cursor, frames.rows, values)?;
            Some((position.into_iter().map(i64::cast_unsigned).collect(), received))
        })
    }

    fn texts(
        &mut self,
        frames: &Frames<'_, FRAMES>,
        columns: SpanColumns,
    ) -> Result<[TextColumn; 4], BlockError> {
        let wanted = TEXTS.map(|(column, _)| columns.has(column));
        let mut all_ends = [const { None }; 4];
        if wanted.contains(&true) {
            all_ends = self.read(frames, Frame::Lengths, |cursor, _| {
                for (ends_of_one, wanted) in all_ends.iter_mut().zip(wanted) {
                    if let Some(lengths) = read_lengths(cursor, frames.rows, wanted)? {
                        *ends_of_one = Some(ends(&lengths)?);
                    }
                }
                Some(all_ends)
            })?;
        }
        let mut columns = [const { None }; 4];
        for ((column, ends), (_, frame)) in columns.iter_mut().zip(all_ends).zip(TEXTS) {
            let entry = entry(frames, frame);
            *column = Some(texts::read(&mut self.inflater, entry, ends, frames.rows)?);
        }
        Ok(columns.map(Option::unwrap_or_default))
    }
}

fn entry<'a>(frames: &Frames<'a, FRAMES>, frame: Frame) -> Entry<'a> {
    frames.entry(frame as usize)
}

struct Who {
    origins: Vec<Arc<Origin>>,
    origin: Vec<u32>,
    operations: Names,
    operation: Vec<u32>,
}

impl Who {
    fn read(cursor: &mut Cursor<'_>, rows: usize, values: &mut Vec<u64>) -> Option<Self> {
        let origins = origins::get(cursor)?;
        let names = cursor.varint().filter(|names| *names as usize <= ROWS_MAX)?;
        let mut operations = TextColumn::default();
        for _ in 0..names {
            operations.push(cursor.text()?);
        }
        let count = cursor.varint().filter(|pairs| *pairs as usize <= rows)?;
        let pairs: Option<Vec<(u32, u32)>> =
            (0..count).map(|_| Some((cursor.varint()?, cursor.varint()?))).collect();
        let pairs = pairs?;
        plane::get(cursor, rows, values)?;
        let pair_of = |code: &u64| pairs.get(usize::try_from(*code).ok()?).copied();
        let (origin, operation) = values.iter().map(pair_of).collect::<Option<_>>()?;
        Some(Self { origins, origin, operations: operations.into(), operation })
    }
}

struct Shape {
    /// Spans per run; together they are all.
    runs: Vec<usize>,
    parent_id: Vec<[u8; 8]>,
    kind: Vec<SpanKind>,
    status: Vec<SpanStatus>,
}

impl Shape {
    fn of_nothing(rows: usize) -> Self {
        Self {
            runs: Vec::new(),
            parent_id: vec![[0; 8]; rows],
            kind: vec![SpanKind::Unspecified; rows],
            status: vec![SpanStatus::Unset; rows],
        }
    }

    /// Reads what is asked for and passes over the rest.
    fn read(
        mut self,
        cursor: &mut Cursor<'_>,
        columns: SpanColumns,
        span_id: &[[u8; 8]],
        values: &mut Vec<u64>,
    ) -> Option<Self> {
        let rows = self.kind.len();
        let runs = cursor.u32().filter(|runs| *runs as usize <= rows)?;
        plane::get(cursor, runs as usize, values)?;
        self.runs = runs_of(values, rows)?;
        plane::get(cursor, rows, values)?;
        let elsewhere = values.iter().filter(|code| **code == PARENT_ELSEWHERE).count();
        let (elsewhere, _) = cursor.take(8 * elsewhere)?.as_chunks::<8>();
        if columns.has(SpanColumns::PARENT_ID) {
            self.parent_id = parents(values, span_id, elsewhere)?;
        }
        let codes = cursor.take(rows)?;
        if columns.has(SpanColumns::KIND_STATUS) {
            let kind = |code: &u8| SpanKind::from_code(code & ((1 << STATUS_SHIFT) - 1));
            let status = |code: &u8| SpanStatus::from_code(code >> STATUS_SHIFT);
            self.kind = codes.iter().map(kind).collect::<Option<_>>()?;
            self.status = codes.iter().map(status).collect::<Option<_>>()?;
        }
        Some(self)
    }
}

/// Run lengths that make `rows`, none of them empty.
fn runs_of(lengths: &[u64], rows: usize) -> Option<Vec<usize>> {
    let mut left = rows;
    let mut runs = Vec::with_capacity(lengths.len());
    for length in lengths {
        let length = usize::try_from(*length).ok().filter(|length| *length > 0)?;
        left = left.checked_sub(length)?;
        runs.push(length);
    }
    (left == 0).then_some(runs)
}

fn parents(codes: &[u64], span_id: &[[u8; 8]], elsewhere: &[[u8; 8]]) -> Option<Vec<[u8; 8]>> {
    let mut elsewhere = elsewhere.iter();
    let parents = codes.iter().enumerate().map(|(row, code)| match *code {
        0 => Some([0; 8]),
        PARENT_ELSEWHERE => elsewhere.next().copied(),
        code => {
            let back = isize::try_from(plane::unzigzag(code - PARENT_ELSEWHERE)).ok()?;
            let parent = row.checked_add_signed(back.checked_neg()?)?;
            span_id.get(parent).copied()
        }
    });
    parents.collect()
}
