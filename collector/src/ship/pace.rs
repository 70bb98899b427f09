//! How many batches may be under way, and how long to wait after a failure. Pure but for the dice.
//!
//! ```text
//!   closed: up to 32 under way ── failure ──> open: pause, then one probe at a time
//!        ^───────── each success lets one more go ─────────┘
//! ```

use std::time::Duration;

use nilometer_model::limits::UNANSWERED_BATCHES_MAX;

use crate::limits::{BACKOFF_MS_FIRST, BACKOFF_MS_MAX};

/// The breaker.
#[derive(Debug)]
pub(super) struct Pace {
    window: usize,
    failures: u32,
    /// Attempts that began in an earlier round say nothing new when they fail.
    round: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { window: UNANSWERED_BATCHES_MAX, failures: 0, round: 0 }
    }
}

impl Pace {
    /// How many attempts may be under way.
    pub(super) fn window(&self) -> usize {
        self.window
    }

    /// What an attempt that begins now is to give back when it fails.
    pub(super) fn round(&self) -> u64 {
        self.round
    }

    /// Failures since the last success, each round's counted once.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
        self.window = (self.window + 1).min(UNANSWERED_BATCHES_MAX);
    }

    /// An attempt of `round` failed: how long to pause, or `None` when another one of its round said so
    /// before. `dice` is from [0, 1).
    pub(super) fn failed(
        &mut self,
        round: u64,
        retry_after: Option<Duration>,
        dice: f64,
    ) -> Option<Duration> {
        if round != self.round {
            return None;
        }
        self.round += 1;
        self.window = 1;
        self.failures = self.failures.saturating_add(1);
        let most_ms = BACKOFF_MS_FIRST << (self.failures - 1).min(16);
        let most_ms = most_ms.min(BACKOFF_MS_MAX);
        let jitter = Duration::from_millis(most_ms).mul_f64(dice);
        let asked = retry_after.unwrap_or_default();
        Some((asked + jitter).min(Duration::from_millis(BACKOFF_MS_MAX)).max(asked.min(HOUR)))
    }
}

/// Nobody is waited for longer than this, whatever he asks for.
const HOUR: Duration = Duration::from_secs(3_600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_their_limit() {
        let mut pace = Pace::default();
        let pauses: Vec<_> =
            (0..10).map(|_| pace.failed(pace.round(), None, 0.5).unwrap().as_millis()).collect();
        assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 6400, 12800, 15000, 15000]);
    }

    #[test]
    fn many_failures_of_one_round_count_once_and_leave_one_probe() {
        let mut pace = Pace::default();
        assert_eq!(pace.window(), UNANSWERED_BATCHES_MAX);
        assert!(pace.failed(0, None, 0.0).is_some());
        assert!(pace.failed(0, None, 0.0).is_none());
        assert_eq!(pace.window(), 1);
        (0..100).for_each(|_| pace.succeeded());
        assert_eq!(pace.window(), UNANSWERED_BATCHES_MAX);
    }

    #[test]
    fn a_centre_that_asks_for_time_gets_it() {
        let mut pace = Pace::default();
        let asked = Duration::from_secs(120);
        assert_eq!(pace.failed(0, Some(asked), 0.9), Some(asked));
        let asked = Duration::from_secs(2);
        assert!(pace.failed(1, Some(asked), 0.9).unwrap() > asked);
    }
}
