//! `nilometer purge` from outside: what somebody wants to be gone is in no answer, and in no byte that is kept.
//!
//! ```text
//!   before: in splits, the Log, Meta's patterns ──purge──> in none, but for what is asked itself
//!                                               ──end────> nowhere at all
//! ```
//! The bytes are searched as they lie and as every zstd frame in them inflates: the search knows no format of ours,
//! and proves before the purge that it finds.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nilometer_tests::{Api, NO_RULES, Process, Relay, Scratch, Way, run, until};
use serde_json::{Value, json};

const DEADLINE: Duration = Duration::from_secs(60);
const SEALS_OFTEN: [(&str, &str); 2] = [("NILOMETER_SEAL_AFTER", "1s"), NO_RULES];
const LOG: &str = "root/var/log/pods/shop_cart-6d5f7c9b8-x2k4p_uid/cart/0.log";
/// Told apart from all else; one is a word to a split's index, one a variable.
const NEEDLES: [&str; 2] = ["quetzalcoatlus", "qz77x41"];
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|some| some == part)
}

fn has_needle(bytes: &[u8]) -> bool {
    NEEDLES.iter().any(|needle| find(bytes, needle.as_bytes()).is_some())
}

/// Whether the bytes hold a needle, or anything does that inflates from somewhere in them.
fn holds(bytes: &[u8]) -> bool {
    let mut at = 0;
    while let Some(found) = find(&bytes[at..], &ZSTD_MAGIC) {
        at += found;
        let reader = zstd::stream::read::Decoder::new(&bytes[at..]);
        let mut inflated = Vec::new();
        // What only looks like a frame inflates to little or nothing.
        let _broken = reader
            .map(|reader| reader.single_frame())
            .and_then(|mut reader| std::io::Read::read_to_end(&mut reader, &mut inflated));
        if has_needle(&inflated) {
            return true;
        }
        at += 1;
    }
    has_needle(bytes)
}

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// The parts of the data directory in which a needle is.
fn places(data: &Path) -> BTreeSet<String> {
    let mut all = Vec::new();
    files(data, &mut all);
    // A file may go while it is looked at.
    let held = all.iter().filter(|path| fs::read(path).is_ok_and(|bytes| holds(&bytes)));
    let part = |path: &PathBuf| {
        let inside = path.strip_prefix(data).unwrap();
        inside.parent().unwrap().display().to_string()
    };
    held.map(part).collect()
}

fn ingest(api: &Api, lines: &[Value]) {
    let body: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let answer = api.send("POST", "/api/v1/ingest", &[], body.as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
}

fn committed(api: &Api, records: u64) {
    until("all is in splits", DEADLINE, || {
        let ledger = api.json("/api/v1/ledger");
        (ledger["totals"]["committed"]["records"] == records).then_some(())
    });
}

fn exported(api: &Api) -> Vec<String> {
    api.get("/api/v1/export").unwrap().text().lines().map(str::to_owned).collect()
}

/// Spans and samples by OTLP, of which each tenth is somebody's: by an attribute, an event or an operation.
fn traced(api: &Api, round: u64) {
    let text = |key: &str, value: &str| json!([{"key": key, "value": {"stringValue": value}}]);
    let resource = json!({"attributes": text("service.name", "shop")});
    let span = |n: u64| {
        let mut span = json!({
            "traceId": format!("{round:016x}{:016x}", n / 4 + 1), "spanId": format!("{:016x}", n + 1),
            "name": "GET /cart", "kind": 2, "startTimeUnixNano": "1767225600000000000",
            "endTimeUnixNano": "1767225600001000000", "attributes": text("user", "somebody"),
        });
        match n % 30 {
            3 => span["attributes"] = text("user", NEEDLES[0]),
            13 => span["name"] = json!(format!("GET /users/{}", NEEDLES[1])),
            23 => {
                span["events"] =
                    json!([{"name": NEEDLES[0], "timeUnixNano": "1767225600000000000"}])
            }
            _ => {}
        }
        span
    };
    let spans: Vec<Value> = (0..120).map(span).collect();
    let point = |n: u64| {
        let user = if n % 10 == 3 { NEEDLES[0] } else { "somebody" };
        let time = (1_767_225_600_000_000_000 + n).to_string();
        json!({"timeUnixNano": time, "asInt": n.to_string(), "attributes": text("user", user)})
    };
    let points: Vec<Value> = (0..40).map(point).collect();
    let scopes = json!([{"spans": spans}]);
    let traces = json!({"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]});
    let metrics = json!([{"name": "carts", "gauge": {"dataPoints": points}}]);
    let scopes = json!([{"metrics": metrics}]);
    let metrics = json!({"resourceMetrics": [{"resource": resource, "scopeMetrics": scopes}]});
    for (route, body) in [("/v1/traces", traces), ("/v1/metrics", metrics)] {
        let headers = [("Content-Type", "application/json")];
        let answer = api.send("POST", route, &headers, body.to_string().as_bytes()).unwrap();
        assert_eq!((answer.status, answer.text().as_str()), (200, "{}"), "{route}");
    }
}

/// How many rows of the signal fit.
fn counted(api: &Api, signal: &str, q: &str) -> Value {
    let body = json!({"q": format!("{q} | stats count()"), "signal": signal, "from": "2020-01-01T00:00:00Z"});
    let answer = api.send("POST", "/api/v1/query", &[], body.to_string().as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["rows"][0][0].clone()
}

/// Forty lines of somebody among four hundred, in every place that a line's words come to.
fn lines(round: u64) -> Vec<Value> {
    let line = |n: u64| match n % 10 {
        3 => {
            json!({"message": format!("login of {} was the {n}th", NEEDLES[0]), "component": "door"})
        }
        7 if n % 20 == 7 => json!({"message": "paid", "user": NEEDLES[0], "component": "shop"}),
        7 => json!({"message": format!("card {} declined", NEEDLES[1]), "pod": NEEDLES[0]}),
        _ => json!({"message": format!("request {n} of {round} served"), "component": "shop"}),
    };
    (0..200).map(line).collect()
}

#[test]
fn what_is_purged_is_in_no_answer_and_in_no_byte_that_is_kept() {
    let scratch = Scratch::new();
    let (serve, api) = Process::role("serve", &scratch, &[], &SEALS_OFTEN);
    let (data, url) = (scratch.join("data"), api.url());
    for round in 1..=2 {
        ingest(&api, &lines(round));
        committed(&api, 200 * round);
    }
    ingest(&api, &lines(3));
    assert!(api.get("/api/v1/logs/patterns").unwrap().text().contains(NEEDLES[0]));
    let before = places(&data);
    for part in ["objects/splits", "log", "meta/commits"] {
        assert!(before.contains(part), "the search finds what is there: {before:?}");
    }

    let query = format!(
        "{} OR {} OR user:{} OR instance:{}",
        NEEDLES[0], NEEDLES[1], NEEDLES[0], NEEDLES[0]
    );
    let purge = |more: &[&str]| run(&[&["purge", &query, "--server", &url], more].concat());
    let counted = purge(&["--dry-run"]);
    assert_eq!((counted.code, counted.err.contains("120 records match")), (0, true), "{counted:?}");
    let asked = purge(&[]);
    assert_eq!((asked.code, exported(&api).len()), (1, 600), "nobody said yes: {asked:?}");
    let done = purge(&["--yes", "--reason", "ticket 12", "--output", "ndjson"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.err.contains("done: 120 records are gone"), "{}", done.err);
    let told: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!((&told["state"], &told["removed"]["records"]), (&json!("done"), &json!(120)));

    let left = exported(&api);
    assert_eq!(left.len(), 480);
    assert!(left.iter().all(|line| !has_needle(line.as_bytes())));
    assert!(!has_needle(&api.get("/api/v1/logs/patterns?from=-2h").unwrap().body));
    assert_eq!(places(&data), ["objects/purges".to_owned()].into(), "all but what is asked");
    let id = told["id"].as_str().unwrap();
    let ended = run(&["purge", "--end", id, "--server", &url]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert_eq!(places(&data), BTreeSet::new());
    let list = run(&["purge", "--list", "--server", &url]);
    assert!(list.out.contains("ticket 12") && list.out.contains("ended"), "{}", list.out);
    committed(&api, 600);
    let proof = run(&["prove", "--server", &url]);
    assert_eq!(proof.code, 0, "what was taken in was taken in: {}{}", proof.out, proof.err);
    assert_eq!(run(&["verify", "--server", &url]).code, 0);

    serve.stop().0.success().then_some(()).unwrap();
    let (_serve, api) = Process::role("serve", &scratch, &[], &SEALS_OFTEN);
    assert_eq!(exported(&api).len(), 480);
    assert_eq!(places(&data), BTreeSet::new());
}

#[test]
fn spans_and_samples_that_are_purged_are_in_no_answer_and_in_no_byte_that_is_kept() {
    let scratch = Scratch::new();
    let (serve, api) = Process::role("serve", &scratch, &[], &SEALS_OFTEN);
    let (data, url) = (scratch.join("data"), api.url());
    traced(&api, 1);
    committed(&api, 160);
    traced(&api, 2);
    let trace = format!("/api/v1/traces/{:016x}{:016x}", 1, 1);
    assert!(api.get(&trace).unwrap().text().contains(NEEDLES[0]));
    assert_eq!(
        (counted(&api, "spans", "*"), counted(&api, "samples", "*")),
        (json!(240), json!(80))
    );
    for part in ["objects/splits", "log"] {
        assert!(places(&data).contains(part), "the search finds what is there");
    }

    let query = format!("{0} OR {1} OR user:{0} OR events:*{0}*", NEEDLES[0], NEEDLES[1]);
    let purge = |more: &[&str]| run(&[&["purge", &query, "--server", &url], more].concat());
    let counts = purge(&["--dry-run"]);
    let said = "0 records, 24 spans and 8 samples match";
    assert_eq!((counts.code, counts.err.contains(said)), (0, true), "{counts:?}");
    let of_spans = purge(&["--dry-run", "--signal", "spans"]);
    assert!(of_spans.err.contains("0 records and 24 spans match"), "{of_spans:?}");
    let done = purge(&["--yes", "--output", "ndjson"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let told: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(told["signals"], json!(["logs", "spans", "samples"]));
    let removed = &told["removed"];
    assert_eq!((&removed["spans"], &removed["samples"]), (&json!(24), &json!(8)), "{told}");

    assert_eq!(
        (counted(&api, "spans", "*"), counted(&api, "samples", "*")),
        (json!(216), json!(72))
    );
    let left = api.json(&trace)["spans"].as_array().map(Vec::len);
    assert_eq!((left, has_needle(&api.get(&trace).unwrap().body)), (Some(3), false));
    assert_eq!(places(&data), ["objects/purges".to_owned()].into(), "all but what is asked");
    traced(&api, 1);
    let ledger = until("what comes again", DEADLINE, || {
        let ledger = api.json("/api/v1/ledger");
        (ledger["totals"]["refused"]["duplicate"] == 108).then_some(ledger)
    });
    assert_eq!(ledger["totals"]["refused"]["purged"], json!(16), "{ledger}");
    assert_eq!(
        (counted(&api, "spans", "*"), counted(&api, "samples", "*")),
        (json!(216), json!(108))
    );
    assert_eq!(run(&["prove", "--server", &url]).code, 0);
    assert_eq!(run(&["verify", "--server", &url]).code, 0);
    let id = told["id"].as_str().unwrap();
    assert_eq!(run(&["purge", "--end", id, "--server", &url]).code, 0);
    until("the Log is free of what was refused", DEADLINE, || {
        places(&data).is_empty().then_some(())
    });

    serve.stop().0.success().then_some(()).unwrap();
    let (_serve, api) = Process::role("serve", &scratch, &[], &SEALS_OFTEN);
    assert_eq!(
        (counted(&api, "spans", "*"), counted(&api, "samples", "*")),
        (json!(216), json!(108))
    );
    assert_eq!(places(&data), BTreeSet::new());
}

#[test]
fn what_a_spool_still_holds_is_refused_as_purged_and_the_ledger_balances() {
    let (centre, node) = (Scratch::new(), Scratch::new());
    let (_serve, api) = Process::role("serve", &centre, &[], &SEALS_OFTEN);
    let log = node.write(LOG, "");
    let write = |lines: std::ops::Range<u32>| {
        let mut log = File::options().append(true).open(&log).unwrap();
        for n in lines {
            let who = if n % 4 == 0 { NEEDLES[0] } else { "somebody" };
            writeln!(log, "2026-01-01T00:00:00.{n:09}Z stdout F {who} did thing {n}").unwrap();
        }
    };
    let relay = Relay::before(&api.address());
    let root = node.join("root").display().to_string();
    let arguments = ["--node", "node0", "--rootfs", root.as_str(), "--to", relay.url()];
    let (_collect, collector) = Process::start("collect", &node, &arguments, &[]);
    write(0..100);
    until("the first lines", DEADLINE, || (exported(&api).len() == 100).then_some(()));
    relay.set(Way::Refuse);
    write(100..200);
    until("the spool holds some of the rest", DEADLINE, || {
        let metrics = collector.get("/metrics").ok()?.text();
        let waiting = "nilometer_collector_unacknowledged_batches ";
        let line = metrics.lines().find_map(|line| line.strip_prefix(waiting))?;
        (line != "0").then_some(())
    });

    let url = api.url();
    let done = run(&["purge", NEEDLES[0], "--yes", "--server", &url]);
    assert_eq!((done.code, done.err.contains("25 records are gone")), (0, true), "{}", done.err);
    relay.set(Way::Pass);
    let ledger = until("what the spool held", DEADLINE, || {
        let ledger = api.json("/api/v1/ledger");
        (ledger["totals"]["committed"]["records"] == 175).then_some(ledger)
    });
    assert_eq!(ledger["totals"]["refused"], json!({"purged": 25}), "{ledger}");
    assert_eq!(exported(&api).len(), 150);
    assert_eq!(api.json("/api/v1/dead-letters")["dead_letters"], json!([]));
    let proof = until("heartbeats", DEADLINE, || {
        let proof = run(&["prove", "--server", &url]);
        (proof.code == 0 && proof.out.contains("purged")).then_some(proof)
    });
    assert_eq!(proof.code, 0);
    until("the Log is free of what was refused", DEADLINE, || {
        (places(&centre.join("data")) == ["objects/purges".to_owned()].into()).then_some(())
    });
}

#[test]
fn a_purge_that_means_nothing_is_refused() {
    let scratch = Scratch::new();
    let (_serve, api) = Process::role("serve", &scratch, &[], &SEALS_OFTEN);
    for (body, code) in [
        (json!({}), "bad_request"),
        (json!({"q": " "}), "bad_request"),
        (json!({"q": "a | stats count()"}), "bad_query"),
        (json!({"q": "("}), "bad_query"),
        (json!({"q": "a", "signal": "metrics"}), "bad_request"),
        (json!({"q": "severity:>=warn", "signal": "spans"}), "bad_query"),
        (json!({"q": "a", "from": "-1h", "to": "-2h"}), "bad_request"),
        (json!({"q": "a", "why": "x"}), "bad_request"),
        (json!({"q": "x".repeat(4_097)}), "bad_request"),
        (json!({"q": "a", "reason": "x".repeat(1_025)}), "bad_request"),
    ] {
        let body = body.to_string();
        let answer = api.send("POST", "/api/v1/purge", &[], body.as_bytes()).unwrap();
        assert_eq!(answer.json()["error"]["code"], code, "{body}: {}", answer.text());
    }
    for (id, status) in [("7", 404), ("00000000-0000-0000-0000-000000000000", 404)] {
        let answer = api.send("DELETE", &format!("/api/v1/purges/{id}"), &[], b"").unwrap();
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    assert_eq!(api.json("/api/v1/purges"), json!({"purges": []}));
}
