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

use bytes::Bytes;
use memchr::memchr_iter;
use nilometer_model::limits::NAME_BYTES_MAX;
use nilometer_model::{Count, Origin, RowRef, Rows, SourceId, Stream, Tenant, Timestamp};
use nilometer_store::NotOwned;
use nilometer_wire::{
    IngestAnswer, IngestRequest, IntakeError, NdjsonLine, RefusedLine, parse_line,
};
use xxhash_rust::xxh3::xxh3_64;

use crate::batch::{NextBatch, journal_range};
use crate::intake::{Parts, forbidden, unavailable};
use crate::lanes::Lanes;
use crate::limits::{INGEST_BATCH_RECORDS, INGEST_BATCH_TEXT_BYTES, INGEST_REFUSED_LISTED_MAX};
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

impl Piece {
    /// An empty one, of so many bytes of lines or the first of them.
    fn of(bytes: usize) -> Self {
        /// Most lines are longer.
        const LINE_BYTES: usize = 256;
        let records = (bytes / LINE_BYTES).min(INGEST_BATCH_RECORDS);
        let mut rows = Rows::default();
        rows.reserve(records, bytes.min(INGEST_BATCH_TEXT_BYTES));
        Self { rows, to: 0, count: Count::default() }
    }
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
        lane.used(self.parts.clock.now());
        let mut from = 0;
        let mut last = None;
        let mut running = Count::default();
        for piece in parsed.pieces {
            let items = piece.rows.into();
            let next = match keyed {
                Some(source) => {
                    running += piece.count;
                    let range = journal_range((source, Stream::Ingest), from, piece.to, running);
                    NextBatch { items, range, own: None }
                }
                None => NextBatch::own(&lane, Stream::Ingest, items),
            };
            from = piece.to;
            last = Some(next.append(&self.parts, &mut lane).await?);
        }
        drop(lane);
        if let Some(position) = last {
            self.parts.see(position).await;
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
}

pub(crate) fn keyed_source(tenant: &Tenant, key: &str) -> SourceId {
    SourceId(xxh3_64(format!("ingest\0{tenant}\0{key}").as_bytes()))
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
struct Origins {
    /// By the hash of what they say.
    known: HashMap<u64, Vec<Known>>,
    /// What the line at hand says.
    said: Vec<u8>,
}

struct Known {
    said: Box<[u8]>,
    origin: Arc<Origin>,
}

impl Origins {
    fn of(&mut self, line: &NdjsonLine<'_>, context: &Context) -> Arc<Origin> {
        /// No text holds it.
        const BETWEEN: u8 = 0xff;
        let node = if line.node.is_empty() { context.node.as_str() } else { &line.node };
        let names = [&*line.component, &*line.instance, node, &*line.version, &*line.zone];
        self.said.clear();
        self.said.push(line.stream as u8);
        for name in names {
            self.said.extend_from_slice(name.as_bytes());
            self.said.push(BETWEEN);
        }
        let known = self.known.entry(xxh3_64(&self.said)).or_default();
        if let Some(known) = known.iter().find(|known| *known.said == *self.said) {
            return Arc::clone(&known.origin);
        }
        let [component, instance, node, version, zone] = names.map(str::to_owned);
        let (tenant, stream) = (context.tenant.clone(), line.stream);
        let source = SourceId(0);
        let origin =
            Arc::new(Origin { tenant, component, instance, stream, node, version, zone, source });
        known.push(Known { said: self.said.as_slice().into(), origin: Arc::clone(&origin) });
        origin
    }
}

fn parse(body: &Bytes, context: &Context) -> Parsed {
    let mut parsed = Parsed { pieces: Vec::new(), answer: IngestAnswer::default() };
    let mut origins = Origins::default();
    let mut piece = Piece::of(body.len());
    let mut number = 0;
    let ends = memchr_iter(b'\n', body).chain([body.len()]);
    let mut begin = 0;
    for end in ends {
        let line = &body[begin..end];
        (number, begin) = (number + 1, end + 1);
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
            let next = Piece::of(body.len() - begin.min(body.len()));
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
