//! Chunks of records to a split: sort by reference, cut into blocks, encode each, then what they have in common.
//!
//! Invariants:
//! - rows lie in the order of `RowRef::compare_in_split`; a block is one tenant's, and as a rule one component's;
//! - the same chunks, id and origin give the same blocks (tantivy draws a name of its own per index);
//! - a builder keeps its memory from split to split: fresh pages cost a tenth of a seal.
//!
//! `merge.rs` makes a split of splits by the same steps: begin, the rows of stream after stream, end.

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
use crate::limits::MERGED_BLOCK_ROWS_MAX;
use crate::retention::SplitClass;
use crate::split::{Held, Ranks, SplitError, SplitId, SplitKind, SplitMeta, SplitOrigin, bounds};

/// A block ends where the tenant changes, and one that has as many rows where the component does.
const BLOCK_ROWS_CUT: usize = 128;
/// For what stands once in a split.
const SECTION_ZSTD_LEVEL: i32 = 3;
/// For blocks at a seal, fast: every row passes there once.
const SEAL_ZSTD_LEVEL: i32 = 1;
/// For blocks of merged splits, which stay.
const MERGE_ZSTD_LEVEL: i32 = 9;

/// Builds splits of records, one after the other.
pub struct Builder {
    encoder: BlockEncoder,
    /// Rows of a full block.
    rows_max: usize,
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
pub(super) struct Key {
    pub(super) time: i64,
    pub(super) position: u64,
    pub(super) chunk: u32,
    pub(super) row: u32,
}

/// The split being made.
pub(super) struct Making {
    id: SplitId,
    /// All streams.
    ranks: Ranks,
    services: Vec<u32>,
    meta: SplitMeta,
}

impl Builder {
    /// A builder of what is sealed, that has built nothing yet.
    ///
    /// # Errors
    /// When zstd has no memory.
    pub fn new() -> io::Result<Self> {
        Self::with(SEAL_ZSTD_LEVEL, BLOCK_ROWS_MAX)
    }

    /// A builder of what is merged: larger blocks, packed more tightly.
    ///
    /// # Errors
    /// When zstd has no memory.
    pub fn merging() -> io::Result<Self> {
        Self::with(MERGE_ZSTD_LEVEL, MERGED_BLOCK_ROWS_MAX)
    }

    fn with(zstd_level: i32, rows_max: usize) -> io::Result<Self> {
        Ok(Self {
            encoder: BlockEncoder::new(zstd_level)?,
            rows_max,
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
        let origins = || chunks.iter().map(|chunk| &*chunk.origins);
        let ranks = Ranks::new(origins());
        let of_chunks = ranks.of(origins());
        let ends = self.sort(chunks, &of_chunks, ranks.origins.len());
        let mut making = self.begin(id, ranks, origin);
        let keys = std::mem::take(&mut self.keys);
        let mut start = 0;
        for (stream, end) in (0_u32..).zip(ends) {
            self.put(&mut making, stream, chunks, &keys[start..end])?;
            start = end;
        }
        self.keys = keys;
        let meta = self.end(making, rows as u64)?;
        Ok((meta, Bytes::copy_from_slice(&self.out)))
    }

    /// Brings the rows of each stream together, then each stream into the order of time; says where each ends.
    fn sort(&mut self, chunks: &[Arc<Rows>], ranks: &[Vec<u32>], streams: usize) -> Vec<usize> {
        let mut ends = vec![0_usize; streams];
        for (chunk, ranks) in chunks.iter().zip(ranks) {
            chunk.origin.iter().for_each(|origin| ends[ranks[*origin as usize] as usize] += 1);
        }
        let mut start = 0;
        for end in &mut ends {
            start += std::mem::replace(end, start);
        }
        self.keys.clear();
        self.keys.resize(start, Key::default());
        for ((number, chunk), ranks) in (0_u32..).zip(chunks).zip(ranks) {
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
        ends
    }

    /// Begins a split of those streams.
    pub(super) fn begin(&mut self, id: SplitId, ranks: Ranks, origin: SplitOrigin) -> Making {
        self.tables.clear();
        self.block.clear();
        self.streams.clear();
        self.directory.clear();
        self.out.clear();
        let SplitOrigin { log, log_from, log_to, revision, replaces } = origin;
        let (kind, format, none) = (SplitKind::Logs, FORMAT, SplitMeta::default());
        let meta =
            SplitMeta { id, kind, log, log_from, log_to, revision, replaces, format, ..none };
        let services = rollups::services(&ranks.origins);
        Making { id, ranks, services, meta }
    }

    /// Appends rows of a stream, in their order; streams come in theirs.
    pub(super) fn put(
        &mut self,
        making: &mut Making,
        stream: u32,
        chunks: &[Arc<Rows>],
        keys: &[Key],
    ) -> Result<(), SplitError> {
        let origin = Arc::clone(making.ranks.origin(stream));
        let before = self.streams.last().filter(|before| **before != stream);
        if before.is_some_and(|before| self.is_cut(making.ranks.origin(*before), &origin)) {
            self.end_block(making)?;
        }
        let mut left = keys;
        while !left.is_empty() {
            if self.is_full() {
                self.end_block(making)?;
            }
            left = self.gather(chunks, &origin, left);
            self.streams.resize(self.block.len(), stream);
        }
        Ok(())
    }

    /// Ends the split of so many rows; its bytes are in `out`.
    pub(super) fn end(&mut self, mut making: Making, rows: u64) -> Result<SplitMeta, SplitError> {
        self.end_block(&mut making)?;
        if making.meta.rows != rows {
            let what = "rows encoded are not the rows given";
            return Err(SplitError::Build { id: making.id, what });
        }
        self.finish(making)
    }

    /// The bytes of the split that was ended last, whose memory is not kept.
    pub(super) fn take_bytes(&mut self) -> Bytes {
        std::mem::take(&mut self.out).into()
    }

    /// Appends rows of the origin to the block as far as there is room, at least one; gives those that are left.
    /// Column by column: the rows lie far apart, and so many of them are fetched at once.
    fn gather<'a>(
        &mut self,
        chunks: &[Arc<Rows>],
        origin: &Arc<Origin>,
        keys: &'a [Key],
    ) -> &'a [Key] {
        let (block, rows_max) = (&mut self.block, self.rows_max);
        let room = rows_max - block.len();
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
        let index = block.origins.index(origin);
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
        self.block.len() >= self.rows_max || text >= BATCH_TEXT_BYTES_MAX
    }

    fn end_block(&mut self, making: &mut Making) -> Result<(), SplitError> {
        let (Some(first), Some(last)) = (self.streams.first(), self.streams.last()) else {
            return Ok(());
        };
        let whose =
            Whose { block: making.meta.blocks, streams: &self.streams, services: &making.services };
        let at = self.out.len() as u64;
        let frames = self.encoder.put(&self.block, &whose, &mut self.tables, &mut self.out);
        let frames = frames.map_err(|error| making.failed(&error))?;
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
        Held::from(&self.block).count(&mut making.meta);
        self.block.clear();
        self.streams.clear();
        Ok(())
    }

    fn finish(&mut self, making: Making) -> Result<SplitMeta, SplitError> {
        let Making { id, ranks, mut meta, .. } = making;
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
        Ok(meta)
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

impl Making {
    /// All rows of it are of that class, if they are of one.
    pub(super) fn of_class(mut self, class: Option<SplitClass>) -> Self {
        self.meta.class = class;
        self
    }

    fn failed(&self, error: &EncodeError) -> SplitError {
        let what = match error {
            EncodeError::NoMemory => "zstd has no memory",
            EncodeError::NotTheSame => "a block would not give back the rows that it was made of",
        };
        SplitError::Build { id: self.id, what }
    }
}
