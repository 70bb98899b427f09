//! The centre's numbers about itself. Names and meanings stand in docs/operating.md.

use metrics::{counter, gauge};
use nilometer_model::Timestamp;
use nilometer_store::{Gone, Merged, Outlook, Removal};

use crate::limits::LOG_BACKLOG_ENTRIES_MAX;

pub(crate) fn batch_durable(records: usize, bytes: usize, refused: usize) {
    counter!("nilometer_intake_batches_total").increment(1);
    counter!("nilometer_intake_records_total").increment(records as u64);
    counter!("nilometer_intake_bytes_total").increment(bytes as u64);
    counter!("nilometer_intake_refused_records_total").increment(refused as u64);
}

pub(crate) fn turned_back(why: &'static str) {
    counter!("nilometer_intake_turned_back_total", "reason" => why).increment(1);
}

pub(crate) fn indexed(new: usize, duplicates: usize) {
    counter!("nilometer_index_records_total").increment(new as u64);
    counter!("nilometer_index_duplicates_total").increment(duplicates as u64);
}

pub(crate) fn sealed(bytes: usize) {
    counter!("nilometer_index_seals_total").increment(1);
    counter!("nilometer_index_sealed_buffer_bytes_total").increment(bytes as u64);
}

pub(crate) fn failed(what: &'static str) {
    counter!("nilometer_index_failures_total", "what" => what).increment(1);
}

pub(crate) fn removed(why: Removal, gone: Gone) {
    let reason = why.name();
    let Gone { splits, bytes, rows } = gone;
    counter!("nilometer_index_removed_splits_total", "reason" => reason).increment(splits as u64);
    counter!("nilometer_index_removed_bytes_total", "reason" => reason).increment(bytes);
    counter!("nilometer_index_removed_rows_total", "reason" => reason).increment(rows);
}

/// What is not known is no number.
pub(crate) fn outlook(outlook: &Outlook, now: Timestamp) {
    let known = |number: Option<u64>| number.map_or(f64::NAN, |number| number as f64);
    gauge!("nilometer_store_bytes").set(outlook.bytes as f64);
    gauge!("nilometer_store_budget_bytes").set(known(outlook.budget_bytes));
    gauge!("nilometer_store_bytes_per_day").set(known(outlook.bytes_per_day));
    let left_s = outlook.full_at.map(|at| at.ms_since(now).max(0).unsigned_abs() / 1_000);
    gauge!("nilometer_store_full_seconds").set(known(left_s));
}

pub(crate) fn merged(merged: &Merged) {
    counter!("nilometer_index_merges_total").increment(1);
    counter!("nilometer_index_merged_splits_total").increment(merged.splits as u64);
    counter!("nilometer_index_merged_bytes_total").increment(merged.bytes);
}

pub(crate) fn purged(records: u64) {
    counter!("nilometer_index_purged_records_total").increment(records);
}

pub(crate) fn orphans_deleted(objects: usize) {
    counter!("nilometer_index_orphans_deleted_total").increment(objects as u64);
}

pub(crate) fn buffered(bytes: usize) {
    gauge!("nilometer_index_buffer_bytes").set(bytes as f64);
}

pub(crate) fn backlog(entries: u64) {
    gauge!("nilometer_index_backlog_entries").set(entries as f64);
    gauge!("nilometer_index_backlog_entries_max").set(LOG_BACKLOG_ENTRIES_MAX as f64);
}
