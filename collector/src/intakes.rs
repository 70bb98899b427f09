//! The centre, as seen from here: one or more intakes of one pipeline.
//!
//! Invariants:
//! - the pipeline whose first verdict we heard is ours from then on, also after a restart.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use nilometer_journal::Dir;
use nilometer_model::PipelineId;
use reqwest::Method;
use tokio::sync::watch;

use crate::http::{Http, Net, NoReply, Reply, Request};
use crate::{CollectorError, Credentials};

const PIPELINE_FILE: &str = "pipeline";

/// Where to ship.
#[derive(Debug)]
pub(crate) struct Intakes {
    net: Box<dyn Net>,
    credentials: watch::Receiver<Credentials>,
    to: Vec<String>,
    /// Which of `to` is spoken to.
    current: AtomicUsize,
    pipeline: Mutex<Option<PipelineId>>,
    /// Where the pipeline's name is kept.
    data: Dir,
}

impl Intakes {
    pub(crate) fn new(
        to: &[String],
        credentials: watch::Receiver<Credentials>,
        data: impl Into<Dir>,
    ) -> Result<Self, CollectorError> {
        let http = Http::new(credentials.clone()).map_err(CollectorError::Client)?;
        Ok(Self::over(Box::new(http), to, credentials, data.into()))
    }

    /// Spoken to over any network.
    pub(crate) fn over(
        net: Box<dyn Net>,
        to: &[String],
        credentials: watch::Receiver<Credentials>,
        data: Dir,
    ) -> Self {
        let kept = data.read(PIPELINE_FILE).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let pipeline = kept.and_then(|text| text.trim().parse().ok()).map(PipelineId);
        Self {
            net,
            credentials,
            to: to.iter().map(|url| url.trim_end_matches('/').to_owned()).collect(),
            current: AtomicUsize::new(0),
            pipeline: Mutex::new(pipeline),
            data,
        }
    }

    /// What is shown now; who waits for it to change has a receiver of his own.
    pub(crate) fn credentials(&self) -> watch::Receiver<Credentials> {
        self.credentials.clone()
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
            if let Err(e) = self.data.write_durably(PIPELINE_FILE, text.as_bytes()) {
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
        let request = Request {
            content: Some(content),
            body,
            ..self.request(Method::POST, path, answer_bytes_max)
        };
        self.net.carry(request).await
    }

    pub(crate) async fn get(
        &self,
        path: &str,
        query: &[(&str, &str)],
        answer_bytes_max: usize,
    ) -> Result<Reply, NoReply> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let query = query.iter().map(owned).collect();
        self.net.carry(Request { query, ..self.request(Method::GET, path, answer_bytes_max) }).await
    }

    fn request(&self, method: Method, path: &str, answer_bytes_max: usize) -> Request {
        Request {
            method,
            to: self.to.get(self.current()).cloned().unwrap_or_default(),
            path: path.to_owned(),
            query: Vec::new(),
            content: None,
            body: Bytes::new(),
            pipeline: self.pipeline(),
            answer_bytes_max,
        }
    }
}
