//! Every limit of the HTTP interface, with its unit.

use std::time::Duration;

/// Records or rows of one answer, when the request does not say.
pub(crate) const LIMIT_DEFAULT: usize = 100;
/// Records or rows of one answer.
pub(crate) const LIMIT_MAX: usize = 10_000;
/// Records before and behind the one whose context is asked for, when the request does not say.
pub(crate) const CONTEXT_DEFAULT: usize = 10;
/// Records before, or behind, the one whose context is asked for.
pub(crate) const CONTEXT_MAX: usize = 1_000;
/// Traces of one answer, when the request does not say.
pub(crate) const TRACES_DEFAULT: usize = 20;
/// Traces of one answer.
pub(crate) const TRACES_MAX: usize = 1_000;
/// Longest value that completion offers, bytes.
pub(crate) const COMPLETE_VALUE_BYTES_MAX: usize = 256;
/// Buckets of a histogram, when the request does not say.
pub(crate) const BUCKETS_DEFAULT: usize = 60;
/// Buckets of a histogram.
pub(crate) const BUCKETS_MAX: usize = crate::limits::HISTOGRAM_BUCKETS_MAX;
/// How far back a range begins, when the request does not say.
pub(crate) const RANGE_DEFAULT_NS: i64 = 3_600_000_000_000;

/// A query as JSON, bytes.
pub(crate) const QUERY_BODY_BYTES_MAX: usize = 64 << 10;
/// The body that switches a fault of the demo, bytes.
pub(crate) const DEMO_BODY_BYTES_MAX: usize = 4 << 10;
/// What a pattern is merged into as JSON, bytes.
pub(crate) const PATTERN_BODY_BYTES_MAX: usize = 1 << 10;
/// A pin as JSON, bytes.
pub(crate) const PIN_BODY_BYTES_MAX: usize = 4 << 10;
/// What a login sends, bytes.
pub(crate) const LOGIN_BYTES_MAX: usize = 4 << 10;
/// Logins that may fail in a row before the next attempt has to wait.
pub(crate) const LOGIN_FAILURES_MAX: u32 = 10;
/// One more may fail after this long.
pub(crate) const LOGIN_FAILURE_EVERY: Duration = Duration::from_secs(1);
/// Parameters of a request that its audit entry shows.
pub(crate) const AUDIT_PARAMETERS_MAX: usize = 32;
/// The name or value of one of them, bytes.
pub(crate) const AUDIT_PARAMETER_BYTES_MAX: usize = 1 << 10;
/// Dictionaries of collectors that are known at once, of up to 1.1 MB each, mostly half of that.
pub(crate) const DICTIONARIES_MAX: usize = 256;
/// A heartbeat, bytes.
pub(crate) const HEARTBEAT_BYTES_MAX: usize = 8 << 20;
/// The body of an ingest request as sent, bytes.
pub(crate) const INGEST_SENT_BYTES_MAX: usize = 64 << 20;
/// Ingest requests whose bodies are held at once; more of them wait.
pub(crate) const INGEST_AT_ONCE_MAX: usize = 4;
/// How long an ingest request waits for its turn before it is answered 429.
pub(crate) const INGEST_WAIT_MAX: Duration = Duration::from_secs(5);
/// An idempotency key, bytes.
pub(crate) const IDEMPOTENCY_KEY_BYTES_MAX: usize = 256;
/// How long the next piece of a body may take.
pub(crate) const BODY_PAUSE_MAX: Duration = Duration::from_secs(20);
/// Of a body whose length is announced, so much memory is taken at once, bytes.
pub(crate) const ANNOUNCED_BYTES_MAX: usize = 1 << 20;
/// A refused body is read and dropped this far, bytes, so that its sender gets to read the answer.
pub(crate) const DRAIN_BYTES_MAX: usize = 512 << 20;
/// And for this long.
pub(crate) const DRAIN_MAX: Duration = Duration::from_secs(5);

/// Records that wait for one slow reader of a live tail: seconds of what a busy cluster writes, for they come in
/// batches and a browser pauses; what comes on top is counted as skipped.
pub(crate) const TAIL_RECORDS_WAITING_MAX: usize = 8_192;
/// A comment goes out on a quiet tail this often, so that proxies keep the connection.
pub(crate) const TAIL_COMMENT_EVERY: Duration = Duration::from_secs(15);
/// Pages of an export that wait for a slow reader.
pub(crate) const EXPORT_PAGES_WAITING_MAX: usize = 2;

/// Verifications of all splits at once.
pub(crate) const VERIFICATIONS_AT_ONCE_MAX: usize = 1;

/// Blocks of a split that are looked through at once for who speaks in it.
pub(crate) const BLOCKS_AT_ONCE: usize = 64;

/// What a client that came too early is told to wait, s.
pub(crate) const RETRY_AFTER_S: u32 = 1;

/// Spans of one page of a trace.
pub(crate) const TRACE_PAGE_SPANS: usize = 10_000;
/// Levels of a path that are shown: JSON nests as deep, and readers of JSON give up somewhere.
pub(crate) const PATH_DEPTH_MAX: usize = 50;
/// Longest body of a rule, a replay or a silence, bytes.
pub(crate) const RULE_BODY_BYTES_MAX: usize = 256 << 10;
/// Longest body of a purge, bytes.
pub(crate) const PURGE_BODY_BYTES_MAX: usize = 16 << 10;
