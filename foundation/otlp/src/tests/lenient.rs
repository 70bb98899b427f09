//! What senders write that the protocol does not quite allow, or allows in several ways.

use super::{read, read_json, read_logs, read_metrics, read_spans, reasons};
use crate::{Encoding, Signal};

/// The JSON of an attribute's value, as it is stored.
#[track_caller]
fn check_value(value: &str, expect: &str) {
    let record = format!(r#"{{"attributes":[{{"key":"a","value":{value}}}]}}"#);
    let decoded = read_logs(&record);
    assert_eq!(reasons(&decoded), Vec::<String>::new(), "{value}");
    let attributes = decoded.items.rows.attributes.get(0);
    let expect = format!(r#"{{"a":{expect},"service.name":"shop"}}"#);
    assert_eq!(attributes, expect, "{value}");
}

#[test]
fn values_are_read_however_they_are_written() {
    let cases = [
        (r#"{"stringValue":"x\n\"y\""}"#, r#""x\n\"y\"""#),
        (r#"{"string_value":"é"}"#, r#""é""#),
        (r#"{"stringValue":null}"#, "null"),
        (r#"{"boolValue":true}"#, "true"),
        (r#"{"bool_value":"false"}"#, "false"),
        (r#"{"intValue":"-10"}"#, "-10"),
        (r#"{"intValue":9223372036854775807}"#, "9223372036854775807"),
        (r#"{"int_value":1e3}"#, "1000"),
        (r#"{"doubleValue":637.704}"#, "637.704"),
        (r#"{"doubleValue":5}"#, "5.0"),
        (r#"{"double_value":"0.5"}"#, "0.5"),
        (r#"{"doubleValue":"NaN"}"#, r#""NaN""#),
        (r#"{"doubleValue":"Infinity"}"#, r#""Infinity""#),
        (r#"{"doubleValue":"-Infinity"}"#, r#""-Infinity""#),
        (r#"{"bytesValue":"AP8="}"#, r#""AP8=""#),
        (r#"{"bytesValue":"AP8"}"#, r#""AP8=""#),
        (r#"{"bytes_value":"-_-_"}"#, r#""+/+/""#),
        (r#"{"arrayValue":{}}"#, "[]"),
        (r#"{"arrayValue":{"values":null}}"#, "[]"),
        (r#"{"array_value":{"values":[{"intValue":1},{},null]}}"#, "[1,null,null]"),
        (r#"{"kvlistValue":{}}"#, "{}"),
        (r#"{"kvlist_value":{"values":[{"key":"k","value":{"intValue":1}}]}}"#, r#"{"k":1}"#),
        (r#"{"kvlistValue":{"values":[{"key":"k"}]}}"#, r#"{"k":null}"#),
        (r#"{"futureValue":{"x":[1,{}]}}"#, "null"),
        (r#"{"futureValue":5,"other":null,"third":"x"}"#, "null"),
        (r#"{"k":{"stringValue":"v"},"l":{"m":{"intValue":2}}}"#, r#"{"k":"v","l":{"m":2}}"#),
        ("{}", "null"),
        ("null", "null"),
    ];
    for (value, expect) in cases {
        check_value(value, expect);
    }
}

#[test]
fn a_value_that_is_none_rejects_its_item_alone_and_says_why() {
    let cases = [
        (r#"{"intValue":1.5}"#, "want a whole number"),
        (r#"{"intValue":"9223372036854775808"}"#, "9223372036854775808 is out of range"),
        (r#"{"boolValue":1}"#, "want true or false"),
        (r#"{"doubleValue":"much"}"#, "want a number"),
        (r#"{"bytesValue":"?"}"#, "not base64"),
        (r#"{"stringValue":{}}"#, "expected a single value"),
        (r#"{"arrayValue":[]}"#, "expected an object"),
        (r#""bare""#, "expected an object"),
    ];
    for (value, expect) in cases {
        let bad = format!(r#"{{"attributes":[{{"key":"a","value":{value}}}]}}"#);
        let decoded = read_logs(&format!(r#"{{}},{bad},{{}}"#));
        assert_eq!((decoded.items.rows.len(), decoded.rejected_count), (2, 1), "{value}");
        let reason = &reasons(&decoded)[0];
        assert!(reason.starts_with("1: cannot be read: ") && reason.contains(expect), "{reason}");
    }
}

#[test]
fn ids_are_hex_of_any_case_and_may_be_missing_where_they_may() {
    let decoded = read_spans(
        r#"{"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"eee19b7ec3c1b174","parentSpanId":null},
           {"trace_id":"5b8efff798038103d269b633813fc60c","span_id":"EEE19B7EC3C1B175","parent_span_id":""},
           {"traceId":"5b8efff798038103d269b633813fc60c","spanId":"EEE19B7EC3C1B176","parentSpanId":"0000000000000000"}"#,
    );
    assert_eq!((decoded.items.spans.len(), decoded.rejected_count), (3, 0));
    let (first, second) = (decoded.items.spans.row(0), decoded.items.spans.row(1));
    assert_eq!(first.trace_id, second.trace_id);
    assert_eq!(first.span_id, [0xee, 0xe1, 0x9b, 0x7e, 0xc3, 0xc1, 0xb1, 0x74]);
    assert!(decoded.items.spans.iter().all(|span| span.parent_id.is_none()));
    let base64 = read_logs(r#"{"traceId":"W47/95gDgQPSabYzgT/GDA==","spanId":"7uGbfsPBsXQ="}"#);
    assert_eq!(base64.items.rows.row(0).trace_id, Some(first.trace_id));
    assert_eq!(base64.items.rows.row(0).span_id, Some(first.span_id));
    let record = read_logs(r#"{"traceId":"","spanId":null}"#);
    assert_eq!((record.items.rows.row(0).trace_id, record.items.rows.row(0).span_id), (None, None));
}

#[test]
fn codes_come_as_numbers_texts_and_names() {
    let span = |kind: &str, code: &str| {
        let ids = r#""traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174""#;
        let decoded = read_spans(&format!(r#"{{{ids},"kind":{kind},"status":{{"code":{code}}}}}"#));
        let span = decoded.items.spans.row(0);
        format!("{} {}", span.kind, span.status)
    };
    assert_eq!(span("2", "1"), "server ok");
    assert_eq!(span("\"SPAN_KIND_PRODUCER\"", "\"STATUS_CODE_ERROR\""), "producer error");
    assert_eq!(span("\"3\"", "\"2\""), "client error");
    assert_eq!(span("null", "null"), "unspecified unset");
    assert_eq!(span("77", "-1"), "unspecified unset");
    assert_eq!(span("\"SPAN_KIND_FUTURE\"", "0"), "unspecified unset");
    let record = read_logs(r#"{"severityNumber":"SEVERITY_NUMBER_WARN2"}"#);
    assert_eq!(record.items.rows.row(0).severity.name(), "warn");
    let metric = read_metrics(
        r#"{"name":"m","sum":{"isMonotonic":true,"aggregationTemporality":"AGGREGATION_TEMPORALITY_DELTA",
            "dataPoints":[{"asInt":"7"}]}}"#,
    );
    assert_eq!(metric.items.samples.row(0).kind.name(), "delta");
}

#[test]
fn names_may_be_snake_case_lists_null_and_others_unknown() {
    let decoded = read_json(
        Signal::Traces,
        r#"{"later":[{}], "resource_spans":[null,{"scope_spans":[{"spans":[
              {"trace_id":"5b8efff798038103d269b633813fc60c","span_id":"eee19b7ec3c1b174",
               "start_time_unix_nano":5,"end_time_unix_nano":"7","name":"n","attributes":null,"events":null,
               "links":null,"status":null,"trace_state":"a=b","dropped_links_count":1,"x":{"y":[]}}]}],
            "schema_url":"u",
            "resource":{"attributes":[{"key":"service.name","value":{"string_value":"late"}}]}}]}"#,
    );
    assert_eq!(reasons(&decoded), Vec::<String>::new());
    let span = decoded.items.spans.row(0);
    assert_eq!((span.service(), span.start.0, span.duration), ("late", 5, 2));
    assert_eq!(
        span.attributes,
        r#"{"w3c.tracestate":"a=b","otel.dropped_links_count":1,"service.name":"late"}"#
    );
}

#[test]
fn a_request_without_items_is_nothing() {
    for signal in [Signal::Logs, Signal::Traces, Signal::Metrics] {
        for body in [
            "",
            "  \n",
            "{}",
            "null",
            r#"{"resourceLogs":null,"resourceSpans":[],"resourceMetrics":[{}]}"#,
        ] {
            assert_eq!(read_json(signal, body), crate::Decoded::default(), "{body}");
        }
        assert_eq!(read(signal, Encoding::Protobuf, b"").unwrap(), crate::Decoded::default());
    }
}

#[test]
fn a_body_without_structure_is_refused_whole() {
    let cases =
        ["[]", "5", "{", "{} {}", r#"{"resourceLogs":{}}"#, r#"{"resourceLogs":[1]}"#, "\u{0}"];
    for body in cases {
        let error = read(Signal::Logs, Encoding::Json, body.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("the body is not readable JSON: "), "{body}: {error}");
    }
    // A field that claims more than there is; a key of a kind that does not exist.
    for body in [&b"\x0a\x05\x0a"[..], b"\x0f", b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"] {
        let error = read(Signal::Logs, Encoding::Protobuf, body).unwrap_err().to_string();
        assert!(error.starts_with("the body is not readable protobuf: "), "{body:?}: {error}");
    }
}
