//! Chunks of records to the bytes of a split: sort by reference, then copy and encode block by block.

use std::sync::Arc;

use bytes::Bytes;
use nilometer_block::Encoder;
use nilometer_model::Rows;
use nilometer_model::limits::{BATCH_TEXT_BYTES_MAX, BLOCK_ROWS_MAX};

use super::build::{Building, Held, ZSTD_LEVEL};
use super::index::IndexBuilder;
use super::ranks::Ranks;
use super::{SplitError, SplitId, SplitKind, SplitMeta, SplitOrigin};

/// A block ends where the tenant changes, and one that has as many rows where the component does.
const BLOCK_ROWS_CUT: usize = 128;

/// Builds a split of all rows of `chunks`.
///
/// # Errors
/// [`SplitError::Empty`] without rows; [`SplitError::Build`] when memory is short or counts disagree.
pub fn build(
    id: SplitId,
    chunks: &[Arc<Rows>],
    origin: SplitOrigin,
) -> Result<(SplitMeta, Bytes), SplitError> {
    let rows: usize = chunks.iter().map(|chunk| chunk.len()).sum();
    if rows == 0 {
        return Err(SplitError::Empty { id });
    }
    let sorted = Sorted::new(chunks);
    let no_memory = |_| SplitError::Build { id, what: "zstd has no memory" };
    let mut encoder = Encoder::new(ZSTD_LEVEL).map_err(no_memory)?;
    let no_index = |source| SplitError::Index { id, source };
    let mut index = IndexBuilder::new().map_err(no_index)?;
    let mut building = Building::new(id, SplitKind::Logs, origin);
    let mut put = |block: Rows| -> Result<(), SplitError> {
        let bytes = encoder.encode(&block).map_err(no_memory)?;
        building.block(&bytes, &Held::from(&block));
        index.block(&block).map_err(no_index)
    };
    let mut block = Rows::default();
    for (place, &key) in sorted.keys.iter().enumerate() {
        if sorted.cut_before(place, &block) {
            put(std::mem::take(&mut block))?;
        }
        let mut row = chunks[key.chunk as usize].row(key.row as usize);
        row.origin = sorted.ranks.origin(key.rank);
        block.push(row);
    }
    put(block)?;
    building.finish(rows, &index.finish().map_err(no_index)?)
}

/// Where a row goes; fields in the order of comparison.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// Its origin's place among the sorted ones.
    rank: u32,
    time: i64,
    position: u64,
    chunk: u32,
    row: u32,
}

/// All rows in the split's order, by reference, and each origin once.
struct Sorted {
    ranks: Ranks,
    keys: Vec<Key>,
}

impl Sorted {
    fn new(chunks: &[Arc<Rows>]) -> Self {
        let origins = || chunks.iter().map(|chunk| chunk.origins.as_slice());
        let ranks = Ranks::new(origins());
        let mut keys = Vec::with_capacity(chunks.iter().map(|chunk| chunk.len()).sum());
        for ((chunk, rows), of_chunk) in (0_u32..).zip(chunks).zip(ranks.of(origins())) {
            let columns = rows.origin.iter().zip(&rows.time).zip(&rows.position);
            keys.extend((0_u32..).zip(columns).map(|(row, ((origin, time), position))| Key {
                rank: of_chunk[*origin as usize],
                time: *time,
                position: *position,
                chunk,
                row,
            }));
        }
        keys.sort_unstable();
        Self { ranks, keys }
    }

    /// Whether the row at `place` begins a new block after `block`.
    fn cut_before(&self, place: usize, block: &Rows) -> bool {
        let text = block.message.text().len() + block.attributes.text().len();
        if block.len() >= BLOCK_ROWS_MAX || text >= BATCH_TEXT_BYTES_MAX {
            return true;
        }
        if place == 0 {
            return false;
        }
        let origin = |place: usize| self.ranks.origin(self.keys[place].rank);
        let (before, next) = (origin(place - 1), origin(place));
        before.tenant != next.tenant
            || (block.len() >= BLOCK_ROWS_CUT && before.component != next.component)
    }
}
