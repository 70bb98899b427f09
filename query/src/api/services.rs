//! Services, and what each of them does: how often, how many failed, how long it takes.
//!
//! Invariants:
//! - all spans of the range count; quantiles are by nearest rank, and `exact` says when they are not;
//! - a service that has no span in the range is not there: its operations are none.

use axum::Json;
use axum::extract::{Path, State};
use nilometer_model::TimeRange;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::access::Caller;
use super::answer::CoverageJson;
use super::ask;
use super::error::ApiError;
use super::params::{self, Params};
use crate::execute::{self, Limits, Pace, PaceRequest};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RangeParams {
    /// RFC 3339, now, or before now like -15m; default -1h.
    from: Option<String>,
    /// As `from`, not included; default now.
    to: Option<String>,
}

impl RangeParams {
    pub(super) fn range(&self, api: &Api) -> Result<TimeRange, ApiError> {
        let (from, to) = (self.from.as_deref(), self.to.as_deref());
        params::range(from, to, params::Default::LastHour, api.clock.now())
    }
}

/// How often, how many failed, how long.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Service)]
pub(crate) struct ServiceJson {
    service: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    spans: u64,
    /// Spans with status error.
    errors: u64,
    p50_ms: f64,
    p95_ms: f64,
    p99_ms: f64,
    /// Whether the quantiles are some of the durations, by nearest rank; else they are near.
    exact: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServicesAnswer {
    services: Vec<ServiceJson>,
    coverage: CoverageJson,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OperationsAnswer {
    operations: Vec<ServiceJson>,
    coverage: CoverageJson,
}

/// The services that spans come from.
#[utoipa::path(get, path = "/api/v1/services", tag = "traces", params(RangeParams),
    responses((status = 200, body = ServicesAnswer), (status = "4XX", body = ApiError),
        (status = "5XX", body = ApiError)))]
pub(crate) async fn services(
    State(api): State<Api>,
    caller: Caller,
    Params(params): Params<RangeParams>,
) -> Result<Json<ServicesAnswer>, ApiError> {
    let (paces, coverage) = paces(&api, caller, params.range(&api)?, None).await?;
    let services = paces.into_iter().map(|(service, pace)| written(service, None, &pace));
    Ok(Json(ServicesAnswer { services: services.collect(), coverage }))
}

/// The operations of a service.
#[utoipa::path(get, path = "/api/v1/services/{name}/operations", tag = "traces",
    params(("name" = String, Path, description = "a service"), RangeParams),
    responses((status = 200, body = OperationsAnswer), (status = "4XX", body = ApiError),
        (status = "5XX", body = ApiError)))]
pub(crate) async fn operations(
    State(api): State<Api>,
    caller: Caller,
    Path(name): Path<String>,
    Params(params): Params<RangeParams>,
) -> Result<Json<OperationsAnswer>, ApiError> {
    let range = params.range(&api)?;
    let (paces, coverage) = paces(&api, caller, range, Some(name.clone())).await?;
    let operations = paces.into_iter();
    let operations =
        operations.map(|(operation, pace)| written(name.clone(), Some(operation), &pace));
    Ok(Json(OperationsAnswer { operations: operations.collect(), coverage }))
}

async fn paces(
    api: &Api,
    caller: Caller,
    range: TimeRange,
    operations_of: Option<String>,
) -> Result<(Vec<(String, Pace)>, CoverageJson), ApiError> {
    let snapshot = api.store.snapshot(&caller.tenant);
    let tenant = caller.tenant.clone();
    let request = PaceRequest { tenant, range, operations_of, limits: Limits::default() };
    let read = execute::paces(&snapshot, request).await.map_err(ask::refuse)?;
    ask::note(read.stats);
    let coverage = ask::coverage(api, &caller.tenant, range, read.missing_splits, read.limited_by);
    Ok((read.fold, coverage))
}

fn written(service: String, operation: Option<String>, pace: &Pace) -> ServiceJson {
    ServiceJson {
        service,
        operation,
        spans: pace.spans,
        errors: pace.errors,
        p50_ms: pace.quantiles.p50_ms,
        p95_ms: pace.quantiles.p95_ms,
        p99_ms: pace.quantiles.p99_ms,
        exact: pace.quantiles.exact,
    }
}
