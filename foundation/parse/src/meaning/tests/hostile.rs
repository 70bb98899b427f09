//! What must hold whatever a line holds: nothing panics, attributes are JSON within their limits.

use nilometer_model::limits::{ATTRIBUTES_BYTES_MAX, ATTRIBUTES_PER_RECORD_MAX};
use proptest::prelude::*;
use serde_json::{Map, Value};

use super::formats::samples;
use super::*;
use crate::line_time;

#[track_caller]
fn holds(line: &[u8]) {
    let now = nilometer_model::Timestamp(1_800_000_000_000_000_000);
    let time = line_time(line, &jiff::tz::TimeZone::UTC, now);
    assert!(time.is_none_or(|time| time <= now.plus_ns(crate::limits::FUTURE_NS_MAX)));
    let text = String::from_utf8_lossy(line);
    let (_, attributes) = read_line(&text);
    assert!(attributes.len() <= ATTRIBUTES_BYTES_MAX);
    if !attributes.is_empty() {
        let members: Map<String, Value> = serde_json::from_str(&attributes)
            .unwrap_or_else(|error| panic!("{error}: {attributes} of {text}"));
        assert!(members.len() <= ATTRIBUTES_PER_RECORD_MAX + 1);
        assert!(!attributes.contains(['\n', '\r']));
    }
}

#[test]
fn every_prefix_of_every_sample_is_read() {
    for sample in samples() {
        for end in 0..=sample.len() {
            holds(&sample.as_bytes()[..end]);
        }
    }
}

#[test]
fn five_thousand_fields_a_thousand_levels_and_a_megabyte_are_cut_and_counted() {
    let members: Vec<_> = (0..5_000).map(|n| format!(r#""n{n}":1"#)).collect();
    let (_, attributes) = read_line(&format!("{{{}}}", members.join(",")));
    assert!(attributes.ends_with(r#""n999":1,"_truncated":4000}"#));
    let (_, attributes) =
        read_line(&format!(r#"{{"a":{}{}}}"#, "[".repeat(1_000), "]".repeat(1_000)));
    assert_eq!(attributes, r#"{"_truncated":1}"#);
    let (_, attributes) = read_line(&format!(r#"{{"a":"{}","b":1}}"#, "x".repeat(1 << 20)));
    assert_eq!(attributes, r#"{"b":1,"_truncated":1}"#);
    let pairs: Vec<_> = (0..5_000).map(|n| format!("n{n}=1")).collect();
    let (_, attributes) = read_line(&pairs.join(" "));
    assert!(attributes.ends_with(r#""n999":1,"_truncated":4000}"#));
    holds("[".repeat(1 << 20).as_bytes());
    holds("{\"a\":".repeat(1 << 16).as_bytes());
    holds("a=\"\\".repeat(1 << 16).as_bytes());
}

proptest! {
    #[test]
    fn any_bytes_are_read(line in prop::collection::vec(any::<u8>(), 0..200)) {
        holds(&line);
    }

    #[test]
    fn any_bytes_behind_a_known_beginning_are_read(
        start in prop::sample::select(vec!["{\"a\":", "<34>1 ", "[2026-11-21T04:06:00Z ", "2026-11-21 04:06:00 ", "a=1 b=2 ", "Nov 21 04:06:00 ", "1.2.3.4 - - ["]),
        line in "\\PC{0,60}",
    ) {
        holds(format!("{start}{line}").as_bytes());
    }
}
