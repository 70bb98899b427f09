//! Splits that are no part of the data any more, until nobody reads them.
//!
//! Invariant: an object is deleted only when the commit that removed it is made, and no snapshot holds its split;
//! what a crash leaves of that is an orphan (`orphans.rs`).

use std::sync::Arc;

use object_store::ObjectStoreExt;

use super::Store;
use crate::records::RecordSplit;
use crate::split::{Split, SplitId, object_path};

/// See the file's head.
pub(super) enum Retired {
    Records(Arc<RecordSplit>),
    Other(Arc<Split>),
    /// It could not be opened: nobody reads it.
    Missing(SplitId),
}

impl Retired {
    pub(super) fn id(&self) -> SplitId {
        match self {
            Self::Records(split) => split.meta().id,
            Self::Other(split) => split.meta().id,
            Self::Missing(id) => *id,
        }
    }

    /// Whether somebody besides us holds it; nobody can take hold of it any more.
    fn is_read(&self) -> bool {
        match self {
            Self::Records(split) => Arc::strong_count(split) > 1,
            Self::Other(split) => Arc::strong_count(split) > 1,
            Self::Missing(_) => false,
        }
    }
}

impl Store {
    /// Deletes the objects of removed splits that no snapshot reads any more; returns how many. One that cannot be
    /// deleted becomes an orphan.
    pub async fn delete_retired(&self) -> usize {
        let unread: Vec<Retired> =
            self.inner().retired.extract_if(.., |it| !it.is_read()).collect();
        for retired in &unread {
            let id = retired.id();
            if let Err(error) = self.objects.delete(&object_path(id)).await {
                tracing::warn!(%error, split = %id.0, "a split that was removed could not be deleted");
            }
            fail::fail_point!("compact::mid_delete", |_| std::process::abort());
        }
        unread.len()
    }
}
