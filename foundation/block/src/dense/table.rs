//! Which number a template has: an open table of hashes in front of the templates.
//!
//! Invariant: a look takes a bounded time, whatever texts somebody has chosen; at worst a template has two numbers.

use super::digits::hash;
use super::templates::Templates;
use crate::limits::PROBES_MAX;

/// See the module.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) templates: Templates,
    /// A power of two of them; a template's number plus one, or 0.
    places: Vec<u32>,
    /// Per template.
    hashes: Vec<u64>,
}

impl Table {
    /// For at most so many templates.
    pub(super) fn new(templates: Templates, most: usize) -> Self {
        let places = (2 * most).next_power_of_two().max(2 * PROBES_MAX);
        Self { templates, places: vec![0; places], hashes: Vec::new() }
    }

    /// The template's number, and whether it is new.
    pub(super) fn number(&mut self, template: &[u8]) -> (usize, bool) {
        let hash = hash_of(template);
        let new = self.templates.len();
        let last = self.places.len() - 1;
        let first = usize::try_from(hash >> 32).unwrap_or_default();
        for probe in 0..PROBES_MAX {
            let place = &mut self.places[(first + probe) & last];
            let Some(known) = (*place as usize).checked_sub(1) else {
                *place = u32::try_from(new + 1).unwrap_or_default();
                break;
            };
            if self.hashes[known] == hash && self.templates.text(known) == template {
                return (known, false);
            }
        }
        self.hashes.push(hash);
        self.templates.push(template);
        (new, true)
    }
}

fn hash_of(text: &[u8]) -> u64 {
    let (words, rest) = text.as_chunks::<8>();
    let words = words.iter().map(|word| u64::from_le_bytes(*word));
    let last = rest.iter().fold(0, |last, byte| last << 8 | u64::from(*byte));
    hash(hash(words.fold(text.len() as u64, hash), last), 0)
}
