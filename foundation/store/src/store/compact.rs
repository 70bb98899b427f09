//! How many splits become one: beside ingest and queries, one merge at a time.
//!
//! ```text
//!   plan ──> read block by block, build ──> put (an orphan) ──> one Meta commit: + merged, - sources ──> swapped
//!    ^                  │ asked to stop                    │ a source has expired meanwhile: deleted
//!    └── next look <────┴──────────────────────────────────┴ failed: perhaps made all the same, so it stays an orphan
//! ```
//! Invariants:
//! - the commit adds the merged split and removes its sources, or does neither: no query sees a row twice or
//!   not at all; checkpoint, marks and accounts stay as they are;
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
use crate::split::{
    Split, SplitError, SplitId, SplitKind, SplitMeta, SplitOrigin, build_samples, build_spans,
    object_path,
};

/// What a merge did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merged {
    /// How many splits became one.
    pub splits: usize,
    /// Their bytes.
    pub bytes_before: u64,
    /// Those of the one.
    pub bytes: u64,
    /// Its rows.
    pub rows: u64,
}

/// Splits of one kind, to be merged.
enum Sources {
    Records(Vec<Arc<RecordSplit>>),
    Other(Vec<Arc<Split>>),
}

impl Store {
    /// Merges the splits that are due; none when none are, or when `turn` says to stop. `turn` is asked before each
    /// block is read, on a thread that it may hold up.
    ///
    /// # Errors
    /// When a split cannot be read, or the merged one not be stored or committed; nothing has changed then.
    pub async fn compact(
        &self,
        now: Timestamp,
        turn: impl FnMut() -> bool + Send + 'static,
    ) -> Result<Option<Merged>, StoreError> {
        let Some((sources, revision)) = self.inner().due(now) else { return Ok(None) };
        let ids = sources.ids();
        let runtime = Handle::current();
        let made = tokio::task::spawn_blocking(move || sources.merge(revision, &runtime, turn));
        let (meta, bytes) = match made.await.unwrap_or(Err(StoreError::Interrupted)) {
            Ok(Some(made)) => made,
            Ok(None) => return Ok(None),
            Err(error) => {
                self.leave_alone(&ids, &error);
                return Err(error);
            }
        };
        self.put(&meta, bytes).await?;
        fail::fail_point!("compact::after_put", |_| std::process::abort());
        let merged = self.replace(&meta, now).await?;
        if merged.is_none() {
            self.objects.delete(&object_path(meta.id)).await?;
            self.inner().on_the_way.remove(&meta.id);
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
        meta: &SplitMeta,
        now: Timestamp,
    ) -> Result<Option<Merged>, StoreError> {
        let mut opened = Opened::default();
        opened.add(meta, &self.objects).await?;
        let _committing = self.committing.lock().await;
        let bytes_before: Option<u64> = {
            let inner = self.inner();
            let bytes = |id| inner.state.splits.get(id).map(|source| source.bytes);
            meta.replaces.iter().map(bytes).sum()
        };
        let Some(bytes_before) = bytes_before else { return Ok(None) };
        let (add, remove) = (vec![meta.clone()], meta.replaces.clone());
        let commit = Commit { time: now, add, remove, ..Commit::default() };
        let (revision, span_splits) = self.make_true(&commit, &opened).await?;
        fail::fail_point!("compact::after_commit", |_| std::process::abort());
        self.inner().swap(revision, &commit, opened, span_splits);
        let (splits, bytes, rows) = (meta.replaces.len(), meta.bytes, meta.rows);
        Ok(Some(Merged { splits, bytes_before, bytes, rows }))
    }
}

impl Inner {
    /// What is to be merged next, and the revision that says so.
    fn due(&self, now: Timestamp) -> Option<(Sources, Revision)> {
        let may = |meta: &&SplitMeta| {
            let is_open =
                self.record_splits.contains_key(&meta.id) || self.splits.contains_key(&meta.id);
            is_open && !self.unmerged.contains(&meta.id)
        };
        let planned = plan(self.state.splits.values().filter(may), now)?;
        let records = planned.iter().map(|meta| self.record_splits.get(&meta.id).map(Arc::clone));
        let other = || planned.iter().map(|meta| self.splits.get(&meta.id).map(Arc::clone));
        let records: Option<Vec<_>> = records.collect();
        let sources = records.map(Sources::Records);
        let sources = sources.or_else(|| other().collect::<Option<_>>().map(Sources::Other))?;
        Some((sources, self.state.revision))
    }
}

impl Sources {
    fn ids(&self) -> Vec<SplitId> {
        match self {
            Self::Records(splits) => splits.iter().map(|split| split.meta().id).collect(),
            Self::Other(splits) => splits.iter().map(|split| split.meta().id).collect(),
        }
    }

    /// The merged split; none when `turn` says to stop.
    fn merge(
        self,
        revision: Revision,
        runtime: &Handle,
        turn: impl FnMut() -> bool,
    ) -> Result<Option<(SplitMeta, Bytes)>, StoreError> {
        let id = SplitId(uuid::Uuid::now_v7());
        let merged = match self {
            Self::Records(splits) => merge_records(id, &splits, revision, (runtime, turn)),
            Self::Other(splits) => merge_others(id, &splits, revision, (runtime, turn)),
        };
        match merged {
            Ok(merged) => Ok(Some(merged)),
            Err(Ended::Stopped) => Ok(None),
            Err(Ended::Failed(error)) => Err(error.into()),
        }
    }
}

/// Why there is no merged split.
enum Ended {
    Stopped,
    Failed(SplitError),
}

impl From<SplitError> for Ended {
    fn from(error: SplitError) -> Self {
        Self::Failed(error)
    }
}

fn merge_records(
    id: SplitId,
    splits: &[Arc<RecordSplit>],
    revision: Revision,
    (runtime, mut turn): (&Handle, impl FnMut() -> bool),
) -> Result<(SplitMeta, Bytes), Ended> {
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
    let no_memory = |_| SplitError::Build { id, what: "zstd has no memory" };
    Builder::merging().map_err(no_memory)?.merge(id, &indexes, revision, &mut fetch)
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
