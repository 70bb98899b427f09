//! Answers over spans: what is counted over all of them, traces by what they are, one trace.
//!
//! ```text
//!   read_spans:  snapshot ─(range, prune)─> blocks of spans, buffered chunks ─> fold       (execute/scan.rs)
//!   read_trace:  snapshot ─(trace table)──> the blocks that may hold it ─────> its spans
//! ```
//! Invariants:
//! - a span is counted once: the store holds each (trace, span) once;
//! - a span is in a range when its start is; a trace when its first start is.

mod compare;
mod graph;
mod paths;
mod read;
mod search;
mod services;
mod trace;

pub(crate) use compare::{CompareRequest, compare};
pub(crate) use graph::graph;
pub(crate) use paths::{NamedPaths, PathsRequest, path_stats};
pub(crate) use search::{TraceOrder, TracePlace, TraceSummary, TracesRequest, traces};
pub(crate) use services::{Pace, PaceRequest, paces};
pub(crate) use trace::read_trace;

#[cfg(test)]
mod tests;
