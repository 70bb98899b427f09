//! What a pattern is grouped by: the words of a text, those with a variable as `<*>`.
//!
//! ```text
//!   "Failed password for pi42 from 10.0.0.7 uid=0"     a message
//!   "Failed password for ␁ from ␁.␁.␁.␁ uid=␁"         its template, as a split keeps it
//!   "Failed password for <*> from <*> uid=<*>"         the skeleton of both
//! ```
//! Invariants:
//! - it is a function of the text alone, and of a message the same as of its template: both have a variable in
//!   the same words, for no blank is in a variable and each has a digit;
//! - its length has a limit: of longer texts the end is one variable, of longer words the whole word is.

use crate::limits::{PATTERN_WORD_BYTES_MAX, PATTERN_WORDS_MAX};
use crate::records::is_variable;

/// A word that may be anything.
pub(super) const VARIABLE: &str = "<*>";

/// Words that are part of a time.
const TIME_WORDS: &[&str] = &[
    "Mon",
    "Tue",
    "Wed",
    "Thu",
    "Fri",
    "Sat",
    "Sun",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
    "UTC",
    "GMT",
    "EST",
    "EDT",
    "PST",
    "PDT",
    "CST",
    "CDT",
    "MST",
    "MDT",
    "CET",
    "CEST",
];
/// What may stand around these.
const TIME_SIGNS: &[char] = &[',', ';', ':', '(', ')', '[', ']'];

/// Writes the skeleton of a message or a template into `skeleton`, its words with one blank between them.
pub(super) fn write(text: &str, skeleton: &mut String) {
    skeleton.clear();
    for (number, word) in text.split_ascii_whitespace().enumerate() {
        if number > 0 {
            skeleton.push(' ');
        }
        if number == PATTERN_WORDS_MAX {
            skeleton.push_str(VARIABLE);
            return;
        }
        match variable_at(word) {
            Some(at) => {
                skeleton.push_str(&word[..at]);
                skeleton.push_str(VARIABLE);
            }
            None => skeleton.push_str(word),
        }
    }
}

/// Up to where a word stays as it is, if it has a variable: that of `key=value` is its value.
fn variable_at(word: &str) -> Option<usize> {
    let is_long = word.len() > PATTERN_WORD_BYTES_MAX;
    let is_of_time = || TIME_WORDS.contains(&word.trim_matches(TIME_SIGNS));
    if !is_long && !word.bytes().any(is_variable) {
        return is_of_time().then_some(0);
    }
    let key = word.find('=').map_or(0, |sign| sign + 1);
    let is_key = key <= PATTERN_WORD_BYTES_MAX && !word[..key].bytes().any(is_variable);
    Some(if is_key { key } else { 0 })
}

/// The words of a skeleton.
pub(super) fn words(skeleton: &str) -> impl Iterator<Item = &str> {
    skeleton.split(' ').filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let mut skeleton = String::new();
        write(text, &mut skeleton);
        assert_eq!(skeleton, expect, "{text}");
    }

    #[test]
    fn a_word_with_a_digit_is_a_variable_and_a_key_stays() {
        check("", "");
        check("  jump \t start\n", "jump start");
        check("blk_-42: from 10.0.0.7:80", "<*> from <*>");
        check("uid=0 euid=abc x1=2 a=b=3", "uid=<*> euid=abc <*> a=<*>");
        check("on (Mon, Jun 14 UTC May) Mayor", "on <*> <*> <*> <*> <*> Mayor");
    }

    #[test]
    fn a_template_has_the_skeleton_of_its_messages() {
        for (message, template) in [
            (
                "Invalid user pi452 from 85.208.102.44",
                "Invalid user \u{1} from \u{1}.\u{1}.\u{1}.\u{1}",
            ),
            ("a=7,b=ü9", "a=\u{1},b=\u{1}"),
            ("took 1ms", "took \u{1}"),
        ] {
            let mut expect = String::new();
            write(template, &mut expect);
            check(message, &expect);
        }
    }

    #[test]
    fn words_are_so_long_and_skeletons_have_so_many() {
        let longest = "x".repeat(PATTERN_WORD_BYTES_MAX);
        check(&longest, &longest);
        check(&format!("{longest}x"), VARIABLE);
        check(&format!("k={longest}"), "k=<*>");
        let most = vec!["x"; PATTERN_WORDS_MAX].join(" ");
        check(&most, &most);
        check(&format!("{most} y z"), &format!("{most} <*>"));
    }
}
