//! Who spoke, from outside: a cluster's API that tells of a pod, and what its lines say then.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Query;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use axum::serve::Listener;
use axum::{Json, Router};
use nilometer_tests::{Api, Authority, Issued, Process, Scratch, until};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

const DEADLINE: Duration = Duration::from_secs(30);
const POD: &str = "cart-7d9f8b6c5d-x2x4z";

/// Of the service account that asks.
const TOKEN: &str = "of-the-service-account";

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

/// The same, for who shows the account's token.
async fn pods_for_the_account(
    headers: HeaderMap,
    query: Query<BTreeMap<String, String>>,
) -> Result<Json<Value>, StatusCode> {
    let shown = headers.get("Authorization").and_then(|value| value.to_str().ok());
    if shown != Some(&format!("Bearer {TOKEN}")) {
        return Err(StatusCode::UNAUTHORIZED);
    }
    Ok(pods(query).await)
}

/// A port that speaks TLS. Whoever does not believe it is heard no more of.
struct Secure {
    listener: tokio::net::TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for Secure {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        loop {
            let (stream, from) = self.listener.accept().await.unwrap();
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, from);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// The cluster's API, and its address; it goes with the runtime. With a certificate it speaks TLS and asks for the
/// account's token.
fn cluster(shown: Option<&Issued>) -> (Runtime, String) {
    let runtime = Runtime::new().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let acceptor = shown.map(|shown| TlsAcceptor::from(Arc::new(shown.server())));
    runtime.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        match acceptor {
            None => {
                let api = Router::new().route("/api/v1/pods", get(pods));
                axum::serve(listener, api).await.unwrap();
            }
            Some(acceptor) => {
                let api = Router::new().route("/api/v1/pods", get(pods_for_the_account));
                axum::serve(Secure { listener, acceptor }, api).await.unwrap();
            }
        }
    });
    (runtime, address)
}

/// A node on which the pod has said one line.
fn node_with_a_pod() -> Scratch {
    let scratch = Scratch::new();
    let log = format!("root/var/log/pods/shop_{POD}_u-1/main/0.log");
    scratch.write(&log, "2026-11-21T04:00:00.000000001Z stdout F first\n");
    scratch
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
    let (_cluster, address) = cluster(None);
    let scratch = node_with_a_pod();
    let config = scratch.write(
        "nilometer.toml",
        &format!("[kubernetes]\napi = 'http://{address}'\nlabels = ['tier']\n"),
    );
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

#[test]
fn a_cluster_is_believed_by_its_own_authority_and_by_no_other() {
    let files = Scratch::new();
    let [own, other] = ["cluster", "other"].map(|name| Authority::new(&files, name));
    let (_cluster, address) = cluster(Some(&own.issue(&["127.0.0.1"])));
    let (_stranger, its_address) = cluster(Some(&other.issue(&["127.0.0.1"])));
    let token = files.write("token", TOKEN).display().to_string();
    let ca = files.join("cluster.pem").display().to_string();
    let up = |node: &Scratch, address: &str| {
        let keys =
            [("api", &format!("https://{address}")), ("token_file", &token), ("ca_file", &ca)];
        let lines = keys.map(|(key, value)| format!("{key} = '{value}'\n")).concat();
        let config = node.write("nilometer.toml", &format!("[kubernetes]\n{lines}"));
        Process::up(node, &["--config", &config.display().to_string()])
    };
    let node = node_with_a_pod();
    let (_up, api) = up(&node, &address);
    assert_eq!(record(&api, "component:cart-service")["version"], "1.4.2");

    let node = node_with_a_pod();
    let (process, api) = up(&node, &its_address);
    assert_eq!(record(&api, "first")["component"], "cart", "as its path says");
    until("it says why", DEADLINE, || process.said().contains("certificate").then_some(()));
}
