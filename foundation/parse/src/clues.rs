//! What a line may hold, searched for over whole buffers: begun anew for each line, these searches would cost as
//! much as reading does.
//!
//! ```text
//!   buffer   GET /cart 200\nuser=pi trace_id=4bf9…\npassword=…\n
//!   search                      race              assw
//!   clues    none               TRACE             SECRET
//! ```
//! Invariant: what a line has no clue of is not in it, so nobody need look; what it has a clue of may be.

use std::ops::Range;

use crate::meaning::REQUEST_WORDS;
use crate::multiline::STACK_WORDS;
use crate::redact::Anchors;
use crate::trace_ids::TRACE_WORDS;
use crate::words::Words;

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Clues(u8);

impl Clues {
    /// It may begin a stack trace.
    pub const STACK: Self = Self(1);
    /// It may hold a secret, or name one. Cards and own patterns leave no clue.
    pub const SECRET: Self = Self(1 << 1);
    /// It may say which trace it belongs to.
    pub const TRACE: Self = Self(1 << 2);
    /// It may say which request it belongs to.
    pub const REQUEST: Self = Self(1 << 3);
    /// Of a text that was not searched: it may hold anything, and begins no stack trace.
    pub const UNSEARCHED: Self = Self::SECRET.and(Self::TRACE).and(Self::REQUEST);

    /// These and those.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it may hold that.
    #[must_use]
    pub const fn has(self, clue: Self) -> bool {
        self.0 & clue.0 != 0
    }

    /// The same for a text that was made of the one that was searched.
    #[must_use]
    pub const fn rewritten(self) -> Self {
        Self(self.0 & Self::STACK.0).and(Self::UNSEARCHED)
    }
}

/// All searches.
#[derive(Debug)]
pub struct ClueSearch(Vec<Search>);

#[derive(Debug)]
enum Search {
    Words(Clues, Words),
    Secret(Box<Anchors>),
}

impl Search {
    fn clue(&self) -> Clues {
        match self {
            Self::Words(clue, _) => *clue,
            Self::Secret(_) => Clues::SECRET,
        }
    }

    /// Where the first of what it searches for begins, from `from` on; beyond all bytes when there is none.
    fn find(&self, text: &[u8], from: usize) -> usize {
        let found = match self {
            Self::Words(_, words) => words.find(text, from),
            Self::Secret(anchors) => anchors.find(text, from),
        };
        found.unwrap_or(usize::MAX)
    }
}

impl ClueSearch {
    /// Ready to search; for secrets only if they are of interest.
    #[must_use]
    pub fn new(secrets: bool) -> Self {
        let words: [(_, &[_]); 3] = [
            (Clues::STACK, &STACK_WORDS),
            (Clues::TRACE, &TRACE_WORDS),
            (Clues::REQUEST, &REQUEST_WORDS),
        ];
        let words = words.map(|(clue, words)| Search::Words(clue, Words::new(words)));
        let anchors = if secrets { Anchors::all() } else { Vec::new() };
        let anchors = anchors.into_iter().map(|anchors| Search::Secret(Box::new(anchors)));
        Self(words.into_iter().chain(anchors).collect())
    }

    /// The clues in `buffer`, to be asked for line by line.
    #[must_use]
    pub fn over<'a>(&'a self, buffer: &'a [u8]) -> Looks<'a> {
        let look = |search| Look { search, next: Search::find(search, buffer, 0) };
        Looks { buffer, looks: self.0.iter().map(look).collect() }
    }

    /// The clues in one text.
    #[must_use]
    pub fn of(&self, text: &[u8]) -> Clues {
        self.over(text).of(0..text.len())
    }
}

/// Searches over one buffer.
#[derive(Debug)]
pub struct Looks<'a> {
    buffer: &'a [u8],
    looks: Vec<Look<'a>>,
}

#[derive(Debug)]
struct Look<'a> {
    search: &'a Search,
    /// Where the next of what it searches for begins, as far as lines were asked for; beyond all bytes when
    /// there is none.
    next: usize,
}

impl Looks<'_> {
    /// The clues in the part of the buffer that begins nowhere before the one asked for last.
    pub fn of(&mut self, line: Range<usize>) -> Clues {
        let mut clues = Clues::default();
        for Look { search, next } in &mut self.looks {
            if *next < line.start {
                *next = search.find(self.buffer, line.start);
            }
            if *next < line.end {
                clues = clues.and(search.clue());
            }
        }
        clues
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_has_its_own_clues_whatever_stands_beside_it() {
        let lines = [
            (b"nothing" as &[u8], Clues::default()),
            (b"trace_id=1 of request", Clues::TRACE.and(Clues::REQUEST)),
            (b"b3: 1", Clues::TRACE),
            (b"", Clues::default()),
            (b"password=x password=y", Clues::SECRET),
            (b"\tat Main.main", Clues::STACK),
            (b"SK traceparent", Clues::SECRET.and(Clues::TRACE)),
            (b"nothing", Clues::default()),
        ];
        let search = ClueSearch::new(true);
        let buffer = lines.map(|(line, _)| line).join(&b'\n');
        let (mut looks, mut at) = (search.over(&buffer), 0);
        for (line, clues) in lines {
            assert_eq!((looks.of(at..at + line.len()), search.of(line)), (clues, clues));
            at += line.len() + 1;
        }
    }

    #[test]
    fn a_text_that_was_made_of_another_keeps_no_clue_but_that_of_a_stack_trace() {
        assert_eq!(Clues::default().rewritten(), Clues::UNSEARCHED);
        assert_eq!(Clues::STACK.rewritten(), Clues::UNSEARCHED.and(Clues::STACK));
        assert!(!Clues::UNSEARCHED.has(Clues::STACK));
    }

    #[test]
    fn secrets_are_not_searched_for_where_nobody_asks() {
        assert_eq!(ClueSearch::new(false).of(b"password=x"), Clues::default());
    }
}
