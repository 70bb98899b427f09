//! Alerts: what is pending or fires now, and what has fired or ended.
//!
//! Invariant: an alert is told here as in a notification; why nobody is told of it is said beside it.

use axum::Json;
use axum::extract::State;
use nilometer_alert::Alert;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json_, json};
use utoipa::ToSchema;

use super::Api;
use super::access::Caller;
use super::error::ApiError;
use super::limits::{LIMIT_DEFAULT, LIMIT_MAX};
use super::params::{self, NoParams, Params};
use crate::alert::Delivery;

// What `shown` writes, for the OpenAPI document.
/// An alert.
#[derive(Debug, ToSchema)]
#[schema(as = Alert)]
#[expect(dead_code, reason = "describes what Alert writes; no value of it is ever made")]
pub(crate) struct AlertJson {
    id: String,
    /// The rule's id.
    rule: String,
    /// pending, firing or resolved.
    state: String,
    /// The rule's labels, alertname, and the group's values.
    #[schema(value_type = Object)]
    labels: (),
    value: Option<f64>,
    /// When it began to be pending or to fire.
    #[schema(format = DateTime)]
    since: String,
    /// When it ended.
    #[schema(format = DateTime)]
    until: Option<String>,
    /// info, warning or critical.
    severity: String,
    #[schema(value_type = Object)]
    annotations: (),
    /// Why it is in this state.
    reason: String,
    /// Whether the answer that it was told from held everything.
    complete: bool,
    /// Where what it is about is shown.
    link: String,
    /// Told from what came late, when it was over, and to nobody; only in the history.
    late: Option<bool>,
    /// Why nobody is told: {"silenced": id}, {"inhibited": rule} or "dry_run".
    #[schema(value_type = Option<Object>)]
    muted: Option<()>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertsAnswer {
    #[schema(value_type = Vec<AlertJson>)]
    alerts: Vec<Json_>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertHistoryAnswer {
    /// The newest first.
    #[schema(value_type = Vec<AlertJson>)]
    alerts: Vec<Json_>,
    /// Where to go on; none when there is nothing more.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AlertHistoryParams {
    /// RFC 3339, now, or before now like -15m; default: everything.
    from: Option<String>,
    /// As `from`, not included.
    to: Option<String>,
    /// At most so many, 1 to 10,000, default 100.
    limit: Option<String>,
    /// Goes on where an answer ended.
    cursor: Option<String>,
}

// What Delivery writes, for the OpenAPI document.
/// What became of a notice.
#[derive(Debug, ToSchema)]
#[schema(as = Delivery)]
#[expect(dead_code, reason = "describes what Delivery writes; no value of it is ever made")]
pub(crate) struct DeliveryJson {
    /// The same for every attempt.
    id: String,
    destination: String,
    /// The rule's id.
    rule: String,
    /// When it was taken, or given up.
    #[schema(format = DateTime)]
    time: String,
    attempts: u32,
    /// Why it was given up; absent when it was taken.
    reason: Option<String>,
    alerts: Vec<AlertJson>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveriesAnswer {
    /// The newest first.
    #[schema(value_type = Vec<DeliveryJson>)]
    deliveries: Vec<Delivery>,
}

/// What became of notices, the newest first; those that were given up say why.
#[utoipa::path(get, path = "/api/v1/alerts/deliveries", tag = "alerts",
    responses((status = 200, body = DeliveriesAnswer), (status = "4XX", body = ApiError)))]
pub(crate) async fn deliveries(
    State(api): State<Api>,
    caller: Caller,
    _: NoParams,
) -> Json<DeliveriesAnswer> {
    Json(DeliveriesAnswer { deliveries: api.alerts.deliveries(&caller.tenant) })
}

/// What is pending or fires.
#[utoipa::path(get, path = "/api/v1/alerts", tag = "alerts",
    responses((status = 200, body = AlertsAnswer), (status = "4XX", body = ApiError)))]
pub(crate) async fn alerts(
    State(api): State<Api>,
    caller: Caller,
    _: NoParams,
) -> Json<AlertsAnswer> {
    let alerts = api.alerts.alerts(&caller.tenant).into_iter().map(|one| {
        let mut json = shown(&one.alert);
        if let Some(muted) = one.muted {
            json["muted"] = json!(muted);
        }
        json
    });
    Json(AlertsAnswer { alerts: alerts.collect() })
}

/// What began to fire and what ended, the newest first.
#[utoipa::path(get, path = "/api/v1/alerts/history", tag = "alerts", params(AlertHistoryParams),
    responses((status = 200, body = AlertHistoryAnswer), (status = "4XX", body = ApiError)))]
pub(crate) async fn history(
    State(api): State<Api>,
    caller: Caller,
    Params(params): Params<AlertHistoryParams>,
) -> Result<Json<AlertHistoryAnswer>, ApiError> {
    let (from, to) = (params.from.as_deref(), params.to.as_deref());
    let range = params::range(from, to, params::Default::Everything, api.clock.now())?;
    let limit = params::count("limit", params.limit.as_deref(), LIMIT_DEFAULT, LIMIT_MAX)?;
    let before = params.cursor.as_deref().map(|text| {
        u64::from_str_radix(text, 16).map_err(|_| {
            let hint = "give the cursor of an answer as it was";
            ApiError::bad_request("cursor", "the cursor cannot be read", hint)
        })
    });
    let (found, more) = api.alerts.history(&caller.tenant, range, (before.transpose()?, limit));
    let cursor = found.last().filter(|_| more).map(|last| format!("{:x}", last.number));
    let alerts = found.iter().map(|one| shown(&one.alert)).collect();
    Ok(Json(AlertHistoryAnswer { alerts, cursor }))
}

fn shown(alert: &Alert) -> Json_ {
    serde_json::to_value(alert).unwrap_or_default()
}
