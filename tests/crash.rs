//! A crash at each step between a line's file and its split: nothing lost, nothing twice, nothing swapped.
//!
//! ```text
//!   file ─> collector::before_spool ─> [spool] ─> collector::after_spool ─> intake ─> [Log]
//!        ─> intake::before_answer ─> collector::after_answer, index::after_arrive
//!        ─> index::before_put ─> [split] ─> index::after_put ─> [Meta] ─> index::after_commit
//!   in each [journal]: before_fsync ─> fsync ─> before_answer
//! ```
//! Each step is a fail point of the product. A run starts `nilometer up` with one armed and writes container
//! logs until the process has aborted there; the next start goes on from what is durable. The end of a run
//! is an event too: the ledger says that as much is committed as was written.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::time::Duration;

use nilometer_tests::{Api, Process, Scratch, run, until};
use serde_json::Value;

/// What a journal says when it cannot know what is on disk.
const STOPPED: &str = "journal stops: what was written may not be on disk";
const SIGABRT: i32 = 6;
const CRASH_DEADLINE: Duration = Duration::from_secs(60);
const DRAIN_DEADLINE: Duration = Duration::from_secs(60);
const INSTANCE: &str = "root/var/log/pods/shop_cart-6d5f7c9b8-x2k4p_uid/cart";
/// Lines that are written at a time.
const LINES: usize = 20;
/// Writes between two rotations.
const WRITES_PER_FILE: usize = 10;
/// What is written while nobody reads, and after the last start.
const WRITES_BETWEEN: usize = 15;

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

/// An fsync is never tried again: what it failed on may be gone. So nothing more is acknowledged.
#[test]
fn after_a_failed_fsync_of_the_log_nothing_is_acknowledged_until_a_restart() {
    let scratch = Scratch::new();
    let armed =
        [("FAILPOINTS", "journal::fsync=3*off->1*return->off"), ("NILOMETER_SEAL_AFTER", "1h")];
    let (serve, api) = Process::role("serve", &scratch, &[], &armed);
    let statuses: Vec<u16> = (0..6).map(|n| ingest(&api, n)).collect();
    assert_eq!(statuses, [200, 200, 200, 503, 503, 503]);
    assert!(serve.said().contains(STOPPED));
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
        let armed = [("FAILPOINTS", failpoint), ("NILOMETER_SEAL_AFTER", "1s")];
        let (mut serve, api) = Process::role("serve", &scratch, &[], &armed);
        assert_eq!(ingest(&api, 0), 200);
        until("the commit that breaks off", CRASH_DEADLINE, || {
            let stopped =
                serve.said().lines().any(|line| line.contains(STOPPED) && line.contains("meta"));
            (stopped || serve.ended().is_some()).then_some(())
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

/// Whichever journal it hits: the spool is opened again by itself, the Log and Meta by a restart.
#[test]
fn a_failed_fsync_loses_nothing_and_repeats_nothing() {
    for time in 1..=6 {
        println!("fsync {time} fails");
        let scratch = Scratch::new();
        let mut logs = Logs::new(&scratch);
        let failpoint = format!("journal::fsync={}*off->1*return->off", time - 1);
        let (up, _) = start(&scratch, &failpoint);
        until("the journal that stops", CRASH_DEADLINE, || {
            logs.write();
            up.said().contains(STOPPED).then_some(())
        });
        up.kill();
        goes_on(&scratch, logs);
    }
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
    let scratch = Scratch::new();
    let mut logs = Logs::new(&scratch);
    for (point, time) in crashes {
        println!("crash at {point}, time {time}");
        let (mut up, _) = start(&scratch, &format!("{point}={}*off->return", time - 1));
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
    let root = scratch.join("root").display().to_string();
    let mut variables = vec![("NILOMETER_SEAL_AFTER", "1s")];
    if !failpoints.is_empty() {
        variables.push(("FAILPOINTS", failpoints));
    }
    Process::start("up", scratch, &["--rootfs", &root, "--node", "node0"], &variables)
}

/// The last start of a run: it must bring everything that was ever written.
#[track_caller]
fn goes_on(scratch: &Scratch, mut logs: Logs) {
    let (mut up, api) = start(scratch, "");
    up.ready(&api);
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
    holds(&api, &logs);
    // What is read after an ordered end comes from splits alone.
    assert!(up.stop().0.success());
    let (mut up, api) = start(scratch, "");
    up.ready(&api);
    holds(&api, &logs);
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

/// The logs of one container, written and rotated as kubelet does: a line is in two parts now and then,
/// with whatever comes between the writes between them.
struct Logs {
    dir: PathBuf,
    file: File,
    /// The messages so far, for each stream.
    written: BTreeMap<&'static str, Vec<String>>,
    writes: usize,
    lines: usize,
    /// The second part of a line whose first part is in the file.
    rest: Option<String>,
}

impl Logs {
    fn new(scratch: &Scratch) -> Self {
        let dir = scratch.join(INSTANCE);
        fs::create_dir_all(&dir).unwrap();
        let file = File::create(dir.join("0.log")).unwrap();
        Self { dir, file, written: BTreeMap::new(), writes: 0, lines: 0, rest: None }
    }

    /// One write; the last of its lines ends with the next one.
    fn write(&mut self) {
        self.writes += 1;
        if self.writes.is_multiple_of(WRITES_PER_FILE) {
            self.rotate();
        }
        let mut text = self.rest.take().unwrap_or_default();
        for nth in 1..=LINES {
            let (stream, message) = self.next();
            let (first, second) = message.split_once(',').unwrap();
            if nth < LINES {
                text += &self.framed(stream, "F", &message);
            } else {
                text += &self.framed(stream, "P", first);
                self.rest = Some(self.framed(stream, "F", &format!(",{second}")));
            }
        }
        self.file.write_all(text.as_bytes()).unwrap();
    }

    fn write_many(&mut self) {
        (0..WRITES_BETWEEN).for_each(|_| self.write());
    }

    fn next(&mut self) -> (&'static str, String) {
        self.lines += 1;
        let stream = if self.lines.is_multiple_of(3) { "stderr" } else { "stdout" };
        let message = format!("line {}, of {stream}", self.lines);
        self.written.entry(stream).or_default().push(message.clone());
        (stream, message)
    }

    fn framed(&self, stream: &str, part: &str, text: &str) -> String {
        let (seconds, millis) = (self.lines / 1_000, self.lines % 1_000);
        let (minutes, seconds) = (seconds / 60, seconds % 60);
        format!(
            "2026-01-01T00:{minutes:02}:{seconds:02}.{millis:03}000000Z {stream} {part} {text}\n"
        )
    }

    fn rotate(&mut self) {
        let live = self.dir.join("0.log");
        let rotated = format!("0.log.20260101-{:06}", self.writes);
        fs::rename(&live, self.dir.join(rotated)).unwrap();
        self.file = File::create(live).unwrap();
    }

    /// Writes what is open.
    fn finish(&mut self) {
        let rest = self.rest.take().unwrap_or_default();
        self.file.write_all(rest.as_bytes()).unwrap();
    }

    fn count(&self) -> u64 {
        self.lines as u64
    }
}
