//! The fields of a record, by the names that users see.
//!
//! Invariants:
//! - an empty text, or an id of zeros, is an absent field;
//! - a record's pattern is made of it and of what is known at the moment: it is no field that a record has.

use std::borrow::Cow;

use nilometer_block::Columns;
use nilometer_model::{Origin, Rows, Timestamp};

use super::attributes::{attribute, lookup};
use super::known::Known;
use super::signal::{Meaning, SignalField};
use super::value::Value;

/// A field of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Field {
    Time,
    Received,
    Component,
    Node,
    Instance,
    Version,
    Zone,
    Stream,
    Severity,
    Message,
    TraceId,
    SpanId,
    Source,
    Position,
    /// The id of the pattern that the message is of.
    Pattern(Known),
    /// Any other name, or the part behind `attributes.`.
    Attribute(String),
}

/// What the field of patterns is called.
pub(crate) const PATTERN: &str = "pattern";

/// The record's own fields by name, in the order in which they are shown.
pub(crate) const OWN_FIELDS: [(&str, Field); 14] = [
    ("time", Field::Time),
    ("component", Field::Component),
    ("node", Field::Node),
    ("instance", Field::Instance),
    ("version", Field::Version),
    ("zone", Field::Zone),
    ("stream", Field::Stream),
    ("severity", Field::Severity),
    ("message", Field::Message),
    ("trace_id", Field::TraceId),
    ("span_id", Field::SpanId),
    ("source", Field::Source),
    ("position", Field::Position),
    ("received", Field::Received),
];

impl Field {
    /// The names of all fields that are no attributes.
    pub(crate) fn own_names() -> impl Iterator<Item = &'static str> {
        OWN_FIELDS.iter().map(|(name, _)| *name).chain([PATTERN])
    }

    /// Whether it says something of who speaks.
    pub(crate) fn is_of_origin(&self) -> bool {
        match self {
            Self::Component
            | Self::Node
            | Self::Instance
            | Self::Version
            | Self::Zone
            | Self::Stream
            | Self::Source => true,
            Self::Time
            | Self::Received
            | Self::Severity
            | Self::Message
            | Self::TraceId
            | Self::SpanId
            | Self::Position
            | Self::Pattern(_)
            | Self::Attribute(_) => false,
        }
    }

    /// What all records say whose origin this is.
    pub(crate) fn said_by<'a>(&self, origin: &'a Origin) -> Option<Cow<'a, str>> {
        let text: Cow<'a, str> = match self {
            Self::Component => origin.component.as_str().into(),
            Self::Node => origin.node.as_str().into(),
            Self::Instance => origin.instance.as_str().into(),
            Self::Version => origin.version.as_str().into(),
            Self::Zone => origin.zone.as_str().into(),
            Self::Stream => origin.stream.name().into(),
            Self::Source => origin.source.to_string().into(),
            _ => return None,
        };
        Some(text).filter(|text| !text.is_empty())
    }
}

impl SignalField for Field {
    type Rows = Rows;
    const TIMES: &'static str = "time and received";

    fn own() -> Vec<(&'static str, Self)> {
        OWN_FIELDS.to_vec()
    }

    fn attribute(name: &str) -> Self {
        Self::Attribute(name.to_owned())
    }

    /// What is made of a record, and is none of the fields that it has.
    fn alias(name: &str) -> Option<Self> {
        (name == PATTERN).then_some(Self::Pattern(Known::NOTHING))
    }

    fn is_pattern(&self) -> bool {
        matches!(self, Self::Pattern(_))
    }

    fn knowing(&self, known: &Known) -> Self {
        if self.is_pattern() { Self::Pattern(known.clone()) } else { self.clone() }
    }

    fn of_patterns() -> Option<[Self; 4]> {
        Some([Self::Pattern(Known::NOTHING), Self::Time, Self::Severity, Self::Component])
    }

    fn columns(&self) -> Columns {
        match self {
            Self::Time => Columns::TIME,
            Self::Received => Columns::RECEIVED,
            Self::Severity => Columns::SEVERITY,
            Self::Message | Self::Pattern(_) => Columns::MESSAGE,
            Self::TraceId | Self::SpanId => Columns::IDS,
            Self::Position => Columns::POSITION,
            Self::Attribute(_) => Columns::ATTRIBUTES,
            _ => Columns::NONE,
        }
    }

    fn columns_in_place(&self) -> Columns {
        if self.is_pattern() { Columns::SKELETON } else { self.columns() }
    }

    fn meaning(&self) -> Meaning {
        match self {
            Self::Time | Self::Received => Meaning::Time,
            Self::Severity => Meaning::Severity,
            _ => Meaning::Plain,
        }
    }

    fn value<'a>(&self, rows: &'a Rows, row: usize) -> Option<Cow<'a, str>> {
        let text: Cow<'a, str> = match self {
            Self::Attribute(name) => return attribute(rows.attributes.get(row), name),
            // What health says is no message: there it is what the record itself has of that name.
            Self::Pattern(known) if known.is_nothing() => {
                return attribute(rows.attributes.get(row), PATTERN);
            }
            Self::Time => Timestamp(rows.time[row]).to_string().into(),
            Self::Received if rows.received[row] == 0 => return None,
            Self::Received => Timestamp(rows.received[row]).to_string().into(),
            Self::Severity => rows.severity[row].name().into(),
            Self::Message => rows.message.get(row).into(),
            Self::TraceId => hex(rows.trace_id.get(row)?)?.into(),
            Self::SpanId => hex(rows.span_id.get(row)?)?.into(),
            Self::Position => rows.position[row].to_string().into(),
            Self::Pattern(known) => known.of_row(rows, row)?.to_string().into(),
            _ => return self.said_by(&rows.origins[rows.origin[row] as usize]),
        };
        Some(text).filter(|text| !text.is_empty())
    }
    fn typed<'a>(&self, rows: &'a Rows, row: usize) -> Value<'a> {
        match self {
            Self::Attribute(name) => {
                lookup(rows.attributes.get(row), name).map_or(Value::Null, Value::of_json)
            }
            Self::Time => Value::Time(Timestamp(rows.time[row])),
            Self::Received if rows.received[row] == 0 => Value::Null,
            Self::Received => Value::Time(Timestamp(rows.received[row])),
            Self::Severity => Value::Severity(rows.severity[row]),
            Self::Position => match i64::try_from(rows.position[row]) {
                Ok(position) => Value::Int(position),
                Err(_) => self.text(rows, row),
            },
            _ => self.text(rows, row),
        }
    }

    fn class(&self, rows: &Rows, row: usize) -> Option<usize> {
        match self {
            Self::Severity => Some(rows.severity[row] as usize),
            _ => self.is_of_origin().then(|| rows.origin[row] as usize),
        }
    }
}

impl Field {
    fn text<'a>(&self, rows: &'a Rows, row: usize) -> Value<'a> {
        self.value(rows, row).map_or(Value::Null, Value::Text)
    }
}

fn hex(id: &[u8]) -> Option<String> {
    let known = id.iter().any(|byte| *byte != 0);
    known.then(|| id.iter().map(|byte| format!("{byte:02x}")).collect())
}
