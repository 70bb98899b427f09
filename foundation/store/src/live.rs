//! The books as they stand at the end of the Log, ahead of the last commit, and who was heard when.
//!
//! Invariants:
//! - [`Live::enter`] is the only way in: what it returns is in no split and in no chunk yet;
//! - who takes batches in asks [`Live::accepts`]; what was taken in, and is durable, always enters;
//! - what a batch names belongs to its tenant, or nothing of the batch enters; who owns what is known
//!   from the batches alone, so that whoever reads the Log again decides the same;
//! - `dirty` names exactly what differs from the last cut.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use nilometer_model::{
    BatchId, CollectorId, Coverage, Epoch, Sequence, SourceId, Tenant, Timestamp, TooManyRanges,
};
use nilometer_wire::{Batch, BatchHeader, CaughtUp, Heartbeat, SourceRange};

use crate::account::Account;
use crate::arrival::Arrival;
use crate::closing::Closed;
use crate::commit::{Commit, Heard, Read, State, close_epochs};
use crate::limits::{
    COLLECTOR_WARNINGS_MAX, CONFIG_VERSION_CHARS_MAX, HEARTBEATS_PENDING_MAX, RESYNC_EVERY_NS,
    UNKNOWN_READS_MAX,
};
use crate::rivals::Rivals;
use crate::sift::{Kept, Missing, sift};

/// A collector, as the centre hears it.
#[derive(Debug, Clone)]
pub(crate) struct Collector {
    pub(crate) heard: Heard,
    pub(crate) epoch: Epoch,
    pub(crate) number: u64,
    /// Whether another process runs from the same data directory.
    rivals: Rivals,
    /// The batch up to which all is in that it had read, if its last heartbeat could say that.
    pub(crate) complete: Option<Sequence>,
    /// When it was asked last which sources it reads.
    resynced: Timestamp,
    /// "Up to this time all is in the batches up to that sequence", where they are not in yet.
    pending: VecDeque<(Timestamp, Sequence)>,
}

/// See the file's head.
#[derive(Debug, Default)]
pub(crate) struct Live {
    pub(crate) accounts: BTreeMap<SourceId, Account>,
    pub(crate) sequences: BTreeMap<CollectorId, BTreeMap<Epoch, Coverage<()>>>,
    /// Whose batch came first.
    owners: BTreeMap<CollectorId, Tenant>,
    pub(crate) reads: BTreeMap<SourceId, Read>,
    pub(crate) collectors: BTreeMap<CollectorId, Collector>,
    dirty: Dirty,
}

#[derive(Debug, Default)]
struct Dirty {
    accounts: BTreeSet<SourceId>,
    epochs: BTreeSet<(CollectorId, Epoch)>,
    reads: BTreeSet<SourceId>,
    collectors: BTreeSet<CollectorId>,
}

/// The sequences that a batch and those that it stands for have, as few ranges, by life.
fn names(header: &BatchHeader) -> BTreeMap<(CollectorId, Epoch), Vec<(u64, u64)>> {
    let mut batches: Vec<_> = std::iter::once(&header.batch).chain(&header.replaces).collect();
    batches.sort_unstable();
    let mut names: BTreeMap<_, Vec<(u64, u64)>> = BTreeMap::new();
    for BatchId { collector, epoch, sequence: Sequence(sequence) } in batches {
        let ranges = names.entry((*collector, *epoch)).or_default();
        match ranges.last_mut() {
            Some(last) if *sequence <= last.1.saturating_add(1) => last.1 = last.1.max(*sequence),
            _ => ranges.push((sequence.saturating_sub(1), *sequence)),
        }
    }
    names
}

/// Why a batch is not let in; nothing of it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TurnedBack {
    /// It comes too early.
    #[error(transparent)]
    Holes(#[from] TooManyRanges),
    /// It is not its sender's.
    #[error(transparent)]
    NotOwned(#[from] NotOwned),
}

/// Named is a collector or a source that another tenant brought first. Says not which, nor whose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a collector or source that is named here is not the sender's")]
pub struct NotOwned;

impl Collector {
    fn new(tenant: &Tenant, beat: &Heartbeat, now: Timestamp) -> Self {
        let heard = Heard {
            tenant: tenant.clone(),
            node: beat.node.clone(),
            first_seen: now,
            last_seen: now,
            clock_offset_ns: 0,
            visible_to: None,
            goodbye: false,
            warnings: Vec::new(),
            config_version: String::new(),
        };
        Self::of(heard)
    }

    fn of(heard: Heard) -> Self {
        let (rivals, pending) = (Rivals::default(), VecDeque::new());
        let resynced = heard.last_seen;
        Self { heard, epoch: Epoch(0), number: 0, rivals, complete: None, resynced, pending }
    }

    fn hear(&mut self, beat: &Heartbeat, now: Timestamp) {
        let offset_ns = now.0 - beat.clock.0 - i64::try_from(beat.round_trip_ns / 2).unwrap_or(0);
        if self.epoch != beat.epoch {
            self.pending.clear();
        }
        self.epoch = beat.epoch;
        self.number = beat.number;
        self.complete = match beat.caught_up {
            CaughtUp::Complete { sequence, .. } => Some(sequence),
            CaughtUp::Behind { .. } => None,
        };
        self.heard.node.clone_from(&beat.node);
        self.heard.last_seen = now;
        self.heard.clock_offset_ns = offset_ns;
        self.heard.goodbye = beat.goodbye;
        self.heard.warnings = beat.warnings.iter().take(COLLECTOR_WARNINGS_MAX).cloned().collect();
        let version = beat.config_version.chars().take(CONFIG_VERSION_CHARS_MAX);
        self.heard.config_version = version.collect();
        let (CaughtUp::Complete { at, sequence } | CaughtUp::Behind { at, sequence }) =
            beat.caught_up;
        if self.pending.len() >= HEARTBEATS_PENDING_MAX {
            self.pending.pop_back();
        }
        self.pending.push_back((at.plus_ns(offset_ns), sequence));
    }
}

impl Live {
    /// The books as the last commit left them.
    pub(crate) fn restore(state: &State) -> Self {
        let collectors = state.collectors.iter();
        let collectors = collectors.map(|(id, heard)| (*id, Collector::of(heard.clone())));
        Self {
            accounts: state.accounts.clone(),
            sequences: state.sequences.clone(),
            owners: state.owners.clone(),
            reads: state.reads.clone(),
            collectors: collectors.collect(),
            dirty: Dirty::default(),
        }
    }

    /// Whether the batch (or what replaced it) is in.
    pub(crate) fn has(&self, batch: &BatchId) -> bool {
        self.sequences
            .get(&batch.collector)
            .and_then(|epochs| epochs.get(&batch.epoch))
            .is_some_and(|sequences| sequences.covers(batch.sequence.0))
    }

    /// Whose collector that is, if anybody's: his whose batch came first, else his who was heard.
    pub(crate) fn owner(&self, collector: CollectorId) -> Option<&Tenant> {
        let heard = || self.collectors.get(&collector).map(|known| &known.heard.tenant);
        self.owners.get(&collector).or_else(heard)
    }

    /// Whether the source is not another tenant's.
    pub(crate) fn may_name(&self, tenant: &Tenant, source: SourceId) -> bool {
        self.accounts.get(&source).is_none_or(|account| account.tenant == *tenant)
    }

    /// Whether nothing that the batch names is another tenant's, by what the batches before it say.
    fn owns(&self, tenant: &Tenant, header: &BatchHeader) -> bool {
        let its_own =
            |batch: &BatchId| self.owners.get(&batch.collector).is_none_or(|owner| owner == tenant);
        its_own(&header.batch)
            && header.replaces.iter().all(its_own)
            && header.sources.iter().all(|range| self.may_name(tenant, range.source))
    }

    /// Enters a batch into the books; the items that are kept were in no batch before. `is_repeat` says of a
    /// span, by its row, whether its id is in already.
    pub(crate) fn enter(
        &mut self,
        arrival: &Arrival,
        is_repeat: &mut dyn FnMut(usize) -> bool,
    ) -> Result<Kept, NotOwned> {
        let Arrival { received, tenant, batch: Batch { header, items }, refused, .. } = arrival;
        if !self.owns(tenant, header) {
            return Err(NotOwned);
        }
        if self.has(&header.batch) {
            return Ok(Kept::None);
        }
        let missing: Missing =
            header.sources.iter().map(|range| (range.source, self.missing(range))).collect();
        let sifted = sift(items, refused, &missing, is_repeat);
        for range in &header.sources {
            let account = self
                .accounts
                .entry(range.source)
                .or_insert_with(|| Account::open(tenant, header, range));
            let entries = sifted.entries(range.source);
            account.enter(range, entries, header.batch.collector, *received);
            self.dirty.accounts.insert(range.source);
        }
        for ((collector, epoch), ranges) in names(header) {
            self.owners.entry(collector).or_insert_with(|| tenant.clone());
            let epochs = self.sequences.entry(collector).or_default();
            let sequences = epochs.entry(epoch).or_default();
            ranges.into_iter().for_each(|(from, to)| sequences.add(from, to, |_, _| ()));
            self.dirty.epochs.insert((collector, epoch));
        }
        Ok(sifted.kept())
    }

    /// Whether the tenant's batch would enter if it came now.
    pub(crate) fn accepts(&self, tenant: &Tenant, header: &BatchHeader) -> Result<(), TurnedBack> {
        let heard = self.owner(header.batch.collector);
        if !self.owns(tenant, header) || heard.is_some_and(|owner| owner != tenant) {
            return Err(NotOwned.into());
        }
        if self.has_room_for(header) { Ok(()) } else { Err(TooManyRanges.into()) }
    }

    /// Whether it opens few enough holes, in its sources and among the names of batches.
    fn has_room_for(&self, header: &BatchHeader) -> bool {
        let range_fits = |range: &SourceRange| {
            let account = self.accounts.get(&range.source);
            account.is_none_or(|account| account.coverage.accepts(&[(range.from, range.to)]))
        };
        let nothing = Coverage::default();
        let names_fit = |((collector, epoch), ranges): (_, Vec<_>)| {
            let epochs = self.sequences.get(&collector);
            let known = epochs.and_then(|epochs| epochs.get(&epoch));
            known.unwrap_or(&nothing).accepts(&ranges)
        };
        header.sources.iter().all(range_fits) && names(header).into_iter().all(names_fit)
    }

    fn missing(&self, range: &SourceRange) -> Vec<(u64, u64)> {
        match self.accounts.get(&range.source) {
            Some(account) => account.coverage.missing(range.from, range.to),
            None => vec![(range.from, range.to)],
        }
    }

    /// Whether the epoch belongs to a copy of a data directory whose owner is alive.
    pub(crate) fn is_copy(&self, collector: CollectorId, epoch: Epoch, now: Timestamp) -> bool {
        let known = self.collectors.get(&collector);
        known.is_some_and(|known| known.rivals.is_copy(epoch, now))
    }

    /// How many more sources the tenant's heartbeats may name that no batch has named.
    fn room_for_reads(&self, tenant: &Tenant, beat: &Heartbeat) -> usize {
        let is_unknown = |source: &SourceId| !self.accounts.contains_key(source);
        if !beat.sources.iter().any(|read| is_unknown(&read.source)) {
            return 0;
        }
        let own = self.reads.iter().filter(|(_, read)| read.tenant == *tenant);
        let unknown = own.filter(|(source, _)| is_unknown(source)).count();
        UNKNOWN_READS_MAX.saturating_sub(unknown)
    }

    /// Takes note of a sign of life; returns whether all that its collector reads is to be told again: the epoch is
    /// new to this centre, or was told long ago. Nothing is noted of
    /// a copy's, see [`Live::is_copy`].
    pub(crate) fn hear(
        &mut self,
        tenant: &Tenant,
        beat: &Heartbeat,
        now: Timestamp,
    ) -> Result<bool, NotOwned> {
        if self.owner(beat.collector).is_some_and(|owner| owner != tenant)
            || beat.sources.iter().any(|read| !self.may_name(tenant, read.source))
        {
            return Err(NotOwned);
        }
        if self.collectors.get(&beat.collector).is_some_and(|known| known.heard.tenant != *tenant) {
            // Another tenant was heard under this name before a batch said whose it is.
            self.collectors.remove(&beat.collector);
        }
        let unknown = || Collector::new(tenant, beat, now);
        let collector = self.collectors.entry(beat.collector).or_insert_with(unknown);
        let new_epoch = collector.epoch != beat.epoch;
        let is_long_ago = now.0.saturating_sub(collector.resynced.0) >= RESYNC_EVERY_NS;
        if collector.rivals.hear(beat.epoch, beat.number, now) {
            return Ok(false);
        }
        if !new_epoch && beat.number <= collector.number {
            // It was overtaken: what came after it says more.
            return Ok(false);
        }
        collector.hear(beat, now);
        let resync = new_epoch || is_long_ago;
        if resync {
            collector.resynced = now;
        }
        self.dirty.collectors.insert(beat.collector);
        let (mut room, mut passed_over) = (self.room_for_reads(tenant, beat), 0);
        for read in &beat.sources {
            if !self.accounts.contains_key(&read.source) && !self.reads.contains_key(&read.source) {
                if room == 0 {
                    passed_over += 1;
                    continue;
                }
                room -= 1;
            }
            let (tenant, collector) = (tenant.clone(), beat.collector);
            let heard = Read { tenant, collector, count: read.read, as_of: now };
            self.reads.insert(read.source, heard);
            self.dirty.reads.insert(read.source);
        }
        if passed_over > 0 {
            tracing::warn!(
                node = beat.node,
                passed_over,
                "too many sources that no batch has named"
            );
        }
        self.settle(beat.collector);
        Ok(resync)
    }

    /// Takes note of what an intake was sent itself: it is the reader of its own journals.
    pub(crate) fn note_read(&mut self, source: SourceId, read: Read) {
        self.reads.insert(source, read);
        self.dirty.reads.insert(source);
    }

    /// Moves a collector's `visible_to` over the heartbeats whose batches are in.
    pub(crate) fn settle(&mut self, id: CollectorId) {
        let Some(collector) = self.collectors.get_mut(&id) else { return };
        let sequences = self.sequences.get(&id).and_then(|epochs| epochs.get(&collector.epoch));
        let mark = sequences.map_or(0, Coverage::mark);
        while let Some((at, _)) = collector.pending.front().filter(|(_, last)| last.0 <= mark) {
            collector.heard.visible_to = collector.heard.visible_to.max(Some(*at));
            collector.pending.pop_front();
        }
    }

    /// Forgets a collector; it comes back when it is heard again.
    pub(crate) fn forget(&mut self, id: CollectorId) {
        self.collectors.remove(&id);
        self.dirty.collectors.remove(&id);
    }

    /// Whether the source's books changed since the last cut.
    pub(crate) fn is_changed(&self, source: SourceId) -> bool {
        self.dirty.accounts.contains(&source) || self.dirty.reads.contains(&source)
    }

    /// Whether batches of the epoch came since the last cut.
    pub(crate) fn is_epoch_changed(&self, collector: CollectorId, epoch: Epoch) -> bool {
        self.dirty.epochs.contains(&(collector, epoch))
    }

    /// Takes the books out; what comes now opens new ones.
    pub(crate) fn close(&mut self, closed: &Closed) {
        for source in &closed.sources {
            self.accounts.remove(source);
            self.reads.remove(source);
        }
        for (collector, epochs) in &closed.epochs {
            close_epochs(&mut self.sequences, *collector, epochs);
            if !self.sequences.contains_key(collector) {
                self.owners.remove(collector);
            }
        }
    }

    /// Takes books in again that were not closed after all, but for those that were opened anew.
    pub(crate) fn reopen(&mut self, closed: &Closed, state: &State) {
        for source in &closed.sources {
            if let Some(account) = state.accounts.get(source) {
                self.accounts.entry(*source).or_insert_with(|| account.clone());
            }
            if let Some(read) = state.reads.get(source) {
                self.reads.entry(*source).or_insert_with(|| read.clone());
            }
        }
        for (collector, epochs) in &closed.epochs {
            let known = state.sequences.get(collector).into_iter().flatten();
            let known = known.filter(|(epoch, _)| epochs.contains(epoch));
            let open = self.sequences.entry(*collector).or_default();
            known.for_each(|(epoch, sequences)| {
                open.entry(*epoch).or_insert_with(|| sequences.clone());
            });
            if let Some(owner) = state.owners.get(collector) {
                self.owners.entry(*collector).or_insert_with(|| owner.clone());
            }
        }
    }

    /// Whether anything changed since the last cut that must be committed for batches to be let go.
    pub(crate) fn has_uncommitted_batches(&self) -> bool {
        !self.dirty.epochs.is_empty()
    }

    /// Whether anything at all changed since the last cut.
    pub(crate) fn is_dirty(&self) -> bool {
        self.has_uncommitted_batches()
            || !self.dirty.reads.is_empty()
            || !self.dirty.collectors.is_empty()
    }

    /// Writes what changed since the last cut into `commit`.
    pub(crate) fn cut(&mut self, commit: &mut Commit) {
        let dirty = std::mem::take(&mut self.dirty);
        let account = |id| self.accounts.get(&id).map(|account| (id, account.clone()));
        commit.accounts = dirty.accounts.into_iter().filter_map(account).collect();
        for (collector, epoch) in dirty.epochs {
            let known = self.sequences.get(&collector).and_then(|epochs| epochs.get(&epoch));
            if let Some(sequences) = known {
                commit.sequences.entry(collector).or_default().insert(epoch, sequences.clone());
            }
            if let Some(owner) = self.owners.get(&collector) {
                commit.owners.insert(collector, owner.clone());
            }
        }
        let read = |id| self.reads.get(&id).map(|read| (id, read.clone()));
        commit.reads = dirty.reads.into_iter().filter_map(read).collect();
        let heard = |id| self.collectors.get(&id).map(|collector| (id, collector.heard.clone()));
        commit.collectors = dirty.collectors.into_iter().filter_map(heard).collect();
    }

    /// Marks everything in `commit` as changed again: it did not come through.
    pub(crate) fn uncut(&mut self, commit: &Commit) {
        self.dirty.accounts.extend(commit.accounts.keys());
        for (collector, epochs) in &commit.sequences {
            self.dirty.epochs.extend(epochs.keys().map(|epoch| (*collector, *epoch)));
        }
        self.dirty.reads.extend(commit.reads.keys());
        self.dirty.collectors.extend(commit.collectors.keys());
    }
}
