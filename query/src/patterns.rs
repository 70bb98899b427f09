//! The patterns of each tenant, and what of them stands in Meta.
//!
//! ```text
//!   skeletons of templates and of buffered records ─┐
//!   skeletons that a scan met besides ──────────────┴─ nobody knows ──> patterns ──> one commit ──> known
//!
//!   patterns/TENANT/N    the Nth lot of what was decided, in the order of deciding; when there are 64 of them,
//!                        one that says it all takes their place
//! ```
//! Invariants:
//! - an id that was answered once is answered for ever: it is in Meta before it is in an answer;
//! - a pattern that no record is of any more may be forgotten, and of others the words that none says any more;
//!   their ids stay as long as a record is of them;
//! - one learns at a time, so that no two decide the same otherwise;
//! - what was met once, a split or a chunk of the buffer, is not looked at again.

mod met;

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use nilometer_model::{Tenant, Timestamp};
use nilometer_store::patterns::{PatternEntry, PatternId, Patterns, Skeleton, without_unseen};
use nilometer_store::{Documents, DocumentsError, Snapshot, SplitError, Store};

use self::met::Met;
use crate::limits::PATTERN_LOTS_MAX;

const PREFIX: &str = "patterns/";

/// Why nothing was learnt.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LearnError {
    #[error("patterns")]
    Documents(#[from] DocumentsError),
    #[error("patterns cannot be written as JSON")]
    Encode(#[from] serde_json::Error),
    #[error("finding patterns was interrupted")]
    Interrupted,
    #[error(transparent)]
    Split(#[from] SplitError),
}

/// See the file's head.
#[derive(Debug, Default)]
pub(crate) struct PatternBook {
    /// As committed. Held for a look only.
    known: Mutex<BTreeMap<Tenant, Arc<Patterns>>>,
    /// What of each tenant's was looked at. Held for a look only.
    met: Mutex<BTreeMap<Tenant, Met>>,
    learning: tokio::sync::Mutex<()>,
}

impl PatternBook {
    /// The patterns that are known.
    pub(crate) fn known(&self, store: &Store, tenant: &Tenant) -> Arc<Patterns> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let read = || {
            let mut patterns = Patterns::default();
            lots(store, tenant).into_iter().for_each(|(_, text)| replay(&mut patterns, &text));
            Arc::new(patterns)
        };
        Arc::clone(known.entry(tenant.clone()).or_insert_with(read))
    }

    /// Has a place for what the snapshot holds, as far as there is room and it is not too much at once; what is
    /// known then. Texts that a split keeps whole are met by scans.
    pub(crate) async fn meet(
        &self,
        store: &Store,
        snapshot: &Snapshot,
        (tenant, now): (&Tenant, Timestamp),
    ) -> Result<Arc<Patterns>, LearnError> {
        let known = self.known(store, tenant);
        let before = self.met().get(tenant).cloned().unwrap_or_default();
        let (met, new) = before.after(snapshot, known).await?;
        let known = self.learn(store, tenant, (new, now)).await?;
        self.met().insert(tenant.clone(), met);
        Ok(known)
    }

    fn met(&self) -> std::sync::MutexGuard<'_, BTreeMap<Tenant, Met>> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes one pattern of two; what is known then. `None` when one of them is unknown.
    pub(crate) async fn merge(
        &self,
        store: &Store,
        tenant: &Tenant,
        (from, into, now): (PatternId, PatternId, Timestamp),
    ) -> Result<Option<Arc<Patterns>>, LearnError> {
        let _learning = self.learning.lock().await;
        let known = self.known(store, tenant);
        if [from, into].iter().any(|id| known.pattern(*id).is_none()) {
            return Ok(None);
        }
        let mut patterns = (*known).clone();
        let Some(entry) = patterns.merge(from, into) else { return Ok(Some(known)) };
        self.keep(store, tenant, (vec![entry], now)).await?;
        Ok(Some(self.tell(tenant, patterns)))
    }

    async fn keep(
        &self,
        store: &Store,
        tenant: &Tenant,
        (entries, now): (Vec<PatternEntry>, Timestamp),
    ) -> Result<(), LearnError> {
        let (expected, changes) = next_lot(store, tenant, entries)?;
        Ok(store.change_documents(&expected, changes, now).await?)
    }

    fn tell(&self, tenant: &Tenant, patterns: Patterns) -> Arc<Patterns> {
        let patterns = Arc::new(patterns);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(tenant.clone(), Arc::clone(&patterns));
        patterns
    }

    /// Has a place for each of the skeletons that there is room for, first written then; what is known then.
    pub(crate) async fn learn(
        &self,
        store: &Store,
        tenant: &Tenant,
        (skeletons, now): (Vec<(Skeleton, Timestamp)>, Timestamp),
    ) -> Result<Arc<Patterns>, LearnError> {
        if skeletons.is_empty() {
            return Ok(self.known(store, tenant));
        }
        let _learning = self.learning.lock().await;
        let known = self.known(store, tenant);
        let decide = move || {
            let mut patterns = (*known).clone();
            let add = |(new, since): &(Skeleton, Timestamp)| patterns.add(new, *since);
            let entries: Vec<_> = skeletons.iter().filter_map(add).collect();
            (patterns, entries)
        };
        let decided = tokio::task::spawn_blocking(decide).await;
        let (patterns, entries) = decided.map_err(|_| LearnError::Interrupted)?;
        if !entries.is_empty() {
            self.keep(store, tenant, (entries, now)).await?;
        }
        Ok(self.tell(tenant, patterns))
    }

    /// Forgets what no record says any more.
    pub(crate) async fn forget_unseen(
        &self,
        store: &Store,
        tenant: &Tenant,
        now: Timestamp,
    ) -> Result<(), LearnError> {
        let _learning = self.learning.lock().await;
        let lots = lots(store, tenant);
        if lots.is_empty() {
            return Ok(());
        }
        let seen = seen(store, tenant).await?;
        let entries: Vec<PatternEntry> = lots.values().flat_map(|text| read(text)).collect();
        let left = without_unseen(&entries, &seen);
        let mut changes: Documents = lots.keys().map(|lot| (name(tenant, *lot), None)).collect();
        let next = lots.keys().next_back().map_or(0, |last| last + 1);
        changes.insert(name(tenant, next), Some(serde_json::to_string(&left)?));
        let expected = Documents::from([(name(tenant, next), None)]);
        store.change_documents(&expected, changes, now).await?;
        self.met().remove(tenant);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(tenant);
        Ok(())
    }
}

/// The skeletons of all that the tenant's splits and buffer say.
async fn seen(store: &Store, tenant: &Tenant) -> Result<HashSet<PatternId>, LearnError> {
    let snapshot = store.snapshot(tenant);
    let mut seen = HashSet::new();
    for split in &snapshot.splits {
        let index = Arc::clone(split.index().await?);
        let reading = move || {
            let mut of_split = HashSet::new();
            index.each_template(|text, _| {
                of_split.insert(Skeleton::of(text).id());
            })?;
            Ok::<_, SplitError>(of_split)
        };
        let of_split = tokio::task::spawn_blocking(reading).await;
        seen.extend(of_split.map_err(|_| LearnError::Interrupted)??);
    }
    let reading = move || {
        for rows in &snapshot.buffer {
            seen.extend(rows.iter().map(|row| Skeleton::of(row.message).id()));
        }
        seen
    };
    tokio::task::spawn_blocking(reading).await.map_err(|_| LearnError::Interrupted)
}

/// The tenant's lots by number.
fn lots(store: &Store, tenant: &Tenant) -> BTreeMap<u64, String> {
    let prefix = format!("{PREFIX}{tenant}/");
    let own = store.documents(&prefix).into_iter();
    // A tenant whose name goes on behind a slash has others.
    own.filter_map(|(name, text)| {
        let number = name.strip_prefix(&prefix)?;
        Some((u64::from_str_radix(number, 16).ok()?, text))
    })
    .collect()
}

fn name(tenant: &Tenant, lot: u64) -> String {
    format!("{PREFIX}{tenant}/{lot:016x}")
}

fn read(text: &str) -> Vec<PatternEntry> {
    serde_json::from_str(text).unwrap_or_else(|error| {
        tracing::error!(%error, "a lot of patterns cannot be read; they will get other ids");
        Vec::new()
    })
}

fn replay(patterns: &mut Patterns, text: &str) {
    read(text).iter().for_each(|entry| patterns.replay(entry));
}

/// What is expected, and what is to be written.
fn next_lot(
    store: &Store,
    tenant: &Tenant,
    mut entries: Vec<PatternEntry>,
) -> Result<(Documents, Documents), serde_json::Error> {
    let lots = lots(store, tenant);
    let next = lots.keys().next_back().map_or(0, |last| last + 1);
    let expected = Documents::from([(name(tenant, next), None)]);
    let mut changes = Documents::new();
    if lots.len() >= PATTERN_LOTS_MAX {
        entries.splice(0..0, lots.values().flat_map(|text| read(text)));
        changes.extend(lots.keys().map(|lot| (name(tenant, *lot), None)));
    }
    changes.insert(name(tenant, next), Some(serde_json::to_string(&entries)?));
    Ok((expected, changes))
}
