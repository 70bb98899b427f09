//! What purges ask, read for the store, which knows no language.
//!
//! Invariant: what is taken of rows, counted in splits and left out of answers is the same, by one filter of each
//! signal.

use std::sync::Arc;
use std::time::Duration;

use nilometer_model::{Rows, Samples, Spans, Tenant, TimeRange, Timestamp};
use nilometer_store::records::RowSet;
use nilometer_store::{Mask, PurgeLanguage, Snapshot, SplitKind, Store, Suspect, Takes, Untidy};

use crate::execute::{Limits, count};
use crate::language::SyntaxError;
use crate::limits::QUERY_MEMORY_BYTES;
use crate::patterns::PatternBook;
use crate::plan::{Filter, Signal};

/// See the file's head. What it forgets of patterns, who asks for patterns forgets with it.
#[derive(Debug, Default)]
pub struct Language {
    pub(crate) patterns: PatternBook,
}

#[async_trait::async_trait]
impl PurgeLanguage for Language {
    fn understand(&self, tenant: &Tenant, mask: &Mask) -> Option<Arc<dyn Takes>> {
        let taken = Taken {
            records: Of::asked_by(tenant, mask).ok()?,
            spans: Of::asked_by(tenant, mask).ok()?,
            samples: Of::asked_by(tenant, mask).ok()?,
        };
        Some(Arc::new(taken))
    }

    async fn tidy(&self, store: &Store, tenant: &Tenant, now: Timestamp) -> Result<(), Untidy> {
        let forgotten = self.patterns.forget_unseen(store, tenant, now).await;
        forgotten.map_err(|error| Untidy(error.to_string()))
    }
}

/// What is taken of each signal; none of one that the purge does not take of.
struct Taken {
    records: Option<Of<Rows>>,
    spans: Option<Of<Spans>>,
    samples: Option<Of<Samples>>,
}

#[async_trait::async_trait]
impl Takes for Taken {
    fn rows(&self, rows: &Rows) -> RowSet {
        taken_of(self.records.as_ref(), rows)
    }

    fn spans(&self, spans: &Spans) -> RowSet {
        taken_of(self.spans.as_ref(), spans)
    }

    fn samples(&self, samples: &Samples) -> RowSet {
        taken_of(self.samples.as_ref(), samples)
    }

    async fn count(&self, split: &Suspect) -> Option<u64> {
        let mut snapshot = Snapshot::default();
        match split {
            Suspect::Records(split) => snapshot.splits.push(Arc::clone(split)),
            Suspect::Other(split) => match split.meta().kind {
                SplitKind::Spans => snapshot.span_splits.push(Arc::clone(split)),
                _ => snapshot.sample_splits.push(Arc::clone(split)),
            },
        }
        let records = counted(self.records.as_ref(), &snapshot).await?;
        let spans = counted(self.spans.as_ref(), &snapshot).await?;
        Some(records + spans + counted(self.samples.as_ref(), &snapshot).await?)
    }
}

/// What is taken of one signal.
struct Of<S: Signal> {
    asked: Filter<S>,
    left_out: Arc<Filter<S>>,
    range: TimeRange,
}

impl<S: Signal> Of<S> {
    /// None when the mask leaves out nothing of the signal.
    fn asked_by(tenant: &Tenant, mask: &Mask) -> Result<Option<Self>, SyntaxError> {
        if !mask.kinds.contains(&S::KIND) {
            return Ok(None);
        }
        let asked = Filter::asked_by(tenant, mask)?;
        let left_out = Arc::new(Filter::left_out_by(tenant, mask));
        Ok(Some(Self { asked, left_out, range: mask.range }))
    }
}

fn taken_of<S: Signal>(of: Option<&Of<S>>, rows: &S) -> RowSet {
    let none = || RowSet::none(rows.len());
    of.map_or_else(none, |of| of.asked.select(rows, Some(of.range)))
}

async fn counted<S: Signal>(of: Option<&Of<S>>, snapshot: &Snapshot) -> Option<u64> {
    let Some(of) = of else { return Some(0) };
    // It has no time to keep to, and reads one split.
    let (read_bytes, time) = (u64::MAX, Duration::MAX);
    let limits = Limits { read_bytes, time, memory_bytes: QUERY_MEMORY_BYTES };
    let counted = count(snapshot, (&of.left_out, TimeRange::ALL), limits).await.ok()?;
    counted.exact.then_some(counted.stats.rows_matched)
}
