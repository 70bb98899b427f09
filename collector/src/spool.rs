//! What was read and is not yet in a split at the centre: batches, and the reader's memory, in one journal.
//!
//! ```text
//!   segment 1                              segment 2
//!   [Snapshot][Frozen][Frozen][Released]   [Snapshot][Frozen][Replaced][Frozen] ...
//!                                           ^ all that is known; segment 1 may go once its batches may
//! ```
//! Invariants:
//! - a batch and the read positions behind it become durable in one record, so a restart neither
//!   forgets nor repeats: it replays the journal;
//! - a frame is never written anew: what is resent are the bytes that were frozen;
//! - a batch leaves by [`Spool::release`] or, replaced by others in one record, by [`Spool::replace`];
//! - nothing is dropped for lack of space: at [`Spool::full_percent`] 100 the reader stops instead.

mod entry;
mod held;
#[cfg(any(test, fuzzing))]
pub(crate) mod hostile;
mod replay;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use bytes::Bytes;
use nilometer_journal::{Dir, Journal, JournalError, JournalLimits};
use nilometer_model::{BatchId, CollectorId, Epoch, LogId, Sequence, SourceId, Timestamp};
use nilometer_wire::{BatchHeader, SourceRange};

use self::entry::{Entry, Snapshot};
use self::held::{Held, Turn};
pub(crate) use self::held::{Picked, Place, Sent};
pub(crate) use self::replay::Recovered;
use crate::batch::{Book, Books};
use crate::limits::{
    ENDED_SOURCES_KEPT, SPOOL_RECORD_BYTES_MAX, SPOOL_SEGMENT_BYTES, SPOOL_SEGMENTS_MIN,
};
use crate::reading::StateChange;

/// A batch as frozen.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) header: BatchHeader,
    pub(crate) bytes: Vec<u8>,
}

/// The spool cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpoolError {
    #[error("spool {dir}: {source}")]
    Journal { dir: PathBuf, source: JournalError },
    #[error("spool {dir}: batch {batch} cannot be read back")]
    Lost { dir: PathBuf, batch: BatchId },
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Spool {
    dir: Dir,
    journal: Journal,
    bytes_max: u64,
    /// A segment is left at this size, bytes.
    segment_bytes: u64,
    /// What the next snapshot will say.
    known: Snapshot,
    /// Up to where the released batches took each source.
    released_to: BTreeMap<SourceId, Book>,
    /// Who the sources are, to speak of them once their batches are gone; without gaps.
    names: BTreeMap<SourceId, SourceRange>,
    waiting: BTreeMap<Place, Held>,
    /// In which order they are sent: as they were frozen, what replaces a batch in its place. A source's
    /// stretches come nearly in their order then: a centre keeps track of few that lie beyond a hole.
    line: BTreeSet<(Turn, Place)>,
    places: HashMap<BatchId, Place>,
    /// The record of the newest snapshot; 0 when the next append must write one.
    snapshot: u64,
}

impl Spool {
    /// Opens the spool of a directory and replays it.
    ///
    /// # Errors
    /// When the file system refuses; never because of what the files hold.
    pub(crate) fn open(
        dir: impl Into<Dir>,
        bytes_max: u64,
    ) -> Result<(Self, Recovered), SpoolError> {
        let dir = dir.into();
        let limits = JournalLimits {
            // Rotated by us, with a snapshot in front; the journal's own limit is only a net.
            segment_bytes: SPOOL_SEGMENT_BYTES + 2 * SPOOL_RECORD_BYTES_MAX as u64,
            record_bytes_max: SPOOL_RECORD_BYTES_MAX,
        };
        let path = dir.path().to_owned();
        let failed = |source| SpoolError::Journal { dir: path.clone(), source };
        let (journal, recovery) = Journal::open(dir.clone(), limits).map_err(failed)?;
        let mut spool = Self {
            dir,
            journal,
            bytes_max,
            segment_bytes: SPOOL_SEGMENT_BYTES.min(bytes_max / SPOOL_SEGMENTS_MIN),
            known: Snapshot::default(),
            released_to: BTreeMap::new(),
            names: BTreeMap::new(),
            waiting: BTreeMap::new(),
            line: BTreeSet::new(),
            places: HashMap::new(),
            snapshot: 0,
        };
        let recovered = replay::replay(&mut spool, &recovery)?;
        spool.journal.rotate().map_err(failed)?;
        spool.snapshot = 0;
        Ok((spool, recovered))
    }

    /// Keeps frozen batches, and where the reader stands behind them.
    pub(crate) fn freeze(
        &mut self,
        frames: Vec<Frame>,
        changes: Vec<StateChange>,
    ) -> Result<(), SpoolError> {
        self.freeze_and_move(frames, changes, Books::new())
    }

    /// The same, and then these sources move without a batch: back, or over what is elsewhere.
    pub(crate) fn freeze_and_move(
        &mut self,
        frames: Vec<Frame>,
        changes: Vec<StateChange>,
        books: Books,
    ) -> Result<(), SpoolError> {
        let (lengths, kept) = (lengths(&frames), changes.clone());
        let entry = match books.is_empty() {
            true => Entry::Frozen { frames: lengths, changes: kept },
            false => Entry::Moved { frames: lengths, changes: kept, books: books.clone() },
        };
        let record = self.append(&entry, &frames)?;
        self.hold(record, frames, None);
        self.known.books.extend(books);
        self.change(changes);
        Ok(())
    }

    /// Keeps `frames` in the place of a batch that nobody takes as it is.
    pub(crate) fn replace(&mut self, old: BatchId, frames: Vec<Frame>) -> Result<(), SpoolError> {
        let record = self.append(&Entry::Replaced { old, frames: lengths(&frames) }, &frames)?;
        let turn = self.forget(old);
        self.hold(record, frames, turn);
        self.trim();
        Ok(())
    }

    /// Lets go of the epoch's batches up to `sequence`, and says how many. Space is given back even
    /// when the release itself cannot be written: then a restart only resends what is dropped there.
    pub(crate) fn release(&mut self, epoch: Epoch, sequence: Sequence) -> usize {
        let released = self.known.released.entry(epoch).or_default();
        if *released >= sequence {
            return 0;
        }
        *released = sequence;
        let gone: Vec<_> = self.released_by(epoch, sequence);
        for id in &gone {
            self.forget(*id);
        }
        self.trim();
        if !gone.is_empty()
            && let Err(e) = self.append(&Entry::Released { epoch, sequence }, &[])
        {
            tracing::warn!(error = %e, "a release could not be written");
        }
        gone.len()
    }

    /// The frozen bytes of a batch.
    pub(crate) fn frame(&self, place: Place) -> Result<Bytes, SpoolError> {
        let record =
            self.journal.read(place.record - 1, 1).map_err(|source| self.failed(source))?;
        record
            .first()
            .filter(|(number, _)| *number == place.record)
            .and_then(|(_, record)| Entry::decode(record))
            .and_then(|(_, frames)| frames.get(place.frame as usize).cloned())
            .ok_or_else(|| self.lost(place))
    }

    /// Whether the outcome of a write is unknown until it is opened anew.
    pub(crate) fn is_poisoned(&self) -> bool {
        self.journal.is_poisoned()
    }

    /// Takes up to `most` batches that are not durable in `log` and marks them as under way: oldest
    /// first, but those behind that lost a connection before, so that one poison batch holds up none.
    pub(crate) fn pick(&mut self, most: usize, log: Option<LogId>) -> Vec<Picked> {
        let of = |lossy: bool| {
            let line = self.line.iter().filter_map(|(_, place)| self.waiting.get_key_value(place));
            let chosen = line.filter(move |(_, held)| (held.losses > 0) == lossy);
            chosen.filter(|(_, held)| held.is_open(log)).map(|(place, held)| (*place, held.id))
        };
        let places: Vec<_> = of(false).chain(of(true)).take(most).collect();
        let mut picked = Vec::with_capacity(places.len());
        for (place, id) in places {
            match self.frame(place) {
                Ok(frame) => {
                    self.mark(place, Sent::UnderWay);
                    picked.push(Picked { place, id, frame });
                }
                Err(e) => {
                    tracing::error!(error = %e, "a batch cannot be sent before the next start");
                    self.mark(place, Sent::Unreadable);
                }
            }
        }
        picked
    }

    pub(crate) fn mark(&mut self, place: Place, sent: Sent) {
        if let Some(held) = self.waiting.get_mut(&place) {
            held.sent = sent;
            if matches!(sent, Sent::Durable(_)) {
                held.losses = 0;
            }
        }
    }

    /// A connection was lost while the batch was under way and `taken` batches had been taken in all.
    /// Whether the batch is to blame: it happened twice in a row while others went through.
    pub(crate) fn lost_connection(&mut self, place: Place, taken: u64) -> bool {
        self.waiting.get_mut(&place).is_some_and(|held| held.lost_connection(taken))
    }

    /// Up to `most` batches that were frozen before `oldest`, are not durable in `log` and not under way.
    pub(crate) fn older_than(
        &self,
        oldest: Timestamp,
        most: usize,
        log: Option<LogId>,
    ) -> Vec<(Place, BatchId)> {
        let old = |held: &Held| held.frozen_at.is_some_and(|at| at < oldest) && held.is_open(log);
        let old = self.waiting.iter().filter(|(_, held)| old(held));
        old.map(|(place, held)| (*place, held.id)).take(most).collect()
    }

    /// The batch says only what is lost or shed: there is nothing to drop in it, however old it grows.
    pub(crate) fn never_too_old(&mut self, place: Place) {
        if let Some(held) = self.waiting.get_mut(&place) {
            held.frozen_at = None;
        }
    }

    /// Batches that are not durable in `log`.
    pub(crate) fn unacknowledged(&self, log: Option<LogId>) -> usize {
        self.waiting.values().filter(|held| !held.is_durable(log)).count()
    }

    /// The names of batches that are not here any more and that a centre which has batches up to `known` does
    /// not count, of `last`'s life and of those that have batches here: it cannot count on beyond them. Those
    /// that were let go of; and of earlier lives also those that a batch stood for which was.
    pub(crate) fn released_beyond(
        &self,
        known: &BTreeMap<Epoch, Sequence>,
        last: BatchId,
    ) -> Vec<BatchId> {
        let mut lives = BTreeMap::from([((last.epoch, last.collector), self.released(last.epoch))]);
        for id in self.waiting.values().map(|held| held.id).filter(|id| id.epoch != last.epoch) {
            let released = self.released(id.epoch);
            let to = lives.entry((id.epoch, id.collector)).or_insert(released);
            *to = id.sequence.max(*to);
        }
        let gone = lives.into_iter().flat_map(|((epoch, collector), to)| {
            let known = known.get(&epoch).copied().unwrap_or_default();
            let gone = (known.0 + 1..=to.0).map(Sequence);
            gone.map(move |sequence| BatchId { collector, epoch, sequence })
        });
        gone.filter(|id| !self.holds(*id)).collect()
    }

    /// The centre stands before what it said to be in splits: all that waits is to be sent again, and
    /// no release counts that it does not know of.
    pub(crate) fn went_back(&mut self, to: &BTreeMap<Epoch, Sequence>) {
        for held in self.waiting.values_mut().filter(|held| held.sent != Sent::UnderWay) {
            held.sent = Sent::No;
        }
        for (epoch, released) in &mut self.known.released {
            *released = to.get(epoch).copied().unwrap_or_default().min(*released);
        }
    }

    /// Who a source is, with nothing covered.
    pub(crate) fn name(&self, source: SourceId) -> Option<&SourceRange> {
        self.names.get(&source)
    }

    /// Up to where the released batches took each source.
    pub(crate) fn released_to(&self) -> &BTreeMap<SourceId, Book> {
        &self.released_to
    }

    /// From here on the centre's account of the released sources is ours.
    pub(crate) fn settle_released(&mut self) {
        self.released_to.clear();
    }

    /// The stretches that wait: of which source, from where, and how far.
    pub(crate) fn covers(&self) -> impl Iterator<Item = (SourceId, u64, Book)> {
        let readable = self.waiting.values().filter(|held| held.sent != Sent::Unreadable);
        readable.flat_map(|held| held.covers.iter().copied())
    }

    pub(crate) fn holds(&self, batch: BatchId) -> bool {
        self.places.contains_key(&batch)
    }

    /// When the oldest batch was frozen that is not durable in `log`.
    pub(crate) fn waits_since(&self, log: Option<LogId>) -> Option<Timestamp> {
        let mut waiting = self.waiting.values();
        waiting.find(|held| !held.is_durable(log) && held.frozen_at.is_some())?.frozen_at
    }

    /// It takes that much disk from now on, bytes.
    pub(crate) fn limit(&mut self, bytes_max: u64) {
        self.bytes_max = bytes_max;
    }

    /// The batches that wait, by name.
    #[cfg(test)]
    pub(crate) fn waiting_ids(&self) -> Vec<BatchId> {
        self.waiting.values().map(|held| held.id).collect()
    }

    /// Batches that wait.
    pub(crate) fn batches(&self) -> usize {
        self.waiting.len()
    }

    /// Disk that the spool takes.
    pub(crate) fn bytes(&self) -> u64 {
        self.journal.bytes()
    }

    /// Whether looking into it may have to wait for a disk.
    pub(crate) fn may_wait(&self) -> bool {
        self.dir.may_wait()
    }

    /// How much of the limit is taken, percent. At 100 it takes no further batch for now; an empty spool
    /// takes one whatever the limit.
    pub(crate) fn full_percent(&self) -> u64 {
        if self.waiting.is_empty() {
            return 0;
        }
        self.bytes().saturating_mul(100) / self.bytes_max.max(1)
    }

    /// The reader's memory.
    pub(crate) fn state(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.known.state
    }

    pub(crate) fn books(&self) -> &Books {
        &self.known.books
    }

    /// Takes over what `before`, which was open until now, knew and damage may have taken: the reader is
    /// where that says.
    pub(crate) fn remember(&mut self, before: &Self) {
        self.known.state.clone_from(&before.known.state);
        for (source, book) in &before.known.books {
            let known = self.known.books.entry(*source).or_default();
            if book.to > known.to {
                *known = *book;
            }
        }
    }

    /// Forgets how far sources were read: what is left of that does not fit together.
    pub(crate) fn forget_reading(&mut self) {
        self.known.state.clear();
        self.known.books.clear();
    }

    pub(crate) fn released(&self, epoch: Epoch) -> Sequence {
        self.known.released.get(&epoch).copied().unwrap_or_default()
    }

    /// The same of every epoch.
    pub(crate) fn releases(&self) -> &BTreeMap<Epoch, Sequence> {
        &self.known.released
    }

    /// The epochs that still have batches here.
    pub(crate) fn epochs(&self) -> Vec<Epoch> {
        let mut epochs: Vec<_> = self.waiting.values().map(|held| held.id.epoch).collect();
        epochs.sort_unstable();
        epochs.dedup();
        epochs
    }

    fn released_by(&self, epoch: Epoch, sequence: Sequence) -> Vec<BatchId> {
        let ids = self.waiting.values().map(|held| held.id);
        ids.filter(|id| id.epoch == epoch && id.sequence <= sequence).collect()
    }

    /// Appends an entry, behind a snapshot where a segment begins; gives the entry's record.
    fn append(&mut self, entry: &Entry, frames: &[Frame]) -> Result<u64, SpoolError> {
        if self.snapshot != 0 && self.journal.segment_bytes() >= self.segment_bytes {
            self.journal.rotate().map_err(|source| self.failed(source))?;
            self.snapshot = 0;
        }
        let bytes: Vec<&[u8]> = frames.iter().map(|frame| &*frame.bytes).collect();
        let record = entry.encode(&bytes);
        let snapshot = (self.snapshot == 0).then(|| {
            self.drop_old_books();
            Entry::Snapshot(self.known.clone()).encode(&[])
        });
        let records: Vec<&[u8]> = snapshot.as_deref().into_iter().chain([&*record]).collect();
        let appended = self.journal.append(&records).map_err(|source| self.failed(source))?;
        if snapshot.is_some() {
            self.snapshot = appended.first;
        }
        Ok(appended.last)
    }

    /// Forgets the counts of sources that ended long ago, in the order of their ids for want of a better.
    fn drop_old_books(&mut self) {
        let ended = self.known.books.values().filter(|book| book.ended).count();
        let mut surplus = ended.saturating_sub(ENDED_SOURCES_KEPT);
        self.known.books.retain(|_, book| {
            let dropped = book.ended && surplus > 0;
            surplus -= usize::from(dropped);
            !dropped
        });
    }

    fn change(&mut self, changes: Vec<StateChange>) {
        for (key, value) in changes {
            match value {
                Some(value) => drop(self.known.state.insert(key, value)),
                None => drop(self.known.state.remove(&key)),
            }
        }
    }

    /// `turn` is that of the batch that they replace, if they do.
    fn hold(&mut self, record: u64, frames: Vec<Frame>, turn: Option<Turn>) {
        let Some(first) = frames.first() else { return };
        let (turn, parts) = (self.turn(&first.header, turn), frames.len());
        for (at, frame) in frames.into_iter().enumerate() {
            let place = Place { record, frame: u32::try_from(at).unwrap_or(u32::MAX) };
            self.hold_one(place, &frame.header, turn.part(at, parts));
        }
    }

    fn hold_one(&mut self, place: Place, header: &BatchHeader, turn: Turn) {
        let mut covers = Vec::with_capacity(header.sources.len());
        for range in &header.sources {
            let book = Book { to: range.to, running: range.running, ended: range.ended };
            let known = self.known.books.entry(range.source).or_default();
            // What was cut or declared later lies behind what the book says already.
            if book.to >= known.to {
                *known = Book { ended: book.ended || known.ended, ..book };
            }
            covers.push((range.source, range.from, book));
            self.names
                .entry(range.source)
                .or_insert_with(|| SourceRange { gaps: Vec::new(), ..range.clone() });
        }
        self.places.insert(header.batch, place);
        let suspect = !header.replaces.is_empty();
        let held = Held {
            id: header.batch,
            sent: Sent::No,
            frozen_at: Some(header.frozen_at),
            losses: 0,
            taken_before: 0,
            suspect,
            covers,
            turn,
        };
        self.line.insert((held.turn, place));
        self.waiting.insert(place, held);
    }

    /// Of what is frozen now, or replaces what had the turn `before`. A clock that stands or goes back
    /// puts no batch in front of an older one, nor beside it.
    fn turn(&self, header: &BatchHeader, before: Option<Turn>) -> Turn {
        let newest = self.line.last().map_or(Timestamp(0), |(turn, _)| turn.since);
        let next = header.frozen_at.max(newest.plus_ns(1));
        before.unwrap_or_else(|| {
            let stands_in = !header.replaces.is_empty();
            Turn::whole(if stands_in { header.frozen_at } else { next })
        })
    }

    /// Gives the turn that it had.
    fn forget(&mut self, batch: BatchId) -> Option<Turn> {
        let place = self.places.remove(&batch)?;
        let held = self.waiting.remove(&place)?;
        self.line.remove(&(held.turn, place));
        if self.released(batch.epoch) >= batch.sequence {
            for (source, _, book) in held.covers {
                let known = self.released_to.entry(source).or_default();
                if book.to >= known.to {
                    *known = book;
                }
            }
        }
        Some(held.turn)
    }

    /// Removes the segments that neither a waiting batch nor the newest snapshot needs.
    fn trim(&mut self) {
        let oldest = self.waiting.keys().next().map_or(u64::MAX, |place| place.record);
        let needed = oldest.min(self.snapshot);
        if needed > 1
            && let Err(e) = self.journal.trim(needed - 1)
        {
            tracing::warn!(error = %e, "the spool could not give space back");
        }
    }

    fn failed(&self, source: JournalError) -> SpoolError {
        SpoolError::Journal { dir: self.dir.path().to_owned(), source }
    }

    fn lost(&self, place: Place) -> SpoolError {
        let batch = self.waiting.get(&place).map(|held| held.id).unwrap_or(BatchId {
            collector: CollectorId::default(),
            epoch: Epoch::default(),
            sequence: Sequence::default(),
        });
        SpoolError::Lost { dir: self.dir.path().to_owned(), batch }
    }
}

fn lengths(frames: &[Frame]) -> Vec<u32> {
    frames.iter().map(|frame| u32::try_from(frame.bytes.len()).unwrap_or(u32::MAX)).collect()
}

#[cfg(test)]
pub(crate) mod tests;
