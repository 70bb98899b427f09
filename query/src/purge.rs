//! What purges ask, read for the store, which knows no language.
//!
//! Invariant: what is taken of rows, counted in splits and left out of answers is the same, by one filter.

use std::sync::Arc;
use std::time::Duration;

use nilometer_model::{Rows, Tenant, TimeRange, Timestamp};
use nilometer_store::records::RowSet;
use nilometer_store::{Mask, PurgeLanguage, RecordSplit, Snapshot, Store, Takes, Untidy};

use crate::execute::{HistogramRequest, Limits, histogram};
use crate::limits::QUERY_MEMORY_BYTES;
use crate::patterns::PatternBook;
use crate::plan::Filter;

/// See the file's head. What it forgets of patterns, who asks for patterns forgets with it.
#[derive(Debug, Default)]
pub struct Language {
    pub(crate) patterns: PatternBook,
}

#[async_trait::async_trait]
impl PurgeLanguage for Language {
    fn understand(&self, tenant: &Tenant, mask: &Mask) -> Option<Arc<dyn Takes>> {
        let asked = Filter::asked_by(tenant, mask).ok()?;
        let left_out = Arc::new(Filter::left_out_by(tenant, mask));
        Some(Arc::new(Taken { asked, left_out, range: mask.range }))
    }

    async fn tidy(&self, store: &Store, tenant: &Tenant, now: Timestamp) -> Result<(), Untidy> {
        let forgotten = self.patterns.forget_unseen(store, tenant, now).await;
        forgotten.map_err(|error| Untidy(error.to_string()))
    }
}

struct Taken {
    asked: Filter,
    left_out: Arc<Filter>,
    range: TimeRange,
}

#[async_trait::async_trait]
impl Takes for Taken {
    fn rows(&self, rows: &Rows) -> RowSet {
        self.asked.select(rows, Some(self.range))
    }

    async fn count(&self, split: &Arc<RecordSplit>) -> Option<u64> {
        let snapshot = Snapshot { splits: vec![Arc::clone(split)], ..Snapshot::default() };
        // It has no time to keep to, and reads one split.
        let (read_bytes, time) = (u64::MAX, Duration::MAX);
        let limits = Limits { read_bytes, time, memory_bytes: QUERY_MEMORY_BYTES };
        let (filter, range) = (Arc::clone(&self.left_out), TimeRange::ALL);
        let request = HistogramRequest { filter, range, buckets: 1, by: None, limits };
        let counted = histogram(&snapshot, &request).await.ok()?;
        (counted.missing_splits == 0).then_some(counted.stats.rows_matched)
    }
}
