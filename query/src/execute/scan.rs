//! Reading a snapshot piece by piece: what all kinds of answer have in common.
//!
//! Invariants:
//! - units come in the order of their nearest end, so once a fold does not want one it wants none behind it;
//! - at least one piece is read whatever the limits say, so that going on always gets further.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use bytes::Bytes;
use nilometer_block::{Columns, decode};
use nilometer_model::{Rows, TimeRange, Timestamp};
use nilometer_store::{Snapshot, Split};

use super::{LimitedBy, Limits, QueryError, Stats};
use crate::limits::{PIECE_BLOCKS_MAX, PIECE_BLOCKS_MIN};
use crate::plan::{Filter, Selection};

/// A block, or a chunk of the buffer.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    pub(super) order_first: Timestamp,
    pub(super) order_last: Timestamp,
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    Buffer(Arc<Rows>),
    Block { split: usize, block: u32 },
}

/// What becomes of the rows that fit.
pub(super) trait Fold: Send + 'static {
    /// Whether rows of this unit can change the answer; `false` ends the scan.
    fn wants(&self, unit: &Unit) -> bool;
    /// The text columns that it looks at in rows that fit.
    fn columns(&self) -> Columns;
    fn take(&mut self, rows: &Rows, fits: &Selection);
    /// Memory that it holds, bytes.
    fn memory_bytes(&self) -> usize;
}

/// The end of a scan.
pub(super) struct Scanned<F> {
    pub(super) fold: F,
    pub(super) stats: Stats,
    /// The limit that ended it, and the first unit that was not read.
    pub(super) limited: Option<(LimitedBy, Unit)>,
}

/// What is asked of every row.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub(super) filter: Arc<Filter>,
    pub(super) range: TimeRange,
    pub(super) newest_first: bool,
    pub(super) limits: Limits,
}

/// Tells the blocking thread that nobody waits any more.
struct Leaving(Arc<AtomicBool>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Folds all rows of the snapshot that fit.
pub(super) async fn scan<F: Fold>(
    snapshot: &Snapshot,
    question: &Question,
    mut fold: F,
) -> Result<Scanned<F>, QueryError> {
    let started = Instant::now();
    let left = Arc::new(AtomicBool::new(false));
    let _leaving = Leaving(Arc::clone(&left));
    let units = units(snapshot, question);
    let mut stats = Stats::default();
    let mut splits = BTreeSet::new();
    let (mut at, mut size, mut limited) = (0, PIECE_BLOCKS_MIN, None);
    while at < units.len() && fold.wants(&units[at]) {
        if at > 0 {
            limited = over(&question.limits, &stats, started).map(|by| (by, units[at].clone()));
        }
        if limited.is_some() {
            break;
        }
        let piece = &units[at..units.len().min(at + size)];
        let inputs = read(snapshot, piece, &mut stats, &mut splits).await?;
        let question = question.clone();
        let left = Arc::clone(&left);
        let work = move || {
            let scanned = inputs.iter().try_fold(Stats::default(), |mut stats, input| {
                if left.load(Ordering::Relaxed) {
                    return Err(QueryError::Stopped);
                }
                visit(input, &question, &mut fold, &mut stats).map(|()| stats)
            });
            (fold, scanned)
        };
        let (back, scanned) =
            tokio::task::spawn_blocking(work).await.map_err(|_| QueryError::Stopped)?;
        fold = back;
        let scanned = scanned?;
        stats.rows_scanned += scanned.rows_scanned;
        stats.rows_matched += scanned.rows_matched;
        at += size;
        size = PIECE_BLOCKS_MAX.min(size * 2);
    }
    stats.splits = splits.len() as u64;
    stats.elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Scanned { fold, stats, limited })
}

fn over(limits: &Limits, stats: &Stats, started: Instant) -> Option<LimitedBy> {
    if started.elapsed() >= limits.time {
        return Some(LimitedBy::Time);
    }
    (stats.bytes_read >= limits.read_bytes).then_some(LimitedBy::Bytes)
}

/// Everything that may hold fitting rows, in reading order.
fn units(snapshot: &Snapshot, question: &Question) -> Vec<Unit> {
    let prune = question.filter.prune();
    let mut units: Vec<Unit> = snapshot.buffer.iter().filter_map(buffered).collect();
    for (split, opened) in snapshot.splits.iter().enumerate() {
        let meta = opened.meta();
        if question.range.touches(meta.time_first, meta.time_last) {
            let blocks = opened.blocks(question.range, &prune);
            units.extend(blocks.into_iter().filter_map(|block| stored(opened, split, block)));
        }
    }
    if question.newest_first {
        units.sort_by_key(|unit| std::cmp::Reverse(unit.order_last));
    } else {
        units.sort_by_key(|unit| unit.order_first);
    }
    units
}

fn stored(opened: &Split, split: usize, block: u32) -> Option<Unit> {
    let entry = opened.directory().get(block as usize)?;
    let place = Place::Block { split, block };
    Some(Unit { order_first: entry.order_first, order_last: entry.order_last, place })
}

fn buffered(rows: &Arc<Rows>) -> Option<Unit> {
    let order_first = Timestamp(*rows.order_time.iter().min()?);
    let order_last = Timestamp(*rows.order_time.iter().max()?);
    Some(Unit { order_first, order_last, place: Place::Buffer(Arc::clone(rows)) })
}

enum Input {
    Rows(Arc<Rows>),
    Block(Bytes),
}

/// The bytes of a piece's blocks, with one read for each split.
async fn read(
    snapshot: &Snapshot,
    piece: &[Unit],
    stats: &mut Stats,
    splits: &mut BTreeSet<usize>,
) -> Result<Vec<Input>, QueryError> {
    let mut inputs = Vec::with_capacity(piece.len());
    let mut wanted: Vec<(usize, u32)> = Vec::new();
    for unit in piece {
        match &unit.place {
            Place::Buffer(rows) => inputs.push(Input::Rows(Arc::clone(rows))),
            Place::Block { split, block } => wanted.push((*split, *block)),
        }
    }
    wanted.sort_unstable();
    for group in wanted.chunk_by(|a, b| a.0 == b.0) {
        let blocks: Vec<u32> = group.iter().map(|(_, block)| *block).collect();
        splits.insert(group[0].0);
        for bytes in snapshot.splits[group[0].0].read_blocks(&blocks).await? {
            stats.bytes_read += bytes.len() as u64;
            inputs.push(Input::Block(bytes));
        }
    }
    Ok(inputs)
}

/// Decodes only what the filter looks at, and the rest only when something fits.
fn visit<F: Fold>(
    input: &Input,
    question: &Question,
    fold: &mut F,
    stats: &mut Stats,
) -> Result<(), QueryError> {
    let decoded;
    let needed = question.filter.columns();
    let mut rows = match input {
        Input::Rows(rows) => &**rows,
        Input::Block(bytes) => {
            decoded = decode(bytes, needed)?;
            &decoded
        }
    };
    let fits = question.filter.select(rows, question.range);
    stats.rows_scanned += rows.len() as u64;
    stats.rows_matched += fits.count() as u64;
    if fits.is_empty() {
        return Ok(());
    }
    let shown = fold.columns();
    let missing = (shown.message && !needed.message) || (shown.attributes && !needed.attributes);
    let complete;
    if let (Input::Block(bytes), true) = (input, missing) {
        complete = decode(bytes, shown)?;
        rows = &complete;
    }
    fold.take(rows, &fits);
    let limit_bytes = question.limits.memory_bytes;
    if fold.memory_bytes() > limit_bytes {
        return Err(QueryError::OverLimit { limit_bytes });
    }
    Ok(())
}
