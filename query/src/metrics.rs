//! What the query service says of itself.
//!
//! ```text
//! nilometer_http_requests_total{route,status}       answers, by route of the table ("page" for the rest)
//! nilometer_http_request_seconds{route}             until the answer's head is sent
//! nilometer_query_rows_scanned_total                rows that queries looked at
//! nilometer_tail_records_skipped_total              records that live tails were too slow for
//! nilometer_rules_evaluated_total                   steps of rules
//! nilometer_rules_seconds                           all that were due at once
//! nilometer_rules_lag_seconds                       how long after its step the last one was evaluated
//! nilometer_rules_failed_total                      steps without an answer
//! nilometer_rules_not_committed_total               turns whose changes were not committed
//! ```
//! Invariant: labels come from our own table, never from what a request says.

use std::time::Duration;

use metrics::{counter, gauge, histogram};

/// An answer is on its way.
pub(crate) fn answered(route: &'static str, status: u16, elapsed: Duration) {
    counter!("nilometer_http_requests_total", "route" => route, "status" => status.to_string())
        .increment(1);
    histogram!("nilometer_http_request_seconds", "route" => route).record(elapsed.as_secs_f64());
}

/// A query looked at this many rows.
pub(crate) fn scanned(rows: u64) {
    counter!("nilometer_query_rows_scanned_total").increment(rows);
}

/// A live tail was too slow for this many records.
pub(crate) fn skipped(records: u64) {
    counter!("nilometer_tail_records_skipped_total").increment(records);
}

/// So many rules took their steps, in so long.
pub(crate) fn rules_evaluated(rules: usize, elapsed: Duration) {
    counter!("nilometer_rules_evaluated_total").increment(rules as u64);
    histogram!("nilometer_rules_seconds").record(elapsed.as_secs_f64());
}

/// How long after the last step that was.
pub(crate) fn rules_lag(ms: i64) {
    #[expect(clippy::cast_precision_loss, reason = "a lag lies far below 2^53 ms")]
    gauge!("nilometer_rules_lag_seconds").set(ms as f64 / 1_000.0);
}

/// A step had no answer.
pub(crate) fn rule_failed() {
    counter!("nilometer_rules_failed_total").increment(1);
}

/// What steps found was not committed.
pub(crate) fn rules_not_committed() {
    counter!("nilometer_rules_not_committed_total").increment(1);
}

/// Steps were taken before the index had what the Log holds.
pub(crate) fn rules_before_index() {
    counter!("nilometer_rules_before_index_total").increment(1);
}

/// Rules that a look at what came late did not come to.
pub(crate) fn rules_late_skipped(rules: usize) {
    counter!("nilometer_rules_late_skipped_total").increment(rules as u64);
}
