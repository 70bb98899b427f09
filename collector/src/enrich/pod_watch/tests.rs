//! A cluster's API, as far as a watch of pods needs it: a real HTTP server with a script of answers.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::StreamExt;
use serde_json::json;
use tokio::net::TcpListener;

use super::*;
use nilometer_parse::Format;

/// One answer of the script.
enum Answer {
    /// Whole.
    Is(u16, String),
    /// A watch that says this, piece by piece, and then ends, or stays open.
    Says(Vec<String>, bool),
}

/// What was asked: its query, and the token shown.
type Asked = (BTreeMap<String, String>, String);

#[derive(Default)]
struct Script {
    answers: VecDeque<Answer>,
    asked: Vec<Asked>,
}

type Shared = Arc<Mutex<Script>>;

/// The API, the watch that asks it, and what comes of that.
struct Cluster {
    script: Shared,
    roster: Arc<Roster>,
    stop: CancellationToken,
    config: KubernetesConfig,
    _server: tokio::task::JoinHandle<()>,
}

async fn answer(
    State(script): State<Shared>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok());
    let watches = query.contains_key("watch");
    let answer = {
        let mut script = script.lock().unwrap_or_else(PoisonError::into_inner);
        script.asked.push((query, token.unwrap_or_default().to_owned()));
        script.answers.pop_front()
    };
    match answer {
        Some(Answer::Is(status, body)) => {
            (StatusCode::from_u16(status).unwrap(), body).into_response()
        }
        Some(Answer::Says(pieces, stays)) => {
            let pieces = futures::stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>));
            let rest: futures::stream::BoxStream<'_, _> = if stays {
                futures::stream::pending().boxed()
            } else {
                futures::stream::empty().boxed()
            };
            Body::from_stream(pieces.chain(rest)).into_response()
        }
        // The script is over: no list, and a watch of which nothing comes.
        None if !watches => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        None => {
            Body::from_stream(futures::stream::pending::<std::io::Result<String>>()).into_response()
        }
    }
}

impl Cluster {
    async fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let script = Arc::new(Mutex::new(Script {
            answers: answers.into_iter().collect(),
            asked: Vec::new(),
        }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route(PODS, get(answer)).with_state(Arc::clone(&script));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let config = KubernetesConfig { api, ..KubernetesConfig::default() };
        let (roster, stop) = (Arc::default(), CancellationToken::new());
        Self { script, roster, stop, config, _server: server }
    }

    fn begin(&self) {
        let watch = PodWatch::new(self.config.clone(), "worker-1", Arc::clone(&self.roster));
        tokio::spawn(watch.run(self.stop.clone()));
    }

    fn asked(&self) -> Vec<Asked> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner).asked.clone()
    }

    /// What was asked for, in short: `list`, `list 0` from the cache, `list c` behind a page, `watch VERSION`.
    fn story(&self) -> Vec<String> {
        let short = |(query, _): Asked| {
            assert_eq!(query["fieldSelector"], "spec.nodeName=worker-1");
            let of = |name: &str| query.get(name).cloned().unwrap_or_default();
            let text = match (query.get("watch"), query.get("continue")) {
                (Some(_), _) => format!("watch {}", of("resourceVersion")),
                (None, Some(next)) => format!("list {next}"),
                (None, None) => format!("list {}", of("resourceVersion")),
            };
            text.trim().to_owned()
        };
        self.asked().into_iter().map(short).collect()
    }

    /// Waits until so much was asked.
    async fn until_asked(&self, times: usize) {
        self.until(|| self.asked().len() >= times).await;
    }

    async fn until_version(&self, pod: &str, version: &str) {
        self.until(|| self.version(pod).as_deref() == Some(version)).await;
    }

    async fn until(&self, is: impl Fn() -> bool) {
        let waits = async {
            while !is() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let story = || format!("{:?}", self.story());
        tokio::time::timeout(Duration::from_secs(20), waits)
            .await
            .unwrap_or_else(|_| panic!("{}", story()));
    }

    fn version(&self, pod: &str) -> Option<String> {
        let found = self.roster.look(Format::Cri, &log(pod)).speaker;
        found.map(|speaker| speaker.version.clone())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn log(pod: &str) -> String {
    format!("/var/log/pods/shop_{pod}_{pod}/main")
}

fn pod(name: &str, tag: &str, version: u64) -> serde_json::Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "uid": name, "resourceVersion": version.to_string(),
            "labels": {"app": "cart"}},
        "spec": {"nodeName": "worker-1", "containers": [{"name": "main", "image": format!("cart:{tag}")}]},
        "status": {"phase": "Running"},
    })
}

fn list(version: u64, next: &str, pods: &[serde_json::Value]) -> Answer {
    let metadata = json!({"resourceVersion": version.to_string(), "continue": next});
    Answer::Is(200, json!({"kind": "PodList", "metadata": metadata, "items": pods}).to_string())
}

fn event(kind: &str, object: &serde_json::Value) -> String {
    format!("{}\n", json!({"type": kind, "object": object}))
}

fn bookmark(version: u64) -> String {
    event("BOOKMARK", &json!({"kind": "Pod", "metadata": {"resourceVersion": version.to_string()}}))
}

fn gone() -> serde_json::Value {
    json!({"kind": "Status", "status": "Failure", "message": "too old resource version: 7 (9)",
        "reason": "Expired", "code": 410})
}

#[tokio::test]
async fn pods_are_listed_in_pages_and_then_watched() {
    let says = vec![
        event("ADDED", &pod("c", "3", 8)),
        event("MODIFIED", &pod("a", "1.1", 9)),
        event("DELETED", &pod("b", "2", 10)),
    ];
    let answers = [
        list(7, "c1", &[pod("a", "1", 3)]),
        list(7, "", &[pod("b", "2", 4)]),
        Answer::Says(says, true),
    ];
    let cluster = Cluster::new(answers).await;
    cluster.begin();
    cluster.until_version("c", "3").await;
    cluster.until_version("a", "1.1").await;
    assert_eq!(cluster.story(), ["list 0", "list c1", "watch 7"]);
    assert_eq!(cluster.version("b").as_deref(), Some("2"), "what is gone is known for a while");
    assert_eq!(cluster.asked()[0].0["limit"], POD_PAGE.to_string());
}

#[tokio::test]
async fn a_watch_that_ends_or_is_cut_off_in_mid_line_goes_on_from_the_last_version() {
    let whole = event("ADDED", &pod("b", "2", 8));
    let (half, rest) = whole.split_at(40);
    let answers = [
        list(7, "", &[]),
        Answer::Says(vec![event("ADDED", &pod("a", "1", 8)), half.to_owned()], false),
        Answer::Says(vec![half.to_owned(), rest.to_owned(), bookmark(20)], false),
        Answer::Is(500, "down".to_owned()),
        Answer::Says(vec![event("ADDED", &pod("c", "3", 21))], true),
    ];
    let cluster = Cluster::new(answers).await;
    cluster.begin();
    cluster.until_version("c", "3").await;
    assert_eq!(cluster.version("b").as_deref(), Some("2"));
    assert_eq!(cluster.story(), ["list 0", "watch 7", "watch 8", "watch 20", "watch 20"]);
}

#[tokio::test]
async fn what_is_gone_is_listed_anew_whether_the_status_or_an_event_says_so() {
    for says in [
        Answer::Is(410, gone().to_string()),
        Answer::Says(vec![event("ERROR", &gone())], true),
        Answer::Says(vec!["{\"type\":\"ADDED\",\"obj\n".to_owned()], true),
        Answer::Says(vec!["no JSON at all\n".to_owned()], true),
        Answer::Says(vec!["x".repeat(API_LINE_BYTES_MAX + 1)], true),
    ] {
        let (first, second) = ([pod("a", "1", 3)], [pod("a", "2", 9)]);
        let cluster = Cluster::new([list(7, "", &first), says, list(9, "", &second)]).await;
        cluster.begin();
        cluster.until_version("a", "2").await;
        cluster.until_asked(4).await;
        assert_eq!(cluster.story(), ["list 0", "watch 7", "list", "watch 9"]);
    }
}

#[tokio::test]
async fn a_list_that_expires_between_two_pages_begins_anew() {
    let answers = [
        list(7, "c1", &[pod("a", "1", 3)]),
        Answer::Is(410, gone().to_string()),
        list(9, "", &[pod("b", "2", 8)]),
    ];
    let cluster = Cluster::new(answers).await;
    cluster.begin();
    cluster.until_asked(4).await;
    assert_eq!(cluster.story(), ["list 0", "list c1", "list", "watch 9"]);
    assert_eq!(cluster.version("b").as_deref(), Some("2"));
}

#[tokio::test]
async fn a_list_that_is_too_large_or_garbage_is_asked_for_in_pages() {
    for body in ["garbage".to_owned(), " ".repeat(crate::limits::API_ANSWER_BYTES_MAX + 1)] {
        let cluster = Cluster::new([Answer::Is(200, body), list(9, "", &[pod("a", "2", 8)])]).await;
        cluster.begin();
        cluster.until_version("a", "2").await;
        assert_eq!(cluster.story()[..2], ["list 0", "list"]);
    }
}

#[tokio::test]
async fn a_token_that_was_replaced_on_disk_is_shown_with_the_next_request() {
    let scratch = tempfile::tempdir().unwrap();
    let token = scratch.path().join("token");
    std::fs::write(&token, "first\n").unwrap();
    let mut cluster = Cluster::new([Answer::Is(401, String::new())]).await;
    cluster.config.token_file = Some(token.clone());
    cluster.begin();
    cluster.until_asked(1).await;
    std::fs::write(&token, "second\n").unwrap();
    let second = || cluster.asked().iter().any(|(_, token)| token == "Bearer second");
    cluster.until(second).await;
    assert_eq!(cluster.asked()[0].1, "Bearer first");
}

#[tokio::test]
async fn who_is_not_let_in_is_told_what_to_allow_until_it_is_allowed() {
    let forbidden = json!({"kind": "Status", "code": 403, "message": "pods is forbidden"});
    let answers = (0..2).map(|_| Answer::Is(403, forbidden.to_string()));
    let cluster = Cluster::new(answers).await;
    cluster.begin();
    let says = |part: &str| cluster.roster.warnings().concat().contains(part);
    cluster.until(|| says("pods is forbidden") && says("list and watch of pods")).await;
    {
        let mut script = cluster.script.lock().unwrap_or_else(PoisonError::into_inner);
        script.answers.push_back(list(7, "", &[pod("a", "1", 3)]));
    }
    cluster.until_version("a", "1").await;
    cluster.until(|| cluster.roster.warnings().is_empty()).await;
}

#[tokio::test]
async fn a_file_that_is_not_there_or_holds_no_certificate_is_named() {
    let scratch = tempfile::tempdir().unwrap();
    let empty = scratch.path().join("ca.crt");
    std::fs::write(&empty, "nothing").unwrap();
    for (token_file, ca_file, expect) in
        [(Some("/no/token".into()), None, "/no/token"), (None, Some(empty), "no certificate")]
    {
        let mut cluster = Cluster::new([]).await;
        (cluster.config.token_file, cluster.config.ca_file) = (token_file, ca_file);
        cluster.begin();
        cluster.until(|| cluster.roster.warnings().concat().contains(expect)).await;
    }
}

#[tokio::test]
async fn as_many_pods_as_a_node_may_have_come_in_pages_of_a_bounded_size() {
    let pages: Vec<Answer> = (0..PODS_MAX / POD_PAGE)
        .map(|page| {
            let pods: Vec<_> =
                (0..POD_PAGE).map(|n| pod(&format!("p{}", page * POD_PAGE + n), "1", 3)).collect();
            let next =
                if (page + 1) * POD_PAGE < PODS_MAX { format!("c{page}") } else { String::new() };
            list(7, &next, &pods)
        })
        .collect();
    let cluster = Cluster::new(pages).await;
    cluster.begin();
    cluster.until_asked(PODS_MAX / POD_PAGE + 1).await;
    assert_eq!(cluster.story().last().map(String::as_str), Some("watch 7"));
    for n in [0, PODS_MAX / 2, PODS_MAX - 1] {
        assert_eq!(cluster.version(&format!("p{n}")).as_deref(), Some("1"));
    }
}
