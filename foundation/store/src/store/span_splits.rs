//! The splits of spans of one revision, and what tells quickly which of them a trace is in.
//!
//! Invariant: it never changes; a commit that adds or removes a split of spans makes a new one.

use std::sync::Arc;

use nilometer_model::Tenant;

use super::StoreError;
use super::trace_filter::TraceFilter;
use crate::split::{Split, SplitKind, trace_hash};

/// See the file's head.
#[derive(Debug)]
pub(super) struct SpanSplits {
    splits: Vec<Arc<Split>>,
    filter: TraceFilter,
    /// The traces of a split are not known: every trace may be in it.
    is_open: bool,
}

impl SpanSplits {
    /// Those of `splits` that are of spans.
    pub(super) async fn of(
        splits: impl Iterator<Item = Arc<Split>>,
    ) -> Result<Arc<Self>, StoreError> {
        let of_spans: Vec<_> =
            splits.filter(|split| split.meta().kind == SplitKind::Spans).collect();
        let made = tokio::task::spawn_blocking(move || Self::new(of_spans)).await;
        made.map(Arc::new).map_err(|_| StoreError::Interrupted)
    }

    /// Reads every trace table.
    fn new(splits: Vec<Arc<Split>>) -> Self {
        let traces = splits.iter().filter_map(|split| split.trace_hashes()).map(Iterator::count);
        let mut filter = TraceFilter::sized(traces.sum());
        let mut is_open = false;
        for split in &splits {
            match split.trace_hashes() {
                Some(hashes) => hashes.for_each(|hash| filter.add(hash)),
                None => is_open = true,
            }
        }
        Self { splits, filter, is_open }
    }

    pub(super) fn splits(&self) -> &[Arc<Split>] {
        &self.splits
    }

    /// Whether the trace may be in a split, whoever's.
    pub(super) fn may_have(&self, trace: [u8; 16]) -> bool {
        !self.splits.is_empty() && (self.is_open || self.filter.may_have(trace_hash(trace)))
    }

    /// The tenant's blocks that may hold spans of the trace: place of the split, block.
    pub(super) fn blocks(
        &self,
        tenant: &Tenant,
        trace: [u8; 16],
    ) -> impl Iterator<Item = (usize, u32)> {
        let of_split = move |(at, split): (usize, &Arc<Split>)| {
            split.trace_blocks(tenant, trace).into_iter().map(move |block| (at, block))
        };
        self.splits.iter().enumerate().flat_map(of_split)
    }
}
