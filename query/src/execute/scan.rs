//! Reading a snapshot piece by piece: what all kinds of answer have in common.
//!
//! Invariants:
//! - units come in the order of their nearest end, so once a fold does not want one it wants none behind it;
//! - a limit ends a scan only where going on from there gets further;
//! - what cannot be read is left out and counted, never an error: the rest is answered;
//! - a block of which the filter remembers that nothing fits is not read again.

mod reader;

use std::sync::Arc;
use std::time::{Duration, Instant};

use nilometer_block::BlockError;
use nilometer_model::{Rows, TimeRange, Timestamp};
use nilometer_store::{Snapshot, Split};
use tokio_util::sync::CancellationToken;

use self::reader::{Input, Reader};
use super::{LimitedBy, Limits, QueryError, Stats};
use crate::limits::{PIECE_BLOCKS_MAX, PIECE_BLOCKS_MIN, PIECE_TIME};
use crate::plan::{ColumnSet, Filter, Selection, Signal};

/// A block, or a chunk of the buffer.
#[derive(Debug, Clone)]
pub(super) struct Unit<S = Rows> {
    pub(super) order_first: Timestamp,
    pub(super) order_last: Timestamp,
    /// All of its times lie in the range that is asked for.
    inside: bool,
    place: Place<S>,
}

#[derive(Debug, Clone)]
enum Place<S> {
    Buffer(Arc<S>),
    Block { split: usize, block: u32 },
}

/// What becomes of the rows that fit.
pub(super) trait Fold<S: Signal = Rows>: Send + 'static {
    /// Whether no row of this unit can change the answer, whatever the others hold.
    fn is_past(&self, _: &Unit<S>) -> bool {
        false
    }
    /// Whether rows of this unit can change the answer; `false` ends the scan.
    fn wants(&self, unit: &Unit<S>) -> bool;
    /// Whether an answer that ends before this unit gets further than what was asked for.
    fn may_end_before(&self, _: &Unit<S>) -> bool {
        true
    }
    /// The columns that it looks at in rows that fit.
    fn columns(&self) -> S::Columns;
    /// Those of the rows that fit which can change the answer, told by their place in the order; only they are
    /// decoded in full and taken.
    fn narrow(&self, _: &S, fits: Arc<Selection>) -> Arc<Selection> {
        fits
    }
    fn take(&mut self, rows: &S, fits: &Selection);
    /// Memory that it holds, bytes.
    fn memory_bytes(&self) -> usize;
    /// Why there can be no answer, if that is known by now.
    fn refusal(&self) -> Option<QueryError> {
        None
    }
}

/// The end of a scan.
pub(super) struct Scanned<F, S = Rows> {
    pub(super) fold: F,
    pub(super) stats: Stats,
    /// Splits of the snapshot that are not wholly in the answer.
    pub(super) missing_splits: u32,
    /// The limit that ended it, and the first unit that was not read.
    pub(super) limited: Option<(LimitedBy, Unit<S>)>,
}

/// What is asked of every row.
#[derive(Debug, Clone)]
pub(super) struct Question<S: Signal = Rows> {
    pub(super) filter: Arc<Filter<S>>,
    pub(super) range: TimeRange,
    pub(super) newest_first: bool,
    pub(super) limits: Limits,
}

impl<S: Signal> Question<S> {
    /// The newest rows first, for what is counted over all of them.
    pub(super) fn of(filter: &Arc<Filter<S>>, range: TimeRange, limits: Limits) -> Self {
        Self { filter: Arc::clone(filter), range, newest_first: true, limits }
    }
}

/// Folds all rows of the snapshot that fit.
#[tracing::instrument(
    name = "scan",
    skip_all,
    fields(splits, bytes_read, rows_scanned, rows_matched)
)]
pub(super) async fn scan<S: Signal, F: Fold<S>>(
    snapshot: &Snapshot,
    question: &Question<S>,
    mut fold: F,
) -> Result<Scanned<F, S>, QueryError> {
    let started = Instant::now();
    let left = CancellationToken::new();
    let _left_when_dropped = left.clone().drop_guard();
    let mut units = units(snapshot, question);
    units.retain(|unit| !fold.is_past(unit));
    let mut reader = Reader::new(S::splits(snapshot));
    let mut visited = Visited::<S::Decoder>::default();
    let (mut at, mut size, mut limited, mut ahead) = (0, PIECE_BLOCKS_MIN, None, None);
    while at < units.len() && fold.wants(&units[at]) {
        if at > 0 && fold.may_end_before(&units[at]) {
            let over = over(&question.limits, reader.bytes_read(), started);
            limited = over.map(|by| (by, units[at].clone()));
        }
        if limited.is_some() {
            break;
        }
        let piece = |from: usize| &units[units.len().min(from)..units.len().min(from + size)];
        let (inputs, end) = match ahead.take() {
            Some(read) => read,
            None => (reader.read(piece(at)).await, at + size),
        };
        let (question, left) = (question.clone(), left.clone());
        let work = move || {
            let begun = Instant::now();
            let result = visit_all(&inputs, &question, &mut fold, &mut visited, &left);
            visited.took = begun.elapsed();
            (fold, visited, result)
        };
        let visiting = tokio::task::spawn_blocking(work);
        // A long scan reads its next piece meanwhile; a short one would often read in vain.
        if size == PIECE_BLOCKS_MAX {
            ahead = Some((reader.read(piece(end)).await, end + size));
        }
        let done = visiting.await.map_err(|_| QueryError::Stopped)?;
        let result;
        (fold, visited, result) = done;
        result?;
        visited.damaged.drain(..).for_each(|split| reader.miss(split, &"a block does not decode"));
        at = end;
        size = next_size(size, visited.took);
    }
    let stats = Stats {
        elapsed: started.elapsed(),
        splits: reader.splits(),
        bytes_read: reader.bytes_read(),
        rows_scanned: visited.rows_scanned,
        rows_matched: visited.rows_matched,
    };
    stats.describe();
    Ok(Scanned { fold, stats, missing_splits: reader.missing_splits(), limited })
}

/// How many blocks the next piece has: fewer when the one before took long, so that limits are looked at in time.
fn next_size(size: usize, took: Duration) -> usize {
    if took > PIECE_TIME { (size / 2).max(1) } else { PIECE_BLOCKS_MAX.min(size * 2) }
}

fn over(limits: &Limits, bytes_read: u64, started: Instant) -> Option<LimitedBy> {
    if started.elapsed() >= limits.time {
        return Some(LimitedBy::Time);
    }
    (bytes_read >= limits.read_bytes).then_some(LimitedBy::Bytes)
}

/// Everything that may hold fitting rows, in reading order.
fn units<S: Signal>(snapshot: &Snapshot, question: &Question<S>) -> Vec<Unit<S>> {
    let (prune, range) = (question.filter.prune(), question.range);
    let mut units: Vec<Unit<S>> =
        S::buffer(snapshot).iter().filter_map(|rows| buffered(rows, range)).collect();
    for (split, opened) in S::splits(snapshot).iter().enumerate() {
        let meta = opened.meta();
        if range.touches(meta.time_first, meta.time_last) {
            let fits_none = |block: &u32| {
                question.filter.found_in((meta.id, *block)).is_some_and(|fits| fits.is_empty())
            };
            let blocks = S::blocks(opened, question.filter.tenant(), range, prune).into_iter();
            let blocks = blocks.filter(|block| !fits_none(block));
            units.extend(blocks.filter_map(|block| stored(opened, (split, block), range)));
        }
    }
    if question.newest_first {
        units.sort_by_key(|unit| std::cmp::Reverse(unit.order_last));
    } else {
        units.sort_by_key(|unit| unit.order_first);
    }
    units
}

fn stored<S>(opened: &Split, (split, block): (usize, u32), range: TimeRange) -> Option<Unit<S>> {
    let entry = opened.directory().get(block as usize)?;
    let place = Place::Block { split, block };
    let (order_first, order_last) = (entry.order_first, entry.order_last);
    let inside = range.contains(entry.time_first) && range.contains(entry.time_last);
    Some(Unit { order_first, order_last, inside, place })
}

/// The chunk, unless it has no row in the range.
fn buffered<S: Signal>(rows: &Arc<S>, range: TimeRange) -> Option<Unit<S>> {
    let (order_first, order_last) = bounds(rows.order_times())?;
    let (first, last) = bounds(rows.times())?;
    let inside = range.contains(first) && range.contains(last);
    let unit = Unit { order_first, order_last, inside, place: Place::Buffer(Arc::clone(rows)) };
    range.touches(first, last).then_some(unit)
}

fn bounds(times: &[i64]) -> Option<(Timestamp, Timestamp)> {
    Some((Timestamp(*times.iter().min()?), Timestamp(*times.iter().max()?)))
}

/// What the visits of all units came to.
#[derive(Default)]
struct Visited<D> {
    decoder: D,
    /// How long the last piece took.
    took: Duration,
    rows_scanned: u64,
    rows_matched: u64,
    /// Splits with a block that does not decode.
    damaged: Vec<usize>,
}

/// Visits the inputs until one is too many, or until nobody waits for the answer any more.
fn visit_all<S: Signal>(
    inputs: &[Input<S>],
    question: &Question<S>,
    fold: &mut impl Fold<S>,
    visited: &mut Visited<S::Decoder>,
    left: &CancellationToken,
) -> Result<(), QueryError> {
    let limit_bytes = question.limits.memory_bytes;
    for input in inputs {
        if left.is_cancelled() {
            return Err(QueryError::Stopped);
        }
        if let (Err(_), Input::Block { split, .. }) = (visit(input, question, fold, visited), input)
        {
            visited.damaged.push(*split);
        }
        if fold.memory_bytes() > limit_bytes {
            return Err(QueryError::OverLimit { limit_bytes });
        }
        if let Some(refusal) = fold.refusal() {
            return Err(refusal);
        }
    }
    Ok(())
}

/// Decodes what the filter looks at, with what costs little; texts and ids only when something is wanted.
fn visit<S: Signal>(
    input: &Input<S>,
    question: &Question<S>,
    fold: &mut impl Fold<S>,
    visited: &mut Visited<S::Decoder>,
) -> Result<(), BlockError> {
    let decoded;
    let range = (!input.is_inside()).then_some(question.range);
    let time = if range.is_some() { S::TIME } else { S::Columns::default() };
    let shown = fold.columns();
    let found = input.block().and_then(|block| question.filter.found_in(block));
    let filter =
        found.as_ref().map_or_else(|| question.filter.columns(), |_| S::Columns::default());
    let asked = filter.with(time);
    // When nothing but who speaks decides, most blocks have rows that fit: a second look would be the rule.
    let cheap = if asked == S::Columns::default() { S::Columns::ALL } else { S::CHEAP };
    let needed = asked.with(shown.among(cheap));
    let mut rows = match input {
        Input::Buffered { rows, .. } => &**rows,
        Input::Block { bytes, .. } => {
            decoded = S::decode(&mut visited.decoder, bytes, needed)?;
            &decoded
        }
    };
    let fits = fitting(input, (rows, range), &question.filter, found);
    visited.rows_scanned += rows.len() as u64;
    visited.rows_matched += fits.count() as u64;
    let wanted = if fits.is_empty() { fits } else { fold.narrow(rows, fits) };
    if wanted.is_empty() {
        return Ok(());
    }
    let complete;
    if let (Input::Block { bytes, .. }, false) = (input, needed.has(shown)) {
        complete = S::decode(&mut visited.decoder, bytes, shown)?;
        rows = &complete;
    }
    fold.take(rows, &wanted);
    Ok(())
}

/// The rows of an input that fit, and lie in the range where one is given; `found` is what the filter
/// remembers of it. What is learned of all of a block is noted.
fn fitting<S: Signal>(
    input: &Input<S>,
    (rows, range): (&S, Option<TimeRange>),
    filter: &Filter<S>,
    found: Option<Arc<Selection>>,
) -> Arc<Selection> {
    match (found, range) {
        (Some(found), None) => found,
        (Some(found), Some(range)) => {
            Arc::new(found.keep(|row| range.contains(Timestamp(rows.times()[row]))))
        }
        (None, Some(range)) => Arc::new(filter.select(rows, Some(range))),
        (None, None) => {
            let fits = Arc::new(filter.select(rows, None));
            if let Some(block) = input.block() {
                filter.note(block, &fits);
            }
            fits
        }
    }
}

#[cfg(test)]
mod tests;
