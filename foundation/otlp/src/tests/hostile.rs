//! Bytes that nobody means well with.

use super::{read, read_json, read_spans};
use crate::limits::{
    BODY_BYTES_MAX, ITEM_BYTES_MAX, ITEMS_PER_REQUEST_MAX, REJECTED_LISTED_MAX,
    RESOURCES_PER_REQUEST_MAX,
};
use crate::{Encoding, OtlpError, RejectReason, Signal};

#[test]
fn a_value_nested_a_thousand_times_rejects_its_item_alone() {
    let deep = format!(
        r#"{{"attributes":[{{"key":"a","value":{}{}}}]}}"#,
        r#"{"arrayValue":{"values":["#.repeat(1_000),
        "]}}".repeat(1_000)
    );
    let decoded = super::read_logs(&format!("{{}},{deep},{{}}"));
    assert_eq!((decoded.items.rows.len(), decoded.rejected_count), (2, 1));
    let mut value = Vec::new();
    for _ in 0..1_000 {
        value = field(5, &field(1, &value));
    }
    let record = field(6, &[field(1, b"a"), field(2, &value)].concat());
    let body = field(1, &field(2, &[field(2, b""), field(2, &record)].concat()));
    let decoded = read(Signal::Logs, Encoding::Protobuf, &body).unwrap();
    assert_eq!((decoded.items.rows.len(), decoded.rejected_count), (1, 1));
}

/// A length-delimited field.
fn field(tag: u32, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    prost::encoding::encode_key(tag, prost::encoding::WireType::LengthDelimited, &mut out);
    prost::encoding::encode_varint(bytes.len() as u64, &mut out);
    out.extend_from_slice(bytes);
    out
}

#[test]
fn text_that_is_no_utf_8_rejects_its_span_alone() {
    let ids = [field(1, &[1; 16]), field(2, &[2; 8])].concat();
    let good = field(2, &ids);
    let bad = field(2, &[ids, field(5, b"caf\xe9")].concat());
    let body = field(1, &field(2, &[good.clone(), bad, good].concat()));
    let decoded = read(Signal::Traces, Encoding::Protobuf, &body).unwrap();
    assert_eq!((decoded.items.spans.len(), decoded.rejected_count), (2, 1));
    assert_eq!((decoded.rejected[0].index, decoded.rejected[0].reason.name()), (1, "unreadable"));
}

#[test]
fn a_resources_attributes_cannot_make_a_huge_answer_of_a_small_request() {
    let value = "x".repeat(60_000);
    let items = vec!["{}"; 3_000].join(",");
    let body = format!(
        r#"{{"resourceLogs":[{{"resource":{{"attributes":[{{"key":"a","value":{{"stringValue":"{value}"}}}}]}},
            "scopeLogs":[{{"logRecords":[{items}]}}]}}]}}"#
    );
    let decoded = read_json(Signal::Logs, &body);
    assert_eq!(decoded.items.rows.len() + decoded.rejected_count, 3_000);
    assert!(
        decoded.items.rows.memory_bytes() < crate::limits::TEXT_BYTES_PER_REQUEST_MAX + (1 << 20)
    );
    assert_eq!(decoded.rejected[0].reason.name(), "request_too_large");
}

#[test]
fn text_that_is_written_in_vain_counts_too() {
    let text = |key: &str, bytes: usize| {
        format!(r#"{{"key":"{key}","value":{{"stringValue":"{}"}}}}"#, "x".repeat(bytes))
    };
    let around: Vec<String> = (0..4).map(|n| text(&n.to_string(), 65_000)).collect();
    let item = format!(r#"{{"attributes":[{}]}}"#, text("own", 3_000));
    let body = format!(
        r#"{{"resourceLogs":[{{"resource":{{"attributes":[{}]}},"scopeLogs":[{{"logRecords":[{}]}}]}}]}}"#,
        around.join(","),
        vec![item; 600].join(",")
    );
    let decoded = read_json(Signal::Logs, &body);
    assert_eq!((decoded.items.rows.len(), decoded.rejected_count), (0, 600));
    assert_eq!(decoded.rejected[0].reason.name(), "too_large");
    assert_eq!(decoded.rejected[599].reason.name(), "request_too_large");
}

#[test]
fn an_item_is_as_large_as_it_may_be_and_no_larger() {
    let item = |bytes: usize| {
        let frame = r#"{"x":""}"#.len();
        format!(r#"{{"x":"{}"}}"#, "y".repeat(bytes - frame))
    };
    let decoded = super::read_logs(&[item(ITEM_BYTES_MAX), item(ITEM_BYTES_MAX + 1)].join(","));
    assert_eq!((decoded.items.rows.len(), decoded.rejected_count), (1, 1));
    let reason = "it: 4194305 bytes, at most 4194304 are taken";
    assert_eq!(decoded.rejected[0].reason.to_string(), reason);
}

#[test]
fn a_request_brings_so_many_items_and_resources_and_no_more() {
    let items = vec!["{}"; ITEMS_PER_REQUEST_MAX + 1].join(",");
    let decoded = super::read_logs(&items);
    assert_eq!((decoded.items.rows.len(), decoded.rejected_count), (ITEMS_PER_REQUEST_MAX, 1));
    let limit = ITEMS_PER_REQUEST_MAX;
    let reason = RejectReason::RequestTooLarge { limit, unit: "items" };
    assert_eq!(decoded.rejected[0].reason, reason);
    let resource = r#"{"scopeLogs":[{"logRecords":[{}]}]}"#;
    let resources = vec![resource; RESOURCES_PER_REQUEST_MAX + 1].join(",");
    let decoded = read_json(Signal::Logs, &format!(r#"{{"resourceLogs":[{resources}]}}"#));
    assert_eq!((decoded.items.rows.len(), decoded.rejected_count), (RESOURCES_PER_REQUEST_MAX, 1));
}

#[test]
fn rejected_items_are_all_counted_and_the_first_are_listed() {
    let decoded = read_spans(&["{}"; REJECTED_LISTED_MAX + 5].join(","));
    assert_eq!(decoded.rejected_count, REJECTED_LISTED_MAX + 5);
    assert_eq!(decoded.rejected.len(), REJECTED_LISTED_MAX);
}

#[test]
fn a_body_is_as_large_as_it_may_be_and_no_larger() {
    let blank = |bytes| read(Signal::Logs, Encoding::Json, &vec![b' '; bytes]);
    assert!(blank(BODY_BYTES_MAX).is_ok());
    let too_large = OtlpError::TooLarge { size: BODY_BYTES_MAX + 1, limit: BODY_BYTES_MAX };
    assert_eq!(blank(BODY_BYTES_MAX + 1).unwrap_err(), too_large);
}
