//! How what is buffered becomes true: up to three splits, one commit.
//!
//! ```text
//!   cut ──> records ──┐
//!       ──> spans   ──┼─ build ──> put (orphans) ──> one Meta commit ──> splits in, buffered items out
//!       ──> samples ──┘                │                   │
//!                                      └────── failed ─────┴──> taken back; the next cut has them again
//! ```
//! Invariants:
//! - at most one cut is open at a time;
//! - the commit adds all splits of the cut or none;
//! - splits are swapped in and buffered items out under one lock, after the commit: no query sees an item
//!   twice or not at all.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use nilometer_model::{LogPosition, Revision, Rows, Timestamp};
use object_store::PutMode;

use super::span_splits::SpanSplits;
use super::{Opened, SHARD, Store, StoreError};
use crate::buffer::{Buffered, Chunk};
use crate::commit::{Checkpoint, Commit};
use crate::records::Builder;
use crate::split::{
    Split, SplitError, SplitId, SplitKind, SplitMeta, SplitOrigin, build_samples, build_spans,
    object_path,
};

/// Items on their way into splits, and the commit that will make them true.
#[derive(Debug)]
pub struct Cut {
    items: Buffered,
    from: LogPosition,
    to: LogPosition,
    commit: Commit,
}

impl Store {
    /// Begins a seal: everything that arrived so far. It stays visible.
    #[must_use]
    pub fn cut(&self, now: Timestamp) -> Cut {
        let mut inner = self.inner();
        let checkpoint = Checkpoint { log: self.log, position: inner.arrived };
        let mut commit = Commit { time: now, checkpoint: Some(checkpoint), ..Commit::default() };
        inner.live.cut(&mut commit);
        commit.dead_letters = std::mem::take(&mut inner.dead_letters);
        let items = inner.buffer.cut();
        let (from, to) = (inner.cut_to, inner.arrived);
        inner.cut_to = to;
        Cut { items, from, to, commit }
    }

    /// Ends a seal: builds and stores the splits, commits, and swaps them in for the buffered items. Returns
    /// how far the Log may be trimmed.
    ///
    /// # Errors
    /// When a split cannot be built, stored or committed; the items stay buffered, and the next cut
    /// takes them again.
    pub async fn publish(&self, cut: Cut) -> Result<LogPosition, StoreError> {
        let Cut { items, from, to, mut commit } = cut;
        match self.make_splits(items, from, to).await {
            Ok(opened) => {
                commit.add.extend(opened.metas().cloned());
                self.commit(commit, opened, from).await?;
                Ok(to)
            }
            Err(error) => {
                self.take_back(&commit, from);
                Err(error)
            }
        }
    }

    async fn make_splits(
        &self,
        items: Buffered,
        from: LogPosition,
        to: LogPosition,
    ) -> Result<Opened, StoreError> {
        let revision = self.inner().state.revision;
        let (log, replaces) = (self.log, Vec::new());
        let origin = SplitOrigin { log, log_from: from, log_to: to, revision, replaces };
        let builder = Arc::clone(&self.builder);
        let built = tokio::task::spawn_blocking(move || build_all(&items, &origin, &builder)).await;
        let built = built.map_err(|_| StoreError::Interrupted)??;
        if built.is_empty() {
            return Ok(Opened::default());
        }
        fail::fail_point!("index::before_put", |_| std::process::abort());
        let mut opened = Opened::default();
        for (meta, bytes) in built {
            self.put(&meta, bytes).await?;
            opened.add(&meta, &self.objects).await?;
        }
        fail::fail_point!("index::after_put", |_| std::process::abort());
        Ok(opened)
    }

    pub(super) async fn put(&self, meta: &SplitMeta, bytes: Bytes) -> Result<(), StoreError> {
        let path = object_path(meta.id);
        self.inner().is_on_the_way(meta.id);
        self.objects.put_opts(&path, bytes.into(), PutMode::Create.into()).await?;
        Ok(())
    }

    async fn commit(
        &self,
        commit: Commit,
        new: Opened,
        from: LogPosition,
    ) -> Result<(), StoreError> {
        let _committing = self.committing.lock().await;
        let made = self.make_true(&commit, &new).await;
        fail::fail_point!("index::after_commit", |_| std::process::abort());
        match made {
            Ok((revision, span_splits)) => {
                let mut inner = self.inner();
                inner.buffer.release();
                inner.swap(revision, &commit, new, span_splits);
                Ok(())
            }
            Err(error) => {
                self.take_back(&commit, from);
                Err(error)
            }
        }
    }

    /// Makes the commit; everything that can fail otherwise comes before it.
    pub(super) async fn make_true(
        &self,
        commit: &Commit,
        new: &Opened,
    ) -> Result<(Revision, Arc<SpanSplits>), StoreError> {
        let (expected, old) = {
            let inner = self.inner();
            (inner.state.revision, inner.splits_of(SplitKind::Spans))
        };
        let stays = |split: &Arc<Split>| !commit.remove.contains(&split.meta().id);
        let old = old.into_iter().filter(stays);
        let span_splits = SpanSplits::of(old.chain(new.splits.values().map(Arc::clone))).await?;
        Ok((self.meta.commit(SHARD, expected, commit).await?, span_splits))
    }

    fn take_back(&self, commit: &Commit, from: LogPosition) {
        let mut inner = self.inner();
        inner.live.uncut(commit);
        inner.buffer.keep();
        inner.cut_to = from;
        let mut letters = commit.dead_letters.clone();
        letters.append(&mut inner.dead_letters);
        inner.dead_letters = letters;
    }
}

/// A split of each kind of which there is something.
fn build_all(
    items: &Buffered,
    origin: &SplitOrigin,
    builder: &Mutex<Option<Builder>>,
) -> Result<Vec<(SplitMeta, Bytes)>, SplitError> {
    let (rows, spans, samples) = (all(&items.rows), all(&items.spans), all(&items.samples));
    let new_id = || SplitId(uuid::Uuid::now_v7());
    let mut built = Vec::new();
    if !rows.is_empty() {
        built.push(build_records(new_id(), &rows, origin.clone(), builder)?);
    }
    if !spans.is_empty() {
        built.push(build_spans(new_id(), &spans, origin.clone())?);
    }
    if !samples.is_empty() {
        built.push(build_samples(new_id(), &samples, origin.clone())?);
    }
    Ok(built)
}

fn all<T>(chunks: &[Chunk<T>]) -> Vec<Arc<T>> {
    chunks.iter().map(|chunk| Arc::clone(chunk)).collect()
}

/// A builder that failed is not used again.
fn build_records(
    id: SplitId,
    rows: &[Arc<Rows>],
    origin: SplitOrigin,
    builder: &Mutex<Option<Builder>>,
) -> Result<(SplitMeta, Bytes), SplitError> {
    let kept = builder.lock().unwrap_or_else(PoisonError::into_inner).take();
    let no_memory = |_| SplitError::Build { id, what: "zstd has no memory" };
    let mut lent = kept.map_or_else(Builder::new, Ok).map_err(no_memory)?;
    let built = lent.build(id, rows, origin)?;
    *builder.lock().unwrap_or_else(PoisonError::into_inner) = Some(lent);
    Ok(built)
}
