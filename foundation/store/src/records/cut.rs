//! A text, cut into its template and what is its own.
//!
//! ```text
//!   "Invalid user pi452 from 85.208.102.44"
//!   template: "Invalid user ␁ from ␁.␁.␁.␁"     spans: pi452, 85, 208, 102, 44
//! ```
//! Invariant: the template with each mark replaced by its span is the text.

use nilometer_block::digit_or_low;

use super::token::{MARK, is_token};
use crate::limits::TEMPLATE_SLOTS_MAX;

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Span {
    pub(super) start: u32,
    pub(super) len: u32,
}

impl Span {
    pub(super) fn new(start: usize, end: usize) -> Self {
        // A block's texts end long before 4 GiB.
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: narrow(start), len: narrow(end - start) }
    }

    pub(crate) fn of(self, text: &[u8]) -> &[u8] {
        &text[self.start as usize..][..self.len as usize]
    }
}

/// What a text is made of, from `from` to its end: appends the template and the spans of its variables. `None`
/// when it must stay whole: it has too many variables, or a mark of its own.
pub(super) fn cut(
    text: &[u8],
    from: usize,
    template: &mut Vec<u8>,
    spans: &mut Vec<Span>,
) -> Option<()> {
    let first = spans.len();
    let (mut copied, mut at) = (from, from);
    while let Some(stop) = digit_or_low(text, at) {
        if !text[stop].is_ascii_digit() {
            if text[stop] == MARK {
                return None;
            }
            at = stop + 1;
            continue;
        }
        if spans.len() - first == TEMPLATE_SLOTS_MAX {
            return None;
        }
        let before = text[copied..stop].iter().rev().take_while(|byte| is_token(**byte)).count();
        let behind = text[stop..].iter().take_while(|byte| is_token(**byte)).count();
        let (start, end) = (stop - before, stop + behind);
        template.extend_from_slice(&text[copied..start]);
        template.push(MARK);
        spans.push(Span::new(start, end));
        (copied, at) = (end, end);
    }
    template.extend_from_slice(&text[copied..]);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str, variables: &[&str]) {
        let (mut template, mut spans) = (Vec::new(), Vec::new());
        let text = format!("{{{text}");
        cut(text.as_bytes(), 1, &mut template, &mut spans).unwrap();
        assert_eq!(template, expect.replace('*', "\u{1}").as_bytes());
        let found: Vec<_> = spans.iter().map(|span| span.of(text.as_bytes())).collect();
        assert_eq!(found, variables.iter().map(|v| v.as_bytes()).collect::<Vec<_>>());
    }

    #[test]
    fn a_token_with_a_digit_is_a_variable_as_a_whole() {
        check("", "", &[]);
        check("no digit\n\there", "no digit\n\there", &[]);
        check("7", "*", &["7"]);
        check("Invalid user pi452 from 85.2", "Invalid user * from *.*", &["pi452", "85", "2"]);
        check("größe2x…,x", "*,x", &["größe2x…"]);
        check("blk_-42_", "blk_-*", &["42_"]);
    }

    #[test]
    fn a_text_with_a_mark_or_one_variable_too_many_stays_whole() {
        let whole = |text: &str| cut(text.as_bytes(), 0, &mut Vec::new(), &mut Vec::new());
        assert_eq!(whole("a\u{1}b"), None);
        assert_eq!(whole(&"1 ".repeat(TEMPLATE_SLOTS_MAX)), Some(()));
        assert_eq!(whole(&"1 ".repeat(TEMPLATE_SLOTS_MAX + 1)), None);
    }
}
