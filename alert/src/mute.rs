//! Whether somebody is to be told of an alert that fires.
//!
//! Invariants:
//! - a muted alert is evaluated, shown and written into the history like any other;
//! - an effect is muted by a cause that fires, whether or not somebody is told of the cause;
//! - a rule is no cause of its own.

use std::collections::BTreeMap;

use nilometer_model::Timestamp;
use serde::Serialize;

use crate::rule::{Inhibition, Rule, RuleId};
use crate::silence::Silence;

/// Why nobody is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Muted {
    /// By the silence of that id.
    Silenced(String),
    /// By an alert of that rule.
    Inhibited(RuleId),
    DryRun,
}

/// What mutes alerts at one moment.
#[derive(Debug)]
pub struct Mutes<'a> {
    pub at: Timestamp,
    pub silences: &'a [Silence],
    /// The labels of every alert that fires, by its rule.
    pub firing: &'a BTreeMap<RuleId, Vec<BTreeMap<String, String>>>,
}

impl Mutes<'_> {
    /// Why nobody is told of an alert of the rule with these labels; none if somebody is.
    #[must_use]
    pub fn of(&self, rule: &Rule, labels: &BTreeMap<String, String>) -> Option<Muted> {
        if rule.dry_run {
            return Some(Muted::DryRun);
        }
        let silence = self.silences.iter().find(|silence| silence.silences(labels, self.at));
        if let Some(silence) = silence {
            return Some(Muted::Silenced(silence.id.clone()));
        }
        let causes = rule.inhibited_by.iter().filter(|cause| cause.rule != rule.id);
        let cause = causes.into_iter().find(|cause| self.has_cause(cause, labels));
        cause.map(|cause| Muted::Inhibited(cause.rule.clone()))
    }

    fn has_cause(&self, cause: &Inhibition, labels: &BTreeMap<String, String>) -> bool {
        let same = |other: &BTreeMap<String, String>| {
            cause
                .equal
                .iter()
                .all(|name| labels.contains_key(name) && labels.get(name) == other.get(name))
        };
        self.firing.get(&cause.rule).is_some_and(|alerts| alerts.iter().any(same))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RawRule;

    #[track_caller]
    fn check(rule: &str, labels: &[(&str, &str)], expect: Option<&str>) {
        let rule = RawRule::from_json(rule.as_bytes()).unwrap().check().unwrap();
        let owned = |labels: &[(&str, &str)]| -> BTreeMap<String, String> {
            labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let firing = [
            (RuleId::parse("node-gone").unwrap(), vec![owned(&[("node", "a")])]),
            (rule.id.clone(), vec![owned(labels)]),
        ];
        let mutes = Mutes { at: Timestamp(1), silences: &[], firing: &firing.into() };
        let muted =
            mutes.of(&rule, &owned(labels)).map(|muted| serde_json::to_string(&muted).unwrap());
        assert_eq!(muted.as_deref(), expect);
    }

    #[test]
    fn an_effect_is_muted_where_its_cause_fires() {
        let effect = r#"{"name": "e", "query": "", "inhibited_by": [{"rule": "node-gone", "equal": ["node"]}]}"#;
        check(effect, &[("node", "a")], Some(r#"{"inhibited":"node-gone"}"#));
        check(effect, &[("node", "b")], None);
        check(effect, &[], None);
        let any = r#"{"name": "e", "query": "", "inhibited_by": [{"rule": "node-gone"}]}"#;
        check(any, &[], Some(r#"{"inhibited":"node-gone"}"#));
        let itself = r#"{"name": "e", "query": "", "inhibited_by": [{"rule": "e"}]}"#;
        check(itself, &[], None);
        check(r#"{"name": "e", "query": "", "dry_run": true}"#, &[], Some(r#""dry_run""#));
    }
}
