//! What stands around a record, across the files of a rotated log: renamed, begun anew, and zipped, as
//! kubelet and logrotate do it while the product reads.
//!
//! Invariant: the surroundings are what was written, in its order, wherever it lies by now.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use nilometer_tests::{Api, Process, Scratch, until};
use serde_json::Value;

const DEADLINE: Duration = Duration::from_secs(30);
const POD: &str = "root/var/log/pods/shop_cart-6d5f7c9b8-x2k4p_uid/cart";
/// Another container of the same pod, and so of the same component and instance, that speaks at the same times.
const OTHER: &str = "root/var/log/pods/shop_cart-6d5f7c9b8-x2k4p_uid/pay/0.log";
/// Lines of one file.
const LINES: usize = 5;

/// The lines of generation `number`, which go on counting where the one before ended.
fn lines(number: usize) -> String {
    let line = |n: usize| format!("2026-01-01T00:00:{n:02}.000000001Z stdout F line {n}.\n");
    (number * LINES..(number + 1) * LINES).map(line).collect()
}

fn zip(scratch: &Scratch, name: &str) {
    let plain = scratch.join(format!("{POD}/{name}"));
    let mut zipped = GzEncoder::new(Vec::new(), Compression::default());
    zipped.write_all(&std::fs::read(&plain).unwrap()).unwrap();
    std::fs::write(scratch.join(format!("{POD}/{name}.gz")), zipped.finish().unwrap()).unwrap();
    std::fs::remove_file(plain).unwrap();
}

fn rotate(scratch: &Scratch, to: &str) {
    let path = |name: &str| scratch.join(format!("{POD}/{name}"));
    std::fs::rename(path("0.log"), path(to)).unwrap();
}

/// The records of the log, oldest first, once there are so many.
fn settled(api: &Api, records: usize) -> Vec<Value> {
    let path = "/api/v1/logs?q=line&from=2026-01-01T00:00:00Z&order=asc&limit=1000";
    until("all lines", DEADLINE, || {
        let found = api.json(path)["records"].as_array().unwrap().clone();
        assert!(found.len() <= records, "twice: {found:?}");
        (found.len() == records).then_some(found)
    })
}

/// The numbers of the lines around a record.
fn around(api: &Api, record: &Value, before: usize, after: usize) -> Vec<usize> {
    let (source, position) = (record["source"].as_str().unwrap(), &record["position"]);
    let path = format!(
        "/api/v1/logs/context?source={source}&position={position}&before={before}&after={after}"
    );
    let number = |record: &Value| {
        let message = record["message"].as_str().unwrap();
        message.strip_prefix("line ").unwrap().trim_end_matches('.').parse().unwrap()
    };
    api.json(&path)["records"].as_array().unwrap().iter().map(number).collect()
}

#[track_caller]
fn check(api: &Api, records: &[Value]) {
    let last = records.len() - 1;
    for (at, record) in records.iter().enumerate() {
        let expect: Vec<usize> = (at.saturating_sub(7)..=last.min(at + 6)).collect();
        assert_eq!(around(api, record, 7, 6), expect, "around line {at}");
    }
    assert_eq!(around(api, &records[LINES], 0, 0), [LINES]);
}

#[test]
fn the_surroundings_of_a_line_go_on_in_the_files_before_and_behind_it() {
    let scratch = Scratch::new();
    let (up, api) = Process::up(&scratch, &[]);
    scratch.write(OTHER, &lines(0).replace("line", "other"));
    scratch.write(&format!("{POD}/0.log"), &lines(0));
    settled(&api, LINES);
    rotate(&scratch, "0.log.20260101-000001");
    scratch.write(&format!("{POD}/0.log"), &lines(1));
    settled(&api, 2 * LINES);
    rotate(&scratch, "0.log.20260101-000002");
    zip(&scratch, "0.log.20260101-000001");
    scratch.write(&format!("{POD}/0.log"), &lines(2));
    let records = settled(&api, 3 * LINES);
    let sources: Vec<&str> = records.iter().map(|one| one["source"].as_str().unwrap()).collect();
    assert!(sources[0] != sources[LINES] && sources[LINES] != sources[2 * LINES], "{sources:?}");
    check(&api, &records);
    // The same out of splits, and with what is written after a restart.
    up.stop();
    let (_up, api) = Process::up(&scratch, &[]);
    zip(&scratch, "0.log.20260101-000002");
    rotate(&scratch, "0.log.20260101-000003");
    scratch.write(&format!("{POD}/0.log"), &lines(3));
    check(&api, &settled(&api, 4 * LINES));
}

#[test]
fn a_file_that_was_zipped_before_anybody_read_it_is_a_part_of_the_log() {
    let scratch = Scratch::new();
    scratch.write(&format!("{POD}/0.log.20260101-000001"), &lines(0));
    zip(&scratch, "0.log.20260101-000001");
    scratch.write(&format!("{POD}/0.log"), &lines(1));
    let (_up, api) = Process::up(&scratch, &[]);
    check(&api, &settled(&api, 2 * LINES));
}
