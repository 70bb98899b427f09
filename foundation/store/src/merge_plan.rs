//! Which splits are merged next: a pure function of what Meta says of them.
//!
//! ```text
//!   of one kind, received on one day:
//!
//!   bytes      < limit / 1024   < limit / 128   < limit / 16   < limit / 2   |  full: stays as it is
//!              ─── 16 of a tier, or as many as make a full one ──>           |
//!   once the day is closed: whatever is not full, smallest first
//! ```
//! Invariants:
//! - what is merged is of one kind and one day of receipt (UTC), at least two and at most [`MERGE_SPLITS_MAX`]
//!   splits, and not more bytes than the kind's limit: memory is bounded by that;
//! - a row is rewritten once for each tier that it passes, and when its day closes;
//! - a closed day keeps its full splits, and of each kind at most one that is not full: of records some 50 for
//!   2 GiB of splits, and of a quiet day one.

use std::collections::BTreeMap;

use nilometer_model::Timestamp;

use crate::limits::{
    DAY_CLOSES_AFTER_NS, MERGE_OTHERS_BYTES_MAX, MERGE_RECORDS_BYTES_MAX, MERGE_SPLITS_MAX,
};
use crate::split::{SplitKind, SplitMeta};

const DAY_NS: i64 = 86_400 * 1_000_000_000;
/// How much larger the splits of the next tier are, as a power of two.
const TIER_BITS: u32 = 3;

/// The splits to merge next, if any: closed days come first, the oldest of them before others.
pub(crate) fn plan<'a>(
    splits: impl Iterator<Item = &'a SplitMeta>,
    now: Timestamp,
) -> Option<Vec<&'a SplitMeta>> {
    let mut days = BTreeMap::<(i64, SplitKind), Vec<&SplitMeta>>::new();
    for split in splits.filter(|split| tier(split).is_some()) {
        days.entry((day(split.received_last), split.kind)).or_default().push(split);
    }
    let (closed, open): (Vec<_>, Vec<_>) =
        days.into_iter().partition(|((day, _), _)| is_closed(*day, now));
    let of_closed = closed.into_iter().find_map(|(_, splits)| of_closed_day(splits));
    of_closed.or_else(|| open.into_iter().find_map(|(_, splits)| of_open_day(&splits)))
}

fn day(received: Timestamp) -> i64 {
    received.0.div_euclid(DAY_NS)
}

fn is_closed(day: i64, now: Timestamp) -> bool {
    let end = day.saturating_add(1).saturating_mul(DAY_NS);
    end.saturating_add(DAY_CLOSES_AFTER_NS) <= now.0
}

fn bytes_max(kind: SplitKind) -> u64 {
    match kind {
        SplitKind::Logs => MERGE_RECORDS_BYTES_MAX,
        SplitKind::Spans | SplitKind::Samples => MERGE_OTHERS_BYTES_MAX,
    }
}

/// Splits of about one size; none of one that is full.
fn tier(split: &SplitMeta) -> Option<u32> {
    let full = bytes_max(split.kind) / 2;
    (0..=3).rev().find(|tier| split.bytes < full >> (TIER_BITS * tier)).map(|tier| 3 - tier)
}

/// As many as may be merged at once, if that is more than one.
fn together(mut splits: Vec<&SplitMeta>) -> Option<Vec<&SplitMeta>> {
    let mut bytes = 0;
    let fits = |split: &&SplitMeta| {
        bytes += split.bytes;
        bytes <= bytes_max(split.kind)
    };
    let most = splits.iter().take(MERGE_SPLITS_MAX).copied().take_while(fits).count();
    splits.truncate(most);
    (most > 1).then_some(splits)
}

fn of_closed_day(mut splits: Vec<&SplitMeta>) -> Option<Vec<&SplitMeta>> {
    splits.sort_by_key(|split| (split.bytes, split.id));
    together(splits)
}

fn of_open_day<'a>(splits: &[&'a SplitMeta]) -> Option<Vec<&'a SplitMeta>> {
    let mut tiers = BTreeMap::<Option<u32>, Vec<&SplitMeta>>::new();
    for split in splits {
        tiers.entry(tier(split)).or_default().push(split);
    }
    tiers.into_values().find_map(|mut splits| {
        splits.sort_by_key(|split| (split.received_first, split.id));
        let bytes: u64 = splits.iter().map(|split| split.bytes).sum();
        let is_due = splits.len() >= MERGE_SPLITS_MAX || bytes >= bytes_max(splits[0].kind);
        together(splits).filter(|_| is_due)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::SplitId;

    const HOUR_NS: i64 = 3_600 * 1_000_000_000;
    const FULL: u64 = MERGE_RECORDS_BYTES_MAX / 2;

    fn split(id: u128, bytes: u64, received: i64) -> SplitMeta {
        SplitMeta {
            id: SplitId(uuid::Uuid::from_u128(id)),
            bytes,
            received_first: Timestamp(received),
            received_last: Timestamp(received),
            ..SplitMeta::default()
        }
    }

    /// Splits of those bytes, received one after the other on day 0; what is planned, by their numbers.
    #[track_caller]
    fn check(bytes: &[u64], now: i64, expect: &[u128]) {
        let splits = (0_u32..).zip(bytes);
        let splits: Vec<_> =
            splits.map(|(n, bytes)| split(n.into(), *bytes, HOUR_NS + i64::from(n))).collect();
        let planned = plan(splits.iter(), Timestamp(now)).unwrap_or_default();
        let ids: Vec<u128> = planned.iter().map(|split| split.id.0.as_u128()).collect();
        assert_eq!(ids, expect);
    }

    #[test]
    fn on_an_open_day_so_many_of_a_tier_are_merged_and_one_fewer_are_not() {
        let sixteen: Vec<u128> = (0..16).collect();
        check(&[4_000; MERGE_SPLITS_MAX - 1], 2 * HOUR_NS, &[]);
        check(&[4_000; MERGE_SPLITS_MAX], 2 * HOUR_NS, &sixteen);
        check(&[4_000; MERGE_SPLITS_MAX + 1], 2 * HOUR_NS, &sixteen);
        let mut two_tiers = [4_000; MERGE_SPLITS_MAX];
        two_tiers[3] = FULL >> 9;
        check(&two_tiers, 2 * HOUR_NS, &[]);
    }

    #[test]
    fn fewer_are_merged_when_they_make_a_full_one_and_full_ones_never() {
        check(&[16 << 20; 3], 2 * HOUR_NS, &[]);
        check(&[16 << 20; 4], 2 * HOUR_NS, &[0, 1, 2, 3]);
        check(&[16 << 20; 5], 2 * HOUR_NS, &[0, 1, 2, 3]);
        check(&[FULL; 40], 2 * HOUR_NS, &[]);
        check(&[FULL; 40], 48 * HOUR_NS, &[]);
    }

    #[test]
    fn a_closed_day_is_merged_smallest_first_until_one_is_left() {
        let closed = DAY_NS + DAY_CLOSES_AFTER_NS;
        check(&[9_000, 10, 500_000], closed - 1, &[]);
        check(&[9_000, 10, 500_000], closed, &[1, 0, 2]);
        check(&[9_000], closed, &[]);
        check(&[FULL - 1, FULL - 1, FULL - 1], closed, &[0, 1]);
    }

    #[test]
    fn days_and_kinds_stay_apart() {
        let mut splits = [split(0, 9, HOUR_NS), split(1, 9, HOUR_NS), split(2, 9, 30 * HOUR_NS)];
        splits[1].kind = SplitKind::Spans;
        assert_eq!(plan(splits.iter(), Timestamp(72 * HOUR_NS)), None);
    }
}
