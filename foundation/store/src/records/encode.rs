//! Rows to the frames of a block: messages and attributes are cut once, what they have in common goes into the
//! split's tables. Buffers stay from block to block and from split to split.
//!
//! Invariant: before a block counts as written, its texts were put together again from what will be stored, and
//! their hash was that of the rows.

use std::io;

use nilometer_block::cursor::{Cursor, put_varint};
use nilometer_block::origins;
use nilometer_block::plane;
use nilometer_model::Rows;

use super::buckets::BucketWriter;
use super::cut::Span;
use super::fields::FieldTerms;
use super::frames::{FRAMES, Packer, Stored, content};
use super::groups::{Cuts, Grouping, Groups};
use super::rollups::RollupWriter;
use super::templates::{TemplateTable, WHOLE};
use super::token::{BEYOND_ASCII, has_digit, mask, tokens};
use super::{cut, forms};

/// Of the head, before the groups.
const CONTENT_BYTES: usize = 8;

/// What the blocks of a split have in common, and what is known of each.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) messages: TemplateTable,
    pub(super) forms: TemplateTable,
    pub(super) buckets: BucketWriter,
    pub(super) fields: FieldTerms,
    pub(super) rollups: RollupWriter,
    /// Per block, each template and how many rows have it.
    pub(super) counts: Vec<(u32, u32)>,
    /// Per block, where its counts end.
    pub(super) count_ends: Vec<u32>,
}

impl Tables {
    /// Forgets everything, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.messages.clear();
        self.forms.clear();
        self.buckets.clear();
        self.fields.clear();
        self.rollups.clear();
        self.counts.clear();
        self.count_ends.clear();
    }
}

/// Whose the rows of a block are.
pub(super) struct Whose<'a> {
    /// The block's number.
    pub(super) block: u32,
    /// Per row, its origin's place among all of the split.
    pub(super) streams: &'a [u32],
    /// Per stream of the split, its place among components and versions.
    pub(super) services: &'a [u32],
}

/// Why a block was not written.
#[derive(Debug)]
pub(super) enum EncodeError {
    /// zstd has none.
    NoMemory,
    /// What was to be stored is not what came in.
    NotTheSame,
}

impl From<io::Error> for EncodeError {
    fn from(_: io::Error) -> Self {
        Self::NoMemory
    }
}

/// Encodes block after block.
pub(super) struct BlockEncoder {
    packer: Packer,
    messages: Cuts,
    attributes: Cuts,
    grouping: Grouping,
    template: Vec<u8>,
    head: Vec<u8>,
    values: Vec<u8>,
    /// The frame being made.
    raw: Vec<u8>,
    /// The column of numbers being made.
    numbers: Vec<u64>,
    /// What the frames give back.
    texts: Vec<u8>,
    ends: Vec<u32>,
}

impl BlockEncoder {
    pub(super) fn new(zstd_level: i32) -> io::Result<Self> {
        Ok(Self {
            packer: Packer::new(zstd_level)?,
            messages: Cuts::default(),
            attributes: Cuts::default(),
            grouping: Grouping::default(),
            template: Vec::new(),
            head: Vec::new(),
            values: Vec::new(),
            raw: Vec::new(),
            numbers: Vec::new(),
            texts: Vec::new(),
            ends: Vec::new(),
        })
    }

    /// Appends the frames of the rows to `out`.
    pub(super) fn put(
        &mut self,
        rows: &Rows,
        whose: &Whose<'_>,
        tables: &mut Tables,
        out: &mut Vec<u8>,
    ) -> Result<[Stored; FRAMES], EncodeError> {
        let (messages, attributes) = (&rows.message, &rows.attributes);
        let hash = content(0, messages.text().as_bytes(), messages.ends());
        let content = content(hash, attributes.text().as_bytes(), attributes.ends());
        self.messages(rows, whose, tables);
        self.head.splice(..0, content.to_le_bytes());
        origins::put_runs(&mut self.head, whose.streams);
        let head = self.packer.put(&self.head, out)?;
        self.times(rows);
        let times = self.packer.put(&self.raw, out)?;
        let values = self.packer.put(&self.values, out)?;
        let again = self.again((0, rows.len()), &tables.messages, CONTENT_BYTES)?;
        self.attributes(rows, tables);
        if self.again((again, rows.len()), &tables.forms, 0)? != content {
            return Err(EncodeError::NotTheSame);
        }
        self.raw.clear();
        put_varint(&mut self.raw, narrow(self.head.len()));
        self.raw.extend_from_slice(&self.head);
        self.raw.extend_from_slice(&self.values);
        let attributes = self.packer.put(&self.raw, out)?;
        self.positions(rows);
        let positions = self.packer.put(&self.raw, out)?;
        self.ids(rows, &mut tables.buckets);
        let ids = self.packer.put(&self.raw, out)?;
        tables.buckets.end_block(whose.block);
        tables.fields.end_block();
        Ok([head, times, values, attributes, positions, ids])
    }

    /// Cuts the messages; makes groups in `head`, and `values`.
    fn messages(&mut self, rows: &Rows, whose: &Whose<'_>, tables: &mut Tables) {
        let Tables { messages: table, buckets, rollups, counts, count_ends, .. } = tables;
        let text = rows.message.text().as_bytes();
        self.messages.clear();
        for row in 0..rows.len() {
            let severity = rows.severity[row] as u8;
            let span = Span::new(rows.message.start(row), rows.message.ends()[row] as usize);
            let (template, first) = (&mut self.template, self.messages.len());
            template.clear();
            let until = &text[..rows.message.ends()[row] as usize];
            let is_cut = cut::cut(until, span.start as usize, template, self.messages.spans());
            let slots = u8::try_from(self.messages.len() - first).unwrap_or(WHOLE);
            let number = is_cut.and_then(|()| table.number(severity, slots, template));
            match number {
                Some(number) => self.messages.push(number, first),
                None => self.messages.push_whole(table.whole(severity), first, span),
            }
        }
        self.grouping.group(&self.messages, table.templates.len());
        let groups = self.grouping.iter();
        counts.extend(groups.map(|(template, rows)| (template, narrow(rows.len()))));
        count_ends.push(narrow(counts.len()));
        rollups.block(rows, whose, &self.grouping);
        self.head.clear();
        self.values.clear();
        let TemplateTable { templates, .. } = table;
        let mut masks = std::mem::take(&mut templates.masks);
        let into = (&mut self.head, &mut self.values);
        self.grouping.put((&self.messages, text), templates, into, |template, slot, value| {
            let whole = templates.is_whole(template);
            let mask = mask(value);
            masks[templates.first_slot[template as usize] as usize + slot] |= mask;
            if whole || mask & BEYOND_ASCII != 0 {
                put_words(buckets, value);
            } else {
                buckets.add(value);
            }
        });
        templates.masks = masks;
    }

    /// Cuts the attributes; makes groups in `head`, and `values`.
    fn attributes(&mut self, rows: &Rows, tables: &mut Tables) {
        let Tables { forms: table, buckets, fields, .. } = tables;
        let text = rows.attributes.text().as_bytes();
        self.attributes.clear();
        for row in 0..rows.len() {
            let span = Span::new(rows.attributes.start(row), rows.attributes.ends()[row] as usize);
            let (form, first) = (&mut self.template, self.attributes.len());
            form.clear();
            let until = &text[..rows.attributes.ends()[row] as usize];
            let is_cut = forms::cut(until, span.start as usize, form, self.attributes.spans());
            let slots = u8::try_from(self.attributes.len() - first).unwrap_or(WHOLE);
            match is_cut.and_then(|()| table.number(0, slots, form)) {
                Some(number) => self.attributes.push(number, first),
                None => self.attributes.push_whole(table.whole(0), first, span),
            }
        }
        self.grouping.group(&self.attributes, table.templates.len());
        self.head.clear();
        self.values.clear();
        let templates = &table.templates;
        let into = (&mut self.head, &mut self.values);
        self.grouping.put((&self.attributes, text), templates, into, |form, slot, value| {
            if templates.is_whole(form) {
                fields.add_all(value, buckets);
            } else {
                fields.add((form, slot), templates.text(form), value, buckets);
            }
        });
    }

    /// The hash of the texts, made of what is in `head` from `at` on and in `values`, going on from `hash`.
    fn again(
        &mut self,
        (hash, rows): (u64, usize),
        table: &TemplateTable,
        at: usize,
    ) -> Result<u64, EncodeError> {
        self.texts.clear();
        self.ends.clear();
        let (into, templates) = ((&mut self.texts, &mut self.ends), &table.templates);
        let texts = || {
            let mut cursor = Cursor::new(self.head.get(at..)?);
            let groups = Groups::read(&mut cursor, rows, templates)?;
            groups.texts((&self.values, templates), None, into)
        };
        texts().ok_or(EncodeError::NotTheSame)?;
        Ok(content(hash, &self.texts, &self.ends))
    }

    fn times(&mut self, rows: &Rows) {
        self.raw.clear();
        self.deltas(&rows.time);
        let ahead = rows.order_time.iter().zip(&rows.time);
        self.column(ahead.map(|(order, time)| plane::zigzag(order.wrapping_sub(*time))));
    }

    fn positions(&mut self, rows: &Rows) {
        self.raw.clear();
        self.deltas(&rows.received);
        let framing = (0..rows.len()).map(|row| {
            let bytes = i64::from(rows.bytes[row]);
            plane::zigzag(bytes - i64::from(narrow(rows.message.bytes(row))))
        });
        self.column(framing);
        let mut before = vec![0_u64; rows.origins.len()];
        let steps = (0..rows.len()).map(|row| {
            let position = rows.position[row];
            let last = std::mem::replace(&mut before[rows.origin[row] as usize], position);
            let expected = last.wrapping_add(u64::from(rows.bytes[row]));
            plane::zigzag(position.wrapping_sub(expected).cast_signed())
        });
        self.column(steps);
    }

    fn ids(&mut self, rows: &Rows, buckets: &mut BucketWriter) {
        self.raw.clear();
        if rows.trace_id.is_empty() && rows.span_id.is_empty() {
            return;
        }
        for (column, bytes) in
            [(rows.trace_id.as_flattened(), 16), (rows.span_id.as_flattened(), 8)]
        {
            self.raw.extend_from_slice(column);
            self.raw.resize(self.raw.len() + bytes * rows.len() - column.len(), 0);
        }
        rows.trace_id.iter().filter(|id| **id != [0; 16]).for_each(|id| buckets.add(id));
    }

    fn deltas(&mut self, times: &[i64]) {
        let mut before = times.first().copied().unwrap_or_default();
        self.raw.extend_from_slice(&before.to_le_bytes());
        self.column(
            times.iter().map(|time| {
                plane::zigzag(time.wrapping_sub(std::mem::replace(&mut before, *time)))
            }),
        );
    }

    fn column(&mut self, values: impl Iterator<Item = u64>) {
        self.numbers.clear();
        self.numbers.extend(values);
        plane::put(&mut self.raw, &self.numbers);
    }
}

/// Adds the variables of a text: its tokens with a digit, and where these hold more than ASCII also the words
/// in them.
fn put_words(buckets: &mut BucketWriter, text: &[u8]) {
    for token in tokens(text).filter(|token| has_digit(token)) {
        buckets.add(token);
        if !token.is_ascii() {
            let token = std::str::from_utf8(token).unwrap_or_default();
            nilometer_block::words(token).for_each(|word| buckets.add(word.as_bytes()));
        }
    }
}

fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
