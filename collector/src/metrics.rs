//! The collector's own numbers. Names and units stand here and nowhere else.

use std::time::Duration;

use metrics::{counter, gauge, histogram};
use nilometer_model::Reason;

/// A batch was sent, for the first time or again.
pub(crate) fn attempt() {
    counter!("nilometer_collector_attempts_total").increment(1);
}

/// A batch was acknowledged.
pub(crate) fn accepted(bytes: u64) {
    counter!("nilometer_collector_accepted_total").increment(1);
    counter!("nilometer_collector_accepted_bytes_total").increment(bytes);
}

/// Admission turned records away.
pub(crate) fn refused(records: usize) {
    counter!("nilometer_collector_refused_records_total").increment(records as u64);
}

/// A batch that nobody took as it was has been cut.
pub(crate) fn cut() {
    counter!("nilometer_collector_cut_batches_total").increment(1);
}

/// Records were frozen.
pub(crate) fn read(records: usize, bytes: u64) {
    counter!("nilometer_collector_read_records_total").increment(records as u64);
    counter!("nilometer_collector_read_bytes_total").increment(bytes);
}

/// Bytes of a body were handed to the network, for the first time or again.
pub(crate) fn sent(bytes: u64) {
    counter!("nilometer_collector_sent_bytes_total").increment(bytes);
}

/// A connection to an intake stands.
pub(crate) fn connected() {
    counter!("nilometer_collector_connections_total").increment(1);
}

/// From a request's first byte to its answer's head.
pub(crate) fn round_trip(took: Duration) {
    histogram!("nilometer_collector_round_trip_seconds").record(took);
}

/// Another intake is spoken to from now on.
pub(crate) fn turned() {
    counter!("nilometer_collector_failovers_total").increment(1);
}

/// How long the queue is, and how old its oldest batch: what an autoscaler looks at.
pub(crate) fn lagging(unacknowledged: usize, lag_s: f64) {
    gauge!("nilometer_collector_unacknowledged_batches").set(unacknowledged as f64);
    gauge!("nilometer_collector_lag_seconds").set(lag_s);
}

/// What the spool holds.
pub(crate) fn spooled(batches: usize, bytes: u64) {
    gauge!("nilometer_collector_spooled_batches").set(batches as f64);
    gauge!("nilometer_collector_spooled_bytes").set(bytes as f64);
}

/// Records were dropped on purpose.
pub(crate) fn shed(reason: Reason, records: u64) {
    counter!("nilometer_collector_shed_records_total", "reason" => reason.name())
        .increment(records);
}

/// The spool could not be written.
pub(crate) fn spool_failure() {
    counter!("nilometer_collector_spool_failures_total").increment(1);
}

/// Samples that were measured and not taken, or not measured for their number.
pub(crate) fn samples_missed(samples: usize) {
    counter!("nilometer_collector_missed_samples_total").increment(samples as u64);
}

/// A line was longer than a record may be, and was cut.
pub(crate) fn truncated_line() {
    counter!("nilometer_collector_truncated_lines_total").increment(1);
}

/// A line was not as its runtime writes lines.
pub(crate) fn malformed_line() {
    counter!("nilometer_collector_malformed_lines_total").increment(1);
}

/// A stretch of a file was declared lost; `bytes`, as far as it is known.
pub(crate) fn lost_range(bytes: u64) {
    counter!("nilometer_collector_lost_ranges_total").increment(1);
    counter!("nilometer_collector_lost_bytes_total").increment(bytes);
}

/// The kernel dropped file system events.
pub(crate) fn event_overflow() {
    counter!("nilometer_collector_event_overflows_total").increment(1);
}

/// Log directories that no events come from.
pub(crate) fn unwatched(directories: usize) {
    gauge!("nilometer_collector_unwatched_directories").set(directories as f64);
}

/// A disk took long to answer; other files were read meanwhile.
pub(crate) fn stalled_read() {
    counter!("nilometer_collector_stalled_reads_total").increment(1);
}

/// Files that are held open.
pub(crate) fn open_files(files: usize) {
    gauge!("nilometer_collector_open_files").set(files as f64);
}

/// A file could not be opened because too many are.
pub(crate) fn open_failure() {
    counter!("nilometer_collector_open_failures_total").increment(1);
}

/// Pods of the node that are known.
pub(crate) fn pods_known(pods: usize) {
    gauge!("nilometer_collector_pods").set(pods as f64);
}

/// A pod was one too many to be known.
pub(crate) fn pod_left_out() {
    counter!("nilometer_collector_missed_pods_total").increment(1);
}

/// What is known of a container did not fit into its attributes.
pub(crate) fn attribute_left_out() {
    counter!("nilometer_collector_missed_attributes_total").increment(1);
}

/// The list of pods or containers was asked for anew.
pub(crate) fn listed(api: &'static str) {
    counter!("nilometer_collector_lists_total", "api" => api).increment(1);
}

/// A watch of pods or containers was begun.
pub(crate) fn watched(api: &'static str) {
    counter!("nilometer_collector_watches_total", "api" => api).increment(1);
}

/// An API did not answer, or not what it should.
pub(crate) fn api_failure(api: &'static str) {
    counter!("nilometer_collector_api_failures_total", "api" => api).increment(1);
}

/// A container's first lines went on by what its path says, after the wait.
pub(crate) fn named_by_path() {
    counter!("nilometer_collector_named_by_path_total").increment(1);
}

/// Secrets of files' records were replaced.
pub(crate) fn redacted<'a>(counted: impl Iterator<Item = (&'a str, u64)>) {
    for (kind, count) in counted {
        counter!("nilometer_collector_redacted_total", "kind" => kind.to_owned()).increment(count);
    }
}
