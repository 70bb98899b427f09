//! Marks under any order, repetition and re-cutting.

use proptest::prelude::*;

use super::*;
use crate::{Count, Tally};

/// Counts the positions of a range, as if a record ended at each of them.
fn each_position(from: u64, to: u64) -> Tally {
    let count = Count { bytes: to - from, records: to - from };
    Tally { committed: count, running: Count { bytes: to, records: to }, ..Tally::default() }
}

fn add(coverage: &mut Coverage<Tally>, from: u64, to: u64) {
    coverage.add(from, to, each_position);
}

#[test]
fn a_batch_overtaken_by_its_successor_is_not_lost() {
    let mut coverage = Coverage::default();
    add(&mut coverage, 10, 20);
    assert_eq!((coverage.mark(), coverage.beyond().len()), (0, 1));
    assert!(!coverage.covers(10) && coverage.covers(11) && coverage.covers(20));
    add(&mut coverage, 0, 10);
    assert_eq!((coverage.mark(), coverage.beyond().len()), (20, 0));
    assert_eq!(coverage.tally().committed.records, 20);
    assert_eq!(coverage.tally().running.records, 20);
}

fn check_limit<T: Merge>(limit: u64) {
    let mut coverage = Coverage::<T>::default();
    let apart = |n: u64| (2 * n + 1, 2 * n + 2);
    let all: Vec<_> = (0..=limit).map(apart).collect();
    assert!(coverage.accepts(&all[..all.len() - 1]) && !coverage.accepts(&all));
    for (from, to) in &all {
        assert_eq!(coverage.accepts(&[(*from, *to)]), *from < 2 * limit);
        coverage.add(*from, *to, |_, _| T::default());
    }
    assert_eq!(coverage.beyond().len() as u64, limit + 1, "what was let in is always added");
    for filling in [(0, 1), (2, 3), (1, 2), (3, 2 * limit), (2 * limit + 2, 2 * limit + 3)] {
        assert!(coverage.accepts(&[filling]), "{filling:?}");
    }
    assert!(!coverage.accepts(&[apart(limit + 1)]));
}

#[test]
fn ranges_that_open_holes_are_let_in_up_to_a_limit_and_those_that_fill_one_always() {
    check_limit::<Tally>(RANGES_BEYOND_MARK_MAX as u64);
    check_limit::<()>(SEQUENCES_BEYOND_MARK_MAX as u64);
}

proptest! {
    #[test]
    fn any_order_repetition_and_recutting_counts_each_position_once(
        cuts in prop::collection::vec((0_u64..60, 0_u64..20), 1..120),
    ) {
        let mut coverage = Coverage::default();
        let mut naive = std::collections::BTreeSet::new();
        for (from, len) in cuts {
            add(&mut coverage, from, from + len);
            naive.extend(from + 1..=from + len);
            let counted = coverage.tally().committed.records
                + coverage.beyond().iter().map(|p| p.tally.committed.records).sum::<u64>();
            prop_assert_eq!(counted, naive.len() as u64);
            for position in 1..=80 {
                prop_assert_eq!(coverage.covers(position), naive.contains(&position));
            }
            prop_assert!(coverage.beyond().iter().all(|p| p.tally.running.records == p.to));
            prop_assert_eq!(coverage.tally().running.records, coverage.mark());
        }
    }
}
