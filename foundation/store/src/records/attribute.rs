//! Attributes that are asked for, held against a split.
//!
//! Invariant: a block that has what is asked for is among the blocks; whether a row has it, its attributes say.

use super::block::Block;
use super::fields;
use super::index::RecordIndex;
use super::places::Fit;
use super::question::AttributeTest;
use super::row_set::RowSet;
use crate::limits::{BUCKET_VALUE_BYTES_MIN, INDEXED_VALUE_BYTES_MAX};
use crate::split::SplitError;

/// A test of attributes, and where they can pass it.
pub(super) struct Attribute {
    test: AttributeTest,
    /// The blocks that may have it, rising.
    blocks: Vec<u32>,
}

impl Attribute {
    pub(super) fn new(index: &RecordIndex, test: &AttributeTest) -> Result<Self, SplitError> {
        let mut blocks = Vec::new();
        for (key, value) in &test.any {
            blocks.extend(blocks_of(index, key, value.as_deref())?);
        }
        blocks.sort_unstable();
        blocks.dedup();
        Ok(Self { test: test.clone(), blocks })
    }

    /// Nowhere without a block in which it may be; never more than some.
    pub(super) fn fit(&self, block: Option<u32>) -> Fit {
        let may_be = match block {
            Some(block) => self.blocks.binary_search(&block).is_ok(),
            None => !self.blocks.is_empty(),
        };
        if may_be { Fit::Some } else { Fit::None }
    }

    pub(super) fn rows(&self, block: &Block<'_>, among: &RowSet) -> Result<RowSet, SplitError> {
        if self.fit(Some(block.number())) == Fit::None {
            return Ok(RowSet::none(block.rows()));
        }
        let attributes = block.attribute_texts(Some(among))?;
        Ok(among.keep(|row| (self.test.fits)(attributes.get(row))))
    }
}

/// The blocks that may have the key, or the key with the value.
fn blocks_of(index: &RecordIndex, key: &str, value: Option<&str>) -> Result<Vec<u32>, SplitError> {
    let terms = index.terms()?;
    let known = |term: &str| terms.blocks(term).map_err(|source| index.failed(source));
    let is_there = || known(&fields::there(key));
    let Some(value) = value else { return is_there() };
    let term = fields::term(key, value);
    if term.len() < BUCKET_VALUE_BYTES_MIN {
        // Buckets do not know it.
        return is_there();
    }
    let short = value.len() <= INDEXED_VALUE_BYTES_MAX;
    let mut blocks = if short { known(&term)? } else { Vec::new() };
    blocks.extend(index.bucket(term.as_bytes())?);
    Ok(blocks)
}
