//! A request that cannot be done, as an answer: a status, and a sentence that names the cause.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tracing::Span;

/// Why a request failed. It travels with the answer, for the line and the span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(super) status: StatusCode,
    pub(super) cause: String,
}

impl Failure {
    pub(super) fn new(status: StatusCode, cause: impl Into<String>) -> Self {
        Self { status, cause: cause.into() }
    }

    /// The service itself is at fault, not who asked.
    pub(super) fn is_ours(&self) -> bool {
        self.status.is_server_error()
    }

    /// Says it on the span of the work that failed, if it is ours.
    pub(super) fn record(&self, span: &Span) {
        if self.is_ours() {
            span.record("otel.status_code", "ERROR");
            span.record("otel.status_description", self.cause.as_str());
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(json!({ "error": self.cause }))).into_response();
        response.extensions_mut().insert(self);
        response
    }
}
