//! Tables of splits, and what is planned of them.

use std::time::Duration;

use glob::Pattern;

use super::*;
use crate::retention::{KeepFor, Level};
use crate::split::SplitId;

const HOUR_NS: i64 = 3_600 * 1_000_000_000;
const CLOSED: i64 = DAY_NS + DAY_CLOSES_AFTER_NS;
const FULL: u64 = MERGE_RECORDS_BYTES_MAX / 2;

/// Debug of the web goes after an hour, all else after thirty days.
fn retention() -> Retention {
    let keep = Duration::from_secs(3_600);
    let component = Pattern::new("web").unwrap();
    let rule = KeepFor { component, level: Some(Level::Debug), keep };
    Retention::new(Duration::from_secs(30 * 86_400), vec![rule]).unwrap()
}

fn of_all() -> Retention {
    Retention::of_all(Duration::from_secs(30 * 86_400))
}

fn split(id: u128, bytes: u64, received: i64) -> SplitMeta {
    SplitMeta {
        id: SplitId(uuid::Uuid::from_u128(id)),
        bytes,
        received_first: Timestamp(received),
        received_last: Timestamp(received),
        ..SplitMeta::default()
    }
}

/// What is planned of the splits, by their numbers, and whether they are cut.
#[track_caller]
fn check_splits(splits: &[SplitMeta], retention: &Retention, now: i64, expect: (&[u128], bool)) {
    let planned = plan(splits.iter(), retention, Timestamp(now));
    let (splits, is_cut) = planned.map(|plan| (plan.splits, plan.is_cut)).unwrap_or_default();
    let ids: Vec<u128> = splits.iter().map(|split| split.id.0.as_u128()).collect();
    assert_eq!((ids.as_slice(), is_cut), expect);
}

/// Splits of those bytes, received one after the other on day 0, of which nothing is known.
fn mixed(bytes: &[u64]) -> Vec<SplitMeta> {
    let splits = (0_u32..).zip(bytes);
    splits.map(|(n, bytes)| split(n.into(), *bytes, HOUR_NS + i64::from(n))).collect()
}

/// The same, of one class.
fn of_class(bytes: &[u64], level: Level) -> Vec<SplitMeta> {
    let class = Some(of_all().class_of("web", level));
    mixed(bytes).into_iter().map(|split| SplitMeta { class, ..split }).collect()
}

/// Splits of one class are merged, whatever it is.
#[track_caller]
fn check(bytes: &[u64], now: i64, expect: &[u128]) {
    check_splits(&of_class(bytes, Level::Info), &of_all(), now, (expect, false));
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
    check(&[9_000, 10, 500_000], CLOSED - 1, &[]);
    check(&[9_000, 10, 500_000], CLOSED, &[1, 0, 2]);
    check(&[9_000], CLOSED, &[]);
    check(&[FULL - 1, FULL - 1, FULL - 1], CLOSED, &[0, 1]);
}

#[test]
fn days_kinds_and_classes_stay_apart() {
    let mut splits = of_class(&[9, 9, 9, 9], Level::Info);
    splits[1].kind = SplitKind::Spans;
    splits[1].class = None;
    splits[2].received_last = Timestamp(30 * HOUR_NS);
    splits[3].class = Some(of_all().class_of("web", Level::Warn));
    check_splits(&splits, &of_all(), 72 * HOUR_NS, (&[], false));
}

#[test]
fn small_splits_of_an_open_day_are_merged_as_they_are_and_cut_when_they_make_a_full_one() {
    let sixteen: Vec<u128> = (0..16).collect();
    check_splits(&mixed(&[4_000; 16]), &of_all(), 2 * HOUR_NS, (&sixteen, false));
    check_splits(&mixed(&[FULL / 16; 16]), &of_all(), 2 * HOUR_NS, (&sixteen, true));
    check_splits(&mixed(&[FULL / 16 - 1; 16]), &of_all(), 2 * HOUR_NS, (&sixteen, false));
}

#[test]
fn what_is_mixed_is_cut_at_the_close_of_its_day_together_or_alone_or_full() {
    check_splits(&mixed(&[9, 8]), &of_all(), CLOSED - 1, (&[], false));
    check_splits(&mixed(&[9, 8]), &of_all(), CLOSED, (&[1, 0], true));
    check_splits(&mixed(&[9]), &of_all(), CLOSED, (&[0], true));
    check_splits(&mixed(&[3 * FULL]), &of_all(), CLOSED, (&[0], true));
    let mut spans = mixed(&[9]);
    spans[0].kind = SplitKind::Spans;
    check_splits(&spans, &of_all(), CLOSED, (&[], false));
}

#[test]
fn what_was_cut_by_other_rules_is_cut_again() {
    check_splits(&of_class(&[9], Level::Warn), &of_all(), CLOSED, (&[], false));
    check_splits(&of_class(&[9], Level::Warn), &retention(), CLOSED, (&[0], true));
}

#[test]
fn what_can_only_be_cut_waits_for_what_is_to_be_merged() {
    let mut splits = mixed(&[FULL; 1]);
    splits.extend((1..=16).map(|id| split(id, 9, 30 * HOUR_NS)));
    let sixteen: Vec<u128> = (1..=16).collect();
    check_splits(&splits, &of_all(), CLOSED + 6 * HOUR_NS, (&sixteen, false));
    check_splits(&splits[..9], &of_all(), CLOSED + 6 * HOUR_NS, (&[0], true));
}

#[test]
fn what_is_partly_over_is_cut_on_the_open_day() {
    check_splits(&mixed(&[9]), &retention(), 2 * HOUR_NS, (&[], false));
    check_splits(&mixed(&[9]), &retention(), 2 * HOUR_NS + 1, (&[0], true));
    check_splits(&mixed(&[9, 8]), &retention(), 3 * HOUR_NS, (&[1, 0], true));
    check_splits(&mixed(&[9]), &of_all(), 3 * HOUR_NS, (&[], false));
}
