//! Lines as nearly all are, read without a parser of JSON: one flat object, no escape in it.
//!
//! ```text
//!   {"_time":"2026-11-22T06:00:00Z","level":"info","status":200,"message":"order 17 placed"}
//!     key    value, as it is written: a text, a whole number, true, false or null
//! ```
//! Invariant: what is read here, serde_json reads too, as the same members; everything else is left to it.

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
pub(super) fn text(rest: &str) -> Option<&str> {
    let inner = rest.strip_prefix('"')?;
    let end = stop(inner.as_bytes())?;
    (inner.as_bytes()[end] == b'"').then(|| &rest[..end + 2])
}

/// Where the first quote, backslash or control character stands. Texts are short as a rule: eight bytes at a time are
/// sooner there than a search made for long ones.
fn stop(bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let stops = stops(u64::from_le_bytes(*word));
        if stops != 0 {
            return Some(8 * at + stops.trailing_zeros() as usize / 8);
        }
    }
    let is_stop = |byte: &u8| matches!(byte, b'"' | b'\\') || *byte < b' ';
    rest.iter().position(is_stop).map(|at| 8 * words.len() + at)
}

/// The high bit of the lowest byte that is a stop; bits above it say nothing.
fn stops(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * EACH;
    let below = |word: u64, limit: u8| word.wrapping_sub(EACH * u64::from(limit)) & !word & HIGH;
    let is = |byte: u8| below(word ^ (EACH * u64::from(byte)), 1);
    is(b'"') | is(b'\\') | below(word, b' ')
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

    #[test]
    fn a_stop_is_found_wherever_it_stands() {
        for stop_byte in [b'"', b'\\', 0, 1, b'\n', 0x1f] {
            for at in 0..24 {
                // What stands before and behind it borders on what is looked for.
                for (around, behind) in
                    [(b' ', b'"'), (b'!', 0), (b'#', b'\\'), (b'[', 1), (0xff, 0x1f)]
                {
                    let mut bytes = [around; 24];
                    bytes[at] = stop_byte;
                    bytes[at + 1..].fill(behind);
                    assert_eq!(stop(&bytes), Some(at), "{stop_byte} in {around}");
                }
            }
        }
        let none: Vec<u8> =
            (0..=u8::MAX).filter(|byte| *byte >= b' ' && !b"\"\\".contains(byte)).collect();
        assert_eq!(stop(&none), None);
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
