//! By how much the clocks of nodes differ, as far as calls between them show it.
//!
//! ```text
//!   caller, by its clock    ├────────────────────┤
//!   callee, by its clock              ├──────┤          the callee's clock is ahead by
//!                           └─ most ──┘      └ least    at least `least`, at most `most`
//! ```
//! Invariants:
//! - a callee that lies inside its caller shows nothing: 0 is in the interval, and 0 is said;
//! - starts are never changed by what is found here;
//! - a node to which no chain of calls leads from the root's node is not spoken of.
//!
//! All calls between two nodes are taken together: what all of them allow is a narrower interval than any alone,
//! and its middle is the estimate. Where no offset suits all, it is the median of what each alone would say.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};

use nilometer_model::SpanKind;

use super::Forest;

/// What a call allows the offset to be, ns.
#[derive(Debug, Clone, Copy)]
struct Interval {
    least: i64,
    most: i64,
}

impl Interval {
    fn estimate(self) -> i64 {
        if self.least <= 0 && self.most >= 0 {
            return 0;
        }
        i64::midpoint(self.least, self.most)
    }

    fn reversed(self) -> Self {
        Self { least: self.most.saturating_neg(), most: self.least.saturating_neg() }
    }
}

/// Per node: how much its clock is ahead of that of the root's node, ns.
pub(crate) fn skew(forest: &Forest) -> BTreeMap<u32, i64> {
    let Some(root) = forest.root() else { return BTreeMap::new() };
    let offsets = offsets(forest);
    let mut neighbours: BTreeMap<u32, Vec<(u32, i64)>> = BTreeMap::new();
    for ((a, b), offset) in offsets {
        neighbours.entry(a).or_default().push((b, offset));
        neighbours.entry(b).or_default().push((a, offset.saturating_neg()));
    }
    let home = forest.span(root).node;
    let mut found = BTreeMap::from([(home, 0_i64)]);
    let mut waiting = VecDeque::from([home]);
    while let Some(node) = waiting.pop_front() {
        let known = found[&node];
        for (other, offset) in neighbours.get(&node).into_iter().flatten() {
            if let Entry::Vacant(place) = found.entry(*other) {
                place.insert(known.saturating_add(*offset));
                waiting.push_back(*other);
            }
        }
    }
    found
}

/// Per pair of nodes that call each other: how much the second's clock is ahead of the first's, ns.
fn offsets(forest: &Forest) -> BTreeMap<(u32, u32), i64> {
    let mut calls: BTreeMap<(u32, u32), [Vec<Interval>; 2]> = BTreeMap::new();
    for at in &forest.down {
        let Some(parent) = forest.parent(*at) else { continue };
        let (caller, callee) = (forest.span(parent), forest.span(*at));
        // Who works on a message need not do so while it is being sent.
        let waited = callee.kind != SpanKind::Consumer && caller.kind != SpanKind::Producer;
        if caller.node == callee.node || !waited {
            continue;
        }
        let starts = callee.start.saturating_sub(caller.start);
        let ends = callee.end().saturating_sub(caller.end());
        let seen = Interval { least: starts.min(ends), most: starts.max(ends) };
        let is_call = caller.kind == SpanKind::Client && callee.kind == SpanKind::Server;
        let (pair, seen) = if caller.node < callee.node {
            ((caller.node, callee.node), seen)
        } else {
            ((callee.node, caller.node), seen.reversed())
        };
        calls.entry(pair).or_default()[usize::from(!is_call)].push(seen);
    }
    // What is no call by its kinds counts only where there is nothing better.
    let best = |[calls, others]: [Vec<Interval>; 2]| if calls.is_empty() { others } else { calls };
    calls.into_iter().map(|(pair, seen)| (pair, offset(&best(seen)))).collect()
}

fn offset(seen: &[Interval]) -> i64 {
    let least = seen.iter().map(|seen| seen.least).max().unwrap_or_default();
    let most = seen.iter().map(|seen| seen.most).min().unwrap_or_default();
    if least <= most {
        return Interval { least, most }.estimate();
    }
    let mut each: Vec<i64> = seen.iter().map(|seen| seen.estimate()).collect();
    each.sort_unstable();
    each[(each.len() - 1) / 2]
}

#[cfg(test)]
mod tests;
