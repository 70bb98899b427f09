//! While the centre is asked what it has: logs are looked at and held, and nothing is read.
//!
//! Invariants:
//! - what turns up is open from the look that found it on: it may be deleted before there is an answer;
//! - it is remembered too, and that the centre is still to be asked: after a kill the next life asks again,
//!   and declares lost under its own name what is gone by then.

use std::sync::Arc;
use std::time::{Duration, Instant};

use nilometer_journal::Dir;
use tokio_util::sync::CancellationToken;

use crate::batch::Books;
use crate::desk::Desk;
use crate::limits::{SPOOL_RETRY_MS, VIGIL_MS};
use crate::monotonic;
use crate::reader::Reader;
use crate::reading::StateChange;

/// Where the spool keeps that a collector without a memory has not been answered; no log's key begins like this.
const KEY: &str = "\0asking";

/// Whether the key of the durable memory is this file's.
pub(crate) fn is_key(key: &str) -> bool {
    key == KEY
}

/// That the centre is still to be asked (`true`), or has answered.
pub(crate) fn asking(asking: bool) -> StateChange {
    (KEY.to_owned(), asking.then(Vec::new))
}

/// See the module.
pub(crate) struct Vigil {
    desk: Arc<Desk>,
    reader: Reader,
    spool: (Dir, u64),
    /// What is to be remembered and is not yet.
    unsaved: Vec<StateChange>,
    /// When that failed last.
    failed: Option<Instant>,
}

impl Vigil {
    /// `first` is remembered with the first thing that turns up.
    pub(crate) fn new(
        desk: Arc<Desk>,
        reader: Reader,
        spool: (Dir, u64),
        first: Vec<StateChange>,
    ) -> Self {
        Self { desk, reader, spool, unsaved: first, failed: None }
    }

    /// Looks, holds and remembers until told to stop; the reader, and what could not be remembered.
    pub(crate) async fn keep(
        mut self,
        stop: CancellationToken,
    ) -> Option<(Reader, Vec<StateChange>)> {
        let desk = Arc::clone(&self.desk);
        loop {
            self = desk.aside(move || self.look()).await?;
            tokio::select! {
                biased;
                () = stop.cancelled() => return Some((self.reader, self.unsaved)),
                () = tokio::time::sleep(Duration::from_millis(VIGIL_MS)) => {}
            }
        }
    }

    fn look(mut self) -> Self {
        self.reader.hold();
        let changes = self.reader.changes();
        let retry = Duration::from_millis(SPOOL_RETRY_MS);
        let is_due = self.failed.map(|failed| monotonic::now() >= failed + retry);
        let is_new = !changes.is_empty();
        self.unsaved.extend(changes);
        if is_due.unwrap_or(is_new) {
            self.save();
        }
        self
    }

    fn save(&mut self) {
        let anew = self.failed.map(|_| self.spool.clone());
        match self.desk.keep(anew, self.unsaved.clone(), Books::new()) {
            Ok(()) => {
                self.unsaved.clear();
                self.failed = None;
            }
            Err(error) => {
                tracing::error!(%error, "what turns up is held, and cannot be remembered");
                self.failed = Some(monotonic::now());
            }
        }
    }
}
