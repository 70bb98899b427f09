//! What the binary's own parts say of themselves: the export of spans, the doors and their files.
//!
//! ```text
//! nilometer_tls_certificate_expires_seconds{file}   when the certificate ends, as Unix time
//! nilometer_tls_handshake_failures_total   connections that did not get through their TLS handshake
//! nilometer_reload_failures_total          times that a changed file could not be used
//! nilometer_config_info{version}              1 for the configuration that is in force, 0 for those before it
//! nilometer_audit_failures_total           audit entries that could not be written
//! nilometer_spans_sent_total               spans that the endpoint has taken
//! nilometer_spans_dropped_total{reason}    spans that it never will: queue (full), refused, end (of the process)
//! ```

use metrics::{counter, gauge};

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

/// When the certificate in `file` ends, as Unix time.
pub(crate) fn certificate_expires(file: &str, at_s: i64) {
    // Seconds fit a double for the next 285 million years.
    gauge!("nilometer_tls_certificate_expires_seconds", "file" => file.to_owned()).set(at_s as f64);
}

/// A connection did not get through its TLS handshake.
pub(crate) fn handshake_failed() {
    counter!("nilometer_tls_handshake_failures_total").increment(1);
}

/// A changed file could not be used.
pub(crate) fn reload_failed() {
    counter!("nilometer_reload_failures_total").increment(1);
}

/// Another configuration is in force.
pub(crate) fn configured(before: Option<&str>, version: &str) {
    if let Some(before) = before {
        gauge!("nilometer_config_info", "version" => before.to_owned()).set(0.0);
    }
    gauge!("nilometer_config_info", "version" => version.to_owned()).set(1.0);
}

/// An audit entry could not be written.
pub(crate) fn audit_failed() {
    counter!("nilometer_audit_failures_total").increment(1);
}
