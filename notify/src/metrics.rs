//! What notifying says of itself.
//!
//! ```text
//! nilometer_notify_delivered_total{destination}     notices that were taken
//! nilometer_notify_failed_total{destination}        attempts that were not
//! nilometer_notify_dead_total{destination}          notices that were given up
//! ```

use metrics::counter;

/// A notice was taken.
pub(crate) fn delivered(destination: &str) {
    counter!("nilometer_notify_delivered_total", "destination" => destination.to_owned())
        .increment(1);
}

/// An attempt failed.
pub(crate) fn failed(destination: &str) {
    counter!("nilometer_notify_failed_total", "destination" => destination.to_owned()).increment(1);
}

/// A notice was given up.
pub(crate) fn dead(destination: &str) {
    counter!("nilometer_notify_dead_total", "destination" => destination.to_owned()).increment(1);
}
