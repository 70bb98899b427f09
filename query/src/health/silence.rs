//! Whether a component that used to speak regularly has stopped.
//!
//! ```text
//!   |||  | ||| |  ||||| || |                  .          now
//!        pauses: the usual ones               └─ longer than any usual one: silent since the last sign
//! ```
//! Invariants:
//! - who never spoke regularly is never silent: it needs enough signs over long enough a time;
//! - a pause counts by its length, so bursts with long pauses between them are as rare as they are;
//! - one long pause in the past, an outage, does not make the next one usual.

use crate::limits::{
    SILENT_AFTER_MIN_S, SILENT_AFTER_PAUSES, SILENT_AFTER_SECOND_LONGEST, SILENT_KNOWN_MIN_S,
    SILENT_SIGNS_MIN,
};

/// How a component speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rhythm {
    /// Its last sign, s since 1970.
    pub(crate) last_s: i64,
    /// What it usually pauses at the most, s.
    pub(crate) usual_s: i64,
    /// It is silent when it pauses longer than this, s.
    pub(crate) silent_after_s: i64,
}

/// The rhythm of those seconds, which rise; none when they show none.
pub(crate) fn rhythm(seconds: &[i64]) -> Option<Rhythm> {
    let (first, last) = (*seconds.first()?, *seconds.last()?);
    if seconds.len() < SILENT_SIGNS_MIN || last - first < SILENT_KNOWN_MIN_S {
        return None;
    }
    let mut pauses: Vec<i64> = seconds.windows(2).map(|pair| pair[1] - pair[0]).collect();
    pauses.sort_unstable();
    let second_longest = pauses.iter().rev().nth(1).copied().unwrap_or_default();
    let usual_s = usual(&pauses, last - first);
    let silent_after_s = SILENT_AFTER_MIN_S
        .max(SILENT_AFTER_SECOND_LONGEST * second_longest)
        .max(SILENT_AFTER_PAUSES * usual_s);
    Some(Rhythm { last_s: last, usual_s, silent_after_s })
}

/// The pause such that three quarters of the time lie in pauses that are no longer.
fn usual(rising: &[i64], time_s: i64) -> i64 {
    let mut passed = 0;
    let usual = rising.iter().find(|pause| {
        passed += **pause;
        passed * 4 >= time_s * 3
    });
    usual.copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(seconds: impl IntoIterator<Item = i64>, silent_after_s: Option<i64>) {
        let seconds: Vec<i64> = seconds.into_iter().collect();
        assert_eq!(rhythm(&seconds).map(|rhythm| rhythm.silent_after_s), silent_after_s);
    }

    #[test]
    fn who_speaks_every_second_is_silent_after_the_least_pause_and_who_speaks_seldom_much_later() {
        check(0..600, Some(SILENT_AFTER_MIN_S));
        check((0..60).map(|n| n * 10), Some(50));
        check((0..60).map(|n| n * 60), Some(300));
    }

    #[test]
    fn too_few_signs_or_too_short_a_time_show_no_rhythm() {
        let signs = i64::try_from(SILENT_SIGNS_MIN).unwrap();
        check(0..0, None);
        check((0..signs - 1).map(|n| n * 60), None);
        check((0..signs).map(|n| n * 60), Some(300));
        check(0..SILENT_KNOWN_MIN_S, None);
        check(0..=SILENT_KNOWN_MIN_S, Some(SILENT_AFTER_MIN_S));
    }

    #[test]
    fn bursts_are_not_silent_between_two_of_them() {
        let hourly = (0..2).flat_map(|hour| (0..30).map(move |second| hour * 3_600 + second));
        check(hourly, Some(5 * (3_600 - 29)));
        let every_ten_minutes = (0..6).flat_map(|n| (0..550).map(move |second| n * 600 + second));
        check(every_ten_minutes, Some(3 * 51));
    }

    #[test]
    fn one_outage_in_the_past_does_not_hide_the_next() {
        check((0..1_000).chain(1_600..3_000), Some(SILENT_AFTER_MIN_S));
    }
}
