//! One split that may hold what a purge takes.

use std::sync::Arc;

use bytes::Bytes;
use nilometer_model::{Items, Revision, Rows, Timestamp};
use object_store::ObjectStoreExt;
use tokio::runtime::Handle;
use uuid::Uuid;

use super::{PurgeStep, Store, StoreError};
use crate::commit::Commit;
use crate::purge::{Purge, Suspect, Takes};
use crate::records::{Builder, RecordSplit, Rewritten, RowSet};
use crate::split::{Split, SplitError, SplitId, SplitKind, object_path};
use crate::store::Opened;
use crate::store::compact::Ended;

impl Store {
    /// Writes the split anew if it holds some of it.
    pub(super) async fn clean(
        &self,
        now: Timestamp,
        (purge, takes): (Purge, Arc<dyn Takes>),
        split: Suspect,
        turn: impl FnMut() -> bool + Send + 'static,
    ) -> Result<PurgeStep, StoreError> {
        let (id, kind) = (split.meta().id, split.meta().kind);
        let count = takes.count(&split).await;
        if count == Some(0) {
            self.note_clean(&purge, id);
            return Ok(PurgeStep::Split(0));
        }
        let revision = self.inner().state.revision;
        let (at, turns) = (purge.at, (Handle::current(), turn));
        let rewriting = move || match &split {
            Suspect::Records(split) => rewritten(split, revision, (&*takes, at), turns),
            Suspect::Other(split) => rewritten_other(split, revision, (&*takes, at), turns),
        };
        let made = match count {
            None => Err(SplitError::Damaged { id, section: "a part".to_owned() }.into()),
            Some(_) => {
                let made = tokio::task::spawn_blocking(rewriting).await;
                made.unwrap_or(Err(StoreError::Interrupted))
            }
        };
        match made {
            Ok(Some(made)) => self.swap_clean(now, &purge, (id, kind), made).await,
            Ok(None) => Ok(PurgeStep::Rests),
            Err(error) => {
                if let Some(open) = self.inner().purging.open.get_mut(&purge.id) {
                    open.unreadable.insert(id);
                }
                Err(error)
            }
        }
    }

    fn note_clean(&self, purge: &Purge, split: SplitId) {
        if let Some(open) = self.inner().purging.open.get_mut(&purge.id) {
            open.clean.insert(split);
        }
    }

    /// Makes the commit that puts what stays in the place of the split.
    async fn swap_clean(
        &self,
        now: Timestamp,
        purge: &Purge,
        (old, kind): (SplitId, SplitKind),
        Rewritten { split, rows_gone }: Rewritten,
    ) -> Result<PurgeStep, StoreError> {
        let mut opened = Opened::default();
        if let Some((meta, bytes)) = split {
            self.put(&meta, bytes).await?;
            opened.add(&meta, &self.objects).await?;
        }
        fail::fail_point!("purge::after_put", |_| std::process::abort());
        let add: Vec<_> = opened.metas().cloned().collect();
        let _committing = self.committing.lock().await;
        let known = {
            let inner = self.inner();
            let is_there = inner.state.splits.contains_key(&old);
            inner.state.purges.get(&purge.id).filter(|_| is_there).cloned()
        };
        let Some(mut purge) = known else {
            // It has expired meanwhile.
            for meta in add {
                self.objects.delete(&object_path(meta.id)).await?;
                self.inner().on_the_way.remove(&meta.id);
            }
            return Ok(PurgeStep::Split(0));
        };
        purge.removed.count(kind, rows_gone);
        let id = purge.id;
        let (remove, purges) = (vec![old], [(id, Some(purge))].into());
        let clean: Vec<SplitId> = add.iter().map(|meta| meta.id).collect();
        let commit = Commit { time: now, add, remove, purges, ..Commit::default() };
        let (revision, span_splits) = self.make_true(&commit, &opened).await?;
        fail::fail_point!("purge::after_commit", |_| std::process::abort());
        let mut inner = self.inner();
        inner.swap(revision, &commit, opened, span_splits);
        if let Some(open) = inner.purging.open.get_mut(&id) {
            open.clean.extend(&clean);
        }
        Ok(PurgeStep::Split(rows_gone))
    }
}

/// What stays of the split; none when `turn` says to stop.
fn rewritten(
    split: &Arc<RecordSplit>,
    revision: Revision,
    (takes, at): (&dyn Takes, Timestamp),
    (runtime, mut turn): (Handle, impl FnMut() -> bool),
) -> Result<Option<Rewritten>, StoreError> {
    let index = Arc::clone(runtime.block_on(split.index())?);
    let goes = |rows: &Rows| -> RowSet { takes.rows(rows).keep(|row| rows.received[row] <= at.0) };
    let mut fetch = |block: u32| {
        if !turn() {
            return Err(Ended::Stopped);
        }
        the_block(runtime.block_on(split.read_blocks(&[block])), (split.meta().id, block))
    };
    let id = SplitId(Uuid::now_v7());
    let no_memory = |_| SplitError::Build { id, what: "zstd has no memory" };
    let mut builder = Builder::merging().map_err(no_memory)?;
    unless_stopped(builder.rewrite((id, revision), &index, &goes, &mut fetch))
}

/// The same of a split of spans or samples.
fn rewritten_other(
    split: &Arc<Split>,
    revision: Revision,
    (takes, at): (&dyn Takes, Timestamp),
    (runtime, mut turn): (Handle, impl FnMut() -> bool),
) -> Result<Option<Rewritten>, StoreError> {
    let goes = |items: &Items| -> RowSet {
        let received = items.spans.received.iter().chain(&items.samples.received);
        let received: Vec<i64> = received.copied().collect();
        takes.items(items).keep(|number| received[number] <= at.0)
    };
    let mut fetch = |block: u32| {
        if !turn() {
            return Err(Ended::Stopped);
        }
        the_block(runtime.block_on(split.read_blocks(&[block])), (split.meta().id, block))
    };
    let id = SplitId(Uuid::now_v7());
    unless_stopped(split.rewrite((id, revision), &goes, &mut fetch))
}

fn the_block(
    read: Result<Vec<Bytes>, SplitError>,
    (id, block): (SplitId, u32),
) -> Result<Bytes, Ended> {
    read?.into_iter().next().ok_or(Ended::Failed(SplitError::NoSuchBlock { id, block }))
}

fn unless_stopped(made: Result<Rewritten, Ended>) -> Result<Option<Rewritten>, StoreError> {
    match made {
        Ok(made) => Ok(Some(made)),
        Err(Ended::Stopped) => Ok(None),
        Err(Ended::Failed(error)) => Err(error.into()),
    }
}
