//! Every limit of the query side, with its unit.

use std::time::Duration;

/// Longest query text, bytes.
pub(crate) const QUERY_BYTES_MAX: usize = 16 << 10;
/// Deepest nesting of parentheses and negations in a query.
pub(crate) const QUERY_DEPTH_MAX: usize = 64;
/// Pipes of one query.
pub(crate) const QUERY_PIPES_MAX: usize = 16;
/// Calls, keys or columns that one pipe names.
pub(crate) const PIPE_NAMES_MAX: usize = 32;
/// Terms of one query: each is looked for in every block that is read, and only between blocks time is looked at.
pub(crate) const QUERY_TERMS_MAX: usize = 256;
/// Regular expressions and wildcards of one query: each may take [`REGEX_BYTES_MAX`] and a while to compile.
pub(crate) const QUERY_REGEXES_MAX: usize = 64;
/// Longest name, in characters, for which the one that was probably meant is looked for.
pub(crate) const SUGGESTED_CHARS_MAX: usize = 64;
/// Rows of one table: what `limit` and `top` may ask for, and a request.
pub(crate) const QUERY_ROWS_MAX: usize = 1_000_000;
/// Rows of one table, when the request does not say.
pub(crate) const QUERY_ROWS_DEFAULT: usize = 1_000;
/// Attributes that have a column of their own when records are shown with all their fields.
pub(crate) const ATTRIBUTE_COLUMNS_MAX: usize = 100;
/// Rows of a table that are grouped between two looks at the memory.
pub(crate) const GROUPED_ROWS_AT_ONCE: usize = 4_096;
/// Bins that `histogram` makes at the most.
pub(crate) const HISTOGRAM_BINS_MAX: u64 = 100_000;
/// Bins that `histogram` makes at the most when it chooses their length.
pub(crate) const HISTOGRAM_NICE_BINS_MAX: u64 = 60;
/// Memory that one compiled regular expression may take, bytes.
pub(crate) const REGEX_BYTES_MAX: usize = 1 << 20;
/// Queries of which is remembered what they found in blocks.
pub(crate) const FILTERS_CACHED: usize = 16;
/// What is remembered of one query, bytes: a bit for each row, and a little for each block.
pub(crate) const FILTER_CACHE_BYTES: usize = 1 << 20;
/// Longest word that is looked up in a split's index, bytes; longer ones are only searched for.
pub(crate) const INDEXED_WORD_BYTES_MAX: usize = 64;
/// Compressed block bytes that one query reads before its answer is partial.
pub(crate) const QUERY_READ_BYTES: u64 = 16 << 30;
/// Memory that one query holds before it is refused, bytes.
pub(crate) const QUERY_MEMORY_BYTES: usize = 256 << 20;
/// How long one query runs before its answer is partial.
pub(crate) const QUERY_TIME: Duration = Duration::from_secs(10);
/// Blocks read and scanned in one piece, at first; doubles up to [`PIECE_BLOCKS_MAX`].
pub(crate) const PIECE_BLOCKS_MIN: usize = 4;
/// Blocks read and scanned in one piece, at the most: the delay between two looks at the limits, and half of the
/// blocks that are held, for the next piece is read meanwhile.
pub(crate) const PIECE_BLOCKS_MAX: usize = 32;
/// A piece that takes longer than this is followed by a smaller one.
pub(crate) const PIECE_TIME: Duration = Duration::from_millis(250);
/// Records in one page of an export.
pub(crate) const EXPORT_PAGE_ROWS: usize = 10_000;
/// Different attributes that are counted; records with more of them are refused.
pub(crate) const FIELDS_MAX: usize = 2_000;
/// Different values that are counted; a field with more of them is refused.
pub(crate) const VALUES_MAX: usize = 100_000;
/// What completion offers at once.
pub(crate) const COMPLETE_ITEMS_MAX: usize = 20;
/// Different names or values that completion remembers.
pub(crate) const COMPLETE_NAMES_MAX: usize = 2_000;
/// Records that completion looks through, the newest first.
pub(crate) const COMPLETE_ROWS: u64 = 100_000;
/// How long completion looks through records.
pub(crate) const COMPLETE_TIME: Duration = Duration::from_millis(30);
/// Keys that a histogram with `by` names; the rest is `other`.
pub(crate) const HISTOGRAM_KEYS: usize = 10;
/// Most buckets of a histogram.
pub(crate) const HISTOGRAM_BUCKETS_MAX: usize = 1_000;
