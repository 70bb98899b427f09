//! All spans of one trace, or of a few.
//!
//! Invariants:
//! - only blocks that may hold one of the traces are read, whatever their times, and a few at a time;
//! - of a block its traces are looked at first, and the rest only when one of those asked for is there;
//! - what cannot be read is left out and counted, as in a scan;
//! - traces are held whole: those that take more memory than a query may are refused.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use nilometer_block::{BlockError, SpanColumns, SpanDecoder};
use nilometer_model::{Spans, Tenant};
use nilometer_store::{Snapshot, Split, SplitError};

use crate::execute::room::{self, Budget, in_turn};
use crate::execute::{QueryError, Stats};
use crate::limits::{PIECE_BLOCKS_MAX, QUERY_MEMORY_BYTES};
use crate::plan::Sight;

/// Traces as they were found.
#[derive(Debug, Default)]
pub(crate) struct TraceRead {
    /// In no order.
    pub(crate) spans: Spans,
    /// Splits that are not, or not wholly, in the answer.
    pub(crate) missing_splits: u32,
    pub(crate) stats: Stats,
}

/// The tenant's spans of the trace, with everything that they say.
///
/// # Errors
/// [`QueryError`] when memory does not suffice or the work was interrupted.
pub(crate) async fn read_trace(
    snapshot: &Snapshot,
    tenant: &Tenant,
    trace_id: [u8; 16],
) -> Result<TraceRead, QueryError> {
    read_traces(snapshot, tenant, &[trace_id], SpanColumns::ALL).await
}

/// These columns of the tenant's spans of the traces.
///
/// # Errors
/// [`QueryError`] when memory does not suffice or the work was interrupted.
pub(crate) async fn read_traces(
    snapshot: &Snapshot,
    tenant: &Tenant,
    trace_ids: &[[u8; 16]],
    columns: SpanColumns,
) -> Result<TraceRead, QueryError> {
    let started = Instant::now();
    let mut read = TraceRead { missing_splits: snapshot.missing_splits, ..TraceRead::default() };
    let sight = Sight::of(tenant, &snapshot.masks);
    let columns = columns.with(SpanColumns::TRACE_ID).with(sight.columns());
    let traces = trace_ids.iter().copied().collect();
    let wanted = Wanted { tenant: tenant.clone(), traces, sight };
    let mut gathering = Gathering::of(wanted, columns);
    for split in &snapshot.span_splits {
        let may_hold: BTreeSet<u32> =
            trace_ids.iter().flat_map(|id| split.trace_blocks(tenant, *id)).collect();
        let may_hold: Vec<u32> = may_hold.into_iter().collect();
        let (mut opened, mut whole) = (false, true);
        for piece in may_hold.chunks(PIECE_BLOCKS_MAX) {
            let blocks = fetch(split, piece).await;
            whole &= blocks.len() == piece.len();
            opened |= !blocks.is_empty();
            read.stats.bytes_read += blocks.iter().map(|block| block.len() as u64).sum::<u64>();
            let decoded;
            (gathering, decoded) = gather(gathering, blocks, &mut read.stats).await?;
            whole &= decoded;
            gathering.fits()?;
        }
        read.stats.splits += u64::from(opened);
        read.missing_splits += u32::from(!whole);
    }
    for chunk in &snapshot.spans {
        read.stats.rows_scanned += chunk.len() as u64;
    }
    let buffer = snapshot.spans.clone();
    let work = move || {
        buffer.iter().try_for_each(|chunk| {
            gathering.copy(chunk);
            gathering.fits()
        })?;
        Ok(gathering.spans)
    };
    read.spans = in_turn(work).await??;
    read.stats.rows_matched = read.spans.len() as u64;
    read.stats.elapsed = started.elapsed();
    Ok(read)
}

/// Those of the blocks that can be read.
async fn fetch(split: &Arc<Split>, blocks: &[u32]) -> Vec<Bytes> {
    let say = |error: &SplitError| tracing::error!(%error, "traces are answered without it");
    match split.read_blocks(blocks).await {
        Ok(bytes) => return bytes,
        Err(error @ SplitError::Fetch { .. }) => {
            say(&error);
            return Vec::new();
        }
        Err(_) => {}
    }
    let mut whole = Vec::new();
    for block in blocks {
        match split.read_blocks(&[*block]).await {
            Ok(bytes) => whole.extend(bytes),
            Err(error) => say(&error),
        }
    }
    whole
}

/// Takes what is wanted from the blocks; says whether all of them could be decoded.
async fn gather(
    mut gathering: Gathering,
    blocks: Vec<Bytes>,
    stats: &mut Stats,
) -> Result<(Gathering, bool), QueryError> {
    let work = move || {
        let (mut rows, mut decoded) = (0, true);
        for block in &blocks {
            match gathering.add(block) {
                Ok(scanned) => rows += scanned,
                Err(error) => {
                    decoded = false;
                    tracing::error!(%error, "a block does not decode; traces are answered without it");
                }
            }
        }
        (gathering, rows, decoded)
    };
    let done = in_turn(work).await?;
    stats.rows_scanned += done.1;
    Ok((done.0, done.2))
}

struct Wanted {
    tenant: Tenant,
    traces: HashSet<[u8; 16]>,
    /// Of the tenant.
    sight: Sight<Spans>,
}

struct Gathering {
    wanted: Wanted,
    columns: SpanColumns,
    decoder: SpanDecoder,
    spans: Spans,
    /// What they take is of it.
    budget: Budget,
}

impl Gathering {
    fn of(wanted: Wanted, columns: SpanColumns) -> Self {
        let (decoder, spans) = (SpanDecoder::default(), Spans::default());
        Self { wanted, columns, decoder, spans, budget: room::budget(QUERY_MEMORY_BYTES) }
    }

    fn fits(&mut self) -> Result<(), QueryError> {
        self.budget.hold(self.spans.memory_bytes())
    }

    fn add(&mut self, block: &[u8]) -> Result<u64, BlockError> {
        let traces = self.decoder.decode(block, SpanColumns::TRACE_ID)?;
        if traces.trace_id.iter().any(|id| self.wanted.traces.contains(id)) {
            let spans = self.decoder.decode(block, self.columns)?;
            self.copy(&spans);
        }
        Ok(traces.len() as u64)
    }

    /// Whose a span is, its split or the buffer says; here it is asked of the span itself.
    fn copy(&mut self, from: &Spans) {
        let Wanted { tenant, traces, sight } = &self.wanted;
        let seen = sight.among(from);
        let is_wanted = |row: &usize| {
            traces.contains(&from.trace_id[*row])
                && seen.as_ref().is_none_or(|seen| seen.contains(*row))
                && from.origins[from.origin[*row] as usize].tenant == tenant.name()
        };
        let rows: Vec<usize> = (0..from.len()).filter(is_wanted).collect();
        rows.into_iter().for_each(|row| self.spans.push(from.row(row)));
    }
}

#[cfg(test)]
mod tests {
    use nilometer_model::{Origin, SpanKind, SpanRef, SpanStatus, Timestamp};

    use super::*;

    #[test]
    fn a_trace_may_take_so_much_memory_and_not_a_byte_more() {
        let mut spans = Spans::default();
        spans.push(SpanRef {
            origin: &Arc::new(Origin::default()),
            operation: "GET /",
            trace_id: [1; 16],
            span_id: [2; 8],
            parent_id: None,
            start: Timestamp(0),
            duration: 1,
            kind: SpanKind::Server,
            status: SpanStatus::Unset,
            status_message: "",
            attributes: "",
            events: "",
            links: "",
            position: 1,
            received: Timestamp(0),
        });
        let (tenant, traces) = (Tenant::default(), HashSet::new());
        let wanted = Wanted { sight: Sight::of(&tenant, &[]), tenant, traces };
        let bytes = spans.memory_bytes();
        let gathered = Gathering { spans, ..Gathering::of(wanted, SpanColumns::ALL) };
        let mut gathered = Gathering { budget: room::budget(bytes), ..gathered };
        assert!(gathered.fits().is_ok());
        gathered.budget = room::budget(bytes - 1);
        assert!(matches!(gathered.fits(), Err(QueryError::OverLimit { .. })));
    }
}
