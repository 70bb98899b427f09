//! Whose is what at the door: by the token it came with, and nobody takes another's name, nor the intake's.

use nilometer_journal::SimLog;
use nilometer_model::{
    BatchId, Count, Epoch, Items, LineageId, ManualClock, Origin, Reason, RowRef, Rows, SampleKind,
    SampleRef, Sequence, Severity, SourceId, SpanKind, SpanRef, SpanStatus, Stream,
};
use nilometer_store::SimMeta;
use nilometer_wire::{BatchHeader, CaughtUp, Fingerprint, SourceRange, decode, encode};
use object_store::memory::InMemory;

use super::*;
use crate::lanes::Lanes;

const BOOKS_KEPT: Duration = Duration::from_hours(24);
const NOW: Timestamp = Timestamp(1_700_000_000_000_000_000);

/// A centre whose Log nobody reads but the test.
struct Door {
    intake: CentreIntake,
    store: Arc<Store>,
    log: Arc<SimLog>,
    _data: tempfile::TempDir,
}

impl Door {
    async fn new() -> Self {
        let log = Arc::new(SimLog::default());
        let objects = Arc::new(InMemory::new());
        let store = Store::open(Arc::new(SimMeta::default()), objects, log.id()).await.unwrap();
        let (store, data) = (Arc::new(store), tempfile::tempdir().unwrap());
        let intake = CentreIntake::new(IntakeParts {
            store: Arc::clone(&store),
            log: Arc::<SimLog>::clone(&log),
            clock: Arc::new(ManualClock::at(NOW)),
            node: "centre".to_owned(),
            data: data.path().to_owned(),
            books_kept: BOOKS_KEPT,
        });
        Self { intake, store, log, _data: data }
    }

    /// The Log's entries so far.
    async fn entries(&self) -> Vec<(LogPosition, Bytes)> {
        self.log.read(SHARD, LogPosition(0), usize::MAX).await.unwrap()
    }

    /// Indexes what the Log holds.
    async fn index(&self) {
        for (position, entry) in self.entries().await {
            let arrival = Entry::decode(&entry).unwrap().arrival(position, None).unwrap();
            self.store.arrive(arrival).await.unwrap();
        }
    }
}

fn tenant(name: &str) -> Tenant {
    Tenant::parse(name).unwrap()
}

/// A batch of one record that says it is `globex`'s.
fn frame(collector: CollectorId, source: SourceId) -> Bytes {
    frame_of(collector, source, NOW)
}

/// The same, frozen then.
fn frame_of(collector: CollectorId, source: SourceId, frozen_at: Timestamp) -> Bytes {
    let origin = Arc::new(Origin { tenant: "globex".to_owned(), source, ..Origin::default() });
    let mut rows = Rows::default();
    rows.push(RowRef {
        origin: &origin,
        time: NOW,
        order_time: NOW,
        position: 1,
        bytes: 1,
        received: Timestamp(0),
        severity: Severity::Info,
        message: "m",
        attributes: "",
        trace_id: None,
        span_id: None,
    });
    let range = SourceRange {
        source,
        lineage: LineageId(1),
        component: "c".to_owned(),
        instance: String::new(),
        stream: Stream::Stdout,
        path: String::new(),
        fingerprint: Fingerprint::default(),
        from: 0,
        to: 1,
        running: Count { bytes: 1, records: 1 },
        gaps: Vec::new(),
        ended: false,
    };
    let header = BatchHeader {
        batch: BatchId { collector, epoch: Epoch(1), sequence: Sequence(1) },
        tenant: "globex".to_owned(),
        shard_map: 0,
        dictionary: 0,
        frozen_at,
        replaces: Vec::new(),
        node: "n".to_owned(),
        sources: vec![range],
    };
    encode(&header, &rows.into()).unwrap().into()
}

fn heartbeat(collector: CollectorId) -> Heartbeat {
    Heartbeat {
        collector,
        epoch: Epoch(1),
        number: 1,
        node: "n".to_owned(),
        clock: NOW,
        round_trip_ns: 0,
        sources: Vec::new(),
        epochs: Vec::new(),
        caught_up: CaughtUp::Complete { at: NOW, sequence: Sequence(0) },
        spooled_batches: 0,
        spooled_bytes: 0,
        warnings: Vec::new(),
        config_version: String::new(),
        goodbye: false,
    }
}

fn keyed(tenant: &Tenant) -> IngestRequest {
    let (idempotency_key, body) = (Some("k".to_owned()), Bytes::from("{\"message\":\"m\"}\n"));
    IngestRequest { tenant: tenant.clone(), idempotency_key, body }
}

#[tokio::test]
async fn what_comes_in_is_its_tokens_tenants_whatever_it_says_itself() {
    let door = Door::new().await;
    let acme = tenant("acme");
    door.intake.batch(&acme, frame(CollectorId::default(), SourceId(1))).await.unwrap();
    let (position, entry) = door.entries().await.remove(0);
    let entry = Entry::decode(&entry).unwrap();
    assert_eq!((entry.tenant.clone(), entry.received), (acme.clone(), NOW));
    door.store.arrive(entry.arrival(position, None).unwrap()).await.unwrap();
    assert_eq!(door.store.snapshot(&acme).buffer[0].origins[0].tenant, "acme");
    assert!(door.store.snapshot(&tenant("globex")).buffer.is_empty());
}

/// A span and a sample, as a receiver hands them over.
fn received() -> Items {
    let origin = Arc::new(Origin { component: "shop".to_owned(), ..Origin::default() });
    let mut items = Items::default();
    items.spans.push(SpanRef {
        origin: &origin,
        operation: "GET /",
        trace_id: [1; 16],
        span_id: [2; 8],
        parent_id: None,
        start: NOW,
        duration: 5,
        kind: SpanKind::Server,
        status: SpanStatus::Ok,
        status_message: "",
        attributes: r#"{"k":1}"#,
        events: "",
        links: "",
        position: 0,
        received: Timestamp(0),
    });
    items.samples.push(SampleRef {
        origin: &origin,
        name: "cpu",
        unit: "s",
        time: NOW,
        value: 0.5,
        kind: SampleKind::Gauge,
        attributes: "",
        position: 0,
        received: Timestamp(0),
    });
    items
}

#[tokio::test(start_paused = true)]
async fn what_is_handed_to_the_index_is_what_the_log_says_whichever_way_it_came() {
    let door = Door::new().await;
    let acme = tenant("acme");
    let body = [
        r#"{"message":"","component":"c","k":[1]}"#,
        r#"{"message":"m","trace_id":"0102030405060708090a0b0c0d0e0f10"}"#,
    ];
    let body = body.join("\n").into();
    let lines = IngestRequest { tenant: acme.clone(), idempotency_key: None, body };
    door.intake.ingest(lines).await.unwrap();
    door.intake.ingest(keyed(&acme)).await.unwrap();
    door.intake.batch(&acme, frame(CollectorId::default(), SourceId(1))).await.unwrap();
    nilometer_wire::Door::take(&door.intake, &acme, received()).await.unwrap();
    let (entries, handover) = (door.entries().await, door.intake.handover());
    assert_eq!(entries.len(), 4);
    for (_, entry) in entries {
        let frame = Entry::decode(&entry).unwrap().frame;
        assert_eq!(handover.take(frame), Some(decode(frame).unwrap()));
    }
}

#[tokio::test]
async fn nobody_speaks_as_the_intake_itself_not_even_for_his_own_tenant() {
    let door = Door::new().await;
    let acme = tenant("acme");
    let own = Lanes::new(door.store.pipeline()).of(&acme).lock().await.collector;
    for who in [&acme, &tenant("globex")] {
        let batch = door.intake.batch(who, frame(own, SourceId(1))).await;
        assert!(matches!(batch, Err(IntakeError::Forbidden(_))), "{batch:?}");
        let heard = door.intake.heartbeat(who, heartbeat(own)).await;
        assert!(matches!(heard, Err(IntakeError::Forbidden(_))), "{heard:?}");
    }
    assert!(door.entries().await.is_empty());
}

#[tokio::test]
async fn a_copied_data_directory_is_told_which_file_to_delete_and_nothing_of_it_is_taken() {
    let door = Door::new().await;
    let (acme, copied) = (tenant("acme"), CollectorId::default());
    let beat = async |epoch: u64, number: u64| {
        let beat = Heartbeat { epoch: Epoch(epoch), number, ..heartbeat(copied) };
        door.intake.heartbeat(&acme, beat).await
    };
    for (epoch, number) in [(9, 1), (1, 1), (9, 2), (9, 3)] {
        assert!(beat(epoch, number).await.is_ok(), "epoch {epoch}, number {number}");
    }
    let told = beat(1, 2).await.unwrap_err();
    assert_eq!(told, IntakeError::Copied);
    assert!(told.to_string().contains("delete the file `collector`"), "{told}");
    let batch = door.intake.batch(&acme, frame(copied, SourceId(1))).await;
    assert_eq!(batch.unwrap_err(), IntakeError::Copied);
    assert!(door.entries().await.is_empty());
    assert!(beat(9, 4).await.is_ok(), "the elder goes on");
}

#[tokio::test]
async fn a_key_whose_source_another_has_taken_is_turned_away_before_anything_is_kept() {
    let door = Door::new().await;
    let (acme, globex) = (tenant("acme"), tenant("globex"));
    let source = crate::ingest::keyed_source(&acme, "k");
    door.intake.batch(&globex, frame(CollectorId::default(), source)).await.unwrap();
    door.index().await;
    let answer = door.intake.ingest(keyed(&acme)).await;
    assert!(matches!(answer, Err(IntakeError::Forbidden(_))), "{answer:?}");
    assert_eq!(door.entries().await.len(), 1);
}

#[tokio::test]
async fn a_batch_from_before_its_marks_is_refused_by_its_collectors_clock_and_again_when_the_log_is_read()
 {
    let kept_ns = i64::try_from(BOOKS_KEPT.as_nanos()).unwrap();
    let hour_ns = 3_600_000_000_000;
    // Its clock is an hour behind.
    let horizon = NOW.plus_ns(-hour_ns - kept_ns);
    for (frozen_at, is_heard, refused) in [
        (horizon, true, 0),
        (horizon.plus_ns(-1), true, 1),
        (horizon.plus_ns(-1), false, 0),
        (Timestamp(0), true, 0),
    ] {
        let door = Door::new().await;
        let (acme, collector) = (tenant("acme"), CollectorId::default());
        if is_heard {
            let clock = NOW.plus_ns(-hour_ns);
            door.intake
                .heartbeat(&acme, Heartbeat { clock, ..heartbeat(collector) })
                .await
                .unwrap();
        }
        let frame = frame_of(collector, SourceId(1), frozen_at);
        let answer = door.intake.batch(&acme, frame).await.unwrap();
        assert_eq!(answer.refused.len(), refused, "frozen {frozen_at}, heard {is_heard}");
        door.index().await;
        door.store.publish(door.store.cut(NOW)).await.unwrap();
        let row = door.store.ledger(&acme, NOW).remove(0);
        assert_eq!(row.refused.get(&Reason::TooOld).copied().unwrap_or(0), refused as u64);
        assert!(row.balanced, "{row:?}");
    }
}
