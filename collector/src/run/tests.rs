//! Whole lives of collectors, against a real HTTP server that takes in what they send.

mod damage;
mod door;
mod vigil;

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use nilometer_model::{BatchId, Count, Epoch, LogId, PipelineId, Sequence, SourceId, SystemClock};
use nilometer_wire::{BatchAnswer, Heartbeat, HeartbeatAnswer};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::*;
use crate::spool::tests::messages;
use crate::{Credentials, Settings};

/// Longer than anything here takes: what runs into it hangs.
const HANGS_S: u64 = 30;

/// What the intake was told, and how it behaves.
#[derive(Debug, Default)]
struct Told {
    /// Every batch as often as it came.
    batches: Vec<(BatchId, Vec<String>)>,
    /// The same, whole.
    frames: Vec<Batch>,
    /// The newest running count of each source.
    running: BTreeMap<SourceId, Count>,
    heartbeats: Vec<Heartbeat>,
    /// Requests turned away while `away`.
    turned_away: usize,
    asked_for_sources: usize,
    /// What it says it has.
    sources: Vec<serde_json::Value>,
    committed_to: BTreeMap<Epoch, Sequence>,
    /// Every request is answered with this status.
    away: Option<u16>,
    resync: bool,
}

/// An intake whose every news can be awaited.
#[derive(Clone)]
struct Centre {
    told: Arc<Mutex<Told>>,
    news: watch::Sender<u64>,
    url: String,
}

impl Centre {
    async fn new() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let centre = Self { told: Arc::default(), news: watch::Sender::new(0), url };
        let router = Router::new()
            .route("/api/v1/batches", post(Self::batch))
            .route("/api/v1/heartbeats", post(Self::heartbeat))
            .route("/api/v1/sources", get(Self::sources))
            .layer(DefaultBodyLimit::disable())
            .with_state(centre.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        centre
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a piece of news in, unless away.
    fn hear(&self, take: impl FnOnce(&mut Told) -> Response) -> Response {
        let mut told = self.told();
        let response = match told.away {
            Some(status) => {
                told.turned_away += 1;
                StatusCode::from_u16(status).unwrap().into_response()
            }
            None => take(&mut told),
        };
        drop(told);
        self.news.send_modify(|news| *news += 1);
        response
    }

    /// Waits until it was told what is looked for.
    async fn until(&self, seen: impl Fn(&Told) -> bool) {
        let mut news = self.news.subscribe();
        let seen = news.wait_for(|_| seen(&self.told()));
        timeout(Duration::from_secs(HANGS_S), seen).await.expect("it never came").unwrap();
    }

    async fn sources(State(centre): State<Self>) -> Response {
        centre.told().asked_for_sources += 1;
        centre.hear(|told| Json(serde_json::json!({ "sources": told.sources })).into_response())
    }

    async fn batch(State(centre): State<Self>, frame: Bytes) -> Response {
        let batch = nilometer_wire::decode(&frame).unwrap();
        centre.hear(|told| {
            let id = batch.header.batch;
            told.running.extend(batch.header.sources.iter().map(|s| (s.source, s.running)));
            told.batches.push((id, messages(&batch.items.rows)));
            told.frames.push(batch);
            // In splits at once, as far as all before it are here.
            let here: Vec<_> = told.batches.iter().map(|(id, _)| *id).collect();
            let to = told.committed_to.entry(id.epoch).or_default();
            while here.iter().any(|h| h.epoch == id.epoch && h.sequence.0 == to.0 + 1) {
                to.0 += 1;
            }
            let answer = BatchAnswer {
                pipeline: pipeline(),
                log: log(),
                batch: id,
                durable: true,
                committed_to: told.committed_to.clone(),
                refused: Vec::new(),
                linger_ms: 100,
            };
            Json(answer).into_response()
        })
    }

    async fn heartbeat(State(centre): State<Self>, body: Bytes) -> Response {
        centre.hear(|told| {
            told.heartbeats.push(serde_json::from_slice(&body).unwrap());
            let answer = HeartbeatAnswer {
                pipeline: pipeline(),
                log: log(),
                committed_to: told.committed_to.clone(),
                linger_ms: 100,
                resync: told.resync,
            };
            Json(answer).into_response()
        })
    }
}

fn pipeline() -> PipelineId {
    PipelineId(uuid::Uuid::from_u128(1))
}

fn log() -> LogId {
    LogId(uuid::Uuid::from_u128(2))
}

impl Told {
    fn messages(&self) -> Vec<&str> {
        self.batches.iter().flat_map(|(_, messages)| messages).map(String::as_str).collect()
    }

    /// The newest that heartbeats said of each source.
    fn read(&self) -> BTreeMap<SourceId, Count> {
        self.heartbeats.iter().flat_map(|h| &h.sources).map(|s| (s.source, s.read)).collect()
    }
}

/// A directory of logs and one for the collector.
struct Node {
    root: tempfile::TempDir,
}

struct Running {
    task: JoinHandle<Result<(), CollectorError>>,
    shutdown: CancellationToken,
}

impl Node {
    fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap() }
    }

    fn write(&self, lines: std::ops::Range<u32>) {
        let path = self.root.path().join("app.log");
        let mut file = File::options().create(true).append(true).open(path).unwrap();
        let lines: String = lines.map(|n| format!("{n}\n")).collect();
        file.write_all(lines.as_bytes()).unwrap();
    }

    fn config(&self, to: &[&str]) -> CollectorConfig {
        let to = to.iter().map(|url| (*url).to_owned().into()).collect();
        let root = self.root.path();
        let (_, credentials) = watch::channel(Credentials::none().unwrap());
        let files = vec![root.join("*.log").display().to_string()];
        let (_, settings) = watch::channel(Settings { files, ..Settings::to(to) });
        CollectorConfig {
            rootfs: root.to_owned(),
            ..CollectorConfig::new(root.join("data"), "n1".to_owned(), settings, credentials)
        }
    }

    fn start(&self, config: CollectorConfig) -> Running {
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(run(config, Arc::new(SystemClock), shutdown.clone()));
        Running { task, shutdown }
    }
}

impl Running {
    async fn stop(self) {
        self.shutdown.cancel();
        timeout(Duration::from_secs(5), self.task).await.expect("too slow").unwrap().unwrap();
    }
}

fn bytes(spool: &Path) -> u64 {
    let files = fs::read_dir(spool).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|m| m.len()).sum()
}

/// Waits until the spool takes more than so many bytes, and says how many.
async fn grown(spool: &Path, beyond: u64) -> u64 {
    let grown = async {
        loop {
            if bytes(spool) > beyond {
                return bytes(spool);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(HANGS_S), grown).await.expect("the spool does not grow")
}

fn numbers(lines: std::ops::Range<u32>) -> Vec<String> {
    lines.map(|n| n.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_data_directory_has_one_collector() {
    let (node, centre) = (Node::new(), Centre::new().await);
    let first = node.start(node.config(&[&centre.url]));
    centre.until(|told| !told.heartbeats.is_empty()).await;
    let second = node.start(node.config(&[&centre.url])).task.await.unwrap();
    assert!(matches!(second, Err(CollectorError::Taken(_))), "{second:?}");
    first.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ordered_shutdown_ships_all_that_was_read_and_says_goodbye() {
    let (node, centre) = (Node::new(), Centre::new().await);
    node.write(0..5_000);
    let collector = node.start(node.config(&[&centre.url]));
    centre.until(|told| !told.batches.is_empty()).await;
    collector.stop().await;
    let told = centre.told();
    assert!(told.heartbeats.last().unwrap().goodbye);
    assert_eq!(told.read(), told.running);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_sends_nothing_twice_that_was_committed_and_loses_nothing() {
    let (node, centre) = (Node::new(), Centre::new().await);
    for round in 0..3 {
        node.write(100 * round..100 * (round + 1));
        let collector = node.start(node.config(&[&centre.url]));
        centre.until(|told| told.messages().len() >= 100 * (round as usize + 1)).await;
        collector.stop().await;
    }
    let told = centre.told();
    assert_eq!(told.messages(), numbers(0..300));
    assert_eq!(told.read(), told.running);
    assert_eq!(told.running.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_intake_took_before_a_restart_is_sent_after_it() {
    let (node, centre) = (Node::new(), Centre::new().await);
    let collector = node.start(node.config(&[&centre.url]));
    centre.until(|told| !told.heartbeats.is_empty()).await;
    centre.told().away = Some(503);
    node.write(0..100);
    centre.until(|told| told.turned_away > 0).await;
    collector.stop().await;
    centre.told().away = None;
    let collector = node.start(node.config(&[&centre.url]));
    centre.until(|told| told.messages().len() >= 100).await;
    collector.stop().await;
    assert_eq!(centre.told().messages(), numbers(0..100));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_intake_takes_over_from_one_that_is_away() {
    let (node, away, centre) = (Node::new(), Centre::new().await, Centre::new().await);
    away.told().away = Some(503);
    node.write(0..10);
    let collector = node.start(node.config(&[&away.url, &centre.url]));
    centre.until(|told| told.messages().len() >= 10).await;
    collector.stop().await;
    assert!(away.told().turned_away > 0);
    assert_eq!(centre.told().messages(), numbers(0..10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_resync_has_all_sources_listed_again() {
    for resync in [false, true] {
        let (node, centre) = (Node::new(), Centre::new().await);
        node.write(0..10);
        let collector = node.start(node.config(&[&centre.url]));
        centre.until(|told| told.messages().len() >= 10).await;
        collector.stop().await;
        centre.told().heartbeats.clear();
        centre.told().resync = resync;
        let collector = node.start(node.config(&[&centre.url]));
        centre.until(|told| !told.heartbeats.is_empty()).await;
        collector.stop().await;
        let told = centre.told();
        let [first, goodbye] = &told.heartbeats[..] else { panic!("{:?}", told.heartbeats) };
        assert_eq!(first.sources.len(), 1, "a new epoch begins with all");
        assert_eq!(goodbye.sources.len(), usize::from(resync));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_centre_that_goes_away_and_comes_back_gets_everything_once() {
    let (node, centre) = (Node::new(), Centre::new().await);
    node.write(0..10);
    let collector = node.start(node.config(&[&centre.url]));
    centre.until(|told| told.messages().len() >= 10).await;
    centre.told().away = Some(502);
    node.write(10..20);
    centre.until(|told| told.turned_away >= 2).await;
    centre.told().away = None;
    centre.until(|told| told.messages().len() >= 20).await;
    collector.stop().await;
    assert_eq!(centre.told().messages(), numbers(0..20));
}

/// Its backup is restored: what was let go of here is read again from the file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_centre_that_went_back_to_an_older_state_gets_everything_that_files_still_hold() {
    let (node, centre) = (Node::new(), Centre::new().await);
    node.write(0..10);
    let collector = node.start(node.config(&[&centre.url]));
    centre.until(|told| told.messages().len() >= 10).await;
    node.write(10..20);
    centre.until(|told| told.messages().len() >= 20).await;
    {
        let mut told = centre.told();
        told.batches.clear();
        told.frames.clear();
        told.committed_to.values_mut().for_each(|to| *to = Sequence(0));
    }
    centre.until(|told| told.messages().len() >= 20).await;
    collector.stop().await;
    let told = centre.told();
    assert_eq!(told.messages(), numbers(0..20));
    let mut gaps = told.frames.iter().flat_map(|batch| &batch.header.sources).map(|s| &s.gaps);
    assert!(gaps.all(Vec::is_empty), "nothing is lost");
    assert_eq!(told.read(), told.running);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_collector_reads_nothing_before_the_centre_said_what_it_has() {
    for status in [401, 404, 503] {
        let (node, centre) = (Node::new(), Centre::new().await);
        centre.told().away = Some(status);
        node.write(0..10);
        let config = node.config(&[&centre.url]);
        let fares = config.status.clone();
        let collector = node.start(config.clone());
        // What the second question follows is what the first was answered.
        centre.until(|told| told.asked_for_sources >= 2).await;
        let expect = format!(
            "the centre has not yet said what it has of this node: status {status} to /api/v1/sources"
        );
        assert_eq!(fares.reasons(), [expect]);
        collector.stop().await;
        let spooled = Spool::open(&config.data.join("spool"), 1 << 30).unwrap().0;
        assert_eq!(spooled.batches(), 0, "nothing was read");
        drop(spooled);

        let collector = node.start(config);
        centre.until(|told| told.asked_for_sources >= 4).await;
        centre.told().away = None;
        centre.until(|told| told.messages().len() >= 10).await;
        assert_eq!(fares.reasons(), [""; 0]);
        collector.stop().await;
        assert_eq!(centre.told().messages(), numbers(0..10));
    }
}
