//! A length of time as people write it: `500ms`, `15s`, `5m`, `1h`, `30d`.
//!
//! Invariant: what is written reads back as the same length.

use std::fmt;

use serde::{Serialize, Serializer};

const NS_PER_MS: i64 = 1_000_000;
/// The longest first: the first that divides a length writes it.
const UNITS: [(&str, i64); 5] = [
    ("d", 86_400_000 * NS_PER_MS),
    ("h", 3_600_000 * NS_PER_MS),
    ("m", 60_000 * NS_PER_MS),
    ("s", 1_000 * NS_PER_MS),
    ("ms", NS_PER_MS),
];

/// A length of time, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Length(i64);

impl Length {
    /// So many seconds.
    #[must_use]
    pub const fn seconds(seconds: i64) -> Self {
        Self(seconds * 1_000 * NS_PER_MS)
    }

    /// So many nanoseconds, if they are whole milliseconds.
    #[must_use]
    pub fn from_ns(ns: i64) -> Option<Self> {
        (ns >= 0 && ns % NS_PER_MS == 0).then_some(Self(ns))
    }

    /// In nanoseconds.
    #[must_use]
    pub const fn ns(self) -> i64 {
        self.0
    }

    /// In whole seconds.
    #[must_use]
    pub const fn whole_seconds(self) -> i64 {
        self.0 / (1_000 * NS_PER_MS)
    }

    /// Reads it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let (_, unit_ns) = UNITS.iter().find(|(name, _)| *name == unit)?;
        number.parse::<i64>().ok()?.checked_mul(*unit_ns).map(Self)
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |(_, unit_ns): &&(&str, i64)| self.0 != 0 && self.0 % unit_ns == 0;
        match UNITS.iter().find(whole) {
            Some((name, unit_ns)) => write!(f, "{}{name}", self.0 / unit_ns),
            None => f.write_str("0s"),
        }
    }
}

impl Serialize for Length {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_written_in_its_longest_unit_and_reads_back() {
        for (text, written) in [
            ("15s", "15s"),
            ("60s", "1m"),
            ("90s", "90s"),
            ("24h", "1d"),
            ("1500ms", "1500ms"),
            ("0s", "0s"),
            ("0d", "0s"),
        ] {
            let length = Length::parse(text).unwrap();
            assert_eq!(length.to_string(), written);
            assert_eq!(Length::parse(written), Some(length));
        }
        for text in
            ["", "15", "s", "-5s", "1.5s", "5 s", "5w", "99999999999999999999s", "9999999999999d"]
        {
            assert_eq!(Length::parse(text), None, "{text}");
        }
    }
}
