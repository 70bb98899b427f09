//! One HTTP listener, plain or TLS: bounded connections, time-outs for handshakes and slow headers, an
//! end in order.
//!
//! ```text
//!   accept ─> permit ─> [TLS handshake, a few at once] ─> HTTP/1.1, or preface and HTTP/2 ─> router, told who the peer is
//! ```
//! Invariants:
//! - whoever does not finish its handshake, its preface or its head in time is closed, and holds nothing meanwhile
//!   but its permit;
//! - every request carries its [`Peer`].

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use nilometer_query::api::{Peer, PeerCertificate};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, join, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use crate::limits::{
    ACCEPT_PAUSE, CONNECTIONS_MAX, DRAIN_TIMEOUT, HANDSHAKE_TIMEOUT, HANDSHAKES_AT_ONCE_MAX,
    HEADER_TIMEOUT, PING_EVERY, STREAMS_MAX,
};
use crate::tls::DoorTls;
use crate::{certificates, metrics};

/// `PRI * HTTP/2.0` and what belongs to it, RFC 9113 3.4.
const HTTP2_PREFACE_BYTES: usize = 24;

/// A port cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} ({option}): {source}")]
pub(crate) struct ListenError {
    address: SocketAddr,
    option: &'static str,
    source: std::io::Error,
}

impl ListenError {
    /// Another process has it.
    pub(crate) fn is_taken(&self) -> bool {
        self.source.kind() == std::io::ErrorKind::AddrInUse
    }
}

/// Takes the port; `option` is what the operator set it with.
pub(crate) async fn bind(
    address: SocketAddr,
    option: &'static str,
) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|source| ListenError { address, option, source })
}

/// What every connection of a listener is served with.
#[derive(Clone)]
pub(crate) struct Door {
    router: Router,
    tls: Option<DoorTls>,
    handshakes: Arc<Semaphore>,
    protocol: Protocol,
}

/// What is spoken behind a door: one protocol, so that nothing is guessed.
#[derive(Debug, Clone, Copy)]
enum Protocol {
    Http1,
    /// From the first byte on, as gRPC's clients do.
    Http2,
}

impl Door {
    /// A plain one, or one that speaks TLS.
    pub(crate) fn new(router: Router, tls: Option<DoorTls>) -> Self {
        let handshakes = Arc::new(Semaphore::new(HANDSHAKES_AT_ONCE_MAX));
        Self { router, tls, handshakes, protocol: Protocol::Http1 }
    }

    /// One behind which HTTP/2 is spoken.
    pub(crate) fn http2(router: Router, tls: Option<DoorTls>) -> Self {
        let tls = tls.map(DoorTls::for_http2);
        Self { protocol: Protocol::Http2, ..Self::new(router, tls) }
    }
}

/// Serves until `shutdown`, then lets open requests end within [`DRAIN_TIMEOUT`].
pub(crate) async fn serve(listener: TcpListener, door: Door, shutdown: CancellationToken) {
    let open = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    loop {
        let permit = tokio::select! {
            () = shutdown.cancelled() => break,
            permit = Arc::clone(&open).acquire_owned() => permit,
        };
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let connection = Box::pin(connection(stream, address, door.clone(), graceful.watcher()));
        tokio::spawn(async move {
            connection.await;
            drop(permit);
        });
    }
    drop(listener);
    if timeout(DRAIN_TIMEOUT, graceful.shutdown()).await.is_err() {
        tracing::info!("requests were still open at the end and were cut off");
    }
}

/// The life of one connection.
async fn connection(stream: TcpStream, address: SocketAddr, door: Door, watcher: Watcher) {
    // Small answers must not wait for more to say; when it cannot be set, they wait.
    let _best_effort = stream.set_nodelay(true);
    let Some(tls) = &door.tls else {
        let peer = Peer { address, tls: false, certificate: PeerCertificate::NotAsked };
        return talk(stream, peer, (door.protocol, door.router), watcher).await;
    };
    let Some(stream) = handshake(stream, tls, &door.handshakes).await else {
        metrics::handshake_failed();
        return;
    };
    let certificate = if tls.asks { shown(&stream) } else { PeerCertificate::NotAsked };
    let peer = Peer { address, tls: true, certificate };
    talk(stream, peer, (door.protocol, door.router), watcher).await;
}

/// A stream in the clear on this side; `None` for whoever speaks no TLS, the wrong TLS, or nothing.
async fn handshake(
    stream: TcpStream,
    tls: &DoorTls,
    turns: &Semaphore,
) -> Option<TlsStream<TcpStream>> {
    let config = tls.now();
    let accepted = timeout(HANDSHAKE_TIMEOUT, async {
        // Nobody is let wait with a turn in hand: it is taken once the first byte is there.
        stream.readable().await.ok()?;
        let _turn = turns.acquire().await.ok()?;
        match TlsAcceptor::from(config).accept(stream).into_fallible().await {
            Ok(stream) => Some(stream),
            Err((error, mut stream)) => {
                tracing::debug!(%error, "a TLS handshake failed");
                // The alert that says why is on its way; whether it arrives is the other side's.
                let _closed = stream.shutdown().await;
                None
            }
        }
    });
    accepted.await.ok().flatten()
}

/// The names in the client certificate, which the handshake has verified.
fn shown(stream: &TlsStream<TcpStream>) -> PeerCertificate {
    let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
    PeerCertificate::Asked(shown.map(certificates::names).unwrap_or_default().into())
}

async fn talk<S>(stream: S, peer: Peer, behind: (Protocol, Router), watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (protocol, router) = behind;
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer.clone());
        router.call(request)
    });
    let ended = match protocol {
        Protocol::Http1 => {
            let mut builder = http1::Builder::new();
            builder.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
            watcher.watch(builder.serve_connection(TokioIo::new(stream), service)).await
        }
        Protocol::Http2 => {
            let Some(stream) = begun(stream, HEADER_TIMEOUT).await else { return };
            let mut builder = http2::Builder::new(TokioExecutor::new());
            builder
                .timer(TokioTimer::new())
                .max_concurrent_streams(STREAMS_MAX)
                .keep_alive_interval(PING_EVERY)
                .keep_alive_timeout(HEADER_TIMEOUT);
            watcher.watch(builder.serve_connection(TokioIo::new(stream), service)).await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// The stream, once as much has come as HTTP/2 begins with: only from then on are its pings answered, and whoever
/// is silent found out.
async fn begun<S>(
    mut stream: S,
    within: Duration,
) -> Option<impl AsyncRead + AsyncWrite + Unpin + Send + 'static>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut preface = [0; HTTP2_PREFACE_BYTES];
    timeout(within, stream.read_exact(&mut preface)).await.ok()?.ok()?;
    let (read, write) = split(stream);
    Some(join(std::io::Cursor::new(preface).chain(read), write))
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;

    #[tokio::test]
    async fn whoever_says_nothing_or_half_a_preface_is_let_go_and_whoever_says_it_is_heard_whole() {
        for said in [&b""[..], &[b'P'; HTTP2_PREFACE_BYTES - 1]] {
            let (mut client, server) = duplex(64);
            client.write_all(said).await.unwrap();
            assert!(begun(server, Duration::ZERO).await.is_none(), "{} bytes", said.len());
        }
        let (mut client, server) = duplex(64);
        let said = [b'P'; HTTP2_PREFACE_BYTES + 8];
        client.write_all(&said).await.unwrap();
        let mut stream = begun(server, Duration::ZERO).await.unwrap();
        let mut heard = [0; HTTP2_PREFACE_BYTES + 8];
        stream.read_exact(&mut heard).await.unwrap();
        stream.write_all(b"answer").await.unwrap();
        let mut answer = [0; 6];
        client.read_exact(&mut answer).await.unwrap();
        assert_eq!((heard, &answer), (said, b"answer"));
    }
}
