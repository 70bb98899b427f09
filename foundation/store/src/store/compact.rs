//! How many splits become one, or one of each class: beside ingest and queries, one merge at a time.
//!
//! ```text
//!   plan ──> read block by block, build ──> put (orphans) ──> one Meta commit: + made, - sources ──> swapped
//!    ^                  │ asked to stop                  │ a source has expired meanwhile: deleted
//!    └── next look <────┴────────────────────────────────┴ failed: perhaps made all the same, so they stay orphans
//! ```
//! Invariants:
//! - the commit adds all splits that were made and removes their sources, or does neither: no query sees a row twice
//!   or not at all; checkpoint, marks and accounts stay as they are;
//! - snapshots that hold the sources go on reading them (`retired.rs`);
//! - before each block `turn` is asked: it lets others go first, or ends the merge;
//! - a split that cannot be merged is left alone until the next start.

use std::sync::Arc;

use bytes::Bytes;
use nilometer_block::{SpanColumns, decode_samples, decode_spans};
use nilometer_model::{Revision, Timestamp};
use object_store::ObjectStoreExt;
use tokio::runtime::Handle;

use super::{Inner, Opened, Store, StoreError};
use crate::commit::Commit;
use crate::merge_plan::plan;
use crate::records::{Builder, RecordIndex, RecordSplit};
use crate::retention::Retention;
use crate::split::{
    Split, SplitError, SplitId, SplitKind, SplitMeta, SplitOrigin, build_samples, build_spans,
    object_path,
};

/// What a merge did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merged {
    /// How many splits went.
    pub splits: usize,
    /// How many came.
    pub made: usize,
    /// Bytes of those that went.
    pub bytes_before: u64,
    /// Of those that came.
    pub bytes: u64,
    /// Their rows.
    pub rows: u64,
}

/// Splits of one kind, to be rewritten.
enum Sources {
    Records(Vec<Arc<RecordSplit>>),
    /// Those of a class become a split of their own.
    Mixed(Vec<Arc<RecordSplit>>, Retention),
    Other(Vec<Arc<Split>>),
}

impl Store {
    /// Merges the splits that are due, or cuts them by what `retention` tells apart; none when none are due, or when
    /// `turn` says to stop. `turn` is asked before each block is read, on a thread that it may hold up.
    ///
    /// # Errors
    /// When a split cannot be read, or one that is made not be stored or committed; nothing has changed then.
    pub async fn compact(
        &self,
        retention: &Retention,
        now: Timestamp,
        turn: impl FnMut() -> bool + Send + 'static,
    ) -> Result<Option<Merged>, StoreError> {
        let Some((sources, revision)) = self.inner().due(retention, now) else { return Ok(None) };
        let ids = sources.ids();
        let runtime = Handle::current();
        let made = tokio::task::spawn_blocking(move || sources.merge(revision, &runtime, turn));
        let made = match made.await.unwrap_or(Err(StoreError::Interrupted)) {
            Ok(Some(made)) => made,
            Ok(None) => return Ok(None),
            Err(error) => {
                self.leave_alone(&ids, &error);
                return Err(error);
            }
        };
        let mut metas = Vec::with_capacity(made.len());
        for (meta, bytes) in made {
            self.put(&meta, bytes).await?;
            metas.push(meta);
        }
        fail::fail_point!("compact::after_put", |_| std::process::abort());
        let merged = self.replace(&ids, &metas, now).await?;
        if merged.is_none() {
            for meta in &metas {
                self.objects.delete(&object_path(meta.id)).await?;
                self.inner().on_the_way.remove(&meta.id);
            }
        }
        Ok(merged)
    }

    /// The split that the error names, or all of them where it names none of them.
    fn leave_alone(&self, ids: &[SplitId], error: &StoreError) {
        let named = match error {
            StoreError::Split(error) => Some(error.split()).filter(|named| ids.contains(named)),
            _ => None,
        };
        let of_error = named.as_ref().map_or(ids, std::slice::from_ref);
        self.inner().unmerged.extend(of_error);
    }

    /// Makes the commit; none when one of the sources is gone.
    async fn replace(
        &self,
        sources: &[SplitId],
        made: &[SplitMeta],
        now: Timestamp,
    ) -> Result<Option<Merged>, StoreError> {
        let mut opened = Opened::default();
        for meta in made {
            opened.add(meta, &self.objects).await?;
        }
        let _committing = self.committing.lock().await;
        let bytes_before: Option<u64> = {
            let inner = self.inner();
            let bytes = |id| inner.state.splits.get(id).map(|source| source.bytes);
            sources.iter().map(bytes).sum()
        };
        let Some(bytes_before) = bytes_before else { return Ok(None) };
        let (add, remove) = (made.to_vec(), sources.to_vec());
        let commit = Commit { time: now, add, remove, ..Commit::default() };
        let (revision, span_splits) = self.make_true(&commit, &opened).await?;
        fail::fail_point!("compact::after_commit", |_| std::process::abort());
        self.inner().swap(revision, &commit, opened, span_splits);
        let (bytes, rows) =
            made.iter().fold((0, 0), |(bytes, rows), it| (bytes + it.bytes, rows + it.rows));
        let (splits, made) = (sources.len(), made.len());
        Ok(Some(Merged { splits, made, bytes_before, bytes, rows }))
    }
}

impl Inner {
    /// What is to be merged next, and the revision that says so.
    fn due(&self, retention: &Retention, now: Timestamp) -> Option<(Sources, Revision)> {
        let may = |meta: &&SplitMeta| {
            let is_open =
                self.record_splits.contains_key(&meta.id) || self.splits.contains_key(&meta.id);
            is_open && !self.unmerged.contains(&meta.id)
        };
        let planned = plan(self.state.splits.values().filter(may), retention, now)?;
        let ids = || planned.splits.iter().map(|meta| &meta.id);
        let records: Option<Vec<_>> =
            ids().map(|id| self.record_splits.get(id).map(Arc::clone)).collect();
        let sources = match records {
            Some(records) if planned.is_cut => Sources::Mixed(records, retention.clone()),
            Some(records) => Sources::Records(records),
            None => {
                let other = ids().map(|id| self.splits.get(id).map(Arc::clone));
                Sources::Other(other.collect::<Option<_>>()?)
            }
        };
        Some((sources, self.state.revision))
    }
}

impl Sources {
    fn ids(&self) -> Vec<SplitId> {
        match self {
            Self::Records(splits) | Self::Mixed(splits, _) => {
                splits.iter().map(|split| split.meta().id).collect()
            }
            Self::Other(splits) => splits.iter().map(|split| split.meta().id).collect(),
        }
    }

    /// What becomes of them; none when `turn` says to stop.
    fn merge(
        self,
        revision: Revision,
        runtime: &Handle,
        turn: impl FnMut() -> bool,
    ) -> Result<Option<Vec<(SplitMeta, Bytes)>>, StoreError> {
        let turns = (runtime, turn);
        let merged = match self {
            Self::Records(splits) => merge_records((&splits, None), revision, turns),
            Self::Mixed(splits, retention) => {
                merge_records((&splits, Some(&retention)), revision, turns)
            }
            Self::Other(splits) => {
                merge_others(new_id(), &splits, revision, turns).map(|made| vec![made])
            }
        };
        match merged {
            Ok(merged) => Ok(Some(merged)),
            Err(Ended::Stopped) => Ok(None),
            Err(Ended::Failed(error)) => Err(error.into()),
        }
    }
}

/// Why no split was made.
pub(super) enum Ended {
    Stopped,
    Failed(SplitError),
}

impl From<SplitError> for Ended {
    fn from(error: SplitError) -> Self {
        Self::Failed(error)
    }
}

fn new_id() -> SplitId {
    SplitId(uuid::Uuid::now_v7())
}

/// One split, or one of each class that there is a retention to tell by.
fn merge_records(
    (splits, retention): (&[Arc<RecordSplit>], Option<&Retention>),
    revision: Revision,
    (runtime, mut turn): (&Handle, impl FnMut() -> bool),
) -> Result<Vec<(SplitMeta, Bytes)>, Ended> {
    let index = |split: &Arc<RecordSplit>| runtime.block_on(split.index()).map(Arc::clone);
    let indexes: Vec<Arc<RecordIndex>> = splits.iter().map(index).collect::<Result<_, _>>()?;
    let mut fetch = |source: usize, block: u32| {
        fail::fail_point!("compact::mid_merge", |_| std::process::abort());
        if !turn() {
            return Err(Ended::Stopped);
        }
        let read = runtime.block_on(splits[source].read_blocks(&[block]))?;
        let missing = SplitError::NoSuchBlock { id: splits[source].meta().id, block };
        read.into_iter().next().ok_or(Ended::Failed(missing))
    };
    let id = new_id();
    let no_memory = |_| SplitError::Build { id, what: "zstd has no memory" };
    let mut builder = Builder::merging().map_err(no_memory)?;
    match retention {
        None => Ok(vec![builder.merge(id, &indexes, revision, &mut fetch)?]),
        Some(retention) => builder.cut(new_id, (&indexes, retention), revision, &mut fetch),
    }
}

/// Splits of spans, or of samples: small enough to be in memory together.
fn merge_others(
    id: SplitId,
    splits: &[Arc<Split>],
    revision: Revision,
    (runtime, mut turn): (&Handle, impl FnMut() -> bool),
) -> Result<(SplitMeta, Bytes), Ended> {
    let metas: Vec<&SplitMeta> = splits.iter().map(|split| split.meta()).collect();
    let origin = SplitOrigin::of_merged(id, &metas, revision)?;
    let (mut spans, mut samples) = (Vec::new(), Vec::new());
    for split in splits {
        let damaged = |block: u32| {
            let section = format!("block {block}");
            SplitError::Damaged { id: split.meta().id, section }
        };
        for block in 0..split.meta().blocks {
            if !turn() {
                return Err(Ended::Stopped);
            }
            for bytes in runtime.block_on(split.read_blocks(&[block]))? {
                if split.meta().kind == SplitKind::Spans {
                    let decoded = decode_spans(&bytes, SpanColumns::ALL);
                    spans.push(Arc::new(decoded.map_err(|_| damaged(block))?));
                } else {
                    let decoded = decode_samples(&bytes);
                    samples.push(Arc::new(decoded.map_err(|_| damaged(block))?));
                }
            }
        }
    }
    let made = match spans.is_empty() {
        false => build_spans(id, &spans, origin)?,
        true => build_samples(id, &samples, origin)?,
    };
    Ok(made)
}
