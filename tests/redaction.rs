//! Secrets end at the node: a file's line and what an SDK sends are clean before anything is stored.
//!
//! ```text
//!   container line, OTLP record and span, each with a secret ── collect ── spool ──> serve ──> export, trace
//!                                                            redacted      └ searched, byte by byte ┘
//! ```

use std::path::Path;
use std::time::Duration;

use nilometer_tests::{Api, Process, Scratch, command, port, until};
use serde_json::json;

const DEADLINE: Duration = Duration::from_secs(60);
const JSON: (&str, &str) = ("Content-Type", "application/json");
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const LINE_SECRET: &str = "correct-horse-7f3";
const RECORD_SECRET: &str = "battery-staple-9c1";
const SPAN_SECRET: &str = "unmistakable-trout-5d2";

fn start(scratch: &Scratch, role: &str, api: &Api, own: &[&str]) -> Process {
    let (data, listen) = (scratch.join(role).display().to_string(), api.address());
    let mut all = vec![role, "--data", &data, "--listen", &listen, "--otlp-grpc", "none"];
    all.extend_from_slice(own);
    let mut command = command(&all);
    command.env("NILOMETER_SEAL_AFTER", "1s");
    let mut process = Process::spawn(command, &scratch.join(format!("{role}.log")));
    process.ready(api);
    process
}

/// A record and a span of which a body, an attribute and an event hold a secret.
fn sent() -> [(&'static str, String); 2] {
    let text = |text: String| json!({ "stringValue": text });
    let resource =
        json!({ "attributes": [{ "key": "service.name", "value": { "stringValue": "cart" } }] });
    let record = json!({
        "timeUnixNano": "1790000000000000000",
        "body": text(format!("login with password={RECORD_SECRET}")),
    });
    let url = text(format!("https://api:{SPAN_SECRET}@pay.example/charge"));
    let span = json!({
        "traceId": TRACE, "spanId": "00f067aa0ba902b7", "name": "GET /", "kind": 2,
        "startTimeUnixNano": "1790000000000000000", "endTimeUnixNano": "1790000000005000000",
        "attributes": [{ "key": "url.full", "value": url }, { "key": "token", "value": text(SPAN_SECRET.to_owned()) }],
        "events": [{ "timeUnixNano": "1790000000001000000", "name": "retry", "attributes": [{ "key": "url", "value": url }] }],
        "status": { "code": 2, "message": format!("refused: api_key={SPAN_SECRET}") },
    });
    let logs = json!({ "resourceLogs": [{ "resource": resource, "scopeLogs": [{ "logRecords": [record] }] }] });
    let spans =
        json!({ "resourceSpans": [{ "resource": resource, "scopeSpans": [{ "spans": [span] }] }] });
    [("/v1/logs", logs.to_string()), ("/v1/traces", spans.to_string())]
}

/// Files below that hold one of the secrets as they were written.
fn leaks(below: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(below).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            leaks(&path, found);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap_or_default();
        let holds = |secret: &str| bytes.windows(secret.len()).any(|at| at == secret.as_bytes());
        if [LINE_SECRET, RECORD_SECRET, SPAN_SECRET].into_iter().any(holds) {
            found.push(path.display().to_string());
        }
    }
}

#[test]
fn a_secret_is_stored_nowhere_though_it_was_logged_and_sent() {
    let scratch = Scratch::new();
    let [centre, node, receiver] = [(); 3].map(|()| Api::on(port()));
    let pod = scratch.join("root/var/log/pods/shop_web-0_uid/main");
    std::fs::create_dir_all(&pod).unwrap();
    let line = format!(
        "2026-09-21T00:00:00.000000001Z stdout F {{\"msg\":\"connected\",\"db_password\":\"{LINE_SECRET}\"}}\n"
    );
    std::fs::write(pod.join("0.log"), line).unwrap();
    let serve = start(&scratch, "serve", &centre, &["--otlp-http", "none"]);
    let (to, root) = (centre.url(), scratch.join("root").display().to_string());
    let receiving = receiver.address();
    let own = ["--to", &to, "--rootfs", &root, "--node", "n1", "--otlp-http", &receiving];
    let collect = start(&scratch, "collect", &node, &own);
    for (path, body) in sent() {
        let answer = receiver.send("POST", path, &[JSON], body.as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let (exported, trace) = until("the line, the record and the span", DEADLINE, || {
        let exported = centre.get("/api/v1/export?q=*&from=2026-01-01T00:00:00Z").ok()?.text();
        let trace = centre.get(&format!("/api/v1/traces/{TRACE}")).ok()?.text();
        let whole = exported.lines().count() == 2 && trace.contains("pay.example");
        whole.then_some((exported, trace))
    });
    for secret in [LINE_SECRET, RECORD_SECRET, SPAN_SECRET] {
        assert!(!exported.contains(secret) && !trace.contains(secret), "{exported}\n{trace}");
    }
    assert!(exported.matches("REDACTED-password-").count() >= 2, "{exported}");
    for kind in ["REDACTED-url_password-", "REDACTED-secret-"] {
        assert!(trace.contains(kind), "{kind}: {trace}");
    }
    let metrics = node.get("/metrics").unwrap().text();
    for counter in [
        "nilometer_collector_redacted_total{kind=\"password\"} 1",
        "nilometer_otlp_redacted_total{kind=\"password\"} 1",
        "nilometer_otlp_redacted_total{kind=\"url_password\"} 2",
    ] {
        assert!(metrics.contains(counter), "{counter}\n{metrics}");
    }
    assert!(collect.stop().0.success() && serve.stop().0.success());
    let mut found = Vec::new();
    ["collect", "serve"].iter().for_each(|role| leaks(&scratch.join(role), &mut found));
    assert!(found.is_empty(), "{found:?}");
    assert!(scratch.join("collect/redact.key").exists());
}
