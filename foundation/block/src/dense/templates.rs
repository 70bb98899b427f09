//! The templates of a block, numbered.
//!
//! ```text
//!   stream:    template, END, template, END ...
//!   template:  what is said of it, a fixed number of bytes
//!              | bytes; a mark stands for a span; behind PLACE stands a place, behind ESCAPE a byte
//! ```
//! Invariant: a template that is here can be walked without looking at its bytes again.

use super::cut::Span;
use super::mark::{END, ESCAPE, Mark, PLACE, is_own};
use super::place::Place;
use crate::cursor::Cursor;

/// What a template is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    /// These bytes of all templates' texts.
    Text(Span),
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
    pieces: Vec<Piece>,
    /// Where each one's pieces begin.
    first_pieces: Vec<usize>,
    /// How many slots each has.
    slots: Vec<usize>,
}

impl Templates {
    pub(super) fn new(said_bytes: usize) -> Self {
        Self { said_bytes, ..Self::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// As in a stream.
    pub(super) fn into_texts(self) -> Vec<u8> {
        self.texts
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

    pub(super) fn bytes(&self, text: Span) -> &[u8] {
        text.of(&self.texts)
    }

    pub(super) fn pieces(&self, template: usize) -> &[Piece] {
        let end = self.first_pieces.get(template + 1).map_or(self.pieces.len(), |first| *first);
        &self.pieces[self.first_pieces[template]..end]
    }

    pub(super) fn slots(&self, template: usize) -> usize {
        self.slots[template]
    }

    pub(super) fn marks(&self, template: usize) -> impl Iterator<Item = Mark> + '_ {
        self.pieces(template).iter().filter_map(|piece| match piece {
            Piece::Slot(mark) => Some(*mark),
            Piece::Text(_) | Piece::Place(_) => None,
        })
    }

    /// The fewest bytes of a text of it.
    pub(super) fn bytes_min(&self, template: usize) -> usize {
        let bytes = self.pieces(template).iter().map(|piece| match piece {
            Piece::Text(text) => text.len as usize,
            Piece::Slot(mark) => mark.bytes_min(),
            Piece::Place(_) => 0,
        });
        bytes.sum()
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
        self.first_pieces.push(self.pieces.len());
        let said_end = start + self.said_bytes;
        let (mut slots, mut at, mut text) = (0, said_end, said_end);
        loop {
            at += self.texts.get(at..)?.iter().position(|byte| is_own(*byte))?;
            if at > text {
                self.pieces.push(Piece::Text(Span::new(text, at)));
            }
            let byte = self.texts[at];
            at += 1;
            text = at;
            match byte {
                END => break,
                // The byte behind it begins the next text.
                ESCAPE => at += usize::from(self.texts.get(at).is_some()),
                PLACE => {
                    let mut cursor = Cursor::new(&self.texts[at..]);
                    self.pieces.push(Piece::Place(Place::get(&mut cursor)?));
                    at = self.texts.len() - cursor.len();
                    text = at;
                }
                mark => {
                    self.pieces.push(Piece::Slot(Mark::of(mark)?));
                    slots += 1;
                }
            }
        }
        self.slots.push(slots);
        Some(at)
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

    /// Says that the row's entries are all there.
    pub(super) fn end_row(&mut self) {
        self.firsts.push(u32::try_from(self.entries.len()).unwrap_or(u32::MAX));
    }

    pub(super) fn of(&self, row: usize) -> &[T] {
        &self.entries[self.firsts[row] as usize..self.firsts[row + 1] as usize]
    }
}

pub(super) type Spans = Slots<Span>;
