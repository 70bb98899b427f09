//! How many records fit, over time, and by the values of a field.
//!
//! Invariants:
//! - exactly as many buckets as asked for, of equal width to the nanosecond, together the whole range;
//! - the commonest keys are named, the rest is `other`, a record without the field is the key "".

use std::collections::BTreeMap;
use std::sync::Arc;

use nilometer_block::Columns;
use nilometer_model::{Rows, TimeRange, Timestamp};
use nilometer_store::Snapshot;

use super::scan::{Fold, Question, Unit, scan};
use super::{LimitedBy, Limits, QueryError, Stats};
use crate::limits::HISTOGRAM_KEYS;
use crate::plan::{Field, Filter, Selection};

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
    let question = Question {
        filter: Arc::clone(&request.filter),
        range: request.range,
        newest_first: true,
        limits: request.limits,
    };
    let (range, buckets) = (request.range, request.buckets.max(1));
    let counts = Counts { range, buckets, by: request.by.clone(), keys: BTreeMap::new(), bytes: 0 };
    let scanned = scan(snapshot, &question, counts).await?;
    let limited_by = scanned.limited.map(|(by, _)| by);
    let missing_splits = snapshot.missing_splits + scanned.missing_splits;
    Ok(Histogram { counts: scanned.fold.named(), missing_splits, stats: scanned.stats, limited_by })
}

struct Counts {
    range: TimeRange,
    buckets: usize,
    by: Option<Field>,
    /// Per key: records per bucket.
    keys: BTreeMap<String, Vec<u64>>,
    bytes: usize,
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
    fn bucket(&self, time: i64) -> usize {
        let since = i128::from(time) - i128::from(self.range.from().0);
        let bucket = since * self.buckets as i128 / span(self.range);
        usize::try_from(bucket).unwrap_or(0).min(self.buckets - 1)
    }

    fn named(self) -> Vec<BTreeMap<String, u64>> {
        let mut keys: Vec<(String, Vec<u64>)> = self.keys.into_iter().collect();
        keys.sort_by_key(|(key, counts)| {
            (key.is_empty(), std::cmp::Reverse(counts.iter().sum::<u64>()))
        });
        let mut out = vec![BTreeMap::new(); self.buckets];
        for (rank, (key, counts)) in keys.into_iter().enumerate() {
            let key =
                if key.is_empty() || rank < HISTOGRAM_KEYS { key } else { "other".to_owned() };
            for (bucket, count) in out.iter_mut().zip(counts).filter(|(_, count)| *count > 0) {
                *bucket.entry(key.clone()).or_default() += count;
            }
        }
        if self.by.is_none() {
            out.iter_mut().for_each(|bucket| _ = bucket.entry("count".to_owned()).or_default());
        }
        out
    }
}

impl Fold for Counts {
    fn wants(&self, _: &Unit) -> bool {
        true
    }

    fn columns(&self) -> Columns {
        self.by.as_ref().map_or(Columns::NONE, Field::columns).with(Columns::TIME)
    }

    fn take(&mut self, rows: &Rows, fits: &Selection) {
        for row in fits.iter() {
            let bucket = self.bucket(rows.time[row]);
            let value = self.by.as_ref().map(|field| field.value(rows, row).unwrap_or_default());
            let key = value.unwrap_or("count".into());
            if let Some(counts) = self.keys.get_mut(&*key) {
                counts[bucket] += 1;
                continue;
            }
            let mut counts = vec![0; self.buckets];
            counts[bucket] = 1;
            self.bytes += key.len() + self.buckets * size_of::<u64>();
            self.keys.insert(key.into_owned(), counts);
        }
    }

    fn memory_bytes(&self) -> usize {
        self.bytes
    }
}
