//! Batches in any order, repeated and cut anew, with seals, failures and restarts between: each record
//! is seen once, at every moment.

mod books;
mod compact;
mod documents;
mod kinds;
mod purging;
mod removal;
mod tenants;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nilometer_model::limits::SEQUENCES_BEYOND_MARK_MAX;
use nilometer_model::{
    BatchId, Count, Epoch, Gap, GapKind, LineageId, Origin, Reason, RowRef, Sequence, Severity,
    SourceId, Stream,
};
use nilometer_wire::{Batch, BatchHeader, CaughtUp, Fingerprint, Refusal, SourceRange, SourceRead};
use object_store::memory::InMemory;
use proptest::prelude::*;

use super::*;
use crate::arrival::{Arrival, Entered};
use crate::limits::UNKNOWN_READS_MAX;
use crate::meta::SimMeta;
use crate::records::RowSet;
use crate::removal::Gone;
use crate::retention::{Level, Retention};

/// Framed bytes of every record: positions are multiples of it.
const RECORD_BYTES: u64 = 10;

fn range(source: u64, from: u64, to: u64) -> SourceRange {
    SourceRange {
        source: SourceId(source),
        lineage: LineageId(source),
        component: "shop".to_owned(),
        instance: "shop-0".to_owned(),
        stream: Stream::Stdout,
        path: "/var/log/shop".to_owned(),
        fingerprint: Fingerprint::default(),
        from: from * RECORD_BYTES,
        to: to * RECORD_BYTES,
        running: Count { bytes: to * RECORD_BYTES, records: to },
        gaps: Vec::new(),
        ended: false,
    }
}

fn id(sequence: u64) -> BatchId {
    BatchId { collector: CollectorId::default(), epoch: Epoch(1), sequence: Sequence(sequence) }
}

/// Records `from + 1 ..= to` of one source.
fn batch(sequence: u64, source: u64, from: u64, to: u64) -> Batch {
    let origin = Arc::new(Origin {
        component: "shop".to_owned(),
        source: SourceId(source),
        ..Origin::default()
    });
    let mut rows = Rows::default();
    for number in from + 1..=to {
        rows.push(RowRef {
            origin: &origin,
            time: Timestamp(1),
            order_time: Timestamp(1),
            position: number * RECORD_BYTES,
            bytes: RECORD_BYTES as u32,
            received: Timestamp(0),
            severity: Severity::Info,
            message: "a line",
            attributes: "",
            trace_id: None,
            span_id: None,
        });
    }
    let header = BatchHeader {
        batch: id(sequence),
        tenant: "default".to_owned(),
        shard_map: 0,
        dictionary: 0,
        frozen_at: Timestamp(1),
        replaces: Vec::new(),
        node: "node".to_owned(),
        sources: vec![range(source, from, to)],
    };
    Batch { header, items: rows.into() }
}

/// Everything is kept for as long.
fn kept(keep_ns: u64) -> Retention {
    Retention::of_all(Duration::from_nanos(keep_ns))
}

/// For ever, as far as tests go.
fn always() -> Retention {
    kept(u64::MAX)
}

/// A store whose Meta and objects outlive it.
struct Ground {
    meta: Arc<SimMeta>,
    objects: Arc<InMemory>,
    log: LogId,
}

impl Ground {
    fn new() -> Self {
        Self {
            meta: Arc::new(SimMeta::default()),
            objects: Arc::new(InMemory::new()),
            log: LogId::default(),
        }
    }

    /// How many objects there are.
    async fn objects(&self) -> usize {
        self.objects.list_with_delimiter(Some(&"splits".into())).await.unwrap().objects.len()
    }

    async fn open(&self) -> Store {
        let meta: Arc<dyn Meta> = Arc::clone(&self.meta) as _;
        let objects: Arc<dyn ObjectStore> = Arc::clone(&self.objects) as _;
        Store::open(meta, objects, self.log).await.unwrap()
    }
}

/// Of the next heartbeat.
static NUMBER: AtomicU64 = AtomicU64::new(1);

fn heartbeat(clock: Timestamp, caught_up: CaughtUp) -> Heartbeat {
    Heartbeat {
        collector: CollectorId::default(),
        epoch: Epoch(1),
        number: NUMBER.fetch_add(1, Ordering::Relaxed),
        node: "node".to_owned(),
        clock,
        round_trip_ns: 0,
        sources: Vec::new(),
        epochs: vec![Epoch(1)],
        caught_up,
        spooled_batches: 1,
        spooled_bytes: 1,
        warnings: Vec::new(),
        config_version: String::new(),
        goodbye: false,
    }
}

async fn arrive(store: &Store, position: u64, batch: Batch) -> Result<Entered, NotOwned> {
    let arrival = Arrival {
        position: LogPosition(position),
        received: Timestamp(7),
        tenant: Tenant::default(),
        batch,
        refused: Vec::new(),
    };
    store.arrive(arrival).await
}

/// The (source, record) pairs that a query would see, sorted; twice if seen twice.
async fn seen(store: &Store) -> Vec<(u64, u64)> {
    let snapshot = store.snapshot(&Tenant::default());
    let mut chunks = snapshot.buffer.clone();
    for split in &snapshot.splits {
        let blocks: Vec<u32> = (0..split.meta().blocks).collect();
        let index = split.index().await.unwrap();
        for (number, bytes) in blocks.iter().zip(split.read_blocks(&blocks).await.unwrap()) {
            let block = index.block(*number, &bytes).unwrap();
            let all = RowSet::all(block.rows());
            chunks.push(Arc::new(block.take(&all, nilometer_block::Columns::ALL).unwrap()).into());
        }
    }
    let rows = chunks.iter().flat_map(|rows| rows.iter());
    let mut seen: Vec<_> =
        rows.map(|row| (row.origin.source.0, row.position / RECORD_BYTES)).collect();
    seen.sort_unstable();
    seen
}

async fn seal(store: &Store) -> Result<LogPosition, StoreError> {
    store.publish(store.cut(Timestamp(9))).await
}

fn all(source: u64, records: u64) -> Vec<(u64, u64)> {
    (1..=records).map(|record| (source, record)).collect()
}

#[tokio::test]
async fn a_record_is_visible_on_arrival_and_once_through_seal_and_restart() {
    let ground = Ground::new();
    let store = ground.open().await;
    arrive(&store, 1, batch(1, 5, 0, 10)).await.unwrap();
    assert_eq!(seen(&store).await, all(5, 10));
    assert!(store.committed_to(&Tenant::default(), CollectorId::default()).is_empty());
    assert_eq!(seal(&store).await.unwrap(), LogPosition(1));
    assert_eq!(seen(&store).await, all(5, 10));
    assert_eq!(
        store.committed_to(&Tenant::default(), CollectorId::default())[&Epoch(1)],
        Sequence(1)
    );
    let again = ground.open().await;
    assert_eq!(again.arrived(), LogPosition(1));
    assert_eq!(seen(&again).await, all(5, 10));
    let entered = arrive(&again, 2, batch(2, 5, 3, 12)).await.unwrap();
    assert_eq!((entered.rows, entered.duplicates), (2, 7));
    assert_eq!(seen(&again).await, all(5, 12));
}

#[tokio::test]
async fn another_log_is_read_from_its_start_and_marks_drop_what_is_in() {
    let mut ground = Ground::new();
    let store = ground.open().await;
    arrive(&store, 1, batch(1, 5, 0, 10)).await.unwrap();
    seal(&store).await.unwrap();
    ground.log = LogId(uuid::Uuid::now_v7());
    let again = ground.open().await;
    assert_eq!(again.arrived(), LogPosition(0));
    assert_eq!(arrive(&again, 1, batch(1, 5, 0, 10)).await.unwrap().rows, 0);
    assert_eq!(seen(&again).await, all(5, 10));
}

#[tokio::test]
async fn a_seal_that_fails_loses_nothing_and_the_next_takes_it_again() {
    let ground = Ground::new();
    let store = ground.open().await;
    arrive(&store, 1, batch(1, 5, 0, 10)).await.unwrap();
    ground.meta.fail_next_commit();
    seal(&store).await.unwrap_err();
    assert_eq!(seen(&store).await, all(5, 10));
    arrive(&store, 2, batch(2, 5, 10, 11)).await.unwrap();
    seal(&store).await.unwrap();
    assert_eq!(seen(&store).await, all(5, 11));
    assert_eq!(
        store.committed_to(&Tenant::default(), CollectorId::default())[&Epoch(1)],
        Sequence(2)
    );
}

#[tokio::test]
async fn the_ledger_balances_in_flight_and_committed_and_notices_a_missing_record() {
    let ground = Ground::new();
    let store = ground.open().await;
    arrive(&store, 1, batch(1, 5, 0, 10)).await.unwrap();
    let row = store.ledger(&Tenant::default(), Timestamp(9)).remove(0);
    assert!(row.balanced);
    assert_eq!((row.committed.records, row.in_flight.records), (0, 0));
    seal(&store).await.unwrap();
    let row = store.ledger(&Tenant::default(), Timestamp(9)).remove(0);
    assert_eq!((row.read.records, row.committed.records, row.in_flight.records), (10, 10, 0));
    assert!(row.balanced);
    let mut short = batch(2, 5, 10, 20);
    short.header.sources[0].running.records += 1;
    arrive(&store, 2, short).await.unwrap();
    seal(&store).await.unwrap();
    assert!(!store.ledger(&Tenant::default(), Timestamp(9)).remove(0).balanced);
}

#[tokio::test]
async fn a_declared_loss_stands_beside_the_equation_and_is_a_gap_of_its_time() {
    let ground = Ground::new();
    let store = ground.open().await;
    let mut with_gap = batch(1, 5, 0, 2);
    let gap = Gap {
        kind: GapKind::Lost,
        from: 20,
        to: None,
        reason: Reason::DeletedBeforeRead,
        count: None,
        time: Timestamp(50),
    };
    with_gap.header.sources[0].gaps.push(gap);
    arrive(&store, 1, with_gap.clone()).await.unwrap();
    with_gap.header.batch = id(2);
    arrive(&store, 2, with_gap).await.unwrap();
    seal(&store).await.unwrap();
    let row = store.ledger(&Tenant::default(), Timestamp(60)).remove(0);
    assert!(row.balanced);
    assert_eq!(row.lost.len(), 1);
    let range = |from, to| TimeRange::new(Timestamp(from), Timestamp(to)).unwrap();
    assert!(!store.completeness(&Tenant::default(), range(50, 51), Timestamp(60)).complete);
    assert!(store.completeness(&Tenant::default(), range(51, 60), Timestamp(60)).complete);
}

#[tokio::test]
async fn what_was_read_and_lost_with_a_spool_is_a_term_of_the_equation_however_much_of_it_came_before()
 {
    for came in [0, 3, 4] {
        let ground = Ground::new();
        let store = ground.open().await;
        let mut declared = batch(2, 5, 0, 4);
        let range = &mut declared.header.sources[0];
        let (count, to) = (Some(range.running), Some(range.to));
        let (kind, reason) = (GapKind::Lost, Reason::SpoolDamaged);
        range.gaps.push(Gap { kind, from: 0, to, reason, count, time: Timestamp(50) });
        declared.items = Items::default();
        let batches = [batch(1, 5, 0, came), declared, batch(3, 5, 4, 9)];
        for (position, batch) in (1..).zip(batches) {
            arrive(&store, position, batch).await.unwrap();
        }
        seal(&store).await.unwrap();
        let row = store.ledger(&Tenant::default(), Timestamp(60)).remove(0);
        assert_eq!((row.balanced, row.committed.records), (true, came + 5), "{came} came before");
    }
}

#[tokio::test]
async fn a_batch_that_was_let_in_enters_whole_though_too_many_holes_were_opened_since() {
    let store = Ground::new().open().await;
    let scattered = |first: u64, count: usize| {
        let mut batch = batch(first, 5, 0, 1);
        let names = (1..count as u64).map(|n| id(first + 2 * n));
        batch.header.replaces = names.collect();
        batch
    };
    let tenant = Tenant::default();
    let full = scattered(2, SEQUENCES_BEYOND_MARK_MAX);
    assert_eq!(store.accepts(&tenant, &full.header), Ok(()));
    let over = scattered(2, SEQUENCES_BEYOND_MARK_MAX + 1);
    assert!(matches!(store.accepts(&tenant, &over.header), Err(TurnedBack::Holes(_))));
    assert_eq!(arrive(&store, 1, over).await.unwrap().rows, 1);
    let next = batch(1, 5, 1, 2);
    assert_eq!(store.accepts(&tenant, &next.header), Ok(()), "what fills a hole is always let in");
}

#[tokio::test]
async fn a_record_that_was_read_and_never_became_a_batch_unbalances_the_ledger() {
    let ground = Ground::new();
    let store = ground.open().await;
    arrive(&store, 1, batch(1, 5, 0, 10)).await.unwrap();
    seal(&store).await.unwrap();
    let beat = |at: Timestamp, records: u64| {
        let read = Count { bytes: records * RECORD_BYTES, records };
        let mut beat = heartbeat(at, CaughtUp::Complete { at, sequence: Sequence(1) });
        beat.sources.push(SourceRead { source: SourceId(5), read });
        beat
    };
    let ms = |ms: i64| Timestamp(ms * 1_000_000);
    store.hear(&Tenant::default(), &beat(ms(0), 11), ms(0)).unwrap();
    let balanced_at = |now: Timestamp| store.ledger(&Tenant::default(), now).remove(0).balanced;
    let later = ms(crate::limits::SETTLED_MS);
    let quiet = heartbeat(later, CaughtUp::Complete { at: later, sequence: Sequence(1) });
    store.hear(&Tenant::default(), &quiet, later).unwrap();
    assert!(balanced_at(later), "it may still be on its way");
    assert!(
        !balanced_at(later.plus_ns(1_000_000)),
        "10 of 11 were committed, and all is said to be in"
    );
    store.hear(&Tenant::default(), &beat(later, 10), later).unwrap();
    assert!(balanced_at(later.plus_ns(1_000_000)));
}

#[tokio::test]
async fn a_heartbeat_that_was_overtaken_by_a_later_one_says_nothing() {
    let ground = Ground::new();
    let store = ground.open().await;
    arrive(&store, 1, batch(1, 5, 0, 10)).await.unwrap();
    seal(&store).await.unwrap();
    let now = Timestamp(1_000_000_000);
    let mut beats = [11, 12].map(|records| {
        let said = CaughtUp::Complete { at: now, sequence: Sequence(1) };
        let read = Count { bytes: records * RECORD_BYTES, records };
        let sources = vec![SourceRead { source: SourceId(5), read }];
        Heartbeat { sources, ..heartbeat(now, said) }
    });
    beats.reverse();
    for beat in &beats {
        store.hear(&Tenant::default(), beat, now).unwrap();
    }
    assert_eq!(store.ledger(&Tenant::default(), now)[0].read.records, 12);
}

#[tokio::test]
async fn completeness_waits_for_the_batches_that_a_heartbeat_names() {
    let ground = Ground::new();
    let store = ground.open().await;
    let second = 1_000_000_000;
    let now = Timestamp(100 * second);
    let at = now.plus_ns(-6 * second);
    let said = CaughtUp::Complete { at, sequence: Sequence(1) };
    let beat = heartbeat(now.plus_ns(-5 * second), said);
    assert!(store.hear(&Tenant::default(), &beat, now).unwrap(), "a new epoch");
    let past = TimeRange::new(Timestamp(0), now).unwrap();
    let before = store.completeness(&Tenant::default(), past, now);
    assert_eq!((before.complete, before.complete_to), (false, None), "batch 1 is not in");
    arrive(&store, 1, batch(1, 5, 0, 10)).await.unwrap();
    let then = store.completeness(&Tenant::default(), past, now);
    assert!(then.complete);
    assert_eq!(then.complete_to, Some(now.plus_ns(-second)), "in the centre's clock");
    let later = now.plus_ns(40 * second);
    let silent =
        store.completeness(&Tenant::default(), TimeRange::new(Timestamp(0), later).unwrap(), later);
    assert_eq!((silent.complete, silent.lagging.len(), silent.complete_to), (false, 1, None));
    assert!(
        store
            .completeness(
                &Tenant::default(),
                TimeRange::new(Timestamp(0), Timestamp(1)).unwrap(),
                later
            )
            .complete
    );
}

#[tokio::test]
async fn retention_removes_whole_splits_by_receipt_and_their_objects() {
    let ground = Ground::new();
    let store = ground.open().await;
    arrive(&store, 1, batch(1, 5, 0, 10)).await.unwrap();
    seal(&store).await.unwrap();
    let expire = async |keep_ns| store.expire(&kept(keep_ns), Timestamp(9)).await.unwrap();
    assert_eq!(expire(2).await, Gone::default());
    let removed = expire(1).await;
    assert_eq!((removed.splits, removed.rows, removed.bytes > 0), (1, 10, true));
    assert!(seen(&store).await.is_empty());
    assert_eq!(ground.objects().await, 1, "nobody asked for it to be deleted yet");
    assert_eq!((store.delete_retired().await, ground.objects().await), (1, 0));
    assert_eq!(
        arrive(&store, 2, batch(2, 5, 0, 10)).await.unwrap().rows,
        0,
        "marks outlive the data"
    );
}

#[derive(Debug, Clone)]
enum Step {
    Batch { source: u64, from: u64, records: u64 },
    Repeat(usize),
    Seal { fails: bool },
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1_u64..4, 0_u64..50, 1_u64..12)
            .prop_map(|(source, from, records)| Step::Batch { source, from, records }),
        3 => any::<usize>().prop_map(Step::Repeat),
        2 => prop::bool::weighted(0.3).prop_map(|fails| Step::Seal { fails }),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_order_repetition_and_recutting_of_batches_gives_each_record_once(
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(run(steps));
    }
}

/// What the Log holds; after a restart it is replayed from the checkpoint.
async fn run(steps: Vec<Step>) {
    let ground = Ground::new();
    let mut store = ground.open().await;
    let mut log: Vec<Batch> = Vec::new();
    let mut expect = BTreeSet::new();
    for step in steps {
        match step {
            Step::Batch { source, from, records } => {
                let next = batch(log.len() as u64 + 1, source, from, from + records);
                log.push(next.clone());
                if arrive(&store, log.len() as u64, next).await.is_ok() {
                    expect.extend((from + 1..=from + records).map(|record| (source, record)));
                }
            }
            Step::Repeat(at) if !log.is_empty() => {
                let again = log[at % log.len()].clone();
                log.push(again.clone());
                assert_eq!(
                    arrive(&store, log.len() as u64, again).await.map_or(0, |entered| entered.rows),
                    0
                );
            }
            Step::Repeat(_) => {}
            Step::Seal { fails } => {
                if fails {
                    ground.meta.fail_next_commit();
                }
                assert_eq!(seal(&store).await.is_err(), fails);
            }
            Step::Restart => {
                store = ground.open().await;
                for at in store.arrived().0..log.len() as u64 {
                    arrive(&store, at + 1, log[at as usize].clone()).await.unwrap();
                }
            }
        }
        assert_eq!(seen(&store).await, expect.iter().copied().collect::<Vec<_>>());
    }
    assert!(store.ledger(&Tenant::default(), Timestamp(9)).iter().all(|row| row.balanced));
}

#[tokio::test]
async fn what_heartbeats_name_and_no_batch_is_noted_up_to_a_limit() {
    let store = Ground::new().open().await;
    let said = CaughtUp::Complete { at: Timestamp(0), sequence: Sequence(0) };
    let of = |sources: std::ops::Range<u64>| {
        let read = |n| SourceRead { source: SourceId(n), read: Count::one(1) };
        Heartbeat { sources: sources.map(read).collect(), ..heartbeat(Timestamp(0), said) }
    };
    let noted = || store.inner().live.reads.len();
    let most = UNKNOWN_READS_MAX as u64;
    for (sources, expect) in
        [(0..most, most), (0..most, most), (most..most + 1, most), (most - 1..most, most)]
    {
        store.hear(&Tenant::default(), &of(sources), Timestamp(1)).unwrap();
        assert_eq!(noted() as u64, expect);
    }
    arrive(&store, 1, batch(1, most + 7, 0, 1)).await.unwrap();
    store.hear(&Tenant::default(), &of(most + 7..most + 8), Timestamp(1)).unwrap();
    assert_eq!(noted() as u64, most + 1, "a source that a batch has named is noted all the same");
}
