//! Who spoke, from outside: a cluster's API that tells of a pod, and what its lines say then.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::time::Duration;

use axum::extract::Query;
use axum::routing::get;
use axum::{Json, Router};
use nilometer_tests::{Api, Process, Scratch, until};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

const DEADLINE: Duration = Duration::from_secs(30);
const POD: &str = "cart-7d9f8b6c5d-x2x4z";

/// A list of one pod; a watch of which nothing comes.
async fn pods(Query(query): Query<BTreeMap<String, String>>) -> Json<Value> {
    assert_eq!(query["fieldSelector"], "spec.nodeName=node0");
    if query.contains_key("watch") {
        std::future::pending::<()>().await;
    }
    let owner = json!({"kind": "ReplicaSet", "name": "cart-7d9f8b6c5d", "controller": true});
    let labels = json!({"app.kubernetes.io/name": "cart-service", "pod-template-hash": "7d9f8b6c5d",
        "tier": "backend"});
    Json(json!({
        "kind": "PodList",
        "metadata": {"resourceVersion": "7"},
        "items": [{
            "metadata": {"name": POD, "namespace": "shop", "uid": "u-1", "labels": labels,
                "ownerReferences": [owner]},
            "spec": {"containers": [{"name": "main", "image": "registry:5000/shop/cart:1.4.2"}]},
            "status": {"phase": "Running"},
        }],
    }))
}

/// The cluster's API, and its URL; it goes with the runtime.
fn cluster() -> (Runtime, String) {
    let runtime = Runtime::new().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    runtime.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        axum::serve(listener, Router::new().route("/api/v1/pods", get(pods))).await.unwrap();
    });
    (runtime, url)
}

/// The one record that a query finds, once it does.
fn record(api: &Api, query: &str) -> Value {
    let path = format!("/api/v1/logs?from=2020-01-01T00:00:00Z&q={query}");
    until(query, DEADLINE, || {
        let found = api.json(&path)["records"].as_array().cloned().unwrap_or_default();
        assert!(found.len() <= 1, "{found:?}");
        found.into_iter().next()
    })
}

#[test]
fn lines_of_a_pod_have_what_its_cluster_tells_of_it_from_the_first_on() {
    let (_cluster, url) = cluster();
    let scratch = Scratch::new();
    let log = scratch.join(format!("root/var/log/pods/shop_{POD}_u-1/main"));
    std::fs::create_dir_all(&log).unwrap();
    std::fs::write(log.join("0.log"), "2026-11-21T04:00:00.000000001Z stdout F first\n").unwrap();
    let config = scratch.join("nilometer.toml");
    std::fs::write(&config, format!("[kubernetes]\napi = '{url}'\nlabels = ['tier']\n")).unwrap();
    let (_up, api) = Process::up(&scratch, &["--config", &config.display().to_string()]);
    for query in ["k8s.deployment.name:cart", "version:1.4.2", "component:cart-service"] {
        let record = record(&api, query);
        assert_eq!(record["message"], "first");
        assert_eq!(record["component"], "cart-service");
        assert_eq!(record["instance"], POD);
        assert_eq!(record["version"], "1.4.2");
        assert_eq!(
            record["attributes"],
            json!({"k8s.namespace.name": "shop", "k8s.container.name": "main",
                "k8s.deployment.name": "cart", "container.image.name": "registry:5000/shop/cart",
                "k8s.pod.label.tier": "backend"})
        );
    }
}
