//! In a cgroup whose memory is small: neither a collector nor a centre is ever killed for what it holds.
//!
//! A cgroup needs root; else a test says that it was skipped.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nilometer_tests::{Answer, Api, NO_RULES, Process, Relay, Scratch, Way, run, until};
use serde_json::{Value, json};

const DEADLINE: Duration = Duration::from_secs(120);
const COLLECTOR_BYTES: u64 = 64 << 20;
const FILES: usize = 500;
const LINES_PER_FILE: usize = 200;
const CENTRE_BYTES: u64 = 1 << 30;
/// Each of some 700 bytes: more than one query may hold, and fewer than all of them may together.
const CENTRE_LINES: u64 = 150_000;
const LINES_PER_REQUEST: u64 = 15_000;
/// Of each kind of hostile query.
const OF_A_KIND: usize = 20;
/// What a query may be answered: it is, or it is too much, or others are before it.
const ANSWERS: [u16; 3] = [200, 422, 429];
/// Where cgroups are, what limits the memory of one, and where it says who was killed: version 2, version 1.
const CGROUPS: [(&str, &str, &str); 2] = [
    ("/sys/fs/cgroup", "memory.max", "memory.events"),
    ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.oom_control"),
];

/// A cgroup of its own; it goes with this, when nobody is in it.
struct Cgroup {
    dir: PathBuf,
    events: &'static str,
}

impl Cgroup {
    /// `None` when this user may not make one.
    fn with_memory(bytes: u64) -> Option<Self> {
        CGROUPS.into_iter().find_map(|(root, limit, events)| {
            let dir =
                Path::new(root).join(format!("nilometer-test-{bytes}-{}", std::process::id()));
            std::fs::create_dir(&dir).ok()?;
            let cgroup = Self { dir, events };
            // The kernel puts the file there, or this is no such directory.
            let limit = File::options().write(true).open(cgroup.dir.join(limit)).ok();
            limit?.write_all(bytes.to_string().as_bytes()).ok()?;
            Some(cgroup)
        })
    }

    fn take(&self, process: &Process) {
        std::fs::write(self.dir.join("cgroup.procs"), process.id().to_string()).unwrap();
    }

    /// How many were killed for want of memory.
    fn killed(&self) -> u64 {
        let events = std::fs::read_to_string(self.dir.join(self.events)).unwrap();
        let killed = events.lines().find_map(|line| line.strip_prefix("oom_kill "));
        killed.unwrap().parse().unwrap()
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // A process that has just ended may still be counted in it.
        let _removed = std::fs::remove_dir(&self.dir);
    }
}

fn write_logs(scratch: &Scratch) {
    for file in 0..FILES {
        let mut text = String::new();
        for n in 0..LINES_PER_FILE {
            let line = file * LINES_PER_FILE + n;
            // Digits that do not compress.
            let noise = (line as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
            writeln!(text, "2026-01-01T00:00:00.{n:09}Z stdout F line {line} {noise:x} {noise:b}")
                .unwrap();
        }
        scratch.write(&format!("root/var/log/pods/shop_app{file}_uid/app/0.log"), &text);
    }
}

#[test]
fn in_64_mib_500_files_that_no_centre_takes_are_read_and_nobody_is_killed_for_them() {
    let Some(cgroup) = Cgroup::with_memory(COLLECTOR_BYTES) else {
        println!("skipped: a cgroup cannot be made by this user");
        return;
    };
    let (at_centre, scratch) = (Scratch::new(), Scratch::new());
    let (_serve, centre) =
        Process::role("serve", &at_centre, &[], &[("NILOMETER_SEAL_AFTER", "1s")]);
    let relay = Relay::before(&centre.address());
    relay.set(Way::Refuse);
    std::fs::create_dir_all(scratch.join("root/var/log/pods")).unwrap();
    let root = scratch.join("root");
    let arguments = ["--node", "node0", "--rootfs", root.to_str().unwrap(), "--to", relay.url()];
    let (mut collect, api) = Process::start("collect", &scratch, &arguments, &[]);
    cgroup.take(&collect);
    write_logs(&scratch);
    // Without a memory of its own it asks the centre first what that has.
    relay.set(Way::Pass);
    collect.ready(&api);
    relay.set(Way::Refuse);
    let read = format!("\nnilometer_collector_read_records_total {}\n", FILES * LINES_PER_FILE);
    until("all of it read", DEADLINE, || {
        assert!(collect.running(), "{}", collect.said());
        api.get("/metrics").ok()?.text().contains(&read).then_some(())
    });
    relay.set(Way::Pass);
    until("all of it there", DEADLINE, || {
        let totals = centre.json("/api/v1/ledger?limit=1")["totals"].clone();
        (totals["committed"]["records"] == FILES * LINES_PER_FILE).then_some(())
    });
    assert!(collect.running(), "{}", collect.said());
    assert_eq!(cgroup.killed(), 0);
    let proof = run(&["prove", "--server", &centre.url()]);
    assert_eq!(proof.code, 0, "{}{}", proof.out, proof.err);
}

/// Hands in lines that hardly pack, of which no two are alike.
fn hand_in(api: &Api, from: u64) {
    let line = |n: u64| {
        let word = |at: u64| (n * 41 + at + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let words: Vec<String> = (0..41).map(|at| format!("{:016x}", word(at))).collect();
        let message = words.join("z");
        format!("{}\n", json!({"component": "shop", "severity": "info", "message": message}))
    };
    let body: String = (from..from + LINES_PER_REQUEST).map(line).collect();
    let answer = api.send("POST", "/api/v1/ingest", &[], body.as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// Asks what nobody who means well asks; no two times the same.
fn ask_much(api: &Api, kind: usize, time: usize) -> Answer {
    let get = |path: String| api.get(&path).unwrap();
    let query = |q: String| {
        let body = json!({"q": q, "from": "-1d", "limit": 1_000_000}).to_string();
        api.send("POST", "/api/v1/query", &[], body.as_bytes()).unwrap()
    };
    match kind {
        0 => get(format!("/api/v1/logs?from=-1d&limit=10000&q=-absent{time}")),
        1 => get(format!("/api/v1/logs?from=-1d&q=%2F(a%7Cb%7Cc)[0-9]%2Bq{time}%2F")),
        2 => {
            get(format!("/api/v1/logs/histogram?from=-1d&buckets=1000&by=message&q=-absent{time}"))
        }
        3 => get(format!("/api/v1/logs/fields/message/values?from=-1d&q=-absent{time}")),
        4 => get(format!("/api/v1/logs/patterns?from=-1d&q=-absent{time}")),
        5 => query(format!("-absent{time} | sort message")),
        6 => query(format!("-absent{time} | stats count() by message")),
        7 => query(format!("-absent{time} | stats count_distinct(message), min(message)")),
        8 => query(format!("~\"{time}z{time}\" | sort -message | stats count() by message, time")),
        _ => query(format!("-absent{time} | top 1000000 by message")),
    }
}

#[test]
fn in_1_gib_200_hostile_queries_at_once_are_answered_or_refused_and_lines_are_taken_in_meanwhile() {
    let Some(cgroup) = Cgroup::with_memory(CENTRE_BYTES) else {
        println!("skipped: a cgroup cannot be made by this user");
        return;
    };
    let scratch = Scratch::new();
    let (mut serve, api) = Process::start("serve", &scratch, &[], &[NO_RULES]);
    cgroup.take(&serve);
    serve.ready(&api);
    (0..CENTRE_LINES).step_by(LINES_PER_REQUEST as usize).for_each(|from| hand_in(&api, from));
    std::thread::scope(|scope| {
        let askers: Vec<_> = (0..10 * OF_A_KIND)
            .map(|n| {
                let api = &api;
                (n % 10, scope.spawn(move || ask_much(api, n % 10, n)))
            })
            .collect();
        hand_in(&api, CENTRE_LINES);
        let mut answered = BTreeMap::new();
        for (kind, asker) in askers {
            let answer = asker.join().unwrap();
            assert!(ANSWERS.contains(&answer.status), "{kind}: {}", answer.text());
            *answered.entry(answer.status).or_insert(0) += 1;
        }
        println!("answered {answered:?}");
        assert!(answered.len() > 1, "nothing of this was too much: {answered:?}");
    });
    assert!(serve.running(), "{}", serve.said());
    assert_eq!(cgroup.killed(), 0);
    let counted = api.json("/api/v1/logs/histogram?from=-1d&buckets=1");
    let counts = counted["buckets"][0]["counts"].as_object().unwrap();
    let count: u64 = counts.values().filter_map(Value::as_u64).sum();
    assert_eq!(count, CENTRE_LINES + LINES_PER_REQUEST, "{counted}");
}
