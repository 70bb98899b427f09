//! Bytes of a record -> its message, with what had to be done to it said in an attribute.
//!
//! Invariants: never longer than the limit; exactly `String::from_utf8_lossy` where it is not UTF-8; NUL
//! stays; one trailing CR goes.

use std::borrow::Cow;

use crate::Attributes;

/// What was done to a record's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    /// It was longer than the limit.
    pub truncated: bool,
    /// It was sent before its line's end came.
    pub partial: bool,
}

/// The message; what was done to it becomes `attributes`.
pub fn message<'a>(
    text: &'a [u8],
    flags: Flags,
    bytes_max: usize,
    attributes: &mut Attributes,
) -> Cow<'a, str> {
    let text = if flags.partial { text } else { text.strip_suffix(b"\r").unwrap_or(text) };
    let mut truncated = flags.truncated;
    let mut text = text;
    if text.len() > bytes_max {
        truncated = true;
        text = &text[..bytes_max];
    }
    if truncated {
        text = without_cut_character(text);
    }
    let (mut message, lossy) = match std::str::from_utf8(text) {
        Ok(text) => (Cow::Borrowed(text), false),
        Err(_) => (String::from_utf8_lossy(text), true),
    };
    if message.len() > bytes_max {
        truncated = true;
        let cut = message.floor_char_boundary(bytes_max);
        message.to_mut().truncate(cut);
    }
    for (name, is_set) in
        [("truncated", truncated), ("lossy_utf8", lossy), ("partial", flags.partial)]
    {
        if is_set {
            attributes.flag(name);
        }
    }
    message
}

/// A cut through a character is no invalid UTF-8 of the writer's: its bytes go.
fn without_cut_character(text: &[u8]) -> &[u8] {
    let from = text.len().saturating_sub(3);
    for start in (from..text.len()).rev() {
        let width = match text[start] {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            0x80..=0xbf => continue,
            _ => return text,
        };
        return if text.len() - start < width { &text[..start] } else { text };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &[u8], bytes_max: usize, message_is: &str, attributes_are: &str) {
        let mut attributes = Attributes::default();
        let message = message(text, Flags::default(), bytes_max, &mut attributes);
        assert_eq!((&*message, attributes.as_str()), (message_is, attributes_are));
    }

    #[test]
    fn text_is_kept_as_written_but_for_one_carriage_return() {
        check(b"a\0b \r", 100, "a\0b ", "");
        check(b"a\r\r", 100, "a\r", "");
        check(b"", 100, "", "");
    }

    #[test]
    fn what_is_not_utf_8_becomes_exactly_what_from_utf8_lossy_makes_of_it() {
        let text = b"\xff\xfe\xc3( \xe2\x82 x";
        check(text, 100, &String::from_utf8_lossy(text), r#"{"lossy_utf8":true}"#);
        check(b"ends \xe2\x82", 100, "ends \u{fffd}", r#"{"lossy_utf8":true}"#);
    }

    #[test]
    fn the_limit_cuts_between_characters_and_says_so() {
        check(b"12345", 5, "12345", "");
        check(b"123456", 5, "12345", r#"{"truncated":true}"#);
        check("1234ü".as_bytes(), 5, "1234", r#"{"truncated":true}"#);
        check("12🦀".as_bytes(), 5, "12", r#"{"truncated":true}"#);
        check("123ü6".as_bytes(), 5, "123ü", r#"{"truncated":true}"#);
        check(b"\xff\xff", 5, "\u{fffd}", r#"{"truncated":true,"lossy_utf8":true}"#);
    }

    #[test]
    fn a_partial_line_keeps_its_carriage_return_and_says_that_it_is_partial() {
        let flags = Flags { partial: true, ..Flags::default() };
        let mut attributes = Attributes::default();
        assert_eq!(message(b"half\r", flags, 9, &mut attributes), "half\r");
        assert_eq!(attributes.as_str(), r#"{"partial":true}"#);
    }
}
