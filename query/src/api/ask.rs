//! A question as the routes mean it, put to one snapshot of the store.
//!
//! Invariants:
//! - one question sees one snapshot, and its coverage speaks of that snapshot;
//! - what went wrong inside is logged here; the caller is told what to do.

use std::collections::BTreeMap;
use std::sync::Arc;

use nilometer_model::{Order, Rows, Tenant, TimeRange};
use nilometer_store::patterns::Patterns;

use super::Api;
use super::access::Caller;
use super::answer::{CoverageJson, StatsJson};
use super::error::ApiError;
use super::limits::RETRY_AFTER_S;
use crate::execute::{
    self, Budget, HistogramRequest, LimitedBy, Page, PipelineRequest, QueryError, SearchRequest,
    Stats, Table,
};
use crate::language::SyntaxError;
use crate::metrics;
use crate::patterns::LearnError;
use crate::plan::{Field, Filter, Known, Plan, Signal, SignalField};

/// While an answer is written it is there twice.
const AS_TEXT_TOO: usize = 2;

/// The filter that a request asks for; none means everything that is the caller's.
#[tracing::instrument(name = "plan", skip_all)]
pub(crate) fn filter<S: Signal>(
    caller: &Caller,
    q: Option<&str>,
) -> Result<Arc<Filter<S>>, ApiError> {
    let filter = Filter::parse(&caller.tenant, q.unwrap_or_default()).map_err(bad_query)?;
    Ok(Arc::new(filter))
}

/// The same for what is asked over and over: it remembers what it finds.
#[tracing::instrument(name = "plan", skip_all)]
pub(crate) async fn cached_filter(
    api: &Api,
    caller: &Caller,
    q: Option<&str>,
) -> Result<Arc<Filter>, ApiError> {
    let filter = api.filters.filter(&caller.tenant, q.unwrap_or_default());
    knowing(api, caller, Arc::new(filter.map_err(bad_query)?)).await
}

/// The filter with what is known of patterns, where it asks for that.
pub(crate) async fn knowing<S: Signal>(
    api: &Api,
    caller: &Caller,
    filter: Arc<Filter<S>>,
) -> Result<Arc<Filter<S>>, ApiError> {
    if !filter.asks_patterns() {
        return Ok(filter);
    }
    Ok(Arc::new(filter.knowing(&Known::new(&patterns(api, &caller.tenant).await?))))
}

/// The field of that name, with what is known of patterns, where it asks for that.
pub(crate) async fn field(api: &Api, caller: &Caller, name: &str) -> Result<Field, ApiError> {
    let field = Field::named(name);
    if !field.is_pattern() {
        return Ok(field);
    }
    Ok(field.knowing(&Known::new(&patterns(api, &caller.tenant).await?)))
}

/// The patterns of all that the tenant's records say.
pub(crate) async fn patterns(api: &Api, tenant: &Tenant) -> Result<Arc<Patterns>, ApiError> {
    let (snapshot, now) = (api.store.snapshot(tenant), api.clock.now());
    let known = api.language.patterns.meet(&api.store, &snapshot, (tenant, now)).await;
    known.map_err(not_learnt)
}

pub(crate) fn not_learnt(error: LearnError) -> ApiError {
    tracing::error!(error = &error as &dyn std::error::Error, "new patterns were not kept");
    ApiError::unavailable("new patterns could not be kept", RETRY_AFTER_S)
}

/// What a query with pipes asks for.
#[tracing::instrument(name = "plan", skip_all)]
pub(crate) async fn plan<S: Signal>(
    api: &Api,
    caller: &Caller,
    (q, range): (&str, TimeRange),
) -> Result<Arc<Plan<S>>, ApiError> {
    let plan = Plan::parse(&caller.tenant, q, range).map_err(bad_query)?;
    if !plan.asks_patterns() {
        return Ok(Arc::new(plan));
    }
    let known = Known::new(&patterns(api, &caller.tenant).await?);
    Ok(Arc::new(plan.knowing(&known)))
}

fn bad_query(error: SyntaxError) -> ApiError {
    ApiError::bad_query(error.problem.to_string(), error.hint, error.column)
}

/// Records, in the order asked for.
pub(crate) struct Found {
    pub(crate) rows: Rows,
    /// Where to go on; none when there is nothing more.
    pub(crate) next: Option<Order>,
    /// A split that should be there could not be read, or not wholly.
    pub(crate) broken: bool,
    pub(crate) coverage: CoverageJson,
    pub(crate) stats: StatsJson,
    /// The rows are of it until they are told.
    _budget: Budget,
}

pub(crate) async fn find(api: &Api, request: &SearchRequest) -> Result<Found, ApiError> {
    let snapshot = api.store.snapshot(request.filter.tenant());
    let page = execute::search(&snapshot, request).await.map_err(refuse)?;
    let coverage =
        coverage(api, request.filter.tenant(), request.range, page.missing_splits, page.limited_by);
    let broken = page.missing_splits > snapshot.missing_splits;
    let Page { records: rows, next, stats, mut budget, .. } = page;
    budget.hold(AS_TEXT_TOO * rows.memory_bytes()).map_err(refuse)?;
    Ok(Found { rows, next, broken, coverage, stats: note(stats), _budget: budget })
}

/// Per bucket, key and count.
pub(crate) struct Counted {
    pub(crate) counts: Vec<BTreeMap<String, u64>>,
    pub(crate) coverage: CoverageJson,
}

pub(crate) async fn count(api: &Api, request: &HistogramRequest) -> Result<Counted, ApiError> {
    let snapshot = api.store.snapshot(request.filter.tenant());
    let histogram = execute::histogram(&snapshot, request).await.map_err(refuse)?;
    note(histogram.stats);
    let missing_splits = histogram.missing_splits;
    let coverage =
        coverage(api, request.filter.tenant(), request.range, missing_splits, histogram.limited_by);
    Ok(Counted { counts: histogram.counts, coverage })
}

/// The table that a query with pipes answers.
pub(crate) struct Tabled {
    pub(crate) table: Table,
    pub(crate) coverage: CoverageJson,
    pub(crate) stats: StatsJson,
    /// The table is of it until it is told.
    _budget: Budget,
}

pub(crate) async fn tabulate<S: Signal>(
    api: &Api,
    request: &PipelineRequest<S>,
) -> Result<Tabled, ApiError> {
    let tenant = request.plan.filter.tenant();
    let snapshot = api.store.snapshot(tenant);
    let tabled = execute::pipeline(&snapshot, request).await.map_err(refuse)?;
    let coverage = coverage(api, tenant, request.range, tabled.missing_splits, tabled.limited_by);
    let execute::Tabled { table, stats, mut budget, .. } = tabled;
    budget.hold(AS_TEXT_TOO * table.memory_bytes()).map_err(refuse)?;
    Ok(Tabled { table, coverage, stats: note(stats), _budget: budget })
}

pub(crate) fn note(stats: Stats) -> StatsJson {
    metrics::scanned(stats.rows_scanned);
    let Stats { elapsed, splits, bytes_read, rows_scanned, rows_matched } = stats;
    let elapsed_ms = (elapsed.as_secs_f64() * 1e6).round() / 1e3;
    StatsJson { elapsed_ms, splits, bytes_read, rows_scanned, rows_matched }
}

/// How complete the answer is to the tenant.
pub(crate) fn coverage(
    api: &Api,
    tenant: &Tenant,
    range: TimeRange,
    missing_splits: u32,
    limited_by: Option<LimitedBy>,
) -> CoverageJson {
    let known = api.store.completeness(tenant, range, api.clock.now());
    let limited_by = limited_by.map(|by| match by {
        LimitedBy::Time => "time",
        LimitedBy::Bytes => "bytes",
        LimitedBy::Rows => "rows",
    });
    CoverageJson::new(known, missing_splits, limited_by)
}

pub(crate) fn refuse(error: QueryError) -> ApiError {
    match error {
        QueryError::OverLimit { .. } => {
            let hint = "ask for a shorter range, fewer records, or a field with fewer values";
            ApiError::over_limit(error.to_string(), hint)
        }
        QueryError::TooMany { .. } => {
            let hint = "ask for a shorter range or fewer records";
            ApiError::over_limit(error.to_string(), hint)
        }
        QueryError::Crowded => ApiError::busy(error.to_string(), RETRY_AFTER_S),
        QueryError::NotReached => ApiError::unavailable(error.to_string(), RETRY_AFTER_S),
        QueryError::Stopped => {
            tracing::error!(%error, "a query failed");
            ApiError::unavailable("the query was interrupted", RETRY_AFTER_S)
        }
    }
}
