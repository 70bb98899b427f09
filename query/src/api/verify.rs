//! Reading every split again, a line for each as it comes, and a last line for all.
//!
//! Invariants:
//! - one at a time: it reads the whole disk;
//! - a verification that cannot go on is cut off, never ended as if all had been read.

use std::io;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use nilometer_store::{SplitKind, SplitMeta, Verified};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::ToSchema;

use super::Api;
use super::access::Caller;
use super::error::ApiError;
use super::limits::{EXPORT_PAGES_WAITING_MAX, RETRY_AFTER_S};
use super::logs::NDJSON;
use super::params::NoParams;

/// A split that was read.
#[derive(Debug, Serialize, ToSchema)]
struct VerifiedSplit {
    split: String,
    #[schema(value_type = String)]
    kind: SplitKind,
    records: u64,
    /// Of its object.
    bytes: u64,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// All of them.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct VerifiedSplits {
    splits: u64,
    damaged: u64,
    records: u64,
    bytes: u64,
}

/// Reads every split and says of each whether it still is what was written: a `VerifiedSplit` a line, and then
/// `VerifiedSplits`.
#[utoipa::path(post, path = "/api/v1/verify", tag = "process",
    responses((status = 200, content_type = "application/x-ndjson", body = VerifiedSplits),
        (status = "4XX", body = ApiError), (status = "5XX", body = ApiError)))]
pub(crate) async fn verify(
    State(api): State<Api>,
    caller: Caller,
    _: NoParams,
) -> Result<Response, ApiError> {
    let busy = |_| ApiError::busy("another verification reads the disk", RETRY_AFTER_S);
    let turn = Arc::clone(&api.verifying).try_acquire_owned().map_err(busy)?;
    let (sender, lines) = mpsc::channel(EXPORT_PAGES_WAITING_MAX);
    tokio::spawn(async move {
        let _turn = turn;
        tokio::select! {
            () = read_all(&api, &sender) => {}
            why = api.ends(&caller) => drop(sender.send(Err(io::Error::other(why))).await),
            () = sender.closed() => {}
        }
    });
    let body = Body::from_stream(ReceiverStream::new(lines));
    Ok(([(header::CONTENT_TYPE, NDJSON)], body).into_response())
}

async fn read_all(api: &Api, sender: &mpsc::Sender<io::Result<Bytes>>) {
    let mut all = VerifiedSplits::default();
    for split in api.store.splits() {
        let problem = match api.store.verify(split.clone()).await {
            Verified::Gone => continue,
            Verified::Sound => None,
            Verified::Damaged(error) => Some(error.to_string()),
        };
        let told = VerifiedSplit::new(&split, problem);
        all.add(&told);
        if sender.send(Ok(line(&told))).await.is_err() {
            return;
        }
    }
    // Who has gone needs no sum.
    let _sent = sender.send(Ok(line(&all))).await;
}

fn line(told: &impl Serialize) -> Bytes {
    let mut line = serde_json::to_vec(told).unwrap_or_default();
    line.push(b'\n');
    Bytes::from(line)
}

impl VerifiedSplit {
    fn new(split: &SplitMeta, problem: Option<String>) -> Self {
        let (kind, records, bytes) = (split.kind, split.rows, split.bytes);
        Self { split: split.id.0.to_string(), kind, records, bytes, problem }
    }
}

impl VerifiedSplits {
    fn add(&mut self, split: &VerifiedSplit) {
        self.splits += 1;
        self.damaged += u64::from(split.problem.is_some());
        self.records += split.records;
        self.bytes += split.bytes;
    }
}
