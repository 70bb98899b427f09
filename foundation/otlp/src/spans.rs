//! Spans: what they say, column by column.
//!
//! A span that ended before it began took no time and says so: its attribute [`END_BEFORE_START`] holds the
//! difference in nanoseconds. Starts are never changed.

use nilometer_model::limits::{
    EVENTS_BYTES_MAX, EVENTS_PER_SPAN_MAX, LINKS_BYTES_MAX, LINKS_PER_SPAN_MAX, NAME_BYTES_MAX,
    OPERATION_BYTES_MAX, STATUS_MESSAGE_BYTES_MAX,
};
use nilometer_model::{SpanKind, SpanRef, SpanStatus, Timestamp};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};

use crate::attributes::{Object, push_hex, push_quoted};
use crate::decoded::{RejectReason, within};
use crate::reader::{Raw, Reader, id, timestamp};

/// By how many nanoseconds a span ended before it began.
const END_BEFORE_START: &str = "_end_before_start_ns";

pub(crate) fn take(reader: &mut Reader<'_>, raw: Raw<'_>) -> Result<(), RejectReason> {
    let origin = reader.origin()?;
    let span: Span = raw.read()?;
    let start = timestamp("start_time_unix_nano", span.start_time_unix_nano)?;
    timestamp("end_time_unix_nano", span.end_time_unix_nano)?;
    within("name", span.name.len(), "bytes", OPERATION_BYTES_MAX)?;
    let attributes = attributes(reader, &span)?;
    let (events, links) = (events(&span.events)?, links(&span.links)?);
    let status = span.status.as_ref();
    let status_message = status.map_or("", |status| &status.message);
    within("status message", status_message.len(), "bytes", STATUS_MESSAGE_BYTES_MAX)?;
    let taken = SpanRef {
        origin: &origin,
        operation: &span.name,
        trace_id: required("trace_id", &span.trace_id)?,
        span_id: required("span_id", &span.span_id)?,
        parent_id: id("parent_span_id", &span.parent_span_id)?,
        start,
        duration: span.end_time_unix_nano.saturating_sub(span.start_time_unix_nano),
        kind: code(span.kind).and_then(SpanKind::from_code).unwrap_or_default(),
        status: status
            .and_then(|status| code(status.code))
            .and_then(SpanStatus::from_code)
            .unwrap_or_default(),
        status_message,
        attributes: &attributes,
        events: &events,
        links: &links,
        position: 0,
        received: Timestamp(0),
    };
    let text_bytes = span.name.len() + status_message.len() + events.len() + links.len();
    reader.admit(1, text_bytes)?;
    reader.decoded.items.spans.push(taken);
    Ok(())
}

/// An id without which there is no span.
fn required<const N: usize>(field: &'static str, bytes: &[u8]) -> Result<[u8; N], RejectReason> {
    id(field, bytes)?.ok_or(RejectReason::BadId { field, bytes: 0, want: N })
}

/// A code of an enumeration; what a later version of the protocol added means "not said".
fn code(code: i32) -> Option<u8> {
    u8::try_from(code).ok()
}

/// The span's attributes, and what it says beside them that has no column.
fn attributes(reader: &mut Reader<'_>, span: &Span) -> Result<String, RejectReason> {
    let mut object = Object::default();
    object.attributes(&span.attributes)?;
    let ahead = span.start_time_unix_nano.saturating_sub(span.end_time_unix_nano);
    object.number(END_BEFORE_START, ahead.cast_signed());
    within("trace_state", span.trace_state.len(), "bytes", NAME_BYTES_MAX)?;
    object.text("w3c.tracestate", &span.trace_state);
    object.number("otel.dropped_attributes_count", span.dropped_attributes_count.into());
    object.number("otel.dropped_events_count", span.dropped_events_count.into());
    object.number("otel.dropped_links_count", span.dropped_links_count.into());
    reader.merged(object)
}

/// `[{"time":..,"name":..,"attributes":{..}}, ..]`, or nothing.
fn events(events: &[Event]) -> Result<String, RejectReason> {
    within("events", events.len(), "of them", EVENTS_PER_SPAN_MAX)?;
    let mut json = String::new();
    for event in events {
        begin_element(&mut json);
        json.push_str("\"time\":\"");
        timestamp("time_unix_nano of an event", event.time_unix_nano)?.write_to(&mut json);
        json.push_str("\",\"name\":");
        push_quoted(&mut json, &event.name);
        let mut object = Object::default();
        object.attributes(&event.attributes)?;
        object.number("otel.dropped_attributes_count", event.dropped_attributes_count.into());
        end_element(&mut json, &object.finish()?);
        within("events", json.len(), "bytes", EVENTS_BYTES_MAX)?;
    }
    end_array(&mut json);
    Ok(json)
}

/// `[{"trace_id":..,"span_id":..,"attributes":{..}}, ..]`, or nothing.
fn links(links: &[Link]) -> Result<String, RejectReason> {
    within("links", links.len(), "of them", LINKS_PER_SPAN_MAX)?;
    let mut json = String::new();
    for link in links {
        begin_element(&mut json);
        json.push_str("\"trace_id\":");
        push_hex(&mut json, &required::<16>("trace_id of a link", &link.trace_id)?);
        json.push_str(",\"span_id\":");
        push_hex(&mut json, &required::<8>("span_id of a link", &link.span_id)?);
        let mut object = Object::default();
        object.attributes(&link.attributes)?;
        within("trace_state of a link", link.trace_state.len(), "bytes", NAME_BYTES_MAX)?;
        object.text("w3c.tracestate", &link.trace_state);
        object.number("otel.dropped_attributes_count", link.dropped_attributes_count.into());
        end_element(&mut json, &object.finish()?);
        within("links", json.len(), "bytes", LINKS_BYTES_MAX)?;
    }
    end_array(&mut json);
    Ok(json)
}

fn begin_element(json: &mut String) {
    json.push_str(if json.is_empty() { "[{" } else { ",{" });
}

fn end_element(json: &mut String, attributes: &str) {
    if !attributes.is_empty() {
        json.push_str(",\"attributes\":");
        json.push_str(attributes);
    }
    json.push('}');
}

fn end_array(json: &mut String) {
    if !json.is_empty() {
        json.push(']');
    }
}
