//! The walk through what stands in the slots of a block's texts, row by row.
//!
//! ```text
//!   as in this slot before │ as in one like it │ a moment ago │ told: length, then digit by digit, byte by byte
//! ```
//! A slot is like another when the same text stands before it: templates of one program mostly begin alike.

use super::super::digits::hash;
use super::super::group::Groups;
use super::super::mark::Mark;
use super::super::templates::Piece;
use super::model::{Context, Kind, Last, Slot, place_of};
use super::parsed::Side;
use super::range::Way;
use super::records::{Walk, entry};
use super::values::{Value, has_length, packed_bytes};
use crate::cursor::{Cursor, put_varint};
use crate::limits::{CONTEXT_SLOTS_MAX, CONTEXT_STREAMS_BYTES_MAX, VARIABLE_BYTES_MAX};

/// Values that may be told by how long ago they stood in another slot.
const RECENT_MAX: usize = 64;
/// Longer hexadecimal numbers are ids: nothing is expected of their digits.
const HEX_MODELLED_BYTES_MAX: u8 = 8;

/// Where the values of a template stand.
struct Columns {
    first: usize,
    /// Its first slot, in the model.
    slot: usize,
    /// How many rows have it, and how many of them were walked.
    rows: usize,
    row: usize,
}

impl<W: Way> Walk<'_, W> {
    /// What stands in the slots of a side's texts, row by row.
    pub(super) fn values(&mut self, at: usize) -> Option<()> {
        let Side { templates, numbers, mut values } = std::mem::take(&mut self.parsed.sides[at]);
        let parts = templates.taken_apart();
        let mut columns = Vec::with_capacity(templates.len());
        let groups = Groups::new(&numbers, templates.len());
        let mut count = 0;
        for (number, phrase) in self.used[at].phrases.clone().into_iter().enumerate() {
            let slot = self.slots(at, phrase, parts.of(number))?;
            let rows = groups.of(number).len();
            columns.push(Columns { first: count, slot, rows, row: 0 });
            count += rows * templates.marks(number).len();
            (count <= CONTEXT_STREAMS_BYTES_MAX).then_some(())?;
        }
        values.resize(count, Value::default());
        for number in &numbers {
            let column = &mut columns[*number as usize];
            column.row += 1;
            let Columns { first, slot, rows, row } = *column;
            for (number, mark) in templates.marks(*number as usize).iter().enumerate() {
                let value = &mut values[first + number * rows + row - 1];
                *value = self.value((*mark, slot + number), *value)?;
            }
        }
        self.parsed.sides[at] = Side { templates, numbers, values };
        Some(())
    }

    /// Where the slots of a phrase begin in `lasts`.
    fn slots(&mut self, at: usize, phrase: u32, pieces: &[Piece<'_>]) -> Option<usize> {
        let habits = &mut self.coder.model.habits;
        let first = entry(&mut habits.slots[at], phrase);
        if *first == 0 {
            *first = u32::try_from(habits.lasts.len() + 1).ok()?;
            let mut before = at as u64;
            for piece in pieces {
                match piece {
                    Piece::Text(text) => {
                        before =
                            text.iter().fold(before, |before, byte| hash(before, u64::from(*byte)))
                    }
                    Piece::Slot(mark) => {
                        before = hash(before, *mark as u64);
                        habits.lasts.push(Slot {
                            last: Last::default(),
                            is_tried: false,
                            alike: place_of(before),
                        });
                    }
                    Piece::Place(_) => before = hash(before, 0),
                }
            }
            (habits.lasts.len() <= CONTEXT_SLOTS_MAX).then_some(())?;
        }
        Some(*first as usize - 1)
    }

    fn value(&mut self, (mark, slot): (Mark, usize), told: Value) -> Option<Value> {
        let Slot { last, is_tried, alike } = self.coder.model.habits.lasts[slot];
        let like = self.coder.model.habits.alike[alike];
        let bytes = if W::READS { &[][..] } else { self.parsed.values.of(told) };
        if last.packed > 0 {
            // A slot of which nothing is known yet is one of its kind.
            let about = if is_tried { [u32::try_from(slot).ok()?, 1] } else { [mark as u32, 0] };
            let is_same = (last.len, last.bytes()) == (told.len, bytes);
            self.coder.model.habits.lasts[slot].is_tried = true;
            if self.coder.bit(Context::of(Kind::Same, about), is_same) {
                self.coder.model.habits.alike[alike] = last;
                return self.take((last.len, last.bytes()), told);
            }
        }
        if like.packed > 0 && like != last {
            let is_same = (like.len, like.bytes()) == (told.len, bytes);
            let about = [u32::try_from(alike).ok()?, 2];
            if self.coder.bit(Context::of(Kind::Same, about), is_same) {
                self.coder.model.habits.lasts[slot].last = like;
                return self.take((like.len, like.bytes()), told);
            }
        }
        let before = if like.packed > 0 { like } else { last };
        let value = match mark {
            Mark::Digits => self.digits(before, told)?,
            Mark::Hex | Mark::Uuid | Mark::Address => self.id(mark, before, told)?,
            Mark::Clock | Mark::ClockPoint | Mark::ClockComma => self.clock(told)?,
        };
        let bytes = self.parsed.values.of(value);
        let habits = &mut self.coder.model.habits;
        habits.lasts[slot].last.set(value.len, bytes);
        habits.alike[alike].set(value.len, bytes);
        Some(value)
    }

    /// A value that is known; whoever writes has it already.
    fn take(&mut self, (len, bytes): (u8, &[u8]), told: Value) -> Option<Value> {
        if !W::READS {
            return Some(told);
        }
        self.spend(bytes.len())?;
        self.parsed.values.push(len, bytes)
    }

    fn length(&mut self, mark: Mark, last: Last, len: u8) -> Option<u8> {
        if !has_length(mark) {
            return Some(0);
        }
        let about = [mark as u32, u32::from(last.len)];
        let len = self.coder.bits(Context::of(Kind::Length, about), len.into(), u8::BITS);
        u8::try_from(len).ok().filter(|len| (1..=VARIABLE_BYTES_MAX).contains(&usize::from(*len)))
    }

    /// Digits, held against those that stood in the slot before, as far as they are the same.
    fn digits(&mut self, last: Last, told: Value) -> Option<Value> {
        let len = self.length(Mark::Digits, last, told.len)?;
        let mut read = [0; VARIABLE_BYTES_MAX];
        let mut is_alike = last.packed == len;
        for (at, place) in read[..usize::from(len)].iter_mut().enumerate() {
            let byte = if W::READS { b'0' } else { self.parsed.values.of(told)[at] };
            let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
            let before = if is_alike { last.bytes[at] } else { 0 };
            let about = u32::from(len.min(8)) << 8 | u32::try_from(at.min(3)).ok()?;
            let context = Context::of(Kind::Digit, [before.into(), about]);
            let digit = self.coder.bits(context, digit.into(), 4);
            *place = b'0' + u8::try_from(digit).ok().filter(|digit| *digit < 10)?;
            is_alike &= *place == before;
        }
        self.take((len, &read[..usize::from(len)]), told)
    }

    /// A number that nothing is expected of, but that it was said a moment ago.
    fn id(&mut self, mark: Mark, last: Last, told: Value) -> Option<Value> {
        let bytes = if W::READS { Vec::new() } else { self.parsed.values.of(told).to_vec() };
        let is_it = |(of, value): &(Mark, Value)| {
            let values = &self.parsed.values;
            *of == mark && value.len == told.len && values.of(*value) == bytes
        };
        let ago = self.recent.iter().rev().position(is_it);
        if self.coder.bit(Context::of(Kind::Recent, [mark as u32, 0]), ago.is_some()) {
            let context = Context::of(Kind::Recent, [mark as u32, 1]);
            let ago = self.coder.number_in(context, ago.unwrap_or_default() as u64);
            let ago = usize::try_from(ago).ok().filter(|ago| *ago < self.recent.len())?;
            let at = self.recent.len() - 1 - ago;
            let (of, value) = self.recent.remove(at);
            self.recent.push((of, value));
            let bytes = self.parsed.values.of(value).to_vec();
            return (of == mark).then(|| self.take((value.len, &bytes), told))?;
        }
        let len = self.length(mark, last, told.len)?;
        let count = packed_bytes(mark, len)?;
        let mut read = [0; VARIABLE_BYTES_MAX];
        for (at, place) in read[..usize::from(count)].iter_mut().enumerate() {
            let byte = bytes.get(at).copied().unwrap_or_default();
            let is_half = mark == Mark::Hex && len % 2 > 0 && at + 1 == usize::from(count);
            *place = self.id_byte((mark, len), at, (byte, is_half))?;
        }
        let value = self.take((len, &read[..usize::from(count)]), told)?;
        if self.recent.len() >= RECENT_MAX {
            self.recent.remove(0);
        }
        self.recent.push((mark, value));
        Some(value)
    }

    /// A byte of it, or its high half, the low one being 0.
    fn id_byte(
        &mut self,
        (mark, len): (Mark, u8),
        at: usize,
        (byte, is_half): (u8, bool),
    ) -> Option<u8> {
        let at = u32::try_from(at).ok()?;
        let byte = match mark {
            Mark::Address => {
                self.coder.bits(Context::of(Kind::Address, [at, 0]), byte.into(), u8::BITS)
            }
            _ if is_half => {
                (W::READS || byte & 0xf == 0).then_some(())?;
                self.coder.bits(Context::of(Kind::Id, [at, len.into()]), u32::from(byte >> 4), 4)
                    << 4
            }
            Mark::Hex if len <= HEX_MODELLED_BYTES_MAX => {
                self.coder.bits(Context::of(Kind::Id, [at, len.into()]), byte.into(), u8::BITS)
            }
            _ => self.coder.byte(byte).into(),
        };
        u8::try_from(byte).ok()
    }

    /// How far a time of day is from its record's.
    fn clock(&mut self, told: Value) -> Option<Value> {
        let bytes = if W::READS { &[0, 0][..] } else { self.parsed.values.of(told) };
        let (quarters, mut rest) =
            bytes.split_first().map(|(first, rest)| (*first, Cursor::new(rest)))?;
        let rest = rest.varint()?;
        let of = |kind| Context::of(Kind::Clock, [kind, 0]);
        let quarters = self.coder.bits(of(0), quarters.into(), u8::BITS);
        let rest = self.coder.number_in(of(1), rest.into());
        let mut read = vec![u8::try_from(quarters).ok()?];
        put_varint(&mut read, u32::try_from(rest).ok()?);
        self.take((0, &read), told)
    }
}
