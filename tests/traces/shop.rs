//! Sets of traces whose answers are known by construction, as OTLP/JSON.
//!
//! ```text
//!   trace i    gateway GET /   100 + i ms     fails when i is a multiple of 10, logs i % 4 records
//!               └ cart add     from 10, 60 ms  on its own node
//!               └ seat find    1 + i % 3 of them, each 2 ms, one behind the other from 72
//!                  └ config get   1 ms inside
//! ```

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::facts::{Facts, Pace};

const SEATS_MAX: u64 = 3;
const LOGS_MAX: u64 = 4;
/// How many of the slowest are known by name.
const SLOWEST: u64 = 25;
const MS: u64 = 1_000_000;

/// A span as it is sent.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) trace: String,
    pub(crate) id: String,
    pub(crate) parent: String,
    pub(crate) service: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) node: &'static str,
    pub(crate) kind: u8,
    pub(crate) start_ns: u64,
    pub(crate) duration_ns: u64,
    pub(crate) failed: bool,
}

impl Span {
    fn json(&self) -> Value {
        json!({
            "resource": resource(self.service, self.node),
            "scopeSpans": [{"spans": [{
                "traceId": self.trace, "spanId": self.id, "parentSpanId": self.parent,
                "name": self.operation, "kind": self.kind,
                "startTimeUnixNano": self.start_ns.to_string(),
                "endTimeUnixNano": (self.start_ns + self.duration_ns).to_string(),
                "status": {"code": if self.failed { 2 } else { 0 }},
            }]}],
        })
    }
}

fn resource(service: &str, node: &str) -> Value {
    let attribute = |name: &str, value: &str| json!({"key": name, "value": {"stringValue": value}});
    json!({"attributes": [attribute("service.name", service), attribute("k8s.node.name", node),
        attribute("k8s.pod.name", &pod(service))]})
}

fn pod(service: &str) -> String {
    format!("{service}-0")
}

fn node(service: &str) -> &'static str {
    if service == "gateway" { "n1" } else { "n2" }
}

/// A request with these spans.
pub(crate) fn request(spans: &[Span]) -> Vec<u8> {
    let resources: Vec<Value> = spans.iter().map(Span::json).collect();
    json!({ "resourceSpans": resources }).to_string().into_bytes()
}

pub(crate) fn trace_id(number: u64) -> String {
    format!("{:032x}", u128::from(number) + 1)
}

/// How long trace `number` takes, ns.
pub(crate) fn duration_ns(number: u64) -> u64 {
    (100 + number) * MS
}

fn seats(number: u64) -> u64 {
    1 + number % SEATS_MAX
}

fn fails(number: u64) -> bool {
    number.is_multiple_of(10)
}

/// The spans of trace `number` that begins then.
pub(crate) fn trace(number: u64, start_ns: u64) -> Vec<Span> {
    let span = |id: u64, parent: u64, (service, operation): (&'static str, &'static str)| Span {
        trace: trace_id(number),
        id: format!("{id:016x}"),
        parent: if parent == 0 { String::new() } else { format!("{parent:016x}") },
        service,
        operation,
        node: node(service),
        kind: if parent == 0 { 3 } else { 2 },
        start_ns,
        duration_ns: duration_ns(number),
        failed: parent == 0 && fails(number),
    };
    let at = |span: Span, from_ms: u64, ms: u64| Span {
        start_ns: start_ns + from_ms * MS,
        duration_ns: ms * MS,
        ..span
    };
    let mut spans = vec![span(1, 0, ("gateway", "GET /")), at(span(2, 1, ("cart", "add")), 10, 60)];
    for seat in 0..seats(number) {
        let (id, from_ms) = (10 + 2 * seat, 72 + 3 * seat);
        spans.push(at(span(id, 1, ("seat", "find")), from_ms, 2));
        spans.push(at(span(id + 1, id, ("config", "get")), from_ms, 1));
    }
    spans
}

/// A request with the log records of trace `number`, as its gateway wrote them; none when there are none.
pub(crate) fn logs(number: u64, start_ns: u64) -> Option<Vec<u8>> {
    let record = |at: u64| {
        let body = json!({"stringValue": format!("step {at} of request {number}")});
        json!({"timeUnixNano": (start_ns + at).to_string(), "severityNumber": 9, "body": body,
            "traceId": trace_id(number), "spanId": format!("{:016x}", 1)})
    };
    let records: Vec<Value> = (0..number % LOGS_MAX).map(record).collect();
    let scopes = json!([{"logRecords": records}]);
    let resource = resource("gateway", node("gateway"));
    let request = json!({"resourceLogs": [{"resource": resource, "scopeLogs": scopes}]});
    (!records.is_empty()).then(|| request.to_string().into_bytes())
}

/// What is known of the traces 0 to `count`, a multiple of what trees there are.
pub(crate) fn facts(count: u64, (from, to): (&str, &str)) -> Facts {
    let seat_count: u64 = (0..count).map(seats).sum();
    let failed = (0..count).filter(|at| fails(*at)).count() as u64;
    let roots: Vec<u64> = (0..count).map(duration_ns).collect();
    let same = |spans: u64, ms: u64| pace(&vec![ms * MS; spans as usize]);
    let paces = [
        ("gateway", "GET /", Pace { errors: failed, ..pace(&roots) }),
        ("cart", "add", same(count, 60)),
        ("seat", "find", same(seat_count, 2)),
        ("config", "get", same(seat_count, 1)),
    ];
    let edges = [
        ("gateway", "cart", count),
        ("gateway", "seat", seat_count),
        ("seat", "config", seat_count),
    ];
    let chains = [&["gateway", "cart"][..], &["gateway", "seat", "config"]];
    let owned = |name: &&str| (*name).to_owned();
    let logs = (0..count).map(|at| (trace_id(at), at % LOGS_MAX));
    let logs: BTreeMap<String, u64> = logs.filter(|(_, records)| *records > 0).collect();
    let per_pod = paces.iter().map(|(service, _, pace)| (pod(service), pace.spans));
    Facts {
        from: from.to_owned(),
        to: to.to_owned(),
        traces: count,
        services: paces.iter().map(|(service, _, pace)| (owned(service), pace.clone())).collect(),
        operations: paces
            .iter()
            .map(|(service, operation, pace)| ((owned(service), owned(operation)), pace.clone()))
            .collect(),
        edges: edges.iter().map(|(from, to, calls)| ((owned(from), owned(to)), *calls)).collect(),
        chains: chains.iter().map(|chain| (chain.iter().map(owned).collect(), count)).collect(),
        shapes: Some((SEATS_MAX as usize, vec![count / SEATS_MAX; SEATS_MAX as usize])),
        slowest: (count - SLOWEST..count).rev().map(|at| (trace_id(at), duration_ns(at))).collect(),
        failed_traces: failed,
        records: logs.values().sum(),
        logs,
        nodes: [(pod("gateway"), node("gateway").to_owned())].into(),
        pods: per_pod.collect(),
    }
}

/// Of durations in order, by nearest rank.
fn pace(durations: &[u64]) -> Pace {
    let rank = |percent: usize| durations[(durations.len() * percent).div_ceil(100) - 1];
    let quantiles_ns = [50, 95, 99].map(rank);
    Pace { spans: durations.len() as u64, errors: 0, quantiles_ns }
}
