//! Questions about spans and samples: services, the graph, the search for traces, POST /query.

use futures::FutureExt;
use nilometer_model::{
    Items, LogPosition, Origin, SampleKind, SampleRef, Samples, SourceId, SpanKind, SpanRef,
    SpanStatus, Spans, Stream, Tenant, Timestamp,
};
use nilometer_store::Arrival;
use nilometer_wire::Batch;
use serde_json::{Value, json};

use super::harness::{World, header, post};
use super::*;

const MS: u64 = 1_000_000;

fn origin(component: &str) -> Arc<Origin> {
    Arc::new(Origin {
        tenant: Tenant::default().name().to_owned(),
        component: component.to_owned(),
        stream: Stream::Otlp,
        node: "n1".to_owned(),
        source: SourceId(0xab),
        ..Origin::default()
    })
}

/// Trace 1: shop calls cart, which fails; trace 2: shop alone, a second later. Then a sample.
fn items(now: Timestamp) -> Items {
    let mut spans = Spans::default();
    let lines = [
        (1, 1, None, "shop", "GET /", 0, 30 * MS, SpanStatus::Unset),
        (1, 2, Some(1), "cart", "get cart", 5, 10 * MS, SpanStatus::Error),
        (1, 3, Some(2), "cart", "redis get", 6, 2 * MS, SpanStatus::Unset),
        (2, 1, None, "shop", "GET /", 1_000, 50 * MS, SpanStatus::Unset),
    ];
    for (position, (trace, id, parent, service, operation, at_ms, duration, status)) in
        (1..).zip(lines)
    {
        spans.push(SpanRef {
            origin: &origin(service),
            operation,
            trace_id: [trace; 16],
            span_id: [id; 8],
            parent_id: parent.map(|parent: u8| [parent; 8]),
            start: now.plus_ns(at_ms * 1_000_000 - 10_000_000_000),
            duration,
            kind: SpanKind::Server,
            status,
            status_message: "",
            attributes: "",
            events: "",
            links: "",
            position,
            received: now,
        });
    }
    let mut samples = Samples::default();
    samples.push(SampleRef {
        origin: &origin(""),
        name: "node.load.1m",
        unit: "",
        time: now.plus_ns(-10_000_000_000),
        value: 0.5,
        kind: SampleKind::Gauge,
        attributes: "",
        position: 5,
        received: now,
    });
    Items { spans, samples, ..Items::default() }
}

async fn world() -> World {
    let world = World::new().await;
    let now = Clock::now(&world.clock);
    let arrival = Arrival {
        position: LogPosition(1),
        received: now,
        tenant: Tenant::default(),
        batch: Batch { header: header(0, 5), items: items(now) },
        refused: Vec::new(),
    };
    let entered = world.store.arrive(arrival).now_or_never();
    assert!(entered.expect("there is no split to look into").is_ok());
    world
}

async fn get(world: &World, path: &str) -> Value {
    let answer = world.ask("GET", &format!("/api/v1/{path}"), &[]).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

async fn query(world: &World, signal: &str, q: &str) -> Value {
    let body = json!({ "signal": signal, "q": q }).to_string().into_bytes();
    world.send(post("/api/v1/query", &[], body)).await.json()
}

#[tokio::test]
async fn spans_are_told_alike_from_the_buffer_and_from_splits() {
    let world = world().await;
    for sealed in [false, true] {
        if sealed {
            world.seal().await;
        }
        let services = get(&world, "services").await;
        let cart = json!({ "service": "cart", "spans": 2, "errors": 1, "p50_ms": 2.0, "p95_ms": 10.0,
            "p99_ms": 10.0, "exact": true });
        assert_eq!(services["services"][0], cart, "sealed: {sealed}");
        assert_eq!(services["services"][1]["spans"], 2);
        let operations = get(&world, "services/cart/operations").await;
        let get_cart = json!({ "service": "cart", "operation": "get cart", "spans": 1, "errors": 1,
            "p50_ms": 10.0, "p95_ms": 10.0, "p99_ms": 10.0, "exact": true });
        assert_eq!(operations["operations"][0], get_cart);
        assert_eq!(get(&world, "services/nobody/operations").await["operations"], json!([]));
        let graph = get(&world, "graph").await;
        let edge = json!({ "from": "shop", "to": "cart", "calls": 1, "errors": 1, "p95_ms": 10.0 });
        assert_eq!(graph["edges"], json!([edge]));
        let calls: Vec<&Value> =
            graph["nodes"].as_array().unwrap().iter().map(|node| &node["calls"]).collect();
        assert_eq!(calls, [&json!(1), &json!(2)]);
        let found = query(&world, "spans", "service:cart | stats count(), max(duration)").await;
        assert_eq!(found["rows"], json!([[2, 10.0]]));
        let found = query(&world, "samples", "load* | fields name, value, kind, node").await;
        assert_eq!(found["rows"], json!([["node.load.1m", 0.5, "gauge", "n1"]]));
    }
}

#[tokio::test]
async fn traces_are_found_by_what_one_of_their_spans_says_and_by_how_long_they_took() {
    let world = world().await;
    for (asked, traces) in [
        ("", vec![2, 1]),
        ("order=duration", vec![2, 1]),
        ("service=cart", vec![1]),
        ("service=cart&operation=GET%20/", vec![]),
        ("q=redis&service=cart", vec![1]),
        ("q=status:error", vec![1]),
        ("min_duration=31ms", vec![2]),
        ("max_duration=30ms", vec![1]),
        ("error=true", vec![1]),
        ("error=false", vec![2]),
        ("from=-9s", vec![2]),
        ("from=-15s&to=-10s", vec![]),
    ] {
        let answer = get(&world, &format!("traces?{asked}")).await;
        let ids = answer["traces"].as_array().unwrap().iter();
        let ids: Vec<&str> = ids.map(|trace| trace["trace_id"].as_str().unwrap()).collect();
        let expect: Vec<String> =
            traces.into_iter().map(|trace: u8| format!("{trace:02x}").repeat(16)).collect();
        assert_eq!(ids, expect, "{asked}");
    }
    let first = get(&world, "traces?limit=1").await;
    let cursor = first["cursor"].as_str().unwrap();
    let next = get(&world, &format!("traces?limit=1&cursor={cursor}")).await;
    let trace = &next["traces"][0];
    for (name, expect) in [
        ("root_service", json!("shop")),
        ("root_operation", json!("GET /")),
        ("start", json!("2023-11-14T22:13:10.000000000Z")),
        ("duration_ms", json!(30.0)),
        ("spans", json!(3)),
        ("errors", json!(1)),
    ] {
        assert_eq!(trace[name], expect, "{name}");
    }
    assert_eq!(trace["path_id"].as_str().unwrap().len(), 16);
    assert!(next.get("cursor").is_none());
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_by_its_name() {
    let world = world().await;
    for (path, code, field) in [
        ("traces?limit=0", "bad_request", "limit"),
        ("traces?limit=1001", "bad_request", "limit"),
        ("traces?order=size", "bad_request", "order"),
        ("traces?error=maybe", "bad_request", "error"),
        ("traces?min_duration=500", "bad_request", "min_duration"),
        ("traces?cursor=x", "bad_request", "cursor"),
        ("traces?q=a%20|%20limit%201", "bad_query", "q"),
        ("traces?q=duration:%3Efast", "bad_query", "q"),
        ("services?service=cart", "bad_request", "service"),
        ("graph?from=soon", "bad_request", "from"),
    ] {
        let answer = world.ask("GET", &format!("/api/v1/{path}"), &[]).await;
        let error = &answer.json()["error"];
        let said = (answer.status, error["code"].as_str(), error["field"].as_str());
        assert_eq!(said, (400, Some(code), Some(field)), "{path}");
    }
    get(&world, "traces?limit=1000").await;
    let refused = query(&world, "metrics", "").await;
    assert_eq!(refused["error"]["field"], "signal");
    let refused = query(&world, "spans", "| stats p99(start)").await;
    assert_eq!(
        (&refused["error"]["code"], &refused["error"]["column"]),
        (&json!("bad_query"), &json!(13))
    );
}
