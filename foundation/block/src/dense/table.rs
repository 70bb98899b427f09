//! Which number a template has: an open table of hashes in front of the templates.
//!
//! Invariant: a look takes a bounded time, whatever texts somebody has chosen; at worst a template has two numbers.

use super::digits::hash;
use super::templates::Templates;
use crate::limits::{PROBES_MAX, TEMPLATES_KEPT_BYTES_MAX};

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
    pub(super) fn new(templates: Templates) -> Self {
        Self { templates, places: Vec::new(), hashes: Vec::new() }
    }

    /// Whether there are more than are kept.
    pub(super) fn is_full(&self) -> bool {
        self.templates.bytes_all() > TEMPLATES_KEPT_BYTES_MAX
    }

    /// Forgets all templates and gives their memory back.
    pub(super) fn forget(&mut self) {
        *self = Self::new(self.templates.none());
    }

    /// Makes room for so many more.
    pub(super) fn reserve(&mut self, more: usize) {
        let places = 2 * (self.templates.len() + more);
        let places = places.next_power_of_two().max(2 * PROBES_MAX);
        if places <= self.places.len() {
            return;
        }
        self.places.clear();
        self.places.resize(places, 0);
        for template in 0..self.hashes.len() {
            let first = first_place(self.hashes[template]);
            let mut free = (first..first + PROBES_MAX).map(|place| place & (places - 1));
            if let Some(place) = free.find(|place| self.places[*place] == 0) {
                self.places[place] = number_in(template);
            }
        }
    }

    /// The template's number.
    pub(super) fn number(&mut self, template: &[u8]) -> usize {
        let hash = hash_of(template);
        let new = self.templates.len();
        let last = self.places.len() - 1;
        for probe in 0..PROBES_MAX {
            let place = &mut self.places[(first_place(hash) + probe) & last];
            let Some(known) = (*place as usize).checked_sub(1) else {
                *place = number_in(new);
                break;
            };
            if self.hashes[known] == hash && self.templates.text(known) == template {
                return known;
            }
        }
        self.hashes.push(hash);
        self.templates.push(template);
        new
    }
}

fn first_place(hash: u64) -> usize {
    usize::try_from(hash >> 32).unwrap_or_default()
}

fn number_in(template: usize) -> u32 {
    u32::try_from(template + 1).unwrap_or_default()
}

fn hash_of(text: &[u8]) -> u64 {
    let (words, rest) = text.as_chunks::<8>();
    let words = words.iter().map(|word| u64::from_le_bytes(*word));
    let last = rest.iter().fold(0, |last, byte| last << 8 | u64::from(*byte));
    hash(hash(words.fold(text.len() as u64, hash), last), 0)
}
