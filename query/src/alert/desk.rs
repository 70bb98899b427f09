//! What alerting knows: rules, states, silences, the history; in memory as it stands in Meta.
//!
//! Invariants:
//! - nothing is said that is not committed: memory changes after the commit, or not at all;
//! - one change at a time: whoever changes holds the turn from reading to committing;
//! - values of alerts are as of the last step; what they are and since when is as committed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nilometer_alert::{
    Alert, AlertState, FieldError, Muted, Mutes, Notice, Phase, Rule, RuleId, RuleState, Silence,
    notices,
};
use nilometer_model::{Clock, Tenant, TimeRange, Timestamp};
use nilometer_store::{Documents, DocumentsError, Store};
use tokio::sync::Notify;

use super::book::{self, Evaluated, Remembered};
use super::memory::Memory;
use super::pauses::Pauses;
use super::question::Questions;
use super::rulebook::{Kept, Key, Place, Rulebook};
use crate::api::HealthSources;
use crate::limits::{RULES_PER_TENANT_MAX, SILENCES_PER_TENANT_MAX};
use crate::purge::Language;

/// See the file's head.
pub struct Alerts {
    pub(crate) store: Arc<Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) sources: HealthSources,
    pub(super) language: Arc<Language>,
    inner: Mutex<Inner>,
    /// Held from reading to committing.
    pub(super) turn: tokio::sync::Mutex<()>,
    /// Rules or silences have changed.
    pub(super) news: Notify,
    /// There is something to send.
    pub(super) outbox: Notify,
}

#[derive(Default)]
pub(super) struct Inner {
    pub(super) rules: Rulebook,
    pub(super) states: BTreeMap<Key, RuleState>,
    pub(super) silences: BTreeMap<Tenant, BTreeMap<String, Silence>>,
    pub(super) memory: Memory,
    pub(super) evaluated: Evaluated,
    pub(super) pauses: Pauses,
    /// Where the process before this one ended, until that is made up for.
    pub(super) resumed: Timestamp,
    /// Rules whose last step failed, and why.
    pub(super) failing: BTreeMap<Key, String>,
    /// What came late and was received before was looked at.
    pub(super) late_looked: Timestamp,
    /// Errors that were received before are learnt.
    pub(super) errors_looked: BTreeMap<Tenant, Timestamp>,
    /// What a rule may name.
    destinations: BTreeSet<String>,
}

/// Why something of alerts was not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeskError {
    #[error(transparent)]
    Field(#[from] FieldError),
    #[error("{0}")]
    Conflict(String, &'static str),
    #[error("there is no {0} '{1}'")]
    NotFound(&'static str, String),
    #[error("there are {limit} {what} already")]
    TooMany { what: &'static str, limit: usize },
    #[error("it could not be committed")]
    Commit(#[source] DocumentsError),
}

/// An alert, and why nobody is told of it, if so.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) alert: Alert,
    pub(crate) muted: Option<Muted>,
}

/// A rule, where it stands, and how it fares.
#[derive(Debug, Clone)]
pub(crate) struct ShownRule {
    pub(crate) rule: Rule,
    pub(crate) place: Place,
    /// Why it cannot be evaluated, if so.
    pub(crate) failing: Option<String>,
    /// Its last step; none before the first.
    pub(crate) evaluated: Option<Timestamp>,
}

impl std::fmt::Debug for Alerts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Alerts").finish_non_exhaustive()
    }
}

impl Alerts {
    /// Reads what Meta holds.
    #[must_use]
    pub fn open(store: Arc<Store>, language: Arc<Language>, clock: Arc<dyn Clock>) -> Self {
        let mut inner = Inner { memory: Memory::read(&store), ..Inner::default() };
        for (tenant, rule) in book::rules(&store) {
            match Kept::of(&tenant, rule, Place::Api) {
                Ok(kept) => inner.rules.put(&tenant, kept),
                Err(error) => tracing::error!(%error, %tenant, "a rule is not evaluated"),
            }
        }
        for (tenant, id, state) in book::read::<RuleState>(&store, book::ALERTS) {
            inner.states.extend(RuleId::parse(&id).map(|id| ((tenant, id), state)));
        }
        for (tenant, id, silence) in book::read::<super::silences::Written>(&store, book::SILENCE) {
            match silence.check(id.clone()) {
                Ok(silence) => drop(inner.silences.entry(tenant).or_default().insert(id, silence)),
                Err(error) => tracing::error!(%error, %tenant, id, "a silence is not in force"),
            }
        }
        inner.evaluated = book::read_one(&store, book::EVALUATED).unwrap_or_default();
        inner.pauses = book::read_one(&store, book::PAUSES).unwrap_or_default();
        inner.resumed = inner.evaluated.to;
        inner.late_looked = book::read_one(&store, book::LATE).unwrap_or(inner.evaluated.to);
        Self {
            store,
            clock,
            sources: HealthSources::default(),
            language,
            inner: Mutex::new(inner),
            turn: tokio::sync::Mutex::default(),
            news: Notify::new(),
            outbox: Notify::new(),
        }
    }

    pub(super) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says which destinations a rule may name.
    pub fn set_destinations(&self, names: BTreeSet<String>) {
        self.inner().destinations = names;
    }

    /// Whether a rule can be evaluated, and names destinations that there are.
    ///
    /// # Errors
    /// [`FieldError`]: why not.
    pub fn check(&self, rule: &Rule) -> Result<(), FieldError> {
        super::check_rule(rule)?;
        let inner = self.inner();
        let unknown = rule.notify.iter().find(|name| !inner.destinations.contains(*name));
        let Some(unknown) = unknown else { return Ok(()) };
        let known: Vec<&str> = inner.destinations.iter().map(String::as_str).collect();
        let hint = match known.as_slice() {
            [] => "add a [[notify]] table to the configuration file".to_owned(),
            known => format!("one of {}", known.join(", ")),
        };
        Err(FieldError::new("notify", format!("there is no destination '{unknown}'"), hint))
    }

    /// Makes these all the rules of files, or the default ones. They were checked.
    pub fn set_rules(&self, rules: Vec<Rule>, are_default: bool) {
        let place = if are_default { Place::Default } else { Place::File };
        let kept =
            rules.into_iter().filter_map(|rule| Kept::of(&Tenant::default(), rule, place).ok());
        let kept = kept.collect();
        self.inner().rules.replace(place, kept);
        self.news.notify_one();
    }

    pub(crate) fn rules(&self, tenant: &Tenant) -> Vec<ShownRule> {
        let inner = self.inner();
        let shown = |kept: &Kept| {
            let key = |q: &Arc<Questions>| (tenant.clone(), q.rule.id.clone());
            let taken = kept.meant.iter().filter_map(|q| Some(inner.states.get(&key(q))?.at));
            ShownRule {
                rule: kept.rule.clone(),
                place: kept.place,
                failing: kept.meant.iter().find_map(|q| inner.failing.get(&key(q)).cloned()),
                evaluated: taken.max(),
            }
        };
        inner.rules.of(tenant).map(shown).collect()
    }

    pub(crate) fn rule(&self, tenant: &Tenant, id: &str) -> Option<(Rule, Place)> {
        let key = (tenant.clone(), RuleId::parse(id)?);
        self.inner().rules.get(&key).map(|kept| (kept.rule.clone(), kept.place))
    }

    /// Adds a rule, or puts it in the place of the one of the same id.
    pub(crate) async fn put_rule(
        &self,
        tenant: &Tenant,
        rule: Rule,
        may_replace: bool,
    ) -> Result<Rule, DeskError> {
        self.check(&rule)?;
        let kept = Kept::of(tenant, rule.clone(), Place::Api)?;
        let _turn = self.turn.lock().await;
        let key = (tenant.clone(), rule.id.clone());
        {
            let inner = self.inner();
            let hint = "choose another id, or PUT to it";
            match inner.rules.get(&key).map(|kept| kept.place) {
                Some(Place::File) => return Err(in_a_file(&rule.id)),
                Some(_) if !may_replace => {
                    return Err(DeskError::Conflict(
                        format!("there is a rule '{}'", rule.id),
                        hint,
                    ));
                }
                Some(Place::Api) => {}
                _ if inner.rules.own_count(tenant) >= RULES_PER_TENANT_MAX => {
                    return Err(DeskError::TooMany { what: "rules", limit: RULES_PER_TENANT_MAX });
                }
                _ => {}
            }
        }
        let text = serde_json::to_string(&writable(&rule)).unwrap_or_default();
        let name = book::name(book::RULE, tenant, rule.id.as_str());
        self.commit([(name, Some(text))].into()).await?;
        self.inner().rules.put(tenant, kept);
        self.news.notify_one();
        Ok(rule)
    }

    /// Takes a rule away; its alerts end.
    pub(crate) async fn delete_rule(&self, tenant: &Tenant, id: &str) -> Result<(), DeskError> {
        let not_found = || DeskError::NotFound("rule", id.to_owned());
        let key = (tenant.clone(), RuleId::parse(id).ok_or_else(not_found)?);
        let _turn = self.turn.lock().await;
        let kept = self.inner().rules.get(&key).cloned().ok_or_else(not_found)?;
        match kept.place {
            Place::Api => {}
            Place::File => return Err(in_a_file(&key.1)),
            Place::Default => {
                let hint = "PUT it with \"dry_run\": true, or start with default_rules = false";
                return Err(DeskError::Conflict("it is one of the default rules".to_owned(), hint));
            }
        }
        let name = book::name(book::RULE, tenant, id);
        let mut ending = self.ending(tenant, &kept.meant);
        ending.changes.insert(name, None);
        self.commit(ending.changes).await?;
        let mut inner = self.inner();
        inner.rules.remove(&key, Place::Api);
        inner.memory.add(ending.remembered);
        for rule in &kept.meant {
            inner.states.remove(&(tenant.clone(), rule.rule.id.clone()));
            inner.failing.remove(&(tenant.clone(), rule.rule.id.clone()));
        }
        drop(inner);
        self.news.notify_one();
        self.outbox.notify_one();
        Ok(())
    }

    /// What it takes to end the alerts of rules that are evaluated no more.
    pub(super) fn ending(&self, tenant: &Tenant, rules: &[Arc<Questions>]) -> Ending {
        let now = self.clock.now();
        let inner = self.inner();
        let mut ending = Ending::default();
        let mutes = Mutes { at: now, silences: &[], firing: &BTreeMap::new() };
        for questions in rules {
            let rule = &questions.rule;
            let key = (tenant.clone(), rule.id.clone());
            let Some(state) = inner.states.get(&key) else { continue };
            let firing = state.active.iter().filter(|active| active.phase == Phase::Firing);
            let ended: Vec<Alert> = firing
                .map(|active| Alert {
                    state: AlertState::Resolved,
                    until: Some(now),
                    reason: "its rule was taken away".to_owned(),
                    ..active.alert(rule)
                })
                .collect();
            let mut gone = RuleState { at: now, ..RuleState::default() };
            let told = notices(rule, (state, &mut gone), &ended, &mutes);
            ending.changes.insert(book::name(book::ALERTS, tenant, rule.id.as_str()), None);
            ending.changes.extend(outbox(tenant, &told));
            ending.alerts.extend(ended);
        }
        let (remembered, chunks) =
            inner.memory.plan(tenant, (now, inner.evaluated), std::mem::take(&mut ending.alerts));
        ending.changes.extend(chunks);
        ending.remembered = remembered.into_iter().map(|one| (tenant.clone(), one)).collect();
        ending
    }

    pub(super) async fn commit(&self, changes: Documents) -> Result<(), DeskError> {
        let now = self.clock.now();
        self.store.change_documents(&Documents::new(), changes, now).await.map_err(|error| {
            tracing::error!(%error, "a change of rules or silences was not committed");
            DeskError::Commit(error)
        })
    }

    /// The tenant's rules that cannot be evaluated, and why.
    pub(super) fn failing(&self, tenant: &Tenant) -> Vec<(RuleId, String)> {
        let inner = self.inner();
        let own = inner.failing.iter().filter(|((owner, _), _)| owner == tenant);
        own.map(|((_, rule), why)| (rule.clone(), why.clone())).collect()
    }

    /// What is pending or fires.
    pub(crate) fn alerts(&self, tenant: &Tenant) -> Vec<Shown> {
        let inner = self.inner();
        let firing = inner.firing(tenant);
        let silences: Vec<Silence> = inner.silences_of(tenant);
        let mutes = Mutes { at: self.clock.now(), silences: &silences, firing: &firing };
        let mut shown = Vec::new();
        for questions in inner.rules.of(tenant).flat_map(|kept| &kept.meant) {
            let rule = &questions.rule;
            let Some(state) = inner.states.get(&(tenant.clone(), rule.id.clone())) else {
                continue;
            };
            for active in &state.active {
                let alert = active.alert(rule);
                let muted = mutes.of(rule, &alert.labels);
                shown.push(Shown { alert, muted });
            }
        }
        shown
    }

    /// Changes of alerts in the range, the newest first, those before number `before`; and whether there are more.
    pub(crate) fn history(
        &self,
        tenant: &Tenant,
        range: TimeRange,
        (before, limit): (Option<u64>, usize),
    ) -> (Vec<Remembered>, bool) {
        self.inner().memory.find(tenant, range, (before, limit))
    }

    pub(crate) fn silences(&self, tenant: &Tenant) -> Vec<Silence> {
        self.inner().silences_of(tenant)
    }

    pub(crate) async fn put_silence(
        &self,
        tenant: &Tenant,
        silence: Silence,
    ) -> Result<(), DeskError> {
        let _turn = self.turn.lock().await;
        if self.inner().silences_of(tenant).len() >= SILENCES_PER_TENANT_MAX {
            return Err(DeskError::TooMany { what: "silences", limit: SILENCES_PER_TENANT_MAX });
        }
        let text = serde_json::to_string(&silence).unwrap_or_default();
        let name = book::name(book::SILENCE, tenant, &silence.id);
        self.commit([(name, Some(text))].into()).await?;
        self.inner()
            .silences
            .entry(tenant.clone())
            .or_default()
            .insert(silence.id.clone(), silence);
        self.news.notify_one();
        Ok(())
    }

    pub(crate) async fn delete_silence(&self, tenant: &Tenant, id: &str) -> Result<(), DeskError> {
        let _turn = self.turn.lock().await;
        let known = self.inner().silences.get(tenant).is_some_and(|known| known.contains_key(id));
        if !known {
            return Err(DeskError::NotFound("silence", id.to_owned()));
        }
        self.commit([(book::name(book::SILENCE, tenant, id), None)].into()).await?;
        self.inner().silences.entry(tenant.clone()).or_default().remove(id);
        self.news.notify_one();
        Ok(())
    }

    /// Says that there is something to send.
    pub(super) fn call_outbox(&self) {
        self.outbox.notify_one();
    }
}

/// Documents and changes of alerts that end with their rule.
#[derive(Default)]
pub(super) struct Ending {
    pub(super) changes: Documents,
    pub(super) remembered: Vec<(Tenant, Remembered)>,
    alerts: Vec<Alert>,
}

impl Inner {
    pub(super) fn silences_of(&self, tenant: &Tenant) -> Vec<Silence> {
        self.silences.get(tenant).map(|all| all.values().cloned().collect()).unwrap_or_default()
    }

    /// What of the tenant's rules is evaluated.
    pub(super) fn questions(&self, tenant: &Tenant) -> Vec<Arc<Questions>> {
        self.rules.of(tenant).flat_map(|kept| kept.meant.iter().map(Arc::clone)).collect()
    }

    /// The labels of every alert of the tenant that fires, by rule.
    pub(super) fn firing(
        &self,
        tenant: &Tenant,
    ) -> BTreeMap<RuleId, Vec<BTreeMap<String, String>>> {
        let mut firing: BTreeMap<RuleId, Vec<_>> = BTreeMap::new();
        for questions in self.rules.of(tenant).flat_map(|kept| &kept.meant) {
            let rule = &questions.rule;
            let Some(state) = self.states.get(&(tenant.clone(), rule.id.clone())) else { continue };
            let active = state.active.iter().filter(|active| active.phase == Phase::Firing);
            let labels: Vec<_> = active.map(|active| active.alert(rule).labels).collect();
            if !labels.is_empty() {
                firing.insert(rule.id.clone(), labels);
            }
        }
        firing
    }
}

/// The documents of notices.
pub(super) fn outbox(tenant: &Tenant, notices: &[Notice]) -> Documents {
    let document = |notice: &Notice| {
        let text = serde_json::to_string(notice).unwrap_or_default();
        (book::name(book::OUTBOX, tenant, &notice.id), Some(text))
    };
    notices.iter().map(document).collect()
}

fn in_a_file(id: &RuleId) -> DeskError {
    let hint = "change it in its file, which is read anew when it changes";
    DeskError::Conflict(format!("the rule '{id}' stands in a file"), hint)
}

/// As it reads back: an objective decides about the condition, so a rule has one of them.
#[must_use]
pub fn writable(rule: &Rule) -> serde_json::Value {
    let mut json = serde_json::to_value(rule).unwrap_or_default();
    if let (true, Some(members)) = (rule.slo.is_some(), json.as_object_mut()) {
        members.remove("condition");
    }
    json
}
