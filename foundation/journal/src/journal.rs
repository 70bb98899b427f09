//! A journal: numbered records in segment files, appended by one writer, read by many.
//!
//! ```text
//!   DIR/00000000000000000001.seg    records 1 .. 9
//!   DIR/00000000000000000010.seg    records 10 .. (written to)
//!   DIR/end                         where the last fsynced append ended
//!   DIR/…0001.seg.corrupt-4096      a damaged stretch, set aside
//! ```
//! Invariants:
//! - an append is answered after its fsync; all its records lie in one segment;
//! - numbers are 1, 2, 3 …, go on over restarts, and stand in the records, so a hole never renumbers;
//! - an fsync that failed is never tried again: the journal is poisoned until it is opened anew;
//! - content never stops an open. The last segment is walked (none after an orderly close): a torn tail is
//!   cut off, damage in the middle is set aside. Older segments are checked as they are read;
//! - what an open finds is fsynced before it is shown: the process that wrote it may have died before; what
//!   it may not have acknowledged is written again, for its fsync may have failed.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use crate::damage::{self, Damage};
use crate::disk::{Dir, DiskFile};
use crate::durable::Durable;
use crate::end::End;
use crate::reader::{Index, JournalReader, Shared};
use crate::record;
use crate::recover::{self, Tail};
use crate::segment::Segment;

/// How large things may grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalLimits {
    /// A segment that has reached this is not written to any more, bytes.
    pub segment_bytes: u64,
    /// Longest record, bytes; below 4 GiB.
    pub record_bytes_max: usize,
}

/// What an open found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recovery {
    /// Bytes that are no record were cut off the end: an append that was never answered, or damage.
    pub torn_tail: bool,
    /// Something that was answered may be gone: the journal ends before its known end, or that is not
    /// known. Said at each open until the next append, so that a crash in between does not hide it.
    pub cut_short: bool,
    /// Damaged stretches that were not known before.
    pub damaged: Vec<Damage>,
}

impl Recovery {
    /// Whether the journal is as it was left.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        !self.torn_tail && !self.cut_short && self.damaged.is_empty()
    }
}

/// Why a journal cannot do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The record is longer than the limit; nothing was written.
    #[error("record of {bytes} bytes is longer than {limit_bytes} bytes")]
    TooLarge {
        /// Its length.
        bytes: usize,
        /// The limit.
        limit_bytes: usize,
    },
    /// No space left; nothing was written, and a later append may succeed.
    #[error("no space left for {path}: {source}")]
    Full {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// An fsync failed before; open the journal anew.
    #[error("journal {dir} had a failed fsync and must be opened anew")]
    Poisoned {
        /// The journal's directory.
        dir: PathBuf,
    },
    /// The file system refused.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
}

impl JournalError {
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::Full { path, source }
            }
            _ => Self::Io { action, path, source },
        }
    }
}

/// What an append wrote.
#[derive(Debug, PartialEq, Eq)]
pub struct Appended {
    /// Number of its first record.
    pub first: u64,
    /// Number of its last record.
    pub last: u64,
    /// That they are on disk.
    pub durable: Durable,
}

/// The writer's side of a journal. See the module.
#[derive(Debug)]
pub struct Journal {
    shared: Arc<Shared>,
    limits: JournalLimits,
    /// The last segment.
    active: Box<dyn DiskFile>,
    /// First number of the last segment.
    active_first: u64,
    /// Durable length of the last segment, bytes.
    active_bytes: u64,
    /// The last durable number.
    last: u64,
    end: Box<dyn DiskFile>,
    /// An fsync failed, or what was half written could not be taken back.
    poisoned: bool,
    /// The append in the making; kept for its memory.
    buffer: Vec<u8>,
}

impl Journal {
    /// Opens the journal of a directory, or begins one.
    ///
    /// # Errors
    /// When the file system refuses; never because of what the files hold.
    pub fn open(
        dir: impl Into<Dir>,
        limits: JournalLimits,
    ) -> Result<(Self, Recovery), JournalError> {
        let dir = dir.into();
        let path = &dir.path;
        let refused = |action| move |error| JournalError::io(action, path, error);
        dir.disk.create_dir(path).map_err(refused("create"))?;
        let known = End::read(&dir).map_err(refused("read end in"))?;
        let mut segments = Segment::list(&dir).map_err(refused("list"))?;
        let (mut recovery, last) = match segments.last_mut() {
            None => (recover::without_segments(known), recover::last_known(known)),
            Some(segment) => {
                let Tail { recovery, last } = recover::tail(&dir, segment, known).map_err(|e| {
                    JournalError::io("recover", &Segment::path(&dir.path, segment.first), e)
                })?;
                (recovery, last)
            }
        };
        if segments.is_empty() {
            segments.push(Segment::new(last + 1, 0));
        }
        recovery.cut_short |= recover::ends_before(known, last);
        let journal = Self::start(dir, limits, Index { segments, last })?;
        Ok((journal, recovery))
    }

    /// Begins to write behind what `index` says.
    fn start(dir: Dir, limits: JournalLimits, index: Index) -> Result<Self, JournalError> {
        let last = index.last;
        let (active_first, active_bytes) =
            index.segments.last().map_or((last + 1, 0), |segment| (segment.first, segment.bytes));
        let active = open_segment(&dir, active_first)?;
        let end =
            End::open(&dir).map_err(|error| JournalError::io("open end in", &dir.path, error))?;
        sync_names(&dir)?;
        let shared = Arc::new(Shared::new(dir, index));
        let (poisoned, buffer) = (false, Vec::new());
        Ok(Self { shared, limits, active, active_first, active_bytes, last, end, poisoned, buffer })
    }

    /// Appends the records with one write and one fsync. All are durable, or none counts.
    ///
    /// # Errors
    /// See [`JournalError`]; after a failed fsync every later append fails.
    pub fn append(&mut self, records: &[&[u8]]) -> Result<Appended, JournalError> {
        self.refuse_poisoned()?;
        let limit_bytes = self.limits.record_bytes_max;
        if let Some(record) = records.iter().find(|record| record.len() > limit_bytes) {
            return Err(JournalError::TooLarge { bytes: record.len(), limit_bytes });
        }
        if self.active_bytes >= self.limits.segment_bytes {
            self.rotate()?;
        }
        let first = self.last + 1;
        self.buffer.clear();
        for (number, record) in (first..).zip(records) {
            record::encode(&mut self.buffer, number, record);
        }
        let durable = self.write_and_sync()?;
        self.note_appended(records.len() as u64);
        fail::fail_point!("journal::before_answer", |_| std::process::abort());
        Ok(Appended { first, last: self.last, durable })
    }

    /// Whether it must be opened anew, and only that says what of the last append is there.
    #[must_use]
    pub fn is_poisoned(&self) -> bool {
        self.poisoned
    }

    fn refuse_poisoned(&self) -> Result<(), JournalError> {
        if self.poisoned {
            return Err(JournalError::Poisoned { dir: self.shared.dir.path.clone() });
        }
        Ok(())
    }

    /// Writes the buffer behind the durable end and fsyncs it.
    fn write_and_sync(&mut self) -> Result<Durable, JournalError> {
        let path = Segment::path(&self.shared.dir.path, self.active_first);
        if let Err(error) = self.active.write_all_at(&self.buffer, self.active_bytes) {
            self.take_back();
            return Err(JournalError::io("append to", &path, error));
        }
        fail::fail_point!("journal::before_fsync", |_| std::process::abort());
        if let Err(error) = sync(&*self.active) {
            self.take_back();
            self.poisoned = true;
            let error = JournalError::Io { action: "fsync", path, source: error };
            tracing::error!(%error, "journal stops: what was written may not be on disk");
            return Err(error);
        }
        Ok(Durable::after_fsync())
    }

    /// Cuts off what was written and will not be answered, so that it never comes back as good.
    fn take_back(&mut self) {
        self.poisoned |= self.active.set_len(self.active_bytes).is_err();
    }

    /// Shows what the buffer held to readers.
    fn note_appended(&mut self, records: u64) {
        let first = self.last + 1;
        let at = self.active_bytes;
        self.active_bytes += self.buffer.len() as u64;
        self.last += records;
        let mut index = self.shared.index_mut();
        index.last = self.last;
        if let Some(segment) = index.segments.last_mut() {
            segment.learn(first, at);
            segment.bytes = self.active_bytes;
        }
        drop(index);
        if let Err(error) = self.known_end(false).write(&*self.end) {
            tracing::warn!(%error, dir = %self.shared.dir.path.display(), "end of journal not noted");
        }
    }

    fn known_end(&self, closed: bool) -> End {
        End { segment: self.active_first, bytes: self.active_bytes, last: self.last, closed }
    }

    /// Begins a new segment, unless the last one is empty.
    ///
    /// # Errors
    /// When the new file cannot be made (the old segment is then still written to) or made durable (the
    /// journal is then poisoned).
    pub fn rotate(&mut self) -> Result<(), JournalError> {
        self.refuse_poisoned()?;
        if self.active_bytes == 0 { Ok(()) } else { self.begin_segment() }
    }

    /// Leaves out the numbers up to `last`, which are known from elsewhere to have been used.
    ///
    /// # Errors
    /// As [`Journal::rotate`].
    pub fn skip_to(&mut self, last: u64) -> Result<(), JournalError> {
        self.refuse_poisoned()?;
        if last <= self.last {
            return Ok(());
        }
        self.last = last;
        self.begin_segment()?;
        self.shared.index_mut().last = last;
        Ok(())
    }

    fn begin_segment(&mut self) -> Result<(), JournalError> {
        let first = self.last + 1;
        let active = open_segment(&self.shared.dir, first)?;
        if let Err(error) = sync_names(&self.shared.dir) {
            self.poisoned = true;
            return Err(error);
        }
        (self.active, self.active_first, self.active_bytes) = (active, first, 0);
        self.shared.index_mut().segments.push(Segment::new(first, 0));
        Ok(())
    }

    /// Removes the segments that hold no number above `to`, oldest first; the last segment stays.
    ///
    /// # Errors
    /// When a file cannot be removed; it and those behind it stay.
    pub fn trim(&mut self, to: u64) -> Result<(), JournalError> {
        let mut removed = false;
        while let Some(first) = self.oldest_below(to) {
            let path = Segment::path(&self.shared.dir.path, first);
            match self.shared.dir.disk.remove(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(JournalError::io("remove", &path, error));
                }
                _ => self.shared.index_mut().segments.remove(0),
            };
            removed = true;
        }
        if removed {
            sync_names(&self.shared.dir)?;
        }
        Ok(())
    }

    /// First number of the oldest segment, if all of it is at or below `to` and it is not the last.
    fn oldest_below(&self, to: u64) -> Option<u64> {
        let index = self.shared.index();
        let next = index.segments.get(1)?;
        (next.first - 1 <= to).then(|| index.segments[0].first)
    }

    /// See [`JournalReader::read`].
    ///
    /// # Errors
    /// When a file cannot be read; damage is no error.
    pub fn read(&self, after: u64, bytes_max: usize) -> Result<Vec<(u64, Bytes)>, JournalError> {
        self.reader().read(after, bytes_max)
    }

    /// A reader for other threads.
    #[must_use]
    pub fn reader(&self) -> JournalReader {
        JournalReader { shared: Arc::clone(&self.shared) }
    }

    /// Length of the last segment, bytes.
    #[must_use]
    pub fn segment_bytes(&self) -> u64 {
        self.active_bytes
    }

    /// Length of all segments, bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.shared.index().segments.iter().map(|segment| segment.bytes).sum()
    }

    /// The first number that was not trimmed; one behind [`Journal::last`] when the journal is empty.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.shared.index().segments.first().map_or(self.last + 1, |segment| segment.first)
    }

    /// The last number; 0 before the first append.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.last
    }

    /// How many damaged stretches the directory remembers, also from earlier lives.
    ///
    /// # Errors
    /// When the directory cannot be listed.
    pub fn damaged(&self) -> Result<usize, JournalError> {
        let dir = &self.shared.dir;
        damage::count(dir).map_err(|error| JournalError::io("list", &dir.path, error))
    }

    /// An orderly end: the next open need not walk the last segment.
    ///
    /// # Errors
    /// When that cannot be noted; then the next open walks.
    pub fn close(self) -> Result<(), JournalError> {
        self.refuse_poisoned()?;
        let noted = self.known_end(true).write(&*self.end).and_then(|()| self.end.sync());
        noted.map_err(|error| JournalError::io("close", &self.shared.dir.path, error))
    }
}

fn open_segment(dir: &Dir, first: u64) -> Result<Box<dyn DiskFile>, JournalError> {
    let path = Segment::path(&dir.path, first);
    dir.disk.open_or_create(&path).map_err(|error| JournalError::io("open", &path, error))
}

fn sync_names(dir: &Dir) -> Result<(), JournalError> {
    dir.disk.sync_dir(&dir.path).map_err(|error| JournalError::io("fsync", &dir.path, error))
}

fn sync(file: &dyn DiskFile) -> io::Result<()> {
    fail::fail_point!("journal::fsync", |_| Err(io::Error::other("fail point")));
    file.sync()
}

#[cfg(test)]
mod tests;
