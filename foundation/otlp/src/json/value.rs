//! `AnyValue`: an object whose one key says what the value is.

use std::fmt;

use opentelemetry_proto::tonic::common::v1::AnyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

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
        let mut value = None;
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
                _ => map.next_value::<IgnoredAny>().map(|_| None)?,
            };
            value = read.or(value);
        }
        Ok(AnyValue { value })
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
