//! Which template a message probably has: the one of the last message that begins and ends alike.
//!
//! Whether it has, the template itself says; so most messages are compared, and not cut.

use super::digits::{hash, without_digits};

/// First and last bytes that are looked at, in words of eight.
const FIRST_WORDS: usize = 4;
const LAST_WORDS: usize = 2;
/// A power of two.
const GUESSES: usize = 4_096;

/// See the module.
#[derive(Debug)]
pub(super) struct Guesses {
    /// By place: a template's number plus one, or 0.
    templates: Vec<u32>,
}

impl Guesses {
    pub(super) fn new() -> Self {
        Self { templates: vec![0; GUESSES] }
    }

    /// Where the guess for such a message stands.
    pub(super) fn place(message: &[u8]) -> usize {
        let (words, _) = message.as_chunks::<8>();
        let (_, last_words) = message.as_rchunks::<8>();
        let first = words.iter().take(FIRST_WORDS);
        let last = last_words.iter().rev().take(LAST_WORDS);
        let words = first.chain(last).map(|word| without_digits(u64::from_le_bytes(*word)));
        // Short ones are told apart by their length.
        let hash = words.fold(message.len().min(8) as u64, hash);
        usize::try_from(hash >> 32).unwrap_or_default() & (GUESSES - 1)
    }

    pub(super) fn get(&self, place: usize) -> Option<usize> {
        (self.templates[place] as usize).checked_sub(1)
    }

    pub(super) fn set(&mut self, place: usize, template: usize) {
        self.templates[place] = u32::try_from(template + 1).unwrap_or_default();
    }
}
