//! The beginning of a purge, and its end.

use std::collections::BTreeSet;

use nilometer_model::{Clock, Tenant, TimeRange, Timestamp};
use object_store::{ObjectStoreExt, PutMode};
use uuid::Uuid;

use super::{Open, SHARD, Store, StoreError, object};
use crate::commit::Commit;
use crate::limits::{
    PURGE_QUERY_BYTES_MAX, PURGE_REASON_BYTES_MAX, PURGES_KEPT_MAX, PURGES_OPEN_MAX,
};
use crate::purge::{Purge, PurgeId, PurgeStage, Removed};
use crate::split::SplitKind;
use crate::store::Inner;

/// Until its moment is known a purge takes whatever fits.
pub(super) const UNDATED: Timestamp = Timestamp(i64::MAX);

/// What somebody wants to be gone.
#[derive(Debug, Clone)]
pub struct PurgeAsked {
    /// Whose items.
    pub tenant: Tenant,
    /// Of which kinds; what is asked can be asked of each.
    pub kinds: BTreeSet<SplitKind>,
    /// Which of them.
    pub query: String,
    /// Of which time.
    pub range: TimeRange,
    /// Why.
    pub reason: String,
}

/// Why a purge was not begun, or not ended.
#[derive(Debug, thiserror::Error)]
pub enum PurgeError {
    /// The query is too long.
    #[error("the query is longer than {PURGE_QUERY_BYTES_MAX} bytes")]
    QueryTooLong,
    /// The reason is too long.
    #[error("the reason is longer than {PURGE_REASON_BYTES_MAX} bytes")]
    ReasonTooLong,
    /// The query means nothing.
    #[error("the query is not understood")]
    NotUnderstood,
    /// There are as many as there may be.
    #[error("there are {PURGES_OPEN_MAX} purges that are not ended")]
    TooMany,
    /// There is no such purge.
    #[error("there is no such purge")]
    Unknown,
    /// What it takes is not gone yet.
    #[error("the purge is not done yet")]
    NotDone,
    /// It could not be kept.
    #[error("purge")]
    Store(#[from] StoreError),
}

impl Store {
    /// Masks items for good, and has them removed; returns once no answer shows them any more.
    ///
    /// # Errors
    /// [`PurgeError`].
    pub async fn begin_purge(
        &self,
        asked: PurgeAsked,
        clock: &dyn Clock,
    ) -> Result<Purge, PurgeError> {
        if asked.query.len() > PURGE_QUERY_BYTES_MAX {
            return Err(PurgeError::QueryTooLong);
        }
        if asked.reason.len() > PURGE_REASON_BYTES_MAX {
            return Err(PurgeError::ReasonTooLong);
        }
        let PurgeAsked { tenant, kinds, query, range, reason } = asked;
        let (id, now) = (PurgeId(Uuid::now_v7()), clock.now());
        let purge = Purge {
            id,
            tenant,
            kinds,
            from: range.from(),
            to: range.to(),
            reason,
            at: UNDATED,
            stage: PurgeStage::Removing,
            since: now,
            removed: Removed::default(),
        };
        let mut open = Open { query: Some(query.as_str().into()), ..Open::default() };
        let language = self.language.as_ref().ok_or(PurgeError::NotUnderstood)?;
        open.understand(&purge, &**language);
        open.takes.as_ref().ok_or(PurgeError::NotUnderstood)?;
        let put = self.objects.put_opts(&object(id), query.into(), PutMode::Create.into()).await;
        put.map_err(StoreError::from)?;
        let begun = self.mask(&purge, open).await;
        if let Err(error) = begun {
            // If it cannot be deleted now, the next start does it.
            let _deleted = self.objects.delete(&object(id)).await;
            return Err(error);
        }
        Ok(self.date(&purge, clock.now()).await?)
    }

    /// Says up to which moment the purge takes what was received; once.
    pub(super) async fn date(&self, purge: &Purge, now: Timestamp) -> Result<Purge, StoreError> {
        let at = self.last_received(&purge.tenant).max(now);
        let date = |purge: &mut Purge| {
            if purge.at == UNDATED {
                purge.at = at;
            }
        };
        self.change_purge(purge.id, now, date).await
    }

    /// The commit from which on it is masked.
    async fn mask(&self, purge: &Purge, mut open: Open) -> Result<(), PurgeError> {
        let _committing = self.committing.lock().await;
        let (expected, forgotten) = {
            let inner = self.inner();
            let (open, ended) = inner.purges_of(&purge.tenant);
            if open >= PURGES_OPEN_MAX {
                return Err(PurgeError::TooMany);
            }
            let excess = (open + ended.len() + 1).saturating_sub(PURGES_KEPT_MAX);
            (inner.state.revision, ended.into_iter().take(excess).collect::<Vec<_>>())
        };
        let mut commit = Commit { time: purge.since, ..Commit::default() };
        commit.purges.extend(forgotten.into_iter().map(|id| (id, None)));
        commit.purges.insert(purge.id, Some(purge.clone()));
        let revision =
            self.meta.commit(SHARD, expected, &commit).await.map_err(StoreError::from)?;
        let mut inner = self.inner();
        inner.state.fold(revision, &commit);
        open.stain = inner.purging.stain_log();
        inner.purging.open.insert(purge.id, open);
        Ok(())
    }

    /// When the last of the tenant's items came, by whatever the clock said then.
    fn last_received(&self, tenant: &Tenant) -> Timestamp {
        let snapshot = self.snapshot(tenant);
        let records = snapshot.splits.iter().map(|split| split.meta());
        let others = snapshot.span_splits.iter().chain(&snapshot.sample_splits);
        let metas = records.chain(others.map(|split| split.meta()));
        let in_splits = metas.map(|meta| meta.received_last);
        let records = snapshot.buffer.iter().flat_map(|rows| &rows.received);
        let spans = snapshot.spans.iter().flat_map(|spans| &spans.received);
        let samples = snapshot.samples.iter().flat_map(|samples| &samples.received);
        let buffered = records.chain(spans).chain(samples);
        in_splits.chain(buffered.map(|time| Timestamp(*time))).max().unwrap_or(Timestamp(i64::MIN))
    }

    /// Changes what Meta keeps of a purge; returns it as it is then.
    pub(super) async fn change_purge(
        &self,
        id: PurgeId,
        now: Timestamp,
        change: impl FnOnce(&mut Purge) + Send,
    ) -> Result<Purge, StoreError> {
        let _committing = self.committing.lock().await;
        let (expected, known) = {
            let inner = self.inner();
            (inner.state.revision, inner.state.purges.get(&id).cloned())
        };
        let mut purge = known.ok_or(StoreError::Interrupted)?;
        change(&mut purge);
        let purges = [(id, Some(purge.clone()))].into();
        let commit = Commit { time: now, purges, ..Commit::default() };
        let revision = self.meta.commit(SHARD, expected, &commit).await?;
        self.inner().state.fold(revision, &commit);
        Ok(purge)
    }

    /// Ends a purge that is done: nothing is refused for it any more, and what it asked is forgotten. To end
    /// it again changes nothing.
    ///
    /// # Errors
    /// [`PurgeError`]: it is not the tenant's, or not done.
    pub async fn end_purge(
        &self,
        tenant: &Tenant,
        id: PurgeId,
        now: Timestamp,
    ) -> Result<Purge, PurgeError> {
        let known = self.inner().state.purges.get(&id).cloned();
        let known = known.filter(|purge| purge.tenant == *tenant).ok_or(PurgeError::Unknown)?;
        let purge = match known.stage {
            PurgeStage::Removing => return Err(PurgeError::NotDone),
            PurgeStage::Ended => known,
            PurgeStage::Done => {
                let end = |purge: &mut Purge| {
                    (purge.stage, purge.since) = (PurgeStage::Ended, now);
                };
                self.change_purge(id, now, end).await?
            }
        };
        self.inner().purging.open.remove(&id);
        match self.objects.delete(&object(id)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(purge),
            Err(error) => Err(StoreError::from(error).into()),
        }
    }
}

impl Inner {
    /// How many of the tenant's purges are not ended, and those that are, the oldest first.
    fn purges_of(&self, tenant: &Tenant) -> (usize, Vec<PurgeId>) {
        let own = self.state.purges.values().filter(|purge| purge.tenant == *tenant);
        let (ended, open): (Vec<_>, Vec<_>) =
            own.partition(|purge| purge.stage == PurgeStage::Ended);
        (open.len(), ended.into_iter().map(|purge| purge.id).collect())
    }
}
