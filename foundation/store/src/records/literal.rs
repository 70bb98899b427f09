//! A text that is looked for in messages, and how it must stand there.
//!
//! Invariants:
//! - [`Literal::stands_in`] is what the word means; everything else in this folder only gets there sooner;
//! - what a word is, [`nilometer_block::words`] says; only ASCII letters have a case.

use std::borrow::Cow;
use std::fmt;

use memchr::memmem::Finder;
use nilometer_block::joined;

/// How an end of the text must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// Anyhow.
    Open,
    /// Not inside a longer word.
    Free,
}

/// See the module.
#[derive(Clone)]
pub struct Literal {
    /// As it is looked for: lower-cased where case does not matter.
    text: String,
    folds: bool,
    begins: Edge,
    ends: Edge,
    finder: Box<Finder<'static>>,
}

impl fmt::Debug for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?} {:?}", self.begins, self.text, self.ends)
    }
}

impl PartialEq for Literal {
    fn eq(&self, other: &Self) -> bool {
        let told = |one: &Self| (one.folds, one.begins, one.ends);
        self.text == other.text && told(self) == told(other)
    }
}

impl Literal {
    /// A text that stands so; `folds`: in any case.
    #[must_use]
    pub fn new(text: &str, (begins, ends): (Edge, Edge), folds: bool) -> Self {
        let text = if folds { text.to_ascii_lowercase() } else { text.to_owned() };
        let finder = Box::new(Finder::new(text.as_bytes()).into_owned());
        Self { text, folds, begins, ends, finder }
    }

    /// A word or several, in any case.
    #[must_use]
    pub fn phrase(text: &str) -> Self {
        Self::new(text, (Edge::Free, Edge::Free), true)
    }

    /// A word or several, of which the last may go on, in any case.
    #[must_use]
    pub fn prefix(text: &str) -> Self {
        Self::new(text, (Edge::Free, Edge::Open), true)
    }

    /// Exactly this, anywhere.
    #[must_use]
    pub fn substring(text: &str) -> Self {
        Self::new(text, (Edge::Open, Edge::Open), false)
    }

    /// Whether a message has it.
    #[must_use]
    pub fn stands_in(&self, message: &str) -> bool {
        let folded = self.folded(message.as_bytes());
        self.places(&folded).any(|at| self.fits(message, at, (self.begins, self.ends)))
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    pub(super) fn folds(&self) -> bool {
        self.folds
    }

    pub(super) fn begins(&self) -> Edge {
        self.begins
    }

    pub(super) fn ends(&self) -> Edge {
        self.ends
    }

    /// Bytes as they are compared with this.
    pub(super) fn folded<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        if self.folds { Cow::Owned(bytes.to_ascii_lowercase()) } else { Cow::Borrowed(bytes) }
    }

    /// Every place where the folded bytes have the text, the ends not looked at.
    pub(super) fn places<'a>(&'a self, folded: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
        let mut from = 0;
        std::iter::from_fn(move || {
            let at = from + self.finder.find(folded.get(from..)?)?;
            from = at + 1;
            Some(at)
        })
    }

    /// Whether its ends stand at `at` as those edges say; the text is not compared again.
    pub(super) fn fits(&self, text: &str, at: usize, (begins, ends): (Edge, Edge)) -> bool {
        let end = at + self.text.len();
        (begins == Edge::Open || is_border(text, at))
            && (ends == Edge::Open || is_border(text, end))
    }
}

/// Whether no word goes on over this place.
pub(super) fn is_border(text: &str, at: usize) -> bool {
    text.split_at_checked(at).is_some_and(|(before, after)| !joined(before, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(literal: &Literal, message: &str, expect: bool) {
        assert_eq!(literal.stands_in(message), expect, "{literal:?} in {message:?}");
    }

    #[test]
    fn a_phrase_stands_free_a_prefix_begins_free_and_a_substring_stands_anyhow() {
        check(&Literal::phrase("Error"), "an ERROR!", true);
        check(&Literal::phrase("error"), "no errors, terror", false);
        check(&Literal::phrase("error"), "errors, then error", true);
        check(&Literal::phrase("日"), "日志", true);
        check(&Literal::phrase("größe"), "…größe…", true);
        check(&Literal::prefix("err"), "an Error", true);
        check(&Literal::prefix("err"), "a terror", false);
        check(&Literal::substring("ketRes"), "PacketResponder", true);
        check(&Literal::substring("ketres"), "PacketResponder", false);
        check(&Literal::substring(""), "", true);
    }
}
