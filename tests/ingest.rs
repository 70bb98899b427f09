//! `POST /api/v1/ingest`: what others send, under the names that others use.

use nilometer_tests::{Api, Process, Scratch};
use serde_json::{Value, json};

fn ingest(api: &Api, headers: &[(&str, &str)], body: &str) -> Value {
    let answer = api.send("POST", "/api/v1/ingest", headers, body.as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn exported(api: &Api) -> Vec<Value> {
    let text = api.get("/api/v1/export").unwrap().text();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_alias_of_a_field_is_that_field() {
    let scratch = Scratch::new();
    let (_serve, api) = Process::serve(&scratch, &[]);
    let mut lines = String::new();
    for time in ["time", "_time", "@timestamp", "timestamp", "ts"] {
        lines += &format!("{}\n", json!({time: "2026-01-01T00:00:00Z", "message": "m"}));
    }
    for time in
        [json!(1_767_225_600), json!(1_767_225_600_000_u64), json!(1_767_225_600_000_000_u64)]
    {
        lines += &format!("{}\n", json!({"time": time, "message": "m"}));
    }
    for message in ["message", "_msg", "msg", "body", "log"] {
        lines += &format!("{}\n", json!({"time": "2026-01-01T00:00:00Z", message: "m"}));
    }
    let count = lines.lines().count();
    assert_eq!(ingest(&api, &[], &lines), json!({"accepted": count, "refused": []}));
    let records = exported(&api);
    assert_eq!(records.len(), count);
    for record in records {
        assert_eq!(record["time"], "2026-01-01T00:00:00.000000000Z", "{record}");
        assert_eq!(record["message"], "m");
        assert_eq!(record["component"], "unknown");
    }
}

#[test]
fn severity_instance_and_other_keys_find_their_places() {
    let scratch = Scratch::new();
    let (_serve, api) = Process::serve(&scratch, &[]);
    let line = json!({"level": "WARNING", "pod": "p-1", "component": "c", "msg": "m", "user": "u", "n": 5});
    ingest(&api, &[], &format!("{line}\n"));
    let record = exported(&api).remove(0);
    assert_eq!(record["severity"], "warn");
    assert_eq!(record["instance"], "p-1");
    assert_eq!(record["component"], "c");
    assert_eq!(record["attributes"], json!({"user": "u", "n": 5}));
}

#[test]
fn a_bad_line_is_refused_alone() {
    let scratch = Scratch::new();
    let (_serve, api) = Process::serve(&scratch, &[]);
    let answer = ingest(&api, &[], "{\"message\":\"a\"}\nnot json\n{\"message\":\"b\"}\n");
    assert_eq!(answer["accepted"], 2);
    assert_eq!(answer["refused"].as_array().unwrap().len(), 1, "{answer}");
    assert_eq!(exported(&api).len(), 2);
}

#[test]
fn a_request_with_an_idempotency_key_counts_once() {
    let scratch = Scratch::new();
    let (_serve, api) = Process::serve(&scratch, &[]);
    let key = [("Idempotency-Key", "k1")];
    for _ in 0..3 {
        ingest(&api, &key, "{\"message\":\"a\"}\n{\"message\":\"b\"}\n");
    }
    assert_eq!(exported(&api).len(), 2);
}

#[test]
fn an_export_can_be_ingested() {
    let scratch = Scratch::new();
    let (_serve, api) = Process::serve(&scratch, &[]);
    ingest(&api, &[], "{\"time\":\"2026-01-01T00:00:00.000000001Z\",\"message\":\"a\",\"k\":1}\n");
    let text = api.get("/api/v1/export").unwrap().text();
    let other = Scratch::new();
    let (_serve, second) = Process::serve(&other, &[]);
    ingest(&second, &[], &text);
    let (first, second) = (exported(&api).remove(0), exported(&second).remove(0));
    for field in ["time", "message", "attributes", "component"] {
        assert_eq!(first[field], second[field]);
    }
}
