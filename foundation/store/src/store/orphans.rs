//! Objects that no commit names: what a crash between put and commit left, or between commit and delete.
//!
//! Invariants:
//! - an object younger than [`ORPHAN_AGE_NS`] may still be on its way into a commit and stays;
//! - one that was made for a later revision than Meta has stays, and is said: Meta was restored from a backup, and
//!   the object may be all that is left of its rows.

use std::collections::BTreeSet;

use nilometer_model::Timestamp;
use object_store::{ObjectMeta, ObjectStoreExt, path::Path};

use super::{Store, StoreError};
use crate::limits::ORPHAN_AGE_NS;
use crate::split::{SplitId, object_path};
use crate::{records, split};

impl Store {
    /// Deletes orphans; returns how many.
    ///
    /// # Errors
    /// When the objects cannot be listed, or one cannot be read or deleted.
    pub async fn delete_orphans(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.delete_unnamed(Some(now)).await
    }

    /// Deletes the objects that no commit names: those that are old by now; without that, all but those that a
    /// commit is on its way to naming.
    pub(super) async fn delete_unnamed(&self, now: Option<Timestamp>) -> Result<usize, StoreError> {
        let listed = self.objects.list_with_delimiter(Some(&Path::from("splits"))).await?.objects;
        let known: BTreeSet<Path> = {
            let inner = self.inner();
            let retired = inner.retired.iter().map(|retired| retired.id());
            let on_the_way = inner.on_the_way.iter().filter(|_| now.is_none());
            let named = inner.state.splits.keys().chain(on_the_way).copied();
            let ids: BTreeSet<SplitId> = named.chain(retired).collect();
            ids.into_iter().map(object_path).collect()
        };
        let mut deleted = 0;
        for object in listed.iter().filter(|object| !known.contains(&object.location)) {
            if now.is_none_or(|now| is_old(object, now)) && !self.is_from_later(object).await? {
                tracing::info!(object = %object.location, "an object that no commit names is deleted");
                self.objects.delete(&object.location).await?;
                deleted += 1;
            }
        }
        Ok(deleted)
    }

    /// Whether it was made for a revision that Meta does not have; what cannot be read was not.
    async fn is_from_later(&self, object: &ObjectMeta) -> Result<bool, StoreError> {
        let (objects, path, bytes) = (&*self.objects, &object.location, object.size);
        let meta = match records::footer(objects, path, bytes).await? {
            Some(meta) => Some(meta),
            None => split::footer(objects, path, bytes).await?,
        };
        let Some(meta) = meta else { return Ok(false) };
        let is_later = meta.revision > self.inner().state.revision;
        if is_later {
            tracing::warn!(
                object = %object.location,
                rows = meta.rows,
                "an object was made for a later revision than Meta has: was Meta restored?"
            );
        }
        Ok(is_later)
    }
}

fn is_old(object: &ObjectMeta, now: Timestamp) -> bool {
    let written_ns = object.last_modified.timestamp_nanos_opt().unwrap_or(i64::MAX);
    now.0.saturating_sub(written_ns) >= ORPHAN_AGE_NS
}
