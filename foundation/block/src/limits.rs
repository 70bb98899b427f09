//! What a block may hold at most. Larger ones are not decoded; whoever encodes keeps to these.

use nilometer_model::limits::{
    BATCH_RECORDS_MAX, BATCH_SOURCES_MAX, BATCH_TEXT_BYTES_MAX, NAME_BYTES_MAX,
};

/// Rows of one block, be it a batch's or a split's.
pub const ROWS_MAX: usize = BATCH_RECORDS_MAX;
/// Bytes of one text column, inflated: a batch is frozen after the record that filled it.
pub const TEXT_BYTES_MAX: usize = 2 * BATCH_TEXT_BYTES_MAX;
/// Bytes of the origins and their runs, inflated: six names each, and a run per row.
pub const ORIGINS_BYTES_MAX: usize =
    BATCH_SOURCES_MAX * (6 * NAME_BYTES_MAX + 64) + ROWS_MAX * RUN_BYTES_MAX;
/// Bytes of one run of rows of one origin: two varints.
const RUN_BYTES_MAX: usize = 6;
/// Parts of one text that a dense block tells apart; what is behind them is told as it is.
pub const SLOTS_MAX: usize = 200;
/// Bytes of a number or a hexadecimal one that are told as one; the length stands in a byte.
pub const VARIABLE_BYTES_MAX: usize = 254;
/// All streams of a dense block, inflated: four times a full batch's text, and 64 bytes per row.
pub const STREAMS_BYTES_MAX: usize = 4 * BATCH_TEXT_BYTES_MAX + 64 * ROWS_MAX;
/// Looks for a template's text in the table of an encoder; after as many the text is taken for a new one.
pub(crate) const PROBES_MAX: usize = 64;
/// Templates that an encoder remembers from block to block, bytes of their texts; with more it begins anew.
pub(crate) const TEMPLATES_KEPT_BYTES_MAX: usize = 2 << 20;
/// Bytes of a text that a context model knows by number; a block with a longer one is not told by it.
pub const CONTEXT_PHRASE_BYTES_MAX: usize = 64 << 10;
/// Slots, of all templates and forms, whose last value a context model remembers; no more can be told.
pub const CONTEXT_SLOTS_MAX: usize = 16 << 10;
/// Streams of a block that is told by a context model, bytes: what is larger refers to itself.
pub const CONTEXT_STREAMS_BYTES_MAX: usize = 256 << 10;
/// How far into a message a value of its attributes is looked for, bytes.
pub(crate) const PLACE_LOOK_BYTES_MAX: usize = 4 << 10;
