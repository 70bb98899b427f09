//! Spans over OTLP gRPC, end to end: HTTP/2, decoding, Log with fsync, buffer, splits.
//!
//! The spans are made here, as the SDKs of ten services would send them: each request holds 512 spans of one
//! service, so that a trace comes in pieces.

use std::time::Instant;

use bytes::{BufMut, Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::{Request, Uri};
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use tokio::net::TcpStream;

use crate::product::{Product, free_port, tree_bytes};
use crate::report::{Outcome, figure};

const SERVICES: usize = 10;
/// What a batch span processor sends at once, unless told otherwise.
const SPANS_PER_REQUEST: usize = 512;
/// Spans of one trace; its neighbours belong to other services.
const SPANS_PER_TRACE: usize = 25;
/// A round is a request of every service.
const ROUNDS: usize = 196;
const SPANS: usize = ROUNDS * SERVICES * SPANS_PER_REQUEST;
/// Requests on the way at once.
const REQUESTS_AT_ONCE: usize = 10;
const METHOD: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const START_NS: u64 = 1_790_000_000_000_000_000;

/// What a span says of itself besides its place, its times and its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Nothing,
    /// Six attributes, as instrumentation writes them; two are drawn.
    Attributes,
}

pub(crate) async fn run() -> Outcome<()> {
    let millions = SPANS as f64 / 1e6;
    let Taken { cpu_s, wall_s, disk_bytes, peak_mb } = take(Says::Attributes).await?;
    figure("spans over gRPC: CPU per million", cpu_s / millions, "s", "<= 8 (wish 5)");
    figure("spans over gRPC: taken in", SPANS as f64 / wall_s / 1e3, "k/s", "-");
    figure("spans over gRPC: disk", disk_bytes / SPANS as f64, "B/span", "-");
    figure("spans over gRPC: peak resident memory", peak_mb, "MB", "-");
    let disk_bytes = take(Says::Nothing).await?.disk_bytes;
    figure("spans without attributes: disk", disk_bytes / SPANS as f64, "B/span", "<= 20");
    Ok(())
}

/// What it took to take all of them in.
struct Taken {
    cpu_s: f64,
    wall_s: f64,
    disk_bytes: f64,
    peak_mb: f64,
}

async fn take(says: Says) -> Outcome<Taken> {
    let data = tempfile::tempdir()?;
    let address = format!("127.0.0.1:{}", free_port()?);
    let arguments = ["--otlp-grpc", address.as_str(), "--otlp-http", "none"];
    let product = Product::start("serve", data.path(), &arguments).await?;
    let (calls, connection) =
        handshake(TokioExecutor::new(), TokioIo::new(TcpStream::connect(&address).await?)).await?;
    let connection = tokio::spawn(connection);
    let (cpu_before, begun) = (product.cpu_s()?, Instant::now());
    let requests =
        (0..ROUNDS).flat_map(|round| (0..SERVICES).map(move |one| request((round, one), says)));
    let sends = requests.map(|message| call(calls.clone(), &address, message));
    futures::stream::iter(sends)
        .buffer_unordered(REQUESTS_AT_ONCE)
        .try_for_each(|()| futures::future::ready(Ok(())))
        .await?;
    let wall_s = begun.elapsed().as_secs_f64();
    product.until_committed(SPANS as u64).await?;
    let cpu_s = product.cpu_s()? - cpu_before;
    let disk_bytes = tree_bytes(&data.path().join("objects"))? as f64;
    connection.abort();
    Ok(Taken { cpu_s, wall_s, disk_bytes, peak_mb: product.rss_peak_mb()? })
}

async fn call(mut calls: SendRequest<Full<Bytes>>, address: &str, message: Bytes) -> Outcome<()> {
    let uri: Uri = format!("http://{address}{METHOD}").parse()?;
    let request = Request::post(uri).header("content-type", "application/grpc");
    let response = calls.send_request(request.body(Full::new(message))?).await?;
    let refused = response.headers().get("grpc-status").cloned();
    let body = response.into_body().collect().await?;
    let status = refused.or_else(|| body.trailers()?.get("grpc-status").cloned());
    match status {
        Some(status) if status == "0" => Ok(()),
        other => Err(format!("a call ended with {other:?}").into()),
    }
}

/// What one service sends in a round, framed.
fn request((round, service): (usize, usize), says: Says) -> Bytes {
    let spans =
        (0..SPANS_PER_REQUEST).map(|number| span((round, number * SERVICES + service), says));
    let resource = Resource {
        attributes: vec![
            text("service.name", format!("service-{service}")),
            text("service.version", "1.4.2".to_owned()),
            text("k8s.pod.name", format!("service-{service}-5d9c7b-x2x{service}")),
            text("k8s.node.name", format!("worker-{}", service % 3)),
        ],
        ..Resource::default()
    };
    let spans = ScopeSpans { spans: spans.collect(), ..ScopeSpans::default() };
    let of_service = ResourceSpans {
        resource: Some(resource),
        scope_spans: vec![spans],
        ..ResourceSpans::default()
    };
    let message = ExportTraceServiceRequest { resource_spans: vec![of_service] };
    let mut framed = BytesMut::new();
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.encoded_len()).unwrap_or(u32::MAX));
    framed.extend_from_slice(&message.encode_to_vec());
    framed.freeze()
}

/// Span `number` of a round: of trace `number / SPANS_PER_TRACE`, below the span that is half as far in.
fn span((round, number): (usize, usize), says: Says) -> Span {
    let (trace, place) = (number / SPANS_PER_TRACE, number % SPANS_PER_TRACE);
    let id = |place: usize| mixed((round << 32) + (trace << 8) + place).to_be_bytes().to_vec();
    let trace_id = [id(SPANS_PER_TRACE), id(SPANS_PER_TRACE + 1)].concat();
    let noise = mixed(round * SPANS + number);
    let start = START_NS + (round * 1_000 + trace) as u64 * 1_000_000 + place as u64 * 37_000;
    let route = ["/cart", "/product/{id}", "/checkout", "/user/{id}"][place % 4];
    Span {
        trace_id,
        span_id: id(place),
        parent_span_id: if place == 0 { Vec::new() } else { id(place / 2) },
        name: format!("GET {route}"),
        kind: if place % 2 == 0 { 2 } else { 3 },
        start_time_unix_nano: start,
        end_time_unix_nano: start + 100_000 + noise % 10_000_000,
        attributes: match says {
            Says::Nothing => Vec::new(),
            Says::Attributes => attributes((route, place), noise),
        },
        ..Span::default()
    }
}

fn attributes((route, place): (&str, usize), noise: u64) -> Vec<KeyValue> {
    vec![
        text("http.request.method", "GET".to_owned()),
        text("http.route", route.to_owned()),
        text("server.address", format!("service-{}", (place + 1) % SERVICES)),
        text("user.id", format!("u-{}", noise % 5_000)),
        number_of("http.response.status_code", 200),
        number_of("thread.id", i64::try_from(noise % 64).unwrap_or_default()),
    ]
}

fn text(key: &str, value: String) -> KeyValue {
    attribute(key, Value::StringValue(value))
}

fn number_of(key: &str, value: i64) -> KeyValue {
    attribute(key, Value::IntValue(value))
}

fn attribute(key: &str, value: Value) -> KeyValue {
    let value = Some(AnyValue { value: Some(value) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

/// A number that looks drawn, always the same for the same one (splitmix64).
fn mixed(number: usize) -> u64 {
    let mut mixed = (number as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
