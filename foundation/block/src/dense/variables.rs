//! What is a text's own, slot by slot.
//!
//! ```text
//!   for each template, each of its slots:
//!     digits, hex   how u8, unless there is one row   lengths    0 each its own length, 1 all one, 2 all one value
//!                   length u8, once or per row        lengths
//!                   text, or two digits a byte        digits, hex
//!     uuid          16 bytes per row                  hex
//!     address        4 bytes per row                  addresses
//!     clock         how far apart, per row            clocks
//! ```

use super::clock::{Apart, apart};
use super::cut::Span;
use super::digits::{append, begins, packed};
use super::group::Groups;
use super::mark::{Mark, UUID_BYTES, UUID_DASHES};
use super::streams::{Stream, Streams};
use super::templates::{Slots, Spans, Templates};
use crate::cursor::Cursor;

/// How a column of digits is told.
pub(super) const EACH: u8 = 0;
pub(super) const ONE_LENGTH: u8 = 1;
pub(super) const ONE_VALUE: u8 = 2;

const STREAMS: usize = Stream::ALL.len();
pub(super) const UUID_PACKED_BYTES: usize = 16;
pub(super) const ADDRESS_PACKED_BYTES: usize = 4;

/// Writes what stands in all slots.
pub(super) struct Writer<'s, 'a> {
    pub(super) streams: &'s mut Streams,
    /// What the spans are of.
    pub(super) text: &'a [u8],
    pub(super) times: &'a [i64],
    /// The slot being written.
    pub(super) column: &'s mut Vec<Span>,
}

impl Writer<'_, '_> {
    /// `used` are the templates, by the number that `groups` knows them by.
    pub(super) fn all(
        &mut self,
        (templates, used): (&Templates, &[usize]),
        groups: &Groups,
        spans: &Spans,
    ) {
        for (number, template) in used.iter().enumerate() {
            let rows = groups.of(number);
            for (slot, mark) in templates.marks(*template).iter().copied().enumerate() {
                self.column.clear();
                let entry = |row: &u32| spans.entries[spans.firsts[*row as usize] as usize + slot];
                self.column.extend(rows.iter().map(entry));
                match mark {
                    Mark::Digits | Mark::Hex => self.digits(mark),
                    _ => self.fixed(mark, rows),
                }
            }
        }
    }

    fn digits(&mut self, mark: Mark) {
        let Some(&first) = self.column.first() else { return };
        let one_length = self.column.iter().all(|span| span.len == first.len);
        let value = first.of(self.text);
        let one_value =
            one_length && self.column.iter().all(|span| begins(span.of(self.text), value));
        let lengths = &mut self.streams[Stream::Lengths as usize];
        if self.column.len() > 1 {
            lengths.push(if one_value { ONE_VALUE } else { u8::from(one_length) });
        }
        let each = if one_length { &self.column[..1] } else { &self.column[..] };
        lengths.extend(each.iter().map(|span| span.len.to_le_bytes()[0]));
        let told = if one_value { &self.column[..1] } else { &self.column[..] };
        if mark == Mark::Digits {
            let digits = &mut self.streams[Stream::Digits as usize];
            let text = self.text;
            told.iter()
                .for_each(|span| append(digits, text, span.start as usize, span.len as usize));
        } else {
            let hex = &mut self.streams[Stream::Hex as usize];
            told.iter().for_each(|span| pack_hex(span.of(self.text), hex));
        }
    }

    fn fixed(&mut self, mark: Mark, rows: &[u32]) {
        let texts = self.column.iter().map(|span| span.of(self.text));
        match mark {
            Mark::Uuid => {
                let hex = &mut self.streams[Stream::Hex as usize];
                texts.for_each(|text| pack_uuid(text, hex));
            }
            Mark::Address => {
                let addresses = &mut self.streams[Stream::Addresses as usize];
                addresses.extend(texts.flat_map(octets));
            }
            clock => {
                let clocks = &mut self.streams[Stream::Clocks as usize];
                let times = rows.iter().map(|row| self.times[*row as usize]);
                texts.zip(times).for_each(|(text, time)| apart(clock, text, time).put(clocks));
            }
        }
    }
}

/// An address' numbers.
fn octets(text: &[u8]) -> [u8; ADDRESS_PACKED_BYTES] {
    let mut octets = [0_u8; ADDRESS_PACKED_BYTES];
    let mut at = 0;
    for byte in text {
        match byte {
            b'.' => at = (at + 1) % ADDRESS_PACKED_BYTES,
            digit => octets[at] = octets[at].wrapping_mul(10).wrapping_add(digit & 0xf),
        }
    }
    octets
}

pub(super) fn nibble(digit: u8) -> u8 {
    if digit.is_ascii_digit() { digit - b'0' } else { digit.wrapping_sub(b'a' - 10) & 0xf }
}

fn pack_hex(text: &[u8], out: &mut Vec<u8>) {
    let (eights, rest) = text.as_chunks::<8>();
    eights.iter().for_each(|eight| out.extend_from_slice(&packed(*eight)));
    let two = |two: &[u8]| nibble(two[0]) << 4 | two.get(1).map_or(0, |low| nibble(*low));
    out.extend(rest.chunks(2).map(two));
}

fn pack_uuid(text: &[u8], out: &mut Vec<u8>) {
    let mut digits = [b'0'; 2 * UUID_PACKED_BYTES];
    let mut at = 0;
    for group in text.split(|byte| *byte == b'-') {
        let end = (at + group.len()).min(digits.len());
        digits[at..end].copy_from_slice(&group[..end - at]);
        at = end;
    }
    pack_hex(&digits, out);
}

/// One value: where it begins in its stream, and its length as written, where that differs.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Value {
    at: u32,
    len: u8,
}

/// Reads what stands in all slots.
pub(super) struct Reader<'a> {
    streams: &'a Streams,
    /// How far each stream was read.
    at: [usize; STREAMS],
}

impl<'a> Reader<'a> {
    pub(super) fn new(streams: &'a Streams) -> Self {
        Self { streams, at: [0; STREAMS] }
    }

    /// The values of all rows, whose templates `numbers` says.
    pub(super) fn all(&mut self, templates: &Templates, numbers: &[u32]) -> Option<Slots<Value>> {
        let mut values = Slots::new(numbers.len());
        let mut slots = 0;
        for number in numbers {
            slots += templates.marks(*number as usize).len();
            values.firsts.push(u32::try_from(slots).ok()?);
        }
        values.entries.resize(slots, Value::default());
        let groups = Groups::new(numbers, templates.len());
        for template in 0..templates.len() {
            let rows = groups.of(template);
            for (slot, mark) in templates.marks(template).iter().copied().enumerate() {
                let Slots { entries, firsts } = &mut values;
                let mut put =
                    |row: u32, value| entries[firsts[row as usize] as usize + slot] = value;
                match mark {
                    Mark::Digits | Mark::Hex => self.digits(mark, rows, put)?,
                    _ => {
                        for row in rows {
                            put(*row, self.fixed(mark)?);
                        }
                    }
                }
            }
        }
        Some(values)
    }

    fn digits(&mut self, mark: Mark, rows: &[u32], mut put: impl FnMut(u32, Value)) -> Option<()> {
        let how = match rows {
            [] => return Some(()),
            [_] => ONE_LENGTH,
            _ => self.length()?,
        };
        let (mut value, mut len) = (Value::default(), 0);
        for (number, row) in rows.iter().enumerate() {
            if number == 0 || how == EACH {
                len = self.length().filter(|len| *len > 0)?;
            }
            if number == 0 || how != ONE_VALUE {
                let (stream, bytes) = match mark {
                    Mark::Digits => (Stream::Digits, usize::from(len)),
                    _ => (Stream::Hex, usize::from(len).div_ceil(2)),
                };
                value = Value { at: self.take(stream, bytes)?, len };
            }
            put(*row, value);
        }
        (how <= ONE_VALUE).then_some(())
    }

    fn fixed(&mut self, mark: Mark) -> Option<Value> {
        let at = match mark {
            Mark::Uuid => self.take(Stream::Hex, UUID_PACKED_BYTES)?,
            Mark::Address => self.take(Stream::Addresses, ADDRESS_PACKED_BYTES)?,
            _ => {
                let clocks = self.rest(Stream::Clocks);
                let mut cursor = Cursor::new(clocks);
                Apart::get(&mut cursor)?;
                self.take(Stream::Clocks, clocks.len() - cursor.len())?
            }
        };
        Some(Value { at, len: 0 })
    }

    fn length(&mut self) -> Option<u8> {
        let at = self.take(Stream::Lengths, 1)?;
        self.streams[Stream::Lengths as usize].get(at as usize).copied()
    }

    fn take(&mut self, stream: Stream, bytes: usize) -> Option<u32> {
        let at = &mut self.at[stream as usize];
        let start = *at;
        *at = start.checked_add(bytes)?;
        (*at <= self.streams[stream as usize].len()).then_some(())?;
        u32::try_from(start).ok()
    }

    /// Whether nothing is left that no slot asked for.
    pub(super) fn is_at_end(&self) -> bool {
        let read =
            [Stream::Lengths, Stream::Digits, Stream::Addresses, Stream::Clocks, Stream::Hex];
        read.into_iter().all(|stream| self.rest(stream).is_empty())
    }

    fn rest(&self, stream: Stream) -> &'a [u8] {
        self.streams[stream as usize].get(self.at[stream as usize]..).unwrap_or_default()
    }
}

/// Appends a value as it was written.
pub(super) fn write(
    streams: &Streams,
    (mark, value): (Mark, Value),
    time: i64,
    out: &mut Vec<u8>,
) -> Option<()> {
    let (at, len) = (value.at as usize, usize::from(value.len));
    let from = |stream: Stream| streams[stream as usize].get(at..);
    match mark {
        Mark::Digits => out.extend_from_slice(from(Stream::Digits)?.get(..len)?),
        Mark::Hex => {
            out.extend(from(Stream::Hex)?.iter().flat_map(|byte| digits(*byte)).take(len));
        }
        Mark::Uuid => {
            let packed = from(Stream::Hex)?.get(..UUID_PACKED_BYTES)?;
            let mut digits = packed.iter().flat_map(|byte| digits(*byte));
            let uuid = (0..UUID_BYTES).map(|at| match UUID_DASHES.contains(&at) {
                true => b'-',
                false => digits.next().unwrap_or_default(),
            });
            out.extend(uuid);
        }
        Mark::Address => {
            for (number, octet) in from(Stream::Addresses)?.get(..4)?.iter().enumerate() {
                if number > 0 {
                    out.push(b'.');
                }
                write_octet(*octet, out);
            }
        }
        clock => {
            Apart::get(&mut Cursor::new(from(Stream::Clocks)?))?.write(clock, time, out)?;
        }
    }
    Some(())
}

fn digits(byte: u8) -> [u8; 2] {
    [byte >> 4, byte & 0xf]
        .map(|nibble| if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble })
}

fn write_octet(octet: u8, out: &mut Vec<u8>) {
    if octet >= 100 {
        out.push(b'0' + octet / 100);
    }
    if octet >= 10 {
        out.push(b'0' + octet / 10 % 10);
    }
    out.push(b'0' + octet % 10);
}
