//! The small steps that formats are read with: each takes something off a text's beginning.
//!
//! Invariant: a step cuts at ASCII bytes only, so that what it gives is text; colours are blanks.

/// Behind blanks, tabs and a terminal's colours.
pub(crate) fn past_blanks(mut text: &str) -> &str {
    loop {
        let blanks = text.bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        text = &text[blanks..];
        if !text.starts_with('\x1b') {
            return text;
        }
        let Some(behind) = text.strip_prefix("\x1b[").and_then(past_colour) else { return text };
        text = behind;
    }
}

fn past_colour(codes: &str) -> Option<&str> {
    codes.trim_start_matches(|code: char| code.is_ascii_digit() || code == ';').strip_prefix('m')
}

/// What stands up to `end`, and what stands behind it.
pub(super) fn until(text: &str, end: u8) -> Option<(&str, &str)> {
    let at = memchr::memchr(end, text.as_bytes())?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// `(a, rest)` of `[a] rest`; the bracket closes within so many bytes.
pub(super) fn enclosed(text: &str, open: u8, close: u8, bytes_max: usize) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    if bytes.first() != Some(&open) {
        return None;
    }
    let within = &bytes[1..bytes.len().min(bytes_max)];
    let end = within.iter().position(|byte| *byte == close)? + 1;
    Some((text.get(1..end)?, text.get(end + 1..)?))
}

/// `(a, rest)` of `"a" rest`, where `\"` does not end it.
pub(super) fn quoted(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut from = 0;
    loop {
        let at = from + memchr::memchr2(b'"', b'\\', inner.as_bytes().get(from..)?)?;
        if inner.as_bytes()[at] == b'"' {
            return Some((inner.get(..at)?, inner.get(at + 1..)?));
        }
        from = at + 2;
    }
}

/// What stands up to the next blank, colour or the end; never empty.
pub(super) fn word(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().position(|byte| matches!(byte, b' ' | b'\t' | 0x1b | b'\n'));
    let (word, rest) = text.split_at(end.unwrap_or(text.len()));
    (!word.is_empty()).then_some((word, rest))
}

/// The digits at the beginning; never empty.
pub(super) fn digits(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}
