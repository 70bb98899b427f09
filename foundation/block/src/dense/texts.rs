//! The texts of a block's rows, put together again.
//!
//! ```text
//!   template + values ──> message ──┐
//!   form + values ──────────────────┴─ places ──> head + the origin's tail = attributes
//! ```

use nilometer_model::{Severity, TextColumn};

use super::choice::{Choices, Said};
use super::cut::Span;
use super::group::Groups;
use super::ids::{self, Link};
use super::mark::Mark;
use super::place::Message;
use super::streams::{Stream, Streams};
use super::templates::{Parts, Piece, Slots, Templates};
use super::variables::{Reader, Value, write};
use crate::cursor::Cursor;
use crate::decode::BlockError;
use crate::limits::TEXT_BYTES_MAX;

/// Texts and what is read out of them.
#[derive(Default)]
pub(super) struct Texts {
    pub(super) message: TextColumn,
    pub(super) attributes: TextColumn,
    pub(super) severity: Vec<Severity>,
    pub(super) trace_id: Vec<[u8; 16]>,
    pub(super) span_id: Vec<[u8; 8]>,
}

impl Texts {
    /// `times` and `tail` are per row.
    pub(super) fn read<'a>(
        streams: &mut Streams,
        choices: &Choices,
        (times, tail): (&[i64], &dyn Fn(usize) -> &'a str),
    ) -> Result<Self, BlockError> {
        let mut templates = |stream: Stream, count, said| {
            let texts = std::mem::take(&mut streams[stream as usize]);
            Templates::read(texts, count, said).ok_or(damaged(stream))
        };
        let messages = templates(Stream::Templates, choices.templates, 0)?;
        let forms = templates(Stream::Forms, choices.forms, Said::BYTES)?;
        let (message_parts, form_parts) = (messages.taken_apart(), forms.taken_apart());
        within_limit((&message_parts, messages.len()), &choices.numbers)?;
        within_limit((&form_parts, forms.len()), &choices.form_numbers)?;
        let mut reader = Reader::new(streams);
        let values = BlockError::Damaged("values");
        let mut read = |templates, numbers| reader.all(templates, numbers).ok_or(values.clone());
        let message_values = read(&messages, &choices.numbers)?;
        let form_values = read(&forms, &choices.form_numbers)?;
        if !reader.is_at_end() {
            return Err(values);
        }
        let mut writer = Writer {
            streams,
            choices,
            templates: (&messages, &forms),
            messages: (&message_parts, message_values),
            forms: (&form_parts, form_values),
            message: Vec::new(),
            message_ends: Vec::with_capacity(times.len()),
            attributes: Vec::new(),
            attributes_ends: Vec::with_capacity(times.len()),
            spans: Vec::new(),
            ids: Cursor::new(&streams[Stream::Ids as usize]),
            texts: Self::default(),
        };
        for (row, time) in times.iter().enumerate() {
            writer.row(row, *time, tail(row))?;
        }
        writer.finish()
    }
}

fn damaged(stream: Stream) -> BlockError {
    BlockError::Damaged(stream.name())
}

fn column(text: Vec<u8>, ends: Vec<u32>, stream: Stream) -> Result<TextColumn, BlockError> {
    let text = String::from_utf8(text).map_err(|_| damaged(stream))?;
    TextColumn::from_parts(text, ends).ok_or(damaged(stream))
}

/// Refuses rows that cannot but exceed the limit of a text column, before anything is made for them.
fn within_limit(
    (parts, templates): (&Parts<'_>, usize),
    numbers: &[u32],
) -> Result<(), BlockError> {
    let groups = Groups::new(numbers, templates);
    let bytes = (0..templates)
        .map(|template| parts.bytes_min(template).saturating_mul(groups.of(template).len()));
    let claimed = bytes.fold(0, usize::saturating_add);
    check_limit(claimed)
}

fn check_limit(claimed: usize) -> Result<(), BlockError> {
    if claimed > TEXT_BYTES_MAX {
        return Err(BlockError::TooLarge { what: "texts", claimed, limit: TEXT_BYTES_MAX });
    }
    Ok(())
}

fn end(text: &[u8]) -> Result<u32, BlockError> {
    check_limit(text.len())?;
    Ok(u32::try_from(text.len()).unwrap_or(u32::MAX))
}

/// Keeps a column of ids empty until the first row that has one.
fn put_id<const N: usize>(ids: &mut Vec<[u8; N]>, row: usize, id: Option<[u8; N]>) {
    if id.is_some() || !ids.is_empty() {
        ids.resize(row, [0; N]);
        ids.push(id.unwrap_or([0; N]));
    }
}

/// Puts rows together.
struct Writer<'a> {
    streams: &'a Streams,
    choices: &'a Choices,
    /// Of messages and attributes.
    templates: (&'a Templates, &'a Templates),
    messages: (&'a Parts<'a>, Slots<Value>),
    forms: (&'a Parts<'a>, Slots<Value>),
    message: Vec<u8>,
    message_ends: Vec<u32>,
    attributes: Vec<u8>,
    attributes_ends: Vec<u32>,
    /// Of the row's message.
    spans: Vec<Span>,
    ids: Cursor<'a>,
    /// All but the texts themselves.
    texts: Texts,
}

impl Writer<'_> {
    fn row(&mut self, row: usize, time: i64, tail: &str) -> Result<(), BlockError> {
        let start = self.message.len();
        let template = self.choices.numbers[row] as usize;
        let form = self.choices.form_numbers[row] as usize;
        self.message((row, template), time).ok_or(damaged(Stream::Templates))?;
        self.attributes((row, form), start, tail).ok_or(damaged(Stream::Forms))?;
        let said = Said::get(self.templates.1.said(form)).ok_or(damaged(Stream::Forms))?;
        let trace = self.id(said.trace, template).ok_or(damaged(Stream::Ids))?;
        let span = self.id(said.span, template).ok_or(damaged(Stream::Ids))?;
        self.texts.severity.push(said.severity);
        put_id(&mut self.texts.trace_id, row, trace);
        put_id(&mut self.texts.span_id, row, span);
        self.message_ends.push(end(&self.message)?);
        self.attributes_ends.push(end(&self.attributes)?);
        Ok(())
    }

    fn finish(self) -> Result<Texts, BlockError> {
        let Self { message, message_ends, attributes, attributes_ends, ids, texts, .. } = self;
        if !ids.is_empty() {
            return Err(damaged(Stream::Ids));
        }
        let message = column(message, message_ends, Stream::Templates)?;
        let attributes = column(attributes, attributes_ends, Stream::Forms)?;
        Ok(Texts { message, attributes, ..texts })
    }

    fn message(&mut self, (row, template): (usize, usize), time: i64) -> Option<()> {
        let (parts, values) = &self.messages;
        let mut values = values.of(row).iter();
        self.spans.clear();
        for piece in parts.of(template) {
            match piece {
                Piece::Text(text) => self.message.extend_from_slice(text),
                Piece::Slot(mark) => {
                    let from = self.message.len();
                    write(self.streams, (*mark, *values.next()?), time, &mut self.message)?;
                    self.spans.push(Span::new(from, self.message.len()));
                }
                Piece::Place(_) => return None,
            }
        }
        Some(())
    }

    fn attributes(&mut self, (row, form): (usize, usize), start: usize, tail: &str) -> Option<()> {
        let (forms, values) = &self.forms;
        let mut values = values.of(row).iter();
        let message = Message { text: &self.message, start, spans: &self.spans };
        for piece in forms.of(form) {
            match piece {
                Piece::Text(text) => self.attributes.extend_from_slice(text),
                Piece::Slot(mark) => {
                    write(self.streams, (*mark, *values.next()?), 0, &mut self.attributes)?;
                }
                Piece::Place(place) => {
                    let part = place.part(message)?.of(message.text);
                    // A form of many places would else write as much as it likes.
                    (self.attributes.len() + part.len() <= TEXT_BYTES_MAX).then_some(())?;
                    self.attributes.extend_from_slice(part);
                }
            }
        }
        self.attributes.extend_from_slice(tail.as_bytes());
        Some(())
    }

    /// An id of the row whose message was written last; `None` when it is not where it should be.
    #[expect(
        clippy::option_option,
        reason = "outside: whether it can be read; inside: whether there is one"
    )]
    fn id<const N: usize>(&mut self, link: Link, template: usize) -> Option<Option<[u8; N]>> {
        let id = match link {
            Link::None => return Some(None),
            Link::Alone => self.ids.array()?,
            Link::Slot(slot) => {
                let slot = usize::from(slot);
                let mark = self.templates.0.marks(template).get(slot)?;
                let digits = self.spans.get(slot)?.of(&self.message);
                (*mark == Mark::Hex).then(|| ids::read(digits))??
            }
        };
        Some(Some(id))
    }
}
