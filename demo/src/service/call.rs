//! HTTP to other processes: one pooled client, a client span around each call, the trace's context on it.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header,
};
use bytes::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry::propagation::{Injector, TextMapPropagator};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use rand::seq::IndexedRandom;
use serde_json::Value;
use tokio::time::timeout;
use tracing::{Instrument, Span, field, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::failure::Failure;
use super::identity::Service;
use crate::limits::{BODY_BYTES_MAX, CALL_TIMEOUT};

/// A client for plain HTTP.
#[derive(Debug, Clone)]
pub(crate) struct HttpClient(Client<HttpConnector, Body>);

/// Why nobody answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("did not answer within {} ms", .0.as_millis())]
    Late(Duration),
    #[error("cannot be reached: {0}")]
    Away(String),
}

impl HttpClient {
    pub(crate) fn new() -> Self {
        Self(Client::builder(TokioExecutor::new()).build_http())
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn send(
        &self,
        request: Request<Body>,
        within: Duration,
    ) -> Result<Response<Bytes>, HttpError> {
        let answer = async {
            let response = self.0.request(request).await.map_err(|error| away(&error))?;
            let (head, body) = response.into_parts();
            let body = to_bytes(Body::new(body), BODY_BYTES_MAX).await;
            Ok(Response::from_parts(head, body.map_err(|error| away(&error))?))
        };
        timeout(within, answer).await.unwrap_or(Err(HttpError::Late(within)))
    }
}

/// The innermost cause says it best.
fn away(error: &dyn std::error::Error) -> HttpError {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    HttpError::Away(cause.to_string())
}

/// What is asked of another service.
pub(super) struct Call<'a> {
    pub(super) to: &'static str,
    pub(super) method: Method,
    /// As the other one's routes write it; names the span.
    pub(super) route: &'static str,
    pub(super) path: &'a str,
    pub(super) body: Option<Value>,
}

impl<'a> Call<'a> {
    pub(super) fn get(to: &'static str, route: &'static str, path: &'a str) -> Self {
        Self { to, method: Method::GET, route, path, body: None }
    }

    pub(super) fn post(to: &'static str, route: &'static str, path: &'a str, body: Value) -> Self {
        Self { to, method: Method::POST, route, path, body: Some(body) }
    }
}

impl Service {
    /// Asks another service; its answer's JSON, or why there is none.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<Value, Failure> {
        let span = info_span!(
            "call",
            otel.name = format!("{} {}", call.method, call.route),
            otel.kind = "client",
            otel.status_code = field::Empty,
            otel.status_description = field::Empty,
            http.request.method = %call.method,
            http.response.status_code = field::Empty,
            server.address = call.to,
            url.path = call.path,
        );
        let answer = self.ask(&call, &span).instrument(span.clone()).await;
        if let Err(failure) = &answer {
            failure.record(&span);
        }
        answer
    }

    async fn ask(&self, call: &Call<'_>, span: &Span) -> Result<Value, Failure> {
        let nobody = || Failure::new(StatusCode::BAD_GATEWAY, format!("{} is unknown", call.to));
        let peers = self.peers.get(call.to).ok_or_else(nobody)?;
        let address = *peers.choose(&mut rand::rng()).ok_or_else(nobody)?;
        let response = self.client.send(request(call, address, span), CALL_TIMEOUT).await;
        let response = response.map_err(|error| {
            let status = match error {
                HttpError::Late(_) => StatusCode::GATEWAY_TIMEOUT,
                HttpError::Away(_) => StatusCode::BAD_GATEWAY,
            };
            Failure::new(status, format!("{} {error}", call.to))
        })?;
        span.record("http.response.status_code", response.status().as_u16());
        let answer: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        let status = response.status();
        if status.is_success() {
            return Ok(answer);
        }
        let said = answer["error"].as_str().unwrap_or("no reason given");
        if status.is_client_error() {
            return Err(Failure::new(status, said));
        }
        let cause = format!("{} answered {}: {said}", call.to, status.as_u16());
        Err(Failure::new(StatusCode::BAD_GATEWAY, cause))
    }
}

fn request(call: &Call<'_>, address: SocketAddr, span: &Span) -> Request<Body> {
    let body = call.body.as_ref().map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let mut request = Request::new(body);
    *request.method_mut() = call.method.clone();
    *request.uri_mut() = format!("http://{address}{}", call.path).parse().unwrap_or_default();
    let headers = request.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    TraceContextPropagator::new().inject_context(&span.context(), &mut Headers(headers));
    request
}

struct Headers<'a>(&'a mut HeaderMap);

impl Injector for Headers<'_> {
    fn set(&mut self, name: &str, value: String) {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
            self.0.insert(name, value);
        }
    }
}
