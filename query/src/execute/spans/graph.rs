//! Who calls whom: the services of a range and the calls between them.
//!
//! ```text
//!   block ─> run of one trace ─> its ids, sorted ─> each span's parent: same service? nothing
//!                                                   another? an edge    not in the run? later
//!   later ─> the buffer's ids, then the other blocks of these traces ─> an edge, or none
//! ```
//! Invariants:
//! - an edge is a span whose parent is a span of another service, wherever in the store that parent is;
//! - a node's calls are the spans that no span of the same service caused: what comes in from outside.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::time::Instant;

use nilometer_block::SpanColumns;
use nilometer_model::{Names, SpanStatus, Spans, Tenant, TimeRange};
use nilometer_store::{Snapshot, SpanPrune};

use super::read::{SpanFold, SpansRead, read_spans};
use super::services::{Counted, Pace};
use super::trace::read_traces;
use crate::execute::{LimitedBy, Limits, QueryError};
use crate::limits::{EXACT_SPANS_MAX, TRACES_AT_ONCE};
use crate::plan::seen_in_buffer;
use nilometer_store::records::RowSet;

/// Services and the calls between them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Graph {
    pub(crate) nodes: BTreeMap<String, Pace>,
    /// By caller and callee.
    pub(crate) edges: BTreeMap<(String, String), Pace>,
}

/// The graph of the tenant's spans that begin in the range.
///
/// # Errors
/// [`QueryError`] when memory does not suffice.
pub(crate) async fn graph(
    snapshot: &Snapshot,
    (tenant, range): (&Tenant, TimeRange),
    limits: Limits,
) -> Result<SpansRead<Graph>, QueryError> {
    let columns = SpanColumns::TREE;
    let (prune, fold) = (SpanPrune::default(), Edges::default());
    let started = Instant::now();
    let read = read_spans(snapshot, (tenant, range), &prune, (columns, limits), fold).await?;
    let (stored, owner) = (snapshot.clone(), tenant.clone());
    let look = move |mut edges: Edges| {
        seen_in_buffer(&stored, &owner).iter().for_each(|spans| edges.resolve(spans));
        (edges.elsewhere(&stored, &owner), edges)
    };
    let SpansRead { fold: (elsewhere, edges), missing_splits, stats, limited_by, budget } =
        read.finish(look).await?;
    let mut read = SpansRead { fold: edges, missing_splits, stats, limited_by, budget };
    for traces in elsewhere.chunks(TRACES_AT_ONCE) {
        if started.elapsed() >= limits.time {
            read.limited_by = read.limited_by.or(Some(LimitedBy::Time));
            break;
        }
        let ids = SpanColumns::TRACE_ID.with(SpanColumns::SPAN_ID);
        let rest = read_traces(snapshot, tenant, traces, ids).await?;
        read.missing_splits = read.missing_splits.max(rest.missing_splits);
        read.stats.bytes_read += rest.stats.bytes_read;
        read.stats.rows_scanned += rest.stats.rows_scanned;
        let resolve = move |mut edges: Edges| {
            edges.resolve(&rest.spans);
            edges
        };
        read = read.finish(resolve).await?;
    }
    read.finish(Edges::settle).await
}

/// A span whose parent is not in its run.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    service: u32,
    duration: u64,
    failed: bool,
}

#[derive(Default)]
struct Edges {
    services: Names,
    nodes: Vec<Counted>,
    edges: HashMap<(u32, u32), Counted>,
    /// By trace and parent.
    waiting: HashMap<([u8; 16], [u8; 8]), Vec<Waiting>>,
    spans: u64,
    /// The ids of a run and their services.
    run: Vec<([u8; 8], u32)>,
}

impl Edges {
    fn service(&mut self, name: &str) -> u32 {
        let number = self.services.code(name);
        self.nodes.resize_with(self.services.len(), Counted::default);
        number
    }

    fn services_of(&mut self, spans: &Spans) -> Vec<u32> {
        spans.origins.iter().map(|origin| self.service(&origin.component)).collect()
    }

    fn take_run(&mut self, spans: &Spans, services: &[u32], rows: Range<usize>, fits: &RowSet) {
        let service = |row: usize| services[spans.origin[row] as usize];
        self.run.clear();
        self.run.extend(rows.clone().map(|row| (spans.span_id[row], service(row))));
        self.run.sort_unstable();
        for row in rows.filter(|row| fits.contains(*row)) {
            self.spans += 1;
            let parent = spans.parent_id[row];
            let own = Waiting {
                service: service(row),
                duration: spans.duration[row],
                failed: spans.status[row] == SpanStatus::Error,
            };
            if parent == [0; 8] || parent == spans.span_id[row] {
                self.nodes[own.service as usize].add(own.duration, own.failed);
                continue;
            }
            match self.run.binary_search_by_key(&parent, |(id, _)| *id) {
                Ok(at) => self.call(self.run[at].1, own),
                Err(_) => {
                    self.waiting.entry((spans.trace_id[row], parent)).or_default().push(own);
                }
            }
        }
    }

    fn call(&mut self, caller: u32, callee: Waiting) {
        if caller != callee.service {
            let edge = self.edges.entry((caller, callee.service)).or_default();
            edge.add(callee.duration, callee.failed);
            self.nodes[callee.service as usize].add(callee.duration, callee.failed);
        }
    }

    /// Finds the parents that are among these.
    fn resolve(&mut self, spans: &Spans) {
        if self.waiting.is_empty() {
            return;
        }
        let services = self.services_of(spans);
        for row in 0..spans.len() {
            let key = (spans.trace_id[row], spans.span_id[row]);
            let found = self.waiting.remove(&key).unwrap_or_default();
            let caller = services[spans.origin[row] as usize];
            found.into_iter().for_each(|callee| self.call(caller, callee));
        }
    }

    /// The traces of which more is stored than the one block that they were seen in.
    fn elsewhere(&self, snapshot: &Snapshot, tenant: &Tenant) -> Vec<[u8; 16]> {
        let traces: HashSet<[u8; 16]> = self.waiting.keys().map(|(trace, _)| *trace).collect();
        let buffered: HashSet<[u8; 16]> =
            snapshot.spans.iter().flat_map(|spans| spans.trace_id.iter().copied()).collect();
        let places = |trace: &[u8; 16]| {
            let splits = snapshot.span_splits.iter();
            let blocks: usize = splits.map(|split| split.trace_blocks(tenant, *trace).len()).sum();
            blocks + usize::from(buffered.contains(trace))
        };
        traces.into_iter().filter(|trace| places(trace) > 1).collect()
    }

    fn settle(mut self) -> Graph {
        // A parent that never came is outside.
        for callee in std::mem::take(&mut self.waiting).into_values().flatten() {
            self.nodes[callee.service as usize].add(callee.duration, callee.failed);
        }
        let name = |number: u32| self.services.get(number).to_owned();
        let nodes = (0..).zip(self.nodes).map(|(number, node)| (name(number), node.settle()));
        let edges = self.edges.into_iter();
        let edges = edges.map(|((from, to), edge)| ((name(from), name(to)), edge.settle()));
        Graph { nodes: nodes.filter(|(_, pace)| pace.spans > 0).collect(), edges: edges.collect() }
    }
}

impl SpanFold for Edges {
    fn take(&mut self, spans: &Spans, fits: &RowSet) {
        let services = self.services_of(spans);
        let mut first = 0;
        for run in spans.trace_id.chunk_by(|a, b| a == b) {
            self.take_run(spans, &services, first..first + run.len(), fits);
            first += run.len();
        }
        if self.spans > EXACT_SPANS_MAX {
            self.nodes.iter_mut().chain(self.edges.values_mut()).for_each(Counted::sketch);
        }
    }

    fn memory_bytes(&self) -> usize {
        /// Key, vector and the one entry that it mostly has.
        const WAITING_BYTES: usize = 128;
        let counted = self.nodes.iter().chain(self.edges.values());
        counted.map(Counted::memory_bytes).sum::<usize>() + self.waiting.len() * WAITING_BYTES
    }
}
