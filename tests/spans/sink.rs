//! An OTLP/HTTP endpoint that keeps what it is sent.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use nilometer_tests::until;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use prost::Message;
use tokio::runtime::Runtime;

const DEADLINE: Duration = Duration::from_secs(30);

/// A span, as it was received.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) name: String,
    pub(crate) trace: String,
    pub(crate) id: String,
    pub(crate) parent: String,
    pub(crate) kind: i32,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) resource: Vec<(String, String)>,
}

impl Span {
    /// The attribute's value as text; empty when it has none.
    pub(crate) fn attribute(&self, name: &str) -> &str {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }
}

#[derive(Default)]
struct Kept {
    spans: Vec<Span>,
    /// Requests that are still to be turned away as busy.
    busy: usize,
    requests: usize,
}

/// The endpoint; it goes when this is dropped.
pub(crate) struct Sink {
    kept: Arc<Mutex<Kept>>,
    url: String,
    _runtime: Runtime,
}

impl Sink {
    /// One that is too busy for its first requests.
    pub(crate) fn busy_for(requests: usize) -> Self {
        let kept = Arc::new(Mutex::new(Kept { busy: requests, ..Kept::default() }));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&kept));
        let runtime = Runtime::new().unwrap();
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, routes).await.unwrap();
        });
        Self { kept, url, _runtime: runtime }
    }

    pub(crate) fn new() -> Self {
        Self::busy_for(0)
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn spans(&self) -> Vec<Span> {
        self.kept.lock().unwrap().spans.clone()
    }

    pub(crate) fn requests(&self) -> usize {
        self.kept.lock().unwrap().requests
    }

    /// Waits for a span of that name.
    pub(crate) fn until_span(&self, name: &str) -> Span {
        until(name, DEADLINE, || self.spans().into_iter().find(|span| span.name == name))
    }
}

async fn take(State(kept): State<Arc<Mutex<Kept>>>, body: Bytes) -> StatusCode {
    let mut kept = kept.lock().unwrap();
    kept.requests += 1;
    if kept.busy > 0 {
        kept.busy -= 1;
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    kept.spans.extend(request.resource_spans.iter().flat_map(read));
    StatusCode::OK
}

fn read(of: &ResourceSpans) -> Vec<Span> {
    let resource = texts(&of.resource.as_ref().unwrap().attributes);
    let spans = of.scope_spans.iter().flat_map(|scope| &scope.spans);
    let read = spans.map(|span| Span {
        name: span.name.clone(),
        trace: hex(&span.trace_id),
        id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        kind: span.kind,
        attributes: texts(&span.attributes),
        resource: resource.clone(),
    });
    read.collect()
}

fn texts(attributes: &[KeyValue]) -> Vec<(String, String)> {
    let text = |value: &any_value::Value| match value {
        any_value::Value::StringValue(text) => text.clone(),
        any_value::Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    let pair = |pair: &KeyValue| {
        let value = pair.value.as_ref()?.value.as_ref()?;
        Some((pair.key.clone(), text(value)))
    };
    attributes.iter().filter_map(pair).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
