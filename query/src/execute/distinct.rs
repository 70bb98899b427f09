//! How many different values each group has.
//!
//! ```text
//!   values ──> codes, for the values that come again ──> hashes ──> a set ── beyond its limit ──> a sketch
//! ```
//! Invariants:
//! - equal values have one hash, whatever their type, and those of different values are different: they have 128 bits;
//! - up to [`DISTINCT_EXACT_MAX`] values the answer is exact; beyond, it is HyperLogLog's with Ertl's estimator, whose
//!   standard error is 0.8 %;
//! - either is of the set alone: in which order values come, and how often, changes nothing.

use std::collections::HashSet;

use xxhash_rust::xxh3::xxh3_128;

use super::batch::Batch;
use super::dictionary::Dictionary;
use crate::limits::{DISTINCT_CACHE_BYTES, DISTINCT_EXACT_MAX};

/// Bits of a hash that choose the register.
const REGISTER_BITS: u32 = 14;
const REGISTERS: usize = 1 << REGISTER_BITS;
/// The greatest rank: all other bits of 64 are zero.
const RANK_MAX: usize = 64 - REGISTER_BITS as usize + 1;
/// What a set takes per value that it has room for, bytes.
const SET_ENTRY_BYTES: usize = 20;

/// See the file's head.
#[derive(Debug, Default)]
pub(super) struct Distinct {
    dictionary: Dictionary,
    /// Per code.
    hashes: Vec<Option<u128>>,
    groups: Vec<Seen>,
    codes: Vec<u32>,
    /// Of the groups.
    bytes: usize,
}

/// The values of one group.
#[derive(Debug, Clone)]
enum Seen {
    Exactly(HashSet<u128>),
    About(Box<[u8; REGISTERS]>),
}

impl Distinct {
    /// Makes room for so many groups.
    pub(super) fn grow(&mut self, groups: usize) {
        self.groups.resize(groups, Seen::Exactly(HashSet::new()));
    }

    /// Looks at the column in these rows, each of which belongs to the group beside it.
    pub(super) fn take<B: Batch>(
        &mut self,
        batch: &B,
        rows: &[u32],
        groups: &[u32],
        column: &B::Column,
    ) {
        if self.dictionary.memory_bytes() > DISTINCT_CACHE_BYTES {
            self.dictionary = Dictionary::default();
            self.hashes.clear();
        }
        self.codes.clear();
        self.dictionary.encode(batch, rows, column, &mut self.codes);
        let fresh = self.dictionary.texts().skip(self.hashes.len());
        self.hashes.extend(fresh.map(|text| text.map(|text| xxh3_128(text.as_bytes()))));
        for (group, code) in groups.iter().zip(&self.codes) {
            if let Some(hash) = self.hashes[*code as usize] {
                let seen = &mut self.groups[*group as usize];
                let before = seen.memory_bytes();
                seen.add(hash);
                self.bytes = self.bytes + seen.memory_bytes() - before;
            }
        }
    }

    pub(super) fn count(&self, group: usize) -> u64 {
        self.groups[group].count()
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.dictionary.memory_bytes() + self.groups.len() * size_of::<Seen>() + self.bytes
    }
}

impl Seen {
    fn add(&mut self, hash: u128) {
        match self {
            Self::Exactly(set) => {
                set.insert(hash);
                if set.len() > DISTINCT_EXACT_MAX {
                    let mut registers = Box::new([0; REGISTERS]);
                    set.iter().for_each(|hash| note(&mut registers, *hash));
                    *self = Self::About(registers);
                }
            }
            Self::About(registers) => note(registers, hash),
        }
    }

    fn count(&self) -> u64 {
        match self {
            Self::Exactly(set) => set.len() as u64,
            Self::About(registers) => estimate(registers),
        }
    }

    fn memory_bytes(&self) -> usize {
        match self {
            Self::Exactly(set) => set.capacity() * SET_ENTRY_BYTES,
            Self::About(_) => REGISTERS,
        }
    }
}

/// Some of a hash's bits choose a register, which remembers the most zeros that others began with.
fn note(registers: &mut [u8; REGISTERS], hash: u128) {
    let [low, high] = [hash, hash >> 64].map(|half| half & u128::from(u64::MAX));
    let register = usize::try_from(low % REGISTERS as u128).unwrap_or_default();
    let zeros = high.leading_zeros() - 64;
    let rank = (zeros + 1).min(64 - REGISTER_BITS + 1);
    registers[register] = registers[register].max(u8::try_from(rank).unwrap_or(u8::MAX));
}

/// Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", 2017, algorithm 6.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "registers are few, and an estimate is a number of values"
)]
fn estimate(registers: &[u8; REGISTERS]) -> u64 {
    let mut counts = [0_u32; RANK_MAX + 1];
    registers.iter().for_each(|rank| counts[usize::from(*rank).min(RANK_MAX)] += 1);
    let all = REGISTERS as f64;
    let mut z = all * tau(1.0 - f64::from(counts[RANK_MAX]) / all);
    for count in counts[1..RANK_MAX].iter().rev() {
        z = 0.5 * (z + f64::from(*count));
    }
    z += all * sigma(f64::from(counts[0]) / all);
    (all * all / (2.0 * std::f64::consts::LN_2 * z)).round() as u64
}

fn sigma(mut x: f64) -> f64 {
    if x >= 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z <= before {
            return z;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x).powi(2) * y;
        if z >= before {
            return z / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(numbers: impl Iterator<Item = u64>) -> Seen {
        let mut seen = Seen::Exactly(HashSet::new());
        numbers.for_each(|number| seen.add(xxh3_128(number.to_string().as_bytes())));
        seen
    }

    #[test]
    fn as_many_as_the_limit_are_counted_exactly_and_one_more_nearly() {
        let most = DISTINCT_EXACT_MAX as u64;
        let exactly = seen((0..most).chain(0..most));
        assert_eq!((exactly.count(), matches!(exactly, Seen::Exactly(_))), (most, true));
        let about = seen(0..=most);
        assert!(matches!(about, Seen::About(_)) && about.memory_bytes() == REGISTERS);
        assert!(about.count().abs_diff(most + 1) < most * 3 / 100, "{}", about.count());
    }

    #[test]
    fn an_estimate_is_within_three_standard_errors_and_of_the_set_alone() {
        for count in [15_000, 40_000, 80_000, 500_000, 2_000_000] {
            let (forth, back) =
                (seen(0..count).count(), seen((0..count).rev().chain(0..9)).count());
            assert_eq!(forth, back);
            assert!(forth.abs_diff(count) < count * 25 / 1_000, "{forth} of {count}");
        }
    }
}
