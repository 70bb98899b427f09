//! The binary's own limits, with their units.

use std::time::Duration;

/// Finished spans that wait to be sent; what comes on top is dropped and counted.
pub(crate) const SPANS_QUEUED_MAX: usize = 2_048;
/// Spans of one request to the endpoint.
pub(crate) const SPANS_SENT_AT_ONCE_MAX: usize = 512;
/// How long spans gather before they are sent.
pub(crate) const SPANS_LINGER: Duration = Duration::from_secs(1);
/// The pause after the first failure; it doubles with every further one.
pub(crate) const SPANS_PAUSE_FIRST: Duration = Duration::from_secs(2);
/// The longest pause.
pub(crate) const SPANS_PAUSE_MAX: Duration = Duration::from_secs(60);
/// How long one request to the endpoint may take.
pub(crate) const SPANS_SEND_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the last spans may take at the end of the process.
pub(crate) const SPANS_FLUSH_TIMEOUT: Duration = Duration::from_millis(500);
/// What is read of the endpoint's answer, bytes.
pub(crate) const SPANS_ANSWER_BYTES_MAX: usize = 64 << 10;
