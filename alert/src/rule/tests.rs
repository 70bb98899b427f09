//! Rules as written and as meant.

use super::*;
use crate::limits::{
    EVERY_S, FOR_S, GROUP_BY_MAX, LABELS_MAX, NOTIFY_MAX, OVER_S, RULE_NAME_CHARS_MAX,
    RULE_QUERY_BYTES_MAX,
};

fn read(json: &str) -> Result<Rule, FieldError> {
    RawRule::from_json(json.as_bytes())?.check()
}

#[test]
fn what_is_left_out_has_a_default() {
    let rule = read(r#"{"name": "Errors of checkout", "query": "severity:error", "every": "15s"}"#)
        .unwrap();
    let json = serde_json::to_value(&rule).unwrap();
    let expect = serde_json::json!({
        "id": "errors-of-checkout", "name": "Errors of checkout", "signal": "logs",
        "query": "severity:error", "every": "15s", "over": "15s", "for": "0s", "group_by": [],
        "condition": {"op": ">", "value": 0.0}, "no_data": "ok", "severity": "warning",
        "labels": {}, "annotations": {}, "notify": [],
    });
    assert_eq!(json, expect);
}

#[test]
fn a_rule_reads_back_as_itself() {
    let full = r#"{"id": "x", "name": "n", "signal": "spans", "query": "status:error", "of": "*", "every": "90s",
        "over": "5m", "also_over": "1m", "for": "2m", "group_by": ["service", "http.route"],
        "condition": {"op": "<=", "value": 0.25}, "no_data": "silent", "severity": "critical",
        "labels": {"team": "a"}, "annotations": {"summary": "{{ value }}"}, "notify": ["chat"],
        "runbook": "https://example.org/x", "inhibited_by": [{"rule": "node-gone", "equal": ["node"]}],
        "dry_run": true}"#;
    let slo =
        r#"{"name": "n", "query": "a", "of": "b", "slo": {"objective": 99.9, "window": "7d"}}"#;
    for text in [full, slo] {
        let rule = read(text).unwrap();
        let mut json = serde_json::to_value(&rule).unwrap();
        if rule.slo.is_some() {
            json.as_object_mut().unwrap().remove("condition");
        }
        assert_eq!(read(&json.to_string()), Ok(rule));
    }
}

#[test]
fn limits_hold_at_n_and_not_at_n_and_one() {
    let rule = |member: &str, value: serde_json::Value| {
        let mut json = serde_json::json!({"name": "n", "query": "a"});
        json[member] = value;
        read(&json.to_string())
    };
    let names = |n: usize| -> serde_json::Value { (0..n).map(|n| format!("n{n}")).collect() };
    let map = |n: usize| -> serde_json::Value {
        (0..n)
            .map(|n| (format!("n{n}"), serde_json::Value::from("v")))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let seconds = |s: i64| serde_json::Value::from(format!("{s}s"));
    for (member, fits, too_much) in [
        ("every", seconds(*EVERY_S.end()), seconds(EVERY_S.end() + 1)),
        ("every", seconds(*EVERY_S.start()), "999ms".into()),
        ("over", seconds(*OVER_S.end()), seconds(OVER_S.end() + 1)),
        ("for", seconds(*FOR_S.end()), seconds(FOR_S.end() + 1)),
        (
            "name",
            "n".repeat(RULE_NAME_CHARS_MAX).into(),
            "n".repeat(RULE_NAME_CHARS_MAX + 1).into(),
        ),
        (
            "query",
            "n".repeat(RULE_QUERY_BYTES_MAX).into(),
            "n".repeat(RULE_QUERY_BYTES_MAX + 1).into(),
        ),
        ("group_by", names(GROUP_BY_MAX), names(GROUP_BY_MAX + 1)),
        ("notify", names(NOTIFY_MAX), names(NOTIFY_MAX + 1)),
        ("labels", map(LABELS_MAX), map(LABELS_MAX + 1)),
        ("annotations", map(LABELS_MAX), map(LABELS_MAX + 1)),
    ] {
        rule(member, fits).unwrap();
        assert_eq!(rule(member, too_much).unwrap_err().field, member);
    }
}

#[test]
fn an_objective_is_three_rules_over_two_ranges_each() {
    let rule =
        read(r#"{"name": "n", "query": "a", "of": "b", "slo": {"objective": 99.9}}"#).unwrap();
    let meant = rule.meant();
    let said: Vec<_> = meant
        .iter()
        .map(|rule| {
            let also = rule.also_over.unwrap();
            let limit = (rule.condition.value * 1e6).round() / 1e6;
            (rule.id.as_str(), rule.over.to_string(), also.to_string(), limit, rule.severity)
        })
        .collect();
    let expect = [
        ("n.fast", "1h", "5m", 0.0144, AlertSeverity::Critical),
        ("n.medium", "6h", "30m", 0.006, AlertSeverity::Critical),
        ("n.slow", "3d", "6h", 0.001, AlertSeverity::Warning),
    ];
    let expect: Vec<_> =
        expect.map(|(id, over, also, v, s)| (id, over.to_owned(), also.to_owned(), v, s)).into();
    assert_eq!(said, expect);
}
