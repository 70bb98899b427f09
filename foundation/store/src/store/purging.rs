//! How a purge becomes true: masked by one commit, removed step by step, and refused when it comes again.
//!
//! ```text
//!   begin ──> object with what is asked ──> commit: masked, refused ──> commit: up to which moment
//!   step  ──> is the Log rid of it? ──> next split that may hold some: none in it, or written anew ──┐
//!                                                                            └── one commit each <───┘
//!         ──> old objects gone ──> dead letters ──> documents ──> Meta's files ──> unnamed objects ──> commit: done
//! ```
//! Invariants:
//! - between the two commits of a beginning everything that fits is taken, so no moment lies in between;
//! - a split that cannot be read keeps a purge from being done, and its mask in place;
//! - each step can be taken again: a crash between any two loses nothing but the time.

mod begin;
mod finish;
mod refuse;
mod rewrite;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nilometer_model::{LogPosition, Tenant, TimeRange, Timestamp};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use self::begin::UNDATED;
pub use self::begin::{PurgeAsked, PurgeError};
pub(super) use self::refuse::without_taken;
use super::{Inner, SHARD, Store, StoreError};
use crate::commit::State;
use crate::purge::{Mask, Purge, PurgeId, PurgeLanguage, PurgeStage, Suspect, Takes};
use crate::split::{SplitId, SplitMeta};

/// Where what purges ask stands among the objects.
const OBJECTS: &str = "purges";

/// What is known of purges that are not ended, besides what Meta says.
#[derive(Default)]
pub(super) struct Purging {
    open: BTreeMap<PurgeId, Open>,
    /// How often something came to be in the Log that is to be gone from it.
    log_stains: u64,
    /// How many of these it is rid of.
    log_cleared: u64,
    /// A seal is wanted that takes in the Log up to there.
    seal_to: LogPosition,
}

/// A purge that is not ended.
#[derive(Default)]
struct Open {
    /// What it asks; none when that cannot be read.
    query: Option<Arc<str>>,
    takes: Option<Arc<dyn Takes>>,
    /// Which of the Log's stains is its own.
    stain: u64,
    /// Splits that hold nothing of it.
    clean: BTreeSet<SplitId>,
    /// Splits that could not be read; they are not tried again before the next start.
    unreadable: BTreeSet<SplitId>,
    /// Splits that were removed before all was rewritten, and may be read still.
    awaited: Option<BTreeSet<SplitId>>,
}

/// A purge, and what is left to do for it.
#[derive(Debug, Clone)]
pub struct PurgeView {
    /// As Meta keeps it.
    pub purge: Purge,
    /// What it asks; none once it is ended, or when that cannot be read any more.
    pub query: Option<Arc<str>>,
    /// The Log may hold some of it.
    pub in_log: bool,
    /// Splits that may hold some of it and were not looked at yet.
    pub splits_left: usize,
    /// Splits that cannot be read, so that nobody knows; it is not done while there are any.
    pub splits_unreadable: usize,
    /// Objects that are removed as soon as nobody reads them.
    pub objects_left: usize,
}

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PurgeStep {
    /// There is nothing to do now.
    Rests,
    /// A split was looked at, and so many of its items removed.
    Split(u64),
    /// A purge is done.
    Done(PurgeId),
}

/// What is to be done next.
enum Next {
    /// Its beginning was broken off.
    Date(Purge),
    Split(Purge, Arc<dyn Takes>, Suspect),
    Rest(Purge, Arc<dyn Takes>),
}

fn object(id: PurgeId) -> Path {
    Path::from(format!("{OBJECTS}/{id}"))
}

impl Purging {
    /// Reads what the purges of a state ask, and forgets what is asked by none.
    pub(super) async fn open(
        state: &State,
        objects: &dyn ObjectStore,
    ) -> Result<Self, object_store::Error> {
        let mut purging = Self::default();
        for (id, _) in state.purges.iter().filter(|(_, purge)| purge.stage != PurgeStage::Ended) {
            let read = async { objects.get(&object(*id)).await?.bytes().await };
            let query = read.await.map_err(|error| error.to_string());
            let query = query.and_then(|text| {
                String::from_utf8(text.to_vec()).map_err(|_| "it is not UTF-8".to_owned())
            });
            if let Err(error) = &query {
                tracing::error!(error, purge = %id, "what a purge asks cannot be read; it cannot go on");
            }
            purging.log_stains = 1;
            let query = query.ok().map(Arc::from);
            purging.open.insert(*id, Open { query, stain: 1, ..Open::default() });
        }
        let listed = objects.list_with_delimiter(Some(&Path::from(OBJECTS))).await?.objects;
        let known: BTreeSet<Path> = purging.open.keys().copied().map(object).collect();
        for orphan in listed.iter().filter(|listed| !known.contains(&listed.location)) {
            objects.delete(&orphan.location).await?;
        }
        Ok(purging)
    }

    /// Makes out what the purges ask.
    pub(super) fn understand(&mut self, state: &State, language: &dyn PurgeLanguage) {
        for (id, open) in &mut self.open {
            if let Some(purge) = state.purges.get(id) {
                open.understand(purge, language);
            }
        }
    }

    /// What the tenant's snapshots leave out.
    pub(super) fn masks(&self, state: &State, tenant: &Tenant) -> Arc<[Mask]> {
        let own = self.open.iter().filter_map(|(id, open)| {
            let purge = state.purges.get(id).filter(|purge| purge.tenant == *tenant)?;
            (purge.stage == PurgeStage::Removing).then(|| open.mask(purge))
        });
        own.collect()
    }

    /// What takes of what the tenant's items are.
    pub(super) fn takes(&self, state: &State, tenant: &Tenant) -> Vec<(Purge, Arc<dyn Takes>)> {
        let own = self.open.iter().filter_map(|(id, open)| {
            let purge = state.purges.get(id).filter(|purge| purge.tenant == *tenant)?;
            Some((purge.clone(), Arc::clone(open.takes.as_ref()?)))
        });
        own.collect()
    }

    /// Notes that something came to be in the Log that is to be gone from it.
    pub(super) fn stain_log(&mut self) -> u64 {
        self.log_stains += 1;
        self.log_stains
    }
}

impl Open {
    fn mask(&self, purge: &Purge) -> Mask {
        let range = TimeRange::new(purge.from, purge.to).unwrap_or(TimeRange::ALL);
        let (kinds, query) = (purge.kinds.clone(), self.query.clone());
        Mask { purge: purge.id, kinds, query, range, at: purge.at }
    }

    fn understand(&mut self, purge: &Purge, language: &dyn PurgeLanguage) {
        let mask = self.mask(purge);
        self.takes = mask.query.as_ref().and_then(|_| language.understand(&purge.tenant, &mask));
    }
}

impl Store {
    /// The tenant's purges, the latest first.
    #[must_use]
    pub fn purges(&self, tenant: &Tenant) -> Vec<PurgeView> {
        let inner = self.inner();
        let own = inner.state.purges.values().rev().filter(|purge| purge.tenant == *tenant);
        own.map(|purge| inner.purge_view(purge)).collect()
    }

    /// Whether the Log may hold what is purged; by that number [`Store::log_is_clear`] knows what it was asked.
    #[must_use]
    pub fn log_stain(&self) -> Option<u64> {
        let inner = self.inner();
        let purging = &inner.purging;
        (purging.log_cleared < purging.log_stains).then_some(purging.log_stains)
    }

    /// Asks for a seal that takes in the Log up to there; whether all of it is in splits by now.
    #[must_use]
    pub fn seal_to(&self, position: LogPosition) -> bool {
        let mut inner = self.inner();
        inner.purging.seal_to = inner.purging.seal_to.max(position);
        self.sealed_to(&inner) >= position
    }

    /// Whether a seal is asked for.
    #[must_use]
    pub fn wants_seal(&self) -> bool {
        let inner = self.inner();
        let to = inner.purging.seal_to;
        self.sealed_to(&inner) < to && inner.arrived >= to
    }

    /// Up to where our Log is in splits; positions of another say nothing of it.
    fn sealed_to(&self, inner: &Inner) -> LogPosition {
        let ours = inner.state.checkpoint.filter(|checkpoint| checkpoint.log == self.log);
        ours.map_or(LogPosition(0), |checkpoint| checkpoint.position)
    }

    /// Notes that nothing is left in the Log of what was in it when it had so many stains.
    pub fn log_is_clear(&self, stain: u64) {
        let mut inner = self.inner();
        let purging = &mut inner.purging;
        purging.log_cleared = purging.log_cleared.max(stain);
    }

    /// Takes the next step for the oldest purge that can go on. `turn` is asked as it is for a merge.
    ///
    /// # Errors
    /// When a split cannot be written anew or the change not be made; it is tried again.
    pub async fn purge_step(
        &self,
        now: Timestamp,
        turn: impl FnMut() -> bool + Send + 'static,
    ) -> Result<PurgeStep, StoreError> {
        let next = self.inner().next_of_purges();
        match next {
            None => Ok(PurgeStep::Rests),
            Some(Next::Date(purge)) => {
                self.date(&purge, now).await?;
                Ok(PurgeStep::Split(0))
            }
            Some(Next::Split(purge, takes, split)) => {
                self.clean(now, (purge, takes), split, turn).await
            }
            Some(Next::Rest(purge, takes)) => self.finish(now, purge, takes).await,
        }
    }
}

impl Inner {
    /// The splits that may hold what a purge takes and are not known to hold nothing.
    fn suspects<'a>(
        &'a self,
        purge: &'a Purge,
        open: &'a Open,
    ) -> impl Iterator<Item = &'a SplitMeta> {
        let all = self.state.splits.values();
        all.filter(|split| purge.may_be_in(split) && !open.clean.contains(&split.id))
    }

    /// The split, if it can be read.
    fn suspect(&self, id: SplitId) -> Option<Suspect> {
        let records = self.record_splits.get(&id).map(Arc::clone).map(Suspect::Records);
        records.or_else(|| self.splits.get(&id).map(Arc::clone).map(Suspect::Other))
    }

    fn purge_view(&self, purge: &Purge) -> PurgeView {
        let mut view = PurgeView {
            purge: purge.clone(),
            query: None,
            in_log: false,
            splits_left: 0,
            splits_unreadable: 0,
            objects_left: 0,
        };
        let Some(open) = self.purging.open.get(&purge.id) else { return view };
        view.query = open.query.clone();
        view.in_log = self.purging.log_cleared < open.stain;
        if purge.stage == PurgeStage::Removing {
            let is_readable = |split: &&SplitMeta| {
                self.suspect(split.id).is_some() && !open.unreadable.contains(&split.id)
            };
            view.splits_left = self.suspects(purge, open).filter(is_readable).count();
            view.splits_unreadable = self.suspects(purge, open).count() - view.splits_left;
            view.objects_left = self.retired.len();
        }
        view
    }

    fn next_of_purges(&mut self) -> Option<Next> {
        let ids: Vec<PurgeId> = self.purging.open.keys().copied().collect();
        ids.into_iter().find_map(|id| self.next_of(id))
    }

    fn next_of(&mut self, id: PurgeId) -> Option<Next> {
        let purge = self.state.purges.get(&id)?.clone();
        if purge.at == UNDATED {
            return Some(Next::Date(purge));
        }
        let open = self.purging.open.get(&id)?;
        let takes = Arc::clone(open.takes.as_ref()?);
        if purge.stage != PurgeStage::Removing || self.purging.log_cleared < open.stain {
            return None;
        }
        let suspects: Vec<SplitId> = self.suspects(&purge, open).map(|split| split.id).collect();
        let mut readable = suspects.iter().filter(|split| !open.unreadable.contains(split));
        if let Some(suspect) = readable.find_map(|split| self.suspect(*split)) {
            return Some(Next::Split(purge, takes, suspect));
        }
        let retired: BTreeSet<SplitId> = self.retired.iter().map(|retired| retired.id()).collect();
        let open = self.purging.open.get_mut(&id).filter(|_| suspects.is_empty())?;
        let awaited = open.awaited.get_or_insert_with(|| retired.clone());
        awaited.is_disjoint(&retired).then_some(Next::Rest(purge, takes))
    }
}
