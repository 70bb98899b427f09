//! Chunks of spans to the bytes of a split: traces by their first start, each trace's spans together.
//!
//! ```text
//!   tenant | trace trace trace | trace trace | trace ........... | tenant | trace ...
//!          └──── block ────────┴── block ────┴─ more than one ───┘        └ block
//! ```
//! Invariants:
//! - within a tenant spans lie in the order of [`Spans::by_trace`];
//! - a trace that fits into one block stands in one: what does not fit behind the block at hand begins a new
//!   one.

use std::sync::Arc;

use bytes::Bytes;
use nilometer_block::SpanEncoder;
use nilometer_model::Spans;
use nilometer_model::limits::{BATCH_TEXT_BYTES_MAX, BLOCK_SPANS_MAX};

use super::build::{Building, Held, zstd_level};
use super::ranks::Ranks;
use super::span_index::SpanIndexBuilder;
use super::{SplitError, SplitId, SplitKind, SplitMeta, SplitOrigin};

/// Builds a split of all spans of `chunks`.
///
/// # Errors
/// [`SplitError::Empty`] without spans; [`SplitError::Build`] when memory is short or counts disagree.
pub fn build_spans(
    id: SplitId,
    chunks: &[Arc<Spans>],
    origin: SplitOrigin,
) -> Result<(SplitMeta, Bytes), SplitError> {
    let sorted = Sorted::new(chunks);
    if sorted.keys.is_empty() {
        return Err(SplitError::Empty { id });
    }
    let no_memory = |_| SplitError::Build { id, what: "zstd has no memory" };
    let mut encoder = SpanEncoder::new(zstd_level(&origin)).map_err(no_memory)?;
    let mut building = Building::new(id, SplitKind::Spans, origin);
    let mut index = SpanIndexBuilder::default();
    for keys in sorted.blocks(chunks) {
        let mut block = Spans::default();
        for key in keys {
            let mut span = chunks[key.chunk as usize].row(key.row as usize);
            span.origin = sorted.ranks.origin(key.rank);
            block.push(span);
        }
        building.block(&encoder.encode(&block).map_err(no_memory)?, &Held::from(&block));
        index.block(&block);
    }
    let no_index = |_| SplitError::Build { id, what: "the index does not encode" };
    building.finish(sorted.keys.len(), &index.finish().map_err(no_index)?)
}

/// Where a span goes; fields in the order of comparison.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    tenant: u32,
    trace: u128,
    start: i64,
    chunk: u32,
    row: u32,
    /// Its origin's place among the sorted ones.
    rank: u32,
}

/// All spans in the split's order, by reference.
struct Sorted {
    ranks: Ranks,
    keys: Vec<Key>,
    /// How many spans each trace has, in the same order.
    traces: Vec<usize>,
}

impl Sorted {
    fn new(chunks: &[Arc<Spans>]) -> Self {
        let origins = || chunks.iter().map(|chunk| &*chunk.origins);
        let ranks = Ranks::new(origins());
        let mut keys = Vec::with_capacity(chunks.iter().map(|chunk| chunk.len()).sum());
        for ((chunk, spans), of_chunk) in (0_u32..).zip(chunks).zip(ranks.of(origins())) {
            let columns = spans.origin.iter().zip(&spans.trace_id).zip(&spans.start);
            keys.extend((0_u32..).zip(columns).map(|(row, ((origin, trace), start))| {
                let rank = of_chunk[*origin as usize];
                let (tenant, trace) = (ranks.tenant(rank), u128::from_be_bytes(*trace));
                Key { tenant, trace, start: *start, chunk, row, rank }
            }));
        }
        keys.sort_unstable();
        let same = |a: &Key, b: &Key| (a.tenant, a.trace) == (b.tenant, b.trace);
        let mut traces: Vec<&[Key]> = keys.chunk_by(same).collect();
        traces.sort_by_key(|trace| (trace[0].tenant, trace[0].start));
        let lens = traces.iter().map(|trace| trace.len()).collect();
        let keys = traces.concat();
        Self { ranks, keys, traces: lens }
    }

    /// The spans of each block.
    fn blocks<'a>(&'a self, chunks: &[Arc<Spans>]) -> Vec<&'a [Key]> {
        let mut blocks = Vec::new();
        let (mut first, mut at, mut text) = (0, 0, 0);
        for len in &self.traces {
            let trace = &self.keys[at..at + len];
            let trace_text: usize = trace.iter().map(|key| text_bytes(chunks, key)).sum();
            let is_other_tenant = self.keys[first].tenant != trace[0].tenant;
            let is_full =
                at - first + len > BLOCK_SPANS_MAX || text + trace_text > BATCH_TEXT_BYTES_MAX;
            if at > first && (is_other_tenant || is_full) {
                blocks.push(&self.keys[first..at]);
                (first, text) = (at, 0);
            }
            for key in trace {
                if at - first >= BLOCK_SPANS_MAX || text >= BATCH_TEXT_BYTES_MAX {
                    blocks.push(&self.keys[first..at]);
                    (first, text) = (at, 0);
                }
                text += text_bytes(chunks, key);
                at += 1;
            }
        }
        blocks.push(&self.keys[first..]);
        blocks
    }
}

fn text_bytes(chunks: &[Arc<Spans>], key: &Key) -> usize {
    let (spans, row) = (&chunks[key.chunk as usize], key.row as usize);
    let texts = [&spans.status_message, &spans.attributes, &spans.events, &spans.links];
    texts.iter().map(|column| column.bytes(row)).sum()
}
