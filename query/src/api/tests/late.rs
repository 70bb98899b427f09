//! What came late: not seen by the steps before, seen by none of their replays, and told by the history.

use nilometer_model::{Clock, Severity, Tenant, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::harness::{Line, NOW, World, post};
use super::*;
use crate::alert::Alerts;

const S: i64 = 1_000_000_000;
const EVERY_S: i64 = 10;
/// How long rules are evaluated.
const RUN_S: i64 = 200;

async fn send(world: &World, path: &str, body: &Value) -> Value {
    let answer = world.send(post(path, &[], body.to_string().into_bytes())).await;
    assert!(answer.status < 300, "{}", answer.text());
    answer.json()
}

async fn history(world: &World) -> Vec<Value> {
    let answer = world.ask("GET", "/api/v1/alerts/history?limit=10000", &[]).await;
    answer.json()["alerts"].as_array().unwrap().clone()
}

fn at(second: i64) -> Timestamp {
    NOW.plus_ns(second * S)
}

fn error(time: Timestamp) -> Line<'static> {
    Line { component: "shop", severity: Severity::Error, message: "no", time }
}

/// Counted by bins, alone and by group; asked step by step; what is missed; a share; two ranges.
fn rules() -> Vec<Value> {
    let rule = |id: &str, more: Value| {
        let mut rule = json!({"name": id, "id": id, "query": "severity:error",
            "every": format!("{EVERY_S}s"), "over": "30s"});
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        rule
    };
    let none = json!({"op": "<", "value": 0});
    vec![
        rule("counted", json!({"condition": {"op": ">", "value": 2}})),
        rule("grouped", json!({"group_by": ["component"], "for": "10s"})),
        rule(
            "asked",
            json!({"query": "| stats count_distinct(message) by component",
            "condition": {"op": ">", "value": 1}}),
        ),
        rule(
            "median",
            json!({"query": "| stats p50(position)", "condition": {"op": ">", "value": 4}}),
        ),
        rule("missed", json!({"group_by": ["component"], "no_data": "firing", "condition": none})),
        rule("share", json!({"of": "*", "condition": {"op": ">", "value": 0.5}})),
        rule("twice", json!({"also_over": "10s", "no_data": "silent"})),
        rule("fewer", json!({"condition": {"op": "<", "value": 2}, "over": "15s"})),
    ]
}

/// From when to when each rule fired for whom, by the history; what fires still ends at `to`.
fn intervals(history: &[Value], rule: &str, to: &str) -> Vec<String> {
    let of_rule = || history.iter().filter(|one| one["rule"] == rule && one["late"] != true);
    let fired = of_rule().filter(|one| one["state"] == "firing");
    let mut all: Vec<String> = fired
        .map(|one| {
            let ended =
                of_rule().find(|other| other["state"] == "resolved" && other["id"] == one["id"]);
            let until = ended.and_then(|ended| ended["until"].as_str()).unwrap_or(to);
            format!("{}..{until} {}", one["since"].as_str().unwrap(), one["labels"])
        })
        .collect();
    all.sort();
    all
}

/// Takes the steps as time goes by, while records arrive, but for a pause (when, and how long, s); then replays each
/// rule over the same time.
async fn check(records: &[(i64, i64, bool, bool)], seals: &[i64], pause: (i64, i64)) {
    let world = World::new().await;
    for rule in rules() {
        send(&world, "/api/v1/rules", &rule).await;
    }
    world.alerts.tick().await;
    let mut left = records.to_vec();
    left.sort_by_key(|(written, late, ..)| written + late);
    let mut left = left.into_iter().peekable();
    let end_s = RUN_S + pause.1;
    for second in (5..=end_s + 5).step_by(5) {
        while let Some((written, late, is_cart, is_error)) =
            left.next_if(|(written, late, ..)| written + late <= second)
        {
            let component = if is_cart { "cart" } else { "shop" };
            let severity = if is_error { Severity::Error } else { Severity::Info };
            let message = ["a", "b", "c"][usize::try_from(written % 3).unwrap()];
            let line = Line { component, severity, message, time: at(written) };
            world.receive(&[line], at(written + late), None);
        }
        world.clock.advance_ns(5 * S);
        if !(pause.0..pause.0 + pause.1).contains(&second) {
            world.alerts.tick().await;
        }
        if seals.contains(&second) {
            world.seal().await;
        }
    }
    let (from, to) = (at(-EVERY_S - 1).to_string(), at(end_s).to_string());
    let history = history(&world).await;
    for rule in rules() {
        let asked = json!({"rule": rule["id"], "from": from, "to": to});
        let answer = send(&world, "/api/v1/rules/replay", &asked).await;
        let say = |one: &Value| {
            format!(
                "{}..{} {}",
                one["from"].as_str().unwrap(),
                one["to"].as_str().unwrap(),
                one["labels"]
            )
        };
        let mut said: Vec<String> =
            answer["intervals"].as_array().unwrap().iter().map(say).collect();
        said.sort();
        assert_eq!(said, intervals(&history, rule["id"].as_str().unwrap(), &to), "{}", rule["id"]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_replay_says_exactly_what_live_evaluation_said_whatever_came_late(
        records in vec((0..RUN_S * 2, prop_oneof![Just(0), 0_i64..4, 0_i64..90], any::<bool>(), any::<bool>()), 1..40),
        seals in vec((1_i64..RUN_S / 5).prop_map(|turn| turn * 5), 0..4),
        pause in (50..RUN_S, prop_oneof![Just(0), 150_i64..300]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(check(&records, &seals, pause));
    }
}

#[tokio::test]
async fn a_replay_sees_what_was_there_then_or_all_that_is_there_now() {
    let world = World::new().await;
    // Written a minute before it was received.
    world.receive(&[error(at(-57)), error(at(-51))], at(5), None);
    world.seal().await;
    world.clock.advance_ns(60 * S);
    for query in ["severity:error", "severity:error | stats count_distinct(position)"] {
        let rule = json!({"name": "r", "query": query, "every": "10s"});
        let asked = |seen: &str| json!({"rule": rule, "from": "-3m", "seen": seen});
        let then = send(&world, "/api/v1/rules/replay", &asked("then")).await;
        assert_eq!(then["intervals"], json!([]), "{query}");
        let now = send(&world, "/api/v1/rules/replay", &asked("now")).await;
        let interval = &now["intervals"][0];
        assert_eq!(
            (&interval["from"], &interval["peak"]),
            (&json!(at(-50)), &json!(2.0)),
            "{query}"
        );
    }
}

#[tokio::test]
async fn what_came_late_stands_in_the_history_once_and_is_told_to_nobody() {
    let world = World::new().await;
    let rule = |id: &str, more: Value| {
        let mut rule = json!({"name": id, "query": "severity:error", "every": "10s", "group_by": ["component"]});
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        rule
    };
    let missed = json!({"no_data": "firing", "query": "component:shop", "group_by": [],
        "condition": {"op": "<", "value": 0}});
    for rule in [
        rule("errors", json!({})),
        rule("others", json!({"query": "severity:fatal"})),
        rule("missed", missed),
    ] {
        send(&world, "/api/v1/rules", &rule).await;
    }
    world.alerts.tick().await;
    world.alerts.look_again().await;
    for _ in 0..8 {
        world.clock.advance_ns(EVERY_S * S);
        world.alerts.tick().await;
    }
    let before = history(&world).await.len();
    world.receive(&[error(at(13)), error(at(24))], at(80), None);
    world.clock.advance_ns(5 * S);
    world.alerts.look_again().await;
    let told = history(&world).await;
    let late: Vec<&Value> = told.iter().filter(|one| one["late"] == true).collect();
    assert_eq!((told.len() - before, late.len()), (late.len(), late.len()), "{told:?}");
    let errors: Vec<_> = late.iter().filter(|one| one["rule"] == "errors").collect();
    assert_eq!(errors.len(), 1, "{late:?}");
    let alert = errors[0];
    assert_eq!((&alert["since"], &alert["until"]), (&json!(at(20)), &json!(at(40))));
    assert_eq!((&alert["state"], &alert["value"]), (&json!("resolved"), &json!(1.0)));
    assert_eq!(alert["labels"], json!({"alertname": "errors", "component": "shop"}));
    let reason = alert["reason"].as_str().unwrap();
    assert!(reason.starts_with("it would have fired from 2023-11-14T22:13:40"), "{reason}");
    assert!(late.iter().all(|one| one["rule"] != "others"), "{late:?}");
    assert!(late.iter().any(|one| one["rule"] == "missed"), "it was not missing: {late:?}");
    assert!(world.store.documents("state.outbox/").is_empty());
    // Neither another look nor another process tells it again.
    world.clock.advance_ns(60 * S);
    world.alerts.look_again().await;
    let (store, clock) = (Arc::clone(&world.store), Arc::new(world.clock.clone()));
    let again = Alerts::open(store, Arc::default(), clock);
    again.look_again().await;
    let all = again.history(&Tenant::default(), nilometer_model::TimeRange::ALL, (None, 999)).0;
    assert_eq!(all.iter().filter(|one| one.alert.late).count(), late.len());
}

#[tokio::test]
async fn an_error_that_nobody_has_seen_before_is_told_while_it_is_said() {
    let world = World::new().await;
    let rule =
        nilometer_alert::default_rules().into_iter().find(|rule| rule.id.as_str() == "new-error");
    world.alerts.put_rule(&Tenant::default(), rule.unwrap(), false).await.unwrap();
    let say = |component, severity, message, (time, received): (i64, i64)| {
        let line = Line { component, severity, message, time: at(time) };
        world.receive(&[line], at(received), None);
    };
    // The shop was heard two hours before, and said one error then; the cart is new.
    say("shop", Severity::Info, "here", (-7_200, -7_200));
    say("shop", Severity::Error, "stock of 7 is negative", (-7_000, -7_000));
    say("cart", Severity::Info, "here", (-60, -60));
    world.seal().await;
    let step = async |second: i64| {
        world.clock.advance_ns(at(second).0 - Clock::now(&world.clock).0);
        world.alerts.tick().await;
        let answer = world.ask("GET", "/api/v1/alerts", &[]).await.json();
        answer["alerts"].as_array().unwrap().clone()
    };
    assert_eq!(step(20).await, Vec::<Value>::new());
    say("shop", Severity::Error, "stock of 9 is negative", (21, 21));
    say("cart", Severity::Error, "cart 12 is on fire", (21, 21));
    say("shop", Severity::Info, "nothing of this kind happened before", (21, 21));
    assert_eq!(step(40).await, Vec::<Value>::new(), "known, learning, no error");
    say("shop", Severity::Error, "till 3 is on fire", (41, 41));
    // One that was written long ago is learnt, and no news now or later.
    say("shop", Severity::Fatal, "till 4 has been stolen", (-7_100, 41));
    say("shop", Severity::Fatal, "till 5 has been stolen", (42, 42));
    let alerts = step(60).await;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    let alert = &alerts[0];
    assert_eq!(
        (&alert["labels"]["component"], &alert["labels"]["template"], &alert["state"]),
        (&json!("shop"), &json!("till <*> is on fire"), &json!("firing"))
    );
    let link = alert["link"].as_str().unwrap();
    let pattern = alert["labels"]["pattern"].as_str().unwrap();
    let filter = format!("/logs?q=pattern%3A%22{pattern}%22%20component%3A%22shop%22&");
    assert!(link.starts_with(&filter), "{link}");
    assert_eq!(step(120).await, Vec::<Value>::new(), "it is said no more");
    let asked = json!({"rule": "new-error", "from": at(-30), "to": at(120)});
    let replayed = send(&world, "/api/v1/rules/replay", &asked).await;
    let told = history(&world).await;
    let interval = &replayed["intervals"][0];
    assert_eq!(replayed["intervals"].as_array().unwrap().len(), 1, "{replayed}");
    assert_eq!((&interval["from"], &interval["to"]), (&told[1]["since"], &told[0]["until"]));
}
