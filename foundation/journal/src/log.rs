//! The Log: what the intake acknowledged, in order, until it is in splits.
//!
//! Invariants of every implementation ([`crate::contract`] checks them):
//! - an entry is answered once it is durable; positions rise by one within a shard, from 1;
//! - what was answered stays readable until it is trimmed, or the Log's id changes.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use nilometer_model::{LogId, LogPosition};

use crate::durable::Durable;
use crate::journal::JournalError;

/// Why the Log cannot do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LogError {
    /// An entry is longer than the limit; nothing was appended.
    #[error("entry of {bytes} bytes is longer than {limit_bytes} bytes")]
    TooLarge {
        /// Its length.
        bytes: usize,
        /// The limit.
        limit_bytes: usize,
    },
    /// This Log has no such shard.
    #[error("log has no shard {0}")]
    NoShard(u32),
    /// The Log's writer has ended.
    #[error("log is closed")]
    Closed,
    /// The files below refused.
    #[error("log: {0}")]
    Failed(#[source] Arc<JournalError>),
}

impl From<JournalError> for LogError {
    fn from(error: JournalError) -> Self {
        Self::Failed(Arc::new(error))
    }
}

/// See the module.
#[async_trait]
pub trait Log: Send + Sync {
    /// What was answered as durable counts while this stays the same.
    fn id(&self) -> LogId;

    /// Appends the entries; returns when they are durable.
    async fn append(
        &self,
        shard: u32,
        entries: Vec<Bytes>,
    ) -> Result<Vec<(LogPosition, Durable)>, LogError>;

    /// Entries behind `after`, at most `bytes_max` of their bytes, but at least one if there is one.
    async fn read(
        &self,
        shard: u32,
        after: LogPosition,
        bytes_max: usize,
    ) -> Result<Vec<(LogPosition, Bytes)>, LogError>;

    /// The last entry's position; every later entry lies behind it.
    async fn last(&self, shard: u32) -> Result<LogPosition, LogError>;

    /// Returns once there is an entry behind `after`.
    async fn grown(&self, shard: u32, after: LogPosition) -> Result<(), LogError>;

    /// Parts what is there from what comes: after a trim to the position that is answered, nothing of an entry up
    /// to it is left.
    async fn part(&self, shard: u32) -> Result<LogPosition, LogError>;

    /// Allows to forget the entries up to `to`.
    async fn trim(&self, shard: u32, to: LogPosition) -> Result<(), LogError>;
}
