//! Records, spans and samples of two tenants, in batches in any order, repeated and cut anew, with seals,
//! failures and restarts between: each position is seen once and each span once, at every moment, and what
//! is seen is what a naive reader of the Log expects.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use nilometer_block::{SpanColumns, decode_samples, decode_spans};
use nilometer_model::{SampleKind, SampleRef, SpanKind, SpanRef, SpanStatus, Spans};
use object_store::ObjectStoreExt;

use super::*;
use crate::buffer::SpanId;
use crate::records::{Plan, Question};
use crate::split::{SamplePrune, SpanPrune, object_path};

const TRACES: u64 = 5;

/// Whose source that is: both have the same trace and span ids.
fn tenant_of(source: u64) -> Tenant {
    Tenant::parse(if source < 10 { "acme" } else { "globex" }).unwrap()
}

/// What stands at that position of the source, always the same: a span two times in four.
fn push(items: &mut Items, source: u64, position: u64) {
    let origin = Arc::new(Origin {
        component: format!("service-{}", position % 3),
        source: SourceId(source),
        ..Origin::default()
    });
    let (time, received) = (Timestamp(position.cast_signed() * 1_000), Timestamp(0));
    match position % 4 {
        0 => items.rows.push(RowRef {
            origin: &origin,
            time,
            order_time: time,
            position,
            bytes: 0,
            received,
            severity: Severity::Info,
            message: "a line",
            attributes: "",
            trace_id: None,
            span_id: None,
        }),
        1 => items.samples.push(SampleRef {
            origin: &origin,
            name: "cpu",
            unit: "",
            time,
            value: position as f64,
            kind: SampleKind::Gauge,
            attributes: "",
            position,
            received,
        }),
        _ => {
            let (trace_id, span_id) = span_id(source, position);
            items.spans.push(SpanRef {
                origin: &origin,
                operation: "GET /",
                trace_id,
                span_id,
                parent_id: None,
                start: time,
                duration: position,
                kind: SpanKind::Server,
                status: SpanStatus::Unset,
                status_message: "",
                attributes: "",
                events: "",
                links: "",
                position,
                received,
            });
        }
    }
}

/// Few ids, so that they come again.
fn span_id(source: u64, position: u64) -> SpanId {
    let trace = u128::from(position % TRACES + 1).to_be_bytes();
    (trace, ((position * 7 + source % 10) % 11 + 1).to_be_bytes())
}

fn is_refused(position: u64) -> bool {
    position.is_multiple_of(13)
}

/// What stands behind `from`, up to and with `to`.
fn arrival(at: u64, source: u64, from: u64, to: u64) -> Arrival {
    let mut items = Items::default();
    (from + 1..=to).for_each(|position| push(&mut items, source, position));
    let mut range = range(source, 0, 0);
    (range.from, range.to) = (from, to);
    range.running = Count { bytes: 0, records: to };
    let mut header = batch(at, source, 0, 0).header;
    header.batch.collector = CollectorId(uuid::Uuid::from_u128(u128::from(source / 10)));
    header.sources = vec![range];
    let refused = (0..).zip(items.entries()).filter(|(_, entry)| is_refused(entry.position));
    let refused = refused.map(|(index, entry)| Refusal {
        index,
        source: entry.source,
        position: entry.position,
        reason: Reason::NameTooLong,
    });
    Arrival {
        position: LogPosition(at),
        received: Timestamp(7),
        tenant: tenant_of(source),
        refused: refused.collect(),
        batch: Batch { header, items },
    }
}

/// What one tenant sees: (source, position) of records, spans and samples.
pub(super) type Seen = [BTreeSet<(u64, u64)>; 3];

fn add(seen: &mut BTreeSet<(u64, u64)>, origin: &Origin, position: u64) {
    assert!(seen.insert((origin.source.0, position)), "{position} of {} twice", origin.source);
}

pub(super) async fn seen_by(tenant: &Tenant, snapshot: &Snapshot) -> Seen {
    let mut seen = Seen::default();
    let [records, spans, samples] = &mut seen;
    let mut rows = snapshot.buffer.clone();
    for split in &snapshot.splits {
        let name = tenant.name().to_owned();
        let own = Question::Origin(Arc::new(move |origin| origin.tenant == name));
        let plan = Plan::new(split.index().await.unwrap(), &own, TimeRange::ALL).unwrap();
        let blocks = plan.blocks().unwrap();
        for (number, bytes) in blocks.iter().zip(split.read_blocks(&blocks).await.unwrap()) {
            let block = plan.index().block(*number, &bytes).unwrap();
            let fit = plan.rows(&block).unwrap();
            assert!(fit.is_all(), "a block is one tenant's");
            rows.push(Arc::new(block.take(&fit, nilometer_block::Columns::ALL).unwrap()).into());
        }
    }
    rows.iter().flat_map(|rows| rows.iter()).for_each(|row| add(records, row.origin, row.position));
    for chunk in spans_of(tenant, snapshot, None).await {
        chunk.iter().for_each(|span| add(spans, span.origin, span.position));
    }
    let mut chunks = snapshot.samples.clone();
    for split in &snapshot.sample_splits {
        let blocks = split.sample_blocks(tenant, TimeRange::ALL, &SamplePrune::default());
        let bytes = split.read_blocks(&blocks).await.unwrap();
        chunks.extend(bytes.iter().map(|bytes| Arc::new(decode_samples(bytes).unwrap()).into()));
    }
    let all = chunks.iter().flat_map(|samples| samples.iter());
    all.for_each(|sample| add(samples, sample.origin, sample.position));
    seen
}

/// The tenant's spans, of one trace or of all.
async fn spans_of(tenant: &Tenant, snapshot: &Snapshot, trace: Option<[u8; 16]>) -> Vec<Spans> {
    let mut chunks: Vec<Spans> = snapshot.spans.iter().map(|spans| Spans::clone(spans)).collect();
    for split in &snapshot.span_splits {
        let blocks = match trace {
            Some(trace) => split.trace_blocks(tenant, trace),
            None => split.span_blocks(tenant, TimeRange::ALL, &SpanPrune::default()),
        };
        let bytes = split.read_blocks(&blocks).await.unwrap();
        chunks.extend(bytes.iter().map(|bytes| decode_spans(bytes, SpanColumns::ALL).unwrap()));
    }
    chunks
}

/// What a naive reader of the Log makes of it.
#[derive(Default)]
struct Naive {
    positions: BTreeSet<(u64, u64)>,
    ids: BTreeSet<(Tenant, SpanId)>,
    seen: BTreeMap<Tenant, Seen>,
    duplicates: BTreeMap<Tenant, u64>,
}

impl Naive {
    fn enter(&mut self, items: &Items) {
        let kinds = [items.rows.len(), items.spans.len(), items.samples.len()];
        let kinds = (0..).zip(kinds).flat_map(|(kind, len)| std::iter::repeat_n(kind, len));
        for (entry, kind) in items.entries().zip(kinds) {
            let place = (entry.source.0, entry.position);
            if !self.positions.insert(place) || is_refused(entry.position) {
                continue;
            }
            let tenant = tenant_of(place.0);
            let id = (tenant.clone(), span_id(place.0, place.1));
            if kind == 1 && !self.ids.insert(id) {
                *self.duplicates.entry(tenant).or_default() += 1;
                continue;
            }
            self.seen.entry(tenant).or_default()[kind].insert(place);
        }
    }

    async fn check(&self, store: &Store) {
        for tenant in [1, 11].map(tenant_of) {
            let snapshot = store.snapshot(&tenant);
            let expect = self.seen.get(&tenant).cloned().unwrap_or_default();
            assert_eq!(seen_by(&tenant, &snapshot).await, expect, "{tenant}");
        }
    }

    /// Each trace is found by its id, and the books balance.
    async fn check_whole(&self, store: &Store) {
        self.check(store).await;
        for tenant in [1, 11].map(tenant_of) {
            let snapshot = store.snapshot(&tenant);
            let mut found = BTreeSet::new();
            for trace in (1..=TRACES).map(|trace| u128::from(trace).to_be_bytes()) {
                for chunk in spans_of(&tenant, &snapshot, Some(trace)).await {
                    let of_trace = chunk.iter().filter(|span| span.trace_id == trace);
                    of_trace.for_each(|span| add(&mut found, span.origin, span.position));
                }
            }
            assert_eq!(found, self.seen.get(&tenant).cloned().unwrap_or_default()[1]);
            let ledger = store.ledger(&tenant, Timestamp(9));
            assert!(ledger.iter().all(|row| row.balanced));
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Batch { source: u64, from: u64, records: u64 },
    Repeat(usize),
    Seal { fails: bool },
    Merge { fails: bool },
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let source = prop::sample::select(vec![1_u64, 2, 11]);
    prop_oneof![
        6 => (source, 0_u64..60, 1_u64..20)
            .prop_map(|(source, from, records)| Step::Batch { source, from, records }),
        3 => any::<usize>().prop_map(Step::Repeat),
        2 => prop::bool::weighted(0.3).prop_map(|fails| Step::Seal { fails }),
        2 => prop::bool::weighted(0.3).prop_map(|fails| Step::Merge { fails }),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn items_of_all_kinds_in_any_order_are_seen_once_and_a_span_once_by_its_id(
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(run(steps));
    }
}

async fn run(steps: Vec<Step>) {
    let ground = Ground::new();
    let mut store = ground.open().await;
    // What the Log holds; after a restart it is read again from the checkpoint.
    let mut log: Vec<(u64, u64, u64, u64)> = Vec::new();
    let mut naive = Naive::default();
    let of = |(sequence, source, from, to): (u64, u64, u64, u64), at: u64| {
        let mut arrival = arrival(sequence, source, from, to);
        arrival.position = LogPosition(at);
        arrival
    };
    for step in steps {
        match step {
            Step::Batch { source, from, records } => {
                let at = log.len() as u64 + 1;
                log.push((at, source, from, from + records));
                let arrival = arrival(at, source, from, from + records);
                let items = arrival.batch.items.clone();
                if store.arrive(arrival).await.is_ok() {
                    naive.enter(&items);
                }
            }
            Step::Repeat(nth) if !log.is_empty() => {
                let again = log[nth % log.len()];
                log.push(again);
                let entered = store.arrive(of(again, log.len() as u64)).await;
                assert_eq!(entered.map_or(0, |entered| entered.rows), 0);
            }
            Step::Repeat(_) => {}
            Step::Seal { fails } => {
                if fails {
                    ground.meta.fail_next_commit();
                }
                assert_eq!(seal(&store).await.is_err(), fails);
            }
            Step::Merge { fails } => merge(&ground, &store, fails).await,
            Step::Restart => {
                store = ground.open().await;
                for at in store.arrived().0..log.len() as u64 {
                    store.arrive(of(log[at as usize], at + 1)).await.unwrap();
                }
            }
        }
        naive.check(&store).await;
    }
    naive.check_whole(&store).await;
}

/// Merges what there is, as on the next day.
async fn merge(ground: &Ground, store: &Store, fails: bool) {
    let Snapshot { splits, span_splits, sample_splits, .. } = store.snapshot(&tenant_of(1));
    let classes: HashSet<_> = splits.iter().filter_map(|split| split.meta().class).collect();
    // What no class is known of is cut; of each class there is one split then.
    let is_due = splits.len() > classes.len() || span_splits.len() > 1 || sample_splits.len() > 1;
    if fails && is_due {
        ground.meta.fail_next_commit();
    }
    let merged = store.compact(&always(), Timestamp(i64::MAX), || true).await;
    assert_eq!(
        (merged.is_err(), merged.is_ok_and(|merged| merged.is_some())),
        match is_due {
            true => (fails, !fails),
            false => (false, false),
        }
    );
    store.delete_retired().await;
}

/// The store with all of a source's first 40 positions sealed or buffered, and what is expected of it.
async fn with_forty(ground: &Ground) -> (Store, Naive) {
    let (store, mut naive) = (ground.open().await, Naive::default());
    let arrival = arrival(1, 1, 0, 40);
    naive.enter(&arrival.batch.items);
    store.arrive(arrival).await.unwrap();
    (store, naive)
}

fn refused(store: &Store, source: u64, reason: Reason) -> u64 {
    let ledger = store.ledger(&tenant_of(source), Timestamp(9));
    let row = ledger.iter().find(|row| row.source == SourceId(source));
    row.and_then(|row| row.refused.get(&reason).copied()).unwrap_or_default()
}

#[tokio::test]
async fn a_span_that_comes_again_from_elsewhere_is_counted_as_a_duplicate_and_is_no_dead_letter() {
    for sealed in [false, true] {
        let ground = Ground::new();
        let (store, mut naive) = with_forty(&ground).await;
        if sealed {
            seal(&store).await.unwrap();
        }
        let letters = store.dead_letters(&tenant_of(1)).len();
        let mut again = arrival(2, 2, 0, 40);
        again.refused.clear();
        // The very spans of the other source, at positions of this one.
        for (row, position) in again.batch.items.spans.position.clone().into_iter().enumerate() {
            let (trace, span) = span_id(1, position);
            again.batch.items.spans.trace_id[row] = trace;
            again.batch.items.spans.span_id[row] = span;
        }
        let (spans, all) = (again.batch.items.spans.len(), again.batch.items.len());
        let fresh = again
            .batch
            .items
            .spans
            .iter()
            .filter(|span| naive.ids.insert((tenant_of(1), (span.trace_id, span.span_id))));
        let fresh = fresh.count();
        let entered = store.arrive(again).await.unwrap();
        assert_eq!(entered.rows, all - spans + fresh, "sealed: {sealed}");
        assert_eq!(store.dead_letters(&tenant_of(1)).len(), letters);
        seal(&store).await.unwrap();
        assert_eq!(refused(&store, 2, Reason::Duplicate), (spans - fresh) as u64);
        assert!(store.ledger(&tenant_of(1), Timestamp(9)).iter().all(|row| row.balanced));
    }
}

#[tokio::test]
async fn tenants_with_the_same_trace_ids_neither_see_nor_drop_each_others_spans() {
    let ground = Ground::new();
    let (store, mut naive) = with_forty(&ground).await;
    seal(&store).await.unwrap();
    let own = store.snapshot(&tenant_of(1));
    let others = arrival(2, 11, 0, 40);
    naive.enter(&others.batch.items);
    assert!(naive.duplicates.is_empty(), "the ids are the same, the tenants are not");
    store.arrive(others).await.unwrap();
    naive.check_whole(&store).await;
    seal(&store).await.unwrap();
    naive.check_whole(&store).await;
    let stranger = tenant_of(11);
    for split in &own.span_splits {
        let trace = u128::from(1_u64).to_be_bytes();
        assert!(split.trace_blocks(&stranger, trace).is_empty());
        assert!(split.span_blocks(&stranger, TimeRange::ALL, &SpanPrune::default()).is_empty());
        assert!(!split.trace_blocks(&tenant_of(1), trace).is_empty());
    }
}

/// Polls the seal step by step; after each step everything is seen once, and a repeat of what is being
/// sealed is known.
#[tokio::test]
async fn at_no_moment_of_a_seal_is_anything_seen_twice_or_not_at_all() {
    for fails in [false, true] {
        let ground = Ground::new();
        let (store, mut naive) = with_forty(&ground).await;
        if fails {
            ground.meta.fail_next_commit();
        }
        let mut publish = pin!(store.publish(store.cut(Timestamp(9))));
        let mut at = 1;
        let published = loop {
            let polled = publish.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            naive.check(&store).await;
            if at < 60 {
                at += 1;
                let next = arrival(at, 2, at - 2, at - 1);
                naive.enter(&next.batch.items);
                store.arrive(next).await.unwrap();
                naive.check(&store).await;
            }
            if let Poll::Ready(published) = polled {
                break published;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(published.is_err(), fails);
        naive.check_whole(&store).await;
        seal(&store).await.unwrap();
        naive.check_whole(&store).await;
        naive.check_whole(&ground.open().await).await;
    }
}

/// What was found in the splits is stale once a commit came between: the spans that it took out of the
/// buffer are looked for again.
#[test]
fn a_span_that_is_sealed_while_its_repeat_arrives_is_known_all_the_same() {
    let one_thread =
        tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
    one_thread.block_on(seal_during_an_arrival());
}

async fn seal_during_an_arrival() {
    let ground = Ground::new();
    let (store, mut naive) = with_forty(&ground).await;
    seal(&store).await.unwrap();
    let buffered = arrival(2, 1, 40, 54);
    naive.enter(&buffered.batch.items);
    store.arrive(buffered).await.unwrap();
    let mut again = arrival(3, 2, 0, 54);
    for (row, position) in again.batch.items.spans.position.clone().into_iter().enumerate() {
        again.batch.items.spans.span_id[row] = span_id(1, position).1;
    }
    let spans = again.batch.items.spans.len();
    let mut arriving = pin!(store.arrive(again));
    // Its traces are in the first split: it waits for their blocks to be decoded, behind who has the thread.
    let (let_go, held) = std::sync::mpsc::channel::<()>();
    let holder = tokio::task::spawn_blocking(move || held.recv());
    assert!(arriving.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let_go.send(()).unwrap();
    holder.await.unwrap().unwrap();
    seal(&store).await.unwrap();
    let entered = arriving.await.unwrap();
    assert_eq!(entered.duplicates, spans - 2, "all but 26 and 39, which admission turned away");
    let tenant = tenant_of(1);
    let seen = seen_by(&tenant, &store.snapshot(&tenant)).await;
    assert_eq!(seen[1], naive.seen[&tenant][1]);
}

#[tokio::test]
async fn one_seal_makes_a_split_of_each_kind_in_one_commit_and_retention_takes_them_all() {
    let ground = Ground::new();
    let (store, naive) = with_forty(&ground).await;
    seal(&store).await.unwrap();
    let tenant = tenant_of(1);
    let counts = |store: &Store| {
        let Snapshot { revision, splits, span_splits, sample_splits, .. } = store.snapshot(&tenant);
        (revision.0, [splits.len(), span_splits.len(), sample_splits.len()])
    };
    assert_eq!(counts(&store), (1, [1, 1, 1]));
    let again = ground.open().await;
    assert_eq!(counts(&again), (1, [1, 1, 1]));
    naive.check_whole(&again).await;
    assert_eq!(again.expire(&kept(1), Timestamp(9)).await.unwrap().splits, 3);
    assert_eq!(counts(&again), (2, [0, 0, 0]));
    // What is gone is forgotten: a span of the same id is new.
    let entered = again.arrive(arrival(2, 2, 0, 2)).await.unwrap();
    assert_eq!((entered.rows, entered.duplicates), (2, 0));
}

#[tokio::test]
async fn a_split_of_spans_that_cannot_be_read_is_missing_and_said_so() {
    let ground = Ground::new();
    let (store, _) = with_forty(&ground).await;
    seal(&store).await.unwrap();
    let split = Arc::clone(&store.snapshot(&tenant_of(1)).span_splits[0]);
    ObjectStoreExt::delete(&*ground.objects, &object_path(split.meta().id)).await.unwrap();
    let again = ground.open().await;
    let snapshot = again.snapshot(&tenant_of(1));
    assert_eq!((snapshot.missing_splits, snapshot.span_splits.len()), (1, 0));
    // Of what is missing nothing is known: nothing is lost for it.
    again.arrive(arrival(2, 2, 0, 40)).await.unwrap();
    // And where a split vanishes under a running store, its spans may come twice, but come.
    assert!(store.arrive(arrival(2, 2, 0, 40)).await.unwrap().rows > 0);
}

#[tokio::test]
async fn a_dead_letter_tells_a_spans_operation_and_a_samples_name() {
    let ground = Ground::new();
    let (store, _) = with_forty(&ground).await;
    let letters = store.dead_letters(&tenant_of(1));
    let said: Vec<_> = letters.iter().map(|letter| letter.message.as_str()).collect();
    assert_eq!(said, ["GET /", "GET /", "cpu"]);
}
