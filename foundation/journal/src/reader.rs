//! Reads a journal while another thread writes it.
//!
//! Invariants:
//! - only what is durable is read: the writer tells a segment's new length behind the fsync;
//! - a reader opens its own files and holds the shared list only to look up a place, never over I/O;
//! - a damaged or missing record is left out and set aside; the numbers of what comes out show the hole.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use bytes::Bytes;

use crate::damage;
use crate::disk::Dir;
use crate::journal::JournalError;
use crate::limits::INDEX_STEP_BYTES;
use crate::scan::{Found, Scanner};
use crate::segment::Segment;

/// What the writer and the readers of one journal share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) dir: Dir,
    index: RwLock<Index>,
    /// Damaged stretches that were new to this process.
    damaged: AtomicU64,
}

/// Where what is.
#[derive(Debug)]
pub(crate) struct Index {
    /// Never empty; the last one is written to.
    pub(crate) segments: Vec<Segment>,
    /// The last durable number.
    pub(crate) last: u64,
}

impl Shared {
    pub(crate) fn new(dir: Dir, index: Index) -> Self {
        Self { dir, index: RwLock::new(index), damaged: AtomicU64::new(0) }
    }

    /// A panic under this lock leaves whole values behind, so a poisoned one is as good.
    pub(crate) fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn index_mut(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_aside(&self, path: &Path, from: u64, to: u64) -> io::Result<()> {
        if damage::set_aside(&*self.dir.disk, path, from, to)?.is_some() {
            self.damaged.fetch_add(1, Ordering::SeqCst);
        }
        Ok(())
    }
}

/// Reads a journal; cheap to clone.
#[derive(Debug, Clone)]
pub struct JournalReader {
    pub(crate) shared: Arc<Shared>,
}

/// What one read looks at within one segment.
struct Part {
    first: u64,
    path: PathBuf,
    /// A record at or before the wanted one, and where it begins.
    seek: (u64, u64),
    /// Its durable length.
    bytes: u64,
    /// The last number that it should hold.
    last: u64,
}

/// What a read has so far.
struct Taken {
    records: Vec<(u64, Bytes)>,
    bytes: usize,
    bytes_max: usize,
}

impl Taken {
    /// Takes the record if there is room for it; the first one always fits.
    fn take(&mut self, number: u64, bytes: Bytes) -> bool {
        let total = self.bytes + bytes.len();
        if !self.records.is_empty() && total > self.bytes_max {
            return false;
        }
        self.bytes = total;
        self.records.push((number, bytes));
        true
    }
}

impl JournalReader {
    /// Records behind number `after`, at most `bytes_max` of their bytes, but at least one if there is one.
    ///
    /// # Errors
    /// When a file cannot be read; damage is no error.
    pub fn read(&self, after: u64, bytes_max: usize) -> Result<Vec<(u64, Bytes)>, JournalError> {
        let mut taken = Taken { records: Vec::new(), bytes: 0, bytes_max };
        let mut wanted = after.saturating_add(1);
        while let Some(part) = self.locate(wanted) {
            let full = match self.read_part(&part, wanted, &mut taken) {
                Ok(full) => full,
                // Trimmed since it was looked up.
                Err(error) if error.kind() == io::ErrorKind::NotFound => false,
                Err(error) => return Err(JournalError::io("read", &part.path, error)),
            };
            if full {
                break;
            }
            wanted = part.last + 1;
        }
        Ok(taken.records)
    }

    /// The last durable number.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.shared.index().last
    }

    /// How many damaged stretches were found by reading since the journal was opened.
    #[must_use]
    pub fn damaged(&self) -> u64 {
        self.shared.damaged.load(Ordering::SeqCst)
    }

    /// The segment in which the first record at or behind `wanted` should be.
    fn locate(&self, wanted: u64) -> Option<Part> {
        let index = self.shared.index();
        if wanted > index.last {
            return None;
        }
        let at = index.segments.partition_point(|s| s.first <= wanted).saturating_sub(1);
        let segment = &index.segments[at];
        let last = index.segments.get(at + 1).map_or(index.last, |next| next.first - 1);
        Some(Part {
            first: segment.first,
            path: Segment::path(&self.shared.dir.path, segment.first),
            seek: segment.seek(wanted),
            bytes: segment.bytes,
            last,
        })
    }

    /// Takes records of the segment from `wanted` on; true when there is no more room.
    fn read_part(&self, part: &Part, wanted: u64, taken: &mut Taken) -> io::Result<bool> {
        let file = self.shared.dir.disk.open(&part.path)?;
        let mut scanner =
            Scanner::new(&*file, part.seek.1, part.seek.0, part.bytes)?.up_to(part.last);
        let mut ends_badly = false;
        while let Some(found) = scanner.next()? {
            ends_badly = matches!(found, Found::Bad { .. });
            match found {
                Found::Bad { from, to } => self.shared.set_aside(&part.path, from, to)?,
                Found::Record { number, at, bytes } => {
                    self.learn(part.first, number, at);
                    if number >= wanted && !taken.take(number, bytes) {
                        return Ok(true);
                    }
                }
            }
        }
        if scanner.expected() <= part.last && !ends_badly {
            // Cut off between two records.
            self.shared.set_aside(&part.path, scanner.at(), scanner.at())?;
        }
        Ok(false)
    }

    fn learn(&self, first: u64, number: u64, at: u64) {
        let near = |segments: &[Segment]| segments.iter().position(|s| s.first == first);
        let known = {
            let index = self.shared.index();
            let Some(place) = near(&index.segments) else { return };
            index.segments[place].seek(number).1 + INDEX_STEP_BYTES > at
        };
        if known {
            return;
        }
        let mut index = self.shared.index_mut();
        if let Some(place) = near(&index.segments) {
            index.segments[place].learn(number, at);
        }
    }
}
