//! Splits of spans and of samples from an object store: what is read is checked before it is believed.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use nilometer_model::{Tenant, TimeRange};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use super::directory::{self, BlockEntry};
use super::sample_index::SampleIndex;
use super::span_index::SpanIndex;
use super::{
    MAGIC, SECTIONS, SamplePrune, SpanPrune, SplitError, SplitKind, SplitMeta, TAIL_BYTES,
    object_path,
};
use crate::limits::VERIFIED_BLOCKS_AT_ONCE;

/// A split that can be read.
pub struct Split {
    objects: Arc<dyn ObjectStore>,
    meta: SplitMeta,
    directory: Vec<BlockEntry>,
    /// As it stands in the object; opened on first use.
    packed_index: Bytes,
    index: OnceLock<Option<Index>>,
}

/// The index of each kind.
enum Index {
    Spans(SpanIndex),
    Samples(SampleIndex),
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
        if tail.format != meta.kind.format() {
            return Err(SplitError::Format { id, format: tail.format });
        }
        let [directory_len, index_len, footer_len] = tail.sections.map(|(len, _)| len as usize);
        let sections_bytes = tail.sections.iter().map(|(len, _)| u64::from(*len)).sum();
        let blocks_bytes = tail_at.checked_sub(sections_bytes).ok_or_else(|| damaged("tail"))?;
        let mut rest = fetch(blocks_bytes..tail_at).await?;
        let directory = rest.split_to(directory_len);
        let index = rest.split_to(index_len);
        let footer = rest.split_to(footer_len);
        let named = [("directory", &directory), ("index", &index), ("footer", &footer)];
        for ((name, bytes), (_, crc)) in named.into_iter().zip(tail.sections) {
            if crc32c::crc32c(bytes) != crc {
                return Err(damaged(name));
            }
        }
        if !describes(&footer, &meta) {
            return Err(damaged("footer"));
        }
        let directory =
            directory::get(&directory, blocks_bytes).ok_or_else(|| damaged("directory"))?;
        if directory.len() != meta.blocks as usize {
            return Err(damaged("directory"));
        }
        Ok(Self { objects, meta, directory, packed_index: index, index: OnceLock::new() })
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

    /// The tenant's blocks of spans that may hold one that begins in `range` and meets `prune`.
    #[must_use]
    pub fn span_blocks(&self, tenant: &Tenant, range: TimeRange, prune: &SpanPrune) -> Vec<u32> {
        let mut blocks = self.touching(SplitKind::Spans, tenant, range);
        if *prune != SpanPrune::default()
            && !blocks.is_empty()
            && let Some(Index::Spans(index)) = self.index()
        {
            let may_meet = index.blocks(prune);
            blocks.retain(|block| may_meet[*block as usize]);
        }
        blocks
    }

    /// The tenant's blocks of spans that may hold one of the trace.
    #[must_use]
    pub fn trace_blocks(&self, tenant: &Tenant, trace_id: [u8; 16]) -> Vec<u32> {
        let own = self.own(SplitKind::Spans, tenant);
        if own.is_empty() {
            return Vec::new();
        }
        match self.index() {
            Some(Index::Spans(index)) => {
                index.of_trace(trace_id).filter(|block| own.contains(block)).collect()
            }
            _ => own.collect(),
        }
    }

    /// The hashes of all its traces, whoever's they are; `None` when they are not known.
    pub(crate) fn trace_hashes(&self) -> Option<impl Iterator<Item = u32>> {
        match self.index() {
            Some(Index::Spans(index)) => Some(index.trace_hashes()),
            _ => None,
        }
    }

    /// The tenant's blocks of samples that may hold one in `range` that meets `prune`.
    #[must_use]
    pub fn sample_blocks(
        &self,
        tenant: &Tenant,
        range: TimeRange,
        prune: &SamplePrune,
    ) -> Vec<u32> {
        let mut blocks = self.touching(SplitKind::Samples, tenant, range);
        if *prune != SamplePrune::default()
            && !blocks.is_empty()
            && let Some(Index::Samples(index)) = self.index()
        {
            let may_meet = index.blocks(prune);
            blocks.retain(|block| may_meet[*block as usize]);
        }
        blocks
    }

    /// The tenant's blocks whose times touch `range`; none of a split of another kind.
    fn touching(&self, kind: SplitKind, tenant: &Tenant, range: TimeRange) -> Vec<u32> {
        let touches = |block: &u32| {
            let entry = &self.directory[*block as usize];
            range.touches(entry.time_first, entry.time_last)
        };
        self.own(kind, tenant).filter(touches).collect()
    }

    /// The tenant's blocks, if the split is of that kind; all of them where nobody noted whose they are.
    fn own(&self, kind: SplitKind, tenant: &Tenant) -> Range<u32> {
        let (noted, blocks) = (&self.meta.tenants, self.meta.blocks);
        if self.meta.kind != kind {
            return 0..0;
        }
        let unknown = if noted.is_empty() { blocks } else { 0 };
        let own = noted.get(tenant.name()).cloned().unwrap_or(0..unknown);
        own.start.min(blocks)..own.end.min(blocks)
    }

    /// The index; `None`, and said, when it cannot be opened: it then rules nothing out.
    fn index(&self) -> Option<&Index> {
        let (section, blocks) = (&self.packed_index, self.meta.blocks);
        let opened = || match self.meta.kind {
            SplitKind::Logs => None,
            SplitKind::Spans => SpanIndex::open(section.clone(), blocks).map(Index::Spans),
            SplitKind::Samples => SampleIndex::open(section, blocks).map(Index::Samples),
        };
        let index = self.index.get_or_init(opened).as_ref();
        if index.is_none() {
            tracing::error!(split = %self.meta.id.0, "the index cannot be opened; all blocks are read");
        }
        index
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

    /// Reads everything, and holds it against its checksums.
    ///
    /// # Errors
    /// [`SplitError`], which names the section or the block.
    pub(crate) async fn verify(&self) -> Result<(), SplitError> {
        if self.index().is_none() {
            return Err(SplitError::Damaged { id: self.meta.id, section: "index".to_owned() });
        }
        let numbers: Vec<u32> = (0..self.meta.blocks).collect();
        for some in numbers.chunks(VERIFIED_BLOCKS_AT_ONCE) {
            self.read_blocks(some).await?;
        }
        Ok(())
    }
}

/// What an object of so many bytes says that it holds; none when it is no split of spans or samples.
pub(crate) async fn footer(
    objects: &dyn ObjectStore,
    path: &Path,
    bytes: u64,
) -> Result<Option<SplitMeta>, object_store::Error> {
    let Some(tail_at) = bytes.checked_sub(TAIL_BYTES as u64) else { return Ok(None) };
    let tail = objects.get_range(path, tail_at..bytes).await?;
    let Some([.., (len, crc)]) = Tail::parse(&tail).map(|tail| tail.sections) else {
        return Ok(None);
    };
    let footer = objects.get_range(path, tail_at.saturating_sub(u64::from(len))..tail_at).await?;
    let is_sound = crc32c::crc32c(&footer) == crc;
    Ok(serde_json::from_slice(&footer).ok().filter(|_| is_sound))
}

/// Whether a footer says what Meta says; only the size is Meta's alone.
fn describes(footer: &[u8], meta: &SplitMeta) -> bool {
    let footer: Result<SplitMeta, _> = serde_json::from_slice(footer);
    footer.is_ok_and(|footer| SplitMeta { bytes: meta.bytes, ..footer } == *meta)
}

struct Tail {
    /// Length and checksum of directory, index and footer.
    sections: [(u32, u32); SECTIONS],
    format: u16,
}

impl Tail {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (numbers, rest) = bytes.split_at_checked(SECTIONS * 8)?;
        let (words, _) = numbers.as_chunks::<4>();
        let word = |at: usize| u32::from_le_bytes(words[at]);
        let [f0, f1, magic @ ..] = rest else { return None };
        (magic == MAGIC).then_some(())?;
        Some(Self {
            sections: std::array::from_fn(|at| (word(2 * at), word(2 * at + 1))),
            format: u16::from_le_bytes([*f0, *f1]),
        })
    }
}
