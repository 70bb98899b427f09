//! Reading a snapshot piece by piece: what all kinds of answer have in common.
//!
//! ```text
//!   snapshot ──plan──> counted without a look ─┐
//!                 └──> units ──read──> visit ──┴──> fold
//! ```
//! Invariants:
//! - no scan sees what a purge takes: masks meet the filter here, and nowhere else is a snapshot scanned. Spans that
//!   are shown with those that fit pass them in `spans/read.rs`, `spans/trace.rs`;
//! - units come in the order of their nearest end, so once a fold does not want one it wants none behind it;
//! - a limit ends a scan only where going on from there gets further;
//! - what cannot be read is left out and counted, never an error: the rest is answered;
//! - a block of which the filter remembers that nothing fits is not read again.

mod planned;
mod reader;
mod visit;

use std::sync::Arc;
use std::time::{Duration, Instant};

use nilometer_model::{Rows, TimeRange, Timestamp};
use nilometer_store::Snapshot;
use nilometer_store::records::RowSet;
use tokio_util::sync::CancellationToken;

use self::planned::{Planned, plan};
use self::reader::Reader;
use self::visit::{Visited, visit_all};
use super::room::{self, Budget};
use super::{LimitedBy, Limits, QueryError, Stats};
use crate::limits::{PIECE_BLOCKS_MAX, PIECE_BLOCKS_MIN, PIECE_TIME};
use crate::plan::{Alike, Filter, Signal};

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
    /// What decides how a row counts, where nothing else does.
    fn alike(&self) -> Option<Alike<S>> {
        None
    }
    /// Takes a row for each kind, and how many there are of each.
    fn take_alike(&mut self, _kinds: &S, _counts: &[u64]) {}
    /// Whether [`Fold::narrow`] is worth the question.
    fn narrows(&self) -> bool {
        false
    }
    /// Of the rows that fit, whose order times these are, those which can change the answer; only they are
    /// decoded in full and taken.
    fn narrow(&self, order_times: &[i64]) -> RowSet {
        RowSet::all(order_times.len())
    }
    fn take(&mut self, rows: &S, fits: &RowSet);
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
    /// What the fold holds is of it.
    pub(super) budget: Budget,
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
    fold: F,
) -> Result<Scanned<F, S>, QueryError> {
    let started = Instant::now();
    let left = CancellationToken::new();
    let _left_when_dropped = left.clone().drop_guard();
    let mut reader = Reader::new(S::splits(snapshot));
    let indexes = reader.indexes(question.range).await;
    let (buffer, asking) = (S::buffer(snapshot).to_vec(), question.clone());
    let masks = Arc::clone(&snapshot.masks);
    let planning = room::in_turn(move || {
        let question = Question { filter: asking.filter.seen(&masks), ..asking };
        (plan(&indexes, &buffer, &question, fold), question)
    });
    let (planned, question) = planning.await?;
    let Planned { mut fold, units, asked, rows_counted, failed } = planned;
    failed.iter().for_each(|(split, error)| reader.miss(*split, error));
    let budget = room::budget(question.limits.memory_bytes);
    let mut visited = Visited::<S::Decoder>::new(budget, rows_counted);
    visited.check(&fold)?;
    reader.ask(asked);
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
        let (read, end) = match ahead.take() {
            Some(read) => read,
            None => (reader.piece(piece(at)).await?, at + size),
        };
        let (question, left) = (question.clone(), left.clone());
        let work = move || {
            let begun = Instant::now();
            let result = visit_all(&read.inputs, &question, &mut fold, &mut visited, &left);
            drop(read);
            visited.took = begun.elapsed();
            (fold, visited, result)
        };
        let read_ahead = async {
            // A long scan reads its next piece meanwhile; a short one would often read in vain.
            let next = (size == PIECE_BLOCKS_MAX).then(|| piece(end))?;
            Some((reader.spare_piece(next).await?, end + size))
        };
        let (done, read) = tokio::join!(room::in_turn(work), read_ahead);
        (ahead, at) = (read, end);
        let done = done?;
        let result;
        (fold, visited, result) = done;
        result?;
        visited.damaged.drain(..).for_each(|(split, error)| reader.miss(split, &error));
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
    let (missing_splits, budget) = (reader.missing_splits(), visited.budget);
    Ok(Scanned { fold, stats, missing_splits, limited, budget })
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

#[cfg(test)]
mod tests;
