//! Whether a trace may be in any split at all, in one look: most traces that come in are in none.
//!
//! ```text
//!   hash of the trace ──mixed──> one word of 64 bits, 4 bits in it; all 4 set: it may be in a split
//! ```
//! Invariants:
//! - no false negative: what is not in the filter is in no split;
//! - the filter is never larger than its limit: with more traces it lets more through, and the splits' own
//!   tables say no.

use crate::limits::{TRACE_FILTER_BITS_PER_TRACE, TRACE_FILTER_BYTES_MAX};

/// Bits of a word that a trace sets.
const BITS: u32 = 4;
/// A place in a word takes 6 bits to name.
const PLACE_BITS: u32 = 6;

/// See the file's head.
#[derive(Debug)]
pub(super) struct TraceFilter {
    /// A power of two of them.
    words: Vec<u64>,
}

impl TraceFilter {
    /// A filter for about so many traces.
    pub(super) fn sized(traces: usize) -> Self {
        let words = traces.saturating_mul(TRACE_FILTER_BITS_PER_TRACE) / 64;
        let words = words.clamp(1, TRACE_FILTER_BYTES_MAX / 8 / 2).next_power_of_two();
        Self { words: vec![0; words] }
    }

    pub(super) fn add(&mut self, hash: u32) {
        let (word, bits) = self.place(hash);
        self.words[word] |= bits;
    }

    pub(super) fn may_have(&self, hash: u32) -> bool {
        let (word, bits) = self.place(hash);
        self.words[word] & bits == bits
    }

    /// The word of a hash, and its bits there.
    fn place(&self, hash: u32) -> (usize, u64) {
        let mixed = (u64::from(hash) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        let bit = |n: u32| 1 << (mixed >> (n * PLACE_BITS) & 63);
        let word = (mixed >> (BITS * PLACE_BITS)) as usize & (self.words.len() - 1);
        (word, (0..BITS).fold(0_u64, |bits, n| bits | bit(n)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_let_through_and_of_the_rest_little() {
        let mut filter = TraceFilter::sized(20_000);
        let hash = |n: u32| n.wrapping_mul(0x85eb_ca6b);
        (0..20_000).for_each(|n| filter.add(hash(n)));
        assert!((0..20_000).all(|n| filter.may_have(hash(n))));
        let passed = (20_000..120_000).filter(|n| filter.may_have(hash(*n))).count();
        assert!(passed < 2_000, "{passed} of 100,000");
    }

    #[test]
    fn the_filter_is_never_larger_than_its_limit() {
        let bytes = |traces| TraceFilter::sized(traces).words.len() * 8;
        assert_eq!(bytes(0), 8);
        assert!(
            bytes(TRACE_FILTER_BYTES_MAX * 8 / TRACE_FILTER_BITS_PER_TRACE)
                <= TRACE_FILTER_BYTES_MAX
        );
        assert!(bytes(usize::MAX) <= TRACE_FILTER_BYTES_MAX);
    }
}
