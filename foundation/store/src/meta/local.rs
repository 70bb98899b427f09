//! Meta in a local directory, for the embedded form: one shard, number 0.
//!
//! ```text
//!   DIR/pipeline                 the pipeline's uuid
//!   DIR/commits/                 a journal; record N is the commit that made revision N, as JSON
//!   DIR/snapshot.json            all commits up to a revision, folded; every SNAPSHOT_COMMITS commits
//!   DIR/snapshot.previous.json   the one before; the journal reaches back to it
//! ```
//! Invariants:
//! - the journal is trimmed only to what the *previous* snapshot covers: one damaged snapshot loses nothing;
//! - content never stops an open: what is damaged is set aside and said;
//! - a revision is never used twice, even when the journal is lost.

#[cfg(any(test, fuzzing))]
pub(crate) mod hostile;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use nilometer_journal::{Journal, JournalLimits, write_file_durably};
use nilometer_model::{PipelineId, Revision};
use uuid::Uuid;

use super::saved::{self, Saved};
use super::{Meta, MetaError, Replay, Shared, blocking, only_shard};
use crate::commit::{Commit, State};
use crate::limits::{META_COMMIT_BYTES_MAX, META_READ_BYTES, META_SEGMENT_BYTES, SNAPSHOT_COMMITS};

/// See the module.
#[derive(Debug)]
pub struct LocalMeta {
    pipeline: PipelineId,
    inner: Shared<Inner>,
}

#[derive(Debug)]
struct Inner {
    dir: PathBuf,
    journal: Journal,
    revision: Revision,
    state: State,
    /// Revision of the newest snapshot, and of the one before it.
    saved: Revision,
    saved_before: Revision,
}

impl LocalMeta {
    /// Opens the Meta of a directory, or begins one.
    ///
    /// # Errors
    /// When the file system refuses; never because of what the files hold.
    pub fn open(dir: &Path) -> Result<Self, MetaError> {
        let limits = JournalLimits {
            segment_bytes: META_SEGMENT_BYTES,
            record_bytes_max: META_COMMIT_BYTES_MAX,
        };
        let (mut journal, recovery) = Journal::open(&dir.join("commits"), limits)?;
        if !recovery.is_clean() {
            tracing::warn!(?recovery, "Meta's commits were not as they were left");
        }
        let pipeline = pipeline(&dir.join("pipeline"))?;
        let (Saved { revision, mut state }, saved_before) = saved::load(dir)?;
        let (saved, mut last) = (revision, revision);
        for (revision, commit) in commits(&journal, revision)? {
            state.fold(revision, &commit);
            last = revision;
        }
        journal.skip_to(last.0)?;
        let dir = dir.to_owned();
        let inner = Inner { dir, journal, revision: last, state, saved, saved_before };
        Ok(Self { pipeline, inner: Arc::new(Mutex::new(inner)) })
    }
}

#[async_trait]
impl Meta for LocalMeta {
    async fn commit(
        &self,
        shard: u32,
        expected: Revision,
        commit: &Commit,
    ) -> Result<Revision, MetaError> {
        only_shard(shard)?;
        let (inner, commit) = (Arc::clone(&self.inner), commit.clone());
        blocking(move || {
            inner.lock().unwrap_or_else(PoisonError::into_inner).commit(expected, &commit)
        })
        .await
    }

    async fn replay(&self, shard: u32, after: Revision) -> Result<Replay, MetaError> {
        only_shard(shard)?;
        let inner = Arc::clone(&self.inner);
        blocking(move || inner.lock().unwrap_or_else(PoisonError::into_inner).replay(after)).await
    }

    async fn condense(&self, shard: u32) -> Result<(), MetaError> {
        only_shard(shard)?;
        let inner = Arc::clone(&self.inner);
        blocking(move || inner.lock().unwrap_or_else(PoisonError::into_inner).condense()).await
    }

    fn pipeline(&self) -> PipelineId {
        self.pipeline
    }
}

impl Inner {
    fn commit(&mut self, expected: Revision, commit: &Commit) -> Result<Revision, MetaError> {
        if expected != self.revision {
            return Err(MetaError::Conflict { is: self.revision });
        }
        let json = serde_json::to_vec(commit).map_err(MetaError::Encode)?;
        let appended = self.journal.append(&[&json])?;
        self.revision = Revision(appended.last);
        self.state.fold(self.revision, commit);
        if self.revision.0 - self.saved.0 >= SNAPSHOT_COMMITS
            && let Err(error) = self.save()
        {
            // The commit itself is durable; the next one tries again.
            tracing::warn!(%error, "snapshot of Meta not written");
        }
        Ok(self.revision)
    }

    fn save(&mut self) -> Result<(), MetaError> {
        let saved = Saved { revision: self.revision, state: self.state.clone() };
        saved::store(&self.dir, &saved)?;
        (self.saved_before, self.saved) = (self.saved, self.revision);
        self.journal.rotate()?;
        self.journal.trim(self.saved_before.0)?;
        Ok(())
    }

    /// Twice, for the snapshot before is of the state before.
    fn condense(&mut self) -> Result<(), MetaError> {
        self.save()?;
        self.save()
    }

    fn replay(&self, after: Revision) -> Result<Replay, MetaError> {
        if after < self.saved {
            let snapshot = Some((self.revision, self.state.clone()));
            return Ok(Replay { snapshot, commits: Vec::new() });
        }
        Ok(Replay { snapshot: None, commits: commits(&self.journal, after)? })
    }
}

/// The commits behind `after`. One that is no commit is left out and said.
fn commits(journal: &Journal, after: Revision) -> Result<Vec<(Revision, Commit)>, MetaError> {
    let (mut commits, mut at) = (Vec::new(), after.0);
    loop {
        let records = journal.read(at, META_READ_BYTES)?;
        let Some((last, _)) = records.last() else { return Ok(commits) };
        at = *last;
        for (number, json) in records {
            match serde_json::from_slice(&json) {
                Ok(commit) => commits.push((Revision(number), commit)),
                Err(error) => tracing::warn!(%error, number, "unreadable commit left out"),
            }
        }
    }
}

/// The uuid in the file; a new one, durably, when there is none that can be read.
fn pipeline(path: &Path) -> Result<PipelineId, MetaError> {
    let failed = |source| MetaError::Io { path: path.to_owned(), source };
    match fs::read_to_string(path) {
        Ok(text) => match Uuid::parse_str(text.trim()) {
            Ok(uuid) => return Ok(PipelineId(uuid)),
            Err(_) => tracing::warn!(file = %path.display(), "damaged; a new pipeline begins"),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            tracing::warn!(file = %path.display(), "damaged; a new pipeline begins");
        }
        Err(error) => return Err(failed(error)),
    }
    let pipeline = PipelineId(Uuid::now_v7());
    write_file_durably(path, format!("{pipeline}\n").as_bytes()).map_err(failed)?;
    Ok(pipeline)
}

#[cfg(test)]
mod tests;
