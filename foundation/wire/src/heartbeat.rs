//! A collector's sign of life, every 5 s, and what it is answered.
//!
//! A heartbeat is the second, independent count of the ledger: what was *read*, by whoever read it.

use nilometer_model::{
    CollectorId, Count, Epoch, LogId, PipelineId, Sequence, SourceId, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::CommittedTo;

/// `POST /api/v1/heartbeats`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// Who.
    pub collector: CollectorId,
    /// In which life.
    pub epoch: Epoch,
    /// 1, 2, 3 ... within the epoch.
    pub number: u64,
    /// The host it reads.
    pub node: String,
    /// The collector's clock as it sent this.
    pub clock: Timestamp,
    /// Round trip of the exchange before, ns; 0 when unknown. Half of it is taken off the offset.
    pub round_trip_ns: u64,
    /// What was read, of the sources that changed since the last answered heartbeat (of all, after
    /// an answer with `resync`).
    pub sources: Vec<SourceRead>,
    /// Every epoch that still has batches in the spool, and the present one.
    pub epochs: Vec<Epoch>,
    /// How far reading has come.
    pub caught_up: CaughtUp,
    /// Batches that are in the spool and not released.
    pub spooled_batches: u64,
    /// Bytes that the spool takes.
    pub spooled_bytes: u64,
    /// What an operator should know: unreadable files, watches at their limit ...
    pub warnings: Vec<String>,
    /// The configuration that is in force.
    #[serde(default)]
    pub config_version: String,
    /// The last one of an ordered shutdown.
    pub goodbye: bool,
}

/// How far a collector has read, by its own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaughtUp {
    /// At `at` all sources were read to their ends; it is all in the batches up to `sequence`.
    Complete {
        /// By the collector's clock.
        at: Timestamp,
        /// The last batch that holds any of it; 0 when there was none in this epoch.
        sequence: Sequence,
    },
    /// The slowest source stands at this time.
    Behind {
        /// The time of the last record read of the slowest source, by the collector's clock.
        at: Timestamp,
        /// The last batch frozen.
        sequence: Sequence,
    },
}

/// What was read of one source so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRead {
    /// The source.
    pub source: SourceId,
    /// All records read of it, and their framed bytes.
    pub read: Count,
}

/// The answer to a heartbeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeartbeatAnswer {
    /// Which pipeline speaks.
    pub pipeline: PipelineId,
    /// The Log for which earlier answers' `durable` counts.
    pub log: LogId,
    /// What the spool may let go.
    pub committed_to: CommittedTo,
    /// How long the collector may gather records before it freezes, ms.
    pub linger_ms: u32,
    /// The centre has not heard this epoch before: send all sources next time.
    pub resync: bool,
}
