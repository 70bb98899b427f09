//! Cutting a batch in two, when it is too large for the one who takes it in.
//!
//! ```text
//!   source a   (0 ── a1 ── a2 ── a3]          (0 ── a1]      (a1 ── a2 ── a3]
//!   source b   (5 ── b1]                 ->   (5 ── b1]
//!   source c   (9 ──────── ended]                            (9 ──────── ended]
//! ```
//! Invariants:
//! - the halves cover what the whole covered, each position once, and hold its rows in their order;
//! - `running` at the cut is what it was when that row was read;
//! - a cut lies at the end of a record; a gap belongs to the half that holds its end.

use std::collections::BTreeMap;

use nilometer_model::{Count, Gap, GapKind, Items, Reason, SourceId, Timestamp};
use nilometer_wire::{Batch, BatchHeader, SourceRange};

/// Cuts by items, or by sources when there is at most one item; `None` when nothing is left to cut.
pub(crate) fn in_two(batch: &Batch) -> Option<[Batch; 2]> {
    let count = batch.items.len();
    let (first, second) = match count {
        0 | 1 if batch.header.sources.len() < 2 => return None,
        0 | 1 => by_sources(&batch.header.sources, &batch.items),
        _ => by_items(&batch.header.sources, &batch.items, count / 2),
    };
    let half = |(sources, items): (Vec<SourceRange>, Items)| Batch {
        header: BatchHeader { sources, ..batch.header.clone() },
        items,
    };
    Some([half(first), half(second)])
}

/// The batch without its only record, which is declared as dropped for `reason`.
pub(crate) fn without_record(batch: &Batch, reason: Reason, now: Timestamp) -> Batch {
    let mut header = batch.header.clone();
    for row in batch.items.entries() {
        let source = header.sources.iter_mut().find(|range| range.source == row.source);
        let Some(range) = source else { continue };
        range.gaps.push(Gap {
            kind: GapKind::Shed,
            from: row.position.saturating_sub(u64::from(row.bytes)).max(range.from),
            to: Some(row.position),
            reason,
            count: Some(Count::one(u64::from(row.bytes))),
            time: now,
        });
    }
    Batch { header, items: Items::default() }
}

/// The batch without its records, which are declared as dropped for `reason`.
pub(crate) fn without_records(batch: &Batch, reason: Reason, now: Timestamp) -> Batch {
    let mut parts: BTreeMap<SourceId, Part> = BTreeMap::new();
    for entry in batch.items.entries() {
        let part = parts.entry(entry.source).or_default();
        part.last = part.last.max(entry.position);
        part.count += Count::one(u64::from(entry.bytes));
    }
    let mut header = batch.header.clone();
    for range in &mut header.sources {
        let Some(Part { last, count }) = parts.get(&range.source).copied() else { continue };
        let (kind, from, to) = (GapKind::Shed, range.from, Some(last));
        range.gaps.push(Gap { kind, from, to, reason, count: Some(count), time: now });
    }
    Batch { header, items: Items::default() }
}

/// The batch, which holds no record, with each range as one loss.
pub(crate) fn all_lost(batch: &Batch, reason: Reason) -> Batch {
    let mut header = batch.header.clone();
    let time = header.frozen_at;
    for range in &mut header.sources {
        let (kind, to) = (GapKind::Lost, Some(range.to));
        range.gaps = vec![Gap { kind, from: range.from, to, reason, count: None, time }];
    }
    Batch { header, items: Items::default() }
}

type Half = (Vec<SourceRange>, Items);

fn by_sources(sources: &[SourceRange], items: &Items) -> (Half, Half) {
    let (first, second) = sources.split_at(sources.len() / 2);
    let of = |half: &[SourceRange]| {
        let mine = |source: SourceId| half.iter().any(|range| range.source == source);
        let kept = (0..).zip(items.entries()).filter(|(_, entry)| mine(entry.source));
        let kept: Vec<u32> = kept.map(|(number, _)| number).collect();
        (half.to_vec(), items.pick(&kept))
    };
    (of(first), of(second))
}

/// What one half holds of a source.
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    last: u64,
    count: Count,
}

fn by_items(sources: &[SourceRange], items: &Items, cut: usize) -> (Half, Half) {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    let (mut before, mut behind) = (BTreeMap::new(), BTreeMap::new());
    for (at, entry) in items.entries().enumerate() {
        let (half, parts) =
            if at < cut { (&mut first, &mut before) } else { (&mut second, &mut behind) };
        half.push(at as u32);
        let part: &mut Part = parts.entry(entry.source).or_default();
        part.last = part.last.max(entry.position);
        part.count += Count::one(u64::from(entry.bytes));
    }
    let (mut first_ranges, mut second_ranges) = (Vec::new(), Vec::new());
    for range in sources {
        match (before.get(&range.source), behind.get(&range.source)) {
            (Some(before), Some(behind)) => {
                let (early, late) = cut_range(range, before.last, behind.count);
                first_ranges.push(early);
                second_ranges.push(late);
            }
            (Some(_), None) => first_ranges.push(range.clone()),
            (None, _) => second_ranges.push(range.clone()),
        }
    }
    ((first_ranges, items.pick(&first)), (second_ranges, items.pick(&second)))
}

/// Cuts `(from, to]` at `at`; `behind` are the records that lie behind it.
fn cut_range(range: &SourceRange, at: u64, behind: Count) -> (SourceRange, SourceRange) {
    let (early_gaps, late_gaps): (Vec<Gap>, Vec<Gap>) =
        range.gaps.iter().cloned().partition(|gap| gap.to.is_some_and(|to| to <= at));
    let mut behind = behind;
    late_gaps
        .iter()
        .filter(|gap| gap.kind == GapKind::Shed)
        .filter_map(|gap| gap.count)
        .for_each(|count| behind += count);
    let early = SourceRange {
        to: at,
        running: range.running - behind,
        gaps: early_gaps,
        ended: false,
        ..range.clone()
    };
    let late = SourceRange { from: at, gaps: late_gaps, ..range.clone() };
    (early, late)
}

#[cfg(test)]
mod tests;
