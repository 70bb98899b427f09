//! What is posted to the centre: frozen batches, heartbeats, and lines of NDJSON.
//!
//! Invariants:
//! - the answer comes from the intake, which answers once it is durable; nothing is judged here but
//!   sizes, encodings and whether another pipeline is meant;
//! - where client certificates are asked for, a collector is heard about its own node only;
//! - whose it is, the token says that it came with, and nothing in it;
//! - what is a verdict about something posted carries our `pipeline`.

use axum::Json;
use axum::body::Body;
use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderMap;
use nilometer_model::limits::BATCH_FRAME_BYTES_MAX;
use nilometer_wire::{
    BatchAnswer, Heartbeat, HeartbeatAnswer, IngestAnswer, IngestRequest, IntakeError,
    decode_header,
};
use tokio::sync::SemaphorePermit;
use tokio::time::timeout;

use super::Api;
use super::access::Caller;
use super::body;
use super::dictionaries::frame_of;
use super::error::ApiError;
use super::limits::{
    HEARTBEAT_BYTES_MAX, IDEMPOTENCY_KEY_BYTES_MAX, INGEST_SENT_BYTES_MAX, INGEST_WAIT_MAX,
    RETRY_AFTER_S,
};
use super::params::NoParams;
use super::peer::PeerCertificate;

/// Which pipeline a collector means to speak to, once it knows one.
const PIPELINE: &str = "nilometer-pipeline";
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Takes in a frozen batch; answers once it is durable.
#[utoipa::path(post, path = "/api/v1/batches", tag = "intake",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    params(("Nilometer-Pipeline" = Option<String>, Header, description = "The pipeline meant"),
        ("Content-Encoding" = Option<String>, Header, description = "nilometer-told, by a dictionary \
            that is known: else 404")),
    responses((status = 200, description = "Durable", body = Object),
        (status = "4XX", body = ApiError), (status = "5XX", body = ApiError)))]
pub(crate) async fn batches(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
    _: NoParams,
    body: Body,
) -> Result<Json<BatchAnswer>, ApiError> {
    check_pipeline(&api, &headers)?;
    let pipeline = api.store.pipeline();
    let frame = body::read(body, BATCH_FRAME_BYTES_MAX).await;
    let frame = frame.map_err(|error| error.verdict_if_too_large(pipeline))?;
    let frame = frame_of(&api, &caller.tenant, &headers, frame).await?;
    if caller.certificate != PeerCertificate::NotAsked {
        let header = decode_header(&frame).map_err(|error| IntakeError::Damaged(error.to_string()));
        let header = header.map_err(|error| ApiError::from_intake(error, pipeline))?;
        caller.certificate.may_speak_for(&header.node)?;
    }
    let answer = api.intake.batch(&caller.tenant, frame).await;
    answer.map(Json).map_err(|error| ApiError::from_intake(error, pipeline))
}

/// Takes in a collector's sign of life.
#[utoipa::path(post, path = "/api/v1/heartbeats", tag = "intake", request_body = Object,
    params(("Nilometer-Pipeline" = Option<String>, Header, description = "The pipeline meant")),
    responses((status = 200, description = "Heard", body = Object),
        (status = "4XX", body = ApiError), (status = "5XX", body = ApiError)))]
pub(crate) async fn heartbeats(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
    _: NoParams,
    body: Body,
) -> Result<Json<HeartbeatAnswer>, ApiError> {
    check_pipeline(&api, &headers)?;
    let pipeline = api.store.pipeline();
    let body = body::read(body, HEARTBEAT_BYTES_MAX).await?;
    let heartbeat: Heartbeat = serde_json::from_slice(&body).map_err(|error| {
        ApiError::bad_request("body", format!("not a heartbeat: {error}"), "send one JSON object")
    })?;
    caller.certificate.may_speak_for(&heartbeat.node)?;
    let answer = api.intake.heartbeat(&caller.tenant, heartbeat).await;
    answer.map(Json).map_err(|error| ApiError::from_intake(error, pipeline))
}

/// Takes in lines of NDJSON, a record each; answers once the good ones are durable.
#[utoipa::path(post, path = "/api/v1/ingest", tag = "intake",
    request_body(content = String, content_type = "application/x-ndjson"),
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "A repeat with it adds nothing"),
        ("Content-Encoding" = Option<String>, Header, description = "gzip, zstd or identity")),
    responses((status = 200, description = "Durable: {accepted, refused:[{line, reason}]}",
            body = Object),
        (status = "4XX", body = ApiError), (status = "5XX", body = ApiError)))]
pub(crate) async fn ingest(
    State(api): State<Api>,
    caller: Caller,
    _: NoParams,
    request: Request,
) -> Result<Json<IngestAnswer>, ApiError> {
    let (parts, body) = request.into_parts();
    let compression = body::compression(&parts.headers)?;
    let idempotency_key = idempotency_key(&parts.headers)?;
    let _turn = turn(&api).await?;
    let sent = body::read(body, INGEST_SENT_BYTES_MAX).await?;
    let inflated = tokio::task::spawn_blocking(move || body::inflate(sent, compression)).await;
    let interrupted = |_| ApiError::unavailable("inflating was interrupted", RETRY_AFTER_S);
    let body = inflated.map_err(interrupted)??;
    let request = IngestRequest { tenant: caller.tenant, idempotency_key, body };
    let answer = api.intake.ingest(request).await;
    answer.map(Json).map_err(|error| ApiError::from_intake(error, api.store.pipeline()))
}

/// Waits until few enough bodies are held in memory.
async fn turn(api: &Api) -> Result<SemaphorePermit<'_>, ApiError> {
    match timeout(INGEST_WAIT_MAX, api.ingests.acquire()).await {
        Ok(Ok(turn)) => Ok(turn),
        Ok(Err(_)) | Err(_) => {
            Err(ApiError::busy("too many ingest requests at once", RETRY_AFTER_S))
        }
    }
}

fn check_pipeline(api: &Api, headers: &HeaderMap) -> Result<(), ApiError> {
    let pipeline = api.store.pipeline();
    let Some(meant) = headers.get(PIPELINE) else { return Ok(()) };
    let meant = meant.to_str().unwrap_or_default();
    if meant.parse() == Ok(pipeline.0) {
        return Ok(());
    }
    let message = format!("this is pipeline {pipeline}, and the sender means {meant}");
    let hint = "point the collector at its own centre, or give it a new data directory";
    Err(ApiError::conflict(message, hint).about("Nilometer-Pipeline").verdict_of(pipeline))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    match value.to_str() {
        Ok(key) if !key.is_empty() && key.len() <= IDEMPOTENCY_KEY_BYTES_MAX => {
            Ok(Some(key.to_owned()))
        }
        _ => {
            let hint = format!("1 to {IDEMPOTENCY_KEY_BYTES_MAX} printable ASCII characters");
            let message = "the idempotency key cannot be used";
            Err(ApiError::bad_request("Idempotency-Key", message, hint))
        }
    }
}
