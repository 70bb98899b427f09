//! Whether splits still are what was written.
//!
//! Invariant: a split that was merged or has expired meanwhile is no damage; one that cannot be read is.

use std::sync::Arc;

use object_store::ObjectStore;
use tokio::runtime::Handle;

use super::Store;
use crate::records::RecordSplit;
use crate::split::{Split, SplitError, SplitKind, SplitMeta};

/// What came of reading a split.
#[derive(Debug)]
pub enum Verified {
    /// Everything in it is as it was written.
    Sound,
    /// It is none of ours any more.
    Gone,
    /// Something in it is not.
    Damaged(SplitError),
}

impl Store {
    /// Every split of the present revision.
    #[must_use]
    pub fn splits(&self) -> Vec<SplitMeta> {
        self.inner().state.splits.values().cloned().collect()
    }

    /// Reads all of a split: every checksum, and of records the hash of the texts that went in.
    pub async fn verify(&self, split: SplitMeta) -> Verified {
        let id = split.id;
        let (objects, runtime) = (Arc::clone(&self.objects), Handle::current());
        // Decoding keeps a core busy.
        let reading = move || runtime.block_on(read_whole(objects, split));
        match tokio::task::spawn_blocking(reading).await {
            Ok(Ok(())) => Verified::Sound,
            _ if !self.inner().state.splits.contains_key(&id) => Verified::Gone,
            Ok(Err(error)) => Verified::Damaged(error),
            Err(_) => Verified::Damaged(SplitError::Damaged { id, section: "all".to_owned() }),
        }
    }
}

async fn read_whole(objects: Arc<dyn ObjectStore>, split: SplitMeta) -> Result<(), SplitError> {
    match split.kind {
        SplitKind::Logs => RecordSplit::open(objects, split).await?.verify().await,
        SplitKind::Spans | SplitKind::Samples => Split::open(objects, split).await?.verify().await,
    }
}
