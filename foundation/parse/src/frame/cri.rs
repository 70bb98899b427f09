//! The container runtime interface's lines: `TIME STREAM TAGS TEXT`, where TAGS is `P` or `F`, perhaps
//! followed by `:` and more tags that are to be ignored.

use memchr::memchr;
use nilometer_model::Timestamp;

use super::{Framed, stream_of};

pub(super) fn frame(line: &[u8]) -> Framed<'_> {
    split(line).unwrap_or(Framed::Malformed)
}

fn split(line: &[u8]) -> Option<Framed<'_>> {
    let (time, rest) = word(line)?;
    let (stream, rest) = word(rest)?;
    // An empty text may come without its blank.
    let (tags, text) = word(rest).unwrap_or((rest, b""));
    let last = match tags {
        [b'F'] | [b'F', b':', ..] => true,
        [b'P'] | [b'P', b':', ..] => false,
        _ => return None,
    };
    let time = Timestamp::parse(time).ok()?;
    Some(Framed::Piece { stream: stream_of(stream)?, time: Some(time), last, text })
}

fn word(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr(b' ', line)?;
    Some((&line[..at], &line[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{STDERR, STDOUT};

    #[track_caller]
    fn check(line: &str, expect: Option<(usize, bool, &str)>) {
        let time = Timestamp(1_000_000_001);
        let expect = expect.map_or(Framed::Malformed, |(stream, last, text)| Framed::Piece {
            stream,
            time: Some(time),
            last,
            text: text.as_bytes(),
        });
        assert_eq!(frame(line.as_bytes()), expect, "{line}");
    }

    #[test]
    fn a_line_is_time_stream_tag_and_text() {
        let at = "1970-01-01T00:00:01.000000001Z";
        check(&format!("{at} stdout F hello  world "), Some((STDOUT, true, "hello  world ")));
        check(&format!("{at} stderr P half"), Some((STDERR, false, "half")));
        check(&format!("{at} stdout F "), Some((STDOUT, true, "")));
        check(&format!("{at} stdout F"), Some((STDOUT, true, "")));
        check(&format!("{at} stdout P:x F y"), Some((STDOUT, false, "F y")));
        check("1970-01-01T01:00:01.000000001+01:00 stderr F x", Some((STDERR, true, "x")));
    }

    #[test]
    fn what_is_none_is_malformed() {
        for line in [
            "",
            " ",
            "hello",
            "1970-01-01T00:00:01Z",
            "1970-01-01T00:00:01Z stdout",
            "1970-01-01T00:00:01Z stdout X text",
            "1970-01-01T00:00:01Z stdlog F text",
            "yesterday stdout F text",
        ] {
            check(line, None);
        }
    }
}
