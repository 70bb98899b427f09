//! Exact time: nanoseconds since 1970, UTC. Reading and writing RFC 3339 is on the hot path, so it is ours.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

const NS_PER_S: i64 = 1_000_000_000;

/// Nanoseconds since 1970-01-01T00:00:00Z. Written as RFC 3339 with nine digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Timestamp(pub i64);

/// A text is not a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time (want RFC 3339, now, or one like -15m)")]
pub struct TimeError;

impl Timestamp {
    /// Reads RFC 3339: `2026-11-21T04:06:00.123456789Z`, or with an offset; `T` may be a blank.
    ///
    /// # Errors
    /// [`TimeError`] when it is anything else, or a date that does not exist.
    pub fn parse(text: &[u8]) -> Result<Self, TimeError> {
        parse_rfc3339(text).ok_or(TimeError)
    }

    /// This many nanoseconds later (earlier when negative), at the ends of time at the most.
    #[must_use]
    pub fn plus_ns(self, ns: i64) -> Self {
        Self(self.0.saturating_add(ns))
    }

    /// Whole milliseconds from `earlier` to here.
    #[must_use]
    pub fn ms_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0) / 1_000_000
    }

    /// Appends the text form to `out`: always nine digits and `Z`.
    pub fn write_to(self, out: &mut String) {
        let (days, second_of_day, ns) = self.split();
        let (year, month, day) = civil_from_days(days);
        let year = u32::try_from(year).unwrap_or(0);
        push_digits(out, year, 4);
        out.push('-');
        push_digits(out, month, 2);
        out.push('-');
        push_digits(out, day, 2);
        out.push('T');
        push_digits(out, second_of_day / 3_600, 2);
        out.push(':');
        push_digits(out, second_of_day / 60 % 60, 2);
        out.push(':');
        push_digits(out, second_of_day % 60, 2);
        out.push('.');
        push_digits(out, ns, 9);
        out.push('Z');
    }

    fn split(self) -> (i64, u32, u32) {
        let seconds = self.0.div_euclid(NS_PER_S);
        let ns = u32::try_from(self.0.rem_euclid(NS_PER_S)).unwrap_or(0);
        let second_of_day = u32::try_from(seconds.rem_euclid(86_400)).unwrap_or(0);
        (seconds.div_euclid(86_400), second_of_day, ns)
    }
}

fn push_digits(out: &mut String, value: u32, digits: u32) {
    for place in (0..digits).rev() {
        let digit = value / 10_u32.pow(place) % 10;
        out.push(char::from_digit(digit, 10).unwrap_or('0'));
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(30);
        self.write_to(&mut text);
        f.write_str(&text)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_i64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = String::deserialize(deserializer)?;
            Self::parse(text.as_bytes()).map_err(serde::de::Error::custom)
        } else {
            i64::deserialize(deserializer).map(Self)
        }
    }
}

/// The value of ASCII digits, all of them digits.
fn number(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0_i64, |sum, byte| {
        byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0'))
    })
}

fn parse_rfc3339(text: &[u8]) -> Option<Timestamp> {
    let (text, rest) = text.split_first_chunk::<19>()?;
    if text[4] != b'-' || text[7] != b'-' || text[13] != b':' || text[16] != b':' {
        return None;
    }
    if !matches!(text[10], b'T' | b't' | b' ') {
        return None;
    }
    let (year, month, day) = (number(&text[..4])?, number(&text[5..7])?, number(&text[8..10])?);
    let (hour, minute, second) =
        (number(&text[11..13])?, number(&text[14..16])?, number(&text[17..19])?);
    if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (ns, zone) = fraction(rest)?;
    let days = days_from_civil(year, month, day);
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset_s(zone)?;
    let ns = i128::from(seconds) * i128::from(NS_PER_S) + i128::from(ns);
    i64::try_from(ns).ok().map(Timestamp)
}

/// The nanoseconds of `.123456789` (digits beyond the ninth are dropped), and what follows.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some(digits) = text.strip_prefix(b".").or_else(|| text.strip_prefix(b",")) else {
        return Some((0, text));
    };
    let end = digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
    if end == 0 {
        return None;
    }
    let kept = end.min(9);
    let scale = 10_i64.pow(u32::try_from(9 - kept).ok()?);
    Some((number(&digits[..kept])? * scale, &digits[end..]))
}

fn offset_s(zone: &[u8]) -> Option<i64> {
    match zone {
        b"Z" | b"z" => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, rest @ ..] => {
            let minutes = rest.strip_prefix(b":").unwrap_or(rest);
            if minutes.len() != 2 {
                return None;
            }
            let seconds = number(&[*h1, *h2])? * 3_600 + number(minutes)? * 60;
            Some(if *sign == b'+' { seconds } else { -seconds })
        }
        _ => None,
    }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 (Howard Hinnant's algorithm).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, u32::try_from(month).unwrap_or(1), u32::try_from(day).unwrap_or(1))
}

/// A time as people write it: RFC 3339, `now`, or before now: `-90s -15m -2h -7d`.
///
/// # Errors
/// [`TimeError`] for anything else.
pub fn parse_time(text: &str, now: Timestamp) -> Result<Timestamp, TimeError> {
    if text == "now" {
        return Ok(now);
    }
    let Some(ago) = text.strip_prefix('-') else {
        return Timestamp::parse(text.as_bytes());
    };
    let (digits, unit_s) = match ago.as_bytes() {
        [digits @ .., b's'] => (digits, 1),
        [digits @ .., b'm'] => (digits, 60),
        [digits @ .., b'h'] => (digits, 3_600),
        [digits @ .., b'd'] => (digits, 86_400),
        _ => return Err(TimeError),
    };
    if digits.is_empty() || digits.len() > 9 {
        return Err(TimeError);
    }
    let amount = number(digits).ok_or(TimeError)?;
    let ns = amount.checked_mul(unit_s * NS_PER_S).ok_or(TimeError)?;
    Ok(now.plus_ns(-ns))
}

/// `[from, to)`, never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRange {
    from: Timestamp,
    to: Timestamp,
}

impl TimeRange {
    /// All of time.
    pub const ALL: Self = Self { from: Timestamp(i64::MIN), to: Timestamp(i64::MAX) };

    /// The range, unless it is empty or reversed.
    #[must_use]
    pub fn new(from: Timestamp, to: Timestamp) -> Option<Self> {
        (from < to).then_some(Self { from, to })
    }

    /// The first moment in it.
    #[must_use]
    pub fn from(self) -> Timestamp {
        self.from
    }

    /// The first moment after it.
    #[must_use]
    pub fn to(self) -> Timestamp {
        self.to
    }

    /// Whether `time` lies in it.
    #[must_use]
    pub fn contains(self, time: Timestamp) -> bool {
        self.from <= time && time < self.to
    }

    /// Whether any moment of `[first, last]` lies in it.
    #[must_use]
    pub fn touches(self, first: Timestamp, last: Timestamp) -> bool {
        first < self.to && self.from <= last
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, ns: Option<i64>) {
        assert_eq!(Timestamp::parse(text.as_bytes()).ok().map(|t| t.0), ns, "{text}");
    }

    #[test]
    fn rfc_3339_is_read_to_the_nanosecond() {
        check("1970-01-01T00:00:00Z", Some(0));
        check("2023-01-29T14:06:11.434567891Z", Some(1_675_001_171_434_567_891));
        check("2023-01-29T15:06:11.434567891+01:00", Some(1_675_001_171_434_567_891));
        check("2023-01-29T14:06:11.4345678912345Z", Some(1_675_001_171_434_567_891));
        check("1969-12-31T23:59:59.5Z", Some(-500_000_000));
        check("2024-02-29 00:00:00Z", Some(1_709_164_800_000_000_000));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2023",
            "2023-02-29T00:00:00Z",
            "2023-13-01T00:00:00Z",
            "2023-01-01T24:00:00Z",
            "2023-01-01T00:00:00",
            "2023-01-01T00:00:00.Z",
            "2023-01-01T00:00:00+1",
            "99999999999999999999",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn relative_times_count_back_from_now() {
        let now = Timestamp(1_000_000_000_000_000_000);
        assert_eq!(parse_time("now", now), Ok(now));
        assert_eq!(parse_time("-90s", now), Ok(now.plus_ns(-90 * NS_PER_S)));
        assert_eq!(parse_time("-7d", now), Ok(now.plus_ns(-7 * 86_400 * NS_PER_S)));
        for text in ["-", "-5", "-m", "-5w", "--5m", "15m", "-9999999999d"] {
            assert_eq!(parse_time(text, now), Err(TimeError), "{text}");
        }
    }

    #[test]
    fn a_range_is_never_empty_or_reversed() {
        assert!(TimeRange::new(Timestamp(1), Timestamp(1)).is_none());
        assert!(TimeRange::new(Timestamp(2), Timestamp(1)).is_none());
        let range = TimeRange::new(Timestamp(1), Timestamp(3)).unwrap();
        assert!(range.contains(Timestamp(1)) && !range.contains(Timestamp(3)));
        assert!(
            range.touches(Timestamp(-5), Timestamp(1))
                && !range.touches(Timestamp(3), Timestamp(9))
        );
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(ns in -62_135_596_800_000_000_000_i128..=9_223_372_036_854_775_807) {
            let time = Timestamp(ns.clamp(i64::MIN as i128, i64::MAX as i128) as i64);
            prop_assert_eq!(Timestamp::parse(time.to_string().as_bytes()), Ok(time));
        }
    }
}
