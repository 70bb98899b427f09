//! What is left of a purge once no split holds anything of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use nilometer_model::Timestamp;

use super::{PurgeStep, SHARD, Store, StoreError, without_taken};
use crate::commit::{Commit, DeadLetter};
use crate::purge::{Purge, PurgeStage, Takes};

impl Store {
    /// Dead letters, documents, Meta's own files, and objects that no commit names; then it is done.
    pub(super) async fn finish(
        &self,
        now: Timestamp,
        purge: Purge,
        takes: Arc<dyn Takes>,
    ) -> Result<PurgeStep, StoreError> {
        self.forget_letters(now, &purge, takes).await?;
        if let Some(language) = &self.language {
            language.tidy(self, &purge.tenant, now).await?;
        }
        self.meta.condense(SHARD).await?;
        // Meta takes commits: none that failed before was made all the same, so what it put is nobody's.
        self.delete_unnamed(None).await?;
        fail::fail_point!("purge::before_done", |_| std::process::abort());
        let done = |purge: &mut Purge| (purge.stage, purge.since) = (PurgeStage::Done, now);
        self.change_purge(purge.id, now, done).await?;
        Ok(PurgeStep::Done(purge.id))
    }

    async fn forget_letters(
        &self,
        now: Timestamp,
        purge: &Purge,
        takes: Arc<dyn Takes>,
    ) -> Result<(), StoreError> {
        let _committing = self.committing.lock().await;
        let (revision, all) = {
            let inner = self.inner();
            let own = inner.state.dead_letters.iter();
            let own: Vec<DeadLetter> =
                own.filter(|letter| letter.tenant == purge.tenant).cloned().collect();
            (inner.state.revision, own)
        };
        let mut gone: BTreeSet<String> = all.iter().map(|letter| letter.id.clone()).collect();
        let (taken, its) = (Arc::clone(&takes), purge.clone());
        let staying = tokio::task::spawn_blocking(move || without_taken(all, &[(its, taken)]));
        let staying = staying.await.map_err(|_| StoreError::Interrupted)?;
        for letter in &staying {
            gone.remove(&letter.id);
        }
        let known = self.inner().state.purges.get(&purge.id).cloned();
        let Some(mut purge) = known.filter(|_| !gone.is_empty()) else { return Ok(()) };
        purge.removed.dead_letters += gone.len() as u64;
        let purges = [(purge.id, Some(purge))].into();
        let commit = Commit { time: now, forget_letters: gone, purges, ..Commit::default() };
        let revision = self.meta.commit(SHARD, revision, &commit).await?;
        self.inner().state.fold(revision, &commit);
        Ok(())
    }
}
