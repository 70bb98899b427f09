//! What carries a request to an intake and its answer back: HTTP/1.1, or a simulated network.
//!
//! Invariants:
//! - nothing waits for ever: connecting, answering and the answer's size have limits;
//! - every request shows the credentials that hold now.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use nilometer_model::PipelineId;
use reqwest::{Client, Method, Response};
use tokio::sync::watch;

use crate::Credentials;
use crate::limits::{CONNECT_S, REQUEST_S};

const PIPELINE_HEADER: &str = "nilometer-pipeline";

/// What is asked of an intake.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// The intake, without a slash at its end.
    pub(crate) to: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    /// What the body is; none without a body.
    pub(crate) content: Option<&'static str>,
    pub(crate) body: Bytes,
    /// The pipeline that we belong to, once known.
    pub(crate) pipeline: Option<PipelineId>,
    /// A longer answer is none.
    pub(crate) answer_bytes_max: usize,
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Bytes,
}

/// Nothing came back.
#[derive(Debug, Clone)]
pub(crate) struct NoReply {
    pub(crate) cause: String,
    /// The connection broke after it stood.
    pub(crate) lost: bool,
}

/// See the module. Whether a request without a reply was taken, nobody knows.
#[async_trait]
pub(crate) trait Net: fmt::Debug + Send + Sync {
    /// Carries one request there, and its answer back.
    async fn carry(&self, request: Request) -> Result<Reply, NoReply>;
}

/// The real one.
#[derive(Debug)]
pub(crate) struct Http {
    shown: Mutex<Shown>,
}

/// Who we are to the centre, as far as it has been looked up.
#[derive(Debug)]
struct Shown {
    credentials: watch::Receiver<Credentials>,
    /// Made of them.
    client: Client,
}

impl Http {
    pub(crate) fn new(mut credentials: watch::Receiver<Credentials>) -> reqwest::Result<Self> {
        let client = client(&credentials.borrow_and_update())?;
        Ok(Self { shown: Mutex::new(Shown { credentials, client }) })
    }

    /// The client and the token of the credentials that hold now.
    fn shown(&self) -> (Client, Option<String>) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.credentials.has_changed().unwrap_or_default() {
            let changed = client(&shown.credentials.borrow_and_update());
            match changed {
                Ok(client) => shown.client = client,
                Err(error) => {
                    tracing::error!(%error, "no client can be made of the new credentials")
                }
            }
        }
        (shown.client.clone(), shown.credentials.borrow().token.clone())
    }
}

#[async_trait]
impl Net for Http {
    async fn carry(&self, asked: Request) -> Result<Reply, NoReply> {
        let (client, token) = self.shown();
        let mut request = client.request(asked.method, format!("{}{}", asked.to, asked.path));
        if !asked.query.is_empty() {
            request = request.query(&asked.query);
        }
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(pipeline) = asked.pipeline {
            request = request.header(PIPELINE_HEADER, pipeline.to_string());
        }
        if let Some(content) = asked.content {
            request = request.header("content-type", content).body(asked.body);
        }
        read(request.send().await?, asked.answer_bytes_max).await
    }
}

impl From<reqwest::Error> for NoReply {
    fn from(error: reqwest::Error) -> Self {
        let lost = !error.is_connect() && !error.is_timeout() && !error.is_builder();
        let mut cause = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(inner) = source {
            cause = format!("{cause}: {inner}");
            source = inner.source();
        }
        Self { cause, lost }
    }
}

fn client(credentials: &Credentials) -> reqwest::Result<Client> {
    Client::builder()
        .tls_backend_preconfigured(credentials.tls.clone())
        .http1_only()
        .no_proxy()
        .connect_timeout(Duration::from_secs(CONNECT_S))
        .timeout(Duration::from_secs(REQUEST_S))
        .tcp_keepalive(Duration::from_secs(15))
        .tcp_user_timeout(Duration::from_secs(REQUEST_S))
        .build()
}

async fn read(mut response: Response, bytes_max: usize) -> Result<Reply, NoReply> {
    let header = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
    let retry_after = header.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    let status = response.status().as_u16();
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > bytes_max {
            let cause = format!("an answer of more than {bytes_max} bytes");
            return Err(NoReply { cause, lost: false });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply { status, retry_after, body: body.freeze() })
}
