//! Which patterns the records that fit are of: how many are, since when and until when, how grave, and whose.
//!
//! ```text
//!   row ── skeleton, which its template tells ── known ──> its pattern
//!                  └── new, with a message, among the first 10,000 ──> by itself, for whoever makes patterns of it
//!                  └── else ──> other
//! ```
//! What templates say is met before a scan (`patterns/met.rs`); new is what was written since, and what is kept whole.
//! Invariant: every record that fits is counted once, in one of the three.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use nilometer_block::Columns;
use nilometer_model::{Rows, Severity, TimeRange, Timestamp};
use nilometer_store::Snapshot;
use nilometer_store::patterns::{PatternId, Patterns, Skeleton};
use nilometer_store::records::RowSet;

use super::scan::{Fold, Question, Unit, scan};
use super::{LimitedBy, Limits, QueryError, Stats};
use crate::limits::NEW_SKELETONS_MAX;
use crate::plan::Filter;

/// Whose patterns are counted.
#[derive(Debug, Clone)]
pub(crate) struct PatternsRequest {
    pub filter: Arc<Filter>,
    pub range: TimeRange,
    /// Those that are known.
    pub known: Arc<Patterns>,
    /// Whether what is new is looked for in splits, too; else only in what was not met there.
    pub learns: bool,
    pub limits: Limits,
}

/// What the records of a pattern, or of a skeleton, have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub count: u64,
    pub first: Timestamp,
    pub last: Timestamp,
    /// The gravest.
    pub severity: Severity,
    /// Records by component.
    pub components: BTreeMap<String, u64>,
}

/// The counts.
#[derive(Debug)]
pub(crate) struct FoundPatterns {
    pub patterns: HashMap<PatternId, Seen>,
    /// Of skeletons that are of no pattern yet, in the order in which they first came.
    pub new: Vec<(Skeleton, Seen)>,
    /// Records of none of these.
    pub other: u64,
    /// Splits that are not, or not wholly, counted.
    pub missing_splits: u32,
    pub stats: Stats,
    pub limited_by: Option<LimitedBy>,
}

/// Counts the patterns.
///
/// # Errors
/// [`QueryError`] when they need too much memory.
pub(crate) async fn patterns(
    snapshot: &Snapshot,
    request: &PatternsRequest,
) -> Result<FoundPatterns, QueryError> {
    let question = Question::of(&request.filter, request.range, request.limits);
    let scanned = scan(snapshot, &question, Counts::new(request)).await?;
    let Counts { patterns, new, other, .. } = scanned.fold;
    let mut new: Vec<_> = new.into_values().collect();
    new.sort_by(|(a, seen), (b, other)| {
        seen.first.cmp(&other.first).then_with(|| a.text().cmp(b.text()))
    });
    let (missing_splits, stats) = (snapshot.missing_splits + scanned.missing_splits, scanned.stats);
    let limited_by = scanned.limited.map(|(by, _)| by);
    Ok(FoundPatterns { patterns, new, other, missing_splits, stats, limited_by })
}

impl FoundPatterns {
    /// The skeletons that are of no pattern yet, and the first time of each.
    pub(crate) fn to_learn(&self) -> Vec<(Skeleton, Timestamp)> {
        self.new.iter().map(|(skeleton, seen)| (skeleton.clone(), seen.first)).collect()
    }

    /// What was seen of each pattern that is known by now, and how many records are of none.
    pub(crate) fn grouped(self, known: &Patterns) -> (HashMap<PatternId, Seen>, u64) {
        let Self { patterns: mut all, new, mut other, .. } = self;
        for (skeleton, seen) in new {
            match known.pattern(skeleton.id()) {
                Some(pattern) => match all.get_mut(&pattern) {
                    Some(before) => before.join(seen),
                    None => drop(all.insert(pattern, seen)),
                },
                None => other += seen.count,
            }
        }
        (all, other)
    }
}

impl Seen {
    fn nothing() -> Self {
        let (first, last) = (Timestamp(i64::MAX), Timestamp(i64::MIN));
        Self { count: 0, first, last, severity: Severity::Unset, components: BTreeMap::new() }
    }

    fn add(&mut self, rows: &Rows, row: usize) -> usize {
        let time = Timestamp(rows.time[row]);
        self.count += 1;
        (self.first, self.last) = (self.first.min(time), self.last.max(time));
        self.severity = gravest(self.severity, rows.severity[row]);
        let component = &rows.origins[rows.origin[row] as usize].component;
        match self.components.get_mut(component) {
            Some(count) => *count += 1,
            None => {
                self.components.insert(component.clone(), 1);
                return component.len() + COMPONENT_BYTES;
            }
        }
        0
    }

    /// Takes in what was seen of the same.
    fn join(&mut self, other: Self) {
        self.count += other.count;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.severity = gravest(self.severity, other.severity);
        for (component, count) in other.components {
            *self.components.entry(component).or_default() += count;
        }
    }
}

fn gravest(one: Severity, other: Severity) -> Severity {
    if one as u8 >= other as u8 { one } else { other }
}

/// What a component of a pattern takes besides its name, bytes.
const COMPONENT_BYTES: usize = 64;

struct Counts {
    known: Arc<Patterns>,
    learns: bool,
    patterns: HashMap<PatternId, Seen>,
    new: HashMap<PatternId, (Skeleton, Seen)>,
    other: u64,
    bytes: usize,
    /// Memory for the next skeleton.
    skeleton: Skeleton,
}

impl Counts {
    fn new(request: &PatternsRequest) -> Self {
        let (patterns, new) = (HashMap::new(), HashMap::new());
        let (known, learns) = (Arc::clone(&request.known), request.learns);
        Self { known, learns, patterns, new, other: 0, bytes: 0, skeleton: Skeleton::default() }
    }

    fn add(&mut self, rows: &Rows, row: usize) {
        let message = rows.message.get(row);
        let told = rows.skeleton.get(row).map(|skeleton| PatternId::from(*skeleton));
        let id = told.unwrap_or_else(|| {
            self.skeleton.set(message);
            self.skeleton.id()
        });
        let is_told = told.is_some() && message.is_empty() && !self.learns;
        let seen = if let Some(pattern) = self.known.pattern(id) {
            self.patterns.entry(pattern).or_insert_with(|| {
                self.bytes += size_of::<Seen>();
                Seen::nothing()
            })
        } else if !is_told && (self.new.len() < NEW_SKELETONS_MAX || self.new.contains_key(&id)) {
            let new = self.new.entry(id).or_insert_with(|| {
                self.skeleton.set(message);
                self.bytes += size_of::<(Skeleton, Seen)>() + self.skeleton.text().len();
                (self.skeleton.clone(), Seen::nothing())
            });
            &mut new.1
        } else {
            self.other += 1;
            return;
        };
        self.bytes += seen.add(rows, row);
    }
}

impl Fold for Counts {
    fn wants(&self, _: &Unit) -> bool {
        true
    }

    fn columns(&self) -> Columns {
        let columns = Columns::SKELETON.with(Columns::TIME).with(Columns::SEVERITY);
        if self.learns { columns.with(Columns::MESSAGE) } else { columns }
    }

    fn take(&mut self, rows: &Rows, fits: &RowSet) {
        fits.iter().for_each(|row| self.add(rows, row));
    }

    fn memory_bytes(&self) -> usize {
        self.bytes
    }
}
