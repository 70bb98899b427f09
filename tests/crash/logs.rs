//! The logs of one container, written and rotated as kubelet does.
//!
//! Invariants:
//! - every line is another one, and later than those before it;
//! - the last line of a write is in two parts: its end comes with the next write, behind a crash or a
//!   rotation as it may be.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;

use nilometer_tests::Scratch;

const INSTANCE: &str = "root/var/log/pods/shop_cart-6d5f7c9b8-x2k4p_uid/cart";
/// Lines that are written at a time.
const LINES: usize = 20;
/// Writes between two rotations.
const WRITES_PER_FILE: usize = 10;
/// What is written while nobody reads, and after the last start.
const WRITES_BETWEEN: usize = 15;

/// See the module.
pub(super) struct Logs {
    dir: PathBuf,
    file: File,
    /// The messages so far, for each stream.
    pub(super) written: BTreeMap<&'static str, Vec<String>>,
    writes: usize,
    lines: usize,
    /// The second part of a line whose first part is in the file.
    rest: Option<String>,
}

impl Logs {
    pub(super) fn new(scratch: &Scratch) -> Self {
        let dir = scratch.join(INSTANCE);
        fs::create_dir_all(&dir).unwrap();
        let file = File::create(dir.join("0.log")).unwrap();
        Self { dir, file, written: BTreeMap::new(), writes: 0, lines: 0, rest: None }
    }

    /// One write.
    pub(super) fn write(&mut self) {
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

    pub(super) fn write_many(&mut self) {
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
    pub(super) fn finish(&mut self) {
        let rest = self.rest.take().unwrap_or_default();
        self.file.write_all(rest.as_bytes()).unwrap();
    }

    pub(super) fn count(&self) -> u64 {
        self.lines as u64
    }
}
