//! Readings of one JSON value: text, time, hex, depth.

use std::borrow::Cow;

use nilometer_model::Timestamp;

use super::plain;

pub(super) fn is_null(value: &str) -> bool {
    value == "null"
}

/// The text of a JSON string, borrowed when it has no escapes; `None` for everything else.
pub(super) fn text(value: &str) -> Option<Cow<'_, str>> {
    let inner = value.strip_prefix('"')?.strip_suffix('"')?;
    match plain::text(value) {
        Some(_) => Some(Cow::Borrowed(inner)),
        None => serde_json::from_str(value).ok().map(Cow::Owned),
    }
}

/// RFC 3339, or a whole number (which may stand in quotes).
pub(super) fn time(value: &str) -> Option<Timestamp> {
    let text = text(value).unwrap_or(Cow::Borrowed(value));
    match text.parse::<i64>() {
        Ok(number) => scaled(number),
        Err(_) => Timestamp::parse(text.as_bytes()).ok(),
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
