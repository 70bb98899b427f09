//! Statistics of paths against tables.

use nilometer_model::Spans;

use super::super::written::write;
use super::*;

fn traces(each: &[&[&str]]) -> LiteSpans {
    let mut spans = Spans::default();
    for (trace, lines) in (1..).zip(each) {
        write(&mut spans, trace, lines);
    }
    LiteSpans::of(&spans)
}

fn shown(lite: &LiteSpans, path: &PathStats) -> String {
    let services: Vec<u32> = match &path.path {
        Path::Chain(services) => services.clone(),
        Path::Tree(outline) => outline.nodes.iter().map(|node| node.service).collect(),
    };
    let services: Vec<&str> = services.iter().map(|code| lite.services.get(*code)).collect();
    let PathStats { count, failed, quantiles, .. } = path;
    format!("{} {count}/{failed} p99={}", services.join(">"), quantiles.p99_ms * 1e6)
}

const THREE: [&[&str]; 3] = [
    &["a 0+10 a", "b<a 1+5 b", "c<a 7+2 c"],
    &["a 0+20 a", "b<a 1+5 b !", "c<a 7+2 c"],
    &["a 0+30 a", "b<a 1+5 b"],
];

#[test]
fn a_trace_counts_once_for_its_tree_and_once_for_each_of_its_chains() {
    for (kind, expected) in [
        (PathKind::Tree, vec!["a>b>c 2/1 p99=20", "a>b 1/0 p99=30"]),
        (PathKind::Chain, vec!["a>b 3/1 p99=30", "a>c 2/1 p99=20"]),
    ] {
        let mut lite = traces(&THREE);
        let found = paths(&mut lite, kind, |_| true).paths;
        let found: Vec<String> = found.iter().map(|path| shown(&lite, path)).collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn only_what_is_wanted_counts() {
    let mut lite = traces(&THREE);
    let found = paths(&mut lite, PathKind::Tree, |spans| spans.len() == 2).paths;
    assert_eq!(found.len(), 1);
}

#[test]
fn shares_are_of_the_sum_over_all_and_over_the_slowest() {
    let mut lite = traces(&[&["a 0+10 a", "b<a 0+5 b"], &["a 0+30 a", "b<a 0+29 b"]]);
    let found = paths(&mut lite, PathKind::Tree, |_| true).paths;
    let shares: Vec<(&str, f64, f64)> = found[0]
        .critical
        .iter()
        .map(|share| (lite.services.get(share.service), share.share, share.share_p99))
        .collect();
    assert_eq!(shares, [("b", 34.0 / 40.0, 29.0 / 30.0), ("a", 6.0 / 40.0, 1.0 / 30.0)]);
}

#[test]
fn where_nothing_took_time_the_time_is_the_roots() {
    let mut lite = traces(&[&["a 0+0 a", "b<a 0+0 b"]]);
    let found = paths(&mut lite, PathKind::Tree, |_| true).paths;
    let share = found[0].critical[0];
    assert_eq!((lite.services.get(share.service), share.share, share.share_p99), ("a", 1.0, 1.0));
}

#[test]
fn the_slowest_are_one_in_a_hundred_of_many_and_one_in_twenty_of_few() {
    for (traces, expected) in [(1, 1), (20, 1), (21, 2), (1_900, 95), (1_901, 20), (2_000, 20)] {
        assert_eq!(slowest(traces), expected, "{traces}");
    }
}
