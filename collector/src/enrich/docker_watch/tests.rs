//! Docker's socket, as far as it is asked: a real server behind a real socket.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures::StreamExt;
use serde_json::{Value, json};
use tokio::net::UnixListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::*;
use nilometer_parse::Format;

#[derive(Default)]
struct Docker {
    containers: std::collections::BTreeMap<String, Value>,
    /// Where the listener of events hears of them.
    events: Option<mpsc::Sender<String>>,
    listened: usize,
}

type Shared = Arc<Mutex<Docker>>;

fn docker(shared: &Shared) -> std::sync::MutexGuard<'_, Docker> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn listed(State(shared): State<Shared>) -> Json<Value> {
    let ids: Vec<Value> = docker(&shared).containers.keys().map(|id| json!({"Id": id})).collect();
    Json(ids.into())
}

async fn inspected(State(shared): State<Shared>, Path(id): Path<String>) -> Response {
    match docker(&shared).containers.get(&id) {
        Some(container) => Json(container.clone()).into_response(),
        None => (StatusCode::NOT_FOUND, r#"{"message":"No such container"}"#).into_response(),
    }
}

async fn events(State(shared): State<Shared>) -> Response {
    let (sender, receiver) = mpsc::channel(8);
    let mut docker = docker(&shared);
    docker.events = Some(sender);
    docker.listened += 1;
    let heard = futures::stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|text| (Ok::<_, std::io::Error>(text), receiver))
    });
    Body::from_stream(heard.boxed()).into_response()
}

fn container(name: &str, tag: &str) -> Value {
    json!({"Name": format!("/{name}"), "Image": "sha256:0a", "RestartCount": 0,
        "Config": {"Image": format!("shop/{name}:{tag}"), "Labels": {"com.docker.compose.service": "web"}}})
}

struct Node {
    root: tempfile::TempDir,
    shared: Shared,
    roster: Arc<Roster>,
    stop: CancellationToken,
}

impl Node {
    fn new() -> Self {
        Self {
            root: tempfile::tempdir().unwrap(),
            shared: Arc::default(),
            roster: Arc::default(),
            stop: CancellationToken::new(),
        }
    }

    fn serve(&self) {
        let socket = self.root.path().join(SOCKET);
        std::fs::create_dir_all(socket.parent().unwrap()).unwrap();
        let listener = UnixListener::bind(socket).unwrap();
        let router = Router::new()
            .route("/containers/json", get(listed))
            .route("/containers/{id}/json", get(inspected))
            .route("/events", get(events))
            .with_state(Arc::clone(&self.shared));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    }

    fn begin(&self) {
        let watch = DockerWatch::new(self.root.path(), Arc::clone(&self.roster));
        tokio::spawn(watch.run(self.stop.clone()));
    }

    fn version(&self, id: &str) -> Option<String> {
        let log = format!("/var/lib/docker/containers/{id}");
        self.roster.look(Format::Docker, &log).speaker.map(|speaker| speaker.version.clone())
    }

    async fn until(&self, is: impl Fn() -> bool) {
        let waits = async {
            while !is() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), waits).await.unwrap();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[tokio::test]
async fn containers_are_listed_and_then_heard_of_and_a_broken_stream_begins_anew() {
    let node = Node::new();
    docker(&node.shared).containers.insert("0a".to_owned(), container("web", "1"));
    node.serve();
    node.begin();
    node.until(|| node.version("0a").as_deref() == Some("1")).await;
    let events = docker(&node.shared).events.clone().unwrap();
    docker(&node.shared).containers.insert("0b".to_owned(), container("api", "2"));
    let heard = |action: &str, id: &str| {
        format!(
            "{}\n",
            json!({"Type": "container", "Action": action, "Actor": {"ID": id, "Attributes": {}}})
        )
    };
    events.send(heard("start", "0b")).await.unwrap();
    // Of one that is gone before it is looked at nothing is learnt, and nothing breaks.
    events.send(heard("start", "0c")).await.unwrap();
    node.until(|| node.version("0b").as_deref() == Some("2")).await;
    drop(events);
    {
        let mut docker = docker(&node.shared);
        docker.containers.insert("0d".to_owned(), container("late", "3"));
        docker.events = None;
    }
    node.until(|| node.version("0d").as_deref() == Some("3")).await;
    assert!(docker(&node.shared).listened >= 2);
    assert_eq!(node.roster.warnings(), Vec::<String>::new());
}

#[tokio::test]
async fn nobody_waits_for_a_socket_that_is_not_there_and_it_is_found_when_it_comes() {
    let node = Node::new();
    docker(&node.shared).containers.insert("0a".to_owned(), container("web", "1"));
    node.begin();
    assert!(!node.roster.look(Format::Docker, "/var/lib/docker/containers/0a").waits);
    node.serve();
    node.until(|| node.version("0a").as_deref() == Some("1")).await;
}
