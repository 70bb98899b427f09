//! What the process says of itself: log lines on standard error, metrics for `/metrics`.

use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusBuilder;
use tracing_subscriber::EnvFilter;

/// Renders all metrics in Prometheus' text form.
pub(crate) type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

/// Begins to log at `level` (a filter as `info` or `nilometer_collector=debug,info`) and to count.
///
/// # Errors
/// A text for the operator when the filter is none, or telemetry was begun before.
pub(crate) fn begin(level: &str) -> Result<RenderMetrics, String> {
    let filter = EnvFilter::try_new(level).map_err(|error| format!("log: {error}"))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .try_init()
        .map_err(|error| error.to_string())?;
    let recorder = PrometheusBuilder::new().install_recorder().map_err(|e| e.to_string())?;
    Ok(Arc::new(move || recorder.render()))
}
