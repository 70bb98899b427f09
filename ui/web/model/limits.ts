// Every limit of the web app, with its unit.

/** Rows with which a tail begins. */
export const PAGE_ROWS = 500
/** Most rows that a tail keeps; beyond it, it lets go of its oldest. */
export const TAIL_ROWS_MAX = 10_000
/** Most rows kept while a tail is paused; beyond it going on means asking the server again. */
export const WAITING_ROWS_MAX = 5_000
/** Longest message shown in a row, characters; the detail shows all of it. */
export const ROW_CHARS_MAX = 2_000
/** Longest message that is looked into for an inner JSON message, characters. */
export const JSON_CHARS_MAX = 16_384
/** How often an empty server is asked whether something has arrived, milliseconds. */
export const EMPTY_POLL_MS = 2_000
/** How long the first key of a sequence waits for the second, milliseconds. */
export const SEQUENCE_MS = 1_500

/** Lines fetched at a time for the list; a stretch of time that holds more is counted finer first. */
export const LEAF_ROWS = 500
/** Newest lines asked for beside the first counting, so that something is there to read at once. */
export const FIRST_ROWS = 100
/** Lines that one answer of the server may hold; needed where that many bear the same nanosecond. */
export const PAGE_ROWS_MAX = 5_000
/** Lines kept for the list; what is farthest from what is read is let go. */
export const ROWS_KEPT_MAX = 20_000
/** Buckets of one counting, as the server allows. */
export const SPLIT_BUCKETS_MAX = 1_000
/** Requests of the list that are under way at once. */
export const LIST_REQUESTS_MAX = 4
/** A jump of the list that follows another one within this time is a fling, milliseconds. */
export const SETTLE_MS = 80
/** Highest element that every browser still draws right, pixels; a longer list is scaled. */
export const SCROLL_PX_MAX = 8_000_000
/** At each end of a scaled list so much is not scaled, pixels. */
export const SCROLL_EDGE_PX = 1_000_000
/** The shortest time between two sentences that are said aloud, milliseconds. */
export const ANNOUNCE_EVERY_MS = 10_000
/** Most queries that the browser remembers. */
export const RECENT_QUERIES_MAX = 20
/** Longest query that is remembered, characters. */
export const QUERY_CHARS_MAX = 1_000
/** Most entries that the palette shows at a time. */
export const FOUND_MAX = 40
/** Most components that the palette knows. */
export const PALETTE_COMPONENTS_MAX = 200
/** How long typing must rest before the palette asks the server, milliseconds. */
export const PALETTE_REST_MS = 120
/** How long a toast stays, milliseconds. */
export const TOAST_MS = 1_600
/** Most lines of a wrapped row; the detail shows all of the message. */
export const WRAP_LINES_MAX = 40
/** Lines around a line that are fetched at a time. */
export const AROUND_ROWS = 100
/** Lines around a line that are kept. */
export const AROUND_ROWS_MAX = 10_000
/** An export without a file to stream into is held in memory; beyond this it is refused, bytes. */
export const EXPORT_HELD_BYTES_MAX = 256 << 20
/** How often an export that broke off is taken up again. */
export const EXPORT_ATTEMPTS_MAX = 5
/** Fields beside the list, severity not counted. */
export const FACET_FIELDS_MAX = 9
/** Values of a field that are counted; of more it is only said that there are more. */
export const FACET_VALUES_MAX = 100
/** A click on a time shows so much before and after it, milliseconds. */
export const AROUND_TIME_MS = 30_000
/** Lines that the detail shows before and after its own. */
export const DETAIL_CONTEXT_ROWS = 3
/** Rows of a table that a piped query makes; of more only these are shown, and that is said. */
export const TABLE_ROWS_MAX = 10_000
/** Patterns that are asked for; of more only the commonest are shown, and that is said. */
export const PATTERNS_MAX = 1_000
/** Patterns of the first page of the list. */
export const PATTERN_ROWS = 100
/** How long before the range a pattern may have been seen for the last time and is not new, milliseconds. */
export const USUAL_MS = 7 * 86_400_000
/** Points of a line beside a pattern, about. */
export const SPARK_POINTS = 40
/** Lines of the chart over a table; beyond it the largest are drawn. */
export const SERIES_MAX = 8
/** How often the chart beside a tail counts again, milliseconds. */
export const TAIL_COUNT_MS = 5_000
/** A trace with more spans is folded where nothing failed. */
export const FOLD_SPANS = 500
/** Most spans of a trace that are fetched; of more only these are shown, and that is said. */
export const TRACE_SPANS_MAX = 200_000
/** Most lines of a trace in its list; the Logs page has all of them. */
export const TRACE_LINES_MAX = 1_000
/** Lines of a trace may be written so long before and after it. */
export const TRACE_LINES_AROUND_MS = 60_000
/** A waterfall with fewer rows shows the lines of its trace below. */
export const LINES_BELOW_ROWS = 24
/** Lines of a span that its detail shows. */
export const SPAN_LINES_MAX = 9
/** Traces asked for at a time. */
export const TRACES_PAGE = 1_000
/** Most traces kept on the page; the answer beyond them is asked for by narrowing. */
export const TRACES_MAX = 10_000
/** How often the board of health is asked for again, milliseconds. */
export const HEALTH_POLL_MS = 5_000
/** A board that came longer ago is said to be old, milliseconds. */
export const HEALTH_STALE_MS = 15_000
/** A skeleton is shown when nothing has come for so long, milliseconds. */
export const SKELETON_AFTER_MS = 150
/** Changes that are listed beside the board. */
export const CHANGES_SHOWN_MAX = 12
/** How often what fires, the rules and the silences are asked for again, milliseconds. */
export const ALERTS_POLL_MS = 5_000
/** How often every page asks how many alerts fire. */
export const FIRING_POLL_MS = 15_000
/** Lines of the alerts' history asked for at a time. */
export const ALERT_HISTORY_PAGE = 200
/** Rows of a replay's chart, one for each on whom it fires; the rest share the last. */
export const REPLAY_ROWS_MAX = 12
/** Firings of a replay that are listed; the chart and the sentence have all. */
export const REPLAY_LISTED_MAX = 200
/** Services that the graph shows; of more, those with the most calls. */
export const GRAPH_SERVICES_MAX = 60
/** Entries that the Paths page lists. */
export const ENTRIES_MAX = 50
