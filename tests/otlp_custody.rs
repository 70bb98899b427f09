//! Custody from a socket on: what a node's receiver has answered is stored, whoever is killed meanwhile.
//!
//! ```text
//!   sender ── numbered records and spans, again until 200 ──> collect ──> serve
//!                                                             killed      killed     in turns
//! ```
//! Records have no ids, so each is stored at least once; each span exactly once, by its ids. The ledger
//! balances in the end, whichever journals the kills left open.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use nilometer_tests::{Api, Process, Scratch, command, port, run, until};
use serde_json::json;

const DEADLINE: Duration = Duration::from_secs(60);
const JSON: (&str, &str) = ("Content-Type", "application/json");
/// Kills of the collector, and as many of the centre.
const KILLS: u64 = 5;
/// Numbers that are acknowledged between two kills.
const BETWEEN_KILLS: u64 = 20;
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// A node and its centre, at addresses that outlive their processes.
struct Line {
    scratch: Scratch,
    centre: Api,
    node: Api,
    receiver: Api,
}

impl Line {
    fn new() -> Self {
        let [centre, node, receiver] = [(); 3].map(|()| Api::on(port()));
        Self { scratch: Scratch::new(), centre, node, receiver }
    }

    fn serve(&self) -> Process {
        self.start("serve", &self.centre, &[])
    }

    fn collect(&self) -> Process {
        let (to, receiver) = (self.centre.url(), self.receiver.address());
        let root = self.scratch.join("root").display().to_string();
        let own = ["--to", &to, "--rootfs", &root, "--node", "n1", "--otlp-http", &receiver];
        self.start("collect", &self.node, &own)
    }

    fn start(&self, role: &str, api: &Api, own: &[&str]) -> Process {
        let (data, listen) = (self.scratch.join(role).display().to_string(), api.address());
        let mut all = vec![role, "--data", &data, "--listen", &listen, "--otlp-grpc", "none"];
        all.extend_from_slice(own);
        let mut command = command(&all);
        if role == "serve" {
            command.env("NILOMETER_OTLP_HTTP", "none").env("NILOMETER_SEAL_AFTER", "1s");
        }
        let mut process = Process::spawn(command, &self.scratch.join(format!("{role}.log")));
        process.ready(api);
        process
    }

    /// Sends a body until it is acknowledged.
    fn send(&self, path: &str, body: &str) {
        until("an acknowledgement", DEADLINE, || {
            let answer = self.receiver.send("POST", path, &[JSON], body.as_bytes()).ok()?;
            (answer.status == 200).then_some(())
        });
    }

    /// Kills collector and centre in turns, each after so many more numbers were acknowledged; those that
    /// run in the end.
    fn kill_in_turns(&self, acknowledged: &AtomicU64) -> (Process, Process) {
        let (mut serve, mut collect) = (self.serve(), self.collect());
        for kill in 0..2 * KILLS {
            let reached = acknowledged.load(Ordering::SeqCst) + BETWEEN_KILLS;
            until("numbers between two kills", DEADLINE, || {
                (acknowledged.load(Ordering::SeqCst) >= reached).then_some(())
            });
            if kill % 2 == 0 {
                collect.kill();
                collect = self.collect();
            } else {
                serve.kill();
                serve = self.serve();
            }
        }
        (serve, collect)
    }
}

fn record(number: u64) -> String {
    let body = json!({ "stringValue": format!("number {number}.") });
    let record = json!({ "timeUnixNano": "1790000000000000000", "body": body });
    let scope = json!({ "logRecords": [record] });
    json!({ "resourceLogs": [{ "resource": resource(), "scopeLogs": [scope] }] }).to_string()
}

fn span(number: u64) -> String {
    let span = json!({
        "traceId": TRACE, "spanId": format!("{:016x}", number + 1), "name": "GET /", "kind": 2,
        "startTimeUnixNano": "1790000000000000000", "endTimeUnixNano": "1790000000005000000",
    });
    let scope = json!({ "spans": [span] });
    json!({ "resourceSpans": [{ "resource": resource(), "scopeSpans": [scope] }] }).to_string()
}

fn resource() -> serde_json::Value {
    json!({ "attributes": [{ "key": "service.name", "value": { "stringValue": "cart" } }] })
}

#[test]
fn whatever_was_acknowledged_is_stored_though_collector_and_centre_are_killed() {
    let line = Line::new();
    std::fs::create_dir_all(line.scratch.join("root")).unwrap();
    let acknowledged = AtomicU64::new(0);
    let (_serve, collect) = thread::scope(|scope| {
        let killing = scope.spawn(|| line.kill_in_turns(&acknowledged));
        while !killing.is_finished() {
            let number = acknowledged.load(Ordering::SeqCst);
            line.send("/v1/logs", &record(number));
            line.send("/v1/traces", &span(number));
            acknowledged.fetch_add(1, Ordering::SeqCst);
        }
        killing.join().unwrap()
    });
    let sent = acknowledged.load(Ordering::SeqCst);
    assert!(sent >= 2 * KILLS * BETWEEN_KILLS);
    check(&line.centre, sent);
    assert!(collect.stop().0.success());
    until("the end of each life's journal, in splits", DEADLINE, || {
        let answer = line.centre.json("/api/v1/sources");
        let journals = answer["sources"].as_array().unwrap().iter();
        let ended = journals.filter(|source| source["stream"] == "otlp" && source["ended"] == true);
        (ended.count() as u64 == KILLS + 1).then_some(())
    });
    let proof = run(&["prove", "--server", &line.centre.url()]);
    assert_eq!(proof.code, 0, "{}", proof.out);
}

/// That every number is stored, as a record and once as a span.
fn check(centre: &Api, sent: u64) {
    let expect: BTreeSet<String> = (0..sent).map(|number| format!("number {number}.")).collect();
    until("all records", DEADLINE, || {
        let exported = run(&[
            "export",
            "--output",
            "ndjson",
            "--server",
            &centre.url(),
            "--from",
            "2026-01-01T00:00:00Z",
            "--to",
            "2027-01-01T00:00:00Z",
        ]);
        let lines = exported.out.lines();
        let stored: BTreeSet<String> = lines
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
            .filter_map(|record| Some(record["message"].as_str()?.to_owned()))
            .collect();
        (stored == expect).then_some(())
    });
    let trace = centre.json(&format!("/api/v1/traces/{TRACE}"));
    let spans = trace["spans"].as_array().unwrap();
    let ids: BTreeSet<&str> = spans.iter().filter_map(|span| span["span_id"].as_str()).collect();
    assert_eq!((spans.len() as u64, ids.len() as u64), (sent, sent));
}
