//! Eight bytes at a time: where digits are, whether texts are alike, and a hash.

use super::cut::is_hex;

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

/// The top bit of each byte that is one of `a` to `f`.
const fn hex_letters(word: u64) -> u64 {
    not_below(word, 0x61) & !not_below(word, 0x67) & !word & TOPS
}

/// The word with all digits alike, hexadecimal ones too, and a few other bytes: as told by their bits.
pub(super) const fn without_digits(word: u64) -> u64 {
    let (bit_6, bit_5, bit_4, bit_3) = (word << 1, word << 2, word << 3, word << 4);
    let alike = (!bit_6 & bit_5 & bit_4 | bit_6 & !bit_4 & !bit_3) & !word & TOPS;
    word & !((alike >> 7) * 0xff)
}

/// Where the first byte at `at` or behind it is that is a digit, or one of the lowest eleven.
#[must_use]
pub fn digit_or_low(text: &[u8], at: usize) -> Option<usize> {
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

/// Where the first byte at `at` or behind it is that is one of the lowest eleven.
pub(super) fn low(text: &[u8], at: usize) -> Option<usize> {
    let (words, rest) = text.get(at..)?.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        let found = !not_below(u64::from_le_bytes(*word), 11) & TOPS;
        if found != 0 {
            return Some(at + 8 * number + found.trailing_zeros() as usize / 8);
        }
    }
    let found = rest.iter().position(|byte| *byte < 11)?;
    Some(text.len() - rest.len() + found)
}

/// How many digits a text begins with.
pub(super) fn digits_of(text: &[u8]) -> usize {
    let (words, rest) = text.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        let others = !digits(u64::from_le_bytes(*word)) & TOPS;
        if others != 0 {
            return 8 * number + others.trailing_zeros() as usize / 8;
        }
    }
    text.len() - rest.len() + rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// How many hexadecimal digits a text begins with.
pub(super) fn hex_digits_of(text: &[u8]) -> usize {
    let (words, rest) = text.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let others = !(digits(word) | hex_letters(word)) & TOPS;
        if others != 0 {
            return 8 * number + others.trailing_zeros() as usize / 8;
        }
    }
    text.len() - rest.len() + rest.iter().take_while(|byte| is_hex(byte)).count()
}

/// What eight hexadecimal digits say.
pub(super) fn packed(digits: [u8; 8]) -> [u8; 4] {
    let digits = u64::from_be_bytes(digits);
    // A letter's bit 6 is set, and its low bits count from 1.
    let nibbles = (digits & (0xf * ONES)) + ((digits >> 6) & ONES) * 9;
    let bytes = (nibbles | nibbles >> 4) & 0x00ff_00ff_00ff_00ff;
    let pairs = (bytes | bytes >> 8) & 0x0000_ffff_0000_ffff;
    let [.., a, b, c, d] = (pairs | pairs >> 16).to_be_bytes();
    [a, b, c, d]
}

/// Whether a text begins with a part. Parts are short: calling for a comparison would cost more than it.
pub(super) fn begins(text: &[u8], part: &[u8]) -> bool {
    let Some(text) = text.get(..part.len()) else { return false };
    let (words, _) = text.as_chunks::<8>();
    let (part_words, _) = part.as_chunks::<8>();
    let mut pairs = words.iter().zip(part_words);
    if !pairs.all(|(a, b)| u64::from_le_bytes(*a) == u64::from_le_bytes(*b)) {
        return false;
    }
    match (text.last_chunk::<8>(), part.last_chunk::<8>()) {
        (Some(a), Some(b)) => u64::from_le_bytes(*a) == u64::from_le_bytes(*b),
        _ => text.iter().zip(part).all(|(a, b)| a == b),
    }
}

/// How far a text is as its template says: up to where they differ, or the template has a low byte.
pub(super) fn told_alike(template: &[u8], text: &[u8]) -> usize {
    let (words, _) = text.as_chunks::<8>();
    let (template_words, _) = template.as_chunks::<8>();
    let mut alike = 0;
    for (word, told) in words.iter().zip(template_words) {
        let (word, told) = (u64::from_le_bytes(*word), u64::from_le_bytes(*told));
        let stops = (not_below(word ^ told, 1) | !not_below(told, 11)) & TOPS;
        if stops != 0 {
            return alike + stops.trailing_zeros() as usize / 8;
        }
        alike += 8;
    }
    let rest = text[alike..].iter().zip(&template[alike..]);
    alike + rest.take_while(|(byte, told)| byte == told && **told > 10).count()
}

/// Appends a short text, as [`begins`] compares one. `bytes` of `text` from `at` on.
pub(super) fn append(out: &mut Vec<u8>, text: &[u8], at: usize, bytes: usize) {
    const AT_ONCE: usize = 16;
    match text.get(at..).and_then(<[u8]>::first_chunk::<AT_ONCE>) {
        Some(more) if bytes <= AT_ONCE => {
            let end = out.len() + bytes;
            out.extend_from_slice(more);
            out.truncate(end);
        }
        _ => out.extend_from_slice(&text[at..at + bytes]),
    }
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
    fn runs_of_digits_and_low_bytes_end_where_they_do() {
        for len in 0..20 {
            let mut text = vec![b'7'; len];
            text.extend_from_slice(b":1234567890");
            assert_eq!((digits_of(&text), digits_of(&text[..len])), (len, len));
            assert_eq!(low(&text, 0), None);
            text[len] = 10;
            assert_eq!((low(&text, 0), low(&text, len + 1)), (Some(len), None));
        }
    }

    #[test]
    fn parts_of_every_length_are_compared_and_appended_whole() {
        let text: Vec<u8> = (b'!'..=b'~').collect();
        for len in 0..40 {
            assert!(begins(&text, &text[..len]));
            assert!(!begins(&text[..len], &text[..=len]));
            for wrong in 0..len {
                let mut part = text[..len].to_vec();
                part[wrong] ^= 1;
                assert!(!begins(&text, &part), "{wrong} of {len}");
            }
            for at in [0, text.len() - len] {
                let mut out = b"before".to_vec();
                append(&mut out, &text, at, len);
                assert_eq!(out, [b"before", &text[at..at + len]].concat());
            }
        }
    }

    #[test]
    fn words_that_differ_in_digits_only_are_alike_without_them() {
        let word = |text: &[u8; 8]| without_digits(u64::from_le_bytes(*text));
        assert_eq!(word(b"a0/:9\xb0\xffz"), word(b"f7/:c\xb0\xffz"));
        assert_ne!(word(b"a0/:9\xb0\xffz"), word(b"a7/:0\xb1\xffz"));
        assert_ne!(word(b"a0/x9\xb0\xffz"), word(b"a0/y9\xb0\xffz"));
    }

    #[test]
    fn hexadecimal_digits_are_counted_and_packed() {
        for byte in 0..=u8::MAX {
            for len in 0..20 {
                let text = [&vec![byte; len][..], b"-0123456789"].concat();
                let expect = if is_hex(&byte) { len } else { 0 };
                assert!(len == 0 || hex_digits_of(&text) == expect, "{len} of {byte}");
            }
        }
        assert_eq!(packed(*b"0123cdef"), [0x01, 0x23, 0xcd, 0xef]);
        assert_eq!(packed(*b"456789ab"), [0x45, 0x67, 0x89, 0xab]);
    }
}
