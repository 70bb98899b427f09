//! Quantiles of durations: exact, by nearest rank, while they are few enough to be kept; else by a sketch.
//!
//! Invariants:
//! - a quantile is one of the numbers: `sorted[ceil(q * n) - 1]`, reckoned in whole numbers;
//! - a sketch says that it is one (`exact` is false) and is wrong by one part in a hundred at the most.

use sketches_ddsketch::{Config, DDSketch};

/// What is asked of a set of durations.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Quantiles {
    pub(crate) p50_ms: f64,
    pub(crate) p95_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) exact: bool,
}

/// Durations, ns: each of them, or a sketch.
#[derive(Clone)]
pub(crate) enum Durations {
    All(Vec<u64>),
    Sketch(Box<DDSketch>),
}

impl Default for Durations {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

impl std::fmt::Debug for Durations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} durations", self.len())
    }
}

impl Durations {
    pub(crate) fn push(&mut self, duration: u64) {
        match self {
            Self::All(all) => all.push(duration),
            Self::Sketch(sketch) => sketch.add(float(duration)),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::All(all) => all.len(),
            Self::Sketch(sketch) => sketch.count(),
        }
    }

    /// Lets go of the single durations, of which there are too many.
    pub(crate) fn sketch(&mut self) {
        if let Self::All(all) = self {
            let mut sketch = DDSketch::new(Config::defaults());
            all.iter().for_each(|duration| sketch.add(float(*duration)));
            *self = Self::Sketch(Box::new(sketch));
        }
    }

    /// Memory that they take, bytes.
    pub(crate) fn memory_bytes(&self) -> usize {
        /// Of a sketch: 2,048 bins at the most on each side of zero.
        const SKETCH_BYTES: usize = 2 * 2_048 * size_of::<u64>();
        match self {
            Self::All(all) => all.capacity() * size_of::<u64>(),
            Self::Sketch(_) => SKETCH_BYTES,
        }
    }

    pub(crate) fn quantiles(&mut self) -> Quantiles {
        match self {
            Self::All(all) => {
                all.sort_unstable();
                let [p50_ms, p95_ms, p99_ms] =
                    [50, 95, 99].map(|percent| nearest_rank(all, percent).map_or(0.0, ms));
                Quantiles { p50_ms, p95_ms, p99_ms, exact: true }
            }
            Self::Sketch(sketch) => {
                let at = |part| sketch.quantile(part).ok().flatten().unwrap_or_default() / 1e6;
                let [p50_ms, p95_ms, p99_ms] = [0.5, 0.95, 0.99].map(at);
                Quantiles { p50_ms, p95_ms, p99_ms, exact: false }
            }
        }
    }
}

/// The number of which so many per cent of `sorted` are no larger.
pub(crate) fn nearest_rank(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.max(1) - 1).copied()
}

/// Nanoseconds as milliseconds.
#[expect(clippy::cast_precision_loss, reason = "a float holds 104 days to the nanosecond")]
pub(crate) fn ms(ns: u64) -> f64 {
    ns as f64 / 1e6
}

#[expect(clippy::cast_precision_loss, reason = "a sketch is less exact than a float")]
fn float(ns: u64) -> f64 {
    ns as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(numbers: &[u64]) -> Durations {
        let mut durations = Durations::default();
        numbers.iter().for_each(|number| durations.push(*number));
        durations
    }

    #[test]
    fn a_quantile_is_the_number_at_its_nearest_rank() {
        let millions =
            |numbers: &[u64]| numbers.iter().map(|ms| ms * 1_000_000).collect::<Vec<_>>();
        for (numbers, expected) in [
            (vec![], [0.0, 0.0, 0.0]),
            (vec![7], [7.0, 7.0, 7.0]),
            (vec![2, 1], [1.0, 2.0, 2.0]),
            ((1..=20).collect(), [10.0, 19.0, 20.0]),
            ((1..=100).rev().collect(), [50.0, 95.0, 99.0]),
            ((1..=101).collect(), [51.0, 96.0, 100.0]),
        ] {
            let found = of(&millions(&numbers)).quantiles();
            assert_eq!([found.p50_ms, found.p95_ms, found.p99_ms], expected, "{numbers:?}");
            assert!(found.exact);
        }
    }

    #[test]
    fn a_sketch_says_so_and_is_near() {
        let mut durations = of(&(1..=10_000).map(|ms| ms * 1_000_000).collect::<Vec<_>>());
        durations.sketch();
        durations.push(10_001_000_000);
        let found = durations.quantiles();
        assert!(!found.exact && durations.len() == 10_001, "{durations:?}");
        for (got, expected) in
            [(found.p50_ms, 5_000.0), (found.p95_ms, 9_500.0), (found.p99_ms, 9_900.0)]
        {
            assert!((got / expected - 1.0_f64).abs() < 0.02, "{got} for {expected}");
        }
    }

    proptest! {
        #[test]
        fn so_many_per_cent_are_no_larger_and_no_smaller_number_has_that(
            mut numbers in proptest::collection::vec(0_u64..50, 1..300), percent in 1_usize..=99,
        ) {
            numbers.sort_unstable();
            let found = nearest_rank(&numbers, percent).unwrap();
            let no_larger = |bound| numbers.iter().filter(|number| **number <= bound).count();
            prop_assert!(no_larger(found) * 100 >= percent * numbers.len());
            prop_assert!(found == 0 || no_larger(found - 1) * 100 < percent * numbers.len());
        }
    }
}
