//! Closing books: one commit for what [`closing`](crate::closing) finds.

use nilometer_model::Timestamp;

use super::{SHARD, Store, StoreError};
use crate::closing;
use crate::commit::Commit;

impl Store {
    /// Closes the books of sources, epochs and collectors of which nothing was heard since `horizon`, which has to
    /// lie behind all data that is kept. Returns how many were closed.
    ///
    /// # Errors
    /// When the commit fails; the books are open as before, and collectors that are gone come back with a start.
    pub async fn close_books(
        &self,
        horizon: Timestamp,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let _committing = self.committing.lock().await;
        let (expected, commit) = {
            let mut inner = self.inner();
            let (closed, forget) = closing::due(&inner.state, &inner.live, horizon);
            // Before the commit: what comes meanwhile opens new books, and stays.
            inner.live.close(&closed);
            forget.iter().for_each(|id| inner.live.forget(*id));
            (inner.state.revision, Commit { time: now, closed, forget, ..Commit::default() })
        };
        let epochs = commit.closed.epochs.values().map(|epochs| epochs.len()).sum::<usize>();
        let count = commit.closed.sources.len() + epochs + commit.forget.len();
        if count == 0 {
            return Ok(0);
        }
        match self.meta.commit(SHARD, expected, &commit).await {
            Ok(revision) => {
                self.inner().state.fold(revision, &commit);
                Ok(count)
            }
            Err(error) => {
                let mut inner = self.inner();
                let inner = &mut *inner;
                inner.live.reopen(&commit.closed, &inner.state);
                Err(error.into())
            }
        }
    }
}
