//! How paths are written.

use serde_json::{Value, json};

use super::*;
use crate::limits::PATHS_MAX;
use crate::traces::paths;
use crate::traces::written::{write, written as spans};

fn told(lines: &[&str], kind: PathKind) -> Value {
    let mut lite = spans(lines);
    let found = paths(&mut lite, kind, |_| true);
    serde_json::to_value(written(&found.paths[0], kind, &lite)).unwrap()
}

const LINES: [&str; 3] =
    ["a 0+8000000 gate/x !", "b<a 0+2000000 seat/y", "c<a 4000000+2000000 seat/y"];

#[test]
fn a_path_says_what_was_asked_for_and_nothing_else() {
    let tree = told(&LINES, PathKind::Tree);
    let seat = json!({"service": "seat", "count": 2, "children": []});
    assert_eq!(tree["tree"], json!([{"service": "gate", "count": 1, "children": [seat]}]));
    assert_eq!((tree.get("shape"), tree.get("chain"), tree.get("cut")), (None, None, None));
    assert_eq!(
        (&tree["count"], &tree["error_ratio"], &tree["p99_ms"]),
        (&json!(1), &json!(1.0), &json!(8.0))
    );
    let shares = json!([
        {"service": "gate", "operation": "x", "share": 0.5, "share_p99": 0.5},
        {"service": "seat", "operation": "y", "share": 0.5, "share_p99": 0.5},
    ]);
    assert_eq!(tree["critical"], shares);
    let seat = json!({"service": "seat", "operation": "y", "children": []});
    let shape = told(&LINES, PathKind::Shape);
    let gate = json!([{"service": "gate", "operation": "x", "children": [seat, seat]}]);
    assert_eq!(shape["shape"], gate);
    assert_eq!(told(&LINES, PathKind::Chain)["chain"], json!(["gate", "seat"]));
}

#[test]
fn so_many_levels_are_shown_and_what_is_deeper_is_said_to_be_cut() {
    for (levels, cut) in [(PATH_DEPTH_MAX, false), (PATH_DEPTH_MAX + 1, true)] {
        let lines: Vec<String> =
            (1..=levels).map(|at| format!("n{at}<n{} 0+1 s{at}", at - 1)).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let tree = told(&lines, PathKind::Tree);
        let below = |node: &Value| node.pointer("/children/0").cloned();
        let shown = std::iter::successors(Some(tree["tree"][0].clone()), below).count();
        assert_eq!((shown, tree.get("cut").is_some()), (PATH_DEPTH_MAX, cut));
    }
}

#[test]
fn so_many_paths_are_told_and_the_rest_is_counted() {
    for (count, left_out) in [(PATHS_MAX, 0), (PATHS_MAX + 1, 1)] {
        let mut all = nilometer_model::Spans::default();
        for at in 0..count {
            write(&mut all, 1, &[&format!("a 0+1 s{at}")]);
            let last = all.trace_id.len() - 1;
            all.trace_id[last] = (at as u128).to_be_bytes();
        }
        let mut lite = LiteSpans::of(&all);
        let found = paths(&mut lite, PathKind::Tree, |_| true);
        assert_eq!((found.paths.len(), found.left_out), (PATHS_MAX, left_out));
    }
}
