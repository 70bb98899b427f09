//! Every limit of the journal, with its unit and what changes with it.

use nilometer_model::limits::BATCH_FRAME_BYTES_MAX;

/// Bytes that one read of a file asks for; larger costs memory per reader, smaller costs system calls.
pub const WINDOW_BYTES: usize = 256 << 10;
/// Bytes between two places of a segment that are remembered for seeking.
pub const INDEX_STEP_BYTES: u64 = 64 << 10;
/// Bytes of damaged stretches kept in one directory; of what is damaged beyond that only the place is kept.
pub const CORRUPT_BYTES_MAX: u64 = 64 << 20;
/// A segment of the Log, bytes; the Log is trimmed by whole segments.
pub const LOG_SEGMENT_BYTES: u64 = 64 << 20;
/// An entry of the Log, bytes: a batch as sent, and what the intake writes before it.
pub const LOG_ENTRY_BYTES_MAX: usize = BATCH_FRAME_BYTES_MAX + (64 << 10);
/// Bytes that share one fsync: the writer stops collecting what waits beyond it.
pub const LOG_GROUP_BYTES_MAX: usize = 8 << 20;
/// Appends that wait for the writer; who comes later waits for a place.
pub const LOG_QUEUE_APPENDS_MAX: usize = 1_024;
/// Damaged state files of one name that are kept aside.
pub const SET_ASIDE_MAX: u32 = 1_000;
