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

/// Connections that are open at once on one listener; more wait in the kernel's queue.
pub(crate) const CONNECTIONS_MAX: usize = 4_096;
/// How long a client may take over its request's head.
pub(crate) const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Requests that are open at once on one HTTP/2 connection.
pub(crate) const STREAMS_MAX: u32 = 128;
/// How often a quiet HTTP/2 connection is asked whether its other end lives.
pub(crate) const PING_EVERY: Duration = Duration::from_secs(30);
/// How long open requests may go on after the end was asked for.
pub(crate) const DRAIN_TIMEOUT: Duration = Duration::from_millis(1_000);
/// How long accepting rests when the process is out of descriptors.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How long a TLS handshake may take, its wait for a turn included.
pub(crate) const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// TLS handshakes that are under way at once on one listener; more wait for their turn.
pub(crate) const HANDSHAKES_AT_ONCE_MAX: usize = 1_024;

/// A file of certificates or keys, or of tokens, bytes.
pub(crate) const SECRET_FILE_BYTES_MAX: u64 = 1 << 20;
/// Tokens of one file.
pub(crate) const TOKENS_MAX: usize = 10_000;
/// A token, characters: fewer can be guessed.
pub(crate) const TOKEN_CHARS_MIN: usize = 16;
/// A token, characters: what a header and a cookie carry anywhere.
pub(crate) const TOKEN_CHARS_MAX: usize = 512;
/// How often files that may change are looked at.
pub(crate) const RELOAD_EVERY: Duration = Duration::from_secs(1);

/// A certificate is warned about from so long before its end, s.
pub(crate) const EXPIRY_WARNING_S: i64 = 14 * 86_400;
/// And is an error from so long before, s.
pub(crate) const EXPIRY_ERROR_S: i64 = 3 * 86_400;
/// How often that is said, s.
pub(crate) const EXPIRY_SAID_EVERY_S: i64 = 86_400;

/// The audit file is set aside at this size, bytes; one older file is kept.
pub(crate) const AUDIT_FILE_BYTES_MAX: u64 = 64 << 20;

/// The key of redaction, bytes: a shorter one can be guessed.
pub(crate) const REDACT_KEY_BYTES_MIN: usize = 16;
/// The key of redaction, bytes.
pub(crate) const REDACT_KEY_BYTES_MAX: usize = 4 << 10;
/// Own patterns of redaction.
pub(crate) const REDACT_PATTERNS_MAX: usize = 32;
