//! How many records fit, over time, and by the values of a field.
//!
//! Invariants:
//! - exactly as many buckets as asked for, of equal width to the nanosecond, together the whole range;
//! - the commonest keys are named, the rest is `other`, a record without the field is the key "".

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use nilometer_block::Columns;
use nilometer_model::{Rows, TimeRange, Timestamp};
use nilometer_store::Snapshot;
use nilometer_store::records::RowSet;

use super::scan::{Fold, Question, Unit, scan};
use super::slots::{ABSENT, Slots};
use super::{LimitedBy, Limits, QueryError, Stats};
use crate::limits::HISTOGRAM_KEYS;
use crate::plan::{Alike, Field, Filter};

/// What is counted.
#[derive(Debug, Clone)]
pub(crate) struct HistogramRequest {
    pub filter: Arc<Filter>,
    pub range: TimeRange,
    pub buckets: usize,
    pub by: Option<Field>,
    pub limits: Limits,
}

impl HistogramRequest {
    /// Where bucket `index` begins; the end of the last one is that of the range.
    #[must_use]
    pub(crate) fn edge(&self, index: usize) -> Timestamp {
        edge(self.range, self.buckets, index)
    }
}

/// The counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Histogram {
    /// Per bucket: key -> records.
    pub counts: Vec<BTreeMap<String, u64>>,
    /// Splits that are not, or not wholly, counted.
    pub missing_splits: u32,
    pub stats: Stats,
    pub limited_by: Option<LimitedBy>,
}

/// Counts the records that fit.
///
/// # Errors
/// [`QueryError`] when there are too many keys or the data cannot be read.
pub(crate) async fn histogram(
    snapshot: &Snapshot,
    request: &HistogramRequest,
) -> Result<Histogram, QueryError> {
    let question = Question::of(&request.filter, request.range, request.limits);
    let scanned = scan(snapshot, &question, Counts::new(request)).await?;
    let limited_by = scanned.limited.map(|(by, _)| by);
    let missing_splits = snapshot.missing_splits + scanned.missing_splits;
    Ok(Histogram { counts: scanned.fold.named(), missing_splits, stats: scanned.stats, limited_by })
}

struct Counts {
    buckets: usize,
    /// Where buckets begin, and the last one ends.
    edges: Vec<i64>,
    /// The values that are told apart; none without a field.
    by: Option<Slots>,
    /// Per slot and bucket.
    counts: Vec<u64>,
    /// More memory than that is never taken, also within one block.
    limit_bytes: usize,
}

fn span(range: TimeRange) -> i128 {
    i128::from(range.to().0) - i128::from(range.from().0)
}

fn edge(range: TimeRange, buckets: usize, index: usize) -> Timestamp {
    let (index, buckets) = (index as i128, buckets.max(1) as i128);
    let ns = i128::from(range.from().0) + (span(range) * index + buckets - 1) / buckets;
    Timestamp(i64::try_from(ns).unwrap_or(i64::MAX))
}

impl Counts {
    fn new(request: &HistogramRequest) -> Self {
        let buckets = request.buckets.max(1);
        let edges = (0..=buckets).map(|index| edge(request.range, buckets, index).0).collect();
        let limit_bytes = request.limits.memory_bytes;
        let most = limit_bytes / (buckets * size_of::<u64>());
        let by = request.by.clone().map(|field| Slots::new(field, most));
        Self { buckets, edges, by, counts: Vec::new(), limit_bytes }
    }

    fn named(mut self) -> Vec<BTreeMap<String, u64>> {
        let mut keys = vec![("count".to_owned(), ABSENT)];
        if let Some(by) = self.by.take() {
            keys[0].0.clear();
            keys.extend(by.into_values());
        }
        let of = |slot: usize| self.counts.chunks(self.buckets).nth(slot).unwrap_or_default();
        keys.sort_by_cached_key(|(key, slot)| {
            (key.is_empty(), Reverse(of(*slot).iter().sum::<u64>()), key.clone())
        });
        let mut out = vec![BTreeMap::new(); self.buckets];
        for (rank, (key, slot)) in keys.into_iter().enumerate() {
            let key =
                if key.is_empty() || rank < HISTOGRAM_KEYS { key } else { "other".to_owned() };
            for (bucket, count) in out.iter_mut().zip(of(slot)) {
                if *count > 0 || key == "count" && slot == ABSENT {
                    *bucket.entry(key.clone()).or_default() += count;
                }
            }
        }
        out
    }

    /// Counts each row as often as `times` says.
    fn add(&mut self, rows: &Rows, fits: &RowSet, times: impl Fn(usize) -> u64) {
        let Self { buckets, edges, by, counts, .. } = self;
        let mut place = Place { edges, last: 0 };
        let mut count = |row: usize, slot: usize| {
            let at = slot * *buckets + place.of(rows.time[row]);
            if counts.len() <= at {
                counts.resize((slot + 1) * *buckets, 0);
            }
            counts[at] += times(row);
        };
        match by {
            Some(by) => by.each(rows, fits, count),
            None => fits.iter().map(|row| (row, ABSENT)).for_each(|(row, slot)| count(row, slot)),
        }
    }
}

/// Finds buckets; of neighbours in time most lie in one.
struct Place<'a> {
    edges: &'a [i64],
    last: usize,
}

impl Place<'_> {
    fn of(&mut self, time: i64) -> usize {
        let lies_in = |bucket: usize| self.edges[bucket] <= time && time < self.edges[bucket + 1];
        if !lies_in(self.last) {
            let begun = self.edges.partition_point(|edge| *edge <= time);
            self.last = begun.saturating_sub(1).min(self.edges.len() - 2);
        }
        self.last
    }
}

impl Fold for Counts {
    fn wants(&self, _: &Unit) -> bool {
        true
    }

    fn columns(&self) -> Columns {
        self.by.as_ref().map_or(Columns::NONE, Slots::columns).with(Columns::TIME)
    }

    fn alike(&self) -> Option<Alike<Rows>> {
        let edges = self.edges.clone();
        let bucket = move |time: Timestamp| {
            let begun = edges.partition_point(|edge| *edge <= time.0);
            i64::try_from(begun).unwrap_or(i64::MAX)
        };
        let fields = self.by.iter().map(|by| by.field().clone()).collect();
        Some(Alike { fields, bins: vec![Box::new(bucket)] })
    }

    fn take_alike(&mut self, kinds: &Rows, counts: &[u64]) {
        self.add(kinds, &RowSet::all(kinds.len()), |kind| counts[kind]);
    }

    fn take(&mut self, rows: &Rows, fits: &RowSet) {
        self.add(rows, fits, |_| 1);
    }

    fn memory_bytes(&self) -> usize {
        let values = self.by.as_ref().map_or(0, Slots::memory_bytes);
        values + self.counts.len() * size_of::<u64>()
    }

    fn refusal(&self) -> Option<QueryError> {
        let over = self.by.as_ref().is_some_and(Slots::is_over);
        over.then_some(QueryError::OverLimit { limit_bytes: self.limit_bytes })
    }
}
