//! Rules over the interface: made, evaluated step by step, silenced, replayed, and there again after a restart.

use nilometer_model::Tenant;
use serde_json::{Value, json};

use super::harness::{World, post};
use super::*;
use crate::alert::Alerts;

const STEP_NS: i64 = 10_000_000_000;

/// A rule about the lines that a world writes, which lie ten seconds before its now.
fn lines(more: &Value) -> Value {
    let mut rule = json!({"name": "lines", "query": "component:shop", "every": "10s", "group_by": ["component"]});
    rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    rule
}

async fn send(world: &World, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let mut request = post(path, &[], body.to_string().into_bytes());
    *request.method_mut() = method.parse().unwrap();
    let answer = world.send(request).await;
    (answer.status, answer.json())
}

async fn get(world: &World, path: &str) -> Value {
    let answer = world.ask("GET", path, &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

async fn put(world: &World, rule: &Value) {
    let (status, answer) = send(world, "POST", "/api/v1/rules", rule).await;
    assert_eq!(status, 201, "{answer}");
}

/// A step later, everything that is due is evaluated.
async fn step(world: &World) {
    world.clock.advance_ns(STEP_NS);
    world.alerts.tick().await;
}

/// State and component of each alert.
fn said(answer: &Value) -> Vec<String> {
    let say = |alert: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        format!("{} {}", text(&alert["state"]), text(&alert["labels"]["component"]))
    };
    answer["alerts"].as_array().unwrap().iter().map(say).collect()
}

async fn alerts(world: &World) -> Vec<String> {
    said(&get(world, "/api/v1/alerts").await)
}

#[tokio::test]
async fn an_alert_fires_ends_and_stands_in_the_history() {
    let world = World::new().await;
    world.write(3);
    put(&world, &lines(&json!({"labels": {"team": "a"}, "severity": "critical", "condition": {"op": ">=", "value": 3}}))).await;
    world.alerts.tick().await;
    assert_eq!(alerts(&world).await, Vec::<String>::new(), "the step of now has not settled");
    step(&world).await;
    let answer = get(&world, "/api/v1/alerts").await;
    let alert = &answer["alerts"][0];
    assert_eq!(alert["labels"], json!({"alertname": "lines", "component": "shop", "team": "a"}));
    assert_eq!(
        (&alert["state"], &alert["value"], &alert["rule"]),
        (&json!("firing"), &json!(3.0), &json!("lines"))
    );
    assert_eq!(alert["since"], "2023-11-14T22:13:20.000000000Z");
    assert_eq!(
        alert["link"],
        "/logs?q=component%3Ashop%20component%3A%22shop%22&from=2023-11-14T22%3A13%3A10.000000000Z&to=2023-11-14T22%3A13%3A20.000000000Z"
    );
    step(&world).await;
    assert_eq!(alerts(&world).await, Vec::<String>::new());
    let history = get(&world, "/api/v1/alerts/history").await;
    assert_eq!(said(&history), ["resolved shop", "firing shop"]);
    let ended = &history["alerts"][0];
    assert_eq!((&ended["id"], &ended["since"]), (&alert["id"], &alert["since"]));
    assert_eq!(ended["until"], "2023-11-14T22:13:30.000000000Z");
    let page = get(&world, "/api/v1/alerts/history?limit=1").await;
    let next = page["cursor"].as_str().unwrap();
    let page = get(&world, &format!("/api/v1/alerts/history?limit=1&cursor={next}")).await;
    assert_eq!((said(&page), page.get("cursor")), (vec!["firing shop".to_owned()], None));
    let range = "/api/v1/alerts/history?from=2023-11-14T22:13:30Z&to=2023-11-14T22:13:31Z";
    assert_eq!(said(&get(&world, range).await), ["resolved shop"]);
}

#[tokio::test]
async fn a_restart_forgets_nothing_and_takes_no_step_twice() {
    let world = World::new().await;
    world.write(3);
    put(&world, &lines(&json!({"over": "1m", "for": "20s"}))).await;
    step(&world).await;
    step(&world).await;
    assert_eq!(alerts(&world).await, ["pending shop"]);
    let before = get(&world, "/api/v1/alerts").await;
    let again = || {
        let (store, clock) = (Arc::clone(&world.store), Arc::new(world.clock.clone()));
        Alerts::open(store, Arc::default(), clock)
    };
    let alerts = again();
    let first = &alerts.alerts(&Tenant::default())[0].alert;
    assert_eq!(before["alerts"][0]["id"], json!(first.id));
    alerts.tick().await;
    assert_eq!(alerts.alerts(&Tenant::default()).len(), 1, "it is pending as before");
    world.clock.advance_ns(STEP_NS);
    alerts.tick().await;
    let shown = &alerts.alerts(&Tenant::default())[0].alert;
    assert_eq!((&shown.id, shown.state), (&first.id, nilometer_alert::AlertState::Firing));
    assert_eq!(again().alerts(&Tenant::default())[0].alert.state, shown.state);
    // Who evaluated before another did commits nothing any more.
    world.alerts.tick().await;
    assert_eq!(
        world.alerts.alerts(&Tenant::default())[0].alert.state,
        nilometer_alert::AlertState::Pending
    );
}

#[tokio::test]
async fn a_silence_is_said_with_the_alert_and_ends() {
    let world = World::new().await;
    world.write(1);
    put(&world, &lines(&json!({"over": "1m"}))).await;
    let matcher = json!([{"name": "component", "op": "=", "value": "shop"}]);
    let asked = json!({"matchers": matcher, "to": "2023-11-14T23:00:00Z", "comment": "known"});
    let (status, silence) = send(&world, "POST", "/api/v1/silences", &asked).await;
    assert_eq!(status, 201, "{silence}");
    let id = silence["silences"][0]["id"].as_str().unwrap();
    assert_eq!(silence["silences"][0]["matchers"], matcher);
    step(&world).await;
    let answer = get(&world, "/api/v1/alerts").await;
    assert_eq!(answer["alerts"][0]["muted"], json!({"silenced": id}));
    assert_eq!(get(&world, "/api/v1/silences").await, silence);
    let (status, left) =
        send(&world, "DELETE", &format!("/api/v1/silences/{id}"), &json!({})).await;
    assert_eq!((status, left), (200, json!({"silences": []})));
    assert_eq!(get(&world, "/api/v1/alerts").await["alerts"][0].get("muted"), None);
    let gone = world.ask("GET", &format!("/api/v1/silences/{id}"), &[]).await;
    assert_eq!(gone.status, 404);
}

#[tokio::test]
async fn a_rule_is_changed_and_taken_away_with_its_alerts() {
    let world = World::new().await;
    world.write(1);
    put(&world, &lines(&json!({"over": "1m"}))).await;
    step(&world).await;
    let read = get(&world, "/api/v1/rules/lines").await;
    assert_eq!(read["rules"][0]["over"], "1m");
    assert_eq!(read["rules"][0]["source"], "api");
    assert_eq!(read["rules"][0]["evaluated"], "2023-11-14T22:13:20.000000000Z");
    let (status, _) = send(&world, "PUT", "/api/v1/rules/lines", &read["rules"][0]).await;
    assert_eq!(status, 200, "what was read can be written");
    let (status, conflict) = send(&world, "POST", "/api/v1/rules", &read["rules"][0]).await;
    assert_eq!((status, &conflict["error"]["code"]), (409, &json!("conflict")));
    let (status, _) = send(&world, "DELETE", "/api/v1/rules/lines", &json!({})).await;
    assert_eq!(status, 200);
    assert_eq!(get(&world, "/api/v1/rules").await, json!({"rules": []}));
    assert_eq!(alerts(&world).await, Vec::<String>::new());
    assert_eq!(
        said(&get(&world, "/api/v1/alerts/history").await),
        ["resolved shop", "firing shop"]
    );
    let (status, _) = send(&world, "DELETE", "/api/v1/rules/lines", &json!({})).await;
    assert_eq!(status, 404);
    assert!(world.store.documents("state.rule/").is_empty());
    assert!(world.store.documents("state.alerts/").is_empty());
}

#[tokio::test]
async fn what_is_wrong_with_a_rule_is_said_by_its_member() {
    let world = World::new().await;
    for (more, code, field, message) in [
        (
            json!({"query": "severity:error )"}),
            "bad_query",
            "query",
            "expected a filter or `|`, found `)`",
        ),
        (json!({"evry": "5s"}), "bad_request", "evry", "there is no such member"),
        (json!({"every": "5"}), "bad_request", "every", "it is '5'"),
        (json!({"notify": ["chat"]}), "bad_request", "notify", "there is no destination 'chat'"),
        (json!({"condition": {"op": "=", "value": 1}}), "bad_request", "condition.op", "it is '='"),
    ] {
        let (status, answer) = send(&world, "POST", "/api/v1/rules", &lines(&more)).await;
        let error = &answer["error"];
        assert_eq!(
            (status, &error["code"], &error["field"]),
            (400, &json!(code), &json!(field)),
            "{answer}"
        );
        assert_eq!(error["message"], message);
    }
    assert_eq!(get(&world, "/api/v1/rules").await, json!({"rules": []}));
}

#[tokio::test]
async fn a_replay_says_what_live_evaluation_said() {
    let world = World::new().await;
    world.write(3);
    let rule = lines(&json!({"over": "30s"}));
    put(&world, &rule).await;
    for _ in 0..5 {
        step(&world).await;
    }
    let history = get(&world, "/api/v1/alerts/history").await;
    let (firing, ended) = (&history["alerts"][1], &history["alerts"][0]);
    // One that is asked by bins, the same by its id, and one that is asked step by step.
    let by_steps = lines(&json!({"over": "30s", "query": "| stats count_distinct(message)"}));
    for rule in [rule, json!("lines"), by_steps] {
        let asked = json!({"rule": rule, "from": "-2m", "to": "now"});
        let (status, answer) = send(&world, "POST", "/api/v1/rules/replay", &asked).await;
        assert_eq!(status, 200, "{answer}");
        let expect = json!([{"from": firing["since"], "to": ended["until"], "labels": firing["labels"], "peak": 3.0}]);
        assert_eq!((&answer["intervals"], &answer["evaluations"]), (&expect, &json!(12)));
        let curve = answer["curve"].as_array().unwrap();
        let mut values = curve.iter().filter(|value| !value.is_null());
        assert_eq!(curve.len(), 12, "a point for each step");
        assert!(
            values.next() == Some(&json!(3.0)) && values.all(|value| *value == 3.0),
            "{curve:?}"
        );
    }
}

#[tokio::test]
async fn another_tenant_sees_nothing_of_it() {
    let world = World::new().await;
    world.write(1);
    put(&world, &lines(&json!({"over": "1m"}))).await;
    step(&world).await;
    let other = Tenant::parse("default/lines").unwrap();
    assert!(world.alerts.rules(&other).is_empty() && world.alerts.alerts(&other).is_empty());
    assert_eq!(world.alerts.history(&other, nilometer_model::TimeRange::ALL, (None, 9)).0.len(), 0);
    let shown = &world.alerts.alerts(&Tenant::default())[0];
    assert_eq!(shown.alert.labels["component"], "shop");
}
