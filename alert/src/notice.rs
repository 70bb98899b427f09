//! What is to be told, to whom: made with a step, committed with it, sent after that.
//!
//! Invariants:
//! - who was told that an alert fires is told when it is over, even if it was silenced meanwhile;
//! - an alert that is muted is told of when that ends, if it still fires;
//! - the same notice has the same id, whenever and however often it is made: a repetition can be recognised.

use std::collections::BTreeMap;

use nilometer_model::Timestamp;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use crate::alert::{Alert, AlertId, AlertState, Group};
use crate::evaluate::{Phase, RuleState};
use crate::mute::Mutes;
use crate::rule::{AlertSeverity, Rule, RuleId};

/// Alerts of one rule that came, fired or ended together, for one destination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    pub id: String,
    pub destination: String,
    pub rule: RuleId,
    pub alerts: Vec<Alert>,
    /// The step that it was made with.
    pub time: Timestamp,
}

impl Notice {
    /// One about nothing, to see whether it arrives.
    #[must_use]
    pub fn test(destination: &str, time: Timestamp) -> Self {
        let rule = RuleId::parse("notify-test").unwrap_or_default();
        let alert = Alert {
            id: AlertId::new(&rule, &Group::new(), time),
            rule: rule.clone(),
            state: AlertState::Firing,
            labels: [("alertname".to_owned(), "notify-test".to_owned())].into(),
            value: None,
            since: time,
            until: None,
            severity: AlertSeverity::Info,
            annotations: [("summary".to_owned(), "a test: nothing is wrong".to_owned())].into(),
            reason: "somebody wanted to see whether this arrives".to_owned(),
            complete: true,
            link: "/".to_owned(),
            late: false,
        };
        let alerts = vec![alert];
        Self {
            id: id(destination, &alerts),
            destination: destination.to_owned(),
            rule,
            alerts,
            time,
        }
    }
}

/// Who is to be told of a step that led from `before` to `state` with these changes; notes in `state` who is told.
#[must_use]
pub fn notices(
    rule: &Rule,
    (before, state): (&RuleState, &mut RuleState),
    changes: &[Alert],
    mutes: &Mutes<'_>,
) -> Vec<Notice> {
    let told: BTreeMap<_, _> =
        before.active.iter().map(|active| (&active.id, active.told)).collect();
    let ended = changes.iter().filter(|alert| {
        alert.state == AlertState::Resolved && told.get(&alert.id).is_some_and(|told| *told)
    });
    let mut alerts: Vec<Alert> = ended.cloned().collect();
    for active in &mut state.active {
        if active.phase != Phase::Firing || active.told {
            continue;
        }
        let alert = active.alert(rule);
        if mutes.of(rule, &alert.labels).is_none() {
            active.told = true;
            alerts.push(alert);
        }
    }
    if alerts.is_empty() {
        return Vec::new();
    }
    let notice = |destination: &String| Notice {
        id: id(destination, &alerts),
        destination: destination.clone(),
        rule: rule.id.clone(),
        alerts: alerts.clone(),
        time: state.at,
    };
    rule.notify.iter().map(notice).collect()
}

fn id(destination: &str, alerts: &[Alert]) -> String {
    let mut text = destination.to_owned();
    for alert in alerts {
        text.push('\0');
        text.push_str(&alert.id.0);
        text.push(if alert.state == AlertState::Resolved { '-' } else { '+' });
    }
    format!("{:032x}", xxh3_128(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::{Observed, Seen, evaluate};
    use crate::rule::RawRule;
    use crate::silence::{RawMatcher, Silence};

    /// Per step what the value is and whether it is silenced -> what is told.
    #[track_caller]
    fn check(steps: &[(f64, bool, &str)]) {
        let json = r#"{"name": "r", "query": "q", "notify": ["chat"]}"#;
        let rule = RawRule::from_json(json.as_bytes()).unwrap().check().unwrap();
        let matcher = RawMatcher { name: "alertname".to_owned(), op: None, value: "r".to_owned() };
        let forever = (Timestamp(0), Timestamp(i64::MAX), None);
        let silence =
            [Silence::new("s".to_owned(), vec![matcher], forever, String::new()).unwrap()];
        let (mut before, mut ids) = (RuleState::default(), Vec::new());
        for (at, (value, silenced, expect)) in (1..).zip(steps) {
            let groups = vec![Observed { value: Some(*value), ..Observed::default() }];
            let at_s = Timestamp(at * 1_000_000_000);
            let seen = Seen { at: at_s, groups, matched: 1, complete: true };
            let (mut state, changes) = evaluate(&rule, &before, &seen);
            let silences = if *silenced { &silence[..] } else { &[] };
            let mutes = Mutes { at: seen.at, silences, firing: &BTreeMap::new() };
            let told = notices(&rule, (&before, &mut state), &changes, &mutes);
            let said: Vec<_> =
                told.iter().flat_map(|n| &n.alerts).map(|a| format!("{:?}", a.state)).collect();
            assert_eq!(said.join(" "), *expect, "step {at}");
            ids.extend(told.into_iter().map(|notice| notice.id));
            before = state;
        }
        let all = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all, "no two notices have one id");
    }

    #[test]
    fn everybody_is_told_once_of_each_beginning_and_end() {
        check(&[
            (1.0, false, "Firing"),
            (2.0, false, ""),
            (0.0, false, "Resolved"),
            (1.0, false, "Firing"),
        ]);
    }

    #[test]
    fn a_silence_keeps_the_beginning_back_and_never_the_end_of_what_was_told() {
        check(&[(1.0, true, ""), (1.0, false, "Firing"), (0.0, true, "Resolved")]);
        check(&[(1.0, true, ""), (0.0, true, ""), (0.0, false, "")]);
    }
}
