//! Spans as traces, and traces as answers: pure, and the same for whatever a snapshot gave.
//!
//! ```text
//!   Spans ─> LiteSpans ─> Forest ─┬─> skew ─> critical path ─┬─> paths
//!            (no texts)           └─> outline (tree, chains) ─┘
//! ```
//! Invariants:
//! - nothing here reads, waits or looks at a clock;
//! - what is wrong with a trace (spans that never came, circles, clocks that disagree) is a value, never an error.

mod compare;
mod critical;
mod forest;
mod lite;
mod outline;
mod paths;
mod quantile;
mod skew;

pub(crate) use compare::{Counts, Difference, differences};
pub(crate) use critical::critical_path;
pub(crate) use forest::Forest;
pub(crate) use lite::{LiteSpans, SpanLite};
pub(crate) use outline::{NameHashes, Outline, PathKind, tree_id};
pub(crate) use paths::{Path, PathStats, Paths, paths};
pub(crate) use quantile::{Durations, Quantiles, ms};
pub(crate) use skew::skew;

#[cfg(test)]
mod random;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod written;
