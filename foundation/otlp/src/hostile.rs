//! What must hold whatever a request holds. Each check panics where something does not; `tests/mutate` and
//! `tests/fuzz` bring the bytes.
//!
//! Invariants:
//! - nothing panics; the same bytes mean the same again;
//! - what is taken is whole columns, within the limits of a record; attributes are JSON objects;
//! - what is rejected is counted, listed up to a limit, and can be answered in both encodings.

use nilometer_model::limits::{
    ATTRIBUTES_BYTES_MAX, ATTRIBUTES_PER_RECORD_MAX, MESSAGE_BYTES_MAX, OPERATION_BYTES_MAX,
};
use nilometer_model::{Items, Tenant, Timestamp};
use serde_json::{Map, Value};

use crate::limits::{ITEMS_PER_REQUEST_MAX, REJECTED_LISTED_MAX, TEXT_BYTES_PER_REQUEST_MAX};
use crate::{Context, Decoded, Encoding, OtlpError, Signal, decode, partial_success};

const NOW: Timestamp = Timestamp(1_800_000_000_000_000_000);
/// What a request's items take beside their texts, bytes.
const COLUMNS_BYTES_MAX: usize = 64 << 20;

/// A request in JSON.
pub fn otlp_json(body: &[u8]) {
    request(Encoding::Json, body);
}

/// A request in protobuf.
pub fn otlp_protobuf(body: &[u8]) {
    request(Encoding::Protobuf, body);
}

fn request(encoding: Encoding, body: &[u8]) {
    let tenant = Tenant::default();
    let context = Context { tenant: &tenant, node: "receiver", now: NOW };
    for signal in [Signal::Traces, Signal::Logs, Signal::Metrics] {
        let decoded = decode(signal, encoding, body, context);
        if let Ok(decoded) = &decoded {
            check(decoded);
            for encoding in [Encoding::Json, Encoding::Protobuf] {
                let answer = partial_success(signal, encoding, decoded);
                assert!(
                    encoding == Encoding::Protobuf || is_object(&String::from_utf8_lossy(&answer))
                );
            }
        }
        let again = decode(signal, encoding, body, context);
        assert_eq!(shown(&decoded), shown(&again), "another reading says otherwise");
    }
}

/// What a request brought, to be compared: not every number is equal to itself.
fn shown(decoded: &Result<Decoded, OtlpError>) -> String {
    let Decoded { items, rejected, rejected_count } = match decoded {
        Ok(decoded) => decoded,
        Err(error) => return error.to_string(),
    };
    let rows: Vec<_> = items.rows.iter().collect();
    let spans: Vec<_> = items.spans.iter().collect();
    let samples: Vec<_> = items.samples.iter().collect();
    format!("{rows:?} {spans:?} {samples:?} {rejected:?} {rejected_count}")
}

fn check(decoded: &Decoded) {
    let Items { rows, spans, samples } = &decoded.items;
    assert!(rows.check() && spans.check() && samples.check());
    assert!(decoded.items.len() <= ITEMS_PER_REQUEST_MAX);
    assert!(decoded.items.memory_bytes() <= TEXT_BYTES_PER_REQUEST_MAX + COLUMNS_BYTES_MAX);
    assert_eq!(decoded.rejected.len(), decoded.rejected_count.min(REJECTED_LISTED_MAX));
    for row in rows.iter() {
        assert!(row.message.len() <= MESSAGE_BYTES_MAX);
        check_attributes(row.attributes);
    }
    for span in spans.iter() {
        assert!(span.operation.len() <= OPERATION_BYTES_MAX);
        check_attributes(span.attributes);
        for list in [span.events, span.links] {
            assert!(list.is_empty() || serde_json::from_str::<Vec<Value>>(list).is_ok(), "{list}");
        }
    }
    samples.iter().for_each(|sample| check_attributes(sample.attributes));
}

fn check_attributes(attributes: &str) {
    assert!(attributes.len() <= ATTRIBUTES_BYTES_MAX);
    assert!(attributes.is_empty() || is_object(attributes), "{attributes}");
}

fn is_object(text: &str) -> bool {
    let object = serde_json::from_str::<Map<String, Value>>(text);
    object.is_ok_and(|object| object.len() <= ATTRIBUTES_PER_RECORD_MAX + 1)
}

#[cfg(test)]
mod tests {
    use nilometer_mutate::{MUTATIONS, hold};
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use prost::Message;

    use crate::tests::same::any_request;

    #[test]
    fn requests_in_json() {
        hold("otlp_json", &[], MUTATIONS, super::otlp_json);
    }

    #[test]
    fn requests_in_protobuf() {
        let request: ExportTraceServiceRequest = any_request();
        hold("otlp_protobuf", &[request.encode_to_vec()], MUTATIONS, super::otlp_protobuf);
    }
}
