//! Fields, values, context and completion, from outside.

use std::fmt::Write as _;

use futures::FutureExt;
use nilometer_model::{CollectorId, LogPosition, Tenant, Timestamp};
use nilometer_model::{LineageId, Origin, RowRef, Rows, Sequence, Severity, SourceId, Stream};
use nilometer_store::Arrival;
use nilometer_wire::Batch;
use serde_json::{Value, json};

use super::super::*;
use super::harness::{World, header};

/// Whose lines arrive.
#[derive(Clone, Copy)]
struct Log {
    tenant: &'static str,
    source: u64,
    lineage: u64,
    stream: Stream,
    /// Records that came before.
    from: u64,
}

const LOG: Log = Log { tenant: "default", source: 1, lineage: 7, stream: Stream::Stdout, from: 0 };

/// A line: who speaks, how many ms before now, what, and its attributes.
type Line = (&'static str, i64, &'static str, &'static str);

/// Lets the lines arrive as a batch of their own.
fn arrive(world: &World, sequence: u64, log: Log, lines: &[Line]) {
    let now = world.clock.now();
    let mut rows = Rows::default();
    for ((component, ms, message, attributes), position) in lines.iter().zip(log.from + 1..) {
        let time = now.plus_ns(-ms * 1_000_000);
        let origin = Arc::new(Origin {
            tenant: log.tenant.to_owned(),
            component: (*component).to_owned(),
            source: SourceId(log.source),
            ..Origin::default()
        });
        rows.push(RowRef {
            origin: &origin,
            time,
            order_time: time,
            position,
            bytes: 1,
            received: Timestamp(1),
            severity: if message.contains("bad") { Severity::Error } else { Severity::Info },
            message,
            attributes,
            trace_id: None,
            span_id: None,
        });
    }
    let mut header = header(log.from, lines.len() as u64);
    log.tenant.clone_into(&mut header.tenant);
    header.batch.sequence = Sequence(sequence);
    // A collector is one tenant's.
    header.batch.collector = CollectorId(uuid::Uuid::from_u128(log.tenant.len() as u128));
    let range = &mut header.sources[0];
    (range.source, range.lineage) = (SourceId(log.source), LineageId(log.lineage));
    range.stream = log.stream;
    let (position, received) = (LogPosition(sequence), now);
    let tenant = Tenant::parse(log.tenant).unwrap();
    let batch = Batch { header, items: rows.into() };
    let arrival = Arrival { position, received, tenant, batch, refused: Vec::new() };
    let entered = world.store.arrive(arrival).now_or_never().expect("records wait for nothing");
    assert_eq!(entered.unwrap().rows, lines.len());
}

async fn get(world: &World, path: &str) -> Value {
    let answer = world.ask("GET", &format!("/api/v1/{path}"), &[]).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

async fn refused(world: &World, path: &str) -> (u16, Value) {
    let answer = world.ask("GET", &format!("/api/v1/{path}"), &[]).await;
    (answer.status, answer.json()["error"].clone())
}

fn percent(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        write!(out, "%{byte:02X}").unwrap();
    }
    out
}

#[tokio::test]
async fn fields_and_values_are_counted_by_any_name() {
    let world = World::new().await;
    arrive(
        &world,
        1,
        LOG,
        &[
            ("shop", 9_000, "one", r#"{"http":{"route":"/a"},"component":"x","n":1}"#),
            ("shop", 8_000, "bad", r#"{"http":{"route":"/b"},"né/ü":"v w","n":2.5}"#),
        ],
    );
    world.seal().await;
    arrive(&world, 2, Log { from: 2, ..LOG }, &[("cart", 7_000, "", r#"{"http.route":"/a"}"#)]);
    let fields = get(&world, "logs/fields").await;
    assert_eq!(fields["coverage"]["complete"], true);
    let named = |name: &str| {
        let fields = fields["fields"].as_array().unwrap();
        fields.iter().find(|field| field["name"] == name).cloned().unwrap_or(Value::Null)
    };
    let cases = [
        ("time", "time", 3),
        ("component", "string", 3),
        ("message", "string", 2),
        ("position", "int", 3),
        ("http.route", "string", 3),
        ("attributes.component", "string", 1),
        ("né/ü", "string", 1),
        ("n", "float", 2),
    ];
    for (name, of, count) in cases {
        assert_eq!(named(name), json!({"name": name, "type": of, "count": count}));
        let values = get(&world, &format!("logs/fields/{}/values", percent(name))).await;
        let values = values["values"].as_array().unwrap();
        let total: u64 = values.iter().map(|value| value["count"].as_u64().unwrap()).sum();
        assert_eq!(total, count, "{name}");
    }
    assert_eq!(named("instance"), Value::Null);
    let routes = get(&world, "logs/fields/http.route/values").await;
    assert_eq!(routes["values"], json!([{"value":"/a","count":2}, {"value":"/b","count":1}]));
    let one = get(&world, "logs/fields/http.route/values?limit=1&q=bad").await;
    assert_eq!(one["values"], json!([{"value":"/b","count":1}]));
    for name in ["%FF", "a%80"] {
        let (status, error) = refused(&world, &format!("logs/fields/{name}/values")).await;
        assert_eq!((status, &error["field"]), (400, &json!("name")));
    }
}

#[tokio::test]
async fn more_fields_or_values_than_can_be_counted_are_refused() {
    let world = World::new().await;
    let most = crate::limits::FIELDS_MAX;
    let object = |fields: usize| {
        let fields: Vec<String> = (0..fields).map(|n| format!("\"f{n}\":{n}")).collect();
        &*Box::leak(format!("{{{}}}", fields.join(",")).into_boxed_str())
    };
    arrive(&world, 1, LOG, &[("shop", 9_000, "m", object(most))]);
    assert_eq!(get(&world, "logs/fields").await["fields"].as_array().unwrap().len(), most + 8);
    arrive(&world, 2, Log { from: 1, ..LOG }, &[("shop", 8_000, "m", object(most + 1))]);
    let (status, error) = refused(&world, "logs/fields").await;
    assert_eq!((status, &error["code"]), (422, &json!("over_limit")));
    // Completion takes what it can get.
    assert_eq!(get(&world, "complete?q=f1").await["items"].as_array().unwrap().len(), 20);
}

fn messages(answer: &Value) -> Vec<&str> {
    let records = answer["records"].as_array().unwrap().iter();
    records.map(|record| record["message"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_context_crosses_the_generations_of_its_log_and_no_other() {
    let world = World::new().await;
    let younger = Log { source: 2, ..LOG };
    arrive(&world, 1, LOG, &[("a", 90, "1", ""), ("a", 80, "2", ""), ("a", 70, "3", "")]);
    arrive(&world, 2, Log { source: 3, lineage: 8, ..LOG }, &[("a", 65, "another", "")]);
    world.seal().await;
    arrive(&world, 3, younger, &[("a", 60, "4", ""), ("a", 50, "5", "")]);
    let first_of_younger = "logs/context?source=0000000000000002&position=1";
    let whole = get(&world, first_of_younger).await;
    assert_eq!(messages(&whole), ["1", "2", "3", "4", "5"]);
    for (before, after, expect) in [
        (0, 0, &["4"][..]),
        (1, 0, &["3", "4"]),
        (0, 1, &["4", "5"]),
        (2, 1_000, &["2", "3", "4", "5"]),
    ] {
        let path = format!("{first_of_younger}&before={before}&after={after}");
        assert_eq!(messages(&get(&world, &path).await), expect, "{before} {after}");
    }
    let (status, error) = refused(&world, &format!("{first_of_younger}&after=1001")).await;
    assert_eq!((status, &error["field"]), (400, &json!("after")));
    let (status, error) = refused(&world, "logs/context?source=2").await;
    assert_eq!((status, &error["field"]), (400, &json!("position")));
    let (status, error) = refused(&world, "logs/context?source=2&position=3").await;
    assert_eq!((status, &error["code"]), (404, &json!("not_found")));
}

#[tokio::test]
async fn in_a_journal_a_context_is_of_who_wrote_the_record() {
    let world = World::new().await;
    let journal = Log { stream: Stream::Ingest, ..LOG };
    arrive(&world, 1, journal, &[("a", 90, "1", ""), ("b", 80, "x", ""), ("a", 70, "2", "")]);
    world.seal().await;
    let other_lane = Log { source: 5, lineage: 5, ..journal };
    arrive(&world, 2, other_lane, &[("a", 60, "3", ""), ("b", 55, "y", "")]);
    arrive(&world, 3, Log { source: 6, lineage: 6, ..LOG }, &[("a", 50, "of a file", "")]);
    let context = get(&world, "logs/context?source=1&position=3").await;
    assert_eq!(messages(&context), ["1", "2", "3"]);
}

#[tokio::test]
async fn what_another_tenant_has_is_not_there() {
    let world = World::new().await;
    arrive(&world, 1, LOG, &[("mine", 9_000, "m", r#"{"own":"v"}"#)]);
    let theirs = Log { tenant: "other", source: 9, lineage: 9, ..LOG };
    arrive(&world, 2, theirs, &[("theirs", 8_000, "secret", r#"{"hidden":"h"}"#)]);
    for sealed in [false, true] {
        if sealed {
            world.seal().await;
        }
        let paths = ["logs/fields", "logs/fields/component/values", "logs/fields/hidden/values"];
        let completed =
            ["complete?q=hid", "complete?q=component:", "complete?q=hidden:", "complete"];
        for path in paths.into_iter().chain(completed) {
            let answer = get(&world, path).await.to_string();
            let leaks = ["hidden", "theirs", "secret"].iter().any(|text| answer.contains(text));
            assert!(!leaks, "{path}: {answer}");
        }
        let (status, _) = refused(&world, "logs/context?source=9&position=1").await;
        assert_eq!(status, 404);
    }
}

/// The texts that are offered, and the piece that they replace.
async fn offered(world: &World, q: &str) -> (Vec<String>, (u64, u64)) {
    let answer = get(world, &format!("complete?q={}", percent(q))).await;
    let texts = answer["items"].as_array().unwrap().iter();
    let replace = |end: &str| answer["replace"][end].as_u64().unwrap();
    let texts = texts.map(|item| item["text"].as_str().unwrap().to_owned()).collect();
    (texts, (replace("from"), replace("to")))
}

#[tokio::test]
async fn completion_offers_what_can_stand_there_the_commonest_first() {
    let world = World::new().await;
    arrive(
        &world,
        1,
        LOG,
        &[
            ("check out", 9_000, "m", r#"{"my field":"a","status":"200"}"#),
            ("cart", 8_000, "bad", r#"{"status":"200"}"#),
            ("cart", 7_000, "m", r#"{"status":"404","stage":1}"#),
        ],
    );
    let cases: [(&str, &[&str], (u64, u64)); 12] = [
        ("sta", &["status:", "stage:"], (0, 3)),
        ("x STA", &["status:", "stage:"], (2, 5)),
        ("my", &["my\\ field:"], (0, 2)),
        ("component:", &["cart", "\"check out\""], (10, 10)),
        ("component:ch", &["\"check out\""], (10, 12)),
        ("component:\"ch", &["\"check out\""], (10, 13)),
        ("severity:>=", &["unset", "trace", "debug", "info", "warn", "error", "fatal"], (11, 11)),
        ("a | s", &["stats", "sort"], (4, 5)),
        ("a | stats p9", &["p90(", "p95(", "p99("], (10, 12)),
        ("a | stats count() by sta", &["status", "stage"], (21, 24)),
        ("a | stats count() by my", &["\"my field\""], (21, 23)),
        ("a O", &["OR"], (2, 3)),
    ];
    for (q, expect, replace) in cases {
        assert_eq!(
            offered(&world, q).await,
            (expect.iter().map(|t| (*t).to_owned()).collect(), replace),
            "{q}"
        );
    }
    let (all, _) = offered(&world, "").await;
    assert!(all.len() <= 20 && all.contains(&"component:".to_owned()), "{all:?}");
}

#[tokio::test]
async fn every_beginning_of_a_query_has_an_answer_and_a_caret_beyond_it_none() {
    let world = World::new().await;
    arrive(&world, 1, LOG, &[("cart", 8_000, "m", r#"{"status":"200"}"#)]);
    let q = "-(a:\"b \\\"c\" OR ~\"日 志\") /re g\\/ex/ f:in(1,\"2\") g:>=5 h:cidr(::/8) \
             | stats count() as n, quantile(0.9, \"my f\") by x, bin(1m) | sort n desc | top 3 by y";
    let length = q.chars().count();
    for cursor in 0..=length {
        let begun: String = q.chars().take(cursor).collect();
        get(&world, &format!("complete?q={}", percent(&begun))).await;
        get(&world, &format!("complete?q={}&cursor={cursor}", percent(q))).await;
    }
    let path = format!("complete?q={}&cursor={}", percent(q), length + 1);
    let (status, error) = refused(&world, &path).await;
    assert_eq!((status, &error["field"]), (400, &json!("cursor")));
}
