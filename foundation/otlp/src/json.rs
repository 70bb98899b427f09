//! The walk through OTLP/JSON, item by item, and how leniently items are read.
//!
//! Names may be camelCase or snake_case, unknown ones are passed over, null stands for what is not there, an
//! empty body for a request without items. Items stay text until the reader wants them, so that one bad item
//! does not spoil the others.
//!
//! Invariant: a resource (scope) is known before its items are, also where it comes behind them.

mod message;
mod metric;
mod scalar;
mod value;

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

pub(crate) use self::message::{Read, Wrapped};
use crate::Signal;
use crate::reader::{Raw, Reader};

/// Walks through a request; the error says why it has no readable structure.
pub(crate) fn walk(signal: Signal, body: &[u8], reader: &mut Reader<'_>) -> Result<(), String> {
    if body.trim_ascii().is_empty() {
        return Ok(());
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let step = Step { names: Names::of(signal), level: Level::Request, reader };
    step.deserialize(&mut deserializer)
        .and_then(|()| deserializer.end())
        .map_err(|error| error.to_string())
}

/// Names of the lists of a signal, in both spellings.
#[derive(Clone, Copy)]
struct Names {
    resource_items: [&'static str; 2],
    scope_items: [&'static str; 2],
    items: [&'static str; 2],
}

impl Names {
    fn of(signal: Signal) -> Self {
        match signal {
            Signal::Logs => Self {
                resource_items: ["resourceLogs", "resource_logs"],
                scope_items: ["scopeLogs", "scope_logs"],
                items: ["logRecords", "log_records"],
            },
            Signal::Traces => Self {
                resource_items: ["resourceSpans", "resource_spans"],
                scope_items: ["scopeSpans", "scope_spans"],
                items: ["spans", "spans"],
            },
            Signal::Metrics => Self {
                resource_items: ["resourceMetrics", "resource_metrics"],
                scope_items: ["scopeMetrics", "scope_metrics"],
                items: ["metrics", "metrics"],
            },
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Request,
    Resource,
    Scope,
    Item,
}

/// One element of a level, about to be walked through: an object, or null.
struct Step<'r, 'c> {
    names: Names,
    level: Level,
    reader: &'r mut Reader<'c>,
}

/// A list of such elements, or null.
struct Steps<'r, 'c>(Step<'r, 'c>);

impl<'c> Step<'_, 'c> {
    /// The same walk, one level down or again.
    fn at(&mut self, level: Level) -> Step<'_, 'c> {
        Step { names: self.names, level, reader: self.reader }
    }

    /// What this object says of itself.
    fn head(&self) -> Option<&'static str> {
        match self.level {
            Level::Request | Level::Item => None,
            Level::Resource => Some("resource"),
            Level::Scope => Some("scope"),
        }
    }

    /// The list below, and the level of its elements.
    fn below(&self) -> ([&'static str; 2], Level) {
        match self.level {
            Level::Request => (self.names.resource_items, Level::Resource),
            Level::Resource => (self.names.scope_items, Level::Scope),
            Level::Scope | Level::Item => (self.names.items, Level::Item),
        }
    }

    fn open(&mut self, head: Option<&RawValue>) {
        let head = head.filter(|head| head.get() != "null").map(Raw::Json);
        match self.level {
            Level::Resource => self.reader.resource(head),
            Level::Scope => self.reader.scope(head),
            Level::Request | Level::Item => {}
        }
    }
}

impl<'de> DeserializeSeed<'de> for Step<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.level {
            Level::Item => {
                let item = <&RawValue>::deserialize(deserializer)?;
                self.reader.item(Raw::Json(item));
                Ok(())
            }
            _ => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Step<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with {}", self.below().0[0])
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let (list, level) = self.below();
        let mut opened = self.head().is_none();
        let mut held: Vec<&'de RawValue> = Vec::new();
        while let Some(key) = map.next_key::<scalar::Text<'de>>()? {
            if Some(&*key.0) == self.head() {
                self.open(Some(map.next_value()?));
                opened = true;
            } else if !list.contains(&&*key.0) {
                map.next_value::<IgnoredAny>()?;
            } else if opened {
                map.next_value_seed(Steps(self.at(level)))?;
            } else {
                held.push(map.next_value()?);
            }
        }
        if !opened {
            self.open(None);
        }
        for list in held {
            let mut deserializer = serde_json::Deserializer::from_str(list.get());
            Steps(self.at(level)).deserialize(&mut deserializer).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Steps<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Steps<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or null")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        let level = self.0.level;
        while seq.next_element_seed(self.0.at(level))?.is_some() {}
        Ok(())
    }
}
