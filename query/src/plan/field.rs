//! The fields of a record, by the names that users see.
//!
//! Invariant: an empty text, or an id of zeros, is an absent field.

use std::borrow::Cow;

use nilometer_block::Columns;
use nilometer_model::{Rows, Timestamp};

use super::attributes::attribute;

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
    /// Any other name, or the part behind `attributes.`.
    Attribute(String),
}

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
    /// The names of the record's own fields.
    pub(crate) fn own_names() -> impl Iterator<Item = &'static str> {
        OWN_FIELDS.iter().map(|(name, _)| *name)
    }

    /// The field of that name; every name is one.
    #[must_use]
    pub(crate) fn named(name: &str) -> Self {
        if let Some(attribute) = name.strip_prefix("attributes.") {
            return Self::Attribute(attribute.to_owned());
        }
        let own = OWN_FIELDS.into_iter().find(|(known, _)| *known == name).map(|(_, field)| field);
        own.unwrap_or_else(|| Self::Attribute(name.to_owned()))
    }

    /// The name of the attribute at that path, such that [`Field::named`] finds it.
    pub(crate) fn name_of_attribute(path: &str) -> String {
        let plain = Self::named(path) == Self::Attribute(path.to_owned()) && !path.is_empty();
        if plain { path.to_owned() } else { format!("attributes.{path}") }
    }

    /// The name under which a split's index may know it, if it does.
    pub(crate) fn indexed(&self) -> Option<&str> {
        match self {
            Self::Component => Some("component"),
            Self::Node => Some("node"),
            Self::Instance => Some("instance"),
            Self::Stream => Some("stream"),
            Self::Severity => Some("severity"),
            Self::Source => Some("source"),
            Self::Attribute(name) if OWN_FIELDS.iter().all(|(known, _)| known != name) => {
                Some(name)
            }
            _ => None,
        }
    }

    /// The columns that [`Field::value`] looks at, besides who speaks.
    pub(crate) fn columns(&self) -> Columns {
        match self {
            Self::Time => Columns::TIME,
            Self::Received => Columns::RECEIVED,
            Self::Severity => Columns::SEVERITY,
            Self::Message => Columns::MESSAGE,
            Self::TraceId | Self::SpanId => Columns::IDS,
            Self::Position => Columns::POSITION,
            Self::Attribute(_) => Columns::ATTRIBUTES,
            Self::Component
            | Self::Node
            | Self::Instance
            | Self::Version
            | Self::Zone
            | Self::Stream
            | Self::Source => Columns::NONE,
        }
    }

    /// Whether the value is a time.
    pub(crate) fn is_time(&self) -> bool {
        matches!(self, Self::Time | Self::Received)
    }

    /// What the row says; `None` when it does not.
    pub(crate) fn value<'a>(&self, rows: &'a Rows, row: usize) -> Option<Cow<'a, str>> {
        let origin = &rows.origins[rows.origin[row] as usize];
        let text: Cow<'a, str> = match self {
            Self::Attribute(name) => return attribute(rows.attributes.get(row), name),
            Self::Time => Timestamp(rows.time[row]).to_string().into(),
            Self::Received if rows.received[row] == 0 => return None,
            Self::Received => Timestamp(rows.received[row]).to_string().into(),
            Self::Component => origin.component.as_str().into(),
            Self::Node => origin.node.as_str().into(),
            Self::Instance => origin.instance.as_str().into(),
            Self::Version => origin.version.as_str().into(),
            Self::Zone => origin.zone.as_str().into(),
            Self::Stream => origin.stream.name().into(),
            Self::Severity => rows.severity[row].name().into(),
            Self::Message => rows.message.get(row).into(),
            Self::TraceId => hex(rows.trace_id.get(row)?)?.into(),
            Self::SpanId => hex(rows.span_id.get(row)?)?.into(),
            Self::Source => origin.source.to_string().into(),
            Self::Position => rows.position[row].to_string().into(),
        };
        Some(text).filter(|text| !text.is_empty())
    }
}

fn hex(id: &[u8]) -> Option<String> {
    let known = id.iter().any(|byte| *byte != 0);
    known.then(|| id.iter().map(|byte| format!("{byte:02x}")).collect())
}
