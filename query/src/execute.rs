//! A checked filter and a snapshot -> answers.
//!
//! ```text
//!   snapshot ─> units (candidate blocks, buffered chunks), in reading order
//!            ─> pieces of a few units: read ─> decode, select, fold (on a blocking thread)
//! ```
//! Invariants:
//! - a page is always the exact beginning of its answer: when a limit ends it early, `next` goes on there;
//! - a caller that went away is noticed before the next block;
//! - memory is refused, time and bytes make an answer partial; so does a split that cannot be read.

mod aggregate;
mod batch;
mod context;
mod count;
mod dictionary;
mod distinct;
mod fields;
mod group;
mod histogram;
mod patterns;
mod pipeline;
mod room;
mod scan;
mod search;
mod slots;
mod sort;
mod sorted;
mod spans;
mod table;
mod tail;
mod values;
mod wide;

use std::time::Duration;

use crate::limits::{QUERY_MEMORY_BYTES, QUERY_READ_BYTES, QUERY_TIME};

pub(crate) use context::{ContextRequest, Neighbours, context};
pub(crate) use count::{Counted, count};
pub(crate) use fields::{FieldCount, FieldsRequest, fields};
pub(crate) use histogram::{HistogramRequest, histogram};
pub(crate) use patterns::{PatternsRequest, Seen, patterns};
pub(crate) use pipeline::{PipelineRequest, Tabled, pipeline};
pub(crate) use room::{Budget, in_turn};
pub(crate) use search::{Direction, Page, SearchRequest, search};
pub(crate) use spans::{
    CompareRequest, NamedPaths, Pace, PaceRequest, PathsRequest, TraceOrder, TracePlace,
    TraceSummary, TracesRequest, compare, graph, paces, path_stats, read_trace, traces,
};
pub(crate) use table::Table;
pub(crate) use tail::Tail;
pub(crate) use values::{ValuesRequest, values};

/// What one query may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub read_bytes: u64,
    pub memory_bytes: usize,
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { read_bytes: QUERY_READ_BYTES, memory_bytes: QUERY_MEMORY_BYTES, time: QUERY_TIME }
    }
}

/// Which limit ended a query early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LimitedBy {
    Time,
    Bytes,
    /// More rows than were asked for.
    Rows,
}

/// What a query took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stats {
    pub elapsed: Duration,
    /// Splits of which blocks were read.
    pub splits: u64,
    pub bytes_read: u64,
    pub rows_scanned: u64,
    pub rows_matched: u64,
}

impl Stats {
    /// Says it in the span that this is done in.
    fn describe(&self) {
        let span = tracing::Span::current();
        span.record("splits", self.splits);
        span.record("bytes_read", self.bytes_read);
        span.record("rows_scanned", self.rows_scanned);
        span.record("rows_matched", self.rows_matched);
    }
}

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QueryError {
    #[error("the query needs more than {limit_bytes} bytes of memory")]
    OverLimit { limit_bytes: usize },
    #[error("other queries hold the memory that there is for all of them")]
    Crowded,
    #[error("there are more than {limit} {what}")]
    TooMany { what: &'static str, limit: usize },
    #[error("the query came to its limit before it came to the record")]
    NotReached,
    #[error("the query's thread ended early")]
    Stopped,
}

#[cfg(test)]
mod tests;
