//! A split of records written anew, without some of its rows.
//!
//! ```text
//!   block by block: which rows go ──> streams of which some stay ──> block by block again: what stays
//! ```
//! Invariants:
//! - what stays comes unchanged, in its order; nothing of what goes is left in any section, nor its stream when
//!   all of it goes;
//! - in memory are one decoded block, a bit for each row, and the split being made.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use nilometer_block::Columns;
use nilometer_model::{Count, Origin, Revision, Rows, SourceId};

use super::build::{Builder, Key, Making};
use super::index::RecordIndex;
use super::row_set::RowSet;
use crate::split::{Ranks, SplitError, SplitId, SplitMeta, SplitOrigin};

/// What becomes of a split.
pub struct Rewritten {
    /// The one that takes its place; none when nothing stays.
    pub split: Option<(SplitMeta, Bytes)>,
    /// How many rows went.
    pub rows_gone: u64,
}

impl Builder {
    /// Builds a split of the rows of `source` that `goes` does not name; `fetch` gives the bytes of a block.
    ///
    /// # Errors
    /// What `fetch` says; [`SplitError`] when the source is damaged, memory is short, or what would be stored is
    /// not what stays.
    pub fn rewrite<E: From<SplitError>>(
        &mut self,
        (id, revision): (SplitId, Revision),
        source: &Arc<RecordIndex>,
        goes: &dyn Fn(&Rows) -> RowSet,
        fetch: &mut impl FnMut(u32) -> Result<Bytes, E>,
    ) -> Result<Rewritten, E> {
        let meta = source.meta();
        let mut sorted = Sorted::new(source.streams()?.len());
        for number in 0..meta.blocks {
            sorted.add(&decoded(source, number, &fetch(number)?)?, goes);
        }
        let (rows_gone, rows) = (sorted.rows_gone, meta.rows - sorted.rows_gone);
        if rows == 0 {
            return Ok(Rewritten { split: None, rows_gone });
        }
        let (origins, ranks) = sorted.streams_that_stay(source.streams()?);
        let origin = SplitOrigin::of_merged(id, &[meta], revision)?;
        let making = self.begin(id, Ranks::new(std::iter::once(origins.as_slice())), origin);
        let mut making = making.of_class(meta.class);
        for (number, stays) in (0..).zip(&sorted.stays) {
            if !stays.is_empty() {
                let block = decoded(source, number, &fetch(number)?)?;
                self.put_rows(&mut making, block, (stays, &ranks))?;
            }
        }
        let made = self.end(making, rows)?;
        if !adds_up(&made.sources, &sorted.counts_gone, &meta.sources) {
            let what = "what stays and what goes is not what there was";
            return Err(SplitError::Build { id, what }.into());
        }
        Ok(Rewritten { split: Some((made, self.take_bytes())), rows_gone })
    }

    fn put_rows(
        &mut self,
        making: &mut Making,
        Decoded { rows, streams }: Decoded,
        (stays, ranks): (&RowSet, &[u32]),
    ) -> Result<(), SplitError> {
        let key = |row: usize| {
            let (time, position) = (rows.time[row], rows.position[row]);
            Key { time, position, chunk: 0, row: u32::try_from(row).unwrap_or(u32::MAX) }
        };
        let keys: Vec<(u32, Key)> = stays.iter().map(|row| (streams[row], key(row))).collect();
        let chunks = [Arc::new(rows)];
        for run in keys.chunk_by(|one, next| one.0 == next.0) {
            let of_stream: Vec<Key> = run.iter().map(|(_, key)| *key).collect();
            self.put(making, ranks[run[0].0 as usize], &chunks, &of_stream)?;
        }
        Ok(())
    }
}

/// A block's rows, and the stream of each.
struct Decoded {
    rows: Rows,
    streams: Vec<u32>,
}

fn decoded(source: &Arc<RecordIndex>, number: u32, bytes: &Bytes) -> Result<Decoded, SplitError> {
    let block = source.block(number, bytes)?;
    let rows = block.take(&RowSet::all(block.rows()), Columns::ALL)?;
    let streams = block.head()?.streams.clone();
    Ok(Decoded { rows, streams })
}

/// What goes and what stays.
struct Sorted {
    /// Per block.
    stays: Vec<RowSet>,
    /// Per stream, whether some of it does.
    streams_stay: Vec<bool>,
    rows_gone: u64,
    counts_gone: BTreeMap<SourceId, Count>,
}

impl Sorted {
    fn new(streams: usize) -> Self {
        let (stays, counts_gone) = (Vec::new(), BTreeMap::new());
        Self { stays, streams_stay: vec![false; streams], rows_gone: 0, counts_gone }
    }

    fn add(&mut self, Decoded { rows, streams }: &Decoded, goes: &dyn Fn(&Rows) -> RowSet) {
        let gone = goes(rows);
        for row in gone.iter() {
            let source = rows.origins[rows.origin[row] as usize].source;
            *self.counts_gone.entry(source).or_default() += Count::one(u64::from(rows.bytes[row]));
        }
        self.rows_gone += gone.count() as u64;
        let stays = RowSet::all(rows.len()).without(&gone);
        stays.iter().for_each(|row| self.streams_stay[streams[row] as usize] = true);
        self.stays.push(stays);
    }

    /// Their origins in order, and per stream of the source its place among them.
    fn streams_that_stay(&self, streams: &[Arc<Origin>]) -> (Vec<Arc<Origin>>, Vec<u32>) {
        let (mut origins, mut ranks) = (Vec::new(), Vec::with_capacity(streams.len()));
        for (origin, stays) in streams.iter().zip(&self.streams_stay) {
            ranks.push(u32::try_from(origins.len()).unwrap_or(u32::MAX));
            if *stays {
                origins.push(Arc::clone(origin));
            }
        }
        (origins, ranks)
    }
}

/// Whether what stays and what goes is what there was.
pub(crate) fn adds_up(
    stays: &BTreeMap<SourceId, Count>,
    gone: &BTreeMap<SourceId, Count>,
    all: &BTreeMap<SourceId, Count>,
) -> bool {
    let mut sum = stays.clone();
    gone.iter().for_each(|(source, count)| *sum.entry(*source).or_default() += *count);
    sum == *all
}
