//! Text that may be shown on a terminal: whatever a log holds, it cannot move the cursor, change the
//! title, or look like two lines.
//!
//! ```text
//!   ESC [ ... final     ESC ] P X ^ _ ... (BEL | ESC \)     ESC intermediates final      taken out
//!   other control characters, line separators, what turns the direction of writing       escaped
//!   tab                                                                                   kept
//! ```

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::Chars;

const ESC: char = '\u{1b}';
const BEL: char = '\u{7}';
/// The one-character forms of `ESC [` and of `ESC \`.
const CSI: char = '\u{9b}';
const ST: char = '\u{9c}';

/// The text without what a terminal would obey.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_dangerous) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ESC => skip_escape(&mut chars),
            CSI => skip_csi(&mut chars),
            '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => skip_string(&mut chars),
            c if is_dangerous(c) => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Several lines of our own making, each of them plain.
pub(crate) fn lines(text: &str) -> String {
    text.split('\n').map(plain).collect::<Vec<_>>().join("\n")
}

fn is_dangerous(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let breaks = matches!(c, '\u{2028}' | '\u{2029}');
    turns || breaks || (c.is_control() && c != '\t')
}

fn skip_escape(chars: &mut Peekable<Chars<'_>>) {
    match chars.peek() {
        Some('[') => {
            chars.next();
            skip_csi(chars);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            chars.next();
            skip_string(chars);
        }
        _ => {
            while chars.next_if(|c| (' '..='/').contains(c)).is_some() {}
            chars.next_if(|c| ('0'..='~').contains(c));
        }
    }
}

/// Parameters and intermediates, then one final character. What does not belong ends it.
fn skip_csi(chars: &mut Peekable<Chars<'_>>) {
    while chars.next_if(|c| (' '..='?').contains(c)).is_some() {}
    chars.next_if(|c| ('@'..='~').contains(c));
}

/// A string sequence up to its terminator, else to the end of the text: so does a terminal.
fn skip_string(chars: &mut Peekable<Chars<'_>>) {
    while let Some(c) = chars.next() {
        match c {
            BEL | ST => return,
            ESC => {
                chars.next_if_eq(&'\\');
                return;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(plain(text), expect);
    }

    #[test]
    fn plain_text_and_tabs_stay_as_they_are() {
        check("", "");
        check("a\tb é 漢字 🦀", "a\tb é 漢字 🦀");
        assert!(matches!(plain("a\tb"), Cow::Borrowed(_)));
    }

    #[test]
    fn escape_sequences_are_taken_out() {
        check("\u{1b}[31mred\u{1b}[0m", "red");
        check("\u{1b}[2J\u{1b}[1;1Hx", "x");
        check("\u{1b}]0;title\u{7}x", "x");
        check("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link");
        check("\u{1b}Pdata\u{1b}\\x", "x");
        check("\u{1b}cx", "x");
        check("\u{1b}(Bx", "x");
        check("\u{9b}31mx", "x");
        check("\u{9d}0;t\u{9c}x", "x");
    }

    #[test]
    fn a_sequence_without_an_end_hides_nothing_behind_it_but_itself() {
        check("x\u{1b}", "x");
        check("x\u{1b}[", "x");
        check("\u{1b}[31\nx", "\\nx");
        check("x\u{1b}]0;title", "x");
    }

    #[test]
    fn other_control_characters_are_shown_escaped() {
        check("a\nb\rc", "a\\nb\\rc");
        check("a\0b\u{7f}c\u{85}", "a\\u{0}b\\u{7f}c\\u{85}");
        check("a\u{202e}b\u{61c}c\u{2028}d", "a\\u{202e}b\\u{61c}c\\u{2028}d");
    }

    #[test]
    fn lines_of_our_own_stay_lines() {
        assert_eq!(lines("a\u{1b}[2J\n  ^\rb\n"), "a\n  ^\\rb\n");
    }
}
