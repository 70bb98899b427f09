//! Spans on their way out: a bounded queue, and one task that sends what is in it by OTLP over HTTP.
//!
//! ```text
//!   a span ends ──try──> queue ──every SPANS_LINGER──> a request's bytes ──> taken: next
//!        │ full                                             ^   │ away or busy: the same bytes, after a pause
//!        v                                                  └───┤
//!     dropped, counted                                          └ refused: dropped, counted, and a pause
//! ```
//! Invariants:
//! - who ends a span never waits: the queue takes it or it is dropped, and a drop is counted;
//! - the pause grows up to [`SPANS_PAUSE_MAX`], so an endpoint that takes nothing is asked once a minute;
//! - a failure is told when it begins and when it ends, not each time.

use std::time::Duration;

use bytes::Bytes;
use opentelemetry::Context;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use prost::Message;
use reqwest::{Response, StatusCode, header};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio_util::sync::CancellationToken;

use crate::client::deepest;
use crate::config::TlsFiles;
use crate::limits::{
    SPANS_ANSWER_BYTES_MAX, SPANS_FLUSH_TIMEOUT, SPANS_LINGER, SPANS_PAUSE_FIRST, SPANS_PAUSE_MAX,
    SPANS_QUEUED_MAX, SPANS_SEND_TIMEOUT, SPANS_SENT_AT_ONCE_MAX,
};
use crate::metrics::{self, Dropped};
use crate::tls;

/// The end of the queue that takes spans.
#[derive(Debug)]
pub(super) struct Queue(Sender<SpanData>);

/// A queue of [`SPANS_QUEUED_MAX`] spans.
pub(super) fn queue() -> (Queue, Receiver<SpanData>) {
    let (sender, receiver) = mpsc::channel(SPANS_QUEUED_MAX);
    (Queue(sender), receiver)
}

impl SpanProcessor for Queue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if self.0.try_send(span).is_err() {
            metrics::spans_dropped(1, Dropped::Queue);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Sends what is in the queue.
pub(super) struct Export {
    url: String,
    client: reqwest::Client,
    waiting: Waiting,
    failures: u32,
}

/// What was not sent yet.
struct Waiting {
    spans: Receiver<SpanData>,
    resource: ResourceAttributesWithSchema,
    /// What is being sent; kept until it is taken or refused.
    batch: Option<Batch>,
}

/// A request's body.
#[derive(Debug, Clone)]
struct Batch {
    bytes: Bytes,
    spans: usize,
}

/// Why the endpoint did not take a batch.
#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error("it cannot be reached: {}", deepest(.0))]
    Away(reqwest::Error),
    #[error("it answers {0}")]
    Busy(StatusCode),
    #[error("it answers {0}")]
    Refused(StatusCode),
}

impl Export {
    pub(super) fn new(
        (endpoint, files): (&str, &TlsFiles),
        resource: &Resource,
        spans: Receiver<SpanData>,
    ) -> Result<Self, String> {
        let (tls, _) = tls::client(files, &[endpoint.to_owned()])
            .map_err(|error| format!("--trace-to: {error}"))?;
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .timeout(SPANS_SEND_TIMEOUT)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| format!("--trace-to: {error}"))?;
        let url = format!("{endpoint}/v1/traces");
        let waiting = Waiting { spans, resource: resource.into(), batch: None };
        Ok(Self { url, client, waiting, failures: 0 })
    }

    /// Sends until `end`, then what is left, once.
    pub(super) async fn run(mut self, end: CancellationToken) {
        let mut pause = SPANS_LINGER;
        while !end.is_cancelled() {
            let turn = async {
                tokio::time::sleep(pause).await;
                self.send_all().await
            };
            tokio::select! {
                () = end.cancelled() => {}
                next = turn => pause = next,
            }
        }
        self.waiting.spans.close();
        // Late or not, what is left is counted.
        let _late = tokio::time::timeout(SPANS_FLUSH_TIMEOUT, self.send_all()).await;
        while let Some(batch) = self.waiting.next() {
            metrics::spans_dropped(batch.spans, Dropped::End);
            self.waiting.batch = None;
        }
    }

    /// Sends until the queue is empty or something fails; how long to wait then.
    async fn send_all(&mut self) -> Duration {
        while let Some(batch) = self.waiting.next() {
            match self.send(batch.clone()).await {
                Ok(refused) => self.taken(&batch, refused),
                Err(error) => {
                    self.failed(&batch, &error);
                    return pause(self.failures);
                }
            }
        }
        SPANS_LINGER
    }

    /// How many spans of the batch were refused one by one.
    async fn send(&self, batch: Batch) -> Result<usize, SendError> {
        let request = self
            .client
            .post(&self.url)
            .header(header::CONTENT_TYPE, "application/x-protobuf")
            .body(batch.bytes);
        let response = request.send().await.map_err(SendError::Away)?;
        match response.status() {
            status if status.is_success() => Ok(refused_spans(response).await),
            status if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() => {
                Err(SendError::Busy(status))
            }
            status => Err(SendError::Refused(status)),
        }
    }

    fn taken(&mut self, batch: &Batch, refused: usize) {
        let refused = refused.min(batch.spans);
        metrics::spans_sent(batch.spans - refused);
        metrics::spans_dropped(refused, Dropped::Refused);
        self.waiting.batch = None;
        if std::mem::take(&mut self.failures) > 0 {
            tracing::info!("spans are taken again (trace_to)");
        }
    }

    fn failed(&mut self, batch: &Batch, error: &SendError) {
        if let SendError::Refused(_) = error {
            metrics::spans_dropped(batch.spans, Dropped::Refused);
            self.waiting.batch = None;
        }
        if self.failures == 0 {
            tracing::warn!(%error, "spans are not taken (trace_to); trying on");
        }
        self.failures = self.failures.saturating_add(1);
    }
}

impl Waiting {
    /// What was not taken yet, else what waits in the queue.
    fn next(&mut self) -> Option<Batch> {
        if self.batch.is_none() {
            let waiting = std::iter::from_fn(|| self.spans.try_recv().ok());
            let spans: Vec<SpanData> = waiting.take(SPANS_SENT_AT_ONCE_MAX).collect();
            self.batch = (!spans.is_empty()).then(|| Batch::new(spans, &self.resource));
        }
        self.batch.clone()
    }
}

impl Batch {
    fn new(spans: Vec<SpanData>, resource: &ResourceAttributesWithSchema) -> Self {
        let count = spans.len();
        let resource_spans = group_spans_by_resource_and_scope(spans, resource);
        let bytes = ExportTraceServiceRequest { resource_spans }.encode_to_vec();
        Self { bytes: bytes.into(), spans: count }
    }
}

/// The pause after so many failures in a row.
fn pause(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    (SPANS_PAUSE_FIRST * (1 << doublings)).min(SPANS_PAUSE_MAX)
}

/// What the answer says was refused; an answer that cannot be read says nothing.
async fn refused_spans(mut response: Response) -> usize {
    let mut body = Vec::new();
    while let Ok(Some(piece)) = response.chunk().await {
        body.extend_from_slice(&piece);
        if body.len() > SPANS_ANSWER_BYTES_MAX {
            return 0;
        }
    }
    let answer = ExportTraceServiceResponse::decode(body.as_slice()).unwrap_or_default();
    let refused = answer.partial_success.map_or(0, |partial| partial.rejected_spans);
    usize::try_from(refused).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{Span, Tracer, TracerProvider};
    use opentelemetry_sdk::trace::SdkTracerProvider;

    use super::*;

    /// This many spans that have ended.
    fn ended(spans: usize) -> Waiting {
        let (queue, receiver) = queue();
        let provider = SdkTracerProvider::builder().with_span_processor(queue).build();
        let tracer = provider.tracer("test");
        (0..spans).for_each(|_| tracer.start("span").end());
        let resource = (&Resource::builder_empty().build()).into();
        Waiting { spans: receiver, resource, batch: None }
    }

    #[test]
    fn the_queue_takes_as_many_spans_as_it_may_and_no_more() {
        for spans in [SPANS_QUEUED_MAX, SPANS_QUEUED_MAX + 1] {
            assert_eq!(ended(spans).spans.len(), SPANS_QUEUED_MAX);
        }
    }

    #[test]
    fn a_request_holds_as_many_spans_as_it_may_and_no_more() {
        let most = SPANS_SENT_AT_ONCE_MAX;
        for (spans, sent) in [(0, None), (most, Some(most)), (most + 1, Some(most))] {
            assert_eq!(ended(spans).next().map(|batch| batch.spans), sent);
        }
    }

    #[test]
    fn the_pause_doubles_up_to_its_limit() {
        let pauses = [1, 2, 3, 5, 6, 7, u32::MAX].map(|failures| pause(failures).as_secs());
        assert_eq!(pauses, [2, 4, 8, 32, 60, 60, 60]);
    }
}
