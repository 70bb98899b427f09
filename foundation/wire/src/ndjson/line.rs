//! The keys of a line, sorted into the record's fields and the others.
//!
//! A field may come under several names; they are ranked, and what is outranked is an attribute.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::value::Value;
use super::{LineError, plain};

/// What a line may say of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Time,
    Component,
    Instance,
    Node,
    Version,
    Zone,
    Stream,
    Severity,
    Message,
    TraceId,
    SpanId,
}

const FIELDS: usize = Field::SpanId as usize + 1;

/// What a key stands for.
enum Meaning {
    /// A field, and how far down its list of names the key stands.
    Field(Field, u8),
    /// The attributes, in an object of their own.
    Attributes,
    /// Said by the store about a record, not by who sends it.
    Ignored,
    Other,
}

fn meaning(key: &str) -> Meaning {
    use Field::{
        Component, Instance, Message, Node, Severity, SpanId, Stream, Time, TraceId, Version, Zone,
    };
    let (field, rank) = match key.as_bytes() {
        b"time" => (Time, 0),
        b"_time" => (Time, 1),
        b"@timestamp" => (Time, 2),
        b"timestamp" => (Time, 3),
        b"ts" => (Time, 4),
        b"message" => (Message, 0),
        b"_msg" => (Message, 1),
        b"msg" => (Message, 2),
        b"body" => (Message, 3),
        b"log" => (Message, 4),
        b"severity" => (Severity, 0),
        b"level" => (Severity, 1),
        b"component" => (Component, 0),
        b"instance" => (Instance, 0),
        b"pod" => (Instance, 1),
        b"node" => (Node, 0),
        b"version" => (Version, 0),
        b"zone" => (Zone, 0),
        b"stream" => (Stream, 0),
        b"trace_id" => (TraceId, 0),
        b"span_id" => (SpanId, 0),
        b"attributes" => return Meaning::Attributes,
        b"source" | b"position" | b"received" | b"cursor" => return Meaning::Ignored,
        _ => return Meaning::Other,
    };
    Meaning::Field(field, rank)
}

/// A key, borrowed from the line unless it has escapes.
#[derive(Debug, Clone)]
pub(super) struct Key<'a> {
    pub(super) name: Cow<'a, str>,
}

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Key<'de>, E> {
                Ok(Key { name: Cow::Borrowed(name) })
            }
            fn visit_str<E>(self, name: &str) -> Result<Key<'de>, E> {
                Ok(Key { name: Cow::Owned(name.to_owned()) })
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

/// A field's value, under which name it came, and that name's rank.
type Held<'a> = (u8, Key<'a>, Value<'a>);

/// A line's keys and values, sorted. Values are JSON, as they were written.
#[derive(Debug, Default)]
pub(super) struct Fields<'a> {
    held: [Option<Held<'a>>; FIELDS],
    attributes: Option<Value<'a>>,
    others: Vec<(Key<'a>, Value<'a>)>,
}

impl<'a> Fields<'a> {
    /// Of one line.
    pub(super) fn read(line: &'a str) -> Result<Self, LineError> {
        let mut fields = Self::default();
        let take = |key, value| fields.take(Key { name: Cow::Borrowed(key) }, Value::plain(value));
        match plain::members(line, take) {
            Some(()) => Ok(fields),
            None => serde_json::from_str(line).map_err(|e| LineError::NotAnObject(e.to_string())),
        }
    }

    /// The name under which the field came, and its value; null is no value.
    pub(super) fn get(&self, field: Field) -> Option<(&str, Value<'a>)> {
        self.held[field as usize].as_ref().map(|(_, key, value)| (&*key.name, *value))
    }

    /// Makes an attribute of what was held for the field.
    pub(super) fn demote(&mut self, field: Field) {
        if let Some((_, key, value)) = self.held[field as usize].take() {
            self.others.push((key, value));
        }
    }

    /// What is no field: the line's other keys, then the members of its `attributes`.
    pub(super) fn into_others(self) -> Result<Vec<(Key<'a>, Value<'a>)>, LineError> {
        let mut others = self.others;
        if let Some(attributes) = self.attributes {
            if attributes.json.starts_with('{') {
                let members: Members<'a> = serde_json::from_str(attributes.json)
                    .map_err(|e| LineError::NotAnObject(e.to_string()))?;
                others.extend(members.0);
            } else {
                others.push((Key { name: Cow::Borrowed("attributes") }, attributes));
            }
        }
        Ok(others)
    }

    fn take(&mut self, key: Key<'a>, value: Value<'a>) {
        match meaning(&key.name) {
            Meaning::Ignored => {}
            Meaning::Other => self.others.push((key, value)),
            _ if value.is_null() => {}
            Meaning::Attributes => self.attributes = Some(value),
            Meaning::Field(field, rank) => self.hold(field, (rank, key, value)),
        }
    }

    fn hold(&mut self, field: Field, new: Held<'a>) {
        let slot = &mut self.held[field as usize];
        let outranked = match slot {
            Some(held) if held.0 <= new.0 => Some(new),
            _ => slot.replace(new),
        };
        self.others.extend(outranked.map(|(_, key, value)| (key, value)));
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LineVisitor;
        impl<'de> Visitor<'de> for LineVisitor {
            type Value = Fields<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Fields::default();
                while let Some((key, value)) = map.next_entry::<_, &RawValue>()? {
                    fields.take(key, value.into());
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(LineVisitor)
    }
}

/// The members of an object, as they come.
struct Members<'a>(Vec<(Key<'a>, Value<'a>)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<_, &RawValue>()? {
                    members.push((key, value.into()));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}
