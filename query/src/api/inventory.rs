//! What is known of sources and nodes.
//!
//! Invariants:
//! - nothing here is derived from records; it is what the books say;
//! - it is the caller's tenant's: a node of one name may be several tenants', and each sees and forgets
//!   his own.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use nilometer_model::{CollectorId, LineageId, PipelineId, SourceId, Timestamp};
use nilometer_store::{CollectorView, SourceView};
use nilometer_wire::Fingerprint;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::access::Caller;
use super::error::ApiError;
use super::limits::RETRY_AFTER_S;
use super::params::{NoParams, Params};
use super::token::Role;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SourcesParams {
    /// Only sources of this node.
    node: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Source)]
pub(crate) struct SourceJson {
    #[schema(value_type = String)]
    source: SourceId,
    #[schema(value_type = String)]
    lineage: LineageId,
    component: String,
    instance: String,
    node: String,
    stream: &'static str,
    /// Where the file was when last heard of, below --rootfs.
    path: String,
    /// How many of the first bytes are hashed, and the hash.
    #[schema(value_type = Object)]
    fingerprint: Fingerprint,
    /// Everything up to here is accounted for.
    mark: u64,
    /// And these ranges beyond it.
    #[schema(value_type = Vec<[u64; 2]>)]
    covered: Vec<(u64, u64)>,
    /// Records up to the mark.
    records: u64,
    /// Bytes up to the mark.
    bytes: u64,
    /// The generation is over.
    ended: bool,
}

impl From<SourceView> for SourceJson {
    fn from(view: SourceView) -> Self {
        Self {
            source: view.source,
            lineage: view.lineage,
            component: view.component,
            instance: view.instance,
            node: view.node,
            stream: view.stream.name(),
            path: view.path,
            fingerprint: view.fingerprint,
            mark: view.mark,
            covered: view.covered,
            records: view.records,
            bytes: view.bytes,
            ended: view.ended,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SourcesAnswer {
    #[schema(value_type = String)]
    pipeline: PipelineId,
    sources: Vec<SourceJson>,
}

/// Every source, and up to where it is accounted for.
#[utoipa::path(get, path = "/api/v1/sources", tag = "pipeline", params(SourcesParams),
    responses((status = 200, body = SourcesAnswer), (status = "4XX", body = ApiError)))]
pub(crate) async fn sources(
    State(api): State<Api>,
    caller: Caller,
    Params(params): Params<SourcesParams>,
) -> Result<Json<SourcesAnswer>, ApiError> {
    if caller.role == Some(Role::Ingest) {
        caller.certificate.may_speak_for(params.node.as_deref().unwrap_or_default())?;
    }
    let sources = api.store.sources(&caller.tenant, params.node.as_deref());
    let sources = sources.into_iter().map(SourceJson::from).collect();
    Ok(Json(SourcesAnswer { pipeline: api.store.pipeline(), sources }))
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Node)]
pub(crate) struct NodeJson {
    node: String,
    #[schema(value_type = Vec<String>)]
    collectors: Vec<CollectorId>,
    #[schema(value_type = String, format = DateTime)]
    last_seen: Timestamp,
    /// The centre's clock minus the node's.
    clock_offset_ms: i64,
    /// How far what is visible of the node lags behind now.
    lag_ms: i64,
    /// What an operator should know.
    warnings: Vec<String>,
    /// The configurations that its collectors run by, in the order of `collectors`.
    config_versions: Vec<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NodesAnswer {
    nodes: Vec<NodeJson>,
}

/// The hosts that collectors read.
#[utoipa::path(get, path = "/api/v1/nodes", tag = "pipeline",
    responses((status = 200, body = NodesAnswer), (status = "4XX", body = ApiError)))]
pub(crate) async fn nodes(
    State(api): State<Api>,
    caller: Caller,
    _: NoParams,
) -> Json<NodesAnswer> {
    Json(NodesAnswer { nodes: by_node(api.store.collectors(&caller.tenant, api.clock.now())) })
}

/// A node's clock is what its collector heard last says; it lags as its slowest does.
fn by_node(mut collectors: Vec<CollectorView>) -> Vec<NodeJson> {
    collectors.sort_by_key(|collector| std::cmp::Reverse(collector.last_seen));
    let mut nodes: BTreeMap<String, NodeJson> = BTreeMap::new();
    for collector in collectors {
        let node = nodes.entry(collector.node.clone()).or_insert_with(|| NodeJson {
            node: collector.node,
            collectors: Vec::new(),
            last_seen: collector.last_seen,
            clock_offset_ms: collector.clock_offset_ms,
            lag_ms: collector.lag_ms,
            warnings: Vec::new(),
            config_versions: Vec::new(),
        });
        node.collectors.push(collector.collector);
        node.config_versions.push(collector.config_version);
        node.lag_ms = node.lag_ms.max(collector.lag_ms);
        node.warnings.extend(collector.warnings);
    }
    nodes.into_values().collect()
}

/// Forgets a node that will not come back; its records stay.
#[utoipa::path(delete, path = "/api/v1/nodes/{node}", tag = "pipeline",
    params(("node" = String, Path, description = "The node's name")),
    responses((status = 204, description = "Forgotten"), (status = "4XX", body = ApiError)))]
pub(crate) async fn forget_node(
    State(api): State<Api>,
    caller: Caller,
    Path(node): Path<String>,
    _: NoParams,
) -> Result<StatusCode, ApiError> {
    match api.store.forget_node(&caller.tenant, &node, api.clock.now()).await {
        Ok(true) => Ok(StatusCode::NO_CONTENT),
        Ok(false) => {
            let hint = "GET /api/v1/nodes lists those that are known";
            Err(ApiError::not_found(format!("no collector reads a node '{node}'"), hint)
                .about("node"))
        }
        Err(error) => {
            tracing::error!(%error, node, "a node could not be forgotten");
            Err(ApiError::unavailable("the store did not take the change", RETRY_AFTER_S))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_shows_all_its_collectors_and_the_worst_lag() {
        let view = |seen: i64, node: &str, lag_ms| CollectorView {
            collector: CollectorId::default(),
            node: node.to_owned(),
            last_seen: Timestamp(seen),
            clock_offset_ms: seen,
            lag_ms,
            warnings: vec![format!("w{seen}")],
            config_version: format!("v{seen}"),
            goodbye: false,
        };
        let nodes = by_node(vec![view(1, "b", 90), view(5, "a", 1), view(2, "b", 3)]);
        assert_eq!(nodes.iter().map(|n| n.node.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        let b = &nodes[1];
        assert_eq!((b.collectors.len(), b.last_seen.0, b.clock_offset_ms, b.lag_ms), (2, 2, 2, 90));
        assert_eq!(b.warnings, ["w2", "w1"]);
    }
}
