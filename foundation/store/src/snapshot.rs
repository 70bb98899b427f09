//! What one query of a tenant sees, from its first byte to its last.

use std::sync::Arc;

use nilometer_model::{Revision, Rows, Samples, Spans};

use crate::buffer::Chunk;
use crate::purge::Mask;
use crate::records::RecordSplit;
use crate::split::Split;

/// The splits of one revision, and exactly the records above its checkpoint.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The revision.
    pub revision: Revision,
    /// Its splits of records.
    pub splits: Vec<Arc<RecordSplit>>,
    /// Its splits of spans.
    pub span_splits: Vec<Arc<Split>>,
    /// Its splits of samples.
    pub sample_splits: Vec<Arc<Split>>,
    /// Splits that Meta names and that cannot be read.
    pub missing_splits: u32,
    /// What of the records is to be left out; nearly always nothing.
    pub masks: Arc<[Mask]>,
    /// The tenant's records that are in no split yet, oldest chunk first.
    pub buffer: Vec<Chunk<Rows>>,
    /// The tenant's spans that are in no split yet, oldest chunk first.
    pub spans: Vec<Chunk<Spans>>,
    /// The tenant's samples that are in no split yet, oldest chunk first.
    pub samples: Vec<Chunk<Samples>>,
}
