//! Traces from a socket to an answer: sets whose answers are known, sent over OTLP/HTTP.

#[path = "traces/centre.rs"]
mod centre;
#[path = "traces/facts.rs"]
mod facts;
#[path = "traces/sets.rs"]
mod sets;
#[path = "traces/shop.rs"]
mod shop;

use std::collections::HashSet;
use std::time::{SystemTime, UNIX_EPOCH};

use nilometer_tests::run;
use serde_json::{Value, json};

use self::centre::Centre;
use self::shop::{Span, duration_ns, request, trace, trace_id};

const TRACES: u64 = 300;
const MINUTE_NS: u64 = 60_000_000_000;
const RANGE: (&str, &str) = ("-50m", "-1m");
/// Of a trace that does not fit one page.
const PAGE_SPANS: usize = 10_000;
const REQUEST_SPANS: usize = 5_000;

/// Half an hour ago.
#[expect(
    clippy::disallowed_methods,
    reason = "traces are of now, for whoever asks without a range"
)]
fn base_ns() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(now.as_nanos()).unwrap() - 30 * MINUTE_NS
}

/// Every seventh trace comes without its root at first, every fifth twice.
fn is_late(number: u64) -> bool {
    number.is_multiple_of(7)
}

#[test]
fn a_set_is_answered_as_it_was_made_from_memory_and_from_splits() {
    let (mut centre, base) = (Centre::new(), base_ns());
    let start = |number: u64| base + number * 1_000_000;
    for number in 0..TRACES {
        let spans = trace(number, start(number));
        let parts = spans.split_at(usize::from(is_late(number)));
        centre.send("traces", &request(parts.1));
        if number.is_multiple_of(5) {
            centre.send("traces", &request(parts.1));
        }
        if let Some(logs) = shop::logs(number, start(number)) {
            centre.send("logs", &logs);
        }
    }
    // What comes when the rest is sealed belongs to it, and what is sent again counts once.
    centre = centre.restart();
    for number in (0..TRACES).filter(|number| is_late(*number)) {
        centre.send("traces", &request(&trace(number, start(number))));
    }
    let last = TRACES - 1;
    centre.until_trace(&trace_id(last), trace(last, 0).len());
    let facts = shop::facts(TRACES, RANGE);
    facts.check(&centre.api);
    centre = centre.restart();
    facts.check(&centre.api);
    let route = format!("/api/v1/traces/compare?from={}&to={}", RANGE.0, RANGE.1);
    let differs = centre.api.json(&format!("{route}&service=gateway&a=status:error"));
    assert_eq!(differs["attributes"][0]["name"], "status");
    let none = centre.api.json(&format!("{route}&a=service:gateway"));
    assert_eq!(none["attributes"], json!([]));
}

#[test]
fn real_sets_are_answered_as_they_are_known_to_be_from_memory_and_from_splits() {
    let Some(dir) = sets::dir() else {
        println!("skipped: NILOMETER_TRACE_SETS names no directory");
        return;
    };
    let mut centre = Centre::new();
    for (set, _) in sets::SETS {
        for signal in ["traces", "logs"] {
            for request in sets::requests(&dir, set, signal) {
                centre.send(signal, request.as_bytes());
            }
        }
    }
    for _ in 0..2 {
        for set in sets::SETS {
            sets::facts(&dir, set).check(&centre.api);
        }
        centre = centre.restart();
    }
}

fn ms(ns: u64) -> f64 {
    ns as f64 / 1e6
}

/// What the critical path's parts come to, ms.
fn critical_ms(told: &Value) -> f64 {
    let parts = told["critical_path"].as_array().unwrap().iter();
    parts.map(|part| part["self_ms"].as_f64().unwrap()).sum()
}

#[test]
fn orphans_circles_and_two_roots_are_told_as_they_are() {
    let (centre, base) = (Centre::new(), base_ns());
    let mut orphaned = trace(1, base);
    orphaned.remove(0);
    let mut circle = trace(2, base);
    circle[0].parent = circle[1].id.clone();
    let mut own_parent = trace(3, base);
    own_parent[0].parent = own_parent[0].id.clone();
    let mut two_roots = trace(4, base);
    two_roots[1].parent.clear();
    let missing = json!(["0000000000000001"]);
    for (number, spans, missing) in [
        (1, orphaned, missing),
        (2, circle, json!([])),
        (3, own_parent, json!([])),
        (4, two_roots, json!([])),
    ] {
        centre.send("traces", &request(&spans));
        let told = centre.until_trace(&trace_id(number), spans.len());
        assert_eq!(told["missing_parents"], missing, "{number}");
        let first = spans.iter().map(|span| span.start_ns).min().unwrap();
        let last = spans.iter().map(|span| span.start_ns + span.duration_ns).max().unwrap();
        assert!(critical_ms(&told) <= ms(last - first) + 1e-6, "{number}");
        let (code, out, _) = ask(&centre, &trace_id(number), "text");
        let is_orphaned = number == 1;
        assert_eq!((code, count(&out, "cart add")), (0, 1), "{out}");
        assert_eq!(count(&out, "gateway GET /"), usize::from(!is_orphaned), "{out}");
        assert_eq!(count(&out, "0000000000000001 never came"), usize::from(is_orphaned), "{out}");
    }
}

#[test]
fn clocks_ten_minutes_off_are_measured_and_no_start_is_changed() {
    let (centre, base) = (Centre::new(), base_ns());
    for (number, minutes) in [(4, 10), (5, -10)] {
        let off_ns = minutes * MINUTE_NS.cast_signed();
        let mut spans = trace(number, base);
        for span in &mut spans[1..] {
            span.start_ns = span.start_ns.checked_add_signed(off_ns).unwrap();
        }
        centre.send("traces", &request(&spans));
        let told = centre.until_trace(&trace_id(number), spans.len());
        let measured = told["skew_ms"]["n2"].as_f64().unwrap();
        assert!((measured - off_ns as f64 / 1e6).abs() < ms(duration_ns(number)), "{measured}");
        assert!((critical_ms(&told) - ms(duration_ns(number))).abs() < 1e-6, "{told}");
        spans.sort_by_key(|span| (span.start_ns, span.id.clone()));
        let ids = |told: &Value| -> Vec<String> {
            let spans = told["spans"].as_array().unwrap().iter();
            spans.map(|span| span["span_id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(ids(&told), spans.iter().map(|span| span.id.clone()).collect::<Vec<_>>());
    }
}

#[test]
fn an_id_is_asked_for_in_either_case_and_what_is_none_is_refused() {
    let (centre, base) = (Centre::new(), base_ns());
    centre.send("traces", &request(&trace(9, base)));
    let status = |id: &str| centre.api.get(&format!("/api/v1/traces/{id}")).unwrap().status;
    centre.until_trace(&trace_id(9), trace(9, 0).len());
    assert_eq!(status(&trace_id(9).to_uppercase()), 200);
    for (id, expect, code) in [("0".repeat(31) + "f", 404, 1), ("xyz".to_owned(), 400, 1)] {
        assert_eq!(status(&id), expect, "{id}");
        let (ended, out, err) = ask(&centre, &id, "text");
        assert_eq!((ended, out.as_str()), (code, ""), "{err}");
        assert!(err.contains(&id), "{err}");
    }
}

/// `nilometer trace`: its exit code, and what it says on both ways.
fn ask(centre: &Centre, id: &str, output: &str) -> (i32, String, String) {
    let ended = run(&["trace", id, "--server", &centre.api.url(), "--output", output]);
    (ended.code, ended.out, ended.err)
}

fn count(text: &str, what: &str) -> usize {
    text.matches(what).count()
}

#[test]
fn the_waterfall_shows_every_span_below_its_parent() {
    let (centre, base) = (Centre::new(), base_ns());
    let spans = trace(2, base);
    centre.send("traces", &request(&spans));
    centre.send("logs", &shop::logs(2, base).unwrap());
    centre.until_trace(&trace_id(2), spans.len());
    let (code, out, err) = ask(&centre, &trace_id(2), "text");
    let expect = ["gateway GET /", "└ cart add", "└ seat find", "  └ config get"];
    let repeated = expect.iter().chain(&expect[2..]).chain(&expect[2..]);
    assert_eq!((code, out.lines().count()), (0, spans.len()), "{out}");
    for (line, name) in out.lines().zip(repeated) {
        let (_, shown) = line.rsplit_once(['·', '█', '▒']).unwrap();
        assert!(shown.starts_with(&format!(" {name}")), "{name}: {out}");
    }
    assert!(err.contains("2 log records"), "{err}");
    let (code, out, _) = ask(&centre, &trace_id(2), "ndjson");
    let ids =
        out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["span_id"].take());
    let sent: Vec<Value> = spans.iter().map(|span| json!(span.id)).collect();
    assert_eq!((code, ids.collect::<Vec<_>>()), (0, sent));
}

/// As deep as it is wide: a chain of one half, on each of whose spans hangs one of the other.
fn comb(spans: u64, start_ns: u64) -> Vec<Span> {
    let root = trace(0, start_ns).remove(0);
    let span = |at: u64| {
        let parent = if at.is_multiple_of(2) { at.saturating_sub(2) } else { at - 1 };
        let parent = if at == 0 { String::new() } else { format!("{:016x}", parent + 1) };
        Span { id: format!("{:016x}", at + 1), parent, start_ns: start_ns + at, ..root.clone() }
    };
    (0..spans).map(span).collect()
}

#[test]
fn a_trace_of_more_than_a_page_is_answered_and_shown_whole() {
    let centre = Centre::new();
    let spans = comb(2 * PAGE_SPANS as u64 + 1, base_ns());
    for part in spans.chunks(REQUEST_SPANS) {
        centre.send("traces", &request(part));
    }
    let route = format!("/api/v1/traces/{}", spans[0].trace);
    centre.until_trace(&spans[0].trace, PAGE_SPANS);
    let (mut seen, mut sizes, mut cursor) = (HashSet::new(), Vec::new(), String::new());
    loop {
        let page = centre.api.json(&format!("{route}{cursor}"));
        let ids = page["spans"].as_array().unwrap().iter().map(|span| span["span_id"].to_string());
        let ids: Vec<String> = ids.collect();
        sizes.push(ids.len());
        seen.extend(ids);
        let Some(next) = page["cursor"].as_str() else { break };
        cursor = format!("?cursor={next}");
    }
    assert_eq!((sizes, seen.len()), (vec![PAGE_SPANS, PAGE_SPANS, 1], spans.len()));
    let (code, out, err) = ask(&centre, &spans[0].trace, "text");
    assert_eq!((code, out.lines().count()), (0, spans.len()), "{err}");
}
