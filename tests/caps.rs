//! A collector in a cgroup whose memory is small: it is never killed for what it holds.
//!
//! A cgroup needs root; else the test says that it was skipped.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nilometer_tests::{Process, Relay, Scratch, Way, run, until};

const DEADLINE: Duration = Duration::from_secs(120);
const MEMORY_BYTES: u64 = 64 << 20;
const FILES: usize = 500;
const LINES_PER_FILE: usize = 200;
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
            let dir = Path::new(root).join(format!("nilometer-test-{}", std::process::id()));
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
    let Some(cgroup) = Cgroup::with_memory(MEMORY_BYTES) else {
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
