//! The templates of a block, numbered.
//!
//! ```text
//!   stream:    template, END, template, END ...
//!   template:  what is said of it, a fixed number of bytes
//!              | bytes; a mark stands for a span; behind PLACE stands a place, behind ESCAPE a byte
//! ```
//! Invariant: a template that is here was walked once, and can be walked again.

use super::cut::Span;
use super::digits::low;
use super::mark::{END, ESCAPE, Mark, PLACE, is_own};
use super::place::Place;
use crate::cursor::Cursor;

/// What a template is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// What all its texts have.
    Text(&'a [u8]),
    /// What differs.
    Slot(Mark),
    /// A part of the message.
    Place(Place),
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Templates {
    /// Bytes that are said of each one.
    said_bytes: usize,
    texts: Vec<u8>,
    /// Where each one's text begins.
    starts: Vec<usize>,
    marks: Vec<Mark>,
    /// Where each one's marks begin.
    first_marks: Vec<usize>,
}

impl Templates {
    pub(super) fn new(said_bytes: usize) -> Self {
        Self { said_bytes, ..Self::default() }
    }

    /// None, of which as much is said.
    pub(super) fn none(&self) -> Self {
        Self::new(self.said_bytes)
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// The bytes of all texts.
    pub(super) fn bytes_all(&self) -> usize {
        self.texts.len()
    }

    /// Appends one as it stands in a stream.
    pub(super) fn put(&self, template: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(self.text(template));
        out.push(END);
    }

    /// What is said of a template.
    pub(super) fn said(&self, template: usize) -> &[u8] {
        &self.text(template)[..self.said_bytes]
    }

    /// Without its end.
    pub(super) fn text(&self, template: usize) -> &[u8] {
        let end = self.starts.get(template + 1).map_or(self.texts.len(), |start| *start);
        &self.texts[self.starts[template]..end - 1]
    }

    /// Its bytes, its end and whatever is behind it.
    pub(super) fn from(&self, template: usize) -> &[u8] {
        &self.texts[self.starts[template] + self.said_bytes..]
    }

    /// What each is made of, for whoever reads it row by row.
    pub(super) fn taken_apart(&self) -> Parts<'_> {
        let mut parts = Parts::default();
        for template in 0..self.len() {
            parts.firsts.push(parts.pieces.len());
            let rest = &self.text(template)[self.said_bytes..];
            parts.pieces.extend(Pieces { rest });
        }
        parts
    }

    pub(super) fn marks(&self, template: usize) -> &[Mark] {
        let end = self.first_marks.get(template + 1).map_or(self.marks.len(), |first| *first);
        &self.marks[self.first_marks[template]..end]
    }

    /// Adds a template that this encoder made.
    pub(super) fn push(&mut self, template: &[u8]) {
        let start = self.texts.len();
        self.texts.extend_from_slice(template);
        self.texts.push(END);
        let walked = self.walk(start);
        debug_assert_eq!(walked, Some(self.texts.len()));
    }

    /// The templates of a stream.
    pub(super) fn read(texts: Vec<u8>, count: usize, said_bytes: usize) -> Option<Self> {
        let mut templates = Self { texts, ..Self::new(said_bytes) };
        let mut at = 0;
        for _ in 0..count {
            at = templates.walk(at)?;
        }
        (at == templates.texts.len()).then_some(templates)
    }

    /// Takes in the template that begins at `start`; tells where the next one does.
    fn walk(&mut self, start: usize) -> Option<usize> {
        self.starts.push(start);
        self.first_marks.push(self.marks.len());
        let mut at = start + self.said_bytes;
        loop {
            at = own(&self.texts, at)?;
            let byte = self.texts[at];
            at += 1;
            match byte {
                END => return Some(at),
                ESCAPE => at += usize::from(at < self.texts.len()),
                PLACE => {
                    let mut cursor = Cursor::new(&self.texts[at..]);
                    Place::get(&mut cursor)?;
                    at = self.texts.len() - cursor.len();
                }
                mark => self.marks.push(Mark::of(mark)?),
            }
        }
    }
}

/// Where the first byte at `at` or behind it is that means something.
fn own(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at = low(text, at)?;
        if is_own(text[at]) {
            return Some(at);
        }
        at += 1;
    }
}

/// What templates are made of.
#[derive(Debug, Default)]
pub(super) struct Parts<'a> {
    pieces: Vec<Piece<'a>>,
    /// Where each one's pieces begin.
    firsts: Vec<usize>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(&self, template: usize) -> &[Piece<'a>] {
        let end = self.firsts.get(template + 1).map_or(self.pieces.len(), |first| *first);
        &self.pieces[self.firsts[template]..end]
    }

    /// The fewest bytes of a text of a template.
    pub(super) fn bytes_min(&self, template: usize) -> usize {
        let bytes = self.of(template).iter().map(|piece| match piece {
            Piece::Text(text) => text.len(),
            Piece::Slot(mark) => mark.bytes_min(),
            Piece::Place(_) => 0,
        });
        bytes.sum()
    }
}

/// What a template is made of, in its order.
struct Pieces<'a> {
    rest: &'a [u8],
}

impl<'a> Pieces<'a> {
    /// A text of which the first `from` bytes mean nothing.
    fn text(&mut self, rest: &'a [u8], from: usize) -> Piece<'a> {
        let end = own(rest, from).unwrap_or(rest.len());
        let (text, rest) = rest.split_at(end);
        self.rest = rest;
        Piece::Text(text)
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let (first, behind) = self.rest.split_first()?;
        match *first {
            ESCAPE => Some(self.text(behind, behind.len().min(1))),
            PLACE => {
                let mut cursor = Cursor::new(behind);
                let place = Place::get(&mut cursor)?;
                self.rest = &behind[behind.len() - cursor.len()..];
                Some(Piece::Place(place))
            }
            byte => match Mark::of(byte) {
                Some(mark) => {
                    self.rest = behind;
                    Some(Piece::Slot(mark))
                }
                None => Some(self.text(self.rest, 0)),
            },
        }
    }
}

/// Slots that a row is expected to have.
const SLOTS_PER_ROW: usize = 8;

/// What rows have in their templates' slots: per row as many entries as its template has slots.
#[derive(Debug)]
pub(super) struct Slots<T> {
    pub(super) entries: Vec<T>,
    /// Per row its first entry, and the end.
    pub(super) firsts: Vec<u32>,
}

impl<T> Slots<T> {
    pub(super) fn new(rows: usize) -> Self {
        let mut firsts = Vec::with_capacity(rows + 1);
        firsts.push(0);
        Self { entries: Vec::with_capacity(SLOTS_PER_ROW * rows), firsts }
    }

    /// Forgets all rows, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.firsts.truncate(1);
    }

    /// Says that the row's entries are all there.
    pub(super) fn end_row(&mut self) {
        self.firsts.push(u32::try_from(self.entries.len()).unwrap_or(u32::MAX));
    }

    pub(super) fn of(&self, row: usize) -> &[T] {
        &self.entries[self.firsts[row] as usize..self.firsts[row + 1] as usize]
    }
}

pub(super) type Spans = Slots<Span>;
