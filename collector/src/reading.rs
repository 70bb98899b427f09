//! The seam between reading files and spooling what was read.
//!
//! ```text
//!   Reader ── record, gap, ended ──> Sink (the batcher) ──> spool.append(frame, reader.changes())
//! ```
//! Invariants:
//! - per source, positions handed over rise, and no record is handed over twice as long as the state
//!   that [`StateChange`]s describe is kept;
//! - the changes asked for after a `poll` fit exactly what was handed to the sink until then: both
//!   must become durable together, in one record of the spool;
//! - the reader stops between two records when [`Sink::full`] says so.

use std::sync::Arc;

use nilometer_model::{Gap, LineageId, Severity, SourceId, Stream, Timestamp};
use nilometer_parse::Attributes;
use nilometer_wire::Fingerprint;
use serde::{Deserialize, Serialize};

use crate::enrich::Speaker;

/// What all records of one source share. The same `Arc` comes with each of them.
#[derive(Debug, Clone)]
pub(crate) struct SourceInfo {
    /// The source.
    pub(crate) source: SourceId,
    /// The stream of one log, over all its files.
    pub(crate) lineage: LineageId,
    /// Who speaks.
    pub(crate) speaker: Arc<Speaker>,
    /// What is known of it, as attributes of every record.
    pub(crate) attributes: Arc<Attributes>,
    /// stdout, stderr or file.
    pub(crate) stream: Stream,
    /// Where the file was when its source was first read, below `--rootfs`.
    pub(crate) path: String,
    /// How the generation begins.
    pub(crate) fingerprint: Fingerprint,
}

/// One record, borrowed from the reader's buffers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    /// When it was written, as the container runtime says; for plain files, when it was read.
    pub(crate) time: Timestamp,
    /// The largest time so far in the lineage: what records are ordered by.
    pub(crate) order_time: Timestamp,
    /// The end of its last line in the decompressed generation, bytes.
    pub(crate) position: u64,
    /// The bytes of its own lines, framing and newlines included.
    pub(crate) bytes: u32,
    /// How bad its text says it is.
    pub(crate) severity: Severity,
    /// The trace its text says it belongs to.
    pub(crate) trace_id: Option<[u8; 16]>,
    /// The span of that trace.
    pub(crate) span_id: Option<[u8; 8]>,
    /// As written, without the line's end.
    pub(crate) message: &'a str,
    /// A JSON object, or empty.
    pub(crate) attributes: &'a str,
}

/// Takes what was read. Called on the thread that reads.
pub(crate) trait Sink {
    /// One record.
    fn record(&mut self, source: &Arc<SourceInfo>, record: Record<'_>);
    /// A record that the centre has already, behind its mark: it counts as read and is not sent.
    fn covered(&mut self, source: &Arc<SourceInfo>, position: u64, bytes: u32);
    /// A stretch that will never be handed over.
    fn gap(&mut self, source: &Arc<SourceInfo>, gap: Gap);
    /// The source ends at `position`; nothing more will come (bar what a slow writer still adds to a
    /// renamed file, which comes late and under the same source).
    fn ended(&mut self, source: &Arc<SourceInfo>, position: u64);
    /// Nothing more is wanted for now.
    fn full(&self) -> bool;
}

/// What the centre has of a source that this collector, whose data directory is new, does not remember.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CentreSource {
    pub(crate) source: SourceId,
    pub(crate) lineage: LineageId,
    pub(crate) component: String,
    pub(crate) instance: String,
    pub(crate) stream: Stream,
    pub(crate) path: String,
    pub(crate) fingerprint: Fingerprint,
    /// Everything up to here is accounted for.
    pub(crate) mark: u64,
    /// So are these ranges `(from, to]` beyond it.
    pub(crate) covered: Vec<(u64, u64)>,
    /// What was read up to the mark.
    pub(crate) records: u64,
    pub(crate) bytes: u64,
    /// The generation has ended.
    pub(crate) ended: bool,
}

/// A key of the reader's durable memory and its new value; `None` = forget the key.
pub(crate) type StateChange = (String, Option<Vec<u8>>);
