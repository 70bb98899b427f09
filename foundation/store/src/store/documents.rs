//! Named documents: what people wrote down and what must survive a restart, beside the data, in the same Meta.
//!
//! ```text
//!   read ─> decide ─> change(expected as read, new) ─┬─ still as expected ─> one commit
//!                                                    └─ somebody was faster ─> Changed, nothing happened
//! ```
//! Invariants:
//! - all changes of one call become true in one commit, or none does;
//! - no change is made on what is no longer so: whoever read before another wrote is told.

use std::collections::BTreeMap;

use nilometer_model::Timestamp;

use super::{SHARD, Store, StoreError};
use crate::commit::Commit;

/// Documents by name; one that is not there, or is to be deleted, is none.
pub type Documents = BTreeMap<String, Option<String>>;

/// Why documents were not changed.
#[derive(Debug, thiserror::Error)]
pub enum DocumentsError {
    /// Somebody else changed one; read again.
    #[error("'{0}' was changed by somebody else")]
    Changed(String),
    /// They could not be committed.
    #[error("documents")]
    Store(#[from] StoreError),
}

impl Store {
    /// Every document whose name begins so, by name.
    #[must_use]
    pub fn documents(&self, prefix: &str) -> Vec<(String, String)> {
        let inner = self.inner();
        let behind = inner.state.documents.range(prefix.to_owned()..);
        let own = behind.take_while(|(name, _)| name.starts_with(prefix));
        own.map(|(name, text)| (name.clone(), text.clone())).collect()
    }

    /// Changes documents if those that `expected` names are still as it says.
    ///
    /// # Errors
    /// [`DocumentsError`]; nothing was changed.
    pub async fn change_documents(
        &self,
        expected: &Documents,
        changes: Documents,
        now: Timestamp,
    ) -> Result<(), DocumentsError> {
        let _committing = self.committing.lock().await;
        let revision = {
            let inner = self.inner();
            let differs = |(name, text): &(&String, &Option<String>)| {
                inner.state.documents.get(*name) != text.as_ref()
            };
            if let Some((name, _)) = expected.iter().find(differs) {
                return Err(DocumentsError::Changed(name.clone()));
            }
            inner.state.revision
        };
        let commit = Commit { time: now, documents: changes, ..Commit::default() };
        let revision =
            self.meta.commit(SHARD, revision, &commit).await.map_err(StoreError::from)?;
        self.inner().state.fold(revision, &commit);
        Ok(())
    }
}
