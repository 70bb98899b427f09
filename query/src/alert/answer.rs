//! A step of a rule, answered: its queries run on one snapshot, and their rows are what the rule sees.
//!
//! Invariants:
//! - all queries of a step see the same snapshot, and of it what had been received by then;
//! - an answer that a limit cut, or in which a split is missing, says that it is not complete.

use std::collections::BTreeMap;
use std::sync::Arc;

use nilometer_alert::{Group, Length, Observed, Seen};
use nilometer_model::{TimeRange, Timestamp};
use nilometer_store::Snapshot;

use super::pauses::Pauses;
use super::question::{AnyPlan, Question, Questions};
use super::receipts::Receipts;
use crate::execute::{Limits, PipelineRequest, QueryError, Table, Tabled, pipeline};
use crate::limits::RULE_GROUPS_MAX;
use crate::plan::{Plan, Signal, Value};

/// What a rule may look at.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scene {
    pub(crate) snapshot: Snapshot,
    /// What health said at the step, as records.
    pub(crate) health: Snapshot,
    /// What of the snapshot each step may see.
    pub(super) receipts: Receipts,
    /// When no steps were taken.
    pub(super) pauses: Pauses,
}

/// The rows of one query, by their group.
#[derive(Debug, Default)]
pub(super) struct Answered {
    pub(super) values: BTreeMap<Group, Option<f64>>,
    pub(super) matched: u64,
    pub(super) complete: bool,
}

impl Questions {
    /// What the rule sees at `at`.
    ///
    /// # Errors
    /// [`QueryError`], when there is no answer.
    pub(crate) async fn observe(&self, scene: &Scene, at: Timestamp) -> Result<Seen, QueryError> {
        let long = self.values(scene, (at, self.rule.over)).await?;
        let short = match self.rule.also_over {
            Some(over) => Some(self.values(scene, (at, over)).await?),
            None => None,
        };
        Ok(seen(at, long, short))
    }

    /// The value of each group over so long; of a part of a whole, the share.
    async fn values(
        &self,
        scene: &Scene,
        when: (Timestamp, Length),
    ) -> Result<Answered, QueryError> {
        let part = self.query.ask(scene, when).await?;
        match &self.of {
            Some(of) => Ok(share(&part, of.ask(scene, when).await?)),
            None => Ok(part),
        }
    }
}

/// What a step sees, given the answers over its range and over the shorter one.
pub(super) fn seen(at: Timestamp, long: Answered, short: Option<Answered>) -> Seen {
    let complete = long.complete && short.as_ref().is_none_or(|short| short.complete);
    let observed = |(group, value): (Group, Option<f64>)| {
        let also = short.as_ref().and_then(|short| short.values.get(&group).copied().flatten());
        Observed { group, value, also }
    };
    let groups = long.values.into_iter().map(observed).collect();
    Seen { at, groups, matched: long.matched, complete }
}

/// Of each group of the whole, how much of it the part is.
pub(super) fn share(part: &Answered, whole: Answered) -> Answered {
    let share = |(group, all): (Group, Option<f64>)| {
        let bad = part.values.get(&group).copied().flatten().unwrap_or_default();
        let share = all.filter(|all| *all > 0.0).map(|all| bad / all);
        (group, share)
    };
    Answered {
        values: whole.values.into_iter().map(share).collect(),
        matched: whole.matched,
        complete: part.complete && whole.complete,
    }
}

impl Question {
    async fn ask(
        &self,
        scene: &Scene,
        (at, over): (Timestamp, Length),
    ) -> Result<Answered, QueryError> {
        let range = TimeRange::new(at.plus_ns(-over.ns()), at).unwrap_or(TimeRange::ALL);
        let bounded = scene.receipts.matter(&self.plan, range);
        let bounded = bounded.then(|| self.plan.received_before(scene.receipts.bound(at)));
        let plan = bounded.as_ref().unwrap_or(&self.plan);
        let tabled = plan.run(scene, (range, RULE_GROUPS_MAX)).await?;
        let complete = tabled.limited_by.is_none() && tabled.missing_splits == 0;
        let matched = tabled.stats.rows_matched;
        Ok(Answered { values: self.values(tabled.table), matched, complete })
    }

    fn values(&self, table: Table) -> BTreeMap<Group, Option<f64>> {
        let place = |name: &String| table.columns.iter().position(|column| column.name == *name);
        let labels: Vec<_> =
            self.labels.iter().filter_map(|name| Some((name, place(name)?))).collect();
        let value = place(&self.value);
        let of_row = |row: &Vec<Value<'static>>| {
            let label = |(name, column): &(&String, usize)| {
                let value = &row[*column];
                (!value.is_null()).then(|| ((*name).clone(), value.to_string()))
            };
            let number = value.and_then(|column| row[column].number()).map(|number| number.float());
            (labels.iter().filter_map(label).collect(), number)
        };
        table.rows.iter().map(of_row).collect()
    }
}

impl AnyPlan {
    /// Answers at most so many rows.
    pub(super) async fn run(
        &self,
        scene: &Scene,
        wanted: (TimeRange, usize),
    ) -> Result<Tabled, QueryError> {
        match self {
            Self::Logs(plan) => run(&scene.snapshot, plan, wanted).await,
            Self::Spans(plan) => run(&scene.snapshot, plan, wanted).await,
            Self::Samples(plan) => run(&scene.snapshot, plan, wanted).await,
            Self::Health(plan) => run(&scene.health, plan, wanted).await,
        }
    }
}

async fn run<S: Signal>(
    snapshot: &Snapshot,
    plan: &Arc<Plan<S>>,
    (range, rows): (TimeRange, usize),
) -> Result<Tabled, QueryError> {
    let limits = Limits::default();
    let request = PipelineRequest { plan: Arc::clone(plan), range, rows, limits };
    pipeline(snapshot, &request).await
}
