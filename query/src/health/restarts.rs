//! Whether a container is restarted over and over.
//!
//! ```text
//!   restarts   |        |    |  |                |              now
//!                            └─ the third within 10 min: looping, since the first of them
//!                                                └── 6 min without one ──> over
//! ```
//! Kubernetes waits longer before each restart, up to 5 min: one of them within 6 min keeps the loop.

use nilometer_model::Timestamp;

use crate::limits::{CRASH_LOOP_OVER_MS, CRASH_LOOP_RESTARTS_MIN, CRASH_LOOP_WITHIN_MS};

/// The loop that goes on at `now`, by restarts in rising order: since when, and how many restarts it had.
pub(crate) fn crash_loop(restarts: &[Timestamp], now: Timestamp) -> Option<(Timestamp, usize)> {
    let mut first: Option<usize> = None;
    for (at, time) in restarts.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| restarts[before]);
        if before.is_some_and(|before| time.ms_since(before) > CRASH_LOOP_OVER_MS) {
            first = None;
        }
        let candidate = (at + 1).checked_sub(CRASH_LOOP_RESTARTS_MIN);
        let close = |from: &usize| time.ms_since(restarts[*from]) <= CRASH_LOOP_WITHIN_MS;
        first = first.or(candidate.filter(close));
    }
    let goes_on = now.ms_since(*restarts.last()?) <= CRASH_LOOP_OVER_MS;
    first.filter(|_| goes_on).map(|first| (restarts[first], restarts.len() - first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(restarts_s: &[i64], now_s: i64, expect: Option<(i64, usize)>) {
        let at = |second: i64| Timestamp(second * 1_000_000_000);
        let restarts: Vec<_> = restarts_s.iter().map(|second| at(*second)).collect();
        let expect = expect.map(|(since, count)| (at(since), count));
        assert_eq!(crash_loop(&restarts, at(now_s)), expect, "{restarts_s:?} at {now_s}");
    }

    #[test]
    fn three_restarts_in_ten_minutes_are_a_loop_until_six_minutes_pass_without_one() {
        check(&[], 0, None);
        check(&[10, 20], 21, None);
        check(&[10, 20, 30], 31, Some((10, 3)));
        check(&[0, 300, 600], 600, Some((0, 3)));
        check(&[0, 300, 601], 601, None);
        check(&[10, 20, 30], 390, Some((10, 3)));
        check(&[10, 20, 30], 391, None);
    }

    #[test]
    fn a_loop_that_slows_down_goes_on_and_one_that_ended_is_another() {
        check(&[10, 20, 40, 80, 160, 320, 620, 960], 1_000, Some((10, 8)));
        check(&[10, 20, 30, 900], 901, None);
        check(&[10, 20, 30, 900, 910, 920], 921, Some((900, 3)));
    }
}
