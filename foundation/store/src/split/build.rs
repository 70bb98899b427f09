//! The bytes of a split, block by block: what is the same whatever kind it holds.

use std::sync::Arc;

use bytes::Bytes;
use nilometer_model::{Count, Origin, Rows, Samples, Spans, Timestamp};

use super::directory::{BlockEntry, Times, bounds};
use super::{MAGIC, SplitError, SplitId, SplitKind, SplitMeta, SplitOrigin, TAIL_BYTES};

/// Fast: every item passes here once.
pub(super) const ZSTD_LEVEL: i32 = 1;

/// The object so far.
pub(super) struct Building {
    meta: SplitMeta,
    out: Vec<u8>,
    directory: Vec<u8>,
}

/// What is counted of a block.
pub(super) struct Held<'a> {
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

impl Building {
    pub(super) fn new(id: SplitId, kind: SplitKind, origin: SplitOrigin) -> Self {
        let SplitOrigin { log, log_from, log_to, revision } = origin;
        let format = kind.format();
        let meta =
            SplitMeta { id, kind, log, log_from, log_to, revision, format, ..Default::default() };
        Self { meta, out: Vec::new(), directory: Vec::new() }
    }

    /// Adds a block.
    pub(super) fn block(&mut self, bytes: &[u8], held: &Held<'_>) {
        let times = Times { time: bounds(held.time), order: bounds(held.order_time) };
        let entry = BlockEntry::new(self.out.len(), bytes, held.origin.len(), times);
        entry.put(&mut self.directory);
        self.out.extend_from_slice(bytes);
        self.count(held, &entry);
    }

    fn count(&mut self, held: &Held<'_>, entry: &BlockEntry) {
        let (received_first, received_last) = bounds(held.received);
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
        if let Some(origin) = held.origins.first() {
            let blocks = meta.tenants.entry(origin.tenant.clone());
            blocks.or_insert(meta.blocks..meta.blocks).end += 1;
        }
        meta.blocks += 1;
        meta.rows += held.origin.len() as u64;
        for (row, origin) in held.origin.iter().enumerate() {
            let source = held.origins[*origin as usize].source;
            let bytes = held.bytes.get(row).copied().unwrap_or_default();
            *meta.sources.entry(source).or_default() += Count::one(u64::from(bytes));
        }
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
