//! What the query service says of itself.
//!
//! ```text
//! nilometer_http_requests_total{route,status}       answers, by route of the table ("page" for the rest)
//! nilometer_http_request_seconds{route}             until the answer's head is sent
//! nilometer_query_rows_scanned_total                rows that queries looked at
//! nilometer_tail_records_skipped_total              records that live tails were too slow for
//! ```
//! Invariant: labels come from our own table, never from what a request says.

use std::time::Duration;

use metrics::{counter, histogram};

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
