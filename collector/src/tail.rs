//! The thread that reads: reader -> batcher -> spool.
//!
//! Invariants:
//! - what is frozen and the reader's changes go into the spool in one record;
//! - what could not be written stays here, and nothing further is read, until it could be.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use nilometer_model::{Count, Sequence, Timestamp};
use nilometer_wire::{Batch, CaughtUp};
use tokio_util::sync::CancellationToken;

use crate::batch::{Batcher, Gathered};
use crate::desk::Desk;
use crate::limits::{IDLE_MS, SPOOL_RETRY_MS};
use crate::reader::{Polled, Reader};
use crate::reading::StateChange;
use crate::spool::Frame;
use crate::{heartbeat, metrics, ship};

/// Everything that lives on the thread.
pub(crate) struct Tail {
    pub(crate) desk: Arc<Desk>,
    pub(crate) reader: Reader,
    pub(crate) batcher: Batcher,
    pub(crate) spool_dir: PathBuf,
    pub(crate) spool_bytes_max: u64,
}

impl Tail {
    /// Reads until told to stop; what was gathered by then is spooled.
    pub(crate) fn run(mut self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let full = self.desk.spool().full();
            self.batcher.block(full);
            let began = self.desk.clock.now();
            let polled = self.reader.poll(&mut self.batcher);
            let wait = self.batcher.due_in(self.desk.linger());
            if wait.is_some_and(|wait| wait.is_zero()) && !self.freeze(stop) {
                return;
            }
            self.tell(&polled, began);
            if !polled.progressed || full {
                let idle = Duration::from_millis(IDLE_MS);
                self.reader.wait(wait.filter(|wait| !wait.is_zero()).unwrap_or(idle).min(idle));
            }
        }
        self.freeze(stop);
    }

    /// Freezes what is gathered; `false` when that could not be spooled before the end.
    fn freeze(&mut self, stop: &CancellationToken) -> bool {
        let changes = self.reader.changes();
        let gathered = self.batcher.freeze();
        if gathered.is_none() && changes.is_empty() {
            return true;
        }
        let frames = gathered.map(|gathered| self.pack(gathered)).unwrap_or_default();
        fail::fail_point!("collector::before_spool", |_| std::process::abort());
        let spooled = self.spool(frames, changes, stop);
        fail::fail_point!("collector::after_spool", |_| std::process::abort());
        self.desk.woken.notify_one();
        spooled
    }

    fn pack(&mut self, gathered: Gathered) -> Vec<Frame> {
        let Gathered { sources, rows } = gathered;
        let text_bytes = rows.message.text().len() + rows.attributes.text().len();
        let mut count = Count::default();
        rows.bytes.iter().for_each(|bytes| count += Count::one(u64::from(*bytes)));
        metrics::read(rows.len(), count.bytes);
        let header = heartbeat::header(&self.desk, sources);
        match ship::pack(Batch { header, rows }, &self.desk.life) {
            Ok(frames) => {
                self.batcher.packed(text_bytes, frames.iter().map(|f| f.bytes.len()).sum());
                frames
            }
            Err(e) => {
                // The batcher's and the reader's limits lie below those of a frame.
                tracing::error!(error = %e, "a batch could not be packed");
                Vec::new()
            }
        }
    }

    /// Appends until it is durable or the end has come.
    fn spool(
        &self,
        frames: Vec<Frame>,
        changes: Vec<StateChange>,
        stop: &CancellationToken,
    ) -> bool {
        loop {
            let error = {
                let mut spool = self.desk.spool();
                // An append of unknown outcome may have come through after all.
                if frames.first().is_some_and(|frame| spool.holds(frame.header.batch)) {
                    return true;
                }
                match spool.freeze(frames.clone(), changes.clone()) {
                    Ok(()) => {
                        self.desk.publish(&spool);
                        self.desk.status.spool(None);
                        return true;
                    }
                    Err(e) => e,
                }
            };
            metrics::spool_failure();
            tracing::error!(%error, "cannot spool, reading stops");
            self.desk.status.spool(Some(error.to_string()));
            if stop.is_cancelled() {
                return false;
            }
            std::thread::sleep(Duration::from_millis(SPOOL_RETRY_MS));
            if let Err(e) = self.desk.reopen(&self.spool_dir, self.spool_bytes_max) {
                tracing::error!(error = %e, "cannot open the spool again");
            }
        }
    }

    /// Says how far reading has come, once what it says is in the spool.
    fn tell(&mut self, polled: &Polled, began: Timestamp) {
        let warnings = self.reader.warnings();
        let changed = self.batcher.take_changed();
        let sequence: Sequence = self.desk.life.last().sequence;
        let mut reading = self.desk.reading();
        for (source, read) in changed {
            reading.read.insert(source, read);
            reading.changed.insert(source, read);
        }
        if !warnings.is_empty() {
            reading.warnings = warnings;
        }
        if !self.batcher.is_empty() {
            return;
        }
        reading.caught_up = match polled.slowest {
            None if polled.caught_up => CaughtUp::Complete { at: began, sequence },
            slowest => CaughtUp::Behind { at: slowest.unwrap_or_default(), sequence },
        };
    }
}
