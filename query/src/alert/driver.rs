//! Evaluates rules as time goes by.
//!
//! ```text
//!   each second: which steps have settled? ─> one snapshot per tenant ─> queries, a few at once
//!      ─> evaluate (pure) ─> states, changes, notices ─> one commit ─> memory ─> whoever sends
//! ```
//! Invariants:
//! - a step is a multiple of `every`, and sees what had been received [`SETTLE`](crate::limits::RULE_SETTLE_NS) after it:
//!   what was on its way then has come, and what came later changes nothing, however late the step is taken;
//! - what a step changed, its notices and the history are one commit, on the condition that nobody else evaluated
//!   meanwhile; if it fails, the step is taken again;
//! - a rule whose query fails keeps its alerts as they are, and says that it fails.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt;
use nilometer_alert::{Alert, Mutes, RuleState, SignalName, evaluate, notices};
use nilometer_model::{Tenant, TimeRange, Timestamp};
use nilometer_store::Documents;
use tokio_util::sync::CancellationToken;

use super::answer::Scene;
use super::book::{self, Evaluated};
use super::desk::{Alerts, Inner, outbox};
use super::health;
use super::pauses::Pause;
use super::question::Questions;
use super::receipts::Receipts;
use super::rulebook::Key;
use crate::limits::{
    RULE_CATCH_UP_STEPS, RULE_INDEX_WAIT, RULE_LATE_EVERY, RULE_SETTLE_NS, RULE_TICK,
    RULE_UNDER_WAY_NS, RULES_AT_ONCE,
};
use crate::metrics;

/// A rule, where it stands, and the step that it has to take.
struct Due {
    key: Key,
    questions: Arc<Questions>,
    state: RuleState,
    step: Timestamp,
}

/// The rules whose steps came next, taken, and what was left out before.
struct Turn {
    walked: Vec<Walked>,
    evaluated: Evaluated,
    pause: Option<Pause>,
}

/// Where it stands then.
struct Walked {
    due: Due,
    after: RuleState,
    changes: Vec<Alert>,
    failed: Option<String>,
}

/// Evaluates until `stop`. What is being committed then is committed whole. `caught_up` ends once the index has what
/// the Log held when it was called.
pub async fn run<F: Future<Output = ()> + Send>(
    alerts: Arc<Alerts>,
    caught_up: impl Fn() -> F,
    stop: CancellationToken,
) {
    tokio::join!(steps(&alerts, &caught_up, &stop), looks(&alerts, &caught_up, &stop));
}

/// Looks again and again at what came late.
async fn looks<F: Future<Output = ()> + Send>(
    alerts: &Alerts,
    caught_up: &impl Fn() -> F,
    stop: &CancellationToken,
) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(RULE_LATE_EVERY) => {}
        }
        if has_caught_up(caught_up, stop).await.is_none() {
            return;
        }
        alerts.look_again().await;
    }
}

/// Waits for the index, but not for ever: whether it has what the Log held. `None` once this is to stop.
async fn has_caught_up<F: Future<Output = ()> + Send>(
    caught_up: &impl Fn() -> F,
    stop: &CancellationToken,
) -> Option<bool> {
    tokio::select! {
        () = stop.cancelled() => None,
        waited = tokio::time::timeout(RULE_INDEX_WAIT, caught_up()) => Some(waited.is_ok()),
    }
}

async fn steps<F: Future<Output = ()> + Send>(
    alerts: &Alerts,
    caught_up: &impl Fn() -> F,
    stop: &CancellationToken,
) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(RULE_TICK) => {}
            () = alerts.news.notified() => {}
        }
        match has_caught_up(caught_up, stop).await {
            None => return,
            Some(true) => {}
            Some(false) => metrics::rules_before_index(),
        }
        loop {
            let turn = tokio::select! {
                () = stop.cancelled() => return,
                turn = alerts.turn() => turn,
            };
            let Some(turn) = turn else { break };
            if !alerts.keep(turn).await {
                break;
            }
        }
    }
}

impl Alerts {
    /// Takes every step that has settled.
    #[cfg(test)]
    pub(crate) async fn tick(&self) {
        while let Some(turn) = self.turn().await {
            if !self.keep(turn).await {
                return;
            }
        }
    }

    /// Evaluates all rules whose next step is the earliest; none when no step has settled.
    async fn turn(&self) -> Option<Turn> {
        let settled = self.clock.now().plus_ns(-RULE_SETTLE_NS - RULE_UNDER_WAY_NS);
        let (mut due, pause) = self.due(settled);
        let Some(to) = due.iter().map(|due| due.step).min() else {
            // Whatever was missed while nobody evaluated is made up for; a rule that is made from now on begins now.
            self.inner().resumed = Timestamp(0);
            return None;
        };
        due.retain(|due| due.step == to);
        let (walked, evaluated) = self.step(due, to).await;
        Some(Turn { walked, evaluated, pause })
    }

    /// Evaluates what is due `to` then.
    #[tracing::instrument(name = "evaluate", skip_all, fields(rules = due.len()))]
    async fn step(&self, due: Vec<Due>, to: Timestamp) -> (Vec<Walked>, Evaluated) {
        let started = Instant::now();
        let position = self.store.arrived();
        let scenes = self.scenes(&due).await;
        let revision =
            scenes.values().next().map(|scene| scene.snapshot.revision).unwrap_or_default();
        let walks = due.into_iter().map(|due| self.walk(due, &scenes));
        let walked: Vec<Walked> =
            futures::stream::iter(walks).buffered(RULES_AT_ONCE).collect().await;
        metrics::rules_evaluated(walked.len(), started.elapsed());
        metrics::rules_lag(self.clock.now().ms_since(to));
        (walked, Evaluated { to, revision, position })
    }

    /// The steps that have settled and come next, one of each rule; and the pause that ends with them, if one does.
    fn due(&self, settled: Timestamp) -> (Vec<Due>, Option<Pause>) {
        let inner = self.inner();
        let pause = Pause { from: inner.evaluated.to, to: settled };
        let mut upcoming = inner.upcoming(settled);
        let is_pause = upcoming.any(|((_, questions), ..)| pause.is_for(questions.rule.every.ns()));
        let pause = is_pause.then_some(pause);
        let pauses = pause.map(|pause| inner.pauses.with(pause));
        let pauses = pauses.as_ref().unwrap_or(&inner.pauses);
        let mut all = Vec::new();
        for ((tenant, questions), next, last) in inner.upcoming(settled) {
            let every = questions.rule.every.ns();
            let next = pauses.next(next, every);
            // A rule that was away for a time, as out of its file, begins anew.
            let next = if last - next >= RULE_CATCH_UP_STEPS { last } else { next };
            if next <= last {
                let key = (tenant.clone(), questions.rule.id.clone());
                let state = inner.states.get(&key).cloned().unwrap_or_default();
                let (questions, step) = (Arc::clone(questions), Timestamp(next * every));
                all.push(Due { key, questions, state, step });
            }
        }
        (all, pause)
    }

    /// What the rules may look at, for each tenant.
    async fn scenes(&self, due: &[Due]) -> BTreeMap<Tenant, Scene> {
        let mut scenes: BTreeMap<Tenant, Scene> = BTreeMap::new();
        for due in due {
            let tenant = &due.key.0;
            let scene = match scenes.entry(tenant.clone()) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(self.present(tenant, due.step).await),
            };
            let asks_health = due.questions.rule.signal == SignalName::Health;
            if asks_health && scene.health.buffer.is_empty() {
                if let Err(error) = self.learn_errors(tenant).await {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, "what errors say was not learnt; it is tried again");
                }
                scene.health = health::snapshot(self, tenant, due.step).await;
            }
        }
        scenes
    }

    /// What is stored now, and what of it a step at `at` may see.
    async fn present(&self, tenant: &Tenant, at: Timestamp) -> Scene {
        let snapshot = self.store.snapshot(tenant);
        // Only what came since then is no step's; of that there is little.
        let since = at.plus_ns(RULE_SETTLE_NS);
        let receipts = Receipts::of(&snapshot, since, Timestamp(i64::MIN)).await;
        Scene { snapshot, receipts: receipts.unwrap_or_default(), ..Scene::default() }
    }

    async fn walk(&self, due: Due, scenes: &BTreeMap<Tenant, Scene>) -> Walked {
        let nothing = Scene::default();
        let scene = scenes.get(&due.key.0).unwrap_or(&nothing);
        match due.questions.observe(scene, due.step).await {
            Ok(mut seen) => {
                seen.complete &= self.is_complete(&due, due.step);
                let (after, changes) = evaluate(&due.questions.rule, &due.state, &seen);
                Walked { due, after, changes, failed: None }
            }
            Err(error) => {
                // Its alerts stay; the step is not taken again.
                let after = RuleState { at: due.step, ..due.state.clone() };
                Walked { due, after, changes: Vec::new(), failed: Some(error.to_string()) }
            }
        }
    }

    /// Whether everything that a step looks at is known to be there.
    fn is_complete(&self, due: &Due, at: Timestamp) -> bool {
        let from = at.plus_ns(-due.questions.rule.over.ns());
        TimeRange::new(from, at).is_none_or(|range| {
            self.store.completeness(&due.key.0, range, self.clock.now()).complete
        })
    }

    /// Commits what the steps changed, and then remembers it; whether that was possible.
    async fn keep(&self, Turn { mut walked, mut evaluated, pause }: Turn) -> bool {
        let _turn = self.turn.lock().await;
        self.drop_gone(&mut walked);
        evaluated.to = evaluated.to.max(self.inner().evaluated.to);
        let (mut changes, before) = self.planned(&mut walked, evaluated);
        let (name, text) = (book::EVALUATED.to_owned(), serde_json::to_string(&evaluated));
        let is_news = changes.documents.keys().any(|name| name.starts_with(book::OUTBOX));
        changes.documents.insert(name.clone(), text.ok());
        let pauses = pause.map(|pause| self.inner().pauses.with(pause));
        if let Some(pauses) = &pauses {
            changes.documents.insert(book::PAUSES.to_owned(), serde_json::to_string(pauses).ok());
        }
        let expected: Documents = [(name, before)].into();
        let now = self.clock.now();
        let committed = self.store.change_documents(&expected, changes.documents, now).await;
        if let Err(error) = committed {
            metrics::rules_not_committed();
            tracing::error!(%error, "what rules found was not committed; they are evaluated again");
            return false;
        }
        let mut inner = self.inner();
        inner.evaluated = evaluated;
        inner.pauses = pauses.unwrap_or_else(|| inner.pauses.clone());
        inner.memory.add(changes.remembered);
        for walked in walked {
            match walked.failed {
                Some(why) => {
                    metrics::rule_failed();
                    if inner.failing.insert(walked.due.key.clone(), why.clone()).is_none() {
                        let (tenant, rule) = &walked.due.key;
                        tracing::error!(%tenant, %rule, why, "a rule cannot be evaluated");
                    }
                }
                None => drop(inner.failing.remove(&walked.due.key)),
            }
            inner.states.insert(walked.due.key, walked.after);
        }
        drop(inner);
        if is_news {
            self.call_outbox();
        }
        true
    }

    /// Rules that were taken away or changed while they were evaluated have nothing to say.
    fn drop_gone(&self, walked: &mut Vec<Walked>) {
        let inner = self.inner();
        let known: BTreeMap<Key, &Arc<Questions>> = inner
            .rules
            .iter()
            .flat_map(|((tenant, _), kept)| {
                kept.meant.iter().map(move |q| ((tenant.clone(), q.rule.id.clone()), q))
            })
            .collect();
        walked.retain(|walked| {
            known.get(&walked.due.key).is_some_and(|now| Arc::ptr_eq(now, &walked.due.questions))
        });
    }

    /// What is to be committed, and what must still stand there.
    fn planned(&self, walked: &mut [Walked], evaluated: Evaluated) -> (Changes, Option<String>) {
        let mut inner = self.inner();
        let mut changes = Changes::default();
        let tenants: BTreeSet<Tenant> =
            walked.iter().map(|walked| walked.due.key.0.clone()).collect();
        for tenant in tenants {
            let own = || walked.iter().filter(|walked| walked.due.key.0 == tenant);
            // Causes and effects of one step know of each other.
            let before: Vec<_> = own()
                .map(|w| {
                    (w.due.key.clone(), inner.states.insert(w.due.key.clone(), w.after.clone()))
                })
                .collect();
            let firing = inner.firing(&tenant);
            for (key, state) in before {
                match state {
                    Some(state) => inner.states.insert(key, state),
                    None => inner.states.remove(&key),
                };
            }
            let silences = inner.silences_of(&tenant);
            let mutes = Mutes { at: evaluated.to, silences: &silences, firing: &firing };
            let mut alerts = Vec::new();
            for walked in walked.iter_mut().filter(|walked| walked.due.key.0 == tenant) {
                let rule = &walked.due.questions.rule;
                let states = (&walked.due.state, &mut walked.after);
                let told = notices(rule, states, &walked.changes, &mutes);
                changes.documents.extend(outbox(&tenant, &told));
                alerts.append(&mut walked.changes);
                if !walked.after.stands_as(&walked.due.state) {
                    let empty = walked.after.active.is_empty() && walked.after.members.is_empty();
                    let text =
                        (!empty).then(|| serde_json::to_string(&walked.after).ok()).flatten();
                    changes
                        .documents
                        .insert(book::name(book::ALERTS, &tenant, rule.id.as_str()), text);
                }
            }
            let (new, documents) = inner.memory.plan(&tenant, (evaluated.to, evaluated), alerts);
            changes.documents.extend(documents);
            changes.remembered.extend(new.into_iter().map(|one| (tenant.clone(), one)));
        }
        let known = (inner.evaluated != Evaluated::default())
            .then(|| serde_json::to_string(&inner.evaluated).ok());
        (changes, known.flatten())
    }
}

impl Inner {
    /// Of each rule the first step that was not taken, and the last that has settled, by their numbers.
    fn upcoming(
        &self,
        settled: Timestamp,
    ) -> impl Iterator<Item = ((&Tenant, &Arc<Questions>), i64, i64)> {
        let all = self.rules.iter().flat_map(|((tenant, _), kept)| {
            kept.meant.iter().map(move |questions| (tenant, questions))
        });
        all.map(move |(tenant, questions)| {
            let every = questions.rule.every.ns();
            let last = settled.0.div_euclid(every);
            let state = self.states.get(&(tenant.clone(), questions.rule.id.clone()));
            // What stands in Meta is as of its last change; it held until all were evaluated last.
            let taken = state.map_or(self.resumed, |state| state.at.max(self.resumed));
            // A rule that was never evaluated begins with the last step.
            let next = if taken.0 == 0 { last } else { taken.0.div_euclid(every) + 1 };
            ((tenant, questions), next, last)
        })
    }
}

/// What a turn changes.
#[derive(Default)]
struct Changes {
    documents: Documents,
    remembered: Vec<(Tenant, book::Remembered)>,
}
