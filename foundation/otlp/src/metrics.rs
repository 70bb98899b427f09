//! Metrics as samples.
//!
//! | data point | samples |
//! |---|---|
//! | gauge; sum that may fall | NAME, a gauge |
//! | sum that only rises | NAME, a counter |
//! | histogram of either kind | NAME_count, NAME_sum, NAME_bucket with attribute `le` (all values up to it; the last is `+Inf`), counters; NAME_min, NAME_max, gauges |
//! | summary | NAME_count, NAME_sum, counters; NAME with attribute `quantile`, gauges |
//!
//! Where the sender counts anew for each report (delta temporality), counters are deltas instead. A point that
//! says that it has no value gives no sample. Invariant: of a point all samples are taken, or none.

mod buckets;

use nilometer_model::limits::NAME_BYTES_MAX;
use nilometer_model::{SampleKind, SampleRef, Timestamp};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, DataPointFlags, Metric, NumberDataPoint, SummaryDataPoint,
};

use crate::attributes::Object;
use crate::decoded::{RejectReason, within};
use crate::limits::BUCKETS_PER_POINT_MAX;
use crate::reader::{Raw, Reader};

/// What a data point says in common with all others.
struct Point<'a> {
    attributes: &'a [KeyValue],
    time_unix_nano: u64,
    flags: u32,
}

/// One sample to be, of a point.
struct Reading {
    /// What is appended to the metric's name.
    suffix: &'static str,
    /// What tells it from others of that name.
    label: Option<(&'static str, String)>,
    kind: SampleKind,
    value: f64,
}

impl Reading {
    fn new(suffix: &'static str, kind: SampleKind, value: f64) -> Self {
        Self { suffix, label: None, kind, value }
    }
}

/// Takes all points of a metric, each under an index of its own.
pub(crate) fn take(reader: &mut Reader<'_>, raw: Raw<'_>) {
    let read = raw.read::<Metric>().and_then(|metric| name_within(&metric).map(|()| metric));
    let metric = match read {
        Ok(metric) => metric,
        Err(reason) => return reader.settle(Err(reason)),
    };
    let Some(data) = &metric.data else { return };
    match data {
        Data::Gauge(gauge) => {
            numbers(reader, &metric, &gauge.data_points, SampleKind::Gauge);
        }
        Data::Sum(sum) => {
            let kind = match counted(sum.aggregation_temporality) {
                SampleKind::Counter if !sum.is_monotonic => SampleKind::Gauge,
                kind => kind,
            };
            numbers(reader, &metric, &sum.data_points, kind);
        }
        Data::Histogram(histogram) => {
            let kind = counted(histogram.aggregation_temporality);
            for at in &histogram.data_points {
                let (time_unix_nano, flags) = (at.time_unix_nano, at.flags);
                let point = Point { attributes: &at.attributes, time_unix_nano, flags };
                let taken = buckets::explicit(at, kind)
                    .and_then(|readings| point_taken(reader, &metric, &point, readings));
                reader.settle(taken);
            }
        }
        Data::ExponentialHistogram(histogram) => {
            let kind = counted(histogram.aggregation_temporality);
            for at in &histogram.data_points {
                let (time_unix_nano, flags) = (at.time_unix_nano, at.flags);
                let point = Point { attributes: &at.attributes, time_unix_nano, flags };
                let taken = buckets::exponential(at, kind)
                    .and_then(|readings| point_taken(reader, &metric, &point, readings));
                reader.settle(taken);
            }
        }
        Data::Summary(summary) => {
            for at in &summary.data_points {
                let (time_unix_nano, flags) = (at.time_unix_nano, at.flags);
                let point = Point { attributes: &at.attributes, time_unix_nano, flags };
                let taken = quantiles(at)
                    .and_then(|readings| point_taken(reader, &metric, &point, readings));
                reader.settle(taken);
            }
        }
    }
}

fn name_within(metric: &Metric) -> Result<(), RejectReason> {
    /// Of the names that points add.
    const SUFFIX_BYTES_MAX: usize = "_bucket".len();
    within("name", metric.name.len(), "bytes", NAME_BYTES_MAX - SUFFIX_BYTES_MAX)?;
    within("unit", metric.unit.len(), "bytes", NAME_BYTES_MAX)
}

/// How what is counted is to be read.
fn counted(temporality: i32) -> SampleKind {
    if temporality == AggregationTemporality::Delta as i32 {
        SampleKind::Delta
    } else {
        SampleKind::Counter
    }
}

fn numbers(reader: &mut Reader<'_>, metric: &Metric, points: &[NumberDataPoint], kind: SampleKind) {
    for at in points {
        let (time_unix_nano, flags) = (at.time_unix_nano, at.flags);
        let point = Point { attributes: &at.attributes, time_unix_nano, flags };
        let value = match at.value {
            Some(Value::AsDouble(value)) => Some(value),
            Some(Value::AsInt(value)) => Some(double(value)),
            None => None,
        };
        let reading = value.map(|value| Reading::new("", kind, value)).into_iter().collect();
        let taken = point_taken(reader, metric, &point, reading);
        reader.settle(taken);
    }
}

#[expect(clippy::cast_precision_loss, reason = "samples are doubles; whole up to 2^53")]
fn double(number: i64) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "samples are doubles; whole up to 2^53")]
fn count(number: u64) -> f64 {
    number as f64
}

fn quantiles(at: &SummaryDataPoint) -> Result<Vec<Reading>, RejectReason> {
    within("quantiles", at.quantile_values.len(), "of them", BUCKETS_PER_POINT_MAX)?;
    let mut readings = vec![
        Reading::new("_count", SampleKind::Counter, count(at.count)),
        Reading::new("_sum", SampleKind::Counter, at.sum),
    ];
    readings.extend(at.quantile_values.iter().map(|at| Reading {
        label: Some(("quantile", at.quantile.to_string())),
        ..Reading::new("", SampleKind::Gauge, at.value)
    }));
    Ok(readings)
}

fn point_taken(
    reader: &mut Reader<'_>,
    metric: &Metric,
    point: &Point<'_>,
    readings: Vec<Reading>,
) -> Result<(), RejectReason> {
    let origin = reader.origin()?;
    let time = reader.time("time_unix_nano", point.time_unix_nano)?;
    let mut object = Object::default();
    object.attributes(point.attributes)?;
    let attributes = reader.merged(object)?;
    if point.flags & DataPointFlags::NoRecordedValueMask as u32 != 0 {
        return Ok(());
    }
    /// What a label adds, and the metric's name with it.
    const LABEL_BYTES: usize = 64;
    let text_bytes = metric.name.len() + attributes.len() + LABEL_BYTES;
    reader.admit(readings.len(), readings.len() * text_bytes)?;
    for reading in readings {
        reader.decoded.items.samples.push(SampleRef {
            origin: &origin,
            name: &format!("{}{}", metric.name, reading.suffix),
            unit: &metric.unit,
            time,
            value: reading.value,
            kind: reading.kind,
            attributes: &labelled(&attributes, reading.label),
            position: 0,
            received: Timestamp(0),
        });
    }
    Ok(())
}

/// The attributes with the label before them.
fn labelled(attributes: &str, label: Option<(&str, String)>) -> String {
    let Some((name, value)) = label else { return attributes.to_owned() };
    match attributes.strip_prefix('{') {
        Some(rest) => format!("{{\"{name}\":\"{value}\",{rest}"),
        None => format!("{{\"{name}\":\"{value}\"}}"),
    }
}
