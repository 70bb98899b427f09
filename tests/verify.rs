//! `nilometer verify` from outside: what is as it was written, and which split is not.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use nilometer_tests::{Api, Process, Scratch, run, until};
use serde_json::{Value, json};

const DEADLINE: Duration = Duration::from_secs(30);

/// Hands lines in and waits until they are in a split of their own; the objects that there are then.
fn sealed(api: &Api, scratch: &Scratch, lines: u64, in_all: u64) -> Vec<PathBuf> {
    let line = |n| format!("{}\n", json!({"message": format!("line {n} of many")}));
    let body: String = (0..lines).map(line).collect();
    let answer = api.send("POST", "/api/v1/ingest", &[], body.as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    until("a split", DEADLINE, || {
        let ledger = api.json("/api/v1/ledger");
        (ledger["totals"]["committed"]["records"] == in_all).then_some(())
    });
    let objects = fs::read_dir(scratch.join("data/objects/splits")).unwrap();
    objects.map(|object| object.unwrap().path()).collect()
}

#[test]
fn a_flipped_byte_is_found_and_its_split_named_and_no_other() {
    let scratch = Scratch::new();
    let (_serve, api) = Process::role("serve", &scratch, &[], &[("NILOMETER_SEAL_AFTER", "1s")]);
    let first = sealed(&api, &scratch, 3_000, 3_000);
    let all = sealed(&api, &scratch, 2_000, 5_000);
    let verify = |output: &str| run(&["verify", "--server", &api.url(), "--output", output]);
    let ended = verify("text");
    assert_eq!((ended.code, ended.out.as_str()), (0, ""), "{}", ended.err);
    assert!(
        ended.err.contains("5000 records") && ended.err.contains(": 0 damaged"),
        "{}",
        ended.err
    );
    for at in ["begin", "middle", "end"] {
        let mut bytes = fs::read(&first[0]).unwrap();
        let place = match at {
            "begin" => 0,
            "middle" => bytes.len() / 2,
            _ => bytes.len() - 1,
        };
        bytes[place] ^= 1;
        fs::write(&first[0], &bytes).unwrap();
        let ended = verify("ndjson");
        assert_eq!(ended.code, 1, "{at}: {}", ended.err);
        let rows: Vec<Value> =
            ended.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(rows.len(), all.len());
        for row in rows {
            let is_ours = first[0].to_str().unwrap().contains(row["split"].as_str().unwrap());
            assert_eq!(row["problem"].is_string(), is_ours, "{at}: {row}");
        }
        bytes[place] ^= 1;
        fs::write(&first[0], &bytes).unwrap();
    }
    assert_eq!(verify("csv").code, 0);
}
