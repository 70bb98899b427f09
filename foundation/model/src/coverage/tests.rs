//! Marks under any order, repetition and re-cutting.

use proptest::prelude::*;

use super::*;
use crate::{Count, Tally};

/// Counts the positions of a range, as if a record ended at each of them.
fn each_position(from: u64, to: u64) -> Tally {
    let count = Count { bytes: to - from, records: to - from };
    Tally { committed: count, running: Count { bytes: to, records: to }, ..Tally::default() }
}

fn add(coverage: &mut Coverage<Tally>, from: u64, to: u64) -> Result<(), TooManyRanges> {
    coverage.add(from, to, each_position)
}

#[test]
fn a_batch_overtaken_by_its_successor_is_not_lost() {
    let mut coverage = Coverage::default();
    add(&mut coverage, 10, 20).unwrap();
    assert_eq!((coverage.mark(), coverage.beyond().len()), (0, 1));
    assert!(!coverage.covers(10) && coverage.covers(11) && coverage.covers(20));
    add(&mut coverage, 0, 10).unwrap();
    assert_eq!((coverage.mark(), coverage.beyond().len()), (20, 0));
    assert_eq!(coverage.tally().committed.records, 20);
    assert_eq!(coverage.tally().running.records, 20);
}

#[test]
fn ranges_beyond_the_mark_are_limited_and_a_refusal_changes_nothing() {
    let mut coverage = Coverage::default();
    let last = RANGES_BEYOND_MARK_MAX as u64;
    for n in 0..last {
        add(&mut coverage, 2 * n + 1, 2 * n + 2).unwrap();
    }
    let before = coverage.clone();
    assert_eq!(add(&mut coverage, 2 * last + 1, 2 * last + 2), Err(TooManyRanges));
    assert_eq!(coverage, before);
    add(&mut coverage, 0, 1).unwrap();
    assert_eq!(coverage.mark(), 2);
    add(&mut coverage, 2 * last + 1, 2 * last + 2).unwrap();
}

proptest! {
    #[test]
    fn any_order_repetition_and_recutting_counts_each_position_once(
        cuts in prop::collection::vec((0_u64..60, 0_u64..20), 1..120),
    ) {
        let mut coverage = Coverage::default();
        let mut naive = std::collections::BTreeSet::new();
        for (from, len) in cuts {
            let before = coverage.clone();
            if add(&mut coverage, from, from + len).is_err() {
                prop_assert_eq!(&coverage, &before);
                continue;
            }
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
