//! The door of the centre: what an intake does with what is posted to it, free of HTTP.
//!
//! Invariants:
//! - `Ok` says "durable": whoever implements this answers only after the fsync;
//! - an error says what the sender is to do next: cut smaller, wait, send again, or call a person;
//! - whose it is, is said by whoever knows who sends, never by what is sent.
//!
//! The indexer implements it, the API calls it; they meet in this file.

use async_trait::async_trait;
use bytes::Bytes;
use nilometer_model::Tenant;
use serde::{Deserialize, Serialize};

use crate::{BatchAnswer, Heartbeat, HeartbeatAnswer};

/// Takes in what collectors and users send.
#[async_trait]
pub trait Intake: Send + Sync {
    /// Takes in a frozen batch of that tenant; the answer comes once it is durable in the Log.
    ///
    /// # Errors
    /// [`IntakeError`]; the batch is not durable, or it is not known whether it is.
    async fn batch(&self, tenant: &Tenant, frame: Bytes) -> Result<BatchAnswer, IntakeError>;

    /// Takes in a sign of life of one of that tenant's collectors.
    ///
    /// # Errors
    /// [`IntakeError`]; what the heartbeat said has no effect.
    async fn heartbeat(
        &self,
        tenant: &Tenant,
        heartbeat: Heartbeat,
    ) -> Result<HeartbeatAnswer, IntakeError>;

    /// Takes in lines of NDJSON; the answer comes once the good ones are durable in the Log.
    ///
    /// # Errors
    /// [`IntakeError`]; no line is durable, or it is not known whether they are.
    async fn ingest(&self, request: IngestRequest) -> Result<IngestAnswer, IntakeError>;
}

/// What was posted to `/api/v1/ingest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestRequest {
    /// Who owns the records.
    pub tenant: Tenant,
    /// Makes the request a source of its own, so that its repeat adds nothing.
    pub idempotency_key: Option<String>,
    /// The lines, decompressed.
    pub body: Bytes,
}

/// What became of the lines.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct IngestAnswer {
    /// Lines that are durable.
    pub accepted: u64,
    /// Lines that were turned away.
    pub refused: Vec<RefusedLine>,
}

/// A line that is no record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedLine {
    /// The line's number in the request, from 1.
    pub line: u64,
    /// Why, for the person who sent it.
    pub reason: String,
}

/// Why nothing was taken in, one variant per thing that the sender does next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntakeError {
    /// 413: send it in smaller parts.
    #[error("{bytes} bytes are more than the {limit_bytes} that are taken at once")]
    TooLarge {
        /// What came.
        bytes: u64,
        /// What is taken.
        limit_bytes: u64,
    },
    /// 429: send it again later.
    #[error("too much is under way, try again in {retry_after_s} s")]
    Busy {
        /// When to try again, s.
        retry_after_s: u32,
    },
    /// 503: send it again later.
    #[error("cannot take anything in: {reason}")]
    Unavailable {
        /// Why.
        reason: String,
        /// When to try again, s.
        retry_after_s: u32,
    },
    /// 400: what arrived is not what was sent (or not ours); send the same bytes again.
    #[error("{0}")]
    Damaged(String),
    /// 403: it names what is not the sender's; a person must act.
    #[error("{0}")]
    Forbidden(String),
    /// 409: another process runs from the same data directory; a person must act.
    #[error(
        "another collector is alive that runs from the same data directory, of which this one is a copy: \
         delete the file `collector` in this one's data directory and start it again"
    )]
    Copied,
    /// 409: meant for another pipeline; a person must act.
    #[error("{0}")]
    WrongPipeline(String),
}
