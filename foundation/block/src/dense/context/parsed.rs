//! What the streams of a block say, step by step, and streams that say it.
//!
//! Invariant: streams that an encoder made are the same after both ways; of others, whoever cares compares.

use std::sync::Arc;

use nilometer_model::Origin;

use super::super::choice::{Choice, Choices, Said};
use super::super::streams::{Stream, Streams, pack, unpack};
use super::super::tails::Tails;
use super::super::templates::Templates;
use super::values::{Value, Values};
use crate::cursor::{Cursor, put_text, put_varint};
use crate::decode::BlockError;
use crate::{origins, plane};

/// The streams of a dense block, none of them compressed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DenseStreams {
    pub(super) rows: usize,
    pub(super) streams: Streams,
}

impl DenseStreams {
    /// Those of a block.
    ///
    /// # Errors
    /// [`BlockError`] when the bytes are not a whole and undamaged dense block within
    /// [`limits`](crate::limits).
    pub fn of(block: &[u8]) -> Result<Self, BlockError> {
        let (rows, streams) = unpack(block)?;
        Ok(Self { rows, streams })
    }

    /// The block, with nothing in it compressed.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn block(&self) -> Result<Vec<u8>, BlockError> {
        pack(self.rows, &self.streams, None).map_err(|_| BlockError::NoMemory)
    }

    /// How many bytes they are.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.streams.iter().map(Vec::len).sum()
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    /// Each one's bytes as in a table of one, and its tail.
    pub(super) origins: Vec<Vec<u8>>,
    /// Per row.
    pub(super) origin: Vec<u32>,
    /// The first time, and that of receipt.
    pub(super) firsts: [i64; 2],
    /// Per row: time, ahead, received, framing, step; as in the planes.
    pub(super) numbers: [Vec<u64>; Parsed::NUMBERS],
    /// Messages and attributes.
    pub(super) sides: [Side; 2],
    pub(super) values: Values,
    pub(super) ids: Vec<u8>,
}

/// The templates of messages, or the forms of attributes.
#[derive(Debug, Default)]
pub(super) struct Side {
    pub(super) templates: Templates,
    /// Per row.
    pub(super) numbers: Vec<u32>,
    /// By template, slot and row.
    pub(super) values: Vec<Value>,
}

impl Side {
    /// Bytes that are said of each template, by the side.
    pub(super) const SAID_BYTES: [usize; 2] = [0, Said::BYTES];
    const STREAMS: [Stream; 2] = [Stream::Templates, Stream::Forms];
}

impl Parsed {
    pub(super) const NUMBERS: usize = 5;

    pub(super) fn of(all: &DenseStreams) -> Option<Self> {
        let DenseStreams { rows, streams } = all;
        let mut parsed = Self::default();
        parsed.read_origins(&streams[Stream::Origins as usize], *rows)?;
        parsed.read_numbers(streams, *rows)?;
        let Choices { templates, forms, numbers, form_numbers } = Choices::read(streams, *rows)?;
        let counts = [(templates, numbers), (forms, form_numbers)];
        for (side, (count, numbers)) in counts.into_iter().enumerate() {
            let texts = streams[Side::STREAMS[side] as usize].clone();
            let templates = Templates::read(texts, count, Side::SAID_BYTES[side])?;
            parsed.sides[side] = Side { templates, numbers, values: Vec::new() };
        }
        parsed.values.read(streams, &mut parsed.sides)?;
        parsed.ids.clone_from(&streams[Stream::Ids as usize]);
        Some(parsed)
    }

    fn read_origins(&mut self, stream: &[u8], rows: usize) -> Option<()> {
        let mut cursor = Cursor::new(stream);
        let known = origins::get(&mut cursor)?;
        let tails = Tails::get(&mut cursor, known.len())?;
        self.origin = origins::get_runs(&mut cursor, rows, known.len())?;
        for (origin, tail) in known.into_iter().zip(tails) {
            let mut bytes = Vec::new();
            origins::put(&mut bytes, &[origin]);
            put_text(&mut bytes, tail);
            self.origins.push(bytes);
        }
        Some(())
    }

    fn read_numbers(&mut self, streams: &Streams, rows: usize) -> Option<()> {
        let [time, ahead, received, framing, step] = &mut self.numbers;
        let mut cursor = Cursor::new(&streams[Stream::Times as usize]);
        self.firsts[0] = i64::from_le_bytes(cursor.array()?);
        plane::get(&mut cursor, rows, time)?;
        plane::get(&mut cursor, rows, ahead)?;
        self.firsts[1] = i64::from_le_bytes(cursor.array()?);
        plane::get(&mut cursor, rows, received)?;
        let mut cursor = Cursor::new(&streams[Stream::Numbers as usize]);
        plane::get(&mut cursor, rows, framing)?;
        plane::get(&mut cursor, rows, step)
    }

    /// Streams that say it; `None` when none can.
    pub(super) fn streams(&self) -> Option<DenseStreams> {
        let mut streams = Streams::default();
        self.put_origins(&mut streams[Stream::Origins as usize])?;
        let [time, ahead, received, framing, step] = &self.numbers;
        let out = &mut streams[Stream::Times as usize];
        out.extend_from_slice(&self.firsts[0].to_le_bytes());
        plane::put(out, time);
        plane::put(out, ahead);
        out.extend_from_slice(&self.firsts[1].to_le_bytes());
        plane::put(out, received);
        let out = &mut streams[Stream::Numbers as usize];
        plane::put(out, framing);
        plane::put(out, step);
        self.put_choices(&mut streams[Stream::Choices as usize]);
        for (side, stream) in self.sides.iter().zip(Side::STREAMS) {
            let out = &mut streams[stream as usize];
            (0..side.templates.len()).for_each(|template| side.templates.put(template, out));
        }
        self.values.put(&self.sides, &mut streams);
        streams[Stream::Ids as usize].clone_from(&self.ids);
        Some(DenseStreams { rows: self.origin.len(), streams })
    }

    fn put_origins(&self, out: &mut Vec<u8>) -> Option<()> {
        let mut known: Vec<Arc<Origin>> = Vec::with_capacity(self.origins.len());
        let mut tails = Vec::new();
        for bytes in &self.origins {
            let mut cursor = Cursor::new(bytes);
            known.extend(origins::get(&mut cursor)?);
            put_text(&mut tails, cursor.text()?);
        }
        origins::put(out, &known);
        out.extend_from_slice(&tails);
        origins::put_runs(out, &self.origin);
        Some(())
    }

    fn put_choices(&self, out: &mut Vec<u8>) {
        let [messages, forms] = &self.sides;
        for side in &self.sides {
            put_varint(out, u32::try_from(side.templates.len()).unwrap_or(u32::MAX));
        }
        let numbers: Vec<u64> = messages.numbers.iter().map(|number| u64::from(*number)).collect();
        plane::put(out, &numbers);
        let mut last_forms = vec![None; messages.templates.len()];
        let mut new = 0;
        let codes = messages.numbers.iter().zip(&forms.numbers).map(|(template, form)| {
            let last = last_forms[*template as usize].replace(*form);
            let choice = match form {
                form if *form == new => {
                    new += 1;
                    Choice::New
                }
                form if last == Some(*form) => Choice::Last,
                form => Choice::Known(*form as usize),
            };
            choice.code()
        });
        plane::put(out, &codes.collect::<Vec<u64>>());
    }
}
