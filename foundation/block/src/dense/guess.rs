//! Which template a message probably has: one of those of the last messages that begin and end alike.
//!
//! Whether it has, the template itself says; so most messages are compared, and not cut.

use super::digits::{hash, without_digits};

/// First and last bytes that are looked at, in words of eight.
const FIRST_WORDS: usize = 8;
const LAST_WORDS: usize = 2;
/// A power of two.
const SETS: usize = 8_192;
/// Guesses for messages that begin and end alike.
const WAYS: usize = 4;

/// See the module.
#[derive(Debug)]
pub(super) struct Guesses {
    /// Per set, the last one first: a template's number plus one, or 0.
    sets: Vec<[u32; WAYS]>,
}

impl Guesses {
    pub(super) fn new() -> Self {
        Self { sets: vec![[0; WAYS]; SETS] }
    }

    /// Forgets all.
    pub(super) fn forget(&mut self) {
        self.sets.fill([0; WAYS]);
    }

    /// The set of such a message.
    pub(super) fn set(message: &[u8]) -> usize {
        let (words, _) = message.as_chunks::<8>();
        let (_, last_words) = message.as_rchunks::<8>();
        let first = words.iter().take(FIRST_WORDS);
        let last = last_words.iter().rev().take(LAST_WORDS);
        let words = first.chain(last).map(|word| without_digits(u64::from_le_bytes(*word)));
        // Short ones are told apart by their length.
        let hash = words.fold(message.len().min(8) as u64, hash);
        usize::try_from(hash >> 32).unwrap_or_default() & (SETS - 1)
    }

    /// What to try, in this order.
    pub(super) fn of(&self, set: usize) -> impl Iterator<Item = usize> + use<> {
        self.sets[set].into_iter().map_while(|guess| (guess as usize).checked_sub(1))
    }

    /// A message of that set has that template.
    pub(super) fn learn(&mut self, set: usize, template: usize) {
        let ways = &mut self.sets[set];
        let template = u32::try_from(template + 1).unwrap_or_default();
        let at = ways.iter().position(|guess| *guess == template).unwrap_or(WAYS - 1);
        ways.copy_within(..at, 1);
        ways[0] = template;
    }
}
