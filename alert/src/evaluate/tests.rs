//! Steps as tables: what the query says at each, and where the alerts then stand.

use super::*;
use crate::interval::Intervals;
use crate::rule::RawRule;

const STEP_NS: i64 = 10_000_000_000;

fn rule(more: &str) -> Rule {
    let json = format!(r#"{{"name": "r", "query": "q", "every": "10s", "group_by": ["c"]{more}}}"#);
    RawRule::from_json(json.as_bytes()).unwrap().check().unwrap()
}

fn observed(text: &str) -> Observed {
    let (name, value) = text.split_once('=').unwrap();
    let group = (!name.is_empty()).then(|| ("c".to_owned(), name.to_owned())).into_iter().collect();
    Observed { group, value: value.parse().ok(), also: None }
}

/// `a=5 b=0`: groups and their values at a step; `-`: nothing matched.
fn seen(step: i64, text: &str) -> Seen {
    let groups: Vec<Observed> =
        text.split_whitespace().filter(|t| *t != "-").map(observed).collect();
    let matched = groups.len() as u64;
    Seen { at: Timestamp(step * STEP_NS), groups, matched, complete: true }
}

fn said(state: &RuleState) -> String {
    let said = state.active.iter().map(|active| {
        let phase = if active.phase == Phase::Firing { "firing" } else { "pending" };
        let group = active.group.get("c").map_or("", String::as_str);
        format!("{group}:{phase}@{}", active.since.0 / STEP_NS)
    });
    said.collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check(more: &str, steps: &[(&str, &str)]) {
    let rule = rule(more);
    let mut state = RuleState::default();
    for (step, (query, expect)) in (1..).zip(steps) {
        state = evaluate(&rule, &state, &seen(step, query)).0;
        assert_eq!(said(&state), *expect, "step {step}, which saw {query}");
    }
}

#[test]
fn without_for_it_fires_at_once_and_ends_at_once() {
    check(
        "",
        &[
            ("a=1 b=0", "a:firing@1"),
            ("a=1 b=1", "a:firing@1 b:firing@2"),
            ("b=1", "b:firing@2"),
            ("-", ""),
        ],
    );
}

#[test]
fn a_condition_must_hold_for_as_long_as_the_rule_says() {
    let held = r#", "for": "20s""#;
    check(
        held,
        &[("a=1", "a:pending@1"), ("a=1", "a:pending@1"), ("a=1", "a:firing@3"), ("a=0", "")],
    );
    check(
        held,
        &[("a=1", "a:pending@1"), ("a=0", ""), ("a=1", "a:pending@3"), ("a=1", "a:pending@3")],
    );
}

#[test]
fn nothing_matched_means_what_the_rule_says() {
    check(
        r#", "no_data": "silent""#,
        &[("a=1", "a:firing@1"), ("-", "a:firing@1"), ("b=0", "a:firing@1"), ("a=0", "")],
    );
    check(
        r#", "no_data": "firing", "condition": {"op": ">", "value": 99}"#,
        &[
            ("-", ":firing@1"),
            ("a=1 b=1", ""),
            ("a=1", "b:firing@3"),
            ("-", "b:firing@3 a:firing@4"),
            ("a=1 b=1", ""),
        ],
    );
}

#[test]
fn a_member_that_is_missing_for_a_day_is_not_waited_for() {
    let rule = rule(r#", "no_data": "firing", "condition": {"op": ">", "value": 99}"#);
    let mut state = evaluate(&rule, &RuleState::default(), &seen(1, "a=1 b=1")).0;
    state = evaluate(&rule, &state, &seen(2, "a=1")).0;
    assert_eq!(said(&state), "b:firing@2");
    let day = MEMBER_FORGOTTEN_NS / STEP_NS;
    assert_eq!(said(&evaluate(&rule, &state, &seen(1 + day, "a=1")).0), "b:firing@2");
    assert_eq!(said(&evaluate(&rule, &state, &seen(2 + day, "a=1")).0), "");
}

#[test]
fn zero_is_a_value_unless_the_rule_waits_for_something() {
    let none = Seen { matched: 0, ..seen(1, "=0") };
    let is = |more: &str| said(&evaluate(&rule(more), &RuleState::default(), &none).0);
    assert_eq!(is(r#", "group_by": [], "condition": {"op": "<", "value": 1}"#.replace(", \"group_by\": []", "").as_str()), ":firing@1");
    assert_eq!(is(r#", "no_data": "firing""#), ":firing@1");
    assert_eq!(is(r#", "no_data": "silent", "condition": {"op": "<", "value": 1}"#), "");
}

#[test]
fn a_step_that_was_taken_changes_nothing() {
    let rule = rule("");
    let (state, changes) = evaluate(&rule, &RuleState::default(), &seen(2, "a=1"));
    assert_eq!(changes.len(), 1);
    for step in [1, 2] {
        assert_eq!(evaluate(&rule, &state, &seen(step, "-")), (state.clone(), Vec::new()));
    }
}

#[test]
fn an_alert_keeps_its_id_until_it_is_over() {
    let rule = rule(
        r#", "for": "10s", "labels": {"team": "x"}, "annotations": {"summary": "{{ labels.c }} is {{ value }}"}"#,
    );
    let (mut state, mut all) = (RuleState::default(), Vec::new());
    for (step, query) in (1..).zip(["a=1", "a=2", "a=3", "a=0", "a=4"]) {
        let (after, changes) = evaluate(&rule, &state, &seen(step, query));
        (state, _) = (after, all.extend(changes));
    }
    let states: Vec<AlertState> = all.iter().map(|alert| alert.state).collect();
    use AlertState::{Firing, Pending, Resolved};
    assert_eq!(states, [Pending, Firing, Resolved, Pending]);
    assert!(all[0].id == all[1].id && all[1].id == all[2].id && all[2].id != all[3].id);
    let resolved = &all[2];
    assert_eq!((resolved.since.0 / STEP_NS, resolved.until), (2, Some(Timestamp(4 * STEP_NS))));
    let labels: Vec<_> = resolved.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(labels, ["alertname=r", "c=a", "team=x"]);
    assert_eq!(all[1].annotations["summary"], "a is 2");
    assert_eq!(all[1].reason, "the value was 2, > 0, over 10s");
}

#[test]
fn no_more_than_the_limit_of_groups_is_told_apart() {
    let rule = rule("");
    let many = |n: usize| (0..n).map(|n| format!("g{n:04}=1")).collect::<Vec<_>>().join(" ");
    let (state, _) = evaluate(&rule, &RuleState::default(), &seen(1, &many(ALERTS_PER_RULE_MAX)));
    assert_eq!((state.active.len(), state.left_out), (ALERTS_PER_RULE_MAX, 0));
    let (state, changes) =
        evaluate(&rule, &state, &seen(2, &format!("a=1 {}", many(ALERTS_PER_RULE_MAX))));
    assert_eq!((state.active.len(), state.left_out, changes.len()), (ALERTS_PER_RULE_MAX, 1, 0));
}

#[test]
fn intervals_tell_when_it_fired_and_how_badly() {
    let rule = rule("");
    let (mut state, mut intervals) = (RuleState::default(), Intervals::default());
    for (step, query) in (1..).zip(["a=1", "a=7", "a=3", "a=0", "a=4 b=2"]) {
        let (after, changes) = evaluate(&rule, &state, &seen(step, query));
        intervals.take(&rule, &after, &changes);
        state = after;
    }
    let (intervals, left_out) = intervals.finish(Timestamp(9 * STEP_NS));
    let said: Vec<_> = intervals
        .iter()
        .map(|i| (i.from.0 / STEP_NS, i.to.0 / STEP_NS, i.labels["c"].as_str(), i.peak.unwrap()))
        .collect();
    assert_eq!(
        (said.as_slice(), left_out),
        ([(1, 4, "a", 7.0), (5, 9, "a", 4.0), (5, 9, "b", 2.0)].as_slice(), 0)
    );
}
