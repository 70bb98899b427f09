//! Errors that nobody has seen before: patterns of severity error or worse whose first message is young.
//!
//! ```text
//!   what was received since the last look ─ errors ─ skeletons that nobody knows ─> patterns, dated, in Meta
//!   the last minute                       ─ errors ─ pattern younger than an hour ─ of a component that is not
//!                                                                                     ─> `what=pattern`
//! ```
//! Invariants:
//! - every error is learnt once, whenever it was written: what comes late dates its pattern back and is no news;
//! - the first hour in which a component is heard is for learning: everything is new then;
//! - a replay learns nothing, and says of a moment what was said of it then.

use std::collections::BTreeMap;
use std::sync::Arc;

use nilometer_model::{Tenant, TimeRange, Timestamp};
use nilometer_store::Snapshot;
use nilometer_store::patterns::{PatternId, Patterns};
use serde_json::{Value as Json, json};

use super::desk::Alerts;
use crate::execute::{Limits, PatternsRequest, QueryError, Seen, patterns};
use crate::limits::{
    NEW_ERROR_LEARNT_NS, NEW_ERROR_SAID_NS, NEW_ERROR_TEMPLATE_CHARS_MAX, NEW_ERROR_TIME,
    NEW_ERROR_YOUNG_NS,
};
use crate::patterns::LearnError;
use crate::plan::Filter;

/// Why new errors are not known.
#[derive(Debug, thiserror::Error)]
pub(super) enum NewErrorsError {
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error(transparent)]
    Learn(#[from] LearnError),
}

/// What is said of them at one moment.
#[derive(Debug, Default)]
pub(super) struct NewErrors {
    /// A record for each pattern and component.
    pub(super) records: Vec<Json>,
    /// Whether everything was looked at.
    pub(super) complete: bool,
}

impl Alerts {
    /// Learns what errors say that were received since it was looked last.
    pub(super) async fn learn_errors(&self, tenant: &Tenant) -> Result<(), NewErrorsError> {
        let known = self.language.patterns.known(&self.store, tenant);
        let looked = self.errors_looked_to(tenant, &known);
        let now = self.clock.now();
        let mut snapshot = self.store.snapshot(tenant);
        snapshot.splits.retain(|split| split.meta().received_last >= looked);
        let filter = Arc::new(Filter::errors_received_since(tenant, looked));
        let limits = Limits { time: NEW_ERROR_TIME, ..Limits::default() };
        let (range, learns) = (TimeRange::ALL, true);
        let request = PatternsRequest { filter, range, known, learns, limits };
        let found = patterns(&snapshot, &request).await?;
        let new = (found.to_learn(), now);
        self.language.patterns.learn(&self.store, tenant, new).await?;
        self.inner().errors_looked.insert(tenant.clone(), now.plus_ns(-NEW_ERROR_SAID_NS));
        Ok(())
    }

    /// What was received before that is learnt: since the last look of this process, or of the one before it, with
    /// a minute for what was under way then. Where nothing was ever learnt, it is all that is kept.
    fn errors_looked_to(&self, tenant: &Tenant, known: &Patterns) -> Timestamp {
        let inner = self.inner();
        let of_before = || match known.are_dated() {
            true => inner.evaluated.to.plus_ns(-NEW_ERROR_SAID_NS),
            false => Timestamp(i64::MIN),
        };
        inner.errors_looked.get(tenant).copied().unwrap_or_else(of_before)
    }

    /// The new errors that are said at `at`; `first_heard` tells since when each component is heard.
    pub(super) async fn new_errors(
        &self,
        (tenant, snapshot): (&Tenant, &Snapshot),
        first_heard: &BTreeMap<String, Timestamp>,
        at: Timestamp,
    ) -> Result<NewErrors, NewErrorsError> {
        let known = self.language.patterns.known(&self.store, tenant);
        let filter = Arc::new(Filter::errors_received_since(tenant, Timestamp(i64::MIN)));
        let range = TimeRange::new(at.plus_ns(-NEW_ERROR_SAID_NS), at).unwrap_or(TimeRange::ALL);
        let limits = Limits { time: NEW_ERROR_TIME, ..Limits::default() };
        let (all, learns) = (Arc::clone(&known), false);
        let request = PatternsRequest { filter, range, known: all, learns, limits };
        let found = patterns(snapshot, &request).await?;
        let complete = found.missing_splits == 0 && found.limited_by.is_none();
        let (said, _) = found.grouped(&known);
        let told = said.iter().flat_map(|one| told(&known, one, (first_heard, at)));
        Ok(NewErrors { records: told.collect(), complete })
    }
}

/// A pattern's records, one for each component to whom it is news.
fn told(
    known: &Patterns,
    (pattern, seen): (&PatternId, &Seen),
    (first_heard, at): (&BTreeMap<String, Timestamp>, Timestamp),
) -> Vec<Json> {
    let since = known.since(*pattern).unwrap_or(at);
    if at.0.saturating_sub(since.0) > NEW_ERROR_YOUNG_NS {
        return Vec::new();
    }
    let is_known = |component: &str| {
        let first = first_heard.get(component);
        first.is_some_and(|first| since.0.saturating_sub(first.0) >= NEW_ERROR_LEARNT_NS)
    };
    let first = known.first(*pattern).unwrap_or_default();
    let template: String = first.chars().take(NEW_ERROR_TEMPLATE_CHARS_MAX).collect();
    let components = seen.components.iter().filter(|(component, _)| is_known(component));
    let record = |(component, count): (&String, &u64)| {
        json!({
            "what": "pattern", "component": component, "pattern": pattern.to_string(),
            "template": template, "state": seen.severity.name(), "count": count,
        })
    };
    components.map(record).collect()
}

#[cfg(test)]
mod tests {
    use nilometer_model::Severity;
    use nilometer_store::patterns::Skeleton;

    use super::*;

    const MINUTE_NS: i64 = 60_000_000_000;

    /// Minutes before now at which the pattern was first written and the component first heard -> whether it is told.
    #[track_caller]
    fn check(written: i64, heard: i64, expect: bool) {
        let at = Timestamp(100 * 60 * MINUTE_NS);
        let ago = |minutes: i64| at.plus_ns(-minutes * MINUTE_NS);
        let (mut known, skeleton) = (Patterns::default(), Skeleton::of("stock of 7 is negative"));
        known.add(&skeleton, ago(written)).unwrap();
        let components = [("shop".to_owned(), 3), ("nobody".to_owned(), 1)].into();
        let (first, last) = (ago(written), at.plus_ns(-1));
        let seen = Seen { count: 4, first, last, severity: Severity::Error, components };
        let heard = [("shop".to_owned(), ago(heard))].into();
        let told = told(&known, (&skeleton.id(), &seen), (&heard, at));
        let record = json!({"what": "pattern", "component": "shop", "count": 3, "state": "error",
            "pattern": skeleton.id().to_string(), "template": "stock of <*> is negative"});
        assert_eq!(told, if expect { vec![record] } else { Vec::new() });
    }

    #[test]
    fn an_error_is_news_for_an_hour_and_only_of_who_was_heard_for_an_hour_before_it() {
        check(0, 60, true);
        check(0, 59, false);
        check(60, 120, true);
        check(61, 121, false);
        check(30, 89, false);
        check(30, 90, true);
    }
}
