//! One alert, as the API, the history and a notification tell it.
//!
//! Invariants:
//! - an alert that goes from pending to firing to resolved keeps its id; the next time is another;
//! - labels are the rule's, `alertname`, and the group's; what tells two alerts of a rule apart is the group.

use std::collections::BTreeMap;

use nilometer_model::Timestamp;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::interval::Interval;
use crate::rule::{AlertSeverity, Rule, RuleId, SignalName};
use crate::template::render;

/// How far before its step the records are shown of what is new, ns.
const NEW_LOOKED_NS: i64 = 60_000_000_000;

/// The values of the fields that a rule groups by; a field that is absent is not in it.
pub type Group = BTreeMap<String, String>;

/// Names one time that one group was in trouble.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AlertId(pub String);

/// Where an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    /// The condition holds, not yet for long enough.
    Pending,
    Firing,
    Resolved,
}

/// An alert at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    pub id: AlertId,
    pub rule: RuleId,
    pub state: AlertState,
    pub labels: BTreeMap<String, String>,
    /// What the query said; none when there was nothing to say.
    pub value: Option<f64>,
    /// When it began to be pending or to fire.
    pub since: Timestamp,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    pub severity: AlertSeverity,
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
    /// Why it is in this state, in a sentence.
    #[serde(default)]
    pub reason: String,
    /// Whether the answer that it was told from held everything.
    pub complete: bool,
    /// The page of what it is about, behind the server's address.
    #[serde(default)]
    pub link: String,
    /// It is told from what came late, when it was over; nobody was notified.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
}

impl Alert {
    /// What the history says of an interval that is otherwise now that something came late: the rule would have fired
    /// then, or would not have.
    #[must_use]
    pub fn seen_late(rule: &Rule, interval: &Interval, would: bool) -> Self {
        let Interval { from, to, labels, peak } = interval;
        let not = if would { "" } else { "not " };
        Self {
            id: AlertId::new(&rule.id, labels, *from),
            rule: rule.id.clone(),
            state: AlertState::Resolved,
            labels: labels.clone(),
            value: *peak,
            since: *from,
            until: Some(*to),
            severity: rule.severity,
            annotations: annotations(rule, labels, *peak),
            reason: format!("it would {not}have fired from {from} to {to}: something came late"),
            complete: true,
            link: link(rule, labels, *from),
            late: true,
        }
    }
}

impl AlertId {
    /// Of the group of a rule that got into trouble at `since`.
    #[must_use]
    pub(crate) fn new(rule: &RuleId, group: &Group, since: Timestamp) -> Self {
        Self(format!("{}-{:x}", fingerprint(rule, group), since.0 / 1_000_000))
    }
}

/// Names a group of a rule.
fn fingerprint(rule: &RuleId, group: &Group) -> String {
    let mut text = rule.to_string();
    for (name, value) in group {
        text.extend(["\0", name.as_str(), "\0", value.as_str()]);
    }
    format!("{:016x}", xxh3_64(text.as_bytes()))
}

/// The labels of the rule's alert about a group.
pub(crate) fn labels(rule: &Rule, group: &Group) -> BTreeMap<String, String> {
    let mut labels = rule.labels.clone();
    labels.insert("alertname".to_owned(), rule.name.clone());
    labels.extend(group.iter().map(|(name, value)| (name.clone(), value.clone())));
    labels
}

/// The rule's annotations about these labels and this value.
pub(crate) fn annotations(
    rule: &Rule,
    labels: &BTreeMap<String, String>,
    value: Option<f64>,
) -> BTreeMap<String, String> {
    let text = |(name, text): (&String, &String)| (name.clone(), render(text, labels, value));
    let mut annotations: BTreeMap<_, _> = rule.annotations.iter().map(text).collect();
    if let Some(runbook) = &rule.runbook {
        annotations.entry("runbook_url".to_owned()).or_insert_with(|| runbook.clone());
    }
    annotations
}

/// The page that shows what the rule looked at until `to`.
pub(crate) fn link(rule: &Rule, labels: &BTreeMap<String, String>, to: Timestamp) -> String {
    let from = to.plus_ns(-rule.over.ns());
    let range = format!("from={}&to={}", encoded(&from.to_string()), encoded(&to.to_string()));
    match rule.signal {
        SignalName::Logs => {
            let filter = rule.query.split('|').next().unwrap_or_default().trim();
            let group = rule.group_by.iter().filter_map(|name| Some((name, labels.get(name)?)));
            let filters = group.fold(filter.to_owned(), |all, (name, value)| {
                format!("{all} {name}:\"{}\"", value.replace(['"', '\\'], "*"))
            });
            format!("/logs?q={}&{range}", encoded(filters.trim()))
        }
        SignalName::Spans => match labels.get("service") {
            Some(service) => format!("/traces?service={}&{range}", encoded(service)),
            None => format!("/traces?{range}"),
        },
        SignalName::Health if labels.contains_key("pattern") => {
            let named = ["pattern", "component"].map(|name| Some((name, labels.get(name)?)));
            let filters = named
                .into_iter()
                .flatten()
                .map(|(name, value)| format!("{name}:\"{}\"", value.replace(['"', '\\'], "*")));
            let filter = filters.collect::<Vec<_>>().join(" ");
            // What is new has been said for a while when somebody looks, and was first said before the step.
            let from = encoded(&to.plus_ns(-NEW_LOOKED_NS).to_string());
            format!("/logs?q={}&from={from}&to={}", encoded(&filter), encoded(&to.to_string()))
        }
        SignalName::Samples | SignalName::Health => {
            format!("/health?to={}", encoded(&to.to_string()))
        }
    }
}

/// A text as a part of a URL's query.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte))
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
