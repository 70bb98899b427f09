//! A trace as a forest: who caused whom, whatever is missing, repeated or in a circle.
//!
//! ```text
//!   spans by (start, id)    0   1   2   3   4        a parent that never came: the span is a root,
//!   parent                  -   0   0   1   -        and the parent's id is missing
//!   down (parents first)    0   1   3   2   4
//! ```
//! Invariants:
//! - every span stands exactly once in `down`, behind its parent;
//! - a circle is cut at its earliest span, which becomes a root; so does a span that is its own parent;
//! - of spans with one id the first given counts;
//! - nothing recurses: a trace may be one chain of any length.

use super::SpanLite;

/// No parent.
pub(super) const NONE: u32 = u32::MAX;

/// Who stands under whom, by their places.
#[derive(Debug, Clone)]
pub(super) struct Links {
    parents: Vec<u32>,
    /// The children of `i` are `children[first_child[i]..first_child[i + 1]]`, in order.
    first_child: Vec<u32>,
    children: Vec<u32>,
    roots: Vec<u32>,
}

impl Links {
    /// Of parents, [`NONE`] for roots; there must be no circle.
    pub(super) fn of(parents: Vec<u32>) -> Self {
        let (first_child, children) = children_of(&parents);
        let is_root = |(at, parent): (u32, &u32)| (*parent == NONE).then_some(at);
        let roots = (0..).zip(&parents).filter_map(is_root).collect();
        Self { parents, first_child, children, roots }
    }

    pub(super) fn parent(&self, at: u32) -> Option<u32> {
        Some(self.parents[at as usize]).filter(|parent| *parent != NONE)
    }

    pub(super) fn children(&self, at: u32) -> &[u32] {
        let bound = |at: usize| self.first_child[at] as usize;
        &self.children[bound(at as usize)..bound(at as usize + 1)]
    }

    pub(super) fn roots(&self) -> &[u32] {
        &self.roots
    }

    /// All, parents before their children, children in their order.
    fn down(&self) -> Vec<u32> {
        let mut down = Vec::with_capacity(self.parents.len());
        let mut waiting: Vec<u32> = self.roots.iter().rev().copied().collect();
        while let Some(at) = waiting.pop() {
            down.push(at);
            waiting.extend(self.children(at).iter().rev());
        }
        down
    }
}

/// The spans of one trace and how they hang together; spans are called by their place in `spans`.
#[derive(Debug, Clone)]
pub(crate) struct Forest {
    /// By (start, id).
    pub(crate) spans: Vec<SpanLite>,
    links: Links,
    /// Every span, parents before their children, children in their order.
    pub(crate) down: Vec<u32>,
    /// Ids that are named as parent and were never seen, in order.
    pub(crate) missing_parents: Vec<u64>,
}

impl Forest {
    /// The forest of one trace's spans.
    pub(crate) fn of(given: &[SpanLite]) -> Self {
        let (spans, ids) = distinct(given);
        let mut missing_parents = Vec::new();
        let parent = |span: &SpanLite| match span.parent {
            0 => NONE,
            parent if parent == span.span => NONE,
            parent => find(&ids, parent).unwrap_or_else(|| {
                missing_parents.push(parent);
                NONE
            }),
        };
        let mut parents: Vec<u32> = spans.iter().map(parent).collect();
        missing_parents.sort_unstable();
        missing_parents.dedup();
        cut_circles(&mut parents);
        let links = Links::of(parents);
        let down = links.down();
        Self { spans, links, down, missing_parents }
    }

    pub(crate) fn span(&self, at: u32) -> &SpanLite {
        &self.spans[at as usize]
    }

    pub(crate) fn parent(&self, at: u32) -> Option<u32> {
        self.links.parent(at)
    }

    pub(crate) fn children(&self, at: u32) -> &[u32] {
        self.links.children(at)
    }

    /// By (start, id).
    pub(crate) fn roots(&self) -> &[u32] {
        self.links.roots()
    }

    /// What the trace began with: the first span that names no parent, else the first root.
    pub(crate) fn root(&self) -> Option<u32> {
        let begins = |at: &&u32| self.span(**at).parent == 0;
        self.roots().iter().find(begins).or(self.roots().first()).copied()
    }

    /// When the first span began, ns.
    pub(crate) fn start(&self) -> i64 {
        self.spans.first().map_or(0, |span| span.start)
    }

    /// From the first start to the last end, ns.
    pub(crate) fn duration(&self) -> u64 {
        self.spans.iter().map(SpanLite::end).max().map_or(0, |end| end.abs_diff(self.start()))
    }

    pub(crate) fn errors(&self) -> usize {
        self.spans.iter().filter(|span| span.is_error()).count()
    }
}

/// The spans in order, each id once, and where each id stands.
fn distinct(given: &[SpanLite]) -> (Vec<SpanLite>, Vec<(u64, u32)>) {
    let mut spans = given.to_vec();
    spans.sort_by_key(|span| span.span);
    spans.dedup_by_key(|span| span.span);
    spans.sort_unstable_by_key(|span| (span.start, span.span));
    let mut ids: Vec<(u64, u32)> = spans.iter().map(|span| span.span).zip(0..).collect();
    ids.sort_unstable();
    (spans, ids)
}

fn find(ids: &[(u64, u32)], id: u64) -> Option<u32> {
    let at = ids.binary_search_by_key(&id, |(id, _)| *id).ok()?;
    Some(ids[at].1)
}

/// Takes its parent from the earliest span of each circle. Every span is walked over at most twice.
fn cut_circles(parents: &mut [u32]) {
    // 0: not seen; else the number of the walk that came by.
    let mut walks = vec![0_u32; parents.len()];
    for (first, walk) in (0_u32..).zip(1_u32..).take(parents.len()) {
        let mut at = first;
        while at != NONE && walks[at as usize] == 0 {
            walks[at as usize] = walk;
            at = parents[at as usize];
        }
        if at != NONE && walks[at as usize] == walk {
            let (mut earliest, mut next) = (at, parents[at as usize]);
            while next != at {
                earliest = earliest.min(next);
                next = parents[next as usize];
            }
            parents[earliest as usize] = NONE;
        }
    }
}

/// Where each span's children begin, and all children.
fn children_of(parents: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let mut first = vec![0_u32; parents.len() + 1];
    for parent in parents.iter().filter(|parent| **parent != NONE) {
        first[*parent as usize + 1] += 1;
    }
    for at in 1..first.len() {
        first[at] += first[at - 1];
    }
    let mut next = first.clone();
    let mut children = vec![0; first.last().map_or(0, |all| *all as usize)];
    for (at, parent) in (0..).zip(parents).filter(|(_, parent)| **parent != NONE) {
        let place = &mut next[*parent as usize];
        children[*place as usize] = at;
        *place += 1;
    }
    (first, children)
}

#[cfg(test)]
mod tests;
