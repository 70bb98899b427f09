//! A binary range coder: each bit costs what its odds say.
//!
//! ```text
//!   low ............ split ....................... high      a 1 goes below the split, a 0 above; bytes that
//!    └─ odds of a 1 ───┘                                     low and high have in common are written
//! ```
//! Invariants:
//! - odds are never certain: whatever bit comes can be written;
//! - whoever reads past the end reads zeros, and [`Way::is_over`] says so.

use crate::cursor::Cursor;

/// How likely a 1 is: 12 bits, and how often that was corrected: 4 bits.
pub(super) type Odds = u16;
/// A 1 is as likely as a 0.
pub(super) const EVEN: Odds = 0x8000;
/// Bits of odds that count.
const COUNT_BITS: u32 = 4;
const COUNT_MAX: u16 = (1 << COUNT_BITS) - 1;
/// By how much odds are corrected, of 65,536: at first by much.
const RATES: [i32; 1 << COUNT_BITS] = {
    let mut rates = [65_536 / 24; 1 << COUNT_BITS];
    let mut count = 0;
    while count < COUNT_MAX as usize {
        rates[count] = 65_536 * 2 / (2 * count as i32 + 3);
        count += 1;
    }
    rates
};
/// Bytes that a reader looks ahead.
const AHEAD_BYTES: usize = 4;

/// Writing or reading: who writes says each bit, who reads is told it.
pub trait Way {
    /// Whether values come out of here; else they go in.
    const READS: bool;

    /// The bit: that which was given, or that which was read.
    fn bit(&mut self, odds: &mut u16, bit: bool) -> bool;

    /// A text that nobody knows: that which was given, or so many bytes that were read, if there are.
    fn fresh<'a>(&'a mut self, text: &'a [u8], bytes: usize) -> Option<&'a [u8]>;

    /// Whether more was read than there is.
    fn is_over(&self) -> bool;
}

/// Writes.
#[derive(Debug)]
pub struct Writing {
    low: u32,
    high: u32,
    out: Vec<u8>,
    fresh: Vec<u8>,
}

/// Reads.
#[derive(Debug)]
pub struct Reading<'a> {
    low: u32,
    high: u32,
    code: u32,
    bytes: Cursor<'a>,
    /// Bytes that were read behind the end.
    beyond: usize,
    fresh: Cursor<'a>,
}

/// What is below the split, of `low..=high`.
fn split(low: u32, high: u32, odds: Odds) -> u32 {
    let of_one = u64::from(odds | COUNT_MAX);
    let below = (u64::from(high - low) * of_one) >> u16::BITS;
    // The odds are less than one.
    low + u32::try_from(below).unwrap_or_default()
}

fn correct(odds: &mut Odds, bit: bool) {
    let count = *odds & COUNT_MAX;
    let chance = i32::from(*odds >> COUNT_BITS);
    let target = if bit { 4_095 } else { 0 };
    let corrected = chance + (((target - chance) * RATES[usize::from(count)]) >> u16::BITS);
    let corrected = u16::try_from(corrected).unwrap_or_default();
    *odds = corrected << COUNT_BITS | (count + 1).min(COUNT_MAX);
}

fn is_settled(low: u32, high: u32) -> bool {
    (low ^ high) >> 24 == 0
}

impl Default for Writing {
    fn default() -> Self {
        Self { low: 0, high: u32::MAX, out: Vec::new(), fresh: Vec::new() }
    }
}

impl Writing {
    /// The bits' bytes, and the texts that nobody knew.
    #[must_use]
    pub fn finish(mut self) -> (Vec<u8>, Vec<u8>) {
        // As few as are between low and high, with zeros behind.
        if self.low > 0 {
            self.out.push((self.low >> 24).to_le_bytes()[0] + 1);
        }
        (self.out, self.fresh)
    }
}

impl Way for Writing {
    const READS: bool = false;

    fn bit(&mut self, odds: &mut u16, bit: bool) -> bool {
        let middle = split(self.low, self.high, *odds);
        if bit {
            self.high = middle;
        } else {
            self.low = middle + 1;
        }
        correct(odds, bit);
        while is_settled(self.low, self.high) {
            self.out.push((self.high >> 24).to_le_bytes()[0]);
            self.low <<= 8;
            self.high = self.high << 8 | 0xff;
        }
        bit
    }

    fn fresh<'a>(&'a mut self, text: &'a [u8], _: usize) -> Option<&'a [u8]> {
        self.fresh.extend_from_slice(text);
        Some(text)
    }

    fn is_over(&self) -> bool {
        false
    }
}

impl<'a> Reading<'a> {
    /// Reads the bits' bytes, and the texts that nobody knew.
    #[must_use]
    pub fn new(bytes: &'a [u8], fresh: &'a [u8]) -> Self {
        let (bytes, fresh) = (Cursor::new(bytes), Cursor::new(fresh));
        let mut reading = Self { low: 0, high: u32::MAX, code: 0, bytes, beyond: 0, fresh };
        (0..AHEAD_BYTES).for_each(|_| reading.shift());
        reading
    }

    /// Whether all was read, and no more.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.bytes.is_empty() && self.fresh.is_empty() && !self.is_over()
    }

    fn shift(&mut self) {
        let byte = self.bytes.byte();
        self.beyond += usize::from(byte.is_none());
        self.code = self.code << 8 | u32::from(byte.unwrap_or_default());
    }
}

impl Way for Reading<'_> {
    const READS: bool = true;

    fn bit(&mut self, odds: &mut u16, _: bool) -> bool {
        let middle = split(self.low, self.high, *odds);
        let bit = self.code <= middle;
        if bit {
            self.high = middle;
        } else {
            self.low = middle + 1;
        }
        correct(odds, bit);
        while is_settled(self.low, self.high) {
            self.low <<= 8;
            self.high = self.high << 8 | 0xff;
            self.shift();
        }
        bit
    }

    fn fresh<'a>(&'a mut self, _: &'a [u8], bytes: usize) -> Option<&'a [u8]> {
        self.fresh.take(bytes)
    }

    fn is_over(&self) -> bool {
        self.beyond > AHEAD_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_come_back_and_cost_what_their_odds_say() {
        let mut dice = 1_u64;
        let mut bits = Vec::new();
        for _ in 0..80_000 {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            bits.push(dice >> 58 == 0);
        }
        let mut writing = Writing::default();
        let mut odds = EVEN;
        for bit in &bits {
            writing.bit(&mut odds, *bit);
        }
        let (bytes, _) = writing.finish();
        // Their entropy is 0.116 bits each.
        assert!((1_100..1_700).contains(&bytes.len()), "{}", bytes.len());
        let (mut reading, mut odds) = (Reading::new(&bytes, &[]), EVEN);
        for bit in &bits {
            assert_eq!(reading.bit(&mut odds, false), *bit);
        }
        assert!(reading.is_at_end());
        (0..10_000).for_each(|_| {
            reading.bit(&mut EVEN.clone(), false);
        });
        assert!(reading.is_over());
    }
}
