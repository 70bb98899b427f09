//! The crate from outside: bytes in, spans, records and samples out.

mod data_points;
mod hostile;
mod lenient;
mod log_records;
pub(crate) mod same;
mod sets;
mod spans;

use nilometer_model::{Tenant, Timestamp};
use opentelemetry_proto::tonic::collector::{logs, metrics, trace};
use prost::Message;

use crate::{Context, Decoded, Encoding, OtlpError, Signal, decode};

pub(crate) const NOW: Timestamp = Timestamp(1_700_000_000_000_000_000);

pub(crate) fn read(signal: Signal, encoding: Encoding, body: &[u8]) -> Result<Decoded, OtlpError> {
    let tenant = Tenant::default();
    decode(signal, encoding, body, Context { tenant: &tenant, node: "receiver", now: NOW })
}

#[track_caller]
pub(crate) fn read_json(signal: Signal, body: &str) -> Decoded {
    read(signal, Encoding::Json, body.as_bytes()).unwrap_or_else(|error| panic!("{body}: {error}"))
}

/// A request with these log records, of a resource with a name.
#[track_caller]
pub(crate) fn read_logs(records: &str) -> Decoded {
    read_json(Signal::Logs, &in_request("Logs", "logRecords", records))
}

/// A request with these spans, of a resource with a name.
#[track_caller]
pub(crate) fn read_spans(spans: &str) -> Decoded {
    read_json(Signal::Traces, &in_request("Spans", "spans", spans))
}

/// A request with these metrics, of a resource with a name.
#[track_caller]
pub(crate) fn read_metrics(metrics: &str) -> Decoded {
    read_json(Signal::Metrics, &in_request("Metrics", "metrics", metrics))
}

fn in_request(what: &str, list: &str, items: &str) -> String {
    let resource = r#"{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]}"#;
    format!(
        r#"{{"resource{what}":[{{"resource":{resource},"scope{what}":[{{"{list}":[{items}]}}]}}]}}"#
    )
}

/// The reasons of all that was rejected, each with its index.
pub(crate) fn reasons(decoded: &Decoded) -> Vec<String> {
    let rejected = decoded.rejected.iter();
    rejected.map(|rejected| format!("{}: {}", rejected.index, rejected.reason)).collect()
}

#[test]
fn content_types_name_encodings() {
    let cases = [
        ("application/json", Some(Encoding::Json)),
        ("Application/JSON; charset=utf-8", Some(Encoding::Json)),
        ("application/x-protobuf", Some(Encoding::Protobuf)),
        ("text/plain", None),
        ("", None),
    ];
    for (content_type, expect) in cases {
        assert_eq!(Encoding::of_content_type(content_type), expect, "{content_type}");
    }
}

#[test]
fn an_answer_says_how_many_were_rejected_and_why() {
    let two_bad = read_spans(r#"{"traceId":"12"},{"name":5}"#);
    let json = |signal, decoded: &Decoded| {
        String::from_utf8(crate::partial_success(signal, Encoding::Json, decoded)).unwrap()
    };
    assert_eq!(
        json(Signal::Traces, &two_bad),
        r#"{"partialSuccess":{"errorMessage":"item 0: trace_id has 1 bytes that are not all zero, want 16; item 1: cannot be read: want a text at line 1 column 10","rejectedSpans":"2"}}"#
    );
    assert!(json(Signal::Logs, &two_bad).contains("rejectedLogRecords"));
    assert!(json(Signal::Metrics, &two_bad).contains("rejectedDataPoints"));
    assert_eq!(json(Signal::Logs, &Decoded::default()), "{}");
    let protobuf = |signal, decoded: &Decoded| {
        assert_eq!(crate::partial_success(signal, Encoding::Protobuf, &Decoded::default()), b"");
        crate::partial_success(signal, Encoding::Protobuf, decoded)
    };
    let answer = protobuf(Signal::Traces, &two_bad);
    let answer = trace::v1::ExportTraceServiceResponse::decode(&*answer).unwrap();
    let partial = answer.partial_success.unwrap();
    assert!(partial.rejected_spans == 2 && partial.error_message.starts_with("item 0: trace_id"));
    let answer = protobuf(Signal::Logs, &two_bad);
    let answer = logs::v1::ExportLogsServiceResponse::decode(&*answer).unwrap();
    assert_eq!(answer.partial_success.unwrap().rejected_log_records, 2);
    let answer = protobuf(Signal::Metrics, &two_bad);
    let answer = metrics::v1::ExportMetricsServiceResponse::decode(&*answer).unwrap();
    assert_eq!(answer.partial_success.unwrap().rejected_data_points, 2);
}

#[test]
fn an_answer_lists_some_reasons_and_counts_the_others() {
    let many = read_spans(&["{}"; crate::limits::REASONS_ANSWERED_MAX + 3].join(","));
    let answer = crate::partial_success(Signal::Traces, Encoding::Json, &many);
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.contains("item 7:") && !answer.contains("item 8:"), "{answer}");
    assert!(answer.contains("; and 3 more\""), "{answer}");
}

#[test]
fn a_failure_is_a_status_in_the_encoding_of_the_request() {
    let json = crate::status(Encoding::Json, 3, "no");
    assert_eq!(json, br#"{"code":3,"message":"no"}"#);
    assert_eq!(crate::status(Encoding::Protobuf, 3, "no"), b"\x08\x03\x12\x02no");
}
