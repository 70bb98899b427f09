//! A centre that takes everything and keeps nothing but counts: what is measured in front of it is the
//! collector alone.
//!
//! It speaks the real protocol: a batch is answered as durable, and as committed once all batches before
//! it are in. What it counts comes from the headers only: a batch's rows are not unpacked.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::State;
use axum::http::header::CONTENT_ENCODING;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use nilometer_model::{BatchId, Count, Epoch, GapKind, LogId, PipelineId, Sequence, SourceId};
use nilometer_wire::{
    BatchAnswer, CaughtUp, CommittedTo, DICTIONARY_CODING, Dictionary, DictionaryHash, Heartbeat,
    HeartbeatAnswer, decode_header, dictionary_of,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::report::Outcome;

/// How long it lets a collector gather, ms: the product's own value.
const LINGER_MS: u32 = 200;

/// See the module.
#[derive(Clone, Default)]
pub(crate) struct NullCentre(Arc<Mutex<Heard>>);

/// What came so far.
#[derive(Debug, Default)]
struct Heard {
    totals: Totals,
    /// Per source: what its headers count, and where it stands.
    sources: HashMap<SourceId, (Count, u64)>,
    arrived: BTreeMap<Epoch, BTreeSet<Sequence>>,
    caught_up: u64,
    dictionaries: HashMap<DictionaryHash, Dictionary>,
}

/// Counts of what came.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Totals {
    pub(crate) batches: u64,
    /// Bodies of batches.
    pub(crate) wire_bytes: u64,
    /// Framed lines, as files hold them.
    pub(crate) read: Count,
    /// Ranges that do not begin where the source's last one ended.
    pub(crate) holes: u64,
    /// Ranges that were declared lost.
    pub(crate) lost: u64,
}

impl NullCentre {
    /// Listens on a free port; gives its URL.
    pub(crate) async fn start() -> Outcome<(Self, String)> {
        let centre = Self::default();
        let routes = Router::new()
            .route("/api/v1/batches", post(batches))
            .route("/api/v1/dictionaries", post(dictionaries))
            .route("/api/v1/heartbeats", post(heartbeats))
            .route("/api/v1/sources", get(sources))
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(centre.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok((centre, url))
    }

    pub(crate) fn totals(&self) -> Totals {
        self.heard().totals
    }

    /// How often the collector has said that it has read all files to their ends.
    pub(crate) fn caught_up(&self) -> u64 {
        self.heard().caught_up
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heard {
    fn take_in(&mut self, body: &Bytes, is_told: bool) -> Option<BatchId> {
        let inflated = match is_told {
            true => Some(self.dictionary(dictionary_of(body)?.0)?.inflate(body).ok()?),
            false => None,
        };
        let header = decode_header(inflated.as_deref().unwrap_or(body)).ok()?;
        let id = header.batch;
        let arrived = self.arrived.entry(id.epoch).or_default();
        arrived.extend(header.replaces.iter().map(|batch| batch.sequence));
        if !arrived.insert(id.sequence) {
            return Some(id);
        }
        self.totals.batches += 1;
        self.totals.wire_bytes += body.len() as u64;
        for range in header.sources {
            let (counted, to) = self.sources.entry(range.source).or_default();
            self.totals.holes += u64::from(range.from > *to && *to > 0);
            if range.to >= *to {
                self.totals.read += range.running - *counted;
                (*counted, *to) = (range.running, range.to);
            }
            let lost = range.gaps.iter().filter(|gap| gap.kind == GapKind::Lost);
            self.totals.lost += lost.count() as u64;
        }
        Some(id)
    }

    fn dictionary(&mut self, name: DictionaryHash) -> Option<&Dictionary> {
        if self.dictionaries.is_empty() {
            let empty = Dictionary::default();
            self.dictionaries.insert(empty.hash(), empty);
        }
        self.dictionaries.get(&name)
    }

    /// Per epoch the sequence before which none is missing.
    fn committed_to(&self) -> CommittedTo {
        let contiguous = |arrived: &BTreeSet<Sequence>| {
            let numbered = (1..).zip(arrived).take_while(|(number, at)| at.0 == *number);
            numbered.last().map_or(Sequence(0), |(_, at)| *at)
        };
        self.arrived.iter().map(|(epoch, arrived)| (*epoch, contiguous(arrived))).collect()
    }
}

async fn batches(
    State(centre): State<NullCentre>,
    headers: HeaderMap,
    frame: Bytes,
) -> Result<Json<BatchAnswer>, StatusCode> {
    let mut heard = centre.heard();
    let is_told = headers.get(CONTENT_ENCODING).is_some_and(|coding| coding == DICTIONARY_CODING);
    let batch = heard.take_in(&frame, is_told).ok_or(StatusCode::BAD_REQUEST)?;
    Ok(Json(BatchAnswer {
        pipeline: PipelineId(Uuid::nil()),
        log: LogId(Uuid::nil()),
        batch,
        durable: true,
        committed_to: heard.committed_to(),
        refused: Vec::new(),
        linger_ms: LINGER_MS,
    }))
}

async fn dictionaries(
    State(centre): State<NullCentre>,
    offer: Bytes,
) -> Result<Json<Value>, StatusCode> {
    let mut heard = centre.heard();
    heard.totals.wire_bytes += offer.len() as u64;
    let (base, added) = dictionary_of(&offer).ok_or(StatusCode::BAD_REQUEST)?;
    let known = heard.dictionary(base).ok_or(StatusCode::NOT_FOUND)?;
    let grown = known.extended(added).map_err(|_| StatusCode::BAD_REQUEST)?;
    let hash = grown.hash().to_string();
    heard.dictionaries.insert(grown.hash(), grown);
    Ok(Json(json!({ "dictionary": hash })))
}

async fn heartbeats(
    State(centre): State<NullCentre>,
    Json(beat): Json<Heartbeat>,
) -> Json<HeartbeatAnswer> {
    let mut heard = centre.heard();
    heard.caught_up += u64::from(matches!(beat.caught_up, CaughtUp::Complete { .. }));
    Json(HeartbeatAnswer {
        pipeline: PipelineId(Uuid::nil()),
        log: LogId(Uuid::nil()),
        committed_to: heard.committed_to(),
        linger_ms: LINGER_MS,
        resync: false,
    })
}

async fn sources() -> Json<Value> {
    Json(json!({ "sources": [] }))
}
