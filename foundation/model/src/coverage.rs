//! Which positions of a source are accounted for: a mark, and a few ranges beyond it.
//!
//! ```text
//!   0 ############ mark ....... [####] ....[##] ....
//!     accounted    ^    hole     piece     piece
//! ```
//! Invariants:
//! - every position at or below the mark is accounted for; the mark never goes back;
//! - pieces are disjoint, sorted, not adjacent, and lie beyond the mark. Who lets ranges in asks
//!   [`Coverage::accepts`], which keeps the pieces few; what was let in is always added;
//! - a stretch is added once: [`Coverage::add`] cuts what comes to what is missing, so the tallies
//!   count each position once in any order, repetition and re-cutting of ranges.

use serde::{Deserialize, Serialize};

use crate::limits::{RANGES_BEYOND_MARK_MAX, SEQUENCES_BEYOND_MARK_MAX};

/// What is known of one range can be joined with what is known of the range right behind it.
pub trait Merge: Default {
    /// Ranges that are let in beyond the mark.
    const BEYOND_MARK_MAX: usize = RANGES_BEYOND_MARK_MAX;

    /// Takes in the tally of the range that begins where this one ends.
    fn absorb(&mut self, later: Self);
}

impl Merge for () {
    /// A bare name is small, and a batch may stand for many that lie apart.
    const BEYOND_MARK_MAX: usize = SEQUENCES_BEYOND_MARK_MAX;

    fn absorb(&mut self, (): Self) {}
}

/// A covered range `(from, to]` and its tally.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece<T> {
    /// Position before the range.
    pub from: u64,
    /// Last position of the range.
    pub to: u64,
    /// What became of its records.
    pub tally: T,
}

/// The accounted positions of one source (or the sequences of one epoch).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Coverage<T> {
    mark: u64,
    tally: T,
    beyond: Vec<Piece<T>>,
}

/// Letting the range in would leave more ranges beyond the mark than are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many covered ranges beyond the mark")]
pub struct TooManyRanges;

impl<T: Merge> Coverage<T> {
    /// Everything up to here is accounted for.
    #[must_use]
    pub fn mark(&self) -> u64 {
        self.mark
    }

    /// The tally of everything up to the mark.
    #[must_use]
    pub fn tally(&self) -> &T {
        &self.tally
    }

    /// What is accounted for beyond the mark.
    #[must_use]
    pub fn beyond(&self) -> &[Piece<T>] {
        &self.beyond
    }

    /// Whether the record that ends at `position` is accounted for.
    #[must_use]
    pub fn covers(&self, position: u64) -> bool {
        position <= self.mark
            || self.beyond.iter().any(|piece| piece.from < position && position <= piece.to)
    }

    /// The parts of `(from, to]` that are not accounted for, in rising order.
    #[must_use]
    pub fn missing(&self, from: u64, to: u64) -> Vec<(u64, u64)> {
        let mut missing = Vec::new();
        let mut at = from.max(self.mark);
        for piece in &self.beyond {
            if piece.from >= to {
                break;
            }
            if at < piece.from {
                missing.push((at, piece.from));
            }
            at = at.max(piece.to);
        }
        if at < to {
            missing.push((at, to));
        }
        missing
    }

    /// Accounts for `(from, to]`; `tally` is asked once for each part that was missing. What touches
    /// is joined, and the mark moves over what touches it.
    pub fn add(&mut self, from: u64, to: u64, mut tally: impl FnMut(u64, u64) -> T) {
        let missing = self.missing(from, to);
        if missing.is_empty() {
            return;
        }
        for (from, to) in missing {
            let at = self.beyond.partition_point(|piece| piece.from < from);
            self.beyond.insert(at, Piece { from, to, tally: tally(from, to) });
        }
        self.join();
    }

    /// Whether `ranges` may be let in: what fills a hole always, what opens one within the limit.
    #[must_use]
    pub fn accepts(&self, ranges: &[(u64, u64)]) -> bool {
        let mut all: Vec<(u64, u64)> =
            self.beyond.iter().map(|piece| (piece.from, piece.to)).collect();
        all.extend(ranges.iter().flat_map(|(from, to)| self.missing(*from, *to)));
        all.sort_unstable();
        let mut end = self.mark;
        let pieces = all
            .into_iter()
            .filter(|&(from, to)| {
                let apart = from > end;
                end = end.max(to);
                apart
            })
            .count();
        pieces <= T::BEYOND_MARK_MAX.max(self.beyond.len())
    }

    /// Joins neighbours that touch, and what touches the mark with what lies below it.
    fn join(&mut self) {
        let mut joined: Vec<Piece<T>> = Vec::with_capacity(self.beyond.len());
        for piece in std::mem::take(&mut self.beyond) {
            if joined.is_empty() && piece.from <= self.mark {
                self.mark = piece.to;
                self.tally.absorb(piece.tally);
                continue;
            }
            match joined.last_mut() {
                Some(last) if last.to == piece.from => {
                    last.to = piece.to;
                    last.tally.absorb(piece.tally);
                }
                _ => joined.push(piece),
            }
        }
        self.beyond = joined;
    }
}

#[cfg(test)]
mod tests;
