//! POST /query: what a body may say, and the table that comes back.

use serde_json::json;

use super::harness::{self, Answer, World, post};
use super::*;
use crate::api::limits::QUERY_BODY_BYTES_MAX;
use crate::limits::QUERY_ROWS_MAX;

async fn ask(world: &World, body: Value) -> Answer {
    world.send(post("/api/v1/query", &[], body.to_string().into_bytes())).await
}

/// Five records, three of them in a split.
async fn world() -> World {
    let world = World::new().await;
    world.write(3);
    world.seal().await;
    world.write(2);
    world
}

#[tokio::test]
async fn a_table_comes_with_the_names_and_types_of_its_columns_and_what_it_took() {
    let world = world().await;
    let q =
        "-m2 | stats count() as n, max(position), avg(nothing), min(time) by component, bin(1s)";
    let answer = ask(&world, json!({ "q": q, "signal": "logs" })).await;
    let answer = answer.json();
    let columns = json!([
        { "name": "component", "type": "string" },
        { "name": "bin(1s)", "type": "time" },
        { "name": "n", "type": "int" },
        { "name": "max(position)", "type": "int" },
        { "name": "avg(nothing)", "type": "float" },
        { "name": "min(time)", "type": "time" },
    ]);
    let first = "2023-11-14T22:13:10.000001000Z";
    let row = json!(["shop", "2023-11-14T22:13:10.000000000Z", 4, 5, null, first]);
    assert_eq!((&answer["columns"], &answer["rows"]), (&columns, &json!([row])));
    assert_eq!(answer["coverage"]["limited_by"], Value::Null);
    let stats = &answer["stats"];
    assert!(stats["elapsed_ms"].as_f64().unwrap() > 0.0, "{stats}");
    assert_eq!((&stats["rows_scanned"], &stats["rows_matched"]), (&json!(5), &json!(4)));
}

#[tokio::test]
async fn without_a_pipe_the_fields_of_the_records_are_columns_newest_first() {
    let world = world().await;
    let answer = ask(&world, json!({ "limit": 2 })).await.json();
    let names: Vec<&str> = answer["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    let expect = "time component node instance stream severity message source position received";
    assert_eq!(names.join(" "), expect);
    let messages: Vec<&Value> =
        answer["rows"].as_array().unwrap().iter().map(|row| &row[6]).collect();
    assert_eq!(messages, ["m5", "m4"]);
    assert_eq!(answer["coverage"]["limited_by"], "rows");
}

#[tokio::test]
async fn a_histogram_has_every_bin_of_the_range_that_was_asked_for() {
    let world = world().await;
    let answer = ask(&world, json!({ "q": "| histogram 1m", "from": "-5m" })).await.json();
    let counts: Vec<i64> =
        answer["rows"].as_array().unwrap().iter().map(|row| row[1].as_i64().unwrap()).collect();
    assert_eq!(counts, [0, 0, 0, 0, 0, 5]);
}

#[tokio::test]
async fn what_a_body_may_not_say_is_refused_by_name() {
    let world = world().await;
    for (body, field) in [
        (json!({ "query": "a" }), "query"),
        (json!({ "q": 5 }), "q"),
        (json!({ "signal": "metrics" }), "signal"),
        (json!({ "signal": 7 }), "signal"),
        (json!({ "from": "yesterday" }), "from"),
        (json!({ "from": "now", "to": "-1h" }), "from"),
        (json!({ "limit": 0 }), "limit"),
        (json!({ "limit": QUERY_ROWS_MAX + 1 }), "limit"),
        (json!({ "limit": "5" }), "limit"),
        (json!([]), "body"),
    ] {
        let answer = ask(&world, body.clone()).await;
        let error = &answer.json()["error"];
        assert_eq!((answer.status, &error["field"]), (400, &json!(field)), "{body}");
        assert_eq!(error["code"], "bad_request", "{body}");
        assert!(!error["hint"].as_str().unwrap().is_empty(), "{body}");
    }
    assert_eq!(ask(&world, json!({ "limit": QUERY_ROWS_MAX })).await.status, 200);
}

#[tokio::test]
async fn a_body_holds_so_many_bytes_and_not_one_more() {
    let world = world().await;
    for (bytes, status) in [(QUERY_BODY_BYTES_MAX, 200), (QUERY_BODY_BYTES_MAX + 1, 413)] {
        let mut body = b"{}".to_vec();
        body.resize(bytes, b' ');
        assert_eq!(world.send(post("/api/v1/query", &[], body)).await.status, status);
    }
}

#[tokio::test]
async fn a_query_that_is_not_understood_says_where_and_what_was_meant() {
    let world = world().await;
    let answer = ask(&world, json!({ "q": "日志 | stat count()" })).await;
    let expect = json!({
        "code": "bad_query",
        "message": "no such pipe: `stat`; did you mean `stats`?",
        "hint": "use one of stats, top, sort, limit, fields, histogram, patterns",
        "column": 6,
        "field": "q",
    });
    assert_eq!((answer.status, &answer.json()["error"]), (400, &expect));
    for route in ["logs", "logs/histogram", "export"] {
        let answer = world.ask("GET", &format!("/api/v1/{route}?q=a%7Climit%201"), &[]).await;
        assert_eq!(answer.json()["error"]["code"], "bad_query", "{route}");
    }
}

#[tokio::test]
async fn only_who_may_read_may_query() {
    let world = World::with_access(harness::tokens()).await;
    for (role, status) in [("read", 200), ("write", 200), ("admin", 200), ("ingest", 403)] {
        let token = format!("Bearer {role}-secret");
        let request = post("/api/v1/query", &[("authorization", &token)], b"{}".to_vec());
        assert_eq!(world.send(request).await.status, status, "{role}");
    }
}
