//! A router over a real store, asked without a network; and an intake that is stricter than the real one.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;
use axum::body::{Body, BodyDataStream, to_bytes};
use axum::http::{HeaderMap, Request};
use futures::{FutureExt, StreamExt};
use nilometer_model::{
    BatchId, CollectorId, Count, Epoch, LineageId, LogId, LogPosition, ManualClock, Origin, Reason,
    RowRef, Rows, Sequence, Severity, SourceId, Stream, Tenant, Timestamp,
};
use nilometer_store::{Arrival, object_path};
use nilometer_wire::{
    Batch, BatchAnswer, BatchHeader, CaughtUp, Heartbeat, HeartbeatAnswer, IngestAnswer,
    IngestRequest, IntakeError, Refusal, RefusedLine, SourceRange,
};
use object_store::ObjectStoreExt;
use object_store::memory::InMemory;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use super::super::*;

pub(super) const NOW: Timestamp = Timestamp(1_700_000_000_000_000_000);

/// A centre without a network.
pub(super) struct World {
    router: Router,
    node: Router,
    pub(super) store: Arc<Store>,
    objects: Arc<InMemory>,
    pub(super) intake: Arc<StrictIntake>,
    pub(super) clock: ManualClock,
    pub(super) alerts: Arc<Alerts>,
    pub(super) shutdown: CancellationToken,
    reasons: Arc<Mutex<Vec<String>>>,
    audited: Arc<Mutex<Vec<AuditEntry>>>,
    written: AtomicU64,
}

/// One answer, whole.
pub(super) struct Answer {
    pub(super) status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }

    #[track_caller]
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    /// What is answered, without what it took.
    #[track_caller]
    pub(super) fn without_stats(&self) -> Vec<Value> {
        let mut lines = match serde_json::from_slice(&self.body) {
            Ok(json) => vec![json],
            Err(_) => lines(&self.text()),
        };
        for line in &mut lines {
            drop(line.as_object_mut().unwrap().remove("stats"));
        }
        lines
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

pub(super) fn tokens() -> AccessPolicy {
    let roles = [Role::Ingest, Role::Read, Role::Write, Role::Admin];
    let token = |role: Role| Token {
        role,
        tenant: Tenant::default(),
        secret: Secret::new(format!("{}-secret", role.name())),
        fingerprint: format!("{}-print", role.name()).into(),
    };
    AccessPolicy::fixed(roles.map(token).to_vec())
}

pub(super) fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(super) fn post(path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Request<Body> {
    request("POST", path, headers, Body::from(body))
}

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: Body) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header("host", "localhost:6456");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body).unwrap()
}

pub(super) fn heartbeat() -> Heartbeat {
    Heartbeat {
        collector: CollectorId::default(),
        epoch: Epoch(1),
        number: 1,
        node: "n1".to_owned(),
        clock: NOW,
        round_trip_ns: 0,
        sources: Vec::new(),
        epochs: vec![Epoch(1)],
        caught_up: CaughtUp::Complete { at: NOW, sequence: Sequence(0) },
        spooled_batches: 0,
        spooled_bytes: 0,
        warnings: Vec::new(),
        config_version: String::new(),
        goodbye: false,
    }
}

impl World {
    pub(super) async fn new() -> Self {
        Self::with_access(AccessPolicy::Loopback).await
    }

    pub(super) async fn with_access(access: AccessPolicy) -> Self {
        let meta = Arc::new(nilometer_store::SimMeta::default());
        let objects = Arc::new(InMemory::new());
        let in_store = Arc::<InMemory>::clone(&objects);
        let store = Store::open(meta, in_store, LogId::default()).await.unwrap();
        let language = Arc::new(Language::default());
        let store = Arc::new(store.with_language(Arc::clone(&language) as _));
        let intake = Arc::new(StrictIntake::of(store.pipeline()));
        let clock = ManualClock::at(NOW);
        let shutdown = CancellationToken::new();
        let reasons = Arc::new(Mutex::new(Vec::new()));
        let readiness: Readiness = {
            let reasons = Arc::clone(&reasons);
            Arc::new(move || reasons.lock().unwrap().clone())
        };
        let audited = Arc::new(Mutex::new(Vec::new()));
        let audit: WriteAudit = {
            let audited = Arc::clone(&audited);
            Arc::new(move |entry| audited.lock().unwrap().push(entry.clone()))
        };
        let metrics: RenderMetrics = Arc::new(|| "rendered 1\n".to_owned());
        let node = node_router(access.clone(), Arc::clone(&readiness), Arc::clone(&metrics));
        let own = Arc::clone(&language);
        let alerts = Alerts::open(Arc::clone(&store), own, Arc::new(clock.clone()));
        let alerts = Arc::new(alerts);
        let router = router(ApiParts {
            store: Arc::clone(&store),
            language,
            alerts: Arc::clone(&alerts),
            intake: Arc::<StrictIntake>::clone(&intake),
            otlp: Router::new(),
            access,
            audit,
            readiness,
            metrics,
            assets: Assets { find: asset, policy: "style-src 'self' 'nonce-{nonce}'" },
            clock: Arc::new(clock.clone()),
            demo: None,
            shutdown: shutdown.clone(),
        });
        let written = AtomicU64::new(0);
        Self {
            router,
            node,
            store,
            objects,
            intake,
            clock,
            alerts,
            shutdown,
            reasons,
            audited,
            written,
        }
    }

    /// What was written into the audit file so far.
    pub(super) fn audited(&self) -> Vec<Value> {
        self.audited.lock().unwrap().iter().map(|e| serde_json::to_value(e).unwrap()).collect()
    }

    pub(super) fn not_ready(&self, reason: &str) {
        self.reasons.lock().unwrap().push(reason.to_owned());
    }

    pub(super) async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(request(method, path, headers, Body::empty())).await
    }

    pub(super) async fn ask_node(&self, method: &str, path: &str) -> Answer {
        let request = request(method, path, &[], Body::empty());
        whole(self.node.clone().oneshot(request).await.unwrap()).await
    }

    /// An answer whose body is still to come.
    pub(super) async fn begin(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        whole(self.router.clone().oneshot(request).await.unwrap()).await
    }

    /// Moves what was written into a split.
    pub(super) async fn seal(&self) {
        self.store.publish(self.store.cut(NOW)).await.unwrap();
        assert!(self.store.snapshot(&Tenant::default()).buffer.is_empty());
    }

    /// Takes the splits' objects away.
    pub(super) async fn lose_splits(&self) {
        for split in self.store.snapshot(&Tenant::default()).splits {
            self.objects.delete(&object_path(split.meta().id)).await.unwrap();
        }
    }

    /// Writes `head` and a body of so many bytes to a socket, and returns all that comes back.
    pub(super) async fn ask_over_tcp(&self, head: &[u8], body_bytes: usize) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut socket = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let serving = tokio::spawn(axum::serve(listener, self.router.clone()).into_future());
        socket.write_all(head).await.unwrap();
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..body_bytes / piece.len() {
            socket.write_all(&piece).await.unwrap();
        }
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        serving.abort();
        answer
    }

    /// The events of a tail, as they come.
    pub(super) async fn events(&self, path: &str) -> Events {
        self.events_of(path, &[]).await
    }

    pub(super) async fn events_of(&self, path: &str, headers: &[(&str, &str)]) -> Events {
        let request = request("GET", path, headers, Body::empty());
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        Events { stream: response.into_body().into_data_stream(), text: String::new() }
    }

    /// Writes records `m1`, `m2` ..., a microsecond apart, all about 10 s before now, and counts on.
    pub(super) fn write(&self, records: usize) {
        let first = self.written.load(Ordering::SeqCst) + 1;
        let messages: Vec<String> = (first..).take(records).map(|n| format!("m{n}")).collect();
        self.arrive(&messages, None);
    }

    /// Writes a record.
    pub(super) fn write_line(&self, message: &str) {
        self.arrive(&[message.to_owned()], None);
    }

    /// A record that admission turns away.
    pub(super) fn turn_away(&self, message: &str, reason: Reason) {
        self.arrive(&[message.to_owned()], Some(reason));
    }

    fn arrive(&self, messages: &[String], refusal: Option<Reason>) {
        let first = self.written.load(Ordering::SeqCst) + 1;
        let lines = messages.iter().zip(first..).map(|(message, number)| {
            let ns = i64::try_from(number).unwrap() * 1_000;
            let time = NOW.plus_ns(ns - 10_000_000_000);
            Line { component: "shop", severity: Severity::Info, message, time }
        });
        self.receive(&lines.collect::<Vec<_>>(), NOW, refusal);
    }

    /// Receives records then, unless they are refused.
    pub(super) fn receive(&self, lines: &[Line<'_>], received: Timestamp, refusal: Option<Reason>) {
        let records = lines.len() as u64;
        let from = self.written.fetch_add(records, Ordering::SeqCst);
        let source = SourceId(0xab);
        let mut rows = Rows::default();
        for (line, position) in lines.iter().zip(from + 1..) {
            let origin = Arc::new(Origin {
                tenant: "default".to_owned(),
                component: line.component.to_owned(),
                instance: "shop-1".to_owned(),
                node: "n1".to_owned(),
                source,
                ..Origin::default()
            });
            rows.push(RowRef {
                origin: &origin,
                time: line.time,
                order_time: line.time,
                position,
                bytes: 1,
                received,
                severity: line.severity,
                message: line.message,
                attributes: "",
                trace_id: None,
                span_id: None,
            });
        }
        let batch = Batch { header: header(from, records), items: rows.into() };
        let refused =
            refusal.map(|reason| Refusal { index: 0, source, position: from + 1, reason });
        let refused: Vec<Refusal> = refused.into_iter().collect();
        let expect = records - refused.len() as u64;
        let position = LogPosition(from + 1);
        let tenant = Tenant::default();
        let arrival = Arrival { position, received, tenant, batch, refused };
        let entered = self.store.arrive(arrival).now_or_never().expect("records wait for nothing");
        assert_eq!(entered.unwrap().rows as u64, expect);
    }
}

/// A record that is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) component: &'a str,
    pub(super) severity: Severity,
    pub(super) message: &'a str,
    pub(super) time: Timestamp,
}

pub(super) fn header(from: u64, records: u64) -> BatchHeader {
    let range = SourceRange {
        source: SourceId(0xab),
        lineage: LineageId(0xcd),
        component: "shop".to_owned(),
        instance: "shop-1".to_owned(),
        stream: Stream::Stdout,
        path: "/var/log/pods/shop/0.log".to_owned(),
        fingerprint: nilometer_wire::Fingerprint::default(),
        from,
        to: from + records,
        running: Count { bytes: from + records, records: from + records },
        gaps: Vec::new(),
        ended: false,
    };
    BatchHeader {
        batch: BatchId {
            collector: CollectorId::default(),
            epoch: Epoch(1),
            sequence: Sequence(from + 1),
        },
        tenant: "default".to_owned(),
        shard_map: 0,
        dictionary: 0,
        frozen_at: NOW,
        replaces: Vec::new(),
        node: "n1".to_owned(),
        sources: vec![range],
    }
}

fn asset(path: &str) -> Option<Asset> {
    let (text, mime, gzip) = match path {
        "" => ("<meta property=\"csp-nonce\" nonce=\"{nonce}\">", "text/html", None),
        "assets/main.js" => ("run()", "text/javascript", Some(&b"zipped"[..])),
        _ => return None,
    };
    let (etag, cache_control) = ("\"e1\"", "immutable");
    Some(Asset { bytes: text.as_bytes(), gzip, mime, etag, cache_control })
}

async fn whole(response: Response) -> Answer {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

/// Server-sent events, read one by one: name and data.
pub(super) struct Events {
    stream: BodyDataStream,
    text: String,
}

impl Events {
    pub(super) async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
                let read = (
                    field("event: ").unwrap().to_owned(),
                    serde_json::from_str(field("data: ").unwrap()).unwrap(),
                );
                self.text = rest.to_owned();
                return Some(read);
            }
            let piece = self.stream.next().await?.unwrap();
            self.text.push_str(std::str::from_utf8(&piece).unwrap());
        }
    }
}

/// Refuses every line that is not a plain JSON object, and fails when told.
pub(super) struct StrictIntake {
    pipeline: nilometer_model::PipelineId,
    ingested: Mutex<Vec<IngestRequest>>,
    batches: AtomicU64,
    /// Whether no line is good enough.
    refuses: AtomicBool,
    failure: Mutex<Option<IntakeError>>,
}

impl StrictIntake {
    fn of(pipeline: nilometer_model::PipelineId) -> Self {
        let (ingested, failure) = (Mutex::default(), Mutex::default());
        let (batches, refuses) = (AtomicU64::new(0), AtomicBool::new(false));
        Self { pipeline, ingested, batches, refuses, failure }
    }

    pub(super) fn fail_with(&self, error: IntakeError) {
        *self.failure.lock().unwrap() = Some(error);
    }

    pub(super) fn refuse_lines(&self) {
        self.refuses.store(true, Ordering::SeqCst);
    }

    pub(super) fn ingested(&self) -> Vec<IngestRequest> {
        self.ingested.lock().unwrap().clone()
    }

    pub(super) fn batches(&self) -> u64 {
        self.batches.load(Ordering::SeqCst)
    }

    fn failed(&self) -> Result<(), IntakeError> {
        self.failure.lock().unwrap().take().map_or(Ok(()), Err)
    }
}

#[async_trait]
impl Intake for StrictIntake {
    async fn batch(&self, _: &Tenant, _: Bytes) -> Result<BatchAnswer, IntakeError> {
        self.failed()?;
        self.batches.fetch_add(1, Ordering::SeqCst);
        Ok(BatchAnswer {
            pipeline: self.pipeline,
            log: LogId::default(),
            batch: header(0, 1).batch,
            durable: true,
            committed_to: Default::default(),
            refused: Vec::new(),
            linger_ms: 100,
        })
    }

    async fn heartbeat(&self, _: &Tenant, _: Heartbeat) -> Result<HeartbeatAnswer, IntakeError> {
        self.failed()?;
        Ok(HeartbeatAnswer {
            pipeline: self.pipeline,
            log: LogId::default(),
            committed_to: Default::default(),
            linger_ms: 100,
            resync: true,
        })
    }

    async fn ingest(&self, request: IngestRequest) -> Result<IngestAnswer, IntakeError> {
        self.failed()?;
        let mut answer = IngestAnswer::default();
        for (line, number) in request.body.split(|byte| *byte == b'\n').zip(1..) {
            let refused = self.refuses.load(Ordering::SeqCst);
            let object = serde_json::from_slice::<serde_json::Map<String, Value>>(line);
            if object.is_ok() && !refused {
                answer.accepted += 1;
            } else if !line.is_empty() {
                let reason = "not a JSON object".to_owned();
                answer.refused.push(RefusedLine { line: number, reason });
            }
        }
        self.ingested.lock().unwrap().push(request);
        Ok(answer)
    }
}
