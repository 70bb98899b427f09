//! The receiver's numbers about itself. Names and meanings stand in docs/operating.md.

use metrics::counter;
use nilometer_otlp::{Decoded, Signal};

use crate::refusal::Kind;

/// As the counters call it.
pub(crate) fn name(signal: Signal) -> &'static str {
    match signal {
        Signal::Logs => "logs",
        Signal::Traces => "traces",
        Signal::Metrics => "metrics",
    }
}

/// A request of so many bytes came.
pub(crate) fn came(signal: Signal, bytes: usize) {
    counter!("nilometer_otlp_bytes_total", "signal" => name(signal)).increment(bytes as u64);
}

/// So many of its items are durable, and what was rejected is told to its sender.
pub(crate) fn taken(signal: Signal, items: usize, decoded: &Decoded) {
    let signal = name(signal);
    let outcome = if decoded.rejected_count == 0 { "taken" } else { "partial" };
    counter!("nilometer_otlp_requests_total", "signal" => signal, "outcome" => outcome)
        .increment(1);
    counter!("nilometer_otlp_items_total", "signal" => signal).increment(items as u64);
    for rejected in &decoded.rejected {
        rejected_items(signal, rejected.reason.name(), 1);
    }
    let unlisted = decoded.rejected_count - decoded.rejected.len();
    if unlisted > 0 {
        rejected_items(signal, "unlisted", unlisted as u64);
    }
}

fn rejected_items(signal: &'static str, reason: &'static str, items: u64) {
    counter!("nilometer_otlp_rejected_items_total", "signal" => signal, "reason" => reason)
        .increment(items);
}

/// A request was refused as a whole.
pub(crate) fn refused(signal: Signal, why: Kind) {
    counter!("nilometer_otlp_requests_total", "signal" => name(signal), "outcome" => why.name())
        .increment(1);
}

/// Secrets in it were replaced.
pub(crate) fn redacted<'a>(counted: impl Iterator<Item = (&'a str, u64)>) {
    for (kind, count) in counted {
        counter!("nilometer_otlp_redacted_total", "kind" => kind.to_owned()).increment(count);
    }
}
