//! A split of spans or samples written anew, without some of what it holds.
//!
//! Invariants:
//! - what stays comes unchanged; nothing of what goes is left in any section;
//! - in memory is what a merge of the split would hold: all of it, decoded.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use nilometer_block::{BlockError, SpanColumns, decode_samples, decode_spans};
use nilometer_model::{Count, Items, Revision};

use super::{Split, SplitError, SplitId, SplitKind, SplitOrigin, build_samples, build_spans};
use crate::records::{Rewritten, RowSet, adds_up};

impl Split {
    /// Builds a split of the items that `goes` does not name; `fetch` gives the bytes of a block.
    ///
    /// # Errors
    /// What `fetch` says; [`SplitError`] when it is damaged, memory is short, or what would be stored is not what
    /// stays.
    pub(crate) fn rewrite<E: From<SplitError>>(
        &self,
        (id, revision): (SplitId, Revision),
        goes: &dyn Fn(&Items) -> RowSet,
        fetch: &mut impl FnMut(u32) -> Result<Bytes, E>,
    ) -> Result<Rewritten, E> {
        let meta = self.meta();
        let (mut spans, mut samples) = (Vec::new(), Vec::new());
        let (mut rows_gone, mut counts_gone) = (0, BTreeMap::new());
        for block in 0..meta.blocks {
            let damaged =
                |_| SplitError::Damaged { id: meta.id, section: format!("block {block}") };
            let items = decoded(meta.kind, &fetch(block)?).map_err(damaged)?;
            let gone = goes(&items);
            for (_, entry) in items.entries().enumerate().filter(|(row, _)| gone.contains(*row)) {
                rows_gone += 1;
                *counts_gone.entry(entry.source).or_default() += Count::one(entry.bytes.into());
            }
            let stays = without(items, &gone);
            spans.extend(Some(stays.spans).filter(|spans| !spans.is_empty()).map(Arc::new));
            samples.extend(Some(stays.samples).filter(|all| !all.is_empty()).map(Arc::new));
        }
        if rows_gone == meta.rows {
            return Ok(Rewritten { split: None, rows_gone });
        }
        let origin = SplitOrigin::of_merged(id, &[meta], revision)?;
        let made = match meta.kind {
            SplitKind::Spans => build_spans(id, &spans, origin)?,
            _ => build_samples(id, &samples, origin)?,
        };
        if !adds_up(&made.0.sources, &counts_gone, &meta.sources) {
            let what = "what stays and what goes is not what there was";
            return Err(SplitError::Build { id, what }.into());
        }
        Ok(Rewritten { split: Some(made), rows_gone })
    }
}

fn decoded(kind: SplitKind, block: &Bytes) -> Result<Items, BlockError> {
    let mut items = Items::default();
    match kind {
        SplitKind::Spans => items.spans = decode_spans(block, SpanColumns::ALL)?,
        _ => items.samples = decode_samples(block)?,
    }
    Ok(items)
}

fn without(items: Items, gone: &RowSet) -> Items {
    if gone.is_empty() {
        return items;
    }
    let numbers = (0_u32..).zip(0..items.len());
    let stays: Vec<u32> =
        numbers.filter(|(_, row)| !gone.contains(*row)).map(|(number, _)| number).collect();
    items.pick(&stays)
}
