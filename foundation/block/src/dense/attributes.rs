//! The attributes of a record as a template: its own marks, and places where its message says the same.
//!
//! ```text
//!   message     Failed password for root from 10.0.0.7 port 50423
//!   attributes  {"process.user":"root","port":50423,
//!   template    {"process.user":"␈(0,20)(0,24)","port":␈(3,0)(4,0),
//! ```
//! Invariant: [`follows`] is true only where the template gives back the very same bytes.

use super::clock::clock;
use super::cut::{Clocks, Span, address, cut, is_uuid};
use super::digits::{begins, digits_of, hex_digits_of, told_alike};
use super::mark::{END, ESCAPE, Mark, PLACE, UUID_BYTES};
use super::place::{Message, Place};
use super::templates::Templates;
use crate::cursor::Cursor;
use crate::limits::{PLACE_LOOK_BYTES_MAX, VARIABLE_BYTES_MAX};

/// Shorter values stand anywhere.
const PLACE_BYTES_MIN: usize = 2;

/// Whether `text` from `from` on is of a template; if so, appends what is its own to `spans`.
pub(super) fn follows(
    (templates, template): (&Templates, usize),
    head: (&[u8], usize),
    message: Message<'_>,
    spans: &mut Vec<Span>,
) -> bool {
    let first = spans.len();
    let follows = follow(templates.from(template), head, message, spans).is_some();
    if !follows {
        spans.truncate(first);
    }
    follows
}

fn follow(
    template: &[u8],
    (text, from): (&[u8], usize),
    message: Message<'_>,
    spans: &mut Vec<Span>,
) -> Option<()> {
    let (mut told, mut at) = (0, from);
    loop {
        let same = told_alike(&template[told..], &text[at..]);
        (told, at) = (told + same + 1, at + same);
        match *template.get(told - 1)? {
            END => return (at == text.len()).then_some(()),
            ESCAPE => {
                (text.get(at)? == template.get(told)?).then_some(())?;
                (told, at) = (told + 1, at + 1);
            }
            PLACE => {
                let mut cursor = Cursor::new(&template[told..]);
                let part = Place::get(&mut cursor)?.part(message)?.of(message.text);
                begins(&text[at..], part).then_some(())?;
                (told, at) = (template.len() - cursor.len(), at + part.len());
            }
            byte => match Mark::of(byte) {
                Some(mark) => {
                    let end = at + slot(mark, &text[at..])?;
                    spans.push(Span::new(at, end));
                    at = end;
                }
                None if text.get(at) == Some(&byte) => at += 1,
                None => return None,
            },
        }
    }
}

/// The bytes of the longest text that may stand in such a slot.
fn slot(mark: Mark, rest: &[u8]) -> Option<usize> {
    let most = &rest[..rest.len().min(VARIABLE_BYTES_MAX)];
    match mark {
        Mark::Digits => Some(digits_of(most)).filter(|run| *run > 0),
        Mark::Hex => Some(hex_digits_of(most)).filter(|run| *run > 0),
        Mark::Uuid => is_uuid(rest).then_some(UUID_BYTES),
        Mark::Address => address(rest),
        Mark::Clock | Mark::ClockPoint | Mark::ClockComma => {
            clock(rest).filter(|(found, _)| *found == mark).map(|(_, bytes)| bytes)
        }
    }
}

/// Appends the template of `text` from `from` on to `template`, and what is its own to `spans`.
pub(super) fn shape(
    (text, from): (&[u8], usize),
    message: Message<'_>,
    template: &mut Vec<u8>,
    spans: &mut Vec<Span>,
) {
    let (mut copied, mut at, mut looked) = (from, from, message.start);
    while let Some(value) = next_value(text, at) {
        at = value.end();
        let Some(found) = find(value.of(text), message, looked) else { continue };
        cut(&text[..value.start as usize], copied, Clocks::Left, template, spans);
        template.push(PLACE);
        looked = found + value.len as usize;
        Place::of(Span::new(found, looked), message).put(template);
        copied = at;
    }
    cut(text, copied, Clocks::Left, template, spans);
}

/// The next value behind `from`: what stands between a string's quotes, or up to a comma or bracket.
fn next_value(text: &[u8], from: usize) -> Option<Span> {
    let colon = from + text[from..].windows(2).position(|two| two == b"\":")?;
    let start = colon + 2;
    if text.get(start) != Some(&b'"') {
        let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b'{' | b'[' | b'"');
        let len = text[start..].iter().position(ends).unwrap_or(text.len() - start);
        return Some(Span::new(start, start + len));
    }
    let start = start + 1;
    let mut escaped = false;
    let ends = |byte: &u8| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    };
    let len = text[start..].iter().position(ends).unwrap_or(text.len() - start);
    Some(Span::new(start, start + len))
}

/// Where a value stands in a message as a whole word: behind the one before, or else anywhere.
fn find(value: &[u8], message: Message<'_>, from: usize) -> Option<usize> {
    if value.len() < PLACE_BYTES_MIN {
        return None;
    }
    let Message { text, start: begins, .. } = message;
    let message = &text[..text.len().min(from.saturating_add(PLACE_LOOK_BYTES_MAX))];
    let is_word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let whole = |start: usize| {
        let before = (start > begins).then(|| message.get(start - 1)).flatten();
        !is_word(before) && !is_word(text.get(start + value.len()))
    };
    let behind = |from: usize| {
        let starts = message.get(from..)?.windows(value.len()).enumerate();
        let mut starts = starts.filter(|(_, part)| *part == value).map(|(at, _)| from + at);
        starts.find(|start| whole(*start))
    };
    behind(from).or_else(|| behind(begins))
}
