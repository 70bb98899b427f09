//! Outlines against a table and against a naive walk.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::random::{NAMES, tree};
use super::super::written::written;
use super::*;

fn shown(lines: &[&str], kind: PathKind) -> String {
    let lite = written(lines);
    let outline = outline(&Forest::of(&lite.spans), kind, &lite);
    let depth = |mut at: usize| {
        let mut depth = 0;
        while let Some(parent) = outline.nodes[at].parent {
            (at, depth) = (parent as usize, depth + 1);
        }
        depth
    };
    let node = |(at, node): (usize, &OutlineNode)| {
        let operation = node.operation.map(|code| format!("/{}", lite.operations.get(code)));
        let (service, operation) = (lite.services.get(node.service), operation.unwrap_or_default());
        let count = if node.count == 1 { String::new() } else { format!("×{}", node.count) };
        format!("{}{service}{operation}{count}", ".".repeat(depth(at)))
    };
    outline.nodes.iter().enumerate().map(node).collect::<Vec<_>>().join(" ")
}

fn id(lines: &[&str], kind: PathKind) -> u64 {
    let lite = written(lines);
    tree_id(&Forest::of(&lite.spans), kind, &NameHashes::of(&lite))
}

const SHOP: [&str; 6] = [
    "a 0+9 gate/x",
    "b<a 1+1 gate/y",
    "c<b 1+1 seat/z",
    "d<a 3+1 seat/z",
    "e<a 4+1 cart/b",
    "f<a 5+1 cart/a",
];

#[test]
fn a_tree_is_of_services_with_equal_siblings_counted_in_order_of_first_call() {
    assert_eq!(shown(&SHOP, PathKind::Tree), "gate .seat×2 .cart×2");
    assert_eq!(shown(&["a 0+9 b/x", "b<c 1+1 a/x"], PathKind::Tree), "b a");
}

#[test]
fn a_shape_is_every_span_in_the_order_of_names() {
    let expected = "gate/x .cart/a .cart/b .gate/y ..seat/z .seat/z";
    assert_eq!(shown(&SHOP, PathKind::Shape), expected);
}

#[test]
fn an_id_does_not_depend_on_order_but_on_how_often_and_what() {
    let (ab, ba) = (["a 0+9", "b<a 1+1 b", "c<a 2+1 c"], ["a 0+9", "b<a 2+1 b", "c<a 1+7 c"]);
    let twice = ["a 0+9", "b<a 1+1 b", "c<a 2+1 c", "d<a 3+1 c"];
    let other = ["a 0+9", "b<a 1+1 b", "c<a 2+1 c/other"];
    for kind in [PathKind::Tree, PathKind::Shape] {
        assert_eq!(id(&ab, kind), id(&ba, kind));
        assert_ne!(id(&ab, kind), id(&twice, kind));
        assert_eq!(id(&ab, kind) == id(&other, kind), kind == PathKind::Tree);
    }
}

#[test]
fn an_id_is_for_ever() {
    assert_eq!(format!("{:016x}", id(&SHOP, PathKind::Tree)), "62dbe931cf049b1b");
    assert_eq!(format!("{:016x}", id(&SHOP, PathKind::Shape)), "809dbd46e53d34e5");
}

#[test]
fn a_tree_shows_so_many_nodes_and_says_that_there_are_more() {
    let lines: Vec<String> =
        (1..=PATH_NODES_MAX).map(|at| format!("n{at}<n{} {at}+1", at - 1)).collect();
    let mut lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let cut = |lines: &[&str]| {
        let lite = written(lines);
        let outline = outline(&Forest::of(&lite.spans), PathKind::Shape, &lite);
        (outline.nodes.len(), outline.cut)
    };
    assert_eq!(cut(&lines), (PATH_NODES_MAX, false));
    lines.push("more 0+1");
    assert_eq!(cut(&lines), (PATH_NODES_MAX, true));
}

fn naive(forest: &Forest, at: u32, above: &[u32], chains: &mut BTreeSet<Vec<u32>>) {
    let mut chain = above.to_vec();
    chain.push(forest.span(at).service);
    chain.dedup();
    if forest.children(at).is_empty() {
        chains.insert(chain.clone());
    }
    forest.children(at).iter().for_each(|child| naive(forest, *child, &chain, chains));
}

proptest! {
    #[test]
    fn chains_are_the_services_from_the_root_to_each_leaf(given in tree()) {
        let forest = Forest::of(&given);
        let hashes: Vec<u64> = (0..u64::from(NAMES)).map(|at| at + 7).collect();
        let names = NameHashes { services: hashes.clone(), operations: hashes };
        let found: Vec<Vec<u32>> = chains(&forest, &names).into_iter()
            .map(|(_, leaf)| chain_to(&forest, leaf)).collect();
        let mut expected = BTreeSet::new();
        naive(&forest, forest.root().unwrap(), &[], &mut expected);
        prop_assert_eq!(found.len(), expected.len());
        prop_assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
    }
}
