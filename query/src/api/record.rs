//! A record as JSON, its fields in one order: `time` first, `received` last, what is absent left out.
//!
//! Invariants:
//! - ids are text; `attributes` is the object as it was sent, not parsed into values and back;
//! - a record never holds a line break, so a line of NDJSON is a record.

use std::fmt::Display;

use nilometer_model::{RowRef, Severity, SourceId, Stream, Timestamp};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::cursor::Cursor;

// What RecordJson writes, for the OpenAPI document.
/// One log entry.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what RecordJson writes; no value of it is ever made")]
pub(crate) struct Record {
    /// RFC 3339 with nanoseconds, UTC.
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    component: Option<String>,
    node: Option<String>,
    /// Pod or container.
    instance: Option<String>,
    version: Option<String>,
    zone: Option<String>,
    #[schema(value_type = String, example = "stderr")]
    stream: Stream,
    #[schema(value_type = String, example = "error")]
    severity: Severity,
    message: String,
    trace_id: Option<String>,
    span_id: Option<String>,
    #[schema(value_type = Option<Object>)]
    attributes: Option<String>,
    #[schema(value_type = String)]
    source: SourceId,
    position: u64,
    #[schema(value_type = Option<String>, format = DateTime)]
    received: Option<Timestamp>,
    /// Only in an export: where to go on behind this record.
    cursor: Option<String>,
}

/// Writes a row as a record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RecordJson<'a> {
    pub(crate) row: RowRef<'a>,
    pub(crate) cursor: Option<Cursor>,
}

/// Written by its `Display`, without a text in between.
pub(super) struct Shown<T>(pub(super) T);

impl<T: Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// Bytes as lower-case hex.
pub(super) struct Hex<'a>(pub(super) &'a [u8]);

impl Display for Hex<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for RecordJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let row = &self.row;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("time", &row.time)?;
        let names = [
            ("component", &row.origin.component),
            ("node", &row.origin.node),
            ("instance", &row.origin.instance),
            ("version", &row.origin.version),
            ("zone", &row.origin.zone),
        ];
        for (name, text) in names.into_iter().filter(|(_, text)| !text.is_empty()) {
            map.serialize_entry(name, text)?;
        }
        map.serialize_entry("stream", row.origin.stream.name())?;
        map.serialize_entry("severity", row.severity.name())?;
        map.serialize_entry("message", row.message)?;
        if let Some(id) = &row.trace_id {
            map.serialize_entry("trace_id", &Shown(Hex(id)))?;
        }
        if let Some(id) = &row.span_id {
            map.serialize_entry("span_id", &Shown(Hex(id)))?;
        }
        if let Some(attributes) = object(row.attributes) {
            map.serialize_entry("attributes", attributes)?;
        }
        map.serialize_entry("source", &row.origin.source)?;
        map.serialize_entry("position", &row.position)?;
        if row.received != Timestamp::default() {
            map.serialize_entry("received", &row.received)?;
        }
        if let Some(cursor) = self.cursor {
            map.serialize_entry("cursor", &Shown(cursor))?;
        }
        map.end()
    }
}

/// The attributes, when they are the JSON object on one line that they must be.
pub(super) fn object(attributes: &str) -> Option<&RawValue> {
    if !attributes.starts_with('{') || attributes.bytes().any(|byte| byte == b'\n') {
        return None;
    }
    serde_json::from_str(attributes).ok()
}

/// Appends the record as a line of NDJSON.
pub(crate) fn write_line(out: &mut Vec<u8>, record: &RecordJson<'_>) {
    let start = out.len();
    match serde_json::to_writer(&mut *out, record) {
        Ok(()) => out.push(b'\n'),
        Err(_) => out.truncate(start),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use expect_test::{Expect, expect};
    use nilometer_model::{Origin, TimeRange};

    use super::*;

    #[track_caller]
    fn check(row: RowRef<'_>, cursor: Option<Cursor>, expect: Expect) {
        let mut out = Vec::new();
        write_line(&mut out, &RecordJson { row, cursor });
        expect.assert_eq(&String::from_utf8(out).unwrap());
    }

    fn row<'a>(origin: &'a Arc<Origin>, message: &'a str, attributes: &'a str) -> RowRef<'a> {
        RowRef {
            origin,
            time: Timestamp(1_675_001_171_434_567_891),
            order_time: Timestamp(1_675_001_171_434_567_892),
            position: 18_014_398_509_481_985,
            bytes: 8,
            received: Timestamp(0),
            severity: Severity::Unset,
            message,
            attributes,
            trace_id: None,
            span_id: None,
        }
    }

    #[test]
    fn fields_come_in_one_order_and_what_is_absent_is_left_out() {
        let bare = Arc::new(Origin { source: SourceId(0xab), ..Origin::default() });
        check(
            row(&bare, "", ""),
            None,
            expect![[r#"
            {"time":"2023-01-29T14:06:11.434567891Z","stream":"stdout","severity":"unset","message":"","source":"00000000000000ab","position":18014398509481985}
        "#]],
        );
        let full = Arc::new(Origin {
            component: "shop".to_owned(),
            instance: "shop-1".to_owned(),
            node: "n1".to_owned(),
            version: "v2".to_owned(),
            zone: "z3".to_owned(),
            ..Origin::default()
        });
        let row = RowRef {
            severity: Severity::Error,
            received: Timestamp(1),
            trace_id: Some([0xfe; 16]),
            span_id: Some([1; 8]),
            ..row(&full, "a \"b\"\n\u{0}\\é日", r#"{"b":1.50,"a":[null]}"#)
        };
        let cursor = Some(Cursor { after: row.order(), range: TimeRange::ALL });
        check(
            row,
            cursor,
            expect![[r#"
            {"time":"2023-01-29T14:06:11.434567891Z","component":"shop","node":"n1","instance":"shop-1","version":"v2","zone":"z3","stream":"stdout","severity":"error","message":"a \"b\"\n\u0000\\é日","trace_id":"fefefefefefefefefefefefefefefefe","span_id":"0101010101010101","attributes":{"b":1.50,"a":[null]},"source":"0000000000000000","position":18014398509481985,"received":"1970-01-01T00:00:00.000000001Z","cursor":"173eccb0ddb878d4.0.40000000000001.."}
        "#]],
        );
    }

    #[test]
    fn attributes_that_would_break_the_line_are_left_out() {
        let origin = Arc::new(Origin::default());
        for attributes in ["{\"a\":", "{\n}", "7", "{}{}"] {
            let mut out = Vec::new();
            write_line(&mut out, &RecordJson { row: row(&origin, "m", attributes), cursor: None });
            let line = String::from_utf8(out).unwrap();
            assert!(!line.contains("attributes") && line.lines().count() == 1, "{line}");
        }
    }
}
