//! Values -> codes: equal values have one code, so that groups are made of small numbers.
//!
//! Invariants:
//! - codes count from 0 without a hole; what is equal as text is one value, whatever its type: 500 is "500";
//! - a value that was seen before costs no memory, and of records' own fields not even a look at its text.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use nilometer_model::{Severity, Timestamp};

use super::batch::Batch;
use crate::plan::{Type, Value, bin_start};

const NONE: u32 = u32::MAX;
/// What an entry takes besides its text, bytes.
const ENTRY_BYTES: usize = 96;

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    codes: HashMap<Arc<str>, u32>,
    entries: Vec<Entry>,
    /// The code of nothing.
    null: Option<u32>,
    bytes: usize,
    /// The codes of a batch's classes.
    classes: Vec<u32>,
    written: String,
}

#[derive(Debug)]
struct Entry {
    text: Arc<str>,
    kind: Kind,
}

/// What a value was, if that was the same each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Null,
    Severity,
    Is(Type),
}

impl Kind {
    fn of(value: &Value<'_>) -> Self {
        match value {
            Value::Severity(_) => Self::Severity,
            other => other.type_of().map_or(Self::Null, Self::Is),
        }
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (one, other) if one == other => one,
            (Self::Is(one), Self::Is(other)) => Self::Is(one.and(other)),
            _ => Self::Is(Type::String),
        }
    }
}

impl Dictionary {
    /// Appends the code of each row's value.
    pub(super) fn encode<B: Batch>(
        &mut self,
        batch: &B,
        rows: &[u32],
        column: &B::Column,
        out: &mut Vec<u32>,
    ) {
        self.classes.clear();
        for row in rows.iter().map(|row| *row as usize) {
            let Some(class) = batch.class(row, column) else {
                let code = self.code(&batch.value(row, column));
                out.push(code);
                continue;
            };
            if class >= self.classes.len() {
                self.classes.resize(class + 1, NONE);
            }
            if self.classes[class] == NONE {
                self.classes[class] = self.code(&batch.value(row, column));
            }
            out.push(self.classes[class]);
        }
    }

    fn code(&mut self, value: &Value<'_>) -> u32 {
        let kind = Kind::of(value);
        if kind == Kind::Null {
            let code = self.null.unwrap_or_else(|| self.add("", kind));
            self.null = Some(code);
            return code;
        }
        let known = match value {
            Value::Text(text) => self.codes.get(&**text),
            other => {
                self.written.clear();
                // Writing into a text cannot fail.
                let _ = write!(self.written, "{other}");
                self.codes.get(self.written.as_str())
            }
        };
        if let Some(&code) = known {
            let entry = &mut self.entries[code as usize];
            if entry.kind != kind {
                entry.kind = entry.kind.and(kind);
            }
            return code;
        }
        let text = value.to_string();
        let code = self.add(&text, kind);
        self.codes.insert(Arc::clone(&self.entries[code as usize].text), code);
        code
    }

    fn add(&mut self, text: &str, kind: Kind) -> u32 {
        // A query's memory ends long before the codes do.
        let code = u32::try_from(self.entries.len()).unwrap_or(NONE - 1);
        self.bytes += text.len() + ENTRY_BYTES;
        self.entries.push(Entry { text: Arc::from(text), kind });
        code
    }

    /// The values, in the order of their codes.
    pub(super) fn values(&self) -> Vec<Value<'_>> {
        self.entries.iter().map(Entry::value).collect()
    }

    /// The text of the value.
    pub(super) fn text(&self, code: u32) -> &str {
        &self.entries[code as usize].text
    }

    /// Whether the code is that of nothing.
    pub(super) fn is_null(&self, code: u32) -> bool {
        self.null == Some(code)
    }

    /// The values as texts, in the order of their codes; nothing has none.
    pub(super) fn texts(&self) -> impl Iterator<Item = Option<&str>> {
        self.entries.iter().map(|entry| (entry.kind != Kind::Null).then_some(&*entry.text))
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.bytes
    }
}

impl Entry {
    fn value(&self) -> Value<'_> {
        let text = || Value::Text((&*self.text).into());
        match self.kind {
            Kind::Null => Value::Null,
            Kind::Severity => Severity::parse(&self.text).map_or_else(text, Value::Severity),
            Kind::Is(Type::Int) => self.text.parse().map_or_else(|_| text(), Value::Int),
            Kind::Is(Type::Float) => self.text.parse().map_or_else(|_| text(), Value::Float),
            Kind::Is(Type::Duration) => self.text.parse().map_or_else(|_| text(), Value::Duration),
            Kind::Is(Type::Bool) => Value::Bool(&*self.text == "true"),
            Kind::Is(Type::Time) => {
                Timestamp::parse(self.text.as_bytes()).map_or_else(|_| text(), Value::Time)
            }
            Kind::Is(Type::String) => text(),
        }
    }
}

/// Moments -> codes of the bins that they lie in.
#[derive(Debug, Default)]
pub(super) struct BinCodes {
    codes: HashMap<Option<i64>, u32>,
    /// Where each code's bin begins; none for what has no time.
    starts: Vec<Option<i64>>,
}

impl BinCodes {
    /// Appends the code of each row's bin.
    pub(super) fn encode<B: Batch>(
        &mut self,
        batch: &B,
        rows: &[u32],
        (column, step_ns): (&B::Column, i64),
        out: &mut Vec<u32>,
    ) {
        let mut last: Option<(i64, u32)> = None;
        for row in rows.iter().map(|row| *row as usize) {
            let Value::Time(time) = batch.value(row, column) else {
                out.push(self.code(None));
                continue;
            };
            let near = last.filter(|(start, _)| {
                time.0.checked_sub(*start).is_some_and(|since| (0..step_ns).contains(&since))
            });
            let (start, code) = near.unwrap_or_else(|| {
                let start = bin_start(time.0, step_ns);
                (start, self.code(Some(start)))
            });
            last = Some((start, code));
            out.push(code);
        }
    }

    fn code(&mut self, start: Option<i64>) -> u32 {
        let starts = &mut self.starts;
        *self.codes.entry(start).or_insert_with(|| {
            starts.push(start);
            u32::try_from(starts.len() - 1).unwrap_or(NONE - 1)
        })
    }

    /// The bins' beginnings, in the order of their codes.
    pub(super) fn values(&self) -> Vec<Value<'_>> {
        let start =
            |start: &Option<i64>| start.map_or(Value::Null, |ns| Value::Time(Timestamp(ns)));
        self.starts.iter().map(start).collect()
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.starts.len() * ENTRY_BYTES
    }
}
