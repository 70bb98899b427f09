//! What a batch says of itself. Frozen together with its rows.

use nilometer_model::{BatchId, Count, Gap, LineageId, SourceId, Stream, Timestamp};
use serde::{Deserialize, Serialize};

/// The format of frames that this build writes.
pub const BATCH_VERSION: u16 = 3;
/// The oldest that it reads: their records are never dense.
pub(crate) const BATCH_VERSION_MIN: u16 = 2;

/// The header of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BatchHeader {
    /// The batch's name.
    pub batch: BatchId,
    /// Who owns the records: what the intake stamps, whatever the collector wrote here.
    pub tenant: String,
    /// The version of the shard map by which the collector chose the shard.
    pub shard_map: u32,
    /// Hash of the zstd dictionary; 0 = none.
    pub dictionary: u64,
    /// When it was frozen, by the collector's clock.
    pub frozen_at: Timestamp,
    /// Batches that this one stands for; they count as in when it is.
    pub replaces: Vec<BatchId>,
    /// The host that the sources are on; decides the shard.
    pub node: String,
    /// What it covers, source by source.
    pub sources: Vec<SourceRange>,
}

/// How the beginning of a generation is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fingerprint {
    /// How many of the generation's first bytes are hashed.
    pub bytes: u32,
    /// xxh3-64 of them.
    #[serde(with = "hex64")]
    pub hash: u64,
}

/// What a batch covers of one source: `(from, to]`, perhaps without a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRange {
    /// The source.
    pub source: SourceId,
    /// The lineage it belongs to.
    pub lineage: LineageId,
    /// The logical service that speaks.
    pub component: String,
    /// The pod or container.
    pub instance: String,
    /// stdout, stderr ...
    pub stream: Stream,
    /// Where the file was when this was frozen, below `--rootfs`; empty for a journal.
    pub path: String,
    /// How the generation begins.
    pub fingerprint: Fingerprint,
    /// The position of the source's record before; 0 at first.
    pub from: u64,
    /// The position up to which the source is accounted for by this batch.
    pub to: u64,
    /// Everything that was read of the source up to `to`.
    pub running: Count,
    /// What is lost or shed inside the range (a lost stretch with unknown end lies behind `to`).
    pub gaps: Vec<Gap>,
    /// The generation has ended here.
    pub ended: bool,
}

/// A 64-bit hash as 16 hex digits in JSON and as a number elsewhere.
mod hex64 {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(hash: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(&format_args!("{hash:016x}"))
        } else {
            hash.serialize(serializer)
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        if deserializer.is_human_readable() {
            let text = String::deserialize(deserializer)?;
            u64::from_str_radix(&text, 16).map_err(serde::de::Error::custom)
        } else {
            u64::deserialize(deserializer)
        }
    }
}
