//! The supervisor: starts every process of the shop, captures what it writes, starts it again, ends it.
//!
//! ```text
//!            ┌───────────── pause, 1 s doubling to 10 s ────────────┐
//!            v                                                      │ ended
//!   start ─> run n: stdin <- assignment, faults; stdout, stderr -> n.log ── end asked: stdin closes ─> gone
//! ```
//! Invariants:
//! - a port is drawn once by the kernel and held by a socket that does not listen: nobody else gets it
//!   while its process is down, and who calls then is refused at once;
//! - nothing outlives [`Shop::run`]; if this process dies, the ends of the pipes end all others.

mod capture;
mod cri;
mod process;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nilometer_model::Clock;
use tokio::net::TcpSocket;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::process::{Process, Program};
use crate::assignment::{Assignment, Identity, Otlp};
use crate::fault::{Fault, Faults};
use crate::limits::{PAUSE_FIRST, PAUSE_MAX, SETTLED_AFTER};
use crate::shop::{InstanceSpec, SERVICES, ServiceSpec};

/// How to run the shop.
#[derive(Debug, Clone)]
pub struct ShopConfig {
    /// Where nodes' directories are: `DIR/<node>/var/log/pods/…`.
    pub dir: PathBuf,
    /// The program that becomes a service when its arguments are `demo-service NAME`.
    pub program: PathBuf,
    /// Where spans and metrics go: `http://IP:PORT`, above `/v1/traces`.
    pub otlp_url: String,
    /// What is shown there.
    pub otlp_token: Option<String>,
    /// The board of faults.
    pub faults: Faults,
}

/// The shop cannot be started.
#[derive(Debug, thiserror::Error)]
#[error("the demo's shop finds no free port: {0}")]
pub struct ShopError(#[from] std::io::Error);

/// A shop whose addresses are drawn.
pub struct Shop {
    config: ShopConfig,
    clock: Arc<dyn Clock>,
    places: Vec<Place>,
}

/// One instance and its port.
struct Place {
    service: &'static ServiceSpec,
    instance: &'static InstanceSpec,
    address: SocketAddr,
    /// Bound and never listening.
    _reserved: TcpSocket,
}

impl Shop {
    /// Draws a port for every instance.
    ///
    /// # Errors
    /// When the kernel has none.
    pub fn open(config: ShopConfig, clock: Arc<dyn Clock>) -> Result<Self, ShopError> {
        let mut places = Vec::new();
        for service in &SERVICES {
            for instance in service.instances {
                let (address, reserved) = reserve()?;
                places.push(Place { service, instance, address, _reserved: reserved });
            }
        }
        Ok(Self { config, clock, places })
    }

    /// Runs the shop until `end`; returns when every process of it is gone.
    pub async fn run(self, end: CancellationToken) {
        let peers = self.peers();
        let mut lives = JoinSet::new();
        for place in &self.places {
            let life = Life {
                what: What::Service { service: place.service, instance: place.instance },
                listen: place.address,
                peers: peers.clone(),
                config: self.config.clone(),
                clock: Arc::clone(&self.clock),
            };
            lives.spawn(life.live(end.clone()));
        }
        let visitors = Life {
            what: What::Visitors,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            peers,
            config: self.config.clone(),
            clock: Arc::clone(&self.clock),
        };
        lives.spawn(visitors.live(end));
        while let Some(ended) = lives.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "demo: the supervision of a process broke");
            }
        }
    }

    fn peers(&self) -> BTreeMap<String, Vec<SocketAddr>> {
        let mut peers: BTreeMap<String, Vec<SocketAddr>> = BTreeMap::new();
        for place in &self.places {
            peers.entry(place.service.name.to_owned()).or_default().push(place.address);
        }
        peers
    }
}

/// A port of the kernel's choice that two sockets of ours may share.
fn reserve() -> std::io::Result<(SocketAddr, TcpSocket)> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseport(true)?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    Ok((socket.local_addr()?, socket))
}

/// What a process of the shop plays.
#[derive(Clone, Copy)]
enum What {
    Service { service: &'static ServiceSpec, instance: &'static InstanceSpec },
    Visitors,
}

/// One place in the shop, over all processes that fill it.
struct Life {
    what: What,
    listen: SocketAddr,
    peers: BTreeMap<String, Vec<SocketAddr>>,
    config: ShopConfig,
    clock: Arc<dyn Clock>,
}

impl Life {
    async fn live(self, end: CancellationToken) {
        let mut pause = PAUSE_FIRST;
        let mut board = self.config.faults.follow();
        while !end.is_cancelled() {
            let started = Instant::now();
            match self.start() {
                Ok(process) => {
                    let status = process.run(&mut board, self.service(), &end).await;
                    if end.is_cancelled() {
                        return;
                    }
                    tracing::info!(process = self.name(), status, "demo: a process has ended");
                }
                Err(error) => {
                    tracing::warn!(process = self.name(), %error, "demo: a process cannot be started");
                }
            }
            pause = next_pause(pause, started.elapsed());
            tokio::select! {
                () = end.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
                () = self.recovered(&mut board) => {}
            }
        }
    }

    /// Returns once `crash` is switched off: who was waiting for its next start has it at once.
    async fn recovered(&self, board: &mut tokio::sync::watch::Receiver<crate::fault::Board>) {
        let crashes = |board: &crate::fault::Board| {
            let faults = self.service().and_then(|service| board.get(service));
            faults.is_some_and(|faults| faults.contains(&Fault::Crash))
        };
        if !crashes(&board.borrow_and_update()) {
            return std::future::pending().await;
        }
        // The board lives as long as the configuration that we hold.
        let _board = board.wait_for(|board| !crashes(board)).await;
    }

    fn start(&self) -> std::io::Result<Process> {
        let What::Service { service, instance } = self.what else {
            return Process::start(&self.program(), &self.assignment(None), None);
        };
        let dir = self.log_dir(service, instance);
        let run = cri::next_run(&dir)?;
        let log = cri::RunLog::begin(&dir, run, Arc::clone(&self.clock))?;
        let identity = Identity {
            name: service.name.to_owned(),
            version: instance.version.to_owned(),
            node: instance.node.to_owned(),
            pod: instance.pod.to_owned(),
            restarts: run,
            listen: self.listen,
            faults: self.config.faults.board().remove(service.name).unwrap_or_default(),
        };
        Process::start(&self.program(), &self.assignment(Some(identity)), Some(log))
    }

    fn assignment(&self, service: Option<Identity>) -> Assignment {
        let otlp =
            Otlp { url: self.config.otlp_url.clone(), token: self.config.otlp_token.clone() };
        Assignment { service, peers: self.peers.clone(), otlp }
    }

    fn program(&self) -> Program<'_> {
        Program { path: &self.config.program, name: self.name() }
    }

    fn log_dir(&self, service: &ServiceSpec, instance: &InstanceSpec) -> PathBuf {
        let pod = format!("demo_{}_{}", instance.pod, instance.uid);
        self.config.dir.join(instance.node).join("var/log/pods").join(pod).join(service.name)
    }

    fn service(&self) -> Option<&'static str> {
        match self.what {
            What::Service { service, .. } => Some(service.name),
            What::Visitors => None,
        }
    }

    fn name(&self) -> &'static str {
        match self.what {
            What::Service { instance, .. } => instance.pod,
            What::Visitors => "visitors",
        }
    }
}

/// The pause after a process that lived so long, when the one before was `last`.
fn next_pause(last: Duration, lived: Duration) -> Duration {
    if lived >= SETTLED_AFTER { PAUSE_FIRST } else { (last * 2).min(PAUSE_MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_up_to_its_limit_and_begins_anew_after_a_long_life() {
        let mut pause = PAUSE_FIRST;
        let mut pauses = Vec::new();
        for lived in [1, 1, 1, 1, 1, 30, 1] {
            pause = next_pause(pause, Duration::from_secs(lived));
            pauses.push(pause.as_secs());
        }
        assert_eq!(pauses, [2, 4, 8, 10, 10, 1, 2]);
    }

    #[tokio::test]
    async fn a_reserved_port_refuses_callers_until_somebody_listens_there() {
        let (address, _reserved) = reserve().unwrap();
        let refused = tokio::net::TcpStream::connect(address).await.unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseport(true).unwrap();
        socket.bind(address).unwrap();
        let _listener = socket.listen(1).unwrap();
        tokio::net::TcpStream::connect(address).await.unwrap();
    }
}
