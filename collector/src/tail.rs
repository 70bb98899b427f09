//! The thread that reads: reader -> batcher -> spool, and door -> journals -> spool.
//!
//! Invariants:
//! - what is frozen and the reader's changes go into the spool in one record;
//! - what was read and could not be written stays here, and nothing further is read, until it could be;
//! - what came through the door and could not be written is given back: whoever brought it has it still.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use nilometer_model::{BatchId, Count, Items, Sequence, SourceId, Timestamp};
use nilometer_wire::{Batch, CaughtUp, FrameError, SourceRange};
use tokio_util::sync::CancellationToken;

use crate::batch::{Batcher, text_bytes};
use crate::desk::Desk;
use crate::door::{Handed, OpenDoor, unavailable};
use crate::heartbeat::DeclareError;
use crate::journal::{Drawn, Journals};
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
    pub(crate) door: OpenDoor,
    pub(crate) journals: Journals,
    pub(crate) spool_dir: PathBuf,
    pub(crate) spool_bytes_max: u64,
}

/// What goes into one record of the spool.
struct Record {
    frames: Vec<Frame>,
    changes: Vec<StateChange>,
    /// What the door took of its sources until then.
    read: BTreeMap<SourceId, Count>,
}

impl Tail {
    /// Reads until told to stop; what was gathered by then is spooled.
    pub(crate) fn run(mut self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let full = self.desk.spool().full();
            self.batcher.block(full);
            self.door.block(full);
            let began = self.desk.clock.now();
            let polled = self.reader.poll(&mut self.batcher);
            self.count();
            let waits = [self.batcher.due_in(self.desk.linger()), self.door.due_in()];
            let [file_due, door_due] = waits.map(|wait| wait.is_some_and(|wait| wait.is_zero()));
            if door_due {
                self.freeze_door(stop, false);
            }
            if file_due && !self.freeze(stop) {
                return;
            }
            self.tell(&polled, began);
            if !polled.progressed || full {
                let waits = waits.into_iter().flatten().filter(|wait| !wait.is_zero());
                let idle = Duration::from_millis(IDLE_MS);
                self.reader.wait(waits.min().unwrap_or(idle).min(idle));
            }
        }
        self.door.close();
        self.freeze_door(stop, true);
        self.freeze(stop);
    }

    /// Freezes what is gathered; `false` when that could not be spooled before the end.
    fn freeze(&mut self, stop: &CancellationToken) -> bool {
        let changes = self.reader.changes();
        let gathered = self.batcher.freeze();
        if gathered.is_none() && changes.is_empty() {
            return true;
        }
        let mut frames = Vec::new();
        if let Some(gathered) = gathered {
            let text_bytes = text_bytes(&gathered.items);
            match self.pack(gathered.sources, gathered.items) {
                Ok(packed) => frames = packed,
                Err(e) => {
                    // Only a header of one range with one gap that is larger than 8 MiB comes here.
                    tracing::error!(error = %e, "a batch could not be packed, nor its loss");
                    self.desk.status.spool(Some(format!("a loss could not be declared: {e}")));
                }
            }
            self.batcher.packed(text_bytes, frames.iter().map(|f| f.bytes.len()).sum());
        }
        self.spool(&Record { frames, changes, read: BTreeMap::new() }, stop)
    }

    /// Freezes what came through the door and answers whoever waits for it; `ends` ends the journals.
    fn freeze_door(&mut self, stop: &CancellationToken, ends: bool) {
        let mut handed = self.door.collect();
        let brought = handed.iter_mut().map(Handed::take).collect();
        let mut drawn = self.journals.draw(brought, ends);
        if drawn.sources.is_empty() {
            return;
        }
        let (sources, items) = (drawn.sources.clone(), std::mem::take(&mut drawn.items));
        let frames = match self.pack(sources, items) {
            Ok(frames) => frames,
            Err(e) => {
                tracing::error!(error = %e, "what came through the door could not be packed");
                return answer(handed, Err(&e.to_string()));
            }
        };
        let (changes, read) = (std::mem::take(&mut drawn.changes), std::mem::take(&mut drawn.read));
        let record = Record { frames, changes, read };
        match self.append(&record) {
            Ok(()) => {
                self.journals.keep(&drawn);
                answer(handed, Ok(()));
            }
            Err(error) => {
                answer(handed, Err(&error.to_string()));
                self.find_out(&record, &drawn, (error, stop));
            }
        }
        self.desk.woken.notify_one();
    }

    /// Names a batch and packs it.
    fn pack(&self, sources: Vec<SourceRange>, items: Items) -> Result<Vec<Frame>, FrameError> {
        let bytes = items.rows.bytes.iter().map(|bytes| u64::from(*bytes)).sum();
        metrics::read(items.len(), bytes);
        let header = heartbeat::header(&self.desk, sources);
        ship::pack(Batch { header, items }, &self.desk.life)
    }

    /// Appends until it is durable or the end has come.
    fn spool(&self, record: &Record, stop: &CancellationToken) -> bool {
        let names = names(record);
        let mut written = self.append(record);
        while let Err(error) = written {
            if !self.pause(&error, stop) {
                return false;
            }
            written = self.reopen(&names).and_then(|()| self.append(record));
        }
        self.desk.status.spool(None);
        self.desk.woken.notify_one();
        true
    }

    /// Opens the spool anew, after what came through the door could not be written, until it says whether
    /// that came through after all. If not, its batch never came to be.
    fn find_out(
        &mut self,
        record: &Record,
        drawn: &Drawn,
        (error, stop): (DeclareError, &CancellationToken),
    ) {
        let names = names(record);
        let mut opened = Err(error);
        while let Err(error) = opened {
            if !self.pause(&error, stop) {
                return;
            }
            opened = self.reopen(&names);
        }
        self.desk.status.spool(None);
        let spool = self.desk.spool();
        if names.iter().all(|name| spool.holds(*name)) {
            self.journals.keep(drawn);
            self.note_read(&record.read);
        } else {
            names.into_iter().for_each(|name| self.desk.life.never_used(name));
        }
    }

    /// Says that the spool cannot be written, and waits; `false` once the end has come.
    fn pause(&self, error: &DeclareError, stop: &CancellationToken) -> bool {
        metrics::spool_failure();
        tracing::error!(%error, "cannot spool, reading stops");
        self.desk.status.spool(Some(error.to_string()));
        self.door.fail(&error.to_string());
        if !stop.is_cancelled() {
            std::thread::sleep(Duration::from_millis(SPOOL_RETRY_MS));
        }
        !stop.is_cancelled()
    }

    fn reopen(&self, names: &[BatchId]) -> Result<(), DeclareError> {
        self.desk.reopen((&self.spool_dir, self.spool_bytes_max), names)
    }

    fn append(&self, record: &Record) -> Result<(), DeclareError> {
        let mut spool = self.desk.spool();
        // An append of unknown outcome may have come through after all.
        let missing = record.frames.iter().filter(|frame| !spool.holds(frame.header.batch));
        let missing = missing.cloned().collect();
        fail::fail_point!("collector::before_spool", |_| std::process::abort());
        spool.freeze(missing, record.changes.clone())?;
        fail::fail_point!("collector::after_spool", |_| std::process::abort());
        // Under the spool's lock: before what is counted here can be shipped.
        self.note_read(&record.read);
        self.desk.publish(&spool);
        Ok(())
    }

    fn note_read(&self, read: &BTreeMap<SourceId, Count>) {
        let mut reading = self.desk.reading();
        reading.read.extend(read);
        reading.changed.extend(read);
    }

    /// Takes over the reader's own totals, before what they count can be shipped.
    fn count(&mut self) {
        let read = self.reader.take_read();
        if !read.is_empty() {
            self.note_read(&read);
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

fn names(record: &Record) -> Vec<BatchId> {
    record.frames.iter().map(|frame| frame.header.batch).collect()
}

fn answer(handed: Vec<Handed>, result: Result<(), &str>) {
    handed.into_iter().for_each(|handed| handed.answer(result.map_err(unavailable)));
}

#[cfg(test)]
mod tests;
