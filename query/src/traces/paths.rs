//! The distinct paths that traces took: how often, how long, how many failed, and who owns their time.
//!
//! Invariants:
//! - a trace counts once for each path that it took: one tree or shape, or each of its chains;
//! - shares are parts of the critical paths of a path's traces: over all of them, and over the slowest; each
//!   sums to 1, also where no trace took any time: then the time is their roots';
//! - paths come by their number of traces, the commonest first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::outline::{NameHashes, PathKind, chain_to, chains, outline, tree_id};
use super::quantile::{Durations, Quantiles};
use super::{Forest, LiteSpans, Outline, SpanLite, critical_path, skew};
use crate::limits::{PATHS_MAX, SLOWEST_PER_CENT, SLOWEST_TRACES_MIN, SLOWEST_WIDER_PER_CENT};

/// What a path is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Path {
    Tree(Outline),
    Chain(Vec<u32>),
}

/// Paths, the commonest first.
#[derive(Debug, Clone)]
pub(crate) struct Paths {
    pub(crate) paths: Vec<PathStats>,
    /// Rarer ones that are not among them.
    pub(crate) left_out: usize,
}

/// A path and the traces that took it.
#[derive(Debug, Clone)]
pub(crate) struct PathStats {
    pub(crate) id: u64,
    pub(crate) path: Path,
    /// Traces.
    pub(crate) count: usize,
    /// Of them, with an error.
    pub(crate) failed: usize,
    /// Of the traces' durations.
    pub(crate) quantiles: Quantiles,
    /// The largest share first.
    pub(crate) critical: Vec<Share>,
}

/// Which part of the time is one operation's own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Share {
    pub(crate) service: u32,
    pub(crate) operation: u32,
    pub(crate) share: f64,
    /// The same over the slowest traces.
    pub(crate) share_p99: f64,
}

/// (service, operation)
type Owner = (u32, u32);

/// What is kept of a trace until all have been seen.
struct Taken {
    spans: Range<usize>,
    duration: u64,
    failed: bool,
    root: Owner,
    own: Vec<(Owner, u64)>,
}

/// A path, and the traces that took it.
struct Found {
    id: u64,
    /// The first of them, and the place in it where the path was seen.
    first: usize,
    place: u32,
    members: Vec<usize>,
}

/// The paths of the traces that are wanted.
pub(crate) fn paths(
    lite: &mut LiteSpans,
    kind: PathKind,
    wanted: impl Fn(&[SpanLite]) -> bool,
) -> Paths {
    lite.sort_by_trace();
    let names = NameHashes::of(lite);
    let mut traces = Vec::new();
    let mut found: HashMap<u64, Found> = HashMap::new();
    for range in lite.traces() {
        let spans = &lite.spans[range.clone()];
        if !wanted(spans) {
            continue;
        }
        let forest = Forest::of(spans);
        let Some(taken) = taken(&forest, range) else { continue };
        let ids = match kind {
            PathKind::Chain => chains(&forest, &names),
            PathKind::Tree | PathKind::Shape => vec![(tree_id(&forest, kind, &names), 0)],
        };
        for (id, place) in ids {
            let first = traces.len();
            let new = || Found { id, first, place, members: Vec::new() };
            found.entry(id).or_insert_with(new).members.push(first);
        }
        traces.push(taken);
    }
    let mut found: Vec<Found> = found.into_values().collect();
    found.sort_by_key(|path| (Reverse(path.members.len()), path.id));
    let left_out = found.len().saturating_sub(PATHS_MAX);
    found.truncate(PATHS_MAX);
    // A trace that was the first to take many paths is put together once.
    found.sort_by_key(|path| path.first);
    let mut paths = Vec::with_capacity(found.len());
    for of_one in found.chunk_by(|a, b| a.first == b.first) {
        let forest = Forest::of(&lite.spans[traces[of_one[0].first].spans.clone()]);
        for Found { id, place, members, .. } in of_one {
            let path = match kind {
                PathKind::Chain => Path::Chain(chain_to(&forest, *place)),
                PathKind::Tree | PathKind::Shape => Path::Tree(outline(&forest, kind, lite)),
            };
            paths.push(stats(*id, path, members.iter().map(|at| &traces[*at]).collect()));
        }
    }
    paths.sort_by_key(|path| (Reverse(path.count), path.id));
    Paths { paths, left_out }
}

fn taken(forest: &Forest, spans: Range<usize>) -> Option<Taken> {
    let owner = |span: &SpanLite| (span.service, span.operation);
    let mut own: BTreeMap<Owner, u64> = BTreeMap::new();
    for (span, ns) in forest.spans.iter().zip(critical_path(forest, &skew(forest))) {
        if ns > 0 {
            *own.entry(owner(span)).or_default() += ns;
        }
    }
    Some(Taken {
        spans,
        duration: forest.duration(),
        failed: forest.errors() > 0,
        root: owner(forest.span(forest.root()?)),
        own: own.into_iter().collect(),
    })
}

fn stats(id: u64, path: Path, mut members: Vec<&Taken>) -> PathStats {
    members.sort_by_key(|trace| Reverse(trace.duration));
    let mut durations = Durations::default();
    members.iter().for_each(|trace| durations.push(trace.duration));
    let slowest = shares(&members[..slowest(members.len())]);
    let mut critical: Vec<Share> = shares(&members)
        .into_iter()
        .map(|((service, operation), share)| {
            let share_p99 = slowest.get(&(service, operation)).copied().unwrap_or(0.0);
            Share { service, operation, share, share_p99 }
        })
        .collect();
    critical.sort_by(|a, b| b.share.total_cmp(&a.share));
    PathStats {
        id,
        path,
        count: members.len(),
        failed: members.iter().filter(|trace| trace.failed).count(),
        quantiles: durations.quantiles(),
        critical,
    }
}

/// How many of so many traces are the slowest.
fn slowest(traces: usize) -> usize {
    let part = |per_cent: usize| (traces * per_cent).div_ceil(100);
    let slowest = part(SLOWEST_PER_CENT);
    if slowest >= SLOWEST_TRACES_MIN { slowest } else { part(SLOWEST_WIDER_PER_CENT) }
}

/// Every owner's part of the time of these traces.
#[expect(clippy::cast_precision_loss, reason = "a part needs no more digits than a float has")]
fn shares(traces: &[&Taken]) -> BTreeMap<Owner, f64> {
    let mut sums: BTreeMap<Owner, u128> = BTreeMap::new();
    for (owner, ns) in traces.iter().flat_map(|trace| &trace.own) {
        *sums.entry(*owner).or_default() += u128::from(*ns);
    }
    if sums.is_empty() {
        traces.iter().for_each(|trace| *sums.entry(trace.root).or_default() += 1);
    }
    let all: u128 = sums.values().sum();
    sums.into_iter().map(|(owner, ns)| (owner, ns as f64 / all as f64)).collect()
}

#[cfg(test)]
mod tests;
