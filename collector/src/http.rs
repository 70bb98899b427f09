//! What carries a request to an intake and its answer back: HTTP/1.1, or a simulated network.
//!
//! Invariants:
//! - nothing waits for ever: connecting, answering, each part of an answer and its size have limits;
//! - every request shows the credentials that hold now;
//! - a name is looked up for every connection, and no connection is used for longer than
//!   [`CONNECTION_AGE_S`]: who moves a name is followed.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use nilometer_model::PipelineId;
use reqwest::dns::Resolve;
use reqwest::{Client, Method, Response};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tower::util::MapResponseLayer;

use crate::limits::{
    CONNECT_S, CONNECTION_AGE_S, CONNECTION_IDLE_S, IDLE_READ_S, KEEPALIVE_S, REQUEST_S,
};
use crate::{CollectorError, Credentials, metrics};

const PIPELINE_HEADER: &str = "nilometer-pipeline";

/// The real one.
#[derive(Debug)]
pub(crate) struct Http {
    made: Mutex<Made>,
    limits: HttpLimits,
}

/// The client, and what it is made of.
#[derive(Debug)]
struct Made {
    credentials: watch::Receiver<Credentials>,
    client: Client,
    at: Instant,
}

/// How long things may take; tests shorten it.
#[derive(Clone)]
pub(crate) struct HttpLimits {
    pub(crate) connect: Duration,
    pub(crate) request: Duration,
    /// Between two parts of an answer.
    pub(crate) idle_read: Duration,
    /// A connection is used for that long.
    pub(crate) age: Duration,
    /// Who looks names up; the system, unless somebody else.
    pub(crate) resolver: Option<Arc<dyn Resolve>>,
}

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
    /// How the body was made smaller.
    pub(crate) coding: Option<&'static str>,
    pub(crate) body: Bytes,
    /// The pipeline that we belong to, once known.
    pub(crate) pipeline: Option<PipelineId>,
    /// A longer answer is none.
    pub(crate) answer_bytes_max: usize,
    /// An answer is waited for so long, unless the limit is less.
    pub(crate) patience: Option<Duration>,
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

/// See the file's head. Whether a request without a reply was taken, nobody knows.
#[async_trait]
pub(crate) trait Net: fmt::Debug + Send + Sync {
    /// Carries one request there, and its answer back.
    async fn carry(&self, request: Request) -> Result<Reply, NoReply>;
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

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(CONNECT_S),
            request: Duration::from_secs(REQUEST_S),
            idle_read: Duration::from_secs(IDLE_READ_S),
            age: Duration::from_secs(CONNECTION_AGE_S),
            resolver: None,
        }
    }
}

impl fmt::Debug for HttpLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connect, request, idle_read, age, resolver: _ } = self;
        write!(f, "HttpLimits({connect:?}, {request:?}, {idle_read:?}, {age:?})")
    }
}

impl HttpLimits {
    fn client(&self, credentials: &Credentials) -> reqwest::Result<Client> {
        let builder = Client::builder()
            .tls_backend_preconfigured(credentials.tls.clone())
            .http1_only()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(self.connect)
            .timeout(self.request)
            .pool_idle_timeout(Duration::from_secs(CONNECTION_IDLE_S))
            .tcp_keepalive(Duration::from_secs(KEEPALIVE_S))
            .tcp_user_timeout(self.request)
            .connector_layer(MapResponseLayer::new(|connection| {
                metrics::connected();
                connection
            }));
        match &self.resolver {
            Some(resolver) => builder.dns_resolver(Arc::clone(resolver)).build(),
            None => builder.build(),
        }
    }
}

impl Http {
    pub(crate) fn new(
        mut credentials: watch::Receiver<Credentials>,
        limits: HttpLimits,
    ) -> Result<Self, CollectorError> {
        let client = limits.client(&credentials.borrow_and_update());
        let client = client.map_err(CollectorError::Client)?;
        let made = Mutex::new(Made { credentials, client, at: Instant::now() });
        Ok(Self { made, limits })
    }

    /// The client and the token of the credentials that hold now. A client that is put aside ends its idle
    /// connections, and the others with their requests.
    fn shown(&self) -> (Client, Option<String>) {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = made.credentials.has_changed().unwrap_or_default();
        if changed || made.at.elapsed() >= self.limits.age {
            made.at = Instant::now();
            let client = self.limits.client(&made.credentials.borrow_and_update());
            match client {
                Ok(client) => made.client = client,
                Err(error) => {
                    tracing::error!(%error, "no client can be made of the new credentials");
                }
            }
        }
        (made.client.clone(), made.credentials.borrow().token.clone())
    }

    async fn read(&self, mut response: Response, bytes_max: usize) -> Result<Reply, NoReply> {
        let header = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let retry_after = header.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
        let status = response.status().as_u16();
        let given_up = |cause: String| NoReply { cause, lost: false };
        let mut body = BytesMut::new();
        loop {
            let Ok(chunk) = timeout(self.limits.idle_read, response.chunk()).await else {
                return Err(given_up(format!("nothing more for {:?}", self.limits.idle_read)));
            };
            let Some(chunk) = chunk? else { break };
            if body.len() + chunk.len() > bytes_max {
                return Err(given_up(format!("an answer of more than {bytes_max} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status, retry_after, body: body.freeze() })
    }
}

#[async_trait]
impl Net for Http {
    async fn carry(&self, request: Request) -> Result<Reply, NoReply> {
        let (client, token) = self.shown();
        let mut asked = client.request(request.method, format!("{}{}", request.to, request.path));
        if !request.query.is_empty() {
            asked = asked.query(&request.query);
        }
        if let Some(patience) = request.patience {
            asked = asked.timeout(patience.min(self.limits.request));
        }
        if let Some(token) = token {
            asked = asked.bearer_auth(token);
        }
        if let Some(pipeline) = request.pipeline {
            asked = asked.header(PIPELINE_HEADER, pipeline.to_string());
        }
        if let Some(coding) = request.coding {
            asked = asked.header("content-encoding", coding);
        }
        if let Some(content) = request.content {
            metrics::sent(request.body.len() as u64);
            asked = asked.header("content-type", content).body(request.body);
        }
        let began = Instant::now();
        let response = asked.send().await?;
        metrics::round_trip(began.elapsed());
        self.read(response, request.answer_bytes_max).await
    }
}

#[cfg(test)]
mod tests;
