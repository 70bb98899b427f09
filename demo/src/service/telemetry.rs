//! The OpenTelemetry SDK as a team would set it up: spans from `tracing`, metrics, both by OTLP over HTTP.
//!
//! Invariant: the SDK sends from threads of its own, and only the runtime touches the network: a request is
//! handed to it and awaited.

use std::collections::HashMap;
use std::mem::ManuallyDrop;
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode};
use bytes::Bytes;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter, MeterProvider};
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::HttpError as ExportError;
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider};
use tokio::runtime::Handle;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::HttpClient;
use crate::assignment::{Identity, Otlp};
use crate::limits::{EXPORT_TIMEOUT, FLUSH_TIMEOUT, METRICS_EVERY, SPANS_LINGER};

/// The crate whose spans are meant.
const OURS: &str = "nilometer_demo";

/// The running SDK. It is never dropped: a process that panics must not wait for the network first.
pub(super) struct Telemetry {
    tracers: ManuallyDrop<SdkTracerProvider>,
    meters: ManuallyDrop<SdkMeterProvider>,
}

/// What handlers count and measure.
pub(super) struct Instruments {
    requests: Histogram<f64>,
    orders: Counter<u64>,
}

impl Telemetry {
    /// Sets the SDK up.
    ///
    /// # Errors
    /// A text when an exporter or the subscriber cannot be set.
    pub(super) fn begin(
        identity: &Identity,
        otlp: &Otlp,
        client: &HttpClient,
    ) -> Result<(Self, Instruments), String> {
        let transport = Transport { client: client.clone(), runtime: Handle::current() };
        let headers: HashMap<String, String> = otlp
            .token
            .iter()
            .map(|token| ("authorization".to_owned(), format!("Bearer {token}")))
            .collect();
        let spans = SpanExporter::builder()
            .with_http()
            .with_http_client(transport.clone())
            .with_headers(headers.clone())
            .with_endpoint(format!("{}/v1/traces", otlp.url))
            .with_timeout(EXPORT_TIMEOUT)
            .build()
            .map_err(|error| error.to_string())?;
        let metrics = MetricExporter::builder()
            .with_http()
            .with_http_client(transport)
            .with_headers(headers)
            .with_endpoint(format!("{}/v1/metrics", otlp.url))
            .with_timeout(EXPORT_TIMEOUT)
            .build()
            .map_err(|error| error.to_string())?;
        let linger = BatchConfigBuilder::default().with_scheduled_delay(SPANS_LINGER).build();
        let processor = BatchSpanProcessor::builder(spans).with_batch_config(linger).build();
        let tracers = SdkTracerProvider::builder()
            .with_resource(resource(identity))
            .with_span_processor(processor)
            .build();
        let reader = PeriodicReader::builder(metrics).with_interval(METRICS_EVERY).build();
        let meters = SdkMeterProvider::builder()
            .with_resource(resource(identity))
            .with_reader(reader)
            .build();
        subscribe(&tracers)?;
        let instruments = Instruments::new(&meters.meter(OURS));
        let (tracers, meters) = (ManuallyDrop::new(tracers), ManuallyDrop::new(meters));
        Ok((Self { tracers, meters }, instruments))
    }

    /// Sends what is left, within a bound.
    pub(super) async fn end(self) {
        let flush = tokio::task::spawn_blocking(move || {
            // What cannot be sent now is lost, as in any process that ends.
            let _spans = self.tracers.shutdown_with_timeout(FLUSH_TIMEOUT);
            let _metrics = self.meters.shutdown_with_timeout(FLUSH_TIMEOUT);
        });
        let _late = tokio::time::timeout(FLUSH_TIMEOUT, flush).await;
    }
}

fn subscribe(tracers: &SdkTracerProvider) -> Result<(), String> {
    let layer = tracing_opentelemetry::layer()
        .with_tracer(tracers.tracer(OURS))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_filter(Targets::new().with_target(OURS, LevelFilter::INFO));
    tracing_subscriber::registry().with(layer).try_init().map_err(|error| error.to_string())
}

/// Who we are, and that we are a demo.
fn resource(identity: &Identity) -> Resource {
    Resource::builder_empty()
        .with_service_name(identity.name.clone())
        .with_attributes([
            KeyValue::new("service.version", identity.version.clone()),
            KeyValue::new("service.namespace", "demo"),
            KeyValue::new("service.instance.id", identity.pod.clone()),
            KeyValue::new("k8s.node.name", identity.node.clone()),
            KeyValue::new("k8s.namespace.name", "demo"),
            KeyValue::new("k8s.pod.name", identity.pod.clone()),
            KeyValue::new("k8s.container.name", identity.name.clone()),
            KeyValue::new("k8s.container.restart_count", i64::from(identity.restarts)),
            KeyValue::new("demo", true),
        ])
        .build()
}

impl Instruments {
    fn new(meter: &Meter) -> Self {
        let _memory = meter
            .u64_observable_gauge("process.memory.usage")
            .with_unit("By")
            .with_callback(|observer| {
                if let Some(bytes) = resident_bytes() {
                    observer.observe(bytes, &[]);
                }
            })
            .build();
        Self {
            requests: meter.f64_histogram("http.server.request.duration").with_unit("s").build(),
            orders: meter.u64_counter("shop.orders").with_unit("{order}").build(),
        }
    }

    /// A request was answered.
    pub(super) fn request(&self, method: &Method, route: &str, status: StatusCode, took: Duration) {
        let attributes = [
            KeyValue::new("http.request.method", method.to_string()),
            KeyValue::new("http.route", route.to_owned()),
            KeyValue::new("http.response.status_code", i64::from(status.as_u16())),
        ];
        self.requests.record(took.as_secs_f64(), &attributes);
    }

    /// An order came to this end.
    pub(super) fn order(&self, outcome: &'static str) {
        self.orders.add(1, &[KeyValue::new("outcome", outcome)]);
    }
}

/// What this process has in memory.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib << 10)
}

/// The SDK's way to the network.
#[derive(Debug, Clone)]
struct Transport {
    client: HttpClient,
    runtime: Handle,
}

#[async_trait]
impl opentelemetry_http::HttpClient for Transport {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExportError> {
        let client = self.client.clone();
        let sent = async move { client.send(request.map(Body::from), EXPORT_TIMEOUT).await };
        Ok(self.runtime.spawn(sent).await??)
    }
}
