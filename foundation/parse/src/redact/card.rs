//! Card numbers: 13 to 19 digits of a known issuer whose check digit is right.
//!
//! ```text
//!   4111111111111111    4111 1111 1111 1111    4111-1111-1111-1111    3782 822463 10005
//! ```
//! Invariants:
//! - the digits stand alone: never part of a longer run of digits, of a word, a hex id, a uuid or a float;
//! - gaps are all spaces or all dashes, and groups are those of a card;
//! - five bytes of 13 are looked at, which no run of 13 can slip through.

use super::place::{is_word_at, run, run_before};
use super::{Form, Found, Kind};

const DIGITS_MIN: usize = 13;
const DIGITS_MAX: usize = 19;
/// Groups of digits as they are printed on cards.
const GROUPS: [&[usize]; 6] =
    [&[4, 4, 4, 4], &[4, 4, 4, 4, 3], &[4, 6, 5], &[4, 6, 4], &[4, 4, 4, 1], &[6, 13]];
/// Quotes, backslashes and spaces around a separator.
const GAP_BYTES_MAX: usize = 4;
/// Bytes of a name that are looked at.
const NAME_BYTES: usize = 32;
/// Bytes of a look: the middle of one falls into every run that could be a card.
const WINDOW: usize = DIGITS_MIN;

/// Tells of every card.
pub(super) fn each(text: &[u8], mut tell: impl FnMut(Found)) {
    let (windows, rest) = text.as_chunks::<WINDOW>();
    let mut looked = 0;
    let mut look = |center: usize| {
        if center < looked {
            return;
        }
        let start = center - run_before(text, center, text.len(), is_of_card);
        let end = center + run(text, center, is_of_card);
        let digits = text[start..end].iter().filter(|byte| byte.is_ascii_digit());
        if digits.count() >= DIGITS_MIN {
            in_run(text, start, end, &mut tell);
        }
        looked = end;
    };
    for (number, window) in windows.iter().enumerate() {
        if may_hold_card(window) {
            look(number * WINDOW + WINDOW / 2);
        }
    }
    if let Some(last) = text.last_chunk::<WINDOW>().filter(|_| !rest.is_empty())
        && may_hold_card(last)
    {
        look(text.len() - WINDOW + WINDOW / 2);
    }
}

/// Whether the middle may be one of 13 in a row: then six go on to one side of it.
fn may_hold_card(window: &[u8; WINDOW]) -> bool {
    let at = |place: usize| IS_OF_CARD[usize::from(window[place])];
    // Bits, not conditions: what a byte is cannot be foretold, and a wrong guess costs more than all looks.
    let before = at(0) & at(1) & at(3) & at(5);
    let behind = at(7) & at(9) & at(11) & at(12);
    at(6) & (before | behind) != 0
}

/// By byte: 1 when it is a digit or a gap.
static IS_OF_CARD: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = b'0';
    while byte <= b'9' {
        table[byte as usize] = 1;
        byte += 1;
    }
    table[b' ' as usize] = 1;
    table[b'-' as usize] = 1;
    table
};

fn is_of_card(byte: u8) -> bool {
    IS_OF_CARD[usize::from(byte)] != 0
}

/// Looks for cards in a run of digits and gaps.
fn in_run(text: &[u8], start: usize, end: usize, tell: &mut impl FnMut(Found)) {
    let mut at = start;
    while at < end {
        if !text[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let digits = digits_from(text, at);
        match card(text, at, digits) {
            Some(found) => {
                at = found.end;
                tell(found);
            }
            None => at += digits,
        }
    }
}

fn digits_from(text: &[u8], at: usize) -> usize {
    text[at..].iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// The card that begins at `at` with a group of so many digits.
fn card(text: &[u8], at: usize, first: usize) -> Option<Found> {
    if !stands_alone_before(text, at) || is_named_id(text, at) {
        return None;
    }
    if (DIGITS_MIN..=DIGITS_MAX).contains(&first) {
        let end = at + first;
        let form = if is_bare_number(text, at, end) { Form::Number } else { Form::Word };
        let found = Found { form, ..Found::word(Kind::Card, at, end) };
        let is_told = first > DIGITS_MIN || is_named_card(&text[..at]);
        return (is_told && is_card(text, at, end)).then_some(found);
    }
    if follows_group(text, at) {
        return None;
    }
    let groups = GROUPS.iter().filter(|groups| groups[0] == first);
    let ends = groups.filter_map(|groups| grouped(text, at, groups));
    let mut ends = ends.filter(|end| is_card(text, at, *end));
    ends.next().map(|end| Found::word(Kind::Card, at, end))
}

/// Where the groups end that begin at `at`, each behind the same gap.
fn grouped(text: &[u8], at: usize, groups: &[usize]) -> Option<usize> {
    let gap = *text.get(at + groups[0]).filter(|gap| matches!(gap, b' ' | b'-'))?;
    let mut end = at;
    for (number, digits) in groups.iter().enumerate() {
        if number > 0 {
            if text.get(end) != Some(&gap) {
                return None;
            }
            end += 1;
        }
        if digits_from(text, end) != *digits {
            return None;
        }
        end += digits;
    }
    Some(end)
}

fn is_card(text: &[u8], start: usize, end: usize) -> bool {
    let digits: Vec<u8> = text[start..end]
        .iter()
        .filter(|byte| byte.is_ascii_digit())
        .map(|byte| byte - b'0')
        .collect();
    stands_alone_behind(text, end) && has_issuer(&digits) && is_right(&digits)
}

/// Whether a name says that it is an id: one of 16 hex digits has none but decimal ones now and then.
fn is_named_id(text: &[u8], at: usize) -> bool {
    let gap = |byte: u8| matches!(byte, b'"' | b'\'' | b'\\' | b' ');
    let at = at - run_before(text, at, GAP_BYTES_MAX, gap);
    let Some((b'=' | b':', before)) = text[..at].split_last() else { return false };
    let end = before.len() - run_before(before, before.len(), GAP_BYTES_MAX, gap);
    let name = &before
        [end - run_before(before, end, NAME_BYTES, |byte| byte.is_ascii_alphanumeric())..end];
    let is_id = matches!(name, [.., b'i' | b'I', b'd' | b'D']);
    is_id && !name.to_ascii_lowercase().starts_with(b"card")
}

/// Thirteen digits are a time in ms more often than a card, of which there are hardly any left.
fn is_named_card(before: &[u8]) -> bool {
    let near = &before[before.len().saturating_sub(NAME_BYTES)..];
    near.windows(4)
        .any(|word| word.eq_ignore_ascii_case(b"card") || word.eq_ignore_ascii_case(b"visa"))
}

/// Whether a group of digits and a space are before it: a longer row, such as a telephone's.
fn follows_group(text: &[u8], at: usize) -> bool {
    let Some(before) = text[..at].strip_suffix(b" ") else { return false };
    let digits = run_before(before, before.len(), DIGITS_MAX, |byte| byte.is_ascii_digit());
    digits > 0 && !is_word_at(text, (before.len() - digits).wrapping_sub(1))
}

/// No word, float or date goes on before it.
fn stands_alone_before(text: &[u8], at: usize) -> bool {
    match &text[..at] {
        [.., b'\\', b'n' | b'r' | b't'] => true,
        [.., before] => {
            !before.is_ascii_alphanumeric() && !matches!(before, b'_' | b'-' | b'.' | b'+' | 0x80..)
        }
        [] => true,
    }
}

fn stands_alone_behind(text: &[u8], end: usize) -> bool {
    match text[end..] {
        [b'.' | b'-' | b' ' | b':' | b',', next, ..] if next.is_ascii_digit() => {
            text[end] == b' ' && digits_from(text, end + 1) != 4 || text[end] == b','
        }
        [b'_' | b'-', ..] => false,
        _ => !is_word_at(text, end),
    }
}

/// Where JSON has a bare number, only a number may stand.
fn is_bare_number(text: &[u8], start: usize, end: usize) -> bool {
    let before = text[..start].trim_ascii_end().last();
    let behind = text[end..].trim_ascii_start().first();
    matches!(before, Some(b':' | b',' | b'[')) && matches!(behind, Some(b',' | b'}' | b']'))
}

/// Whether an issuer's numbers begin so and are as long.
fn has_issuer(digits: &[u8]) -> bool {
    let beginning = digits.iter().take(4).fold(0_u32, |all, digit| all * 10 + u32::from(*digit));
    let lengths: &[usize] = match beginning {
        // Visa
        4000..=4999 => &[13, 16, 19],
        // Mastercard
        5100..=5599 | 2221..=2720 => &[16],
        // American Express
        3400..=3499 | 3700..=3799 => &[15],
        // Diners Club
        3000..=3059 | 3095 | 3600..=3699 | 3800..=3999 => &[14, 16, 19],
        // Discover
        6011 | 6440..=6599 => &[16, 19],
        // JCB
        3528..=3589 => &[16, 19],
        // UnionPay
        6200..=6299 => &[16, 17, 18, 19],
        // Maestro
        5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763 => &[16, 18, 19],
        // Mir
        2200..=2204 => &[16, 19],
        _ => &[],
    };
    lengths.contains(&digits.len())
}

/// Luhn's sum; a row of one digit is nobody's.
fn is_right(digits: &[u8]) -> bool {
    let value = |(place, digit): (usize, &u8)| match place % 2 {
        0 => u32::from(*digit),
        _ => u32::from(digit * 2 / 10 + digit * 2 % 10),
    };
    let sum: u32 = digits.iter().rev().enumerate().map(value).sum();
    sum.is_multiple_of(10) && digits.iter().any(|digit| *digit != digits[0])
}
