//! The templates of a split, numbered in the order of their first row.
//!
//! Invariants:
//! - a template is told by severity and text together; two texts of one hash are compared, never mixed up;
//! - a template of [`WHOLE`] slots has no text of its own: each of its texts is one variable, kept as it is;
//! - slots of all templates are numbered through; a mask and a mark belong to each.

use memchr::memchr_iter;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::token::{ANYTHING, MARK, Mask};
use crate::limits::{TEMPLATE_BYTES_MAX, TEMPLATES_BYTES_MAX, TEMPLATES_MAX};

/// As many slots say that the texts are kept whole.
pub(super) const WHOLE: u8 = u8::MAX;

/// Texts, severities, slots.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Templates {
    pub(super) texts: Vec<u8>,
    /// Per template, the end of its text.
    pub(super) ends: Vec<u32>,
    pub(super) severities: Vec<u8>,
    /// Per template, how many variables it has, or [`WHOLE`].
    pub(super) slots: Vec<u8>,
    /// Per template, the number of its first slot.
    pub(super) first_slot: Vec<u32>,
    /// Per slot, what its values are made of.
    pub(super) masks: Vec<Mask>,
    /// Per slot, where its mark stands in `texts`; for a text that is kept whole, its end.
    pub(super) marks: Vec<u32>,
}

impl Templates {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn text(&self, template: u32) -> &[u8] {
        &self.texts[self.start(template)..self.ends[template as usize] as usize]
    }

    pub(super) fn start(&self, template: u32) -> usize {
        template.checked_sub(1).map_or(0, |before| self.ends[before as usize] as usize)
    }

    pub(super) fn is_whole(&self, template: u32) -> bool {
        self.slots[template as usize] == WHOLE
    }

    /// How many columns of values it has.
    pub(super) fn columns(&self, template: u32) -> usize {
        columns(self.slots[template as usize])
    }

    /// What the values of each of its slots are made of.
    pub(super) fn masks_of(&self, template: u32) -> &[Mask] {
        &self.masks[self.first_slot[template as usize] as usize..][..self.columns(template)]
    }

    /// Where the mark of each of its slots stands in `texts`.
    pub(super) fn marks_of(&self, template: u32) -> &[u32] {
        &self.marks[self.first_slot[template as usize] as usize..][..self.columns(template)]
    }

    /// How long all parts are, bytes.
    pub(super) fn own_len(&self, template: u32) -> u64 {
        match self.is_whole(template) {
            true => 0,
            // A mark stands for each variable.
            false => self.text(template).len().saturating_sub(self.columns(template)) as u64,
        }
    }

    fn push(&mut self, severity: u8, slots: u8, text: &[u8]) {
        self.texts.extend_from_slice(text);
        self.ends.push(narrow(self.texts.len()));
        self.severities.push(severity);
        self.slots.push(slots);
        self.first_slot.push(narrow(self.masks.len()));
        let mask = if slots == WHOLE { ANYTHING } else { 0 };
        self.masks.resize(self.masks.len() + columns(slots), mask);
        self.mark(narrow(self.ends.len() - 1));
    }

    /// Finds the marks of a template, behind those of the templates before it; says whether there are as many as
    /// it has slots.
    pub(super) fn mark(&mut self, template: u32) -> bool {
        let (start, before) = (self.start(template), self.marks.len());
        let text = &self.texts[start..self.ends[template as usize] as usize];
        match self.is_whole(template) {
            true => self.marks.push(narrow(start + text.len())),
            false => self.marks.extend(memchr_iter(MARK, text).map(|at| narrow(start + at))),
        }
        self.marks.len() - before == self.columns(template)
    }
}

pub(super) fn columns(slots: u8) -> usize {
    if slots == WHOLE { 1 } else { usize::from(slots) }
}

/// Finds templates by their text, while a split is made.
#[derive(Debug, Default)]
pub(super) struct TemplateTable {
    pub(super) templates: Templates,
    hashes: Vec<u64>,
    /// A power of two of places, at most half of them taken: number of the template, and one.
    places: Vec<u32>,
}

const PLACES_MIN: usize = 1 << 12;

impl TemplateTable {
    /// Forgets all templates, and keeps the memory.
    pub(super) fn clear(&mut self) {
        let Templates { texts, ends, severities, slots, first_slot, masks, marks } =
            &mut self.templates;
        texts.clear();
        ends.clear();
        severities.clear();
        slots.clear();
        first_slot.clear();
        masks.clear();
        marks.clear();
        self.hashes.clear();
        self.places.fill(0);
    }

    /// The template's number; it is added when it is new. `None` when there is no room for it.
    pub(super) fn number(&mut self, severity: u8, slots: u8, text: &[u8]) -> Option<u32> {
        if self.places.len() < 2 * (self.hashes.len() + 1) {
            self.grow();
        }
        let hash = xxh3_64_with_seed(text, u64::from(severity) << 8 | u64::from(slots));
        let place = self.find(hash, (severity, slots, text));
        if let Some(known) = self.places[place].checked_sub(1) {
            return Some(known);
        }
        let full = self.hashes.len() >= TEMPLATES_MAX
            || self.templates.texts.len() + text.len() > TEMPLATES_BYTES_MAX
            || text.len() > TEMPLATE_BYTES_MAX;
        if full && slots != WHOLE {
            return None;
        }
        self.templates.push(severity, slots, text);
        self.hashes.push(hash);
        self.places[place] = narrow(self.hashes.len());
        Some(narrow(self.hashes.len() - 1))
    }

    /// The template under which texts of the severity are kept whole.
    pub(super) fn whole(&mut self, severity: u8) -> u32 {
        self.number(severity, WHOLE, &[]).unwrap_or_default()
    }

    /// Where it stands, or would.
    fn find(&self, hash: u64, (severity, slots, text): (u8, u8, &[u8])) -> usize {
        let mut place = self.place_of(hash);
        loop {
            let Some(known) = self.places[place].checked_sub(1) else { return place };
            let at = known as usize;
            let templates = &self.templates;
            if self.hashes[at] == hash
                && templates.severities[at] == severity
                && templates.slots[at] == slots
                && templates.text(known) == text
            {
                return place;
            }
            place = (place + 1) & (self.places.len() - 1);
        }
    }

    fn place_of(&self, hash: u64) -> usize {
        narrow_usize(hash) & (self.places.len() - 1)
    }

    fn grow(&mut self) {
        let places = (2 * self.places.len()).max(PLACES_MIN);
        self.places.clear();
        self.places.resize(places, 0);
        for (number, hash) in (1_u32..).zip(&self.hashes) {
            let mut place = narrow_usize(*hash) & (places - 1);
            while self.places[place] != 0 {
                place = (place + 1) & (places - 1);
            }
            self.places[place] = number;
        }
    }
}

fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The low half of a hash.
fn narrow_usize(hash: u64) -> usize {
    (hash & u64::from(u32::MAX)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_told_by_its_severity_and_its_text() {
        let mut table = TemplateTable::default();
        assert_eq!(table.number(3, 1, b"port \x01"), Some(0));
        assert_eq!(table.number(4, 1, b"port \x01"), Some(1));
        assert_eq!(table.number(3, 0, b"port"), Some(2));
        assert_eq!(table.number(3, 1, b"port \x01"), Some(0));
        assert_eq!(table.whole(3), 3);
        assert_eq!((table.whole(3), table.whole(2)), (3, 4));
        assert_eq!(table.templates.marks_of(1), [11], "behind a template of six bytes");
        assert_eq!(
            (table.templates.masks.len(), table.templates.masks_of(3)),
            (4, &[ANYTHING][..])
        );
        table.clear();
        assert_eq!(table.number(4, 1, b"port \x01"), Some(0));
    }

    #[test]
    fn the_table_has_room_for_so_many_templates_and_for_texts_kept_whole_beyond() {
        let mut table = TemplateTable::default();
        for number in 0..u32::try_from(TEMPLATES_MAX).unwrap() {
            assert_eq!(table.number(0, 0, &number.to_le_bytes()), Some(number));
        }
        assert_eq!(table.number(0, 0, b"one more"), None);
        assert_eq!(table.number(0, 0, &7_u32.to_le_bytes()), Some(7));
        assert_eq!(table.whole(0), 65_536);
    }

    #[test]
    fn a_template_may_be_so_long_and_no_longer() {
        let mut table = TemplateTable::default();
        assert_eq!(table.number(0, 0, &[b'x'; TEMPLATE_BYTES_MAX]), Some(0));
        assert_eq!(table.number(0, 0, &[b'x'; TEMPLATE_BYTES_MAX + 1]), None);
    }

    #[test]
    fn all_templates_together_may_be_so_long_and_no_longer() {
        let mut table = TemplateTable::default();
        let text = |n: usize| format!("{n:0TEMPLATE_BYTES_MAX$}").into_bytes();
        for n in 0..TEMPLATES_BYTES_MAX / TEMPLATE_BYTES_MAX {
            assert!(table.number(0, 0, &text(n)).is_some());
        }
        assert_eq!(table.number(0, 0, b"x"), None);
        assert!(table.number(0, 0, b"").is_some());
    }
}
