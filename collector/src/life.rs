//! Who this collector is (a uuid in its data directory) and which of its lives this is (an epoch).
//!
//! Invariants:
//! - an epoch is fsynced before anything is named by it, and never used twice;
//! - a name whose batch never came to be is remembered until a batch that stands for it is in the spool;
//!   one whose writing has an unknown outcome waits for the next opening to say;
//! - a damaged file stops no start: it is set aside, and a new uuid is drawn.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nilometer_journal::Dir;
use nilometer_model::{BatchId, CollectorId, Epoch, Sequence};
use uuid::Uuid;

use crate::dice;
use crate::limits::REPLACES_MAX;

/// A copied data directory is healed by deleting this file: a new uuid is drawn then.
const COLLECTOR_FILE: &str = "collector";
const EPOCH_FILE: &str = "epoch";

/// One run of one collector.
#[derive(Debug)]
pub(crate) struct Life {
    pub(crate) collector: CollectorId,
    pub(crate) epoch: Epoch,
    /// The last sequence drawn.
    sequence: AtomicU64,
    open: Mutex<OpenNames>,
}

/// Names drawn for batches that are not in the spool. Until another batch stands for them, the centre
/// cannot count on beyond them.
#[derive(Debug, Default)]
struct OpenNames {
    /// Their batches never came to be.
    unused: BTreeSet<BatchId>,
    /// Their batches may be in the journal: a name that another stood for by mistake would be let go of
    /// before its own batch is at the centre.
    in_doubt: Vec<BatchId>,
}

impl Life {
    /// Begins a new life in a data directory.
    pub(crate) fn begin(data: impl Into<Dir>) -> io::Result<Self> {
        let data = data.into();
        let collector = read::<Uuid>(&data, COLLECTOR_FILE)?;
        let before = read::<Epoch>(&data, EPOCH_FILE)?;
        let collector = match (collector, before) {
            (Found::Good(collector), Found::Good(_) | Found::Absent) => collector,
            _ => {
                let drawn = Uuid::from_u128(dice::roll());
                data.write_durably(COLLECTOR_FILE, drawn.to_string().as_bytes())?;
                drawn
            }
        };
        let epoch = Epoch(dice::roll());
        data.write_durably(EPOCH_FILE, epoch.to_string().as_bytes())?;
        Ok(Self {
            collector: CollectorId(collector),
            epoch,
            sequence: AtomicU64::new(0),
            open: Mutex::default(),
        })
    }

    /// The name of the next batch.
    pub(crate) fn next(&self) -> BatchId {
        self.named(self.sequence.fetch_add(1, Ordering::SeqCst) + 1)
    }

    /// The name last given; sequence 0 when none was.
    pub(crate) fn last(&self) -> BatchId {
        self.named(self.sequence.load(Ordering::SeqCst))
    }

    /// The batches of those names never came to be.
    pub(crate) fn never_used(&self, names: impl IntoIterator<Item = BatchId>) {
        self.open().unused.extend(names);
    }

    /// Whether the batches of those names came to be is known once the spool is opened anew.
    pub(crate) fn in_doubt(&self, names: impl IntoIterator<Item = BatchId>) {
        self.open().in_doubt.extend(names);
    }

    /// The spool was opened anew: which names that were in doubt it `holds` is known.
    pub(crate) fn find_out(&self, holds: impl Fn(BatchId) -> bool) {
        let mut open = self.open();
        let in_doubt = std::mem::take(&mut open.in_doubt);
        open.unused.extend(in_doubt.into_iter().filter(|name| !holds(*name)));
    }

    /// The names that the next batch has to stand for.
    pub(crate) fn unused(&self) -> Vec<BatchId> {
        self.open().unused.iter().take(REPLACES_MAX).copied().collect()
    }

    /// A batch that stands for those names is in the spool.
    pub(crate) fn stood_for<'a>(&self, names: impl IntoIterator<Item = &'a BatchId>) {
        let mut open = self.open();
        for name in names {
            open.unused.remove(name);
        }
    }

    fn open(&self) -> MutexGuard<'_, OpenNames> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn named(&self, sequence: u64) -> BatchId {
        BatchId { collector: self.collector, epoch: self.epoch, sequence: Sequence(sequence) }
    }
}

enum Found<T> {
    Good(T),
    Absent,
    Damaged,
}

fn read<T: std::str::FromStr>(data: &Dir, name: &str) -> io::Result<Found<T>> {
    let text = match data.read(name) {
        Ok(bytes) => String::from_utf8(bytes).unwrap_or_default(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Found::Absent),
        Err(e) => return Err(e),
    };
    match text.trim().parse() {
        Ok(value) => Ok(Found::Good(value)),
        Err(_) => {
            data.set_aside(name)?;
            Ok(Found::Damaged)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_collector_keeps_its_uuid_and_never_its_epoch() {
        let dir = tempfile::tempdir().unwrap();
        let first = Life::begin(dir.path()).unwrap();
        let second = Life::begin(dir.path()).unwrap();
        assert_eq!(first.collector, second.collector);
        assert_ne!(first.epoch, second.epoch);
        assert_eq!((first.next().sequence, first.next().sequence), (Sequence(1), Sequence(2)));
        assert_eq!(first.last().sequence, Sequence(2));
    }

    #[test]
    fn a_damaged_file_is_set_aside_and_a_new_uuid_drawn() {
        for file in [COLLECTOR_FILE, EPOCH_FILE] {
            let dir = tempfile::tempdir().unwrap();
            let first = Life::begin(dir.path()).unwrap();
            fs::write(dir.path().join(file), b"\0\0\xff").unwrap();
            let second = Life::begin(dir.path()).unwrap();
            assert_ne!(first.collector, second.collector, "{file}");
            assert!(dir.path().join(file).with_extension("corrupt-1").exists(), "{file}");
        }
    }
}
