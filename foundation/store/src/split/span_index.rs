//! The index of a split of spans: where each trace is, and what the spans of each block are like.
//!
//! ```text
//!   section := facts len u32 | facts: zstd(JSON of Facts) | attributes len u32 | see `attribute_index.rs`
//!              | trace table: see `traces.rs`
//! ```
//! Invariants:
//! - no false negative: a block that holds a wanted span is named;
//! - attributes and the trace table are searched where they lie, never inflated: the table is asked for every trace
//!   that comes in.

use std::io;

use bytes::Bytes;
use nilometer_model::{Names, SpanStatus, Spans};
use serde::{Deserialize, Serialize};

use super::SpanPrune;
use super::attribute_index::{AttributeIndex, AttributeIndexBuilder};
use super::present::{self, Present};
use super::traces::{TraceTable, TraceTableBuilder};
use crate::limits::INDEX_INFLATED_BYTES_MAX;

const ZSTD_LEVEL: i32 = 3;

/// What the spans of all blocks are like.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Facts {
    /// Services and operations; blocks refer to them by number.
    names: Vec<String>,
    blocks: Vec<BlockFacts>,
}

/// What the spans of one block are like.
#[derive(Debug, Serialize, Deserialize)]
struct BlockFacts {
    services: Present,
    operations: Present,
    /// ns.
    duration_min: u64,
    /// ns.
    duration_max: u64,
    /// Spans that failed.
    errors: u32,
}

/// Takes blocks, gives the section.
#[derive(Default)]
pub(super) struct SpanIndexBuilder {
    names: Names,
    blocks: Vec<BlockFacts>,
    attributes: AttributeIndexBuilder,
    traces: TraceTableBuilder,
}

impl SpanIndexBuilder {
    /// Adds the next block.
    pub(super) fn block(&mut self, spans: &Spans) {
        let block = u32::try_from(self.blocks.len()).unwrap_or(u32::MAX);
        self.traces.block(block, &spans.trace_id);
        self.attributes.block(block, &spans.attributes);
        let services = spans.origins.iter().map(|origin| origin.component.as_str());
        let services = Present::new(&mut self.names, services);
        let operations = spans.operations.texts();
        let operations = (0..operations.len()).map(|name| operations.get(name));
        let errors = spans.status.iter().filter(|status| **status == SpanStatus::Error).count();
        self.blocks.push(BlockFacts {
            services,
            operations: Present::new(&mut self.names, operations),
            duration_min: spans.duration.iter().min().copied().unwrap_or_default(),
            duration_max: spans.duration.iter().max().copied().unwrap_or_default(),
            errors: u32::try_from(errors).unwrap_or(u32::MAX),
        });
    }

    /// The section.
    pub(super) fn finish(self) -> io::Result<Vec<u8>> {
        let blocks = u32::try_from(self.blocks.len()).unwrap_or(u32::MAX);
        let facts = Facts { names: present::texts(&self.names), blocks: self.blocks };
        let facts = zstd::bulk::compress(&serde_json::to_vec(&facts)?, ZSTD_LEVEL)?;
        let mut section = Vec::new();
        for part in [facts, self.attributes.finish(blocks)] {
            section.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
            section.extend_from_slice(&part);
        }
        self.traces.put(&mut section);
        Ok(section)
    }
}

/// An index that answers.
pub(super) struct SpanIndex {
    facts: Facts,
    attributes: AttributeIndex,
    traces: TraceTable,
}

impl SpanIndex {
    /// Opens the section; `None` when it is not what a builder made of `blocks` blocks.
    pub(super) fn open(mut section: Bytes, blocks: u32) -> Option<Self> {
        let facts = part(&mut section)?;
        let attributes = AttributeIndex::new(part(&mut section)?, blocks);
        let facts = zstd::bulk::decompress(&facts, INDEX_INFLATED_BYTES_MAX).ok()?;
        let facts: Facts = serde_json::from_slice(&facts).ok()?;
        let names = facts.names.len();
        let whole = facts.blocks.len() == blocks as usize
            && facts.blocks.iter().all(|b| b.services.check(names) && b.operations.check(names));
        let traces = TraceTable::open(section, blocks)?;
        whole.then_some(Self { facts, attributes, traces })
    }

    /// The hashes of all traces.
    pub(super) fn trace_hashes(&self) -> impl Iterator<Item = u32> {
        self.traces.hashes()
    }

    /// The blocks that may hold spans of the trace, rising.
    pub(super) fn of_trace(&self, trace: [u8; 16]) -> impl Iterator<Item = u32> {
        self.traces.blocks(trace)
    }

    /// Per block: whether it may hold a span that meets `prune`.
    pub(super) fn blocks(&self, prune: &SpanPrune) -> Vec<bool> {
        let Facts { names, blocks } = &self.facts;
        let services = prune.services.as_ref().map(|wanted| present::numbers(names, wanted));
        let operation = prune.operation.as_ref().map(|wanted| present::numbers(names, [wanted]));
        let may_meet = |block: &BlockFacts| {
            services.as_ref().is_none_or(|wanted| block.services.may_have(wanted))
                && operation.as_ref().is_none_or(|wanted| block.operations.may_have(wanted))
                && prune.duration_min.is_none_or(|least| block.duration_max >= least)
                && prune.duration_max.is_none_or(|most| block.duration_min <= most)
                && (!prune.errors || block.errors > 0)
        };
        let mut may_meet: Vec<bool> = blocks.iter().map(may_meet).collect();
        prune.attributes.iter().for_each(|any| self.attributes.narrow(any, &mut may_meet));
        may_meet
    }
}

/// Takes the next part, behind its length, from the section.
fn part(section: &mut Bytes) -> Option<Bytes> {
    let len = u32::from_le_bytes(*section.first_chunk()?) as usize;
    let mut rest = section.split_off(size_of::<u32>());
    if len > rest.len() {
        return None;
    }
    *section = rest.split_off(len);
    Some(rest)
}
