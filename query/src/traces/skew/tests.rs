//! Clocks against a table.

use proptest::prelude::*;

use super::super::written::written;
use super::*;

const TEN_MINUTES: i64 = 600_000_000_000;

#[track_caller]
fn check(lines: &[&str], expected: &[(&str, i64)]) {
    let lite = written(lines);
    let found = skew(&Forest::of(&lite.spans));
    let named: BTreeMap<&str, i64> =
        found.iter().map(|(node, offset)| (lite.nodes.get(*node), *offset)).collect();
    assert_eq!(named, expected.iter().copied().collect(), "{lines:?}");
}

#[test]
fn a_callee_inside_its_caller_shows_nothing() {
    check(&["a 0+10 @n1 client", "b<a 1+9 @n2 server"], &[("n1", 0), ("n2", 0)]);
    check(&["a 0+10 @n1 client", "b<a 0+10 @n1 server"], &[("n1", 0)]);
}

#[test]
fn a_callee_outside_is_put_into_the_middle() {
    check(&["a 0+10 @n1 client", "b<a 102+6 @n2 server"], &[("n1", 0), ("n2", 100)]);
    check(&["a 0+10 @n1 client", "b<a -98+6 @n2 server"], &[("n1", 0), ("n2", -100)]);
    // It took longer than its caller waited.
    check(&["a 0+10 @n1 client", "b<a 100+20 @n2 server"], &[("n1", 0), ("n2", 105)]);
}

#[test]
fn what_all_calls_allow_is_narrower_than_what_one_does() {
    let calls = [
        "a 0+100 @n1",
        "b<a 0+50 @n1 client",
        "c<b 1000+10 @n2 server",
        "d<a 60+10 @n1 client",
        "e<d 1061+8 @n2 server",
    ];
    check(&calls[..3], &[("n1", 0), ("n2", 980)]);
    check(&calls, &[("n1", 0), ("n2", 999)]);
}

#[test]
fn offsets_add_up_along_calls_whichever_way_they_go() {
    let lines = [
        "a 0+10 @n1 client",
        "b<a 102+6 @n2 server",
        "c<b 103+4 @n2 client",
        "d<c 54+2 @n3 server",
        "e<d 54+2 @n3 client",
        "f<e 5+0 @n1 server",
    ];
    check(&lines, &[("n1", 0), ("n2", 100), ("n3", 50)]);
}

#[test]
fn messages_and_nodes_without_calls_show_nothing() {
    check(&["a 0+10 @n1 producer", "b<a 500+6 @n2 consumer"], &[("n1", 0)]);
    check(&["a 0+10 @n1 client", "b<x 500+6 @n2 server"], &[("n1", 0)]);
}

#[test]
fn spans_that_do_not_say_that_they_are_calls_count_where_there_is_nothing_better() {
    check(&["a 0+10 @n1", "b<a 102+6 @n2"], &[("n1", 0), ("n2", 100)]);
    let both = ["a 0+10 @n1", "b<a 500+6 @n2", "c<a 0+10 @n1 client", "d<c 102+6 @n2 server"];
    check(&both, &[("n1", 0), ("n2", 100)]);
}

proptest! {
    #[test]
    fn ten_minutes_either_way_are_found_as_exactly_as_the_calls_allow(
        wait in 1_i64..1_000_000, work in 0_i64..1_000_000, rest in 0_i64..1_000_000,
        ahead in any::<bool>(),
    ) {
        let offset = if ahead { TEN_MINUTES } else { -TEN_MINUTES };
        let lines = [
            format!("a 0+{} @n1 client", wait + work + rest),
            format!("b<a {}+{work} @n2 server", wait + offset),
        ];
        let lite = written(&[&lines[0], &lines[1]]);
        let found = skew(&Forest::of(&lite.spans));
        prop_assert!((found[&1] - offset).abs() <= wait.max(rest), "{:?}", found);
    }
}
