//! In which blocks of a split a trace is: a table that is searched where it lies.
//!
//! ```text
//!   { hash u32, block u32 }*     little-endian, rising; a trace in several blocks has as many pairs
//! ```
//! Invariants:
//! - every trace of every block is in the table: what it does not name holds none of the trace;
//! - two traces may share a hash: a block that is named may hold none of the trace either.

use std::collections::BTreeSet;

use bytes::Bytes;

const PAIR_BYTES: usize = 8;

/// Of the 128 bits of a trace id, mixed so that ids that count up, or whose upper half is zero, spread.
pub(crate) fn trace_hash(trace: [u8; 16]) -> u32 {
    let id = u128::from_be_bytes(trace);
    let folded = (id as u64) ^ ((id >> 64) as u64).rotate_left(32);
    let mixed = (folded ^ (folded >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed >> 32) as u32
}

/// Gathers the pairs.
#[derive(Debug, Default)]
pub(super) struct TraceTableBuilder(BTreeSet<(u32, u32)>);

impl TraceTableBuilder {
    /// Adds the traces of a block; those of neighbours may be the same.
    pub(super) fn block(&mut self, block: u32, traces: &[[u8; 16]]) {
        let runs = traces.chunk_by(|a, b| a == b);
        self.0.extend(runs.map(|run| (trace_hash(run[0]), block)));
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        for (hash, block) in &self.0 {
            out.extend_from_slice(&hash.to_le_bytes());
            out.extend_from_slice(&block.to_le_bytes());
        }
    }
}

/// See the file's head.
#[derive(Debug)]
pub(super) struct TraceTable(Bytes);

impl TraceTable {
    /// The table of a split of so many blocks; `None` when it is none.
    pub(super) fn open(bytes: Bytes, blocks: u32) -> Option<Self> {
        let (pairs, rest) = bytes.as_chunks::<PAIR_BYTES>();
        let whole = rest.is_empty()
            && pairs.is_sorted_by_key(pair)
            && pairs.iter().all(|bytes| pair(bytes).1 < blocks);
        whole.then_some(Self(bytes))
    }

    /// The hashes of all traces; one of several blocks comes as often.
    pub(super) fn hashes(&self) -> impl Iterator<Item = u32> {
        self.0.as_chunks::<PAIR_BYTES>().0.iter().map(|bytes| pair(bytes).0)
    }

    /// The blocks that may hold spans of the trace, rising.
    pub(super) fn blocks(&self, trace: [u8; 16]) -> impl Iterator<Item = u32> {
        let hash = trace_hash(trace);
        let (pairs, _) = self.0.as_chunks::<PAIR_BYTES>();
        let first = pairs.partition_point(|bytes| pair(bytes).0 < hash);
        pairs[first..].iter().map(pair).take_while(move |pair| pair.0 == hash).map(|pair| pair.1)
    }
}

fn pair(bytes: &[u8; PAIR_BYTES]) -> (u32, u32) {
    let [h0, h1, h2, h3, b0, b1, b2, b3] = *bytes;
    (u32::from_le_bytes([h0, h1, h2, h3]), u32::from_le_bytes([b0, b1, b2, b3]))
}
