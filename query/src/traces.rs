//! Spans as traces, and traces as answers: pure, and the same for whatever a snapshot gave.
//!
//! ```text
//!   Spans ─> LiteSpans (what a trace is made of, names as numbers)
//! ```
//! Invariants:
//! - nothing here reads, waits or looks at a clock;
//! - what is wrong with a trace (spans that never came, circles, clocks that disagree) is a value, never an error.

mod lite;

pub(crate) use lite::{LiteSpans, SpanLite};
