//! The forms of time stamps, each in its zone.

use super::*;

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text.as_bytes()).unwrap()
}

#[track_caller]
fn check(text: &str, zone: &TimeZone, expect: Option<&str>) {
    let now = time("2026-11-21T12:00:00Z");
    let found = stamp(text).and_then(|(stamp, rest)| {
        assert_eq!(rest, " x", "{text}");
        stamp.time(zone, now)
    });
    assert_eq!(found, expect.map(time), "{text}");
}

#[test]
fn a_time_with_a_zone_is_taken_as_it_is_and_one_without_in_the_zone_configured() {
    let west = TimeZone::fixed(Offset::from_hours(-5).unwrap());
    for (text, utc, configured) in [
        ("2026-11-20T04:06:00.123456789Z x", "2026-11-20T04:06:00.123456789Z", None),
        ("2026-11-20T04:06:00+01:00 x", "2026-11-20T03:06:00Z", None),
        ("2026-11-20 04:06:00.5 -0130 x", "2026-11-20T05:36:00.5Z", None),
        ("2026-11-20 04:06:00.5 CEST x", "2026-11-20T02:06:00.5Z", None),
        ("20/Nov/2026:04:06:00 +0330 x", "2026-11-20T00:36:00Z", None),
        ("2026-11-20 04:06:00,123 x", "2026-11-20T04:06:00.123Z", Some("2026-11-20T09:06:00.123Z")),
        ("2026/11/20 04:06:00 x", "2026-11-20T04:06:00Z", Some("2026-11-20T09:06:00Z")),
        ("26/11/20 04:06:00 x", "2026-11-20T04:06:00Z", Some("2026-11-20T09:06:00Z")),
        ("20 Nov 2026 04:06:00.1 x", "2026-11-20T04:06:00.1Z", Some("2026-11-20T09:06:00.1Z")),
        ("Fri Nov 20 04:06:00.1 2026 x", "2026-11-20T04:06:00.1Z", Some("2026-11-20T09:06:00.1Z")),
    ] {
        check(text, &TimeZone::UTC, Some(utc));
        check(text, &west, Some(configured.unwrap_or(utc)));
    }
}

#[test]
fn a_stamp_without_a_year_is_of_the_latest_year_that_is_not_ahead() {
    for (text, expect) in [
        ("Nov 20 04:06:00 x", "2026-11-20T04:06:00Z"),
        ("Nov 22 04:06:00 x", "2026-11-22T04:06:00Z"),
        ("Dec  3 04:06:00 x", "2025-12-03T04:06:00Z"),
        ("Feb 29 04:06:00 x", "2024-02-29T04:06:00Z"),
        ("12-03 04:06:00.5 x", "2025-12-03T04:06:00.5Z"),
    ] {
        check(text, &TimeZone::UTC, Some(expect));
    }
}

#[test]
fn a_time_more_than_a_day_ahead_is_none_and_so_is_a_clock_without_a_date() {
    check("2026-11-22T12:00:00Z x", &TimeZone::UTC, Some("2026-11-22T12:00:00Z"));
    check("2026-11-22T12:00:00.000000001Z x", &TimeZone::UTC, None);
    check("04:06:00.123 x", &TimeZone::UTC, None);
    check("2026-02-30T12:00:00Z x", &TimeZone::UTC, None);
}

#[test]
fn what_is_no_stamp_is_none() {
    for text in [
        "",
        "2026",
        "2026-11-21",
        "2026-11-21 x",
        "24:00:00 x",
        "12:60:00",
        "Mon x",
        "Nov x",
        "1.2.3.4 - -",
        "123456 78",
        "11-21",
        "99/99",
        "21/Nov/2026",
        "7 Dwarfs 2026 12:00:00",
    ] {
        assert_eq!(stamp(text), None, "{text}");
    }
}
