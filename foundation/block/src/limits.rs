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
