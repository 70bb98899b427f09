//! Splits of records to one, stream by stream: what a seal of all their rows at once would have made.
//!
//! ```text
//!   split a  ..][ s1 s1 s1 ][ s1 s2 ][..      one block of each is in memory
//!   split b  ..][ s1 s1 ][ s2 s3 ][..
//!                       ^ horizon: the first last row among the blocks whose stream goes on behind them.
//!   A round takes from each block what is not beyond it, sorts and appends that, and fetches the next block
//!   wherever one is used up.
//! ```
//! Invariants:
//! - a row comes once, unchanged, and as many of each source come out as went in;
//! - in memory are one decoded block of each split, and the split being made;
//! - each round uses up a block.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use nilometer_block::Columns;
use nilometer_model::{Count, Revision, Rows, SourceId};

use super::build::{Builder, Key, Making};
use super::index::RecordIndex;
use super::row_set::RowSet;
use crate::split::{Ranks, SplitError, SplitId, SplitMeta, SplitOrigin};

/// Where a split that is merged stands.
struct Cursor {
    index: Arc<RecordIndex>,
    /// Per stream of the split, its place among those of all.
    ranks: Vec<u32>,
    /// The block behind the one at hand.
    next: u32,
    /// Per row of the block at hand, its stream's rank.
    streams: Vec<u32>,
    /// The first row that was not taken.
    at: usize,
}

struct Merge<'a, F> {
    cursors: Vec<Cursor>,
    /// Per cursor, the block at hand.
    blocks: Vec<Arc<Rows>>,
    fetch: &'a mut F,
}

impl Builder {
    /// Builds one split of the rows of all `sources`; `fetch` gives the bytes of a block of one of them, by its
    /// place.
    ///
    /// # Errors
    /// What `fetch` says; [`SplitError`] when a source is damaged, memory is short, or what would be stored is
    /// not what the sources hold.
    pub fn merge<E: From<SplitError>>(
        &mut self,
        id: SplitId,
        sources: &[Arc<RecordIndex>],
        revision: Revision,
        fetch: &mut impl FnMut(usize, u32) -> Result<Bytes, E>,
    ) -> Result<(SplitMeta, Bytes), E> {
        let metas: Vec<&SplitMeta> = sources.iter().map(|source| source.meta()).collect();
        let streams = sources.iter().map(|source| source.streams());
        let streams: Vec<_> = streams.collect::<Result<_, _>>()?;
        let ranks = Ranks::new(streams.iter().copied());
        let all = u32::try_from(ranks.origins.len()).unwrap_or(u32::MAX);
        let of_sources = ranks.of(streams.into_iter());
        let origin = SplitOrigin::of_merged(id, &metas, revision)?;
        let mut making = self.begin(id, ranks, origin);
        let mut merge = Merge::begin(sources, of_sources, fetch)?;
        for stream in 0..all {
            while merge.round(stream, self, &mut making)? {}
        }
        let meta = self.end(making, metas.iter().map(|meta| meta.rows).sum())?;
        if meta.sources != counted(&metas) {
            let what = "the rows of a source are not as many as they were";
            return Err(SplitError::Build { id, what }.into());
        }
        Ok((meta, self.take_bytes()))
    }
}

impl<'a, F> Merge<'a, F> {
    fn begin<E: From<SplitError>>(
        sources: &[Arc<RecordIndex>],
        ranks: Vec<Vec<u32>>,
        fetch: &'a mut F,
    ) -> Result<Self, E>
    where
        F: FnMut(usize, u32) -> Result<Bytes, E>,
    {
        let cursor = |(index, ranks): (&Arc<RecordIndex>, Vec<u32>)| {
            let (index, streams) = (Arc::clone(index), Vec::new());
            Cursor { index, ranks, next: 0, streams, at: 0 }
        };
        let cursors: Vec<Cursor> = sources.iter().zip(ranks).map(cursor).collect();
        let blocks = vec![Arc::default(); cursors.len()];
        let mut merge = Self { cursors, blocks, fetch };
        merge.refill()?;
        Ok(merge)
    }

    /// Appends what can be told now of a stream; returns whether there may be more of it.
    fn round<E: From<SplitError>>(
        &mut self,
        stream: u32,
        builder: &mut Builder,
        making: &mut Making,
    ) -> Result<bool, E>
    where
        F: FnMut(usize, u32) -> Result<Bytes, E>,
    {
        let (mut ends, mut horizon) = (Vec::with_capacity(self.cursors.len()), None);
        for (cursor, block) in self.cursors.iter().zip(&self.blocks) {
            let end = cursor.end_of(stream);
            if end > cursor.at && cursor.goes_on(stream, end)? {
                let last = (block.time[end - 1], block.position[end - 1]);
                horizon = Some(horizon.map_or(last, |known: (i64, u64)| known.min(last)));
            }
            ends.push(end);
        }
        let mut keys = Vec::new();
        for (chunk, (cursor, end)) in (0_u32..).zip(self.cursors.iter_mut().zip(ends)) {
            let block = &self.blocks[chunk as usize];
            let rows = (cursor.at..end).map(|row| (row, block.time[row], block.position[row]));
            let near = rows.take_while(|(_, time, position)| {
                horizon.is_none_or(|horizon| (*time, *position) <= horizon)
            });
            let before = keys.len();
            keys.extend(near.map(|(row, time, position)| {
                let row = u32::try_from(row).unwrap_or(u32::MAX);
                Key { time, position, chunk, row }
            }));
            cursor.at += keys.len() - before;
        }
        keys.sort_by_key(|key| (key.time, key.position));
        builder.put(making, stream, &self.blocks, &keys)?;
        self.refill()?;
        Ok(horizon.is_some())
    }

    /// Fetches the next block wherever one is used up.
    fn refill<E: From<SplitError>>(&mut self) -> Result<(), E>
    where
        F: FnMut(usize, u32) -> Result<Bytes, E>,
    {
        for (place, cursor) in self.cursors.iter_mut().enumerate() {
            if cursor.at == cursor.streams.len() && cursor.next < cursor.index.meta().blocks {
                let bytes = (self.fetch)(place, cursor.next)?;
                self.blocks[place] = Arc::new(cursor.open(&bytes)?);
            }
        }
        Ok(())
    }
}

impl Cursor {
    /// Where the rows of the stream end in the block at hand.
    fn end_of(&self, stream: u32) -> usize {
        self.at + self.streams[self.at..].partition_point(|rank| *rank <= stream)
    }

    /// Whether the stream, which the block at hand has up to `end`, may have rows in the next one.
    fn goes_on(&self, stream: u32, end: usize) -> Result<bool, SplitError> {
        let next = self.index.directory()?.get(self.next as usize);
        let begins_with = next.map(|next| self.ranks[next.first_stream as usize]);
        Ok(end == self.streams.len() && begins_with == Some(stream))
    }

    /// Goes on to the next block.
    fn open(&mut self, bytes: &Bytes) -> Result<Rows, SplitError> {
        let block = self.index.block(self.next, bytes)?;
        let rows = block.take(&RowSet::all(block.rows()), Columns::ALL)?;
        let streams = &block.head()?.streams;
        self.streams = streams.iter().map(|stream| self.ranks[*stream as usize]).collect();
        (self.next, self.at) = (self.next + 1, 0);
        Ok(rows)
    }
}

/// What they hold of each source, all together.
fn counted(metas: &[&SplitMeta]) -> BTreeMap<SourceId, Count> {
    let mut all = BTreeMap::new();
    for (source, count) in metas.iter().flat_map(|meta| &meta.sources) {
        *all.entry(*source).or_default() += *count;
    }
    all
}
