//! The critical path: the stretches of a trace in which it would have ended sooner had that span been faster.
//!
//! ```text
//!   parent   ████───────██────███     walked from the end: the child that ends last before here is what was
//!   child A       █████               waited for; what no such child covers is the parent's own
//!   child B            ░░ ████        (A child that ends behind B's start was not waited for.)
//! ```
//! Invariants:
//! - each child is clamped to its parent before the walk: a clock that is off by a millisecond would otherwise
//!   give the parent's time to the wrong span;
//! - stretches do not overlap; they make up what the root covers, and what other roots cover outside of it;
//! - a span that lies wholly outside of its parent, on a node whose clock is measured to differ, is looked at
//!   where that clock's offset puts it.

use std::collections::BTreeMap;

use super::Forest;

/// From and to, ns.
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    from: i64,
    to: i64,
}

impl Window {
    fn touches(self, other: Self) -> bool {
        self.from <= other.to && other.from <= self.to
    }

    fn within(self, outer: Self) -> Self {
        let from = self.from.clamp(outer.from, outer.to);
        Self { from, to: self.to.clamp(from, outer.to) }
    }

    fn earlier_by(self, offset: i64) -> Self {
        Self { from: self.from.saturating_sub(offset), to: self.to.saturating_sub(offset) }
    }

    fn is_empty(self) -> bool {
        self.to <= self.from
    }
}

/// Per span of the forest: how much of the critical path is its own, ns. `skew` says by how much the clocks of
/// nodes are ahead.
pub(crate) fn critical_path(forest: &Forest, skew: &BTreeMap<u32, i64>) -> Vec<u64> {
    let mut own = vec![0; forest.spans.len()];
    let Some(main) = forest.root() else { return own };
    let windows = windows(forest, main, skew);
    let mut waiting = vec![(main, windows[main as usize])];
    waiting.extend(outside(forest, main, &windows));
    let mut children = Vec::new();
    while let Some((at, window)) = waiting.pop() {
        let within = |child: &u32| (*child, windows[*child as usize].within(window));
        children.clear();
        children.extend(forest.children(at).iter().map(within));
        children.sort_by_key(|(_, child)| std::cmp::Reverse(child.to));
        let mut cursor = window.to;
        for (child, part) in &children {
            if part.is_empty() || part.to > cursor {
                continue;
            }
            own[at as usize] += cursor.abs_diff(part.to);
            waiting.push((*child, *part));
            cursor = part.from;
        }
        own[at as usize] += cursor.abs_diff(window.from);
    }
    own
}

/// Where each span is looked at: inside its parent.
fn windows(forest: &Forest, main: u32, skew: &BTreeMap<u32, i64>) -> Vec<Window> {
    let mut windows = vec![Window::default(); forest.spans.len()];
    let mut offsets = vec![0_i64; forest.spans.len()];
    let measured = |at: u32| {
        let span = forest.span(at);
        Window { from: span.start, to: span.end() }
    };
    for at in forest.down.iter().copied() {
        let node = forest.span(at).node;
        let parent = forest.parent(at);
        let beside = parent.filter(|parent| forest.span(*parent).node == node);
        let mut offset = beside.map_or(0, |parent| offsets[parent as usize]);
        let outer = parent.map_or_else(|| measured(main), |parent| windows[parent as usize]);
        let elsewhere = at != main && beside.is_none();
        if elsewhere && !measured(at).earlier_by(offset).touches(outer) {
            offset = skew.get(&node).copied().unwrap_or(0);
        }
        let window = measured(at).earlier_by(offset);
        offsets[at as usize] = offset;
        windows[at as usize] = if parent.is_some() { window.within(outer) } else { window };
    }
    windows
}

/// What other roots cover before and behind the main one, each moment by the one that ends last.
fn outside(forest: &Forest, main: u32, windows: &[Window]) -> Vec<(u32, Window)> {
    let inner = windows[main as usize];
    let mut others: Vec<(u32, Window)> = forest
        .roots()
        .iter()
        .filter(|root| **root != main)
        .map(|root| (*root, windows[*root as usize]))
        .collect();
    others.sort_by_key(|(_, window)| std::cmp::Reverse(window.to));
    let behind = Window { from: inner.to, to: i64::MAX };
    let before = Window { from: i64::MIN, to: inner.from };
    let mut parts = Vec::new();
    for gap in [behind, before] {
        let mut cursor = gap.to;
        for (root, window) in &others {
            let part = window.within(Window { from: gap.from, to: cursor });
            if !part.is_empty() {
                parts.push((*root, part));
                cursor = part.from;
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests;
