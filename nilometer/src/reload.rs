//! Files that may change while the process runs: tokens and certificates.
//!
//! ```text
//!   a look each second ── changed, and at rest since the look before ──┐
//!   SIGHUP ───────────────────────────────────────────────────────────┴──> read anew ──> in force
//!                                                     cannot be used ──> said once, the old stays
//! ```
//! Invariants:
//! - what cannot be used changes nothing;
//! - a change is read once it rests, so a pair of files that are written one after the other is read once.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nilometer_model::{Clock, Timestamp};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::limits::RELOAD_EVERY;
use crate::metrics;

/// Something that is made of files.
pub(crate) trait Reload: Send {
    /// Which.
    fn files(&self) -> Vec<PathBuf>;

    /// Reads them anew; the error is for the operator, and what was in force stays so.
    fn reload(&mut self) -> Result<(), String>;

    /// Time has passed.
    fn look_at_the_clock(&mut self, _now: Timestamp) {}
}

/// All that may change, each with its files as they were when they were read last.
#[derive(Default)]
pub(crate) struct Reloads(Vec<Watched>);

struct Watched {
    what: Box<dyn Reload>,
    read: Vec<Stamp>,
    /// As they were at the last look.
    seen: Vec<Stamp>,
}

/// By what a file's change is noticed; `None` when it is not there.
type Stamp = Option<(i64, i64, u64, u64)>;

impl Reloads {
    /// Has `open` read its files, and watches them from before that on.
    pub(crate) fn watch<T, E>(
        &mut self,
        files: &[&Path],
        open: impl FnOnce() -> Result<(Box<dyn Reload>, T), E>,
    ) -> Result<T, E> {
        let before: Vec<Stamp> = files.iter().map(|path| stamp(path)).collect();
        let (what, opened) = open()?;
        // What was not there before has been made just now.
        let read = before.iter().zip(files).map(|(before, path)| before.or_else(|| stamp(path)));
        let read: Vec<Stamp> = read.collect();
        self.0.push(Watched { what, seen: read.clone(), read });
        Ok(opened)
    }

    /// Looks until `stop`. Takes SIGHUP only when there is something to read anew.
    pub(crate) fn begin(
        mut self,
        clock: Arc<dyn Clock>,
        stop: CancellationToken,
    ) -> std::io::Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut hangup = signal(SignalKind::hangup())?;
        tokio::spawn(async move {
            while let Some(asked) = next(&mut hangup, &stop).await {
                let clock = Arc::clone(&clock);
                let looked = tokio::task::spawn_blocking(move || {
                    self.look(asked, clock.now());
                    self
                });
                match looked.await {
                    Ok(back) => self = back,
                    Err(error) => {
                        tracing::error!(%error, "changed files are no longer noticed");
                        return;
                    }
                }
            }
        });
        Ok(())
    }

    fn look(&mut self, asked: bool, now: Timestamp) {
        for watched in &mut self.0 {
            watched.look(asked);
            watched.what.look_at_the_clock(now);
        }
    }
}

/// Whether somebody asked for the next look; `None` at the end.
async fn next(hangup: &mut Signal, stop: &CancellationToken) -> Option<bool> {
    tokio::select! {
        () = stop.cancelled() => None,
        _ = hangup.recv() => Some(true),
        () = tokio::time::sleep(RELOAD_EVERY) => Some(false),
    }
}

impl Watched {
    fn look(&mut self, asked: bool) {
        let files = self.what.files();
        let now: Vec<Stamp> = files.iter().map(|path| stamp(path)).collect();
        let rests = now == self.seen;
        self.seen.clone_from(&now);
        if !asked && (!rests || now == self.read) {
            return;
        }
        self.read = now;
        let files = files.iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
        let files = files.join(", ");
        match self.what.reload() {
            Ok(()) => tracing::info!(files, "read anew"),
            Err(error) => {
                metrics::reload_failed();
                tracing::error!("{error}; what was in force stays so");
            }
        }
    }
}

fn stamp(path: &Path) -> Stamp {
    let found = std::fs::metadata(path).ok()?;
    Some((found.mtime(), found.mtime_nsec(), found.size(), found.ino()))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    struct Counted(PathBuf, Arc<AtomicU64>);

    impl Reload for Counted {
        fn files(&self) -> Vec<PathBuf> {
            vec![self.0.clone()]
        }

        fn reload(&mut self) -> Result<(), String> {
            self.1.fetch_add(1, Ordering::SeqCst);
            Err("never good".to_owned())
        }
    }

    #[test]
    fn a_change_is_read_once_after_it_rests_and_at_once_when_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, "a").unwrap();
        let reads = Arc::new(AtomicU64::new(0));
        let mut reloads = Reloads::default();
        let what = Counted(path.clone(), Arc::clone(&reads));
        let opened: Result<(), ()> = reloads.watch(&[&path], || Ok((Box::new(what), ())));
        opened.unwrap();
        let mut look = |asked, expect: u64, why: &str| {
            reloads.look(asked, Timestamp(0));
            assert_eq!(reads.load(Ordering::SeqCst), expect, "{why}");
        };
        look(false, 0, "nothing has changed");
        std::fs::write(&path, "ab").unwrap();
        look(false, 0, "it may still be written to");
        look(false, 1, "it rests");
        look(false, 1, "it was read, and a bad file is not read again");
        look(true, 2, "somebody asked");
        std::fs::remove_file(&path).unwrap();
        look(false, 2, "it may come back");
        look(false, 3, "it is gone");
    }
}
