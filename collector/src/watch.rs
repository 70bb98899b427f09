//! Events of the file system: one inotify instance over all log directories, and a way to end a wait.
//!
//! Not through the `notify` crate: that reads, allocates and wakes for each single write, which at one
//! write per log line costs as much as reading the line. Here the kernel gathers; events are taken at
//! most every [`EVENTS_MS`], when many writes to one file are one entry.
//!
//! Invariants:
//! - events only say where to look, never what is there;
//! - when they cannot be had (limit reached, queue overflown) the caller is told to look everywhere, and
//!   looks each second; that is said once, and tried again with each look until it works.

use std::collections::{HashMap, HashSet};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;

use crate::limits::{EVENT_BYTES, EVENTS_MS};
use crate::metrics;

/// What happened.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A file of that name in that directory has grown.
    Written(PathBuf, String),
    /// A name in that directory came or went; which one, if it is known.
    Listed(PathBuf, Option<String>),
    /// Anything may have happened.
    Overflow,
}

/// Interrupts a [`Watch::wait`] from another thread.
#[derive(Debug, Clone, Default)]
pub(crate) struct Waker(Arc<(Mutex<bool>, Condvar)>);

impl Waker {
    /// Ends the present wait, or else the next.
    pub(crate) fn wake(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.1.notify_all();
    }

    /// Waits; whether it was woken.
    fn wait(&self, timeout: Duration) -> bool {
        let woken = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.1.wait_timeout_while(woken, timeout, |woken| !*woken);
        let mut woken = waited.unwrap_or_else(PoisonError::into_inner).0;
        std::mem::take(&mut *woken)
    }
}

/// The watched directories.
#[derive(Debug)]
pub(crate) struct Watch {
    /// `None`: there are no events to be had.
    inotify: Option<OwnedFd>,
    dirs: HashMap<i32, PathBuf>,
    watched: HashMap<PathBuf, i32>,
    /// Why some directory is not watched, until it is told.
    failure: Option<String>,
    /// Directories that could not be watched.
    unwatched: HashSet<PathBuf>,
    /// That events are missing was said.
    said: bool,
    pending: Vec<Event>,
    waker: Waker,
}

impl Watch {
    pub(crate) fn new() -> Self {
        let mut watch = Self {
            inotify: None,
            dirs: HashMap::new(),
            watched: HashMap::new(),
            failure: None,
            unwatched: HashSet::new(),
            said: false,
            pending: Vec::new(),
            waker: Waker::default(),
        };
        watch.retry();
        watch
    }

    /// Before a look everywhere: what could not be watched may be tried again.
    pub(crate) fn retry(&mut self) {
        self.unwatched.clear();
        if self.inotify.is_some() {
            return;
        }
        match inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC) {
            Ok(inotify) => self.inotify = Some(inotify),
            Err(error) => self.say(format!(
                "no file system events ({error}; see fs.inotify.max_user_instances): looking at all \
                 log directories every second"
            )),
        }
    }

    /// After a look everywhere: whether events come from everywhere again.
    pub(crate) fn settle(&mut self) {
        metrics::unwatched(self.unwatched.len());
        if self.said && self.is_complete() {
            self.said = false;
            self.failure = Some("file system events come from all log directories again".into());
        }
    }

    fn say(&mut self, failure: String) {
        if !std::mem::replace(&mut self.said, true) {
            tracing::warn!("{failure}");
            self.failure = Some(failure);
        }
    }

    pub(crate) fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Whether every directory that was asked for is watched.
    pub(crate) fn is_complete(&self) -> bool {
        self.inotify.is_some() && self.unwatched.is_empty()
    }

    /// What went wrong since this was last asked.
    pub(crate) fn failure(&mut self) -> Option<String> {
        self.failure.take()
    }

    /// Watches a directory; one that is watched already costs nothing. Whether it is new.
    pub(crate) fn add(&mut self, dir: &Path) -> bool {
        let Some(inotify) = &self.inotify else { return false };
        if self.watched.contains_key(dir) {
            return false;
        }
        let flags = WatchFlags::MODIFY
            | WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::MOVED_FROM
            | WatchFlags::MOVED_TO
            | WatchFlags::ONLYDIR;
        match inotify::add_watch(inotify, dir, flags) {
            Ok(watch) => {
                self.dirs.insert(watch, dir.to_owned());
                self.watched.insert(dir.to_owned(), watch);
                true
            }
            Err(Errno::NOENT | Errno::NOTDIR) => false,
            Err(error) => {
                self.unwatched.insert(dir.to_owned());
                self.say(format!(
                    "{}: cannot be watched ({error}; see fs.inotify.max_user_watches): looking at all \
                     log directories every second",
                    dir.display()
                ));
                false
            }
        }
    }

    /// What has happened since this was last asked.
    pub(crate) fn events(&mut self) -> Vec<Event> {
        self.gather();
        std::mem::take(&mut self.pending)
    }

    /// Blocks until something happens, somebody wakes it, or the time is over; a moment in any case, in
    /// which writes gather.
    pub(crate) fn wait(&mut self, timeout: Duration) {
        let until = Instant::now() + timeout;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if self.waker.wait(left.min(Duration::from_millis(EVENTS_MS))) {
                return;
            }
            self.gather();
            if !self.pending.is_empty() || left.is_zero() {
                return;
            }
        }
    }

    fn gather(&mut self) {
        let Some(inotify) = &self.inotify else { return };
        let mut buffer = vec![MaybeUninit::uninit(); EVENT_BYTES];
        let mut reader = inotify::Reader::new(inotify, &mut buffer);
        let mut overflown = false;
        // Ends with WOULDBLOCK, or with an error that the next look everywhere makes up for.
        while let Ok(event) = reader.next() {
            let kind = event.events();
            if kind.contains(ReadFlags::QUEUE_OVERFLOW) {
                overflown = true;
            } else if kind.contains(ReadFlags::IGNORED) {
                if let Some(dir) = self.dirs.remove(&event.wd()) {
                    self.watched.remove(&dir);
                    self.pending.push(Event::Listed(dir, None));
                }
            } else if let Some(dir) = self.dirs.get(&event.wd()) {
                let name = event.file_name().and_then(|name| name.to_str().ok());
                let event = match name {
                    Some(name) if kind == ReadFlags::MODIFY => {
                        Event::Written(dir.clone(), name.to_owned())
                    }
                    name => Event::Listed(dir.clone(), name.map(str::to_owned)),
                };
                if self.pending.last() != Some(&event) {
                    self.pending.push(event);
                }
            }
        }
        if overflown {
            metrics::event_overflow();
            self.failure =
                Some("more file system events than the kernel keeps: looked everywhere".into());
            self.pending.clear();
            self.pending.push(Event::Overflow);
        }
    }
}
