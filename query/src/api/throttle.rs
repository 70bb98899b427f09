//! How fast logins may fail: a bucket that failures empty and time fills, for all callers together.
//!
//! Invariants:
//! - once [`LOGIN_FAILURES_MAX`] have failed in a row, the next may come after [`LOGIN_FAILURE_EVERY`];
//!   until then no token is even looked at, so guessing gets no faster by asking more;
//! - what succeeds costs nothing, and who is logged in already is not held up.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::limits::{LOGIN_FAILURE_EVERY, LOGIN_FAILURES_MAX};

/// Failed logins that time has not yet forgiven.
#[derive(Debug, Default)]
pub(crate) struct Throttle(Mutex<Option<Instant>>);

impl Throttle {
    /// How long to wait before another attempt, if it may not be made now.
    pub(crate) fn wait(&self, now: Instant) -> Option<Duration> {
        let forgiven = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let debt = forgiven?.saturating_duration_since(now);
        debt.checked_sub(LOGIN_FAILURE_EVERY * (LOGIN_FAILURES_MAX - 1))
            .filter(|wait| !wait.is_zero())
    }

    /// An attempt failed.
    pub(crate) fn failed(&self, now: Instant) {
        let mut forgiven = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *forgiven = Some(forgiven.map_or(now, |at| at.max(now)) + LOGIN_FAILURE_EVERY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_free_up_to_the_limit_and_one_by_one_after_it() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for failures in 0..LOGIN_FAILURES_MAX {
            assert_eq!(throttle.wait(now), None, "after {failures}");
            throttle.failed(now);
        }
        assert_eq!(throttle.wait(now), Some(LOGIN_FAILURE_EVERY));
        let later = now + LOGIN_FAILURE_EVERY;
        assert_eq!(throttle.wait(later), None);
        throttle.failed(later);
        assert_eq!(throttle.wait(later), Some(LOGIN_FAILURE_EVERY));
        let much_later = later + LOGIN_FAILURE_EVERY * (LOGIN_FAILURES_MAX + 1);
        assert_eq!(throttle.wait(much_later), None);
    }
}
