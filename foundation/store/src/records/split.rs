//! A split of records as it lies among the objects: opened by its tail, its sections fetched when it is first
//! asked, its blocks whenever they are.
//!
//! Invariant: what is fetched is as long as the tail and the directory say; what it holds is checked where it is
//! inflated.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use nilometer_block::Columns;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use tokio::sync::OnceCell;

use super::directory::BlockPlace;
use super::index::RecordIndex;
use super::object::{FORMAT, Section, TAIL_BYTES, Tail};
use super::row_set::RowSet;
use crate::limits::VERIFIED_BLOCKS_AT_ONCE;
use crate::split::{SplitError, SplitMeta, object_path};

/// See the module.
pub struct RecordSplit {
    objects: Arc<dyn ObjectStore>,
    meta: SplitMeta,
    tail: Tail,
    index: OnceCell<Arc<RecordIndex>>,
}

impl fmt::Debug for RecordSplit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordSplit").field("meta", &self.meta).finish_non_exhaustive()
    }
}

impl RecordSplit {
    /// Opens the split that Meta describes as `meta`: reads its tail.
    ///
    /// # Errors
    /// [`SplitError`] when it cannot be fetched, or is not what `meta` says.
    pub async fn open(objects: Arc<dyn ObjectStore>, meta: SplitMeta) -> Result<Self, SplitError> {
        let id = meta.id;
        if meta.format != FORMAT {
            return Err(SplitError::Format { id, format: meta.format });
        }
        let damaged = || SplitError::Damaged { id, section: "tail".to_owned() };
        let tail_at = meta.bytes.checked_sub(TAIL_BYTES as u64).ok_or_else(damaged)?;
        let tail = objects.get_range(&object_path(id), tail_at..meta.bytes).await;
        let tail = tail.map_err(|source| SplitError::Fetch { id, source })?;
        let tail = Tail::read(&tail, meta.bytes).ok_or_else(damaged)?;
        Ok(Self { objects, meta, tail, index: OnceCell::new() })
    }

    /// What it holds.
    #[must_use]
    pub fn meta(&self) -> &SplitMeta {
        &self.meta
    }

    /// What it says of its blocks; fetched once.
    ///
    /// # Errors
    /// [`SplitError`] when it cannot be fetched, or is another split's.
    pub async fn index(&self) -> Result<&Arc<RecordIndex>, SplitError> {
        let fetch = async || {
            let sections = self.fetch(&[self.tail.sections_at()]).await?.remove(0);
            RecordIndex::new(self.meta.clone(), self.tail.clone(), sections).map(Arc::new)
        };
        self.index.get_or_try_init(fetch).await
    }

    /// The bytes of `blocks`, in that order.
    ///
    /// # Errors
    /// [`SplitError`] when a block cannot be fetched.
    pub async fn read_blocks(&self, blocks: &[u32]) -> Result<Vec<Bytes>, SplitError> {
        let places = self.index().await?.directory()?;
        let range = |block: &u32| {
            let missing = SplitError::NoSuchBlock { id: self.meta.id, block: *block };
            let place = places.get(*block as usize).ok_or(missing);
            place.map(|place: &BlockPlace| place.at..place.at + place.len())
        };
        let ranges: Vec<Range<u64>> = blocks.iter().map(range).collect::<Result<_, _>>()?;
        self.fetch(&ranges).await
    }

    /// Reads everything, and holds the texts of all rows against the hash of those that went in.
    ///
    /// # Errors
    /// [`SplitError`], which names the section or the block.
    pub async fn verify(&self) -> Result<(), SplitError> {
        let index = self.index().await?;
        index.check()?;
        let numbers: Vec<u32> = (0..self.meta.blocks).collect();
        for some in numbers.chunks(VERIFIED_BLOCKS_AT_ONCE) {
            for (number, bytes) in some.iter().zip(self.read_blocks(some).await?) {
                let block = index.block(*number, &bytes)?;
                block.check()?;
                block.take(&RowSet::all(block.rows()), Columns::ALL)?;
            }
        }
        Ok(())
    }

    async fn fetch(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, SplitError> {
        let id = self.meta.id;
        let got = self.objects.get_ranges(&object_path(id), ranges).await;
        let got = got.map_err(|source| SplitError::Fetch { id, source })?;
        let whole =
            ranges.iter().zip(&got).all(|(range, got)| got.len() as u64 == range.end - range.start);
        let cut = || SplitError::Damaged { id, section: "end".to_owned() };
        if whole { Ok(got) } else { Err(cut()) }
    }
}

/// What an object of so many bytes says that it holds; none when it is no split of records.
pub(crate) async fn footer(
    objects: &dyn ObjectStore,
    path: &Path,
    bytes: u64,
) -> Result<Option<SplitMeta>, object_store::Error> {
    let Some(tail_at) = bytes.checked_sub(TAIL_BYTES as u64) else { return Ok(None) };
    let tail = objects.get_range(path, tail_at..bytes).await?;
    let Some(tail) = Tail::read(&tail, bytes) else { return Ok(None) };
    let sections = objects.get_range(path, tail.sections_at()).await?;
    let json = tail.section(Section::Meta, &sections);
    Ok(json.and_then(|json| serde_json::from_slice(&json).ok()))
}
