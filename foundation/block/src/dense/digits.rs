//! Eight bytes at a time: where digits are, and a hash.

const ONES: u64 = 0x0101_0101_0101_0101;
const TOPS: u64 = 0x80 * ONES;

/// The top bit of each byte that is not below `end`, which is at most 128.
const fn not_below(word: u64, end: u64) -> u64 {
    // No byte carries into its neighbour: its top bit is left out, and counts by itself.
    ((word & !TOPS) + (0x80 - end) * ONES) | word
}

/// The top bit of each byte that is a digit.
const fn digits(word: u64) -> u64 {
    !not_below(word ^ (0x30 * ONES), 10) & TOPS
}

/// The word with all digits alike.
pub(super) const fn without_digits(word: u64) -> u64 {
    let digits = digits(word) >> 7;
    word & !(digits * 0xff)
}

/// Where the first byte at `at` or behind it is that is a digit, or one of the lowest eleven.
pub(super) fn digit_or_low(text: &[u8], at: usize) -> Option<usize> {
    let (words, rest) = text.get(at..)?.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = digits(word) | (!not_below(word, 11) & TOPS);
        if found != 0 {
            return Some(at + 8 * number + found.trailing_zeros() as usize / 8);
        }
    }
    let is_stop = |byte: &u8| byte.is_ascii_digit() || *byte < 11;
    let found = rest.iter().position(is_stop)?;
    Some(text.len() - rest.len() + found)
}

/// Mixes a word into a hash, by a wide multiplication.
pub(super) fn hash(hash: u64, word: u64) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let product = u128::from(hash ^ word ^ FACTOR) * u128::from(FACTOR);
    u64::try_from((product ^ (product >> 64)) & u128::from(u64::MAX)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_low_bytes_are_found_among_all_others() {
        for byte in 0..=u8::MAX {
            let is_stop = byte.is_ascii_digit() || byte < 11;
            for at in 0..12 {
                let mut text = *b"/:~xyz\xff\x80/:\x0b\xb5";
                text[at] = byte;
                assert_eq!(digit_or_low(&text, 0), is_stop.then_some(at), "{byte} at {at}");
                assert_eq!(digit_or_low(&text, at + 1), None);
            }
        }
    }

    #[test]
    fn words_that_differ_in_digits_only_are_alike_without_them() {
        let word = |text: &[u8; 8]| without_digits(u64::from_le_bytes(*text));
        assert_eq!(word(b"a0/:9\xb0\xffz"), word(b"a7/:0\xb0\xffz"));
        assert_ne!(word(b"a0/:9\xb0\xffz"), word(b"a0/:9\xb1\xffz"));
        assert_ne!(word(b"a0/:9\xb0\xffz"), word(b"a0/;9\xb0\xffz"));
    }
}
