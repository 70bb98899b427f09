//! Histograms: their buckets as counts of all values up to a bound.

use nilometer_model::SampleKind;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::{ExponentialHistogramDataPoint, HistogramDataPoint};

use super::{Reading, count};
use crate::decoded::{RejectReason, within};
use crate::limits::BUCKETS_PER_POINT_MAX;

/// The readings of a histogram whose bounds are given.
pub(super) fn explicit(
    at: &HistogramDataPoint,
    kind: SampleKind,
) -> Result<Vec<Reading>, RejectReason> {
    let (counts, bounds) = (&at.bucket_counts, &at.explicit_bounds);
    within("buckets", counts.len(), "of them", BUCKETS_PER_POINT_MAX)?;
    if !counts.is_empty() && counts.len() != bounds.len() + 1 {
        let (counts, bounds) = (counts.len(), bounds.len());
        let reason = format!("{counts} bucket counts for {bounds} bounds, want one more");
        return Err(RejectReason::Unreadable(reason));
    }
    let mut readings = totals(at.count, (at.sum, at.min, at.max), kind);
    let mut values: u64 = 0;
    for (bound, more) in bounds.iter().zip(counts) {
        values = values.saturating_add(*more);
        readings.push(bucket(*bound, values, kind));
    }
    if !counts.is_empty() {
        readings.push(last(at.count, kind));
    }
    Ok(readings)
}

/// The readings of a histogram whose bounds are powers of `2^(2^-scale)`; empty buckets are left out.
pub(super) fn exponential(
    at: &ExponentialHistogramDataPoint,
    kind: SampleKind,
) -> Result<Vec<Reading>, RejectReason> {
    let none = Buckets::default();
    let negative = at.negative.as_ref().unwrap_or(&none);
    let positive = at.positive.as_ref().unwrap_or(&none);
    let buckets = negative.bucket_counts.len().saturating_add(positive.bucket_counts.len());
    within("buckets", buckets, "of them", BUCKETS_PER_POINT_MAX)?;
    let mut readings = totals(at.count, (at.sum, at.min, at.max), kind);
    let power = |index: f64| (index * (-f64::from(at.scale)).exp2()).exp2();
    let mut values: u64 = 0;
    let mut push = |bound: f64, more: u64| {
        values = values.saturating_add(more);
        if more > 0 && bound.is_finite() {
            readings.push(bucket(bound, values, kind));
        }
    };
    for (index, more) in indexed(negative).rev() {
        push(-power(index), more);
    }
    push(at.zero_threshold, at.zero_count);
    for (index, more) in indexed(positive) {
        push(power(index + 1.0), more);
    }
    readings.push(last(at.count, kind));
    Ok(readings)
}

/// The buckets with their index, from the lowest.
fn indexed(buckets: &Buckets) -> impl DoubleEndedIterator<Item = (f64, u64)> {
    let offset = i64::from(buckets.offset);
    let counts = buckets.bucket_counts.iter().enumerate();
    counts.map(move |(place, more)| {
        (super::double(offset.saturating_add_unsigned(place as u64)), *more)
    })
}

fn totals(
    values: u64,
    (sum, min, max): (Option<f64>, Option<f64>, Option<f64>),
    kind: SampleKind,
) -> Vec<Reading> {
    let mut readings = vec![Reading::new("_count", kind, count(values))];
    readings.extend(sum.map(|sum| Reading::new("_sum", kind, sum)));
    readings.extend(min.map(|min| Reading::new("_min", SampleKind::Gauge, min)));
    readings.extend(max.map(|max| Reading::new("_max", SampleKind::Gauge, max)));
    readings
}

fn bucket(bound: f64, values: u64, kind: SampleKind) -> Reading {
    Reading {
        label: Some(("le", bound.to_string())),
        ..Reading::new("_bucket", kind, count(values))
    }
}

fn last(values: u64, kind: SampleKind) -> Reading {
    let label = Some(("le", "+Inf".to_owned()));
    Reading { label, ..Reading::new("_bucket", kind, count(values)) }
}
