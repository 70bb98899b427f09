//! A span as JSON, its fields in one order; what is absent is left out.
//!
//! Invariants:
//! - ids are lower-case hex, durations are ms, the start is RFC 3339 with nanoseconds;
//! - attributes, events and links are as they were stored, not parsed into values and back.

use nilometer_model::{SpanRef, Timestamp};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::record::{Hex, Shown, object};
use crate::traces::ms;

// What SpanJson writes, for the OpenAPI document.
/// What one service did in a trace.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what SpanJson writes; no value of it is ever made")]
pub(crate) struct Span {
    trace_id: String,
    span_id: String,
    parent_span_id: Option<String>,
    service: Option<String>,
    operation: String,
    /// unspecified, internal, server, client, producer or consumer.
    kind: String,
    /// RFC 3339 with nanoseconds, by the clock of the span's node.
    #[schema(value_type = String, format = DateTime)]
    start: Timestamp,
    duration_ms: f64,
    /// unset, ok or error.
    status: String,
    status_message: Option<String>,
    node: Option<String>,
    instance: Option<String>,
    version: Option<String>,
    #[schema(value_type = Option<Object>)]
    attributes: Option<String>,
    #[schema(value_type = Option<Vec<Object>>)]
    events: Option<String>,
    #[schema(value_type = Option<Vec<Object>>)]
    links: Option<String>,
}

/// Writes a span.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpanJson<'a>(pub(crate) SpanRef<'a>);

impl Serialize for SpanJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let span = &self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("trace_id", &Shown(Hex(&span.trace_id)))?;
        map.serialize_entry("span_id", &Shown(Hex(&span.span_id)))?;
        if let Some(parent) = &span.parent_id {
            map.serialize_entry("parent_span_id", &Shown(Hex(parent)))?;
        }
        if !span.service().is_empty() {
            map.serialize_entry("service", span.service())?;
        }
        map.serialize_entry("operation", span.operation)?;
        map.serialize_entry("kind", span.kind.name())?;
        map.serialize_entry("start", &span.start)?;
        map.serialize_entry("duration_ms", &ms(span.duration))?;
        map.serialize_entry("status", span.status.name())?;
        let texts = [
            ("status_message", span.status_message),
            ("node", &span.origin.node),
            ("instance", &span.origin.instance),
            ("version", &span.origin.version),
        ];
        for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            map.serialize_entry(name, text)?;
        }
        let raws = [
            ("attributes", object(span.attributes)),
            ("events", array(span.events)),
            ("links", array(span.links)),
        ];
        for (name, raw) in raws {
            if let Some(raw) = raw {
                map.serialize_entry(name, raw)?;
            }
        }
        map.end()
    }
}

fn array(text: &str) -> Option<&RawValue> {
    if text.starts_with('[') { serde_json::from_str(text).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use nilometer_model::{Origin, SpanKind, SpanStatus};

    use super::*;

    #[test]
    fn fields_come_in_one_order_and_what_is_absent_is_left_out() {
        let origin = Arc::new(Origin { component: "shop".to_owned(), ..Origin::default() });
        let bare = SpanRef {
            origin: &origin,
            operation: "GET /",
            trace_id: [0xab; 16],
            span_id: [1; 8],
            parent_id: None,
            start: Timestamp(1_675_001_171_434_567_891),
            duration: 1_500_001,
            kind: SpanKind::Server,
            status: SpanStatus::Error,
            status_message: "",
            attributes: "",
            events: "",
            links: "{",
            position: 0,
            received: Timestamp(0),
        };
        assert_eq!(
            serde_json::to_string(&SpanJson(bare)).unwrap(),
            r#"{"trace_id":"abababababababababababababababab","span_id":"0101010101010101","service":"shop","operation":"GET /","kind":"server","start":"2023-01-29T14:06:11.434567891Z","duration_ms":1.500001,"status":"error"}"#
        );
        let full = SpanRef {
            parent_id: Some([2; 8]),
            status_message: "no",
            attributes: r#"{"a":1.50}"#,
            events: r#"[{"name":"e"}]"#,
            links: "[]",
            ..bare
        };
        let written = serde_json::to_string(&SpanJson(full)).unwrap();
        let end = r#""status":"error","status_message":"no","attributes":{"a":1.50},"events":[{"name":"e"}],"links":[]}"#;
        assert!(
            written.contains(r#""parent_span_id":"0202020202020202""#) && written.ends_with(end)
        );
    }
}
