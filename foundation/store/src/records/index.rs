//! What a split of records says of its blocks: sections are inflated when they are first needed.
//!
//! Invariant: what was held against its checksum once is kept; what was not sound stays an error.

use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use nilometer_block::cursor::Cursor;
use nilometer_block::origins;
use nilometer_model::{Origin, TimeRange, Timestamp};

use super::block::Block;
use super::buckets;
use super::counts::{self, Lists};
use super::directory::{self, BlockPlace};
use super::frames::Frame;
use super::object::{Section, Tail};
use super::rollups::{self, MINUTE_NS, Rollup, Service};
use super::skeletons::Skeletons;
use super::templates::Templates;
use super::terms::Terms;
use super::token::BEYOND_ASCII;
use crate::split::{SplitError, SplitMeta};

/// See the module.
pub struct RecordIndex {
    meta: SplitMeta,
    tail: Tail,
    /// All sections, as they stand in the object.
    sections: Bytes,
    streams: OnceLock<Option<Arc<[Arc<Origin>]>>>,
    services: OnceLock<Vec<Service>>,
    directory: OnceLock<Option<Vec<BlockPlace>>>,
    templates: OnceLock<Option<Indexed>>,
    forms: OnceLock<Option<Templates>>,
    buckets: OnceLock<Option<Vec<u8>>>,
    terms: OnceLock<Option<Terms>>,
    rollups: OnceLock<Option<Option<Vec<Rollup>>>>,
    skeletons: OnceLock<Skeletons>,
}

/// Templates, and where they are.
pub(super) struct Indexed {
    pub(super) templates: Templates,
    /// The texts, lower-cased.
    pub(super) lower: Vec<u8>,
    /// Per template, its rows.
    pub(super) totals: Vec<u64>,
    /// Per block, its templates.
    pub(super) by_block: Lists,
    /// Templates in whose variables there may be words of which the index does not know.
    pub(super) odd: Vec<u32>,
}

impl Indexed {
    fn new(templates: Templates, by_template: &Lists, blocks: usize) -> Self {
        let lower = templates.texts.to_ascii_lowercase();
        let by_block = by_template.turned(blocks);
        let is_odd = |template: &u32| {
            templates.masks_of(*template).iter().any(|mask| mask & BEYOND_ASCII != 0)
        };
        let odd = (0_u32..).take(templates.len()).filter(is_odd).collect();
        Self { templates, lower, totals: by_template.totals(), by_block, odd }
    }

    /// A template's text, lower-cased if asked.
    pub(super) fn text(&self, template: u32, lower: bool) -> &[u8] {
        let texts = if lower { &self.lower } else { &self.templates.texts };
        &texts[self.templates.start(template)..self.templates.ends[template as usize] as usize]
    }
}

impl fmt::Debug for RecordIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordIndex").field("meta", &self.meta).finish_non_exhaustive()
    }
}

impl RecordIndex {
    /// The sections of the split that Meta describes as `meta`.
    ///
    /// # Errors
    /// [`SplitError::Damaged`] when they are another split's.
    pub(super) fn new(meta: SplitMeta, tail: Tail, sections: Bytes) -> Result<Self, SplitError> {
        let index = Self {
            meta,
            tail,
            sections,
            streams: OnceLock::new(),
            services: OnceLock::new(),
            directory: OnceLock::new(),
            templates: OnceLock::new(),
            forms: OnceLock::new(),
            buckets: OnceLock::new(),
            terms: OnceLock::new(),
            rollups: OnceLock::new(),
            skeletons: OnceLock::new(),
        };
        let own = index.section(Section::Meta);
        let own: Option<SplitMeta> = own.and_then(|json| serde_json::from_slice(&json).ok());
        let is_own =
            own.is_some_and(|own| SplitMeta { bytes: index.meta.bytes, ..own } == index.meta);
        if is_own { Ok(index) } else { Err(index.damaged(Section::Meta.name())) }
    }

    /// What it holds.
    #[must_use]
    pub fn meta(&self) -> &SplitMeta {
        &self.meta
    }

    /// Reads every section.
    ///
    /// # Errors
    /// [`SplitError::Damaged`], which names the section.
    pub fn check(&self) -> Result<(), SplitError> {
        self.indexed()?;
        self.forms()?;
        self.terms()?;
        self.rollups()?;
        self.buckets().map(|_| ())
    }

    /// Shows each template of its messages: the text, a variable as a sign of its own, and a time before which there
    /// is none of it, to the minute where that is kept. Texts that are kept whole have none.
    ///
    /// # Errors
    /// [`SplitError::Damaged`].
    pub fn each_template(&self, mut show: impl FnMut(&str, Timestamp)) -> Result<(), SplitError> {
        let (indexed, first) = (self.indexed()?, self.first_times()?);
        for (number, first) in (0_u32..).zip(first) {
            if !indexed.templates.is_whole(number) {
                show(&String::from_utf8_lossy(indexed.text(number, false)), first);
            }
        }
        Ok(())
    }

    /// Per template, a time before which there is no row of it.
    fn first_times(&self) -> Result<Vec<Timestamp>, SplitError> {
        let templates = self.indexed()?.templates.len();
        let Some(entries) = self.rollups()? else {
            return Ok(vec![self.meta.time_first; templates]);
        };
        let mut first = vec![Timestamp(i64::MAX); templates];
        for entry in entries {
            let begins = Timestamp(i64::from(entry.minute).saturating_mul(MINUTE_NS));
            if let Some(first) = first.get_mut(entry.template as usize) {
                *first = begins.min(*first);
            }
        }
        Ok(first.into_iter().map(|first| first.max(self.meta.time_first)).collect())
    }

    /// The skeletons of its templates.
    pub(super) fn skeletons(&self) -> Result<&Skeletons, SplitError> {
        let templates = &self.indexed()?.templates;
        Ok(self.skeletons.get_or_init(|| Skeletons::of(templates)))
    }

    /// Its origins, in the order of its rows.
    ///
    /// # Errors
    /// [`SplitError::Damaged`].
    pub fn streams(&self) -> Result<&[Arc<Origin>], SplitError> {
        self.all_streams().map(|streams| &**streams)
    }

    /// The same, to be held on to.
    pub(super) fn all_streams(&self) -> Result<&Arc<[Arc<Origin>]>, SplitError> {
        let read = || {
            let section = self.section(Section::Streams)?;
            let mut cursor = Cursor::new(&section);
            origins::get(&mut cursor).filter(|_| cursor.is_empty()).map(Arc::from)
        };
        self.known(&self.streams, Section::Streams, read)
    }

    /// Whose its rows are, by service.
    pub(super) fn services(&self) -> Result<&[Service], SplitError> {
        let streams = self.streams()?;
        Ok(self.services.get_or_init(|| rollups::by_service(streams)))
    }

    /// Its blocks.
    ///
    /// # Errors
    /// [`SplitError::Damaged`].
    pub fn directory(&self) -> Result<&[BlockPlace], SplitError> {
        let streams = self.streams()?.len();
        let read = || {
            let section = self.section(Section::Directory)?;
            let blocks = directory::read(&section, self.tail.blocks_bytes, streams)?;
            (blocks.len() == self.meta.blocks as usize).then_some(blocks)
        };
        self.known(&self.directory, Section::Directory, read).map(Vec::as_slice)
    }

    /// Its parts by name, and how many bytes each takes: sections, and the frames of all blocks.
    pub fn parts(&self) -> Vec<(&'static str, u64)> {
        let blocks = self.directory().unwrap_or_default();
        let frames = Frame::ALL.into_iter().map(|frame| {
            let bytes = blocks.iter().map(|block| u64::from(block.frames[frame as usize].len));
            (frame.name(), bytes.sum())
        });
        frames.chain(self.tail.sections()).collect()
    }

    /// The blocks that may hold a row in the range, rising.
    pub(super) fn touching(&self, range: TimeRange) -> Result<Vec<u32>, SplitError> {
        let blocks = (0_u32..).zip(self.directory()?);
        let touching = blocks.filter(|(_, at)| range.touches(at.time_first, at.time_last));
        Ok(touching.map(|(block, _)| block).collect())
    }

    pub(super) fn indexed(&self) -> Result<&Indexed, SplitError> {
        let blocks = self.meta.blocks as usize;
        let read = || {
            let section = self.section(Section::Templates)?;
            let mut cursor = Cursor::new(&section);
            let heads = counts::read_templates(&mut cursor)?;
            let by_template = counts::read_lists(&mut cursor, heads.1.len(), blocks)?;
            let templates = counts::read_texts(&mut cursor, heads)?;
            Some(Indexed::new(templates, &by_template, blocks))
        };
        self.known(&self.templates, Section::Templates, read)
    }

    pub(super) fn forms(&self) -> Result<&Templates, SplitError> {
        let read = || {
            let section = self.section(Section::Forms)?;
            let mut cursor = Cursor::new(&section);
            let heads = counts::read_templates(&mut cursor)?;
            counts::read_texts(&mut cursor, heads)
        };
        self.known(&self.forms, Section::Forms, read)
    }

    fn buckets(&self) -> Result<&Vec<u8>, SplitError> {
        self.known(&self.buckets, Section::Buckets, || self.section(Section::Buckets))
    }

    /// The blocks that may hold the variable, rising.
    pub(super) fn bucket(&self, value: &[u8]) -> Result<Vec<u32>, SplitError> {
        let blocks = buckets::blocks_of(self.buckets()?, self.meta.blocks, value);
        blocks.ok_or_else(|| self.damaged(Section::Buckets.name()))
    }

    pub(super) fn terms(&self) -> Result<&Terms, SplitError> {
        let templates = u32::try_from(self.indexed()?.templates.len()).unwrap_or(u32::MAX);
        let read = || Terms::open(&self.section(Section::Terms)?, templates, self.meta.blocks);
        self.known(&self.terms, Section::Terms, read)
    }

    /// Counts by minute, where they were kept.
    pub(super) fn rollups(&self) -> Result<Option<&[Rollup]>, SplitError> {
        let read = || rollups::read(&self.section(Section::Rollups)?);
        self.known(&self.rollups, Section::Rollups, read).map(Option::as_deref)
    }

    /// A block, whose bytes these are.
    ///
    /// # Errors
    /// When there is none of that number, or its bytes are not as many as were written.
    pub fn block<'a>(&'a self, number: u32, bytes: &'a Bytes) -> Result<Block<'a>, SplitError> {
        let missing = SplitError::NoSuchBlock { id: self.meta.id, block: number };
        let place = self.directory()?.get(number as usize).ok_or(missing)?;
        if bytes.len() as u64 != place.len() {
            return Err(self.damaged(&format!("block {number}")));
        }
        Ok(Block::new(self, number, place, bytes))
    }

    pub(super) fn damaged(&self, section: &str) -> SplitError {
        SplitError::Damaged { id: self.meta.id, section: section.to_owned() }
    }

    pub(super) fn failed(&self, source: tantivy::TantivyError) -> SplitError {
        SplitError::Index { id: self.meta.id, source }
    }

    fn section(&self, section: Section) -> Option<Vec<u8>> {
        self.tail.section(section, &self.sections)
    }

    fn known<'a, T>(
        &self,
        known: &'a OnceLock<Option<T>>,
        section: Section,
        read: impl FnOnce() -> Option<T>,
    ) -> Result<&'a T, SplitError> {
        known.get_or_init(read).as_ref().ok_or_else(|| self.damaged(section.name()))
    }
}
