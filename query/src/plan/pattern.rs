//! Regular expressions and wildcards, in the message and in values.
//!
//! Invariant: every expression is linear in its text and limited to [`REGEX_BYTES_MAX`].

use regex::{Regex, RegexBuilder};

use crate::limits::REGEX_BYTES_MAX;

/// A character of a word that is longer than one character.
const RUN: &str =
    r"[\p{Alphabetic}\p{N}_--[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Bopomofo}]]";

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
    let edge = |text: Option<char>| text.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let first = pieces.first().and_then(|piece| piece.chars().next());
    let last = pieces.last().and_then(|piece| piece.chars().next_back());
    let folded: Vec<String> = pieces.iter().map(|piece| fold(piece)).collect();
    let before = if edge(first) { format!("(?:^|[^{RUN}])") } else { String::new() };
    let after = if edge(last) { format!("(?:$|[^{RUN}])") } else { String::new() };
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
