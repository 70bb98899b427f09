//! What is kept and for how long, from outside: whole objects go, the ledger says how much, nothing else does.

use std::collections::BTreeMap;
use std::time::Duration;

use nilometer_tests::{Api, NO_RULES, Process, Scratch, run, until};
use serde_json::{Value, json};

const DEADLINE: Duration = Duration::from_secs(60);
/// Debug of the shop goes after a second, all else stays.
const BRIEF: [(&str, &str); 2] =
    [("NILOMETER_SEAL_AFTER", "1s"), ("NILOMETER_RETENTION_FOR", "sh* debug 1s")];

/// Hands in so many lines of each component and severity.
fn hand_in(api: &Api, lines: &[(&str, &str, u64)]) {
    let line = |component: &str, severity: &str, n: u64| {
        let message = format!("{severity} {n} of {component}");
        format!("{}\n", json!({"component": component, "severity": severity, "message": message}))
    };
    let body: String = lines
        .iter()
        .flat_map(|(component, severity, count)| (0..*count).map(|n| line(component, severity, n)))
        .collect();
    let answer = api.send("POST", "/api/v1/ingest", &[], body.as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// How many lines there are of each component and severity.
fn held(api: &Api) -> BTreeMap<String, u64> {
    let mut held = BTreeMap::new();
    for line in api.get("/api/v1/export").unwrap().text().lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let [component, severity] =
            ["component", "severity"].map(|it| record[it].as_str().unwrap());
        *held.entry(format!("{component} {severity}")).or_default() += 1;
    }
    held
}

fn removed(api: &Api, why: &str, records: u64) {
    until(&format!("{records} removed: {why}"), DEADLINE, || {
        (api.json("/api/v1/ledger")["totals"]["removed"][why] == records).then_some(())
    });
}

#[test]
fn what_a_component_says_for_developers_goes_early_and_its_errors_stay() {
    let scratch = Scratch::new();
    let (serve, api) = Process::role("serve", &scratch, &[], &BRIEF);
    hand_in(&api, &[("shop", "debug", 20), ("shop", "error", 30), ("cart", "debug", 10)]);
    removed(&api, "retention", 20);
    let left = BTreeMap::from([("shop error".to_owned(), 30), ("cart debug".to_owned(), 10)]);
    assert_eq!(held(&api), left);
    let metrics = api.get("/metrics").unwrap().text();
    let counted = "nilometer_index_removed_rows_total{reason=\"retention\"} 20";
    assert!(metrics.contains(counted), "{metrics}");
    assert!(serve.stop().0.success());
    let (_serve, api) = Process::role("serve", &scratch, &[], &BRIEF);
    hand_in(&api, &[("shop", "trace", 5), ("shop", "info", 5)]);
    removed(&api, "retention", 25);
    let left = BTreeMap::from([("shop info".to_owned(), 5)]).into_iter().chain(left).collect();
    assert_eq!(held(&api), left);
    let proof = run(&["prove", "--server", &api.url()]);
    assert!(proof.code == 0 && proof.out.contains("retention 25"), "{}{}", proof.out, proof.err);
}

/// Text that does not pack: its bytes on disk are about half of it.
fn noise(seed: u64) -> String {
    let mut state = seed | 1;
    let word = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        format!("{state:016x}")
    };
    (0..64).map(word).collect()
}

/// Hands in three megabytes of noise.
fn hand_in_noise(api: &Api, severity: &str, seed: u64) {
    let line = |n: u64| {
        let message = noise(seed << 32 | n << 8);
        format!("{}\n", json!({"component": "shop", "severity": severity, "message": message}))
    };
    let body: String = (1..=3_000).map(line).collect();
    let answer = api.send("POST", "/api/v1/ingest", &[], body.as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
}

/// Bytes of each class, once all is cut.
fn cut(api: &Api, classes: &[&str]) -> BTreeMap<String, u64> {
    until("all to be cut", DEADLINE, || {
        let stored = api.json("/api/v1/storage")["classes"].take();
        let stored = stored.as_object().unwrap();
        let bytes = |(class, of_class): (&String, &Value)| {
            Some((class.clone(), of_class["bytes"].as_u64()?))
        };
        let bytes: BTreeMap<_, _> = stored.iter().filter_map(bytes).collect();
        bytes.keys().eq(classes).then_some(bytes)
    })
}

/// A budget that so much less than all does not fit, in whole megabytes.
fn budget(api: &Api) -> String {
    let bytes = api.json("/api/v1/storage")["bytes"].as_u64().unwrap();
    format!("{}MB", (bytes - 1) / 1_000_000)
}

/// What of a component that there is none of goes after a second: so what is sealed is cut soon.
fn serve(scratch: &Scratch, budget: &str) -> (Process, Api) {
    let settings = [
        ("NILOMETER_SEAL_AFTER", "1s"),
        ("NILOMETER_RETENTION_FOR", "nobody 1s"),
        ("NILOMETER_DISK_BUDGET", budget),
        NO_RULES,
    ];
    Process::role("serve", scratch, &[], &settings)
}

#[test]
fn a_disk_budget_takes_debug_before_info_before_errors_and_a_pin_holds() {
    let scratch = Scratch::new();
    let (centre, api) = serve(&scratch, "");
    for (seed, severity) in [(1, "error"), (2, "info"), (3, "debug")] {
        hand_in_noise(&api, severity, seed);
    }
    cut(&api, &["debug", "info", "warn"]);
    let mut tight = budget(&api);
    let mut process = centre;
    for (left, went) in [(&["info", "warn"][..], 3_000), (&["warn"], 6_000)] {
        assert!(process.stop().0.success());
        let (centre, api) = serve(&scratch, &tight);
        removed(&api, "disk_budget", went);
        cut(&api, left);
        tight = budget(&api);
        process = centre;
    }
    let api = {
        assert!(process.stop().0.success());
        let (centre, api) = serve(&scratch, "");
        let pinned = run(&[
            "pin",
            "add",
            "outage",
            "--from=-1h",
            "--component",
            "shop",
            "--server",
            &api.url(),
        ]);
        assert!(pinned.code == 0 && pinned.out.contains("outage"), "{}{}", pinned.out, pinned.err);
        assert!(centre.stop().0.success());
        let (centre, api) = serve(&scratch, &tight);
        process = centre;
        api
    };
    // Debug goes, though it is younger: what is pinned stays.
    let unpinned = json!({"component": "cart", "severity": "debug", "time": "2026-01-01T00:00:00Z", "message": "x"});
    let answer =
        api.send("POST", "/api/v1/ingest", &[], format!("{unpinned}\n").as_bytes()).unwrap();
    assert_eq!(answer.status, 200);
    removed(&api, "disk_budget", 6_001);
    assert_eq!(held(&api), BTreeMap::from([("shop error".to_owned(), 3_000)]));
    let removed_pin = run(&["pin", "remove", "outage", "--server", &api.url()]);
    assert_eq!(removed_pin.code, 0, "{}", removed_pin.err);
    removed(&api, "disk_budget", 9_001);
    assert_eq!(held(&api), BTreeMap::new());
    assert_eq!(run(&["prove", "--server", &api.url()]).code, 0);
    assert_eq!(process.stop().0.code(), Some(0));
}
