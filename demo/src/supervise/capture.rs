//! From the two pipes of a process to its log, line by line, as a container runtime's shim does.
//!
//! Invariants:
//! - both pipes are always read, so no process waits for its log, not even for a disk that is full: what
//!   cannot be written is dropped, counted, and told once;
//! - the last line is written even if it has no end.

use std::io::{BufRead, BufReader, Read};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use super::cri::{Output, RunLog};
use crate::limits::PIECE_BYTES_MAX;

/// Reads on, in threads of its own, until both pipes have ended.
pub(super) struct Capture(Vec<JoinHandle<()>>);

impl Capture {
    /// Begins to read.
    pub(super) fn begin(stdout: OwnedFd, stderr: OwnedFd, log: RunLog) -> std::io::Result<Self> {
        let log = Arc::new(Mutex::new(log));
        let mut threads = Vec::new();
        for (output, pipe) in [(Output::Stdout, stdout), (Output::Stderr, stderr)] {
            let log = Arc::clone(&log);
            let thread = thread::Builder::new().name("demo-capture".to_owned());
            threads.push(thread.spawn(move || copy(pipe.into(), output, &log))?);
        }
        Ok(Self(threads))
    }

    /// Waits until everything is written; blocks.
    pub(super) fn finish(self) {
        for thread in self.0 {
            if thread.join().is_err() {
                tracing::error!("demo: a capture of log lines broke");
            }
        }
    }
}

fn copy(pipe: std::fs::File, output: Output, log: &Mutex<RunLog>) {
    let mut pipe = BufReader::with_capacity(PIECE_BYTES_MAX, pipe);
    let mut dropped: u64 = 0;
    let mut text = Vec::new();
    loop {
        text.clear();
        // A piece at a time, so that a line without an end takes no memory.
        let read = pipe.by_ref().take(PIECE_BYTES_MAX as u64).read_until(b'\n', &mut text);
        if read.unwrap_or(0) == 0 {
            break;
        }
        let ends = text.last() == Some(&b'\n');
        let line = text.strip_suffix(b"\n").unwrap_or(&text);
        let written = log.lock().unwrap_or_else(PoisonError::into_inner).write(output, line, ends);
        if let Err(error) = written {
            if dropped == 0 {
                tracing::warn!(%error, "demo: log lines cannot be written and are dropped");
            }
            dropped += 1;
        }
    }
    if dropped > 0 {
        tracing::warn!(dropped, "demo: log lines could not be written");
    }
}
