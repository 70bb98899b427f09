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
/// Compressed block bytes that one query reads before its answer is partial.
pub(crate) const QUERY_READ_BYTES: u64 = 16 << 30;
/// Memory that one query holds before it is refused, bytes.
pub(crate) const QUERY_MEMORY_BYTES: usize = 256 << 20;
/// Memory that all queries hold together before one more is told to come again, bytes.
pub(crate) const QUERIES_MEMORY_BYTES: usize = 256 << 20;
/// Pieces of [`PIECE_BLOCKS_MAX`] blocks that all queries hold together, as they were read.
pub(crate) const PIECES_HELD_MAX: usize = 4;
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
/// Different values of a group up to which `count_distinct` is exact.
pub(crate) const DISTINCT_EXACT_MAX: usize = 10_000;
/// Values that are remembered while different ones are counted, because they come again, bytes.
pub(crate) const DISTINCT_CACHE_BYTES: usize = 1 << 20;
/// Different attributes that are counted; records with more of them are refused.
pub(crate) const FIELDS_MAX: usize = 2_000;
/// Different values that are counted; a field with more of them is refused.
pub(crate) const VALUES_MAX: usize = 100_000;
/// Skeletons of no known pattern that one query counts, each by itself; what is of none of these is in no pattern
/// before the query is asked again.
pub(crate) const NEW_SKELETONS_MAX: usize = 10_000;
/// Documents that a tenant's patterns stand in, before one takes the place of all.
pub(crate) const PATTERN_LOTS_MAX: usize = 64;
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

/// A component fails when this share of its calls does.
pub(crate) const FAILING_SHARE: f64 = 0.20;
/// And until it is less than this.
pub(crate) const FAILING_LEAVE_SHARE: f64 = 0.10;
/// A component is degraded when this share of its calls fails.
pub(crate) const DEGRADED_SHARE: f64 = 0.05;
/// And until it is less than this.
pub(crate) const DEGRADED_LEAVE_SHARE: f64 = 0.025;
/// Failing calls below which nothing fails or is degraded.
pub(crate) const FAILING_ERRORS_MIN: u64 = 3;
/// Calls in the last [`RECENT_SLOTS`] that are enough to judge by them alone.
pub(crate) const RECENT_CALLS_MIN: u64 = 20;
/// The recent time, slots of 10 s.
pub(crate) const RECENT_SLOTS: i64 = 6;
/// Restarts that make a crash loop.
pub(crate) const CRASH_LOOP_RESTARTS_MIN: usize = 3;
/// When they lie within this, ms.
pub(crate) const CRASH_LOOP_WITHIN_MS: i64 = 600_000;
/// A crash loop is over after this without a restart, ms: Kubernetes waits 5 min at the most.
pub(crate) const CRASH_LOOP_OVER_MS: i64 = 360_000;
/// A component is never called silent before it pauses for so long, s: exporters send every 5 s, and are late.
pub(crate) const SILENT_AFTER_MIN_S: i64 = 30;
/// And for so many of its usual pauses.
pub(crate) const SILENT_AFTER_PAUSES: i64 = 5;
/// And for so many times the second longest of its pauses.
pub(crate) const SILENT_AFTER_SECOND_LONGEST: i64 = 3;
/// Seconds in which a component must have spoken before it can be silent.
pub(crate) const SILENT_SIGNS_MIN: usize = 10;
/// Time over which it must have spoken, s.
pub(crate) const SILENT_KNOWN_MIN_S: i64 = 60;
/// A component that was not heard for so long is asked whether its node is, ms.
pub(crate) const QUIET_MS: i64 = 15_000;
/// A node's collector is gone when it was not heard for so long, ms.
pub(crate) const COLLECTOR_GONE_MS: i64 = 15_000;
/// Something of a node counts as a sign of it beside its collector when it came so much later than the collector's
/// last, ms: what was on its way does not.
pub(crate) const SIGN_LATER_MS: i64 = 10_000;
/// And when it is not older than this, ms.
pub(crate) const SIGN_FRESH_MS: i64 = 60_000;
/// What a state is derived from reaches back so far at least, ns.
pub(crate) const HEALTH_HISTORY_NS: i64 = 3_600_000_000_000;
/// And so far at the most, however long the range is that is asked for, ns.
pub(crate) const HEALTH_HISTORY_MAX_NS: i64 = 24 * HEALTH_HISTORY_NS;
/// A component that was last heard before that is still listed when it was heard within this, ms.
pub(crate) const HEALTH_LISTED_MS: i64 = 86_400_000;
/// The window of `/health`, when the request does not say, s.
pub(crate) const HEALTH_WINDOW_DEFAULT_S: i64 = 300;
/// The shortest and the longest window, s.
pub(crate) const HEALTH_WINDOW_S: std::ops::RangeInclusive<i64> = 10..=3_600;
/// Points of a line over time.
pub(crate) const HEALTH_POINTS: i64 = 60;
/// Components of one answer; it says how many it left out.
pub(crate) const HEALTH_COMPONENTS_MAX: usize = 2_000;
/// Changes of one answer, the newest.
pub(crate) const HEALTH_CHANGES_MAX: usize = 50;
/// Failing calls whose callers are looked for.
pub(crate) const HEALTH_CALLERS_MAX: usize = 10_000;
/// Readings kept of one split or of the buffer; more of them are left out.
pub(crate) const HEALTH_READINGS_MAX: usize = 1_000_000;
/// Blocks of spans of a window that are held, bytes as stored: some 8 M spans. The newest split that comes over it
/// is the last.
pub(crate) const HEALTH_WINDOW_BYTES: usize = 128 << 20;
/// An answer younger than this is given again.
pub(crate) const HEALTH_FRESH: Duration = Duration::from_secs(1);
/// Answers that are kept for that.
pub(crate) const HEALTH_ANSWERS_MAX: usize = 32;
/// Answers that are made at once; others wait.
pub(crate) const HEALTH_AT_ONCE: usize = 2;
/// Splits of which is remembered what they say of health, per tenant: a day of them, of each kind.
pub(crate) const HEALTH_PARTS_MAX: usize = 1_000;
/// Blocks of a split that are folded in one piece.
pub(crate) const HEALTH_BLOCKS_AT_ONCE: usize = 64;
/// Spans up to which all durations are kept for quantiles; of more there is a sketch.
pub(crate) const EXACT_SPANS_MAX: u64 = 10_000_000;
/// Traces whose other blocks are read at once for the parents of spans of a graph: between two looks at the clock.
pub(crate) const TRACES_AT_ONCE: usize = 1_000;
/// So long behind a range spans of a trace that began in it are looked for before anything is known of it, ns.
pub(crate) const TRACE_REACH_NS: i64 = 600_000_000_000;

/// Nodes of one path that are shown: a path is looked at by people.
pub(crate) const PATH_NODES_MAX: usize = 1_000;
/// Paths of one answer; it says how many it left out.
pub(crate) const PATHS_MAX: usize = 2_000;
/// The part of a path's traces that is its slowest.
pub(crate) const SLOWEST_PER_CENT: usize = 1;
/// When that is fewer traces than this, one trace would decide:
pub(crate) const SLOWEST_TRACES_MIN: usize = 20;
/// then this part is the slowest.
pub(crate) const SLOWEST_WIDER_PER_CENT: usize = 5;
/// Different values of an attribute that traces are compared by; with more of them it is no kind but an id.
pub(crate) const COMPARED_VALUES_MAX: usize = 1_000;
/// Longest value that traces are compared by, bytes: what is longer is no kind but a text.
pub(crate) const COMPARED_VALUE_BYTES_MAX: usize = 256;
/// Attributes by which compared traces differ that one answer names.
pub(crate) const DIFFERENCES_MAX: usize = 100;
/// Groups of one answer to a rule; what comes then is left out, and the answer is not complete.
pub(crate) const RULE_GROUPS_MAX: usize = 10_000;
/// What one test of rules gives: lines, spans and samples.
pub(crate) const TEST_ROWS_MAX: u64 = 100_000;
/// Steps of one rule between two moments of a test.
pub(crate) const TEST_STEPS_MAX: i64 = 100_000;
/// Rules that a tenant has by the API.
pub(crate) const RULES_PER_TENANT_MAX: usize = 10_000;
/// Silences of a tenant, those that are over included until they are deleted.
pub(crate) const SILENCES_PER_TENANT_MAX: usize = 1_000;
/// Changes of alerts in one document of the history.
pub(crate) const HISTORY_CHUNK_LEN: u64 = 100;
/// Documents of the history that a tenant has: ten thousand changes.
pub(crate) const HISTORY_CHUNKS_MAX: u64 = 100;
/// How often it is looked which rules are due.
pub(crate) const RULE_TICK: Duration = Duration::from_secs(1);
/// A step sees what had been received so long after it: what was on its way then has come, ns.
pub(crate) const RULE_SETTLE_NS: i64 = nilometer_store::limits::LATE_NS;
/// And is evaluated so much later: what was received by then is in the Log, ns.
pub(crate) const RULE_UNDER_WAY_NS: i64 = 500_000_000;
/// How long a step waits for the index to have what the Log holds; then it sees less than its replay will.
pub(crate) const RULE_INDEX_WAIT: Duration = Duration::from_secs(5);
/// Steps of one rule that are made up for after a pause; behind a longer one it goes on with the last.
pub(crate) const RULE_CATCH_UP_STEPS: i64 = 20;
/// Such pauses that a replay knows of.
pub(crate) const RULE_PAUSES_MAX: usize = 500;
/// How often it is looked at what came late.
pub(crate) const RULE_LATE_EVERY: Duration = Duration::from_secs(60);
/// How far back steps are taken again when something came late, ns.
pub(crate) const RULE_LATE_BACK_NS: i64 = 6 * 3_600_000_000_000;
/// How long before what came late they begin, or for as long as the condition has to hold, ns.
pub(crate) const RULE_LATE_WARM_UP_NS: i64 = 600_000_000_000;
/// How long one look may take.
pub(crate) const RULE_LATE_TIME: Duration = Duration::from_secs(20);
/// Changes of a tenant's history that one look writes.
pub(crate) const RULE_LATE_CHANGES_MAX: usize = 100;
/// Rules that are evaluated at once.
pub(crate) const RULES_AT_ONCE: usize = 4;
/// How far back a rule about health looks for what is usual, ns.
pub(crate) const RULE_HEALTH_SHOWN_NS: i64 = 3_600_000_000_000;
/// The last points, which may be what is unusual.
pub(crate) const HEALTH_RISE_POINTS_LEFT_OUT: usize = 2;
/// Points that tell what is usual, at the least.
pub(crate) const HEALTH_RISE_POINTS_MIN: usize = 3;
/// How long a component is heard before an error that it never wrote is news, ns.
pub(crate) const NEW_ERROR_LEARNT_NS: i64 = 3_600_000_000_000;
/// How long an error is new, ns.
pub(crate) const NEW_ERROR_YOUNG_NS: i64 = 3_600_000_000_000;
/// A new error is told of while it was written within this, ns.
pub(crate) const NEW_ERROR_SAID_NS: i64 = 60_000_000_000;
/// How long a look at errors may take; what it did not come to is not learnt, and may be told as new later.
pub(crate) const NEW_ERROR_TIME: Duration = Duration::from_secs(5);
/// What is told of a new error's text, characters.
pub(crate) const NEW_ERROR_TEMPLATE_CHARS_MAX: usize = 200;
/// Steps of one replay: 30 days of one every 15 s.
pub(crate) const REPLAY_STEPS_MAX: i64 = 180_000;
/// Ranges of time in which a replay looks at receipts; of more the nearest are one.
pub(crate) const REPLAY_LATE_RANGES_MAX: usize = 64;
/// How long a replay may take.
pub(crate) const REPLAY_TIME: Duration = Duration::from_secs(60);
/// Deliveries of a tenant that are kept, dead letters among them.
pub(crate) const DELIVERIES_MAX: usize = 1_000;
/// Groups and bins of one answer that a replay is told from; with more it asks step by step.
pub(crate) const REPLAY_ROWS_MAX: usize = 1_000_000;
