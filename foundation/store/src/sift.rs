//! What becomes of each item of a batch before it enters: kept, turned away, or in already.
//!
//! ```text
//!   item ── admission turns it away ──────────────────> refused(reason)
//!        ── its position is covered ──────────────────> in already; nothing is counted again
//!        ── a span whose id is in already ────────────> refused(duplicate)
//!        ── else ─────────────────────────────────────> kept
//! ```
//! Invariant: pure. The same batch on the same books and the same spans is sifted the same, so that whoever
//! reads the Log again decides the same.

use std::collections::HashMap;

use nilometer_model::{Items, Reason, SourceId};
use nilometer_wire::Refusal;

use crate::account::Entry;

/// Stretches of sources that are not covered.
pub(crate) type Missing = HashMap<SourceId, Vec<(u64, u64)>>;

/// Which items of a batch are new.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    All,
    None,
    Numbers(Vec<u32>),
}

/// A batch's items for the books, and which of them are new.
#[derive(Debug, Default)]
pub(crate) struct Sifted {
    entries: HashMap<SourceId, Vec<Entry>>,
    kept: Vec<u32>,
    items: usize,
}

/// Sifts a batch; `is_repeat` says of a span, by its row, whether its id is in already.
pub(crate) fn sift(
    items: &Items,
    refused: &[Refusal],
    missing: &Missing,
    is_repeat: &mut dyn FnMut(usize) -> bool,
) -> Sifted {
    let reasons: HashMap<u32, Reason> = refused.iter().map(|r| (r.index, r.reason)).collect();
    let spans = items.rows.len()..items.rows.len() + items.spans.len();
    let all: Vec<_> = items.entries().collect();
    let mut sifted = Sifted { items: all.len(), ..Sifted::default() };
    let mut number = 0_u32;
    for run in all.chunk_by(|one, next| one.source == next.source) {
        let missing = missing.get(&run[0].source).map_or(&[][..], Vec::as_slice);
        let entries = sifted.entries.entry(run[0].source).or_default();
        for item in run {
            let is_new =
                missing.iter().any(|&(from, to)| from < item.position && item.position <= to);
            let mut refused = reasons.get(&number).copied();
            let at = number as usize;
            if refused.is_none() && is_new && spans.contains(&at) && is_repeat(at - spans.start) {
                refused = Some(Reason::Duplicate);
            }
            if refused.is_none() && is_new {
                sifted.kept.push(number);
            }
            entries.push(Entry { position: item.position, bytes: item.bytes, refused });
            number += 1;
        }
    }
    sifted
}

impl Sifted {
    /// The source's items.
    pub(crate) fn entries(&self, source: SourceId) -> &[Entry] {
        self.entries.get(&source).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn kept(self) -> Kept {
        match self.kept.len() {
            0 => Kept::None,
            all if all == self.items => Kept::All,
            _ => Kept::Numbers(self.kept),
        }
    }
}
