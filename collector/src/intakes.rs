//! The centre, as seen from here: one or more intakes of one pipeline, spoken to over HTTP/1.1.
//!
//! Invariants:
//! - the pipeline whose first verdict we heard is ours from then on, also after a restart;
//! - nothing waits for ever: connecting, answering and the answer's size have limits;
//! - every request shows the credentials that hold now.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use nilometer_journal::write_file_durably;
use nilometer_model::PipelineId;
use reqwest::{Client, Method, Response};
use tokio::sync::watch;

use crate::limits::{CONNECT_S, REQUEST_S};
use crate::{CollectorError, Credentials};

const PIPELINE_FILE: &str = "pipeline";
const PIPELINE_HEADER: &str = "nilometer-pipeline";

/// Where to ship.
#[derive(Debug)]
pub(crate) struct Intakes {
    shown: Mutex<Shown>,
    to: Vec<String>,
    /// Which of `to` is spoken to.
    current: AtomicUsize,
    pipeline: Mutex<Option<PipelineId>>,
    pipeline_file: PathBuf,
}

/// Who we are to the centre, as far as it has been looked up.
#[derive(Debug)]
struct Shown {
    credentials: watch::Receiver<Credentials>,
    /// Made of them.
    client: Client,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Bytes,
}

/// Nothing came back.
#[derive(Debug)]
pub(crate) struct NoReply {
    pub(crate) cause: String,
    /// The connection broke after it stood.
    pub(crate) lost: bool,
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

impl Intakes {
    pub(crate) fn new(
        to: &[String],
        mut credentials: watch::Receiver<Credentials>,
        data: &std::path::Path,
    ) -> Result<Self, CollectorError> {
        let client = client(&credentials.borrow_and_update()).map_err(CollectorError::Client)?;
        let pipeline_file = data.join(PIPELINE_FILE);
        let pipeline = std::fs::read_to_string(&pipeline_file)
            .ok()
            .and_then(|text| text.trim().parse().ok())
            .map(PipelineId);
        Ok(Self {
            shown: Mutex::new(Shown { credentials, client }),
            to: to.iter().map(|url| url.trim_end_matches('/').to_owned()).collect(),
            current: AtomicUsize::new(0),
            pipeline: Mutex::new(pipeline),
            pipeline_file,
        })
    }

    /// What is shown now; who waits for it to change has a receiver of his own.
    pub(crate) fn credentials(&self) -> watch::Receiver<Credentials> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).credentials.clone()
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

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.to.len()
    }

    /// The one that is spoken to now.
    pub(crate) fn current(&self) -> usize {
        self.current.load(Ordering::Relaxed)
    }

    /// Turns to the next one, unless somebody else has turned away from `failed` already.
    pub(crate) fn turn_from(&self, failed: usize) {
        let next = (failed + 1) % self.to.len().max(1);
        let _ = self.current.compare_exchange(failed, next, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// The pipeline that we belong to, once known.
    pub(crate) fn pipeline(&self) -> Option<PipelineId> {
        *self.pipeline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Belongs to `pipeline` from now on, unless to another; says whether that is ours.
    pub(crate) fn belong_to(&self, pipeline: PipelineId) -> bool {
        let mut ours = self.pipeline.lock().unwrap_or_else(PoisonError::into_inner);
        if ours.is_none() {
            let text = pipeline.to_string();
            if let Err(e) = write_file_durably(&self.pipeline_file, text.as_bytes()) {
                tracing::warn!(error = %e, "the pipeline's name could not be kept");
            }
        }
        *ours.get_or_insert(pipeline) == pipeline
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        content: &'static str,
        body: Bytes,
        answer_bytes_max: usize,
    ) -> Result<Reply, NoReply> {
        let request = self.request(Method::POST, path).header("content-type", content).body(body);
        read(request.send().await?, answer_bytes_max).await
    }

    pub(crate) async fn get(
        &self,
        path: &str,
        query: &[(&str, &str)],
        answer_bytes_max: usize,
    ) -> Result<Reply, NoReply> {
        read(self.request(Method::GET, path).query(query).send().await?, answer_bytes_max).await
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let to = self.to.get(self.current()).map_or("", String::as_str);
        let (client, token) = self.shown();
        let mut request = client.request(method, format!("{to}{path}"));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(pipeline) = self.pipeline() {
            request = request.header(PIPELINE_HEADER, pipeline.to_string());
        }
        request
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
