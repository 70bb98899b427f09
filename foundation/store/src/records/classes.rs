//! Which rows of some splits are of which class: told by their streams and templates, so that no text is read.
//!
//! ```text
//!   stream ──> component ─┐
//!                         ├──> class        per class: its streams, its blocks, how many rows
//!   template ──> level ───┘
//! ```
//! Invariant: every row is of exactly one class, and counted there.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use nilometer_model::{Origin, Severity};

use super::block::Block;
use super::index::RecordIndex;
use super::row_set::RowSet;
use crate::retention::{Level, Retention, SplitClass};
use crate::split::SplitError;

/// See the file's head.
pub(super) struct Classes {
    /// Per split and stream, the class of each level.
    of_streams: Vec<Vec<[SplitClass; Level::ALL.len()]>>,
    parts: BTreeMap<SplitClass, Found>,
}

/// What there is of a class.
struct Found {
    rows: u64,
    /// Per split and stream, whether there are rows of it.
    streams: Vec<Vec<bool>>,
    /// The same by block.
    blocks: Vec<Vec<bool>>,
}

/// The rows of one class.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) class: SplitClass,
    classes: &'a Classes,
    found: &'a Found,
}

impl Classes {
    /// Reads the heads of all blocks; `fetch` gives the bytes of a block of one of the splits, by its place.
    pub(super) fn find<E: From<SplitError>>(
        sources: &[Arc<RecordIndex>],
        retention: &Retention,
        fetch: &mut impl FnMut(usize, u32) -> Result<Bytes, E>,
    ) -> Result<Self, E> {
        let class_of = |stream: &Arc<Origin>| {
            Level::ALL.map(|level| retention.class_of(&stream.component, level))
        };
        let of_split = |source: &Arc<RecordIndex>| {
            source.streams().map(|streams| streams.iter().map(class_of).collect())
        };
        let of_streams: Result<_, SplitError> = sources.iter().map(of_split).collect();
        let mut classes = Self { of_streams: of_streams?, parts: BTreeMap::new() };
        for (place, source) in sources.iter().enumerate() {
            for number in 0..source.meta().blocks {
                let bytes = fetch(place, number)?;
                classes.count(sources, place, &source.block(number, &bytes)?)?;
            }
        }
        Ok(classes)
    }

    fn count(
        &mut self,
        sources: &[Arc<RecordIndex>],
        place: usize,
        block: &Block<'_>,
    ) -> Result<(), SplitError> {
        let empty = || Found {
            rows: 0,
            streams: self.of_streams.iter().map(|streams| vec![false; streams.len()]).collect(),
            blocks: sources.iter().map(|it| vec![false; it.meta().blocks as usize]).collect(),
        };
        for (stream, level) in rows(block)? {
            let class = self.of_streams[place][stream][level as usize];
            let found = self.parts.entry(class).or_insert_with(empty);
            found.rows += 1;
            found.streams[place][stream] = true;
            found.blocks[place][block.number() as usize] = true;
        }
        Ok(())
    }

    /// The rows of each class, those that matter least first.
    pub(super) fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        self.parts.iter().map(|(class, found)| Part { class: *class, classes: self, found })
    }
}

impl Part<'_> {
    pub(super) fn rows(&self) -> u64 {
        self.found.rows
    }

    /// Those of a split's streams that there are rows of.
    pub(super) fn streams(&self, place: usize, streams: &[Arc<Origin>]) -> Vec<Arc<Origin>> {
        let there = streams.iter().zip(&self.found.streams[place]);
        there.filter(|(_, is_there)| **is_there).map(|(stream, _)| Arc::clone(stream)).collect()
    }

    /// Whether a block of a split has rows of it.
    pub(super) fn is_in(&self, place: usize, block: u32) -> bool {
        self.found.blocks[place][block as usize]
    }

    /// Those of a block of a split.
    pub(super) fn of_block(&self, place: usize, block: &Block<'_>) -> Result<RowSet, SplitError> {
        let of_streams = &self.classes.of_streams[place];
        let mut wanted = RowSet::none(block.rows());
        for (row, (stream, level)) in rows(block)?.enumerate() {
            if of_streams[stream][level as usize] == self.class {
                wanted.insert(row);
            }
        }
        Ok(wanted)
    }
}

/// Stream and level of each row.
fn rows<'a>(block: &'a Block<'_>) -> Result<impl Iterator<Item = (usize, Level)> + 'a, SplitError> {
    let (head, templates) = (block.head()?, block.templates()?);
    let level = |place: &u16| {
        let template = head.groups.groups[usize::from(*place)].template;
        let severity = Severity::from_code(templates.severities[template as usize]);
        Level::of(severity.unwrap_or_default())
    };
    let streams = head.streams.iter().map(|stream| *stream as usize);
    Ok(streams.zip(head.groups.places.iter().map(level)))
}
