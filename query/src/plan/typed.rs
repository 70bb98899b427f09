//! What a record's field says, as the value that it is.
//!
//! Invariant: the value as text is what [`Field::value`] says, but for numbers, which are written one way.

use nilometer_model::{Rows, Timestamp};

use super::attributes::lookup;
use super::field::Field;
use super::value::Value;

impl Field {
    /// What the row says.
    pub(crate) fn typed<'a>(&self, rows: &'a Rows, row: usize) -> Value<'a> {
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

    fn text<'a>(&self, rows: &'a Rows, row: usize) -> Value<'a> {
        self.value(rows, row).map_or(Value::Null, Value::Text)
    }

    /// A small number: rows that have the same one say the same. None when only the value itself tells.
    pub(crate) fn class(&self, rows: &Rows, row: usize) -> Option<usize> {
        match self {
            Self::Component
            | Self::Node
            | Self::Instance
            | Self::Version
            | Self::Zone
            | Self::Stream
            | Self::Source => Some(rows.origin[row] as usize),
            Self::Severity => Some(rows.severity[row] as usize),
            _ => None,
        }
    }
}
