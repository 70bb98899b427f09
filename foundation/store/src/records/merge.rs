//! Splits of records to one, or to one of each class, stream by stream: what a seal of all their rows at once would
//! have made.
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
//! - each round uses up a block;
//! - to cut, the sources are gone through once for each class that they hold: of what is not of it, only heads are
//!   inflated.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use nilometer_block::Columns;
use nilometer_model::{Count, Revision, Rows, SourceId};

use super::build::{Builder, Key, Making};
use super::classes::{Classes, Part};
use super::index::RecordIndex;
use super::row_set::RowSet;
use crate::retention::{Retention, SplitClass};
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
    /// Which rows are taken, if not all.
    part: Option<Part<'a>>,
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
        let meta = self.merge_part(id, sources, revision, (None, fetch))?;
        check_counts(id, sources, std::slice::from_ref(&meta))?;
        Ok((meta, self.take_bytes()))
    }

    /// The same, but one split for each class that there are rows of; `new_id` draws their names.
    ///
    /// # Errors
    /// As for [`Self::merge`].
    pub fn cut<E: From<SplitError>>(
        &mut self,
        mut new_id: impl FnMut() -> SplitId,
        (sources, retention): (&[Arc<RecordIndex>], &Retention),
        revision: Revision,
        fetch: &mut impl FnMut(usize, u32) -> Result<Bytes, E>,
    ) -> Result<Vec<(SplitMeta, Bytes)>, E> {
        let classes = Classes::find(sources, retention, fetch)?;
        let (mut metas, mut bytes) = (Vec::new(), Vec::new());
        for part in classes.parts() {
            metas.push(self.merge_part(new_id(), sources, revision, (Some(part), fetch))?);
            bytes.push(self.take_bytes());
        }
        let first = metas.first().map(|meta| meta.id).unwrap_or_default();
        check_counts(first, sources, &metas)?;
        Ok(metas.into_iter().zip(bytes).collect())
    }

    fn merge_part<E: From<SplitError>>(
        &mut self,
        id: SplitId,
        sources: &[Arc<RecordIndex>],
        revision: Revision,
        (part, fetch): (Option<Part<'_>>, &mut impl FnMut(usize, u32) -> Result<Bytes, E>),
    ) -> Result<SplitMeta, E> {
        let metas: Vec<&SplitMeta> = sources.iter().map(|source| source.meta()).collect();
        let streams = sources.iter().map(|source| source.streams());
        let streams: Vec<_> = streams.collect::<Result<_, _>>()?;
        let ranks = match part {
            None => Ranks::new(streams.iter().copied()),
            Some(part) => {
                let own = streams.iter().enumerate();
                let own: Vec<_> = own.map(|(at, streams)| part.streams(at, streams)).collect();
                Ranks::new(own.iter().map(Vec::as_slice))
            }
        };
        let all = u32::try_from(ranks.origins.len()).unwrap_or(u32::MAX);
        let of_sources = ranks.of(streams.into_iter());
        let origin = SplitOrigin::of_merged(id, &metas, revision)?;
        let making = self.begin(id, ranks, origin);
        let (mut making, rows) = match part {
            None => (making.of_class(class_of(&metas)), metas.iter().map(|meta| meta.rows).sum()),
            Some(part) => (making.of_class(Some(part.class)), part.rows()),
        };
        let mut merge = Merge::begin(sources, of_sources, (part, fetch))?;
        for stream in 0..all {
            while merge.round(stream, self, &mut making)? {}
        }
        Ok(self.end(making, rows)?)
    }
}

impl<'a, F> Merge<'a, F> {
    fn begin<E: From<SplitError>>(
        sources: &[Arc<RecordIndex>],
        ranks: Vec<Vec<u32>>,
        (part, fetch): (Option<Part<'a>>, &'a mut F),
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
        let mut merge = Self { cursors, blocks, part, fetch };
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

    /// Fetches the next block that has what is taken wherever one is used up.
    fn refill<E: From<SplitError>>(&mut self) -> Result<(), E>
    where
        F: FnMut(usize, u32) -> Result<Bytes, E>,
    {
        for (place, cursor) in self.cursors.iter_mut().enumerate() {
            if cursor.at < cursor.streams.len() {
                continue;
            }
            let mut blocks = cursor.next..cursor.index.meta().blocks;
            let part = self.part;
            if let Some(block) =
                blocks.find(|block| part.is_none_or(|part| part.is_in(place, *block)))
            {
                let bytes = (self.fetch)(place, block)?;
                self.blocks[place] = Arc::new(cursor.open(block, &bytes, (place, part))?);
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

    /// Goes on to a block, of which those rows are taken.
    fn open(
        &mut self,
        number: u32,
        bytes: &Bytes,
        (place, part): (usize, Option<Part<'_>>),
    ) -> Result<Rows, SplitError> {
        let block = self.index.block(number, bytes)?;
        let wanted = match part {
            None => RowSet::all(block.rows()),
            Some(part) => part.of_block(place, &block)?,
        };
        let rows = block.take(&wanted, Columns::ALL)?;
        let streams = &block.head()?.streams;
        self.streams = wanted.iter().map(|row| self.ranks[streams[row] as usize]).collect();
        (self.next, self.at) = (number + 1, 0);
        Ok(rows)
    }
}

/// The class of all of them, if it is one.
fn class_of(metas: &[&SplitMeta]) -> Option<SplitClass> {
    let class = metas.first()?.class;
    class.filter(|_| metas.iter().all(|meta| meta.class == class))
}

fn check_counts(
    id: SplitId,
    sources: &[Arc<RecordIndex>],
    made: &[SplitMeta],
) -> Result<(), SplitError> {
    if counted(made.iter()) == counted(sources.iter().map(|source| source.meta())) {
        return Ok(());
    }
    let what = "the rows of a source are not as many as they were";
    Err(SplitError::Build { id, what })
}

/// What they hold of each source, all together.
fn counted<'a>(metas: impl Iterator<Item = &'a SplitMeta>) -> BTreeMap<SourceId, Count> {
    let mut all = BTreeMap::new();
    for (source, count) in metas.flat_map(|meta| &meta.sources) {
        *all.entry(*source).or_default() += *count;
    }
    all
}
