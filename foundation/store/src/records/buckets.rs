//! Which blocks may hold a variable: 20 bits of a hash of each, lower-cased, and the block.
//!
//! ```text
//!   section := { bytes u32 }^256 | run^256      one run per top byte of the hash
//!   run     := { v delta }*                     of key = the other 12 bits << block bits | block, rising
//! ```
//! Invariants:
//! - a block that holds a value of at least [`BUCKET_VALUE_BYTES_MIN`] bytes that was added is always among its
//!   blocks; others may be (about 0.2 % of them): whoever asks verifies;
//! - a block of 2^20 rows and more does not come up: blocks are numbered below 2^20.

use nilometer_block::cursor::{Cursor, put_varint};
use xxhash_rust::xxh3::xxh3_64;

use crate::limits::BUCKET_VALUE_BYTES_MIN;

const HASH_BITS: u32 = 20;
const RUNS: usize = 1 << 8;
const KEY_BITS: u32 = HASH_BITS - 8;

/// Takes the values of block after block.
#[derive(Debug, Default)]
pub(crate) struct BucketWriter {
    /// A bit per hash: it was in this block.
    seen: Vec<u64>,
    /// The hashes of this block.
    fresh: Vec<u32>,
    /// Hash, block.
    keys: Vec<u64>,
    lower: Vec<u8>,
}

impl BucketWriter {
    /// Forgets everything, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.keys.clear();
        for hash in self.fresh.drain(..) {
            self.seen[hash as usize / 64] = 0;
        }
    }

    /// Adds a value of the block at hand.
    pub(crate) fn add(&mut self, value: &[u8]) {
        if value.len() < BUCKET_VALUE_BYTES_MIN {
            return;
        }
        self.seen.resize((1 << HASH_BITS) / 64, 0);
        let hash = bucket(value, &mut self.lower);
        let (word, bit) = (hash as usize / 64, 1 << (hash % 64));
        if self.seen[word] & bit == 0 {
            self.seen[word] |= bit;
            self.fresh.push(hash);
        }
    }

    /// The block at hand is complete.
    pub(crate) fn end_block(&mut self, block: u32) {
        for hash in self.fresh.drain(..) {
            self.seen[hash as usize / 64] = 0;
            self.keys.push(u64::from(hash) << 32 | u64::from(block));
        }
    }

    /// The section of so many blocks.
    pub(crate) fn finish(&mut self, blocks: u32) -> Vec<u8> {
        self.keys.sort_unstable();
        let mut out = vec![0; RUNS * 4];
        let (mut run, mut start, mut before) = (0_usize, out.len(), 0_u32);
        let bits = block_bits(blocks);
        let mut keys = self.keys.iter().peekable();
        while run < RUNS {
            while let Some(key) = keys.next_if(|key| (*key >> (32 + KEY_BITS)) as usize == run) {
                let hash = (key >> 32) & ((1 << KEY_BITS) - 1);
                // 12 bits and at most 20.
                let key =
                    u32::try_from(hash << bits | key & u64::from(u32::MAX)).unwrap_or(u32::MAX);
                put_varint(&mut out, key - before);
                before = key;
            }
            let bytes = u32::try_from(out.len() - start).unwrap_or(u32::MAX);
            out[4 * run..4 * run + 4].copy_from_slice(&bytes.to_le_bytes());
            (run, start, before) = (run + 1, out.len(), 0);
        }
        out
    }
}

/// The bits of a block's number; those of the section are at most this.
fn block_bits(blocks: u32) -> u32 {
    (u32::BITS - blocks.saturating_sub(1).leading_zeros()).clamp(1, HASH_BITS)
}

/// The hash of a value, any case. `lower` is a buffer.
fn bucket(value: &[u8], lower: &mut Vec<u8>) -> u32 {
    /// Most values are not longer.
    const SHORT: usize = 40;
    let hash = if value.len() <= SHORT {
        let mut short = [0; SHORT];
        let short = &mut short[..value.len()];
        short.copy_from_slice(value);
        short.make_ascii_lowercase();
        xxh3_64(short)
    } else {
        lower.clear();
        lower.extend_from_slice(value);
        lower.make_ascii_lowercase();
        xxh3_64(lower)
    };
    u32::try_from(hash >> (u64::BITS - HASH_BITS)).unwrap_or_default()
}

/// The blocks, of so many, that may hold the value, rising; `None` when the section is damaged.
pub(crate) fn blocks_of(section: &[u8], blocks: u32, value: &[u8]) -> Option<Vec<u32>> {
    let hash = bucket(value, &mut Vec::new());
    let (run, wanted) = (hash >> KEY_BITS, hash & ((1 << KEY_BITS) - 1));
    let (sizes, runs) = section.split_at_checked(RUNS * 4)?;
    let (sizes, _) = sizes.as_chunks::<4>();
    let sizes = sizes.iter().map(|size| u32::from_le_bytes(*size) as usize);
    let start: usize = sizes.clone().take(run as usize).sum();
    let len = sizes.clone().nth(run as usize)?;
    let mut cursor = Cursor::new(runs.get(start..)?.get(..len)?);
    let bits = block_bits(blocks);
    let (mut key, mut found) = (0_u32, Vec::new());
    while !cursor.is_empty() {
        key = key.checked_add(cursor.varint()?)?;
        if key >> bits == wanted {
            found.push(key & ((1 << bits) - 1));
        } else if key >> bits > wanted {
            break;
        }
    }
    found.iter().all(|block| *block < blocks).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_block_with_a_value_is_found_in_any_case_and_few_others_are() {
        let mut writer = BucketWriter::default();
        let value = |block: u32, n: u32| format!("Value-{}", block * 1_000 + n);
        for _ in 0..2 {
            writer.clear();
            for block in 0..50 {
                for n in 0..1_000 {
                    writer.add(value(block, n).as_bytes());
                    writer.add(value(block, n).as_bytes());
                }
                writer.end_block(block);
            }
        }
        let section = writer.finish(50);
        let mut others = 0;
        for block in 0..50 {
            for n in [0, 500, 999] {
                let found = blocks_of(&section, 50, value(block, n).to_uppercase().as_bytes());
                let found = found.unwrap();
                assert!(found.contains(&block) && found.is_sorted());
                others += found.len() - 1;
            }
        }
        assert!(others < 40, "{others} of 7,350 blocks are not ruled out");
    }

    #[test]
    fn a_value_of_three_bytes_is_known_and_a_shorter_one_is_not() {
        let mut writer = BucketWriter::default();
        writer.add(b"a1");
        writer.add(b"a12");
        writer.end_block(0);
        let section = writer.finish(1);
        assert_eq!(blocks_of(&section, 1, b"A12").unwrap(), [0]);
        assert_eq!(section.len(), RUNS * 4 + 2);
    }

    #[test]
    fn a_section_that_is_cut_off_is_none() {
        let mut writer = BucketWriter::default();
        writer.add(b"a12");
        writer.end_block(0);
        let section = writer.finish(1);
        assert_eq!(blocks_of(&section[..section.len() - 1], 1, b"a12"), None);
        assert_eq!(blocks_of(&section[..100], 1, b"a12"), None);
        assert_eq!(blocks_of(&section, 0, b"a12"), None);
    }
}
