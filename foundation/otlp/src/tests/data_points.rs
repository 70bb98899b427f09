//! What a data point means.

use super::{NOW, read_metrics, reasons};
use crate::limits::BUCKETS_PER_POINT_MAX;

/// The samples of one metric: name, attributes without the service's, kind and value.
#[track_caller]
fn check(metric: &str, expect: &[&str]) {
    let decoded = read_metrics(metric);
    assert_eq!(reasons(&decoded), Vec::<String>::new());
    let samples: Vec<String> = decoded
        .items
        .samples
        .iter()
        .map(|sample| {
            let own = sample.attributes.replace("\"service.name\":\"shop\"", "").replace(",}", "}");
            format!("{} {own} {} {}", sample.name, sample.kind, sample.value)
        })
        .collect();
    assert_eq!(samples, expect);
}

#[test]
fn gauges_and_sums_are_samples_of_their_kind() {
    let sum = |monotonic: bool, temporality: u8| {
        format!(
            r#"{{"name":"s","sum":{{"isMonotonic":{monotonic},"aggregationTemporality":{temporality},"dataPoints":[{{"asInt":"-2"}}]}}}}"#
        )
    };
    check(
        r#"{"name":"g","unit":"By","gauge":{"dataPoints":[
             {"asDouble":1.5,"attributes":[{"key":"a","value":{"stringValue":"b"}}]},
             {"asDouble":"Infinity"},{"asDouble":3,"flags":1},{"asInt":null}]}}"#,
        &[r#"g {"a":"b"} gauge 1.5"#, "g {} gauge inf"],
    );
    check(&sum(true, 2), &["s {} counter -2"]);
    check(&sum(true, 1), &["s {} delta -2"]);
    check(&sum(false, 2), &["s {} gauge -2"]);
    check(&sum(false, 1), &["s {} delta -2"]);
}

#[test]
fn a_sample_has_the_units_and_times_of_its_point() {
    let decoded = read_metrics(
        r#"{"name":"g","unit":"By","gauge":{"dataPoints":[{"asInt":1,"timeUnixNano":"7"},{"asInt":1}]}}"#,
    );
    let (first, second) = (decoded.items.samples.row(0), decoded.items.samples.row(1));
    assert_eq!((first.unit, first.time.0, second.time), ("By", 7, NOW));
    assert_eq!(&*first.origin.component, "shop");
}

#[test]
fn a_histogram_counts_values_up_to_each_bound() {
    check(
        r#"{"name":"h","histogram":{"aggregationTemporality":2,"dataPoints":[
             {"count":"6","sum":20.5,"bucketCounts":["1","2","3"],"explicitBounds":[1,2.5],"min":0,"max":9}]}}"#,
        &[
            "h_count {} counter 6",
            "h_sum {} counter 20.5",
            "h_min {} gauge 0",
            "h_max {} gauge 9",
            r#"h_bucket {"le":"1"} counter 1"#,
            r#"h_bucket {"le":"2.5"} counter 3"#,
            r#"h_bucket {"le":"+Inf"} counter 6"#,
        ],
    );
    check(
        r#"{"name":"h","histogram":{"aggregationTemporality":1,"dataPoints":[{"count":6}]}}"#,
        &["h_count {} delta 6"],
    );
}

#[test]
fn an_exponential_histogram_has_the_bounds_of_its_scale() {
    check(
        r#"{"name":"e","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[
             {"count":9,"scale":0,"zeroCount":1,"positive":{"offset":1,"bucketCounts":["0","2"]},
              "negative":{"offset":0,"bucketCounts":["1","5"]}}]}}"#,
        &[
            "e_count {} counter 9",
            r#"e_bucket {"le":"-2"} counter 5"#,
            r#"e_bucket {"le":"-1"} counter 6"#,
            r#"e_bucket {"le":"0"} counter 7"#,
            r#"e_bucket {"le":"8"} counter 9"#,
            r#"e_bucket {"le":"+Inf"} counter 9"#,
        ],
    );
    check(
        r#"{"name":"e","exponential_histogram":{"data_points":[
             {"count":1,"scale":-10,"positive":{"offset":2147483647,"bucketCounts":[1]}}]}}"#,
        &["e_count {} counter 1", r#"e_bucket {"le":"+Inf"} counter 1"#],
    );
}

#[test]
fn a_summary_is_its_totals_and_quantiles() {
    check(
        r#"{"name":"s","summary":{"dataPoints":[
             {"count":"4","sum":10,"quantileValues":[{"quantile":0.5,"value":2},{"quantile":1,"value":"4"}]}]}}"#,
        &[
            "s_count {} counter 4",
            "s_sum {} counter 10",
            r#"s {"quantile":"0.5"} gauge 2"#,
            r#"s {"quantile":"1"} gauge 4"#,
        ],
    );
}

#[test]
fn a_point_that_cannot_be_taken_is_rejected_alone_under_its_own_index() {
    let many = |buckets: usize| {
        let counts = vec!["0"; buckets].join(",");
        let bounds = (1..buckets).map(|bound| bound.to_string()).collect::<Vec<_>>().join(",");
        format!(r#"{{"bucketCounts":[{counts}],"explicitBounds":[{bounds}]}}"#)
    };
    let (full, above) = (many(BUCKETS_PER_POINT_MAX), many(BUCKETS_PER_POINT_MAX + 1));
    let decoded = read_metrics(&format!(
        r#"{{"name":"h","histogram":{{"dataPoints":[{full},{above},{{"bucketCounts":[1],"explicitBounds":[1,2]}}]}}}},
           {{"name":7}},{{"name":"empty"}},{{"name":"g","gauge":{{"dataPoints":[{{"asInt":1}}]}}}}"#
    ));
    assert_eq!(decoded.items.samples.len(), 1 + BUCKETS_PER_POINT_MAX + 1);
    assert_eq!(
        reasons(&decoded),
        [
            "1: buckets: 1001 of them, at most 1000 are taken",
            "2: cannot be read: 1 bucket counts for 2 bounds, want one more",
            "3: cannot be read: want a text at line 1 column 10",
        ]
    );
}
