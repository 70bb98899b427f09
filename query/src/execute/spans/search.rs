//! Traces by what they are: when they began, how long they took, what one of their spans says.
//!
//! ```text
//!   blocks of [from, to + reach), newest first ─> per trace: first start, last end, failed?, fits?
//!     ─> those that fit, in order, a page of them ─> each read whole ─> Forest ─> summary
//! ```
//! Invariants:
//! - a summary is made of all spans of its trace, wherever and whenever they were stored;
//! - a trace is in the range when its first start is, and fits when one span says all that is asked of a span;
//! - pages follow one another: a trace that a cursor has passed does not come again.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use nilometer_block::SpanColumns;
use nilometer_model::{SpanStatus, Spans, TimeRange, Timestamp};
use nilometer_store::records::RowSet;
use nilometer_store::{Snapshot, SpanPrune};

use super::read::{SpanFold, read_spans};
use super::trace::read_traces;
use crate::execute::room::in_turn;
use crate::execute::{LimitedBy, Limits, QueryError, Stats};
use crate::limits::TRACE_REACH_NS;
use crate::plan::Filter;
use crate::traces::{Forest, LiteSpans, NameHashes, PathKind, tree_id};

/// Which traces come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TraceOrder {
    /// Those that began last.
    Start,
    /// Those that took longest.
    Duration,
}

/// A trace's place in its order: what it is ordered by, and its id.
pub(crate) type TracePlace = (i64, u128);

/// What is looked for.
#[derive(Debug, Clone)]
pub(crate) struct TracesRequest {
    /// What one span of the trace must say.
    pub(crate) filter: Arc<Filter<Spans>>,
    pub(crate) range: TimeRange,
    /// ns
    pub(crate) duration_min: Option<u64>,
    /// ns
    pub(crate) duration_max: Option<u64>,
    /// Whether one of its spans failed, or none did.
    pub(crate) error: Option<bool>,
    pub(crate) order: TraceOrder,
    /// Traces of one page.
    pub(crate) limit: usize,
    /// Only traces behind this one.
    pub(crate) after: Option<TracePlace>,
    pub(crate) limits: Limits,
}

/// A trace in a line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TraceSummary {
    pub(crate) trace_id: u128,
    pub(crate) root_service: String,
    pub(crate) root_operation: String,
    pub(crate) start: Timestamp,
    /// ns
    pub(crate) duration: u64,
    pub(crate) spans: usize,
    pub(crate) errors: usize,
    pub(crate) path_id: u64,
}

/// Traces in order.
#[derive(Debug)]
pub(crate) struct TracesPage {
    pub(crate) traces: Vec<TraceSummary>,
    /// Where to go on; none when there is nothing more.
    pub(crate) next: Option<TracePlace>,
    pub(crate) missing_splits: u32,
    pub(crate) stats: Stats,
    pub(crate) limited_by: Option<LimitedBy>,
}

/// One page of the traces that fit.
///
/// # Errors
/// [`QueryError`] when memory does not suffice.
pub(crate) async fn traces(
    snapshot: &Snapshot,
    request: &TracesRequest,
) -> Result<TracesPage, QueryError> {
    let tenant = request.filter.tenant();
    let columns = Seen::COLUMNS.with(request.filter.columns());
    let fold = Candidates { request: request.clone(), traces: HashMap::new() };
    let owner = (tenant, request.read_range());
    let limits = (columns, request.limits);
    let read = read_spans(snapshot, owner, &SpanPrune::default(), limits, fold).await?;
    let (missing_splits, limited_by, mut stats) =
        (read.missing_splits, read.limited_by, read.stats);
    let mut page = read.finish(Candidates::in_order).await?.fold;
    let more = page.len() > request.limit;
    page.truncate(request.limit);
    let next = page.last().filter(|_| more).copied();
    let ids: Vec<[u8; 16]> = page.iter().map(|(_, id)| id.to_be_bytes()).collect();
    let whole = read_traces(snapshot, tenant, &ids, SpanColumns::TREE).await?;
    stats.bytes_read += whole.stats.bytes_read;
    stats.elapsed += whole.stats.elapsed;
    let request = request.clone();
    let work = move || summaries(&request, next, &whole.spans);
    let traces = in_turn(work).await?;
    let missing_splits = missing_splits.max(whole.missing_splits);
    Ok(TracesPage { traces, next, missing_splits, stats, limited_by })
}

impl TracesRequest {
    /// Where spans are looked for: traces that began at the end of the range go on behind it.
    fn read_range(&self) -> TimeRange {
        let last = match (self.order, self.after) {
            (TraceOrder::Start, Some((start, _))) => {
                self.range.to().min(Timestamp(start).plus_ns(1))
            }
            _ => self.range.to(),
        };
        let range = TimeRange::new(self.range.from(), last.plus_ns(TRACE_REACH_NS));
        range.unwrap_or(self.range)
    }

    fn fits(&self, seen: &Seen) -> bool {
        let duration = seen.duration();
        seen.fits
            && self.range.contains(Timestamp(seen.start))
            && self.duration_min.is_none_or(|min| duration >= min)
            && self.duration_max.is_none_or(|max| duration <= max)
            && self.error.is_none_or(|error| error == seen.failed)
    }

    fn place(&self, seen: &Seen, id: u128) -> TracePlace {
        match self.order {
            TraceOrder::Start => (seen.start, id),
            TraceOrder::Duration => (ns(seen.duration()), id),
        }
    }
}

/// What was seen of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    start: i64,
    end: i64,
    failed: bool,
    fits: bool,
}

impl Seen {
    const COLUMNS: SpanColumns = SpanColumns::TRACE_ID
        .with(SpanColumns::START)
        .with(SpanColumns::DURATION)
        .with(SpanColumns::KIND_STATUS);

    fn duration(&self) -> u64 {
        self.end.abs_diff(self.start)
    }

    fn and(self, other: Self) -> Self {
        Self {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
            failed: self.failed || other.failed,
            fits: self.fits || other.fits,
        }
    }
}

struct Candidates {
    request: TracesRequest,
    traces: HashMap<u128, Seen>,
}

impl Candidates {
    /// Those that fit and are behind the cursor: a page and one more, in order.
    fn in_order(self) -> Vec<TracePlace> {
        let mut found: Vec<TracePlace> = self.found().collect();
        let wanted = self.request.limit.saturating_add(1);
        if found.len() > wanted {
            found.select_nth_unstable_by_key(wanted, |place| Reverse(*place));
            found.truncate(wanted);
        }
        found.sort_unstable_by_key(|place| Reverse(*place));
        found
    }

    fn found(&self) -> impl Iterator<Item = TracePlace> {
        let request = &self.request;
        let fitting = self.traces.iter().filter(|(_, seen)| request.fits(seen));
        let places = fitting.map(|(id, seen)| request.place(seen, *id));
        places.filter(|place| request.after.is_none_or(|after| *place < after))
    }
}

impl SpanFold for Candidates {
    /// Blocks are looked at whole: the range is asked of traces.
    fn take(&mut self, spans: &Spans, _: &RowSet) {
        let fits = self.request.filter.select(spans, None);
        let mut row = 0;
        for run in spans.trace_id.chunk_by(|a, b| a == b) {
            let seen = (row..row + run.len()).map(|row| Seen {
                start: spans.start[row],
                end: spans.row(row).end().0,
                failed: spans.status[row] == SpanStatus::Error,
                fits: fits.contains(row),
            });
            row += run.len();
            let Some(seen) = seen.reduce(Seen::and) else { continue };
            let known = self.traces.entry(u128::from_be_bytes(run[0])).or_insert(seen);
            *known = known.and(seen);
        }
    }

    fn wants(&self, newest: Timestamp) -> bool {
        let is_before = |place: &TracePlace| place.0 > newest.0;
        self.request.order != TraceOrder::Start
            || self.found().filter(is_before).nth(self.request.limit).is_none()
    }

    fn memory_bytes(&self) -> usize {
        self.traces.capacity() * (size_of::<(u128, Seen)>() + 1)
    }
}

/// The traces of the page, each from all of its spans, which may have been stored elsewhere and show that the
/// trace is not what is asked for, or that it began before `next` and belongs to a later page.
fn summaries(
    request: &TracesRequest,
    next: Option<TracePlace>,
    spans: &Spans,
) -> Vec<TraceSummary> {
    let mut lite = LiteSpans::of(spans);
    lite.sort_by_trace();
    let hashes = NameHashes::of(&lite);
    let mut summaries = Vec::new();
    for trace in lite.traces() {
        let forest = Forest::of(&lite.spans[trace]);
        let Some(root) = forest.root().map(|root| forest.span(root)) else { continue };
        let seen = Seen {
            start: forest.start(),
            end: Timestamp(forest.start()).plus_ns(ns(forest.duration())).0,
            failed: forest.errors() > 0,
            fits: true,
        };
        let place = request.place(&seen, root.trace);
        let later = request.order == TraceOrder::Start && next.is_some_and(|next| place < next);
        if later || !request.fits(&seen) {
            continue;
        }
        let summary = TraceSummary {
            trace_id: root.trace,
            root_service: lite.services.get(root.service).to_owned(),
            root_operation: lite.operations.get(root.operation).to_owned(),
            start: Timestamp(seen.start),
            duration: forest.duration(),
            spans: forest.spans.len(),
            errors: forest.errors(),
            path_id: tree_id(&forest, PathKind::Tree, &hashes),
        };
        summaries.push((place, summary));
    }
    summaries.sort_unstable_by_key(|(place, _)| Reverse(*place));
    summaries.into_iter().map(|(_, summary)| summary).collect()
}

fn ns(duration: u64) -> i64 {
    i64::try_from(duration).unwrap_or(i64::MAX)
}
