//! The index of a split of samples: what the samples of each block are about.
//!
//! ```text
//!   section := zstd(JSON of Facts)
//! ```
//! Invariant: no false negative: a block that holds a wanted sample is named.

use std::io;

use nilometer_model::{Names, Samples};
use serde::{Deserialize, Serialize};

use super::SamplePrune;
use super::present::{self, Present};
use crate::limits::INDEX_INFLATED_BYTES_MAX;

const ZSTD_LEVEL: i32 = 3;

/// What the samples of all blocks are about.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Facts {
    /// Names of all kinds; blocks refer to them by number.
    names: Vec<String>,
    blocks: Vec<BlockFacts>,
}

/// What the samples of one block are about.
#[derive(Debug, Serialize, Deserialize)]
struct BlockFacts {
    names: Present,
    components: Present,
    nodes: Present,
}

/// Takes blocks, gives the section.
#[derive(Default)]
pub(super) struct SampleIndexBuilder {
    names: Names,
    blocks: Vec<BlockFacts>,
}

impl SampleIndexBuilder {
    /// Adds the next block.
    pub(super) fn block(&mut self, samples: &Samples) {
        let known = &mut self.names;
        // Units are among the names; one more name rules nothing out.
        let names = samples.names.texts();
        let names = Present::new(known, (0..names.len()).map(|name| names.get(name)));
        let origins = samples.origins.iter();
        let components = Present::new(known, origins.clone().map(|o| o.component.as_str()));
        let nodes = Present::new(known, origins.map(|o| o.node.as_str()));
        self.blocks.push(BlockFacts { names, components, nodes });
    }

    /// The section.
    pub(super) fn finish(self) -> io::Result<Vec<u8>> {
        let facts = Facts { names: present::texts(&self.names), blocks: self.blocks };
        zstd::bulk::compress(&serde_json::to_vec(&facts)?, ZSTD_LEVEL)
    }
}

/// An index that answers.
pub(super) struct SampleIndex(Facts);

impl SampleIndex {
    /// Opens the section; `None` when it is not what a builder made of `blocks` blocks.
    pub(super) fn open(section: &[u8], blocks: u32) -> Option<Self> {
        let facts = zstd::bulk::decompress(section, INDEX_INFLATED_BYTES_MAX).ok()?;
        let facts: Facts = serde_json::from_slice(&facts).ok()?;
        let names = facts.names.len();
        let whole = facts.blocks.len() == blocks as usize
            && facts.blocks.iter().all(|block| {
                [&block.names, &block.components, &block.nodes]
                    .iter()
                    .all(|present| present.check(names))
            });
        whole.then_some(Self(facts))
    }

    /// Per block: whether it may hold a sample that meets `prune`.
    pub(super) fn blocks(&self, prune: &SamplePrune) -> Vec<bool> {
        let Facts { names, blocks } = &self.0;
        let wanted = prune.names.as_ref().map(|wanted| present::numbers(names, wanted));
        let component = prune.component.as_ref().map(|wanted| present::numbers(names, [wanted]));
        let node = prune.node.as_ref().map(|wanted| present::numbers(names, [wanted]));
        let may_meet = |block: &BlockFacts| {
            wanted.as_ref().is_none_or(|wanted| block.names.may_have(wanted))
                && component.as_ref().is_none_or(|wanted| block.components.may_have(wanted))
                && node.as_ref().is_none_or(|wanted| block.nodes.may_have(wanted))
        };
        blocks.iter().map(may_meet).collect()
    }
}
