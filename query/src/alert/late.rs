//! What came late: the steps that it belongs to are taken again, and what that changes stands in the history.
//!
//! ```text
//!   received in [r0, r1), written long before      r1 = now, r0 = r1 of the look before
//!     ─> rules that match some of it ─> the steps around it, as known at r0 and as known at r1
//!     ─> where they differ: "would have fired 12:00 to 12:03", one change of the history, in one commit
//! ```
//! Invariants:
//! - nobody is notified: it is over, and what is not over fires by the steps of now;
//! - a late record is looked at once, by the same code as a replay: what differs is what it changed;
//! - it is bounded how far back it is looked, how long, and how many changes one look writes; what that leaves out is
//!   said in the log and counted.

use std::sync::Arc;
use std::time::Instant;

use nilometer_alert::{Alert, Interval, SignalName};
use nilometer_model::{Tenant, TimeRange, Timestamp};
use nilometer_store::Documents;

use super::answer::Scene;
use super::book;
use super::desk::Alerts;
use super::question::{AnyPlan, Questions};
use super::receipts::Receipts;
use super::replay::{ReplayError, Replayed};
use crate::execute::QueryError;
use crate::limits::{
    RULE_LATE_BACK_NS, RULE_LATE_CHANGES_MAX, RULE_LATE_TIME, RULE_LATE_WARM_UP_NS, RULE_SETTLE_NS,
    RULE_UNDER_WAY_NS,
};
use crate::metrics;

const SECOND_NS: i64 = 1_000_000_000;

/// What is stored, what of it is news, and between which receipts it came.
struct Look {
    before: Scene,
    after: Scene,
    news: Receipts,
    from: Timestamp,
    to: Timestamp,
}

impl Alerts {
    /// Looks at what came late since the last look.
    pub(crate) async fn look_again(&self) {
        let to = self.clock.now().plus_ns(-RULE_UNDER_WAY_NS);
        let to = Timestamp(to.0.div_euclid(SECOND_NS) * SECOND_NS);
        let before = self.store.documents(book::LATE).pop().map(|(_, text)| text);
        let from = self.inner().late_looked.max(to.plus_ns(-RULE_LATE_BACK_NS));
        let until = Instant::now() + RULE_LATE_TIME;
        let (mut changed, mut skipped) = (Vec::new(), 0);
        let tenants = self.inner().rules.tenants();
        for tenant in tenants {
            let Ok(Some(look)) = self.look(&tenant, (from, to)).await else { continue };
            let (alerts, left) = self.changed(&tenant, &look, until).await;
            skipped += left;
            changed.push((tenant, alerts));
        }
        if skipped > 0 {
            metrics::rules_late_skipped(skipped);
            tracing::warn!(skipped, "what came late was not held against all rules");
        }
        // Where nothing came late there is nothing to be looked at twice.
        if changed.is_empty() || self.keep_late(changed, (before, to)).await {
            self.inner().late_looked = to;
        }
    }

    /// What there is to look at; none when nothing came late.
    async fn look(
        &self,
        tenant: &Tenant,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Option<Look>, QueryError> {
        let snapshot = self.store.snapshot(tenant);
        let news = Receipts::of(&snapshot, from, from).await.ok_or(QueryError::Stopped)?;
        if news.is_empty() {
            return Ok(None);
        }
        let before = self.past(tenant, from).await?;
        let receipts = before.receipts.known_to(to);
        let after = Scene { receipts, ..before.clone() };
        Ok(Some(Look { before, after, news, from, to }))
    }

    /// What the look changes of each rule; and how many rules it did not come to.
    async fn changed(&self, tenant: &Tenant, look: &Look, until: Instant) -> (Vec<Alert>, usize) {
        let rules = self.inner().questions(tenant);
        let (mut alerts, mut skipped) = (Vec::new(), 0);
        for questions in rules.iter().filter(|q| q.rule.signal != SignalName::Health) {
            if Instant::now() >= until || alerts.len() >= RULE_LATE_CHANGES_MAX {
                skipped += 1;
                continue;
            }
            match self.changed_of(tenant, questions, (look, until)).await {
                Ok(changes) => alerts.extend(changes),
                Err(error) => {
                    skipped += 1;
                    tracing::debug!(%error, rule = %questions.rule.id, "what came late");
                }
            }
        }
        alerts.truncate(RULE_LATE_CHANGES_MAX);
        (alerts, skipped)
    }

    async fn changed_of(
        &self,
        tenant: &Tenant,
        questions: &Arc<Questions>,
        (look, until): (&Look, Instant),
    ) -> Result<Vec<Alert>, ReplayError> {
        let Some(written) = questions.written_late(look).await? else { return Ok(Vec::new()) };
        let rule = &questions.rule;
        let warm_up = rule.held.ns().max(RULE_LATE_WARM_UP_NS);
        let last = written.to().plus_ns(rule.over.ns() + rule.held.ns() + rule.every.ns());
        let range = TimeRange::new(
            written.from().plus_ns(-warm_up),
            last.min(look.to.plus_ns(-RULE_SETTLE_NS)),
        );
        let Some(range) = range else { return Ok(Vec::new()) };
        let (mut before, mut after) = (Replayed::default(), Replayed::default());
        self.replay_one((tenant, &look.before), questions, (range, until), &mut before).await?;
        self.replay_one((tenant, &look.after), questions, (range, until), &mut after).await?;
        let (more, less) = differences(&before.intervals, &after.intervals);
        let would = more.map(|interval| Alert::seen_late(rule, interval, true));
        let would_not = less.map(|interval| Alert::seen_late(rule, interval, false));
        Ok(would.chain(would_not).collect())
    }

    /// Commits the changes, and up to when it was looked; whether that was possible.
    async fn keep_late(
        &self,
        changed: Vec<(Tenant, Vec<Alert>)>,
        (before, to): (Option<String>, Timestamp),
    ) -> bool {
        let _turn = self.turn.lock().await;
        let name = book::LATE.to_owned();
        let mut changes: Documents = [(name.clone(), serde_json::to_string(&to).ok())].into();
        let mut remembered = Vec::new();
        {
            let inner = self.inner();
            for (tenant, alerts) in changed {
                let when = (to, inner.evaluated);
                let (new, documents) = inner.memory.plan(&tenant, when, alerts);
                changes.extend(documents);
                remembered.extend(new.into_iter().map(|one| (tenant.clone(), one)));
            }
        }
        let expected: Documents = [(name, before)].into();
        let now = self.clock.now();
        if let Err(error) = self.store.change_documents(&expected, changes, now).await {
            tracing::error!(%error, "what came late was not committed; it is looked at again");
            return false;
        }
        self.inner().memory.add(remembered);
        true
    }
}

impl Questions {
    /// Between which times the late rows were written that the rule looks at; none when there are none.
    async fn written_late(&self, look: &Look) -> Result<Option<TimeRange>, QueryError> {
        let back = look.to.plus_ns(-RULE_LATE_BACK_NS);
        let mut written: Option<TimeRange> = None;
        for question in std::iter::once(&self.query).chain(&self.of) {
            for (first, last) in look.news.of_plan(&question.plan) {
                let range = TimeRange::new(first.max(back), last.plus_ns(1));
                let Some(range) = range else { continue };
                if !question.plan.is_received_in(&look.after, range, (look.from, look.to)).await? {
                    continue;
                }
                let (from, to) = written.map_or((range.from(), range.to()), |known: TimeRange| {
                    (known.from().min(range.from()), known.to().max(range.to()))
                });
                written = TimeRange::new(from, to);
            }
        }
        Ok(written)
    }
}

impl AnyPlan {
    /// Whether some row that fits was written in the range and received in that time.
    async fn is_received_in(
        &self,
        scene: &Scene,
        range: TimeRange,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<bool, QueryError> {
        let tabled = self.received_before(to).received_since(from).run(scene, (range, 1)).await?;
        Ok(tabled.stats.rows_matched > 0)
    }
}

/// The intervals of `after` that are not in `before`, and those of `before` of which nothing is left.
fn differences<'a>(
    before: &'a [Interval],
    after: &'a [Interval],
) -> (impl Iterator<Item = &'a Interval>, impl Iterator<Item = &'a Interval>) {
    let same = |one: &Interval, other: &Interval| {
        (one.from, one.to, &one.labels) == (other.from, other.to, &other.labels)
    };
    let overlaps = |one: &Interval, other: &Interval| {
        one.labels == other.labels && one.from <= other.to && other.from <= one.to
    };
    let more = after.iter().filter(move |one| !before.iter().any(|other| same(one, other)));
    let less = before.iter().filter(move |one| !after.iter().any(|other| overlaps(one, other)));
    (more, less)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intervals(written: &[(i64, i64, &str)]) -> Vec<Interval> {
        let interval = |(from, to, label): &(i64, i64, &str)| Interval {
            from: Timestamp(*from),
            to: Timestamp(*to),
            labels: [("component".to_owned(), (*label).to_owned())].into(),
            peak: None,
        };
        written.iter().map(interval).collect()
    }

    /// Intervals before and after -> what would have fired, what would not.
    #[track_caller]
    fn check(before: &[(i64, i64, &str)], after: &[(i64, i64, &str)], expect: [&str; 2]) {
        let (before, after) = (intervals(before), intervals(after));
        let (more, less) = differences(&before, &after);
        let say =
            |one: &Interval| format!("{}-{} {}", one.from.0, one.to.0, one.labels["component"]);
        let said = [more.map(say).collect::<Vec<_>>(), less.map(say).collect()];
        assert_eq!(said.map(|all| all.join(", ")), expect);
    }

    #[test]
    fn what_is_otherwise_is_told_and_what_is_the_same_is_not() {
        check(&[(1, 5, "a")], &[(1, 5, "a")], ["", ""]);
        check(&[], &[(1, 5, "a")], ["1-5 a", ""]);
        check(&[(1, 5, "a")], &[], ["", "1-5 a"]);
        check(&[(1, 5, "a")], &[(1, 7, "a")], ["1-7 a", ""]);
        check(&[(1, 5, "a"), (9, 12, "a")], &[(1, 12, "a")], ["1-12 a", ""]);
        check(&[(1, 5, "a")], &[(1, 5, "b")], ["1-5 b", "1-5 a"]);
    }
}
