//! A crash at each step between a line's file and its split: nothing lost, nothing twice, nothing swapped.
//!
//! ```text
//!   file ─> collector::before_spool ─> [spool] ─> collector::after_spool ─> intake ─> [Log]
//!        ─> intake::before_answer ─> collector::after_answer, index::after_arrive
//!        ─> index::before_put ─> [split] ─> index::after_put ─> [Meta] ─> index::after_commit
//!        ─> compact::mid_merge ─> [split] ─> compact::after_put ─> [Meta] ─> compact::after_commit
//!        ─> compact::mid_delete
//!   a purge: purge::after_put ─> [Meta] ─> purge::after_commit ─> purge::before_done ─> [Meta]
//!   in each [journal]: before_fsync ─> fsync ─> before_answer
//! ```
//! Each step is a fail point of the product. A run starts `nilometer up` with one armed and writes container
//! logs until the process has aborted there; the next start goes on from what is durable. The end of a run
//! is an event too: the ledger says that as much is committed as was written.

mod logs;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::time::Duration;

use nilometer_tests::{Api, NO_RULES, Process, Scratch, repository, run, until};
use serde_json::Value;

use self::logs::Logs;

/// What a journal says when it cannot know what is on disk.
const STOPPED: &str = "journal stops: what was written may not be on disk";
const SIGABRT: i32 = 6;
const CRASH_DEADLINE: Duration = Duration::from_secs(60);
const DRAIN_DEADLINE: Duration = Duration::from_secs(60);

/// A fail point, and the how many-th time there is the one that crashes.
type Crash = (&'static str, usize);

#[test]
fn a_crash_beside_the_spool_loses_nothing_and_repeats_nothing() {
    each_alone(&[
        ("collector::before_spool", 1),
        ("collector::before_spool", 4),
        ("collector::after_spool", 1),
        ("collector::after_spool", 4),
    ]);
}

#[test]
fn a_crash_beside_the_answer_loses_nothing_and_repeats_nothing() {
    each_alone(&[
        ("intake::before_answer", 1),
        ("intake::before_answer", 4),
        ("collector::after_answer", 1),
        ("collector::after_answer", 4),
    ]);
}

/// The times fall on the spool, the Log and Meta: all three are journals.
#[test]
fn a_crash_within_an_append_to_a_journal_loses_nothing_and_repeats_nothing() {
    each_alone(&[
        ("journal::before_fsync", 1),
        ("journal::before_fsync", 2),
        ("journal::before_fsync", 7),
        ("journal::before_answer", 1),
        ("journal::before_answer", 2),
        ("journal::before_answer", 7),
    ]);
}

#[test]
fn a_crash_before_or_in_a_seal_loses_nothing_and_repeats_nothing() {
    each_alone(&[
        ("index::after_arrive", 3),
        ("index::before_put", 1),
        ("index::before_put", 2),
        ("index::after_put", 1),
        ("index::after_put", 2),
        ("index::after_commit", 1),
        ("index::after_commit", 2),
    ]);
}

/// Sixteen seals, and there is something to merge.
#[test]
fn a_crash_in_a_merge_or_behind_it_loses_nothing_and_repeats_nothing() {
    each_alone(&[
        ("compact::mid_merge", 5),
        ("compact::after_put", 1),
        ("compact::after_commit", 1),
        ("compact::mid_delete", 2),
    ]);
}

/// Of a component that there is none of, all goes after a second: so what is sealed is cut soon, and nothing lost.
#[test]
fn a_crash_in_a_cut_by_class_or_behind_it_loses_nothing_and_repeats_nothing() {
    for crash in [
        ("compact::mid_merge", 2),
        ("compact::after_put", 1),
        ("compact::after_commit", 1),
        ("compact::mid_delete", 1),
    ] {
        crashes_with(&[crash], &[("NILOMETER_RETENTION_FOR", "nobody 1s")]);
    }
}

#[test]
fn one_crash_after_the_other_loses_nothing_and_repeats_nothing() {
    crashes(&[
        ("collector::after_spool", 3),
        ("index::after_put", 1),
        ("journal::before_answer", 9),
        ("index::after_commit", 1),
        ("intake::before_answer", 2),
        ("collector::before_spool", 2),
        ("index::before_put", 2),
        ("journal::before_fsync", 12),
        ("collector::after_answer", 3),
        ("index::after_arrive", 2),
    ]);
}

/// Whatever was removed by then, what is purged was masked before and stays so.
#[test]
fn a_crash_in_a_purge_shows_nothing_of_it_again_and_the_next_start_ends_it() {
    for point in ["purge::after_put", "purge::after_commit", "purge::before_done"] {
        println!("crash at {point}");
        let scratch = Scratch::new();
        let failpoint = format!("{point}=return");
        let seals = ("NILOMETER_SEAL_AFTER", "1s");
        let armed = [("FAILPOINTS", failpoint.as_str()), seals, NO_RULES];
        let (mut serve, api) = Process::role("serve", &scratch, &[], &armed);
        assert_eq!([0, 1, 2, 3].map(|n| ingest(&api, n)), [200; 4]);
        let body = br#"{"q": "\"line 2\""}"#;
        assert_eq!(api.send("POST", "/api/v1/purge", &[], body).unwrap().status, 202);
        let status = until(&format!("the crash at {point}"), CRASH_DEADLINE, || serve.ended());
        assert_eq!(status.signal(), Some(SIGABRT), "{point}: {status}");
        let (_serve, api) = Process::role("serve", &scratch, &[], &[seals, NO_RULES]);
        ingested(&api, &[0, 1, 3]);
        let removed = until("the end of the purge", CRASH_DEADLINE, || {
            let purge = api.json("/api/v1/purges")["purges"][0].take();
            (purge["state"] == "done").then(|| purge["removed"]["records"].as_u64())
        });
        assert_eq!(removed, Some(1), "{point}");
        ingested(&api, &[0, 1, 3]);
    }
}

#[test]
fn no_fail_point_of_the_product_is_left_out() {
    let mut points = BTreeSet::new();
    for part in ["collector", "indexer", "query", "foundation"] {
        find_points(&repository().join(part), &mut points);
    }
    assert!(points.len() >= 11, "not found: {points:?}");
    points.retain(|point| !include_str!("crash.rs").contains(&format!("\"{point}")));
    assert!(points.is_empty(), "no test crashes at {points:?}");
}

fn find_points(dir: &Path, points: &mut BTreeSet<String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find_points(&path, points);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let named =
                text.split("fail_point!(\"").skip(1).filter_map(|rest| rest.split_once('"'));
            points.extend(named.map(|(point, _)| point.to_owned()));
        }
    }
}

/// An fsync is never tried again: what it failed on may be gone. So nothing more is acknowledged.
#[test]
fn after_a_failed_fsync_of_the_log_nothing_is_acknowledged_until_a_restart() {
    let scratch = Scratch::new();
    let armed = [
        ("FAILPOINTS", "journal::fsync=3*off->1*return->off"),
        ("NILOMETER_SEAL_AFTER", "1h"),
        NO_RULES,
    ];
    let (serve, api) = Process::role("serve", &scratch, &[], &armed);
    let statuses: Vec<u16> = (0..6).map(|n| ingest(&api, n)).collect();
    assert_eq!(statuses, [200, 200, 200, 503, 503, 503]);
    assert!(stopped(&serve, "data/log"));
    serve.kill();
    let (_serve, api) = Process::serve(&scratch, &[]);
    assert_eq!(ingest(&api, 6), 200);
    ingested(&api, &[0, 1, 2, 6]);
}

/// The Log holds what was acknowledged: the one append is its, and the next one is the commit.
#[test]
fn a_commit_that_breaks_off_is_made_by_the_next_start() {
    for failpoint in [
        "journal::before_fsync=1*off->return",
        "journal::before_answer=1*off->return",
        "journal::fsync=1*off->1*return->off",
    ] {
        println!("{failpoint}");
        let scratch = Scratch::new();
        let armed = [("FAILPOINTS", failpoint), ("NILOMETER_SEAL_AFTER", "1s"), NO_RULES];
        let (mut serve, api) = Process::role("serve", &scratch, &[], &armed);
        assert_eq!(ingest(&api, 0), 200);
        until("the commit that breaks off", CRASH_DEADLINE, || {
            (stopped(&serve, "meta") || serve.ended().is_some()).then_some(())
        });
        serve.kill();
        let (serve, api) = Process::serve(&scratch, &[]);
        assert_eq!([ingest(&api, 0), ingest(&api, 1)], [200, 200]);
        ingested(&api, &[0, 1]);
        assert!(serve.stop().0.success());
        let (_serve, api) = Process::serve(&scratch, &[]);
        ingested(&api, &[0, 1]);
    }
}

/// Whichever journal it hits.
#[test]
fn a_failed_fsync_and_a_restart_lose_nothing_and_repeat_nothing() {
    for time in 1..=6 {
        println!("fsync {time} fails");
        let scratch = Scratch::new();
        let mut logs = Logs::new(&scratch);
        let (up, _) = start(&scratch, &failing_fsync(time));
        stops(&up, &mut logs, "");
        up.kill();
        goes_on(&scratch, logs);
    }
}

/// The first append of all is the spool's. It is opened again, and what it does not hold is read again.
#[test]
fn after_a_failed_fsync_of_the_spool_reading_goes_on_by_itself() {
    let scratch = Scratch::new();
    let mut logs = Logs::new(&scratch);
    let (up, api) = start(&scratch, &failing_fsync(1));
    stops(&up, &mut logs, "collector/spool");
    drains(&api, &mut logs);
}

/// Writes until a journal has stopped.
#[track_caller]
fn stops(up: &Process, logs: &mut Logs, journal: &str) {
    until(&format!("the journal {journal} that stops"), CRASH_DEADLINE, || {
        logs.write();
        stopped(up, journal).then_some(())
    });
}

/// Whether a journal in such a directory has said that it stops.
fn stopped(process: &Process, journal: &str) -> bool {
    process.said().lines().any(|line| line.contains(STOPPED) && line.contains(journal))
}

fn failing_fsync(time: usize) -> String {
    format!("journal::fsync={}*off->1*return->off", time - 1)
}

/// Sends one line under its own key; the status.
fn ingest(api: &Api, n: usize) -> u16 {
    let (key, line) = (format!("key {n}"), format!("{{\"message\":\"line {n}\"}}\n"));
    let headers = [("Idempotency-Key", key.as_str())];
    api.send("POST", "/api/v1/ingest", &headers, line.as_bytes()).unwrap().status
}

/// Waits for lines that were sent; there must never be more.
#[track_caller]
fn ingested(api: &Api, lines: &[usize]) {
    let written: Vec<String> = lines.iter().map(|n| format!("line {n}")).collect();
    let kept = until("what was acknowledged", DRAIN_DEADLINE, || {
        messages(api).remove("ingest").filter(|kept| kept.len() >= lines.len())
    });
    same("ingest", &written, &kept);
}

fn each_alone(table: &[Crash]) {
    for crash in table {
        crashes(std::slice::from_ref(crash));
    }
}

/// One run: each start but the last one crashes.
#[track_caller]
fn crashes(crashes: &[Crash]) {
    crashes_with(crashes, &[]);
}

/// The same, with more settings while it crashes.
#[track_caller]
fn crashes_with(crashes: &[Crash], settings: &[(&str, &str)]) {
    let scratch = Scratch::new();
    let mut logs = Logs::new(&scratch);
    for (point, time) in crashes {
        println!("crash at {point}, time {time}");
        let (mut up, _) =
            start_with(&scratch, &format!("{point}={}*off->return", time - 1), settings);
        let status = until(&format!("the crash at {point}"), CRASH_DEADLINE, || {
            logs.write();
            up.ended()
        });
        assert_eq!(status.signal(), Some(SIGABRT), "{point}: {status}");
        logs.write_many();
    }
    goes_on(&scratch, logs);
}

/// `nilometer up` that seals as soon as it may, with fail points.
fn start(scratch: &Scratch, failpoints: &str) -> (Process, Api) {
    start_with(scratch, failpoints, &[])
}

fn start_with(scratch: &Scratch, failpoints: &str, settings: &[(&str, &str)]) -> (Process, Api) {
    let root = scratch.join("root").display().to_string();
    let mut variables = vec![("NILOMETER_SEAL_AFTER", "1s")];
    variables.extend(settings);
    if !failpoints.is_empty() {
        variables.extend([("FAILPOINTS", failpoints), NO_RULES]);
    }
    Process::start("up", scratch, &["--rootfs", &root, "--node", "node0"], &variables)
}

/// The last start of a run: it must bring everything that was ever written.
#[track_caller]
fn goes_on(scratch: &Scratch, mut logs: Logs) {
    let (mut up, api) = start(scratch, "");
    up.ready(&api);
    drains(&api, &mut logs);
    // What is read after an ordered end comes from splits alone.
    assert!(up.stop().0.success());
    let (mut up, api) = start(scratch, "");
    up.ready(&api);
    holds(&api, &logs);
}

/// Writes the rest and waits until all of it is committed.
#[track_caller]
fn drains(api: &Api, logs: &mut Logs) {
    logs.write_many();
    logs.finish();
    let mut last = Value::Null;
    until("all of it committed", DRAIN_DEADLINE, || {
        let totals = api.json("/api/v1/ledger")["totals"].take();
        if totals != last {
            println!("{} written, ledger: {totals}", logs.count());
            last.clone_from(&totals);
        }
        let records = |term: &str| totals[term]["records"].as_u64();
        (records("in_flight")? == 0 && records("committed")? >= logs.count()).then_some(())
    });
    holds(api, logs);
}

/// Each line once, in order, and a ledger that balances.
#[track_caller]
fn holds(api: &Api, logs: &Logs) {
    let kept = messages(api);
    assert_eq!(kept.len(), logs.written.len(), "streams");
    for (stream, written) in &logs.written {
        same(stream, written, &kept[*stream]);
    }
    let proof = run(&["prove", "--server", &api.url()]);
    assert_eq!(proof.code, 0, "{}{}", proof.out, proof.err);
}

/// What the export holds, in its order, for each stream.
fn messages(api: &Api) -> BTreeMap<String, Vec<String>> {
    let mut messages = BTreeMap::<String, Vec<String>>::new();
    for line in api.get("/api/v1/export").unwrap().text().lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let text = |field: &str| record[field].as_str().unwrap().to_owned();
        messages.entry(text("stream")).or_default().push(text("message"));
    }
    messages
}

#[track_caller]
fn same(stream: &str, written: &[String], kept: &[String]) {
    let differ = written.iter().zip(kept).position(|(written, kept)| written != kept);
    let at = differ.unwrap_or(written.len().min(kept.len()));
    assert!(
        written == kept,
        "{stream}: {} lines written, {} kept; at {at} {:?} was written, {:?} kept",
        written.len(),
        kept.len(),
        written.get(at),
        kept.get(at),
    );
}
