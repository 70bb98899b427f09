//! When nobody evaluated, for so long that the steps were not made up for.
//!
//! ```text
//!   ├─┼─┼─┼─┤                          evaluated, up to `from`
//!            ·  ·  ·  ·  ·  ·  ┼       of twenty steps and more only the last is taken, up to `to`
//!                              ├─┼─┤
//! ```
//! Invariants:
//! - which steps of a rule are taken follows from its `every` and the pauses alone: a replay takes those that live
//!   evaluation took;
//! - a pause is committed with the first step behind it;
//! - pauses rise and do not overlap; the newest [`RULE_PAUSES_MAX`] are kept.

use std::ops::Range;
use std::sync::Arc;

use nilometer_model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::limits::{RULE_CATCH_UP_STEPS, RULE_PAUSES_MAX};

/// Behind what was evaluated last, and up to what could be when evaluation went on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pause {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

/// See the file's head.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Pauses(Arc<[Pause]>);

impl Pause {
    /// Whether it leaves out a step of such a rule.
    pub(super) fn is_for(&self, every_ns: i64) -> bool {
        self.from.0 > 0 && !self.left_out(every_ns).is_empty()
    }

    /// The steps that are left out, by their number.
    fn left_out(&self, every_ns: i64) -> Range<i64> {
        let (first, last) = (self.from.0.div_euclid(every_ns) + 1, self.to.0.div_euclid(every_ns));
        if last - first >= RULE_CATCH_UP_STEPS { first..last } else { first..first }
    }
}

impl Pauses {
    /// The first step that is taken, that one or a later one; steps by their number.
    pub(super) fn next(&self, step: i64, every_ns: i64) -> i64 {
        let left_out = self.0.iter().map(|pause| pause.left_out(every_ns));
        left_out.into_iter().find(|steps| steps.contains(&step)).map_or(step, |steps| steps.end)
    }

    /// The steps of a range that are taken.
    pub(super) fn steps(
        &self,
        steps: std::ops::RangeInclusive<i64>,
        every_ns: i64,
    ) -> impl Iterator<Item = Timestamp> {
        let (first, last) = steps.into_inner();
        let behind = move |step: &i64| Some(self.next(step + 1, every_ns));
        let taken = std::iter::successors(Some(self.next(first, every_ns)), behind);
        taken.take_while(move |step| *step <= last).map(move |step| Timestamp(step * every_ns))
    }

    /// These and one more.
    pub(super) fn with(&self, pause: Pause) -> Self {
        let left_out = (self.0.len() + 1).saturating_sub(RULE_PAUSES_MAX);
        Self(self.0[left_out..].iter().copied().chain([pause]).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pause(from: i64, to: i64) -> Pause {
        Pause { from: Timestamp(from), to: Timestamp(to) }
    }

    /// The steps of 10 that are taken up to 600, as times.
    #[track_caller]
    fn check(pauses: &[Pause], expect: &[i64]) {
        let pauses = pauses.iter().fold(Pauses::default(), |all, pause| all.with(*pause));
        let steps: Vec<i64> = pauses.steps(1..=60, 10).map(|at| at.0).collect();
        assert_eq!(steps, expect);
    }

    #[test]
    fn of_twenty_steps_and_more_only_the_last_is_taken() {
        let all = |from: i64, to: i64| (from..=to).step_by(10);
        check(&[], &all(10, 600).collect::<Vec<_>>());
        // 110 to 300 are twenty, 110 to 310 are one more than can be made up for.
        check(&[pause(100, 309)], &all(10, 600).collect::<Vec<_>>());
        check(&[pause(100, 310)], &all(10, 100).chain(all(310, 600)).collect::<Vec<_>>());
        check(&[pause(105, 319)], &all(10, 100).chain(all(310, 600)).collect::<Vec<_>>());
        let twice = [pause(50, 300), pause(300, 550)];
        check(&twice, &all(10, 50).chain([300]).chain(all(550, 600)).collect::<Vec<_>>());
        // A range may end within a pause.
        check(&[pause(100, 900)], &all(10, 100).collect::<Vec<_>>());
    }

    #[test]
    fn so_many_are_kept_and_then_the_oldest_goes() {
        let most = i64::try_from(RULE_PAUSES_MAX).unwrap();
        let pauses = |count: i64| {
            (0..count).fold(Pauses::default(), |all, n| all.with(pause(n * 1_000, n * 1_000 + 900)))
        };
        assert_eq!((pauses(most).0.len(), pauses(most).0[0]), (RULE_PAUSES_MAX, pause(0, 900)));
        let more = pauses(most + 1);
        assert_eq!((more.0.len(), more.0[0]), (RULE_PAUSES_MAX, pause(1_000, 1_900)));
    }
}
