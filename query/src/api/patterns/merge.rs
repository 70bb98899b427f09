//! Two patterns that somebody knows to be one.
//!
//! Invariant: nothing is taken apart again: both ids name the one from then on, and what joins either joins both.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use nilometer_store::patterns::PatternId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::Api;
use super::super::access::Caller;
use super::super::ask;
use super::super::body;
use super::super::error::ApiError;
use super::super::limits::PATTERN_BODY_BYTES_MAX;
use super::super::params::NoParams;

/// What a pattern is from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergeAsked {
    /// The id of the pattern that it becomes part of.
    into: String,
}

/// What both are now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MergeAnswer {
    id: String,
    /// What its messages say, a variable as <*>.
    template: String,
}

/// Makes a pattern part of another one, for ever.
#[utoipa::path(post, path = "/api/v1/logs/patterns/{id}/merge", tag = "logs",
    operation_id = "merge_pattern", params(("id" = String, Path, description = "the pattern's id")),
    request_body = MergeAsked,
    responses((status = 200, body = MergeAnswer), (status = "4XX", body = ApiError),
        (status = "5XX", body = ApiError)))]
pub(crate) async fn merge(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    _: NoParams,
    body: Body,
) -> Result<Json<MergeAnswer>, ApiError> {
    let body = body::read(body, PATTERN_BODY_BYTES_MAX).await?;
    let asked: MergeAsked = serde_json::from_slice(&body).map_err(|error| {
        let hint = r#"send {"into": "0123456789abcdef"}"#;
        ApiError::bad_request("body", error.to_string(), hint)
    })?;
    let (from, into) = (read("id", &id)?, read("into", &asked.into)?);
    let (book, now) = (&api.language.patterns, api.clock.now());
    let known = book.merge(&api.store, &caller.tenant, (from, into, now)).await;
    let unknown =
        || ApiError::not_found("there is no such pattern", "GET /api/v1/logs/patterns lists them");
    let known = known.map_err(ask::not_learnt)?.ok_or_else(unknown)?;
    let id = known.pattern(into).unwrap_or(into);
    let template = known.template(id).unwrap_or_default();
    Ok(Json(MergeAnswer { id: id.to_string(), template }))
}

fn read(field: &str, id: &str) -> Result<PatternId, ApiError> {
    id.parse().map_err(|()| {
        let hint = "an id is 16 digits, 0 to 9 and a to f";
        ApiError::bad_request(field, format!("'{id}' is no pattern's id"), hint)
    })
}
