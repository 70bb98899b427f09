//! Messages of logs and traces, and what all signals share. The types are those of protobuf, so that what an
//! item means is said once; the definitions here say how each of their fields is read from JSON.

use std::fmt;
use std::marker::PhantomData;

use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, UnitDeserializer};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::scalar::{id, integer, severity, span_kind, status_code, text, time};

/// Read from JSON leniently.
pub(crate) trait Read: Sized {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// What is [`Read`], where serde wants a type of ours.
pub(crate) struct Wrapped<T>(pub(crate) T);

impl<'de, T: Read> Deserialize<'de> for Wrapped<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ObjectVisitor(PhantomData)).map(Wrapped)
    }
}

/// Takes objects only: serde's own would read a list as the fields of a message in their order.
struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Read> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E: Error>(self) -> Result<T, E> {
        T::read(UnitDeserializer::new())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::read(MapAccessDeserializer::new(map))
    }
}

/// A message, or null.
pub(super) fn optional<'de, D: Deserializer<'de>, T: Read>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let message = Option::<Wrapped<T>>::deserialize(deserializer)?;
    Ok(message.map(|message| message.0))
}

/// A list of messages, or null; a null in it is passed over.
pub(super) fn list<'de, D: Deserializer<'de>, T: Read>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_any(ListVisitor(PhantomData))
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Read> Visitor<'de> for ListVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or null")
    }

    fn visit_unit<E>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
        let mut messages = Vec::new();
        while let Some(message) = seq.next_element::<Option<Wrapped<T>>>()? {
            messages.extend(message.map(|message| message.0));
        }
        Ok(messages)
    }
}

#[derive(Deserialize)]
#[serde(remote = "KeyValue", default = "Default::default")]
struct KeyValueDef {
    #[serde(deserialize_with = "text")]
    key: String,
    #[serde(deserialize_with = "optional")]
    value: Option<AnyValue>,
    #[serde(skip)]
    key_strindex: i32,
}

impl Read for KeyValue {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        KeyValueDef::deserialize(deserializer)
    }
}

#[derive(Deserialize)]
#[serde(remote = "ArrayValue", default = "Default::default")]
struct ArrayValueDef {
    #[serde(deserialize_with = "values")]
    values: Vec<AnyValue>,
}

/// As [`list`], but a null among values is a value.
fn values<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<AnyValue>, D::Error> {
    let values = Option::<Vec<Wrapped<AnyValue>>>::deserialize(deserializer)?;
    Ok(values.unwrap_or_default().into_iter().map(|value| value.0).collect())
}

impl Read for ArrayValue {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ArrayValueDef::deserialize(deserializer)
    }
}

#[derive(Deserialize)]
#[serde(remote = "KeyValueList", default = "Default::default")]
struct KeyValueListDef {
    #[serde(deserialize_with = "list")]
    values: Vec<KeyValue>,
}

impl Read for KeyValueList {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        KeyValueListDef::deserialize(deserializer)
    }
}

#[derive(Deserialize)]
#[serde(remote = "Resource", rename_all = "camelCase", default = "Default::default")]
struct ResourceDef {
    #[serde(deserialize_with = "list")]
    attributes: Vec<KeyValue>,
    #[serde(alias = "dropped_attributes_count", deserialize_with = "integer")]
    dropped_attributes_count: u32,
    #[serde(skip)]
    entity_refs: Vec<EntityRef>,
}

impl Read for Resource {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ResourceDef::deserialize(deserializer)
    }
}

#[derive(Deserialize)]
#[serde(remote = "InstrumentationScope", rename_all = "camelCase", default = "Default::default")]
struct InstrumentationScopeDef {
    #[serde(deserialize_with = "text")]
    name: String,
    #[serde(deserialize_with = "text")]
    version: String,
    #[serde(deserialize_with = "list")]
    attributes: Vec<KeyValue>,
    #[serde(alias = "dropped_attributes_count", deserialize_with = "integer")]
    dropped_attributes_count: u32,
}

impl Read for InstrumentationScope {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        InstrumentationScopeDef::deserialize(deserializer)
    }
}

#[derive(Deserialize)]
#[serde(remote = "LogRecord", rename_all = "camelCase", default = "Default::default")]
struct LogRecordDef {
    #[serde(alias = "time_unix_nano", deserialize_with = "time")]
    time_unix_nano: u64,
    #[serde(alias = "observed_time_unix_nano", deserialize_with = "time")]
    observed_time_unix_nano: u64,
    #[serde(alias = "severity_number", deserialize_with = "severity")]
    severity_number: i32,
    #[serde(alias = "severity_text", deserialize_with = "text")]
    severity_text: String,
    #[serde(deserialize_with = "optional")]
    body: Option<AnyValue>,
    #[serde(deserialize_with = "list")]
    attributes: Vec<KeyValue>,
    #[serde(alias = "dropped_attributes_count", deserialize_with = "integer")]
    dropped_attributes_count: u32,
    #[serde(skip)]
    flags: u32,
    #[serde(alias = "trace_id", deserialize_with = "id")]
    trace_id: Vec<u8>,
    #[serde(alias = "span_id", deserialize_with = "id")]
    span_id: Vec<u8>,
    #[serde(alias = "event_name", deserialize_with = "text")]
    event_name: String,
}

impl Read for LogRecord {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        LogRecordDef::deserialize(deserializer)
    }
}

#[derive(Deserialize)]
#[serde(remote = "Span", rename_all = "camelCase", default = "Default::default")]
struct SpanDef {
    #[serde(alias = "trace_id", deserialize_with = "id")]
    trace_id: Vec<u8>,
    #[serde(alias = "span_id", deserialize_with = "id")]
    span_id: Vec<u8>,
    #[serde(alias = "trace_state", deserialize_with = "text")]
    trace_state: String,
    #[serde(alias = "parent_span_id", deserialize_with = "id")]
    parent_span_id: Vec<u8>,
    #[serde(skip)]
    flags: u32,
    #[serde(deserialize_with = "text")]
    name: String,
    #[serde(deserialize_with = "span_kind")]
    kind: i32,
    #[serde(alias = "start_time_unix_nano", deserialize_with = "time")]
    start_time_unix_nano: u64,
    #[serde(alias = "end_time_unix_nano", deserialize_with = "time")]
    end_time_unix_nano: u64,
    #[serde(deserialize_with = "list")]
    attributes: Vec<KeyValue>,
    #[serde(alias = "dropped_attributes_count", deserialize_with = "integer")]
    dropped_attributes_count: u32,
    #[serde(deserialize_with = "list")]
    events: Vec<Event>,
    #[serde(alias = "dropped_events_count", deserialize_with = "integer")]
    dropped_events_count: u32,
    #[serde(deserialize_with = "list")]
    links: Vec<Link>,
    #[serde(alias = "dropped_links_count", deserialize_with = "integer")]
    dropped_links_count: u32,
    #[serde(deserialize_with = "optional")]
    status: Option<Status>,
}

impl Read for Span {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        SpanDef::deserialize(deserializer)
    }
}

#[derive(Deserialize)]
#[serde(remote = "Event", rename_all = "camelCase", default = "Default::default")]
struct EventDef {
    #[serde(alias = "time_unix_nano", deserialize_with = "time")]
    time_unix_nano: u64,
    #[serde(deserialize_with = "text")]
    name: String,
    #[serde(deserialize_with = "list")]
    attributes: Vec<KeyValue>,
    #[serde(alias = "dropped_attributes_count", deserialize_with = "integer")]
    dropped_attributes_count: u32,
}

impl Read for Event {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        EventDef::deserialize(deserializer)
    }
}

#[derive(Deserialize)]
#[serde(remote = "Link", rename_all = "camelCase", default = "Default::default")]
struct LinkDef {
    #[serde(alias = "trace_id", deserialize_with = "id")]
    trace_id: Vec<u8>,
    #[serde(alias = "span_id", deserialize_with = "id")]
    span_id: Vec<u8>,
    #[serde(alias = "trace_state", deserialize_with = "text")]
    trace_state: String,
    #[serde(deserialize_with = "list")]
    attributes: Vec<KeyValue>,
    #[serde(alias = "dropped_attributes_count", deserialize_with = "integer")]
    dropped_attributes_count: u32,
    #[serde(skip)]
    flags: u32,
}

impl Read for Link {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        LinkDef::deserialize(deserializer)
    }
}

#[derive(Deserialize)]
#[serde(remote = "Status", default = "Default::default")]
struct StatusDef {
    #[serde(deserialize_with = "text")]
    message: String,
    #[serde(deserialize_with = "status_code")]
    code: i32,
}

impl Read for Status {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        StatusDef::deserialize(deserializer)
    }
}
