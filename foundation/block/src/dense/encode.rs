//! Rows to streams, and those to a block.

use std::io;

use nilometer_model::Rows;
use zstd::bulk::Compressor;

use super::attributes::{follows, shape};
use super::choice::{Choice, Said};
use super::cut::{Clocks, cut};
use super::group::Groups;
use super::guess::Guesses;
use super::ids::Link;
use super::place::Message;
use super::streams::{Stream, Streams, pack};
use super::table::Table;
use super::tails::Tails;
use super::templates::{Spans, Templates};
use super::variables::Writer;
use crate::cursor::put_varint;
use crate::numbers::{put_framing, put_times};
use crate::{origins, plane};

/// `rows`, in their order, as a dense block compressed at zstd's `level`.
///
/// # Errors
/// When zstd has no memory.
pub fn encode_dense(rows: &Rows, level: i32) -> io::Result<Vec<u8>> {
    pack(rows.len(), &streams(rows), Some(&mut Compressor::new(level)?))
}

fn streams(rows: &Rows) -> Streams {
    let tails = Tails::of(rows);
    let mut cutter = Cutter::new(rows.len());
    (0..rows.len()).for_each(|row| cutter.row(rows, row, &tails));
    let mut streams = Streams::default();
    let out = &mut streams[Stream::Origins as usize];
    origins::put(out, &rows.origins);
    tails.put(out, rows);
    origins::put_runs(out, &rows.origin);
    let mut values = Vec::new();
    put_times(&mut streams[Stream::Times as usize], rows, &mut values);
    put_framing(&mut streams[Stream::Numbers as usize], rows, &mut values);
    let Cutter { messages, forms, choices, .. } = cutter;
    let out = &mut streams[Stream::Choices as usize];
    for column in [&messages, &forms] {
        put_varint(out, u32::try_from(column.table.templates.len()).unwrap_or(u32::MAX));
    }
    values.clear();
    values.extend(messages.numbers.iter().map(|number| u64::from(*number)));
    plane::put(out, &values);
    plane::put(out, &choices);
    messages.put(&mut streams, rows.message.text().as_bytes(), &rows.time);
    forms.put(&mut streams, rows.attributes.text().as_bytes(), &rows.time);
    streams[Stream::Templates as usize] = messages.table.templates.into_texts();
    streams[Stream::Forms as usize] = forms.table.templates.into_texts();
    streams[Stream::Ids as usize] = cutter.ids;
    streams
}

/// Texts, cut.
struct Column {
    table: Table,
    /// Per row its template.
    numbers: Vec<u32>,
    spans: Spans,
}

impl Column {
    fn new(templates: Templates, rows: usize) -> Self {
        let table = Table::new(templates, rows);
        Self { table, numbers: Vec::with_capacity(rows), spans: Spans::new(rows) }
    }

    /// Whether a row's attributes have that form; if so, what is their own is here.
    fn follows(
        &mut self,
        form: usize,
        said: [u8; Said::BYTES],
        head: (&[u8], usize),
        message: Message<'_>,
    ) -> bool {
        let forms = &self.table.templates;
        forms.said(form) == said && follows((forms, form), head, message, &mut self.spans.entries)
    }

    /// The form of a row's attributes.
    fn shape(
        &mut self,
        said: [u8; Said::BYTES],
        head: (&[u8], usize),
        message: Message<'_>,
        form: &mut Vec<u8>,
    ) -> (usize, Choice) {
        form.clear();
        form.extend_from_slice(&said);
        shape(head, message, form, &mut self.spans.entries);
        let (number, is_new) = self.table.number(form);
        (number, if is_new { Choice::New } else { Choice::Known(number) })
    }

    /// Says what the row's template is, its spans being there.
    fn end_row(&mut self, template: usize) {
        self.numbers.push(u32::try_from(template).unwrap_or(u32::MAX));
        self.spans.end_row();
    }

    fn put(&self, streams: &mut Streams, text: &[u8], times: &[i64]) {
        let templates = &self.table.templates;
        let groups = Groups::new(&self.numbers, templates.len());
        Writer { streams, text, times, column: Vec::new() }.all(templates, &groups, &self.spans);
    }
}

/// Cuts rows.
struct Cutter {
    messages: Column,
    forms: Column,
    /// Per row: see [`Choice`].
    choices: Vec<u64>,
    /// Per message template the form that its last row had.
    last_forms: Vec<Option<usize>>,
    ids: Vec<u8>,
    guesses: Guesses,
    /// The template or form being made.
    text: Vec<u8>,
}

impl Cutter {
    fn new(rows: usize) -> Self {
        Self {
            messages: Column::new(Templates::new(0), rows),
            forms: Column::new(Templates::new(Said::BYTES), rows),
            choices: Vec::with_capacity(rows),
            last_forms: Vec::new(),
            ids: Vec::new(),
            guesses: Guesses::new(),
            text: Vec::new(),
        }
    }

    /// The template of a message: the guessed one, if it has that.
    fn template_of(&mut self, (text, start): (&[u8], usize)) -> usize {
        let Column { table, spans: Spans { entries, .. }, .. } = &mut self.messages;
        let place = Guesses::place(&text[start..]);
        if let Some(guess) = self.guesses.get(place)
            && follows((&table.templates, guess), (text, start), Message::NONE, entries)
        {
            return guess;
        }
        self.text.clear();
        cut(text, start, Clocks::Cut, &mut self.text, entries);
        let (template, is_new) = table.number(&self.text);
        self.guesses.set(place, template);
        if is_new {
            self.last_forms.push(None);
        }
        template
    }

    fn row(&mut self, rows: &Rows, row: usize, tails: &Tails) {
        let (start, end) = (rows.message.start(row), rows.message.ends()[row] as usize);
        let text = &rows.message.text().as_bytes()[..end];
        let template = self.template_of((text, start));
        self.messages.end_row(template);
        let message = Message { text, start, spans: self.messages.spans.of(row) };
        let of = (&self.messages.table.templates, template);
        let trace = Link::of(&rows.trace_id, row, message, of, &mut self.ids);
        let span = Link::of(&rows.span_id, row, message, of, &mut self.ids);
        let said = Said { severity: rows.severity[row], trace, span }.put();
        let (start, end) = (rows.attributes.start(row), rows.attributes.ends()[row] as usize);
        let head_end = end - tails.bytes(rows.origin[row]);
        let head = (&rows.attributes.text().as_bytes()[..head_end], start);
        let forms = &mut self.forms;
        let (form, choice) = match self.last_forms[template] {
            Some(last) if forms.follows(last, said, head, message) => (last, Choice::Last),
            _ => forms.shape(said, head, message, &mut self.text),
        };
        self.last_forms[template] = Some(form);
        self.choices.push(choice.code());
        forms.end_row(form);
    }
}
