//! The critical path against a table and against its definition.

use proptest::prelude::*;

use super::super::random::{any_trace, tree};
use super::super::written::{forest, name};
use super::super::{SpanLite, skew};
use super::*;

#[track_caller]
fn check(lines: &[&str], expected: &str) {
    let forest = forest(lines);
    let own = critical_path(&forest, &skew(&forest));
    let shown: Vec<String> = forest
        .down
        .iter()
        .filter(|at| own[**at as usize] > 0)
        .map(|at| format!("{}={}", name(forest.span(*at).span), own[*at as usize]))
        .collect();
    assert_eq!(shown.join(" "), expected, "{lines:?}");
}

#[test]
fn a_parent_owns_what_its_children_do_not() {
    check(&["a 0+10"], "a=10");
    check(&["a 0+10", "b<a 2+3"], "a=7 b=3");
    check(&["a 0+10", "b<a 2+3", "c<a 6+4", "d<c 7+1"], "a=3 b=3 c=3 d=1");
}

#[test]
fn of_children_at_once_the_one_that_ends_last_was_waited_for() {
    check(&["a 0+10", "b<a 1+8", "c<a 2+5"], "a=2 b=8");
    check(&["a 0+10", "b<a 1+4", "c<a 3+6"], "a=4 c=6");
    check(&["a 0+10", "b<a 1+4", "c<a 5+5"], "a=1 b=4 c=5");
}

#[test]
fn children_are_clamped_to_their_parent_before_the_walk() {
    // c ends a moment behind its parent: that is no reason to give b's time to anybody else.
    check(&["a 0+10", "b<a 0+6", "c<a 6+5"], "b=6 c=4");
    check(&["a 5+10", "b<a 4+3", "c<b 4+1"], "a=8 b=2");
    check(&["a 0+10", "b<a 12+3"], "a=10");
}

#[test]
fn a_span_of_a_clock_far_away_is_looked_at_where_it_belongs() {
    let far = ["a 0+10 @n1 client", "b<a 1002+6 @n2 server", "c<b 1003+2 @n2", "d<b 6+1 @n1"];
    check(&far, "a=4 b=3 d=1 c=2");
}

#[test]
fn other_roots_own_what_the_first_does_not_cover() {
    check(&["a 0+10", "b<x 3+4"], "a=10");
    check(&["a 0+10", "b<x 3+9", "c 20+5", "d<c 20+5"], "a=10 b=2 d=5");
    check(&["a 10+10", "b<x 0+12", "c<x 5+7"], "b=10 a=10");
}

#[test]
fn nothing_is_owned_where_nothing_lasts() {
    check(&[], "");
    check(&["a 5+0", "b<a 5+0"], "");
}

/// Who owns the window, by the definition: the child that ends last and not behind the cursor, again and again.
fn naive(forest: &Forest, at: u32, (from, to): (i64, i64), own: &mut [u64]) {
    let mut cursor = to;
    loop {
        let clamp = |child: u32| {
            let span = forest.span(child);
            (child, span.start.clamp(from, to), span.end().clamp(from, to))
        };
        let all = forest.children(at).iter().map(|child| clamp(*child));
        let last = all.rev().filter(|(_, a, b)| a < b && *b <= cursor).max_by_key(|(.., b)| *b);
        let Some((child, a, b)) = last else { break };
        own[at as usize] += u64::try_from(cursor - b).unwrap();
        naive(forest, child, (a, b), own);
        cursor = a;
    }
    own[at as usize] += u64::try_from(cursor - from).unwrap();
}

proptest! {
    #[test]
    fn the_path_is_what_its_definition_says_and_makes_up_the_root(given in tree()) {
        let one_clock: Vec<SpanLite> =
            given.into_iter().map(|span| SpanLite { node: 0, ..span }).collect();
        let forest = Forest::of(&one_clock);
        let own = critical_path(&forest, &skew(&forest));
        let (mut expected, root) = (vec![0; own.len()], forest.root().unwrap());
        let span = *forest.span(root);
        naive(&forest, root, (span.start, span.end()), &mut expected);
        prop_assert_eq!(&own, &expected);
        prop_assert_eq!(own.iter().sum::<u64>(), span.duration);
    }

    #[test]
    fn whatever_came_the_path_is_no_shorter_than_the_root_and_no_longer_than_the_trace(
        given in any_trace(),
    ) {
        let forest = Forest::of(&given);
        let still: Vec<SpanLite> =
            forest.spans.iter().map(|span| SpanLite { node: 0, ..*span }).collect();
        let forest = Forest::of(&still);
        let own = critical_path(&forest, &BTreeMap::new()).iter().sum::<u64>();
        let root = forest.span(forest.root().unwrap()).duration;
        prop_assert!(root <= own && own <= forest.duration(), "{} {}", root, own);
    }
}
