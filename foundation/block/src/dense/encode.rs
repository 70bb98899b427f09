//! Rows to streams, and those to a block.

use std::io;

use nilometer_model::Rows;
use zstd::bulk::Compressor;

use super::attributes::{follows, shape};
use super::choice::{Choice, Said};
use super::column::Column;
use super::cut::{Clocks, Span, cut};
use super::guess::Guesses;
use super::ids::Link;
use super::place::Message;
use super::streams::{Stream, Streams, pack};
use super::tails::Tails;
use super::templates::Templates;
use crate::numbers::{put_framing, put_times};
use crate::{origins, plane};

/// `rows`, in their order, as a dense block compressed at zstd's `level`.
///
/// # Errors
/// When zstd has no memory.
pub fn encode_dense(rows: &Rows, level: i32) -> io::Result<Vec<u8>> {
    DenseEncoder::new(level)?.encode(rows)
}

/// Makes dense blocks, each in the memory of the one before, with what it learnt of how texts split.
pub struct DenseEncoder {
    zstd: Compressor<'static>,
    cutter: Cutter,
    streams: Streams,
    /// The column of numbers being written.
    values: Vec<u64>,
    /// The slot being written.
    slot: Vec<Span>,
}

impl DenseEncoder {
    /// One that compresses at zstd's `level`.
    ///
    /// # Errors
    /// When zstd has no memory.
    pub fn new(level: i32) -> io::Result<Self> {
        Ok(Self {
            zstd: Compressor::new(level)?,
            cutter: Cutter::new(),
            streams: Streams::default(),
            values: Vec::new(),
            slot: Vec::new(),
        })
    }

    /// `rows`, in their order, as a block that needs no other one.
    ///
    /// # Errors
    /// When zstd has no memory.
    pub fn encode(&mut self, rows: &Rows) -> io::Result<Vec<u8>> {
        self.streams.iter_mut().for_each(Vec::clear);
        let tails = Tails::of(rows);
        self.cutter.all(rows, &tails);
        self.put_columns(rows, &tails);
        self.put_texts(rows);
        self.cutter.forget_some();
        pack(rows.len(), &self.streams, Some(&mut self.zstd))
    }

    fn put_columns(&mut self, rows: &Rows, tails: &Tails) {
        let Self { streams, values, .. } = self;
        let out = &mut streams[Stream::Origins as usize];
        origins::put(out, &rows.origins);
        tails.put(out, rows);
        origins::put_runs(out, &rows.origin);
        put_times(&mut streams[Stream::Times as usize], rows, values);
        put_framing(&mut streams[Stream::Numbers as usize], rows, values);
    }

    fn put_texts(&mut self, rows: &Rows) {
        let Self { streams, values, slot, cutter, .. } = self;
        let Cutter { messages, forms, .. } = cutter;
        let out = &mut streams[Stream::Choices as usize];
        messages.put_count(out);
        forms.put_count(out);
        messages.put_numbers(out, values);
        plane::put(out, &cutter.choices);
        messages.put_own(streams, (rows.message.text().as_bytes(), &rows.time), slot);
        forms.put_own(streams, (rows.attributes.text().as_bytes(), &rows.time), slot);
        messages.put_templates(&mut streams[Stream::Templates as usize]);
        forms.put_templates(&mut streams[Stream::Forms as usize]);
        streams[Stream::Ids as usize].extend_from_slice(&cutter.ids);
    }
}

/// Cuts rows.
struct Cutter {
    messages: Column,
    forms: Column,
    /// Per row: see [`Choice`].
    choices: Vec<u64>,
    /// Per template of messages the form that its last row had, here or in an earlier block.
    usual_forms: Vec<Option<usize>>,
    /// Per number of a message's template the form that its last row had.
    last_forms: Vec<usize>,
    ids: Vec<u8>,
    guesses: Guesses,
    /// The template or form being made.
    text: Vec<u8>,
}

impl Cutter {
    fn new() -> Self {
        Self {
            messages: Column::new(Templates::new(0)),
            forms: Column::new(Templates::new(Said::BYTES)),
            choices: Vec::new(),
            usual_forms: Vec::new(),
            last_forms: Vec::new(),
            ids: Vec::new(),
            guesses: Guesses::new(),
            text: Vec::new(),
        }
    }

    fn all(&mut self, rows: &Rows, tails: &Tails) {
        self.messages.begin(rows.len());
        self.forms.begin(rows.len());
        self.choices.clear();
        self.last_forms.clear();
        self.ids.clear();
        (0..rows.len()).for_each(|row| self.row(rows, row, tails));
    }

    /// Keeps no more templates than are allowed: texts that are all different would be kept for nothing.
    fn forget_some(&mut self) {
        if self.messages.table.is_full() || self.forms.table.is_full() {
            self.messages.forget();
            self.forms.forget();
            self.usual_forms = Vec::new();
            self.guesses.forget();
        }
    }

    fn row(&mut self, rows: &Rows, row: usize, tails: &Tails) {
        let (start, end) = (rows.message.start(row), rows.message.ends()[row] as usize);
        let text = &rows.message.text().as_bytes()[..end];
        let template = self.template_of((text, start));
        let (number, is_new) = self.messages.end_row(template);
        let message = Message { text, start, spans: self.messages.spans.of(row) };
        let of = (&self.messages.table.templates, template);
        let trace = Link::of(&rows.trace_id, row, message, of, &mut self.ids);
        let span = Link::of(&rows.span_id, row, message, of, &mut self.ids);
        let said = Said { severity: rows.severity[row], trace, span }.put();
        let (start, end) = (rows.attributes.start(row), rows.attributes.ends()[row] as usize);
        let head_end = end - tails.bytes(rows.origin[row]);
        let head = (&rows.attributes.text().as_bytes()[..head_end], start);
        let usual = self.usual_forms[template];
        let form = form_of(&mut self.forms, (usual, said), head, message, &mut self.text);
        self.usual_forms[template] = Some(form);
        let (form_number, is_new_form) = self.forms.end_row(form);
        if is_new {
            self.last_forms.push(usize::MAX);
        }
        let last = std::mem::replace(&mut self.last_forms[number], form);
        let choice = match is_new_form {
            true => Choice::New,
            false if last == form => Choice::Last,
            false => Choice::Known(form_number),
        };
        self.choices.push(choice.code());
    }

    /// The template of a message: a guessed one, if it has that.
    fn template_of(&mut self, (text, start): (&[u8], usize)) -> usize {
        let Column { table, spans, .. } = &mut self.messages;
        let set = Guesses::set(&text[start..]);
        let mut guesses = self.guesses.of(set);
        let guess = guesses.find(|guess| {
            follows((&table.templates, *guess), (text, start), Message::NONE, &mut spans.entries)
        });
        let template = guess.unwrap_or_else(|| {
            self.text.clear();
            cut(text, start, Clocks::Cut, &mut self.text, &mut spans.entries);
            table.number(&self.text)
        });
        self.guesses.learn(set, template);
        if self.usual_forms.len() <= template {
            self.usual_forms.resize(template + 1, None);
        }
        template
    }
}

/// The form of a row's attributes: the usual one, if they have that.
fn form_of(
    forms: &mut Column,
    (usual, said): (Option<usize>, [u8; Said::BYTES]),
    head: (&[u8], usize),
    message: Message<'_>,
    text: &mut Vec<u8>,
) -> usize {
    let Column { table, spans, .. } = forms;
    if let Some(usual) = usual
        && table.templates.said(usual) == said
        && follows((&table.templates, usual), head, message, &mut spans.entries)
    {
        return usual;
    }
    text.clear();
    text.extend_from_slice(&said);
    shape(head, message, text, &mut spans.entries);
    table.number(text)
}
