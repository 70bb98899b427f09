//! `/api/v1/ingest`: lines become batches of the intake's own, journaled like any collector's.
//!
//! ```text
//!   body ──parse──> pieces (rows, relative positions) ──lane lock──> source, positions, header ──> Log
//! ```
//! Invariants:
//! - an append of unknown outcome ends the lane's epoch, and it goes on with a new one;
//! - a request with a key is a source of its own, its lines are the positions: a repeat adds nothing;
//! - a bad line is named and takes no good line down with it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use nilometer_model::limits::NAME_BYTES_MAX;
use nilometer_model::{
    Count, LineageId, LogPosition, Origin, RowRef, Rows, SourceId, Stream, Tenant, Timestamp,
};
use nilometer_store::{NotOwned, Read};
use nilometer_wire::{
    BatchHeader, Fingerprint, IngestAnswer, IngestRequest, IntakeError, NdjsonLine, RefusedLine,
    SourceRange, parse_line,
};
use xxhash_rust::xxh3::xxh3_64;

use crate::intake::{Parts, forbidden, unavailable};
use crate::lanes::{Lane, Lanes};
use crate::limits::{
    INGEST_BATCH_RECORDS, INGEST_BATCH_TEXT_BYTES, INGEST_REFUSED_LISTED_MAX,
    INGEST_VISIBLE_WAIT_MS,
};
use crate::metrics;

/// Takes lines in.
pub(crate) struct Ingest {
    parts: Arc<Parts>,
    lanes: Lanes,
}

/// Part of a request that fits one batch.
struct Piece {
    rows: Rows,
    /// The last line of the request that it accounts for.
    to: u64,
    count: Count,
}

/// A request, parsed.
struct Parsed {
    pieces: Vec<Piece>,
    answer: IngestAnswer,
}

impl Ingest {
    pub(crate) fn new(parts: Arc<Parts>) -> Self {
        let lanes = Lanes::new(parts.store.pipeline());
        Self { parts, lanes }
    }

    /// Returns once every good line is durable.
    pub(crate) async fn take(&self, request: IngestRequest) -> Result<IngestAnswer, IntakeError> {
        let IngestRequest { tenant, idempotency_key, body } = request;
        let keyed = idempotency_key.map(|key| keyed_source(&tenant, &key));
        self.check_owner(&tenant, keyed)?;
        let (node, now) = (self.parts.node.clone(), self.parts.clock.now());
        let owner = tenant.name().to_owned();
        let context = Context { tenant: owner, node, now, keyed: keyed.is_some() };
        let parsed = tokio::task::spawn_blocking(move || parse(&body, &context)).await;
        let parsed = parsed.map_err(|_| unavailable("the lines broke their parser"))?;
        let lane = self.lanes.of(&tenant);
        let mut lane = lane.lock().await;
        let mut from = 0;
        let mut last = None;
        let mut running = Count::default();
        for mut piece in parsed.pieces {
            let range = match keyed {
                Some(source) => {
                    running += piece.count;
                    journal_range(source, from, piece.to, running)
                }
                None => lane_range(&lane, &mut piece),
            };
            from = piece.to;
            last = Some(self.append(&mut lane, range, piece, keyed.is_none()).await?);
        }
        drop(lane);
        if let Some(position) = last {
            self.see(position).await;
        }
        // Another may have named the source while this was under way.
        self.check_owner(&tenant, keyed)?;
        Ok(parsed.answer)
    }

    /// A key names a source, and that could be another's already.
    fn check_owner(&self, tenant: &Tenant, source: Option<SourceId>) -> Result<(), IntakeError> {
        match source {
            Some(source) if !self.parts.store.may_name(tenant, source) => Err(forbidden(NotOwned)),
            _ => Ok(()),
        }
    }

    /// Whoever sent lines and then asks for them shall find them; an index that is behind is not
    /// waited for long.
    async fn see(&self, position: LogPosition) {
        let visible = self.parts.store.until_visible(position);
        let wait = Duration::from_millis(INGEST_VISIBLE_WAIT_MS);
        let _late = tokio::time::timeout(wait, visible).await;
    }

    async fn append(
        &self,
        lane: &mut Lane,
        range: SourceRange,
        piece: Piece,
        counts: bool,
    ) -> Result<LogPosition, IntakeError> {
        let Piece { mut rows, count, .. } = piece;
        rows.origins =
            rows.origins.iter().map(|origin| with_source(origin, range.source)).collect();
        let (source, running) = (range.source, range.running);
        let header = self.header(lane, range);
        let records = rows.len();
        let encoded =
            tokio::task::spawn_blocking(move || nilometer_wire::encode(&header, &rows.into())).await;
        let frame = encoded
            .map_err(|_| unavailable("the batch broke its encoder"))?
            .map_err(|error| unavailable(&error.to_string()))?;
        let position = match self.parts.append(&lane.tenant, &frame).await {
            Ok(position) => position,
            Err(error) => {
                lane.begin_anew();
                return Err(error);
            }
        };
        lane.advance();
        if counts {
            lane.count += count;
        }
        metrics::batch_durable(records, frame.len(), 0);
        let (tenant, collector) = (lane.tenant.clone(), lane.collector);
        let read = Read { tenant, collector, count: running, as_of: self.parts.clock.now() };
        self.parts.store.note_read(source, read);
        Ok(position)
    }

    fn header(&self, lane: &Lane, range: SourceRange) -> BatchHeader {
        BatchHeader {
            batch: lane.next_batch(),
            tenant: lane.tenant.name().to_owned(),
            shard_map: 0,
            dictionary: 0,
            frozen_at: self.parts.clock.now(),
            replaces: Vec::new(),
            node: self.parts.node.clone(),
            sources: vec![range],
        }
    }
}

/// Moves the piece's positions behind the lane's counter.
fn lane_range(lane: &Lane, piece: &mut Piece) -> SourceRange {
    let from = lane.count.records;
    for (at, position) in piece.rows.position.iter_mut().enumerate() {
        *position = from + at as u64 + 1;
    }
    let mut running = lane.count;
    running += piece.count;
    journal_range(lane.source(), from, running.records, running)
}

/// What a batch covers of a journal; it has no file and no pod.
fn journal_range(source: SourceId, from: u64, to: u64, running: Count) -> SourceRange {
    SourceRange {
        source,
        lineage: LineageId(source.0),
        component: "ingest".to_owned(),
        instance: String::new(),
        stream: Stream::Ingest,
        path: String::new(),
        fingerprint: Fingerprint::default(),
        from,
        to,
        running,
        gaps: Vec::new(),
        ended: false,
    }
}

pub(crate) fn keyed_source(tenant: &Tenant, key: &str) -> SourceId {
    SourceId(xxh3_64(format!("ingest\0{tenant}\0{key}").as_bytes()))
}

fn with_source(origin: &Arc<Origin>, source: SourceId) -> Arc<Origin> {
    Arc::new(Origin { source, ..Origin::clone(origin) })
}

/// What a request's lines are read with.
struct Context {
    tenant: String,
    node: String,
    now: Timestamp,
    keyed: bool,
}

/// The origins of a request; lines of the same one are many.
#[derive(Default)]
struct Origins(HashMap<u64, Vec<Arc<Origin>>>);

impl Origins {
    fn of(&mut self, line: &NdjsonLine<'_>, context: &Context) -> Arc<Origin> {
        let node = if line.node.is_empty() { context.node.as_str() } else { &line.node };
        let names = [&*line.component, &*line.instance, node, &*line.version, &*line.zone];
        let mut hash = line.stream as u64;
        for name in names {
            hash = hash.rotate_left(7) ^ xxh3_64(name.as_bytes());
        }
        let known = self.0.entry(hash).or_default();
        let same = |origin: &&Arc<Origin>| {
            let its =
                [&origin.component, &origin.instance, &origin.node, &origin.version, &origin.zone];
            origin.stream == line.stream && its.iter().zip(names).all(|(its, name)| *its == name)
        };
        if let Some(origin) = known.iter().find(same) {
            return Arc::clone(origin);
        }
        let [component, instance, node, version, zone] = names.map(str::to_owned);
        let (tenant, stream) = (context.tenant.clone(), line.stream);
        let source = SourceId(0);
        let origin =
            Arc::new(Origin { tenant, component, instance, stream, node, version, zone, source });
        known.push(Arc::clone(&origin));
        origin
    }
}

fn parse(body: &Bytes, context: &Context) -> Parsed {
    let mut parsed = Parsed { pieces: Vec::new(), answer: IngestAnswer::default() };
    let mut origins = Origins::default();
    let mut piece = Piece { rows: Rows::default(), to: 0, count: Count::default() };
    let mut number = 0;
    for line in body.split(|byte| *byte == b'\n') {
        number += 1;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match read_line(line, context) {
            Ok(record) => {
                let origin = origins.of(&record, context);
                push(
                    &mut piece,
                    &origin,
                    &record,
                    if context.keyed { number } else { 0 },
                    line.len() + 1,
                );
                parsed.answer.accepted += 1;
            }
            Err(reason) => refuse(&mut parsed.answer, number, reason),
        }
        if is_full(&piece.rows) {
            piece.to = number;
            let next = Piece { rows: Rows::default(), to: 0, count: Count::default() };
            parsed.pieces.push(std::mem::replace(&mut piece, next));
        }
    }
    if !piece.rows.is_empty() {
        piece.to = number;
        parsed.pieces.push(piece);
    }
    parsed
}

fn read_line<'a>(line: &'a [u8], context: &Context) -> Result<NdjsonLine<'a>, String> {
    let record = parse_line(line, context.now).map_err(|error| error.to_string())?;
    let names = [&record.component, &record.instance, &record.node, &record.version, &record.zone];
    match names.iter().any(|name| name.len() > NAME_BYTES_MAX) {
        true => Err(format!("a name is longer than {NAME_BYTES_MAX} bytes")),
        false => Ok(record),
    }
}

fn refuse(answer: &mut IngestAnswer, line: u64, reason: String) {
    metrics::turned_back("line");
    if answer.refused.len() < INGEST_REFUSED_LISTED_MAX {
        answer.refused.push(RefusedLine { line, reason });
    } else if let Some(last) = answer.refused.last_mut() {
        last.line = line;
        "this and all refused lines before that are not listed".clone_into(&mut last.reason);
    }
}

fn push(
    piece: &mut Piece,
    origin: &Arc<Origin>,
    line: &NdjsonLine<'_>,
    position: u64,
    bytes: usize,
) {
    let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
    piece.count += Count::one(u64::from(bytes));
    piece.rows.push(RowRef {
        origin,
        time: line.time,
        order_time: line.time,
        position,
        bytes,
        received: Timestamp(0),
        severity: line.severity,
        message: &line.message,
        attributes: &line.attributes,
        trace_id: line.trace_id,
        span_id: line.span_id,
    });
}

fn is_full(rows: &Rows) -> bool {
    let text = rows.message.text().len() + rows.attributes.text().len();
    rows.len() >= INGEST_BATCH_RECORDS || text >= INGEST_BATCH_TEXT_BYTES
}
