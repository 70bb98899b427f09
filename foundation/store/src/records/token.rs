//! What a token of a message is, and which letters a slot has seen.
//!
//! Invariants:
//! - a token is a longest run of ASCII letters, digits, `_` and bytes from 0x80 on: no character is cut;
//! - a token with a digit is a variable, so that between two variables a delimiter always stands;
//! - a [`Mask`] never forgets: what is not in it was in no value.

/// Stands in a template where a variable was. A byte that seldom stands in a text; a text that has it is kept
/// whole. Low, so that the search for digits finds it as well.
pub(super) const MARK: u8 = 1;

/// Which classes of bytes there were: `a` to `z` in either case, and those below.
pub(super) type Mask = u32;
const DIGIT: Mask = 1 << 26;
const UNDERSCORE: Mask = 1 << 27;
pub(super) const BEYOND_ASCII: Mask = 1 << 28;
const DELIMITER: Mask = 1 << 29;
/// Of what nobody knows.
pub(super) const ANYTHING: Mask = (1 << 30) - 1;

pub(super) fn is_token(byte: u8) -> bool {
    MASKS[usize::from(byte)] & DELIMITER == 0
}

/// The classes of all bytes of a text.
pub(super) fn mask(text: &[u8]) -> Mask {
    text.iter().fold(0, |mask, byte| mask | MASKS[usize::from(*byte)])
}

/// Whether the byte makes a variable of its token, or is one.
pub(crate) fn is_variable(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == MARK
}

pub(super) fn has_digit(text: &[u8]) -> bool {
    text.iter().any(u8::is_ascii_digit)
}

/// How many bytes of a token a text begins with.
pub(super) fn run_at_start(text: &[u8]) -> usize {
    text.iter().take_while(|byte| is_token(**byte)).count()
}

/// The tokens of a text, in its order.
pub(super) fn tokens(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| !is_token(*byte)).filter(|token| !token.is_empty())
}

const MASKS: [Mask; 256] = {
    let mut masks = [0; 256];
    let mut byte = 0_usize;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let narrow = byte as u8;
        masks[byte] = match narrow {
            b'a'..=b'z' => 1 << (narrow - b'a'),
            b'A'..=b'Z' => 1 << (narrow - b'A'),
            b'0'..=b'9' => DIGIT,
            b'_' => UNDERSCORE,
            0x80.. => BEYOND_ASCII,
            _ => DELIMITER,
        };
        byte += 1;
    }
    masks
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_runs_of_letters_digits_underscores_and_what_is_not_ascii() {
        let cases: [(&str, &[&str]); 5] = [
            ("", &[]),
            (" -.", &[]),
            ("blk_-42 a_b=c9", &["blk_", "42", "a_b", "c9"]),
            ("größe…2.über", &["größe…2", "über"]),
            ("a\u{1}b\n", &["a", "b"]),
        ];
        for (text, expect) in cases {
            let found: Vec<_> = tokens(text.as_bytes()).collect();
            assert_eq!(found, expect.iter().map(|t| t.as_bytes()).collect::<Vec<_>>(), "{text}");
        }
        assert!(!is_token(MARK));
    }

    #[test]
    fn a_mask_folds_case_and_tells_digits_underscores_and_the_rest_apart() {
        assert_eq!(mask(b"aZ"), mask(b"zA"));
        assert_eq!(mask(b"7_"), DIGIT | UNDERSCORE);
        assert_eq!(mask("é.".as_bytes()), BEYOND_ASCII | DELIMITER);
        assert_eq!(mask(&(0..=255).collect::<Vec<u8>>()), ANYTHING);
    }
}
