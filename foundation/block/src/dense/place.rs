//! Where a part of a message stands, told so that it is the same for all messages of a template.
//!
//! ```text
//!   message      Invalid user pi452 from 85.208.102.44
//!   segments     0--------------1-2     3              4      even: between the spans, odd: the spans
//!   "85.208.102.44" stands from (3, 0) to (4, 0)
//! ```

use super::cut::Span;
use crate::cursor::{Cursor, put_varint};

/// A message that was cut.
#[derive(Debug, Clone, Copy)]
pub(super) struct Message<'a> {
    /// All messages up to its end.
    pub(super) text: &'a [u8],
    /// Where it begins.
    pub(super) start: usize,
    /// What is its own, of `text`.
    pub(super) spans: &'a [Span],
}

impl Message<'_> {
    /// For texts that are no attributes.
    pub(super) const NONE: Message<'static> = Message { text: &[], start: 0, spans: &[] };
}

/// A part of a message: two points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    from: Point,
    to: Point,
}

/// A byte of a message: which segment, and how far in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Point {
    segment: u32,
    offset: u32,
}

impl Place {
    /// The place of a part of the message.
    pub(super) fn of(part: Span, message: Message<'_>) -> Self {
        let point = |at| Point::of(at, message);
        Self { from: point(part.start as usize), to: point(part.end()) }
    }

    /// What stands there in a message; `None` when it has no such place.
    pub(super) fn part(self, message: Message<'_>) -> Option<Span> {
        let (start, end) = (self.from.at(message)?, self.to.at(message)?);
        (start <= end && end <= message.text.len()).then(|| Span::new(start, end))
    }

    pub(super) fn put(self, out: &mut Vec<u8>) {
        for point in [self.from, self.to] {
            put_varint(out, point.segment);
            put_varint(out, point.offset);
        }
    }

    pub(super) fn get(cursor: &mut Cursor<'_>) -> Option<Self> {
        let mut point = || Some(Point { segment: cursor.varint()?, offset: cursor.varint()? });
        Some(Self { from: point()?, to: point()? })
    }
}

impl Point {
    fn of(at: usize, message: Message<'_>) -> Self {
        let Message { start, spans, .. } = message;
        let ended = spans.partition_point(|span| span.end() <= at);
        let inside = spans.get(ended).is_some_and(|span| span.start as usize <= at);
        let segment = 2 * ended + usize::from(inside);
        let begins = start_of(segment, message).unwrap_or(start);
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self { segment: narrow(segment), offset: narrow(at - begins) }
    }

    fn at(self, message: Message<'_>) -> Option<usize> {
        start_of(self.segment as usize, message)?.checked_add(self.offset as usize)
    }
}

fn start_of(segment: usize, message: Message<'_>) -> Option<usize> {
    let Message { start, spans, .. } = message;
    if segment % 2 == 1 {
        return spans.get(segment / 2).map(|span| span.start as usize);
    }
    match segment / 2 {
        0 => Some(start),
        ended => spans.get(ended - 1).map(|span| span.end()),
    }
}
