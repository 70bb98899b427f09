//! The way of a span: `tracing` makes it, the SDK gives it ids and a parent, the queue takes it.

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;

use super::export::{self, Export};
use crate::config::TlsFiles;

/// Crates of ours begin so; what others say of themselves is not exported.
const OURS: &str = "nilometer";

/// The running export.
pub(super) struct Spans {
    end: CancellationToken,
    task: JoinHandle<()>,
}

/// Begins to export to the endpoint; the layer makes spans of what `tracing` tells it.
///
/// # Errors
/// A text for the operator when no HTTP client can be made.
pub(super) fn begin<S>(
    endpoint: (&str, &TlsFiles),
    node: &str,
    role: &'static str,
) -> Result<(impl Layer<S> + Send + Sync + use<S>, Spans), String>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let resource = resource(node, role);
    let (queue, spans) = export::queue();
    let export = Export::new(endpoint, &resource, spans)?;
    let provider = SdkTracerProvider::builder()
        .with_resource(resource)
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))
        .with_span_processor(queue)
        .build();
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer(OURS))
        .with_location(false)
        .with_threads(false)
        .with_filter(Targets::new().with_target(OURS, LevelFilter::INFO));
    let end = CancellationToken::new();
    let task = tokio::spawn(export.run(end.clone()));
    Ok((layer, Spans { end, task }))
}

/// Who we are. Nothing is detected: only `config` reads the environment.
fn resource(node: &str, role: &'static str) -> Resource {
    Resource::builder_empty()
        .with_service_name("nilometer")
        .with_attributes([
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("host.name", node.to_owned()),
            KeyValue::new("nilometer.role", role),
        ])
        .build()
}

impl Spans {
    /// Lets the last spans go.
    pub(super) async fn end(self) {
        self.end.cancel();
        // The task keeps to the bound itself; that it broke is no reason not to end.
        let _joined = self.task.await;
    }
}
