//! Log records: what they say, as rows.

use nilometer_model::limits::{MESSAGE_BYTES_MAX, NAME_BYTES_MAX};
use nilometer_model::{RowRef, Severity, Timestamp};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;

use crate::attributes::{Object, value_json};
use crate::decoded::{RejectReason, within};
use crate::reader::{Raw, Reader, id};

/// A time that no clock shows, as it was sent: nanoseconds since 1970, negative before.
const TIME_AS_SENT: &str = "_time_unix_nano";

pub(crate) fn take(reader: &mut Reader<'_>, raw: Raw<'_>) -> Result<(), RejectReason> {
    let origin = reader.origin()?;
    let record: LogRecord = raw.read()?;
    let severity = severity(record.severity_number, &record.severity_text);
    let attributes = attributes(reader, &record, severity)?;
    let trace_id = id("trace_id", &record.trace_id)?;
    let span_id = id("span_id", &record.span_id)?;
    let times = [record.time_unix_nano, record.observed_time_unix_nano];
    let time = times.into_iter().find_map(sent_time).unwrap_or(reader.context.now);
    let message = message(record)?;
    within("body", message.len(), "bytes", MESSAGE_BYTES_MAX)?;
    reader.admit(1, message.len())?;
    reader.decoded.items.rows.push(RowRef {
        origin: &origin,
        time,
        order_time: time,
        position: 0,
        bytes: raw.bytes(),
        received: Timestamp(0),
        severity,
        message: &message,
        attributes: &attributes,
        trace_id,
        span_id,
    });
    Ok(())
}

/// A time that was sent. 0 says that there is none, and so does what no clock shows: Go writes its zero time
/// as a number of nanoseconds before 1970.
fn sent_time(ns: u64) -> Option<Timestamp> {
    i64::try_from(ns).ok().filter(|ns| *ns != 0).map(Timestamp)
}

/// What the body says: a text as it is, anything else as JSON, nothing as nothing.
fn message(record: LogRecord) -> Result<String, RejectReason> {
    let Some(body) = record.body else { return Ok(String::new()) };
    match body.value {
        None => Ok(String::new()),
        Some(Value::StringValue(text)) => Ok(text),
        Some(_) => value_json(&body),
    }
}

/// The record's attributes, and what it says beside them that a row has no place for.
fn attributes(
    reader: &mut Reader<'_>,
    record: &LogRecord,
    severity: Severity,
) -> Result<String, RejectReason> {
    let mut object = Object::default();
    object.attributes(&record.attributes)?;
    let word = &record.severity_text;
    within("severity_text", word.len(), "bytes", NAME_BYTES_MAX)?;
    if Severity::parse(word.trim()) != Some(severity) {
        object.text("severity_text", word);
    }
    if record.time_unix_nano != 0 && sent_time(record.time_unix_nano).is_none() {
        object.number(TIME_AS_SENT, record.time_unix_nano.cast_signed());
    }
    within("event_name", record.event_name.len(), "bytes", NAME_BYTES_MAX)?;
    object.text("event.name", &record.event_name);
    object.number("otel.dropped_attributes_count", record.dropped_attributes_count.into());
    reader.merged(object)
}

/// By the number, which OpenTelemetry defines; else by the word.
fn severity(number: i32, word: &str) -> Severity {
    match number {
        1..=4 => Severity::Trace,
        5..=8 => Severity::Debug,
        9..=12 => Severity::Info,
        13..=16 => Severity::Warn,
        17..=20 => Severity::Error,
        21..=24 => Severity::Fatal,
        _ => Severity::parse(word.trim()).unwrap_or_default(),
    }
}
