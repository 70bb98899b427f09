//! What a word is. One definition, for indexing and for searching: were there two, an index would lie.

/// The words of a text: the longest runs of letters, digits and `_`; every CJK character is a word of its own.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    Words { text, at: 0 }
}

/// Whether a word goes on from one text into the other.
#[must_use]
pub fn joined(before: &str, after: &str) -> bool {
    let (Some(last), Some(first)) = (before.chars().next_back(), after.chars().next()) else {
        return false;
    };
    let mut buffer = [0; 8];
    let split = last.encode_utf8(&mut buffer).len();
    let length = split + first.encode_utf8(&mut buffer[split..]).len();
    let pair = std::str::from_utf8(&buffer[..length]).unwrap_or_default();
    words(pair).next().is_some_and(|word| word.len() == length)
}

struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let bytes = self.text.as_bytes();
        while self.at < bytes.len() {
            let start = self.at;
            while self.at < bytes.len() && IS_WORD[usize::from(bytes[self.at])] {
                self.at += 1;
            }
            let beyond_ascii = self.at < bytes.len() && !bytes[self.at].is_ascii();
            if beyond_ascii {
                self.run_of_chars(start);
            }
            if self.at > start {
                return Some(&self.text[start..self.at]);
            }
            self.at += self.text[start..].chars().next().map_or(1, char::len_utf8);
        }
        None
    }
}

impl Words<'_> {
    /// Moves to the end of the word that began at `start`, now that it may hold any character.
    fn run_of_chars(&mut self, start: usize) {
        for c in self.text[self.at..].chars() {
            if is_cjk(c) {
                if self.at == start {
                    self.at += c.len_utf8();
                }
                return;
            }
            if !(c.is_alphanumeric() || c == '_') {
                return;
            }
            self.at += c.len_utf8();
        }
    }
}

/// Whether a byte is a word's, for ASCII.
const IS_WORD: [bool; 256] = {
    let mut is_word = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        is_word[byte as usize] = byte.is_ascii_alphanumeric() || byte == b'_';
        byte += 1;
    }
    is_word
};

/// Characters of scripts that are written without blanks between words: Han, Kana; and Hangul, whose
/// endings grow onto words.
fn is_cjk(c: char) -> bool {
    matches!(u32::from(c),
        0x1100..=0x11ff | 0x2e80..=0x2fdf | 0x3005..=0x3007 | 0x3040..=0x312f | 0x3130..=0x318f
        | 0x31a0..=0x31bf | 0x31f0..=0x31ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff
        | 0xa960..=0xa97f | 0xac00..=0xd7ff | 0xf900..=0xfaff | 0xff66..=0xffdc
        | 0x20000..=0x3ffff)
        && c.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_runs_of_letters_digits_and_underscores_and_single_cjk_characters() {
        let cases: [(&str, &[&str]); 9] = [
            ("", &[]),
            ("  .,-", &[]),
            ("Failed password for root", &["Failed", "password", "for", "root"]),
            ("blk_-42 a_b=c9", &["blk_", "42", "a_b", "c9"]),
            ("größe.über", &["größe", "über"]),
            ("naïve_2é", &["naïve_2é"]),
            ("ab日志cd", &["ab", "日", "志", "cd"]),
            ("…x…", &["x"]),
            ("é日é", &["é", "日", "é"]),
        ];
        for (text, expect) in cases {
            assert_eq!(words(text).collect::<Vec<_>>(), expect, "{text}");
        }
    }
}
