//! How components and nodes are, for people: the board of `health` as JSON.
//!
//! Invariants:
//! - an answer is told from one snapshot, and is at most [`HEALTH_FRESH`] old;
//! - what is not known is absent: no calls is no share of failing calls.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::Json;
use axum::extract::State;
use nilometer_model::{Tenant, Timestamp, parse_time};
use nilometer_store::Store;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use utoipa::ToSchema;

use super::Api;
use super::access::Caller;
use super::answer::CoverageJson;
use super::ask;
use super::components::SpeakersBySplit;
use super::error::ApiError;
use super::limits::RETRY_AFTER_S;
use super::params::{self, Params};
use crate::execute::LimitedBy;
use crate::health::gather::{Parts, of_books};
use crate::health::{
    Basis, Board, Change, ComponentHealth, Evidence, Known, NodeHealth, Numbers, Series, Sign,
    Times, board,
};
use crate::limits::{
    HEALTH_ANSWERS_MAX, HEALTH_AT_ONCE, HEALTH_FRESH, HEALTH_LISTED_MS, HEALTH_WINDOW_DEFAULT_S,
    HEALTH_WINDOW_S,
};

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HealthParams {
    /// What rates, shares and quantiles are taken of: the time before `to`, 10s to 1h; default 5m.
    window: Option<String>,
    /// Where lines over time begin: RFC 3339, or before now like -15m; default -1h, at most a day before `to`.
    from: Option<String>,
    /// The moment whose health is told; default now.
    to: Option<String>,
}

/// How a component is.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ComponentHealth)]
pub(crate) struct ComponentHealthJson {
    component: String,
    /// healthy, degraded, failing, crash_looping, app_silent or unknown.
    state: &'static str,
    /// When the state began, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Empty while nothing is to be said.
    reason: String,
    #[serde(flatten)]
    numbers: NumbersJson,
    /// Restarts of its containers in the window.
    restarts: usize,
    instances: BTreeSet<String>,
    nodes: BTreeSet<String>,
    #[schema(value_type = String, format = DateTime)]
    last_seen: Timestamp,
    /// Failing or degraded components whose calls to this one failed in the window.
    affects: Vec<String>,
    /// The trace of its latest failing call in the window.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed_trace: Option<String>,
    series: SeriesJson,
}

/// The numbers of a window.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = HealthNumbers)]
struct NumbersJson {
    /// What is counted: calls, or lines where there are no calls.
    basis: &'static str,
    count: u64,
    errors: u64,
    /// Per second.
    rate: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_ratio: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p50_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p95_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p99_ms: Option<f64>,
}

/// Points of equal length; null where nothing was counted. Quantiles are within 1 %.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = HealthSeries)]
struct SeriesJson {
    rate: Vec<f64>,
    error_ratio: Vec<Option<f64>>,
    p95_ms: Vec<Option<f64>>,
    p99_ms: Vec<Option<f64>>,
}

/// All components together.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = HealthTotals)]
struct TotalsJson {
    #[serde(flatten)]
    numbers: NumbersJson,
    series: SeriesJson,
}

/// How a node is.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = NodeHealth)]
pub(crate) struct NodeHealthJson {
    node: String,
    /// healthy, collector_gone, node_gone or unknown.
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    reason: String,
    /// Cores in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_cores: Option<f64>,
    /// Bytes in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_total: Option<f64>,
    /// Bytes in use of its fullest disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    disk: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disk_total: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    last_seen: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_offset_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lag_ms: Option<i64>,
}

/// A state that began in the range.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = HealthChange)]
struct ChangeJson {
    #[schema(value_type = String, format = DateTime)]
    time: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    state: &'static str,
}

/// How everything is at one moment.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct HealthAnswer {
    /// In the order of need.
    components: Vec<ComponentHealthJson>,
    /// Components beyond the limit of one answer.
    components_left_out: usize,
    nodes: Vec<NodeHealthJson>,
    /// Requests from outside; all calls where nothing came from outside; lines where there are no calls.
    totals: TotalsJson,
    /// The newest first.
    changes: Vec<ChangeJson>,
    /// The edges of the points of all series: one more than there are points.
    #[schema(value_type = Vec<String>)]
    points: Vec<Timestamp>,
    window_s: i64,
    /// The moment whose health this is.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    coverage: CoverageJson,
}

/// How components and nodes are.
#[utoipa::path(get, path = "/api/v1/health", tag = "health", params(HealthParams),
    responses((status = 200, body = HealthAnswer), (status = "4XX", body = ApiError),
        (status = "5XX", body = ApiError)))]
pub(crate) async fn health(
    State(api): State<Api>,
    caller: Caller,
    Params(params): Params<HealthParams>,
) -> Result<Json<Arc<HealthAnswer>>, ApiError> {
    let times = times(&params, api.clock.now())?;
    let key = (caller.tenant.name().to_owned(), params);
    if let Some(answer) = api.health.fresh(&key) {
        return Ok(Json(answer));
    }
    let turn = api.health.turns.acquire().await;
    let _turn = turn.map_err(|_| ApiError::unavailable("the process ends", RETRY_AFTER_S))?;
    // Who waited for a turn may find what he waited for.
    if let Some(answer) = api.health.fresh(&key) {
        return Ok(Json(answer));
    }
    let answer = Arc::new(tell(&api, &caller, times).await?);
    api.health.keep(key, &answer);
    Ok(Json(answer))
}

fn times(params: &HealthParams, now: Timestamp) -> Result<Times, ApiError> {
    let (from, to) = (params.from.as_deref(), params.to.as_deref());
    let shown = params::range(from, to, params::Default::LastHour, now)?;
    let window_s = match params.window.as_deref() {
        None => HEALTH_WINDOW_DEFAULT_S,
        Some(text) => window_s(text)?,
    };
    Ok(Times { shown, window_s })
}

fn window_s(text: &str) -> Result<i64, ApiError> {
    let zero = Timestamp(0);
    let length = parse_time(&format!("-{text}"), zero).map(|ago| -ago.0 / 1_000_000_000);
    length.ok().filter(|seconds| HEALTH_WINDOW_S.contains(seconds)).ok_or_else(|| {
        let message = format!("window is '{text}'");
        ApiError::bad_request("window", message, "a time from 10s to 1h, as 5m; default 5m")
    })
}

async fn tell(api: &Api, caller: &Caller, times: Times) -> Result<HealthAnswer, ApiError> {
    let tenant = &caller.tenant;
    let told = api.alerts.sources.tell(&api.store, tenant, (times, api.clock.now())).await;
    let told =
        told.ok_or_else(|| ApiError::unavailable("the answer was interrupted", RETRY_AFTER_S))?;
    let coverage = ask::coverage(api, tenant, times.shown, told.missing_splits, told.limited_by);
    Ok(HealthAnswer::new(told.board, &times, coverage))
}

/// What health is told from, as far as it is kept between two answers.
#[derive(Debug, Default)]
pub(crate) struct HealthSources {
    parts: Parts,
    pub(super) speakers: SpeakersBySplit,
}

/// What it says, and what it was told from.
pub(crate) struct HealthTold {
    pub(crate) board: Board,
    /// Components and when one of their containers ran out of memory last.
    pub(crate) ooms: Vec<(String, Timestamp)>,
    /// When each component was first heard, as far as the splits reach in which it was heard lately.
    pub(crate) first_heard: BTreeMap<String, Timestamp>,
    pub(crate) missing_splits: u32,
    limited_by: Option<LimitedBy>,
}

impl HealthSources {
    /// How the tenant's components and nodes are at one moment; none when that was interrupted.
    pub(crate) async fn tell(
        &self,
        store: &Store,
        tenant: &Tenant,
        (times, now): (Times, Timestamp),
    ) -> Option<HealthTold> {
        let snapshot = store.snapshot(tenant);
        let gathered = self.parts.gather(&snapshot, tenant, &times).await;
        let oldest = times.at().plus_ns(-HEALTH_LISTED_MS * 1_000_000);
        let known = self.speakers.heard_since(tenant, &snapshot, oldest).await;
        let first = |(name, known): (&String, &Known)| (name.clone(), known.first_seen);
        let first_heard = known.iter().map(first).collect();
        let (runs, ended) = of_books(&store.sources(tenant, None), &gathered.tracks);
        let evidence = Evidence {
            times,
            tracks: gathered.tracks,
            window: gathered.window,
            readings: gathered.readings,
            runs,
            ended,
            signs: store.collectors(tenant, now).into_iter().map(Sign::from).collect(),
            known,
        };
        let judge = move || {
            let board = board(&evidence);
            let oom = |health: &ComponentHealth| {
                let last = evidence.readings.last_oom(&health.component)?;
                Some((health.component.clone(), last))
            };
            (board.components.iter().filter_map(oom).collect(), board)
        };
        let told = tokio::task::spawn_blocking(judge).await;
        let told = told.inspect_err(|error| tracing::error!(%error, "health could not be told"));
        let (ooms, board) = told.ok()?;
        let (missing_splits, limited_by) = (gathered.missing_splits, gathered.limited_by);
        Some(HealthTold { board, ooms, first_heard, missing_splits, limited_by })
    }
}

/// What is asked, and by whom.
type Asked = (String, HealthParams);

/// What was told last, and who waits.
#[derive(Debug)]
pub(crate) struct HealthDesk {
    turns: Semaphore,
    /// The newest last.
    answers: Mutex<Vec<(Asked, Instant, Arc<HealthAnswer>)>>,
}

impl Default for HealthDesk {
    fn default() -> Self {
        Self { turns: Semaphore::new(HEALTH_AT_ONCE), answers: Mutex::default() }
    }
}

impl HealthDesk {
    fn fresh(&self, asked: &Asked) -> Option<Arc<HealthAnswer>> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.retain(|(_, told, _)| told.elapsed() < HEALTH_FRESH);
        answers.iter().find(|(known, ..)| known == asked).map(|(.., answer)| Arc::clone(answer))
    }

    fn keep(&self, asked: Asked, answer: &Arc<HealthAnswer>) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.push((asked, Instant::now(), Arc::clone(answer)));
        let over = answers.len().saturating_sub(HEALTH_ANSWERS_MAX);
        answers.drain(..over);
    }
}

impl HealthAnswer {
    fn new(mut board: Board, times: &Times, coverage: CoverageJson) -> Self {
        let component = |health: ComponentHealth| {
            let affects = board.affects.remove(&health.component).unwrap_or_default();
            ComponentHealthJson::new(health, affects)
        };
        Self {
            components: board.components.into_iter().map(component).collect(),
            components_left_out: board.components_left_out,
            nodes: board.nodes.into_iter().map(NodeHealthJson::from).collect(),
            totals: TotalsJson { numbers: board.totals.into(), series: board.totals_series.into() },
            changes: board.changes.into_iter().map(ChangeJson::from).collect(),
            points: board.points,
            window_s: times.window_s,
            at: times.at(),
            coverage,
        }
    }
}

impl ComponentHealthJson {
    fn new(health: ComponentHealth, affects: Vec<String>) -> Self {
        let hex = |id: [u8; 16]| format!("{:032x}", u128::from_be_bytes(id));
        Self {
            component: health.component,
            state: health.state.name(),
            since: health.since,
            reason: health.reason,
            numbers: health.numbers.into(),
            restarts: health.restarts,
            instances: health.instances,
            nodes: health.nodes,
            last_seen: health.last_seen,
            affects,
            failed_trace: health.failed_trace.map(hex),
            series: health.series.into(),
        }
    }
}

impl From<Numbers> for NumbersJson {
    fn from(numbers: Numbers) -> Self {
        let [p50_ms, p95_ms, p99_ms] = numbers.quantiles_ms;
        Self {
            basis: match numbers.basis {
                Basis::Calls => "calls",
                Basis::Lines => "lines",
            },
            count: numbers.counts.calls,
            errors: numbers.counts.errors,
            rate: numbers.rate,
            error_ratio: numbers.counts.share(),
            p50_ms,
            p95_ms,
            p99_ms,
        }
    }
}

impl From<Series> for SeriesJson {
    fn from(series: Series) -> Self {
        let Series { rate, error_ratio, p95_ms, p99_ms } = series;
        Self { rate, error_ratio, p95_ms, p99_ms }
    }
}

impl From<NodeHealth> for NodeHealthJson {
    fn from(health: NodeHealth) -> Self {
        let load = health.load;
        Self {
            node: health.node,
            state: health.state.name(),
            since: health.since,
            reason: health.reason,
            cpu: load.cpu_used,
            cpu_cores: load.cpu_cores,
            memory: load.memory_used,
            memory_total: load.memory_total,
            disk: load.disk_used,
            disk_total: load.disk_total,
            last_seen: health.last_seen,
            clock_offset_ms: health.clock_offset_ms,
            lag_ms: health.lag_ms,
        }
    }
}

impl From<Change> for ChangeJson {
    fn from(change: Change) -> Self {
        let Change { time, component, node, state } = change;
        Self { time, component, node, state }
    }
}

impl From<nilometer_store::CollectorView> for Sign {
    fn from(view: nilometer_store::CollectorView) -> Self {
        Self {
            node: view.node,
            last_seen: view.last_seen,
            goodbye: view.goodbye,
            clock_offset_ms: view.clock_offset_ms,
            lag_ms: view.lag_ms,
        }
    }
}

#[cfg(test)]
mod tests;
