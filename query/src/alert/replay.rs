//! What a rule would have said: its steps over stored data, by the same queries and the same evaluation.
//!
//! Invariants:
//! - steps are those that live evaluation takes: multiples of `every`, but for those that it left out in a pause; each
//!   sees what had been received by then, as live evaluation did, or what had been received before `known_to`, if that
//!   is more. Where all that is there now is to be seen, no step is left out;
//! - a replay changes nothing and tells nobody; it ends after [`REPLAY_TIME`] with an error, never with half an answer.

use std::time::Instant;

use futures::StreamExt;
use nilometer_alert::{
    Curve, FieldError, Interval, Intervals, Rule, RuleState, Seen, SignalName, evaluate,
};
use nilometer_model::{Tenant, TimeRange, Timestamp};

use super::answer::Scene;
use super::bins::Binned;
use super::desk::Alerts;
use super::health;
use super::pauses::Pauses;
use super::question::Questions;
use super::receipts::Receipts;
use crate::execute::QueryError;
use crate::limits::{REPLAY_STEPS_MAX, REPLAY_TIME, RULES_AT_ONCE};

/// When it would have fired.
#[derive(Debug)]
pub(crate) struct Replayed {
    pub(crate) intervals: Vec<Interval>,
    /// Intervals beyond the limit.
    pub(crate) left_out: usize,
    pub(crate) evaluations: u64,
    /// Whether every step saw everything that there is.
    pub(crate) complete: bool,
    /// How the value went, of the first of the rules that were meant.
    pub(crate) curve: Vec<Option<f64>>,
}

/// Why it is not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplayError {
    #[error(transparent)]
    Rule(#[from] FieldError),
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error("the range has {steps} steps, at most {REPLAY_STEPS_MAX} are taken")]
    TooMany { steps: i64 },
    #[error("the replay takes longer than {} s", REPLAY_TIME.as_secs())]
    TooLong,
}

impl Default for Replayed {
    fn default() -> Self {
        let (intervals, curve) = (Vec::new(), Vec::new());
        Self { intervals, left_out: 0, evaluations: 0, complete: true, curve }
    }
}

impl Alerts {
    /// Replays a rule over a range.
    pub(crate) async fn replay(
        &self,
        tenant: &Tenant,
        rule: &Rule,
        (range, known_to): (TimeRange, Timestamp),
    ) -> Result<Replayed, ReplayError> {
        let until = Instant::now() + REPLAY_TIME;
        let scene = self.past(tenant, known_to).await?;
        let mut all = Replayed::default();
        for rule in rule.meant() {
            let questions = Questions::of(tenant, rule)?;
            self.replay_one((tenant, &scene), &questions, (range, until), &mut all).await?;
        }
        all.intervals.sort_by(|a, b| (a.from, &a.labels).cmp(&(b.from, &b.labels)));
        Ok(all)
    }

    /// What is stored now, and what of it each step may see.
    pub(super) async fn past(
        &self,
        tenant: &Tenant,
        known_to: Timestamp,
    ) -> Result<Scene, QueryError> {
        let snapshot = self.store.snapshot(tenant);
        let receipts = match known_to {
            Timestamp(i64::MAX) => Some(Receipts::default()),
            _ => Receipts::of(&snapshot, Timestamp(i64::MIN), known_to).await,
        };
        let receipts = receipts.ok_or(QueryError::Stopped)?;
        let is_now = known_to == Timestamp(i64::MAX);
        let pauses = if is_now { Pauses::default() } else { self.inner().pauses.clone() };
        Ok(Scene { snapshot, receipts, pauses, ..Scene::default() })
    }

    pub(super) async fn replay_one(
        &self,
        (tenant, scene): (&Tenant, &Scene),
        questions: &Questions,
        (range, until): (TimeRange, Instant),
        all: &mut Replayed,
    ) -> Result<(), ReplayError> {
        let every = questions.rule.every.ns();
        let (first, last) = (range.from().0.div_euclid(every) + 1, range.to().0.div_euclid(every));
        let steps = last.saturating_sub(first).saturating_add(1);
        if steps > REPLAY_STEPS_MAX {
            return Err(ReplayError::TooMany { steps });
        }
        let (state, intervals) = (RuleState::default(), Intervals::default());
        let curve = Curve::new(range, &questions.rule);
        let mut story = Story { questions, state, intervals, curve };
        let moments = scene.pauses.steps(first..=last, every);
        match Binned::ask(tenant, questions, (scene, range)).await? {
            Some(binned) => {
                for at in moments {
                    story.take(&binned.observe(&questions.rule, at), all);
                    if Instant::now() >= until {
                        return Err(ReplayError::TooLong);
                    }
                }
            }
            None => {
                let seen = moments.map(|at| self.seen_at(tenant, questions, (scene, at)));
                let mut seen = futures::stream::iter(seen).buffered(RULES_AT_ONCE);
                while let Some(seen) = seen.next().await {
                    story.take(&seen?, all);
                    if Instant::now() >= until {
                        return Err(ReplayError::TooLong);
                    }
                }
            }
        }
        let (intervals, left_out) = story.intervals.finish(range.to());
        all.intervals.extend(intervals);
        all.left_out += left_out;
        if all.curve.is_empty() {
            all.curve = story.curve.points();
        }
        Ok(())
    }

    async fn seen_at(
        &self,
        tenant: &Tenant,
        questions: &Questions,
        (scene, at): (&Scene, Timestamp),
    ) -> Result<Seen, QueryError> {
        match questions.rule.signal {
            SignalName::Health => {
                let health = health::snapshot(self, tenant, at).await;
                questions.observe(&Scene { health, ..scene.clone() }, at).await
            }
            _ => questions.observe(scene, at).await,
        }
    }
}

/// What has happened so far.
struct Story<'a> {
    questions: &'a Questions,
    state: RuleState,
    intervals: Intervals,
    curve: Curve,
}

impl Story<'_> {
    fn take(&mut self, seen: &Seen, all: &mut Replayed) {
        all.complete &= seen.complete;
        all.evaluations += 1;
        let rule = &self.questions.rule;
        self.curve.take(rule, seen);
        let (after, changes) = evaluate(rule, &self.state, seen);
        self.intervals.take(rule, &after, &changes);
        self.state = after;
    }
}
