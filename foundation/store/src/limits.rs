//! The store's limits, with their units.

/// Books that one commit closes, of each kind.
pub const BOOKS_CLOSED_AT_ONCE: usize = 10_000;
/// After so long a collector is asked again which sources it reads, so that theirs are not closed, ns.
pub const RESYNC_EVERY_NS: i64 = 24 * 3_600 * 1_000_000_000;
/// Dead letters that are kept; the oldest go first.
pub const DEAD_LETTERS_MAX: usize = 10_000;
/// How much of a dead letter's message is kept, bytes.
pub const DEAD_LETTER_MESSAGE_BYTES_MAX: usize = 4 << 10;
/// Declared losses that one source lists; beyond it the last one grows.
pub const LOST_GAPS_PER_SOURCE_MAX: usize = 1_000;
/// Buffered items at which the buffer is sealed, bytes.
pub const BUFFER_BYTES_SEAL: usize = 64 << 20;
/// Chunks smaller than this are joined, so that a query does not visit thousands of them, bytes.
pub const CHUNK_BYTES_SMALL: usize = 1 << 20;
/// How many small chunks in a row are joined.
pub const CHUNKS_JOINED: usize = 32;
/// Chunks that a slow live tail may be behind before it skips.
pub const FEED_CHUNKS_MAX: usize = 1_024;
/// A collector that was not heard for this long is not live, ms.
pub const COLLECTOR_SILENT_MS: i64 = 15_000;
/// Heartbeats of one collector whose batches are not in yet.
pub const HEARTBEATS_PENDING_MAX: usize = 64;
/// A read that was heard so long ago is committed, or something is wrong, ms.
pub const SETTLED_MS: i64 = 30_000;
/// Warnings of one collector that are shown.
pub const COLLECTOR_WARNINGS_MAX: usize = 16;
/// Declared losses that one answer lists.
pub const GAPS_LISTED_MAX: usize = 1_000;
/// Commits between two snapshots of Meta: how many a start has to fold at most, twice over.
pub const SNAPSHOT_COMMITS: u64 = 1_000;
/// Longest commit, bytes of JSON.
pub const META_COMMIT_BYTES_MAX: usize = 256 << 20;
/// A segment of Meta's journal, bytes.
pub const META_SEGMENT_BYTES: u64 = 16 << 20;
/// Commits read at once, bytes of JSON.
pub const META_READ_BYTES: usize = 4 << 20;
/// Longest word that a split's index knows, bytes.
pub const INDEXED_WORD_BYTES_MAX: usize = 64;
/// Longest attribute value that a split's index knows, bytes.
pub const INDEXED_VALUE_BYTES_MAX: usize = 64;
/// Longest name of a service, operation, sample or node that a split's index lists, bytes.
pub const INDEXED_NAME_BYTES_MAX: usize = 256;
/// Names of one kind in one block that are listed; what comes then leaves the block open.
pub const INDEXED_NAMES_PER_BLOCK_MAX: usize = 512;
/// A split's index once inflated, bytes.
pub const INDEX_INFLATED_BYTES_MAX: usize = 256 << 20;
/// Bits that the filter of traces takes for each.
pub const TRACE_FILTER_BITS_PER_TRACE: usize = 16;
/// The filter of traces, bytes: 33 million traces; with more it lets more through.
pub const TRACE_FILTER_BYTES_MAX: usize = 64 << 20;
/// Blocks whose span ids are kept: what came in last is what comes in again; 24 bytes per span.
pub const RECALLED_BLOCKS_MAX: usize = 64;
/// Sources of one tenant that heartbeats name before any batch does; what comes then is not noted.
pub const UNKNOWN_READS_MAX: usize = 100_000;
/// Of what a collector says that its configuration is called, characters.
pub const CONFIG_VERSION_CHARS_MAX: usize = 64;
/// Variables of one message, or values of one object, that a template tells apart; a text with more is kept
/// whole.
pub const TEMPLATE_SLOTS_MAX: usize = 254;
/// Longest template, bytes; a text of a longer one is kept whole.
pub const TEMPLATE_BYTES_MAX: usize = 16 << 10;
/// Templates of one split, and forms of attributes; what comes then is kept whole.
pub const TEMPLATES_MAX: usize = 65_536;
/// All templates of one split, bytes; what comes then is kept whole.
pub const TEMPLATES_BYTES_MAX: usize = 16 << 20;
/// Patterns of one tenant; what would be one more is in none, and counted as that.
pub const PATTERNS_MAX: usize = 20_000;
/// Patterns of as many words that begin with the same two; what would be one more joins the one that it is most
/// like.
pub const PATTERNS_ALIKE_MAX: usize = 256;
/// Skeletons that patterns of one tenant are made of; what is new then is in none.
pub const SKELETONS_MAX: usize = 100_000;
/// The same, all together, bytes.
pub const SKELETONS_BYTES_MAX: usize = 16 << 20;
/// Words of a skeleton; what comes then is one variable.
pub const PATTERN_WORDS_MAX: usize = 128;
/// Longest word of a skeleton, bytes; a longer one is a variable.
pub const PATTERN_WORD_BYTES_MAX: usize = 64;
/// A row that was received so much later than it was written came late, ns.
pub const LATE_NS: i64 = 2_000_000_000;
/// Ranges of time that are noted of late rows; of more the nearest are one.
pub const LATE_RANGES_MAX: usize = 16;
/// Shortest variable that a split's buckets know, bytes.
pub const BUCKET_VALUE_BYTES_MIN: usize = 3;
/// Counts by minute that a split keeps; with more it keeps none, and rows are counted.
pub const ROLLUP_ENTRIES_MAX: usize = 262_144;
/// One section of a split of records, or one frame of a block, inflated, bytes.
pub const SECTION_INFLATED_BYTES_MAX: usize = 256 << 20;
/// Shortest part of an expression that a split is searched for before the expression is tried, bytes.
pub const EXPRESSION_LITERAL_BYTES_MIN: usize = 3;
/// Values of one attribute in one block that are terms of a split's index; what comes then goes into buckets.
pub const BLOCK_VALUES_PER_KEY_MAX: usize = 16;
/// A frame of a block of records, inflated, bytes: a full batch's text, once more for what is written with it.
pub const BLOCK_FRAME_BYTES_MAX: usize = 4 * nilometer_model::limits::BATCH_TEXT_BYTES_MAX;
/// Rows of one block of a merged split.
pub const MERGED_BLOCK_ROWS_MAX: usize = 4_096;
/// Splits that are merged at once: a decoded block of each is in memory.
pub const MERGE_SPLITS_MAX: usize = 16;
/// Splits of records that are merged at once, all together, bytes: what comes of them is in memory.
pub const MERGE_RECORDS_BYTES_MAX: u64 = 64 << 20;
/// Splits of spans or of samples that are merged at once, all together, bytes: they are in memory decoded, some
/// fifteen times as much.
pub const MERGE_OTHERS_BYTES_MAX: u64 = 8 << 20;
/// Rules of retention: with the records that none fits, and three levels, this makes at most 48 classes.
pub const RETENTION_RULES_MAX: usize = 15;
/// Pins of one tenant.
pub const PINS_MAX: usize = 100;
/// A pin's name, bytes.
pub const PIN_NAME_BYTES_MAX: usize = 64;
/// How far ahead it is said when the disk will be full, days.
pub const FORECAST_DAYS_MAX: i64 = 3_650;
/// How far back it is looked for how much comes in, days.
pub const FORECAST_LOOKS_BACK_DAYS: i64 = 7;
/// So long after its end a day is closed: what it still gets is merged when it comes, ns.
pub const DAY_CLOSES_AFTER_NS: i64 = 15 * 60 * 1_000_000_000;
/// Objects that no commit names are kept for as long: a seal or a merge may still be on its way to naming
/// them, ns.
pub const ORPHAN_AGE_NS: i64 = 24 * 3_600 * 1_000_000_000;
/// Objects of which is known that a commit was to name them: three of a seal, up to 48 of a cut, and those of commits
/// that failed.
pub const ON_THE_WAY_MAX: usize = 1_000;
/// What a purge asks, bytes.
pub const PURGE_QUERY_BYTES_MAX: usize = 4 << 10;
/// Why somebody purges, bytes.
pub const PURGE_REASON_BYTES_MAX: usize = 1 << 10;
/// Purges of a tenant that are not ended: each is asked of every record that comes.
pub const PURGES_OPEN_MAX: usize = 64;
/// Purges of a tenant that are remembered; of those that are ended the oldest go.
pub const PURGES_KEPT_MAX: usize = 1_000;

/// Blocks that are in memory at once while a split is verified.
pub(crate) const VERIFIED_BLOCKS_AT_ONCE: usize = 32;
