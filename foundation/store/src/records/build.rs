//! Chunks of records to a split: sort by reference, cut into blocks, encode each, then what they have in common.
//!
//! Invariants:
//! - rows lie in the order of `RowRef::compare_in_split`; a block is one tenant's, and as a rule one component's;
//! - the same chunks, id and origin give the same blocks (tantivy draws a name of its own per index);
//! - a builder keeps its memory from split to split: fresh pages cost a tenth of a seal.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use nilometer_block::origins;
use nilometer_model::limits::{BATCH_TEXT_BYTES_MAX, BLOCK_ROWS_MAX};
use nilometer_model::{Origin, Rows};

use super::counts::{self, Lists};
use super::directory::BlockPlace;
use super::encode::{BlockEncoder, EncodeError, Tables, Whose};
use super::frames::Packer;
use super::object::{self, FORMAT};
use super::{rollups, terms};
use crate::split::{Held, Ranks, SplitError, SplitId, SplitKind, SplitMeta, SplitOrigin, bounds};

/// A block ends where the tenant changes, and one that has as many rows where the component does.
const BLOCK_ROWS_CUT: usize = 128;
/// For what stands once in a split.
const SECTION_ZSTD_LEVEL: i32 = 3;

/// Builds splits of records, one after the other.
pub struct Builder {
    encoder: BlockEncoder,
    sections: Packer,
    tables: Tables,
    keys: Vec<Key>,
    block: Rows,
    /// Per row of the block, its stream.
    streams: Vec<u32>,
    directory: Vec<u8>,
    out: Vec<u8>,
}

/// A row, by reference, and what it is sorted by within its stream.
#[derive(Debug, Clone, Copy, Default)]
struct Key {
    time: i64,
    position: u64,
    chunk: u32,
    row: u32,
}

/// The split being made.
struct Split<'a> {
    id: SplitId,
    chunks: &'a [Arc<Rows>],
    ranks: Ranks,
    /// Per stream, where its rows end among the keys.
    ends: Vec<usize>,
    services: Vec<u32>,
    meta: SplitMeta,
}

impl Builder {
    /// A builder that has built nothing yet.
    ///
    /// # Errors
    /// When zstd has no memory.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            encoder: BlockEncoder::new()?,
            sections: Packer::new(SECTION_ZSTD_LEVEL)?,
            tables: Tables::default(),
            keys: Vec::new(),
            block: Rows::default(),
            streams: Vec::new(),
            directory: Vec::new(),
            out: Vec::new(),
        })
    }

    /// Builds a split of all rows of `chunks`.
    ///
    /// # Errors
    /// [`SplitError::Empty`] without rows; [`SplitError::Build`] when memory is short, or when what would be
    /// stored is not what was given.
    pub fn build(
        &mut self,
        id: SplitId,
        chunks: &[Arc<Rows>],
        origin: SplitOrigin,
    ) -> Result<(SplitMeta, Bytes), SplitError> {
        let rows: usize = chunks.iter().map(|chunk| chunk.len()).sum();
        if rows == 0 {
            return Err(SplitError::Empty { id });
        }
        self.tables.clear();
        self.block.clear();
        self.streams.clear();
        self.directory.clear();
        self.out.clear();
        let mut split = self.sort(id, chunks, origin);
        self.put_blocks(&mut split)?;
        if split.meta.rows != rows as u64 {
            return Err(SplitError::Build { id, what: "rows encoded are not the rows given" });
        }
        self.finish(split)
    }

    /// Brings the rows of each stream together, then each stream into the order of time.
    fn sort<'a>(&mut self, id: SplitId, chunks: &'a [Arc<Rows>], origin: SplitOrigin) -> Split<'a> {
        let origins = || chunks.iter().map(|chunk| chunk.origins.as_slice());
        let ranks = Ranks::new(origins());
        let of_chunks = ranks.of(origins());
        let mut ends = vec![0_usize; ranks.origins.len()];
        for (chunk, ranks) in chunks.iter().zip(&of_chunks) {
            chunk.origin.iter().for_each(|origin| ends[ranks[*origin as usize] as usize] += 1);
        }
        let mut start = 0;
        for end in &mut ends {
            start += std::mem::replace(end, start);
        }
        self.keys.clear();
        self.keys.resize(start, Key::default());
        for ((number, chunk), ranks) in (0_u32..).zip(chunks).zip(&of_chunks) {
            for (row, origin) in (0_u32..).zip(&chunk.origin) {
                let end = &mut ends[ranks[*origin as usize] as usize];
                let (time, position) = (chunk.time[row as usize], chunk.position[row as usize]);
                self.keys[*end] = Key { time, position, chunk: number, row };
                *end += 1;
            }
        }
        let mut start = 0;
        for end in &ends {
            self.keys[start..*end].sort_by_key(|key| (key.time, key.position));
            start = *end;
        }
        let SplitOrigin { log, log_from, log_to, revision } = origin;
        let (kind, format) = (SplitKind::Logs, FORMAT);
        let meta =
            SplitMeta { id, kind, log, log_from, log_to, revision, format, ..Default::default() };
        let services = rollups::services(&ranks.origins);
        Split { id, chunks, ranks, ends, services, meta }
    }

    fn put_blocks(&mut self, split: &mut Split<'_>) -> Result<(), SplitError> {
        let keys = std::mem::take(&mut self.keys);
        let (mut start, mut before) = (0, None::<Arc<Origin>>);
        for stream in 0..split.ends.len() {
            let origin = Arc::clone(&split.ranks.origins[stream]);
            if before.is_some_and(|before| self.is_cut(&before, &origin)) {
                self.end_block(split)?;
            }
            let mut left = &keys[start..split.ends[stream]];
            while !left.is_empty() {
                if self.is_full() {
                    self.end_block(split)?;
                }
                left = self.gather(split.chunks, &origin, left);
                self.streams.resize(self.block.len(), u32::try_from(stream).unwrap_or(u32::MAX));
            }
            (start, before) = (split.ends[stream], Some(origin));
        }
        self.keys = keys;
        self.end_block(split)
    }

    /// Appends rows of the origin to the block as far as there is room, at least one; gives those that are left.
    /// Column by column: the rows lie far apart, and so many of them are fetched at once.
    fn gather<'a>(
        &mut self,
        chunks: &[Arc<Rows>],
        origin: &Arc<Origin>,
        keys: &'a [Key],
    ) -> &'a [Key] {
        let block = &mut self.block;
        let room = BLOCK_ROWS_MAX - block.len();
        let from = |key: &Key| (&*chunks[key.chunk as usize], key.row as usize);
        let mut taken = 0;
        for key in keys.iter().take(room) {
            let (chunk, row) = from(key);
            block.message.push(chunk.message.get(row));
            block.attributes.push(chunk.attributes.get(row));
            taken += 1;
            if block.message.text().len() + block.attributes.text().len() >= BATCH_TEXT_BYTES_MAX {
                break;
            }
        }
        let (keys, left) = keys.split_at(taken);
        let before = block.len();
        let index = block.origin_index(origin);
        block.origin.resize(before + taken, index);
        block.time.extend(keys.iter().map(|key| key.time));
        block.position.extend(keys.iter().map(|key| key.position));
        let rows = || keys.iter().map(from);
        block.order_time.extend(rows().map(|(chunk, row)| chunk.order_time[row]));
        block.bytes.extend(rows().map(|(chunk, row)| chunk.bytes[row]));
        block.received.extend(rows().map(|(chunk, row)| chunk.received[row]));
        block.severity.extend(rows().map(|(chunk, row)| chunk.severity[row]));
        let traces = rows().map(|(chunk, row)| chunk.trace_id.get(row).copied());
        gather_ids(&mut block.trace_id, before, traces);
        let spans = rows().map(|(chunk, row)| chunk.span_id.get(row).copied());
        gather_ids(&mut block.span_id, before, spans);
        left
    }

    /// Whether a block that has rows of one origin ends before those of the next.
    fn is_cut(&self, before: &Origin, next: &Origin) -> bool {
        before.tenant != next.tenant
            || (self.block.len() >= BLOCK_ROWS_CUT && before.component != next.component)
    }

    fn is_full(&self) -> bool {
        let text = self.block.message.text().len() + self.block.attributes.text().len();
        self.block.len() >= BLOCK_ROWS_MAX || text >= BATCH_TEXT_BYTES_MAX
    }

    fn end_block(&mut self, split: &mut Split<'_>) -> Result<(), SplitError> {
        let (Some(first), Some(last)) = (self.streams.first(), self.streams.last()) else {
            return Ok(());
        };
        let whose =
            Whose { block: split.meta.blocks, streams: &self.streams, services: &split.services };
        let at = self.out.len() as u64;
        let frames = self.encoder.put(&self.block, &whose, &mut self.tables, &mut self.out);
        let frames = frames.map_err(|error| split.failed(&error))?;
        let (time_first, time_last) = bounds(&self.block.time);
        let (order_first, order_last) = bounds(&self.block.order_time);
        let rows = u32::try_from(self.block.len()).unwrap_or(u32::MAX);
        let (first_stream, last_stream) = (*first, *last);
        let place = BlockPlace {
            at,
            frames,
            rows,
            first_stream,
            last_stream,
            time_first,
            time_last,
            order_first,
            order_last,
        };
        place.put(&mut self.directory);
        Held::from(&self.block).count(&mut split.meta);
        self.block.clear();
        self.streams.clear();
        Ok(())
    }

    fn finish(&mut self, split: Split<'_>) -> Result<(SplitMeta, Bytes), SplitError> {
        let Split { id, ranks, mut meta, .. } = split;
        let json = serde_json::to_vec(&meta)
            .map_err(|_| SplitError::Build { id, what: "the footer does not encode" })?;
        let mut streams = Vec::new();
        origins::put(&mut streams, &ranks.origins);
        let Tables { messages, forms, buckets, fields, rollups, counts, count_ends } =
            &mut self.tables;
        let by_block = Lists::by_block(counts, count_ends);
        let by_template = by_block.turned(messages.templates.len());
        let templates = counts::put(&messages.templates, Some(&by_template));
        let forms = counts::put(&forms.templates, None);
        let buckets = buckets.finish(meta.blocks);
        let terms = terms::build(&messages.templates, fields.blocks());
        let terms = terms.map_err(|source| SplitError::Index { id, source })?;
        let rollups = rollups.finish();
        let sections = [
            json.as_slice(),
            &streams,
            &self.directory,
            &templates,
            &forms,
            &buckets,
            &terms,
            &rollups,
        ];
        let finished = object::finish(&mut self.sections, sections, &mut self.out);
        finished.map_err(|_| SplitError::Build { id, what: "zstd has no memory" })?;
        meta.bytes = self.out.len() as u64;
        Ok((meta, Bytes::copy_from_slice(&self.out)))
    }
}

/// Appends ids; a column stays empty until the first block's row whose chunk has one.
fn gather_ids<const N: usize>(
    column: &mut Vec<[u8; N]>,
    before: usize,
    ids: impl Iterator<Item = Option<[u8; N]>> + Clone,
) {
    if column.is_empty() && ids.clone().all(|id| id.is_none()) {
        return;
    }
    column.resize(before, [0; N]);
    column.extend(ids.map(|id| id.unwrap_or([0; N])));
}

impl Split<'_> {
    fn failed(&self, error: &EncodeError) -> SplitError {
        let what = match error {
            EncodeError::NoMemory => "zstd has no memory",
            EncodeError::NotTheSame => "a block would not give back the rows that it was made of",
        };
        SplitError::Build { id: self.id, what }
    }
}
