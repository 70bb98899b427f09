//! A text, cut into what it has in common with others and what is its own.
//!
//! ```text
//!   "Invalid user pi452 from 85.208.102.44"
//!   template: "Invalid user pi␁ from ␇"     spans: 452, 85.208.102.44
//! ```
//! Invariant: the template with each mark replaced by its span is the text.

use super::clock::clock;
use super::digits::{digit_or_low, hex_digits_of};
use super::mark::{ESCAPE, Mark, UUID_BYTES, UUID_DASHES, is_own};
use crate::limits::{SLOTS_MAX, VARIABLE_BYTES_MAX};

/// A part of a text: where it begins, and its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) len: u32,
}

impl Span {
    pub(super) fn new(start: usize, end: usize) -> Self {
        // Texts of a block are within `limits`.
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: narrow(start), len: narrow(end - start) }
    }

    pub(super) fn end(self) -> usize {
        self.start as usize + self.len as usize
    }

    pub(super) fn of(self, text: &[u8]) -> &[u8] {
        &text[self.start as usize..self.end()]
    }
}

/// Whether times of day are cut out; there is a time to hold them against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clocks {
    Cut,
    Left,
}

/// Appends the template of `text` from `from` on to `template`, and what is its own to `spans`.
pub(super) fn cut(
    text: &[u8],
    from: usize,
    clocks: Clocks,
    template: &mut Vec<u8>,
    spans: &mut Vec<Span>,
) {
    let first = spans.len();
    let (mut copied, mut at) = (from, from);
    while let Some(stop) = digit_or_low(text, at) {
        if text[stop] == b'\t' {
            at = stop + 1;
            continue;
        }
        if is_own(text[stop]) {
            template.extend_from_slice(&text[copied..stop]);
            template.extend_from_slice(&[ESCAPE, text[stop]]);
            (copied, at) = (stop + 1, stop + 1);
            continue;
        }
        if spans.len() - first >= SLOTS_MAX {
            at = stop + 1;
            continue;
        }
        let (mark, start, end) = variable(text, copied, stop, clocks);
        template.extend_from_slice(&text[copied..start]);
        template.push(mark as u8);
        spans.push(Span::new(start, end));
        (copied, at) = (end, end);
    }
    template.extend_from_slice(&text[copied..]);
}

/// What the digit at `stop` is part of; it begins at `from` or behind.
fn variable(text: &[u8], from: usize, stop: usize, clocks: Clocks) -> (Mark, usize, usize) {
    let start = stop - run_of(text[from..stop].iter().rev(), WORD);
    let ends = stop + run_of(text[stop..].iter(), DIGIT);
    if clocks == Clocks::Cut
        && ends - stop == 2
        && text.get(ends) == Some(&b':')
        && let Some((mark, bytes)) = clock(&text[stop..])
    {
        return (mark, stop, stop + bytes);
    }
    let run_end = ends + run_of(text[ends..].iter(), WORD);
    if run_end - start == UUID_DASHES[0] && is_uuid(&text[start..]) {
        return (Mark::Uuid, start, start + UUID_BYTES);
    }
    if start < stop || ends < run_end {
        if let Some(hex) = hex_from(&text[start..run_end]) {
            return (Mark::Hex, start + hex, run_end.min(start + hex + VARIABLE_BYTES_MAX));
        }
    } else if text.get(ends) == Some(&b'.')
        && let Some(bytes) = address(&text[stop..])
    {
        return (Mark::Address, stop, stop + bytes);
    }
    (Mark::Digits, stop, ends.min(stop + VARIABLE_BYTES_MAX))
}

/// Shorter ones are rather words with a number.
const HEX_BYTES_MIN: usize = 4;

/// Where in a run of letters and digits a hexadecimal number begins, if that is what it is.
fn hex_from(run: &[u8]) -> Option<usize> {
    let (from, digits) = match run {
        [b'0', b'x', digits @ ..] => (2, digits),
        digits if digits.len() >= HEX_BYTES_MIN => (0, digits),
        _ => return None,
    };
    (!digits.is_empty() && digits.iter().all(|byte| is(*byte, HEX))).then_some(from)
}

fn run_of<'a>(bytes: impl Iterator<Item = &'a u8>, class: u8) -> usize {
    bytes.take_while(|byte| is(**byte, class)).count()
}

pub(super) fn is_hex(byte: &u8) -> bool {
    is(*byte, HEX)
}

/// Whether a text begins with a UUID in small letters.
pub(super) fn is_uuid(text: &[u8]) -> bool {
    let Some((uuid, rest)) = text.split_first_chunk::<UUID_BYTES>() else { return false };
    let groups = UUID_DASHES.map(|dash| dash + 1);
    UUID_DASHES.iter().all(|dash| uuid[*dash] == b'-')
        && !rest.first().is_some_and(u8::is_ascii_alphanumeric)
        && hex_digits_of(&uuid[..UUID_DASHES[0]]) == UUID_DASHES[0]
        && uuid[groups[0]..UUID_DASHES[1]].iter().all(is_hex)
        && uuid[groups[1]..UUID_DASHES[2]].iter().all(is_hex)
        && uuid[groups[2]..UUID_DASHES[3]].iter().all(is_hex)
        && hex_digits_of(&uuid[groups[3]..]) == UUID_BYTES - groups[3]
}

/// The bytes of the IPv4 address that a text begins with, written as everybody writes it.
pub(super) fn address(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    for octet in 0..4 {
        let digits = run_of(text[at..].iter().take(4), DIGIT);
        let number = &text[at..at + digits];
        let is_octet = match number {
            [_] => true,
            [b'1'..=b'9', _] | [b'1', _, _] | [b'2', b'0'..=b'4', _] => true,
            [b'2', b'5', last] => *last <= b'5',
            _ => false,
        };
        at += digits;
        let dot = text.get(at) == Some(&b'.');
        if !is_octet || (octet < 3 && !dot) {
            return None;
        }
        at += usize::from(octet < 3);
    }
    (!text.get(at).is_some_and(u8::is_ascii_alphanumeric)).then_some(at)
}

/// Whether a byte is of a class.
fn is(byte: u8, class: u8) -> bool {
    CLASSES[usize::from(byte)] & class != 0
}

const DIGIT: u8 = 1;
/// Digits and `a` to `f`.
const HEX: u8 = 1 << 1;
/// Digits and letters.
const WORD: u8 = 1 << 2;

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        let class = &mut classes[byte as usize];
        if byte.is_ascii_digit() {
            *class |= DIGIT | HEX;
        }
        if matches!(byte, b'a'..=b'f') {
            *class |= HEX;
        }
        if byte.is_ascii_alphanumeric() {
            *class |= WORD;
        }
        byte += 1;
    }
    classes
};
