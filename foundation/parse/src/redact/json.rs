//! JSON stays JSON: what is replaced in it lies within one string, or is a number.
//!
//! ```text
//!   {"a":"password='x","b":"it's"}      a quote of the text's own, closed behind the string or never
//!                   ^^^^^^^^^^^^^       found
//!                   ^                   kept
//! ```
//! Invariants:
//! - a find is cut at the end of the string that it begins in; only a private key goes on in the strings
//!   behind it, as an array of its lines has it;
//! - one that begins between strings is a number, or took a quote of JSON's own for the text's, and is none;
//! - own patterns are not touched: who writes one decides.

use serde::de::IgnoredAny;

use super::kind::Kind;
use super::mark::is_mark;
use super::{Form, Found};

/// Puts the finds of a text right that is JSON; those of any other stay as they are.
pub(super) fn keep_json(text: &str, found: &mut Vec<Found>) {
    let is_json = !found.is_empty()
        && text.trim_ascii_start().starts_with(['{', '['])
        && serde_json::from_str::<IgnoredAny>(text).is_ok();
    if !is_json {
        return;
    }
    let strings = strings(text.as_bytes());
    let kept = found.iter().flat_map(|found| kept(text.as_bytes(), &strings, *found)).collect();
    *found = kept;
}

/// What stays of a find.
fn kept(text: &[u8], strings: &[(usize, usize)], found: Found) -> Vec<Found> {
    if found.label >= Kind::ALL.len() {
        return vec![found];
    }
    let first = strings.partition_point(|(_, end)| *end < found.start);
    let touched = strings[first..].iter().take_while(|(start, _)| *start < found.end);
    let mut pieces = touched.map(|(start, end)| Found {
        start: found.start.max(*start),
        end: found.end.min(*end),
        ..found
    });
    let begins_inside = strings.get(first).is_some_and(|(start, _)| *start <= found.start);
    if found.label == Kind::PrivateKey as usize {
        return pieces.filter(|piece| is_new(text, piece)).collect();
    }
    if begins_inside {
        return pieces.next().filter(|piece| is_new(text, piece)).into_iter().collect();
    }
    let is_number = text[found.start..found.end].iter().all(u8::is_ascii_digit);
    is_number.then_some(Found { form: Form::Number, ..found }).into_iter().collect()
}

fn is_new(text: &[u8], piece: &Found) -> bool {
    piece.start < piece.end && !is_mark(&text[piece.start..piece.end])
}

/// Where the strings of a JSON text lie, without their quotes.
fn strings(text: &[u8]) -> Vec<(usize, usize)> {
    let mut strings = Vec::new();
    let mut open = None;
    let mut escaped_to = 0;
    for at in memchr::memchr2_iter(b'"', b'\\', text) {
        match (text[at], open) {
            _ if at < escaped_to => {}
            (b'\\', _) => escaped_to = at + 2,
            (_, None) => open = Some(at + 1),
            (_, Some(start)) => {
                strings.push((start, at));
                open = None;
            }
        }
    }
    strings
}
