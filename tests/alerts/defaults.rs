//! The rules of a fresh install, on the demo: quiet while it is well, and naming what is broken.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nilometer_tests::{Api, Process, Scratch, until};
use serde_json::{Value, json};

/// A fault is told within a minute; so long is waited.
const DEADLINE: Duration = Duration::from_secs(120);
/// So many pieces of ten seconds a component has spoken in: its silence is one then.
const SPOKEN_BINS: usize = 8;
const KNOWN_DEADLINE: Duration = Duration::from_secs(240);
/// A crash loop is over when nothing of it is in the last minutes.
const CALM_DEADLINE: Duration = Duration::from_secs(600);
/// Whose alert each switch makes. What fails in one service is seen where it is called from.
const SWITCHES: [(&str, &str, &str); 4] = [
    ("surprise", "cart", "new-error"),
    ("crash", "shipping", "crash-loop"),
    ("silence", "recommendation", "app-silent"),
    ("fail", "payment", "errors"),
];

fn demo(scratch: &Scratch) -> (Process, Api) {
    let arguments = ["--demo", "--otlp-grpc", "none", "--otlp-http", "none"];
    Process::start("up", scratch, &arguments, &[("NILOMETER_DEFAULT_RULES", "true")])
}

fn switch(api: &Api, (fault, service, _): (&str, &str, &str), on: bool) {
    let body = json!({ "service": service, "on": on }).to_string();
    let answer = api.send("POST", &format!("/api/v1/demo/{fault}"), &[], body.as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// Whose alerts of the rule fire.
fn firing(api: &Api, rule: &str) -> Vec<String> {
    let alerts = api.json("/api/v1/alerts")["alerts"].as_array().cloned().unwrap_or_default();
    let of_rule = alerts.iter().filter(|one| one["rule"] == rule && one["state"] == "firing");
    of_rule.filter_map(|one| Some(one["labels"]["component"].as_str()?.to_owned())).collect()
}

/// Everybody is well, and known for long enough for a silence to be one.
fn is_known(api: &Api) -> Option<()> {
    let board = api.get("/api/v1/health").ok()?.json();
    let is_well = |one: &Value| one["state"] == "healthy";
    let is_healthy = board["components"].as_array().is_some_and(|all| all.iter().all(is_well));
    let lines =
        format!("component:recommendation | stats count() by bin(10s) | limit {SPOKEN_BINS}");
    let question = json!({ "q": lines, "from": "-10m" }).to_string();
    let answer = api.send("POST", "/api/v1/query", &[], question.as_bytes()).ok()?.json();
    let has_spoken = answer["rows"].as_array().is_some_and(|rows| rows.len() >= SPOKEN_BINS);
    (is_healthy && has_spoken).then_some(())
}

/// Writes a line of two hours ago: the first hour of a component is for learning.
#[expect(clippy::disallowed_methods, reason = "the server's clock says what is long ago")]
fn has_been_heard(api: &Api, component: &str) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let line = json!({"component": component, "message": "here", "time": now.as_secs() - 7_200});
    until("the line is taken", DEADLINE, || {
        let answer = api.send("POST", "/api/v1/ingest", &[], line.to_string().as_bytes()).ok()?;
        (answer.status == 200).then_some(())
    });
}

fn breaks_and_mends(api: &Api) {
    SWITCHES.into_iter().for_each(|broken| switch(api, broken, true));
    for (fault, service, rule) in SWITCHES {
        until(&format!("{rule} after {fault}"), DEADLINE, || {
            let named = firing(api, rule);
            // Who calls a service that fails, fails too.
            let is_it =
                named.iter().any(|one| one == service) || (fault == "fail" && !named.is_empty());
            is_it.then_some(())
        });
    }
    SWITCHES.into_iter().for_each(|broken| switch(api, broken, false));
}

#[test]
fn the_rules_of_a_fresh_install_name_what_the_demos_switches_break_and_tell_its_end() {
    let scratch = Scratch::new();
    let (_up, api) = demo(&scratch);
    has_been_heard(&api, SWITCHES[0].1);
    until("the shop is known", KNOWN_DEADLINE, || is_known(&api));
    breaks_and_mends(&api);
    for rule in ["app-silent", "errors", "new-error"] {
        until(&format!("{rule} is over"), DEADLINE, || firing(&api, rule).is_empty().then_some(()));
    }
    let history = api.json("/api/v1/alerts/history?from=-1h");
    let history = history["alerts"].as_array().unwrap();
    let resolved =
        |rule: &str| history.iter().any(|one| one["rule"] == rule && one["state"] == "resolved");
    assert!(["app-silent", "errors", "new-error"].into_iter().all(resolved), "{history:?}");
}

/// The night's form: an hour in which nothing is wrong and nothing fires, and then everything ends that begins.
#[test]
#[ignore = "it takes an hour and a quarter"]
fn a_healthy_shop_is_quiet_for_an_hour_and_every_fault_ends() {
    let scratch = Scratch::new();
    let (_up, api) = demo(&scratch);
    until("the shop is known", KNOWN_DEADLINE, || is_known(&api));
    std::thread::sleep(Duration::from_secs(3_600));
    let history = api.json("/api/v1/alerts/history?from=-2h");
    assert_eq!(history["alerts"], json!([]));
    breaks_and_mends(&api);
    for (_, _, rule) in SWITCHES {
        let over = || firing(&api, rule).is_empty().then_some(());
        until(&format!("{rule} is over"), CALM_DEADLINE, over);
    }
}
