//! Meta: the one place where something becomes true, by compare-and-set on a revision.
//!
//! Invariants of every implementation ([`contract`] checks them):
//! - a commit is durable and whole when it is answered, or it did not happen;
//! - a commit that expects another revision than the current one changes nothing;
//! - revisions rise; replaying from any revision and folding gives the same state.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use nilometer_journal::JournalError;
use nilometer_model::{PipelineId, Revision};

use crate::commit::{Commit, State};

pub mod contract;
mod local;
mod saved;
mod sim;

pub use local::LocalMeta;
#[cfg(any(test, fuzzing))]
pub(crate) use local::hostile;
pub use sim::SimMeta;

/// Why Meta did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum MetaError {
    /// Somebody else committed; read again.
    #[error("meta is at revision {is}, not as expected")]
    Conflict {
        /// The current revision.
        is: Revision,
    },
    /// This Meta has no such shard.
    #[error("meta has no shard {0}")]
    NoShard(u32),
    /// The commit cannot be written as JSON.
    #[error("commit cannot be written as JSON")]
    Encode(#[source] serde_json::Error),
    /// The commits' journal refused.
    #[error("commits: {0}")]
    Journal(#[from] JournalError),
    /// The file system refused.
    #[error("cannot use {path}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// The thread at work ended early, or (simulated) was told to fail.
    #[error("meta was interrupted")]
    Interrupted,
}

/// What a reader has missed: fold the commits into the snapshot.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Replay {
    /// Everything up to a revision, when the commits alone do not reach back far enough.
    pub snapshot: Option<(Revision, State)>,
    /// What came behind it, in order.
    pub commits: Vec<(Revision, Commit)>,
}

/// See the module.
#[async_trait]
pub trait Meta: Send + Sync {
    /// Makes `commit` true if the current revision is `expected`; returns the new revision.
    async fn commit(
        &self,
        shard: u32,
        expected: Revision,
        commit: &Commit,
    ) -> Result<Revision, MetaError>;

    /// What happened behind `after`.
    async fn replay(&self, shard: u32, after: Revision) -> Result<Replay, MetaError>;

    /// Keeps nothing of the commits so far but the state that they make.
    async fn condense(&self, shard: u32) -> Result<(), MetaError>;

    /// Which pipeline this Meta belongs to; drawn with it.
    fn pipeline(&self) -> PipelineId;
}

fn only_shard(shard: u32) -> Result<(), MetaError> {
    if shard == 0 { Ok(()) } else { Err(MetaError::NoShard(shard)) }
}

/// Runs file work away from the async threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, MetaError> + Send + 'static,
) -> Result<T, MetaError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| MetaError::Interrupted)?
}

type Shared<T> = Arc<std::sync::Mutex<T>>;
