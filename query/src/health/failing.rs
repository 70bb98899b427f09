//! How large the share of failing calls has been, slot by slot: fine, degraded or failing.
//!
//! ```text
//!            5 %              20 %
//!   fine ──────────> degraded ──────────> failing
//!        <──────────          <──────────
//!           2.5 %              10 %
//! ```
//! The share is that of the last minute when it has enough calls, else that of the window: a busy component is
//! seen to fail within seconds, a quiet one is not called failing for its only call.
//!
//! Invariant: the walk is a pure function of the counts; whoever walks again finds the same moments.

use std::ops::Range;

use crate::limits::{
    DEGRADED_LEAVE_SHARE, DEGRADED_SHARE, FAILING_ERRORS_MIN, FAILING_LEAVE_SHARE, FAILING_SHARE,
    RECENT_CALLS_MIN, RECENT_SLOTS,
};

/// How it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Level {
    #[default]
    Fine,
    Degraded,
    Failing,
}

/// Calls, and those of them that failed; or lines, and those that tell of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    pub(crate) calls: u64,
    pub(crate) errors: u64,
}

impl Counts {
    /// The share that failed; none of nothing.
    pub(crate) fn share(self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "counts lie far below 2^53")]
        let share = self.errors as f64 / self.calls as f64;
        (self.calls > 0).then_some(share)
    }

    fn plus(self, other: Self) -> Self {
        Self { calls: self.calls + other.calls, errors: self.errors + other.errors }
    }

    fn minus(self, other: Self) -> Self {
        Self { calls: self.calls - other.calls, errors: self.errors - other.errors }
    }
}

/// A slot with which another level begins, and what the level was judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) slot: i64,
    pub(crate) level: Level,
    pub(crate) judged: Counts,
}

/// The end of a walk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Walk {
    /// In the order of time.
    pub(crate) turns: Vec<Turn>,
    /// What the last level was judged by.
    pub(crate) judged: Counts,
}

impl Walk {
    /// How it goes at the end.
    pub(crate) fn level(&self) -> Level {
        self.turns.last().map(|turn| turn.level).unwrap_or_default()
    }
}

/// Walks over the slots; `window` is how many of them make the window.
pub(crate) fn walk(counts: impl Fn(i64) -> Counts, slots: Range<i64>, window: i64) -> Walk {
    let (mut recent, mut long) = (Counts::default(), Counts::default());
    let mut walk = Walk::default();
    let mut level = Level::Fine;
    for slot in slots.clone() {
        let now = counts(slot);
        let left = |length: i64| {
            let left = slot - length;
            if left >= slots.start { counts(left) } else { Counts::default() }
        };
        recent = recent.plus(now).minus(left(RECENT_SLOTS));
        long = long.plus(now).minus(left(window.max(RECENT_SLOTS)));
        let judged = if recent.calls >= RECENT_CALLS_MIN { recent } else { long };
        let next = next(level, judged);
        // What lies in the window but not in the last minute is over: it makes nobody fail anew.
        if next < level || (next > level && recent.errors > 0) {
            let began = if next > level { began(&counts, slot, slots.start) } else { slot };
            walk.turns.push(Turn { slot: began, level: next, judged });
            level = next;
        }
        walk.judged = judged;
    }
    walk
}

fn next(level: Level, judged: Counts) -> Level {
    let share = judged.share().unwrap_or_default();
    let enough = judged.errors >= FAILING_ERRORS_MIN;
    let is = |entered: f64, left: f64, at_least: Level| {
        if level >= at_least {
            share >= left && judged.errors > 0
        } else {
            share >= entered && enough
        }
    };
    if is(FAILING_SHARE, FAILING_LEAVE_SHARE, Level::Failing) {
        Level::Failing
    } else if is(DEGRADED_SHARE, DEGRADED_LEAVE_SHARE, Level::Degraded) {
        Level::Degraded
    } else {
        Level::Fine
    }
}

/// The first slot of the run of failing slots that ends here: when it began, and not when it was noticed.
fn began(counts: &impl Fn(i64) -> Counts, slot: i64, first: i64) -> i64 {
    let failed = |slot: &i64| counts(*slot).errors > 0;
    let back = (first.max(slot - RECENT_SLOTS)..slot).rev().take_while(failed);
    back.last().unwrap_or(slot)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Per slot: calls and errors.
    #[track_caller]
    fn check(slots: &[(u64, u64)], expect: &[(i64, Level)]) {
        let counts = |slot: i64| {
            let (calls, errors) = slots[usize::try_from(slot).unwrap()];
            Counts { calls, errors }
        };
        let walked = walk(counts, 0..i64::try_from(slots.len()).unwrap(), 30);
        let turns: Vec<_> = walked.turns.iter().map(|turn| (turn.slot, turn.level)).collect();
        assert_eq!(turns, expect);
    }

    fn slots(parts: &[(usize, (u64, u64))]) -> Vec<(u64, u64)> {
        parts.iter().flat_map(|(times, counts)| vec![*counts; *times]).collect()
    }

    #[test]
    fn who_recovered_does_not_fail_anew_by_what_was_before() {
        let slots = slots(&[(6, (10, 9)), (6, (10, 0)), (20, (1, 0))]);
        check(&slots, &[(0, Level::Failing), (11, Level::Fine)]);
    }

    #[test]
    fn a_busy_component_fails_within_a_minute_since_its_first_failing_slot_and_recovers_so() {
        let path = slots(&[(30, (50, 0)), (12, (50, 25)), (12, (50, 0))]);
        check(
            &path,
            &[
                (30, Level::Degraded),
                (30, Level::Failing),
                (46, Level::Degraded),
                (47, Level::Fine),
            ],
        );
    }

    #[test]
    fn a_quiet_component_is_judged_by_the_window_and_not_by_one_call() {
        check(&slots(&[(5, (1, 0)), (1, (1, 1)), (20, (0, 0))]), &[]);
        check(&slots(&[(1, (1, 1)), (1, (1, 1)), (1, (1, 1))]), &[(0, Level::Failing)]);
    }

    #[test]
    fn each_threshold_holds_at_its_edge_and_is_left_only_below_its_lower_one() {
        check(&slots(&[(10, (100, 4))]), &[]);
        check(&slots(&[(10, (100, 5))]), &[(0, Level::Degraded)]);
        check(&slots(&[(10, (100, 19))]), &[(0, Level::Degraded)]);
        check(&slots(&[(10, (100, 20))]), &[(0, Level::Failing)]);
        check(&slots(&[(6, (100, 20)), (20, (100, 10))]), &[(0, Level::Failing)]);
        check(
            &slots(&[(6, (100, 20)), (20, (100, 9))]),
            &[(0, Level::Failing), (11, Level::Degraded)],
        );
        check(&slots(&[(6, (1_000, 50)), (20, (1_000, 25))]), &[(0, Level::Degraded)]);
    }

    #[test]
    fn errors_below_the_least_number_are_no_failure_and_who_is_not_called_any_more_does_not_fail() {
        let least = FAILING_ERRORS_MIN;
        check(&slots(&[(1, (4, least - 1))]), &[]);
        check(&slots(&[(1, (4, least))]), &[(0, Level::Failing)]);
        check(&slots(&[(1, (4, 4)), (40, (0, 0))]), &[(0, Level::Failing), (30, Level::Fine)]);
    }
}
