//! One line of NDJSON as a record, by the rules of `/api/v1/ingest`.
//!
//! Invariants:
//! - the line is walked once; texts without escapes are borrowed from it;
//! - nothing that was sent gets lost: a key that is not a record's, that another key outranks, or
//!   whose level is no known word, is kept among the attributes as it was written;
//! - `source`, `position`, `received` and `cursor` are ignored, so that an export can be ingested;
//! - a value that cannot be what its key says is an error that names the key.

mod line;
mod plain;
mod value;

use std::borrow::Cow;

use nilometer_model::limits::{
    ATTRIBUTE_DEPTH_MAX, ATTRIBUTE_VALUE_BYTES_MAX, ATTRIBUTES_BYTES_MAX,
    ATTRIBUTES_PER_RECORD_MAX, MESSAGE_BYTES_MAX, NAME_BYTES_MAX,
};
use nilometer_model::{Severity, Stream, Timestamp};

use self::line::{Field, Fields, Key};
use self::value::Value;

/// A record as sent by somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NdjsonLine<'a> {
    /// Its time, or that of receipt.
    pub time: Timestamp,
    /// The logical service; `unknown` when the line does not say.
    pub component: Cow<'a, str>,
    /// The pod or container; empty when the line does not say.
    pub instance: Cow<'a, str>,
    /// The host; empty when the line does not say.
    pub node: Cow<'a, str>,
    /// The service's version; empty when the line does not say.
    pub version: Cow<'a, str>,
    /// The availability zone; empty when the line does not say.
    pub zone: Cow<'a, str>,
    /// The channel; [`Stream::Ingest`] when the line does not say.
    pub stream: Stream,
    /// How bad it says it is.
    pub severity: Severity,
    /// The message; what is no text as its JSON.
    pub message: Cow<'a, str>,
    /// The other keys: a JSON object, or empty.
    pub attributes: String,
    /// The trace, if any.
    pub trace_id: Option<[u8; 16]>,
    /// The span, if any.
    pub span_id: Option<[u8; 8]>,
}

/// Why a line is no record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Not a JSON object, or not whole.
    #[error("not a JSON object: {0}")]
    NotAnObject(String),
    /// A key whose value cannot be read as what the key says.
    #[error("{key}: want {want}")]
    Field {
        /// As the line has it.
        key: String,
        /// What belongs there.
        want: &'static str,
    },
    /// A value above its limit.
    #[error("{key}: {size} {unit}, at most {limit} are taken")]
    TooLarge {
        /// As the line has it.
        key: String,
        /// How much there is.
        size: usize,
        /// How much may be.
        limit: usize,
        /// Of what.
        unit: &'static str,
    },
}

/// Reads one line; `received` stands in for a time that it does not have.
///
/// # Errors
/// [`LineError`], for the person who sent the line.
pub fn parse_line<'a>(line: &'a [u8], received: Timestamp) -> Result<NdjsonLine<'a>, LineError> {
    let text =
        std::str::from_utf8(line).map_err(|e| LineError::NotAnObject(format!("not UTF-8: {e}")))?;
    let mut fields = Fields::read(text)?;
    let severity = severity(&mut fields);
    let component = name(&fields, Field::Component)?;
    Ok(NdjsonLine {
        time: fields.get(Field::Time).map_or(Ok(received), time)?,
        component: if component.is_empty() { Cow::Borrowed("unknown") } else { component },
        instance: name(&fields, Field::Instance)?,
        node: name(&fields, Field::Node)?,
        version: name(&fields, Field::Version)?,
        zone: name(&fields, Field::Zone)?,
        stream: fields.get(Field::Stream).map_or(Ok(Stream::Ingest), stream)?,
        severity,
        message: fields.get(Field::Message).map_or(Ok(Cow::Borrowed("")), message)?,
        trace_id: trace_id(&fields)?,
        span_id: span_id(&fields)?,
        attributes: attributes(fields)?,
    })
}

/// A level that is no known word is kept as an attribute, and the record says nothing of its severity.
fn severity(fields: &mut Fields<'_>) -> Severity {
    let word = fields.get(Field::Severity).and_then(|(_, value)| value.text());
    word.and_then(|word| Severity::parse(word.trim())).unwrap_or_else(|| {
        fields.demote(Field::Severity);
        Severity::Unset
    })
}

fn wrong(key: &str, want: &'static str) -> LineError {
    LineError::Field { key: key.to_owned(), want }
}

fn within(key: &str, size: usize, limit: usize, unit: &'static str) -> Result<(), LineError> {
    if size > limit {
        return Err(LineError::TooLarge { key: key.to_owned(), size, limit, unit });
    }
    Ok(())
}

fn time((key, value): (&str, Value<'_>)) -> Result<Timestamp, LineError> {
    value
        .time()
        .ok_or_else(|| wrong(key, "RFC 3339 or a whole number of s, ms, us or ns since 1970"))
}

fn name<'a>(fields: &Fields<'a>, field: Field) -> Result<Cow<'a, str>, LineError> {
    let Some((key, value)) = fields.get(field) else { return Ok(Cow::Borrowed("")) };
    let text = value.text().ok_or_else(|| wrong(key, "a text"))?;
    within(key, text.len(), NAME_BYTES_MAX, "bytes")?;
    Ok(text)
}

fn stream((key, value): (&str, Value<'_>)) -> Result<Stream, LineError> {
    value
        .text()
        .and_then(|word| Stream::parse(&word))
        .ok_or_else(|| wrong(key, "stdout, stderr, file, otlp or ingest"))
}

fn message<'a>((key, value): (&str, Value<'a>)) -> Result<Cow<'a, str>, LineError> {
    let text = match value.json.as_bytes().first() {
        Some(b'"') => value.text().ok_or_else(|| wrong(key, "a text that is UTF-8"))?,
        _ => Cow::Borrowed(value.json),
    };
    within(key, text.len(), MESSAGE_BYTES_MAX, "bytes")?;
    Ok(text)
}

/// 32 hex digits, or the 16 of a 64-bit id; all zero and empty mean "none".
fn trace_id(fields: &Fields<'_>) -> Result<Option<[u8; 16]>, LineError> {
    let Some((key, value)) = fields.get(Field::TraceId) else { return Ok(None) };
    let want = "32 hex digits (or the 16 of a 64-bit id)";
    let text = value.text().ok_or_else(|| wrong(key, want))?;
    let id = match text.len() {
        0 => return Ok(None),
        16 => value::hex::<8>(&text).map(|id| u128::from(u64::from_be_bytes(id)).to_be_bytes()),
        _ => value::hex::<16>(&text),
    };
    let id = id.ok_or_else(|| wrong(key, want))?;
    Ok((id != [0; 16]).then_some(id))
}

fn span_id(fields: &Fields<'_>) -> Result<Option<[u8; 8]>, LineError> {
    let Some((key, value)) = fields.get(Field::SpanId) else { return Ok(None) };
    let text = value.text().ok_or_else(|| wrong(key, "16 hex digits"))?;
    if text.is_empty() {
        return Ok(None);
    }
    let id = value::hex::<8>(&text).ok_or_else(|| wrong(key, "16 hex digits"))?;
    Ok((id != [0; 8]).then_some(id))
}

/// The other keys in the order sent, as one object; of two with one name the first is kept.
fn attributes(fields: Fields<'_>) -> Result<String, LineError> {
    let others = fields.into_others()?;
    within("attributes", others.len(), ATTRIBUTES_PER_RECORD_MAX, "keys")?;
    let mut object = String::new();
    for (at, (key, Value { json: value, .. })) in others.iter().enumerate() {
        if others[..at].iter().any(|(earlier, _)| earlier.name == key.name) {
            continue;
        }
        within(&key.name, key.name.len(), NAME_BYTES_MAX, "bytes of name")?;
        within(&key.name, value.len(), ATTRIBUTE_VALUE_BYTES_MAX, "bytes")?;
        within(&key.name, value::depth(value), ATTRIBUTE_DEPTH_MAX, "levels")?;
        push_member(&mut object, key, value);
    }
    if !object.is_empty() {
        object.push('}');
    }
    within("attributes", object.len(), ATTRIBUTES_BYTES_MAX, "bytes")?;
    Ok(object)
}

fn push_member(object: &mut String, key: &Key<'_>, value: &str) {
    object.push(if object.is_empty() { '{' } else { ',' });
    value::push_quoted(object, &key.name);
    object.push(':');
    object.push_str(value);
}

#[cfg(test)]
mod tests;
