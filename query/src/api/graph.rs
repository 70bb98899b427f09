//! Who calls whom.
//!
//! Invariants:
//! - an edge counts the spans whose parent is a span of another service, and tells of the callee's spans;
//! - a node counts what comes in from outside: spans that no span of the same service caused.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::Api;
use super::access::Caller;
use super::answer::CoverageJson;
use super::ask;
use super::error::ApiError;
use super::params::Params;
use super::services::RangeParams;
use crate::execute::{self, Limits};

/// A service.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GraphNode)]
pub(crate) struct NodeJson {
    service: String,
    calls: u64,
    errors: u64,
    p50_ms: f64,
    p95_ms: f64,
    p99_ms: f64,
}

/// Calls of one service by another.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GraphEdge)]
pub(crate) struct EdgeJson {
    from: String,
    to: String,
    calls: u64,
    errors: u64,
    p95_ms: f64,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GraphAnswer {
    nodes: Vec<NodeJson>,
    edges: Vec<EdgeJson>,
    coverage: CoverageJson,
}

/// The services of a range and the calls between them.
#[utoipa::path(get, path = "/api/v1/graph", tag = "traces", params(RangeParams),
    responses((status = 200, body = GraphAnswer), (status = "4XX", body = ApiError),
        (status = "5XX", body = ApiError)))]
pub(crate) async fn graph(
    State(api): State<Api>,
    caller: Caller,
    Params(params): Params<RangeParams>,
) -> Result<Json<GraphAnswer>, ApiError> {
    let range = params.range(&api)?;
    let snapshot = api.store.snapshot(&caller.tenant);
    let read = execute::graph(&snapshot, (&caller.tenant, range), Limits::default()).await;
    let read = read.map_err(ask::refuse)?;
    ask::note(read.stats);
    let nodes = read.fold.nodes.into_iter().map(|(service, pace)| NodeJson {
        service,
        calls: pace.spans,
        errors: pace.errors,
        p50_ms: pace.quantiles.p50_ms,
        p95_ms: pace.quantiles.p95_ms,
        p99_ms: pace.quantiles.p99_ms,
    });
    let edges = read.fold.edges.into_iter().map(|((from, to), pace)| EdgeJson {
        from,
        to,
        calls: pace.spans,
        errors: pace.errors,
        p95_ms: pace.quantiles.p95_ms,
    });
    let (nodes, edges) = (nodes.collect(), edges.collect());
    let coverage = ask::coverage(&api, &caller.tenant, range, read.missing_splits, read.limited_by);
    Ok(Json(GraphAnswer { nodes, edges, coverage }))
}
