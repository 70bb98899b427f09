//! A time as a line has it written: read at its beginning, and what stands behind it.
//!
//! ```text
//!   2026-11-21T04:06:00.123456789Z   2026-11-21 04:06:00,123 CET   2026/11/21 04:06:00   26/11/21 04:06:00
//!   21/Nov/2026:04:06:00 +0000       21 Nov 2026 04:06:00.123      Sat Nov 21 04:06:00.123456 2026
//!   Nov 21 04:06:00                  11-21 04:06:00.123            1121 04:06:00.123456     (no year)
//!   04:06:00.123                     (no date)                     261121 040600
//! ```
//! Invariants: nothing is guessed while reading; what a writer left out is `None`.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use nilometer_model::Timestamp;

use crate::limits::FUTURE_NS_MAX;

/// Zones' names that mean one offset only, in hours. Others mean the zone that is configured.
const ZONES: [(&str, i8); 14] = [
    ("UTC", 0),
    ("GMT", 0),
    ("WEST", 1),
    ("CET", 1),
    ("CEST", 2),
    ("EET", 2),
    ("EEST", 3),
    ("JST", 9),
    ("EST", -5),
    ("EDT", -4),
    ("MST", -7),
    ("MDT", -6),
    ("PST", -8),
    ("PDT", -7),
];

const MONTHS: [&[u8]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

/// A time as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stamp {
    year: Option<i16>,
    /// Month and day.
    date: Option<(i8, i8)>,
    clock: Clock,
    ns: i32,
    /// Seconds east of UTC.
    offset_s: Option<i32>,
}

impl Stamp {
    /// The instant; in `zone` where the stamp has none, in the latest year that is not ahead of `now`
    /// where it has none. `None` without a date, and when it is more than a day ahead of `now`.
    pub(crate) fn time(&self, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
        let latest = now.plus_ns(FUTURE_NS_MAX);
        let Some(year) = self.year else {
            let today = jiff::Timestamp::from_nanosecond(i128::from(latest.0)).ok()?;
            let this_year = zone.to_datetime(today).year();
            // February 29 may be years ago.
            return (0..8).find_map(|back| self.in_year(this_year - back, zone, latest));
        };
        self.in_year(year, zone, latest)
    }

    fn in_year(&self, year: i16, zone: &TimeZone, latest: Timestamp) -> Option<Timestamp> {
        let ((month, day), (hour, minute, second)) = (self.date?, self.clock);
        // A leap second is the last of its minute.
        let second = second.min(59);
        let civil = DateTime::new(year, month, day, hour, minute, second, self.ns).ok()?;
        let time = match self.offset_s {
            Some(offset) => Offset::from_seconds(offset).ok()?.to_timestamp(civil).ok()?,
            None => zone.to_timestamp(civil).ok()?,
        };
        let time = Timestamp(i64::try_from(time.as_nanosecond()).ok()?);
        (time <= latest).then_some(time)
    }
}

/// The stamp at the text's beginning and what is behind it.
pub(crate) fn stamp(text: &str) -> Option<(Stamp, &str)> {
    let bytes = text.as_bytes();
    let (stamp, rest) = match bytes {
        [b'0'..=b'9', b'0'..=b'9', b':', ..] => {
            clock(bytes).map(|(clock, ns, rest)| (Stamp { clock, ns, ..Stamp::default() }, rest))
        }
        [b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'-' | b'/', ..] => full(bytes),
        [b'0'..=b'9', b'0'..=b'9', b'/', b'0'..=b'9', ..] => two_digit_year(bytes),
        [b'0'..=b'9', b'0'..=b'9', b'/' | b' ', b'A'..=b'Z', ..]
        | [b'0'..=b'9', b' ', b'A'..=b'Z', ..] => day_first(bytes),
        [b'0'..=b'9', b'0'..=b'9', b'-', ..] => month_day(bytes),
        [b'0'..=b'9', ..] => packed(bytes),
        [b'A'..=b'Z', b'a'..=b'z', b'a'..=b'z', b' ', ..] => named(bytes),
        _ => None,
    }?;
    // All that was passed over is ASCII.
    Some((stamp, text.get(text.len() - rest.len()..)?))
}

/// Month, day and clock of `1121 04:06:00.123456`, as klog writes them.
pub(crate) fn klog_stamp(text: &str) -> Option<(Stamp, &str)> {
    let bytes = text.as_bytes();
    let (month, rest) = two(bytes)?;
    let (day, rest) = two(rest)?;
    let (clock, ns, rest) = clock(rest.strip_prefix(b" ")?)?;
    let stamp = Stamp { date: Some((month, day)), clock, ns, ..Stamp::default() };
    Some((stamp, text.get(text.len() - rest.len()..)?))
}

/// Hour, minute, second.
type Clock = (i8, i8, i8);

type Read<'a> = Option<(Stamp, &'a [u8])>;

/// `2026-11-21T04:06:00.123Z`, `2026/11/21 04:06:00 +0100`
fn full(bytes: &[u8]) -> Read<'_> {
    let (century, rest) = two(bytes)?;
    let (year, rest) = two(rest)?;
    let (&[separator], rest) = rest.split_first_chunk::<1>()?;
    let (month, rest) = two(rest)?;
    let (day, rest) = two(rest.strip_prefix(&[separator])?)?;
    let [b'T' | b't' | b' ', rest @ ..] = rest else { return None };
    let (clock, ns, rest) = clock(rest)?;
    let (offset_s, rest) = offset(rest);
    let year = i16::from(century) * 100 + i16::from(year);
    let date = Some((month, day));
    Some((Stamp { year: Some(year), date, clock, ns, offset_s }, rest))
}

/// `26/11/21 04:06:00`
fn two_digit_year(bytes: &[u8]) -> Read<'_> {
    let (year, rest) = two(bytes)?;
    let (month, rest) = two(rest.strip_prefix(b"/")?)?;
    let (day, rest) = two(rest.strip_prefix(b"/")?)?;
    let (clock, ns, rest) = clock(rest.strip_prefix(b" ")?)?;
    let year = Some(2_000 + i16::from(year));
    Some((Stamp { year, date: Some((month, day)), clock, ns, offset_s: None }, rest))
}

/// `21/Nov/2026:04:06:00 +0000`, `21 Nov 2026 04:06:00.123`
fn day_first(bytes: &[u8]) -> Read<'_> {
    let (day, rest) = one_or_two(bytes)?;
    let (&[separator], rest) = rest.split_first_chunk::<1>()?;
    let (month, rest) = month(rest)?;
    let (year, rest) = four(rest.strip_prefix(&[separator])?)?;
    let [b':' | b' ', rest @ ..] = rest else { return None };
    let (clock, ns, rest) = clock(rest)?;
    let (offset_s, rest) = offset(rest);
    Some((Stamp { year: Some(year), date: Some((month, day)), clock, ns, offset_s }, rest))
}

/// `11-21 04:06:00.123`
fn month_day(bytes: &[u8]) -> Read<'_> {
    let (month, rest) = two(bytes)?;
    let (day, rest) = two(rest.strip_prefix(b"-")?)?;
    let (clock, ns, rest) = clock(rest.strip_prefix(b" ")?)?;
    Some((Stamp { date: Some((month, day)), clock, ns, ..Stamp::default() }, rest))
}

/// `261121 040600`
fn packed(bytes: &[u8]) -> Read<'_> {
    let (year, rest) = two(bytes)?;
    let (month, rest) = two(rest)?;
    let (day, rest) = two(rest)?;
    let (hour, rest) = two(rest.strip_prefix(b" ")?)?;
    let (minute, rest) = two(rest)?;
    let (second, rest) = two(rest)?;
    let clock = is_clock(hour, minute, second).then_some((hour, minute, second))?;
    let date = Some((month, day));
    let rest = rest.strip_prefix(b" ")?;
    let year = Some(2_000 + i16::from(year));
    Some((Stamp { year, date, clock, ..Stamp::default() }, rest))
}

/// `Nov 21 04:06:00`, `Sat Nov 21 04:06:00.123456 2026`
fn named(bytes: &[u8]) -> Read<'_> {
    let (month, day, rest) = match month_and_day(bytes) {
        Some(found) => found,
        None => month_and_day(bytes.get(4..)?)?,
    };
    let (clock, ns, rest) = clock(rest.strip_prefix(b" ")?)?;
    let year = rest.strip_prefix(b" ").and_then(four);
    let (year, rest) = match year {
        Some((year, rest)) if !rest.first().is_some_and(u8::is_ascii_alphanumeric) => {
            (Some(year), rest)
        }
        _ => (None, rest),
    };
    Some((Stamp { year, date: Some((month, day)), clock, ns, offset_s: None }, rest))
}

fn month_and_day(bytes: &[u8]) -> Option<(i8, i8, &[u8])> {
    let (month, rest) = month(bytes)?;
    let rest = rest.strip_prefix(b" ")?;
    let (day, rest) = one_or_two(rest.strip_prefix(b" ").unwrap_or(rest))?;
    Some((month, day, rest))
}

fn month(bytes: &[u8]) -> Option<(i8, &[u8])> {
    let (name, rest) = bytes.split_at_checked(3)?;
    let month = MONTHS.iter().position(|month| *month == name)?;
    Some((i8::try_from(month + 1).ok()?, rest))
}

/// Hour, minute, second; nanoseconds; what is behind.
fn clock(bytes: &[u8]) -> Option<(Clock, i32, &[u8])> {
    let (hour, rest) = two(bytes)?;
    let (minute, rest) = two(rest.strip_prefix(b":")?)?;
    let (second, rest) = two(rest.strip_prefix(b":")?)?;
    if !is_clock(hour, minute, second) {
        return None;
    }
    let (ns, rest) = fraction(rest);
    Some(((hour, minute, second), ns, rest))
}

fn is_clock(hour: i8, minute: i8, second: i8) -> bool {
    hour < 24 && minute < 60 && second <= 60
}

/// The nanoseconds of `.123` or `,123`, and what is behind.
fn fraction(bytes: &[u8]) -> (i32, &[u8]) {
    let [b'.' | b',', digits @ ..] = bytes else { return (0, bytes) };
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 {
        return (0, bytes);
    }
    let kept = digits[..count].iter().copied().chain(std::iter::repeat(b'0')).take(9);
    let ns = kept.fold(0_i32, |ns, digit| ns * 10 + i32::from(digit - b'0'));
    (ns, &digits[count..])
}

/// Seconds east of UTC of `Z`, `+01:00`, ` +0100`, ` CET`, and what is behind.
fn offset(bytes: &[u8]) -> (Option<i32>, &[u8]) {
    let trimmed = bytes.strip_prefix(b" ").unwrap_or(bytes);
    match trimmed {
        [b'Z', rest @ ..] if trimmed.len() == bytes.len() => (Some(0), rest),
        [b'+' | b'-', b'0'..=b'9', ..] => numeric_offset(trimmed).unwrap_or((None, bytes)),
        [b'A'..=b'Z', ..] => {
            let upper = trimmed.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
            let (name, rest) = trimmed.split_at(upper);
            let ends = !rest.first().is_some_and(|byte| byte.is_ascii_alphanumeric());
            let known = ZONES.iter().find(|(zone, _)| ends && zone.as_bytes() == name);
            known.map_or((None, bytes), |(_, hours)| (Some(i32::from(*hours) * 3_600), rest))
        }
        _ => (None, bytes),
    }
}

fn numeric_offset(bytes: &[u8]) -> Option<(Option<i32>, &[u8])> {
    let (sign, rest) = bytes.split_first()?;
    let (hours, rest) = two(rest)?;
    let (minutes, rest) = two(rest.strip_prefix(b":").unwrap_or(rest)).unwrap_or((0, rest));
    let seconds = i32::from(hours) * 3_600 + i32::from(minutes) * 60;
    Some((Some(if *sign == b'-' { -seconds } else { seconds }), rest))
}

fn two(bytes: &[u8]) -> Option<(i8, &[u8])> {
    let [tens @ b'0'..=b'9', ones @ b'0'..=b'9', rest @ ..] = bytes else { return None };
    Some((i8::try_from((tens - b'0') * 10 + (ones - b'0')).ok()?, rest))
}

fn one_or_two(bytes: &[u8]) -> Option<(i8, &[u8])> {
    two(bytes).or_else(|| match bytes {
        [digit @ b'0'..=b'9', rest @ ..] => Some((i8::try_from(digit - b'0').ok()?, rest)),
        _ => None,
    })
}

fn four(bytes: &[u8]) -> Option<(i16, &[u8])> {
    let (high, rest) = two(bytes)?;
    let (low, rest) = two(rest)?;
    Some((i16::from(high) * 100 + i16::from(low), rest))
}

#[cfg(test)]
mod tests;
