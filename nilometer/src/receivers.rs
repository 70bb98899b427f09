//! The ports of OpenTelemetry: gRPC and HTTP, each an address of its own, or none.
//!
//! Invariants:
//! - two products on one machine get along: a default port that is taken is done without, and said;
//! - a port that somebody asked for is had, or the process does not start;
//! - who may come in is decided by each port's own address, with the process's own tokens and certificate.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use nilometer_model::SystemClock;
use nilometer_parse::Redactor;
use nilometer_query::api::receiver_router;
use nilometer_receive::{Receiver, grpc_router, http_router, in_grpc};
use nilometer_wire::Door;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, Port};
use crate::entrance::{Entrance, EntranceError};
use crate::listen::{self, ListenError};
use crate::tls::DoorTls;

/// The ports, taken and not yet served.
pub(crate) struct Receivers {
    grpc: Option<Taken>,
    http: Option<Taken>,
}

/// A port that is ours.
struct Taken {
    address: SocketAddr,
    listener: TcpListener,
}

/// What is behind a port, and who gets there.
pub(crate) struct Ready(Vec<(TcpListener, listen::Door)>);

/// The receiver of this process, whatever door is behind it.
pub(crate) fn receiver(
    config: &Config,
    door: Arc<dyn Door>,
    redactor: Option<&Arc<Redactor>>,
) -> Receiver {
    Receiver::new(door, Arc::new(SystemClock), config.node.clone(), redactor.cloned())
}

impl Receivers {
    /// Takes the ports.
    pub(crate) async fn bind(config: &Config) -> Result<Self, ListenError> {
        Ok(Self {
            grpc: bind(config.otlp_grpc, "--otlp-grpc").await?,
            http: bind(config.otlp_http, "--otlp-http").await?,
        })
    }

    /// Puts the gate and the receiver behind them. Tokens stand in `file`, or in `data`.
    pub(crate) fn ready(
        self,
        receiver: &Receiver,
        (config, entrance): (&Config, &mut Entrance),
        (file, data): (Option<&Path>, &Path),
        tls: Option<&DoorTls>,
    ) -> Result<Ready, EntranceError> {
        let mut ready = Vec::new();
        let mut gate = |routes: Router, address| {
            let access = entrance.access((config, address), file, data)?;
            Ok::<_, EntranceError>(receiver_router(routes, access))
        };
        if let Some(Taken { address, listener }) = self.grpc {
            let routes = in_grpc(gate(grpc_router(receiver.clone()), address)?);
            ready.push((listener, listen::Door::http2(routes, tls.cloned())));
            tracing::info!(%address, "OTLP over gRPC is taken in");
        }
        if let Some(Taken { address, listener }) = self.http {
            let routes = gate(http_router(receiver.clone()), address)?;
            ready.push((listener, listen::Door::new(routes, tls.cloned())));
            tracing::info!(%address, "OTLP over HTTP is taken in");
        }
        Ok(Ready(ready))
    }
}

impl Ready {
    /// Serves until `shutdown`.
    pub(crate) fn serve(self, shutdown: &CancellationToken) -> Vec<JoinHandle<()>> {
        let serve =
            |(listener, door)| tokio::spawn(listen::serve(listener, door, shutdown.clone()));
        self.0.into_iter().map(serve).collect()
    }
}

async fn bind(port: Option<Port>, option: &'static str) -> Result<Option<Taken>, ListenError> {
    let Some(Port { address, is_default }) = port else { return Ok(None) };
    match listen::bind(address, option).await {
        Ok(listener) => Ok(Some(Taken { address, listener })),
        Err(error) if is_default && error.is_taken() => {
            tracing::warn!(
                %address,
                "this port is taken, so nothing is received on it; {option} names another, or none"
            );
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
