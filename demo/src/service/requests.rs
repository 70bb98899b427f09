//! Around every request: its server span in the caller's trace, its line, its metric, and the faults that
//! are on.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::{Instrument, Span, field, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::failure::Failure;
use super::identity::Service;
use super::lines::Level;
use super::work;
use crate::fault::Fault;
use crate::limits::{FAIL_PERCENT, SLOW_BY};

/// Serves a request and tells of it.
pub(super) async fn observe(
    State(service): State<Arc<Service>>,
    request: Request,
    next: Next,
) -> Response {
    service.may_speak().await;
    let route =
        request.extensions().get::<MatchedPath>().map_or("/", MatchedPath::as_str).to_owned();
    let told =
        Told { method: request.method().clone(), path: request.uri().path().to_owned(), route };
    let span = told.span(request.headers());
    let answer = answer(&service, &told, request, next).instrument(span.clone());
    let started = Instant::now();
    let response = answer.await;
    service.instruments.request(&told.method, &told.route, response.status(), started.elapsed());
    record(&span, &response);
    response
}

/// What is said of a request.
struct Told {
    method: Method,
    path: String,
    route: String,
}

impl Told {
    fn span(&self, headers: &HeaderMap) -> Span {
        let span = info_span!(
            "request",
            otel.name = format!("{} {}", self.method, self.route),
            otel.kind = "server",
            otel.status_code = field::Empty,
            otel.status_description = field::Empty,
            http.request.method = %self.method,
            http.route = self.route.as_str(),
            http.response.status_code = field::Empty,
            url.path = self.path.as_str(),
        );
        let caller = TraceContextPropagator::new().extract(&Headers(headers));
        // It fails only where no layer takes spans.
        let _set = span.set_parent(caller);
        span
    }
}

async fn answer(service: &Service, told: &Told, request: Request, next: Next) -> Response {
    let started = Instant::now();
    if service.has(Fault::Slow) {
        tokio::time::sleep(SLOW_BY).await;
    }
    let response = if service.has(Fault::Fail) && work::percent(FAIL_PERCENT) {
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, service.spec.cause).into_response()
    } else {
        next.run(request).await
    };
    service.may_speak().await;
    let status = response.status().as_u16();
    let ms = format!("{:.1}", started.elapsed().as_secs_f64() * 1e3);
    let text = format!("{} {}", told.method, told.path);
    let fields = [("status", status.to_string()), ("duration_ms", ms)];
    match response.extensions().get::<Failure>() {
        Some(failure) if failure.is_ours() => {
            let text = format!("{text} failed: {}", failure.cause);
            service.lines.write(Level::Error, &text, &fields);
        }
        _ => service.lines.write(Level::Info, &text, &fields),
    }
    response
}

fn record(span: &Span, response: &Response) {
    span.record("http.response.status_code", response.status().as_u16());
    if let Some(failure) = response.extensions().get::<Failure>() {
        failure.record(span);
    }
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(axum::http::HeaderName::as_str).collect()
    }
}
