//! Where in a line its own time stands, and where none does.

use super::*;

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text.as_bytes()).unwrap()
}

#[track_caller]
fn check(line: &str, expect: Option<&str>) {
    let now = time("2026-11-21T12:00:00Z");
    assert_eq!(line_time(line.as_bytes(), &TimeZone::UTC, now), expect.map(time), "{line}");
}

#[test]
fn a_line_s_own_time_is_found_where_its_format_has_it() {
    for (line, expect) in [
        ("2026-11-20T04:06:00.5Z INFO x", "2026-11-20T04:06:00.5Z"),
        ("[2026-11-20 04:06:00.5][7][info] x", "2026-11-20T04:06:00.5Z"),
        ("  \u{1b}[2m2026-11-20T04:06:00Z\u{1b}[0m INFO x", "2026-11-20T04:06:00Z"),
        ("[Fri Nov 20 04:06:00 2026] [core:error] x", "2026-11-20T04:06:00Z"),
        ("Nov 20 04:06:00 host app[7]: x", "2026-11-20T04:06:00Z"),
        ("<34>Nov 20 04:06:00 host app[7]: x", "2026-11-20T04:06:00Z"),
        ("<34>1 2026-11-20T04:06:00Z host app 7 - - x", "2026-11-20T04:06:00Z"),
        ("E1120 04:06:00.5       1 main.go:7] x", "2026-11-20T04:06:00.5Z"),
        (
            "1.2.3.4 - - [20/Nov/2026:04:06:00 +0100] \"GET / HTTP/1.1\" 200 1",
            "2026-11-20T03:06:00Z",
        ),
        ("::1 - - [20/Nov/2026:04:06:00 +0100] \"GET / HTTP/1.1\" 200 1", "2026-11-20T03:06:00Z"),
        ("1:M 20 Nov 2026 04:06:00.5 * x", "2026-11-20T04:06:00.5Z"),
        ("[1:C] 20 Nov 2026 04:06:00.5 * x", "2026-11-20T04:06:00.5Z"),
        ("level=info ts=2026-11-20T04:06:00Z msg=x", "2026-11-20T04:06:00Z"),
        (r#"{"a":{"ts":1},"ts":"2026-11-20T04:06:00Z"}"#, "2026-11-20T04:06:00Z"),
        (r#"{"t":{"$date":"2026-11-20T04:06:00Z"}}"#, "2026-11-20T04:06:00Z"),
        (r#"{"time":12,"@timestamp":"2026-11-20 04:06:00"}"#, "2026-11-20T04:06:00Z"),
        (r#"{"ts":1700000000.5}"#, "2023-11-14T22:13:20.5Z"),
        (r#"{"time":1700000000500}"#, "2023-11-14T22:13:20.5Z"),
        (r#"{"time":1700000000500000}"#, "2023-11-14T22:13:20.5Z"),
        (r#"{"time":1700000000500000000}"#, "2023-11-14T22:13:20.5Z"),
    ] {
        check(line, Some(expect));
    }
}

#[test]
fn a_line_that_says_no_time_or_one_more_than_a_day_ahead_has_none() {
    for line in [
        "",
        "hello",
        "\tat org.acme.Shop",
        "04:06:00 x",
        "2026-11-22T12:00:00.1Z x",
        r#"{"time":12}"#,
        r#"{"time":9999999999}"#,
        "{",
        "[",
        "<",
        "1.2.3.4",
        "[7]",
        "a=b c=d",
        r#"{"time":"yesterday"}"#,
        "E1350 04:06:00 x",
    ] {
        check(line, None);
    }
    assert_eq!(line_time(b"\xff", &TimeZone::UTC, Timestamp(0)), None);
}
