//! Fetches blocks, and keeps book of what could not be.
//!
//! ```text
//!   blocks of one split ─ one read ─> all of them
//!                            └─ error ─> one by one: those that are whole
//! ```
//! Invariant: a split that cannot be fetched is not asked again by the same query.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::sync::Arc;

use bytes::Bytes;
use nilometer_model::TimeRange;
use nilometer_store::SplitError;

use super::planned::Indexed;
use super::{Place, Unit};
use crate::execute::QueryError;
use crate::execute::room::{self, PiecePlace};
use crate::plan::{BlockId, Signal};

/// Rows, or the bytes that hold them.
pub(super) enum Input<S: Signal> {
    Buffered { rows: Arc<S>, inside: bool },
    Block { split: usize, asked: Arc<S::Asked>, id: BlockId, bytes: Bytes, inside: bool },
}

/// Inputs, and the place that they take among the pieces that are held.
pub(super) struct Piece<S: Signal> {
    pub(super) inputs: Vec<Input<S>>,
    _place: PiecePlace,
}

/// See the file's head. Splits are named by their place in the snapshot.
pub(super) struct Reader<'a, S: Signal> {
    /// All splits of the snapshot that hold such rows.
    of: &'a [Arc<S::Split>],
    asked: BTreeMap<usize, Arc<S::Asked>>,
    bytes_read: u64,
    /// Splits of which blocks were read.
    splits: BTreeSet<usize>,
    /// Splits of which something could not be read.
    missing: BTreeSet<usize>,
    /// Splits that could not be fetched.
    gone: BTreeSet<usize>,
}

impl<'a, S: Signal> Reader<'a, S> {
    pub(super) fn new(of: &'a [Arc<S::Split>]) -> Self {
        let (splits, missing, gone) = <(BTreeSet<_>, BTreeSet<_>, BTreeSet<_>)>::default();
        Self { of, asked: BTreeMap::new(), bytes_read: 0, splits, missing, gone }
    }

    /// What the splits that touch the range say of their blocks.
    pub(super) async fn indexes(&mut self, range: TimeRange) -> Vec<Indexed<S>> {
        let mut indexes = Vec::new();
        for (split, opened) in self.of.iter().enumerate() {
            let meta = S::meta(opened);
            if !range.touches(meta.time_first, meta.time_last) {
                continue;
            }
            match S::index(opened).await {
                Ok(index) => indexes.push(Indexed { split, id: meta.id, index }),
                Err(error) => self.miss(split, &error),
            }
        }
        indexes
    }

    /// Notes what the splits were asked.
    pub(super) fn ask(&mut self, asked: Vec<(usize, Arc<S::Asked>)>) {
        self.asked.extend(asked);
    }

    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    pub(super) fn splits(&self) -> u64 {
        self.splits.len() as u64
    }

    pub(super) fn missing_splits(&self) -> u32 {
        u32::try_from(self.missing.len()).unwrap_or(u32::MAX)
    }

    /// Notes that a part of the split is not in the answer.
    pub(super) fn miss(&mut self, split: usize, why: &impl Display) {
        if self.missing.insert(split) {
            let id = S::meta(&self.of[split]).id.0;
            tracing::error!(split = %id, %why, "a part of a split cannot be read; it is left out");
        }
    }

    /// What can be read of the units, once there is a place for it.
    pub(super) async fn piece(&mut self, units: &[Unit<S>]) -> Result<Piece<S>, QueryError> {
        let place = room::piece_place().await?;
        Ok(Piece { inputs: self.read(units).await, _place: place })
    }

    /// The same, if there is a place to spare.
    pub(super) async fn spare_piece(&mut self, units: &[Unit<S>]) -> Option<Piece<S>> {
        let place = room::spare_piece_place()?;
        Some(Piece { inputs: self.read(units).await, _place: place })
    }

    /// What can be read of the units, with one read for each split.
    async fn read(&mut self, units: &[Unit<S>]) -> Vec<Input<S>> {
        let mut inputs = Vec::with_capacity(units.len());
        let mut wanted: Vec<(usize, u32, bool)> = Vec::new();
        for unit in units {
            match &unit.place {
                Place::Buffer(rows) => {
                    inputs.push(Input::Buffered { rows: Arc::clone(rows), inside: unit.inside });
                }
                Place::Block { split, block } => wanted.push((*split, *block, unit.inside)),
            }
        }
        wanted.sort_unstable();
        for group in wanted.chunk_by(|a, b| a.0 == b.0) {
            let split = group[0].0;
            let Some(asked) = self.asked.get(&split).map(Arc::clone) else { continue };
            let blocks: Vec<u32> = group.iter().map(|(_, block, _)| *block).collect();
            for (block, bytes) in self.blocks(split, &blocks).await {
                self.splits.insert(split);
                self.bytes_read += bytes.len() as u64;
                let inside = group.iter().any(|(_, of, inside)| *of == block && *inside);
                let id = (S::meta(&self.of[split]).id, block);
                let asked = Arc::clone(&asked);
                inputs.push(Input::Block { split, asked, id, bytes, inside });
            }
        }
        inputs
    }

    /// Those of the blocks that can be read.
    async fn blocks(&mut self, split: usize, blocks: &[u32]) -> Vec<(u32, Bytes)> {
        if self.gone.contains(&split) {
            return Vec::new();
        }
        let opened = &self.of[split];
        match S::read_blocks(opened, blocks).await {
            Ok(read) => return blocks.iter().copied().zip(read).collect(),
            Err(error) => self.miss(split, &error),
        }
        let mut whole = Vec::new();
        for block in blocks {
            match S::read_blocks(opened, &[*block]).await {
                Ok(read) => whole.extend(read.into_iter().map(|bytes| (*block, bytes))),
                Err(SplitError::Fetch { .. }) => {
                    self.gone.insert(split);
                    break;
                }
                Err(_) => {}
            }
        }
        whole
    }
}
