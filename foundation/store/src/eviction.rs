//! In which order splits go when the disk budget is used up: a pure function of what Meta says of them.
//!
//! ```text
//!   debug ──> info, spans, samples ──> warn and above, and what is not cut yet ──> not cut yet, of an open day
//!   oldest first in each
//! ```
//! Invariant: nothing goes while something is left that matters less.

use nilometer_model::Timestamp;

use crate::merge_plan::{day, is_closed};
use crate::retention::Level;
use crate::split::{SplitKind, SplitMeta};

/// What goes first comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Debug,
    Info,
    Warn,
    /// It may hold errors that were never cut apart.
    Open,
}

impl Stage {
    fn of(split: &SplitMeta, now: Timestamp) -> Self {
        match (split.kind, split.class.map(|class| class.level)) {
            (SplitKind::Spans | SplitKind::Samples, _) | (_, Some(Level::Info)) => Self::Info,
            (_, Some(Level::Debug)) => Self::Debug,
            (_, Some(Level::Warn)) => Self::Warn,
            (SplitKind::Logs, None) if is_closed(day(split.received_last), now) => Self::Warn,
            (SplitKind::Logs, None) => Self::Open,
        }
    }
}

/// When its turn is: what goes first is least.
pub(crate) fn turn(split: &SplitMeta, now: Timestamp) -> impl Ord + use<> {
    (Stage::of(split, now), split.received_last, split.id)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::retention::Retention;
    use crate::split::SplitId;

    const DAY_NS: i64 = 86_400 * 1_000_000_000;

    #[test]
    fn debug_goes_before_info_before_errors_and_what_is_open_and_mixed_last() {
        let class = |level| Some(Retention::of_all(Duration::MAX).class_of("shop", level));
        let logs = SplitKind::Logs;
        let table = [
            ("open debug", logs, class(Level::Debug), 9),
            ("old mixed", logs, None, 0),
            ("open mixed", logs, None, 9),
            ("old errors", logs, class(Level::Warn), 1),
            ("info", logs, class(Level::Info), 2),
            ("old debug", logs, class(Level::Debug), 3),
            ("spans", SplitKind::Spans, None, 1),
            ("samples", SplitKind::Samples, None, 9),
        ];
        let mut splits: Vec<SplitMeta> = (0_u128..)
            .zip(table)
            .map(|(id, (_, kind, class, day))| SplitMeta {
                id: SplitId(uuid::Uuid::from_u128(id)),
                kind,
                class,
                received_last: Timestamp(day * DAY_NS),
                ..SplitMeta::default()
            })
            .collect();
        splits.sort_by_key(|split| turn(split, Timestamp(9 * DAY_NS + 1)));
        let names: Vec<_> =
            splits.iter().map(|split| table[split.id.0.as_u128() as usize].0).collect();
        let expect = [
            "old debug",
            "open debug",
            "spans",
            "info",
            "samples",
            "old mixed",
            "old errors",
            "open mixed",
        ];
        assert_eq!(names, expect);
    }
}
