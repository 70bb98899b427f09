//! Gathers what the reader hands over until it is frozen as a batch.
//!
//! ```text
//!   empty ── first record ──> gathering ── 512 KiB | limits | linger ──> freeze ──> empty
//! ```
//! Invariants:
//! - per source the ranges chain: each begins where the one before ended, so a hole is never silent;
//! - `running` counts every record ever handed over, dropped ones too, lost ones not; it is counted here,
//!   from what arrives, and never compared with the reader's own totals: the centre does that;
//! - a record that the flow turns away is counted with its reason in the range, in the same step;
//! - no range covers what the centre has already: it may lose that yet, and would take it for covered;
//! - nothing is frozen while the reader is in the middle of a poll: rows and the reader's own state
//!   become durable together or not at all.

mod ranges;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nilometer_model::limits::{
    ATTRIBUTES_BYTES_MAX, BATCH_RECORDS_MAX, BATCH_SOURCES_MAX, BATCH_TEXT_BYTES_MAX,
    MESSAGE_BYTES_MAX,
};
use nilometer_model::{Count, Gap, GapKind, Items, Reason, RowRef, Rows, SourceId, Timestamp};
use nilometer_wire::SourceRange;
use serde::{Deserialize, Serialize};

use self::ranges::Ranges;
use crate::flow::Flow;
use crate::limits::{FREEZE_PACKED_BYTES, SHED_GAPS_PER_RANGE_MAX, SHED_LINGER_MS};
use crate::reading::{Record, Sink, SourceInfo};
use crate::{metrics, monotonic};

/// Text at which a batch is frozen whatever it packs to: one more record of any size still fits.
const TEXT_BYTES_FREEZE: usize = BATCH_TEXT_BYTES_MAX - MESSAGE_BYTES_MAX - ATTRIBUTES_BYTES_MAX;
/// What a record costs beside its text once packed, bytes (measured on container logs: 3 to 8).
const RECORD_PACKED_BYTES: usize = 6;
/// Text bytes per packed byte that are assumed before the first batch was packed.
const PACKING_AT_FIRST: f64 = 4.0;

/// How far a source has been handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Book {
    /// The position of its last record.
    pub(crate) to: u64,
    /// Everything read of it.
    pub(crate) running: Count,
    /// Its generation has ended.
    pub(crate) ended: bool,
}

/// The sources' books.
pub(crate) type Books = BTreeMap<SourceId, Book>;

/// What was gathered, ready to be named and packed.
#[derive(Debug)]
pub(crate) struct Gathered {
    pub(crate) sources: Vec<SourceRange>,
    pub(crate) items: Items,
}

/// Text that the items hold, bytes: what a batch is limited by.
pub(crate) fn text_bytes(items: &Items) -> usize {
    let Items { rows, spans, samples } = items;
    let texts = [
        &rows.message,
        &rows.attributes,
        spans.operations.texts(),
        &spans.status_message,
        &spans.attributes,
        &spans.events,
        &spans.links,
        samples.names.texts(),
        &samples.attributes,
    ];
    texts.iter().map(|column| column.text().len()).sum()
}

/// The sink of the reader.
#[derive(Debug)]
pub(crate) struct Batcher {
    rows: Rows,
    ranges: Ranges,
    /// When the first of what is gathered came; by the monotonic clock.
    since: Option<Instant>,
    /// Text bytes per packed byte of the last batches.
    packing: f64,
    /// The spool takes nothing.
    blocked: bool,
    /// What is turned away.
    flow: Flow,
}

impl Batcher {
    pub(crate) fn new(node: String, books: Books) -> Self {
        Self {
            rows: Rows::default(),
            ranges: Ranges::new(node, books),
            since: None,
            packing: PACKING_AT_FIRST,
            blocked: false,
            flow: Flow::default(),
        }
    }

    /// The same, which keeps only what `flow` lets pass.
    pub(crate) fn with_flow(self, flow: Flow) -> Self {
        Self { flow, ..self }
    }

    /// What is turned away.
    pub(crate) fn flow(&self) -> &Flow {
        &self.flow
    }

    /// Whether the spool takes nothing, so that reading must stop; and how full it is.
    pub(crate) fn block(&mut self, blocked: bool, full_percent: u64) {
        self.blocked = blocked;
        self.flow.tell(monotonic::now(), full_percent);
    }

    /// Goes back with these sources, of which nothing is gathered.
    pub(crate) fn rewind(&mut self, books: &Books) {
        self.ranges.rewind(books);
    }

    /// Where sources came without a batch since this was last asked.
    pub(crate) fn passed(&mut self) -> Books {
        self.ranges.passed()
    }

    /// Whether nothing is gathered.
    pub(crate) fn is_empty(&self) -> bool {
        self.ranges.open().len() == 0
    }

    /// How long until what is gathered is to be frozen; `None` when nothing is.
    pub(crate) fn due_in(&self, linger: Duration) -> Option<Duration> {
        let since = self.since?;
        if self.large() || self.ranges.are_left() {
            return Some(Duration::ZERO);
        }
        let says_nothing_else = self.flow.is_shedding()
            && self.rows.is_empty()
            && self.ranges.open().all(|range| !range.ended);
        let longest = Duration::from_millis(SHED_LINGER_MS);
        let linger = if says_nothing_else { linger.max(longest) } else { linger };
        Some(linger.saturating_sub(monotonic::now().saturating_duration_since(since)))
    }

    /// Takes out what is gathered.
    pub(crate) fn freeze(&mut self) -> Option<Gathered> {
        self.since = None;
        if self.is_empty() {
            return None;
        }
        let sources = self.ranges.close();
        Some(Gathered { sources, items: std::mem::take(&mut self.rows).into() })
    }

    /// Gathers the next rows in the memory of these: new memory for every batch costs more than reading.
    pub(crate) fn reuse(&mut self, mut rows: Rows) {
        if self.rows.is_empty() {
            rows.clear();
            self.rows = rows;
        }
    }

    /// Learns how well the text packed.
    pub(crate) fn packed(&mut self, text_bytes: usize, packed_bytes: usize) {
        if text_bytes > 0 && packed_bytes > 0 {
            let packing = text_bytes as f64 / packed_bytes as f64;
            self.packing = (self.packing * 3.0 + packing) / 4.0;
        }
    }

    fn text_bytes(&self) -> usize {
        self.rows.message.text().len() + self.rows.attributes.text().len()
    }

    fn large(&self) -> bool {
        let text = self.text_bytes();
        let packed = text as f64 / self.packing + (self.rows.len() * RECORD_PACKED_BYTES) as f64;
        text >= TEXT_BYTES_FREEZE
            || packed >= FREEZE_PACKED_BYTES as f64
            || self.rows.len() >= BATCH_RECORDS_MAX
            || self.ranges.open().len() >= BATCH_SOURCES_MAX / 2
    }

    /// Counts `count` as read of the source up to `to`, and gives its range to write on.
    fn advance(&mut self, source: &SourceInfo, to: u64, count: Count) -> &mut SourceRange {
        self.since.get_or_insert_with(monotonic::now);
        &mut self.ranges.advance(source, to, count).range
    }

    /// Counts a record that is not kept. What is shed in a row is one gap.
    fn shed(&mut self, source: &SourceInfo, record: &Record<'_>, reason: Reason) {
        metrics::shed(reason, 1);
        let count = Count::one(u64::from(record.bytes));
        let before = self.ranges.to(source.source);
        let range = self.advance(source, record.position, count);
        let to = Some(range.to);
        let many = range.gaps.len() >= SHED_GAPS_PER_RANGE_MAX;
        let mergeable = |gap: &&mut Gap| {
            let same = gap.kind == GapKind::Shed && gap.reason == reason;
            same && (many || gap.to == Some(before))
        };
        match range.gaps.iter_mut().rev().find(mergeable) {
            Some(gap) => {
                gap.to = to;
                *gap.count.get_or_insert_default() += count;
                gap.time = record.time;
            }
            None => range.gaps.push(Gap {
                kind: GapKind::Shed,
                from: before,
                to,
                reason,
                count: Some(count),
                time: record.time,
            }),
        }
    }
}

impl Sink for Batcher {
    fn record(&mut self, source: &Arc<SourceInfo>, record: Record<'_>) {
        if let Some(reason) = self.flow.turns_away(source, record.severity, record.bytes) {
            return self.shed(source, &record, reason);
        }
        self.since.get_or_insert_with(monotonic::now);
        let count = Count::one(u64::from(record.bytes));
        let open = self.ranges.advance(source, record.position, count);
        self.rows.push(RowRef {
            origin: &open.origin,
            time: record.time,
            order_time: record.order_time,
            position: record.position,
            bytes: record.bytes,
            received: Timestamp(0),
            severity: record.severity,
            message: record.message,
            attributes: record.attributes,
            trace_id: record.trace_id,
            span_id: record.span_id,
        });
    }

    fn covered(&mut self, source: &Arc<SourceInfo>, position: u64, bytes: u32) {
        self.since.get_or_insert_with(monotonic::now);
        self.ranges.pass(source.source, position, Count::one(u64::from(bytes)));
    }

    fn gap(&mut self, source: &Arc<SourceInfo>, gap: Gap) {
        let read = match gap.kind {
            GapKind::Lost if !gap.reason.is_after_read() => Count::default(),
            GapKind::Shed | GapKind::Lost => gap.count.unwrap_or_default(),
        };
        self.advance(source, gap.to.unwrap_or(gap.from), read).gaps.push(gap);
    }

    fn ended(&mut self, source: &Arc<SourceInfo>, position: u64) {
        self.advance(source, position, Count::default()).ended = true;
    }

    fn full(&self) -> bool {
        self.blocked || self.ranges.are_left() || self.large()
    }
}

#[cfg(test)]
mod tests;
