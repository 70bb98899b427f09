//! What of the data a step sees: what had been received soon after it. What came later is not seen, though it is there
//! when the step is replayed, or made up for.
//!
//! ```text
//!   written      ·  ·   ·x··  ·  ·        x: received 40 s after it was written
//!   steps           |     |     |         a step sees what had been received RULE_SETTLE after it
//!   late ranges         [─]               only here receipts are looked at; elsewhere there is nothing to see
//! ```
//! Invariants:
//! - a live step and its replay see the same rows: both by when they were received, and neither by what happens to
//!   be there;
//! - outside of the late ranges every row had been received in time for each step that looks at it.

use std::sync::Arc;

use nilometer_model::{TimeRange, Timestamp};
use nilometer_store::{Late, Snapshot};

use super::question::AnyPlan;
use crate::limits::{REPLAY_LATE_RANGES_MAX, RULE_SETTLE_NS};
use crate::plan::Signal;

/// Where rows lie that some step may not have seen, by signal; the least and the greatest time of each range.
#[derive(Debug, Clone, Default)]
pub(crate) struct Receipts {
    logs: Arc<[(i64, i64)]>,
    spans: Arc<[(i64, i64)]>,
    samples: Arc<[(i64, i64)]>,
    /// What had been received before is seen by every step.
    known_to: Timestamp,
}

/// A part of a range, and whether receipts must be looked at in it.
pub(super) type Piece = (TimeRange, bool);

impl Receipts {
    /// Of a snapshot's rows that were received then or later; each step is to see all that had been received before
    /// `known_to` as well.
    pub(super) async fn of(
        snapshot: &Snapshot,
        since: Timestamp,
        known_to: Timestamp,
    ) -> Option<Self> {
        let snapshot = snapshot.clone();
        let looking = move || Self {
            logs: late::<nilometer_model::Rows>(&snapshot, since),
            spans: late::<nilometer_model::Spans>(&snapshot, since),
            samples: late::<nilometer_model::Samples>(&snapshot, since),
            known_to,
        };
        tokio::task::spawn_blocking(looking).await.ok()
    }

    /// The same, where each step is to see all that had been received before that.
    pub(super) fn known_to(&self, known_to: Timestamp) -> Self {
        Self { known_to, ..self.clone() }
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        [&self.logs, &self.spans, &self.samples].iter().all(|ranges| ranges.is_empty())
    }

    /// The ranges of the plan's signal.
    pub(super) fn of_plan(&self, plan: &AnyPlan) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        self.late(plan).iter().map(|(first, last)| (Timestamp(*first), Timestamp(*last)))
    }

    /// What a step at `at` sees had been received before.
    pub(super) fn bound(&self, at: Timestamp) -> Timestamp {
        at.plus_ns(RULE_SETTLE_NS).max(self.known_to)
    }

    /// Whether a question of the range has to look at receipts.
    pub(super) fn matter(&self, plan: &AnyPlan, range: TimeRange) -> bool {
        let touches =
            |(first, last): &(i64, i64)| range.touches(Timestamp(*first), Timestamp(*last));
        self.late(plan).iter().any(touches)
    }

    /// The range in pieces whose ends are ends of bins, but for its own.
    pub(super) fn pieces(&self, plan: &AnyPlan, range: TimeRange, bin_ns: i64) -> Vec<Piece> {
        let (mut pieces, mut at, end) = (Vec::new(), range.from(), range.to());
        let mut put = |from: Timestamp, to: Timestamp, is_late| {
            pieces.extend(TimeRange::new(from, to).map(|range| (range, is_late)));
        };
        for (first, last) in self.late(plan).iter() {
            let from = Timestamp(first.div_euclid(bin_ns).saturating_mul(bin_ns)).max(at).min(end);
            let behind = last.div_euclid(bin_ns).saturating_add(1).saturating_mul(bin_ns);
            let to = Timestamp(behind).max(from).min(end);
            put(at, from, false);
            put(from, to, true);
            at = at.max(to);
        }
        put(at, end, false);
        pieces
    }

    fn late(&self, plan: &AnyPlan) -> &[(i64, i64)] {
        match plan {
            AnyPlan::Logs(_) => &self.logs,
            AnyPlan::Spans(_) => &self.spans,
            AnyPlan::Samples(_) => &self.samples,
            AnyPlan::Health(_) => &[],
        }
    }
}

fn late<S: Signal>(snapshot: &Snapshot, since: Timestamp) -> Arc<[(i64, i64)]> {
    let mut ranges = Vec::new();
    let metas = S::splits(snapshot).iter().map(|split| S::meta(split));
    for meta in metas.filter(|meta| meta.received_last >= since) {
        match &meta.late {
            Some(late) => ranges.extend(late.ranges().map(|(first, last)| (first.0, last.0))),
            None => ranges.push((meta.time_first.0, meta.time_last.0)),
        }
    }
    let mut buffered = Late::default();
    for rows in S::buffer(snapshot) {
        let (mut times, mut received) = (Vec::new(), Vec::new());
        for (time, at) in rows.times().iter().zip(rows.received()) {
            if *at >= since.0 && at.saturating_sub(*time) >= RULE_SETTLE_NS {
                times.push(*time);
                received.push(*at);
            }
        }
        buffered.note(&times, &received);
    }
    ranges.extend(buffered.ranges().map(|(first, last)| (first.0, last.0)));
    joined(ranges).into()
}

/// The ranges rising, none touching another; the nearest are one where there are too many.
fn joined(mut ranges: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    ranges.sort_unstable();
    let mut joined: Vec<(i64, i64)> = Vec::new();
    for (first, last) in ranges {
        match joined.last_mut() {
            Some(before) if first <= before.1 => before.1 = before.1.max(last),
            _ => joined.push((first, last)),
        }
    }
    while joined.len() > REPLAY_LATE_RANGES_MAX {
        let gap = |pair: &[(i64, i64)]| pair[1].0.saturating_sub(pair[0].1);
        let nearest = joined.windows(2).enumerate().min_by_key(|(_, pair)| gap(pair));
        let Some((place, _)) = nearest else { break };
        let (_, last) = joined.remove(place + 1);
        joined[place].1 = last;
    }
    joined
}

#[cfg(test)]
mod tests {
    use nilometer_model::Tenant;

    use super::*;
    use crate::plan::Plan;

    fn range(from: i64, to: i64) -> TimeRange {
        TimeRange::new(Timestamp(from), Timestamp(to)).unwrap()
    }

    /// Late ranges, a range and the length of a bin -> the pieces, `!` before those in which receipts matter.
    #[track_caller]
    fn check(late: &[(i64, i64)], (from, to): (i64, i64), expect: &str) {
        let plan = Plan::parse(&Tenant::default(), "", TimeRange::ALL).unwrap();
        let plan = AnyPlan::Logs(Arc::new(plan));
        let receipts = Receipts { logs: late.into(), ..Receipts::default() };
        let pieces = receipts.pieces(&plan, range(from, to), 10);
        let said = pieces.iter().map(|(piece, is_late)| {
            let mark = if *is_late { "!" } else { "" };
            format!("{mark}{}..{}", piece.from().0, piece.to().0)
        });
        assert_eq!(said.collect::<Vec<_>>().join(" "), expect);
        let matter = pieces.iter().any(|(_, is_late)| *is_late);
        assert!(matter || !receipts.matter(&plan, range(from, to)));
    }

    #[test]
    fn receipts_are_looked_at_in_the_bins_of_late_ranges_and_nowhere_else() {
        check(&[], (3, 97), "3..97");
        check(&[(25, 25)], (3, 97), "3..20 !20..30 30..97");
        check(&[(25, 31), (32, 39), (52, 53)], (3, 97), "3..20 !20..40 40..50 !50..60 60..97");
        check(&[(0, 5), (90, 200)], (3, 97), "!3..10 10..90 !90..97");
        check(&[(-50, -20), (200, 300)], (3, 97), "3..97");
        check(&[(-50, 300)], (3, 97), "!3..97");
    }

    #[test]
    fn there_are_so_many_ranges_and_then_the_nearest_are_one() {
        let most = i64::try_from(REPLAY_LATE_RANGES_MAX).unwrap();
        let apart: Vec<(i64, i64)> = (0..most).map(|n| (n * 100, n * 100 + 1)).collect();
        assert_eq!(joined(apart.clone()), apart);
        let more = [&[(150, 190)], &apart[..]].concat();
        let joined = joined(more);
        assert_eq!((joined.len(), joined[1]), (REPLAY_LATE_RANGES_MAX, (100, 101)));
        assert_eq!(joined[2], (150, 201));
    }
}
