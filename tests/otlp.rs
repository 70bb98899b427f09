//! OTLP from outside: real SDKs, the protocol's own examples, hostile requests; gates, ports and TLS.
//!
//! What SDKs need lies in `tests/otlp` (made by `tests/run`): environments of Python, modules of Node.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use flate2::write::GzEncoder;
use nilometer_tests::{Answer, Api, Authority, Process, Scratch, command, port, repository, until};
use serde_json::{Value, json};

const DEADLINE: Duration = Duration::from_secs(30);
type Headers<'a> = &'a [(&'a str, &'a str)];

const JSON: (&str, &str) = ("Content-Type", "application/json");
const PROTOBUF: (&str, &str) = ("Content-Type", "application/x-protobuf");
/// What `send.py` makes: two spans, two log records, three metrics whose histogram has many samples.
const SPANS_SENT: usize = 2;
const RECORDS_SENT: usize = 2;

/// A centre with both ports.
struct Centre {
    _process: Process,
    api: Api,
    grpc: String,
    http: Api,
}

impl Centre {
    fn new(scratch: &Scratch) -> Self {
        let (grpc, http) = (format!("127.0.0.1:{}", port()), Api::on(port()));
        let ports = ["--otlp-grpc", &grpc, "--otlp-http", &http.address()];
        let (process, api) = Process::serve(scratch, &ports);
        Self { _process: process, api, grpc, http }
    }

    /// What it has taken in so far, by signal.
    fn taken(&self) -> BTreeMap<String, u64> {
        taken(&self.api)
    }
}

/// The counters of items, by signal, and how many were rejected.
fn taken(api: &Api) -> BTreeMap<String, u64> {
    let text = api.get("/metrics").unwrap().text();
    let mut taken = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("nilometer_otlp_")) {
        let Some((series, value)) = line.rsplit_once(' ') else { continue };
        let signal = series.split('"').nth(1).unwrap_or_default();
        let key = match series {
            _ if series.starts_with("nilometer_otlp_items_total") => signal.to_owned(),
            _ if series.starts_with("nilometer_otlp_rejected") => "rejected".to_owned(),
            _ => continue,
        };
        *taken.entry(key).or_default() += value.parse::<u64>().unwrap();
    }
    taken
}

/// Runs a program of `tests/otlp`; what it sent, or what it said.
fn send(program: &[&str], arguments: &[&str], variables: &[(&str, &str)]) -> Result<Value, String> {
    let dir = repository().join("tests/otlp");
    let output = Command::new(dir.join(program[0]))
        .args(&program[1..])
        .args(arguments)
        .current_dir(&dir)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{program:?}: {error}; tests/run makes it"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program:?} {arguments:?}: {said}");
    if said.is_empty() { Ok(serde_json::from_slice(&output.stdout).unwrap()) } else { Err(said) }
}

const PYTHON: [&str; 2] = ["venv/bin/python", "send.py"];
const PYTHON_JSON: [&str; 2] = ["venv-json/bin/python", "send.py"];
const NODE: [&str; 3] = ["/usr/bin/env", "node", "send.mjs"];

/// The records that belong to a span, as the API shows them.
fn records_of(api: &Api, span: &Value) -> Vec<Value> {
    let trace = span["trace"].as_str().unwrap();
    let found = api.json(&format!("/api/v1/logs?q=trace_id:{trace}"));
    let records = found["records"].as_array().unwrap().iter();
    records.filter(|record| record["span_id"] == span["span"]).cloned().collect()
}

/// The answer's rows to a question about spans or samples.
#[track_caller]
fn asked(api: &Api, signal: &str, q: &str) -> Value {
    let body = json!({"q": q, "signal": signal}).to_string();
    let answer = api.send("POST", "/api/v1/query", &[JSON], body.as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{q}: {}", answer.text());
    answer.json()["rows"].clone()
}

/// That both spans of a sent trace are there, as they were sent.
#[track_caller]
fn check_spans(api: &Api, sent: &Value, service: &str) {
    let (server, client) = (&sent[0], &sent[1]);
    let trace = server["trace"].as_str().unwrap();
    let fields = "span_id, parent_span_id, service, operation, kind, status";
    let q = format!("trace_id:{trace} | fields {fields} | sort operation");
    let expect = json!([
        [server["span"], null, service, "GET /cart", "server", "unset"],
        [client["span"], server["span"], service, "SELECT", "client", "error"],
    ]);
    assert_eq!(asked(api, "spans", &q), expect);
}

/// That the ledger balances and has read so many items.
#[track_caller]
fn check_ledger(api: &Api, items: u64) {
    let ledger = api.json("/api/v1/ledger");
    assert_eq!(ledger["totals"]["read"]["records"], items, "{ledger}");
    assert_eq!(ledger["balanced"], true, "{ledger}");
}

#[test]
fn what_the_python_sdk_sends_is_taken_whole() {
    let scratch = Scratch::new();
    let centre = Centre::new(&scratch);
    let http = centre.http.address();
    let mut runs = 0;
    for (program, protocol, address) in [
        (PYTHON, "grpc", &centre.grpc),
        (PYTHON, "http", &http),
        (PYTHON, "http", &centre.api.address()),
        (PYTHON_JSON, "json", &http),
    ] {
        for compression in ["none", "gzip"] {
            let spans = send(&program, &[protocol, address, compression], &[]).unwrap();
            runs += 1;
            assert_eq!(spans.as_array().unwrap().len(), SPANS_SENT);
            let service = format!("python-{protocol}-{compression}");
            check_spans(&centre.api, &spans, &service);
            for span in spans.as_array().unwrap() {
                let [record] = &records_of(&centre.api, span)[..] else { panic!("{span}") };
                assert_eq!(record["component"], service);
                assert_eq!(
                    (&record["severity"], &record["stream"]),
                    (&json!("warn"), &json!("otlp"))
                );
                assert_eq!(record["version"], "1.2.3");
                assert_eq!(record["attributes"]["user"], "u-1");
            }
        }
    }
    let taken = centre.taken();
    assert_eq!((taken["traces"], taken["logs"]), (runs * 2, runs * RECORDS_SENT as u64));
    assert!(taken["metrics"] >= runs * 3, "{taken:?}");
    assert_eq!(taken.get("rejected"), None);
    let orders = asked(&centre.api, "samples", "name:orders | stats count(), sum(value)");
    assert_eq!(orders, json!([[runs, (5 * runs) as f64]]));
    check_ledger(&centre.api, taken.values().sum());
}

#[test]
fn what_the_javascript_sdk_sends_is_taken_whole() {
    let scratch = Scratch::new();
    let centre = Centre::new(&scratch);
    let mut sent = 0;
    for protocol in ["json", "proto"] {
        for compression in ["none", "gzip"] {
            let spans = send(&NODE, &[protocol, &centre.http.address(), compression], &[]).unwrap();
            check_spans(&centre.api, &spans, &format!("js-{protocol}-{compression}"));
            sent += spans.as_array().unwrap().len() as u64;
        }
    }
    assert_eq!(centre.taken(), BTreeMap::from([("traces".to_owned(), sent)]));
    check_ledger(&centre.api, sent);
}

#[test]
fn the_protocols_own_examples_are_taken_whole() {
    let dir = std::env::var_os("NILOMETER_OTLP_EXAMPLES");
    let Some(dir) = dir.map(PathBuf::from) else {
        println!("skipped: NILOMETER_OTLP_EXAMPLES names no directory");
        return;
    };
    let scratch = Scratch::new();
    let centre = Centre::new(&scratch);
    for (file, path) in [
        ("trace.json", "/v1/traces"),
        ("logs.json", "/v1/logs"),
        ("events.json", "/v1/logs"),
        ("metrics.json", "/v1/metrics"),
    ] {
        let body = std::fs::read(dir.join(file)).unwrap();
        let answer = centre.http.send("POST", path, &[JSON], &body).unwrap();
        assert_eq!((answer.status, &*answer.text()), (200, "{}"), "{file}");
    }
    let taken = centre.taken();
    assert_eq!(taken.get("rejected"), None);
    check_ledger(&centre.api, taken.values().sum());
}

/// A request with these spans, each with a number for its id and so many attributes.
fn spans(attributes: &[usize]) -> Value {
    let span = |(number, attributes): (usize, &usize)| {
        let attribute = |key| json!({"key": format!("k{key}"), "value": {"intValue": key}});
        json!({
            "traceId": "0af7651916cd43dd8448eb211c80319c",
            "spanId": format!("{:016x}", number + 1),
            "name": "n",
            "startTimeUnixNano": "1700000000000000000",
            "endTimeUnixNano": "1700000000000000001",
            "attributes": (0..*attributes).map(attribute).collect::<Vec<_>>(),
        })
    };
    let spans: Vec<Value> = attributes.iter().enumerate().map(span).collect();
    json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]})
}

/// A request with a log record of this body.
fn record(body: &str) -> Value {
    let record = json!({"body": {"stringValue": body}, "severityNumber": 9});
    json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]})
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn one_span_with_too_much_is_refused_and_the_others_are_taken() {
    let scratch = Scratch::new();
    let centre = Centre::new(&scratch);
    let body = spans(&[1, 5_000, 1]).to_string();
    let answer = centre.http.send("POST", "/v1/traces", &[JSON], body.as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let partial = &answer.json()["partialSuccess"];
    assert_eq!(partial["rejectedSpans"], "1");
    let message = partial["errorMessage"].as_str().unwrap();
    assert!(message.contains("item 1: attributes: 5000 of them"), "{message}");
    let mut taken = centre.taken();
    assert_eq!((taken.remove("traces"), taken.remove("rejected")), (Some(2), Some(1)));
    check_ledger(&centre.api, 2);
}

#[test]
fn huge_attributes_and_bodies_are_refused_with_their_item_alone() {
    let scratch = Scratch::new();
    let centre = Centre::new(&scratch);
    let mut body = record("fine");
    let records = &mut body["resourceLogs"][0]["scopeLogs"][0]["logRecords"];
    let huge = "x".repeat(2 << 20);
    let attribute = json!([{"key": "k", "value": {"stringValue": huge}}]);
    for bad in [json!({"attributes": attribute}), json!({"body": {"stringValue": huge}})] {
        records.as_array_mut().unwrap().push(bad);
    }
    let body = gzip(body.to_string().as_bytes());
    let headers = [JSON, ("Content-Encoding", "gzip")];
    let answer = centre.http.send("POST", "/v1/logs", &headers, &body).unwrap();
    assert_eq!(answer.json()["partialSuccess"]["rejectedLogRecords"], "2", "{}", answer.text());
    check_ledger(&centre.api, 1);
}

#[test]
fn what_cannot_be_read_is_refused_whole_and_what_comes_next_is_taken() {
    let scratch = Scratch::new();
    let centre = Centre::new(&scratch);
    let good = spans(&[1]).to_string();
    let packed = gzip(good.as_bytes());
    let gzipped = [JSON, ("Content-Encoding", "gzip")];
    let bomb = gzip(&vec![b' '; 64 << 20]);
    let cases: [(&str, Headers<'_>, &[u8], u16); 7] = [
        ("malformed protobuf", &[PROTOBUF], b"\x0a\xff\xff\xff\xff\xff", 400),
        ("JSON that ends early", &[JSON], &good.as_bytes()[..40], 400),
        ("gzip that ends early", &gzipped, &packed[..packed.len() / 2], 400),
        ("a bomb", &gzipped, &bomb, 413),
        ("a content type that is none of ours", &[("Content-Type", "text/xml")], b"<a/>", 415),
        ("no content type", &[], good.as_bytes(), 415),
        ("a compression that is none of ours", &[JSON, ("Content-Encoding", "br")], b"x", 415),
    ];
    for (what, headers, body, expect) in cases {
        for api in [&centre.http, &centre.api] {
            let answer = api.send("POST", "/v1/traces", headers, body).unwrap();
            assert_eq!(answer.status, expect, "{what}: {}", answer.text());
            let good = api.send("POST", "/v1/traces", &[JSON], good.as_bytes()).unwrap();
            assert_eq!(good.status, 200, "after {what}");
        }
    }
    assert_eq!(centre.http.get("/v1/traces").unwrap().status, 405);
    assert_eq!(centre.http.send("POST", "/v2/traces", &[JSON], b"{}").unwrap().status, 404);
}

#[test]
fn a_collector_takes_in_what_its_centre_then_shows() {
    let scratch = Scratch::new();
    let centre = Centre::new(&scratch);
    let other = Scratch::new();
    let http = Api::on(port());
    let to = centre.api.url();
    let arguments = ["--to", &to, "--node", "n7", "--otlp-http", &http.address()];
    let (_collect, _) = Process::role("collect", &other, &arguments, &[]);
    let body = record("through a collector").to_string();
    // Until the collector has its name and its spool, a sender is told to come later.
    let answer = until("the collector takes it in", DEADLINE, || {
        let answer = http.send("POST", "/v1/logs", &[JSON], body.as_bytes()).unwrap();
        (answer.status != 503).then_some(answer)
    });
    assert_eq!((answer.status, &*answer.text()), (200, "{}"));
    let found = until("the record is at the centre", DEADLINE, || {
        let found = centre.api.json("/api/v1/logs?q=%22through+a+collector%22");
        found["records"].as_array().unwrap().first().cloned()
    });
    assert_eq!((&found["node"], &found["stream"]), (&json!("n7"), &json!("otlp")));
}

fn export(api: &Api, token: Option<&str>) -> Answer {
    let authorization = token.map(|token| format!("Bearer {token}"));
    let mut headers = vec![JSON];
    headers.extend(authorization.as_deref().map(|value| ("Authorization", value)));
    api.send("POST", "/v1/logs", &headers, record("m").to_string().as_bytes()).unwrap()
}

#[test]
fn on_another_address_than_loopback_every_port_asks_for_a_token_that_may_ingest() {
    let scratch = Scratch::new();
    let tokens = "ingest default the-one-for-ingest\nread default the-one-for-reading\n";
    let file = scratch.secret("tokens", tokens).display().to_string();
    let (grpc, http) = (port(), Api::on(port()));
    let (on_grpc, on_http) =
        (format!("0.0.0.0:{grpc}"), http.address().replace("127.0.0.1", "0.0.0.0"));
    let arguments = ["--otlp-grpc", &on_grpc, "--otlp-http", &on_http, "--token-file", &file];
    let (_serve, api) = Process::serve(&scratch, &arguments);
    let statuses = [None, Some("guessed"), Some("the-one-for-reading"), Some("the-one-for-ingest")]
        .map(|token| export(&http, token).status);
    assert_eq!(statuses, [401, 401, 403, 200]);
    assert_eq!(export(&api, None).status, 200, "that address is loopback");
    let address = format!("127.0.0.1:{grpc}");
    let call = |headers: &str| {
        let variables = [("OTEL_EXPORTER_OTLP_HEADERS", headers)];
        send(&PYTHON, &["grpc", &address, "gzip"], &variables)
    };
    let said = call("").unwrap_err();
    assert!(said.contains("UNAUTHENTICATED"), "{said}");
    let said = call("authorization=Bearer%20the-one-for-reading").unwrap_err();
    assert!(said.contains("PERMISSION_DENIED"), "{said}");
    call("authorization=Bearer%20the-one-for-ingest").unwrap();
    let taken = taken(&api);
    assert_eq!((taken["traces"], taken["logs"]), (2, 2 + RECORDS_SENT as u64));
}

#[test]
fn on_loopback_a_page_that_another_name_leads_here_is_kept_out() {
    let scratch = Scratch::new();
    let centre = Centre::new(&scratch);
    let headers = [JSON, ("Origin", "https://evil.example")];
    let answer = centre.http.send("POST", "/v1/logs", &headers, record("m").to_string().as_bytes());
    assert_eq!(answer.unwrap().status, 403);
}

#[test]
fn tls_is_spoken_on_the_ports_of_receivers_too() {
    let scratch = Scratch::new();
    let authority = Authority::new(&scratch, "authority");
    let shown = authority.issue(&["localhost", "127.0.0.1"]);
    let (grpc, http) = (port(), port());
    let (on_grpc, on_http) = (format!("127.0.0.1:{grpc}"), format!("127.0.0.1:{http}"));
    let listen = format!("127.0.0.1:{}", port());
    let mut serve = command(&["serve", "--listen", &listen]);
    serve.arg("--data").arg(scratch.join("data")).args(shown.files(&scratch, "server"));
    serve.args(["--otlp-grpc", &on_grpc, "--otlp-http", &on_http]);
    let _serve = Process::spawn(serve, &scratch.join("serve.log"));
    let http = Api::over_tls(http, authority.client(None));
    until("the port is there", DEADLINE, || http.get("/").ok());
    assert_eq!(export(&http, None).status, 200);
    let pem = scratch.join("authority.pem").display().to_string();
    let trusted = [("OTEL_EXPORTER_OTLP_CERTIFICATE", pem.as_str())];
    send(&PYTHON, &["grpc", &format!("https://localhost:{grpc}"), "none"], &trusted).unwrap();
}

#[test]
fn a_default_port_that_is_taken_is_done_without_and_one_that_was_asked_for_is_had() {
    // Where somebody has it already, it is taken as well.
    let _taken = TcpListener::bind("127.0.0.1:4318");
    let scratch = Scratch::new();
    let (serve, api) = Process::role("serve", &scratch, &[], &[("NILOMETER_OTLP_HTTP", "")]);
    let said = serve.said();
    assert!(said.contains("127.0.0.1:4318") && said.contains("this port is taken"), "{said}");
    assert_eq!(export(&api, None).status, 200);
    let other = Scratch::new();
    let (serve, _) = Process::start("serve", &other, &["--otlp-http", "127.0.0.1:4318"], &[]);
    assert_eq!(serve.wait(DEADLINE).code(), Some(1));
    let said = std::fs::read_to_string(other.join("serve.log")).unwrap();
    assert!(said.contains("cannot listen on 127.0.0.1:4318 (--otlp-http)"), "{said}");
}
