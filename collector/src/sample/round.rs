//! The samples of one round, as they are found.
//!
//! Invariant: all have one time, and there are at most as many as a round may have.

use std::sync::Arc;

use nilometer_model::{Origin, SampleKind, SampleRef, Samples, Timestamp};

use crate::limits::SERIES_MAX;
use crate::metrics;

/// A round under way.
#[derive(Debug)]
pub(super) struct Round {
    time: Timestamp,
    samples: Samples,
    /// What tells the next samples apart from others of their names.
    attributes: String,
    left_out: usize,
}

impl Round {
    pub(super) fn new(time: Timestamp) -> Self {
        Self { time, samples: Samples::default(), attributes: String::new(), left_out: 0 }
    }

    /// What the samples to come are about; an empty value says nothing.
    pub(super) fn label(&mut self, key: &str, value: &str) {
        self.attributes.clear();
        if !value.is_empty() {
            self.attributes = serde_json::json!({ key: value }).to_string();
        }
    }

    /// What there is now, if that is known.
    pub(super) fn gauge(
        &mut self,
        origin: &Arc<Origin>,
        name: (&'static str, &'static str),
        value: impl Into<Option<f64>>,
    ) {
        if let Some(value) = value.into() {
            self.push(origin, name, (SampleKind::Gauge, value));
        }
    }

    /// What has come together so far, if that is known.
    pub(super) fn counter(
        &mut self,
        origin: &Arc<Origin>,
        name: (&'static str, &'static str),
        value: impl Into<Option<u64>>,
    ) {
        if let Some(value) = value.into() {
            self.push(origin, name, (SampleKind::Counter, value as f64));
        }
    }

    fn push(
        &mut self,
        origin: &Arc<Origin>,
        (name, unit): (&'static str, &'static str),
        (kind, value): (SampleKind, f64),
    ) {
        if self.samples.len() >= SERIES_MAX {
            self.left_out += 1;
            return;
        }
        self.samples.push(SampleRef {
            origin,
            name,
            unit,
            time: self.time,
            value,
            kind,
            attributes: &self.attributes,
            position: 0,
            received: Timestamp(0),
        });
    }

    pub(super) fn end(self) -> Samples {
        if self.left_out > 0 {
            metrics::samples_missed(self.left_out);
        }
        self.samples
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_has_so_many_series_and_not_one_more() {
        let origin = Arc::new(Origin::default());
        for (pushed, kept) in [(SERIES_MAX, SERIES_MAX), (SERIES_MAX + 1, SERIES_MAX)] {
            let mut round = Round::new(Timestamp(1));
            (0..pushed).for_each(|n| round.counter(&origin, ("node.disk.read", "bytes"), n as u64));
            assert_eq!((round.left_out, round.end().len()), (pushed - kept, kept));
        }
    }
}
