//! A split that is asked what a filter asks, block by block.
//!
//! ```text
//!   filter, range ──> Asked ──begin──> rows that are counted without opening a block, blocks that are to be read
//!                       └────block───> those of its rows that fit ──take──> their columns
//! ```
//! Invariants:
//! - no row that fits is left out: it is counted at the beginning, or in one of the blocks;
//! - what is counted at the beginning is in none of the blocks that are left.

use std::sync::Arc;

use bytes::Bytes;
use nilometer_block::BlockError;
use nilometer_model::{TimeRange, Timestamp};
use nilometer_store::records::RowSet;
use nilometer_store::{Split, SplitError};

use super::{ColumnSet, DecodedSignal, Signal};
use crate::plan::Filter;

/// Something stored cannot be read as it was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoredError {
    #[error(transparent)]
    Split(#[from] SplitError),
    #[error("a block does not decode: {0}")]
    Block(#[from] BlockError),
}

/// See the file's head.
pub(crate) trait Asked<S: Signal>: Send + Sync + 'static {
    /// What needs no block, if rows that are alike may be counted together, and what is left.
    fn begin(&self, alike: Option<&Alike<S>>) -> Result<Begun<S>, StoredError>;
    /// A block, whose bytes these are.
    fn block<'a>(
        &'a self,
        number: u32,
        bytes: &'a Bytes,
        decoder: &'a mut S::Decoder,
    ) -> Result<Box<dyn StoredBlock<S> + 'a>, StoredError>;
}

/// A block of a split that is asked something.
pub(crate) trait StoredBlock<S: Signal> {
    /// How many rows it has.
    fn rows(&self) -> usize;
    /// The rows that fit; of these, `shown` will be looked at.
    fn fitting(&mut self, shown: S::Columns) -> Result<RowSet, StoredError>;
    /// Those of the rows that lie in the range.
    fn inside(&mut self, rows: RowSet) -> Result<RowSet, StoredError>;
    /// When they were, in the order of records.
    fn order_times(&mut self, wanted: &RowSet) -> Result<Vec<i64>, StoredError>;
    /// Rows, and which of these are those that are wanted.
    fn take(&mut self, wanted: RowSet, columns: S::Columns) -> Result<(S, RowSet), StoredError>;
}

/// What decides how a row counts.
pub(crate) struct Alike<S: Signal> {
    pub(crate) fields: Vec<S::Field>,
    /// Which of so many times are told apart, by the number of their bin; each is a function that rises.
    pub(crate) bins: Vec<Box<dyn Fn(Timestamp) -> i64 + Send>>,
}

/// A beginning.
pub(crate) struct Begun<S> {
    /// A row for each kind.
    pub(crate) kinds: S,
    /// How many there are of each kind.
    pub(crate) counts: Vec<u64>,
    pub(crate) blocks: Vec<BlockBounds>,
}

/// A block that may have rows that fit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BlockBounds {
    pub(crate) number: u32,
    pub(crate) order_first: Timestamp,
    pub(crate) order_last: Timestamp,
    /// All of its times lie in the range that is asked for.
    pub(crate) inside: bool,
}

/// A split whose blocks are decoded, column by column, and then asked.
pub(crate) struct Decoded<S: Signal> {
    split: Arc<Split>,
    filter: Arc<Filter<S>>,
    range: TimeRange,
    blocks: Vec<u32>,
}

impl<S: Signal> Decoded<S> {
    /// One in which those of the blocks that `blocks` names may have rows that fit.
    pub(super) fn new(
        split: &Arc<Split>,
        filter: &Arc<Filter<S>>,
        range: TimeRange,
        blocks: Vec<u32>,
    ) -> Self {
        Self { split: Arc::clone(split), filter: Arc::clone(filter), range, blocks }
    }

    fn bounds(&self, number: u32) -> Option<BlockBounds> {
        let entry = self.split.directory().get(number as usize)?;
        let inside = self.range.contains(entry.time_first) && self.range.contains(entry.time_last);
        let (order_first, order_last) = (entry.order_first, entry.order_last);
        Some(BlockBounds { number, order_first, order_last, inside })
    }
}

impl<S: DecodedSignal> Asked<S> for Decoded<S> {
    fn begin(&self, _: Option<&Alike<S>>) -> Result<Begun<S>, StoredError> {
        let blocks = self.blocks.iter().filter_map(|block| self.bounds(*block)).collect();
        Ok(Begun { kinds: S::default(), counts: Vec::new(), blocks })
    }

    fn block<'a>(
        &'a self,
        number: u32,
        bytes: &'a Bytes,
        decoder: &'a mut S::Decoder,
    ) -> Result<Box<dyn StoredBlock<S> + 'a>, StoredError> {
        let missing = || SplitError::NoSuchBlock { id: self.split.meta().id, block: number };
        let entry = self.split.directory().get(number as usize).ok_or_else(missing)?;
        let inside = self.bounds(number).is_some_and(|bounds| bounds.inside);
        let range = (!inside).then_some(self.range);
        let (rows, filter, held) = (entry.rows as usize, &*self.filter, S::default());
        let columns = None;
        Ok(Box::new(DecodedBlock { rows, filter, range, bytes, decoder, columns, held }))
    }
}

struct DecodedBlock<'a, S: Signal> {
    rows: usize,
    filter: &'a Filter<S>,
    /// None when all of it lies in the range.
    range: Option<TimeRange>,
    bytes: &'a Bytes,
    decoder: &'a mut S::Decoder,
    /// What is decoded.
    columns: Option<S::Columns>,
    held: S,
}

impl<S: DecodedSignal> DecodedBlock<'_, S> {
    fn decode(&mut self, columns: S::Columns) -> Result<&S, BlockError> {
        if !self.columns.is_some_and(|known| known.has(columns)) {
            self.held = S::decode(self.decoder, self.bytes, columns)?;
            self.columns = Some(columns);
        }
        Ok(&self.held)
    }
}

impl<S: DecodedSignal> StoredBlock<S> for DecodedBlock<'_, S> {
    fn rows(&self) -> usize {
        self.rows
    }

    /// Decodes what the filter looks at, with what costs little.
    fn fitting(&mut self, shown: S::Columns) -> Result<RowSet, StoredError> {
        let time = if self.range.is_some() { S::TIME } else { S::Columns::default() };
        let asked = self.filter.columns().with(time);
        // When nothing but who speaks decides, most blocks have rows that fit: a second look would be the rule.
        let nothing = asked == S::Columns::default();
        let cheap = if nothing { S::Columns::ALL } else { S::CHEAP };
        let (filter, range) = (self.filter, self.range);
        let rows = self.decode(asked.with(shown.among(cheap)))?;
        Ok(filter.select(rows, range))
    }

    fn inside(&mut self, rows: RowSet) -> Result<RowSet, StoredError> {
        let Some(range) = self.range else { return Ok(rows) };
        let times = self.decode(S::TIME)?.times();
        Ok(rows.keep(|row| range.contains(Timestamp(times[row]))))
    }

    fn order_times(&mut self, wanted: &RowSet) -> Result<Vec<i64>, StoredError> {
        let times = self.decode(S::ORDER_TIME)?.order_times();
        Ok(wanted.iter().map(|row| times[row]).collect())
    }

    fn take(&mut self, wanted: RowSet, columns: S::Columns) -> Result<(S, RowSet), StoredError> {
        self.decode(columns)?;
        self.columns = None;
        Ok((std::mem::take(&mut self.held), wanted))
    }
}
