//! The texts of a block by their template: whose each is, and what is its own, slot by slot.
//!
//! ```text
//!   groups  v n | { v template, v rows, { v (bytes << 1 | constant) }* per slot }* | place of each row: planes
//!   values  per template, per slot: a column
//!   column  value LF ...      of a template with slots; one value only where all rows have the same
//!           { v bytes, value } ...   of one whose texts are kept whole
//! ```
//! v = LEB128; the place is that of the row's template in this list. Invariants:
//! - groups stand in the order of their first rows; the rows of a group keep their order;
//! - a value of a column with line ends has none itself (see `cut.rs`, `forms.rs`);
//! - what is read is checked: places are of groups, and as many as these say.

use std::ops::Range;

use nilometer_block::cursor::{Cursor, put_varint};
use nilometer_block::limits::TEXT_BYTES_MAX;
use nilometer_block::plane;

use super::cut::Span;
use super::row_set::RowSet;
use super::templates::Templates;
use super::values::{Column, END, Values};

/// The texts of a block, cut.
#[derive(Debug, Default)]
pub(super) struct Cuts {
    /// Per row, its template in the split.
    template: Vec<u32>,
    /// Per row, where its variables begin in `spans`.
    first_span: Vec<u32>,
    spans: Vec<Span>,
}

impl Cuts {
    pub(super) fn clear(&mut self) {
        self.template.clear();
        self.first_span.clear();
        self.spans.clear();
    }

    /// Where to append the variables of the next row.
    pub(super) fn spans(&mut self) -> &mut Vec<Span> {
        &mut self.spans
    }

    /// How many variables there are so far.
    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    /// The next row is of the template; its variables are those from `first` on.
    pub(super) fn push(&mut self, template: u32, first: usize) {
        self.template.push(template);
        self.first_span.push(narrow(first));
    }

    /// The next row is kept whole under the template.
    pub(super) fn push_whole(&mut self, template: u32, first: usize, text: Span) {
        self.spans.truncate(first);
        self.spans.push(text);
        self.push(template, first);
    }
}

/// Brings rows together by template; keeps its memory from block to block.
#[derive(Debug, Default)]
pub(super) struct Grouping {
    /// Per template of the split its place here, and one; 0 when it is not here.
    place_of: Vec<u32>,
    templates: Vec<u32>,
    /// Per place, where its rows end in `order`.
    ends: Vec<u32>,
    order: Vec<u32>,
    /// Per row.
    places: Vec<u64>,
}

impl Grouping {
    pub(super) fn group(&mut self, cuts: &Cuts, templates: usize) {
        for template in self.templates.drain(..) {
            self.place_of[template as usize] = 0;
        }
        self.place_of.resize(templates.max(self.place_of.len()), 0);
        self.ends.clear();
        self.places.clear();
        for template in &cuts.template {
            let place = &mut self.place_of[*template as usize];
            if *place == 0 {
                self.templates.push(*template);
                self.ends.push(0);
                *place = narrow(self.ends.len());
            }
            self.ends[*place as usize - 1] += 1;
            self.places.push(u64::from(*place - 1));
        }
        let mut start = 0;
        for end in &mut self.ends {
            start += std::mem::replace(end, start);
        }
        self.order.clear();
        self.order.resize(cuts.template.len(), 0);
        for (row, template) in (0_u32..).zip(&cuts.template) {
            let end = &mut self.ends[self.place_of[*template as usize] as usize - 1];
            self.order[*end as usize] = row;
            *end += 1;
        }
    }

    /// Each template, and its rows in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &[u32])> {
        let start = |place: usize| place.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.templates.iter().enumerate().map(move |(place, template)| {
            (*template, &self.order[start(place) as usize..self.ends[place] as usize])
        })
    }

    /// Per row, the place of its template.
    pub(super) fn places(&self) -> &[u64] {
        &self.places
    }

    /// The template at a place.
    pub(super) fn template(&self, place: usize) -> u32 {
        self.templates[place]
    }

    /// Appends groups and values. `see` is shown template, slot and value, at least once each.
    pub(super) fn put(
        &self,
        (cuts, text): (&Cuts, &[u8]),
        templates: &Templates,
        (groups, values): (&mut Vec<u8>, &mut Vec<u8>),
        mut see: impl FnMut(u32, usize, &[u8]),
    ) {
        put_varint(groups, narrow(self.templates.len()));
        for (template, rows) in self.iter() {
            put_varint(groups, template);
            put_varint(groups, narrow(rows.len()));
            for slot in 0..templates.columns(template) {
                let span = |row: &u32| cuts.spans[cuts.first_span[*row as usize] as usize + slot];
                let start = values.len();
                let column = rows.iter().map(span);
                let constant = if templates.is_whole(template) {
                    put_sized(values, (text, column), |value| see(template, slot, value));
                    false
                } else {
                    put_lines(values, (text, column), |value| see(template, slot, value))
                };
                put_varint(groups, narrow(values.len() - start) << 1 | u32::from(constant));
            }
        }
        plane::put(groups, &self.places);
    }
}

fn put_sized(
    out: &mut Vec<u8>,
    (text, column): (&[u8], impl Iterator<Item = Span>),
    mut see: impl FnMut(&[u8]),
) {
    for value in column.map(|span| span.of(text)) {
        see(value);
        put_varint(out, narrow(value.len()));
        out.extend_from_slice(value);
    }
}

/// Whether all values are the same; then there is one.
fn put_lines(
    out: &mut Vec<u8>,
    (text, mut column): (&[u8], impl Iterator<Item = Span>),
    mut see: impl FnMut(&[u8]),
) -> bool {
    let Some(mut last) = column.next() else { return true };
    see(last.of(text));
    put_line(out, text, last);
    let one = out.len();
    let mut constant = true;
    for span in column {
        let value = span.of(text);
        if differs(value, last.of(text)) {
            see(value);
            constant = false;
            last = span;
        }
        put_line(out, text, span);
    }
    if constant {
        out.truncate(one);
    }
    constant
}

fn put_line(out: &mut Vec<u8>, text: &[u8], span: Span) {
    put_short(out, &text[span.start as usize..], span.len as usize);
    out.push(END);
}

/// Appends the first `len` bytes. As a rule they are few: to copy as many as fit a register, and to take back what
/// is too much, is several times as fast as to copy as many as there are.
fn put_short(out: &mut Vec<u8>, bytes: &[u8], len: usize) {
    const SHORT: usize = 16;
    match bytes.first_chunk::<SHORT>() {
        Some(short) if len <= SHORT => {
            let end = out.len() + len;
            out.extend_from_slice(short);
            out.truncate(end);
        }
        _ => out.extend_from_slice(&bytes[..len]),
    }
}

/// Numbers that stand below each other mostly differ in their last digit.
fn differs(value: &[u8], before: &[u8]) -> bool {
    value.last() != before.last() || value != before
}

fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The rows of one template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) template: u32,
    pub(super) rows: u32,
    /// Its first column.
    first: u32,
}

/// Where a column stands among the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    at: u32,
    len: u32,
    constant: bool,
}

/// What was written by [`Grouping::put`], without the values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Groups {
    pub(super) groups: Vec<Group>,
    columns: Vec<Place>,
    /// Per row, the place of its group.
    pub(super) places: Vec<u16>,
}

impl Groups {
    /// `None` unless it is exactly of so many rows, of those templates.
    pub(super) fn read(
        cursor: &mut Cursor<'_>,
        rows: usize,
        templates: &Templates,
    ) -> Option<Self> {
        let count = cursor.varint()? as usize;
        if count > rows {
            return None;
        }
        let (mut groups, mut columns, mut at) = (Vec::with_capacity(count), Vec::new(), 0_u32);
        for _ in 0..count {
            let (template, rows) = (cursor.varint()?, cursor.varint()?);
            if template as usize >= templates.len() {
                return None;
            }
            groups.push(Group { template, rows, first: narrow(columns.len()) });
            for _ in 0..templates.columns(template) {
                let size = cursor.varint()?;
                let (len, constant) = (size >> 1, size & 1 == 1);
                columns.push(Place { at, len, constant });
                at = at.checked_add(len)?;
            }
        }
        let mut planes = Vec::new();
        plane::get(cursor, rows, &mut planes)?;
        let mut left: Vec<u32> = groups.iter().map(|group| group.rows).collect();
        let mut places = Vec::with_capacity(rows);
        for place in planes {
            let left = left.get_mut(usize::try_from(place).ok()?)?;
            *left = left.checked_sub(1)?;
            places.push(u16::try_from(place).ok()?);
        }
        left.iter().all(|left| *left == 0).then_some(Self { groups, columns, places })
    }

    /// The column of a group's slot; `None` when `values` ends before it does.
    pub(super) fn column<'a>(
        &self,
        group: Group,
        slot: usize,
        templates: &Templates,
        values: &'a [u8],
    ) -> Option<Column<'a>> {
        let Place { at, len, constant } = *self.columns.get(group.first as usize + slot)?;
        let bytes = values.get(at as usize..)?.get(..len as usize)?;
        let sized = templates.is_whole(group.template);
        Some(Column { bytes, constant, sized, rows: group.rows as usize })
    }

    /// Appends the texts of the rows that are wanted, in their order, to `texts`, and where each row's ends to
    /// `ends`; the others are empty. `None` when `values` are not those that belong here.
    pub(super) fn texts(
        &self,
        (values, templates): (&[u8], &Templates),
        wanted: Option<&RowSet>,
        (texts, ends): (&mut Vec<u8>, &mut Vec<u32>),
    ) -> Option<()> {
        let mut asked = vec![wanted.is_none(); self.groups.len()];
        let rows = wanted.into_iter().flat_map(RowSet::iter);
        rows.for_each(|row| asked[usize::from(self.places[row])] = true);
        let (mut readers, mut columns) = (Vec::with_capacity(asked.len()), Vec::new());
        for (group, asked) in self.groups.iter().zip(asked) {
            if !asked {
                readers.push(None);
                continue;
            }
            readers.push(Some(Reader::new(templates, group.template, columns.len())));
            for slot in 0..templates.columns(group.template) {
                columns.push(self.column(*group, slot, templates, values)?.values());
            }
        }
        for (row, place) in self.places.iter().enumerate() {
            if let Some(reader) = &mut readers[usize::from(*place)] {
                if wanted.is_none_or(|wanted| wanted.contains(row)) {
                    reader.put(&templates.texts, &mut columns, texts)?;
                } else {
                    reader.passed += 1;
                }
            }
            if texts.len() > TEXT_BYTES_MAX {
                return None;
            }
            ends.push(narrow(texts.len()));
        }
        Some(())
    }

    /// How long each row's text is, bytes.
    pub(super) fn lengths(&self, values: &[u8], templates: &Templates) -> Option<Vec<u64>> {
        // Group by group, since a column is gone through faster than its values are asked for one by one.
        let mut grouped = Vec::with_capacity(self.places.len());
        let mut next = Vec::with_capacity(self.groups.len());
        for group in &self.groups {
            let start = grouped.len();
            next.push(start);
            grouped.resize(start + group.rows as usize, templates.own_len(group.template));
            for slot in 0..templates.columns(group.template) {
                self.column(*group, slot, templates, values)?.add_lengths(&mut grouped[start..])?;
            }
        }
        let of_row = |place: &u16| {
            let at = &mut next[usize::from(*place)];
            *at += 1;
            grouped.get(*at - 1).copied()
        };
        self.places.iter().map(of_row).collect()
    }
}

/// Goes through the rows of one group.
struct Reader<'a> {
    /// The template, in the texts of all.
    text: Range<usize>,
    /// Where variables belong in it.
    marks: &'a [u32],
    /// The first of its columns.
    first: usize,
    /// Rows that were passed over and whose values still stand here.
    passed: usize,
}

impl<'a> Reader<'a> {
    fn new(templates: &'a Templates, template: u32, first: usize) -> Self {
        let text = templates.start(template)..templates.ends[template as usize] as usize;
        Self { text, marks: templates.marks_of(template), first, passed: 0 }
    }

    /// Appends the text of the next row.
    fn put(
        &mut self,
        templates: &[u8],
        columns: &mut [Values<'_>],
        texts: &mut Vec<u8>,
    ) -> Option<()> {
        let passed = std::mem::take(&mut self.passed);
        let mut at = self.text.start;
        for (values, mark) in columns[self.first..].iter_mut().zip(self.marks) {
            let mark = *mark as usize;
            put_short(texts, &templates[at..], mark - at);
            let from = values.ahead(passed)?;
            put_short(texts, from, values.next()?.len());
            at = mark + 1;
        }
        // A text that is kept whole has no template, so that nothing comes behind its value.
        if let Some(len) = self.text.end.checked_sub(at) {
            put_short(texts, &templates[at..], len);
        }
        Some(())
    }
}
