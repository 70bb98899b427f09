//! Whether two processes run from copies of one data directory: told from their signs of life alone.
//!
//! ```text
//!   first heard:  E ──────── F (a restart, or a copy)
//!   heard again:      E  E  after F: E is alive, so F is a copy of it ──> F is turned away
//!                     E silent for 15 s ──> F is who is left
//! ```
//! Invariants:
//! - one heartbeat that was on the way while a collector restarted makes no copy of it: two with rising
//!   numbers do, for nobody beats on after his end;
//! - resent batches are no sign of life: a restarted collector sends those of its earlier epochs.

use nilometer_model::{Epoch, Timestamp};

use crate::limits::COLLECTOR_SILENT_MS;

/// Heartbeats of an epoch, after a younger one was heard, that prove it alive.
const PROOFS: u32 = 2;

/// The epochs that were heard of one collector. Pure: time comes from outside.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rivals {
    elder: Option<Life>,
    younger: Option<Life>,
}

#[derive(Debug, Clone, Copy)]
struct Life {
    epoch: Epoch,
    number: u64,
    heard: Timestamp,
    /// Times that it was heard since a younger one was.
    again: u32,
}

impl Rivals {
    /// Takes note of a heartbeat; whether it comes from a copy, and is to be turned away.
    pub(crate) fn hear(&mut self, epoch: Epoch, number: u64, now: Timestamp) -> bool {
        if let Some(elder) = self.elder.as_mut().filter(|elder| elder.epoch == epoch) {
            if number > elder.number {
                *elder = Life { number, heard: now, again: elder.again + 1, ..*elder };
            }
            return false;
        }
        let contested = self.is_contested(now);
        match self.younger.as_mut().filter(|younger| younger.epoch == epoch) {
            Some(younger) => *younger = Life { number, heard: now, ..*younger },
            None => {
                let before = self.younger.replace(Life { epoch, number, heard: now, again: 0 });
                if !contested {
                    self.elder = before.map(|before| Life { again: 0, ..before });
                }
            }
        }
        contested
    }

    /// Whether the epoch is that of a copy, as far as is known.
    pub(crate) fn is_copy(&self, epoch: Epoch, now: Timestamp) -> bool {
        self.younger.is_some_and(|younger| younger.epoch == epoch) && self.is_contested(now)
    }

    /// The elder is proved to be alive.
    fn is_contested(&self, now: Timestamp) -> bool {
        self.elder.is_some_and(|elder| {
            elder.again >= PROOFS && now.ms_since(elder.heard) < COLLECTOR_SILENT_MS
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Beats of `(epoch, number, second)`, in order; the expected are those that are turned away.
    #[track_caller]
    fn check(beats: &[(u64, u64, i64)], turned_away: &[usize]) {
        let mut rivals = Rivals::default();
        let hear = |(at, (epoch, number, second)): (usize, &(u64, u64, i64))| {
            let now = Timestamp(second * 1_000_000_000);
            rivals.hear(Epoch(*epoch), *number, now).then_some(at)
        };
        let away: Vec<usize> = beats.iter().enumerate().filter_map(hear).collect();
        assert_eq!(away, turned_away, "{beats:?}");
    }

    #[test]
    fn restarts_are_no_copies() {
        check(&[(1, 1, 0), (1, 2, 5), (2, 1, 7), (2, 2, 12), (3, 1, 14), (3, 2, 19)], &[]);
    }

    #[test]
    fn one_heartbeat_that_was_late_or_came_twice_makes_no_copy() {
        check(&[(1, 1, 0), (2, 1, 1), (1, 2, 2), (2, 2, 6)], &[]);
        check(&[(1, 5, 0), (2, 1, 1), (1, 6, 2), (1, 6, 2), (1, 6, 3), (2, 2, 6)], &[]);
    }

    #[test]
    fn a_copied_data_directory_is_found_by_two_further_heartbeats_and_the_younger_turned_away() {
        check(
            &[(1, 1, 0), (2, 1, 1), (1, 2, 5), (2, 2, 6), (1, 3, 10), (2, 3, 11), (1, 4, 15)],
            &[5],
        );
    }

    #[test]
    fn a_copy_that_restarts_is_turned_away_at_once() {
        check(
            &[(1, 1, 0), (2, 1, 1), (1, 2, 5), (1, 3, 10), (2, 2, 11), (3, 1, 12), (3, 2, 17)],
            &[4, 5, 6],
        );
    }

    #[test]
    fn who_is_left_is_no_copy() {
        check(
            &[(1, 1, 0), (2, 1, 1), (1, 2, 5), (1, 3, 10), (2, 2, 24), (2, 3, 25), (2, 4, 30)],
            &[4],
        );
    }
}
