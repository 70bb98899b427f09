//! Durations, counted in classes that are 2 % wide: enough for the quantiles of a line in a chart.
//!
//! Invariants:
//! - a quantile is within 1 % of the nearest rank of what was added;
//! - the order in which durations are added, or sketches joined, changes nothing.

/// Each class ends so much higher than the one before.
const GROWTH: f64 = 1.02;

/// Durations by class; rising by class.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Sketch(Vec<(u16, u32)>);

impl Sketch {
    pub(crate) fn add(&mut self, duration_ns: u64) {
        self.count(class(duration_ns), 1);
    }

    pub(crate) fn add_all(&mut self, other: &Self) {
        other.0.iter().for_each(|(class, count)| self.count(*class, *count));
    }

    fn count(&mut self, class: u16, count: u32) {
        match self.0.binary_search_by_key(&class, |(known, _)| *known) {
            Ok(at) => self.0[at].1 = self.0[at].1.saturating_add(count),
            Err(at) => self.0.insert(at, (class, count)),
        }
    }

    /// The nearest rank, ms; none of nothing.
    pub(crate) fn quantile_ms(&self, quantile: f64) -> Option<f64> {
        let total: u64 = self.0.iter().map(|(_, count)| u64::from(*count)).sum();
        let rank = rank(quantile, total)?;
        let mut seen = 0;
        let of_rank = self.0.iter().find(|(_, count)| {
            seen += u64::from(*count);
            seen >= rank
        })?;
        Some(middle_ns(of_rank.0) / 1e6)
    }
}

/// `ceil(quantile * count)`, from 1; none of nothing.
pub(crate) fn rank(quantile: f64, count: u64) -> Option<u64> {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts lie far below 2^53, and the product is not negative"
    )]
    let rank = (quantile * count as f64).ceil() as u64;
    (count > 0).then(|| rank.clamp(1, count))
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a class is from 0 to 2,240, and 1 % is more than what a float leaves out"
)]
fn class(duration_ns: u64) -> u16 {
    ((duration_ns.max(1) as f64).ln() / GROWTH.ln()).floor() as u16
}

fn middle_ns(class: u16) -> f64 {
    GROWTH.powf(f64::from(class) + 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_one_percent_of_the_nearest_rank_however_the_durations_come_together() {
        let durations: Vec<u64> = (1..=1_000).map(|n| n * n * 1_000).collect();
        let (mut whole, mut odd) = (Sketch::default(), Sketch::default());
        for (n, duration) in durations.iter().enumerate() {
            if n % 2 == 0 { whole.add(*duration) } else { odd.add(*duration) }
        }
        whole.add_all(&odd);
        for quantile in [0.001, 0.5, 0.95, 0.99, 1.0] {
            let rank = usize::try_from(rank(quantile, 1_000).unwrap()).unwrap();
            let exact_ms = durations[rank - 1] as f64 / 1e6;
            let told = whole.quantile_ms(quantile).unwrap();
            assert!((told / exact_ms - 1.0).abs() <= 0.011, "{quantile}: {told} for {exact_ms}");
        }
    }

    #[test]
    fn ranks_are_nearest_ranks() {
        for (quantile, count, expect) in [
            (0.5, 0, None),
            (0.5, 1, Some(1)),
            (0.95, 20, Some(19)),
            (0.99, 20, Some(20)),
            (0.5, 3, Some(2)),
        ] {
            assert_eq!(rank(quantile, count), expect, "{quantile} of {count}");
        }
        assert_eq!(Sketch::default().quantile_ms(0.5), None);
        let mut one = Sketch::default();
        one.add(0);
        one.add(u64::MAX);
        assert!(one.quantile_ms(1.0).is_some());
    }
}
