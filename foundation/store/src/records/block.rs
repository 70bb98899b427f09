//! A block that is being asked: frames are read when they are first needed.
//!
//! Invariant: what is made of the frames has an entry per row.

use std::cell::OnceCell;
use std::sync::Arc;

use bytes::Bytes;
use nilometer_block::cursor::Cursor;
use nilometer_block::{Columns, origins, plane};
use nilometer_model::{Origin, Rows, Severity, TextColumn};

use super::directory::BlockPlace;
use super::frames::{self, Frame, content};
use super::groups::Groups;
use super::index::RecordIndex;
use super::row_set::RowSet;
use super::templates::Templates;
use crate::limits::BLOCK_FRAME_BYTES_MAX;
use crate::split::SplitError;

/// See the module.
pub struct Block<'a> {
    pub(super) index: &'a RecordIndex,
    number: u32,
    bytes: &'a Bytes,
    pub(super) place: &'a BlockPlace,
    head: OnceCell<Head>,
    times: OnceCell<Times>,
    values: OnceCell<Vec<u8>>,
    attributes: OnceCell<(Groups, Vec<u8>)>,
}

/// What a block's head says.
pub(super) struct Head {
    content: u64,
    pub(super) groups: Groups,
    /// Per row, its stream.
    pub(super) streams: Vec<u32>,
}

/// When each row was.
#[derive(Default)]
pub(super) struct Times {
    pub(super) time: Vec<i64>,
    pub(super) order_time: Vec<i64>,
}

/// Per row: its framed bytes, its position.
type Positions = (Vec<u32>, Vec<u64>);

impl<'a> Block<'a> {
    pub(super) fn new(
        index: &'a RecordIndex,
        number: u32,
        place: &'a BlockPlace,
        bytes: &'a Bytes,
    ) -> Self {
        let (head, times) = (OnceCell::new(), OnceCell::new());
        let (values, attributes) = (OnceCell::new(), OnceCell::new());
        Self { index, number, bytes, place, head, times, values, attributes }
    }

    /// How many rows it has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.place.rows as usize
    }

    pub(super) fn number(&self) -> u32 {
        self.number
    }

    pub(super) fn templates(&self) -> Result<&'a Templates, SplitError> {
        Ok(&self.index.indexed()?.templates)
    }

    pub(super) fn head(&self) -> Result<&Head, SplitError> {
        let templates = self.templates()?;
        let streams = self.index.streams()?.len();
        self.known(&self.head, Frame::Head, |bytes| {
            let mut cursor = Cursor::new(&bytes);
            let content = u64::from_le_bytes(cursor.array()?);
            let groups = Groups::read(&mut cursor, self.rows(), templates)?;
            let streams = origins::get_runs(&mut cursor, self.rows(), streams)?;
            Some(Head { content, groups, streams })
        })
    }

    pub(super) fn times(&self) -> Result<&Times, SplitError> {
        self.known(&self.times, Frame::Times, |bytes| {
            let mut cursor = Cursor::new(&bytes);
            let time = get_deltas(&mut cursor, self.rows())?;
            let mut ahead = Vec::new();
            plane::get(&mut cursor, self.rows(), &mut ahead)?;
            let ahead = ahead.iter().zip(&time);
            let order_time =
                ahead.map(|(ahead, time)| time.wrapping_add(plane::unzigzag(*ahead))).collect();
            cursor.is_empty().then_some(Times { time, order_time })
        })
    }

    /// The variables of the messages.
    pub(super) fn values(&self) -> Result<&[u8], SplitError> {
        self.known(&self.values, Frame::Values, Some).map(Vec::as_slice)
    }

    /// The groups of the attributes, and their values.
    pub(super) fn attributes(&self) -> Result<(&Groups, &[u8]), SplitError> {
        let forms = self.index.forms()?;
        let attributes = self.known(&self.attributes, Frame::Attributes, |bytes| {
            let mut cursor = Cursor::new(&bytes);
            let len = cursor.varint()? as usize;
            let mut groups = Cursor::new(cursor.take(len)?);
            let read = Groups::read(&mut groups, self.rows(), forms)?;
            let values = bytes[bytes.len() - cursor.len()..].to_vec();
            groups.is_empty().then_some((read, values))
        })?;
        Ok((&attributes.0, &attributes.1))
    }

    /// The messages of the rows that are wanted; those of others are empty.
    pub(super) fn messages(&self, wanted: Option<&RowSet>) -> Result<TextColumn, SplitError> {
        let (head, templates) = (self.head()?, self.templates()?);
        let texts = texts(&head.groups, (self.values()?, templates), wanted);
        texts.ok_or_else(|| self.damaged(Frame::Values))
    }

    pub(super) fn attribute_texts(
        &self,
        wanted: Option<&RowSet>,
    ) -> Result<TextColumn, SplitError> {
        let (groups, values) = self.attributes()?;
        let texts = texts(groups, (values, self.index.forms()?), wanted);
        texts.ok_or_else(|| self.damaged(Frame::Attributes))
    }

    /// When each row was received, and the frame behind that.
    fn received(&self) -> Result<(Vec<i64>, Vec<u8>), SplitError> {
        let frame = self.frame(Frame::Positions)?;
        let mut cursor = Cursor::new(&frame);
        let received = get_deltas(&mut cursor, self.rows());
        let received = received.ok_or_else(|| self.damaged(Frame::Positions))?;
        let rest = frame[frame.len() - cursor.len()..].to_vec();
        Ok((received, rest))
    }

    /// Each row's framed bytes and its position, out of what stands behind the times of receipt.
    fn positions(&self, rest: &[u8], streams: &[u32]) -> Result<Positions, SplitError> {
        let (head, templates) = (self.head()?, self.templates()?);
        let lengths = head.groups.lengths(self.values()?, templates);
        let lengths = lengths.ok_or_else(|| self.damaged(Frame::Values))?;
        let all = self.index.streams()?.len();
        let read = || {
            let mut cursor = Cursor::new(rest);
            let (mut framing, mut steps) = (Vec::new(), Vec::new());
            plane::get(&mut cursor, self.rows(), &mut framing)?;
            plane::get(&mut cursor, self.rows(), &mut steps)?;
            let framed = framing.iter().zip(&lengths).map(|(framing, len)| {
                u32::try_from(plane::unzigzag(*framing).checked_add_unsigned(*len)?).ok()
            });
            let bytes: Vec<u32> = framed.collect::<Option<_>>()?;
            let mut before = vec![0_u64; all];
            let steps = steps.iter().zip(&bytes).zip(streams).map(|((step, bytes), stream)| {
                let last = &mut before[*stream as usize];
                let expected = last.wrapping_add(u64::from(*bytes));
                *last = expected.wrapping_add_signed(plane::unzigzag(*step));
                *last
            });
            let position = steps.collect();
            cursor.is_empty().then_some((bytes, position))
        };
        read().ok_or_else(|| self.damaged(Frame::Positions))
    }

    /// The rows that are wanted, in their order, with those columns; others as [`Columns`] says.
    ///
    /// # Errors
    /// [`SplitError::Damaged`].
    pub fn take(&self, wanted: &RowSet, columns: Columns) -> Result<Rows, SplitError> {
        let all = self.index.streams()?;
        let head = self.head()?;
        let mut rows = Rows::default();
        let pick = |row: usize| self.stream(head, all, row);
        let mut last: Option<(u32, u32)> = None;
        for row in wanted.iter() {
            let stream = head.streams[row];
            let index = match last {
                Some((known, index)) if known == stream => index,
                _ => rows.origins.index(pick(row)),
            };
            last = Some((stream, index));
            rows.origin.push(index);
        }
        let count = rows.origin.len();
        let has = |asked| columns.has(asked);
        let Times { time, order_time } = if has(Columns::TIME) || has(Columns::ORDER_TIME) {
            self.times()?
        } else {
            &Times::default()
        };
        rows.time = picked(time, has(Columns::TIME), wanted, count);
        rows.order_time = picked(order_time, has(Columns::ORDER_TIME), wanted, count);
        let received = has(Columns::POSITION) || has(Columns::RECEIVED);
        let (received, rest) = if received { self.received()? } else { Default::default() };
        rows.received = picked(&received, has(Columns::RECEIVED), wanted, count);
        let placed = has(Columns::POSITION);
        let (bytes, position) =
            if placed { self.positions(&rest, &head.streams)? } else { Positions::default() };
        rows.bytes = picked(&bytes, placed, wanted, count);
        rows.position = picked(&position, placed, wanted, count);
        rows.severity = self.severities(head, wanted, has(Columns::SEVERITY))?;
        rows.message = match has(Columns::MESSAGE) {
            true => narrowed(self.messages(Some(wanted))?, wanted),
            false if has(Columns::SKELETON) => narrowed(self.untold(wanted)?, wanted),
            false => self.stand_ins(head, wanted, has(Columns::HAS_MESSAGE))?,
        };
        rows.attributes = match has(Columns::ATTRIBUTES) {
            true => narrowed(self.attribute_texts(Some(wanted))?, wanted),
            false => empty(count),
        };
        if has(Columns::SKELETON) {
            rows.skeleton = self.skeletons(wanted, &rows.message)?;
        }
        if has(Columns::IDS) {
            self.take_ids(wanted, &mut rows)?;
        }
        Ok(rows)
    }

    fn stream<'s>(&self, head: &Head, all: &'s [Arc<Origin>], row: usize) -> &'s Arc<Origin> {
        // `get_runs` has held them against the table.
        &all[head.streams[row] as usize]
    }

    fn severities(
        &self,
        head: &Head,
        wanted: &RowSet,
        asked: bool,
    ) -> Result<Vec<Severity>, SplitError> {
        let templates = self.templates()?;
        let of_group = |place: u16| {
            let group = head.groups.groups[usize::from(place)];
            let code = templates.severities[group.template as usize];
            Severity::from_code(code).filter(|_| asked).unwrap_or_default()
        };
        Ok(wanted.iter().map(|row| of_group(head.groups.places[row])).collect())
    }

    /// `?` for each message that is not empty, if that is asked for.
    fn stand_ins(
        &self,
        head: &Head,
        wanted: &RowSet,
        asked: bool,
    ) -> Result<TextColumn, SplitError> {
        let mut column = TextColumn::default();
        let whole = if asked { self.whole_lengths(head)? } else { None };
        let templates = self.templates()?;
        for row in wanted.iter() {
            let template = head.groups.groups[usize::from(head.groups.places[row])].template;
            let is_there = match &whole {
                Some(lengths) if templates.is_whole(template) => lengths[row] > 0,
                _ => !templates.text(template).is_empty(),
            };
            column.push(if asked && is_there { "?" } else { "" });
        }
        Ok(column)
    }

    /// How long the messages are, if the block has some that are kept whole: their template does not say.
    fn whole_lengths(&self, head: &Head) -> Result<Option<Vec<u64>>, SplitError> {
        let templates = self.templates()?;
        if !head.groups.groups.iter().any(|group| templates.is_whole(group.template)) {
            return Ok(None);
        }
        let lengths = head.groups.lengths(self.values()?, templates);
        lengths.map(Some).ok_or_else(|| self.damaged(Frame::Values))
    }

    /// Those of `among` that belong to the trace.
    pub(super) fn of_trace(&self, id: [u8; 16], among: &RowSet) -> Result<RowSet, SplitError> {
        let mut rows = Rows::default();
        self.take_ids(among, &mut rows)?;
        let ids = &rows.trace_id;
        let is_of_trace = |number: usize| ids.get(number) == Some(&id);
        Ok(among.choose(&RowSet::of(among.count(), is_of_trace)))
    }

    fn take_ids(&self, wanted: &RowSet, rows: &mut Rows) -> Result<(), SplitError> {
        let frame = self.frame(Frame::Ids)?;
        if frame.is_empty() {
            return Ok(());
        }
        let split = frame.split_at_checked(16 * self.rows());
        let (traces, spans) = split.ok_or_else(|| self.damaged(Frame::Ids))?;
        let (traces, _) = traces.as_chunks::<16>();
        let (spans, rest) = spans.as_chunks::<8>();
        if !rest.is_empty() || spans.len() != self.rows() {
            return Err(self.damaged(Frame::Ids));
        }
        rows.trace_id = wanted.iter().map(|row| traces[row]).collect();
        rows.span_id = wanted.iter().map(|row| spans[row]).collect();
        Ok(())
    }

    /// Whether the texts are those that went in.
    ///
    /// # Errors
    /// [`SplitError::Damaged`] when they are not, or cannot be read.
    pub(super) fn check(&self) -> Result<(), SplitError> {
        let (messages, attributes) = (self.messages(None)?, self.attribute_texts(None)?);
        let hash = content(0, messages.text().as_bytes(), messages.ends());
        let hash = content(hash, attributes.text().as_bytes(), attributes.ends());
        (hash == self.head()?.content).then_some(()).ok_or_else(|| self.damaged(Frame::Values))
    }

    fn frame(&self, frame: Frame) -> Result<Vec<u8>, SplitError> {
        let before = self.place.frames[..frame as usize].iter();
        let at: usize = before.map(|stored| stored.len as usize).sum();
        let stored = self.place.frames[frame as usize];
        let bytes = self.bytes.get(at..at + stored.len as usize);
        let inflated = bytes.and_then(|bytes| frames::get(bytes, stored, BLOCK_FRAME_BYTES_MAX));
        inflated.ok_or_else(|| self.damaged(frame))
    }

    pub(super) fn damaged(&self, frame: Frame) -> SplitError {
        self.index.damaged(&format!("{} of block {}", frame.name(), self.number))
    }

    fn known<'c, T>(
        &self,
        known: &'c OnceCell<T>,
        frame: Frame,
        read: impl FnOnce(Vec<u8>) -> Option<T>,
    ) -> Result<&'c T, SplitError> {
        if let Some(known) = known.get() {
            return Ok(known);
        }
        let read = read(self.frame(frame)?).ok_or_else(|| self.damaged(frame))?;
        Ok(known.get_or_init(|| read))
    }
}

fn get_deltas(cursor: &mut Cursor<'_>, rows: usize) -> Option<Vec<i64>> {
    let mut last = i64::from_le_bytes(cursor.array()?);
    let mut deltas = Vec::new();
    plane::get(cursor, rows, &mut deltas)?;
    let times = deltas.iter().map(|delta| {
        last = last.wrapping_add(plane::unzigzag(*delta));
        last
    });
    Some(times.collect())
}

fn texts(
    groups: &Groups,
    from: (&[u8], &Templates),
    wanted: Option<&RowSet>,
) -> Option<TextColumn> {
    let (mut texts, mut ends) = (Vec::new(), Vec::with_capacity(groups.places.len()));
    groups.texts(from, wanted, (&mut texts, &mut ends))?;
    TextColumn::from_parts(String::from_utf8(texts).ok()?, ends)
}

/// The values of the rows that are wanted; zeros when they are not asked for.
fn picked<T: Copy + Default>(column: &[T], asked: bool, wanted: &RowSet, count: usize) -> Vec<T> {
    if !asked {
        return vec![T::default(); count];
    }
    if count == column.len() {
        return column.to_vec();
    }
    wanted.iter().map(|row| column[row]).collect()
}

fn empty(count: usize) -> TextColumn {
    TextColumn::from_parts(String::new(), vec![0; count]).unwrap_or_default()
}

/// The column without the empty texts of rows that are not wanted.
fn narrowed(column: TextColumn, wanted: &RowSet) -> TextColumn {
    if column.len() == wanted.count() {
        return column;
    }
    let mut narrow = TextColumn::default();
    wanted.iter().for_each(|row| narrow.push(column.get(row)));
    narrow
}
