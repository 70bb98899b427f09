//! One step of a rule: what was, what the query says now -> what is, and what changed.
//!
//! ```text
//!                 holds                 held for `for`
//!   (nothing) ─────────────> pending ───────────────────> firing ──holds no longer──> resolved
//!        ^                      │                            ^
//!        └──holds no longer─────┘     `for = 0s`: at once ───┘
//! ```
//! Invariants:
//! - nothing but the arguments decides: the same steps give the same alerts, live and in a replay;
//! - a step at or before the one that was taken last changes nothing;
//! - nothing matched is not zero trouble: what it means, the rule says (`no_data`).

use std::collections::{BTreeMap, BTreeSet};

use nilometer_model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::alert::{Alert, AlertId, AlertState, Group, annotations, labels, link};
use crate::limits::{ALERTS_PER_RULE_MAX, MEMBER_FORGOTTEN_NS};
use crate::rule::{NoData, Rule};
use crate::template::number;

/// What the query said at one step.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Seen {
    pub at: Timestamp,
    pub groups: Vec<Observed>,
    /// How many records, spans or samples matched.
    pub matched: u64,
    /// Whether the answer held everything that there is.
    pub complete: bool,
}

/// One row of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observed {
    pub group: Group,
    pub value: Option<f64>,
    /// Over the shorter range, where the rule has one.
    pub also: Option<f64>,
}

/// A rule's alerts, and the groups that it waits for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RuleState {
    /// The last step.
    pub at: Timestamp,
    pub active: Vec<Active>,
    /// The groups that were there before, where their absence counts; and since when one is missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Member>,
    /// Groups in trouble that are not told apart, because there are too many.
    #[serde(default)]
    pub left_out: usize,
}

/// A group that was there before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    pub group: Group,
    pub missing_since: Option<Timestamp>,
}

/// A group in trouble.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Active {
    pub id: AlertId,
    pub group: Group,
    pub phase: Phase,
    /// When the phase began.
    pub since: Timestamp,
    pub value: Option<f64>,
    pub complete: bool,
    /// Whether somebody was told that it fires, and so will be told when it is over.
    #[serde(default)]
    pub told: bool,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Pending,
    Firing,
}

/// What a step says of one group.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Verdict {
    Holds(Option<f64>),
    HoldsNot(Option<f64>),
    /// Nothing is known.
    Unknown,
}

/// Takes one step. Returns the new state, and the alerts that came, fired or ended, as they are now.
#[must_use]
pub fn evaluate(rule: &Rule, earlier: &RuleState, seen: &Seen) -> (RuleState, Vec<Alert>) {
    if seen.at <= earlier.at {
        return (earlier.clone(), Vec::new());
    }
    let mut state =
        RuleState { at: seen.at, members: members(rule, earlier, seen), ..RuleState::default() };
    let mut changes = Vec::new();
    let verdicts = verdicts(rule, earlier, &state.members, seen);
    for (group, verdict) in verdicts {
        let before = earlier.active.iter().find(|active| active.group == group);
        let (after, changed) = walk(rule, (&group, verdict), before, seen);
        match after {
            Some(_) if before.is_none() && state.active.len() >= ALERTS_PER_RULE_MAX => {
                state.left_out += 1;
                continue;
            }
            Some(active) => state.active.push(active),
            None => {}
        }
        changes.extend(changed);
    }
    (state, changes)
}

/// What the step says of each group that is there, was in trouble, or is missed. Those in trouble come first, so
/// that no crowd of new ones drives them out.
fn verdicts(
    rule: &Rule,
    earlier: &RuleState,
    members: &[Member],
    seen: &Seen,
) -> Vec<(Group, Verdict)> {
    let observed: BTreeMap<&Group, &Observed> =
        seen.groups.iter().map(|observed| (&observed.group, observed)).collect();
    let mut groups: Vec<&Group> = earlier.active.iter().map(|active| &active.group).collect();
    let mut known: BTreeSet<&Group> = groups.iter().copied().collect();
    let others = observed.keys().copied().chain(members.iter().map(|member| &member.group));
    groups.extend(others.filter(|group| known.insert(group)));
    let nothing = Group::new();
    if groups.is_empty() && rule.no_data == NoData::Firing {
        groups.push(&nothing);
    }
    let verdict = |group: &Group| match observed.get(group) {
        Some(observed) => of_value(rule, observed, seen.matched),
        None if is_missed(rule, members, group) => absent(rule),
        None => Verdict::HoldsNot(None),
    };
    groups.into_iter().map(|group| (group.clone(), verdict(group))).collect()
}

/// Whether the absence of a group says anything: where it is what the rule is about, only if it is waited for.
fn is_missed(rule: &Rule, members: &[Member], group: &Group) -> bool {
    let grouped = !rule.group_by.is_empty();
    match rule.no_data {
        // Before there is any member, all of them are waited for together.
        NoData::Firing if grouped && group.is_empty() => members.is_empty(),
        NoData::Firing if grouped => members.iter().any(|member| member.group == *group),
        _ => true,
    }
}

fn of_value(rule: &Rule, observed: &Observed, matched: u64) -> Verdict {
    let (Some(value), false) = (observed.value, matched == 0 && rule.no_data != NoData::Ok) else {
        return absent(rule);
    };
    let also =
        rule.also_over.is_none() || observed.also.is_some_and(|also| rule.condition.holds(also));
    match rule.condition.holds(value) && also {
        true => Verdict::Holds(Some(value)),
        false => Verdict::HoldsNot(Some(value)),
    }
}

fn absent(rule: &Rule) -> Verdict {
    match rule.no_data {
        NoData::Ok => Verdict::HoldsNot(None),
        NoData::Firing => Verdict::Holds(None),
        NoData::Silent => Verdict::Unknown,
    }
}

/// The groups whose absence counts from now on.
fn members(rule: &Rule, earlier: &RuleState, seen: &Seen) -> Vec<Member> {
    if rule.no_data != NoData::Firing || rule.group_by.is_empty() {
        return Vec::new();
    }
    let present: BTreeSet<&Group> = seen.groups.iter().map(|observed| &observed.group).collect();
    let known: BTreeSet<&Group> = earlier.members.iter().map(|member| &member.group).collect();
    let kept = earlier.members.iter().filter_map(|member| {
        let missing_since = match present.contains(&member.group) {
            true => None,
            false => Some(member.missing_since.unwrap_or(seen.at)),
        };
        let forgotten =
            missing_since.is_some_and(|since| seen.at.0 - since.0 >= MEMBER_FORGOTTEN_NS);
        (!forgotten).then(|| Member { group: member.group.clone(), missing_since })
    });
    let new = present.iter().filter(|group| !known.contains(*group));
    let new = new.map(|group| Member { group: (*group).clone(), missing_since: None });
    kept.chain(new).take(ALERTS_PER_RULE_MAX).collect()
}

/// Moves one group on; also says what changed, if anything did.
fn walk(
    rule: &Rule,
    (group, verdict): (&Group, Verdict),
    before: Option<&Active>,
    seen: &Seen,
) -> (Option<Active>, Option<Alert>) {
    match (verdict, before) {
        (Verdict::Unknown, _) => (before.cloned(), None),
        (Verdict::HoldsNot(_), None) => (None, None),
        (Verdict::HoldsNot(value), Some(before)) => {
            let ended = (before.phase == Phase::Firing).then(|| {
                let ended = Active { value, complete: seen.complete, ..before.clone() };
                // What was told of its trouble stays; why it is over is the reason.
                let annotations = before.alert(rule).annotations;
                let (until, state) = (Some(seen.at), AlertState::Resolved);
                Alert { until, state, annotations, ..ended.alert(rule) }
            });
            (None, ended)
        }
        (Verdict::Holds(value), None) => {
            let phase = if rule.held.ns() == 0 { Phase::Firing } else { Phase::Pending };
            let active = Active {
                id: AlertId::new(&rule.id, group, seen.at),
                group: group.clone(),
                phase,
                since: seen.at,
                value,
                complete: seen.complete,
                told: false,
            };
            let alert = active.alert(rule);
            (Some(active), Some(alert))
        }
        (Verdict::Holds(value), Some(before)) => {
            let mut active = Active { value, complete: seen.complete, ..before.clone() };
            let held = seen.at.0 - before.since.0 >= rule.held.ns();
            if before.phase == Phase::Firing || !held {
                return (Some(active), None);
            }
            (active.phase, active.since) = (Phase::Firing, seen.at);
            let alert = active.alert(rule);
            (Some(active), Some(alert))
        }
    }
}

impl RuleState {
    /// Whether nothing has changed that must not be forgotten: values come again with the next step.
    #[must_use]
    pub fn stands_as(&self, other: &Self) -> bool {
        let stands = |active: &Active| (active.id.clone(), active.phase, active.told);
        self.left_out == other.left_out
            && self.members == other.members
            && self.active.iter().map(stands).eq(other.active.iter().map(stands))
    }
}

impl Active {
    /// As it is told.
    #[must_use]
    pub fn alert(&self, rule: &Rule) -> Alert {
        let labels = labels(rule, &self.group);
        Alert {
            id: self.id.clone(),
            rule: rule.id.clone(),
            state: match self.phase {
                Phase::Pending => AlertState::Pending,
                Phase::Firing => AlertState::Firing,
            },
            annotations: annotations(rule, &labels, self.value),
            link: link(rule, &labels, self.since),
            labels,
            value: self.value,
            since: self.since,
            until: None,
            severity: rule.severity,
            reason: reason(rule, self.value),
            complete: self.complete,
            late: false,
        }
    }
}

/// `p95(duration) was 812 > 500`, in as many words as are known.
fn reason(rule: &Rule, value: Option<f64>) -> String {
    let Some(value) = value else { return "there was nothing that matched".to_owned() };
    let (op, limit) = (rule.condition.op.symbol(), number(rule.condition.value));
    let holds = if rule.condition.holds(value) { "" } else { "not " };
    format!("the value was {}, {holds}{op} {limit}, over {}", number(value), rule.over)
}

#[cfg(test)]
mod tests;
