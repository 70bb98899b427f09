//! About the process itself: alive, ready, and its metrics.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Why the process is not ready to do its work; empty when it is. Handed in by the binary.
pub type Readiness = Arc<dyn Fn() -> Vec<String> + Send + Sync>;

/// Renders the metrics in Prometheus' text format. Handed in by the binary.
pub type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadinessAnswer {
    /// Why it is not ready, in words.
    reasons: Vec<String>,
}

/// The process runs.
#[utoipa::path(get, path = "/livez", tag = "process",
    responses((status = 200, description = "Alive", body = String)))]
pub(crate) async fn livez() -> &'static str {
    "alive\n"
}

/// Whether the process does its work, and if not, why.
#[utoipa::path(get, path = "/readyz", tag = "process",
    responses((status = 200, body = ReadinessAnswer), (status = 503, body = ReadinessAnswer)))]
pub(crate) async fn readyz(State(readiness): State<Readiness>) -> Response {
    let reasons = readiness();
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut response = (status, Json(ReadinessAnswer { reasons })).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        let seconds = super::limits::RETRY_AFTER_S.into();
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}

/// The metrics in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", tag = "process",
    responses((status = 200, description = "Prometheus text format", body = String)))]
pub(crate) async fn metrics(State(render): State<RenderMetrics>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], render()).into_response()
}
