//! The distinct paths that traces took, and who owns their time.
//!
//! Invariants:
//! - shares of one path sum to 1, over all its traces and over the slowest;
//! - a tree is nested, and shows at most so many nodes, so deep: what is behind that is said to be cut.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::access::Caller;
use super::answer::CoverageJson;
use super::ask;
use super::error::ApiError;
use super::limits::PATH_DEPTH_MAX;
use super::params::{self, Params};
use crate::execute::{self, Limits, NamedPaths, PathsRequest};
use crate::traces::{LiteSpans, Outline, Path, PathKind, PathStats};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PathsParams {
    /// Only traces with a span of this service.
    service: Option<String>,
    /// And of this operation.
    operation: Option<String>,
    /// RFC 3339, now, or before now like -15m; default -1h.
    from: Option<String>,
    /// As `from`, not included; default now.
    to: Option<String>,
    /// tree (default): calls between services, equal siblings counted; shape: every span; chain: services from
    /// the root to a leaf.
    by: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PathsAnswer {
    /// The commonest first.
    paths: Vec<PathJson>,
    /// Rarer paths that are not among them.
    left_out: usize,
    coverage: CoverageJson,
}

/// A path. One of tree, shape and chain is there: what was asked for.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Path)]
struct PathJson {
    path_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    tree: Option<Vec<NodeJson>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    shape: Option<Vec<NodeJson>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chain: Option<Vec<String>>,
    /// Whether the tree goes on beyond what is shown.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
    /// Traces.
    count: usize,
    /// The part of them with an error.
    error_ratio: f64,
    p50_ms: f64,
    p95_ms: f64,
    p99_ms: f64,
    /// Whose the time on the critical path is, the largest share first.
    critical: Vec<ShareJson>,
}

#[derive(Debug, Serialize)]
struct NodeJson {
    service: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u32>,
    children: Vec<NodeJson>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Share)]
struct ShareJson {
    service: String,
    operation: String,
    /// Of the time of all its traces.
    share: f64,
    /// Of the time of its slowest traces.
    share_p99: f64,
}

/// The distinct paths of traces.
#[utoipa::path(get, path = "/api/v1/paths", tag = "traces", params(PathsParams),
    responses((status = 200, body = PathsAnswer), (status = "4XX", body = ApiError),
        (status = "5XX", body = ApiError)))]
pub(crate) async fn paths(
    State(api): State<Api>,
    caller: Caller,
    Params(params): Params<PathsParams>,
) -> Result<Json<PathsAnswer>, ApiError> {
    let kinds = [("tree", PathKind::Tree), ("shape", PathKind::Shape), ("chain", PathKind::Chain)];
    let kind = params::choice("by", params.by.as_deref(), &kinds)?;
    let (from, to) = (params.from.as_deref(), params.to.as_deref());
    let range = params::range(from, to, params::Default::LastHour, api.clock.now())?;
    let request = PathsRequest {
        tenant: caller.tenant.clone(),
        range,
        service: params.service,
        operation: params.operation,
        kind,
        limits: Limits::default(),
    };
    let snapshot = api.store.snapshot(&caller.tenant);
    let read = execute::path_stats(&snapshot, &request).await.map_err(ask::refuse)?;
    ask::note(read.stats);
    let coverage = ask::coverage(&api, &caller.tenant, range, read.missing_splits, read.limited_by);
    let NamedPaths { names, paths } = read.fold;
    let left_out = paths.left_out;
    let paths = paths.paths.iter().map(|path| written(path, kind, &names)).collect();
    Ok(Json(PathsAnswer { paths, left_out, coverage }))
}

#[expect(clippy::cast_precision_loss, reason = "a ratio needs no more digits than a float has")]
fn written(stats: &PathStats, kind: PathKind, names: &LiteSpans) -> PathJson {
    let service = |code: u32| names.services.get(code).to_owned();
    let critical = stats.critical.iter().map(|share| ShareJson {
        service: service(share.service),
        operation: names.operations.get(share.operation).to_owned(),
        share: share.share,
        share_p99: share.share_p99,
    });
    let mut json = PathJson {
        path_id: format!("{:016x}", stats.id),
        count: stats.count,
        error_ratio: stats.failed as f64 / stats.count.max(1) as f64,
        p50_ms: stats.quantiles.p50_ms,
        p95_ms: stats.quantiles.p95_ms,
        p99_ms: stats.quantiles.p99_ms,
        critical: critical.collect(),
        ..PathJson::default()
    };
    match &stats.path {
        Path::Chain(services) => {
            json.chain = Some(services.iter().map(|code| service(*code)).collect());
        }
        Path::Tree(outline) => {
            let (nodes, cut) = nested(outline, kind, names);
            json.cut = cut;
            *(if kind == PathKind::Shape { &mut json.shape } else { &mut json.tree }) = Some(nodes);
        }
    }
    json
}

/// The outline's roots with all below them, and whether something is left out. Children are put into their
/// parents from the last node on: those come before them.
fn nested(outline: &Outline, kind: PathKind, names: &LiteSpans) -> (Vec<NodeJson>, bool) {
    let mut depths: Vec<usize> = Vec::with_capacity(outline.nodes.len());
    for node in &outline.nodes {
        depths.push(node.parent.map_or(0, |parent| depths[parent as usize] + 1));
    }
    let mut below: Vec<Vec<NodeJson>> = outline.nodes.iter().map(|_| Vec::new()).collect();
    let mut roots = Vec::new();
    for (at, node) in outline.nodes.iter().enumerate().rev() {
        let mut children = std::mem::take(&mut below[at]);
        children.reverse();
        if depths[at] >= PATH_DEPTH_MAX {
            continue;
        }
        let json = NodeJson {
            service: names.services.get(node.service).to_owned(),
            operation: node.operation.map(|code| names.operations.get(code).to_owned()),
            count: (kind == PathKind::Tree).then_some(node.count),
            children,
        };
        match node.parent {
            Some(parent) => below[parent as usize].push(json),
            None => roots.push(json),
        }
    }
    roots.reverse();
    (roots, outline.cut || depths.iter().any(|depth| *depth >= PATH_DEPTH_MAX))
}

#[cfg(test)]
mod tests;
