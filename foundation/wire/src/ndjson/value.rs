//! Readings of one JSON value: text, time, hex, depth.

use std::borrow::Cow;

use nilometer_model::Timestamp;
use serde_json::value::RawValue;

use super::plain;

/// A value as the line has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value<'a> {
    /// As it is written.
    pub(super) json: &'a str,
    /// Whether it is known to be written as it is meant: without escapes.
    is_plain: bool,
}

impl<'a> Value<'a> {
    /// One that was found to be plain.
    pub(super) fn plain(json: &'a str) -> Self {
        Self { json, is_plain: true }
    }

    pub(super) fn is_null(self) -> bool {
        self.json == "null"
    }

    /// What a JSON string says, borrowed when it has no escapes; `None` for everything else.
    pub(super) fn text(self) -> Option<Cow<'a, str>> {
        let inner = self.json.strip_prefix('"')?.strip_suffix('"')?;
        match self.is_plain || plain::text(self.json).is_some() {
            true => Some(Cow::Borrowed(inner)),
            false => serde_json::from_str(self.json).ok().map(Cow::Owned),
        }
    }

    /// RFC 3339, or a whole number (which may stand in quotes).
    pub(super) fn time(self) -> Option<Timestamp> {
        let text = self.text().unwrap_or(Cow::Borrowed(self.json));
        match text.parse::<i64>() {
            Ok(number) => scaled(number),
            Err(_) => Timestamp::parse(text.as_bytes()).ok(),
        }
    }
}

impl<'a> From<&'a RawValue> for Value<'a> {
    fn from(raw: &'a RawValue) -> Self {
        Self { json: raw.get(), is_plain: false }
    }
}

/// The unit is told by the size: as a time in s, ms and us, each reaches to the year 5138.
fn scaled(number: i64) -> Option<Timestamp> {
    const S_BELOW: u64 = 100_000_000_000;
    let scale = match number.unsigned_abs() {
        size if size < S_BELOW => 1_000_000_000,
        size if size < S_BELOW * 1_000 => 1_000_000,
        size if size < S_BELOW * 1_000_000 => 1_000,
        _ => 1,
    };
    number.checked_mul(scale).map(Timestamp)
}

/// Exactly `2 * N` hex digits.
pub(super) fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let mut bytes = [0; N];
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        let digit = |digit: u8| char::from(digit).to_digit(16);
        *byte = u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()?;
    }
    Some(bytes)
}

/// How deep objects and arrays are nested in valid JSON text.
pub(super) fn depth(json: &str) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Appends `text` as a JSON string.
pub(super) fn push_quoted(out: &mut String, text: &str) {
    if text.bytes().any(|byte| byte < 0x20 || matches!(byte, b'"' | b'\\')) {
        out.push_str(&serde_json::Value::from(text).to_string());
    } else {
        out.push('"');
        out.push_str(text);
        out.push('"');
    }
}
