//! A disk that does not answer: what lies on it waits, and other files are read on.
//!
//! strace takes one file out of the page cache and delays each read of it, which needs the right to trace;
//! else the test says that it was skipped.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use nilometer_tests::{Api, Process, Scratch, run, until};

const DEADLINE: Duration = Duration::from_secs(60);
/// Longer than everything else that the test waits for, as it is ended early.
const DELAY: &str = "inject=pread64:delay_enter=120000000";
const NOT_IN_MEMORY: &str = "inject=preadv2:error=EAGAIN";

fn log_of(name: &str) -> String {
    format!("root/var/log/pods/shop_{name}-6d5f7c9b8-x2k4p_uid/{name}/0.log")
}

fn append(log: &Path, text: &str) {
    let mut log = File::options().append(true).open(log).unwrap();
    writeln!(log, "2026-01-01T00:00:00.000000001Z stdout F {text}").unwrap();
}

/// How often that line is at the centre.
fn count(centre: &Api, text: &str) -> usize {
    centre.get("/api/v1/export").unwrap().text().matches(text).count()
}

#[track_caller]
fn arrives(centre: &Api, text: &str) {
    until(text, DEADLINE, || (count(centre, text) > 0).then_some(()));
}

fn may_trace() -> bool {
    let mut strace = Command::new("strace");
    strace.args(["-o", "/dev/null", "true"]).stderr(Stdio::null());
    strace.status().is_ok_and(|status| status.success())
}

#[test]
fn while_the_disk_of_one_file_stalls_other_files_are_read_on_and_nothing_of_it_is_lost() {
    if !may_trace() {
        println!("skipped: there is no strace, or it may not trace");
        return;
    }
    let (at_centre, scratch) = (Scratch::new(), Scratch::new());
    let (_serve, centre) = Process::serve(&at_centre, &[]);
    let (stalls, goes_on) = (scratch.write(&log_of("cart"), ""), scratch.write(&log_of("web"), ""));
    let root = scratch.join("root");
    let arguments = ["--node", "node0", "--rootfs", root.to_str().unwrap(), "--to", &centre.url()];
    let (collect, api) = Process::role("collect", &scratch, &arguments, &[]);
    append(&stalls, "cart: first");
    append(&goes_on, "web: first");
    arrives(&centre, "cart: first");
    arrives(&centre, "web: first");

    let mut strace = Command::new("strace");
    strace.args(["-f", "-p", &collect.id().to_string(), "-P", stalls.to_str().unwrap()]);
    strace.args(["-e", "trace=preadv2,pread64", "-e", NOT_IN_MEMORY, "-e", DELAY]);
    let mut strace = Process::spawn(strace, &scratch.join("strace.log"));
    let attached = until("strace", DEADLINE, || {
        let attached = strace.said().contains("attached");
        (attached || !strace.running()).then_some(attached)
    });
    if !attached {
        println!("skipped: {}", strace.said());
        return;
    }
    append(&stalls, "cart: second");
    until("a read that stalls", DEADLINE, || {
        let metrics = api.get("/metrics").unwrap().text();
        metrics.contains("\nnilometer_collector_stalled_reads_total").then_some(())
    });
    append(&goes_on, "web: second");
    arrives(&centre, "web: second");
    assert_eq!(count(&centre, "cart: second"), 0);

    strace.kill();
    arrives(&centre, "cart: second");
    append(&stalls, "cart: third");
    arrives(&centre, "cart: third");
    for line in ["cart: first", "cart: second", "cart: third", "web: first", "web: second"] {
        assert_eq!(count(&centre, line), 1, "{line}");
    }
    let proof = run(&["prove", "--server", &centre.url()]);
    assert_eq!(proof.code, 0, "{}{}", proof.out, proof.err);
}
