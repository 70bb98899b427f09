//! Which spans of a batch are in splits already, found out before the lock is taken.
//!
//! ```text
//!   traces of the batch ──> trace tables of the splits ──> blocks ──> ids in them ──> those of the batch
//! ```
//! Invariants:
//! - what is found holds for the splits of one revision: whoever uses it looks whether it is still that one;
//! - a block that cannot be read says nothing: its spans may then be in twice, but none is lost.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use nilometer_block::{BlockError, SpanColumns, SpanDecoder};
use nilometer_model::{Revision, Spans, Tenant};

use crate::buffer::{SpanId, id_of};
use crate::split::Split;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Recalled {
    /// The revision whose splits were asked.
    pub(super) revision: Revision,
    /// Spans of the batch that are in splits.
    pub(super) ids: HashSet<SpanId>,
}

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Recall {}

impl Recall {
    /// The ids of `spans` that are in the tenant's blocks of `splits`.
    pub(super) async fn find(
        &self,
        tenant: &Tenant,
        spans: &Spans,
        splits: &[Arc<Split>],
    ) -> HashSet<SpanId> {
        if splits.is_empty() || spans.is_empty() {
            return HashSet::new();
        }
        let traces: HashSet<[u8; 16]> = spans.trace_id.iter().copied().collect();
        let wanted: Arc<HashSet<SpanId>> =
            Arc::new((0..spans.len()).map(|row| id_of(spans, row)).collect());
        let mut found = HashSet::new();
        for split in splits {
            let blocks: BTreeSet<u32> =
                traces.iter().flat_map(|trace| split.trace_blocks(tenant, *trace)).collect();
            let blocks: Vec<u32> = blocks.into_iter().collect();
            found.extend(ids_in(split, &blocks, &wanted).await);
        }
        found
    }
}

/// Those of `wanted` that are in the split's `blocks`.
async fn ids_in(split: &Split, blocks: &[u32], wanted: &Arc<HashSet<SpanId>>) -> Vec<SpanId> {
    if blocks.is_empty() {
        return Vec::new();
    }
    let id = split.meta().id.0;
    let bytes = match split.read_blocks(blocks).await {
        Ok(bytes) => bytes,
        Err(error) => {
            tracing::error!(%error, split = %id, "spans cannot be compared with those of a split");
            return Vec::new();
        }
    };
    let wanted = Arc::clone(wanted);
    let decode = move || -> Result<Vec<SpanId>, BlockError> {
        let mut decoder = SpanDecoder::default();
        let mut found = Vec::new();
        for block in bytes {
            let columns = SpanColumns::TRACE_ID.with(SpanColumns::SPAN_ID);
            let spans = decoder.decode(&block, columns)?;
            let ids = (0..spans.len()).map(|row| id_of(&spans, row));
            found.extend(ids.filter(|id| wanted.contains(id)));
        }
        Ok(found)
    };
    match tokio::task::spawn_blocking(decode).await {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => {
            tracing::error!(%error, split = %id, "spans cannot be compared with those of a split");
            Vec::new()
        }
        Err(error) => {
            tracing::error!(%error, split = %id, "spans cannot be compared with those of a split");
            Vec::new()
        }
    }
}
