//! Rules: which there are, changing them, and what one would have said.
//!
//! Invariants:
//! - a rule is read here as in a file: the same members, the same limits, the same words when one is wrong;
//! - what stands in a file is changed in the file.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use nilometer_alert::{FieldError, Interval, RawRule, Rule};
use nilometer_model::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value as Json_, json};
use utoipa::ToSchema;

use super::Api;
use super::access::Caller;
use super::body;
use super::error::ApiError;
use super::limits::{RETRY_AFTER_S, RULE_BODY_BYTES_MAX};
use super::params::{self, NoParams};
use crate::alert::{DeskError, Place, ReplayError, ShownRule, writable};

// What RawRule reads and `shown` writes, for the OpenAPI document.
/// A rule.
#[derive(Debug, ToSchema)]
#[schema(as = Rule)]
#[expect(dead_code, reason = "describes what RawRule reads; no value of it is ever made")]
pub(crate) struct RuleJson {
    /// a-z, 0-9, '-', '_' and '.'; made of the name unless given.
    id: Option<String>,
    name: String,
    /// logs (default), spans, samples or health.
    signal: Option<String>,
    /// A query; without pipes it counts.
    query: String,
    /// The whole of which `query` counts a part: the value is the share.
    of: Option<String>,
    /// How often, as "15s"; default 1m.
    every: Option<String>,
    /// What an evaluation looks at; default `every`.
    over: Option<String>,
    /// The condition has to hold over this shorter range too.
    also_over: Option<String>,
    /// How long the condition has to hold; default 0s.
    r#for: Option<String>,
    group_by: Option<Vec<String>>,
    condition: Option<ConditionJson>,
    /// ok (default), firing or silent.
    no_data: Option<String>,
    /// info, warning (default) or critical.
    severity: Option<String>,
    #[schema(value_type = Option<Object>)]
    labels: Option<()>,
    #[schema(value_type = Option<Object>)]
    annotations: Option<()>,
    /// Names of destinations.
    notify: Option<Vec<String>>,
    runbook: Option<String>,
    #[schema(value_type = Option<Vec<Object>>)]
    inhibited_by: Option<()>,
    /// Evaluated and shown, and told to nobody.
    dry_run: Option<bool>,
    slo: Option<SloJson>,
    /// default, file or api; only in answers.
    source: Option<String>,
    /// Why it cannot be evaluated; only in answers, and only then.
    failing: Option<String>,
    /// The step that was evaluated last; only in answers, and not before the first.
    #[schema(format = DateTime)]
    evaluated: Option<String>,
}

/// When a value is too much, or too little.
#[derive(Debug, ToSchema)]
#[schema(as = RuleCondition)]
#[expect(dead_code, reason = "describes what RawRule reads; no value of it is ever made")]
struct ConditionJson {
    /// One of > >= < <= == !=; default >.
    op: Option<String>,
    /// Default 0; a duration in ms.
    value: Option<f64>,
}

/// An objective; it stands for three rules about how fast its budget burns.
#[derive(Debug, ToSchema)]
#[schema(as = RuleObjective)]
#[expect(dead_code, reason = "describes what RawRule reads; no value of it is ever made")]
struct SloJson {
    /// Percent.
    objective: f64,
    /// Default 30d.
    window: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RulesAnswer {
    #[schema(value_type = Vec<RuleJson>)]
    rules: Vec<Json_>,
}

/// A replay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayAsked {
    /// A rule, or the id of one.
    #[schema(value_type = RuleJson)]
    rule: Box<RawValue>,
    /// RFC 3339, now, or before now like -15m; default -1h.
    from: Option<String>,
    /// As `from`; default now.
    to: Option<String>,
    /// What each step sees: `then` (default), what had been received by then, as live evaluation saw it; or `now`, all
    /// that is stored, such as data that was loaded later.
    #[serde(default)]
    seen: SeenBy,
}

/// What the steps of a replay see.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SeenBy {
    #[default]
    Then,
    Now,
}

/// When a rule would have fired.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReplayAnswer {
    #[schema(value_type = Vec<Object>)]
    intervals: Vec<Interval>,
    /// Intervals beyond the limit of one answer.
    intervals_left_out: usize,
    evaluations: u64,
    /// No limit cut an evaluation short, and no part of the data was missing.
    complete: bool,
    /// The worst value in each of equal parts of the range, as many as there are steps and at most 240; null where
    /// there was none. Of an objective, that of its shortest range.
    curve: Vec<Option<f64>>,
}

/// All rules.
#[utoipa::path(get, path = "/api/v1/rules", tag = "alerts",
    responses((status = 200, body = RulesAnswer), (status = "4XX", body = ApiError)))]
pub(crate) async fn rules(
    State(api): State<Api>,
    caller: Caller,
    _: NoParams,
) -> Json<RulesAnswer> {
    let rules = api.alerts.rules(&caller.tenant).into_iter().map(shown).collect();
    Json(RulesAnswer { rules })
}

/// One rule.
#[utoipa::path(get, path = "/api/v1/rules/{id}", tag = "alerts",
    params(("id" = String, Path, description = "the rule's id")),
    responses((status = 200, body = RulesAnswer), (status = "4XX", body = ApiError)))]
pub(crate) async fn rule(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    _: NoParams,
) -> Result<Json<RulesAnswer>, ApiError> {
    let mut found = api.alerts.rules(&caller.tenant).into_iter();
    let found = found.find(|one| one.rule.id.as_str() == id);
    let rule = found.map(shown).ok_or_else(|| no_rule(&id))?;
    Ok(Json(RulesAnswer { rules: vec![rule] }))
}

/// Adds a rule.
#[utoipa::path(post, path = "/api/v1/rules", tag = "alerts", operation_id = "create_rule",
    request_body = RuleJson,
    responses((status = 201, body = RulesAnswer), (status = "4XX", body = ApiError),
        (status = "5XX", body = ApiError)))]
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    _: NoParams,
    body: Body,
) -> Result<(StatusCode, Json<RulesAnswer>), ApiError> {
    let rule = read(&body::read(body, RULE_BODY_BYTES_MAX).await?)?;
    let rule =
        to_the_end(async move { api.alerts.put_rule(&caller.tenant, rule, false).await }).await?;
    let rules = vec![shown(written(rule))];
    Ok((StatusCode::CREATED, Json(RulesAnswer { rules })))
}

/// Adds a rule, or puts it in the place of the one of that id.
#[utoipa::path(put, path = "/api/v1/rules/{id}", tag = "alerts", request_body = RuleJson,
    params(("id" = String, Path, description = "the rule's id")),
    responses((status = 200, body = RulesAnswer), (status = "4XX", body = ApiError),
        (status = "5XX", body = ApiError)))]
pub(crate) async fn replace(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    _: NoParams,
    body: Body,
) -> Result<Json<RulesAnswer>, ApiError> {
    let mut raw = raw(&body::read(body, RULE_BODY_BYTES_MAX).await?)?;
    if raw.id.as_ref().is_some_and(|own| *own != id) {
        let hint = "leave the id out of the body, or say the same";
        return Err(ApiError::bad_request("id", "the body names another rule than the path", hint));
    }
    raw.id = Some(id);
    let rule = raw.check().map_err(bad_field)?;
    let rule =
        to_the_end(async move { api.alerts.put_rule(&caller.tenant, rule, true).await }).await?;
    Ok(Json(RulesAnswer { rules: vec![shown(written(rule))] }))
}

/// Takes a rule away; its alerts end.
#[utoipa::path(delete, path = "/api/v1/rules/{id}", tag = "alerts", operation_id = "delete_rule",
    params(("id" = String, Path, description = "the rule's id")),
    responses((status = 200, body = RulesAnswer), (status = "4XX", body = ApiError),
        (status = "5XX", body = ApiError)))]
pub(crate) async fn delete(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    _: NoParams,
) -> Result<Json<RulesAnswer>, ApiError> {
    to_the_end(async move { api.alerts.delete_rule(&caller.tenant, &id).await }).await?;
    Ok(Json(RulesAnswer { rules: Vec::new() }))
}

/// When a rule would have fired, how long, on whom and how badly.
#[utoipa::path(post, path = "/api/v1/rules/replay", tag = "alerts", request_body = ReplayAsked,
    responses((status = 200, body = ReplayAnswer), (status = "4XX", body = ApiError),
        (status = "5XX", body = ApiError)))]
pub(crate) async fn replay(
    State(api): State<Api>,
    caller: Caller,
    _: NoParams,
    body: Body,
) -> Result<Json<ReplayAnswer>, ApiError> {
    let body = body::read(body, RULE_BODY_BYTES_MAX).await?;
    let asked: ReplayAsked = serde_json::from_slice(&body).map_err(|error| {
        let hint = r#"send {"rule": {"name": "errors", "query": "severity:error"}, "from": "-1d"}"#;
        ApiError::bad_request("body", error.to_string(), hint)
    })?;
    let rule = match serde_json::from_str::<String>(asked.rule.get()) {
        Ok(id) => api.alerts.rule(&caller.tenant, &id).ok_or_else(|| no_rule(&id))?.0,
        Err(_) => read(asked.rule.get().as_bytes())?,
    };
    let (from, to) = (asked.from.as_deref(), asked.to.as_deref());
    let range = params::range(from, to, params::Default::LastHour, api.clock.now())?;
    let known_to = match asked.seen {
        SeenBy::Then => Timestamp(i64::MIN),
        SeenBy::Now => Timestamp(i64::MAX),
    };
    let told = api.alerts.replay(&caller.tenant, &rule, (range, known_to)).await;
    let told = told.map_err(not_replayed)?;
    Ok(Json(ReplayAnswer {
        intervals: told.intervals,
        intervals_left_out: told.left_out,
        evaluations: told.evaluations,
        complete: told.complete,
        curve: told.curve,
    }))
}

fn not_replayed(error: ReplayError) -> ApiError {
    match error {
        ReplayError::Rule(error) => bad_field(error),
        ReplayError::Query(error) => super::ask::refuse(error),
        ReplayError::TooMany { .. } | ReplayError::TooLong => {
            ApiError::over_limit(error.to_string(), "ask for a shorter range, or a longer `every`")
        }
    }
}

/// A rule that came just now.
fn written(rule: Rule) -> ShownRule {
    ShownRule { rule, place: Place::Api, failing: None, evaluated: None }
}

fn shown(shown: ShownRule) -> Json_ {
    let ShownRule { rule, place, failing, evaluated } = shown;
    let mut json = writable(&rule);
    json["source"] = json!(place);
    if let Some(failing) = failing {
        json["failing"] = failing.into();
    }
    if let Some(evaluated) = evaluated {
        json["evaluated"] = json!(evaluated);
    }
    json
}

/// A rule as it is sent: members that only answers have are taken back as they were given.
fn raw(body: &[u8]) -> Result<RawRule, ApiError> {
    let Ok(Json_::Object(mut members)) = serde_json::from_slice(body) else {
        return RawRule::from_json(body).map_err(bad_field);
    };
    let told = ["source", "failing", "evaluated"].map(|name| members.remove(name));
    if told.iter().all(Option::is_none) {
        return RawRule::from_json(body).map_err(bad_field);
    }
    let body = serde_json::to_vec(&members).unwrap_or_default();
    RawRule::from_json(&body).map_err(bad_field)
}

fn read(body: &[u8]) -> Result<Rule, ApiError> {
    raw(body)?.check().map_err(bad_field)
}

fn bad_field(error: FieldError) -> ApiError {
    match (error.column, error.field.as_str()) {
        (Some(column), "query" | "of") => {
            ApiError::bad_query(error.message, error.hint, column).about(&error.field)
        }
        _ => ApiError::bad_request(&error.field, error.message, error.hint),
    }
}

fn no_rule(id: &str) -> ApiError {
    ApiError::not_found(format!("there is no rule '{id}'"), "GET /api/v1/rules lists them")
}

/// Runs a change to its end though its caller leaves: half of one would be in Meta and not in memory.
pub(super) async fn to_the_end<T: Send + 'static>(
    change: impl Future<Output = Result<T, DeskError>> + Send + 'static,
) -> Result<T, ApiError> {
    match tokio::spawn(change).await {
        Ok(changed) => changed.map_err(refuse),
        Err(error) => {
            tracing::error!(%error, "a change of rules or silences broke");
            Err(ApiError::unavailable("the change was interrupted", RETRY_AFTER_S))
        }
    }
}

/// Why rules or silences were not changed.
fn refuse(error: DeskError) -> ApiError {
    let message = error.to_string();
    match error {
        DeskError::Field(error) => bad_field(error),
        DeskError::Conflict(_, hint) => ApiError::conflict(message, hint),
        DeskError::NotFound(..) => ApiError::not_found(message, "the list shows what there is"),
        DeskError::TooMany { .. } => ApiError::over_limit(message, "delete what is not needed"),
        DeskError::Commit(_) => ApiError::unavailable(message, RETRY_AFTER_S),
    }
}
