//! OTLP/HTTP: three routes, protobuf or JSON, whichever the content type says.
//!
//! ```text
//!   200  all taken, or partialSuccess    400 undecodable    413 too large    415 neither protobuf nor JSON
//!   401, 403  the gate's                 429, 503 + Retry-After: the same again later
//! ```
//! Invariant: an answer is written as the request was; a refusal is a `google.rpc.Status`.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Router};
use nilometer_model::Tenant;
use nilometer_otlp::{Encoding, Signal, status};
use nilometer_wire::Compression;

use crate::metrics;
use crate::receiver::{Receiver, Written};
use crate::refusal::{Kind, Refusal};

/// `POST /v1/logs`, `/v1/traces` and `/v1/metrics`. A gate stands in front of them and says for whom.
pub fn http_router(receiver: Receiver) -> Router {
    let mut routes = Router::new();
    for signal in [Signal::Logs, Signal::Traces, Signal::Metrics] {
        let path = format!("/v1/{}", metrics::name(signal));
        let export =
            async move |receiver, tenant, request| export(receiver, tenant, signal, request).await;
        routes = routes.route(&path, post(export));
    }
    routes.fallback(unknown_path).with_state(receiver)
}

async fn unknown_path() -> Response {
    let message = "this port takes POST /v1/logs, /v1/traces and /v1/metrics";
    refuse(&Refusal::new(Kind::Unknown, message), Encoding::Json)
}

async fn export(
    State(receiver): State<Receiver>,
    tenant: Option<Extension<Tenant>>,
    signal: Signal,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let encoding = encoding(&parts.headers);
    let answered_in = encoding.as_ref().copied().unwrap_or(Encoding::Json);
    let answer = async {
        let Some(Extension(tenant)) = tenant else {
            return Err(Refusal::new(Kind::Unauthenticated, "nobody was let in"));
        };
        let (encoding, compression) = match (encoding, compression(&parts.headers)) {
            (Ok(encoding), Ok(compression)) => (encoding, compression),
            (Err(refusal), _) | (_, Err(refusal)) => {
                metrics::refused(signal, refusal.kind);
                return Err(refusal);
            }
        };
        let written = Written { tenant, signal, encoding };
        receiver.take(written, body, move |sent| Ok((sent, compression))).await
    };
    match answer.await {
        Ok(answer) => respond(StatusCode::OK, answered_in, answer),
        Err(refusal) => refuse(&refusal, answered_in),
    }
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, Refusal> {
    let named = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    Encoding::of_content_type(named.unwrap_or_default()).ok_or_else(|| {
        let known = [Encoding::Protobuf, Encoding::Json].map(Encoding::content_type).join(", ");
        let named = named.map_or_else(|| "none".to_owned(), |name| format!("'{name}'"));
        Refusal::new(Kind::ContentType, format!("the content type is {named}; known: {known}"))
    })
}

fn compression(headers: &HeaderMap) -> Result<Compression, Refusal> {
    let mut named = headers.get_all(header::CONTENT_ENCODING).iter();
    let (first, second) = (named.next(), named.next());
    let first = first.map_or("", |value| value.to_str().unwrap_or("?"));
    let known = Compression::parse(first).filter(|_| second.is_none());
    known.ok_or_else(|| Refusal::compression(first))
}

fn refuse(refusal: &Refusal, encoding: Encoding) -> Response {
    let code = StatusCode::from_u16(refusal.kind.http()).unwrap_or(StatusCode::BAD_REQUEST);
    let body = status(encoding, refusal.kind.grpc(), &refusal.message);
    let mut response = respond(code, encoding, body);
    if let Some(seconds) = refusal.retry_after_s {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn respond(code: StatusCode, encoding: Encoding, body: Vec<u8>) -> Response {
    (code, [(header::CONTENT_TYPE, encoding.content_type())], Body::from(body)).into_response()
}
