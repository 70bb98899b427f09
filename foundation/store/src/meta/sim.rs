//! Meta in memory, for tests: fails on demand.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use nilometer_model::{PipelineId, Revision};
use uuid::Uuid;

use super::{Meta, MetaError, Replay, only_shard};
use crate::commit::{Commit, State};

/// See the module.
#[derive(Debug)]
pub struct SimMeta {
    pipeline: PipelineId,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// What the commits before these made.
    condensed: State,
    commits: Vec<Commit>,
    fail_next: bool,
}

impl Default for SimMeta {
    fn default() -> Self {
        Self { pipeline: PipelineId(Uuid::now_v7()), inner: Mutex::default() }
    }
}

impl Inner {
    fn revision(&self) -> Revision {
        Revision(self.condensed.revision.0 + self.commits.len() as u64)
    }
}

impl SimMeta {
    /// The next commit fails and did not happen.
    pub fn fail_next_commit(&self) {
        self.inner().fail_next = true;
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Meta for SimMeta {
    async fn commit(
        &self,
        shard: u32,
        expected: Revision,
        commit: &Commit,
    ) -> Result<Revision, MetaError> {
        only_shard(shard)?;
        let mut inner = self.inner();
        if std::mem::take(&mut inner.fail_next) {
            return Err(MetaError::Interrupted);
        }
        let is = inner.revision();
        if expected != is {
            return Err(MetaError::Conflict { is });
        }
        inner.commits.push(commit.clone());
        Ok(Revision(is.0 + 1))
    }

    async fn replay(&self, shard: u32, after: Revision) -> Result<Replay, MetaError> {
        only_shard(shard)?;
        let inner = self.inner();
        let first = inner.condensed.revision;
        let numbered = (first.0 + 1..).map(Revision).zip(inner.commits.iter().cloned());
        let commits = numbered.filter(|(revision, _)| *revision > after).collect();
        let snapshot = (after < first).then(|| (first, inner.condensed.clone()));
        Ok(Replay { snapshot, commits })
    }

    async fn condense(&self, shard: u32) -> Result<(), MetaError> {
        only_shard(shard)?;
        let mut inner = self.inner();
        let mut revision = inner.condensed.revision;
        for commit in std::mem::take(&mut inner.commits) {
            revision = Revision(revision.0 + 1);
            inner.condensed.fold(revision, &commit);
        }
        Ok(())
    }

    fn pipeline(&self) -> PipelineId {
        self.pipeline
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_simulated_meta_keeps_the_contract() {
        super::super::contract::check(&SimMeta::default()).await;
    }
}
