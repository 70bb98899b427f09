//! When a line was written, as it says itself: for files whose runtime does not say.
//!
//! Invariants: a time without a zone is of the zone given; one that is more than a day ahead is none.

use std::borrow::Cow;
use std::fmt;

use jiff::tz::TimeZone;
use nilometer_model::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::limits::{FUTURE_NS_MAX, LINE_TIME_BYTES, LOGFMT_KEY_BYTES_MAX};
use crate::meaning::{access_time, is_time, pair, past_blanks, redis_time, syslog_time};
use crate::stamp::{Stamp, klog_stamp, stamp};

/// Powers of ten from seconds to nanoseconds that clocks count in.
const UNITS_NS: [i64; 4] = [1_000_000_000, 1_000_000, 1_000, 1];
/// What a count of seconds since 1970 is below; one of milliseconds is above.
const SECONDS_MAX: i64 = 100_000_000_000;

/// The time that `line` says, in `zone` where it names none.
#[must_use]
pub fn line_time(line: &[u8], zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let head = &line[..line.len().min(LINE_TIME_BYTES)];
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).ok()?,
    };
    let text = past_blanks(text);
    let found = match text.as_bytes() {
        [b'{', ..] => return json(text, zone, now),
        [b'<', b'0'..=b'9', ..] => syslog_time(text),
        [b'[', ..] => at_start(&text[1..]).or_else(|| redis_time(text)),
        [b'0'..=b'9', ..] => {
            at_start(text).or_else(|| access_time(text)).or_else(|| redis_time(text))
        }
        [b'I' | b'W' | b'E' | b'F', b'0'..=b'1', ..] => {
            klog_stamp(&text[1..]).map(|(stamp, _)| stamp)
        }
        [b':', ..] => access_time(text),
        [b'A'..=b'Z' | b'a'..=b'z' | b'@', ..] => {
            at_start(text).or_else(|| logfmt(text)).or_else(|| access_time(text))
        }
        _ => None,
    };
    found?.time(zone, now)
}

fn at_start(text: &str) -> Option<Stamp> {
    stamp(text).map(|(stamp, _)| stamp)
}

/// The first pair that names a time, among the pairs at the beginning.
fn logfmt(text: &str) -> Option<Stamp> {
    let mut rest = text;
    while let Some((key, value, behind)) = pair(rest) {
        if names_time(key) {
            return at_start(value);
        }
        rest = past_blanks(behind);
    }
    None
}

fn names_time(key: &str) -> bool {
    let mut lower = [0_u8; LOGFMT_KEY_BYTES_MAX];
    let Some(lower) = lower.get_mut(..key.len()) else { return false };
    lower.copy_from_slice(key.as_bytes());
    lower.make_ascii_lowercase();
    is_time(lower)
}

/// The first member that names a time and is one.
fn json(text: &str, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let mut members = Members { zone, now, found: None };
    // What does not parse was seen up to there; it stops at the first.
    let _ = serde_json::Deserializer::from_str(text).deserialize_map(&mut members);
    members.found
}

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

struct Members<'m> {
    zone: &'m TimeZone,
    now: Timestamp,
    found: Option<Timestamp>,
}

impl<'a> Visitor<'a> for &mut Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            let value = map.next_value::<&'a RawValue>()?.get();
            if names_time(&key) {
                self.found = self.value(value);
                if self.found.is_some() {
                    return Err(A::Error::custom("found"));
                }
            }
        }
        Ok(())
    }
}

impl Members<'_> {
    fn value(&self, json: &str) -> Option<Timestamp> {
        if json.starts_with('{') {
            // MongoDB's `{"$date":"…"}`.
            let (_, value) = json.split_once("\"$date\"")?;
            let text = value.trim_start_matches([':', ' ', '"']);
            return at_start(text)?.time(self.zone, self.now);
        }
        match json.strip_prefix('"') {
            Some(text) => at_start(text)?.time(self.zone, self.now),
            None => epoch(json).filter(|time| *time <= self.now.plus_ns(FUTURE_NS_MAX)),
        }
    }
}

/// Seconds since 1970, or milli-, micro- or nanoseconds, told apart by their size.
fn epoch(number: &str) -> Option<Timestamp> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let count = (whole.len() >= 9).then(|| whole.parse::<i64>().ok())??;
    let mut limit = SECONDS_MAX;
    for unit_ns in UNITS_NS {
        if count < limit {
            let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
            let part = digits
                .fold(0_i64, |part, digit| part * 10 + i64::from(digit.wrapping_sub(b'0') % 10));
            let part = part / (1_000_000_000 / unit_ns);
            return count.checked_mul(unit_ns)?.checked_add(part).map(Timestamp);
        }
        limit = limit.saturating_mul(1_000);
    }
    None
}

#[cfg(test)]
mod tests;
