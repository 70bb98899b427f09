//! What a set of traces has to be answered as, and the asking: every route, every number.
//!
//! Invariant: where the set comes from makes no difference; what its source does not know is not asked.

use std::collections::{BTreeMap, BTreeSet};

use nilometer_tests::Api;
use serde_json::{Value, json};

/// Of the traces with log records, every so many-th is asked for by its id.
const ONE_IN: usize = 40;

/// How often, how many failed, and how long: the median, the 95th and the 99th part of a hundred, ns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pace {
    pub(crate) spans: u64,
    pub(crate) errors: u64,
    pub(crate) quantiles_ns: [u64; 3],
}

/// See the module. Nothing else may lie in its range.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) traces: u64,
    pub(crate) services: BTreeMap<String, Pace>,
    /// By service and operation.
    pub(crate) operations: BTreeMap<(String, String), Pace>,
    /// Calls from one service to another.
    pub(crate) edges: BTreeMap<(String, String), u64>,
    /// Traces that took each chain of services.
    pub(crate) chains: BTreeMap<Vec<String>, u64>,
    /// How many shapes there are, and how many traces have each of the commonest, those first.
    pub(crate) shapes: Option<(usize, Vec<u64>)>,
    /// Traces and how long they took, ns, the slowest first.
    pub(crate) slowest: Vec<(String, u64)>,
    pub(crate) failed_traces: u64,
    pub(crate) records: u64,
    /// Log records, by trace.
    pub(crate) logs: BTreeMap<String, u64>,
    /// The node of each pod.
    pub(crate) nodes: BTreeMap<String, String>,
    /// Spans of each pod.
    pub(crate) pods: BTreeMap<String, u64>,
}

impl Facts {
    /// Asks for all of it.
    pub(crate) fn check(&self, api: &Api) {
        let asking = Asking { facts: self, api };
        asking.paces();
        asking.edges();
        asking.paths();
        asking.slowest();
        asking.failed();
        asking.logs();
        asking.nodes();
    }
}

/// A number of milliseconds, in ns.
fn ns(ms: &Value) -> u64 {
    (ms.as_f64().unwrap() * 1e6).round() as u64
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

struct Asking<'a> {
    facts: &'a Facts,
    api: &'a Api,
}

impl Asking<'_> {
    fn get(&self, route: &str, more: &str) -> Value {
        let Facts { from, to, .. } = self.facts;
        self.api.json(&format!("/api/v1{route}?from={from}&to={to}{more}"))
    }

    /// The rows of a table.
    fn table(&self, signal: &str, q: &str) -> Vec<Value> {
        let Facts { from, to, .. } = self.facts;
        let body = json!({"q": q, "signal": signal, "from": from, "to": to, "limit": 100_000});
        let json = [("Content-Type", "application/json")];
        let answer = self.api.send("POST", "/api/v1/query", &json, body.to_string().as_bytes());
        list(&answer.unwrap().json()["rows"]).to_vec()
    }

    fn paces(&self) {
        let pace = |row: &Value| {
            assert_eq!(row["exact"], true, "{row}");
            let quantiles_ns = ["p50_ms", "p95_ms", "p99_ms"].map(|name| ns(&row[name]));
            let count = |name: &str| row[name].as_u64().unwrap();
            Pace { spans: count("spans"), errors: count("errors"), quantiles_ns }
        };
        let answer = self.get("/services", "");
        let named = |row: &Value| (text(&row["service"]), pace(row));
        let services: BTreeMap<String, Pace> =
            list(&answer["services"]).iter().map(named).collect();
        assert_eq!(services, self.facts.services);
        let mut operations = BTreeMap::new();
        for service in services.keys() {
            let answer = self.get(&format!("/services/{service}/operations"), "");
            operations.extend(list(&answer["operations"]).iter().map(|row| {
                assert_eq!(&row["service"], service);
                ((service.clone(), text(&row["operation"])), pace(row))
            }));
        }
        assert_eq!(operations, self.facts.operations);
    }

    fn edges(&self) {
        let graph = self.get("/graph", "");
        let calls = |edge: &Value| {
            ((text(&edge["from"]), text(&edge["to"])), edge["calls"].as_u64().unwrap())
        };
        let edges: BTreeMap<_, u64> = list(&graph["edges"]).iter().map(calls).collect();
        assert_eq!(edges, self.facts.edges);
        let nodes: BTreeSet<String> =
            list(&graph["nodes"]).iter().map(|node| text(&node["service"])).collect();
        assert!(nodes.iter().eq(self.facts.services.keys()), "{nodes:?}");
    }

    fn paths(&self) {
        let counts = |by: &str| -> Vec<(Value, u64)> {
            let answer = self.get("/paths", &format!("&by={by}"));
            let paths = list(&answer["paths"]).iter();
            paths
                .map(|path| {
                    check_shares(path);
                    (path[by].clone(), path["count"].as_u64().unwrap())
                })
                .collect()
        };
        let chain = |(chain, count): (Value, u64)| {
            (list(&chain).iter().map(text).collect::<Vec<String>>(), count)
        };
        let chains: BTreeMap<Vec<String>, u64> = counts("chain").into_iter().map(chain).collect();
        assert_eq!(chains, self.facts.chains);
        let numbers = |by| counts(by).into_iter().map(|(_, count)| count).collect::<Vec<u64>>();
        let (shapes, trees) = (numbers("shape"), numbers("tree"));
        for found in [&shapes, &trees] {
            assert_eq!(found.iter().sum::<u64>(), self.facts.traces, "{found:?}");
        }
        assert!(trees.len() <= shapes.len(), "traces of one shape have one tree");
        if let Some((distinct, commonest)) = &self.facts.shapes {
            assert_eq!((shapes.len(), &shapes[..commonest.len()]), (*distinct, &commonest[..]));
        }
    }

    fn slowest(&self) {
        let count = self.facts.slowest.len();
        if count == 0 {
            return;
        }
        let answer = self.get("/traces", &format!("&order=duration&limit={count}"));
        let traces = list(&answer["traces"]);
        let took = |it: &Value| (text(&it["trace_id"]), ns(&it["duration_ms"]));
        assert_eq!(traces.iter().map(took).collect::<Vec<_>>(), self.facts.slowest);
        for told in traces {
            let trace = self.api.json(&format!("/api/v1/traces/{}", text(&told["trace_id"])));
            assert_eq!(list(&trace["spans"]).len() as u64, told["spans"].as_u64().unwrap());
            assert_eq!(trace["missing_parents"], json!([]));
            let own = list(&trace["critical_path"]).iter().map(|part| ns(&part["self_ms"]));
            let own: u64 = own.sum();
            assert!(own > 0 && own <= ns(&told["duration_ms"]), "{own}: {told}");
        }
    }

    /// Traces with an error, all pages, and how many spans of theirs failed.
    fn failed(&self) {
        let (mut traces, mut spans, mut cursor) = (BTreeSet::new(), 0, String::new());
        loop {
            let page = self.get("/traces", &format!("&error=true&limit=500{cursor}"));
            for trace in list(&page["traces"]) {
                assert!(traces.insert(text(&trace["trace_id"])), "twice: {trace}");
                spans += trace["errors"].as_u64().unwrap();
            }
            let Some(next) = page["cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        let expected: u64 = self.facts.services.values().map(|pace| pace.errors).sum();
        assert_eq!((traces.len() as u64, spans), (self.facts.failed_traces, expected));
    }

    fn logs(&self) {
        let rows = self.table("logs", "| stats count() by trace_id");
        let count = |row: &Value| (row[0].as_str().map(str::to_owned), row[1].as_u64().unwrap());
        let found: BTreeMap<Option<String>, u64> = rows.iter().map(count).collect();
        assert_eq!(found.values().sum::<u64>(), self.facts.records);
        for (trace, records) in &self.facts.logs {
            assert_eq!(found.get(&Some(trace.clone())), Some(records), "{trace}");
        }
        for (id, records) in self.facts.logs.iter().step_by(ONE_IN) {
            let trace = self.api.json(&format!("/api/v1/traces/{id}"));
            assert_eq!(list(&trace["logs"]).len() as u64, *records, "{id}");
            assert!(list(&trace["logs"]).iter().all(|record| record["trace_id"] == **id));
        }
    }

    fn nodes(&self) {
        for signal in ["logs", "spans"] {
            let mut found: BTreeMap<String, Vec<(String, u64)>> = BTreeMap::new();
            for row in self.table(signal, "| stats count() by instance, node") {
                // Where a set names no pods, there are none.
                let Some(pod) = row[0].as_str() else { continue };
                let seen = (text(&row[1]), row[2].as_u64().unwrap());
                found.entry(pod.to_owned()).or_default().push(seen);
            }
            for (pod, node) in &self.facts.nodes {
                let [(seen, count)] = &found[pod][..] else { panic!("{pod}: {:?}", found[pod]) };
                assert_eq!(seen, node, "{pod}");
                if signal == "spans" {
                    assert_eq!(*count, self.facts.pods[pod], "{pod}");
                }
            }
        }
    }
}

/// Whose the time is, is said of all of it.
#[track_caller]
fn check_shares(path: &Value) {
    for share in ["share", "share_p99"] {
        let owners = list(&path["critical"]).iter();
        let sum: f64 = owners.map(|owner| owner[share].as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{share}: {sum}: {path}");
    }
}
