//! The Log as a journal in a local directory, for the embedded form: one shard, number 0.
//!
//! ```text
//!   append --> queue --> writer thread: takes all that waits --> one write, one fsync --> answers
//!   read, grown  ------> the journal's reader, beside the writer
//! ```
//! Invariants:
//! - no file is touched on an async thread;
//! - the id is kept in `DIR/id` with the number of damaged stretches it knows; a new one is drawn, durably,
//!   before anything is served, when the journal was torn, cut short or damaged since.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use async_trait::async_trait;
use bytes::Bytes;
use nilometer_model::{LogId, LogPosition};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot, watch};

use crate::damage;
use crate::durable::{Durable, write_file_durably};
use crate::journal::{Journal, JournalError, JournalLimits, Recovery};
use crate::limits::{
    LOG_ENTRY_BYTES_MAX, LOG_GROUP_BYTES_MAX, LOG_QUEUE_APPENDS_MAX, LOG_SEGMENT_BYTES,
};
use crate::log::{Log, LogError};
use crate::reader::JournalReader;

type Answer = Result<Vec<(LogPosition, Durable)>, LogError>;

/// What waits for the writer.
enum Job {
    Append { entries: Vec<Bytes>, answer: oneshot::Sender<Answer> },
    Part { answer: oneshot::Sender<Result<LogPosition, LogError>> },
    Trim { to: u64, answer: oneshot::Sender<Result<(), LogError>> },
}

/// The file `id`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Identity {
    id: LogId,
    /// Damaged stretches that were there when the id was drawn.
    damaged: usize,
}

/// See the module. Dropping it writes what waits and closes the journal.
#[derive(Debug)]
pub struct LocalLog {
    dir: PathBuf,
    identity: Arc<Mutex<Identity>>,
    /// None once dropping has begun.
    jobs: Option<mpsc::Sender<Job>>,
    reader: JournalReader,
    last: watch::Receiver<u64>,
    writer: Option<JoinHandle<()>>,
}

impl LocalLog {
    /// Opens the Log of a directory, or begins one.
    ///
    /// # Errors
    /// When the file system refuses; never because of what the files hold.
    pub fn open(dir: &Path) -> Result<(Self, Recovery), LogError> {
        let limits = JournalLimits {
            segment_bytes: LOG_SEGMENT_BYTES,
            record_bytes_max: LOG_ENTRY_BYTES_MAX,
        };
        let (journal, recovery) = Journal::open(dir, limits)?;
        let damaged = journal.damaged()?;
        let kept = std::fs::read(dir.join("id")).ok();
        let kept = kept.and_then(|bytes| serde_json::from_slice::<Identity>(&bytes).ok());
        let identity = match kept {
            Some(kept) if kept.damaged == damaged && recovery.is_clean() => kept,
            _ => draw(dir, damaged)?,
        };
        let reader = journal.reader();
        let (jobs, waiting) = mpsc::channel(LOG_QUEUE_APPENDS_MAX);
        let (grown, last) = watch::channel(journal.last());
        let writer = std::thread::Builder::new()
            .name("log-writer".to_owned())
            .spawn(move || write(journal, waiting, &grown))
            .map_err(|error| JournalError::io("start the writer of", dir, error))?;
        let log = Self {
            dir: dir.to_owned(),
            identity: Arc::new(Mutex::new(identity)),
            jobs: Some(jobs),
            reader,
            last,
            writer: Some(writer),
        };
        Ok((log, recovery))
    }

    async fn send(&self, job: Job) -> Result<(), LogError> {
        let jobs = self.jobs.as_ref().ok_or(LogError::Closed)?;
        jobs.send(job).await.map_err(|_| LogError::Closed)
    }
}

impl Drop for LocalLog {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the Log's writer panicked");
        }
    }
}

#[async_trait]
impl Log for LocalLog {
    fn id(&self) -> LogId {
        self.identity.lock().unwrap_or_else(PoisonError::into_inner).id
    }

    async fn append(&self, shard: u32, entries: Vec<Bytes>) -> Answer {
        only_shard(shard)?;
        if let Some(entry) = entries.iter().find(|entry| entry.len() > LOG_ENTRY_BYTES_MAX) {
            let limit_bytes = LOG_ENTRY_BYTES_MAX;
            return Err(LogError::TooLarge { bytes: entry.len(), limit_bytes });
        }
        let (answer, answered) = oneshot::channel();
        self.send(Job::Append { entries, answer }).await?;
        answered.await.map_err(|_| LogError::Closed)?
    }

    async fn read(
        &self,
        shard: u32,
        after: LogPosition,
        bytes_max: usize,
    ) -> Result<Vec<(LogPosition, Bytes)>, LogError> {
        only_shard(shard)?;
        let (reader, dir) = (self.reader.clone(), self.dir.clone());
        let identity = Arc::clone(&self.identity);
        let reading = tokio::task::spawn_blocking(move || {
            let damaged_before = reader.damaged();
            let entries = reader.read(after.0, bytes_max)?;
            if reader.damaged() != damaged_before {
                redraw(&dir, &identity)?;
            }
            Ok(entries.into_iter().map(|(number, bytes)| (LogPosition(number), bytes)).collect())
        });
        reading.await.map_err(|_| LogError::Closed)?
    }

    async fn last(&self, shard: u32) -> Result<LogPosition, LogError> {
        only_shard(shard)?;
        Ok(LogPosition(*self.last.borrow()))
    }

    async fn grown(&self, shard: u32, after: LogPosition) -> Result<(), LogError> {
        only_shard(shard)?;
        let mut last = self.last.clone();
        last.wait_for(|last| *last > after.0).await.map_err(|_| LogError::Closed)?;
        Ok(())
    }

    async fn part(&self, shard: u32) -> Result<LogPosition, LogError> {
        only_shard(shard)?;
        let (answer, answered) = oneshot::channel();
        self.send(Job::Part { answer }).await?;
        answered.await.map_err(|_| LogError::Closed)?
    }

    async fn trim(&self, shard: u32, to: LogPosition) -> Result<(), LogError> {
        only_shard(shard)?;
        let (answer, answered) = oneshot::channel();
        self.send(Job::Trim { to: to.0, answer }).await?;
        answered.await.map_err(|_| LogError::Closed)?
    }
}

fn only_shard(shard: u32) -> Result<(), LogError> {
    if shard == 0 { Ok(()) } else { Err(LogError::NoShard(shard)) }
}

/// Draws a new id and makes it durable.
fn draw(dir: &Path, damaged: usize) -> Result<Identity, JournalError> {
    let identity = Identity { id: LogId(uuid::Uuid::now_v7()), damaged };
    let failed = |error| JournalError::io("write id in", dir, error);
    let bytes = serde_json::to_vec(&identity).map_err(|error| failed(error.into()))?;
    write_file_durably(&dir.join("id"), &bytes).map_err(failed)?;
    tracing::info!(id = %identity.id, "new Log id");
    Ok(identity)
}

/// An acknowledged entry is gone: what was called durable must be sent again.
fn redraw(dir: &Path, identity: &Mutex<Identity>) -> Result<(), JournalError> {
    let mut identity = identity.lock().unwrap_or_else(PoisonError::into_inner);
    let damaged =
        damage::count(&dir.into()).map_err(|error| JournalError::io("list", dir, error))?;
    *identity = draw(dir, damaged)?;
    Ok(())
}

/// The writer's life: everything that waits, up to a limit, shares one fsync.
fn write(mut journal: Journal, mut waiting: mpsc::Receiver<Job>, grown: &watch::Sender<u64>) {
    while let Some(job) = waiting.blocking_recv() {
        let (mut group, mut parts, mut trims, mut bytes) = (Vec::new(), Vec::new(), Vec::new(), 0);
        let mut next = Some(job);
        while let Some(job) = next {
            match job {
                Job::Append { entries, answer } => {
                    bytes += entries.iter().map(Bytes::len).sum::<usize>();
                    group.push((entries, answer));
                }
                Job::Part { answer } => parts.push(answer),
                Job::Trim { to, answer } => trims.push((to, answer)),
            }
            next = if bytes < LOG_GROUP_BYTES_MAX { waiting.try_recv().ok() } else { None };
        }
        append_group(&mut journal, group, grown);
        // Who asked may be gone.
        for answer in parts {
            let parted = journal.rotate().map(|()| LogPosition(journal.last()));
            drop(answer.send(parted.map_err(LogError::from)));
        }
        for (to, answer) in trims {
            drop(answer.send(trim(&mut journal, to).map_err(LogError::from)));
        }
    }
    if let Err(error) = journal.close() {
        tracing::warn!(%error, "the Log was not closed in order");
    }
}

fn append_group(
    journal: &mut Journal,
    group: Vec<(Vec<Bytes>, oneshot::Sender<Answer>)>,
    grown: &watch::Sender<u64>,
) {
    let records: Vec<&[u8]> = group.iter().flat_map(|(e, _)| e.iter().map(|b| &b[..])).collect();
    if records.is_empty() {
        for (_, answer) in group {
            drop(answer.send(Ok(Vec::new())));
        }
        return;
    }
    match journal.append(&records) {
        Ok(appended) => {
            grown.send_replace(appended.last);
            let mut position = appended.first;
            for (entries, answer) in group {
                let end = position + entries.len() as u64;
                let positions = (position..end).map(|p| (LogPosition(p), Durable::after_fsync()));
                drop(answer.send(Ok(positions.collect())));
                position = end;
            }
        }
        Err(error) => {
            let error = LogError::from(error);
            for (_, answer) in group {
                drop(answer.send(Err(error.clone())));
            }
        }
    }
}

/// Frees whole segments; a last one of which nothing is needed is left behind first.
fn trim(journal: &mut Journal, to: u64) -> Result<(), JournalError> {
    if journal.last() <= to {
        journal.rotate()?;
    }
    journal.trim(to)
}

#[cfg(test)]
mod tests;
