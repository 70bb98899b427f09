//! Recorded sets against what their facts say of them, where `NILOMETER_TRACE_SETS` names their directory
//! (`NAME.traces.otlp.jsonl.gz` beside `NAME.facts.json.gz`); elsewhere there is nothing to look at.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::Read as _;
use std::path::{Path as FilePath, PathBuf};

use nilometer_model::{Spans, Tenant, Timestamp};
use nilometer_otlp::{Context, Encoding, Signal};
use serde_json::Value;

use super::paths::Share;
use super::*;

struct Set {
    name: String,
    lite: LiteSpans,
    facts: Value,
}

fn inflated(path: &FilePath) -> String {
    let mut text = String::new();
    let packed = std::fs::File::open(path).unwrap();
    flate2::read::MultiGzDecoder::new(packed).read_to_string(&mut text).unwrap();
    text
}

/// Each set, every span once.
fn sets() -> Vec<Set> {
    let Some(directory) = std::env::var_os("NILOMETER_TRACE_SETS").map(PathBuf::from) else {
        return Vec::new();
    };
    let mut sets = Vec::new();
    for entry in std::fs::read_dir(&directory).unwrap() {
        let file = entry.unwrap().file_name().to_string_lossy().into_owned();
        let Some(name) = file.strip_suffix(".facts.json.gz") else { continue };
        let mut spans = Spans::default();
        for line in inflated(&directory.join(format!("{name}.traces.otlp.jsonl.gz"))).lines() {
            let tenant = Tenant::default();
            let context = Context { tenant: &tenant, node: "here", now: Timestamp(0) };
            let body = line.as_bytes();
            let decoded =
                nilometer_otlp::decode(Signal::Traces, Encoding::Json, body, context).unwrap();
            spans.append(&decoded.items.spans);
        }
        let mut lite = LiteSpans::of(&spans);
        let mut seen = HashSet::new();
        lite.spans.retain(|span| seen.insert((span.trace, span.span)));
        lite.sort_by_trace();
        let facts = serde_json::from_str(&inflated(&directory.join(&file))).unwrap();
        sets.push(Set { name: name.to_owned(), lite, facts });
    }
    sets
}

impl Set {
    /// The facts at a path, if this set has them.
    fn fact(&self, path: &str) -> Option<&Value> {
        self.facts.pointer(path)
    }

    #[track_caller]
    fn check(&self, path: &str, found: usize) {
        if let Some(expected) = self.fact(path) {
            assert_eq!(expected.as_u64(), Some(found as u64), "{} {path}", self.name);
        }
    }

    fn forests(&self) -> impl Iterator<Item = Forest> {
        self.lite.traces().map(|range| Forest::of(&self.lite.spans[range]))
    }

    fn service(&self, span: &SpanLite) -> &str {
        self.lite.services.get(span.service)
    }
}

#[test]
fn real_sets_have_the_spans_traces_and_errors_that_their_facts_name() {
    for set in sets() {
        let forests: Vec<Forest> = set.forests().collect();
        set.check("/spans/spans", set.lite.spans.len());
        set.check("/spans/traces", forests.len());
        set.check("/spans/orphan_spans", forests.iter().map(|of| of.missing_parents.len()).sum());
        let several = forests.iter().filter(|of| of.roots().len() > 1).count();
        set.check("/spans/with_several_roots", several);
        set.check("/spans/error_spans", forests.iter().map(Forest::errors).sum());
        let failed = forests.iter().filter(|of| of.errors() > 0).count();
        set.check("/spans/traces_with_an_error", failed);
        let mut slowest: Vec<u64> = forests.iter().map(Forest::duration).collect();
        slowest.sort_by_key(|ns| std::cmp::Reverse(*ns));
        let expected = set.fact("/slowest_traces").and_then(Value::as_array);
        for (ns, expected) in slowest.iter().zip(expected.into_iter().flatten()) {
            assert_eq!(Some(*ns), expected["wall_ns"].as_u64(), "{}", set.name);
        }
    }
}

#[test]
fn real_sets_have_the_quantiles_that_their_facts_name() {
    for set in sets() {
        let mut of: BTreeMap<String, Durations> = BTreeMap::new();
        for span in &set.lite.spans {
            let service = set.service(span);
            let operation = set.lite.operations.get(span.operation);
            for key in [service.to_owned(), format!("{service}\t{operation}")] {
                of.entry(key).or_default().push(span.duration);
            }
        }
        let groups = ["/durations_ns/per_service", "/durations_ns/per_service_operation"];
        let mut checked = 0;
        for (name, fact) in groups.iter().filter_map(|path| set.fact(path)?.as_object()).flatten() {
            let durations = of.get_mut(name).unwrap_or_else(|| panic!("{} {name}", set.name));
            assert_eq!(fact["count"].as_u64(), Some(durations.len() as u64), "{name}");
            let found = durations.quantiles();
            for (part, found) in
                [("p50", found.p50_ms), ("p95", found.p95_ms), ("p99", found.p99_ms)]
            {
                let expected = fact[part]["nearest_rank"].as_u64().unwrap();
                assert!((found - ms(expected)).abs() < 1e-9, "{} {name} {part}", set.name);
            }
            checked += 1;
        }
        assert!(checked > 10, "{}", set.name);
    }
}

#[test]
fn real_sets_have_the_edges_chains_and_shapes_that_their_facts_name() {
    for mut set in sets() {
        let mut edges: BTreeMap<String, u64> = BTreeMap::new();
        for forest in set.forests() {
            for at in forest.down.iter().copied() {
                let Some(parent) = forest.parent(at) else { continue };
                let names = [parent, at].map(|at| set.service(forest.span(at)));
                if names[0] != names[1] {
                    *edges.entry(names.join(" -> ")).or_default() += 1;
                }
            }
        }
        if let Some(expected) = set.fact("/service_edges") {
            assert_eq!(serde_json::to_value(&edges).unwrap(), *expected, "{}", set.name);
        }
        let found = paths(&mut set.lite, PathKind::Chain, |_| true).paths;
        let chains: BTreeMap<Vec<&str>, u64> = found
            .iter()
            .map(|found| {
                let Path::Chain(services) = &found.path else { panic!("no chain") };
                let names = services.iter().map(|code| set.lite.services.get(*code));
                (names.collect(), found.count as u64)
            })
            .collect();
        let Some(expected) = set.fact("/trace_paths/paths").and_then(Value::as_array) else {
            continue;
        };
        for fact in expected {
            let path: Vec<&str> =
                fact["path"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            assert_eq!(
                chains.get(&path).copied(),
                fact["traces"].as_u64(),
                "{} {path:?}",
                set.name
            );
        }
        set.check("/trace_paths/distinct", chains.len());
        let shapes = paths(&mut set.lite, PathKind::Shape, |_| true).paths;
        set.check("/trace_shapes/distinct", shapes.len());
        let counts = |counts: Vec<u64>| counts.into_iter().collect::<BTreeSet<_>>();
        if let Some(top) = set.fact("/trace_shapes/top").and_then(Value::as_array) {
            let expected = top.iter().filter_map(|shape| shape["traces"].as_u64()).collect();
            let found = shapes.iter().take(top.len()).map(|shape| shape.count as u64).collect();
            assert_eq!(counts(found), counts(expected), "{}", set.name);
        }
    }
}

#[test]
fn in_real_sets_the_critical_path_makes_up_the_root_and_shares_make_up_one() {
    for mut set in sets() {
        for forest in set.forests().filter(|of| of.roots().len() == 1) {
            let root = forest.span(forest.root().unwrap()).duration;
            let own: u64 = critical_path(&forest, &skew(&forest)).iter().sum();
            assert_eq!(own, root, "{} {:032x}", set.name, forest.spans[0].trace);
        }
        for kind in [PathKind::Tree, PathKind::Shape, PathKind::Chain] {
            for path in paths(&mut set.lite, kind, |_| true).paths {
                let sum = |share: fn(&Share) -> f64| path.critical.iter().map(share).sum::<f64>();
                for sum in [sum(|share| share.share), sum(|share| share.share_p99)] {
                    assert!((sum - 1.0).abs() < 1e-9, "{} {sum} {path:?}", set.name);
                }
            }
        }
    }
}
