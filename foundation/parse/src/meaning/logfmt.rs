//! logfmt: `level=info msg="it went well" took=3ms`.
//!
//! Invariants: a line is logfmt when it begins with a pair and holds nothing but pairs: three at least, or
//! two where one of them is a level, a time or a sentence; one that breaks off gives the pairs before.

use super::names::{Role, level, role};
use super::request_id::REQUEST_ID;
use super::scan::{past_blanks, quoted};
use super::{Form, Found};
use crate::Attributes;
use crate::limits::LOGFMT_KEY_BYTES_MAX;
use crate::stamp::stamp;

/// The line's pairs.
pub(super) fn read(text: &str, attributes: &mut Attributes) -> Option<Found> {
    pair(text)?;
    let (mut pairs, mut known) = (0_usize, false);
    let mut rest = text;
    while let Some((key, _, behind)) = pair(rest) {
        pairs += 1;
        known |= matches!(role(key), Role::Sentence | Role::Severity | Role::Time);
        rest = past_blanks(behind);
    }
    if !rest.is_empty() || pairs < if known { 2 } else { 3 } {
        return None;
    }
    let mut severity = None;
    rest = text;
    while let Some((key, value, behind)) = pair(rest) {
        rest = past_blanks(behind);
        match role(key) {
            Role::Sentence | Role::Ids => {}
            Role::Time if stamp(value).is_some() || is_epoch(value) => {}
            Role::Severity if level(value).is_some() => severity = severity.or(level(value)),
            Role::RequestId => attributes.text(REQUEST_ID, value),
            _ => put(key, value, attributes),
        }
    }
    Some(Found::new(Form::Logfmt, severity))
}

/// Adds a value as it was before it was quoted.
pub(super) fn put(key: &str, value: &str, attributes: &mut Attributes) {
    if value.contains('\\') {
        attributes.text(key, &value.replace("\\\"", "\"").replace("\\\\", "\\"));
    } else {
        attributes.word(key, value);
    }
}

fn is_epoch(value: &str) -> bool {
    value.bytes().take_while(u8::is_ascii_digit).count() >= 10
}

/// Key, value without its quotes, and what is behind the pair.
pub(crate) fn pair(text: &str) -> Option<(&str, &str, &str)> {
    let of_key = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'@' | b'/' | b':')
    };
    let end = text.bytes().take(LOGFMT_KEY_BYTES_MAX + 1).position(|byte| !of_key(byte))?;
    let (key, value) = text.split_at(end);
    let value = value.strip_prefix('=')?;
    if !key.bytes().next()?.is_ascii_alphabetic() && !key.starts_with(['_', '@']) {
        return None;
    }
    if value.starts_with('"') {
        let (inner, rest) = quoted(value)?;
        return (rest.is_empty() || rest.starts_with([' ', '\t', ',', '}', '\n']))
            .then_some((key, inner, rest));
    }
    let end = value.bytes().position(|byte| matches!(byte, b' ' | b'\t' | b'\n'));
    let (value, rest) = value.split_at(end.unwrap_or(value.len()));
    Some((key, value, rest))
}
