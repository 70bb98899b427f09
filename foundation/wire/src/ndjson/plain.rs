//! Lines as nearly all are, read without a parser of JSON: one flat object, no escape in it.
//!
//! ```text
//!   {"_time":"2026-11-22T06:00:00Z","level":"info","status":200,"message":"order 17 placed"}
//!     key    value, as it is written: a text, a whole number, true, false or null
//! ```
//! Invariant: what is read here, serde_json reads too, as the same members; everything else is left to it.

use memchr::memchr2;

/// Digits of a number that is read here: any so long is a JSON number as it stands.
const DIGITS_MAX: usize = 18;

/// Hands on each member: its key without the quotes, its value as it is written. `None` when the line is of another
/// form; what was handed on by then is to be forgotten.
pub(super) fn members<'a>(line: &'a str, mut take: impl FnMut(&'a str, &'a str)) -> Option<()> {
    let mut rest = blanks(line).strip_prefix('{')?;
    loop {
        let key = text(blanks(rest))?;
        let value = blanks(blanks(&blanks(rest)[key.len()..]).strip_prefix(':')?);
        let (value, behind) = value.split_at(scalar(value)?);
        take(&key[1..key.len() - 1], value);
        let behind = blanks(behind);
        match behind.strip_prefix(',') {
            Some(next) => rest = next,
            None => return blanks(behind.strip_prefix('}')?).is_empty().then_some(()),
        }
    }
}

fn blanks(text: &str) -> &str {
    // Most often there is none.
    match text.as_bytes().first() {
        Some(b' ' | b'\t' | b'\r' | b'\n') => text.trim_start_matches([' ', '\t', '\r', '\n']),
        _ => text,
    }
}

/// The text that stands at the beginning, with its quotes, if it is written as it is meant.
fn text(rest: &str) -> Option<&str> {
    let inner = rest.strip_prefix('"')?;
    let end = memchr2(b'"', b'\\', inner.as_bytes())?;
    let (inside, close) = inner.split_at(end);
    // All bytes are looked at at once, not one after the other.
    let has_control = inside.bytes().fold(false, |has, byte| has | (byte < b' '));
    let is_plain = close.starts_with('"') && !has_control;
    is_plain.then(|| &rest[..end + 2])
}

/// Bytes of the value that stands at the beginning.
fn scalar(rest: &str) -> Option<usize> {
    match rest.as_bytes().first()? {
        b'"' => text(rest).map(str::len),
        b'-' | b'0'..=b'9' => number(rest),
        _ => {
            ["null", "true", "false"].iter().find(|word| rest.starts_with(**word)).map(|w| w.len())
        }
    }
}

/// Bytes of the whole number that stands at the beginning.
fn number(rest: &str) -> Option<usize> {
    let digits = rest.strip_prefix('-').unwrap_or(rest).as_bytes();
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is_whole = !matches!(digits.get(count), Some(b'.' | b'e' | b'E'));
    let is_plain =
        count == 1 || (digits.first() != Some(&b'0') && (1..=DIGITS_MAX).contains(&count));
    (is_whole && is_plain).then(|| rest.len() - digits.len() + count)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;

    fn read(line: &str) -> Option<Vec<(String, String)>> {
        let mut found = Vec::new();
        members(line, |key, value| found.push((key.to_owned(), value.to_owned())))?;
        Some(found)
    }

    #[test]
    fn a_flat_object_without_escapes_is_read() {
        let line =
            "{\"a\":\"x y\", \"b\" : -12 ,\t\"c\":null,\"d\":true,\"e\":false,\"f\":\"\",\"\":0}\r";
        let pairs = [("a", "\"x y\""), ("b", "-12"), ("c", "null"), ("d", "true"), ("e", "false")];
        let pairs = pairs.into_iter().chain([("f", "\"\""), ("", "0")]);
        let expect = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        assert_eq!(read(line), Some(expect));
    }

    #[test]
    fn what_is_less_plain_is_left_to_the_parser() {
        for line in [
            "",
            "{",
            "{}",
            "[1]",
            r#"{"a":"x\n"}"#,
            r#"{"a\u0041":1}"#,
            "{\"a\":\"\t\"}",
            r#"{"a":1.5}"#,
            r#"{"a":1e5}"#,
            r#"{"a":1E5}"#,
            r#"{"a":01}"#,
            r#"{"a":-}"#,
            r#"{"a":1234567890123456789}"#,
            r#"{"a":{}}"#,
            r#"{"a":[]}"#,
            r#"{"a":nul}"#,
            r#"{"a":1}x"#,
            r#"{"a":1,}"#,
            r#"{"a" 1}"#,
            r#"{"a":"x}"#,
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_the_parser_reads(
            line in r#"\{ ?("[a-c]{0,2}" ?: ?("[^\\]{0,3}"|-?[0-9]{1,20}|null|true|0|[a-z1.]{1,3}),?){1,3}\}? ?"#
        ) {
            if let Some(found) = read(&line) {
                let parsed: BTreeMap<String, &RawValue> = serde_json::from_str(&line).unwrap();
                let last: BTreeMap<_, _> = found.into_iter().collect();
                let parsed: BTreeMap<_, _> =
                    parsed.into_iter().map(|(key, value)| (key, value.get().to_owned())).collect();
                prop_assert_eq!(last, parsed);
            }
        }
    }
}
