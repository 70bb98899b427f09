//! The next batch of a lane: numbered, frozen, appended to the Log.
//!
//! ```text
//!   items ──positions, source──> NextBatch ──header, encode──> frame ──> Log (fsync) ──> the lane moves on
//! ```
//! Invariants:
//! - positions of the lane's own source rise in the order of the items' entries, from the lane's counter;
//! - the lane moves on only with a successful append: see [`Attempt`](crate::lanes::Attempt).

use std::sync::Arc;

use bytes::Bytes;
use nilometer_model::{Count, Items, LineageId, LogPosition, Origin, SourceId, Stream};
use nilometer_store::Read;
use nilometer_wire::{Batch, BatchHeader, Fingerprint, Freezer, IntakeError, SourceRange};

use crate::entry::NO_HORIZON;
use crate::intake::{Parts, unavailable};
use crate::lanes::Lane;
use crate::metrics;

/// What a lane is to append next; its items have their positions.
pub(crate) struct NextBatch {
    pub(crate) items: Items,
    pub(crate) range: SourceRange,
    /// What it adds to the lane's own source; nothing when it is of another.
    pub(crate) own: Option<Count>,
}

impl NextBatch {
    /// Items of the lane's own source, behind its counter.
    pub(crate) fn own(lane: &Lane, stream: Stream, mut items: Items) -> Self {
        let from = lane.count.records;
        let Items { rows, spans, samples } = &mut items;
        let positions = rows.position.iter_mut().chain(&mut spans.position);
        for (number, position) in positions.chain(&mut samples.position).enumerate() {
            *position = from + number as u64 + 1;
        }
        let mut count = Count::default();
        items.entries().for_each(|entry| count += Count::one(u64::from(entry.bytes)));
        let mut running = lane.count;
        running += count;
        let range = journal_range((lane.source(), stream), from, running.records, running);
        Self { items, range, own: Some(count) }
    }

    /// Returns once it is durable.
    pub(crate) async fn append(
        self,
        parts: &Parts,
        lane: &mut Lane,
    ) -> Result<LogPosition, IntakeError> {
        let Self { mut items, range, own } = self;
        let (source, running, records) = (range.source, range.running, items.len());
        let header = header(parts, lane, range);
        let mut freezer = parts.freezers.take().unwrap_or_else(Freezer::to_stay);
        let frozen = tokio::task::spawn_blocking(move || {
            name_source(&mut items, source);
            let frame = freezer.freeze(&header, &items);
            (freezer, frame, Batch { header, items })
        });
        let (freezer, frame, batch) =
            frozen.await.map_err(|_| unavailable("the batch broke its encoder"))?;
        parts.freezers.put(freezer);
        let frame = Bytes::from(frame.map_err(|error| unavailable(&error.to_string()))?);
        let (tenant, collector) = (lane.tenant.clone(), lane.collector);
        let attempt = lane.attempt();
        let position = parts.append(&tenant, NO_HORIZON, frame.clone(), batch).await?;
        attempt.durable(own.unwrap_or_default());
        metrics::batch_durable(records, frame.len(), 0);
        let read = Read { tenant, collector, count: running, as_of: parts.clock.now() };
        parts.store.note_read(source, read);
        Ok(position)
    }
}

/// What a batch covers of a journal; it has no file and no pod.
pub(crate) fn journal_range(
    (source, stream): (SourceId, Stream),
    from: u64,
    to: u64,
    running: Count,
) -> SourceRange {
    SourceRange {
        source,
        lineage: LineageId(source.0),
        component: stream.name().to_owned(),
        instance: String::new(),
        stream,
        path: String::new(),
        fingerprint: Fingerprint::default(),
        from,
        to,
        running,
        gaps: Vec::new(),
        ended: false,
    }
}

fn header(parts: &Parts, lane: &Lane, range: SourceRange) -> BatchHeader {
    BatchHeader {
        batch: lane.next_batch(),
        tenant: lane.tenant.name().to_owned(),
        shard_map: 0,
        dictionary: 0,
        frozen_at: parts.clock.now(),
        replaces: Vec::new(),
        node: parts.node.clone(),
        sources: vec![range],
    }
}

fn name_source(items: &mut Items, source: SourceId) {
    let Items { rows, spans, samples } = items;
    for origins in [&mut rows.origins, &mut spans.origins, &mut samples.origins] {
        let named = |origin: &Arc<Origin>| Arc::new(Origin { source, ..Origin::clone(origin) });
        origins.replace_each(named);
    }
}
