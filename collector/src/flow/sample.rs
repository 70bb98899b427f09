//! Head sampling of spans: the same traces are kept by everybody, without a word between them.
//!
//! OpenTelemetry's consistent threshold: a trace is kept when the low 56 bits of its id are at or above
//! `(1 - share) * 2^56`. So whoever keeps more keeps at least the same traces, and a trace is kept whole.
//! Invariant: the id alone decides. Whether a span failed is known here for that span only, so keeping
//! failed ones would keep shreds of traces.

const RANDOM_BITS: u32 = 56;

/// Which traces are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TraceSample {
    /// The least low 56 bits that are kept.
    threshold: u64,
}

impl TraceSample {
    /// Keeps `share` (0 to 1) of all traces.
    pub(crate) fn new(share: f64) -> Self {
        let all = (1_u64 << RANDOM_BITS) as f64;
        Self { threshold: ((1.0 - share.clamp(0.0, 1.0)) * all) as u64 }
    }

    /// Whether the trace is kept.
    pub(crate) fn keeps(self, trace: [u8; 16]) -> bool {
        let [.., a, b, c, d, e, f, g] = trace;
        u64::from_be_bytes([0, a, b, c, d, e, f, g]) >= self.threshold
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(low: u64) -> [u8; 16] {
        (u128::MAX << 64 | u128::from(low)).to_be_bytes()
    }

    #[test]
    fn the_low_56_bits_decide_at_the_threshold() {
        let all = 1_u64 << 56;
        for (share, low, keeps) in [
            (1.0, 0, true),
            (0.0, all - 1, false),
            (0.5, all / 2 - 1, false),
            (0.5, all / 2, true),
            (0.25, all / 4 * 3 - 1, false),
            (0.25, all / 4 * 3, true),
            // The bits above do not count.
            (0.5, u64::MAX << 56, false),
        ] {
            assert_eq!(TraceSample::new(share).keeps(trace(low)), keeps, "{share} {low:x}");
        }
    }

    #[test]
    fn whoever_keeps_more_keeps_the_same_traces_and_the_share_is_right() {
        let mut dice = 1_u64;
        let mut draw = || {
            dice = dice
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            trace(dice ^ dice >> 29)
        };
        let traces: Vec<_> = std::iter::repeat_with(&mut draw).take(100_000).collect();
        let shares = [0.01, 0.1, 0.5, 0.9];
        let kept = |share: f64| {
            let sample = TraceSample::new(share);
            traces.iter().filter(|trace| sample.keeps(**trace)).collect::<Vec<_>>()
        };
        for pair in shares.windows(2) {
            let more = TraceSample::new(pair[1]);
            assert!(kept(pair[0]).into_iter().all(|trace| more.keeps(*trace)));
        }
        for share in shares {
            let found = kept(share).len() as f64 / traces.len() as f64;
            assert!((found - share).abs() < 0.01, "{share}: {found}");
        }
    }
}
