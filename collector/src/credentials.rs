//! What a collector shows to its centre, and whom it believes to be it. May change while it runs.
//!
//! Invariant: neither the token nor the key is ever printed.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, RootCertStore};

use crate::CollectorError;

/// Made by `nilometer/`, which alone knows files.
#[derive(Clone)]
pub struct Credentials {
    /// What says that we may.
    pub token: Option<String>,
    /// The client certificate that is shown, and the authorities that are believed.
    pub tls: ClientConfig,
    /// What an operator should know of them; goes with the heartbeats.
    pub warnings: Vec<String>,
}

impl Credentials {
    /// Nothing to show, nobody believed: enough for plain HTTP to a centre that asks nobody.
    ///
    /// # Errors
    /// When TLS cannot be had at all.
    pub fn none() -> Result<Self, CollectorError> {
        let tls = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(CollectorError::Tls)?
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        Ok(Self { token: None, tls, warnings: Vec::new() })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("warnings", &self.warnings).finish_non_exhaustive()
    }
}
