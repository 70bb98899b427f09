//! The pods of this node, as the Kubernetes API tells of them: listed once, then watched.
//!
//! ```text
//!   list (pages) ── version ──> watch ── ADDED, MODIFIED, DELETED, BOOKMARK ──> version' ─┐
//!     ^                          ^ └──────────── ended, broken: a pause ──────────────────┘
//!     └── 410 Gone, ERROR, a line that is no event ──┘
//! ```
//! Invariants:
//! - the version moves with each event that was taken in, so that nothing between two watches is missed;
//! - a new list replaces what was known only once it is whole;
//! - a page and a line are bounded; what is longer or no event is never guessed at: all is listed anew.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;

use super::account::{ApiError, Backoff, KubernetesConfig, accepted, body};
use super::lines::Lines;
use super::pod::{Chosen, Metadata, Pod, RawPod};
use super::roster::{Api, Roster};
use crate::limits::{API_LINE_BYTES_MAX, POD_PAGE, PODS_MAX, REQUEST_S, WATCH_S};
use crate::metrics;

const PODS: &str = "/api/v1/pods";
const API: &str = "kubernetes";

/// Tells the roster of this node's pods.
#[derive(Debug)]
pub(crate) struct PodWatch {
    config: KubernetesConfig,
    chosen: Arc<Chosen>,
    /// Selects the pods of this node.
    selector: String,
    roster: Arc<Roster>,
    /// From where to watch; `None`: list first.
    pub(super) version: Option<String>,
    /// A list may come from the server's cache, which spares the cluster's store.
    cached: bool,
    backoff: Backoff,
}

#[derive(Deserialize)]
struct PodList {
    metadata: ListMetadata,
    #[serde(default)]
    items: Vec<RawPod>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListMetadata {
    #[serde(default)]
    resource_version: String,
    #[serde(default)]
    r#continue: String,
}

#[derive(Deserialize)]
struct Event<'a> {
    r#type: &'a str,
    #[serde(borrow)]
    object: &'a RawValue,
}

#[derive(Deserialize)]
struct Bookmark {
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    code: u16,
    #[serde(default)]
    message: String,
}

/// One page of a list.
pub(super) struct Page {
    pub(super) pods: Vec<Pod>,
    version: String,
    next: String,
}

impl Page {
    pub(super) fn read(text: &[u8], chosen: &Chosen) -> Result<Self, serde_json::Error> {
        let list: PodList = serde_json::from_slice(text)?;
        let pods = list.items.iter().map(|raw| Pod::new(raw, chosen)).collect();
        let ListMetadata { resource_version: version, r#continue: next } = list.metadata;
        Ok(Self { pods, version, next })
    }
}

impl PodWatch {
    pub(crate) fn new(config: KubernetesConfig, node: &str, roster: Arc<Roster>) -> Self {
        roster.expect_pods();
        let (labels, annotations) = (config.labels.clone(), config.annotations.clone());
        Self {
            chosen: Arc::new(Chosen { labels, annotations }),
            selector: format!("spec.nodeName={node}"),
            roster,
            version: None,
            cached: true,
            backoff: Backoff::default(),
            config,
        }
    }

    /// Lists and watches until told to stop.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        loop {
            let turn = tokio::select! {
                () = stop.cancelled() => return,
                turn = self.turn() => turn,
            };
            if let Err(error) = turn {
                self.failed(&error);
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(self.backoff.pause()) => {}
            }
        }
    }

    /// Lists unless it is known from where to watch, then watches until that ends.
    async fn turn(&mut self) -> Result<(), ApiError> {
        if self.version.is_none() {
            self.version = Some(self.list().await?);
            self.cached = true;
            self.answered();
        }
        self.watch().await
    }

    fn answered(&mut self) {
        self.backoff.reset();
        if self.roster.failed(Api::Kubernetes, None) {
            tracing::info!(api = self.config.api, "the cluster tells of its pods");
        }
    }

    fn failed(&mut self, error: &ApiError) {
        metrics::api_failure(API);
        let again = match error {
            ApiError::Gone | ApiError::TooLong | ApiError::Malformed(_) => true,
            ApiError::Refused { .. } | ApiError::NoAnswer(_) => false,
            ApiError::File { .. } | ApiError::NoCertificate(_) | ApiError::Tls(_) => false,
        };
        if again {
            // Neither a cache that lags nor an answer without pages is asked for twice.
            self.cached = false;
            self.version = None;
        }
        let hint = match error {
            ApiError::Refused { status: 401 | 403, .. } => {
                "; the service account needs list and watch of pods"
            }
            _ => "",
        };
        let api = &self.config.api;
        let cause = format!("{api}: {error}{hint}; new containers go by their paths' names");
        // A watch that was cut off is taken up again; only what lasts is worth a word.
        let ended = self.version.is_some() && !self.backoff.is_long();
        if !ended && !again && self.roster.failed(Api::Kubernetes, Some(cause.clone())) {
            tracing::warn!(cause, "the cluster does not tell of its pods");
        }
    }

    /// All pods of this node; the version that they have.
    async fn list(&self) -> Result<String, ApiError> {
        metrics::listed(API);
        let (limit, mut next) = (POD_PAGE.to_string(), String::new());
        let mut uids = Vec::new();
        loop {
            let mut query = vec![("fieldSelector", self.selector.as_str()), ("limit", &limit)];
            if !next.is_empty() {
                query.push(("continue", &next));
            } else if self.cached {
                query.push(("resourceVersion", "0"));
            }
            let request = self.config.request(PODS, &query).await?;
            let text = body(accepted(request).await?).await?;
            let page = self.page(text).await?;
            for pod in page.pods {
                uids.push(pod.uid.clone());
                self.roster.pod(pod);
            }
            if page.next.is_empty() || uids.len() > PODS_MAX {
                self.roster.pods(&uids, Instant::now());
                return Ok(page.version);
            }
            next = page.next;
        }
    }

    /// Reads a page, on a thread that may take its time.
    async fn page(&self, text: Bytes) -> Result<Page, ApiError> {
        let chosen = Arc::clone(&self.chosen);
        let read = move || Ok(Page::read(&text, &chosen)?);
        let read = tokio::task::spawn_blocking(read).await;
        read.unwrap_or_else(|error| Err(ApiError::NoAnswer(error.to_string())))
    }

    /// Takes in what changes until the watch ends.
    async fn watch(&mut self) -> Result<(), ApiError> {
        metrics::watched(API);
        let (timeout, version) = (WATCH_S.to_string(), self.version.clone().unwrap_or_default());
        let query = [
            ("fieldSelector", self.selector.as_str()),
            ("watch", "1"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", &version),
            ("timeoutSeconds", &timeout),
        ];
        let request = self.config.request(PODS, &query).await?;
        let request = request.timeout(Duration::from_secs(WATCH_S + REQUEST_S));
        let mut response = accepted(request).await?;
        let mut lines = Lines::new(API_LINE_BYTES_MAX);
        while let Some(chunk) = response.chunk().await? {
            lines.take(&chunk, |line| self.event(line))?;
        }
        Ok(())
    }

    pub(super) fn event(&mut self, line: &[u8]) -> Result<(), ApiError> {
        let event: Event<'_> = serde_json::from_slice(line)?;
        let text = event.object.get();
        let version = match event.r#type {
            "ADDED" | "MODIFIED" | "DELETED" => {
                let raw: RawPod = serde_json::from_str(text)?;
                let pod = Pod::new(&raw, &self.chosen);
                if event.r#type == "DELETED" {
                    self.roster.pod_gone(&pod.uid, Instant::now());
                } else {
                    self.roster.pod(pod);
                }
                raw.metadata.resource_version
            }
            "BOOKMARK" => serde_json::from_str::<Bookmark>(text)?.metadata.resource_version,
            "ERROR" => {
                let Status { code: status, message } = serde_json::from_str(text)?;
                self.version = None;
                let refused = ApiError::Refused { status, message };
                return Err(if status == 410 { ApiError::Gone } else { refused });
            }
            _ => None,
        };
        if let Some(version) = version.filter(|version| !version.is_empty()) {
            self.version = Some(version);
        }
        self.answered();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
