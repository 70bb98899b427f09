//! What stands in the slots of a block's texts, column by column: by template, slot and row.

use super::super::clock::Apart;
use super::super::group::Groups;
use super::super::mark::Mark;
use super::super::streams::{Stream, Streams};
use super::super::variables::{
    ADDRESS_PACKED_BYTES, EACH, ONE_LENGTH, ONE_VALUE, UUID_PACKED_BYTES,
};
use super::parsed::Side;
use crate::cursor::Cursor;

/// One value: where it is, as many bytes, and the length as written, where that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Value {
    pub(super) at: u32,
    pub(super) packed: u8,
    pub(super) len: u8,
}

/// The values' bytes.
#[derive(Debug, Default)]
pub(super) struct Values {
    bytes: Vec<u8>,
}

/// The stream of a mark's bytes.
fn stream_of(mark: Mark) -> Stream {
    match mark {
        Mark::Digits => Stream::Digits,
        Mark::Hex | Mark::Uuid => Stream::Hex,
        Mark::Address => Stream::Addresses,
        Mark::Clock | Mark::ClockPoint | Mark::ClockComma => Stream::Clocks,
    }
}

/// How many bytes a value of that length has in its stream, if that is told by the length.
pub(super) fn packed_bytes(mark: Mark, len: u8) -> Option<u8> {
    Some(match mark {
        Mark::Digits => len,
        Mark::Hex => len.div_ceil(2),
        Mark::Uuid => u8::try_from(UUID_PACKED_BYTES).ok()?,
        Mark::Address => u8::try_from(ADDRESS_PACKED_BYTES).ok()?,
        Mark::Clock | Mark::ClockPoint | Mark::ClockComma => return None,
    })
}

/// Whether lengths of such values are written.
pub(super) fn has_length(mark: Mark) -> bool {
    matches!(mark, Mark::Digits | Mark::Hex)
}

impl Values {
    pub(super) fn of(&self, value: Value) -> &[u8] {
        let at = value.at as usize;
        &self.bytes[at..at + usize::from(value.packed)]
    }

    pub(super) fn push(&mut self, len: u8, bytes: &[u8]) -> Option<Value> {
        let at = u32::try_from(self.bytes.len()).ok()?;
        self.bytes.extend_from_slice(bytes);
        Some(Value { at, packed: u8::try_from(bytes.len()).ok()?, len })
    }

    /// Reads the values of both sides.
    pub(super) fn read(&mut self, streams: &Streams, sides: &mut [Side; 2]) -> Option<()> {
        let mut cursors = Stream::ALL.map(|stream| Cursor::new(&streams[stream as usize]));
        for side in sides {
            let groups = Groups::new(&side.numbers, side.templates.len());
            for template in 0..side.templates.len() {
                let rows = groups.of(template).len();
                for mark in side.templates.marks(template) {
                    self.read_column((*mark, rows), &mut cursors, &mut side.values)?;
                }
            }
        }
        Some(())
    }

    fn read_column(
        &mut self,
        (mark, rows): (Mark, usize),
        cursors: &mut [Cursor<'_>; Stream::ALL.len()],
        values: &mut Vec<Value>,
    ) -> Option<()> {
        let lengths = Stream::Lengths as usize;
        let how = if !has_length(mark) || rows == 0 {
            EACH
        } else if rows == 1 {
            ONE_LENGTH
        } else {
            cursors[lengths].byte()?
        };
        let mut value = Value::default();
        for row in 0..rows {
            if has_length(mark) && (row == 0 || how == EACH) {
                value.len = cursors[lengths].byte()?;
            }
            if row == 0 || how != ONE_VALUE {
                let cursor = &mut cursors[stream_of(mark) as usize];
                let bytes = match packed_bytes(mark, value.len) {
                    Some(bytes) => cursor.take(usize::from(bytes))?,
                    None => Apart::bytes(cursor)?,
                };
                value = self.push(value.len, bytes)?;
            }
            values.push(value);
        }
        Some(())
    }

    /// Writes the values of both sides.
    pub(super) fn put(&self, sides: &[Side; 2], streams: &mut Streams) {
        for side in sides {
            let groups = Groups::new(&side.numbers, side.templates.len());
            let mut values = &side.values[..];
            for template in 0..side.templates.len() {
                let rows = groups.of(template).len();
                for mark in side.templates.marks(template) {
                    let (column, rest) = values.split_at(rows.min(values.len()));
                    self.put_column(*mark, column, streams);
                    values = rest;
                }
            }
        }
    }

    fn put_column(&self, mark: Mark, column: &[Value], streams: &mut Streams) {
        let Some(first) = column.first() else { return };
        let mut told = column;
        if has_length(mark) {
            let one_length = column.iter().all(|value| value.len == first.len);
            let one_value =
                one_length && column.iter().all(|value| self.of(*value) == self.of(*first));
            let lengths = &mut streams[Stream::Lengths as usize];
            if column.len() > 1 {
                lengths.push(if one_value { ONE_VALUE } else { u8::from(one_length) });
            }
            let each = if one_length { &column[..1] } else { column };
            lengths.extend(each.iter().map(|value| value.len));
            told = if one_value { &column[..1] } else { column };
        }
        let out = &mut streams[stream_of(mark) as usize];
        told.iter().for_each(|value| out.extend_from_slice(self.of(*value)));
    }
}
