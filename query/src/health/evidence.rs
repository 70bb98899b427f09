//! Everything that states are told from, as it was gathered at one moment.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use nilometer_model::{TimeRange, Timestamp};

use super::readings::Readings;
use super::track::{SLOT_NS, Tracks, slot_of};
use super::window::Window;
use crate::limits::{HEALTH_HISTORY_MAX_NS, HEALTH_HISTORY_NS, HEALTH_POINTS};

/// The moment that is judged, and how far back it is looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    /// What is shown over time; ends at the moment that is judged.
    pub(crate) shown: TimeRange,
    /// The length of the window that ends there, s.
    pub(crate) window_s: i64,
}

impl Times {
    /// The moment that is judged.
    pub(crate) fn at(&self) -> Timestamp {
        self.shown.to()
    }

    /// The window, exact.
    pub(crate) fn window(&self) -> TimeRange {
        let from = self.at().plus_ns(-self.window_s * 1_000_000_000);
        TimeRange::new(from, self.at()).unwrap_or(self.shown)
    }

    /// How many slots make the window.
    pub(crate) fn window_slots(&self) -> i64 {
        (self.window_s * 1_000_000_000 + SLOT_NS - 1) / SLOT_NS
    }

    /// What is read: the range that is shown, and what the states need.
    pub(crate) fn history(&self) -> TimeRange {
        let least = self.at().plus_ns(-HEALTH_HISTORY_NS);
        let most = self.at().plus_ns(-HEALTH_HISTORY_MAX_NS);
        TimeRange::new(self.shown.from().min(least).max(most), self.at()).unwrap_or(self.shown)
    }

    /// The slots of the history, the one that has not ended included.
    pub(crate) fn slots(&self) -> Range<i64> {
        slot_of(self.history().from())..slot_of(self.at().plus_ns(-1)) + 1
    }

    /// The edges of the points of a line, slots: of equal length, the last at the last whole slot.
    pub(crate) fn points(&self) -> Vec<i64> {
        let end = slot_of(self.at());
        let shown_ns = self.at().0.saturating_sub(self.shown.from().0).min(HEALTH_HISTORY_MAX_NS);
        let slots = (shown_ns / SLOT_NS).max(2);
        let length = (slots + HEALTH_POINTS - 1) / HEALTH_POINTS;
        let count = (slots + length - 1) / length;
        (0..=count).map(|n| end - (count - n) * length).collect()
    }
}

/// A sign of life of a collector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sign {
    pub(crate) node: String,
    pub(crate) last_seen: Timestamp,
    /// It said that it was going to stop.
    pub(crate) goodbye: bool,
    pub(crate) clock_offset_ms: i64,
    pub(crate) lag_ms: i64,
}

/// What one container wrote between two starts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Run {
    pub(crate) component: String,
    /// The container, by the directory of its files.
    pub(crate) container: String,
    /// Which start it was, from 0.
    pub(crate) attempt: u64,
    pub(crate) first: Timestamp,
}

/// A component that was heard at some time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Known {
    pub(crate) instances: BTreeSet<String>,
    pub(crate) nodes: BTreeSet<String>,
    pub(crate) first_seen: Timestamp,
    pub(crate) last_seen: Timestamp,
}

/// See the file's head.
#[derive(Debug, Clone)]
pub(crate) struct Evidence {
    pub(crate) times: Times,
    pub(crate) tracks: Tracks,
    pub(crate) window: Window,
    pub(crate) readings: Readings,
    /// By component.
    pub(crate) runs: Vec<Run>,
    /// Components all of whose files have ended.
    pub(crate) ended: BTreeSet<String>,
    pub(crate) signs: Vec<Sign>,
    /// Who was heard, whenever that was.
    pub(crate) known: BTreeMap<String, Known>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(from_s: i64, to_s: i64) -> Times {
        let at = |second: i64| Timestamp(second * 1_000_000_000);
        Times { shown: TimeRange::new(at(from_s), at(to_s)).unwrap(), window_s: 300 }
    }

    #[test]
    fn an_hour_is_looked_at_at_least_and_a_day_at_the_most() {
        for (from_s, to_s, history_s) in
            [(99_700, 100_000, 3_600), (90_000, 100_000, 10_000), (0, 100_000, 86_400)]
        {
            let history = times(from_s, to_s).history();
            assert_eq!(history.to().ms_since(history.from()), history_s * 1_000);
        }
    }

    #[test]
    fn points_are_of_equal_length_and_end_with_a_whole_slot() {
        for (from_s, to_s, first, last, count) in [
            (0, 3_605, 0, 360, 60),
            (0, 300, 0, 30, 30),
            (0, 7_200, 0, 720, 60),
            (0, 900, 0, 90, 45),
            (0, 5, -2, 0, 2),
        ] {
            let points = times(from_s, to_s).points();
            assert_eq!((points[0], *points.last().unwrap()), (first, last));
            assert_eq!(points.len(), count + 1, "{from_s} to {to_s}");
        }
    }
}
