//! The thread that reads: reader -> batcher -> spool, and door -> journals -> spool.
//!
//! Invariants:
//! - what is frozen and the reader's changes go into the spool in one record;
//! - what was read and could not be written stays here, and nothing further is read, until it could be;
//! - what came through the door and could not be written is given back: whoever brought it has it still.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nilometer_journal::Dir;
use nilometer_model::{
    BatchId, Count, Items, LogId, Reason, Sequence, SourceId, Stream, Timestamp,
};
use nilometer_wire::{Batch, CaughtUp, FrameError, Freezer, SourceRange};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::batch::{Batcher, Books, text_bytes};
use crate::desk::Desk;
use crate::door::{Handed, OpenDoor, unavailable};
use crate::flow::{Duty, thread_cpu};
use crate::heartbeat::DeclareError;
use crate::journal::{Brought, Drawn, Journals};
use crate::limits::{EXPIRE_MS, IDLE_MS, SPOOL_RETRY_MS};
use crate::reader::{Polled, Reader};
use crate::reading::StateChange;
use crate::reread::{Answer, Safe, Safety};
use crate::spool::Frame;
use crate::{Settings, expire, heartbeat, metrics, monotonic, reread, ship};

/// Everything that lives on the thread.
pub(crate) struct Tail {
    pub(crate) desk: Arc<Desk>,
    pub(crate) reader: Reader,
    pub(crate) batcher: Batcher,
    pub(crate) freezer: Freezer,
    pub(crate) door: OpenDoor,
    pub(crate) journals: Journals,
    pub(crate) spool_dir: Dir,
    pub(crate) settings: watch::Receiver<Settings>,
    /// Nothing further is read while there is something here.
    pub(crate) unsettled: Option<Unsettled>,
    pub(crate) duty: Duty,
    /// Batches that waited for longer are dropped.
    pub(crate) spool_age_max: Option<Duration>,
    /// When that was last looked at.
    pub(crate) expired: Instant,
}

/// What goes into one record of the spool.
pub(crate) struct Record {
    frames: Vec<Frame>,
    changes: Vec<StateChange>,
    /// What was read of sources until then.
    read: BTreeMap<SourceId, Count>,
    /// Where sources are that moved without a batch.
    moved: Books,
    /// In which Log all that was read is safe then, if it was in doubt.
    safe_in: Option<LogId>,
}

/// What could not be spooled; nothing further is read before it is settled.
pub(crate) enum Unsettled {
    /// What was read: it stays here until it is durable.
    Read(Record),
    /// What the door had: given back, unless it turns out to have come through after all.
    GivenBack(Record, Box<Drawn>),
}

/// What a turn came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// There may be more at once.
    Again,
    /// Nothing more for now: look again after this long, or when something happens.
    Idle(Duration),
    /// The spool cannot be written.
    Stuck,
}

impl Tail {
    /// Reads until told to stop; what was gathered by then is spooled.
    pub(crate) fn run(mut self, stop: &CancellationToken) {
        let started = Instant::now();
        while !stop.is_cancelled() {
            match self.turn() {
                Turn::Again => {}
                Turn::Idle(wait) => self.reader.wait(wait),
                Turn::Stuck => std::thread::sleep(Duration::from_millis(SPOOL_RETRY_MS)),
            }
            self.keep_to_its_share(started);
        }
        self.end();
    }

    /// One look at everything: reads, and freezes what is due.
    pub(crate) fn turn(&mut self) -> Turn {
        if !self.settle() {
            return Turn::Stuck;
        }
        self.renew();
        self.expire();
        self.go_back();
        if self.unsettled.is_some() {
            return Turn::Stuck;
        }
        let full_percent = self.desk.spool().full_percent();
        let full = full_percent >= 100;
        self.batcher.block(full, full_percent);
        self.door.block(full);
        let began = self.desk.clock.now();
        let polled = self.reader.poll(&mut self.batcher);
        let waits = [self.batcher.due_in(self.desk.linger()), self.door.due_in()];
        let [file_due, door_due] = waits.map(|wait| wait.is_some_and(|wait| wait.is_zero()));
        if door_due {
            self.freeze_door(false);
        }
        if file_due && self.unsettled.is_none() {
            self.freeze();
        }
        if self.unsettled.is_some() {
            return Turn::Stuck;
        }
        self.tell(&polled, began);
        if polled.progressed && !full {
            return Turn::Again;
        }
        let waits = waits.into_iter().flatten().filter(|wait| !wait.is_zero());
        let idle = Duration::from_millis(IDLE_MS);
        Turn::Idle(waits.min().unwrap_or(idle).min(idle))
    }

    /// Spools what is here, unless the spool cannot be written: files keep theirs.
    pub(crate) fn end(mut self) {
        if self.unsettled.is_none() {
            self.door.close();
            self.freeze_door(true);
        }
        if self.unsettled.is_none() {
            self.freeze();
        }
    }

    /// Drops what waited in the spool for longer than it keeps anything.
    fn expire(&mut self) {
        let Some(age_max) = self.spool_age_max else { return };
        let looked = monotonic::now();
        let since = looked.saturating_duration_since(self.expired);
        if since < Duration::from_millis(EXPIRE_MS) {
            return;
        }
        self.expired = looked;
        let (now, log) = (self.desk.clock.now(), self.desk.log());
        let mut spool = self.desk.spool();
        match expire::expire(&mut spool, (age_max, now), (&self.desk.life, log)) {
            Ok(0) => return,
            Ok(records) => tracing::warn!(records, "dropped: they waited for too long"),
            Err(error) => tracing::error!(%error, "what is too old cannot be dropped"),
        }
        self.desk.publish(&spool);
        self.desk.woken.notify_one();
    }

    /// Pauses for as long as this thread was ahead of its share of the CPU.
    fn keep_to_its_share(&mut self, started: Instant) {
        if self.duty.is_set() {
            let pause = self.duty.pause(thread_cpu(), started.elapsed());
            if !pause.is_zero() {
                std::thread::sleep(pause);
            }
        }
    }

    /// Takes over what was configured since.
    fn renew(&mut self) {
        if !self.settings.has_changed().unwrap_or_default() {
            return;
        }
        let settings = self.settings.borrow_and_update().clone();
        self.desk.spool().limit(settings.spool_bytes_max);
        self.reader.configure(settings.files, settings.line_bytes_max);
    }

    /// Reads again what is neither at the centre nor in the spool, as far as files still hold it.
    fn go_back(&mut self) {
        let Some(answer) = self.desk.reread().take_answer() else { return };
        self.freeze();
        let Answer { log, sources } = answer;
        let safe = reread::safe(&self.desk.spool(), sources);
        if self.unsettled.is_some() || !self.declare_lost(&safe) {
            // Asked again: what is safe by then is another matter.
            return self.desk.reread().answered(None);
        }
        let desk = Arc::clone(&self.desk);
        let (mut changes, books) = {
            let spool = desk.spool();
            let reason = desk.reread().safety().map_or(Reason::PipelineWentBack, Safety::reason);
            let books = self.reader.rewind(&safe, spool.books(), reason);
            (self.reader.changes(), books)
        };
        if !books.is_empty() {
            tracing::warn!(sources = books.len(), "reading again what the centre does not have");
        }
        self.batcher.rewind(&books);
        changes.push(Safety::In(log).change());
        let (frames, read) = (Vec::new(), self.reader.take_read());
        let record = Record { frames, changes, read, moved: books, safe_in: Some(log) };
        match self.append(&record) {
            Ok(()) => self.written(),
            Err(error) => self.stuck(&error, Unsettled::Read(record)),
        }
    }

    /// Declares what cannot be read again; whether that is durable.
    fn declare_lost(&self, safe: &Safe) -> bool {
        let (remembered, now) = (self.reader.remembered(), self.desk.clock.now());
        let mut spool = self.desk.spool();
        let lost = {
            let reread = self.desk.reread();
            reread::lost(&spool, (safe, &remembered), (reread.safety(), now))
        };
        match heartbeat::declare(&self.desk, &mut spool, lost, Vec::new()) {
            Ok(()) => {
                spool.settle_released();
                self.desk.publish(&spool);
                true
            }
            Err(error) => {
                tracing::error!(%error, "a loss could not be declared");
                false
            }
        }
    }

    /// Freezes what is gathered.
    fn freeze(&mut self) {
        let changes = self.reader.changes();
        let gathered = self.batcher.freeze();
        if gathered.is_none() && changes.is_empty() {
            return;
        }
        let mut frames = Vec::new();
        if let Some(gathered) = gathered {
            let text_bytes = text_bytes(&gathered.items);
            match self.pack(gathered.sources, gathered.items) {
                Ok((packed, items)) => {
                    frames = packed;
                    self.batcher.reuse(items.rows);
                }
                Err(e) => {
                    // Only a header of one range with one gap that is larger than 8 MiB comes here.
                    tracing::error!(error = %e, "a batch could not be packed, nor its loss");
                    self.desk.status.spool(Some(format!("a loss could not be declared: {e}")));
                }
            }
            self.batcher.packed(text_bytes, frames.iter().map(|f| f.bytes.len()).sum());
        }
        // Told once it is durable: after a crash the file may be gone.
        let (read, moved) = (self.reader.take_read(), self.batcher.passed());
        let record = Record { frames, changes, read, moved, safe_in: None };
        match self.append(&record) {
            Ok(()) => self.written(),
            Err(error) => self.stuck(&error, Unsettled::Read(record)),
        }
    }

    /// Freezes what came through the door and answers whoever waits for it; `ends` ends the journals.
    fn freeze_door(&mut self, ends: bool) {
        let mut handed = self.door.collect();
        let brought = handed.iter_mut().map(|handed| self.thinned(handed.take())).collect();
        let mut drawn = self.journals.draw(brought, ends);
        if drawn.sources.is_empty() {
            return;
        }
        let now = self.desk.clock.now();
        let gaps = drawn.sources.iter_mut().flat_map(|range| &mut range.gaps);
        gaps.for_each(|gap| gap.time = now);
        let (sources, items) = (drawn.sources.clone(), std::mem::take(&mut drawn.items));
        let frames = match self.pack(sources, items) {
            Ok((frames, _)) => frames,
            Err(e) => {
                tracing::error!(error = %e, "what came through the door could not be packed");
                return answer(handed, Err(&e.to_string()));
            }
        };
        let (changes, read) = (std::mem::take(&mut drawn.changes), std::mem::take(&mut drawn.read));
        let record = Record { frames, changes, read, moved: Books::new(), safe_in: None };
        match self.append(&record) {
            Ok(()) => {
                self.journals.keep(&drawn);
                answer(handed, Ok(()));
                self.written();
            }
            Err(error) => {
                answer(handed, Err(&error.to_string()));
                self.stuck(&error, Unsettled::GivenBack(record, Box::new(drawn)));
            }
        }
    }

    /// What was brought, without what is not to be kept.
    fn thinned(&self, (stream, mut items): (Stream, Items)) -> Brought {
        let shed = self.batcher.flow().thin(&mut items);
        shed.iter().for_each(|(reason, count)| metrics::shed(*reason, count.records));
        Brought { stream, items, shed }
    }

    /// Names a batch and packs it; gives its items back for their memory.
    fn pack(
        &mut self,
        sources: Vec<SourceRange>,
        items: Items,
    ) -> Result<(Vec<Frame>, Items), FrameError> {
        let bytes = items.rows.bytes.iter().map(|bytes| u64::from(*bytes)).sum();
        metrics::read(items.len(), bytes);
        let header = heartbeat::header(&self.desk, sources);
        ship::pack_and_return(Batch { header, items }, &self.desk.life, &mut self.freezer)
    }

    /// Opens the spool anew and settles what could not be spooled; whether nothing of that is left.
    fn settle(&mut self) -> bool {
        let Some(unsettled) = self.unsettled.take() else { return self.mend() };
        let (Unsettled::Read(record) | Unsettled::GivenBack(record, _)) = &unsettled;
        let names = names(record);
        let settled = self.reopen(&names).and_then(|()| match &unsettled {
            Unsettled::Read(record) => self.append(record),
            Unsettled::GivenBack(..) => Ok(()),
        });
        if let Err(error) = settled {
            self.stuck(&error, unsettled);
            return false;
        }
        if let Unsettled::GivenBack(record, drawn) = unsettled {
            self.find_out(&names, &record, &drawn);
        }
        self.written();
        true
    }

    /// Opens the spool anew that somebody else could not write: there may be nothing more to be read, and what
    /// others have to say waits for it. Whether it can be written.
    fn mend(&self) -> bool {
        if !self.desk.spool().is_poisoned() {
            return true;
        }
        if let Err(error) = self.reopen(&[]) {
            self.refused(&error);
            return false;
        }
        self.written();
        true
    }

    /// Whether what was given back came through after all. If not, its batch never came to be.
    fn find_out(&mut self, names: &[BatchId], record: &Record, drawn: &Drawn) {
        let spool = self.desk.spool();
        let life = &self.desk.life;
        if names.iter().all(|name| spool.holds(*name)) {
            life.stood_for(record.frames.iter().flat_map(|frame| &frame.header.replaces));
            self.journals.keep(drawn);
            self.note_read(&record.read);
        } else {
            life.never_used(names.iter().copied());
        }
    }

    fn written(&self) {
        self.desk.status.spool(None);
        self.desk.woken.notify_one();
    }

    /// Says that the spool cannot be written.
    fn stuck(&mut self, error: &DeclareError, unsettled: Unsettled) {
        self.refused(error);
        self.door.fail(&error.to_string());
        self.unsettled = Some(unsettled);
    }

    fn refused(&self, error: &DeclareError) {
        metrics::spool_failure();
        tracing::error!(%error, "cannot spool, reading stops");
        self.desk.status.spool(Some(error.to_string()));
    }

    fn reopen(&self, names: &[BatchId]) -> Result<(), DeclareError> {
        let spool_bytes_max = self.settings.borrow().spool_bytes_max;
        self.desk.reopen((self.spool_dir.clone(), spool_bytes_max), names)
    }

    fn append(&self, record: &Record) -> Result<(), DeclareError> {
        let mut spool = self.desk.spool();
        // An append of unknown outcome may have come through after all.
        let missing = record.frames.iter().filter(|frame| !spool.holds(frame.header.batch));
        let missing = missing.cloned().collect();
        fail::fail_point!("collector::before_spool", |_| std::process::abort());
        spool.freeze_and_move(missing, record.changes.clone(), record.moved.clone())?;
        if let Some(log) = record.safe_in {
            self.desk.reread().done(log);
        }
        fail::fail_point!("collector::after_spool", |_| std::process::abort());
        let stands_for = record.frames.iter().flat_map(|frame| &frame.header.replaces);
        self.desk.life.stood_for(stands_for);
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
