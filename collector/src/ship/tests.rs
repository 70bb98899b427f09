//! The shipper against a real HTTP server that behaves, and misbehaves, as an intake.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use nilometer_model::{Epoch, PipelineId, Sequence, SystemClock, Timestamp};
use nilometer_wire::{BatchAnswer, Heartbeat, HeartbeatAnswer};
use tokio::sync::Notify;
use uuid::Uuid;

use super::*;
use crate::heartbeat::Heart;
use crate::http::HttpLimits;
use crate::life::Life;
use crate::spool::Spool;
use crate::spool::tests::{frame_of, messages};
use crate::{CollectorStatus, reread};

const OURS: u128 = 1;
const LOG: u128 = 2;
/// What is not answered for that long is given up here.
const REQUEST: Duration = Duration::from_millis(500);

/// What the intake does with a batch.
#[derive(Debug, Clone)]
enum Act {
    /// Takes it, and the answer never comes whole.
    LoseAnswer,
    /// Answers something else.
    Say(u16, &'static str, Option<&'static str>),
    /// Answers only after the next batch was answered.
    Late,
    /// As if nothing stood in the script.
    Take,
}

#[derive(Debug, Default)]
struct Centre {
    /// For the batches to come, in order; behind its end all are taken.
    script: Mutex<VecDeque<Act>>,
    /// Above this many records: 413.
    records_max: Option<usize>,
    /// A record that brings the server down.
    poison: Option<&'static str>,
    attempts: Mutex<Vec<Bytes>>,
    taken: Mutex<BTreeMap<BatchId, Bytes>>,
    log: Mutex<u128>,
    committed_to: Mutex<BTreeMap<Epoch, Sequence>>,
    sources: Mutex<&'static str>,
    answered: Notify,
    pipeline: u128,
}

fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn broken() -> Response {
    let broken = futures::stream::once(async { Err::<Bytes, _>(std::io::Error::other("broken")) });
    Response::new(Body::from_stream(broken))
}

impl Centre {
    async fn batch(State(centre): State<Arc<Self>>, _: HeaderMap, frame: Bytes) -> Response {
        held(&centre.attempts).push(frame.clone());
        let batch = nilometer_wire::decode(&frame).unwrap();
        let act = held(&centre.script).pop_front();
        let poisoned = |poison: &str| messages(&batch.items.rows).contains(&poison.to_owned());
        if centre.poison.is_some_and(poisoned) {
            return broken();
        }
        if centre.records_max.is_some_and(|most| batch.items.rows.len() > most) {
            let pipeline = Uuid::from_u128(centre.pipeline);
            let body = format!(r#"{{"error":{{"message":"large"}},"pipeline":"{pipeline}"}}"#);
            return (StatusCode::PAYLOAD_TOO_LARGE, body).into_response();
        }
        match act {
            Some(Act::Say(status, body, retry_after)) => {
                let retry_after = retry_after.map(|value| [("retry-after", value)]);
                (StatusCode::from_u16(status).unwrap(), retry_after.unwrap_or([("x", "y")]), body)
                    .into_response()
            }
            Some(Act::LoseAnswer) => {
                held(&centre.taken).insert(batch.header.batch, frame);
                broken()
            }
            Some(Act::Late) => {
                centre.answered.notified().await;
                centre.take(batch.header.batch, frame)
            }
            Some(Act::Take) | None => centre.take(batch.header.batch, frame),
        }
    }

    fn take(&self, batch: BatchId, frame: Bytes) -> Response {
        held(&self.taken).insert(batch, frame);
        let answer = BatchAnswer {
            pipeline: PipelineId(Uuid::from_u128(self.pipeline)),
            log: LogId(Uuid::from_u128(*held(&self.log))),
            batch,
            durable: true,
            committed_to: held(&self.committed_to).clone(),
            refused: Vec::new(),
            linger_ms: 100,
        };
        self.answered.notify_one();
        axum::Json(answer).into_response()
    }

    async fn heartbeat(State(centre): State<Arc<Self>>, body: Bytes) -> Response {
        let _: Heartbeat = serde_json::from_slice(&body).unwrap();
        let answer = HeartbeatAnswer {
            pipeline: PipelineId(Uuid::from_u128(centre.pipeline)),
            log: LogId(Uuid::from_u128(*held(&centre.log))),
            committed_to: held(&centre.committed_to).clone(),
            linger_ms: 100,
            resync: false,
        };
        axum::Json(answer).into_response()
    }

    /// Begins to serve; also says where.
    async fn serve(self) -> (Arc<Self>, String) {
        *held(&self.log) = LOG;
        let centre = Arc::new(self);
        let sources = |State(centre): State<Arc<Self>>| async move { *held(&centre.sources) };
        let router = Router::new()
            .route("/api/v1/batches", post(Self::batch))
            .route("/api/v1/heartbeats", post(Self::heartbeat))
            .route("/api/v1/sources", get(sources))
            .route("/readyz", get(|| async {}))
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&centre));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (centre, to)
    }

    fn attempts(&self) -> Vec<Bytes> {
        held(&self.attempts).clone()
    }

    fn taken_messages(&self) -> Vec<String> {
        let taken = held(&self.taken);
        let rows = taken.values().map(|frame| nilometer_wire::decode(frame).unwrap().items.rows);
        rows.flat_map(|rows| messages(&rows)).collect()
    }
}

/// A collector's shipping side with a centre of its own.
struct Bench {
    desk: Arc<Desk>,
    intakes: Arc<Intakes>,
    centre: Arc<Centre>,
    stop: CancellationToken,
    _data: tempfile::TempDir,
}

impl Bench {
    async fn new(centre: Centre) -> Self {
        Self::behind(Vec::new(), centre).await
    }

    /// With intakes that are preferred to the centre's own.
    async fn behind(mut to: Vec<String>, centre: Centre) -> Self {
        let (centre, url) = centre.serve().await;
        to.push(url);
        let data = tempfile::tempdir().unwrap();
        let (spool, _) = Spool::open(&data.path().join("spool"), 1 << 30).unwrap();
        let life = Life::begin(data.path()).unwrap();
        let (_, credentials) = watch::channel(Credentials::none().unwrap());
        let to = to.into_iter().map(Into::into).collect();
        let (_, settings) = watch::channel(Settings::to(to));
        let limits = HttpLimits { request: REQUEST, ..HttpLimits::default() };
        let intakes = Intakes::new(settings, credentials, (data.path(), limits)).unwrap();
        let clock = ("n1".to_owned(), Arc::new(SystemClock) as _);
        let desk = Arc::new(Desk::new(life, clock, CollectorStatus::default(), spool));
        let (intakes, stop) = (Arc::new(intakes), CancellationToken::new());
        Self { desk, intakes, centre, stop, _data: data }
    }

    /// Freezes a batch.
    fn freeze(&self, from: u64, messages: &[&str]) -> BatchId {
        let id = self.desk.life.next();
        let mut spool = self.desk.spool();
        spool.freeze(vec![frame_of(id, from, messages)], Vec::new()).unwrap();
        self.desk.publish(&spool);
        self.desk.woken.notify_one();
        id
    }

    /// Ships all that waits.
    async fn ship(&self) {
        let shipper = Shipper::new(Arc::clone(&self.desk), Arc::clone(&self.intakes));
        let stop = self.stop.child_token();
        let shipping = tokio::spawn(shipper.run(stop.clone()));
        self.desk.all_acknowledged().await;
        stop.cancel();
        shipping.await.unwrap();
    }

    async fn beat(&self) {
        let mut heart = Heart::new(Arc::clone(&self.desk), Arc::clone(&self.intakes));
        heart.beat(false).await.unwrap();
    }
}

fn centre() -> Centre {
    Centre { pipeline: OURS, ..Centre::default() }
}

#[tokio::test]
async fn response_lost_after_accept_is_followed_by_the_same_bytes() {
    let bench = Bench::new(centre()).await;
    held(&bench.centre.script).push_back(Act::LoseAnswer);
    bench.freeze(0, &["a", "b"]);
    bench.ship().await;
    let attempts = bench.centre.attempts();
    assert_eq!(attempts.len(), 2);
    assert_eq!(attempts[0], attempts[1]);
}

#[tokio::test]
async fn a_strangers_4xx_is_no_verdict_and_the_same_bytes_are_sent_again() {
    for act in [
        Act::Say(503, "{}", Some("1")),
        Act::Say(429, "{}", Some("0")),
        Act::Say(400, "bad request", None),
        Act::Say(413, "<html>too large</html>", None),
        Act::Say(200, "garbage", None),
        Act::Say(404, "", None),
    ] {
        let bench = Bench::new(centre()).await;
        held(&bench.centre.script).push_back(act.clone());
        bench.freeze(0, &["a", "b"]);
        bench.ship().await;
        let attempts = bench.centre.attempts();
        assert_eq!(attempts.len(), 2, "{act:?}");
        assert_eq!(attempts[0], attempts[1], "{act:?}");
        assert_eq!(bench.centre.taken_messages(), ["a", "b"], "{act:?}");
    }
}

#[tokio::test]
async fn brownout_with_503_leaves_one_probe_at_a_time() {
    let bench = Bench::new(centre()).await;
    held(&bench.centre.script).extend((0..3).map(|_| Act::Say(503, "{}", None)));
    for n in 0..100 {
        bench.freeze(n, &["a"]);
    }
    bench.ship().await;
    let attempts = bench.centre.attempts().len();
    // The first window may fail as a whole; from then on one probe at a time.
    assert!(attempts <= 100 + 3, "{attempts} attempts for 100 batches");
    assert_eq!(held(&bench.centre.taken).len(), 100);
}

#[tokio::test]
async fn our_413_splits_a_batch_until_it_fits() {
    let bench = Bench::new(Centre { records_max: Some(2), ..centre() }).await;
    let whole = bench.freeze(0, &["a", "b", "c", "d", "e"]);
    bench.ship().await;
    assert!(!held(&bench.centre.taken).contains_key(&whole));
    let mut taken = bench.centre.taken_messages();
    taken.sort();
    assert_eq!(taken, ["a", "b", "c", "d", "e"]);
    let frames = held(&bench.centre.taken).clone();
    for frame in frames.values() {
        let header = nilometer_wire::decode_header(frame).unwrap();
        assert!(header.replaces.contains(&whole));
    }
}

#[tokio::test]
async fn our_413_down_to_one_record_is_declared_as_shed() {
    let bench = Bench::new(Centre { records_max: Some(0), ..centre() }).await;
    bench.freeze(0, &["a"]);
    bench.ship().await;
    let taken = held(&bench.centre.taken).clone();
    let header = nilometer_wire::decode_header(taken.values().next().unwrap()).unwrap();
    let gap = &header.sources[0].gaps[0];
    assert_eq!((gap.kind, gap.reason), (nilometer_model::GapKind::Shed, Reason::MessageTooLong));
    assert_eq!(gap.count.unwrap().records, 1);
}

#[tokio::test]
async fn poison_batch_is_cut_after_two_crashes_while_all_others_pass() {
    let bench = Bench::new(Centre { poison: Some("poison"), ..centre() }).await;
    bench.freeze(0, &["a", "poison", "b"]);
    for n in 0..20 {
        bench.freeze(3 + n, &["c"]);
    }
    bench.ship().await;
    let taken = bench.centre.taken_messages();
    assert_eq!(taken.iter().filter(|message| *message == "c").count(), 20);
    assert!(taken.contains(&"a".to_owned()) && taken.contains(&"b".to_owned()), "{taken:?}");
    assert!(!taken.contains(&"poison".to_owned()));
}

#[tokio::test]
async fn another_log_means_that_all_that_is_not_committed_is_sent_again() {
    let bench = Bench::new(centre()).await;
    let first = bench.freeze(0, &["a"]);
    bench.freeze(1, &["b"]);
    bench.ship().await;
    held(&bench.centre.committed_to).insert(first.epoch, first.sequence);
    bench.beat().await;
    assert_eq!(bench.desk.spool().batches(), 1);

    *held(&bench.centre.log) = LOG + 1;
    held(&bench.centre.taken).clear();
    bench.beat().await;
    bench.desk.publish(&bench.desk.spool());
    bench.ship().await;
    assert_eq!(bench.centre.taken_messages(), ["b"]);
}

#[tokio::test]
async fn answers_may_come_in_any_order() {
    let bench = Bench::new(centre()).await;
    held(&bench.centre.script).push_back(Act::Late);
    for n in 0..4 {
        bench.freeze(n, &["a"]);
    }
    bench.ship().await;
    assert_eq!(bench.centre.attempts().len(), 4);
    assert_eq!(bench.desk.spool().unacknowledged(bench.desk.log()), 0);
}

#[tokio::test]
async fn a_batch_leaves_the_spool_only_once_it_is_committed() {
    let bench = Bench::new(centre()).await;
    let first = bench.freeze(0, &["a"]);
    let second = bench.freeze(1, &["b"]);
    bench.ship().await;
    assert_eq!(bench.desk.spool().batches(), 2);
    held(&bench.centre.committed_to).insert(first.epoch, first.sequence);
    bench.beat().await;
    let spool = bench.desk.spool();
    assert!(!spool.holds(first) && spool.holds(second));
}

#[tokio::test]
async fn a_pipeline_that_went_back_gets_again_what_is_here_and_what_is_not_is_lost_without_a_file()
{
    let bench = Bench::new(centre()).await;
    let first = bench.freeze(0, &["a"]);
    let second = bench.freeze(1, &["b"]);
    bench.ship().await;
    held(&bench.centre.committed_to).insert(first.epoch, first.sequence);
    bench.beat().await;

    held(&bench.centre.committed_to).insert(first.epoch, Sequence(0));
    *held(&bench.centre.sources) = r#"{"sources":[]}"#;
    held(&bench.centre.taken).clear();
    bench.beat().await;
    bench.desk.publish(&bench.desk.spool());
    bench.ship().await;
    let taken = held(&bench.centre.taken).clone();
    assert!(taken.contains_key(&second));
    let answer = bench.desk.reread().take_answer().unwrap();
    let spool = bench.desk.spool();
    let safe = reread::safe(&spool, answer.sources);
    let lost = reread::lost(&spool, (&safe, &BTreeSet::new()), (None, Timestamp(0)));
    let lost: Vec<_> = lost.into_iter().flat_map(|range| range.gaps).collect();
    assert_eq!(lost.len(), 1);
    assert_eq!((lost[0].from, lost[0].to), (0, Some(1)));
    assert_eq!(lost[0].reason, Reason::PipelineWentBack);
    let headers = taken.values().map(|frame| nilometer_wire::decode_header(frame).unwrap());
    let stood_for: Vec<_> = headers.flat_map(|header| header.replaces).collect();
    assert_eq!(stood_for, [first], "or the centre could not count on beyond it");
}

#[tokio::test]
async fn another_pipeline_gets_nothing_accepted_and_a_person_is_told() {
    let bench = Bench::new(Centre { pipeline: OURS + 1, ..centre() }).await;
    assert!(bench.intakes.belong_to(PipelineId(Uuid::from_u128(OURS))));
    let id = bench.freeze(0, &["a"]);
    let mut heart = Heart::new(Arc::clone(&bench.desk), Arc::clone(&bench.intakes));
    assert!(heart.beat(false).await.is_err());
    let reasons = bench.desk.status.reasons();
    assert!(reasons[0].contains("belongs to pipeline"), "{reasons:?}");
    assert!(bench.desk.spool().holds(id));
}

#[tokio::test]
async fn retry_storm_one_503_in_ten_costs_exactly_one_attempt_each() {
    let bench = Bench::new(centre()).await;
    let ten = std::iter::once(Act::Say(503, "{}", None)).chain((0..10).map(|_| Act::Take));
    held(&bench.centre.script).extend((0..10).flat_map(|_| ten.clone()));
    for n in 0..100 {
        bench.freeze(n, &["a"]);
    }
    bench.ship().await;
    let (attempts, accepted) = (bench.centre.attempts().len(), held(&bench.centre.taken).len());
    assert_eq!((attempts, accepted), (110, 100), "attempts / accepted <= 1.1");
}

/// Takes connections and never says a word.
async fn black_hole() -> (tokio::net::TcpListener, String) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

#[tokio::test]
async fn black_hole_one_intake_does_not_stall_the_other() {
    let (_hole, url) = black_hole().await;
    let bench = Bench::behind(vec![url.clone()], centre()).await;
    bench.freeze(0, &["a"]);
    bench.ship().await;
    // The one is known to be silent: what comes now is not tried there.
    for n in 1..100 {
        bench.freeze(n, &["a"]);
    }
    let began = Instant::now();
    bench.ship().await;
    assert!(began.elapsed() < REQUEST, "{:?}", began.elapsed());
    assert_eq!(held(&bench.centre.taken).len(), 100);
    assert_ne!(bench.intakes.current().url, url);
}

#[tokio::test]
async fn failover_returns_to_the_preferred_intake_once_a_probe_finds_it_well() {
    let (preferred, url) = centre().serve().await;
    held(&preferred.script).push_back(Act::Say(503, "{}", None));
    let bench = Bench::behind(vec![url.clone()], centre()).await;
    let shipper = Shipper::new(Arc::clone(&bench.desk), Arc::clone(&bench.intakes));
    let shipping = tokio::spawn(shipper.run(bench.stop.child_token()));
    bench.freeze(0, &["a"]);
    bench.desk.all_acknowledged().await;
    assert_eq!(held(&bench.centre.taken).len(), 1, "the other took over");
    for n in 1.. {
        bench.freeze(n, &["a"]);
        bench.desk.all_acknowledged().await;
        if !held(&preferred.taken).is_empty() {
            break;
        }
    }
    assert_eq!(bench.intakes.current().url, url);
    let attempts = preferred.attempts().len();
    assert_eq!(attempts, 2, "no batch was risked on it before");
    shipping.abort();
}

#[tokio::test]
async fn an_intake_of_another_pipeline_is_left_for_the_one_that_is_ours() {
    let (_, url) = Centre { pipeline: OURS + 1, ..centre() }.serve().await;
    let bench = Bench::behind(vec![url], centre()).await;
    assert!(bench.intakes.belong_to(PipelineId(Uuid::from_u128(OURS))));
    bench.freeze(0, &["a"]);
    bench.ship().await;
    assert_eq!(held(&bench.centre.taken).len(), 1);
}
