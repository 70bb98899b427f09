//! Where a text can stand in the messages of a template: a matter of what is constant and, where it meets
//! variables, of conditions on these.
//!
//! ```text
//!   template   Failed password for ␁ from ␁.␁.␁.␁ port ␁
//!   "Failed password for"     all its rows
//!   "for pi452 from"          slot 0 = pi452
//!   "10.251."                 slot 1 ends with 10 and slot 2 = 251, or 2 ends with 10 and 3 = 251; or ...
//! ```
//! Invariants:
//! - a delimiter stands on both sides of each slot and none in a value (`token.rs`): the part of the text that
//!   meets a slot is known, so that the conditions are exact;
//! - a condition that the slot's mask excludes is never asked;
//! - of a template whose texts are kept whole the one variable is the text.

use super::literal::{Edge, Literal, is_border};
use super::token::{BEYOND_ASCII, MARK, Mask, has_digit, is_token, mask, run_at_start};

/// Conditions that are all met.
pub(super) type Meeting = Vec<Condition>;

/// What a slot's value has, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) slot: usize,
    /// The part of the literal's text.
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) begins: End,
    pub(super) ends: End,
}

/// How an end of a part stands in a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Anyhow.
    Open,
    /// Not inside a longer word.
    Free,
    /// Where the value ends.
    Fixed,
}

impl End {
    fn of(edge: Edge) -> Self {
        match edge {
            Edge::Open => Self::Open,
            Edge::Free => Self::Free,
        }
    }
}

/// A literal, and what is known of it whatever template it is held against.
pub(super) struct Placer<'a> {
    literal: &'a Literal,
    /// The token, or part of one, that it begins with.
    run: usize,
    run_mask: Mask,
    /// Where, behind a delimiter, a token goes on; and what the token is made of.
    crossings: Vec<(usize, Mask)>,
}

impl<'a> Placer<'a> {
    pub(super) fn new(literal: &'a Literal) -> Self {
        let bytes = literal.bytes();
        let run = run_at_start(bytes);
        let behind = |at: &usize| !is_token(bytes[at - 1]) && is_token(bytes[*at]);
        let crossing = |at: usize| (at, mask(&bytes[at..at + run_at_start(&bytes[at..])]));
        let crossings = (1..bytes.len()).filter(behind).map(crossing).collect();
        Self { literal, run, run_mask: mask(&bytes[..run]), crossings }
    }

    /// Where the literal can stand in the messages of a template, when `text` is its text, lower-cased if the
    /// literal folds, and does not have the literal itself.
    pub(super) fn in_slots(&self, text: &[u8], masks: &[Mask]) -> Vec<Meeting> {
        let fits = |wanted: Mask| wanted != 0 && masks.iter().any(|seen| wanted & !seen == 0);
        if !fits(self.run_mask) && !self.crossings.iter().any(|(_, wanted)| fits(*wanted)) {
            return Vec::new();
        }
        let parts = text.split(|byte| *byte == MARK).collect();
        let mut compared = Compared { literal: self.literal, parts, masks, found: Vec::new() };
        compared.begin_in_slots(self.run);
        compared.begin_in_parts(&self.crossings);
        compared.found
    }

    /// Whether a template's text has the literal: what is constant does.
    pub(super) fn in_constants(&self, text: &'a [u8]) -> bool {
        self.places(text).any(|at| self.stands_at(text, at))
    }

    /// Every place where templates' texts have the literal, the ends not looked at; none when it has what marks
    /// a slot there.
    pub(super) fn places(&self, texts: &'a [u8]) -> impl Iterator<Item = usize> {
        let texts = if self.literal.bytes().contains(&MARK) { &[] } else { texts };
        self.literal.places(texts)
    }

    /// Whether the literal, which is at `at`, stands there as it must; beyond a part there is a delimiter.
    pub(super) fn stands_at(&self, text: &[u8], at: usize) -> bool {
        let edges = (self.literal.begins(), self.literal.ends());
        let text = || std::str::from_utf8(text).unwrap_or_default();
        edges == (Edge::Open, Edge::Open) || self.literal.fits(text(), at, edges)
    }

    /// Where the literal can stand in a text that is kept whole.
    pub(super) fn in_whole(&self) -> Vec<Meeting> {
        let (begins, ends) = (End::of(self.literal.begins()), End::of(self.literal.ends()));
        let to = self.literal.bytes().len();
        vec![vec![Condition { slot: 0, from: 0, to, begins, ends }]]
    }
}

/// A template, as it is compared with a literal.
struct Compared<'a> {
    literal: &'a Literal,
    /// Between the slots.
    parts: Vec<&'a [u8]>,
    masks: &'a [Mask],
    found: Vec<Meeting>,
}

impl Compared<'_> {
    /// Where it begins in a variable, with a run of so many bytes.
    fn begin_in_slots(&mut self, run: usize) {
        if run == 0 {
            return;
        }
        let begins = End::of(self.literal.begins());
        let whole = run == self.literal.bytes().len();
        let ends = if whole { End::of(self.literal.ends()) } else { End::Fixed };
        for slot in 0..self.masks.len() {
            let condition = Condition { slot, from: 0, to: run, begins, ends };
            let Some(condition) = self.possible(condition) else { continue };
            let mut meeting = vec![condition];
            if whole || self.goes_on(run, slot + 1, &mut meeting) {
                self.found.push(meeting);
            }
        }
    }

    /// Where it begins in what is constant and goes on into a variable.
    fn begin_in_parts(&mut self, crossings: &[(usize, Mask)]) {
        for slot in 0..self.masks.len() {
            for (at, _) in crossings {
                let mut meeting = Vec::new();
                if self.ends_with(slot, *at) && self.meets(*at, slot, &mut meeting) {
                    self.found.push(meeting);
                }
            }
        }
    }

    /// Whether the part ends with so many bytes of the literal.
    fn ends_with(&self, part: usize, len: usize) -> bool {
        let part = self.parts[part];
        let begins = || {
            let text = std::str::from_utf8(part).unwrap_or_default();
            is_border(text, part.len() - len)
        };
        part.ends_with(&self.literal.bytes()[..len])
            && (self.literal.begins() == Edge::Open || begins())
    }

    /// Whether the literal from `at` on can stand at the beginning of the slot.
    fn meets(&self, at: usize, slot: usize, meeting: &mut Meeting) -> bool {
        let bytes = self.literal.bytes();
        let to = at + run_at_start(&bytes[at..]);
        let whole = to == bytes.len();
        let ends = if whole { End::of(self.literal.ends()) } else { End::Fixed };
        if to == at {
            return false;
        }
        let condition = Condition { slot, from: at, to, begins: End::Fixed, ends };
        let Some(condition) = self.possible(condition) else { return false };
        meeting.push(condition);
        whole || self.goes_on(to, slot + 1, meeting)
    }

    /// Whether the literal from `at` on can stand at the beginning of the part, which follows a slot.
    fn goes_on(&self, at: usize, part: usize, meeting: &mut Meeting) -> bool {
        let (rest, text) = (&self.literal.bytes()[at..], self.parts[part]);
        if rest.len() <= text.len() {
            let ends = || match self.literal.ends() {
                Edge::Open => true,
                Edge::Free => is_border(std::str::from_utf8(text).unwrap_or_default(), rest.len()),
            };
            return text.starts_with(rest) && ends();
        }
        part < self.masks.len()
            && rest.starts_with(text)
            && self.meets(at + text.len(), part, meeting)
    }

    /// The condition, unless no value can meet it.
    fn possible(&self, mut condition: Condition) -> Option<Condition> {
        let wanted = &self.literal.bytes()[condition.from..condition.to];
        let seen = self.masks[condition.slot];
        if mask(wanted) & !seen != 0 {
            return None;
        }
        if seen & BEYOND_ASCII == 0 {
            // The value is one word.
            let fix = |end: &mut End| *end = if *end == End::Free { End::Fixed } else { *end };
            fix(&mut condition.begins);
            fix(&mut condition.ends);
        }
        let whole = condition.begins == End::Fixed && condition.ends == End::Fixed;
        (!whole || has_digit(wanted)).then_some(condition)
    }
}
