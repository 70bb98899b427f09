//! Spans column by column, as [`Rows`](crate::Rows) holds records: the one form in which they travel, wait,
//! come out of blocks and are searched.
//!
//! Invariants:
//! - every column has one entry per span ([`Spans::push`] and [`Spans::check`] keep that);
//! - `origin[row]` is an index into `origins`, `operation[row]` a number of `operations`;
//! - a parent that is all zero is none;
//! - attributes are the JSON text of an object, events and links that of an array, or empty.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Names, Origin, Origins, TextColumn, Timestamp};

/// What part a span plays in a call.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum SpanKind {
    /// The span does not say.
    #[default]
    Unspecified,
    /// Work inside one service.
    Internal,
    /// The side that answers a call.
    Server,
    /// The side that makes a call and waits for its answer.
    Client,
    /// The side that sends a message and does not wait.
    Producer,
    /// The side that works on a message.
    Consumer,
}

impl SpanKind {
    /// All kinds, in the order of their codes, which are OTLP's.
    pub const ALL: [Self; 6] = [
        Self::Unspecified,
        Self::Internal,
        Self::Server,
        Self::Client,
        Self::Producer,
        Self::Consumer,
    ];

    /// The name, as users see it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::Internal => "internal",
            Self::Server => "server",
            Self::Client => "client",
            Self::Producer => "producer",
            Self::Consumer => "consumer",
        }
    }

    /// The kind of that code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

impl fmt::Display for SpanKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How what a span measured went.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum SpanStatus {
    /// The span does not say; usually that it went well.
    #[default]
    Unset,
    /// Somebody made sure that it went well.
    Ok,
    /// It failed.
    Error,
}

impl SpanStatus {
    /// All statuses, in the order of their codes, which are OTLP's.
    pub const ALL: [Self; 3] = [Self::Unset, Self::Ok, Self::Error];

    /// The name, as users see it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unset => "unset",
            Self::Ok => "ok",
            Self::Error => "error",
        }
    }

    /// The status of that code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

impl fmt::Display for SpanStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Spans, column by column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spans {
    /// Who measured; spans refer to it by index. An origin's component is the span's service.
    pub origins: Origins,
    /// Per span: index into `origins`.
    pub origin: Vec<u32>,
    /// What was done; spans refer to it by number.
    pub operations: Names,
    /// Per span: number of its operation.
    pub operation: Vec<u32>,
    /// Per span: the trace it belongs to.
    pub trace_id: Vec<[u8; 16]>,
    /// Per span: its name within the trace.
    pub span_id: Vec<[u8; 8]>,
    /// Per span: the span that caused it, all zero for none.
    pub parent_id: Vec<[u8; 8]>,
    /// Per span: when it began, ns, by the clock of its node.
    pub start: Vec<i64>,
    /// Per span: how long it took, ns.
    pub duration: Vec<u64>,
    /// Per span: its part in a call.
    pub kind: Vec<SpanKind>,
    /// Per span: how it went.
    pub status: Vec<SpanStatus>,
    /// Per span: what it says about its status; mostly empty.
    pub status_message: TextColumn,
    /// Per span: a JSON object, or empty.
    pub attributes: TextColumn,
    /// Per span: a JSON array of what happened meanwhile, or empty.
    pub events: TextColumn,
    /// Per span: a JSON array of the spans it has to do with besides its parent, or empty.
    pub links: TextColumn,
    /// Per span: its place in its source, a counter.
    pub position: Vec<u64>,
    /// Per span: when the intake had it, ns; 0 before that.
    pub received: Vec<i64>,
}

/// One span, by reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanRef<'a> {
    /// Who measured.
    pub origin: &'a Arc<Origin>,
    /// What was done.
    pub operation: &'a str,
    /// The trace it belongs to.
    pub trace_id: [u8; 16],
    /// Its name within the trace.
    pub span_id: [u8; 8],
    /// The span that caused it, if any.
    pub parent_id: Option<[u8; 8]>,
    /// When it began, by the clock of its node.
    pub start: Timestamp,
    /// How long it took, ns.
    pub duration: u64,
    /// Its part in a call.
    pub kind: SpanKind,
    /// How it went.
    pub status: SpanStatus,
    /// What it says about its status.
    pub status_message: &'a str,
    /// A JSON object, or empty.
    pub attributes: &'a str,
    /// A JSON array, or empty.
    pub events: &'a str,
    /// A JSON array, or empty.
    pub links: &'a str,
    /// Its place in its source.
    pub position: u64,
    /// When the intake had it.
    pub received: Timestamp,
}

impl<'a> SpanRef<'a> {
    /// The service, which is the component that measured.
    #[must_use]
    pub fn service(&self) -> &'a str {
        &self.origin.component
    }

    /// When it ended, at the end of time at the latest.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        self.start.plus_ns(i64::try_from(self.duration).unwrap_or(i64::MAX))
    }
}

impl Spans {
    /// How many spans.
    #[must_use]
    pub fn len(&self) -> usize {
        self.start.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start.is_empty()
    }

    /// The span at `row`.
    ///
    /// # Panics
    /// When there is no such span.
    #[must_use]
    pub fn row(&self, row: usize) -> SpanRef<'_> {
        SpanRef {
            origin: &self.origins[self.origin[row] as usize],
            operation: self.operations.get(self.operation[row]),
            trace_id: self.trace_id[row],
            span_id: self.span_id[row],
            parent_id: Some(self.parent_id[row]).filter(|id| *id != [0; 8]),
            start: Timestamp(self.start[row]),
            duration: self.duration[row],
            kind: self.kind[row],
            status: self.status[row],
            status_message: self.status_message.get(row),
            attributes: self.attributes.get(row),
            events: self.events.get(row),
            links: self.links.get(row),
            position: self.position[row],
            received: Timestamp(self.received[row]),
        }
    }

    /// All spans.
    pub fn iter(&self) -> impl Iterator<Item = SpanRef<'_>> {
        (0..self.len()).map(|row| self.row(row))
    }

    /// Appends a span.
    pub fn push(&mut self, span: SpanRef<'_>) {
        let origin = match self.origin.last() {
            Some(&last) if Arc::ptr_eq(&self.origins[last as usize], span.origin) => last,
            _ => self.origins.index(span.origin),
        };
        self.origin.push(origin);
        self.operation.push(self.operations.code(span.operation));
        self.trace_id.push(span.trace_id);
        self.span_id.push(span.span_id);
        self.parent_id.push(span.parent_id.unwrap_or_default());
        self.start.push(span.start.0);
        self.duration.push(span.duration);
        self.kind.push(span.kind);
        self.status.push(span.status);
        self.status_message.push(span.status_message);
        self.attributes.push(span.attributes);
        self.events.push(span.events);
        self.links.push(span.links);
        self.position.push(span.position);
        self.received.push(span.received.0);
    }

    /// No more are to come: gives back the memory that was meant for them.
    pub fn settle(&mut self) {
        self.origins.settle();
        self.origin.shrink_to_fit();
        self.operations.settle();
        self.operation.shrink_to_fit();
        self.trace_id.shrink_to_fit();
        self.span_id.shrink_to_fit();
        self.parent_id.shrink_to_fit();
        self.start.shrink_to_fit();
        self.duration.shrink_to_fit();
        self.kind.shrink_to_fit();
        self.status.shrink_to_fit();
        self.status_message.shrink_to_fit();
        self.attributes.shrink_to_fit();
        self.events.shrink_to_fit();
        self.links.shrink_to_fit();
        self.position.shrink_to_fit();
        self.received.shrink_to_fit();
    }

    /// Appends all spans of `other`, column by column.
    pub fn append(&mut self, other: &Self) {
        let origins: Vec<u32> = other.origins.iter().map(|o| self.origins.index(o)).collect();
        let names = other.operations.texts();
        let operations: Vec<u32> =
            (0..names.len()).map(|code| self.operations.code(names.get(code))).collect();
        self.origin.extend(other.origin.iter().map(|origin| origins[*origin as usize]));
        self.operation.extend(other.operation.iter().map(|code| operations[*code as usize]));
        self.trace_id.extend(&other.trace_id);
        self.span_id.extend(&other.span_id);
        self.parent_id.extend(&other.parent_id);
        self.start.extend(&other.start);
        self.duration.extend(&other.duration);
        self.kind.extend(&other.kind);
        self.status.extend(&other.status);
        self.status_message.append(&other.status_message);
        self.attributes.append(&other.attributes);
        self.events.append(&other.events);
        self.links.append(&other.links);
        self.position.extend(&other.position);
        self.received.extend(&other.received);
    }

    /// The rows in the order in which a split holds spans: traces by their first start, each trace's spans
    /// together, by start. Spans that are alike in all that keep the order they have.
    #[must_use]
    pub fn by_trace(&self) -> Vec<u32> {
        let mut rows: Vec<u32> = (0_u32..).take(self.len()).collect();
        let trace = |row: u32| u128::from_be_bytes(self.trace_id[row as usize]);
        rows.sort_by_cached_key(|row| (trace(*row), self.start[*row as usize]));
        let mut traces: Vec<&[u32]> = rows.chunk_by(|a, b| trace(*a) == trace(*b)).collect();
        traces.sort_by_key(|spans| self.start[spans[0] as usize]);
        traces.concat()
    }

    /// These rows, in this order.
    ///
    /// # Panics
    /// When there is no such row.
    #[must_use]
    pub fn pick(&self, rows: &[u32]) -> Self {
        let mut picked = Self::default();
        rows.iter().for_each(|row| picked.push(self.row(*row as usize)));
        picked
    }

    /// Whether the columns agree with each other; asked of everything that was decoded.
    #[must_use]
    pub fn check(&self) -> bool {
        let rows = self.len();
        let (origins, operations) = (self.origins.len(), self.operations.len());
        [
            self.origin.len(),
            self.operation.len(),
            self.trace_id.len(),
            self.span_id.len(),
            self.parent_id.len(),
            self.duration.len(),
            self.kind.len(),
            self.status.len(),
            self.status_message.len(),
            self.attributes.len(),
            self.events.len(),
            self.links.len(),
            self.position.len(),
            self.received.len(),
        ]
        .iter()
        .all(|len| *len == rows)
            && self.origin.iter().all(|origin| (*origin as usize) < origins)
            && self.operation.iter().all(|code| (*code as usize) < operations)
    }

    /// Memory that the spans take, bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        /// Fixed-size columns of one span, and where its four texts end.
        const SPAN_BYTES: usize = 4 + 4 + 16 + 8 + 8 + 8 + 8 + 1 + 1 + 4 * 4 + 8 + 8;
        let texts = [&self.status_message, &self.attributes, &self.events, &self.links];
        texts.iter().map(|column| column.text().len()).sum::<usize>()
            + self.operations.texts().text().len()
            + self.len() * SPAN_BYTES
            + self.origins.len() * 256
    }
}

#[cfg(test)]
mod tests;
