//! The bytes of a split, block by block: what is the same whatever kind it holds.

use std::sync::Arc;

use bytes::Bytes;
use nilometer_model::{Count, Origin, Rows, Samples, Spans, Timestamp};

use super::directory::{BlockEntry, Times, bounds};
use super::{MAGIC, SplitError, SplitId, SplitKind, SplitMeta, SplitOrigin, TAIL_BYTES};

/// Fast: every item passes here once.
const SEAL_ZSTD_LEVEL: i32 = 1;
/// In the background: half as many bytes of attributes.
const MERGE_ZSTD_LEVEL: i32 = 9;

/// How tightly the blocks of a split are packed: one that takes over what others held was not waited for.
pub(super) fn zstd_level(origin: &SplitOrigin) -> i32 {
    if origin.replaces.is_empty() { SEAL_ZSTD_LEVEL } else { MERGE_ZSTD_LEVEL }
}

/// The object so far.
pub(super) struct Building {
    meta: SplitMeta,
    out: Vec<u8>,
    directory: Vec<u8>,
}

/// What is counted of a block.
pub(crate) struct Held<'a> {
    origins: &'a [Arc<Origin>],
    origin: &'a [u32],
    time: &'a [i64],
    order_time: &'a [i64],
    received: &'a [i64],
    /// Framed bytes of each; none where there is no file.
    bytes: &'a [u32],
}

impl<'a> From<&'a Rows> for Held<'a> {
    fn from(rows: &'a Rows) -> Self {
        Self {
            origins: &rows.origins,
            origin: &rows.origin,
            time: &rows.time,
            order_time: &rows.order_time,
            received: &rows.received,
            bytes: &rows.bytes,
        }
    }
}

impl<'a> From<&'a Spans> for Held<'a> {
    fn from(spans: &'a Spans) -> Self {
        Self {
            origins: &spans.origins,
            origin: &spans.origin,
            time: &spans.start,
            order_time: &spans.start,
            received: &spans.received,
            bytes: &[],
        }
    }
}

impl<'a> From<&'a Samples> for Held<'a> {
    fn from(samples: &'a Samples) -> Self {
        Self {
            origins: &samples.origins,
            origin: &samples.origin,
            time: &samples.time,
            order_time: &samples.time,
            received: &samples.received,
            bytes: &[],
        }
    }
}

impl Held<'_> {
    /// Counts it as the next block of what `meta` describes.
    pub(crate) fn count(&self, meta: &mut SplitMeta) {
        let first = meta.blocks == 0;
        let widen = |least: &mut Timestamp, greatest: &mut Timestamp, times: &[i64]| {
            let (from, to) = bounds(times);
            *least = if first { from } else { from.min(*least) };
            *greatest = if first { to } else { to.max(*greatest) };
        };
        widen(&mut meta.time_first, &mut meta.time_last, self.time);
        widen(&mut meta.order_first, &mut meta.order_last, self.order_time);
        widen(&mut meta.received_first, &mut meta.received_last, self.received);
        meta.late.get_or_insert_default().note(self.time, self.received);
        if let Some(origin) = self.origins.first() {
            let blocks = meta.tenants.entry(origin.tenant.clone());
            blocks.or_insert(meta.blocks..meta.blocks).end += 1;
        }
        meta.blocks += 1;
        meta.rows += self.origin.len() as u64;
        let mut row = 0;
        for run in self.origin.chunk_by(|a, b| a == b) {
            let bytes = self.bytes.get(row..row + run.len()).unwrap_or_default();
            let bytes = bytes.iter().map(|bytes| u64::from(*bytes)).sum();
            let count = Count { bytes, records: run.len() as u64 };
            *meta.sources.entry(self.origins[run[0] as usize].source).or_default() += count;
            row += run.len();
        }
    }
}

impl Building {
    pub(super) fn new(id: SplitId, kind: SplitKind, origin: SplitOrigin) -> Self {
        let SplitOrigin { log, log_from, log_to, revision, replaces } = origin;
        let format = kind.format();
        let none = SplitMeta::default();
        let meta =
            SplitMeta { id, kind, log, log_from, log_to, revision, replaces, format, ..none };
        Self { meta, out: Vec::new(), directory: Vec::new() }
    }

    /// Adds a block.
    pub(super) fn block(&mut self, bytes: &[u8], held: &Held<'_>) {
        let times = Times { time: bounds(held.time), order: bounds(held.order_time) };
        let entry = BlockEntry::new(self.out.len(), bytes, held.origin.len(), times);
        entry.put(&mut self.directory);
        self.out.extend_from_slice(bytes);
        held.count(&mut self.meta);
    }

    /// The object, with `rows` in it, or what is wrong with it.
    pub(super) fn finish(
        mut self,
        rows: usize,
        index: &[u8],
    ) -> Result<(SplitMeta, Bytes), SplitError> {
        let id = self.meta.id;
        if self.meta.rows != rows as u64 {
            return Err(SplitError::Build { id, what: "rows encoded are not the rows given" });
        }
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
        tail.extend_from_slice(&self.meta.format.to_le_bytes());
        tail.extend_from_slice(MAGIC);
        self.out.extend_from_slice(&tail);
        self.meta.bytes = self.out.len() as u64;
        Ok((self.meta, self.out.into()))
    }
}
