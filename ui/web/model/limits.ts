// Every limit of the web app, with its unit.

/** Rows asked for at a time. */
export const PAGE_ROWS = 500
/** Most rows kept in the list; beyond it a search must be narrowed, and a tail lets go of its oldest. */
export const LIST_ROWS_MAX = 20_000
/** Most rows kept while a tail is paused; beyond it going on means asking the server again. */
export const WAITING_ROWS_MAX = 5_000
/** Longest message shown in a row, characters; the detail shows all of it. */
export const ROW_CHARS_MAX = 2_000
/** Longest message that is looked into for an inner JSON message, characters. */
export const JSON_CHARS_MAX = 16_384
/** How often an empty server is asked whether something has arrived, milliseconds. */
export const EMPTY_POLL_MS = 2_000
