//! Chunks of rows to the bytes of a split: sort by reference, then copy and encode block by block.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use nilometer_block::Encoder;
use nilometer_model::limits::{BATCH_TEXT_BYTES_MAX, BLOCK_ROWS_MAX};
use nilometer_model::{Count, Origin, Rows, Timestamp};

use super::directory::{BlockEntry, bounds};
use super::index::IndexBuilder;
use super::{FORMAT, MAGIC, SplitError, SplitId, SplitMeta, SplitOrigin, TAIL_BYTES};

/// A block ends where the tenant changes, and one that has as many rows where the component does.
const BLOCK_ROWS_CUT: usize = 128;
/// Fast: every row passes here once.
const ZSTD_LEVEL: i32 = 1;

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
    let mut building = Building::new(id, origin);
    let mut block = Rows::default();
    for (place, &key) in sorted.keys.iter().enumerate() {
        if sorted.cut_before(place, &block) {
            building.block(&block, &mut encoder).map_err(no_memory)?;
            index.block(&block).map_err(no_index)?;
            block = Rows::default();
        }
        let mut row = chunks[key.chunk as usize].row(key.row as usize);
        row.origin = &sorted.origins[key.rank as usize];
        block.push(row);
    }
    building.block(&block, &mut encoder).map_err(no_memory)?;
    index.block(&block).map_err(no_index)?;
    if building.meta.rows != rows as u64 {
        return Err(SplitError::Build { id, what: "rows encoded are not the rows given" });
    }
    building.finish(&index.finish().map_err(no_index)?)
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
    origins: Vec<Arc<Origin>>,
    keys: Vec<Key>,
}

impl Sorted {
    fn new(chunks: &[Arc<Rows>]) -> Self {
        let mut origins: Vec<_> =
            chunks.iter().flat_map(|chunk| chunk.origins.iter().map(Arc::clone)).collect();
        origins.sort();
        origins.dedup();
        let ranks: HashMap<_, _> = origins.iter().zip(0_u32..).collect();
        let mut keys = Vec::with_capacity(chunks.iter().map(|chunk| chunk.len()).sum());
        for (chunk, rows) in (0_u32..).zip(chunks) {
            let of_chunk: Vec<u32> = rows.origins.iter().map(|origin| ranks[origin]).collect();
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
        Self { origins, keys }
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
        let origin = |place: usize| &self.origins[self.keys[place].rank as usize];
        let (before, next) = (origin(place - 1), origin(place));
        before.tenant != next.tenant
            || (block.len() >= BLOCK_ROWS_CUT && before.component != next.component)
    }
}

/// The object so far.
struct Building {
    meta: SplitMeta,
    out: Vec<u8>,
    directory: Vec<u8>,
}

impl Building {
    fn new(id: SplitId, origin: SplitOrigin) -> Self {
        let SplitOrigin { log, log_from, log_to, revision } = origin;
        let meta =
            SplitMeta { id, log, log_from, log_to, revision, format: FORMAT, ..Default::default() };
        Self { meta, out: Vec::new(), directory: Vec::new() }
    }

    fn block(&mut self, rows: &Rows, encoder: &mut Encoder) -> std::io::Result<()> {
        let bytes = encoder.encode(rows)?;
        let entry = BlockEntry::new(self.out.len(), &bytes, rows);
        entry.put(&mut self.directory);
        self.out.extend_from_slice(&bytes);
        self.count(rows, &entry);
        Ok(())
    }

    fn count(&mut self, rows: &Rows, entry: &BlockEntry) {
        let (received_first, received_last) = bounds(&rows.received);
        let meta = &mut self.meta;
        let first = meta.blocks == 0;
        let lower = |known: &mut Timestamp, new: Timestamp| {
            *known = if first { new } else { new.min(*known) }
        };
        lower(&mut meta.time_first, entry.time_first);
        lower(&mut meta.order_first, entry.order_first);
        lower(&mut meta.received_first, received_first);
        let raise = |known: &mut Timestamp, new: Timestamp| {
            *known = if first { new } else { new.max(*known) }
        };
        raise(&mut meta.time_last, entry.time_last);
        raise(&mut meta.order_last, entry.order_last);
        raise(&mut meta.received_last, received_last);
        if let Some(origin) = rows.origins.first() {
            let blocks = meta.tenants.entry(origin.tenant.clone());
            blocks.or_insert(meta.blocks..meta.blocks).end += 1;
        }
        meta.blocks += 1;
        meta.rows += rows.len() as u64;
        for (origin, bytes) in rows.origin.iter().zip(&rows.bytes) {
            let source = rows.origins[*origin as usize].source;
            *meta.sources.entry(source).or_default() += Count::one(u64::from(*bytes));
        }
    }

    fn finish(mut self, index: &[u8]) -> Result<(SplitMeta, Bytes), SplitError> {
        let id = self.meta.id;
        let footer = serde_json::to_vec(&self.meta)
            .map_err(|_| SplitError::Build { id, what: "the footer does not encode" })?;
        self.out.reserve(self.directory.len() + index.len() + footer.len() + TAIL_BYTES);
        let mut tail = Vec::with_capacity(TAIL_BYTES);
        for section in [self.directory.as_slice(), index, &footer] {
            let len = u32::try_from(section.len())
                .map_err(|_| SplitError::Build { id, what: "more than 4 GiB of one section" })?;
            tail.extend_from_slice(&len.to_le_bytes());
            tail.extend_from_slice(&crc32c::crc32c(section).to_le_bytes());
            self.out.extend_from_slice(section);
        }
        tail.extend_from_slice(&FORMAT.to_le_bytes());
        tail.extend_from_slice(MAGIC);
        self.out.extend_from_slice(&tail);
        self.meta.bytes = self.out.len() as u64;
        Ok((self.meta, self.out.into()))
    }
}
