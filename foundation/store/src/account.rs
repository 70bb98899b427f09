//! The books of one source: what of it is accounted for, and what became of it.
//!
//! Invariants:
//! - a source has one owner, the tenant whose batch opened its books;
//! - an item enters once: [`Account::enter`] counts only what lies in stretches that were not covered;
//! - what is counted as committed is counted from the items that entered, never from the header, whose
//!   running count is the collector's own: the two can disagree, and then the ledger does not balance.

use nilometer_model::{
    CollectorId, Count, Coverage, Gap, GapKind, LineageId, Reason, SourceId, Stream, Tally, Tenant,
    Timestamp,
};
use nilometer_wire::{BatchHeader, Fingerprint, SourceRange};
use serde::{Deserialize, Serialize};

use crate::limits::LOST_GAPS_PER_SOURCE_MAX;

/// One source's books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The source.
    pub source: SourceId,
    /// Whose it is.
    #[serde(default)]
    pub tenant: Tenant,
    /// The lineage that it is a generation of.
    pub lineage: LineageId,
    /// The logical service that speaks.
    pub component: String,
    /// The pod or container.
    pub instance: String,
    /// The host.
    pub node: String,
    /// stdout, stderr ...
    pub stream: Stream,
    /// Where the file was when last heard of.
    pub path: String,
    /// How the generation begins.
    pub fingerprint: Fingerprint,
    /// Who reads it.
    pub collector: CollectorId,
    /// What is accounted for, with what became of it.
    pub coverage: Coverage<Tally>,
    /// Stretches that were never read.
    pub lost: Vec<Gap>,
    /// The generation is over.
    pub ended: bool,
    /// When it last changed, by the centre's clock.
    pub changed: Timestamp,
}

/// An item of the batch that belongs to the source: its position, its framed bytes, and why it is refused,
/// if it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) position: u64,
    pub(crate) bytes: u32,
    pub(crate) refused: Option<Reason>,
}

impl Account {
    /// Empty books for a source that was never heard of.
    pub(crate) fn open(tenant: &Tenant, header: &BatchHeader, range: &SourceRange) -> Self {
        Self {
            source: range.source,
            tenant: tenant.clone(),
            lineage: range.lineage,
            component: range.component.clone(),
            instance: range.instance.clone(),
            node: header.node.clone(),
            stream: range.stream,
            path: range.path.clone(),
            fingerprint: range.fingerprint,
            collector: header.batch.collector,
            coverage: Coverage::default(),
            lost: Vec::new(),
            ended: false,
            changed: Timestamp::default(),
        }
    }

    /// Accounts for the range; `entries` are its items in the batch. After this those that had not
    /// been covered before are in.
    pub(crate) fn enter(
        &mut self,
        range: &SourceRange,
        entries: &[Entry],
        collector: CollectorId,
        now: Timestamp,
    ) {
        let running = range.running;
        let before = (self.coverage.mark(), self.coverage.tally().running);
        self.coverage.add(range.from, range.to, |from, to| {
            let mut tally = Tally { running, ..Tally::default() };
            let inside = |position: u64| from < position && position <= to;
            for entry in entries.iter().filter(|entry| inside(entry.position)) {
                let term = match entry.refused {
                    None => &mut tally.committed,
                    Some(reason) => tally.refused.entry(reason).or_default(),
                };
                *term += Count::one(u64::from(entry.bytes));
            }
            for gap in range.gaps.iter().filter(|gap| gap.kind == GapKind::Shed) {
                if gap.to.is_some_and(inside) {
                    *tally.shed.entry(gap.reason).or_default() += gap.count.unwrap_or_default();
                }
            }
            tally.lost = lost_after_read(range, (from, to), (before, tally.accounted()));
            tally
        });
        self.note_lost(range);
        self.path.clone_from(&range.path);
        self.fingerprint = range.fingerprint;
        self.collector = collector;
        self.ended |= range.ended;
        self.changed = now;
    }

    /// Remembers what is declared lost, once, however often it is declared.
    fn note_lost(&mut self, range: &SourceRange) {
        for gap in range.gaps.iter().filter(|gap| gap.kind == GapKind::Lost) {
            let known =
                |old: &Gap| (old.from, old.to, old.reason) == (gap.from, gap.to, gap.reason);
            if self.lost.iter().any(known) {
                continue;
            }
            let full = self.lost.len() >= LOST_GAPS_PER_SOURCE_MAX;
            match self.lost.last_mut().filter(|_| full) {
                Some(last) => {
                    last.to = gap.to;
                    last.count = None;
                }
                None => self.lost.push(gap.clone()),
            }
        }
    }
}

/// How much of the range's part had been read and is declared as lost. At the mark that is what nothing
/// else accounts for; beyond it, what the collector says of the whole stretch, if the part is all of it.
fn lost_after_read(
    range: &SourceRange,
    (from, to): (u64, u64),
    ((mark, before), accounted): ((u64, Count), Count),
) -> Count {
    let declares = |gap: &&Gap| {
        let inside = gap.from < to && gap.to.is_none_or(|end| from < end);
        gap.kind == GapKind::Lost && gap.reason.is_after_read() && inside
    };
    match range.gaps.iter().find(declares) {
        Some(_) if from <= mark && to == range.to => range.running - before - accounted,
        Some(gap) if (gap.from, gap.to) == (from, Some(to)) => gap.count.unwrap_or_default(),
        _ => Count::default(),
    }
}
