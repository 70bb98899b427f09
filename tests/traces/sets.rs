//! Sets of real traces: OTLP/JSON requests, a line each, and what is known of them, from the directory that
//! NILOMETER_TRACE_SETS names.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde_json::Value;

use super::facts::{Facts, Pace};

/// Their names, and the years that they are from.
pub(crate) const SETS: [(&str, u32); 3] =
    [("onlineboutique", 2022), ("trainticket", 2023), ("deeptralog", 2021)];

/// Where they are, if they are.
pub(crate) fn dir() -> Option<PathBuf> {
    std::env::var_os("NILOMETER_TRACE_SETS").map(PathBuf::from)
}

/// The requests of one signal of a set.
pub(crate) fn requests(dir: &Path, set: &str, signal: &str) -> impl Iterator<Item = String> {
    let name = format!("{set}.{signal}.otlp.jsonl.gz");
    open(dir, name).lines().map(Result::unwrap)
}

fn open(dir: &Path, name: String) -> BufReader<MultiGzDecoder<File>> {
    let path = dir.join(name);
    let file = File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    BufReader::new(MultiGzDecoder::new(file))
}

/// What is known of a set.
pub(crate) fn facts(dir: &Path, (set, year): (&str, u32)) -> Facts {
    let json: Value = serde_json::from_reader(open(dir, format!("{set}.facts.json.gz"))).unwrap();
    let (spans, logs) = (&json["spans"], &json["logs"]);
    let failed = |by: &str| counts(&spans[format!("error_spans_per_{by}")]);
    let (services, operations) = (failed("service"), failed("service_operation"));
    let durations = &json["durations_ns"];
    let edges = counts(&json["service_edges"]);
    let chain = |path: &Value| {
        let services = path["path"].as_array().unwrap().iter();
        let services = services.map(|service| service.as_str().unwrap().to_owned()).collect();
        (services, number(&path["traces"]))
    };
    let shapes = json.get("trace_shapes").map(|shapes| {
        let commonest = shapes["top"].as_array().unwrap().iter();
        let commonest = commonest.map(|shape| number(&shape["traces"])).collect();
        (number(&shapes["distinct"]) as usize, commonest)
    });
    let slowest = json["slowest_traces"].as_array().into_iter().flatten();
    let slow = |it: &Value| (it["trace_id"].as_str().unwrap().to_owned(), number(&it["wall_ns"]));
    Facts {
        from: format!("{year}-01-01T00:00:00Z"),
        to: format!("{}-01-01T00:00:00Z", year + 1),
        traces: number(&spans["traces"]),
        services: paces(&durations["per_service"], &services),
        operations: paces(&durations["per_service_operation"], &operations)
            .into_iter()
            .map(|(name, pace)| (parted(&name, "\t"), pace))
            .collect(),
        edges: edges.into_iter().map(|(name, calls)| (parted(&name, " -> "), calls)).collect(),
        chains: json["trace_paths"]["paths"].as_array().unwrap().iter().map(chain).collect(),
        shapes,
        slowest: slowest.map(slow).collect(),
        failed_traces: spans["traces_with_an_error"].as_u64().unwrap_or(0),
        records: number(&logs["records"]),
        logs: counts(&logs["records_per_trace_id"]),
        nodes: entries(&logs["node_of_pod"], |node| node.as_str().unwrap().to_owned()),
        pods: counts(&spans["spans_per_pod"]),
    }
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

/// What an object holds; nothing when there is none.
fn entries<T>(object: &Value, value: impl Fn(&Value) -> T) -> BTreeMap<String, T> {
    let entries = object.as_object().into_iter().flatten();
    entries.map(|(name, it)| (name.clone(), value(it))).collect()
}

fn counts(object: &Value) -> BTreeMap<String, u64> {
    entries(object, number)
}

fn paces(object: &Value, errors: &BTreeMap<String, u64>) -> BTreeMap<String, Pace> {
    let pace = |it: &Value| Pace {
        spans: number(&it["count"]),
        errors: 0,
        quantiles_ns: ["p50", "p95", "p99"].map(|name| number(&it[name]["nearest_rank"])),
    };
    let mut paces = entries(object, pace);
    for (name, pace) in &mut paces {
        pace.errors = errors.get(name).copied().unwrap_or(0);
    }
    paces
}

fn parted(name: &str, by: &str) -> (String, String) {
    let (one, other) = name.split_once(by).unwrap();
    (one.to_owned(), other.to_owned())
}
