//! Samples -> bytes that are nearly like one of them.

/// Longest run of bytes that is repeated or spliced in, bytes.
const RUN_BYTES_MAX: usize = 256;
/// Changes of one sample.
const CHANGES_MAX: usize = 6;
/// A mutation is cut to this, bytes.
const BYTES_MAX: usize = 64 << 10;
/// Numbers at which formats break.
const EDGES: [u8; 8] = [0, 1, 0x0a, 0x22, 0x7f, 0x80, 0xfe, 0xff];

/// Makes one mutation after the other; the same for the same seed and samples.
pub struct Mutator {
    state: u64,
    samples: Vec<Vec<u8>>,
    tokens: Vec<Vec<u8>>,
}

impl Mutator {
    /// Of `samples`, with `tokens` put in now and then.
    #[must_use]
    pub fn new(seed: u64, samples: Vec<Vec<u8>>, tokens: Vec<Vec<u8>>) -> Self {
        Self { state: seed, samples, tokens }
    }

    /// A sample with one to six changes.
    #[must_use]
    pub fn mutation(&mut self) -> Vec<u8> {
        let sample = self.below(self.samples.len());
        let mut bytes = self.samples[sample].clone();
        for _ in 0..=self.below(CHANGES_MAX) {
            self.change(&mut bytes);
        }
        bytes.truncate(BYTES_MAX);
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len() + 1);
        match self.below(8) {
            0 => self.overwrite(bytes, at, |random, byte| byte ^ (1 << random.below(8))),
            1 => self.overwrite(bytes, at, |random, _| EDGES[random.below(EDGES.len())]),
            2 => self.overwrite(bytes, at, |random, byte| byte.wrapping_add(random.byte())),
            3 => bytes.truncate(at),
            4 => {
                let run = self.run(bytes.len() - at);
                bytes.drain(at..at + run);
            }
            5 => {
                let run = bytes[at..at + self.run(bytes.len() - at)].to_vec();
                (0..=self.below(8)).for_each(|_| insert(bytes, at, &run));
            }
            6 => {
                let other = self.below(self.samples.len());
                let from = self.below(self.samples[other].len() + 1);
                let run = self.run(self.samples[other].len() - from);
                let run = self.samples[other][from..from + run].to_vec();
                insert(bytes, at, &run);
            }
            _ if self.tokens.is_empty() => bytes.insert(at, self.byte()),
            _ => {
                let token = self.below(self.tokens.len());
                insert(bytes, at, &self.tokens[token]);
            }
        }
    }

    fn overwrite(&mut self, bytes: &mut [u8], at: usize, new: impl Fn(&mut Self, u8) -> u8) {
        if let Some(byte) = bytes.get_mut(at) {
            *byte = new(self, *byte);
        }
    }

    /// How long a run of at most `most` bytes is.
    fn run(&mut self, most: usize) -> usize {
        let most = if self.below(4) > 0 { most.min(8) } else { most.min(RUN_BYTES_MAX) };
        self.below(most + 1)
    }

    fn byte(&mut self) -> u8 {
        self.random().to_le_bytes()[0]
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.random() % limit.max(1) as u64).unwrap_or_default()
    }

    /// Splitmix64.
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, run: &[u8]) {
    bytes.splice(at..at, run.iter().copied());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutations(seed: u64) -> Vec<Vec<u8>> {
        let samples = vec![b"time=1 level=info".to_vec(), Vec::new()];
        let mut mutator = Mutator::new(seed, samples, vec![b"token".to_vec()]);
        (0..1_000).map(|_| mutator.mutation()).collect()
    }

    #[test]
    fn one_seed_gives_the_same_mutations_and_another_one_others() {
        assert_eq!(mutations(7), mutations(7));
        assert_ne!(mutations(7), mutations(8));
    }

    #[test]
    fn every_kind_of_change_is_made() {
        let all = mutations(7);
        assert!(all.iter().any(|bytes| bytes.windows(5).any(|five| five == b"token")));
        assert!(all.iter().any(Vec::is_empty) && all.iter().any(|bytes| bytes.len() > 100));
        assert!(all.iter().any(|bytes| bytes.contains(&0xff)));
        assert!(all.iter().any(|bytes| b"time=1 level=info".starts_with(bytes) && bytes.len() > 2));
    }
}
