//! The three ways to run: `serve` is the centre, `collect` a node, `up` both in one process.
//!
//! Each reads as a life: take what is needed, say where it listens, run, end in order. The order of the
//! end: collectors first (they hand over what they have), then the door, then the index (it seals).

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use nilometer_collector::{CollectorConfig, CollectorError, CollectorStatus};
use nilometer_model::SystemClock;
use nilometer_query::api::{AccessPolicy, Readiness, Role as TokenRole, node_router};
use tokio_util::sync::CancellationToken;

use crate::centre::{Centre, CentreError};
use crate::config::Config;
use crate::listen::{self, ListenError};
use crate::telemetry::Telemetry;
use crate::tokens::{self, TokensError};
use crate::{shutdown, telemetry};

/// How long the index may take to seal at the end.
const SEAL_TIMEOUT: Duration = Duration::from_millis(2_500);

/// Why a role could not start, or ended before it was asked to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RoleError {
    #[error(transparent)]
    Centre(#[from] CentreError),
    #[error(transparent)]
    Collector(#[from] CollectorError),
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error(transparent)]
    Tokens(#[from] TokensError),
    #[error("signals cannot be listened to: {0}")]
    Signals(std::io::Error),
    #[error("{0}")]
    Telemetry(String),
}

/// `nilometer serve`: the centre.
pub(crate) async fn serve(config: Config) -> Result<(), RoleError> {
    let telemetry = begin(&config, "serve")?;
    let stop = shutdown::on_signal().map_err(RoleError::Signals)?;
    let listener = listen::bind(config.listen, "--listen").await?;
    let centre = Centre::open(&config).await?;
    let access = access(&config, &centre.data().join("tokens"))?;
    let ready: Readiness = Arc::new(Vec::new);
    let metrics = Arc::clone(&telemetry.metrics);
    let router = telemetry.around(centre.router(access, metrics, ready, stop.clone()));
    let end_index = CancellationToken::new();
    let index = centre.index(end_index.clone());
    say_where(config.listen);
    listen::serve(listener, router, stop).await;
    end_index.cancel();
    join(index).await;
    telemetry.end().await;
    Ok(())
}

/// `nilometer collect`: a node that ships to a centre.
pub(crate) async fn collect(config: Config) -> Result<(), RoleError> {
    let telemetry = begin(&config, "collect")?;
    let stop = shutdown::on_signal().map_err(RoleError::Signals)?;
    let listener = listen::bind(config.listen, "--listen").await?;
    let access = access(&config, &config.data.join("tokens"))?;
    let token =
        config.token_file.as_deref().and_then(|path| tokens::secret_of(path, TokenRole::Ingest));
    let status = CollectorStatus::default();
    let router = node_router(access, readiness(&status), Arc::clone(&telemetry.metrics));
    tracing::info!(to = ?config.to, "collecting");
    let door = tokio::spawn(listen::serve(listener, router, stop.clone()));
    let collector = CollectorConfig {
        token,
        status,
        ..collector_config(&config, config.data.clone(), config.to.clone())
    };
    let ended = nilometer_collector::run(collector, Arc::new(SystemClock), stop.clone()).await;
    stop.cancel();
    join(door).await;
    telemetry.end().await;
    Ok(ended?)
}

/// `nilometer up`: the centre and a collector of this host, in one process.
pub(crate) async fn up(config: Config) -> Result<(), RoleError> {
    let telemetry = begin(&config, "up")?;
    let stop = shutdown::on_signal().map_err(RoleError::Signals)?;
    let listener = listen::bind(config.listen, "--listen").await?;
    let centre = Centre::open(&config).await?;
    let tokens_path = config.token_file.clone().unwrap_or_else(|| centre.data().join("tokens"));
    let access = access(&config, &tokens_path)?;
    let status = CollectorStatus::default();
    let (end_door, end_index) = (CancellationToken::new(), CancellationToken::new());
    let (metrics, ready) = (Arc::clone(&telemetry.metrics), readiness(&status));
    let router = telemetry.around(centre.router(access, metrics, ready, end_door.clone()));
    let index = centre.index(end_index.clone());
    let door = tokio::spawn(listen::serve(listener, router, end_door.clone()));
    say_where(config.listen);
    let to = vec![format!("http://{}", own_address(config.listen))];
    let token = tokens::secret_of(&tokens_path, TokenRole::Ingest);
    let collector = CollectorConfig {
        token,
        status,
        ..collector_config(&config, config.data.join("collector"), to)
    };
    let ended = nilometer_collector::run(collector, Arc::new(SystemClock), stop.clone()).await;
    end_door.cancel();
    join(door).await;
    end_index.cancel();
    join(index).await;
    telemetry.end().await;
    Ok(ended?)
}

fn begin(config: &Config, role: &'static str) -> Result<Telemetry, RoleError> {
    telemetry::begin(config, role).map_err(RoleError::Telemetry)
}

/// Who may come in: on loopback anybody who means this machine, elsewhere who has a token.
fn access(config: &Config, tokens_path: &std::path::Path) -> Result<AccessPolicy, TokensError> {
    if config.listen.ip().is_loopback() {
        return Ok(AccessPolicy::Loopback);
    }
    if config.insecure {
        tracing::warn!(listen = %config.listen, "--insecure: nobody is asked for a token");
        return Ok(AccessPolicy::Insecure);
    }
    let path = config.token_file.as_deref().unwrap_or(tokens_path);
    let tokens = tokens::load_or_make(path)?;
    tracing::info!(path = %path.display(), "a token from this file is needed to come in");
    Ok(AccessPolicy::Tokens(tokens))
}

fn readiness(status: &CollectorStatus) -> Readiness {
    let status = status.clone();
    Arc::new(move || status.reasons())
}

fn collector_config(config: &Config, data: PathBuf, to: Vec<String>) -> CollectorConfig {
    CollectorConfig {
        rootfs: config.rootfs.clone(),
        files: config.files.clone(),
        line_bytes_max: config.line_bytes_max,
        spool_bytes_max: config.spool_bytes_max,
        ..CollectorConfig::new(data, config.node.clone(), to)
    }
}

/// How this process reaches its own listener.
fn own_address(listen: SocketAddr) -> SocketAddr {
    let ip = match listen {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => std::net::Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
        other => other.ip(),
    };
    SocketAddr::new(ip, listen.port())
}

fn say_where(listen: SocketAddr) {
    let address = own_address(listen);
    tracing::info!("Nilometer is up: http://{address}/");
}

async fn join(task: tokio::task::JoinHandle<()>) {
    match tokio::time::timeout(SEAL_TIMEOUT, task).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "a part of the process broke"),
        Err(_) => tracing::warn!("not all was sealed in time; the next start goes on from the Log"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(listen: &str, own: &str) {
        assert_eq!(own_address(listen.parse().unwrap()).to_string(), own);
    }

    #[test]
    fn a_listener_on_all_addresses_is_reached_on_loopback() {
        check("0.0.0.0:6456", "127.0.0.1:6456");
        check("[::]:6456", "[::1]:6456");
        check("127.0.0.2:1", "127.0.0.2:1");
    }
}
