//! Attributes and other values as JSON text.
//!
//! Invariants:
//! - of two attributes with one name the first is kept, and items come before their scope and resource;
//! - what JSON has no number for is a text: `"NaN"`, `"Infinity"`, `"-Infinity"`; bytes are base64;
//! - a value that is not there is null.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nilometer_model::limits::{
    ATTRIBUTE_VALUE_BYTES_MAX, ATTRIBUTES_BYTES_MAX, ATTRIBUTES_PER_RECORD_MAX, NAME_BYTES_MAX,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};

use crate::decoded::{RejectReason, within};
use crate::limits::VALUE_DEPTH_MAX;

/// What an attribute usually takes in an object's text: room is made for so much at once.
const MEMBER_BYTES_USUAL: usize = 40;

/// An attribute whose value is written already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) key: String,
    pub(crate) json: String,
}

impl Member {
    /// What it takes at least in an object's text.
    pub(crate) fn bytes(&self) -> usize {
        self.key.len() + self.json.len()
    }

    pub(crate) fn text(key: &str, text: &str) -> Self {
        let mut json = String::new();
        push_quoted(&mut json, text);
        Self { key: key.to_owned(), json }
    }
}

/// A JSON object that grows member by member.
#[derive(Default)]
pub(crate) struct Object<'a> {
    json: String,
    keys: Vec<&'a str>,
    /// The keys again, once they are too many to be looked through.
    index: HashSet<&'a str>,
}

impl<'a> Object<'a> {
    /// Appends attributes as they were sent.
    pub(crate) fn attributes(&mut self, attributes: &'a [KeyValue]) -> Result<(), RejectReason> {
        within("attributes", attributes.len(), "of them", ATTRIBUTES_PER_RECORD_MAX)?;
        self.keys.reserve(attributes.len());
        self.json.reserve(attributes.len() * MEMBER_BYTES_USUAL);
        for KeyValue { key, value, .. } in attributes {
            if self.begin(key) {
                let start = self.json.len();
                within("the name of an attribute", key.len(), "bytes", NAME_BYTES_MAX)?;
                push_value(&mut self.json, value.as_ref(), 1)?;
                within(key, self.json.len() - start, "bytes", ATTRIBUTE_VALUE_BYTES_MAX)?;
            }
        }
        Ok(())
    }

    /// Appends attributes that are written already.
    pub(crate) fn members(&mut self, members: &'a [Member]) {
        /// Two quotes, a colon, and what stands before or behind it.
        const MARKS_BYTES: usize = 4;
        self.keys.reserve(members.len());
        self.json.reserve(1 + members.iter().map(|m| m.bytes() + MARKS_BYTES).sum::<usize>());
        for Member { key, json } in members {
            if self.begin(key) {
                self.json.push_str(json);
            }
        }
    }

    /// Appends a text, unless it is empty.
    pub(crate) fn text(&mut self, key: &'a str, text: &str) {
        if !text.is_empty() && self.begin(key) {
            push_quoted(&mut self.json, text);
        }
    }

    /// Appends a number, unless it is 0.
    pub(crate) fn number(&mut self, key: &'a str, number: i64) {
        if number != 0 && self.begin(key) {
            self.json.push_str(&number.to_string());
        }
    }

    /// Its text so far, bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.json.len()
    }

    /// The object's text; empty when it has no members.
    pub(crate) fn finish(mut self) -> Result<String, RejectReason> {
        if !self.json.is_empty() {
            self.json.push('}');
        }
        within("attributes", self.json.len(), "bytes", ATTRIBUTES_BYTES_MAX)?;
        Ok(self.json)
    }

    /// Begins a member; false when there is one of that name.
    fn begin(&mut self, key: &'a str) -> bool {
        /// So many keys are looked through faster than hashed.
        const KEYS_SCANNED_MAX: usize = 16;
        if self.keys.len() < KEYS_SCANNED_MAX {
            if self.keys.contains(&key) {
                return false;
            }
        } else {
            if self.index.is_empty() {
                self.index.extend(&self.keys);
            }
            if !self.index.insert(key) {
                return false;
            }
        }
        self.keys.push(key);
        self.json.push(if self.keys.len() == 1 { '{' } else { ',' });
        push_quoted(&mut self.json, key);
        self.json.push(':');
        true
    }
}

/// The value's JSON text.
pub(crate) fn value_json(value: &AnyValue) -> Result<String, RejectReason> {
    let mut json = String::new();
    push_value(&mut json, Some(value), 1)?;
    Ok(json)
}

fn push_value(
    out: &mut String,
    value: Option<&AnyValue>,
    depth: usize,
) -> Result<(), RejectReason> {
    within("a value", depth, "levels", VALUE_DEPTH_MAX)?;
    match value.and_then(|value| value.value.as_ref()) {
        None | Some(Value::StringValueStrindex(_)) => out.push_str("null"),
        Some(Value::StringValue(text)) => push_quoted(out, text),
        Some(Value::BoolValue(flag)) => out.push_str(if *flag { "true" } else { "false" }),
        Some(Value::IntValue(number)) => out.push_str(&number.to_string()),
        Some(Value::DoubleValue(number)) => push_double(out, *number),
        Some(Value::BytesValue(bytes)) => push_quoted(out, &STANDARD.encode(bytes)),
        Some(Value::ArrayValue(array)) => {
            out.push('[');
            for (at, value) in array.values.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                push_value(out, Some(value), depth + 1)?;
            }
            out.push(']');
        }
        Some(Value::KvlistValue(list)) => {
            out.push('{');
            for (at, KeyValue { key, value, .. }) in list.values.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                push_quoted(out, key);
                out.push(':');
                push_value(out, value.as_ref(), depth + 1)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

fn push_double(out: &mut String, number: f64) {
    if number.is_finite() {
        out.push_str(&serde_json::Value::from(number).to_string());
    } else {
        push_quoted(out, double_name(number));
    }
}

/// What a number that is none is called.
fn double_name(number: f64) -> &'static str {
    if number.is_nan() {
        "NaN"
    } else if number > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

/// Appends `text` as a JSON string.
pub(crate) fn push_quoted(out: &mut String, text: &str) {
    if text.bytes().any(|byte| byte < 0x20 || matches!(byte, b'"' | b'\\')) {
        out.push_str(&serde_json::Value::from(text).to_string());
    } else {
        out.push('"');
        out.push_str(text);
        out.push('"');
    }
}

/// Appends `bytes` as lower-case hex digits in quotes.
pub(crate) fn push_hex(out: &mut String, bytes: &[u8]) {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    out.push('"');
    for byte in bytes {
        out.push(DIGITS[usize::from(byte >> 4)]);
        out.push(DIGITS[usize::from(byte & 0xf)]);
    }
    out.push('"');
}
