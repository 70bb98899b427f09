//! Every limit that more than one part must agree on, with its unit.

/// Longest message of a record, bytes; what is longer is cut and marked.
pub const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// Longest attributes of one record, bytes of JSON text.
pub const ATTRIBUTES_BYTES_MAX: usize = 256 << 10;
/// Longest value of one attribute, bytes.
pub const ATTRIBUTE_VALUE_BYTES_MAX: usize = 64 << 10;
/// Most attributes of one record.
pub const ATTRIBUTES_PER_RECORD_MAX: usize = 1_000;
/// Deepest nesting of one attribute.
pub const ATTRIBUTE_DEPTH_MAX: usize = 64;
/// Longest name (component, node, instance, attribute key), bytes.
pub const NAME_BYTES_MAX: usize = 1_024;
/// Covered ranges that a source keeps beyond its mark; a collector leaves at most this many holes.
pub const RANGES_BEYOND_MARK_MAX: usize = 32;
/// The same for the sequences of an epoch, 16 bytes each: a batch that was cut again and again stands for
/// names that lie far apart.
pub const SEQUENCES_BEYOND_MARK_MAX: usize = 4_096;
/// Batches of one collector that may be unanswered at once.
pub const UNANSWERED_BATCHES_MAX: usize = 32;
/// Records in one batch.
pub const BATCH_RECORDS_MAX: usize = 65_536;
/// Uncompressed text in one batch (messages and attributes), bytes; the collector freezes before.
pub const BATCH_TEXT_BYTES_MAX: usize = 4 << 20;
/// A batch as sent, bytes; above it the intake answers 413.
pub const BATCH_FRAME_BYTES_MAX: usize = 4 << 20;
/// Sources named in one batch.
pub const BATCH_SOURCES_MAX: usize = 10_000;
/// Rows of one block of a split.
pub const BLOCK_ROWS_MAX: usize = 2_048;
/// Spans of one block of a split.
pub const BLOCK_SPANS_MAX: usize = 4_096;
/// Samples of one block of a split.
pub const BLOCK_SAMPLES_MAX: usize = 8_192;
/// Longest operation of a span, bytes; some SDKs put a whole statement there.
pub const OPERATION_BYTES_MAX: usize = 4 << 10;
/// Longest message about a span's status, bytes.
pub const STATUS_MESSAGE_BYTES_MAX: usize = 64 << 10;
/// Longest events of one span, bytes of JSON text.
pub const EVENTS_BYTES_MAX: usize = 256 << 10;
/// Most events of one span.
pub const EVENTS_PER_SPAN_MAX: usize = 1_000;
/// Longest links of one span, bytes of JSON text.
pub const LINKS_BYTES_MAX: usize = 256 << 10;
/// Most links of one span.
pub const LINKS_PER_SPAN_MAX: usize = 1_000;
