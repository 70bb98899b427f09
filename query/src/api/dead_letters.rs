//! Records that were turned away: what is kept of them, and letting one in after all.
//!
//! Invariants:
//! - a tenant sees and lets in his own only;
//! - a record that is let in says so itself (attribute `dead_letter`), for what a dead letter does not
//!   keep (severity, instance, attributes, ids) it has lost;
//! - only a whole message is let in, and only once, however often it is asked for.

use axum::Json;
use axum::extract::{Path, State};
use nilometer_model::{Reason, SourceId, Timestamp};
use nilometer_store::DeadLetter;
use nilometer_store::limits::DEAD_LETTER_MESSAGE_BYTES_MAX;
use nilometer_wire::{IngestAnswer, IngestRequest};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::Api;
use super::access::Caller;
use super::error::ApiError;
use super::limits::LIMIT_MAX;
use super::params::{NoParams, Params, count};

/// A message this long may be the beginning of a longer one: it is cut between characters.
const MESSAGE_BYTES_WHOLE: usize = DEAD_LETTER_MESSAGE_BYTES_MAX - 4;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeadLettersParams {
    /// Only so many of the latest; 1 to 10,000, default 10,000.
    limit: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeadLetter)]
pub(crate) struct DeadLetterJson {
    id: String,
    #[schema(value_type = String)]
    source: SourceId,
    position: u64,
    #[schema(value_type = String)]
    reason: Reason,
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    component: String,
    node: String,
    /// The beginning of the message.
    message: String,
}

impl From<DeadLetter> for DeadLetterJson {
    fn from(letter: DeadLetter) -> Self {
        Self {
            id: letter.id,
            source: letter.source,
            position: letter.position,
            reason: letter.reason,
            time: letter.time,
            component: letter.component,
            node: letter.node,
            message: letter.message,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeadLettersAnswer {
    dead_letters: Vec<DeadLetterJson>,
}

/// Records that were turned away, oldest first.
#[utoipa::path(get, path = "/api/v1/dead-letters", tag = "pipeline", params(DeadLettersParams),
    responses((status = 200, body = DeadLettersAnswer), (status = "4XX", body = ApiError)))]
pub(crate) async fn dead_letters(
    State(api): State<Api>,
    caller: Caller,
    Params(params): Params<DeadLettersParams>,
) -> Result<Json<DeadLettersAnswer>, ApiError> {
    let limit = count("limit", params.limit.as_deref(), LIMIT_MAX, LIMIT_MAX)?;
    let letters = api.store.dead_letters(&caller.tenant);
    let earlier = letters.len().saturating_sub(limit);
    let dead_letters = letters.into_iter().skip(earlier).map(DeadLetterJson::from).collect();
    Ok(Json(DeadLettersAnswer { dead_letters }))
}

/// Lets a record in that was turned away: with its time, component, node and message, and with the
/// attribute `dead_letter` that says what it was. A repeat adds nothing.
#[utoipa::path(post, path = "/api/v1/dead-letters/{id}/retry", tag = "pipeline",
    params(("id" = String, Path, description = "The dead letter's id")),
    responses((status = 200, description = "Durable: {accepted, refused:[]}", body = Object),
        (status = "4XX", body = ApiError), (status = "5XX", body = ApiError)))]
pub(crate) async fn retry(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    _: NoParams,
) -> Result<Json<IngestAnswer>, ApiError> {
    let letters = api.store.dead_letters(&caller.tenant);
    let letter = letters.into_iter().find(|letter| letter.id == id);
    let letter = letter.ok_or_else(|| {
        let hint = "GET /api/v1/dead-letters lists those that are kept";
        ApiError::not_found(format!("there is no dead letter '{id}'"), hint).about("id")
    })?;
    if letter.message.len() > MESSAGE_BYTES_WHOLE {
        let message = "only the beginning of its message may be kept";
        let hint = "send the whole record to /api/v1/ingest";
        return Err(ApiError::conflict(message, hint).about("id"));
    }
    let request = IngestRequest {
        tenant: caller.tenant,
        idempotency_key: Some(format!("dead-letter:{id}")),
        body: line(&letter).into(),
    };
    let answer = api.intake.ingest(request).await;
    let answer = answer.map_err(|error| ApiError::from_intake(error, api.store.pipeline()))?;
    match answer.refused.first() {
        None => Ok(Json(answer)),
        Some(refused) => {
            let message = format!("it is turned away again: {}", refused.reason);
            let hint = "put it right and send it to /api/v1/ingest";
            Err(ApiError::conflict(message, hint).about("id"))
        }
    }
}

/// The letter as a line of NDJSON.
fn line(letter: &DeadLetter) -> String {
    let line = json!({
        "time": letter.time,
        "component": letter.component,
        "node": letter.node,
        "message": letter.message,
        "dead_letter": { "id": letter.id, "reason": letter.reason },
    });
    line.to_string()
}
