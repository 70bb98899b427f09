//! Splits from an object store: what is read is checked before it is believed.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use nilometer_model::TimeRange;
use object_store::{ObjectStore, ObjectStoreExt};

use super::directory::{self, BlockEntry};
use super::{FORMAT, MAGIC, Prune, SplitError, SplitMeta, TAIL_BYTES, object_path};

/// A split that can be read.
pub struct Split {
    objects: Arc<dyn ObjectStore>,
    meta: SplitMeta,
    directory: Vec<BlockEntry>,
}

impl fmt::Debug for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Split").field("meta", &self.meta).finish_non_exhaustive()
    }
}

impl Split {
    /// Opens the split that Meta describes as `meta`.
    ///
    /// # Errors
    /// [`SplitError`] when it cannot be fetched, or is not what `meta` says.
    pub async fn open(objects: Arc<dyn ObjectStore>, meta: SplitMeta) -> Result<Self, SplitError> {
        let (id, bytes) = (meta.id, meta.bytes);
        let damaged = |section: &str| SplitError::Damaged { id, section: section.to_owned() };
        let path = object_path(id);
        let fetch = async |range: Range<u64>| {
            let len = range.end - range.start;
            let got = objects.get_range(&path, range).await;
            let got = got.map_err(|source| SplitError::Fetch { id, source })?;
            if got.len() as u64 == len { Ok(got) } else { Err(damaged("tail")) }
        };
        let tail_at = bytes.checked_sub(TAIL_BYTES as u64).ok_or_else(|| damaged("tail"))?;
        let tail = fetch(tail_at..bytes).await?;
        let tail = Tail::parse(&tail).ok_or_else(|| damaged("tail"))?;
        if tail.format != FORMAT {
            return Err(SplitError::Format { id, format: tail.format });
        }
        let sections = u64::from(tail.directory_len) + u64::from(tail.footer_len);
        let blocks_bytes = tail_at.checked_sub(sections).ok_or_else(|| damaged("tail"))?;
        let both = fetch(blocks_bytes..tail_at).await?;
        let (directory, footer) = both.split_at(tail.directory_len as usize);
        if crc32c::crc32c(directory) != tail.directory_crc {
            return Err(damaged("directory"));
        }
        if crc32c::crc32c(footer) != tail.footer_crc || !describes(footer, &meta) {
            return Err(damaged("footer"));
        }
        let directory =
            directory::get(directory, blocks_bytes).ok_or_else(|| damaged("directory"))?;
        if directory.len() != meta.blocks as usize {
            return Err(damaged("directory"));
        }
        Ok(Self { objects, meta, directory })
    }

    /// What it holds.
    #[must_use]
    pub fn meta(&self) -> &SplitMeta {
        &self.meta
    }

    /// Its blocks.
    #[must_use]
    pub fn directory(&self) -> &[BlockEntry] {
        &self.directory
    }

    /// The blocks that may hold a row in `range` that meets `prune`; none that does is left out.
    #[must_use]
    pub fn blocks(&self, range: TimeRange, prune: &Prune) -> Vec<u32> {
        if !prune.possible() {
            return Vec::new();
        }
        let entries = (0_u32..).zip(&self.directory);
        let touching =
            entries.filter(|(_, entry)| range.touches(entry.time_first, entry.time_last));
        touching.map(|(block, _)| block).collect()
    }

    /// The bytes of `blocks`, in that order.
    ///
    /// # Errors
    /// [`SplitError`] when a block cannot be fetched or is not what was written.
    pub async fn read_blocks(&self, blocks: &[u32]) -> Result<Vec<Bytes>, SplitError> {
        let id = self.meta.id;
        let entry = |block: &u32| {
            let entry = self.directory.get(*block as usize);
            entry.ok_or(SplitError::NoSuchBlock { id, block: *block })
        };
        let entries: Vec<_> = blocks.iter().map(entry).collect::<Result<_, _>>()?;
        let ranges: Vec<_> =
            entries.iter().map(|entry| entry.at..entry.at + u64::from(entry.len)).collect();
        let read = self.objects.get_ranges(&object_path(id), &ranges).await;
        let read = read.map_err(|source| SplitError::Fetch { id, source })?;
        for ((block, entry), bytes) in blocks.iter().zip(entries).zip(&read) {
            if bytes.len() != entry.len as usize || crc32c::crc32c(bytes) != entry.crc {
                return Err(SplitError::Damaged { id, section: format!("block {block}") });
            }
        }
        Ok(read)
    }
}

/// Whether a footer says what Meta says; only the size is Meta's alone.
fn describes(footer: &[u8], meta: &SplitMeta) -> bool {
    let footer: Result<SplitMeta, _> = serde_json::from_slice(footer);
    footer.is_ok_and(|footer| SplitMeta { bytes: meta.bytes, ..footer } == *meta)
}

struct Tail {
    directory_len: u32,
    directory_crc: u32,
    footer_len: u32,
    footer_crc: u32,
    format: u16,
}

impl Tail {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (words, rest) = bytes.as_chunks::<4>();
        let [directory_len, directory_crc, footer_len, footer_crc, four] = words else {
            return None;
        };
        let [f0, f1, m0, m1] = *four;
        ([m0, m1, rest[0], rest[1]] == *MAGIC).then_some(())?;
        Some(Self {
            directory_len: u32::from_le_bytes(*directory_len),
            directory_crc: u32::from_le_bytes(*directory_crc),
            footer_len: u32::from_le_bytes(*footer_len),
            footer_crc: u32::from_le_bytes(*footer_crc),
            format: u16::from_le_bytes([f0, f1]),
        })
    }
}
