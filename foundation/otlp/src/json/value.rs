//! `AnyValue`: an object whose one key says what the value is. Some write a map without saying so: an object
//! whose keys are none of the known ones, of values.

use std::fmt;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, KeyValueList};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::message::{Read, Wrapped};
use super::scalar::{self, Text};

impl Read for AnyValue {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValueVisitor)
    }
}

struct AnyValueVisitor;

impl<'de> Visitor<'de> for AnyValueVisitor {
    type Value = AnyValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object like {\"stringValue\": \"..\"}")
    }

    fn visit_unit<E>(self) -> Result<AnyValue, E> {
        Ok(AnyValue::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<AnyValue, A::Error> {
        let (mut value, mut members) = (None, Vec::new());
        while let Some(key) = map.next_key::<Text<'de>>()? {
            let read = match &*key.0 {
                "stringValue" | "string_value" => {
                    of(&mut map, |text: Text<'de>| Value::StringValue(text.0.into_owned()))?
                }
                "boolValue" | "bool_value" => of(&mut map, |Flag(flag)| Value::BoolValue(flag))?,
                "intValue" | "int_value" => of(&mut map, |Int(number)| Value::IntValue(number))?,
                "doubleValue" | "double_value" => {
                    of(&mut map, |Double(number)| Value::DoubleValue(number))?
                }
                "bytesValue" | "bytes_value" => {
                    of(&mut map, |Bytes(bytes)| Value::BytesValue(bytes))?
                }
                "arrayValue" | "array_value" => {
                    of(&mut map, |array: Wrapped<_>| Value::ArrayValue(array.0))?
                }
                "kvlistValue" | "kvlist_value" => {
                    of(&mut map, |list: Wrapped<_>| Value::KvlistValue(list.0))?
                }
                _ => {
                    let value = map.next_value::<Member>()?.0;
                    let key = key.0.into_owned();
                    members.extend(value.map(|value| KeyValue {
                        key,
                        value: Some(value),
                        ..KeyValue::default()
                    }));
                    None
                }
            };
            value = read.or(value);
        }
        if value.is_none() && !members.is_empty() {
            value = Some(Value::KvlistValue(KeyValueList { values: members }));
        }
        Ok(AnyValue { value })
    }
}

/// What stands under an unknown key: a value, or something that is passed over.
struct Member(Option<AnyValue>);

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MemberVisitor)
    }
}

struct MemberVisitor;

impl<'de> Visitor<'de> for MemberVisitor {
    type Value = Member;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Member, A::Error> {
        AnyValueVisitor.visit_map(map).map(|value| Member(value.value.is_some().then_some(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Member, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Member(None))
    }

    fn visit_unit<E>(self) -> Result<Member, E> {
        Ok(Member(None))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Member, E> {
        Ok(Member(None))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Member, E> {
        Ok(Member(None))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Member, E> {
        Ok(Member(None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Member, E> {
        Ok(Member(None))
    }

    fn visit_str<E>(self, _: &str) -> Result<Member, E> {
        Ok(Member(None))
    }
}

/// The value that stands here, unless it is null.
fn of<'de, A: MapAccess<'de>, T: Deserialize<'de>>(
    map: &mut A,
    value: impl FnOnce(T) -> Value,
) -> Result<Option<Value>, A::Error> {
    Ok(map.next_value::<Option<T>>()?.map(value))
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Flag(#[serde(deserialize_with = "scalar::flag")] bool);

#[derive(Deserialize)]
#[serde(transparent)]
struct Int(#[serde(deserialize_with = "scalar::integer")] i64);

#[derive(Deserialize)]
#[serde(transparent)]
struct Double(#[serde(deserialize_with = "scalar::double")] f64);

#[derive(Deserialize)]
#[serde(transparent)]
struct Bytes(#[serde(deserialize_with = "scalar::bytes")] Vec<u8>);
