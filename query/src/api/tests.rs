//! The interface from outside its router: real handlers over a real store.

mod access;
mod alerts;
mod discover;
mod document;
mod harness;
mod health;
mod late;
mod limits_hold;
mod page;
mod patterns;
mod query;
mod spans;

use nilometer_model::Reason;
use nilometer_wire::limits::DICTIONARY_BYTES_MAX;
use nilometer_wire::{Dictionary, IntakeError};
use serde_json::{Value, json};

use self::harness::{World, lines, post};
use super::access::{Need, ROUTES};
use super::limits::LIMIT_MAX;
use super::*;
use crate::limits::EXPORT_PAGE_ROWS;

/// Every route of the OpenAPI document: method and path, path parameters filled in.
fn documented() -> Vec<(String, String, String)> {
    let (_, document) = routes().split_for_parts();
    let document = serde_json::to_value(&document).unwrap();
    let mut routes = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let concrete = path
                .replace("{node}", "n1")
                .replace("{id}", "00ab:1")
                .replace("{name}", "status")
                .replace("{fault}", "slow");
            routes.push((method.to_uppercase(), path.clone(), concrete));
        }
    }
    assert!(routes.len() >= 18, "{routes:?}");
    routes
}

#[tokio::test]
async fn every_documented_route_has_a_role_and_asks_for_a_token() {
    let world = World::with_access(harness::tokens()).await;
    for (method, path, concrete) in documented() {
        let row = ROUTES.iter().find(|(m, p, _)| *m == method && *p == path);
        let (.., need) = row.unwrap_or_else(|| panic!("{method} {path} is not in the table"));
        let answer = world.ask(&method, &concrete, &[]).await;
        assert_eq!(answer.status == 401, *need != Need::Open, "{method} {path}");
        if *need != Need::Open {
            assert_eq!(answer.json()["error"]["code"], "unauthorized");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"nilometer\""));
        }
    }
    for (method, path, _) in ROUTES {
        let known = documented().iter().any(|(m, p, _)| m == method && p == path);
        assert!(known, "{method} {path} is in the table and not in the document");
    }
}

#[tokio::test]
async fn the_document_describes_everything_that_it_names() {
    let world = World::new().await;
    let document = world.ask("GET", "/api/openapi.json", &[]).await;
    let text = document.text();
    let named = text.split("\"#/components/schemas/").skip(1);
    let mut names: Vec<&str> = named.map(|rest| rest.split('"').next().unwrap()).collect();
    names.sort_unstable();
    names.dedup();
    assert!(names.len() > 10, "{names:?}");
    let schemas = &document.json()["components"]["schemas"];
    for name in names {
        // What is made of parts has no type of its own.
        let described = schemas[name]["type"].is_string() || schemas[name]["allOf"].is_array();
        assert!(described, "{name} is not described");
    }
}

#[tokio::test]
async fn each_role_gets_through_to_its_routes_and_no_further() {
    let world = World::with_access(harness::tokens()).await;
    for (role, path, expect) in [
        ("read", "/api/v1/logs", 200),
        ("read", "/metrics", 200),
        ("ingest", "/api/v1/logs", 403),
        ("ingest", "/api/v1/sources", 200),
        ("read", "/api/v1/sources", 200),
        ("write", "/api/v1/ledger", 200),
        ("admin", "/api/v1/logs", 200),
        ("nobody", "/api/v1/logs", 401),
        ("read", "/api/v1/nothing", 404),
        ("nobody", "/api/v1/nothing", 401),
    ] {
        let token = format!("Bearer {role}-secret");
        let answer = world.ask("GET", path, &[("authorization", &token)]).await;
        assert_eq!(answer.status, expect, "{role} {path}");
    }
    let read = [("authorization", "Bearer read-secret")];
    assert_eq!(world.ask("DELETE", "/api/v1/nodes/n1", &read).await.status, 403);
    assert_eq!(world.ask("POST", "/api/v1/ingest", &read).await.status, 403);
    let (retry, write) =
        ("/api/v1/dead-letters/x/retry", [("authorization", "Bearer write-secret")]);
    assert_eq!(world.ask("POST", retry, &read).await.status, 403);
    assert_eq!(world.ask("POST", retry, &write).await.status, 404);
    assert_eq!(world.ask("GET", "/", &[]).await.status, 200);
    assert_eq!(world.ask("GET", "/livez", &[]).await.status, 200);
}

#[tokio::test]
async fn a_browser_logs_in_with_a_token_and_goes_on_with_its_cookie() {
    let world = World::with_access(harness::tokens()).await;
    for (body, status) in [(&b"{\"token\":\"x\"}"[..], 401), (b"{}", 400), (b"", 400)] {
        assert_eq!(world.send(post("/api/v1/login", &[], body.to_vec())).await.status, status);
    }
    let body = b"{\"token\":\"read-secret\"}".to_vec();
    let answer = world.send(post("/api/v1/login", &[], body)).await;
    assert_eq!(answer.status, 204);
    let set = answer.header("set-cookie").unwrap();
    assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{set}");
    let cookie = set.split(';').next().unwrap();
    assert_eq!(world.ask("GET", "/api/v1/logs", &[("cookie", cookie)]).await.status, 200);
}

#[tokio::test]
async fn an_unknown_parameter_is_refused_by_name_on_every_route_of_the_api() {
    let world = World::new().await;
    for (method, path, concrete) in documented() {
        if !path.starts_with("/api/") {
            continue;
        }
        let answer = world.ask(&method, &format!("{concrete}?nonsense=1"), &[]).await;
        assert_eq!(answer.status, 400, "{method} {path}");
        let error = &answer.json()["error"];
        assert_eq!((&error["code"], &error["field"]), (&json!("bad_request"), &json!("nonsense")));
        assert!(!error["hint"].as_str().unwrap().is_empty(), "{method} {path}");
    }
}

#[tokio::test]
async fn parameters_that_make_no_sense_are_refused_with_what_is_allowed() {
    let world = World::new().await;
    for (path, field) in [
        ("/api/v1/logs?limit=0", "limit"),
        ("/api/v1/logs?limit=10001", "limit"),
        ("/api/v1/logs?order=up", "order"),
        ("/api/v1/logs?from=now&to=-1h", "from"),
        ("/api/v1/logs?to=-2h", "to"),
        ("/api/v1/logs?from=5", "from"),
        ("/api/v1/logs?cursor=x", "cursor"),
        ("/api/v1/logs?q=a&q=b", "q"),
        ("/api/v1/logs/histogram?buckets=1001", "buckets"),
        ("/api/v1/export?to=tomorrow", "to"),
        ("/api/v1/ledger?limit=99999", "limit"),
        ("/api/v1/dead-letters?limit=0", "limit"),
        ("/api/v1/ledger?source=shop", "source"),
        ("/api/v1/ledger?cursor=-", "cursor"),
    ] {
        let answer = world.ask("GET", path, &[]).await;
        let error = &answer.json()["error"];
        assert_eq!((answer.status, &error["field"]), (400, &json!(field)), "{path}");
        assert!(!error["hint"].as_str().unwrap().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_pipe_or_a_broken_query_is_pointed_at() {
    let world = World::new().await;
    for route in ["logs", "logs/histogram", "logs/tail", "export"] {
        let answer = world.ask("GET", &format!("/api/v1/{route}?q=a%20%7C%20stats"), &[]).await;
        let error = &answer.json()["error"];
        assert_eq!((answer.status, &error["code"]), (400, &json!("bad_query")), "{route}");
        assert!(error["column"].as_u64().is_some_and(|column| column > 0), "{error}");
    }
}

#[tokio::test]
async fn what_is_not_there_says_so_in_the_same_shape() {
    let world = World::new().await;
    for (method, path, status, code) in [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/api", 404, "not_found"),
        ("GET", "/nothing", 404, "not_found"),
        ("POST", "/api/v1/logs", 405, "bad_request"),
        ("POST", "/", 405, "bad_request"),
        ("DELETE", "/api/v1/nodes/nobody", 404, "not_found"),
    ] {
        let answer = world.ask(method, path, &[]).await;
        let got = answer.json()["error"]["code"].clone();
        assert_eq!((answer.status, got), (status, json!(code)), "{method} {path}");
    }
    let away = world.ask("GET", "/", &[("host", "evil.example")]).await;
    assert_eq!((away.status, &away.json()["error"]["code"]), (403, &json!("forbidden")));
}

#[tokio::test]
async fn readiness_names_its_reasons() {
    let world = World::new().await;
    assert_eq!(world.ask("GET", "/readyz", &[]).await.json(), json!({"reasons": []}));
    world.not_ready("disk below its low-water mark");
    let answer = world.ask("GET", "/readyz", &[]).await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.json(), json!({"reasons": ["disk below its low-water mark"]}));
    assert_eq!(world.ask("GET", "/livez", &[]).await.status, 200);
    assert_eq!(world.ask("GET", "/metrics", &[]).await.text(), "rendered 1\n");
}

#[tokio::test]
async fn a_node_that_only_collects_serves_three_routes() {
    let world = World::new().await;
    for (path, status) in [("/livez", 200), ("/readyz", 200), ("/metrics", 200), ("/", 404)] {
        assert_eq!(world.ask_node("GET", path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn lines_are_inflated_and_handed_on_with_tenant_and_key() {
    let world = World::with_access(harness::tokens()).await;
    let headers = [
        ("authorization", "Bearer ingest-secret"),
        ("content-encoding", "zstd"),
        ("idempotency-key", "k1"),
    ];
    let body = zstd::encode_all(&b"{\"message\":\"a\"}\nnonsense\n"[..], 1).unwrap();
    let answer = world.send(post("/api/v1/ingest", &headers, body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let refused = json!([{"line": 2, "reason": "not a JSON object"}]);
    assert_eq!(answer.json(), json!({"accepted": 1, "refused": refused}));
    let taken = world.intake.ingested();
    assert_eq!(
        (taken[0].tenant.name(), taken[0].idempotency_key.as_deref()),
        ("default", Some("k1"))
    );
    assert_eq!(&taken[0].body[..], b"{\"message\":\"a\"}\nnonsense\n");
}

#[tokio::test]
async fn bodies_that_cannot_be_taken_are_refused_and_nothing_of_them_is() {
    let world = World::new().await;
    let bomb = zstd::encode_all(&vec![b'x'; 100 << 20][..], 1).unwrap();
    for (headers, body, status) in [
        (vec![("content-encoding", "gzip")], b"no gzip".to_vec(), 400),
        (vec![("content-encoding", "br")], Vec::new(), 400),
        (vec![("content-encoding", "zstd")], bomb, 413),
        (vec![], vec![b'x'; (64 << 20) + 1], 413),
        (vec![("idempotency-key", "")], Vec::new(), 400),
    ] {
        let answer = world.send(post("/api/v1/ingest", &headers, body)).await;
        assert_eq!(answer.status, status, "{headers:?} {}", answer.text());
    }
    assert!(world.intake.ingested().is_empty());
}

#[tokio::test]
async fn whoever_sends_too_much_over_a_real_connection_gets_to_read_why() {
    let world = World::new().await;
    let answer = world.ask_over_tcp(
        b"POST /api/v1/ingest HTTP/1.1\r\n\
          host: localhost\r\nconnection: close\r\ncontent-length: 104857600\r\n\r\n",
        100 << 20,
    );
    let answer = answer.await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("\"code\":\"too_large\""), "{answer}");
}

#[tokio::test]
async fn what_the_intake_refuses_says_what_to_do_and_whose_verdict_it_is() {
    let world = World::new().await;
    let pipeline = world.store.pipeline().to_string();
    let verdict = Some(pipeline.as_str());
    for (error, status, code, wait, speaker) in [
        (IntakeError::TooLarge { bytes: 9, limit_bytes: 8 }, 413, "too_large", None, verdict),
        (IntakeError::Busy { retry_after_s: 7 }, 429, "busy", Some("7"), verdict),
        (
            IntakeError::Unavailable { reason: "full".to_owned(), retry_after_s: 9 },
            503,
            "unavailable",
            Some("9"),
            verdict,
        ),
        (IntakeError::Damaged("checksum".to_owned()), 400, "bad_request", None, None),
        (IntakeError::Copied, 409, "conflict", None, verdict),
        (IntakeError::WrongPipeline("another".to_owned()), 409, "conflict", None, verdict),
    ] {
        world.intake.fail_with(error);
        let answer = world.send(post("/api/v1/batches", &[], b"frame".to_vec())).await;
        let json = answer.json();
        assert_eq!((answer.status, &json["error"]["code"]), (status, &json!(code)));
        assert_eq!(answer.header("retry-after"), wait, "{code}");
        assert_eq!(json["pipeline"].as_str(), speaker, "{code}");
    }
}

#[tokio::test]
async fn a_batch_for_another_pipeline_or_too_large_a_one_never_reaches_the_intake() {
    let world = World::new().await;
    let other = [("nilometer-pipeline", "00000000-0000-0000-0000-0000000000ff")];
    let answer = world.send(post("/api/v1/batches", &other, b"frame".to_vec())).await;
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (409, &json!("conflict")));
    assert_eq!(answer.json()["pipeline"], world.store.pipeline().to_string());
    let large = vec![0; nilometer_model::limits::BATCH_FRAME_BYTES_MAX + 1];
    let answer = world.send(post("/api/v1/batches", &[], large)).await;
    assert_eq!(answer.status, 413);
    assert_eq!(answer.json()["pipeline"], world.store.pipeline().to_string());
    let ours = world.store.pipeline().to_string();
    let answer =
        world.send(post("/api/v1/batches", &[("nilometer-pipeline", &ours)], vec![1])).await;
    assert_eq!((answer.status, world.intake.batches()), (200, 1));
}

#[tokio::test]
async fn a_batch_may_come_compressed_with_a_dictionary_that_came_before() {
    let world = World::new().await;
    let frame =
        nilometer_wire::encode(&harness::header(0, 1), &nilometer_model::Items::default()).unwrap();
    let empty = Dictionary::default();
    let dictionary = empty.taught(std::slice::from_ref(&frame)).unwrap();
    let body = dictionary.compress(&frame).unwrap();
    let coded = [("content-encoding", "nilometer-told")];
    let unknown = world.send(post("/api/v1/batches", &coded, body.clone())).await;
    let json = unknown.json();
    assert_eq!((unknown.status, &json["error"]["field"]), (404, &json!("Content-Encoding")));
    assert_eq!(json["pipeline"], world.store.pipeline().to_string(), "a verdict of ours");
    let known = world.send(post("/api/v1/dictionaries", &[], dictionary.offer())).await;
    assert_eq!(
        (known.status, &known.json()["dictionary"]),
        (200, &json!(dictionary.hash().to_string()))
    );
    let taken = world.send(post("/api/v1/batches", &coded, body.clone())).await;
    assert_eq!((taken.status, world.intake.batches()), (200, 1));
    for (coding, body, status) in [
        ("nilometer-told", body[..body.len() - 1].to_vec(), 400),
        ("nilometer-told", b"frame".to_vec(), 400),
        ("nilometer-told", empty.compress(&frame).unwrap(), 200),
        ("dcz", b"an earlier build's".to_vec(), 404),
        ("gzip", b"frame".to_vec(), 400),
        ("identity", b"frame".to_vec(), 200),
    ] {
        let answer =
            world.send(post("/api/v1/batches", &[("content-encoding", coding)], body)).await;
        assert_eq!(answer.status, status, "{coding}");
    }
    let grown = dictionary.taught(std::slice::from_ref(&frame)).unwrap();
    let mut unknown = grown.offer();
    unknown[0] ^= 1;
    let name = empty.offer();
    for (offer, status) in [
        (grown.offer(), 200),
        (grown.offer_whole(), 200),
        (name.clone(), 200),
        (unknown, 404),
        (name[1..].to_vec(), 400),
        ([&name[..], b"damaged"].concat(), 400),
        ([&name[..], &vec![0; DICTIONARY_BYTES_MAX + 1]].concat(), 413),
    ] {
        let answer = world.send(post("/api/v1/dictionaries", &[], offer)).await;
        assert_eq!(answer.status, status);
    }
}

#[tokio::test]
async fn a_heartbeat_is_read_and_answered() {
    let world = World::new().await;
    let beat = serde_json::to_vec(&harness::heartbeat()).unwrap();
    let answer = world.send(post("/api/v1/heartbeats", &[], beat)).await;
    assert_eq!((answer.status, &answer.json()["resync"]), (200, &json!(true)));
    let answer = world.send(post("/api/v1/heartbeats", &[], b"{}".to_vec())).await;
    assert_eq!((answer.status, &answer.json()["error"]["field"]), (400, &json!("body")));
}

#[tokio::test]
async fn records_come_newest_first_page_by_page_within_the_range_of_the_first() {
    let world = World::new().await;
    world.write(5);
    let first = world.ask("GET", "/api/v1/logs?limit=2", &[]).await.json();
    assert_eq!(messages(&first["records"]), ["m5", "m4"]);
    assert_eq!(first["coverage"]["complete"], true);
    assert_eq!(first["coverage"]["limited_by"], Value::Null);
    world.clock.advance_ns(7_200_000_000_000);
    let cursor = first["cursor"].as_str().unwrap();
    let second =
        world.ask("GET", &format!("/api/v1/logs?limit=9&cursor={cursor}"), &[]).await.json();
    assert_eq!(messages(&second["records"]), ["m3", "m2", "m1"]);
    assert_eq!(second.get("cursor"), None);
    let oldest = world.ask("GET", "/api/v1/logs?from=-1d&order=asc&limit=1", &[]).await.json();
    assert_eq!(messages(&oldest["records"]), ["m1"]);
}

#[tokio::test]
async fn records_are_streamed_as_lines_when_asked() {
    let world = World::new().await;
    world.write(3);
    let answer = world.ask("GET", "/api/v1/logs", &[("accept", "application/x-ndjson")]).await;
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    assert_eq!(messages(&Value::Array(lines(&answer.text()))), ["m3", "m2", "m1"]);
}

#[tokio::test]
async fn an_interrupted_export_goes_on_behind_its_last_whole_line() {
    let world = World::new().await;
    let records = 2 * EXPORT_PAGE_ROWS + 1;
    world.write(records);
    let all = lines(&world.ask("GET", "/api/v1/export", &[]).await.text());
    assert_eq!(all.len(), records);
    for at in [0, EXPORT_PAGE_ROWS - 1, EXPORT_PAGE_ROWS, records - 1] {
        let cursor = all[at]["cursor"].as_str().unwrap();
        let rest = world.ask("GET", &format!("/api/v1/export?cursor={cursor}"), &[]).await;
        assert_eq!(lines(&rest.text()), all[at + 1..], "behind line {at}");
    }
    assert!(records > LIMIT_MAX);
}

#[tokio::test]
async fn answers_are_the_same_from_the_buffer_and_from_splits() {
    let world = World::new().await;
    let paths = [
        "/api/v1/logs?limit=7",
        "/api/v1/logs?limit=3&order=asc",
        "/api/v1/logs?q=m42",
        "/api/v1/logs?q=-m42&limit=10000",
        "/api/v1/logs/histogram?buckets=9",
        "/api/v1/logs/histogram?buckets=2&by=component",
        "/api/v1/components",
        "/api/v1/export?q=m4*",
    ];
    world.write(3_000);
    let mut before = Vec::new();
    for path in paths {
        before.push(world.ask("GET", path, &[]).await.without_stats());
    }
    world.seal().await;
    for (path, expect) in paths.into_iter().zip(before) {
        assert_eq!(world.ask("GET", path, &[]).await.without_stats(), expect, "{path}");
    }
    world.write(10);
    let newest = world.ask("GET", "/api/v1/logs?limit=12", &[]).await.json();
    assert_eq!(messages(&newest["records"])[9..], ["m3001", "m3000", "m2999"]);
}

#[tokio::test]
async fn data_that_cannot_be_read_is_missed_out_loud_and_the_rest_is_answered() {
    let world = World::new().await;
    world.write(3);
    world.seal().await;
    world.lose_splits().await;
    world.write(1);
    let logs = world.ask("GET", "/api/v1/logs", &[]).await.json();
    assert_eq!(messages(&logs["records"]), ["m4"]);
    let histogram = world.ask("GET", "/api/v1/logs/histogram?buckets=1", &[]).await.json();
    assert_eq!(histogram["buckets"][0]["counts"], json!({"count": 1}));
    for answer in [&logs, &histogram] {
        let coverage = &answer["coverage"];
        assert_eq!(
            (&coverage["complete"], &coverage["missing_splits"]),
            (&json!(false), &json!(1))
        );
    }
    let components = world.ask("GET", "/api/v1/components", &[]).await.json();
    assert_eq!(components["components"].as_array().unwrap().len(), 1);
    assert_eq!(components["missing_splits"], 1);
    let export = world.ask("GET", "/api/v1/export", &[]).await;
    assert_eq!((export.status, &export.json()["error"]["code"]), (503, &json!("unavailable")));
}

#[tokio::test]
async fn the_latest_dead_letters_are_listed_oldest_first() {
    let world = World::new().await;
    for message in ["one", "two", "three"] {
        world.turn_away(message, Reason::TooOld);
    }
    let all = world.ask("GET", "/api/v1/dead-letters", &[]).await.json();
    assert_eq!(messages(&all["dead_letters"]), ["one", "two", "three"]);
    let latest = world.ask("GET", "/api/v1/dead-letters?limit=2", &[]).await.json();
    assert_eq!(messages(&latest["dead_letters"]), ["two", "three"]);
}

#[tokio::test]
async fn a_dead_letter_is_let_in_as_a_record_that_says_what_it_was() {
    let world = World::new().await;
    world.turn_away("late \"é\"", Reason::TooOld);
    let path = "/api/v1/dead-letters/00000000000000ab:1/retry";
    let answer = world.ask("POST", path, &[]).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"accepted": 1, "refused": []})));
    let taken = &world.intake.ingested()[0];
    assert_eq!(taken.idempotency_key.as_deref(), Some("dead-letter:00000000000000ab:1"));
    let line = nilometer_wire::parse_line(&taken.body, nilometer_model::Timestamp(0)).unwrap();
    assert_eq!((&*line.component, &*line.node, &*line.message), ("shop", "n1", "late \"é\""));
    assert!(line.time.0 > 0);
    let attributes: Value = serde_json::from_str(&line.attributes).unwrap();
    let expect = json!({"dead_letter": {"id": "00000000000000ab:1", "reason": "too_old"}});
    assert_eq!(attributes, expect);
}

#[tokio::test]
async fn a_dead_letter_that_is_gone_cut_or_refused_again_is_not_let_in() {
    let world = World::new().await;
    world.turn_away("m", Reason::NameTooLong);
    let longest = nilometer_store::limits::DEAD_LETTER_MESSAGE_BYTES_MAX;
    for length in [longest - 4, longest - 3, longest + 1] {
        world.turn_away(&"x".repeat(length), Reason::MessageTooLong);
    }
    let retry = async |position: u64| {
        let path = format!("/api/v1/dead-letters/00000000000000ab:{position}/retry");
        world.ask("POST", &path, &[]).await
    };
    for (position, status) in [(2, 200), (3, 409), (4, 409), (9, 404)] {
        let answer = retry(position).await;
        assert_eq!(answer.status, status, "{position} {}", answer.text());
    }
    assert_eq!(world.intake.ingested().len(), 1);
    world.intake.refuse_lines();
    let again = retry(1).await;
    assert_eq!((again.status, &again.json()["error"]["code"]), (409, &json!("conflict")));
    world.intake.fail_with(IntakeError::Busy { retry_after_s: 7 });
    assert_eq!(retry(1).await.header("retry-after"), Some("7"));
}

#[tokio::test]
async fn a_histogram_by_a_field_names_its_values() {
    let world = World::new().await;
    world.write(7);
    let ask = |by: &'static str| world.ask("GET", by, &[]);
    let by = ask("/api/v1/logs/histogram?buckets=1&by=component").await.json();
    assert_eq!(by["buckets"][0]["counts"], json!({"shop": 7}));
    let by = ask("/api/v1/logs/histogram?buckets=1&by=nothing").await.json();
    assert_eq!(by["buckets"][0]["counts"], json!({"": 7}));
    world.write(13);
    let by = ask("/api/v1/logs/histogram?buckets=1&by=message").await.json();
    let counts = by["buckets"][0]["counts"].as_object().unwrap();
    assert_eq!((counts.len(), &counts["other"]), (11, &json!(10)));
}

#[tokio::test]
async fn a_tail_is_ready_and_then_tells_what_comes() {
    let world = World::new().await;
    world.write(1);
    let mut events = world.events("/api/v1/logs/tail").await;
    assert_eq!(events.next().await.unwrap(), ("ready".to_owned(), json!({})));
    world.write(2);
    let (name, first) = events.next().await.unwrap();
    assert_eq!((name.as_str(), first["message"].as_str()), ("record", Some("m2")));
    assert_eq!(events.next().await.unwrap().1["message"], "m3");
    world.shutdown.cancel();
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn a_slow_listener_is_told_how_much_it_missed() {
    let world = World::new().await;
    let mut events = world.events("/api/v1/logs/tail").await;
    assert_eq!(events.next().await.unwrap().0, "ready");
    let written = 3 * limits::TAIL_RECORDS_WAITING_MAX;
    world.write(written);
    let (mut records, mut skipped) = (0, 0);
    while records + skipped < written {
        let (name, data) = events.next().await.unwrap();
        match name.as_str() {
            "record" => records += 1,
            "skipped" => skipped += usize::try_from(data["count"].as_u64().unwrap()).unwrap(),
            other => panic!("{other}"),
        }
    }
    assert_eq!(records + skipped, written);
    assert!(skipped > 0);
}

#[tokio::test]
async fn a_histogram_has_the_buckets_asked_for_and_loses_no_record() {
    let world = World::new().await;
    world.write(7);
    for buckets in [1, 7, 60, 1_000] {
        let path = format!("/api/v1/logs/histogram?buckets={buckets}");
        let answer = world.ask("GET", &path, &[]).await.json();
        let list = answer["buckets"].as_array().unwrap();
        assert_eq!(list.len(), buckets);
        let sum: u64 = list.iter().filter_map(|b| b["counts"]["count"].as_u64()).sum();
        assert_eq!(sum, 7, "{buckets} buckets");
        assert!(list.windows(2).all(|pair| pair[0]["to"] == pair[1]["from"]));
    }
}

#[tokio::test]
async fn who_speaks_is_listed_with_where_and_when() {
    let world = World::new().await;
    world.write(3);
    let answer = world.ask("GET", "/api/v1/components", &[]).await.json();
    let shop = &answer["components"][0];
    assert_eq!((&shop["component"], &shop["instances"]), (&json!("shop"), &json!(["shop-1"])));
    assert_eq!(shop["nodes"], json!(["n1"]));
    assert!(shop["first_seen"].as_str() < shop["last_seen"].as_str());
}

#[tokio::test]
async fn the_ledger_and_the_sources_show_what_arrived() {
    let world = World::new().await;
    world.write(3);
    let ledger = world.ask("GET", "/api/v1/ledger?node=n1&component=shop", &[]).await.json();
    assert_eq!(ledger["sources"][0]["source"], "00000000000000ab");
    assert_eq!(ledger["balanced"], true);
    assert_eq!(world.ask("GET", "/api/v1/ledger?node=n2", &[]).await.json()["sources"], json!([]));
    let sources = world.ask("GET", "/api/v1/sources?node=n1", &[]).await.json();
    assert_eq!(sources["sources"][0]["lineage"], "00000000000000cd");
    assert_eq!(sources["sources"][0]["covered"], json!([]));
}

#[test]
fn nothing_secret_is_printed() {
    let printed = format!("{:?}", harness::tokens());
    assert!(!printed.contains("-secret"), "{printed}");
}

fn messages(records: &Value) -> Vec<&str> {
    records.as_array().unwrap().iter().map(|r| r["message"].as_str().unwrap()).collect()
}
