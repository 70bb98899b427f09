//! How an API is asked: who we are to it, whom we believe, and what it answered.
//!
//! Invariants:
//! - token and certificates are read anew for every request: a cluster replaces them while we run;
//! - no answer is read beyond its limit, and nothing waits for ever;
//! - the token is in no message.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::{Client, ClientBuilder, RequestBuilder, Response, Url};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use serde::Deserialize;
use tokio::io::AsyncReadExt;

use super::lines::TooLong;
use crate::http::NoReply;
use crate::limits::{
    API_ANSWER_BYTES_MAX, API_FILE_BYTES_MAX, BACKOFF_MS_FIRST, BACKOFF_MS_MAX, CONNECT_S,
    REQUEST_S,
};

/// A cluster whose pods are told of, and what becomes of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KubernetesConfig {
    /// `https://host:port`, or `http://…` for a proxy on this host.
    pub api: String,
    /// Holds the token that is shown.
    pub token_file: Option<PathBuf>,
    /// Holds the certificates that are believed, in PEM form.
    pub ca_file: Option<PathBuf>,
    /// Labels of pods that become attributes `k8s.pod.label.NAME`.
    pub labels: Vec<String>,
    /// Annotations of pods that become attributes `k8s.pod.annotation.NAME`.
    pub annotations: Vec<String>,
}

/// An API did not say what it was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiError {
    #[error("{path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("{0}: no certificate in PEM form is in it")]
    NoCertificate(PathBuf),
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    #[error("{0}")]
    NoAnswer(String),
    #[error("status {status}: {message}")]
    Refused { status: u16, message: String },
    /// From where we stood it cannot go on.
    #[error("what was asked for is gone")]
    Gone,
    #[error("a line or an answer is too long")]
    TooLong,
    #[error("not the JSON that it should be: {0}")]
    Malformed(#[from] serde_json::Error),
}

impl From<reqwest::Error> for ApiError {
    fn from(error: reqwest::Error) -> Self {
        Self::NoAnswer(NoReply::from(error).cause)
    }
}

impl From<TooLong> for ApiError {
    fn from(TooLong: TooLong) -> Self {
        Self::TooLong
    }
}

impl KubernetesConfig {
    /// A request with the token and the trust that hold now.
    pub(super) async fn request(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<RequestBuilder, ApiError> {
        let mut roots = RootCertStore::empty();
        if let Some(path) = &self.ca_file {
            let text = read_file(path).await?;
            let certificates = CertificateDer::pem_slice_iter(&text).filter_map(Result::ok);
            if roots.add_parsable_certificates(certificates).0 == 0 {
                return Err(ApiError::NoCertificate(path.clone()));
            }
        }
        let url = url(&format!("{}{path}", self.api), query)?;
        let request = client(Client::builder(), roots)?.get(url);
        let Some(path) = &self.token_file else { return Ok(request) };
        let token = read_file(path).await?;
        Ok(request.bearer_auth(String::from_utf8_lossy(&token).trim()))
    }
}

/// A client that waits for nothing for ever and believes whom `roots` vouch for.
pub(super) fn client(builder: ClientBuilder, roots: RootCertStore) -> Result<Client, ApiError> {
    let tls = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let builder = builder
        .tls_backend_preconfigured(tls)
        .http1_only()
        .no_proxy()
        .connect_timeout(Duration::from_secs(CONNECT_S));
    Ok(builder.tcp_keepalive(Duration::from_secs(15)).timeout(REQUEST).build()?)
}

const REQUEST: Duration = Duration::from_secs(REQUEST_S);

/// A URL with a query.
pub(super) fn url(text: &str, query: &[(&str, &str)]) -> Result<Url, ApiError> {
    Url::parse_with_params(text, query).map_err(|e| ApiError::NoAnswer(format!("{text}: {e}")))
}

async fn read_file(path: &Path) -> Result<Vec<u8>, ApiError> {
    let failed = |source| ApiError::File { path: path.to_owned(), source };
    let file = tokio::fs::File::open(path).await.map_err(failed)?;
    let mut text = Vec::new();
    file.take(API_FILE_BYTES_MAX).read_to_end(&mut text).await.map_err(failed)?;
    Ok(text)
}

/// The response, if it is what was asked for.
pub(super) async fn accepted(request: RequestBuilder) -> Result<Response, ApiError> {
    #[derive(Deserialize)]
    struct Refusal {
        message: String,
    }
    let response = request.send().await?;
    let status = response.status().as_u16();
    match status {
        200 => Ok(response),
        410 => Err(ApiError::Gone),
        _ => {
            let body = body(response).await.unwrap_or_default();
            let message = serde_json::from_slice(&body).map(|refusal: Refusal| refusal.message);
            Err(ApiError::Refused { status, message: message.unwrap_or_default() })
        }
    }
}

/// A response, whole.
pub(super) async fn body(mut response: Response) -> Result<Bytes, ApiError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > API_ANSWER_BYTES_MAX {
            return Err(ApiError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Pauses between attempts: longer after each failure, and never the same on all nodes.
#[derive(Debug)]
pub(super) struct Backoff {
    ms: u64,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { ms: BACKOFF_MS_FIRST }
    }
}

impl Backoff {
    /// The API answers.
    pub(super) fn reset(&mut self) {
        self.ms = BACKOFF_MS_FIRST;
    }

    /// Whether it has not answered for a while.
    pub(super) fn is_long(&self) -> bool {
        self.ms >= BACKOFF_MS_MAX
    }

    /// How long to wait before the next attempt.
    pub(super) fn pause(&mut self) -> Duration {
        let pause = Duration::from_millis(self.ms).mul_f64(rand::random());
        self.ms = (self.ms * 2).min(BACKOFF_MS_MAX);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_limit_and_begin_anew_once_the_api_answers() {
        let mut backoff = Backoff::default();
        for _ in 0..20 {
            assert!(backoff.pause().as_millis() <= u128::from(BACKOFF_MS_MAX));
        }
        assert!(backoff.is_long());
        backoff.reset();
        assert!(!backoff.is_long());
        assert!(backoff.pause().as_millis() <= u128::from(BACKOFF_MS_FIRST));
    }
}
