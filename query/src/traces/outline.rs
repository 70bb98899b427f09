//! What a trace did, without when: the whole tree, the calls between services, or the chains of services.
//!
//! ```text
//!   trace                          shape: every span        tree: calls between services    chains
//!   gateway  /*                    gateway /*               gateway                         gateway
//!    ├ gateway  GET                 ├ gateway GET            ├ seat ×2                      gateway seat config
//!    │  └ seat  find ─ config get   │  └ seat find           │  └ config
//!    └ gateway  GET                 │     └ config get       …
//!       └ seat  find ─ config get   └ …
//! ```
//! Invariants:
//! - an id depends on names and structure only, not on order, times or the numbers that names have here;
//! - two traces have one id when, and (up to 64-bit collisions) only when, they did the same.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use nilometer_model::Names;
use xxhash_rust::xxh3::xxh3_64;

use super::forest::{Links, NONE};
use super::{Forest, LiteSpans};
use crate::limits::PATH_NODES_MAX;

/// By what traces are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PathKind {
    /// Calls between services; equal siblings are one, with their number.
    Tree,
    /// Every span with its operation.
    Shape,
    /// Services from the root to a leaf, equal neighbours once. A trace has several.
    Chain,
}

/// Hashes of names, by their numbers.
#[derive(Debug)]
pub(crate) struct NameHashes {
    services: Vec<u64>,
    operations: Vec<u64>,
}

impl NameHashes {
    pub(crate) fn of(lite: &LiteSpans) -> Self {
        let hashes = |names: &Names| -> Vec<u64> {
            (0..names.len()).map(|at| xxh3_64(names.texts().get(at).as_bytes())).collect()
        };
        Self { services: hashes(&lite.services), operations: hashes(&lite.operations) }
    }
}

/// A tree of services, or of operations, to be shown; parents before their children.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Outline {
    pub(crate) nodes: Vec<OutlineNode>,
    /// Whether nodes are left out because there are too many.
    pub(crate) cut: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OutlineNode {
    pub(crate) parent: Option<u32>,
    pub(crate) service: u32,
    /// Not where services are what counts.
    pub(crate) operation: Option<u32>,
    /// How many equal siblings this one stands for.
    pub(crate) count: u32,
}

/// The id of what the trace did, by its calls or by its spans.
pub(crate) fn tree_id(forest: &Forest, kind: PathKind, names: &NameHashes) -> u64 {
    Skeleton::of(forest, kind, names).id()
}

/// The trace's chains: their ids, each with a span at which one ends, distinct and in the order of ids.
pub(crate) fn chains(forest: &Forest, names: &NameHashes) -> Vec<(u64, u32)> {
    let mut hashes = vec![0_u64; forest.spans.len()];
    let mut found = Vec::new();
    for at in forest.down.iter().copied() {
        let service = forest.span(at).service;
        let above = forest.parent(at);
        let same = above.filter(|parent| forest.span(*parent).service == service);
        hashes[at as usize] = match (same, above) {
            (Some(parent), _) => hashes[parent as usize],
            (None, above) => {
                let above = above.map_or(0, |parent| hashes[parent as usize]);
                mix(&[above, names.services[service as usize]])
            }
        };
        if forest.children(at).is_empty() {
            found.push((hashes[at as usize], at));
        }
    }
    found.sort_unstable();
    found.dedup_by_key(|(id, _)| *id);
    found
}

/// The services from the root to this span, equal neighbours once; the last ones when there are too many.
pub(crate) fn chain_to(forest: &Forest, leaf: u32) -> Vec<u32> {
    let mut services = Vec::new();
    let mut next = Some(leaf);
    while let (Some(at), true) = (next, services.len() < PATH_NODES_MAX) {
        let service = forest.span(at).service;
        if services.last() != Some(&service) {
            services.push(service);
        }
        next = forest.parent(at);
    }
    services.reverse();
    services
}

/// The tree of that kind, to be shown: equal siblings once where they are collapsed, in order of first call;
/// else by names.
pub(crate) fn outline(forest: &Forest, kind: PathKind, lite: &LiteSpans) -> Outline {
    let skeleton = Skeleton::of(forest, kind, &NameHashes::of(lite));
    let by_name = |siblings: &[u32]| {
        let name = |at: u32| {
            let span = forest.span(skeleton.spans[at as usize]);
            (lite.services.get(span.service), lite.operations.get(span.operation))
        };
        let mut ordered: Vec<(u32, u32)> = siblings.iter().map(|at| (*at, 1)).collect();
        ordered.sort_by_cached_key(|(at, _)| (name(*at), skeleton.hashes[*at as usize]));
        ordered
    };
    let mut shown = Outline::default();
    let group = |parent, siblings: &[u32]| {
        let mut groups = match kind {
            PathKind::Shape => by_name(siblings),
            PathKind::Tree | PathKind::Chain => skeleton.counted(siblings),
        };
        groups.reverse();
        groups.into_iter().map(move |(at, count)| (parent, at, count))
    };
    let mut waiting: Vec<_> = group(None, skeleton.links.roots()).collect();
    while let Some((parent, at, count)) = waiting.pop() {
        if shown.nodes.len() == PATH_NODES_MAX {
            shown.cut = true;
            break;
        }
        let span = forest.span(skeleton.spans[at as usize]);
        let operation = (kind == PathKind::Shape).then_some(span.operation);
        let place = u32::try_from(shown.nodes.len()).ok();
        shown.nodes.push(OutlineNode { parent, service: span.service, operation, count });
        waiting.extend(group(place, skeleton.links.children(at)));
    }
    shown
}

/// The nodes that count, parents before their children, and a hash of each with all below it.
struct Skeleton {
    /// Of each node, the first span.
    spans: Vec<u32>,
    links: Links,
    hashes: Vec<u64>,
}

impl Skeleton {
    fn of(forest: &Forest, kind: PathKind, names: &NameHashes) -> Self {
        let (mut spans, mut parents) = (Vec::new(), Vec::new());
        // Per span, the node that it belongs to.
        let mut nodes = vec![NONE; forest.spans.len()];
        for at in forest.down.iter().copied() {
            let parent = forest.parent(at);
            let joins = parent.filter(|parent| {
                kind != PathKind::Shape && forest.span(*parent).service == forest.span(at).service
            });
            nodes[at as usize] = match joins {
                Some(parent) => nodes[parent as usize],
                None => {
                    spans.push(at);
                    parents.push(parent.map_or(NONE, |parent| nodes[parent as usize]));
                    u32::try_from(spans.len() - 1).unwrap_or(NONE)
                }
            };
        }
        let mut skeleton = Self { hashes: vec![0; spans.len()], spans, links: Links::of(parents) };
        for at in (0..skeleton.spans.len()).rev() {
            let span = forest.span(skeleton.spans[at]);
            let service = names.services[span.service as usize];
            let operation = names.operations[span.operation as usize];
            let operation = if kind == PathKind::Shape { operation } else { 0 };
            let children = skeleton.links.children(u32::try_from(at).unwrap_or(NONE));
            skeleton.hashes[at] = skeleton.hash(&[service, operation], children);
        }
        skeleton
    }

    /// The hash of all roots.
    fn id(&self) -> u64 {
        self.hash(&[], self.links.roots())
    }

    fn hash(&self, own: &[u64], children: &[u32]) -> u64 {
        let mut below: Vec<u64> = children.iter().map(|at| self.hashes[*at as usize]).collect();
        below.sort_unstable();
        mix(own.iter().chain(&below))
    }

    /// Of equal siblings the first called, and how many they are.
    fn counted(&self, siblings: &[u32]) -> Vec<(u32, u32)> {
        let mut siblings = siblings.to_vec();
        siblings.sort_by_key(|at| self.spans[*at as usize]);
        let mut places = HashMap::new();
        let mut counted: Vec<(u32, u32)> = Vec::new();
        for at in siblings {
            match places.entry(self.hashes[at as usize]) {
                Entry::Vacant(place) => {
                    place.insert(counted.len());
                    counted.push((at, 1));
                }
                Entry::Occupied(place) => counted[*place.get()].1 += 1,
            }
        }
        counted
    }
}

fn mix<'a>(parts: impl IntoIterator<Item = &'a u64>) -> u64 {
    let bytes: Vec<u8> = parts.into_iter().flat_map(|part| part.to_le_bytes()).collect();
    xxh3_64(&bytes)
}

#[cfg(test)]
mod tests;
