//! The receiver's limits, with their units. What a request may bring stands in [`nilometer_otlp::limits`].

use std::time::Duration;

/// A request's body as sent, bytes; one that is not compressed is as large as an inflated one may be.
pub(crate) const SENT_BYTES_MAX: usize = nilometer_otlp::limits::BODY_BYTES_MAX;
/// Requests under way at once: most of them wait for an fsync and hold little.
pub(crate) const REQUESTS_AT_ONCE_MAX: usize = 256;
/// Bytes that the bodies of all requests hold together, until they are decoded.
pub(crate) const BODIES_BYTES_MAX: u32 = 128 << 20;
/// Bytes that the items of all requests hold together, until they are durable.
pub(crate) const ITEMS_BYTES_MAX: u32 = 128 << 20;
/// Requests that are inflated and decoded at once; each may take the inflated body and its items beside that.
pub(crate) const DECODING_AT_ONCE_MAX: usize = 2;
/// How long a request waits for its turn, or for room, before it is told to come later.
pub(crate) const WAIT_MAX: Duration = Duration::from_secs(5);
/// How long the next piece of a body may take.
pub(crate) const BODY_PAUSE_MAX: Duration = Duration::from_secs(20);
/// How long a whole body may take.
pub(crate) const BODY_TIME_MAX: Duration = Duration::from_secs(120);
/// A refused body is read and dropped this far, bytes, so that its sender gets to read the answer.
pub(crate) const DRAIN_BYTES_MAX: usize = 512 << 20;
/// And for this long.
pub(crate) const DRAIN_TIME_MAX: Duration = Duration::from_secs(5);
/// What a sender that is turned back is told to wait, s.
pub(crate) const RETRY_AFTER_S: u32 = 1;
/// A message in gRPC's headers, bytes: some clients take 8 KiB of them in all.
pub(crate) const GRPC_MESSAGE_BYTES_MAX: usize = 1 << 10;
/// What is read of the gate's own words, bytes.
pub(crate) const GATE_ANSWER_BYTES_MAX: usize = 16 << 10;
