//! A time of day in a text, told as what it is apart from the record's own time: mostly nothing, or a time zone.
//!
//! ```text
//!   00:00:05.477 = the record's time of day + quarters of an hour (i8) + the rest, s or ms (zz, v)
//! ```
//! Invariant: what is read here is written back as the same bytes.

use super::mark::Mark;
use crate::cursor::{Cursor, put_varint};
use crate::plane::{unzigzag, zigzag};

const DAY_NS: i64 = 86_400 * 1_000_000_000;
const QUARTER_S: i64 = 900;

/// How far a text's time of day is from its record's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Apart {
    /// Quarters of an hour: time zones.
    quarters: i8,
    /// The rest, in the clock's unit.
    rest: i32,
}

/// The clock that a text begins with, and how many bytes it has.
pub(super) fn clock(text: &[u8]) -> Option<(Mark, usize)> {
    let [a, b, b':', c, d, b':', e, f, rest @ ..] = text else { return None };
    if ![a, b, c, d, e, f].iter().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if (*a, *b) > (b'2', b'3') || *a > b'2' || *c > b'5' || *e > b'5' {
        return None;
    }
    match rest {
        [b'0'..=b'9', ..] => None,
        [b'.', a, b, c, rest @ ..] if millis(&[*a, *b, *c], rest) => Some((Mark::ClockPoint, 12)),
        [b',', a, b, c, rest @ ..] if millis(&[*a, *b, *c], rest) => Some((Mark::ClockComma, 12)),
        _ => Some((Mark::Clock, 8)),
    }
}

fn millis(digits: &[u8], rest: &[u8]) -> bool {
    digits.iter().all(u8::is_ascii_digit) && !rest.first().is_some_and(u8::is_ascii_digit)
}

/// How far the clock `text`, as [`clock`] found it, is from `time`, ns.
pub(super) fn apart(mark: Mark, text: &[u8], time: i64) -> Apart {
    let digit = |at: usize| i64::from(text[at] & 0xf);
    let two = |at: usize| digit(at) * 10 + digit(at + 1);
    let seconds = two(0) * 3_600 + two(3) * 60 + two(6);
    let per_second = per_second(mark);
    let said = match per_second {
        1 => seconds,
        _ => seconds * 1_000 + digit(9) * 100 + two(10),
    };
    let quarter = QUARTER_S * per_second;
    let apart = said - time_of_day(time, per_second);
    let quarters = (apart + quarter / 2).div_euclid(quarter);
    let rest = apart - quarters * quarter;
    // A day has 96 quarters; the rest is at most half of one.
    Apart {
        quarters: i8::try_from(quarters).unwrap_or_default(),
        rest: i32::try_from(rest).unwrap_or_default(),
    }
}

impl Apart {
    pub(super) fn put(self, out: &mut Vec<u8>) {
        out.push(self.quarters.cast_unsigned());
        put_varint(out, u32::try_from(zigzag(i64::from(self.rest))).unwrap_or(u32::MAX));
    }

    pub(super) fn get(cursor: &mut Cursor<'_>) -> Option<Self> {
        let quarters = cursor.byte()?.cast_signed();
        let rest = i32::try_from(unzigzag(u64::from(cursor.varint()?))).ok()?;
        Some(Self { quarters, rest })
    }

    /// The bytes of one.
    pub(super) fn bytes<'a>(cursor: &mut Cursor<'a>) -> Option<&'a [u8]> {
        let mut ahead = cursor.clone();
        Self::get(&mut ahead)?;
        cursor.take(cursor.len() - ahead.len())
    }

    /// Writes the clock; `None` when that is no time of day.
    pub(super) fn write(self, mark: Mark, time: i64, out: &mut Vec<u8>) -> Option<()> {
        let per_second = per_second(mark);
        let apart = i64::from(self.quarters) * QUARTER_S * per_second + i64::from(self.rest);
        let said = time_of_day(time, per_second) + apart;
        if !(0..86_400 * per_second).contains(&said) {
            return None;
        }
        let digit = |number: i64| b'0' + (number % 10).to_le_bytes()[0];
        let two = |number: i64| [digit(number / 10), digit(number)];
        let seconds = said / per_second;
        out.extend_from_slice(&two(seconds / 3_600));
        out.push(b':');
        out.extend_from_slice(&two(seconds / 60 % 60));
        out.push(b':');
        out.extend_from_slice(&two(seconds % 60));
        if per_second > 1 {
            out.push(if mark == Mark::ClockPoint { b'.' } else { b',' });
            out.push(digit(said % per_second / 100));
            out.extend_from_slice(&two(said % 100));
        }
        Some(())
    }
}

fn per_second(mark: Mark) -> i64 {
    if mark == Mark::Clock { 1 } else { 1_000 }
}

fn time_of_day(time: i64, per_second: i64) -> i64 {
    time.rem_euclid(DAY_NS) / (1_000_000_000 / per_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_known_by_their_shape() {
        let cases: [(&str, Option<(Mark, usize)>); 9] = [
            ("00:00:05 up", Some((Mark::Clock, 8))),
            ("23:59:59.999", Some((Mark::ClockPoint, 12))),
            ("23:59:59,999Z", Some((Mark::ClockComma, 12))),
            ("23:59:59.999999", Some((Mark::Clock, 8))),
            ("23:59:59.", Some((Mark::Clock, 8))),
            ("24:00:00", None),
            ("12:60:00", None),
            ("12:00:000", None),
            ("1:00:00", None),
        ];
        for (text, expect) in cases {
            assert_eq!(clock(text.as_bytes()), expect, "{text}");
        }
    }

    #[test]
    fn a_clock_comes_back_whatever_the_records_time_is() {
        for text in ["00:00:00", "23:59:59.999", "13:07:31,004"] {
            for time in [0, -1, DAY_NS - 1, 1_767_225_601_063_212_125, i64::MIN, i64::MAX] {
                let (mark, bytes) = clock(text.as_bytes()).unwrap();
                let mut put = Vec::new();
                apart(mark, &text.as_bytes()[..bytes], time).put(&mut put);
                let mut cursor = Cursor::new(&put);
                let mut out = Vec::new();
                Apart::get(&mut cursor).unwrap().write(mark, time, &mut out).unwrap();
                assert_eq!((out.as_slice(), cursor.is_empty()), (text.as_bytes(), true), "{time}");
            }
        }
    }

    #[test]
    fn what_is_no_time_of_day_is_not_written() {
        let apart = Apart { quarters: 96, rest: 0 };
        assert_eq!(apart.write(Mark::Clock, 0, &mut Vec::new()), None);
    }
}
