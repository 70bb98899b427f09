//! `up --demo`: a shop that is alive at once, breaks as it is told to, and leaves nothing running.
//!
//! Everything is seen through the API, as a page would see it.

use std::time::Duration;

use nilometer_tests::{Api, Process, Scratch, run, until};
use serde_json::{Value, json};

/// The first screen is alive within so long.
const ALIVE_DEADLINE: Duration = Duration::from_secs(15);
/// How long a fault may take to be seen, and to be seen no more.
const FAULT_DEADLINE: Duration = Duration::from_secs(60);
const END_DEADLINE: Duration = Duration::from_secs(10);
/// DESIGN 8: an ordered shutdown takes at most this long.
const SHUTDOWN_MAX: Duration = Duration::from_secs(5);
/// What must have been seen since a fault was switched off before its absence says anything.
const SEEN_MIN: u64 = 5;
/// Lines in one second that are a flood.
const FLOOD_LINES: u64 = 1_000;
const SERVICES: [&str; 7] =
    ["cart", "catalog", "checkout", "frontend", "payment", "recommendation", "shipping"];
/// One of them for each make of lines: JSON, logfmt, plain text.
const MAKES: [&str; 3] = ["frontend", "catalog", "cart"];

fn demo(scratch: &Scratch) -> (Process, Api) {
    Process::up(scratch, &["--demo", "--otlp-grpc", "none", "--otlp-http", "none"])
}

/// The rows of a query over `logs` or `spans` from a time on.
fn rows(api: &Api, signal: &str, q: &str, from: &str) -> Option<Vec<Value>> {
    let question = json!({ "q": q, "signal": signal, "from": from }).to_string();
    let answer = api.send("POST", "/api/v1/query", &[], question.as_bytes()).ok()?;
    assert_eq!(answer.status, 200, "{q}: {}", answer.text());
    answer.json()["rows"].as_array().cloned()
}

fn count(api: &Api, signal: &str, q: &str, from: &str) -> u64 {
    let rows = rows(api, signal, &format!("{q} | stats count()"), from).unwrap_or_default();
    rows.first().and_then(|row| row[0].as_u64()).unwrap_or(0)
}

/// The time of the newest line.
fn now(api: &Api) -> String {
    let newest = || {
        let answer = api.get("/api/v1/logs?limit=1").ok()?.json();
        Some(answer["records"][0]["time"].as_str()?.to_owned())
    };
    until("a line", ALIVE_DEADLINE, newest)
}

fn switch(api: &Api, fault: &str, service: &str, on: bool) {
    let body = json!({ "service": service, "on": on }).to_string();
    let answer = api.send("POST", &format!("/api/v1/demo/{fault}"), &[], body.as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let faults = answer.json()["faults"].as_array().unwrap().contains(&json!(fault));
    assert_eq!(faults, on);
}

/// Waits until so much good is seen from some time on, and nothing bad.
#[track_caller]
fn recovered(api: &Api, (signal, good, bad): (&str, &str, &str)) {
    until(&format!("{good}, and never {bad}"), FAULT_DEADLINE, || {
        let from = now(api);
        let seen = || (count(api, signal, good, &from) >= SEEN_MIN).then_some(());
        until(good, FAULT_DEADLINE, seen);
        (count(api, signal, bad, &from) == 0).then_some(())
    });
}

/// The processes of the shop that this process has started.
fn shop_of(process: &Process) -> Vec<u32> {
    let parent = format!("PPid:\t{}", process.id());
    let pids = std::fs::read_dir("/proc").unwrap().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| is_service(*pid) && status(*pid).contains(&parent)).collect()
}

fn status(pid: u32) -> String {
    std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default()
}

/// Whether that process runs and is one of a shop.
fn is_service(pid: u32) -> bool {
    let arguments = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&arguments).contains("demo-service")
}

#[test]
fn lines_spans_and_both_versions_are_there_at_once_and_nothing_outlives_a_killed_product() {
    let scratch = Scratch::new();
    let (up, api) = demo(&scratch);
    until("every component speaks on its node", ALIVE_DEADLINE, || {
        let answer = api.get("/api/v1/components").ok()?.json();
        let components = answer["components"].as_array()?;
        let known = |name: &&str| components.iter().any(|one| one["component"] == **name);
        SERVICES.iter().all(known).then_some(())
    });
    until("calls from checkout to payment", ALIVE_DEADLINE, || {
        let graph = api.get("/api/v1/graph").ok()?.json();
        let edges = graph["edges"].as_array()?;
        let paid = |edge: &Value| edge["from"] == "checkout" && edge["to"] == "payment";
        edges.iter().any(paid).then_some(())
    });
    for version in ["1.4.1", "1.4.2"] {
        let q = format!("service:checkout version:{version} attributes.demo:true");
        until(&q, FAULT_DEADLINE, || (count(&api, "spans", &q, "-5m") > 0).then_some(()));
    }
    let q = "component:cart node:demo-node-1 trace_id";
    until(q, ALIVE_DEADLINE, || (count(&api, "logs", q, "-5m") > 0).then_some(()));
    let q = "name:http.server.request.duration_count";
    until(q, ALIVE_DEADLINE, || (count(&api, "samples", q, "-5m") > 0).then_some(()));
    let shop = shop_of(&up);
    assert_eq!(shop.len(), SERVICES.len() + 2, "two checkouts, and the visitors: {shop:?}");
    up.kill();
    until("the shop is gone", END_DEADLINE, || {
        shop.iter().all(|pid| !is_service(*pid)).then_some(())
    });
}

#[test]
fn lines_of_every_make_are_found_by_their_trace_and_the_trace_carries_them() {
    let scratch = Scratch::new();
    let (_up, api) = demo(&scratch);
    for service in MAKES {
        let trace_id = until("a trace", ALIVE_DEADLINE, || {
            let answer = api.get(&format!("/api/v1/traces?service={service}&limit=1")).ok()?.json();
            Some(answer["traces"][0]["trace_id"].as_str()?.to_owned())
        });
        let q = format!("component:{service} trace_id:{trace_id}");
        let lines = format!("/api/v1/logs?q={}", q.replace(' ', "%20"));
        let line = until(&q, ALIVE_DEADLINE, || {
            Some(api.get(&lines).ok()?.json()["records"].get_mut(0)?.take())
        });
        assert_eq!(line["trace_id"], *trace_id);
        let same = |other: &Value| ["source", "position"].iter().all(|key| other[key] == line[key]);
        let wrote = |span: &Value| span["span_id"] == line["span_id"] && span["service"] == service;
        until("the trace with the line and the span that wrote it", ALIVE_DEADLINE, || {
            let trace = api.get(&format!("/api/v1/traces/{trace_id}")).ok()?.json();
            let has_line = trace["logs"].as_array()?.iter().any(same);
            (has_line && trace["spans"].as_array()?.iter().any(wrote)).then_some(())
        });
    }
}

#[test]
fn every_fault_is_seen_from_its_switch_on_and_no_more_after_its_switch_off() {
    let scratch = Scratch::new();
    let (up, api) = demo(&scratch);
    fails(&api);
    is_slow(&api);
    crashes(&api);
    floods(&api);
    is_silent(&api);
    let shop = shop_of(&up);
    let (status, took) = up.stop();
    assert!(status.success() && took <= SHUTDOWN_MAX, "{status} after {took:?}");
    assert!(shop.iter().all(|pid| !is_service(*pid)), "{shop:?}");
}

fn fails(api: &Api) {
    let from = now(api);
    switch(api, "fail", "catalog", true);
    let q = "service:catalog kind:server status:error";
    until(q, FAULT_DEADLINE, || (count(api, "spans", q, &from) > 0).then_some(()));
    let q = r#"component:catalog severity:error "too many connections""#;
    until(q, FAULT_DEADLINE, || (count(api, "logs", q, &from) > 0).then_some(()));
    switch(api, "fail", "catalog", false);
    let bad = "service:catalog status:error";
    recovered(api, ("spans", "service:catalog kind:server", bad));
}

fn is_slow(api: &Api) {
    let from = now(api);
    switch(api, "slow", "recommendation", true);
    let (all, slow) = (
        "service:recommendation kind:server",
        "service:recommendation kind:server duration:>=800ms",
    );
    until(slow, FAULT_DEADLINE, || (count(api, "spans", slow, &from) > 0).then_some(()));
    switch(api, "slow", "recommendation", false);
    recovered(api, ("spans", all, slow));
}

fn crashes(api: &Api) {
    let from = now(api);
    switch(api, "crash", "recommendation", true);
    until("the second restart", FAULT_DEADLINE, || {
        let answer = api.get("/api/v1/sources").ok()?.json();
        let sources = answer["sources"].as_array()?.clone();
        let again =
            |source: &Value| source["path"].as_str().unwrap().ends_with("recommendation/2.log");
        sources.iter().any(again).then_some(())
    });
    let panicked = "component:recommendation panicked";
    until(panicked, FAULT_DEADLINE, || (count(api, "logs", panicked, &from) >= 2).then_some(()));
    switch(api, "crash", "recommendation", false);
    recovered(api, ("logs", "component:recommendation recommendations", panicked));
}

fn floods(api: &Api) {
    let from = now(api);
    switch(api, "flood", "shipping", true);
    let q = "component:shipping | stats count() as n by bin(1s) | sort n desc | limit 1";
    until("a flood", FAULT_DEADLINE, || {
        let rows = rows(api, "logs", q, &from)?;
        let most = rows.first()?.as_array()?.iter().find_map(Value::as_u64)?;
        (most >= FLOOD_LINES).then_some(())
    });
    switch(api, "flood", "shipping", false);
    recovered(api, ("logs", "component:frontend", "component:shipping retrying"));
}

fn is_silent(api: &Api) {
    switch(api, "silence", "cart", true);
    let from = now(api);
    let late = r#"component:frontend severity:error "cart did not answer""#;
    until(late, FAULT_DEADLINE, || (count(api, "logs", late, &from) > 0).then_some(()));
    recovered(api, ("logs", "component:frontend", "component:cart"));
    switch(api, "silence", "cart", false);
    let from = now(api);
    let speaks = r#"component:cart "GET""#;
    until(speaks, FAULT_DEADLINE, || (count(api, "logs", speaks, &from) > 0).then_some(()));
}

#[test]
fn the_command_shows_what_is_on_and_says_what_there_is() {
    let scratch = Scratch::new();
    let (_serve, api) = Process::serve(&scratch, &[]);
    let refused = run(&["demo", "slow", "cart", "on", "--server", &api.url()]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("nilometer up --demo"), "{}", refused.err);
    let scratch = Scratch::new();
    let (_up, api) = demo(&scratch);
    let unknown = run(&["demo", "slow", "till", "on", "--server", &api.url()]);
    assert!(unknown.code == 1 && unknown.err.contains("one of cart, catalog"), "{}", unknown.err);
    assert_eq!(run(&["demo", "slow", "cart", "--server", &api.url()]).code, 2);
    let switched = run(&["demo", "slow", "cart", "on", "--server", &api.url()]);
    assert!(switched.code == 0 && switched.out.contains("cart  slow\n"), "{}", switched.out);
    let shown = run(&["demo", "--output", "ndjson", "--server", &api.url()]);
    assert!(shown.out.contains(r#"{"service":"cart","faults":["slow"]}"#), "{}", shown.out);
    assert_eq!(shown.out.lines().count(), SERVICES.len());
}
