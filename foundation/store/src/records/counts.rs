//! The templates of a split as bytes: their texts, and how many rows each has in which block.
//!
//! ```text
//!   section := v n | severity u8^n | slots u8^n | { v text bytes }^n | 4 planes of masks, a byte per slot
//!              | { v blocks { v block - the one before, v rows }* }^n | texts
//! ```
//! Invariant: the counts are of every row of every block.

use nilometer_block::cursor::{Cursor, put_varint};
use nilometer_model::Severity;

use super::templates::{Templates, columns};
use crate::limits::{TEMPLATES_BYTES_MAX, TEMPLATES_MAX};

/// Templates beyond the limit: those under which texts are kept whole.
const WHOLE_MAX: usize = Severity::ALL.len();

/// How many rows a template has in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InBlock {
    /// The block, or the template: what the list is not of.
    pub(super) of: u32,
    pub(super) rows: u32,
}

/// Lists of [`InBlock`], end to end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Lists {
    entries: Vec<InBlock>,
    ends: Vec<u32>,
}

impl Lists {
    pub(super) fn of(&self, list: u32) -> &[InBlock] {
        let start = list.checked_sub(1).map_or(0, |before| self.ends[before as usize]);
        &self.entries[start as usize..self.ends[list as usize] as usize]
    }

    /// Per list, its rows.
    pub(super) fn totals(&self) -> Vec<u64> {
        let total = |list| self.of(list).iter().map(|entry| u64::from(entry.rows)).sum();
        (0_u32..).take(self.ends.len()).map(total).collect()
    }

    /// The same entries, listed by what they are of.
    pub(super) fn turned(&self, lists: usize) -> Self {
        let mut ends = vec![0_u32; lists];
        self.entries.iter().for_each(|entry| ends[entry.of as usize] += 1);
        let mut start = 0;
        for end in &mut ends {
            start += std::mem::replace(end, start);
        }
        let mut entries = vec![InBlock { of: 0, rows: 0 }; self.entries.len()];
        for list in (0_u32..).take(self.ends.len()) {
            for entry in self.of(list) {
                let place = &mut ends[entry.of as usize];
                entries[*place as usize] = InBlock { of: list, rows: entry.rows };
                *place += 1;
            }
        }
        Self { entries, ends }
    }

    /// The lists of blocks: template and rows, block by block.
    pub(super) fn by_block(counts: &[(u32, u32)], ends: &[u32]) -> Self {
        let entries = counts.iter().map(|(template, rows)| InBlock { of: *template, rows: *rows });
        Self { entries: entries.collect(), ends: ends.to_vec() }
    }
}

/// The section; `by_template` lists the blocks of each.
pub(super) fn put(templates: &Templates, by_template: Option<&Lists>) -> Vec<u8> {
    let mut out = Vec::with_capacity(templates.texts.len() + 16 * templates.len());
    put_varint(&mut out, narrow(templates.len()));
    out.extend_from_slice(&templates.severities);
    out.extend_from_slice(&templates.slots);
    for template in (0_u32..).take(templates.len()) {
        put_varint(&mut out, narrow(templates.text(template).len()));
    }
    for plane in 0..4 {
        out.extend(templates.masks.iter().map(|mask| mask.to_le_bytes()[plane]));
    }
    for template in (0_u32..).take(by_template.map_or(0, |_| templates.len())) {
        let blocks = by_template.map(|lists| lists.of(template)).unwrap_or_default();
        put_varint(&mut out, narrow(blocks.len()));
        let mut before = 0;
        for entry in blocks {
            put_varint(&mut out, entry.of - before);
            put_varint(&mut out, entry.rows);
            before = entry.of;
        }
    }
    out.extend_from_slice(&templates.texts);
    out
}

/// The templates of a section.
pub(super) fn read_templates(cursor: &mut Cursor<'_>) -> Option<(Templates, Vec<usize>)> {
    let count = cursor.varint()? as usize;
    if count > TEMPLATES_MAX + WHOLE_MAX {
        return None;
    }
    let severities = cursor.take(count)?.to_vec();
    let slots = cursor.take(count)?.to_vec();
    if severities.iter().any(|code| Severity::from_code(*code).is_none()) {
        return None;
    }
    let lengths: Vec<usize> =
        (0..count).map(|_| cursor.varint().map(|len| len as usize)).collect::<Option<_>>()?;
    let mut first_slot = Vec::with_capacity(count);
    let mut all = 0;
    for slots in &slots {
        first_slot.push(narrow(all));
        all += columns(*slots);
    }
    let mut masks = vec![0; all];
    for plane in 0..4 {
        for (mask, byte) in masks.iter_mut().zip(cursor.take(all)?) {
            *mask |= u32::from(*byte) << (8 * plane);
        }
    }
    let (texts, ends, marks) = (Vec::new(), Vec::new(), Vec::with_capacity(all));
    Some((Templates { texts, ends, severities, slots, first_slot, masks, marks }, lengths))
}

/// The texts, which stand last.
pub(super) fn read_texts(
    cursor: &mut Cursor<'_>,
    (mut templates, lengths): (Templates, Vec<usize>),
) -> Option<Templates> {
    templates.texts = cursor.take(cursor.len())?.to_vec();
    if templates.texts.len() > TEMPLATES_BYTES_MAX {
        return None;
    }
    let mut end = 0_usize;
    for len in lengths {
        end += len;
        templates.ends.push(narrow(end));
    }
    let text = std::str::from_utf8(&templates.texts).ok()?;
    let is_end = |end: &u32| text.is_char_boundary(*end as usize);
    let sound = end == text.len() && templates.ends.iter().all(is_end);
    let marked = sound && (0..narrow(templates.len())).all(|template| templates.mark(template));
    marked.then_some(templates)
}

/// Which blocks, of so many, each of so many templates is in.
pub(super) fn read_lists(
    cursor: &mut Cursor<'_>,
    templates: usize,
    blocks: usize,
) -> Option<Lists> {
    let mut lists = Lists::default();
    for _ in 0..templates {
        let mut of = 0_u32;
        for _ in 0..cursor.varint()? {
            of = of.checked_add(cursor.varint()?)?;
            let rows = cursor.varint()?;
            if of as usize >= blocks {
                return None;
            }
            lists.entries.push(InBlock { of, rows });
        }
        lists.ends.push(narrow(lists.entries.len()));
    }
    Some(lists)
}

fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
