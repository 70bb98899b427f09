//! Messages of metrics; see `message.rs`. Where protobuf has a `oneof`, JSON has one of several keys.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
    HistogramDataPoint, Metric, NumberDataPoint, Sum, Summary, SummaryDataPoint,
};
use serde::Deserialize;
use serde::de::Deserializer;

use super::message::{Read, list, optional};
use super::scalar::{
    double, doubles, flag, integer, integers, optional_double, temporality, text, time,
};

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct MetricFields {
    #[serde(deserialize_with = "text")]
    name: String,
    #[serde(deserialize_with = "text")]
    unit: String,
    #[serde(deserialize_with = "optional")]
    gauge: Option<Gauge>,
    #[serde(deserialize_with = "optional")]
    sum: Option<Sum>,
    #[serde(deserialize_with = "optional")]
    histogram: Option<Histogram>,
    #[serde(alias = "exponential_histogram", deserialize_with = "optional")]
    exponential_histogram: Option<ExponentialHistogram>,
    #[serde(deserialize_with = "optional")]
    summary: Option<Summary>,
}

impl Read for Metric {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = MetricFields::deserialize(deserializer)?;
        let data = (fields.gauge.map(Data::Gauge))
            .or(fields.sum.map(Data::Sum))
            .or(fields.histogram.map(Data::Histogram))
            .or(fields.exponential_histogram.map(Data::ExponentialHistogram))
            .or(fields.summary.map(Data::Summary));
        Ok(Self { name: fields.name, unit: fields.unit, data, ..Self::default() })
    }
}

#[derive(Deserialize)]
#[serde(remote = "Gauge", rename_all = "camelCase", default = "Default::default")]
struct GaugeDef {
    #[serde(alias = "data_points", deserialize_with = "list")]
    data_points: Vec<NumberDataPoint>,
}

impl Read for Gauge {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        GaugeDef::deserialize(deserializer)
    }
}

#[derive(Deserialize)]
#[serde(remote = "Sum", rename_all = "camelCase", default = "Default::default")]
struct SumDef {
    #[serde(alias = "data_points", deserialize_with = "list")]
    data_points: Vec<NumberDataPoint>,
    #[serde(alias = "aggregation_temporality", deserialize_with = "temporality")]
    aggregation_temporality: i32,
    #[serde(alias = "is_monotonic", deserialize_with = "flag")]
    is_monotonic: bool,
}

impl Read for Sum {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        SumDef::deserialize(deserializer)
    }
}

#[derive(Deserialize)]
#[serde(remote = "Histogram", rename_all = "camelCase", default = "Default::default")]
struct HistogramDef {
    #[serde(alias = "data_points", deserialize_with = "list")]
    data_points: Vec<HistogramDataPoint>,
    #[serde(alias = "aggregation_temporality", deserialize_with = "temporality")]
    aggregation_temporality: i32,
}

impl Read for Histogram {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        HistogramDef::deserialize(deserializer)
    }
}

#[derive(Deserialize)]
#[serde(remote = "ExponentialHistogram", rename_all = "camelCase", default = "Default::default")]
struct ExponentialHistogramDef {
    #[serde(alias = "data_points", deserialize_with = "list")]
    data_points: Vec<ExponentialHistogramDataPoint>,
    #[serde(alias = "aggregation_temporality", deserialize_with = "temporality")]
    aggregation_temporality: i32,
}

impl Read for ExponentialHistogram {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ExponentialHistogramDef::deserialize(deserializer)
    }
}

#[derive(Deserialize)]
#[serde(remote = "Summary", rename_all = "camelCase", default = "Default::default")]
struct SummaryDef {
    #[serde(alias = "data_points", deserialize_with = "list")]
    data_points: Vec<SummaryDataPoint>,
}

impl Read for Summary {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        SummaryDef::deserialize(deserializer)
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct NumberDataPointFields {
    #[serde(deserialize_with = "list")]
    attributes: Vec<KeyValue>,
    #[serde(alias = "time_unix_nano", deserialize_with = "time")]
    time_unix_nano: u64,
    #[serde(deserialize_with = "integer")]
    flags: u32,
    #[serde(alias = "as_double", deserialize_with = "optional_double")]
    as_double: Option<f64>,
    #[serde(alias = "as_int", deserialize_with = "optional_integer")]
    as_int: Option<i64>,
}

fn optional_integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Number(#[serde(deserialize_with = "integer")] i64);
    let number = Option::<Number>::deserialize(deserializer)?;
    Ok(number.map(|number| number.0))
}

impl Read for NumberDataPoint {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = NumberDataPointFields::deserialize(deserializer)?;
        let NumberDataPointFields { attributes, time_unix_nano, flags, as_double, as_int } = fields;
        let value = as_double.map(Value::AsDouble).or(as_int.map(Value::AsInt));
        Ok(Self { attributes, time_unix_nano, flags, value, ..Self::default() })
    }
}

#[derive(Deserialize)]
#[serde(remote = "HistogramDataPoint", rename_all = "camelCase", default = "Default::default")]
struct HistogramDataPointDef {
    #[serde(deserialize_with = "list")]
    attributes: Vec<KeyValue>,
    #[serde(skip)]
    start_time_unix_nano: u64,
    #[serde(alias = "time_unix_nano", deserialize_with = "time")]
    time_unix_nano: u64,
    #[serde(deserialize_with = "integer")]
    count: u64,
    #[serde(deserialize_with = "optional_double")]
    sum: Option<f64>,
    #[serde(alias = "bucket_counts", deserialize_with = "integers")]
    bucket_counts: Vec<u64>,
    #[serde(alias = "explicit_bounds", deserialize_with = "doubles")]
    explicit_bounds: Vec<f64>,
    #[serde(skip)]
    exemplars: Vec<Exemplar>,
    #[serde(deserialize_with = "integer")]
    flags: u32,
    #[serde(deserialize_with = "optional_double")]
    min: Option<f64>,
    #[serde(deserialize_with = "optional_double")]
    max: Option<f64>,
}

impl Read for HistogramDataPoint {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        HistogramDataPointDef::deserialize(deserializer)
    }
}

#[derive(Deserialize)]
#[serde(
    remote = "ExponentialHistogramDataPoint",
    rename_all = "camelCase",
    default = "Default::default"
)]
struct ExponentialHistogramDataPointDef {
    #[serde(deserialize_with = "list")]
    attributes: Vec<KeyValue>,
    #[serde(skip)]
    start_time_unix_nano: u64,
    #[serde(alias = "time_unix_nano", deserialize_with = "time")]
    time_unix_nano: u64,
    #[serde(deserialize_with = "integer")]
    count: u64,
    #[serde(deserialize_with = "optional_double")]
    sum: Option<f64>,
    #[serde(deserialize_with = "integer")]
    scale: i32,
    #[serde(alias = "zero_count", deserialize_with = "integer")]
    zero_count: u64,
    #[serde(deserialize_with = "optional")]
    positive: Option<Buckets>,
    #[serde(deserialize_with = "optional")]
    negative: Option<Buckets>,
    #[serde(deserialize_with = "integer")]
    flags: u32,
    #[serde(skip)]
    exemplars: Vec<Exemplar>,
    #[serde(deserialize_with = "optional_double")]
    min: Option<f64>,
    #[serde(deserialize_with = "optional_double")]
    max: Option<f64>,
    #[serde(alias = "zero_threshold", deserialize_with = "double")]
    zero_threshold: f64,
}

impl Read for ExponentialHistogramDataPoint {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ExponentialHistogramDataPointDef::deserialize(deserializer)
    }
}

#[derive(Deserialize)]
#[serde(remote = "Buckets", rename_all = "camelCase", default = "Default::default")]
struct BucketsDef {
    #[serde(deserialize_with = "integer")]
    offset: i32,
    #[serde(alias = "bucket_counts", deserialize_with = "integers")]
    bucket_counts: Vec<u64>,
}

impl Read for Buckets {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BucketsDef::deserialize(deserializer)
    }
}

#[derive(Deserialize)]
#[serde(remote = "SummaryDataPoint", rename_all = "camelCase", default = "Default::default")]
struct SummaryDataPointDef {
    #[serde(deserialize_with = "list")]
    attributes: Vec<KeyValue>,
    #[serde(skip)]
    start_time_unix_nano: u64,
    #[serde(alias = "time_unix_nano", deserialize_with = "time")]
    time_unix_nano: u64,
    #[serde(deserialize_with = "integer")]
    count: u64,
    #[serde(deserialize_with = "double")]
    sum: f64,
    #[serde(alias = "quantile_values", deserialize_with = "list")]
    quantile_values: Vec<ValueAtQuantile>,
    #[serde(deserialize_with = "integer")]
    flags: u32,
}

impl Read for SummaryDataPoint {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        SummaryDataPointDef::deserialize(deserializer)
    }
}

#[derive(Deserialize)]
#[serde(remote = "ValueAtQuantile", default = "Default::default")]
struct ValueAtQuantileDef {
    #[serde(deserialize_with = "double")]
    quantile: f64,
    #[serde(deserialize_with = "double")]
    value: f64,
}

impl Read for ValueAtQuantile {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ValueAtQuantileDef::deserialize(deserializer)
    }
}
