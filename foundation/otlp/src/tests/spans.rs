//! What a span means.

use nilometer_model::limits::{
    EVENTS_PER_SPAN_MAX, LINKS_PER_SPAN_MAX, OPERATION_BYTES_MAX, STATUS_MESSAGE_BYTES_MAX,
};
use nilometer_model::{SpanKind, SpanStatus, Timestamp};

use super::{read_json, read_spans, reasons};
use crate::Signal;

const IDS: &str = r#""traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174""#;

#[test]
fn a_span_says_all_that_it_was_sent_with() {
    let decoded = read_json(
        Signal::Traces,
        r#"{"resourceSpans":[{"resource":{"attributes":[
              {"key":"service.name","value":{"stringValue":"cart"}},
              {"key":"service.instance.id","value":{"stringValue":"i-1"}},
              {"key":"host.name","value":{"stringValue":"h-1"}}]},
            "scopeSpans":[{"scope":{"name":"lib"},"spans":[{
              "traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174",
              "parentSpanId":"EEE19B7EC3C1B173","name":"a server span","kind":2,
              "startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712661000000000",
              "attributes":[{"key":"my.attr","value":{"stringValue":"some"}}],
              "events":[{"timeUnixNano":"1544712660500000000","name":"exception",
                         "attributes":[{"key":"exception.type","value":{"stringValue":"E"}}]},{"name":"bare"}],
              "links":[{"traceId":"5B8EFFF798038103D269B633813FC60D","spanId":"EEE19B7EC3C1B175",
                        "attributes":[{"key":"w","value":{"intValue":1}}]}],
              "status":{"code":2,"message":"boom"}}]}]}]}"#,
    );
    let span = decoded.items.spans.row(0);
    assert_eq!(
        (span.service(), &*span.origin.instance, &*span.origin.node),
        ("cart", "i-1", "h-1")
    );
    assert_eq!((span.operation, span.kind), ("a server span", SpanKind::Server));
    assert_eq!((span.status, span.status_message), (SpanStatus::Error, "boom"));
    assert_eq!((span.start, span.duration), (Timestamp(1_544_712_660_000_000_000), 1_000_000_000));
    assert_eq!(span.parent_id.unwrap(), [0xee, 0xe1, 0x9b, 0x7e, 0xc3, 0xc1, 0xb1, 0x73]);
    assert!(span.attributes.starts_with(r#"{"my.attr":"some","otel.scope.name":"lib","#));
    assert_eq!(
        span.events,
        r#"[{"time":"2018-12-13T14:51:00.500000000Z","name":"exception","attributes":{"exception.type":"E"}},{"time":"1970-01-01T00:00:00.000000000Z","name":"bare"}]"#
    );
    assert_eq!(
        span.links,
        r#"[{"trace_id":"5b8efff798038103d269b633813fc60d","span_id":"eee19b7ec3c1b175","attributes":{"w":1}}]"#
    );
    assert_eq!(decoded.rejected_count, 0);
}

#[test]
fn a_span_that_ended_before_it_began_took_no_time_and_says_so() {
    let decoded =
        read_spans(&format!(r#"{{{IDS},"startTimeUnixNano":"100","endTimeUnixNano":"58"}}"#));
    let span = decoded.items.spans.row(0);
    assert_eq!((span.start.0, span.duration), (100, 0));
    assert_eq!(span.attributes, r#"{"_end_before_start_ns":42,"service.name":"shop"}"#);
}

#[test]
fn a_span_without_proper_ids_or_times_is_rejected_alone() {
    let (trace, span) = ("5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174");
    let bad_id = |field: &str, bytes: usize, want: usize| {
        format!("{field} has {bytes} bytes that are not all zero, want {want}")
    };
    let zeros = "0".repeat(32);
    let cases = [
        ("", span, "", bad_id("trace_id", 0, 16)),
        (&*zeros, span, "", bad_id("trace_id", 0, 16)),
        (span, span, "", bad_id("trace_id", 8, 16)),
        (trace, "", "", bad_id("span_id", 0, 8)),
        (trace, trace, "", bad_id("span_id", 16, 8)),
        (trace, span, "12", bad_id("parent_span_id", 1, 8)),
        (trace, span, "x", "cannot be read: an id: want an even number of hex digits".to_owned()),
    ];
    for (trace_id, span_id, parent, expect) in cases {
        let bad =
            format!(r#"{{"traceId":"{trace_id}","spanId":"{span_id}","parentSpanId":"{parent}"}}"#);
        let decoded = read_spans(&format!("{{{IDS}}},{bad},{{{IDS}}}"));
        assert_eq!((decoded.items.spans.len(), decoded.rejected_count), (2, 1), "{bad}");
        let reason = &reasons(&decoded)[0];
        assert!(reason.starts_with(&format!("1: {expect}")), "{bad}: {reason}");
    }
    let late = read_spans(&format!(r#"{{{IDS},"endTimeUnixNano":"18446744073709551615"}}"#));
    assert_eq!(reasons(&late), ["0: end_time_unix_nano is no time between 1970 and 2262"]);
}

#[test]
fn what_is_above_a_limit_rejects_its_span_alone() {
    let name = |bytes| format!(r#"{{{IDS},"name":"{}"}}"#, "x".repeat(bytes));
    let events = |count| format!(r#"{{{IDS},"events":[{}]}}"#, vec!["{}"; count].join(","));
    let links = |count| {
        let link = r#"{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174"}"#;
        format!(r#"{{{IDS},"links":[{}]}}"#, vec![link; count].join(","))
    };
    let attribute = r#"{"key":"a","value":{"stringValue":"b"}}"#;
    let attributes =
        |count| format!(r#"{{{IDS},"attributes":[{}]}}"#, vec![attribute; count].join(","));
    let status = |bytes| format!(r#"{{{IDS},"status":{{"message":"{}"}}}}"#, "x".repeat(bytes));
    let large = |what: &str, count| {
        let value = "x".repeat(60_000);
        let one = format!(
            r#"{{{IDS},"attributes":[{{"key":"a","value":{{"stringValue":"{value}"}}}}]}}"#
        );
        format!(r#"{{{IDS},"{what}":[{}]}}"#, vec![one; count].join(","))
    };
    let limit = STATUS_MESSAGE_BYTES_MAX;
    let cases = [
        (status(limit), status(limit + 1), "status message: 65537 bytes, at most 65536"),
        (large("events", 4), large("events", 5), "events: 300"),
        (large("links", 4), large("links", 5), "links: 300"),
        (
            name(OPERATION_BYTES_MAX),
            name(OPERATION_BYTES_MAX + 1),
            "name: 4097 bytes, at most 4096",
        ),
        (events(EVENTS_PER_SPAN_MAX), events(EVENTS_PER_SPAN_MAX + 1), "events: 1001 of them"),
        (links(LINKS_PER_SPAN_MAX), links(LINKS_PER_SPAN_MAX + 1), "links: 1001 of them"),
        (attributes(1_000), attributes(5_000), "attributes: 5000 of them, at most 1000"),
    ];
    for (within, above, expect) in cases {
        let decoded = read_spans(&format!("{within},{above}"));
        assert_eq!((decoded.items.spans.len(), decoded.rejected_count), (1, 1), "{expect}");
        assert!(
            reasons(&decoded)[0].starts_with(&format!("1: {expect}")),
            "{:?}",
            reasons(&decoded)
        );
    }
}
