//! All spans of one trace.
//!
//! Invariants:
//! - only blocks that may hold the trace are read, whatever their times;
//! - of a block its traces are looked at first, and the rest only when the trace is there;
//! - what cannot be read is left out and counted, as in a scan.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use nilometer_block::{BlockError, SpanColumns, SpanDecoder};
use nilometer_model::{Spans, Tenant};
use nilometer_store::{Snapshot, SplitError};

use crate::execute::{QueryError, Stats};

/// A trace as it was found.
#[derive(Debug, Default)]
pub(crate) struct TraceRead {
    /// In no order.
    pub(crate) spans: Spans,
    /// Splits that are not, or not wholly, in the answer.
    pub(crate) missing_splits: u32,
    pub(crate) stats: Stats,
}

/// The tenant's spans of the trace.
///
/// # Errors
/// [`QueryError`] when the work was interrupted.
pub(crate) async fn read_trace(
    snapshot: &Snapshot,
    tenant: &Tenant,
    trace_id: [u8; 16],
) -> Result<TraceRead, QueryError> {
    let started = Instant::now();
    let mut read = TraceRead { missing_splits: snapshot.missing_splits, ..TraceRead::default() };
    let mut blocks = Vec::new();
    for split in &snapshot.span_splits {
        let may_hold = split.trace_blocks(tenant, trace_id);
        if may_hold.is_empty() {
            continue;
        }
        match split.read_blocks(&may_hold).await {
            Ok(bytes) => {
                read.stats.splits += 1;
                read.stats.bytes_read += bytes.iter().map(|block| block.len() as u64).sum::<u64>();
                blocks.push(bytes);
            }
            Err(error) => {
                read.missing_splits += 1;
                say_missing(&error);
            }
        }
    }
    let (buffer, owner) = (snapshot.spans.clone(), tenant.clone());
    let work = move || gather(&blocks, &buffer, &owner, trace_id);
    let gathered = tokio::task::spawn_blocking(work).await.map_err(|_| QueryError::Stopped)?;
    read.spans = gathered.spans;
    read.missing_splits += gathered.damaged_splits;
    read.stats.rows_scanned = gathered.rows_scanned;
    read.stats.rows_matched = read.spans.len() as u64;
    read.stats.elapsed = started.elapsed();
    Ok(read)
}

fn say_missing(error: &SplitError) {
    tracing::error!(%error, "a part of a split cannot be read; the trace is answered without it");
}

#[derive(Default)]
struct Gathered {
    spans: Spans,
    damaged_splits: u32,
    rows_scanned: u64,
}

/// What is the trace's, from the blocks of each split and from the buffer.
fn gather(
    splits: &[Vec<Bytes>],
    buffer: &[Arc<Spans>],
    tenant: &Tenant,
    trace_id: [u8; 16],
) -> Gathered {
    let mut gathered = Gathered::default();
    let mut decoder = SpanDecoder::default();
    for blocks in splits {
        let results = blocks.iter().map(|block| gathered.add(block, &mut decoder, trace_id));
        // Every block is tried.
        let errors: Vec<BlockError> = results.filter_map(Result::err).collect();
        if let Some(error) = errors.first() {
            gathered.damaged_splits += 1;
            tracing::error!(%error, "a block does not decode; the trace is answered without it");
        }
    }
    for spans in buffer {
        gathered.rows_scanned += spans.len() as u64;
        copy(spans, trace_id, &mut gathered.spans);
    }
    // Whose a block is, its split says; this is the proof.
    let own = |span: &u32| gathered.spans.row(*span as usize).origin.tenant == tenant.name();
    let rows: Vec<u32> = (0..).take(gathered.spans.len()).collect();
    if !rows.iter().all(own) {
        let own: Vec<u32> = rows.into_iter().filter(own).collect();
        gathered.spans = gathered.spans.pick(&own);
    }
    gathered
}

impl Gathered {
    fn add(
        &mut self,
        block: &[u8],
        decoder: &mut SpanDecoder,
        trace_id: [u8; 16],
    ) -> Result<(), BlockError> {
        let traces = decoder.decode(block, SpanColumns::TRACE_ID)?;
        self.rows_scanned += traces.len() as u64;
        if traces.trace_id.contains(&trace_id) {
            copy(&decoder.decode(block, SpanColumns::ALL)?, trace_id, &mut self.spans);
        }
        Ok(())
    }
}

fn copy(from: &Spans, trace_id: [u8; 16], to: &mut Spans) {
    let rows = (0..from.len()).filter(|row| from.trace_id[*row] == trace_id);
    rows.for_each(|row| to.push(from.row(row)));
}
