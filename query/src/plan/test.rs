//! What a field's value is asked.
//!
//! Invariants:
//! - a test is only asked of a value that is there: a record without the field fits no test;
//! - severities compare by their order, and `unset` fits no comparison; durations compare as milliseconds.

use std::net::IpAddr;

use nilometer_model::{Severity, Timestamp};
use regex::Regex;

use crate::language::Comparison;

/// A question about one value.
#[derive(Debug, Clone)]
pub(crate) enum Test {
    Exists,
    /// The whole value is one of these.
    In(Vec<String>),
    Differs(String),
    Fits(Regex),
    Network(IpAddr, u8),
    Number(Comparison, f64),
    /// Milliseconds.
    Duration(Comparison, f64),
    Time(Comparison, Timestamp),
    Severity(Comparison, Severity),
}

impl Test {
    pub(crate) fn fits(&self, value: &str) -> bool {
        match self {
            Self::Exists => true,
            Self::In(values) => values.iter().any(|wanted| wanted == value),
            Self::Differs(other) => other != value,
            Self::Fits(regex) => regex.is_match(value),
            Self::Network(network, bits) => {
                value.parse().is_ok_and(|ip| inside(ip, *network, *bits))
            }
            Self::Number(comparison, than) => {
                number(value).is_some_and(|number| comparison.holds(&number, than))
            }
            Self::Duration(comparison, than) => {
                let ms = duration_ms(value).or_else(|| number(value));
                ms.is_some_and(|ms| comparison.holds(&ms, than))
            }
            Self::Time(comparison, than) => {
                Timestamp::parse(value.as_bytes()).is_ok_and(|time| comparison.holds(&time, than))
            }
            Self::Severity(comparison, than) => Severity::parse(value)
                .is_some_and(|is| is != Severity::Unset && comparison.holds(&is, than)),
        }
    }
}

impl Test {
    /// The same of a number; none when its text decides.
    pub(crate) fn fits_number(&self, number: f64) -> Option<bool> {
        match self {
            Self::Number(comparison, than) | Self::Duration(comparison, than) => {
                Some(number.is_finite() && comparison.holds(&number, than))
            }
            _ => None,
        }
    }
}

impl Comparison {
    pub(super) fn holds<T: PartialOrd>(self, is: &T, than: &T) -> bool {
        match self {
            Self::Less => is < than,
            Self::LessOrEqual => is <= than,
            Self::Greater => is > than,
            Self::GreaterOrEqual => is >= than,
            Self::NotEqual => is != than,
        }
    }
}

/// A plain finite number.
pub(crate) fn number(text: &str) -> Option<f64> {
    let digits = text.bytes().next_back().is_some_and(|last| last.is_ascii_digit() || last == b'.');
    text.parse().ok().filter(|number: &f64| digits && number.is_finite())
}

/// A number with a unit, in milliseconds: `500ms`, `1.5s`, `2h`.
pub(crate) fn duration_ms(text: &str) -> Option<f64> {
    const UNITS_MS: [(&str, f64); 8] = [
        ("ns", 1e-6),
        ("us", 1e-3),
        ("µs", 1e-3),
        ("ms", 1.0),
        ("s", 1e3),
        ("m", 60e3),
        ("h", 3_600e3),
        ("d", 86_400e3),
    ];
    UNITS_MS.iter().find_map(|(unit, ms)| Some(number(text.strip_suffix(unit)?)? * ms))
}

/// A network such as `10.0.0.0/8`, or one address.
pub(crate) fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = text.split_once('/').unwrap_or((text, ""));
    let address: IpAddr = address.trim().parse().ok()?;
    let all = if address.is_ipv4() { 32 } else { 128 };
    let bits = if text.contains('/') { bits.trim().parse().ok()? } else { all };
    (bits <= all).then_some((address, bits))
}

fn inside(ip: IpAddr, network: IpAddr, bits: u8) -> bool {
    match (ip, network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) => {
            (ip.to_bits() ^ network.to_bits()).leading_zeros() >= u32::from(bits)
        }
        (IpAddr::V6(ip), IpAddr::V6(network)) => {
            (ip.to_bits() ^ network.to_bits()).leading_zeros() >= u32::from(bits)
        }
        _ => false,
    }
}
