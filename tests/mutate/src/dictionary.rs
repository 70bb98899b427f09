//! The words that a target's format is made of, as libFuzzer's dictionaries have them.
//!
//! ```text
//!   # a comment
//!   "\"log\":\""          \" \\ and \xNN are escapes
//! ```

use crate::corpus::{fuzz, read};

/// None when the target has no dictionary.
pub(crate) fn of(target: &str) -> Vec<Vec<u8>> {
    let path = fuzz().join("dict").join(format!("{target}.dict"));
    if !path.exists() {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(&read(&path)).into_owned();
    let quoted = text.lines().filter_map(|line| line.strip_prefix('"')?.strip_suffix('"'));
    quoted.map(unescaped).collect()
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut token = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        if *byte != b'\\' {
            token.push(*byte);
            continue;
        }
        let hex = rest.strip_prefix(b"x").and_then(|hex| std::str::from_utf8(hex.get(..2)?).ok());
        let (escaped, width) = match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => (byte, 3),
            None => (rest.first().copied().unwrap_or(b'\\'), rest.len().min(1)),
        };
        token.push(escaped);
        rest = &rest[width..];
    }
    token
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_what_stands_between_the_quotes_with_its_escapes_read() {
        for (text, token) in [
            ("abc", &b"abc"[..]),
            (r#"\"log\":\""#, b"\"log\":\""),
            (r"a\\b", b"a\\b"),
            (r"\x00\xffz", b"\0\xffz"),
            (r"\x4", b"x4"),
            (r"end\", b"end\\"),
        ] {
            assert_eq!(unescaped(text), token, "{text}");
        }
    }
}
