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
use crate::heartbeat::DeclareError;
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
            self.count();
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
        match ship::pack(Batch { header, items: rows.into() }, &self.desk.life) {
            Ok(frames) => {
                self.batcher.packed(text_bytes, frames.iter().map(|f| f.bytes.len()).sum());
                frames
            }
            Err(e) => {
                // Only a header of one range with one gap that is larger than 8 MiB comes here.
                tracing::error!(error = %e, "a batch could not be packed, nor its loss");
                self.desk.status.spool(Some(format!("a loss could not be declared: {e}")));
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
        let names: Vec<_> = frames.iter().map(|frame| frame.header.batch).collect();
        let mut written = self.append(&frames, &changes);
        while let Err(error) = written {
            metrics::spool_failure();
            tracing::error!(%error, "cannot spool, reading stops");
            self.desk.status.spool(Some(error.to_string()));
            if stop.is_cancelled() {
                return false;
            }
            std::thread::sleep(Duration::from_millis(SPOOL_RETRY_MS));
            written = self
                .desk
                .reopen((&self.spool_dir, self.spool_bytes_max), &names)
                .and_then(|()| self.append(&frames, &changes));
        }
        self.desk.status.spool(None);
        true
    }

    fn append(&self, frames: &[Frame], changes: &[StateChange]) -> Result<(), DeclareError> {
        let mut spool = self.desk.spool();
        // An append of unknown outcome may have come through after all.
        let missing = frames.iter().filter(|frame| !spool.holds(frame.header.batch)).cloned();
        let missing = missing.collect();
        spool.freeze(missing, changes.to_vec())?;
        self.desk.publish(&spool);
        Ok(())
    }

    /// Takes over the reader's own totals, before what they count can be shipped.
    fn count(&mut self) {
        let read = self.reader.take_read();
        if !read.is_empty() {
            let mut reading = self.desk.reading();
            reading.read.extend(&read);
            reading.changed.extend(read);
        }
    }

    /// Says how far reading has come, once what it says is in the spool.
    fn tell(&mut self, polled: &Polled, began: Timestamp) {
        let warnings = self.reader.warnings();
        let sequence: Sequence = self.desk.life.last().sequence;
        let mut reading = self.desk.reading();
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

#[cfg(test)]
mod tests;
