//! The intake's answer to a batch.

use std::collections::BTreeMap;

use nilometer_model::{BatchId, Epoch, LogId, PipelineId, Reason, Sequence, SourceId};
use serde::{Deserialize, Serialize};

/// Per epoch of the asking collector: all its batches up to this sequence are in splits.
pub type CommittedTo = BTreeMap<Epoch, Sequence>;

/// `POST /api/v1/batches` answers this once the batch is fsynced in the Log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchAnswer {
    /// Which pipeline speaks. An answer without it is no verdict about any record.
    pub pipeline: PipelineId,
    /// The Log for which `durable` counts.
    pub log: LogId,
    /// The batch that this answers.
    pub batch: BatchId,
    /// Always true: what is not durable gets no answer of this kind.
    pub durable: bool,
    /// What the spool may let go.
    pub committed_to: CommittedTo,
    /// Records that admission turned away; they are kept as dead letters.
    pub refused: Vec<Refusal>,
    /// How long the collector may gather records before it freezes, ms.
    pub linger_ms: u32,
}

/// One record that admission turned away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Row of the batch, from 0.
    pub index: u32,
    /// The record's source.
    pub source: SourceId,
    /// The record's position.
    pub position: u64,
    /// Why.
    pub reason: Reason,
}
