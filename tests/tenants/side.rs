//! One tenant's side: his tokens, his collector, his lines, and what of him nobody else may ever see.
//!
//! Both tenants' nodes, paths, components and instances have the same names; only their texts differ.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use nilometer_tests::{Answer, Api, Process, Scratch, port, until};
use serde_json::{Value, json};

const DEADLINE: Duration = Duration::from_secs(30);
const POD: &str = "root/var/log/pods/shop_cart-6d5f7c9b8-x2k4p_uid";
/// Everything that is asked about.
pub(super) const ALL_TIME: &str = "from=2026-01-01T00:00:00Z&to=2030-01-01T00:00:00Z";

/// See the module.
pub(super) struct Side {
    pub(super) tenant: &'static str,
    /// Stands in every line of his, and in nobody else's.
    pub(super) marker: &'static str,
    /// How his lines' times begin.
    pub(super) month: &'static str,
    pub(super) api: Api,
    /// How many lines he has sent.
    pub(super) sent: usize,
    admin: String,
}

/// A secret long enough for everybody.
fn secret(tenant: &str, role: &str) -> String {
    format!("{role}-secret-of-{tenant}-0123456789abcdef0123456789abcdef")
}

/// The lines of a tokens file for both.
pub(super) fn tokens(tenants: [&str; 2]) -> String {
    let of = |tenant: &str, role: &str| format!("{role} {tenant} {}\n", secret(tenant, role));
    tenants.iter().map(|tenant| of(tenant, "admin") + &of(tenant, "ingest")).collect()
}

impl Side {
    pub(super) fn new(
        (tenant, marker, month): (&'static str, &'static str, &'static str),
        api: &Api,
    ) -> Self {
        let admin = format!("Bearer {}", secret(tenant, "admin"));
        Self { tenant, marker, month, api: api.clone(), sent: 0, admin }
    }

    pub(super) fn send(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        self.api.send(method, path, &[("Authorization", &self.admin)], body).unwrap()
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, b"")
    }

    #[track_caller]
    pub(super) fn json(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// Sends lines to `/ingest`; each says that it is the other tenant's, too.
    pub(super) fn ingest(&mut self, lines: usize) {
        let mut body = String::new();
        for n in 0..lines {
            let (severity, component) = (["info", "warn", "error"][n % 3], ["cart", "pay"][n % 2]);
            let line = json!({
                "time": format!("{}-02T00:{:02}:{:02}Z", self.month, n / 60 % 60, n % 60),
                "component": component,
                "node": "node0",
                "instance": "cart-6d5f7c9b8-x2k4p",
                "severity": severity,
                "message": format!("checkout {n} of {} line", self.marker),
                "tenant": "globex",
                "owner": self.marker,
                "n": n,
                "nested": {"tenant": "acme", "owner": self.marker},
            });
            body += &format!("{line}\n");
        }
        let answer = self.send("POST", "/api/v1/ingest", body.as_bytes());
        assert_eq!(answer.json()["accepted"], lines, "{}", answer.text());
        self.sent += lines;
    }

    /// Sends traces and a metric over OTLP: of both tenants with the same ids, services, operations and names,
    /// but not as long and not as many.
    pub(super) fn send_traces(&self) {
        for number in 0..self.traces() {
            self.export("traces", &self.trace(number));
        }
        self.export("metrics", &self.metric());
    }

    fn export(&self, signal: &str, request: &Value) {
        let headers = [("Authorization", &*self.admin), ("Content-Type", "application/json")];
        let (path, body) = (format!("/v1/{signal}"), request.to_string());
        let answer = self.api.send("POST", &path, &headers, body.as_bytes()).unwrap();
        assert_eq!((answer.status, &*answer.text()), (200, "{}"), "{signal}");
    }

    /// How many traces he has.
    pub(super) fn traces(&self) -> u64 {
        2 + self.marker.len() as u64
    }

    /// How many lines, spans and samples he has sent.
    pub(super) fn items(&self) -> u64 {
        self.sent as u64 + 2 * self.traces() + 1
    }

    /// The id of a trace, for both the same.
    pub(super) fn trace_id(number: u64) -> String {
        format!("{:032x}", number + 1)
    }

    /// How long a call of his takes.
    pub(super) fn call_ms(&self) -> u64 {
        10 * self.traces()
    }

    fn resource(&self, service: &str) -> Value {
        let attribute =
            |name: &str, value: &str| json!({"key": name, "value": {"stringValue": value}});
        json!({"attributes": [attribute("service.name", service), attribute("owner", self.marker),
            attribute("k8s.node.name", "node0")]})
    }

    fn trace(&self, number: u64) -> Value {
        let start = 1_000_000_000 * (self.month_start_s() + number);
        let span = |id: u64, parent: &str, ms: u64| {
            json!({"traceId": Self::trace_id(number), "spanId": format!("{id:016x}"),
                "parentSpanId": parent, "name": "call", "kind": 2,
                "startTimeUnixNano": start.to_string(),
                "endTimeUnixNano": (start + 1_000_000 * ms).to_string()})
        };
        let (call, pay) = (self.call_ms(), self.call_ms() / 2);
        json!({"resourceSpans": [
            {"resource": self.resource("cart"), "scopeSpans": [{"spans": [span(1, "", call)]}]},
            {"resource": self.resource("pay"),
                "scopeSpans": [{"spans": [span(2, "0000000000000001", pay)]}]},
        ]})
    }

    fn metric(&self) -> Value {
        let time = (1_000_000_000 * self.month_start_s()).to_string();
        let points = json!([{"timeUnixNano": time, "asInt": self.traces()}]);
        let metrics = json!([{"name": "orders", "gauge": {"dataPoints": points}}]);
        json!({"resourceMetrics": [
            {"resource": self.resource("cart"), "scopeMetrics": [{"metrics": metrics}]}]})
    }

    /// When his month begins, Unix s.
    fn month_start_s(&self) -> u64 {
        const JANUARY_S: u64 = 1_767_225_600;
        JANUARY_S + if self.month.ends_with("02") { 31 * 86_400 } else { 0 }
    }

    /// Starts a collector that shows his token.
    pub(super) fn collect(&self, scratch: &Scratch) -> Process {
        let at = |name: &str| scratch.join(format!("{}/{name}", self.tenant));
        let token =
            scratch.secret(&format!("{}/token", self.tenant), &secret(self.tenant, "ingest"));
        let (to, listen) = (self.api.url(), format!("127.0.0.1:{}", port()));
        let (data, root) = (at("data").display().to_string(), at("root").display().to_string());
        let token = token.display().to_string();
        let command = nilometer_tests::command(&[
            "collect",
            "--to",
            &to,
            "--data",
            &data,
            "--rootfs",
            &root,
            "--node",
            "node0",
            "--listen",
            &listen,
            "--token-file",
            &token,
        ]);
        Process::spawn(command, &scratch.join(format!("{}.log", self.tenant)))
    }

    /// Makes the file of a container with so many lines.
    pub(super) fn write_file(&mut self, scratch: &Scratch, container: &str, lines: usize) {
        let text: String = (0..lines).map(|n| self.framed(n)).collect();
        scratch.write(&self.file(container), &text);
        self.sent += lines;
    }

    /// Lets a file grow while nobody reads it, and takes it away.
    pub(super) fn lose_lines(&self, scratch: &Scratch, container: &str, before: usize) {
        let text: String = (0..before + 2).map(|n| self.framed(n)).collect();
        let path = scratch.write(&self.file(container), &text);
        std::fs::remove_file(path).unwrap();
    }

    fn file(&self, container: &str) -> String {
        format!("{}/{POD}/{container}/0.log", self.tenant)
    }

    fn framed(&self, n: usize) -> String {
        let time = format!("{}-01T00:00:{n:02}Z", self.month);
        format!("{time} stdout F checkout {n} of {} from a file\n", self.marker)
    }

    /// Waits until all that he sent is visible.
    pub(super) fn settle(&self) {
        until("his lines", DEADLINE, || (self.records().len() == self.sent).then_some(()));
    }

    /// Waits until his ledger names a loss.
    pub(super) fn settle_loss(&self) {
        until("his loss", DEADLINE, || {
            (self.json("/api/v1/ledger")["totals"]["lost"] == 1).then_some(())
        });
    }

    /// All his records.
    pub(super) fn records(&self) -> Vec<Value> {
        let logs = self.json(&format!("/api/v1/logs?{ALL_TIME}&limit=10000"));
        logs["records"].as_array().unwrap().clone()
    }

    /// Ids that are his alone: of sources and of collectors.
    pub(super) fn ids(&self) -> Vec<String> {
        let sources = self.json("/api/v1/sources");
        let of_sources = sources["sources"].as_array().unwrap().iter().map(|one| &one["source"]);
        let nodes = self.json("/api/v1/nodes");
        let nodes = nodes["nodes"].as_array().unwrap();
        let of_nodes = nodes.iter().flat_map(|node| node["collectors"].as_array().unwrap());
        of_sources.chain(of_nodes).map(|id| id.as_str().unwrap().to_owned()).collect()
    }
}

impl Side {
    /// Sends lines under an idempotency key.
    pub(super) fn keyed(&self, key: &str, lines: &str) -> Answer {
        let headers = [("Authorization", self.admin.as_str()), ("Idempotency-Key", key)];
        self.api.send("POST", "/api/v1/ingest", &headers, lines.as_bytes()).unwrap()
    }

    /// A live tail.
    pub(super) fn tail(&self, q: &str) -> Tail {
        let mut stream = TcpStream::connect(self.api.address()).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let head = format!(
            "GET /api/v1/logs/tail?q={q} HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\n\r\n",
            self.api.address(),
            self.admin
        );
        stream.write_all(head.as_bytes()).unwrap();
        Tail { stream, seen: String::new() }
    }
}

/// A live tail, as it comes.
pub(super) struct Tail {
    stream: TcpStream,
    seen: String,
}

impl Tail {
    /// Reads on until a text has come, and returns all that has.
    pub(super) fn until(&mut self, text: &str) -> &str {
        let mut chunk = [0; 4096];
        while !self.seen.contains(text) {
            let read = self.stream.read(&mut chunk).unwrap();
            assert!(read > 0, "the tail ended: {}", self.seen);
            self.seen += &String::from_utf8_lossy(&chunk[..read]);
        }
        &self.seen
    }
}
