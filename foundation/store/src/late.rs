//! When rows were written that came late: ranges of time that hold all of those, and perhaps others.
//!
//! ```text
//!   time      ──┬──┬┬──────────┬─────────┬──┬──────>      rows received 2 s and more after they were written
//!   ranges      [────]         []        [──]             neighbours within a minute are one; at most 16
//! ```
//! Who asks what was known at a moment reads the receipts of what lies in these ranges, and of nothing else.
//!
//! Invariants:
//! - a row that came late lies in one of the ranges;
//! - ranges rise, do not touch, and are at most [`LATE_RANGES_MAX`]: of more, the nearest become one.

use nilometer_model::{TimeRange, Timestamp};
use serde::{Deserialize, Serialize};

use crate::limits::{LATE_NS, LATE_RANGES_MAX};

/// How far apart neighbours of one range are at the most, ns.
const NEAR_NS: i64 = 60_000_000_000;

/// See the file's head. Both ends of a range are in it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Late(Vec<(Timestamp, Timestamp)>);

impl Late {
    /// Takes in the rows of a block: when each was written, and when it was received.
    pub fn note(&mut self, times: &[i64], received: &[i64]) {
        for (time, received) in times.iter().zip(received) {
            if received.saturating_sub(*time) >= LATE_NS {
                self.add(Timestamp(*time), Timestamp(*time));
            }
        }
    }

    /// Takes in what another holds.
    pub fn join(&mut self, other: &Self) {
        other.0.iter().for_each(|(first, last)| self.add(*first, *last));
    }

    /// Takes in a range.
    pub fn add(&mut self, first: Timestamp, last: Timestamp) {
        let before = self.0.partition_point(|(_, end)| end.plus_ns(NEAR_NS) < first);
        let behind = self.0.partition_point(|(start, _)| *start <= last.plus_ns(NEAR_NS));
        match self.0.get_mut(before..behind).unwrap_or_default() {
            [] => self.0.insert(before, (first, last)),
            [(start, end)] => (*start, *end) = (first.min(*start), last.max(*end)),
            [(start, _), .., (_, end)] => {
                let joined = (first.min(*start), last.max(*end));
                self.0.splice(before..behind, [joined]);
            }
        }
        if self.0.len() > LATE_RANGES_MAX {
            self.join_nearest();
        }
    }

    fn join_nearest(&mut self) {
        let gap = |pair: &[(Timestamp, Timestamp)]| pair[1].0.0.saturating_sub(pair[0].1.0);
        let nearest = self.0.windows(2).enumerate().min_by_key(|(_, pair)| gap(pair));
        let Some((place, _)) = nearest else { return };
        let (_, end) = self.0.remove(place + 1);
        self.0[place].1 = end;
    }

    /// Whether nothing came late.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether something that came late may lie in the range.
    #[must_use]
    pub fn touches(&self, range: TimeRange) -> bool {
        self.0.iter().any(|(first, last)| range.touches(*first, *last))
    }

    /// First and last time of each range, rising.
    pub fn ranges(&self) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000_000;

    /// Seconds of rows and how late each came -> the ranges, in seconds.
    #[track_caller]
    fn check(rows: &[(i64, i64)], expect: &[(i64, i64)]) {
        let times: Vec<i64> = rows.iter().map(|(second, _)| second * S).collect();
        let received: Vec<i64> = rows.iter().map(|(second, after)| (second + after) * S).collect();
        let mut late = Late::default();
        late.note(&times, &received);
        let ranges: Vec<_> = late.ranges().map(|(first, last)| (first.0 / S, last.0 / S)).collect();
        assert_eq!(ranges, expect);
        for (second, after) in rows {
            let range = TimeRange::new(Timestamp(second * S), Timestamp(second * S + 1)).unwrap();
            assert!(*after < 2 || late.touches(range), "{second}");
        }
    }

    #[test]
    fn what_came_in_time_is_in_no_range_and_neighbours_are_in_one() {
        check(&[(5, 0), (6, 1)], &[]);
        check(&[(5, 2)], &[(5, 5)]);
        check(&[(100, 9), (40, 9), (160, 2), (300, 2)], &[(40, 160), (300, 300)]);
        check(&[(300, 2), (100, 9), (200, 9), (150, 2)], &[(100, 200), (300, 300)]);
        check(&[(5, 0), (4_000, -3)], &[]);
    }

    #[test]
    fn there_are_so_many_ranges_and_then_the_nearest_are_one() {
        let most = i64::try_from(LATE_RANGES_MAX).unwrap();
        let apart: Vec<(i64, i64)> = (0..most).map(|n| (n * 1_000, 5)).collect();
        let each: Vec<(i64, i64)> = apart.iter().map(|(second, _)| (*second, *second)).collect();
        check(&apart, &each);
        let more = [&apart[..], &[(most * 1_000 - 100, 5)]].concat();
        // A thousand seconds lie between all the others.
        let mut joined = each.clone();
        joined[LATE_RANGES_MAX - 1].1 = most * 1_000 - 100;
        check(&more, &joined);
    }

    #[test]
    fn the_ranges_of_two_are_those_of_both_and_read_back_as_they_were_written() {
        let (mut one, mut other) = (Late::default(), Late::default());
        one.note(&[0, 500 * S], &[9 * S, 600 * S]);
        other.note(&[30 * S, 900 * S], &[99 * S, 999 * S]);
        one.join(&other);
        let json = serde_json::to_string(&one).unwrap();
        assert_eq!(serde_json::from_str::<Late>(&json).unwrap(), one);
        let ranges: Vec<_> = one.ranges().map(|(first, last)| (first.0 / S, last.0 / S)).collect();
        assert_eq!(ranges, [(0, 30), (500, 500), (900, 900)]);
    }
}
