//! What is stored, how much comes in, and the day on which it will be too much: a pure function of what Meta says.
//!
//! ```text
//!   bytes kept on a day to come = those of today's splits whose time is not over by then
//!                               + what comes in a day x (days until then, at most the retention)
//!   full = the first day on which that is more than the budget, or than today's splits and the free disk
//! ```
//! Invariants:
//! - unless a whole day of receipt was seen nothing is said: a morning tells nothing of a night;
//! - what retention takes before then is taken off, so that what has come to rest is never full.

use std::time::Duration;

use nilometer_model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::limits::{FORECAST_DAYS_MAX, FORECAST_LOOKS_BACK_DAYS};
use crate::retention::Retention;
use crate::split::SplitMeta;

const DAY_NS: i64 = 86_400 * 1_000_000_000;

/// How the disk stands; none of what is not known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outlook {
    /// All objects of splits, bytes.
    pub bytes: u64,
    /// Most that they may take, bytes.
    pub budget_bytes: Option<u64>,
    /// What is free on their disk, bytes.
    pub free_bytes: Option<u64>,
    /// What comes in and is kept in a day, bytes of objects.
    pub bytes_per_day: Option<u64>,
    /// When the budget, or the disk, will be used up.
    pub full_at: Option<Timestamp>,
}

/// What of a split decides.
pub(crate) struct Stock {
    bytes: u64,
    received_first: Timestamp,
    received_last: Timestamp,
    /// When retention takes it.
    ends: Timestamp,
}

impl Stock {
    pub(crate) fn of(split: &SplitMeta, retention: &Retention) -> Self {
        let SplitMeta { bytes, received_first, received_last, .. } = *split;
        Self { bytes, received_first, received_last, ends: retention.ends(split) }
    }
}

impl Outlook {
    /// Of those splits, where what is new is kept for so long.
    pub(crate) fn of(
        (mut stock, keep): (Vec<Stock>, Duration),
        (budget_bytes, free_bytes): (Option<u64>, Option<u64>),
        now: Timestamp,
    ) -> Self {
        let bytes = stock.iter().map(|split| split.bytes).sum();
        let bytes_per_day = bytes_per_day(&stock, now);
        let disk = free_bytes.map(|free| free.saturating_add(bytes));
        let most = budget_bytes.into_iter().chain(disk).min();
        stock.sort_by_key(|split| split.ends);
        let full_at = bytes_per_day
            .zip(most)
            .and_then(|(per_day, most)| full_at((&stock, per_day), keep, most, now));
        Self { bytes, budget_bytes, free_bytes, bytes_per_day, full_at }
    }
}

/// The bytes of what was received of late and is there, by day.
fn bytes_per_day(stock: &[Stock], now: Timestamp) -> Option<u64> {
    let first = stock.iter().map(|split| split.received_first).min()?;
    let from = first.max(now.plus_ns(-FORECAST_LOOKS_BACK_DAYS * DAY_NS));
    let seen_ns = u64::try_from(now.0.saturating_sub(from.0)).ok()?;
    if seen_ns < DAY_NS.unsigned_abs() {
        return None;
    }
    let of_late = stock.iter().filter(|split| split.received_last >= from);
    let bytes: u64 = of_late.map(|split| split.bytes).sum();
    let per_day = u128::from(bytes) * u128::from(DAY_NS.unsigned_abs()) / u128::from(seen_ns);
    u64::try_from(per_day).ok()
}

/// The first day on which more is kept than there may be; what goes first stands first.
fn full_at(
    (stock, per_day): (&[Stock], u64),
    keep: Duration,
    most: u64,
    now: Timestamp,
) -> Option<Timestamp> {
    let kept_days = keep.as_secs().div_ceil(86_400);
    let mut old: u64 = stock.iter().map(|split| split.bytes).sum();
    let mut next = stock.iter().peekable();
    for days in 0..=FORECAST_DAYS_MAX {
        let then = now.plus_ns(days.saturating_mul(DAY_NS));
        while let Some(gone) = next.next_if(|split| split.ends < then) {
            old -= gone.bytes;
        }
        let new = per_day.saturating_mul(days.unsigned_abs().min(kept_days));
        if old.saturating_add(new) > most {
            return Some(then);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Splits of that many bytes a day, received on the last `days` days; kept for ten.
    #[track_caller]
    fn check(
        (days, bytes): (i64, u64),
        budget: (Option<u64>, Option<u64>),
        expect: (Option<u64>, Option<i64>),
    ) {
        let now = Timestamp(100 * DAY_NS);
        let of_day = |day: i64| SplitMeta {
            bytes,
            received_first: now.plus_ns(-(day + 1) * DAY_NS),
            received_last: now.plus_ns(-day * DAY_NS),
            ..SplitMeta::default()
        };
        let keep = Duration::from_secs(10 * 86_400);
        let retention = Retention::of_all(keep);
        let stock = (0..days).map(|day| Stock::of(&of_day(day), &retention)).collect();
        let outlook = Outlook::of((stock, keep), budget, now);
        let full = outlook.full_at.map(|at| (at.0 - now.0) / DAY_NS);
        assert_eq!((outlook.bytes_per_day, full), expect);
    }

    #[test]
    fn the_day_is_the_first_on_which_more_would_be_kept_than_there_may_be() {
        check((1, 10), (Some(55), None), (Some(10), Some(5)));
        check((1, 10), (None, Some(45)), (Some(10), Some(5)));
        check((1, 10), (Some(1_000), Some(45)), (Some(10), Some(5)));
        check((2, 10), (Some(15), None), (Some(10), Some(0)));
    }

    #[test]
    fn what_comes_to_rest_is_never_full() {
        check((10, 10), (Some(120), None), (Some(11), None));
        check((1, 10), (None, Some(1_000)), (Some(10), None));
    }

    #[test]
    fn nothing_is_said_before_a_day_was_seen_or_without_a_budget() {
        check((0, 10), (Some(1), None), (None, None));
        check((1, 10), (None, None), (Some(10), None));
        let young = SplitMeta { bytes: 9, ..SplitMeta::default() };
        let retention = Retention::of_all(Duration::MAX);
        let stock = vec![Stock::of(&young, &retention)];
        let now = Timestamp(DAY_NS - 1);
        let outlook = Outlook::of((stock, Duration::MAX), (Some(1), None), now);
        assert_eq!((outlook.bytes, outlook.bytes_per_day, outlook.full_at), (9, None, None));
    }
}
