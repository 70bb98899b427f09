//! The life of the process: it comes up, shows a line the moment it is written, and ends in order.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

use nilometer_tests::{Process, Scratch, command, run, until};

/// DESIGN 8: an ordered shutdown takes at most this long.
const SHUTDOWN_MAX: Duration = Duration::from_secs(5);
const SEEN_DEADLINE: Duration = Duration::from_secs(20);
const POD: &str = "root/var/log/pods/shop_cart-6d5f7c9b8-x2k4p_uid/cart/0.log";

fn cri(second: u32, text: &str) -> String {
    format!("2026-01-01T00:00:{second:02}.000000001Z stdout F {text}\n")
}

#[test]
fn a_line_that_is_written_appears_in_tail_and_in_search_with_its_names() {
    let scratch = Scratch::new();
    let (_up, api) = Process::up(&scratch, &[]);
    let mut tail =
        command(&["tail", "*", "--limit", "1", "--output", "ndjson", "--server", &api.url()])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
    let mut said = String::new();
    BufReader::new(tail.stderr.take().unwrap()).read_line(&mut said).unwrap();
    assert!(said.starts_with("tailing"), "{said}");
    scratch.write(POD, &cri(7, "ERROR order 17 failed"));
    let mut line = String::new();
    BufReader::new(tail.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(tail.wait().unwrap().success());
    let record: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(record["message"], "ERROR order 17 failed");
    assert_eq!(record["component"], "cart");
    assert_eq!(record["node"], "node0");
    assert_eq!(record["stream"], "stdout");
    assert_eq!(record["severity"], "error");
    assert_eq!(record["time"], "2026-01-01T00:00:07.000000001Z");
    let found = run(&["search", "order", "--from", "2026-01-01T00:00:00Z", "--server", &api.url()]);
    assert_eq!(found.out, "2026-01-01T00:00:07.000000001Z ERROR cart ERROR order 17 failed\n");
}

#[test]
fn every_role_ends_within_five_seconds_of_sigterm_and_keeps_what_it_had() {
    let scratch = Scratch::new();
    let (up, api) = Process::up(&scratch, &[]);
    scratch.write(POD, &cri(1, "one"));
    let count = |api: &nilometer_tests::Api| {
        let answer = api.get("/api/v1/export").ok()?;
        Some(answer.text().lines().count())
    };
    until("the line", SEEN_DEADLINE, || count(&api).filter(|&lines| lines == 1));
    let (status, took) = up.stop();
    assert!(status.success(), "{status}");
    assert!(took <= SHUTDOWN_MAX, "{took:?}");
    let (_up, api) = Process::up(&scratch, &[]);
    until("the line again", SEEN_DEADLINE, || count(&api).filter(|&lines| lines == 1));
}

#[test]
fn an_ordered_end_leaves_nothing_to_be_read_from_the_log() {
    let scratch = Scratch::new();
    let (serve, api) = Process::serve(&scratch, &[]);
    let answer = api.send("POST", "/api/v1/ingest", &[], b"{\"message\":\"x\"}\n").unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let (status, took) = serve.stop();
    assert!(status.success() && took <= SHUTDOWN_MAX, "{status} after {took:?}");
    let splits = std::fs::read_dir(scratch.join("data/objects/splits")).unwrap().count();
    assert_eq!(splits, 1, "what was in memory is sealed");
}

/// A collector that has read no file asks the centre what it knows of its node; the centre's own journals
/// stand there too, and no file of theirs was ever there to be gone.
#[test]
fn what_was_posted_before_a_restart_is_not_declared_lost_after_it() {
    let scratch = Scratch::new();
    let (up, api) = Process::up(&scratch, &[]);
    let answer = api.send("POST", "/api/v1/ingest", &[], b"{\"message\":\"posted\"}\n").unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    up.stop();
    let (_up, api) = Process::up(&scratch, &[]);
    scratch.write(POD, &cri(1, "the collector reads"));
    let read = || api.get("/api/v1/export?q=reads").ok().filter(|found| !found.text().is_empty());
    until("the collector's line", SEEN_DEADLINE, read);
    let ledger = api.get("/api/v1/ledger").unwrap().json();
    let sources = ledger["sources"].as_array().unwrap();
    assert_eq!(sources.len(), 2, "{ledger}");
    assert!(sources.iter().all(|source| source["lost"] == serde_json::json!([])), "{ledger}");
}
