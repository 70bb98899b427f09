//! The Log, freed of what is purged: whole files of it go once all that they hold is in splits.
//!
//! ```text
//!   something purged is in it ──> a new file is begun ──> sealed to there? ──> trimmed to there: it is clear
//!                                                             └── no: a seal is asked for, looked at again later
//! ```
//! Invariant: nothing goes from the Log that is not in splits.

use std::sync::Arc;

use nilometer_journal::{Log, LogError};
use nilometer_model::LogPosition;
use nilometer_store::Store;

use crate::index::SHARD;

/// See the file's head.
pub(crate) struct LogPurge {
    log: Arc<dyn Log>,
    /// What it is being freed of, and up to where that is.
    parted: Option<(u64, LogPosition)>,
}

impl LogPurge {
    pub(crate) fn new(log: Arc<dyn Log>) -> Self {
        Self { log, parted: None }
    }

    /// Goes on as far as it can now.
    pub(crate) async fn look(&mut self, store: &Store) -> Result<(), LogError> {
        if self.parted.is_none()
            && let Some(stain) = store.log_stain()
        {
            self.parted = Some((stain, self.log.part(SHARD).await?));
        }
        if let Some((stain, to)) = self.parted
            && store.seal_to(to)
        {
            self.log.trim(SHARD, to).await?;
            store.log_is_clear(stain);
            self.parted = None;
        }
        Ok(())
    }
}
