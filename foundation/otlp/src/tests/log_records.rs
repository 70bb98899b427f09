//! What a log record means.

use nilometer_model::limits::{
    ATTRIBUTE_VALUE_BYTES_MAX, ATTRIBUTES_PER_RECORD_MAX, MESSAGE_BYTES_MAX, NAME_BYTES_MAX,
};
use nilometer_model::{Stream, Timestamp};

use super::{NOW, read_json, read_logs, reasons};
use crate::Signal;
use crate::limits::VALUE_DEPTH_MAX;

/// The shape of the protocol's own example, written anew.
const EXAMPLE: &str = r#"{"resourceLogs":[{
  "resource":{"attributes":[
    {"key":"service.name","value":{"stringValue":"cart"}},
    {"key":"service.version","value":{"stringValue":"1.4.2"}},
    {"key":"k8s.pod.name","value":{"stringValue":"cart-7d9"}},
    {"key":"container.id","value":{"stringValue":"c0ffee"}},
    {"key":"host.name","value":{"stringValue":"host-1"}},
    {"key":"k8s.node.name","value":{"stringValue":"node-1"}},
    {"key":"cloud.availability_zone","value":{"stringValue":"eu-1a"}},
    {"key":"both","value":{"stringValue":"of the resource"}}]},
  "scopeLogs":[{
    "scope":{"name":"lib","version":"1.0.0","attributes":[{"key":"of.scope","value":{"boolValue":true}}]},
    "logRecords":[{
      "timeUnixNano":"1544712660300000000","observedTimeUnixNano":"1544712660300000001",
      "severityNumber":10,"severityText":"Information",
      "traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174",
      "body":{"stringValue":"a line"},
      "attributes":[{"key":"both","value":{"stringValue":"of the record"}},{"key":"n","value":{"intValue":"1"}}]
    }]}]}]}"#;

#[test]
fn a_record_says_who_when_what_and_the_nearest_attribute_wins() {
    let decoded = read_json(Signal::Logs, EXAMPLE);
    let row = decoded.items.rows.row(0);
    let origin = &row.origin;
    assert_eq!(
        [&origin.component, &origin.version, &origin.instance, &origin.node, &origin.zone],
        ["cart", "1.4.2", "cart-7d9", "node-1", "eu-1a"]
    );
    assert_eq!((&*origin.tenant, origin.stream, origin.source.0), ("default", Stream::Otlp, 0));
    assert_eq!(row.time, Timestamp(1_544_712_660_300_000_000));
    assert_eq!((row.order_time, row.position, row.received), (row.time, 0, Timestamp(0)));
    assert_eq!((row.severity.name(), row.message), ("info", "a line"));
    assert_eq!(row.trace_id.unwrap()[..2], [0x5b, 0x8e]);
    assert_eq!(row.span_id.unwrap()[..2], [0xee, 0xe1]);
    assert!(row.attributes.starts_with(
        r#"{"both":"of the record","n":1,"of.scope":true,"otel.scope.name":"lib","otel.scope.version":"1.0.0","service.name":"cart","#
    ), "{}", row.attributes);
    assert!(!row.attributes.contains("of the resource"));
}

#[test]
fn who_says_nothing_is_unknown_and_on_the_receivers_node() {
    let decoded =
        read_json(Signal::Logs, r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}"#);
    let row = decoded.items.rows.row(0);
    assert_eq!((&*row.origin.component, &*row.origin.node), ("unknown", "receiver"));
    assert_eq!((row.time, row.message, row.attributes), (NOW, "", ""));
}

#[test]
fn the_time_is_the_records_else_observed_else_of_receipt() {
    let cases = [
        (r#"{"timeUnixNano":"7","observedTimeUnixNano":"9"}"#, Timestamp(7)),
        (r#"{"timeUnixNano":0,"observedTimeUnixNano":9}"#, Timestamp(9)),
        (r#"{"timeUnixNano":"9223372036854775807"}"#, Timestamp(i64::MAX)),
        ("{}", NOW),
    ];
    for (record, expect) in cases {
        assert_eq!(read_logs(record).items.rows.row(0).time, expect, "{record}");
    }
}

#[test]
fn a_time_that_no_clock_shows_is_none_and_is_kept_as_it_was_sent() {
    let cases = [
        ("9223372036854775808", "-9223372036854775808"),
        ("-6795364578871345152", "-6795364578871345152"),
    ];
    for (sent, kept) in cases {
        let row = format!(
            r#"{{"timeUnixNano":"{sent}","observedTimeUnixNano":"9"}},{{"timeUnixNano":{sent},"observedTimeUnixNano":"{sent}"}}"#
        );
        let decoded = read_logs(&row);
        assert_eq!(decoded.items.rows.time, [9, NOW.0], "{:?}", reasons(&decoded));
        let attributes = format!(r#"{{"_time_unix_nano":{kept},"service.name":"shop"}}"#);
        assert_eq!(decoded.items.rows.row(0).attributes, attributes);
    }
    let far = read_logs(r#"{"timeUnixNano":"18446744073709551616"}"#);
    assert!(reasons(&far)[0].contains("18446744073709551616 is out of range"));
}

#[test]
fn a_body_that_is_no_text_is_its_json() {
    let cases = [
        (r#"{"stringValue":"{\"a\":1}"}"#, r#"{"a":1}"#),
        (r#"{"intValue":"5"}"#, "5"),
        (r#"{"boolValue":false}"#, "false"),
        (r#"{"bytesValue":"AP8="}"#, r#""AP8=""#),
        (
            r#"{"kvlistValue":{"values":[{"key":"k","value":{"arrayValue":{"values":[{"stringValue":"v"}]}}}]}}"#,
            r#"{"k":["v"]}"#,
        ),
        ("{}", ""),
        ("null", ""),
    ];
    for (body, expect) in cases {
        let decoded = read_logs(&format!(r#"{{"body":{body}}}"#));
        assert_eq!(decoded.items.rows.row(0).message, expect, "{body}");
    }
}

#[test]
fn severity_is_by_the_number_else_the_word_and_a_word_of_its_own_is_kept() {
    let cases = [
        (1, "", "trace", None),
        (8, "DEBUG", "debug", None),
        (9, "Information", "info", None),
        (16, "boring", "warn", Some("boring")),
        (17, "ERROR", "error", None),
        (24, "", "fatal", None),
        (0, "WARNING", "warn", None),
        (0, "loud", "unset", Some("loud")),
        (25, "err", "error", None),
        (9, "error", "info", Some("error")),
    ];
    for (number, word, severity, kept) in cases {
        let record = format!(r#"{{"severityNumber":{number},"severityText":"{word}"}}"#);
        let decoded = read_logs(&record);
        let row = decoded.items.rows.row(0);
        assert_eq!(row.severity.name(), severity, "{record}");
        let attribute =
            kept.map(|word| format!(r#"{{"severity_text":"{word}","service.name":"shop"}}"#));
        assert_eq!(row.attributes, attribute.as_deref().unwrap_or(r#"{"service.name":"shop"}"#));
    }
}

#[test]
fn what_a_row_has_no_place_for_is_an_attribute() {
    let decoded = read_logs(r#"{"eventName":"click","droppedAttributesCount":2}"#);
    let expect =
        r#"{"event.name":"click","otel.dropped_attributes_count":2,"service.name":"shop"}"#;
    assert_eq!(decoded.items.rows.row(0).attributes, expect);
}

/// One record just within a limit and one just above it.
#[track_caller]
fn check_limit(within: &str, above: &str, reason: &str) {
    let decoded = read_logs(&format!("{within},{above}"));
    assert_eq!(
        (decoded.items.rows.len(), decoded.rejected_count),
        (1, 1),
        "{:?}",
        reasons(&decoded)
    );
    assert_eq!(reasons(&decoded)[0], format!("1: {reason}"));
}

#[test]
fn what_is_above_a_limit_rejects_its_item_alone() {
    let text = |key: &str, bytes: usize| {
        format!(r#"{{"key":"{key}","value":{{"stringValue":"{}"}}}}"#, "x".repeat(bytes))
    };
    let with = |attributes: &str| format!(r#"{{"attributes":[{attributes}]}}"#);
    let body = |bytes| format!(r#"{{"body":{{"stringValue":"{}"}}}}"#, "x".repeat(bytes));
    let many = |count: usize| {
        with(&(0..count).map(|n| text(&n.to_string(), 1)).collect::<Vec<_>>().join(","))
    };
    let deep = |levels: usize| {
        let open = r#"{"arrayValue":{"values":["#.repeat(levels - 1);
        let close = "]}}".repeat(levels - 1);
        with(&format!(r#"{{"key":"a","value":{open}{{}}{close}}}"#))
    };
    let large = |count| {
        with(&(0..count).map(|n| text(&n.to_string(), 60_000)).collect::<Vec<_>>().join(","))
    };
    let limit = MESSAGE_BYTES_MAX;
    check_limit(&body(limit), &body(limit + 1), "body: 1048577 bytes, at most 1048576 are taken");
    let limit = ATTRIBUTE_VALUE_BYTES_MAX - 2;
    check_limit(
        &with(&text("a", limit)),
        &with(&text("a", limit + 1)),
        "a: 65537 bytes, at most 65536 are taken",
    );
    let limit = ATTRIBUTES_PER_RECORD_MAX;
    check_limit(&many(limit), &many(5_000), "attributes: 5000 of them, at most 1000 are taken");
    check_limit(&many(limit), &many(limit + 1), "attributes: 1001 of them, at most 1000 are taken");
    let limit = VALUE_DEPTH_MAX;
    check_limit(&deep(limit), &deep(limit + 1), "a value: 33 levels, at most 32 are taken");
    let name = |bytes| with(&text(&"k".repeat(bytes), 1));
    let reason = "the name of an attribute: 1025 bytes, at most 1024 are taken";
    check_limit(&name(NAME_BYTES_MAX), &name(NAME_BYTES_MAX + 1), reason);
    let reason = "attributes: 300058 bytes, at most 262144 are taken";
    check_limit(&large(4), &large(5), reason);
}

#[test]
fn a_resource_that_cannot_be_taken_rejects_its_items_and_no_others() {
    let long = "x".repeat(NAME_BYTES_MAX + 1);
    let items = |name: &str| {
        format!(
            r#"{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"{name}"}}}}]}},
                "scopeLogs":[{{"logRecords":[{{}},{{}}]}}]}}"#
        )
    };
    let decoded = read_json(
        Signal::Logs,
        &format!(r#"{{"resourceLogs":[{},{},{}]}}"#, items("a"), items(&long), items("a")),
    );
    assert_eq!((decoded.items.rows.len(), decoded.items.rows.origins.len()), (4, 1));
    let reason = "its resource or scope: service.name: 1025 bytes, at most 1024 are taken";
    assert_eq!(reasons(&decoded), [format!("2: {reason}"), format!("3: {reason}")]);
    assert_eq!(decoded.rejected[0].reason.name(), "too_large");
}
