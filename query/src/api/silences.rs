//! Silences: which there are, making one, ending one.
//!
//! Invariant: a silence is never changed, only ended and made anew, so that the audit tells what was in force when.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use nilometer_alert::{FieldError, RawMatcher, Silence};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::access::Caller;
use super::body;
use super::error::ApiError;
use super::limits::RULE_BODY_BYTES_MAX;
use super::params::{self, NoParams};
use super::rules::to_the_end;
use crate::alert::read_every;

// What Silence writes, for the OpenAPI document.
/// A silence.
#[derive(Debug, ToSchema)]
#[schema(as = Silence)]
#[expect(dead_code, reason = "describes what Silence writes; no value of it is ever made")]
pub(crate) struct SilenceJson {
    id: String,
    matchers: Vec<MatcherJson>,
    #[schema(format = DateTime)]
    from: String,
    #[schema(format = DateTime)]
    to: String,
    /// It comes again so long after its beginning: 1d, 7d.
    every: Option<String>,
    comment: String,
}

/// A label and what it must say.
#[derive(Debug, ToSchema)]
#[schema(as = SilenceMatcher)]
#[expect(dead_code, reason = "describes what RawMatcher reads; no value of it is ever made")]
struct MatcherJson {
    name: String,
    /// = (default), !=, =~ or !~.
    op: Option<String>,
    value: String,
}

/// A silence to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SilenceAsked {
    #[schema(value_type = Vec<MatcherJson>)]
    matchers: Vec<RawMatcher>,
    /// RFC 3339, or now (default); later makes a maintenance window.
    from: Option<String>,
    /// RFC 3339.
    to: String,
    /// It comes again so long after its beginning: 1d, 7d.
    every: Option<String>,
    #[serde(default)]
    comment: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SilencesAnswer {
    #[schema(value_type = Vec<SilenceJson>)]
    silences: Vec<Silence>,
}

/// All silences, those that are over included.
#[utoipa::path(get, path = "/api/v1/silences", tag = "alerts",
    responses((status = 200, body = SilencesAnswer), (status = "4XX", body = ApiError)))]
pub(crate) async fn silences(
    State(api): State<Api>,
    caller: Caller,
    _: NoParams,
) -> Json<SilencesAnswer> {
    Json(SilencesAnswer { silences: api.alerts.silences(&caller.tenant) })
}

/// One silence.
#[utoipa::path(get, path = "/api/v1/silences/{id}", tag = "alerts",
    params(("id" = String, Path, description = "the silence's id")),
    responses((status = 200, body = SilencesAnswer), (status = "4XX", body = ApiError)))]
pub(crate) async fn silence(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    _: NoParams,
) -> Result<Json<SilencesAnswer>, ApiError> {
    let mut silences = api.alerts.silences(&caller.tenant);
    silences.retain(|silence| silence.id == id);
    if silences.is_empty() {
        let hint = "GET /api/v1/silences lists them";
        return Err(ApiError::not_found(format!("there is no silence '{id}'"), hint));
    }
    Ok(Json(SilencesAnswer { silences }))
}

/// Makes a silence.
#[utoipa::path(post, path = "/api/v1/silences", tag = "alerts", operation_id = "create_silence",
    request_body = SilenceAsked,
    responses((status = 201, body = SilencesAnswer), (status = "4XX", body = ApiError),
        (status = "5XX", body = ApiError)))]
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    _: NoParams,
    body: Body,
) -> Result<(StatusCode, Json<SilencesAnswer>), ApiError> {
    let body = body::read(body, RULE_BODY_BYTES_MAX).await?;
    let asked: SilenceAsked = serde_json::from_slice(&body).map_err(|error| {
        let hint = r#"send {"matchers": [{"name": "component", "op": "=", "value": "cart"}], "to": "2026-11-21T05:00:00Z"}"#;
        ApiError::bad_request("body", error.to_string(), hint)
    })?;
    let from = asked.from.as_deref().unwrap_or("now");
    let range =
        params::range(Some(from), Some(&asked.to), params::Default::LastHour, api.clock.now())?;
    let id = uuid::Uuid::now_v7().to_string();
    let bad = |error: FieldError| ApiError::bad_request(&error.field, error.message, error.hint);
    let every = read_every(asked.every.as_deref()).map_err(bad)?;
    let window = (range.from(), range.to(), every);
    let silence = Silence::new(id, asked.matchers, window, asked.comment).map_err(bad)?;
    let made = silence.clone();
    to_the_end(async move { api.alerts.put_silence(&caller.tenant, made).await }).await?;
    Ok((StatusCode::CREATED, Json(SilencesAnswer { silences: vec![silence] })))
}

/// Ends a silence.
#[utoipa::path(delete, path = "/api/v1/silences/{id}", tag = "alerts", operation_id = "delete_silence",
    params(("id" = String, Path, description = "the silence's id")),
    responses((status = 200, body = SilencesAnswer), (status = "4XX", body = ApiError),
        (status = "5XX", body = ApiError)))]
pub(crate) async fn delete(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    _: NoParams,
) -> Result<Json<SilencesAnswer>, ApiError> {
    to_the_end(async move { api.alerts.delete_silence(&caller.tenant, &id).await }).await?;
    Ok(Json(SilencesAnswer { silences: Vec::new() }))
}
