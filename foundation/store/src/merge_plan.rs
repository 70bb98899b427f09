//! Which splits are merged or cut next: a pure function of what Meta says of them.
//!
//! ```text
//!   of one kind and class, received on one day:
//!
//!   bytes      < limit / 1024   < limit / 128   < limit / 16   < limit / 2   |  full: stays as it is
//!              ─── 16 of a tier, or as many as make a full one ──>           |
//!   once the day is closed: whatever is not full, smallest first
//!
//!   records of several classes ── make a full one, or their day is closed, or some were kept for long enough
//!                                 ──cut──> a split of each class
//! ```
//! Invariants:
//! - what is merged is of one kind, one class and one day of receipt (UTC), at least two and at most
//!   [`MERGE_SPLITS_MAX`] splits, and not more bytes than the kind's limit: memory is bounded by that;
//! - what is cut is records that no class is known of, as many as are merged, or one alone;
//! - a row is rewritten once for each tier that it passes, and when its day closes; to cut it costs one time more
//!   only where it stood alone, or in a full split, and what was cut is not cut again under the same rules;
//! - a closed day keeps its full splits, and of each kind and class at most one that is not full: of records some
//!   50 for 2 GiB of splits, and of a quiet day one for each class;
//! - what can only be cut waits for what is to be merged: splits do not pile up meanwhile.

use std::collections::BTreeMap;

use nilometer_model::Timestamp;

use crate::limits::{
    DAY_CLOSES_AFTER_NS, MERGE_OTHERS_BYTES_MAX, MERGE_RECORDS_BYTES_MAX, MERGE_SPLITS_MAX,
};
use crate::retention::{Retention, SplitClass};
use crate::split::{SplitKind, SplitMeta};

const DAY_NS: i64 = 86_400 * 1_000_000_000;
/// How much larger the splits of the next tier are, as a power of two.
const TIER_BITS: u32 = 3;

/// Splits to be rewritten together.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Planned<'a> {
    pub(crate) splits: Vec<&'a SplitMeta>,
    /// They become a split of each class, not one.
    pub(crate) is_cut: bool,
}

/// What may be merged with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    day: i64,
    kind: SplitKind,
    class: Option<SplitClass>,
    /// It does not wait for more of a tier.
    is_settled: bool,
}

impl Group {
    fn of(split: &SplitMeta, retention: &Retention, now: Timestamp) -> Self {
        let (day, kind) = (day(split.received_last), split.kind);
        let class = retention.class(split);
        let is_settled = is_closed(day, now) || retention.is_partly_over(split, now);
        Self { day, kind, class, is_settled }
    }

    /// Whether its splits may hold rows of several classes.
    fn is_mixed(&self) -> bool {
        self.kind == SplitKind::Logs && self.class.is_none()
    }
}

/// What to rewrite next, if anything: closed days come first, the oldest of them before others.
pub(crate) fn plan<'a>(
    splits: impl Iterator<Item = &'a SplitMeta>,
    retention: &Retention,
    now: Timestamp,
) -> Option<Planned<'a>> {
    let mut groups = BTreeMap::<Group, Vec<&SplitMeta>>::new();
    for split in splits {
        groups.entry(Group::of(split, retention, now)).or_default().push(split);
    }
    let settled = groups.iter().filter(|(group, _)| group.is_settled);
    let alone = settled.clone().filter(|(group, _)| group.is_mixed());
    let alone = alone.flat_map(|(_, splits)| splits).copied().min_by_key(|split| age(split));
    let merged = settled.clone().find_map(|(group, splits)| {
        Some(Planned { splits: of_settled(splits)?, is_cut: group.is_mixed() })
    });
    let open = groups.iter().filter(|(group, _)| !group.is_settled);
    let open = || {
        open.clone().find_map(|(group, splits)| {
            let splits = of_open(splits)?;
            let is_cut = group.is_mixed() && bytes(&splits) >= bytes_max(group.kind) / 2;
            Some(Planned { splits, is_cut })
        })
    };
    let alone = || Some(Planned { splits: vec![alone?], is_cut: true });
    merged.or_else(open).or_else(alone)
}

/// The day of receipt, counted from 1970.
pub(crate) fn day(received: Timestamp) -> i64 {
    received.0.div_euclid(DAY_NS)
}

/// Whether a day of receipt is over, by some time.
pub(crate) fn is_closed(day: i64, now: Timestamp) -> bool {
    let end = day.saturating_add(1).saturating_mul(DAY_NS);
    end.saturating_add(DAY_CLOSES_AFTER_NS) <= now.0
}

fn age(split: &SplitMeta) -> impl Ord + use<> {
    (split.received_last, split.id)
}

fn bytes_max(kind: SplitKind) -> u64 {
    match kind {
        SplitKind::Logs => MERGE_RECORDS_BYTES_MAX,
        SplitKind::Spans | SplitKind::Samples => MERGE_OTHERS_BYTES_MAX,
    }
}

fn bytes(splits: &[&SplitMeta]) -> u64 {
    splits.iter().map(|split| split.bytes).sum()
}

/// Splits of about one size; none of one that is full.
fn tier(split: &SplitMeta) -> Option<u32> {
    let full = bytes_max(split.kind) / 2;
    (0..=3).rev().find(|tier| split.bytes < full >> (TIER_BITS * tier)).map(|tier| 3 - tier)
}

/// As many as may be merged at once, if that is more than one.
fn together(mut splits: Vec<&SplitMeta>) -> Option<Vec<&SplitMeta>> {
    let mut bytes = 0;
    let fits = |split: &&SplitMeta| {
        bytes += split.bytes;
        bytes <= bytes_max(split.kind)
    };
    let most = splits.iter().take(MERGE_SPLITS_MAX).copied().take_while(fits).count();
    splits.truncate(most);
    (most > 1).then_some(splits)
}

fn of_settled<'a>(splits: &[&'a SplitMeta]) -> Option<Vec<&'a SplitMeta>> {
    let not_full = splits.iter().copied().filter(|split| tier(split).is_some());
    let mut not_full: Vec<_> = not_full.collect();
    not_full.sort_by_key(|split| (split.bytes, split.id));
    together(not_full)
}

fn of_open<'a>(splits: &[&'a SplitMeta]) -> Option<Vec<&'a SplitMeta>> {
    let mut tiers = BTreeMap::<u32, Vec<&SplitMeta>>::new();
    for split in splits {
        if let Some(tier) = tier(split) {
            tiers.entry(tier).or_default().push(split);
        }
    }
    tiers.into_values().find_map(|mut splits| {
        splits.sort_by_key(|split| (split.received_first, split.id));
        let is_due =
            splits.len() >= MERGE_SPLITS_MAX || bytes(&splits) >= bytes_max(splits[0].kind);
        together(splits).filter(|_| is_due)
    })
}

#[cfg(test)]
mod tests;
