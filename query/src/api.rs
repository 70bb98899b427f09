//! HTTP and JSON for people and collectors: the only place that knows either.
//!
//! ```text
//!   request -> observe (count, headers) -> gate (who may) -> a handler, one file per subject
//!                                                        \-> page (what no route matched)
//! ```
//! Invariants:
//! - the OpenAPI document is made of the handlers, and what it does not name is refused;
//! - every route stands in the one table of `access` with what it demands;
//! - every answer that is no success has the shape of `error`.

mod access;
mod alerts;
mod answer;
mod ask;
mod audit;
mod body;
mod compare;
pub(crate) mod complete;
mod components;
mod context;
mod cursor;
mod dead_letters;
mod demo;
mod dictionaries;
mod error;
mod export;
mod fields;
mod graph;
mod health;
mod histogram;
mod intake;
mod inventory;
mod ledger;
mod limits;
mod login;
mod logs;
mod observe;
mod otlp;
mod page;
mod params;
mod paths;
mod patterns;
mod peer;
mod pins;
mod process;
mod purges;
mod query;
mod record;
mod rules;
mod services;
mod silences;
mod span;
mod storage;
mod tail;
mod throttle;
mod token;
mod trace;
mod traces;
mod verify;

use std::ops::Deref;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, State};
use axum::http::header;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use nilometer_model::Clock;
use nilometer_store::Store;
use nilometer_wire::Intake;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use self::access::AccessPolicy;
pub use self::audit::{AuditEntry, WriteAudit};
pub use self::demo::DemoBoard;
pub(crate) use self::health::{HealthSources, HealthTold};
pub use self::observe::is_data_door;
pub use self::page::{Asset, Assets};
pub use self::peer::{Peer, PeerCertificate};
pub use self::process::{Readiness, RenderMetrics};
pub use self::token::{Role, Secret, Token, Tokens};

use self::access::{Caller, Gate};
use self::audit::Audit;
use self::dictionaries::Dictionaries;
use self::error::ApiError;
use self::health::HealthDesk;
use self::limits::{INGEST_AT_ONCE_MAX, VERIFICATIONS_AT_ONCE_MAX};
use self::params::NoParams;
use self::throttle::Throttle;
use crate::alert::Alerts;
use crate::plan::FilterCache;
use crate::purge::Language;

/// What the interface stands on; put together by the binary.
pub struct ApiParts {
    pub store: Arc<Store>,
    pub intake: Arc<dyn Intake>,
    /// The one that the store has.
    pub language: Arc<Language>,
    /// Rules, alerts and silences.
    pub alerts: Arc<Alerts>,
    /// Answers `/v1/logs`, `/v1/traces` and `/v1/metrics`.
    pub otlp: Router,
    pub access: AccessPolicy,
    /// Writes down who changed what.
    pub audit: WriteAudit,
    pub readiness: Readiness,
    pub metrics: RenderMetrics,
    pub assets: Assets,
    pub clock: Arc<dyn Clock>,
    /// The board of the demo, when one runs beside us.
    pub demo: Option<DemoBoard>,
    /// Ends live tails and exports, which would otherwise outlive an ordered shutdown.
    pub shutdown: CancellationToken,
}

impl std::fmt::Debug for ApiParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiParts").field("access", &self.access).finish_non_exhaustive()
    }
}

/// What handlers share.
#[derive(Clone)]
pub(crate) struct Api(Arc<Shared>);

pub(crate) struct Shared {
    parts: ApiParts,
    /// Turns of ingest requests, whose bodies are held in memory.
    pub(crate) ingests: Semaphore,
    /// The turn of who reads the whole disk.
    pub(crate) verifying: Arc<Semaphore>,
    /// Those that collectors compress with.
    pub(crate) dictionaries: Dictionaries,
    /// What the filters that were asked for last have found.
    pub(crate) filters: FilterCache,
    pub(crate) health: HealthDesk,
    /// Logins that failed of late.
    pub(crate) logins: Throttle,
    /// The OpenAPI document, as text.
    document: Bytes,
}

impl Api {
    /// Returns once an answer that may go on for ever has to end: the process does, or the caller's token.
    pub(crate) async fn ends(&self, caller: &Caller) -> &'static str {
        tokio::select! {
            () = self.shutdown.cancelled() => "the process is told to end",
            () = self.access.expelled(caller) => "the token is let in no longer",
        }
    }
}

impl Deref for Api {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Deref for Shared {
    type Target = ApiParts;
    fn deref(&self) -> &ApiParts {
        &self.parts
    }
}

impl FromRef<Api> for Readiness {
    fn from_ref(api: &Api) -> Self {
        Self::clone(&api.readiness)
    }
}

impl FromRef<Api> for RenderMetrics {
    fn from_ref(api: &Api) -> Self {
        Self::clone(&api.metrics)
    }
}

impl FromRef<Api> for Assets {
    fn from_ref(api: &Api) -> Self {
        api.assets
    }
}

/// Everything that the centre serves: the API, the page, and what it says of itself.
pub fn router(parts: ApiParts) -> Router {
    let (routes, document) = routes().split_for_parts();
    let audit = Audit { write: Arc::clone(&parts.audit), clock: Arc::clone(&parts.clock) };
    let gate = Gate { policy: parts.access.clone(), audit: Some(audit) };
    let api = Api(Arc::new(Shared {
        parts,
        ingests: Semaphore::new(INGEST_AT_ONCE_MAX),
        verifying: Arc::new(Semaphore::new(VERIFICATIONS_AT_ONCE_MAX)),
        dictionaries: Dictionaries::default(),
        filters: FilterCache::default(),
        health: HealthDesk::default(),
        logins: Throttle::default(),
        document: Bytes::from(document.to_json().unwrap_or_default()),
    }));
    let routes = routes.fallback(page::page).with_state(api);
    guarded(routes, gate)
}

/// What a node that only collects serves: whether it lives, whether it works, and its metrics.
pub fn node_router(access: AccessPolicy, readiness: Readiness, metrics: RenderMetrics) -> Router {
    let (routes, _) = process_routes().split_for_parts();
    let not_found = || async {
        let hint = "a collector serves /livez, /readyz and /metrics; the API is at its centre";
        ApiError::not_found("there is nothing here", hint)
    };
    let routes = routes.fallback(not_found).with_state(Node { readiness, metrics });
    guarded(routes, Gate { policy: access, audit: None })
}

/// What the handlers of a node that only collects share.
#[derive(Clone)]
struct Node {
    readiness: Readiness,
    metrics: RenderMetrics,
}

impl FromRef<Node> for Readiness {
    fn from_ref(node: &Node) -> Self {
        Self::clone(&node.readiness)
    }
}

impl FromRef<Node> for RenderMetrics {
    fn from_ref(node: &Node) -> Self {
        Self::clone(&node.metrics)
    }
}

/// A receiver's routes on a port of its own, behind the same gate.
pub fn receiver_router(routes: Router, access: AccessPolicy) -> Router {
    guarded(routes, Gate { policy: access, audit: None })
}

fn guarded(routes: Router, gate: Gate) -> Router {
    routes
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
        .layer(from_fn_with_state(Arc::new(gate), access::gate))
        .layer(from_fn(observe::observe))
}

fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(about())
        .routes(routes!(logs::logs))
        .routes(routes!(histogram::histogram))
        .routes(routes!(fields::fields))
        .routes(routes!(fields::values))
        .routes(routes!(patterns::patterns))
        .routes(routes!(patterns::merge::merge))
        .routes(routes!(context::context))
        .routes(routes!(complete::complete))
        .routes(routes!(query::query))
        .routes(routes!(tail::tail))
        .routes(routes!(services::services))
        .routes(routes!(services::operations))
        .routes(routes!(graph::graph))
        .routes(routes!(traces::traces))
        .routes(routes!(trace::trace))
        .routes(routes!(compare::compare))
        .routes(routes!(paths::paths))
        .routes(routes!(export::export))
        .routes(routes!(ledger::ledger))
        .routes(routes!(verify::verify))
        .routes(routes!(purges::purge))
        .routes(routes!(purges::purges))
        .routes(routes!(purges::end))
        .routes(routes!(storage::storage))
        .routes(routes!(pins::pins, pins::create))
        .routes(routes!(pins::delete))
        .routes(routes!(inventory::sources))
        .routes(routes!(inventory::nodes))
        .routes(routes!(inventory::forget_node))
        .routes(routes!(dead_letters::dead_letters))
        .routes(routes!(dead_letters::retry))
        .routes(routes!(demo::demo))
        .routes(routes!(demo::switch))
        .routes(routes!(components::components))
        .routes(routes!(health::health))
        .routes(routes!(rules::rules, rules::create))
        .routes(routes!(rules::rule, rules::replace, rules::delete))
        .routes(routes!(rules::replay))
        .routes(routes!(alerts::alerts))
        .routes(routes!(alerts::history))
        .routes(routes!(alerts::deliveries))
        .routes(routes!(silences::silences, silences::create))
        .routes(routes!(silences::silence, silences::delete))
        .routes(routes!(intake::batches))
        .routes(routes!(dictionaries::dictionaries))
        .routes(routes!(intake::heartbeats))
        .routes(routes!(intake::ingest))
        .routes(routes!(otlp::logs))
        .routes(routes!(otlp::traces))
        .routes(routes!(otlp::metrics))
        .routes(routes!(login::login, login::session, login::logout))
        .routes(routes!(openapi))
        .merge(process_routes())
}

fn process_routes<S>() -> OpenApiRouter<S>
where
    S: Clone + Send + Sync + 'static,
    Readiness: FromRef<S>,
    RenderMetrics: FromRef<S>,
{
    OpenApiRouter::new()
        .routes(routes!(process::livez))
        .routes(routes!(process::readyz))
        .routes(routes!(process::metrics))
}

fn about() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Nilometer")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Logs, exactly once, and how complete they are."));
    OpenApiBuilder::new().info(info.build()).build()
}

/// This document.
#[utoipa::path(get, path = "/api/openapi.json", tag = "process",
    responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
async fn openapi(State(api): State<Api>, _: NoParams) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], api.document.clone()).into_response()
}

#[cfg(test)]
mod tests;
