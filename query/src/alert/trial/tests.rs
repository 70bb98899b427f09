//! Files as people write them, and what is said of them.

use super::*;

const RULES: &str = r#"
[[rule]]
name = "errors"
query = "severity:error"
every = "10s"
for = "20s"
group_by = ["component"]

[[rule]]
name = "slow"
signal = "spans"
query = "kind:server | stats p95(duration) by service"
every = "10s"
condition = { op = ">", value = 500 }

[[rule]]
name = "full"
signal = "samples"
query = "name:node.disk.used | stats max(value) by node"
every = "10s"
condition = { op = ">", value = 90 }
severity = "critical"

[[rule]]
name = "looping"
signal = "health"
query = "state:crash_looping"
every = "10s"
group_by = ["component"]

[[rule]]
name = "failing share"
id = "share"
signal = "spans"
query = "status:error"
of = "*"
every = "10s"
over = "20s"
also_over = "10s"
group_by = ["service"]
condition = { op = ">", value = 0.4 }
"#;

async fn report(tests: &str) -> TestReport {
    test_rules(&format!("{RULES}{tests}")).await
}

#[tokio::test]
async fn every_signal_is_looked_at_step_by_step() {
    let report = report(
        r#"
[[test]]
name = "lines"
log = [{ at = "0s", every = "5s", until = "41s", line = { component = "cart", level = "ERROR", msg = "no" } },
       { at = "0s", every = "5s", line = { component = "cart", level = "info" } }]
expect = [
  { at = "10s", firing = [], pending = [{ rule = "errors", labels = { component = "cart" }, value = 2 }] },
  { at = "29s", firing = [] },
  { at = "30s", firing = [{ rule = "errors" }], pending = [] },
  { at = "50s", firing = [{ rule = "errors", value = 1 }] },
  { at = "60s", firing = [], pending = [] },
]

[[test]]
name = "spans"
span = [{ at = "3s", every = "1s", span = { service = "pay", kind = "server", duration = "812ms", status = "error" } },
        { at = "3s", every = "500ms", span = { service = "pay", kind = "client", status = "ok" } }]
expect = [{ at = "10s", firing = [{ rule = "slow", labels = { service = "pay" }, value = 812 }] }]

[[test]]
name = "a share over two ranges"
span = [{ at = "0s", every = "1s", until = "10s", span = { service = "pay", status = "error" } },
        { at = "0s", every = "1s", span = { service = "pay" } }]
expect = [{ at = "10s", firing = [{ rule = "share", value = 0.5 }] }, { at = "20s", firing = [] }]

[[test]]
name = "samples"
sample = [{ at = "1s", sample = { name = "node.disk.used", node = "a", value = 95 } },
          { at = "1s", sample = { name = "node.disk.used", node = "b", value = 85 } }]
expect = [{ at = "10s", firing = [{ rule = "full", labels = { node = "a" } }] }, { at = "20s", firing = [] }]

[[test]]
name = "health"
health = [{ at = "0s", until = "30s", line = { component = "pay", state = "crash_looping" } },
          { at = "0s", line = { component = "cart", state = "healthy" } }]
expect = [{ at = "30s", firing = [{ rule = "looping", labels = { component = "pay" } }] }, { at = "40s", firing = [] }]
"#,
    )
    .await;
    assert!(report.passed(), "{report:#?}");
    assert_eq!((report.rules, report.outcomes.len()), (5, 5));
}

#[tokio::test]
async fn what_comes_late_is_seen_by_no_step_before() {
    let late = |received: &str, value: u32| {
        format!(
            r#"
[[test]]
name = "late"
log = [{{ at = "1s", received = "{received}", line = {{ component = "a", level = "error" }} }},
       {{ at = "2s", line = {{ component = "a", level = "error" }} }}]
expect = [{{ at = "10s", firing = [], pending = [{{ rule = "errors", value = {value} }}] }}]
"#
        )
    };
    for (received, value) in [("11s", 2), ("12s", 1), ("2m", 1)] {
        let report = report(&late(received, value)).await;
        assert!(report.passed(), "{received}: {report:#?}");
    }
}

#[tokio::test]
async fn what_is_otherwise_than_expected_is_said() {
    let report = report(
        r#"
[[test]]
name = "wrong"
sample = [{ at = "1s", sample = { name = "node.disk.used", node = "a", value = 95 } }]
expect = [{ at = "10s", firing = [{ rule = "full", labels = { node = "b" } }] }]
"#,
    )
    .await;
    assert!(!report.passed());
    let expect = [
        r#"at 10s: expected firing: full {"node":"b"}"#,
        r#"at 10s: firing, and not expected: full {"alertname":"full","node":"a"}, the value was 95, > 90, over 10s"#,
    ];
    assert_eq!(report.outcomes[0].differences, expect);
}

#[tokio::test]
async fn a_bad_test_or_rule_is_said_with_its_place_and_the_others_run() {
    let text = "[[rule]]\nname = \"a\"\nquery = \"severity:eror )\"\n[[rule]]\nname = \"b\"\nquery = \"x\"\n\
        [[test]]\nname = \"t\"\nlog = [{ at = \"1 s\", line = {} }]\nexpect = []\n\
        [[test]]\nname = \"u\"\nexpcet = []\n[[test]]\nname = \"v\"\nexpect = [{ at = \"1m\", firing = [] }]\n";
    let report = test_rules(text).await;
    let errors: Vec<String> = report.errors.iter().map(ToString::to_string).collect();
    let expect = [
        "3:24: query: expected a filter or `|`, found `)`; remove it, or put it in quotes",
        "9:7: log: at: it is '1 s'; a time from the test's beginning, such as \"90s\"",
        "13:1: expcet: there is no such member; did you mean `expect`?",
    ];
    assert_eq!(errors, expect);
    assert_eq!(
        (report.rules, report.outcomes.len(), report.outcomes[0].name.as_str()),
        (1, 1, "v")
    );
}
