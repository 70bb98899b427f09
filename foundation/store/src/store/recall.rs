//! Which spans of a batch are in splits already, found out before the lock is taken.
//!
//! ```text
//!   traces of the batch ──> filter ──> trace tables of the splits ──> blocks ──> ids in them
//!                           (most end here)                                      (the latest are kept)
//! ```
//! Invariants:
//! - what is found holds for the splits of one revision: whoever uses it looks whether it is still that one;
//! - a block that cannot be read says nothing: its spans may then be in twice, but none is lost.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use nilometer_block::{BlockError, SpanColumns, SpanDecoder};
use nilometer_model::{Revision, Spans, Tenant};

use super::span_splits::SpanSplits;
use crate::buffer::{SpanId, id_of};
use crate::limits::RECALLED_BLOCKS_MAX;
use crate::split::{Split, SplitError, SplitId};

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Recalled {
    /// The revision whose splits were asked.
    pub(super) revision: Revision,
    /// Spans of the batch that are in splits.
    pub(super) ids: HashSet<SpanId>,
}

/// The ids in the blocks that were looked into last: the spans of one trace come in several batches.
#[derive(Debug, Default)]
pub(super) struct Recall(Mutex<VecDeque<(BlockId, BlockIds)>>);

type BlockId = (SplitId, u32);
/// Sorted.
type BlockIds = Arc<[SpanId]>;

#[derive(Debug, thiserror::Error)]
enum RecallError {
    #[error(transparent)]
    Split(#[from] SplitError),
    #[error(transparent)]
    Block(#[from] BlockError),
    #[error("the decoding was interrupted")]
    Interrupted,
}

impl Recall {
    /// The ids of `spans` that are in the tenant's blocks.
    pub(super) async fn find(
        &self,
        tenant: &Tenant,
        spans: &Spans,
        known: &SpanSplits,
    ) -> HashSet<SpanId> {
        let mut found = HashSet::new();
        for (at, blocks) in suspects(tenant, spans, known) {
            let split = &known.splits()[at];
            let numbers: Vec<u32> = blocks.keys().copied().collect();
            match self.ids(split, &numbers).await {
                Ok(ids) => {
                    for (ids, suspects) in ids.iter().zip(blocks.into_values()) {
                        let is_in = |id: &SpanId| ids.binary_search(id).is_ok();
                        found.extend(suspects.into_iter().filter(is_in));
                    }
                }
                Err(error) => {
                    let split = split.meta().id.0;
                    tracing::error!(%error, %split, "spans cannot be compared with those of a split");
                }
            }
        }
        found
    }

    /// The ids in each of the split's `blocks`.
    async fn ids(&self, split: &Split, blocks: &[u32]) -> Result<Vec<BlockIds>, RecallError> {
        let id = split.meta().id;
        let mut known: HashMap<u32, BlockIds> = {
            let kept = self.kept();
            let of_split =
                kept.iter().filter(|((of, block), _)| *of == id && blocks.contains(block));
            of_split.map(|((_, block), ids)| (*block, Arc::clone(ids))).collect()
        };
        let unknown: Vec<u32> =
            blocks.iter().copied().filter(|block| !known.contains_key(block)).collect();
        let bytes = split.read_blocks(&unknown).await?;
        let decoded = tokio::task::spawn_blocking(move || decode(&bytes)).await;
        let decoded = decoded.map_err(|_| RecallError::Interrupted)??;
        let mut kept = self.kept();
        for (block, ids) in unknown.into_iter().zip(decoded) {
            kept.push_back(((id, block), Arc::clone(&ids)));
            known.insert(block, ids);
        }
        let excess = kept.len().saturating_sub(RECALLED_BLOCKS_MAX);
        kept.drain(..excess);
        Ok(blocks.iter().filter_map(|block| known.remove(block)).collect())
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<(BlockId, BlockIds)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Spans that may be in splits: per split and block those whose trace may be there.
type Suspects = BTreeMap<usize, BTreeMap<u32, Vec<SpanId>>>;

fn suspects(tenant: &Tenant, spans: &Spans, known: &SpanSplits) -> Suspects {
    let mut by_trace: HashMap<[u8; 16], Vec<SpanId>> = HashMap::new();
    for (row, trace) in spans.trace_id.iter().enumerate() {
        if known.may_have(*trace) {
            by_trace.entry(*trace).or_default().push(id_of(spans, row));
        }
    }
    let mut suspects = Suspects::new();
    for (trace, ids) in &by_trace {
        for (split, block) in known.blocks(tenant, *trace) {
            suspects.entry(split).or_default().entry(block).or_default().extend(ids);
        }
    }
    suspects
}

fn decode(blocks: &[Bytes]) -> Result<Vec<BlockIds>, BlockError> {
    let mut decoder = SpanDecoder::default();
    let mut ids_of = |block: &Bytes| {
        let spans = decoder.decode(block, SpanColumns::TRACE_ID.with(SpanColumns::SPAN_ID))?;
        let mut ids: Vec<SpanId> = (0..spans.len()).map(|row| id_of(&spans, row)).collect();
        ids.sort_unstable();
        Ok(ids.into())
    };
    blocks.iter().map(&mut ids_of).collect()
}
