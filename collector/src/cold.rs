//! Reads of bytes that are not in memory. They may take as long as a disk likes, so threads of their own
//! make them.
//!
//! ```text
//!   in memory? ── yes ──> the bytes (preadv2, RWF_NOWAIT)
//!       └ no ──> a thread: pread ── within COLD_READ_MS ──> the bytes
//!                    └ not yet ──> TimedOut; who asks again gets them once they are there
//! ```
//! Invariants:
//! - who reads waits at most [`COLD_READ_MS`] for the same bytes, however often it asks;
//! - a device has at most [`COLD_READS_MAX`] threads, and the process [`COLD_THREADS_MAX`]: what lies on a
//!   disk that stalls does not take the turn of what lies on another.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, IoSliceMut, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::io::{Errno, ReadWriteFlags, preadv2};

use crate::limits::{COLD_READ_MS, COLD_READS_MAX, COLD_THREADS_MAX};
use crate::metrics;

/// A file whose reads never wait long.
#[derive(Debug)]
pub(crate) struct ColdFile {
    pub(crate) file: Arc<File>,
    device: u64,
    /// A read that takes its time.
    pending: Option<Pending>,
}

#[derive(Debug)]
struct Pending {
    offset: u64,
    answer: Receiver<io::Result<Vec<u8>>>,
}

impl ColdFile {
    pub(crate) fn new(file: File) -> io::Result<Self> {
        let device = file.metadata()?.dev();
        Ok(Self { file: Arc::new(file), device, pending: None })
    }

    /// The same file, for another reader of it.
    fn again(&self) -> Self {
        Self { file: Arc::clone(&self.file), device: self.device, pending: None }
    }

    /// Fills `buffer` from `offset`; less than its length only at the end. [`io::ErrorKind::TimedOut`]: the
    /// disk has not answered yet.
    pub(crate) fn read_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            let (rest, at) = (&mut buffer[filled..], offset + filled as u64);
            let n =
                match preadv2(&self.file, &mut [IoSliceMut::new(rest)], at, ReadWriteFlags::NOWAIT)
                {
                    Ok(n) => n,
                    Err(Errno::INTR) => continue,
                    // Not in memory, or nobody here can say whether it is.
                    Err(Errno::AGAIN | Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => {
                        self.read_cold(at, rest)?
                    }
                    Err(error) => return Err(error.into()),
                };
            if n == 0 {
                break;
            }
            filled += n;
        }
        Ok(filled)
    }

    fn read_cold(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let before = self.pending.take().filter(|pending| pending.offset == offset);
        let patience = if before.is_some() { 0 } else { COLD_READ_MS };
        let pending = match before {
            Some(pending) => pending,
            None => {
                let (file, mut bytes) = (Arc::clone(&self.file), vec![0; buffer.len()]);
                let answer = begin(self.device, move || {
                    let n = file.read_at(&mut bytes, offset)?;
                    bytes.truncate(n);
                    Ok(bytes)
                })?;
                Pending { offset, answer }
            }
        };
        match pending.answer.recv_timeout(Duration::from_millis(patience)) {
            Ok(bytes) => {
                let bytes = bytes?;
                let n = bytes.len().min(buffer.len());
                buffer[..n].copy_from_slice(&bytes[..n]);
                Ok(n)
            }
            Err(RecvTimeoutError::Timeout) => {
                if patience > 0 {
                    metrics::stalled_read();
                }
                self.pending = Some(pending);
                Err(io::ErrorKind::TimedOut.into())
            }
            Err(RecvTimeoutError::Disconnected) => Err(io::Error::other("a reading thread ended")),
        }
    }
}

/// A file that is read from its start on.
#[derive(Debug)]
pub(crate) struct Sequential {
    file: ColdFile,
    at: u64,
}

impl Sequential {
    pub(crate) fn new(file: &ColdFile) -> Self {
        Self { file: file.again(), at: 0 }
    }
}

impl Read for Sequential {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read_at(self.at, buffer)?;
        self.at += n as u64;
        Ok(n)
    }
}

type Job = Box<dyn FnOnce() + Send>;

/// The threads: those that wait for a job, and how many wait for which device.
struct Threads {
    idle: Vec<Sender<Job>>,
    busy: Option<HashMap<u64, usize>>,
}

static THREADS: Mutex<Threads> = Mutex::new(Threads { idle: Vec::new(), busy: None });

fn threads() -> MutexGuard<'static, Threads> {
    THREADS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Threads {
    /// Takes a place for a job of that device, unless there is none.
    fn enter(&mut self, device: u64) -> io::Result<()> {
        let busy = self.busy.get_or_insert_default();
        let (here, all) = (busy.get(&device).copied().unwrap_or(0), busy.values().sum::<usize>());
        if here >= COLD_READS_MAX || all >= COLD_THREADS_MAX {
            return Err(io::ErrorKind::TimedOut.into());
        }
        busy.insert(device, here + 1);
        Ok(())
    }

    fn leave(&mut self, device: u64) {
        let Some(busy) = &mut self.busy else { return };
        match busy.get_mut(&device) {
            Some(here) if *here > 1 => *here -= 1,
            _ => drop(busy.remove(&device)),
        }
    }
}

/// Has a thread do `read`, which may wait for that device. [`io::ErrorKind::TimedOut`]: too many wait for
/// it already.
fn begin(
    device: u64,
    read: impl FnOnce() -> io::Result<Vec<u8>> + Send + 'static,
) -> io::Result<Receiver<io::Result<Vec<u8>>>> {
    let (tell, answer) = channel();
    let job = Box::new(move || {
        let bytes = read();
        threads().leave(device);
        // Who asked may have gone.
        let _asked = tell.send(bytes);
    });
    let idle = {
        let mut threads = threads();
        threads.enter(device)?;
        threads.idle.pop()
    };
    let given = match idle {
        Some(thread) => thread.send(job).is_ok(),
        None => spawn(job).is_ok(),
    };
    if !given {
        threads().leave(device);
        return Err(io::Error::other("no thread could be had to read with"));
    }
    Ok(answer)
}

fn spawn(first: Job) -> io::Result<()> {
    let (jobs, next) = channel::<Job>();
    let body = move || {
        first();
        loop {
            threads().idle.push(jobs.clone());
            let Ok(job) = next.recv() else { return };
            job();
        }
    };
    thread::Builder::new().name("cold reads".to_owned()).spawn(body).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No file's.
    const DEVICES: u64 = u64::MAX - 100;

    #[test]
    fn a_device_that_does_not_answer_has_so_many_threads_and_takes_none_of_another() {
        let (stuck, other) = (DEVICES, DEVICES + 1);
        let held: Vec<_> = (0..COLD_READS_MAX)
            .map(|_| {
                let (free, wait) = channel::<()>();
                let read = move || wait.recv().map(|()| Vec::new()).map_err(io::Error::other);
                (free, begin(stuck, read).unwrap())
            })
            .collect();
        let refused = begin(stuck, || Ok(Vec::new())).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::TimedOut);
        let bytes = begin(other, || Ok(vec![7])).unwrap().recv().unwrap().unwrap();
        assert_eq!(bytes, [7]);
        for (free, answer) in held {
            free.send(()).unwrap();
            assert!(answer.recv().unwrap().unwrap().is_empty());
        }
        assert!(begin(stuck, || Ok(Vec::new())).is_ok(), "it answers again");
    }

    #[test]
    fn what_takes_long_is_waited_for_once_and_is_there_later() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, "0123456789").unwrap();
        let mut file = ColdFile::new(File::open(&path).unwrap()).unwrap();
        let (free, wait) = channel::<()>();
        let read = move || wait.recv().map(|()| b"456".to_vec()).map_err(io::Error::other);
        let answer = begin(DEVICES + 2, read).unwrap();
        file.pending = Some(Pending { offset: 4, answer });
        let mut buffer = [0; 3];
        for _ in 0..3 {
            let error = file.read_cold(4, &mut buffer).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        }
        free.send(()).unwrap();
        let read = std::iter::repeat_with(|| file.read_cold(4, &mut buffer));
        let read = read.inspect(|_| thread::yield_now()).find_map(Result::ok);
        assert_eq!((read, buffer), (Some(3), *b"456"));
        // Another place of the same file.
        let mut whole = [0; 20];
        assert_eq!(file.read_cold(0, &mut whole).unwrap(), 10);
        assert_eq!(file.read_at(0, &mut whole).unwrap(), 10);
        assert_eq!(whole[..10], *b"0123456789");
    }
}
