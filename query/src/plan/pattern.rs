//! Regular expressions and wildcards, in the message and in values.
//!
//! Invariants:
//! - every expression is linear in its text and limited to [`REGEX_BYTES_MAX`];
//! - what a word is, [`nilometer_block::words`] says; [`RUN`] says the same.

use nilometer_block::joined;
use regex::{Regex, RegexBuilder};

use crate::limits::REGEX_BYTES_MAX;

/// A character that can stand in a word with others: not one of the scripts of which each is a word.
const RUN: &str = concat!(
    r"[\p{Alphabetic}\p{N}_--[\x{1100}-\x{11ff}\x{2e80}-\x{2fdf}\x{3005}-\x{3007}\x{3040}-\x{318f}",
    r"\x{31a0}-\x{31bf}\x{31f0}-\x{31ff}\x{3400}-\x{4dbf}\x{4e00}-\x{9fff}\x{a960}-\x{a97f}",
    r"\x{ac00}-\x{d7ff}\x{f900}-\x{faff}\x{ff66}-\x{ffdc}\x{20000}-\x{3ffff}]]",
);

/// The user's expression, searched for anywhere.
pub(crate) fn regex(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(REGEX_BYTES_MAX).build()
}

/// The whole value: a star stands for anything.
pub(crate) fn whole_value(pieces: &[String]) -> Result<Regex, regex::Error> {
    let escaped: Vec<String> = pieces.iter().map(|piece| regex::escape(piece)).collect();
    regex(&format!("(?s)^(?:{})$", escaped.join(".*")))
}

/// In a message: a star stands for any run of a word's characters, ASCII case is folded, and the match
/// does not begin or end inside a longer word.
pub(crate) fn in_words(pieces: &[String]) -> Result<Regex, regex::Error> {
    let begins = pieces.first().is_some_and(|piece| joined("a", piece));
    let ends = pieces.last().is_some_and(|piece| joined(piece, "a"));
    let folded: Vec<String> = pieces.iter().map(|piece| fold(piece)).collect();
    let before = if begins { format!("(?:^|[^{RUN}])") } else { String::new() };
    let after = if ends { format!("(?:$|[^{RUN}])") } else { String::new() };
    regex(&format!("{before}{}{after}", folded.join(&format!("{RUN}*"))))
}

fn fold(piece: &str) -> String {
    let mut out = String::new();
    for char in piece.chars() {
        if char.is_ascii_alphabetic() {
            out.extend(['[', char.to_ascii_lowercase(), char.to_ascii_uppercase(), ']']);
        } else {
            out.push_str(&regex::escape(char.encode_utf8(&mut [0; 4])));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_made_of_the_characters_that_join_a_word() {
        let run = Regex::new(&format!("^{RUN}$")).unwrap();
        // The two may know Unicode of different years.
        let known = Regex::new(r"^\P{Cn}$").unwrap();
        for char in '\0'..=char::MAX {
            let text = char.to_string();
            if !known.is_match(&text) {
                continue;
            }
            assert_eq!(run.is_match(&text), joined("a", &text), "{char:?} {}", u32::from(char));
        }
    }
}
