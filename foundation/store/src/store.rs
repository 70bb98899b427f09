//! The store of one shard: one lock around everything that must be seen together.
//!
//! ```text
//!   Log entry --recall--> which spans are in splits --arrive--> books + buffer   (visible at once)
//!                ^                                     |
//!                └──── a commit came between: again ───┘          publishing: see `store/publish.rs`
//! ```
//! Invariants:
//! - the lock is held for bookkeeping only: never across I/O, never across an await;
//! - a span enters once: what is said of splits before the lock is taken holds only while no commit came
//!   between, and under the lock the buffer is asked;
//! - whose an item is, is stamped on it as it arrives, and everything that is said of the books is
//!   said to one tenant: there is no question without one.

mod books;
mod compact;
mod documents;
mod orphans;
mod publish;
mod purging;
mod recall;
mod remove;
mod retired;
mod span_splits;
mod trace_filter;
mod verify;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nilometer_model::{
    CollectorId, Epoch, Items, LogId, LogPosition, PipelineId, Reason, Revision, Rows, SourceId,
    Tenant, TimeRange, Timestamp,
};
use nilometer_wire::{BatchHeader, CommittedTo, Heartbeat};
use object_store::ObjectStore;
use tokio::sync::{broadcast, watch};

pub use self::compact::Merged;
pub use self::documents::{Documents, DocumentsError};
pub use self::publish::Cut;
use self::purging::Purging;
pub use self::purging::{PurgeAsked, PurgeError, PurgeStep, PurgeView};
use self::recall::{Recall, Recalled};
use self::retired::Retired;
use self::span_splits::SpanSplits;
pub use self::verify::Verified;
use crate::arrival::{Arrival, Entered};
use crate::buffer::{Buffer, Buffered, id_of};
use crate::commit::{Commit, DeadLetter, Read, State};
use crate::feeds::Feeds;
use crate::forecast::Outlook;
use crate::limits::ON_THE_WAY_MAX;
use crate::live::{Live, NotOwned, TurnedBack};
use crate::meta::{Meta, MetaError};
use crate::purge::PurgeLanguage;
use crate::records::{Builder, RecordSplit};
use crate::sift::Kept;
use crate::snapshot::Snapshot;
use crate::split::{Split, SplitError, SplitId, SplitKind, SplitMeta};
use crate::views::{self, CollectorView, Completeness, LedgerRow, Own, SourceView};

/// The one shard of the embedded form.
const SHARD: u32 = 0;

/// What the store cannot do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Meta did not take the commit, or could not be read.
    #[error("meta")]
    Meta(#[from] MetaError),
    /// A split could not be built or read back.
    #[error("split")]
    Split(#[from] SplitError),
    /// The object store failed.
    #[error("object store")]
    Objects(#[from] object_store::Error),
    /// What a purge leaves in documents could not be put in order.
    #[error(transparent)]
    Untidy(#[from] crate::purge::Untidy),
    /// A thread of the build ended early.
    #[error("the build of a split was interrupted")]
    Interrupted,
}

/// See the file's head.
pub struct Store {
    inner: Mutex<Inner>,
    /// The last Log entry that arrived, for those who wait for theirs.
    visible: watch::Sender<LogPosition>,
    meta: Arc<dyn Meta>,
    objects: Arc<dyn ObjectStore>,
    log: LogId,
    /// Held from reading the revision to folding the commit, so that our own commits never conflict.
    committing: tokio::sync::Mutex<()>,
    recall: Recall,
    /// Of splits of records; lent to each seal, so that it finds its memory again.
    builder: Arc<Mutex<Option<Builder>>>,
    /// What purges ask is understood by it.
    language: Option<Arc<dyn PurgeLanguage>>,
    /// As the upkeep last saw it; none before.
    outlook: Mutex<Option<Outlook>>,
}

struct Inner {
    /// As committed.
    state: State,
    /// As durable in the Log.
    live: Live,
    buffer: Buffer,
    record_splits: BTreeMap<SplitId, Arc<RecordSplit>>,
    /// Those of spans and of samples.
    splits: BTreeMap<SplitId, Arc<Split>>,
    /// Those of spans, to be asked whether a span is in them.
    span_splits: Arc<SpanSplits>,
    missing_splits: u32,
    /// Those that a commit removed and that a snapshot may still read.
    retired: Vec<Retired>,
    /// Those that could not be merged: they stay as they are until the next start.
    unmerged: BTreeSet<SplitId>,
    /// The last Log entry that arrived.
    arrived: LogPosition,
    /// The last Log entry that is in splits, or on the way there.
    cut_to: LogPosition,
    /// Turned away since the last cut.
    dead_letters: Vec<DeadLetter>,
    feeds: Feeds,
    purging: Purging,
    /// Objects that a commit is on its way to naming, and the latest of those whose commit failed.
    on_the_way: BTreeSet<SplitId>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("log", &self.log).finish_non_exhaustive()
    }
}

impl Store {
    /// Reads Meta and opens the splits it names. A split that cannot be opened is counted as missing
    /// and reported in every answer; it never stops the start.
    ///
    /// # Errors
    /// When Meta cannot be read.
    pub async fn open(
        meta: Arc<dyn Meta>,
        objects: Arc<dyn ObjectStore>,
        log: LogId,
    ) -> Result<Self, StoreError> {
        let replay = meta.replay(SHARD, Revision(0)).await?;
        let mut state = replay.snapshot.map(|(_, state)| state).unwrap_or_default();
        for (revision, commit) in &replay.commits {
            state.fold(*revision, commit);
        }
        let Opened { record_splits, splits, missing_splits } = Opened::of(&state, &objects).await;
        let span_splits = SpanSplits::of(splits.values().map(Arc::clone)).await?;
        let purging = Purging::open(&state, &*objects).await?;
        let start = match state.checkpoint {
            Some(checkpoint) if checkpoint.log == log => checkpoint.position,
            _ => LogPosition(0),
        };
        let inner = Inner {
            live: Live::restore(&state),
            state,
            buffer: Buffer::default(),
            record_splits,
            splits,
            span_splits,
            missing_splits,
            retired: Vec::new(),
            unmerged: BTreeSet::new(),
            arrived: start,
            cut_to: start,
            dead_letters: Vec::new(),
            feeds: Feeds::default(),
            purging,
            on_the_way: BTreeSet::new(),
        };
        let committing = tokio::sync::Mutex::new(());
        let visible = watch::Sender::new(start);
        let (recall, builder) = (Recall::default(), Arc::default());
        let (inner, outlook) = (Mutex::new(inner), Mutex::default());
        let language = None;
        Ok(Self {
            inner,
            visible,
            meta,
            objects,
            log,
            committing,
            recall,
            builder,
            language,
            outlook,
        })
    }

    /// The same, understanding what purges ask; without it none is begun.
    #[must_use]
    pub fn with_language(mut self, language: Arc<dyn PurgeLanguage>) -> Self {
        let mut guard = self.inner();
        let Inner { purging, state, .. } = &mut *guard;
        purging.understand(state, &*language);
        drop(guard);
        self.language = Some(language);
        self
    }

    /// A poisoned lock is taken all the same: what it guards is changed by steps that cannot panic.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Which pipeline this is.
    #[must_use]
    pub fn pipeline(&self) -> PipelineId {
        self.meta.pipeline()
    }

    /// The last Log entry that arrived; reading goes on behind it.
    #[must_use]
    pub fn arrived(&self) -> LogPosition {
        self.inner().arrived
    }

    /// Returns once the entry at `position` has arrived: from then on every query sees it.
    pub async fn until_visible(&self, position: LogPosition) {
        let mut visible = self.visible.subscribe();
        // The sender lives as long as `self`, so the wait can only end by its condition.
        let _ended = visible.wait_for(|arrived| *arrived >= position).await;
    }

    /// What a query of the tenant sees.
    #[must_use]
    pub fn snapshot(&self, tenant: &Tenant) -> Snapshot {
        let inner = self.inner();
        let Buffered { rows, spans, samples } = inner.buffer.of(tenant);
        Snapshot {
            revision: inner.state.revision,
            splits: inner.record_splits.values().map(Arc::clone).collect(),
            span_splits: inner.splits_of(SplitKind::Spans),
            sample_splits: inner.splits_of(SplitKind::Samples),
            missing_splits: inner.missing_splits,
            masks: inner.purging.masks(&inner.state, tenant),
            buffer: rows,
            spans,
            samples,
        }
    }

    /// The tenant's chunks as they enter the buffer; who is slower than
    /// [`FEED_CHUNKS_MAX`](crate::limits::FEED_CHUNKS_MAX) of them skips.
    #[must_use]
    pub fn subscribe(&self, tenant: &Tenant) -> broadcast::Receiver<Arc<Rows>> {
        self.inner().feeds.subscribe(tenant)
    }

    /// Memory of the buffer: all of it, and what no seal has taken, bytes.
    #[must_use]
    pub fn buffered_bytes(&self) -> (usize, usize) {
        let inner = self.inner();
        (inner.buffer.bytes(), inner.buffer.unsealed_bytes())
    }

    /// Whether the tenant's batch would be let in.
    ///
    /// # Errors
    /// [`TurnedBack`]: why not.
    pub fn accepts(&self, tenant: &Tenant, header: &BatchHeader) -> Result<(), TurnedBack> {
        self.inner().live.accepts(tenant, header)
    }

    /// Whether the source is the tenant's, or nobody's yet.
    #[must_use]
    pub fn may_name(&self, tenant: &Tenant, source: SourceId) -> bool {
        self.inner().live.may_name(tenant, source)
    }

    /// Takes a batch from the Log: books it, buffers what is new of it, feeds the live tails.
    ///
    /// # Errors
    /// [`NotOwned`]: the batch is not in, and will not count as in.
    pub async fn arrive(&self, mut arrival: Arrival) -> Result<Entered, NotOwned> {
        let position = arrival.position;
        arrival.stamp();
        let turned_away = std::mem::take(&mut arrival.refused);
        let entered = loop {
            let recalled = self.recall(&arrival).await;
            arrival.refused = self.refused(&mut arrival, &turned_away).await;
            let mut inner = self.inner();
            if recalled.revision == inner.state.revision {
                break inner.take(arrival, &recalled);
            }
        };
        self.visible.send_replace(position);
        entered
    }

    /// Which of the batch's spans are in splits.
    async fn recall(&self, arrival: &Arrival) -> Recalled {
        let (revision, known) = {
            let inner = self.inner();
            (inner.state.revision, Arc::clone(&inner.span_splits))
        };
        let spans = &arrival.batch.items.spans;
        let ids = self.recall.find(&arrival.tenant, spans, &known).await;
        Recalled { revision, ids }
    }

    /// Goes on behind an entry of the Log that cannot be read.
    pub fn pass_over(&self, position: LogPosition) {
        let mut inner = self.inner();
        inner.arrived = inner.arrived.max(position);
        drop(inner);
        self.visible.send_replace(position);
    }

    /// Whether a batch or heartbeat of the epoch comes from a copy of a data directory whose owner is alive.
    #[must_use]
    pub fn is_copy(&self, collector: CollectorId, epoch: Epoch, now: Timestamp) -> bool {
        self.inner().live.is_copy(collector, epoch, now)
    }

    /// Takes note of a heartbeat of the tenant's; returns whether its collector is to tell again all that it reads.
    ///
    /// # Errors
    /// [`NotOwned`]: nothing of it was noted.
    pub fn hear(
        &self,
        tenant: &Tenant,
        beat: &Heartbeat,
        now: Timestamp,
    ) -> Result<bool, NotOwned> {
        self.inner().live.hear(tenant, beat, now)
    }

    /// By how much a collector's clock is behind ours, ns; `None` when it was not heard.
    #[must_use]
    pub fn clock_offset_ns(&self, collector: CollectorId) -> Option<i64> {
        let inner = self.inner();
        inner.live.collectors.get(&collector).map(|known| known.heard.clock_offset_ns)
    }

    /// Takes note of what an intake was sent itself, and has made durable.
    pub fn note_read(&self, source: SourceId, read: Read) {
        self.inner().live.note_read(source, read);
    }

    /// Per epoch, up to which of the tenant's collector's batches all is in splits.
    #[must_use]
    pub fn committed_to(&self, tenant: &Tenant, collector: CollectorId) -> CommittedTo {
        let inner = self.inner();
        let is_own = inner.live.owner(collector) == Some(tenant);
        let epochs = inner.state.sequences.get(&collector).filter(|_| is_own);
        let mark = |(epoch, sequences): (&Epoch, &nilometer_model::Coverage<()>)| {
            (*epoch, nilometer_model::Sequence(sequences.mark()))
        };
        epochs.map(|epochs| epochs.iter().map(mark).collect()).unwrap_or_default()
    }

    /// Whether a seal now would let batches go, or keep news of collectors.
    #[must_use]
    pub fn has_news(&self, all: bool) -> bool {
        let inner = self.inner();
        inner.live.has_uncommitted_batches() || (all && inner.live.is_dirty())
    }

    /// Forgets the tenant's collectors of a node; returns whether there was any. They come back when
    /// they are heard.
    ///
    /// # Errors
    /// When the commit fails.
    pub async fn forget_node(
        &self,
        tenant: &Tenant,
        node: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let _committing = self.committing.lock().await;
        let (expected, forget) = {
            let mut inner = self.inner();
            let own = Own::of(tenant, &inner.live);
            let of_node = own.collectors().filter(|(_, collector)| collector.heard.node == node);
            let ids: Vec<CollectorId> = of_node.map(|(id, _)| id).collect();
            ids.iter().for_each(|id| inner.live.forget(*id));
            (inner.state.revision, ids)
        };
        if forget.is_empty() {
            return Ok(false);
        }
        let commit = Commit { time: now, forget, ..Commit::default() };
        let revision = self.meta.commit(SHARD, expected, &commit).await?;
        self.inner().state.fold(revision, &commit);
        Ok(true)
    }

    /// How complete an answer to the tenant over `range` is.
    #[must_use]
    pub fn completeness(&self, tenant: &Tenant, range: TimeRange, now: Timestamp) -> Completeness {
        let inner = self.inner();
        views::completeness(&Own::of(tenant, &inner.live), range, now, inner.missing_splits)
    }

    /// The tenant's ledger, by source.
    #[must_use]
    pub fn ledger(&self, tenant: &Tenant, now: Timestamp) -> Vec<LedgerRow> {
        let inner = self.inner();
        views::ledger(&inner.state, &Own::of(tenant, &inner.live), now)
    }

    /// The tenant's sources, of one node or of all.
    #[must_use]
    pub fn sources(&self, tenant: &Tenant, node: Option<&str>) -> Vec<SourceView> {
        let inner = self.inner();
        views::sources(&inner.state, &Own::of(tenant, &inner.live), node)
    }

    /// The tenant's collectors.
    #[must_use]
    pub fn collectors(&self, tenant: &Tenant, now: Timestamp) -> Vec<CollectorView> {
        views::collectors(&Own::of(tenant, &self.inner().live), now)
    }

    /// The tenant's records that were turned away, oldest first.
    #[must_use]
    pub fn dead_letters(&self, tenant: &Tenant) -> Vec<DeadLetter> {
        let (letters, takes) = {
            let inner = self.inner();
            let all = inner.state.dead_letters.iter().chain(&inner.dead_letters);
            let own = all.filter(|letter| letter.tenant == *tenant).cloned().collect::<Vec<_>>();
            (own, inner.purging.takes(&inner.state, tenant))
        };
        purging::without_taken(letters, &takes)
    }
}

impl Inner {
    fn splits_of(&self, kind: SplitKind) -> Vec<Arc<Split>> {
        let of_kind = self.splits.values().filter(|split| split.meta().kind == kind);
        of_kind.map(Arc::clone).collect()
    }

    /// Notes that a commit is to name the object.
    fn is_on_the_way(&mut self, id: SplitId) {
        self.on_the_way.insert(id);
        while self.on_the_way.len() > ON_THE_WAY_MAX {
            // Ids rise with time.
            self.on_the_way.pop_first();
        }
    }

    /// Shows what a commit made true: what it adds and removes, under one lock.
    fn swap(
        &mut self,
        revision: Revision,
        commit: &Commit,
        new: Opened,
        span_splits: Arc<SpanSplits>,
    ) {
        self.state.fold(revision, commit);
        self.on_the_way.retain(|id| !commit.add.iter().any(|meta| meta.id == *id));
        for id in &commit.remove {
            let records = self.record_splits.remove(id).map(Retired::Records);
            let other = || self.splits.remove(id).map(Retired::Other);
            let retired = records.or_else(other).unwrap_or_else(|| {
                self.missing_splits = self.missing_splits.saturating_sub(1);
                Retired::Missing(*id)
            });
            self.retired.push(retired);
        }
        self.record_splits.extend(new.record_splits);
        self.splits.extend(new.splits);
        self.span_splits = span_splits;
    }

    fn take(&mut self, arrival: Arrival, recalled: &Recalled) -> Result<Entered, NotOwned> {
        self.arrived = self.arrived.max(arrival.position);
        if arrival.refused.iter().any(|refusal| refusal.reason == Reason::Purged) {
            self.purging.stain_log();
        }
        let (tenant, header) = (&arrival.tenant, &arrival.batch.header);
        let was_in = self.live.has(&header.batch);
        let kept = {
            let (buffer, spans) = (&self.buffer, &arrival.batch.items.spans);
            let mut of_batch = HashSet::with_capacity(spans.len());
            let mut is_repeat = |row: usize| {
                let id = id_of(spans, row);
                recalled.ids.contains(&id) || buffer.has_span(tenant, &id) || !of_batch.insert(id)
            };
            self.live.enter(&arrival, &mut is_repeat)?
        };
        if !was_in {
            self.dead_letters.extend(arrival.dead_letters());
        }
        self.live.settle(header.batch.collector);
        let turned_away = if was_in { 0 } else { arrival.refused.len() };
        let Arrival { tenant, batch, .. } = arrival;
        let total = batch.items.len();
        let items = match kept {
            Kept::None => Items::default(),
            Kept::All => batch.items,
            Kept::Numbers(numbers) => batch.items.pick(&numbers),
        };
        let rows = items.len();
        if let Some(records) = self.buffer.push(&tenant, items) {
            self.feeds.send(&tenant, records);
        }
        Ok(Entered { rows, duplicates: total.saturating_sub(rows + turned_away) })
    }
}

/// The splits of a state.
#[derive(Default)]
struct Opened {
    record_splits: BTreeMap<SplitId, Arc<RecordSplit>>,
    splits: BTreeMap<SplitId, Arc<Split>>,
    missing_splits: u32,
}

impl Opened {
    async fn of(state: &State, objects: &Arc<dyn ObjectStore>) -> Self {
        let mut opened = Self::default();
        for meta in state.splits.values() {
            if let Err(error) = opened.add(meta, objects).await {
                tracing::error!(%error, split = %meta.id.0, "a split cannot be read");
                opened.missing_splits += 1;
            }
        }
        opened
    }

    fn metas(&self) -> impl Iterator<Item = &SplitMeta> {
        let records = self.record_splits.values().map(|split| split.meta());
        records.chain(self.splits.values().map(|split| split.meta()))
    }

    async fn add(
        &mut self,
        meta: &SplitMeta,
        objects: &Arc<dyn ObjectStore>,
    ) -> Result<(), SplitError> {
        let (objects, meta) = (Arc::clone(objects), meta.clone());
        match meta.kind {
            SplitKind::Logs => {
                let split = RecordSplit::open(objects, meta).await?;
                self.record_splits.insert(split.meta().id, Arc::new(split));
            }
            SplitKind::Spans | SplitKind::Samples => {
                let split = Split::open(objects, meta).await?;
                self.splits.insert(split.meta().id, Arc::new(split));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
