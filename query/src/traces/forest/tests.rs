//! The forest against a table, against a naive one, and at the length of real trouble.

use std::collections::BTreeSet;

use nilometer_model::{SpanKind, SpanStatus};
use proptest::prelude::*;

use super::super::random::any_trace;
use super::super::written::{forest, name};
use super::*;

#[track_caller]
fn check(lines: &[&str], tree: &str, missing: &str) {
    let forest = forest(lines);
    let depth = |at: u32| std::iter::successors(Some(at), |at| forest.parent(*at)).count() - 1;
    let shown: Vec<String> = forest
        .down
        .iter()
        .map(|at| format!("{}{}", ".".repeat(depth(*at)), name(forest.span(*at).span)))
        .collect();
    assert_eq!(shown.join(" "), tree, "{lines:?}");
    let ids: Vec<String> = forest.missing_parents.iter().map(|id| name(*id)).collect();
    assert_eq!(ids.join(" "), missing, "{lines:?}");
}

#[test]
fn spans_come_by_start_then_id_and_children_below_their_parents() {
    check(&["c<a 5+1", "b<a 5+1", "a 0+9", "d<b 6+1"], "a .b ..d .c", "");
}

#[test]
fn a_parent_that_never_came_is_missing_once_and_its_children_are_roots() {
    check(&["b<x 1+1", "c<x 2+1", "a 3+1", "d<w 0+1"], "d b c a", "w x");
}

#[test]
fn circles_are_cut_at_their_earliest_span_and_are_not_missing() {
    check(&["a<a 0+1", "b<a 1+1"], "a .b", "");
    check(&["b<c 2+1", "c<b 1+1", "d<b 3+1"], "c .b ..d", "");
    check(&["a<c 5+1", "b<a 4+1", "c<b 6+1", "z 0+1"], "z b .c ..a", "");
}

#[test]
fn of_spans_with_one_id_the_first_given_counts() {
    check(&["a 0+9", "b<a 4+1", "b<a 1+1"], "a .b", "");
    assert_eq!(forest(&["b 4+1", "b 1+1"]).start(), 4);
}

#[test]
fn the_root_is_the_first_span_that_names_no_parent_else_the_first_root() {
    let root = |lines: &[&str]| {
        let forest = forest(lines);
        name(forest.span(forest.root().unwrap()).span)
    };
    assert_eq!(root(&["b<x 0+1", "d 3+1", "c 2+1"]), "c");
    assert_eq!(root(&["b<x 1+1", "c<x 0+1"]), "c");
    assert_eq!(Forest::of(&[]).root(), None);
}

#[test]
fn a_trace_lasts_from_its_first_start_to_its_last_end() {
    let forest = forest(&["a 10+5 !", "b<a 3+100 !", "c<a 4+1"]);
    assert_eq!((forest.start(), forest.duration(), forest.errors()), (3, 100, 2));
}

#[test]
fn a_chain_of_a_hundred_thousand_spans_is_no_deeper_than_any() {
    let span = |at: u64| SpanLite {
        trace: 1,
        span: at,
        parent: at - 1,
        start: i64::try_from(at).unwrap(),
        duration: 1,
        service: 0,
        operation: 0,
        node: 0,
        kind: SpanKind::Internal,
        status: SpanStatus::Unset,
    };
    let chain: Vec<SpanLite> = (1..=100_000).rev().map(span).collect();
    let forest = Forest::of(&chain);
    assert_eq!((forest.down.len(), forest.roots()), (100_000, [0].as_slice()));
    let mut circle = chain;
    circle[99_999].parent = 100_000;
    assert_eq!(Forest::of(&circle).roots(), [0]);
}

proptest! {
    #[test]
    fn every_id_stands_once_below_the_parent_it_names_unless_that_never_came_or_is_in_a_circle(
        given in any_trace(),
    ) {
        let forest = Forest::of(&given);
        let ids: BTreeSet<u64> = given.iter().map(|span| span.span).collect();
        let seen: Vec<u64> = forest.down.iter().map(|at| forest.span(*at).span).collect();
        prop_assert_eq!(seen.iter().copied().collect::<BTreeSet<_>>(), ids.clone());
        prop_assert_eq!(seen.len(), ids.len());
        let named = |id: u64| given.iter().find(|span| span.span == id).map(|span| span.parent);
        let in_circle = |id: u64| {
            let mut above = std::iter::successors(named(id), |id| named(*id)).take(ids.len());
            above.any(|above| above == id)
        };
        let missing: BTreeSet<u64> = ids.iter().filter_map(|id| named(*id))
            .filter(|parent| *parent != 0 && !ids.contains(parent)).collect();
        prop_assert_eq!(forest.missing_parents.clone(), missing.iter().copied().collect::<Vec<_>>());
        for at in forest.down.iter().copied() {
            let id = forest.span(at).span;
            let parent = forest.parent(at).map(|at| forest.span(at).span);
            let wanted = named(id).filter(|parent| ids.contains(parent));
            prop_assert!(parent == wanted || (parent.is_none() && in_circle(id)), "{}", id);
            for child in forest.children(at) {
                prop_assert_eq!(forest.parent(*child), Some(at));
            }
        }
        let cut = forest.roots().iter().filter(|at| in_circle(forest.span(**at).span));
        for at in cut.copied() {
            let (circle, span) = (forest.span(at).span, forest.span(at));
            let mut others = std::iter::successors(named(circle), |id| named(*id)).take(ids.len());
            let start = |id: u64| forest.spans.iter().find(|span| span.span == id).unwrap().start;
            prop_assert!(others.all(|id| (start(id), id) >= (span.start, circle)));
        }
    }
}
