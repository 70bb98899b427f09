//! Real requests, where the environment says where they are: `NILOMETER_OTLP_CAPTURES` is a directory of
//! requests as SDKs sent them (`json-traces-1.bin`, `proto-logs-2.bin` ..), `NILOMETER_OTLP_SETS` one of sets
//! (`NAME.traces.otlp.jsonl.gz`, a request per line), `NILOMETER_OTLP_EXAMPLES` that of the protocol's examples
//! (`trace.json`, `logs.json` ..). Without them these tests have nothing to look at.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use nilometer_block::{SpanColumns, SpanDecoder, SpanEncoder};
use nilometer_model::{Spans, limits::BLOCK_ROWS_MAX};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message as _;

use super::{read, reasons};
use crate::json::Read as _;
use crate::{Encoding, Signal};

/// Files below the directory that `variable` names, in order.
fn files(variable: &str) -> Vec<PathBuf> {
    let Some(dir) = std::env::var_os(variable) else { return Vec::new() };
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn what_sdks_send_is_taken_whole() {
    for path in files("NILOMETER_OTLP_CAPTURES") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let encoding = if name.starts_with("json") { Encoding::Json } else { Encoding::Protobuf };
        let signal = match name.split('-').nth(1).unwrap() {
            "logs" => Signal::Logs,
            "traces" => Signal::Traces,
            _ => Signal::Metrics,
        };
        let decoded = read(signal, encoding, &std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(reasons(&decoded), Vec::<String>::new(), "{name}");
        let items = decoded.items.len();
        assert!(items > 0, "{name}");
    }
}

#[test]
fn the_protocols_examples_are_taken_whole() {
    for path in files("NILOMETER_OTLP_EXAMPLES") {
        let signal = match path.file_name().unwrap().to_str().unwrap() {
            "trace.json" => Signal::Traces,
            "metrics.json" => Signal::Metrics,
            "logs.json" | "events.json" => Signal::Logs,
            _ => continue,
        };
        let decoded = read(signal, Encoding::Json, &std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(reasons(&decoded), Vec::<String>::new(), "{}", path.display());
        let items = decoded.items.len();
        assert!(items > 0, "{}", path.display());
    }
}

#[test]
fn real_sets_are_read_whole_and_their_spans_become_small_blocks() {
    for path in files("NILOMETER_OTLP_SETS") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let signal = match &name {
            name if name.ends_with(".traces.otlp.jsonl.gz") => Signal::Traces,
            name if name.ends_with(".logs.otlp.jsonl.gz") => Signal::Logs,
            _ => continue,
        };
        let mut text = String::new();
        let packed = std::fs::File::open(&path).unwrap();
        flate2::read::MultiGzDecoder::new(packed).read_to_string(&mut text).unwrap();
        let (mut spans, mut records) = (Spans::default(), 0);
        let begun = Instant::now();
        for line in text.lines() {
            let decoded = read(signal, Encoding::Json, line.as_bytes()).unwrap();
            assert_eq!(reasons(&decoded), Vec::<String>::new(), "{name}");
            records += decoded.items.rows.len();
            spans.append(&decoded.items.spans);
        }
        let items = spans.len() + records;
        let per_million = begun.elapsed().as_secs_f64() / items as f64 * 1e6;
        println!(
            "{name}: {items} items, {} MB, {per_million:.2} s per million from JSON",
            text.len() >> 20
        );
        check_facts(&path, &spans, records);
        measure_protobuf(&name, signal, &text);
        measure(&name, &spans);
    }
}

/// Holds what was read against the facts that stand beside the set.
fn check_facts(set: &Path, spans: &Spans, records: usize) {
    let name = set.file_name().unwrap().to_string_lossy();
    let facts = set.with_file_name(format!("{}.facts.json.gz", name.split_once('.').unwrap().0));
    let facts = flate2::read::GzDecoder::new(std::fs::File::open(facts).unwrap());
    let facts: serde_json::Value = serde_json::from_reader(facts).unwrap();
    if spans.is_empty() {
        assert_eq!(facts["logs"]["records"], records, "{name}");
        return;
    }
    assert_eq!(facts["spans"]["spans"], spans.len(), "{name}");
    if let Some(first) = facts["spans"]["first_start_ns"].as_i64() {
        assert_eq!(spans.start.iter().min(), Some(&first), "{name}");
    }
    let traces: BTreeSet<&[u8; 16]> = spans.trace_id.iter().collect();
    assert_eq!(facts["spans"]["traces"], traces.len(), "{name}");
    let mut durations: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    spans.iter().for_each(|span| durations.entry(span.service()).or_default().push(span.duration));
    let per_service = facts["durations_ns"]["per_service"].as_object().unwrap();
    assert_eq!(per_service.len(), durations.len(), "{name}");
    for (service, mut durations) in durations {
        durations.sort_unstable();
        let facts = &per_service[service];
        assert_eq!(facts["count"], durations.len(), "{name}: {service}");
        for (quantile, percent) in [("p50", 50), ("p95", 95), ("p99", 99)] {
            let rank = (percent * durations.len()).div_ceil(100);
            assert_eq!(facts[quantile]["nearest_rank"], durations[rank - 1], "{name}: {service}");
        }
    }
}

/// Reads the same spans once more, as protobuf.
fn measure_protobuf(name: &str, signal: Signal, lines: &str) {
    if signal != Signal::Traces {
        return;
    }
    let requests: Vec<Vec<u8>> =
        lines.lines().map(|line| request_of(line).encode_to_vec()).collect();
    let begun = Instant::now();
    let spans = |body: &Vec<u8>| read(signal, Encoding::Protobuf, body).unwrap().items.spans.len();
    let spans: usize = requests.iter().map(spans).sum();
    let per_million = begun.elapsed().as_secs_f64() / spans as f64 * 1e6;
    println!("{name}: {per_million:.2} s per million from protobuf");
}

fn request_of(line: &str) -> ExportTraceServiceRequest {
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    let list = |value: &serde_json::Value| value.as_array().cloned().unwrap_or_default();
    let scope_spans = |scope: &serde_json::Value| ScopeSpans {
        scope: Some(InstrumentationScope::read(&scope["scope"]).unwrap()),
        spans: list(&scope["spans"]).iter().map(|span| Span::read(span).unwrap()).collect(),
        ..ScopeSpans::default()
    };
    let resource_spans = |resource: &serde_json::Value| ResourceSpans {
        resource: Some(Resource::read(&resource["resource"]).unwrap()),
        scope_spans: list(&resource["scopeSpans"]).iter().map(scope_spans).collect(),
        ..ResourceSpans::default()
    };
    let resource_spans = list(&line["resourceSpans"]).iter().map(resource_spans).collect();
    ExportTraceServiceRequest { resource_spans }
}

/// Encodes and decodes the spans in blocks, with and without their texts.
fn measure(name: &str, spans: &Spans) {
    if spans.is_empty() {
        return;
    }
    let begun = Instant::now();
    let order = spans.by_trace();
    let sorted = spans.pick(&order);
    assert_eq!(sorted.len(), spans.len());
    let per_million = begun.elapsed().as_secs_f64() / spans.len() as f64 * 1e6;
    println!("{name}: sorted by trace in {per_million:.2} s per million");
    for (what, with_texts) in [("with texts", true), ("without", false)] {
        let mut blocks: Vec<Spans> =
            order.chunks(2 * BLOCK_ROWS_MAX).map(|rows| spans.pick(rows)).collect();
        if !with_texts {
            blocks = blocks.iter().map(bare).collect();
        }
        let mut encoder = SpanEncoder::new(1).unwrap();
        let begun = Instant::now();
        let packed: Vec<Vec<u8>> =
            blocks.iter().map(|block| encoder.encode(block).unwrap()).collect();
        let encoded = begun.elapsed();
        let mut decoder = SpanDecoder::default();
        let begun = Instant::now();
        for (block, packed) in blocks.iter().zip(&packed) {
            assert!(decoder.decode(packed, SpanColumns::ALL).unwrap() == *block);
        }
        let decoded = begun.elapsed();
        let bytes: usize = packed.iter().map(Vec::len).sum();
        let million = spans.len() as f64 / 1e6;
        println!(
            "{name} {what}: {:.1} B per span, encode {:.3} s and decode {:.3} s per million",
            bytes as f64 / spans.len() as f64,
            encoded.as_secs_f64() / million,
            decoded.as_secs_f64() / million,
        );
    }
}

fn bare(spans: &Spans) -> Spans {
    let mut bare = Spans::default();
    for span in spans.iter() {
        let texts = ("", "", "", "");
        let (status_message, attributes, events, links) = texts;
        bare.push(nilometer_model::SpanRef { status_message, attributes, events, links, ..span });
    }
    bare
}
