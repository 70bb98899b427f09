//! What the process says of itself: log lines on standard error, metrics for `/metrics`, and spans of its
//! own work for an endpoint, when asked.
//!
//! ```text
//!   tracing ─┬─ events ─────────────────> standard error
//!            └─ spans ── spans.rs ── export.rs (queue, back-off) ──> trace_to
//!                          requests.rs: a span around each request of the API
//! ```
//! Invariants:
//! - without `trace_to` nobody takes spans, so none is made: a span's place in the code costs one load;
//! - the work of sending spans, and the doors that data comes in by, are never described by a span: who
//!   exports to itself gets what it did, not what it does to hear of it.

mod export;
mod requests;
mod spans;

use std::sync::Arc;

use axum::Router;
use metrics_exporter_prometheus::PrometheusBuilder;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use self::spans::Spans;
use crate::config::Config;

/// Renders all metrics in Prometheus' text form.
pub(crate) type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

/// What was begun, and is to be ended.
pub(crate) struct Telemetry {
    pub(crate) metrics: RenderMetrics,
    /// None when nobody asked for spans.
    spans: Option<Spans>,
}

/// Begins to log, to count, and to export spans if `trace_to` says where. `role` is what this process
/// was started as.
///
/// # Errors
/// A text for the operator when telemetry was begun before, or spans cannot be sent at all.
pub(crate) fn begin(config: &Config, role: &'static str) -> Result<Telemetry, String> {
    let level = config.log_level;
    let events = filter_fn(move |of| of.is_event() && *of.level() <= level);
    let events = events.with_max_level_hint(level);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_filter(events);
    let (layer, spans) = match &config.trace_to {
        None => (None, None),
        Some(url) => {
            let (layer, spans) = spans::begin((url, &config.tls), &config.node, role)?;
            (Some(layer), Some(spans))
        }
    };
    let registry = tracing_subscriber::registry().with(layer).with(lines);
    registry.try_init().map_err(|error| error.to_string())?;
    let recorder = PrometheusBuilder::new().install_recorder().map_err(|e| e.to_string())?;
    Ok(Telemetry { metrics: Arc::new(move || recorder.render()), spans })
}

impl Telemetry {
    /// The routes, each request of them with a span around it when spans are wanted.
    pub(crate) fn around(&self, routes: Router) -> Router {
        match &self.spans {
            None => routes,
            Some(_) => routes.layer(axum::middleware::from_fn(requests::describe)),
        }
    }

    /// Sends the last spans, within a bound.
    pub(crate) async fn end(self) {
        if let Some(spans) = self.spans {
            spans.end().await;
        }
    }
}
