//! Alerts from outside: rules in files and by the API, real receivers, kills.

#[path = "alerts/causes.rs"]
mod causes;
#[path = "alerts/defaults.rs"]
mod defaults;
#[path = "alerts/peers.rs"]
mod peers;
#[path = "alerts/receiver.rs"]
mod receiver;

use std::time::Duration;

use nilometer_tests::{Api, Process, Scratch, run, until};
use serde_json::{Value, json};

use self::receiver::Receiver;

/// A step of a second, two to settle, and what a busy machine takes on top.
const TOLD_DEADLINE: Duration = Duration::from_secs(40);

/// Lines of components, each an error just now.
fn errors(api: &Api, components: impl Iterator<Item = usize>) {
    let line = |n: usize| {
        format!(
            "{}\n",
            json!({"component": format!("c{n:02}"), "severity": "error", "message": "no"})
        )
    };
    let body: String = components.map(line).collect();
    let answer = api.send("POST", "/api/v1/ingest", &[], body.as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// A configuration with these destinations and rules in a file beside it.
fn config(scratch: &Scratch, destinations: &str, rules: &str) -> String {
    std::fs::write(scratch.join("rules.toml"), rules).unwrap();
    let rules = scratch.join("rules.toml").display().to_string();
    let text = format!("default_rules = false\nrules = [\"{rules}\"]\n{destinations}");
    let path = scratch.join("nilometer.toml");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn rule(notify: &str) -> String {
    format!(
        r#"[[rule]]
name = "errors"
query = "severity:error"
every = "1s"
over = "4s"
group_by = ["component"]
severity = "critical"
notify = [{notify}]
annotations = {{ summary = "{{{{ labels.component }}}} fails" }}
"#
    )
}

fn post(api: &Api, path: &str, body: &Value) -> Value {
    let answer = api.send("POST", path, &[], body.to_string().as_bytes()).unwrap();
    assert!(answer.status < 300, "{path}: {}", answer.text());
    answer.json()
}

#[test]
fn everybody_is_told_that_it_fires_and_that_it_is_over() {
    let scratch = Scratch::new();
    let [hook, chat, manager] = [(); 3].map(|()| Receiver::http());
    let post_office = Receiver::smtp();
    let destinations = format!(
        "[[notify]]\nname = \"hook\"\nkind = \"webhook\"\nurl = \"http://{}/in\"\nsecret = \"s3\"\n\
         [[notify]]\nname = \"chat\"\nkind = \"slack\"\nurl = \"http://{}/x\"\n\
         [[notify]]\nname = \"am\"\nkind = \"alertmanager\"\nurl = \"http://{}\"\n\
         [[notify]]\nname = \"mail\"\nkind = \"email\"\nurl = \"smtp://{}\"\nfrom = \"a@example.org\"\nto = [\"b@example.org\"]\n",
        hook.address(),
        chat.address(),
        manager.address(),
        post_office.address(),
    );
    let config = config(&scratch, &destinations, &rule("\"hook\", \"chat\", \"am\", \"mail\""));
    let (_serve, api) = Process::serve(&scratch, &["--config", &config]);
    errors(&api, 0..1);
    for receiver in [&hook, &chat, &manager, &post_office] {
        until("two notices", TOLD_DEADLINE, || (receiver.taken().len() >= 2).then_some(()));
    }
    let taken = hook.taken();
    let (fires, over) = (taken[0].json(), taken[1].json());
    assert_eq!(
        (&fires["version"], &fires["status"], &over["status"]),
        (&json!("4"), &json!("firing"), &json!("resolved"))
    );
    let alert = &fires["alerts"][0];
    assert_eq!(
        alert["labels"],
        json!({"alertname": "errors", "component": "c00", "severity": "critical"})
    );
    assert_eq!(alert["annotations"]["summary"], "c00 fails");
    assert_eq!(alert["endsAt"], "0001-01-01T00:00:00Z");
    assert_eq!(
        (&alert["startsAt"], &alert["fingerprint"]),
        (&over["alerts"][0]["startsAt"], &over["alerts"][0]["fingerprint"])
    );
    assert_eq!(taken[0].header("x-nilometer-signature").unwrap().len(), "sha256=".len() + 64);
    assert!(chat.taken()[0].json()["text"].as_str().unwrap().starts_with("[FIRING 1] errors"));
    assert!(manager.taken()[0].head.starts_with("POST /api/v2/alerts "));
    assert_eq!(manager.taken()[0].json()[0]["labels"]["component"], "c00");
    let mail = String::from_utf8(post_office.taken()[0].body.clone()).unwrap();
    assert!(
        mail.contains("Subject: [FIRING 1] errors") && mail.contains("summary: c00 fails"),
        "{mail}"
    );
    // What became of a notice is noted after it was taken.
    until("eight deliveries", TOLD_DEADLINE, || {
        let deliveries = api.json("/api/v1/alerts/deliveries");
        (deliveries["deliveries"].as_array()?.len() == 8).then_some(())
    });
    let history = api.json("/api/v1/alerts/history");
    assert_eq!(history["alerts"].as_array().unwrap().len(), 2, "{history}");
}

#[test]
fn what_is_not_taken_is_sent_again_and_what_is_refused_is_a_dead_letter() {
    let scratch = Scratch::new();
    let hook = Receiver::http();
    let table = format!(
        "[[notify]]\nname = \"hook\"\nkind = \"webhook\"\nurl = \"http://{}\"\n",
        hook.address()
    );
    let config = config(&scratch, &table, &rule("\"hook\""));
    let (_serve, api) = Process::serve(&scratch, &["--config", &config]);
    hook.answer(503);
    errors(&api, 0..1);
    until("it fires", TOLD_DEADLINE, || {
        (!api.json("/api/v1/alerts/history")["alerts"].as_array().unwrap().is_empty()).then_some(())
    });
    hook.answer(200);
    until("both notices", TOLD_DEADLINE, || (hook.told("component").len() == 2).then_some(()));
    hook.answer(400);
    errors(&api, 1..2);
    let dead = until("a dead letter", TOLD_DEADLINE, || {
        let answer = api.json("/api/v1/alerts/deliveries");
        let deliveries = answer["deliveries"].as_array().unwrap();
        deliveries.iter().find(|one| one["reason"].is_string()).cloned()
    });
    assert_eq!((&dead["reason"], &dead["attempts"]), (&json!("answered 400"), &json!(1)));
    assert_eq!(hook.told("component").len(), 2);
}

#[test]
fn kills_lose_no_change_and_a_repetition_has_the_same_id() {
    const COMPONENTS: usize = 60;
    const KILLS: usize = 30;
    let scratch = Scratch::new();
    let hook = Receiver::http();
    let table = format!(
        "[[notify]]\nname = \"hook\"\nkind = \"webhook\"\nurl = \"http://{}\"\n",
        hook.address()
    );
    let config = config(&scratch, &table, &rule("\"hook\""));
    for kill in 0..KILLS {
        let (serve, api) = Process::serve(&scratch, &["--config", &config]);
        errors(&api, kill * COMPONENTS / KILLS..(kill + 1) * COMPONENTS / KILLS);
        let before = hook.taken().len();
        until("something is told", TOLD_DEADLINE, || (hook.taken().len() > before).then_some(()));
        serve.kill();
    }
    let (_serve, api) = Process::serve(&scratch, &["--config", &config]);
    until("all is over and told", TOLD_DEADLINE, || {
        let told = hook.told("component");
        let over = told.iter().filter(|(status, _)| status == "resolved").count();
        (over >= COMPONENTS && api.json("/api/v1/alerts")["alerts"] == json!([])).then_some(())
    });
    let history = api.json("/api/v1/alerts/history?limit=1000");
    let count = |state: &str| {
        history["alerts"].as_array().unwrap().iter().filter(|one| one["state"] == state).count()
    };
    let told = hook.told("component");
    for state in ["firing", "resolved"] {
        let told = told.iter().filter(|(status, _)| status == state).count();
        assert_eq!((told, count(state)), (COMPONENTS, COMPONENTS), "{state}: {history}");
    }
    let repeated = hook.taken().len()
        - api.json("/api/v1/alerts/deliveries")["deliveries"].as_array().unwrap().len();
    assert!(repeated <= KILLS, "{repeated} repetitions after {KILLS} kills");
}

#[test]
fn one_bad_rule_of_a_file_never_stops_the_others_and_a_change_is_noticed() {
    let scratch = Scratch::new();
    let bad = "[[rule]]\nname = \"bad\"\nquery = \"severity:error )\"\n";
    let config = config(&scratch, "", &format!("{bad}{}", rule("")));
    let (serve, api) = Process::serve(&scratch, &["--config", &config]);
    let ids = |api: &Api| -> Vec<String> {
        let rules = api.json("/api/v1/rules");
        rules["rules"]
            .as_array()
            .unwrap()
            .iter()
            .map(|rule| rule["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(&api), ["errors"]);
    assert!(
        serve.said().contains("rules.toml:3:25: query: expected a filter or `|`, found `)`"),
        "{}",
        serve.said()
    );
    std::fs::write(scratch.join("rules.toml"), "[[rule]]\nname = \"other\"\nquery = \"x\"\n")
        .unwrap();
    until("the change", TOLD_DEADLINE, || (ids(&api) == ["other"]).then_some(()));
    let refused = api.send("DELETE", "/api/v1/rules/other", &[], b"").unwrap();
    assert_eq!(refused.status, 409);
    post(&api, "/api/v1/rules", &json!({"name": "own", "query": "severity:error"}));
    assert_eq!(ids(&api), ["other", "own"]);
}

#[test]
fn rules_test_says_what_is_otherwise_and_where_a_rule_is_wrong() {
    let scratch = Scratch::new();
    let path = scratch.join("rules.toml");
    let check = |text: &str, code: i32, out: &str, err: &str| {
        std::fs::write(&path, text).unwrap();
        let ended = run(&["rules", "test", path.to_str().unwrap()]);
        assert_eq!(ended.code, code, "{}{}", ended.out, ended.err);
        assert!(ended.out.contains(out) && ended.err.contains(err), "{}{}", ended.out, ended.err);
    };
    let test = |at: &str| {
        format!(
            "{}[[test]]\nname = \"t\"\nlog = [{{ at = \"1s\", line = {{ component = \"a\", level = \"error\" }} }}]\n\
             expect = [{{ at = \"{at}\", firing = [{{ rule = \"errors\", labels = {{ component = \"a\" }} }}] }}]\n",
            rule("")
        )
    };
    check(&test("3s"), 0, "ok: t\n1 rules, 1 tests, 0 failed\n", "");
    check(
        &test("9s"),
        1,
        "FAILED: t\n    at 9s: expected firing: errors {\"component\":\"a\"}\n",
        "",
    );
    check(
        &format!("{}[[rule]]\nnmae = \"x\"\n", test("3s")),
        2,
        "ok: t",
        ":15:1: nmae: there is no such member; did you mean `name`?",
    );
}

#[test]
fn a_replay_of_a_file_says_when_each_rule_would_have_fired() {
    let scratch = Scratch::new();
    let (_serve, api) = Process::serve(&scratch, &[]);
    errors(&api, 3..5);
    let path = scratch.join("rules.toml");
    std::fs::write(&path, format!("{}[[rule]]\nnmae = \"x\"\n", rule(""))).unwrap();
    let replay = |output: &str| {
        let file = path.to_str().unwrap();
        run(&["rules", "replay", file, "--last", "10m", "--server", &api.url(), "--output", output])
    };
    // The step behind the lines has to be over.
    let told = until("both components", TOLD_DEADLINE, || {
        let ended = replay("ndjson");
        (ended.out.lines().count() == 2).then_some(ended)
    });
    let rows: Vec<Value> =
        told.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let components: Vec<&Value> = rows.iter().map(|row| &row["labels"]["component"]).collect();
    assert_eq!(components, ["c03", "c04"]);
    assert!(rows.iter().all(|row| row["rule"] == "errors" && row["peak"] == 1.0), "{rows:?}");
    assert!(told.err.contains("errors: fired 2 times, "), "{}", told.err);
    assert!(told.err.contains("nmae: there is no such member"), "{}", told.err);
    assert_eq!(told.code, 2);
    assert!(replay("text").out.starts_with("rule  from  to  lasted  peak  labels\nerrors  "));
}
