//! The same data mean the same in protobuf and in JSON.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use proptest::prelude::*;
use prost::Message;
use serde_json::{Value as Json, json};

use super::read;
use crate::{Encoding, Signal};

/// The protocol's JSON of a request, by the book.
pub(super) fn json_of(request: &ExportTraceServiceRequest) -> Json {
    let resources = request.resource_spans.iter().map(|resource_spans| {
        let scopes = resource_spans.scope_spans.iter().map(|scope_spans| {
            let scope = scope_spans.scope.as_ref().map(
                |scope| json!({"name": scope.name, "attributes": attributes(&scope.attributes)}),
            );
            let spans: Vec<Json> = scope_spans.spans.iter().map(span).collect();
            json!({"scope": scope, "spans": spans})
        });
        let resource = resource_spans.resource.as_ref();
        let resource = resource.map(|it| json!({"attributes": attributes(&it.attributes)}));
        json!({"resource": resource, "scopeSpans": scopes.collect::<Vec<_>>()})
    });
    json!({"resourceSpans": resources.collect::<Vec<_>>()})
}

fn span(span: &Span) -> Json {
    let events = span.events.iter().map(|event| {
        json!({"name": event.name, "timeUnixNano": event.time_unix_nano.to_string(),
               "attributes": attributes(&event.attributes)})
    });
    let links = span.links.iter().map(|link| {
        json!({"traceId": hex(&link.trace_id), "spanId": hex(&link.span_id),
               "attributes": attributes(&link.attributes)})
    });
    json!({
        "traceId": hex(&span.trace_id), "spanId": hex(&span.span_id),
        "parentSpanId": hex(&span.parent_span_id), "traceState": span.trace_state,
        "name": span.name, "kind": span.kind,
        "startTimeUnixNano": span.start_time_unix_nano.to_string(),
        "endTimeUnixNano": span.end_time_unix_nano.to_string(),
        "attributes": attributes(&span.attributes),
        "droppedEventsCount": span.dropped_events_count,
        "events": events.collect::<Vec<_>>(), "links": links.collect::<Vec<_>>(),
        "status": span.status.as_ref().map(|it| json!({"code": it.code, "message": it.message})),
    })
}

fn attributes(attributes: &[KeyValue]) -> Vec<Json> {
    let member = |it: &KeyValue| json!({"key": it.key, "value": it.value.as_ref().map(value)});
    attributes.iter().map(member).collect()
}

fn value(any: &AnyValue) -> Json {
    match &any.value {
        None | Some(Value::StringValueStrindex(_)) => json!({}),
        Some(Value::StringValue(text)) => json!({"stringValue": text}),
        Some(Value::BoolValue(flag)) => json!({"boolValue": flag}),
        Some(Value::IntValue(number)) => json!({"intValue": number.to_string()}),
        Some(Value::DoubleValue(number)) if number.is_nan() => json!({"doubleValue": "NaN"}),
        Some(Value::DoubleValue(number)) if number.is_infinite() => {
            json!({"doubleValue": if *number > 0.0 { "Infinity" } else { "-Infinity" }})
        }
        Some(Value::DoubleValue(number)) => json!({"doubleValue": number}),
        Some(Value::BytesValue(bytes)) => {
            use base64::Engine as _;
            json!({"bytesValue": base64::engine::general_purpose::STANDARD.encode(bytes)})
        }
        Some(Value::ArrayValue(array)) => {
            json!({"arrayValue": {"values": array.values.iter().map(value).collect::<Vec<_>>()}})
        }
        Some(Value::KvlistValue(list)) => {
            json!({"kvlistValue": {"values": attributes(&list.values)}})
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn any_value() -> impl Strategy<Value = AnyValue> {
    let leaf = prop_oneof![
        Just(None),
        "\\PC{0,6}".prop_map(|text| Some(Value::StringValue(text))),
        any::<bool>().prop_map(|flag| Some(Value::BoolValue(flag))),
        any::<i64>().prop_map(|number| Some(Value::IntValue(number))),
        (-1e6..1e6).prop_map(|number| Some(Value::DoubleValue(number))),
        Just(Some(Value::DoubleValue(f64::NAN))),
        Just(Some(Value::DoubleValue(f64::NEG_INFINITY))),
        proptest::collection::vec(any::<u8>(), 0..5).prop_map(|it| Some(Value::BytesValue(it))),
    ];
    let leaf = leaf.prop_map(|value| AnyValue { value });
    leaf.prop_recursive(3, 12, 4, |inner| {
        let list = proptest::collection::vec(inner.clone(), 0..4)
            .prop_map(|values| AnyValue { value: Some(Value::ArrayValue(ArrayValue { values })) });
        let map = proptest::collection::vec(("[a-c]", inner), 0..4).prop_map(|members| {
            let values = members.into_iter().map(|(key, value)| key_value(key, value)).collect();
            AnyValue { value: Some(Value::KvlistValue(KeyValueList { values })) }
        });
        prop_oneof![list, map]
    })
}

fn key_value(key: String, value: AnyValue) -> KeyValue {
    KeyValue { key, value: Some(value), ..KeyValue::default() }
}

fn any_attributes() -> impl Strategy<Value = Vec<KeyValue>> {
    let names = prop_oneof!["[a-d]", Just("service.name".to_owned()), Just("host.name".to_owned())];
    let attribute = (names, any_value()).prop_map(|(key, value)| key_value(key, value));
    proptest::collection::vec(attribute, 0..4)
}

fn any_id(bytes: usize) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => proptest::collection::vec(any::<u8>(), bytes),
        1 => proptest::collection::vec(any::<u8>(), 0..20),
    ]
}

fn any_span() -> impl Strategy<Value = Span> {
    let ids = (any_id(16), any_id(8), any_id(8));
    let texts = ("\\PC{0,8}", "[a-z]{0,4}", "\\PC{0,8}");
    let numbers = (0_u64..1 << 62, 0_u64..1 << 62, -1_i32..8, 0_i32..4);
    let events = proptest::collection::vec((0_u64..1 << 62, "\\PC{0,4}", any_attributes()), 0..3);
    let links = proptest::collection::vec((any_id(16), any_id(8), any_attributes()), 0..2);
    (ids, texts, numbers, any_attributes(), events, links).prop_map(
        |(
            ids,
            (name, trace_state, message),
            (start, end, kind, code),
            attributes,
            events,
            links,
        )| {
            let event = |(time_unix_nano, name, attributes)| Event {
                time_unix_nano,
                name,
                attributes,
                ..Event::default()
            };
            let link = |(trace_id, span_id, attributes)| Link {
                trace_id,
                span_id,
                attributes,
                ..Link::default()
            };
            Span {
                trace_id: ids.0,
                span_id: ids.1,
                parent_span_id: ids.2,
                trace_state,
                name,
                kind,
                start_time_unix_nano: start,
                end_time_unix_nano: end,
                attributes,
                dropped_events_count: u32::try_from(end % 2).unwrap(),
                events: events.into_iter().map(event).collect(),
                links: links.into_iter().map(link).collect(),
                status: (code > 0).then_some(Status { message, code }),
                ..Span::default()
            }
        },
    )
}

fn any_requests() -> impl Strategy<Value = ExportTraceServiceRequest> {
    let scope = (any_attributes(), "[a-z]{0,3}", proptest::collection::vec(any_span(), 0..4));
    let scope = scope.prop_map(|(attributes, name, spans)| ScopeSpans {
        scope: Some(InstrumentationScope { name, attributes, ..InstrumentationScope::default() }),
        spans,
        ..ScopeSpans::default()
    });
    let resource = (any_attributes(), proptest::collection::vec(scope, 0..3));
    let resource = resource.prop_map(|(attributes, scope_spans)| ResourceSpans {
        resource: Some(Resource { attributes, ..Resource::default() }),
        scope_spans,
        ..ResourceSpans::default()
    });
    proptest::collection::vec(resource, 0..3)
        .prop_map(|resource_spans| ExportTraceServiceRequest { resource_spans })
}

/// One request with something of everything, always the same.
pub(crate) fn any_request() -> ExportTraceServiceRequest {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut drawn = (0..50).map(|_| any_requests().new_tree(&mut runner).unwrap().current());
    let spans = |request: &ExportTraceServiceRequest| {
        let scopes = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
        scopes.map(|scope| scope.spans.len()).sum::<usize>()
    };
    drawn.find(|request| spans(request) > 4).unwrap()
}

proptest! {
    #[test]
    fn protobuf_and_json_of_the_same_spans_are_the_same(request in any_requests()) {
        let protobuf = read(Signal::Traces, Encoding::Protobuf, &request.encode_to_vec()).unwrap();
        let text = json_of(&request).to_string();
        let json = read(Signal::Traces, Encoding::Json, text.as_bytes()).unwrap();
        prop_assert_eq!(protobuf, json, "{}", text);
    }
}
