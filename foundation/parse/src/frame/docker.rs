//! Docker's json-file lines. The order of keys that Docker writes is read in one pass; any other JSON
//! object with the same keys goes the slow way through serde.

use std::borrow::Cow;

use memchr::memchr2;
use nilometer_model::Timestamp;
use serde::Deserialize;

use super::{Framed, stream_of};

const HEAD: &[u8] = b"{\"log\":\"";
const STREAM: &[u8] = b",\"stream\":\"";
const TIME: &[u8] = b"\"time\":\"";

pub(super) fn frame<'a>(line: &'a [u8], scratch: &'a mut Vec<u8>) -> Framed<'a> {
    scratch.clear();
    let Some((stream, time)) = quick(line, scratch).or_else(|| slow(line, scratch)) else {
        return Framed::Malformed;
    };
    let last = scratch.last() == Some(&b'\n');
    let text = &scratch[..scratch.len() - usize::from(last)];
    Framed::Piece { stream, time: Some(time), last, text }
}

/// Docker's own order: `log`, `stream`, perhaps `attrs`, `time`.
fn quick(line: &[u8], log: &mut Vec<u8>) -> Option<(usize, Timestamp)> {
    let rest = unescape(line.strip_prefix(HEAD)?, log)?;
    let rest = rest.strip_prefix(STREAM)?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    let stream = stream_of(&rest[..end])?;
    let rest = &rest[end + 1..];
    let rest = rest.strip_prefix(b",").filter(|rest| rest.starts_with(TIME))?;
    let time = rest[TIME.len()..].strip_suffix(b"\"}")?;
    Some((stream, Timestamp::parse(time).ok()?))
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    log: Cow<'a, str>,
    #[serde(borrow)]
    stream: Cow<'a, str>,
    #[serde(borrow)]
    time: Cow<'a, str>,
}

fn slow(line: &[u8], log: &mut Vec<u8>) -> Option<(usize, Timestamp)> {
    log.clear();
    let line = String::from_utf8_lossy(line);
    let line: Line<'_> = serde_json::from_str(&line).ok()?;
    log.extend_from_slice(line.log.as_bytes());
    Some((stream_of(line.stream.as_bytes())?, Timestamp::parse(line.time.as_bytes()).ok()?))
}

/// Appends the JSON string that `text` is inside of, up to its quote, and returns what follows.
fn unescape<'a>(mut text: &'a [u8], out: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        let at = memchr2(b'"', b'\\', text)?;
        out.extend_from_slice(&text[..at]);
        if text[at] == b'"' {
            return Some(&text[at + 1..]);
        }
        let plain = match text.get(at + 1)? {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 8,
            b'f' => 12,
            byte @ (b'"' | b'\\' | b'/') => *byte,
            b'u' => {
                text = unicode(&text[at + 2..], out)?;
                continue;
            }
            _ => return None,
        };
        out.push(plain);
        text = &text[at + 2..];
    }
}

/// The character behind `\u`; a lone surrogate becomes U+FFFD.
fn unicode<'a>(text: &'a [u8], out: &mut Vec<u8>) -> Option<&'a [u8]> {
    let high = hex4(text)?;
    let mut rest = &text[4..];
    let mut code = high;
    if (0xd800..0xdc00).contains(&high)
        && let Some(low) = rest.strip_prefix(b"\\u").and_then(hex4)
        && (0xdc00..0xe000).contains(&low)
    {
        code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
        rest = &rest[6..];
    }
    let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    Some(rest)
}

fn hex4(text: &[u8]) -> Option<u32> {
    text.get(..4)?.iter().try_fold(0, |sum, byte| Some(sum * 16 + char::from(*byte).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::frame::{STDERR, STDOUT};

    #[track_caller]
    fn check(line: &str, expect: Option<(usize, bool, &str)>) {
        let expect = expect.map_or(Framed::Malformed, |(stream, last, text)| Framed::Piece {
            stream,
            time: Some(Timestamp(5)),
            last,
            text: text.as_bytes(),
        });
        assert_eq!(frame(line.as_bytes(), &mut Vec::new()), expect, "{line}");
    }

    #[test]
    fn a_line_ends_its_record_when_its_text_ends_in_a_newline() {
        let tail = r#""stream":"stdout","time":"1970-01-01T00:00:00.000000005Z"}"#;
        check(&format!(r#"{{"log":"hello\n",{tail}"#), Some((STDOUT, true, "hello")));
        check(&format!(r#"{{"log":"hal",{tail}"#), Some((STDOUT, false, "hal")));
        check(&format!(r#"{{"log":"\n",{tail}"#), Some((STDOUT, true, "")));
        check(&format!(r#"{{"log":"",{tail}"#), Some((STDOUT, false, "")));
        check(
            &format!(r#"{{"log":"\u001b[1m \"q\" \\ \u00fc \ud83e\udd80 \ud800 x\/\n",{tail}"#),
            Some((STDOUT, true, "\u{1b}[1m \"q\" \\ ü 🦀 \u{fffd} x/")),
        );
    }

    #[test]
    fn keys_come_in_any_order_and_others_are_ignored() {
        let time = r#""time":"1970-01-01T00:00:00.000000005Z""#;
        check(&format!(r#"{{{time},"stream":"stderr","log":"x\n"}}"#), Some((STDERR, true, "x")));
        check(
            &format!(r#"{{"log":"x\n","stream":"stderr","attrs":{{"a":"b"}},{time}}}"#),
            Some((STDERR, true, "x")),
        );
    }

    #[test]
    fn what_is_none_is_malformed() {
        for line in [
            "",
            "{}",
            "hello",
            r#"{"log":"x\n","stream":"stdout","time":"now"}"#,
            r#"{"log":"x\n","stream":"other","time":"1970-01-01T00:00:00Z"}"#,
            r#"{"log":"x\n","stream":"stdout""#,
            r#"{"log":"x\q","stream":"stdout","time":"1970-01-01T00:00:00Z"}"#,
            r#"{"log":"x\ud8"#,
        ] {
            check(line, None);
        }
    }

    proptest! {
        #[test]
        fn the_quick_way_reads_what_serde_writes(text in ".*") {
            let line = serde_json::json!({"log": text, "stream": "stdout", "time": "1970-01-01T00:00:00Z"});
            let line = format!(
                "{{\"log\":{},\"stream\":\"stdout\",\"time\":\"1970-01-01T00:00:00Z\"}}", line["log"]
            );
            let mut log = Vec::new();
            prop_assert_eq!(quick(line.as_bytes(), &mut log), Some((STDOUT, Timestamp(0))));
            prop_assert_eq!(log, text.into_bytes());
        }
    }
}
