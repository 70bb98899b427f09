//! What the export of our own spans says of itself.
//!
//! ```text
//! nilometer_spans_sent_total               spans that the endpoint has taken
//! nilometer_spans_dropped_total{reason}    spans that it never will: queue (full), refused, end (of the process)
//! ```

use metrics::counter;

/// Why a span is never sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dropped {
    /// Too many were waiting.
    Queue,
    /// The endpoint does not want it.
    Refused,
    /// The process ended first.
    End,
}

/// The endpoint took this many spans.
pub(crate) fn spans_sent(spans: usize) {
    counter!("nilometer_spans_sent_total").increment(spans as u64);
}

/// This many spans are lost.
pub(crate) fn spans_dropped(spans: usize, why: Dropped) {
    let reason = match why {
        Dropped::Queue => "queue",
        Dropped::Refused => "refused",
        Dropped::End => "end",
    };
    counter!("nilometer_spans_dropped_total", "reason" => reason).increment(spans as u64);
}
