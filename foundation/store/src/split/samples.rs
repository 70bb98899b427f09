//! Chunks of samples to the bytes of a split: series by series, each in the order of time.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use nilometer_block::encode_samples;
use nilometer_model::Samples;
use nilometer_model::limits::{BATCH_TEXT_BYTES_MAX, BLOCK_SAMPLES_MAX};

use super::build::{Building, Held, zstd_level};
use super::ranks::Ranks;
use super::sample_index::SampleIndexBuilder;
use super::{SplitError, SplitId, SplitKind, SplitMeta, SplitOrigin};

/// Builds a split of all samples of `chunks`.
///
/// # Errors
/// [`SplitError::Empty`] without samples; [`SplitError::Build`] when memory is short or counts disagree.
pub fn build_samples(
    id: SplitId,
    chunks: &[Arc<Samples>],
    origin: SplitOrigin,
) -> Result<(SplitMeta, Bytes), SplitError> {
    let sorted = Sorted::new(chunks);
    if sorted.keys.is_empty() {
        return Err(SplitError::Empty { id });
    }
    let level = zstd_level(&origin);
    let mut building = Building::new(id, SplitKind::Samples, origin);
    let mut index = SampleIndexBuilder::default();
    let mut put = |block: &Samples| {
        building.block(&encode_samples(block, level), &Held::from(block));
        index.block(block);
    };
    let mut block = Samples::default();
    for (place, key) in sorted.keys.iter().enumerate() {
        if sorted.cut_before(place, &block) {
            put(&std::mem::take(&mut block));
        }
        let mut sample = chunks[key.chunk as usize].row(key.row as usize);
        sample.origin = sorted.ranks.origin(key.rank);
        block.push(sample);
    }
    put(&block);
    let no_index = |_| SplitError::Build { id, what: "the index does not encode" };
    building.finish(sorted.keys.len(), &index.finish().map_err(no_index)?)
}

/// Where a sample goes; fields in the order of comparison.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a> {
    /// Its origin's place among the sorted ones.
    rank: u32,
    /// Its name's place among the sorted ones.
    name: u32,
    attributes: &'a str,
    time: i64,
    position: u64,
    chunk: u32,
    row: u32,
}

/// All samples in the split's order, by reference.
struct Sorted<'a> {
    ranks: Ranks,
    keys: Vec<Key<'a>>,
}

impl<'a> Sorted<'a> {
    fn new(chunks: &'a [Arc<Samples>]) -> Self {
        let origins = || chunks.iter().map(|chunk| &*chunk.origins);
        let ranks = Ranks::new(origins());
        let texts = |samples: &'a Samples| {
            let texts = samples.names.texts();
            (0..texts.len()).map(|name| texts.get(name))
        };
        let names: BTreeSet<&str> = chunks.iter().flat_map(|chunk| texts(chunk)).collect();
        let names: HashMap<&str, u32> = names.into_iter().zip(0_u32..).collect();
        let mut keys = Vec::with_capacity(chunks.iter().map(|chunk| chunk.len()).sum());
        for ((chunk, samples), of_chunk) in (0_u32..).zip(chunks).zip(ranks.of(origins())) {
            let names: Vec<u32> = texts(samples).map(|name| names[name]).collect();
            keys.extend((0..samples.len()).zip(0_u32..).map(|(at, row)| Key {
                rank: of_chunk[samples.origin[at] as usize],
                name: names[samples.name[at] as usize],
                attributes: samples.attributes.get(at),
                time: samples.time[at],
                position: samples.position[at],
                chunk,
                row,
            }));
        }
        keys.sort_unstable();
        Self { ranks, keys }
    }

    /// Whether the sample at `place` begins a new block after `block`.
    fn cut_before(&self, place: usize, block: &Samples) -> bool {
        let tenant = |place: usize| self.ranks.tenant(self.keys[place].rank);
        block.len() >= BLOCK_SAMPLES_MAX
            || block.attributes.text().len() >= BATCH_TEXT_BYTES_MAX
            || (place > 0 && tenant(place - 1) != tenant(place))
    }
}
