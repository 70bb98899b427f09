//! What parameters are taken for, and how the others are refused.

use super::*;

const NOW: Timestamp = Timestamp(10_000_000_000_000);

/// The answer's text holds all of `expect`.
#[track_caller]
fn check<T: std::fmt::Debug>(outcome: Result<T, ApiError>, expect: &[&str]) {
    let text = serde_json::to_string(&outcome.unwrap_err()).unwrap();
    for word in expect {
        assert!(text.contains(word), "{text} should hold {word}");
    }
}

#[test]
fn a_range_is_the_last_hour_or_everything_unless_told() {
    let hour = range(None, None, Default::LastHour, NOW).unwrap();
    assert_eq!((hour.from(), hour.to()), (NOW.plus_ns(-RANGE_DEFAULT_NS), NOW));
    assert_eq!(range(None, None, Default::Everything, NOW).unwrap(), TimeRange::ALL);
    let given = range(Some("-10s"), Some("-5s"), Default::LastHour, NOW).unwrap();
    assert_eq!(given.to().0 - given.from().0, 5_000_000_000);
}

#[test]
fn ranges_that_are_none_are_refused_by_name() {
    let of = |from, to| range(from, to, Default::LastHour, NOW);
    check(of(Some("now"), Some("-1h")), &["\"bad_request\"", "\"field\":\"from\"", "reversed"]);
    check(of(Some("now"), Some("now")), &["\"field\":\"from\"", "empty"]);
    check(of(None, Some("-2h")), &["\"field\":\"to\""]);
    check(of(Some("yesterday"), None), &["\"field\":\"from\"", "RFC 3339"]);
    check(of(None, Some("")), &["\"field\":\"to\"", "-15m"]);
}

#[test]
fn counts_are_taken_up_to_the_limit_and_no_further() {
    let of = |text| count("limit", text, 100, 10_000);
    assert_eq!((of(None).unwrap(), of(Some("1")).unwrap()), (100, 1));
    assert_eq!(of(Some("10000")).unwrap(), 10_000);
    for text in ["0", "10001", "-1", "1e3", "", "99999999999999999999"] {
        check(of(Some(text)), &["\"field\":\"limit\"", "a number from 1 to 10000"]);
    }
}

#[test]
fn a_word_that_is_no_choice_is_refused_with_the_choices() {
    let of = |text| choice("order", text, &[("desc", 1), ("asc", 2)]);
    assert_eq!((of(None).unwrap(), of(Some("asc")).unwrap()), (1, 2));
    check(of(Some("up")), &["\"field\":\"order\"", "one of desc, asc"]);
}
