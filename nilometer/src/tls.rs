//! TLS at both ends: what a listener shows and asks for, what a client shows and believes.
//!
//! Invariants:
//! - rustls with ring; a listener speaks one protocol in it, HTTP/1.1 or for gRPC HTTP/2;
//! - a connection sees one consistent set of files: certificate, key and authorities change together;
//! - a client that goes to no `https://` believes nobody, and looks for no authorities.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use nilometer_model::Timestamp;
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::default_provider;
use rustls::server::{NoClientAuth, WebPkiClientVerifier};
use rustls::sign::SingleCertAndKey;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::sync::watch;

use crate::certificates::{CertificateError, Expiry, read_authorities, read_pair};
use crate::config::{PairFiles, TlsFiles};
use crate::reload::Reload;

/// The protocols, as TLS names them.
const HTTP_1_1: &[u8] = b"http/1.1";
const HTTP_2: &[u8] = b"h2";

/// Why TLS cannot be spoken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    #[error("TLS: {0}")]
    Rustls(#[from] rustls::Error),
    #[error("--tls-ca {path}: {source}")]
    Authorities { path: PathBuf, source: rustls::server::VerifierBuilderError },
    #[error("this system has no certificates of authorities; name a file of them with --tls-ca")]
    NoSystemAuthorities,
}

/// What a listener shows now, and whether it asks for client certificates.
#[derive(Debug, Clone)]
pub(crate) struct DoorTls {
    config: watch::Receiver<Arc<ServerConfig>>,
    pub(crate) asks: bool,
    http2: bool,
}

impl DoorTls {
    /// The same for a listener that speaks HTTP/2.
    pub(crate) fn for_http2(self) -> Self {
        Self { http2: true, ..self }
    }

    /// What the next connection is to see.
    pub(crate) fn now(&self) -> Arc<ServerConfig> {
        let config = Arc::clone(&self.config.borrow());
        if !self.http2 {
            return config;
        }
        let mut config = ServerConfig::clone(&config);
        config.alpn_protocols = vec![HTTP_2.to_vec()];
        Arc::new(config)
    }
}

/// The files of a listener.
pub(crate) struct DoorFiles {
    pair: PairFiles,
    clients: Option<PathBuf>,
    config: watch::Sender<Arc<ServerConfig>>,
    expiry: Expiry,
}

impl DoorFiles {
    /// Reads them; clients must be vouched for by `clients` if they show a certificate.
    pub(crate) fn open(
        pair: &PairFiles,
        clients: Option<&Path>,
    ) -> Result<(Self, DoorTls), TlsError> {
        let (config, expiry) = server(pair, clients)?;
        let (sender, config) = watch::channel(config);
        let clients = clients.map(Path::to_owned);
        let tls = DoorTls { config, asks: clients.is_some(), http2: false };
        Ok((Self { pair: pair.clone(), clients, config: sender, expiry }, tls))
    }
}

impl Reload for DoorFiles {
    fn files(&self) -> Vec<PathBuf> {
        let pair = [self.pair.cert.clone(), self.pair.key.clone()];
        pair.into_iter().chain(self.clients.clone()).collect()
    }

    fn reload(&mut self) -> Result<(), String> {
        let (config, expiry) =
            server(&self.pair, self.clients.as_deref()).map_err(|error| error.to_string())?;
        self.config.send_replace(config);
        self.expiry = expiry;
        Ok(())
    }

    fn look_at_the_clock(&mut self, now: Timestamp) {
        self.expiry.say(now);
    }
}

fn server(
    files: &PairFiles,
    clients: Option<&Path>,
) -> Result<(Arc<ServerConfig>, Expiry), TlsError> {
    let pair = read_pair(files)?;
    let expiry = Expiry::of(&files.cert, pair.ends);
    let verifier = match clients {
        None => Arc::new(NoClientAuth),
        Some(path) => {
            let roots = Arc::new(read_authorities(path)?);
            let builder = WebPkiClientVerifier::builder_with_provider(roots, provider());
            let refuse = |source| TlsError::Authorities { path: path.to_owned(), source };
            builder.allow_unauthenticated().build().map_err(refuse)?
        }
    };
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(pair.certified)));
    config.alpn_protocols = vec![HTTP_1_1.to_vec()];
    Ok((Arc::new(config), expiry))
}

/// What a client shows and believes. `to` are the URLs that it goes to.
pub(crate) fn client(
    files: &TlsFiles,
    to: &[String],
) -> Result<(ClientConfig, Option<Expiry>), TlsError> {
    let roots = match &files.ca {
        Some(path) => read_authorities(path)?,
        None if to.iter().any(|url| url.starts_with("https:")) => system_authorities()?,
        None => RootCertStore::empty(),
    };
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots);
    let Some(files) = &files.pair else { return Ok((builder.with_no_client_auth(), None)) };
    let pair = read_pair(files)?;
    let expiry = Expiry::of(&files.cert, pair.ends);
    let shown = Arc::new(SingleCertAndKey::from(pair.certified));
    Ok((builder.with_client_cert_resolver(shown), Some(expiry)))
}

fn system_authorities() -> Result<RootCertStore, TlsError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, ignored) = roots.add_parsable_certificates(found.certs);
    for error in found.errors {
        tracing::warn!(%error, "certificates of the system could not be read");
    }
    tracing::debug!(added, ignored, "the system's authorities");
    if roots.is_empty() { Err(TlsError::NoSystemAuthorities) } else { Ok(roots) }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(default_provider())
}
