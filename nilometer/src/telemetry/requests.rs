//! A span around each request of the API: the root of what the request made us do, or a child of what its
//! caller did (W3C `traceparent`).
//!
//! Invariant: a request that hands data in has no span. Exported spans come in by such a door as well, so
//! one span would make the next.

use axum::extract::{MatchedPath, Request};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use nilometer_query::api::is_data_door;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::field::Empty;
use tracing::{Instrument, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Answers the request within a span, if it is one to describe.
pub(super) async fn describe(request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let Some(route) = matched.filter(|route| is_described(route)) else {
        return next.run(request).await;
    };
    let span = span(request.method().as_str(), route);
    let parent = TraceContextPropagator::new().extract(&Carrier(request.headers()));
    // It fails only where nobody takes spans.
    let _set = span.set_parent(parent);
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    response
}

/// Health checks and scrapes come every few seconds and say nothing.
fn is_described(route: &str) -> bool {
    route.starts_with("/api/v1/") && !is_data_door(route)
}

fn span(method: &str, route: &str) -> Span {
    tracing::info_span!(
        "request",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
    )
}

/// Where the caller's context stands.
struct Carrier<'a>(&'a HeaderMap);

impl Extractor for Carrier<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(axum::http::HeaderName::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(route: &str, described: bool) {
        assert_eq!(is_described(route), described, "{route}");
    }

    #[test]
    fn questions_are_described_and_data_health_and_pages_are_not() {
        check("/api/v1/logs", true);
        check("/api/v1/nodes/{node}", true);
        check("/api/v1/batches", false);
        check("/api/v1/heartbeats", false);
        check("/api/v1/ingest", false);
        check("/v1/traces", false);
        check("/metrics", false);
        check("/livez", false);
        check("/logs", false);
    }
}
