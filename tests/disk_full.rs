//! A disk that fills up and is freed again, twenty times: reading pauses, and goes on by itself.
//!
//! The disk is a small tmpfs of its own, which needs root; else the test says that it was skipped.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nilometer_tests::{Api, Process, Scratch, run, until};

const DEADLINE: Duration = Duration::from_secs(60);
const CYCLES: u32 = 20;
const LINES_PER_CYCLE: u32 = 300;
const DISK: &str = "size=8m";
const LOG: &str = "node/root/var/log/pods/shop_cart-6d5f7c9b8-x2k4p_uid/cart/0.log";

/// A mounted tmpfs; it goes with this.
pub(crate) struct Disk(PathBuf);

impl Disk {
    /// `None` when this user may not mount.
    pub(crate) fn mount(at: PathBuf) -> Option<Self> {
        std::fs::create_dir_all(&at).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", DISK, "nilometer-test"]).arg(&at);
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        mounted.then_some(Self(at))
    }

    /// Takes what room is left.
    pub(crate) fn fill(&self) {
        let mut file = File::create(self.filler()).unwrap();
        let full = loop {
            if let Err(error) = file.write_all(&[1; 4096]) {
                break error;
            }
        };
        assert_eq!(full.kind(), io::ErrorKind::StorageFull, "{full}");
    }

    pub(crate) fn free(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a process that still has it open is about to be killed.
        let _unmounted = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Appends lines with the numbers from `first` on.
fn write(log: &Path, first: u32) {
    let mut log = File::options().append(true).create(true).open(log).unwrap();
    for n in first..first + LINES_PER_CYCLE {
        // Such that a cycle's lines need more room than a block of the disk.
        writeln!(log, "2026-01-01T00:00:00.{n:09}Z stdout F line {n} {:x}", digits(n)).unwrap();
    }
}

/// Digits that do not compress.
fn digits(n: u32) -> u128 {
    u128::from(n).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
}

#[track_caller]
fn is_ready(api: &Api, wanted: bool, what: &str) {
    let answer = || api.get("/readyz").ok().map(|answer| answer.status == 200);
    until(what, DEADLINE, || answer().filter(|&ready| ready == wanted));
}

#[test]
fn reading_pauses_while_the_disk_of_the_spool_is_full_and_goes_on_when_it_is_freed() {
    let (centre_data, scratch) = (Scratch::new(), Scratch::new());
    let Some(disk) = Disk::mount(scratch.join("disk")) else {
        println!("skipped: a tmpfs cannot be mounted by this user");
        return;
    };
    let (_serve, centre) = Process::serve(&centre_data, &[]);
    let log = scratch.write(LOG, "");
    let (root, data) = (scratch.join("node/root"), scratch.join("disk/data"));
    let arguments = ["--node", "node0", "--rootfs", root.to_str().unwrap(), "--to", &centre.url()];
    std::os::unix::fs::symlink(&data, scratch.join("data")).unwrap();
    std::fs::create_dir(&data).unwrap();
    let (_collect, api) = Process::role("collect", &scratch, &arguments, &[]);
    for cycle in 0..CYCLES {
        disk.fill();
        write(&log, cycle * LINES_PER_CYCLE);
        is_ready(&api, false, "it says that its disk is full");
        disk.free();
        is_ready(&api, true, "it goes on by itself");
    }
    let lines = (CYCLES * LINES_PER_CYCLE) as usize;
    let export = until("every line", DEADLINE, || {
        let export = centre.get("/api/v1/export").unwrap().text();
        (export.lines().count() >= lines).then_some(export)
    });
    let places: Vec<usize> =
        (0..lines).map(|n| export.find(&format!("\"line {n} ")).unwrap()).collect();
    assert!(places.is_sorted() && export.lines().count() == lines, "each once, in order");
    let proof = run(&["prove", "--server", &centre.url()]);
    assert_eq!(proof.code, 0, "{}{}", proof.out, proof.err);
}
