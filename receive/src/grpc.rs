//! OTLP/gRPC: three unary methods over HTTP/2, their framing by hand so that a compressed message is inflated by
//! the same bounded code as an HTTP body.
//!
//! ```text
//!   POST /opentelemetry.proto.collector.trace.v1.TraceService/Export     content-type: application/grpc
//!   body    compressed? u8 | length u32 | message                        exactly one
//!   answer  200, the same framing, then the trailer grpc-status: 0;
//!           refused: no body, grpc-status, grpc-message and grpc-status-details-bin in the head
//! ```
//! Invariant: whatever happens to a call, its answer is 200 with a `grpc-status`; only what is no gRPC at all is
//! told so by HTTP's status.

mod status;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Router};
use bytes::{BufMut, Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use nilometer_model::Tenant;
use nilometer_otlp::{Encoding, Signal};
use nilometer_wire::Compression;

use self::status::refuse;
use crate::limits::GATE_ANSWER_BYTES_MAX;
use crate::metrics;
use crate::receiver::{Receiver, Written};
use crate::refusal::{Kind, Refusal};

const CONTENT_TYPE: &str = "application/grpc";
const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const ENCODING: &str = "grpc-encoding";
const ACCEPT_ENCODING: &str = "grpc-accept-encoding";
/// Flag and length.
const PREFIX_BYTES: usize = 5;

/// The methods of the collector's three services.
const METHODS: [(&str, Signal); 3] = [
    ("/opentelemetry.proto.collector.logs.v1.LogsService/Export", Signal::Logs),
    ("/opentelemetry.proto.collector.trace.v1.TraceService/Export", Signal::Traces),
    ("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", Signal::Metrics),
];

/// The three services. A gate stands in front of them and says for whom; [`in_grpc`] around both.
pub fn grpc_router(receiver: Receiver) -> Router {
    let mut routes = Router::new();
    for (path, signal) in METHODS {
        let export =
            async move |receiver, tenant, request| export(receiver, tenant, signal, request).await;
        routes = routes.route(path, post(export));
    }
    routes.fallback(unknown_method).with_state(receiver)
}

/// The routes, gate and all, with every answer that is not gRPC's said in gRPC.
pub fn in_grpc(routes: Router) -> Router {
    routes.layer(from_fn(translate))
}

async fn unknown_method() -> Response {
    let message = "only the Export methods of OTLP's three services are here";
    refuse(Kind::Unknown.grpc(), message, None)
}

async fn export(
    State(receiver): State<Receiver>,
    tenant: Option<Extension<Tenant>>,
    signal: Signal,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Some(Extension(tenant)) = tenant else {
        return refuse(Kind::Unauthenticated.grpc(), "nobody was let in", None);
    };
    let compression = match compression(&parts.headers) {
        Ok(compression) => compression,
        Err(refusal) => {
            metrics::refused(signal, refusal.kind);
            return answer(Err(refusal));
        }
    };
    let written = Written { tenant, signal, encoding: Encoding::Protobuf };
    answer(receiver.take(written, body, |sent| message(&sent, compression)).await)
}

fn compression(headers: &HeaderMap) -> Result<Compression, Refusal> {
    let named = headers.get(ENCODING).map_or("", |value| value.to_str().unwrap_or("?"));
    Compression::parse(named).ok_or_else(|| Refusal::compression(named))
}

/// The one message of a call, and how it is compressed.
fn message(sent: &Bytes, compression: Compression) -> Result<(Bytes, Compression), Refusal> {
    let invalid = |why: &str| Err(Refusal::new(Kind::Invalid, why));
    let Some((prefix, rest)) = sent.split_first_chunk::<PREFIX_BYTES>() else {
        return invalid("the call ends before its message begins");
    };
    let [flag, length @ ..] = *prefix;
    if rest.len() != u32::from_be_bytes(length) as usize {
        return invalid("the call does not hold exactly one message");
    }
    match (flag, compression) {
        (0, _) => Ok((sent.slice(PREFIX_BYTES..), Compression::Identity)),
        (1, Compression::Identity) => {
            invalid("the message is compressed, and grpc-encoding does not say how")
        }
        (1, compression) => Ok((sent.slice(PREFIX_BYTES..), compression)),
        _ => invalid("the message's first byte is neither 0 nor 1"),
    }
}

fn answer(outcome: Result<Vec<u8>, Refusal>) -> Response {
    let message = match outcome {
        Ok(message) => message,
        Err(Refusal { kind, message, retry_after_s }) => {
            return refuse(kind.grpc(), &message, retry_after_s);
        }
    };
    let mut framed = BytesMut::with_capacity(PREFIX_BYTES + message.len());
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    framed.extend_from_slice(&message);
    let trailers = HeaderMap::from_iter([(STATUS, HeaderValue::from(status::OK))]);
    let body = Full::new(framed.freeze()).with_trailers(async { Some(Ok(trailers)) });
    let head = [(header::CONTENT_TYPE.as_str(), CONTENT_TYPE), (ACCEPT_ENCODING, "gzip,zstd")];
    (head, Body::new(body)).into_response()
}

/// Says the gate's refusals in gRPC, and to whoever speaks something else that this is gRPC's port.
async fn translate(request: Request, next: Next) -> Response {
    if !is_grpc(request.headers()) {
        let told = "this port speaks OTLP over gRPC; OTLP over HTTP has a port of its own";
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, told).into_response();
    }
    let response = next.run(request).await;
    if is_grpc(response.headers()) {
        return response;
    }
    let kind = Kind::of_http(response.status().as_u16());
    refuse(kind.grpc(), &said(response).await, None)
}

fn is_grpc(headers: &HeaderMap) -> bool {
    let named = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let rest = named.and_then(|named| named.strip_prefix(CONTENT_TYPE));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(';') || rest == "+proto")
}

/// The words of an answer that is an error of the API.
async fn said(response: Response) -> String {
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), GATE_ANSWER_BYTES_MAX).await;
    let error: serde_json::Value =
        serde_json::from_slice(&body.unwrap_or_default()).unwrap_or_default();
    let word = |name: &str| error["error"][name].as_str().unwrap_or_default().to_owned();
    match word("message") {
        message if message.is_empty() => status.to_string(),
        message => format!("{message}; {}", word("hint")),
    }
}
