//! The board as its route tells it: from what is buffered and from splits alike.

use nilometer_model::{Clock as _, Tenant};
use serde_json::{Value, json};

use super::harness::{World, heartbeat};

/// The answer over that window; windows that are written differently are asked for anew.
async fn ask(world: &World, window: &str) -> Value {
    let answer = world.ask("GET", &format!("/api/v1/health?window={window}"), &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn health_is_told_alike_from_the_buffer_and_from_splits() {
    let world = World::new().await;
    world.write(30);
    world.store.hear(&Tenant::default(), &heartbeat(), world.clock.now()).unwrap();
    let buffered = ask(&world, "5m").await;
    world.seal().await;
    let stored = ask(&world, "300s").await;
    for part in ["components", "nodes", "totals", "changes", "points", "at"] {
        assert_eq!(buffered[part], stored[part], "{part}");
    }
    let shop = &stored["components"][0];
    for (name, expect) in [
        ("component", json!("shop")),
        ("state", json!("healthy")),
        ("reason", json!("")),
        ("basis", json!("lines")),
        ("rate", json!(0.1)),
        ("error_ratio", json!(0.0)),
        ("restarts", json!(0)),
        ("instances", json!(["shop-1"])),
    ] {
        assert_eq!(shop[name], expect, "{name}");
    }
    assert!(shop.get("p50_ms").is_none() && shop.get("since").is_none());
    assert_eq!(shop["series"]["rate"].as_array().unwrap().len(), 60);
    assert_eq!(stored["points"].as_array().unwrap().len(), 61);
    let node = &stored["nodes"][0];
    assert_eq!((&node["node"], &node["state"]), (&json!("n1"), &json!("healthy")));
}

#[tokio::test]
async fn a_split_that_is_gone_is_counted_and_the_rest_is_told() {
    let world = World::new().await;
    world.write(3);
    world.seal().await;
    world.lose_splits().await;
    let told = ask(&world, "5m").await;
    assert_eq!(told["coverage"]["missing_splits"], 1);
    assert_eq!(told["coverage"]["complete"], false);
}

#[tokio::test]
async fn a_window_is_from_ten_seconds_to_an_hour() {
    let world = World::new().await;
    for window in ["10s", "1h", "60m"] {
        ask(&world, window).await;
    }
    for window in ["9s", "3601s", "2h", "5", "", "-5m"] {
        let answer = world.ask("GET", &format!("/api/v1/health?window={window}"), &[]).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]["field"]),
            (400, &json!("window")),
            "{window}"
        );
    }
}
