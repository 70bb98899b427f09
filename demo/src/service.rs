//! One process of the shop, from its assignment to its end.
//!
//! ```text
//!   stdin ── assignment ─> telemetry, listener ─> requests ┐
//!         ── faults ─────> board ─────────────────────────>┴─ handlers, lines, spans
//!         ── end of file ─> flush, end
//! ```

mod call;
mod cart;
mod catalog;
mod checkout;
mod control;
mod failure;
mod faults;
mod frontend;
mod identity;
mod lines;
mod payment;
mod recommendation;
mod requests;
mod shipping;
mod telemetry;
mod work;

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use nilometer_model::SystemClock;
use tokio::net::{TcpListener, TcpSocket};

pub(crate) use self::call::HttpClient;
pub(crate) use self::catalog::PRODUCTS;
use self::identity::Service;
use self::lines::Lines;
use self::telemetry::Telemetry;
use crate::assignment::Assignment;
use crate::limits::BACKLOG;
use crate::{shop, visitors};

/// Why a process of the shop cannot do its work.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Nobody assigned anything.
    #[error("demo-service is a part of the demo and started by it only: nilometer up --demo")]
    Unassigned,
    /// The assignment names a service that this build does not have.
    #[error("demo: there is no service '{0}'")]
    Unknown(String),
    /// Its port cannot be listened on.
    #[error("demo: cannot listen on {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// The SDK could not be set up.
    #[error("demo: telemetry: {0}")]
    Telemetry(String),
    /// The runtime or a thread cannot be had.
    #[error("demo: {0}")]
    Start(#[from] std::io::Error),
}

/// Plays the part that standard input assigns, until its end. `out` and `err` are where lines go.
///
/// # Errors
/// [`ServiceError`] when it cannot begin.
///
/// # Panics
/// When the fault `crash` is on: that is what it is.
pub fn serve(
    out: impl Write + Send + 'static,
    err: impl Write + Send + 'static,
) -> Result<(), ServiceError> {
    let (assignment, rest) = control::assignment(std::io::stdin())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let faults = assignment.service.as_ref().map(|one| one.faults.clone()).unwrap_or_default();
        let mut control = control::listen(rest, faults)?;
        match assignment.service {
            None => {
                let frontend = assignment.peers.get("frontend").cloned().unwrap_or_default();
                tokio::select! {
                    () = visitors::come(frontend) => {}
                    () = control.ended() => {}
                }
                Ok(())
            }
            Some(_) => Box::pin(play(assignment, control, (Box::new(out), Box::new(err)))).await,
        }
    })
}

/// Where lines go.
type Outputs = (Box<dyn Write + Send>, Box<dyn Write + Send>);

async fn play(
    assignment: Assignment,
    mut control: control::Control,
    outputs: Outputs,
) -> Result<(), ServiceError> {
    let Some(identity) = assignment.service else { return Err(ServiceError::Unassigned) };
    let spec = shop::service(&identity.name)
        .ok_or_else(|| ServiceError::Unknown(identity.name.clone()))?;
    let client = HttpClient::new();
    let (telemetry, instruments) =
        Telemetry::begin(&identity, &assignment.otlp, &client).map_err(ServiceError::Telemetry)?;
    let lines = Lines::new(spec, &identity, outputs, Arc::new(SystemClock));
    let listener =
        listen(identity.listen).map_err(|error| ServiceError::Listen(identity.listen, error))?;
    lines.begins(&identity);
    let faults = control.faults();
    let service = Arc::new(Service {
        spec,
        version: identity.version,
        peers: assignment.peers,
        faults: control.faults(),
        client,
        lines,
        instruments,
    });
    let routes = routes(&service).with_state(Arc::clone(&service));
    tokio::select! {
        ended = axum::serve(listener, routes) => ended?,
        () = faults::crash(faults.clone()) => {}
        () = faults::flood(faults.clone(), Arc::clone(&service)) => {}
        () = faults::surprise(faults, Arc::clone(&service)) => {}
        () = work::background(&service) => {}
        () = control.ended() => {}
    }
    service.lines.ends();
    telemetry.end().await;
    Ok(())
}

fn routes(service: &Arc<Service>) -> Router<Arc<Service>> {
    let routes = match service.spec.name {
        "cart" => cart::routes(),
        "catalog" => catalog::routes(),
        "checkout" => checkout::routes(),
        "payment" => payment::routes(),
        "recommendation" => recommendation::routes(),
        "shipping" => shipping::routes(),
        _ => frontend::routes(),
    };
    routes.layer(from_fn_with_state(Arc::clone(service), requests::observe))
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    // The supervisor holds the port beside us.
    socket.set_reuseport(true)?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
