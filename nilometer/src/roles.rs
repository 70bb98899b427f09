//! The three ways to run: `serve` is the centre, `collect` a node, `up` both in one process.
//!
//! Each reads as a life: take what is needed, say where it listens, run, end in order. The order of the
//! end: collectors first (they hand over what they have), then the door, then rules, then the index (it seals).

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use nilometer_collector::{
    CollectorConfig, CollectorError, CollectorStatus, Credentials, Settings,
};
use nilometer_demo::ShopError;
use nilometer_model::SystemClock;
use nilometer_query::api::{AccessPolicy, Readiness, Role as TokenRole, node_router};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::centre::{Centre, CentreError};
use crate::config::Config;
use crate::demo::{self, Demo, DemoDoor};
use crate::entrance::{Entrance, EntranceError};
use crate::listen::{self, Door, ListenError};
use crate::notify::NotifyError;
use crate::receivers::Receivers;
use crate::redaction::RedactionError;
use crate::telemetry::Telemetry;
use crate::{receivers, redaction, shutdown, telemetry, tokens};

/// How long the index may take to seal at the end.
const SEAL_TIMEOUT: Duration = Duration::from_millis(2_500);

/// Where the collector of `up` finds its centre: any free port.
const OWN_DOOR: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);

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
    Entrance(#[from] EntranceError),
    #[error("the collector's own door: {0}")]
    OwnDoor(std::io::Error),
    #[error("signals cannot be listened to: {0}")]
    Signals(std::io::Error),
    #[error(transparent)]
    Redaction(#[from] RedactionError),
    #[error(transparent)]
    Notify(#[from] NotifyError),
    #[error(transparent)]
    Demo(#[from] ShopError),
    #[error("{0}")]
    Telemetry(String),
}

/// `nilometer serve`: the centre.
pub(crate) async fn serve(config: Config) -> Result<(), RoleError> {
    let telemetry = begin(&config, "serve")?;
    let stop = shutdown::on_signal().map_err(RoleError::Signals)?;
    let listener = listen::bind(config.listen, "--listen").await?;
    let receivers = Receivers::bind(&config).await?;
    let centre = Centre::open(&config).await?;
    let mut entrance = Entrance::default();
    let (tokens, data) = (config.token_file.as_deref(), centre.data().path());
    let access = entrance.access((&config, config.listen), tokens, data)?;
    let tls = entrance.tls(&config, config.tls.ca.as_deref())?;
    entrance.rules(&config, centre.alerts());
    let redactor = redaction::redactor(&config)?;
    let receiver = receivers::receiver(&config, centre.door(), redactor.as_ref());
    let files = (tokens, data);
    let receivers = receivers.ready(&receiver, (&config, &mut entrance), files, tls.as_ref())?;
    let ready: Readiness = Arc::new(Vec::new);
    let metrics = Arc::clone(&telemetry.metrics);
    let router = centre.router((access, &receiver), metrics, ready, stop.clone());
    let router = telemetry.around(router);
    entrance.keep(stop.clone())?;
    let end_index = CancellationToken::new();
    let index = centre.index(end_index.clone());
    let watch = centre.watch(end_index.clone());
    let notify = centre.notify(&config, own_url(&config), end_index.clone())?;
    let receivers = receivers.serve(&stop);
    say_where(&config);
    listen::serve(listener, Door::new(router, tls), stop).await;
    join_all(receivers).await;
    end_index.cancel();
    join(watch).await;
    join(notify).await;
    join(index).await;
    telemetry.end().await;
    Ok(())
}

/// `nilometer collect`: a node that ships to a centre.
pub(crate) async fn collect(config: Config) -> Result<(), RoleError> {
    let telemetry = begin(&config, "collect")?;
    let stop = shutdown::on_signal().map_err(RoleError::Signals)?;
    let listener = listen::bind(config.listen, "--listen").await?;
    let receivers = Receivers::bind(&config).await?;
    let mut entrance = Entrance::default();
    // The token file is what this collector shows; who may look at it stands in its own.
    let files = (None, config.data.as_path());
    let access = entrance.access((&config, config.listen), files.0, files.1)?;
    let tls = entrance.tls(&config, None)?;
    let (own, end) = nilometer_collector::door();
    let redactor = redaction::redactor(&config)?;
    let receiver = receivers::receiver(&config, Arc::new(own), redactor.as_ref());
    let receivers = receivers.ready(&receiver, (&config, &mut entrance), files, tls.as_ref())?;
    let credentials = entrance.credentials(&config)?;
    let settings = entrance.settings(&config, None)?;
    let status = CollectorStatus::default();
    let router = node_router(access, readiness(&status), Arc::clone(&telemetry.metrics));
    entrance.keep(stop.clone())?;
    let to: Vec<&str> = config.to.iter().map(|to| to.url.as_str()).collect();
    tracing::info!(?to, "collecting");
    let door = tokio::spawn(listen::serve(listener, Door::new(router, tls), stop.clone()));
    let receivers = receivers.serve(&stop);
    let collector = collector_config(&config, config.data.clone(), settings, credentials);
    let collector = CollectorConfig { status, door: end, redactor, ..collector };
    let ended = nilometer_collector::run(collector, Arc::new(SystemClock), stop.clone()).await;
    stop.cancel();
    join_all(receivers).await;
    join(door).await;
    telemetry.end().await;
    Ok(ended?)
}

/// `nilometer up`: the centre and a collector of this host, in one process.
pub(crate) async fn up(config: Config) -> Result<(), RoleError> {
    let telemetry = begin(&config, "up")?;
    let stop = shutdown::on_signal().map_err(RoleError::Signals)?;
    let listener = listen::bind(config.listen, "--listen").await?;
    let own = listen::bind(OWN_DOOR.into(), "the collector's own door").await?;
    let receivers = Receivers::bind(&config).await?;
    let (faults, board) = config.demo.then(demo::board).unzip();
    let centre = Centre::open(&config).await?.with_demo(board);
    let mut entrance = Entrance::default();
    let (tokens, data) = (config.token_file.as_deref(), centre.data().path());
    let access = entrance.access((&config, config.listen), tokens, data)?;
    let tls = entrance.tls(&config, config.tls.ca.as_deref())?;
    entrance.rules(&config, centre.alerts());
    let redactor = redaction::redactor(&config)?;
    let receiver = receivers::receiver(&config, centre.door(), redactor.as_ref());
    let files = (tokens, data);
    let receivers = receivers.ready(&receiver, (&config, &mut entrance), files, tls.as_ref())?;
    let status = CollectorStatus::default();
    let (end_door, end_index) = (CancellationToken::new(), CancellationToken::new());
    let (metrics, ready) = (Arc::clone(&telemetry.metrics), readiness(&status));
    let router = |access| {
        let (metrics, ready) = (Arc::clone(&metrics), Arc::clone(&ready));
        telemetry.around(centre.router((access, &receiver), metrics, ready, end_door.clone()))
    };
    let (own_access, credentials) = own_token()?;
    let to = format!("http://{}", own.local_addr().map_err(RoleError::OwnDoor)?);
    let settings = entrance.settings(&config, Some(vec![to.clone().into()]))?;
    let own_door = Door::new(router(own_access), None);
    let door = Door::new(router(access), tls);
    entrance.keep(stop.clone())?;
    let index = centre.index(end_index.clone());
    let watch = centre.watch(end_index.clone());
    let notify = centre.notify(&config, own_url(&config), end_index.clone())?;
    let own = tokio::spawn(listen::serve(own, own_door, end_door.clone()));
    let door = tokio::spawn(listen::serve(listener, door, end_door.clone()));
    let receivers = receivers.serve(&end_door);
    let demo = faults.map(|faults| {
        let door = DemoDoor { url: &to, credentials: &credentials };
        Demo::begin(&config, &door, faults, &stop)
    });
    let demo = demo.transpose()?;
    say_where(&config);
    let data = config.data.join("collector");
    let collector = collector_config(&config, data, settings, credentials);
    let collector = CollectorConfig { status, redactor, ..collector };
    let ended = nilometer_collector::run(collector, Arc::new(SystemClock), stop.clone()).await;
    stop.cancel();
    if let Some(demo) = demo {
        demo.end().await;
    }
    end_door.cancel();
    join_all(receivers).await;
    join(own).await;
    join(door).await;
    end_index.cancel();
    join(watch).await;
    join(notify).await;
    join(index).await;
    telemetry.end().await;
    Ok(ended?)
}

/// The collector of `up` ships over a door that only it can open, whatever the others ask for: one on
/// loopback, to a token that was drawn at start and is written nowhere.
fn own_token() -> Result<(AccessPolicy, watch::Receiver<Credentials>), CollectorError> {
    let (token, text) = tokens::draw_for(TokenRole::Ingest);
    let credentials = Credentials { token: Some(text), ..Credentials::none()? };
    Ok((AccessPolicy::fixed(vec![token]), watch::channel(credentials).1))
}

fn begin(config: &Config, role: &'static str) -> Result<Telemetry, RoleError> {
    telemetry::begin(config, role).map_err(RoleError::Telemetry)
}

fn readiness(status: &CollectorStatus) -> Readiness {
    let status = status.clone();
    Arc::new(move || status.reasons())
}

fn collector_config(
    config: &Config,
    data: PathBuf,
    settings: watch::Receiver<Settings>,
    credentials: watch::Receiver<Credentials>,
) -> CollectorConfig {
    CollectorConfig {
        rootfs: config.rootfs.clone(),
        first_lines: config.first_lines.clone(),
        timezone: config.timezone.clone(),
        spool_age_max: config.spool_age_max,
        flow: config.flow.clone(),
        kubernetes: config.kubernetes.clone(),
        ..CollectorConfig::new(data, config.node.clone(), settings, credentials)
    }
}

/// How this process reaches its own listener.
fn own_address(listen: SocketAddr) -> SocketAddr {
    let ip = match listen {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
        other => other.ip(),
    };
    SocketAddr::new(ip, listen.port())
}

fn say_where(config: &Config) {
    tracing::info!("Nilometer is up: {}/", own_url(config));
}

/// Where people of this machine find the page.
fn own_url(config: &Config) -> String {
    let address = own_address(config.listen);
    let scheme = if config.tls.pair.is_some() { "https" } else { "http" };
    format!("{scheme}://{address}")
}

async fn join_all(tasks: Vec<tokio::task::JoinHandle<()>>) {
    for task in tasks {
        join(task).await;
    }
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
