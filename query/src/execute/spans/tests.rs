//! Random spans in splits and in the buffer: every answer is what a naive evaluation of the facts says.
//!
//! Few traces, names and times, so that they meet: spans of one trace lie in several splits, parents in others than
//! their children, and some parents nowhere.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nilometer_model::{
    LogId, LogPosition, Origin, Revision, SpanKind, SpanRef, SpanStatus, Spans, Tenant, TimeRange,
    Timestamp,
};
use nilometer_store::{
    Mask, PurgeId, PurgeLanguage, Snapshot, Split, SplitId, SplitKind, SplitOrigin, Suspect,
    build_spans, object_path,
};
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::execute::{Direction, Limits, PipelineRequest, SearchRequest, pipeline, search};
use crate::plan::{Filter, Plan, Value};
use crate::purge::Language;
use crate::traces::PathKind;

const MS: u64 = 1_000_000;
const SERVICES: [&str; 3] = ["cart", "shop", "日志"];
const OPERATIONS: [&str; 3] = ["GET /cart", "get cart by id", "charge"];

/// A span.
#[derive(Debug, Clone)]
struct Fact {
    trace: u8,
    span: u8,
    /// Of any trace; 0 for none.
    parent: u8,
    service: usize,
    operation: usize,
    start: i64,
    duration: u64,
    kind: SpanKind,
    status: SpanStatus,
    code: u32,
}

fn fact() -> impl Strategy<Value = Fact> {
    let names = (0_u8..12, 0_u8..24, 0_usize..3, 0_usize..3);
    let times = (0_i64..400, 0_u64..40);
    let said = (select(&SpanKind::ALL[..]), select(&SpanStatus::ALL[..]), 399_u32..403);
    (names, times, said).prop_map(|(names, times, said)| Fact {
        trace: names.0,
        span: 0,
        parent: names.1,
        service: names.2,
        operation: names.3,
        start: times.0,
        duration: times.1 * MS / 2,
        kind: said.0,
        status: said.1,
        code: said.2,
    })
}

/// Each with an id of its own in its trace.
fn distinct(mut facts: Vec<Fact>) -> Vec<Fact> {
    let mut seen: BTreeMap<u8, u8> = BTreeMap::new();
    for fact in &mut facts {
        let last = seen.entry(fact.trace).or_default();
        *last += 1;
        fact.span = *last;
    }
    facts
}

fn rows(facts: &[Fact], tenant: &str) -> Spans {
    let mut spans = Spans::default();
    for (position, fact) in (1..).zip(facts) {
        let origin = Arc::new(Origin {
            tenant: tenant.to_owned(),
            component: SERVICES[fact.service].to_owned(),
            ..Origin::default()
        });
        spans.push(SpanRef {
            origin: &origin,
            operation: OPERATIONS[fact.operation],
            trace_id: [fact.trace + 1; 16],
            span_id: [fact.span; 8],
            parent_id: (fact.parent > 0).then_some([fact.parent; 8]),
            start: Timestamp(fact.start),
            duration: fact.duration,
            kind: fact.kind,
            status: fact.status,
            status_message: "",
            attributes: &format!(r#"{{"code":{}}}"#, fact.code),
            events: "",
            links: "",
            position,
            received: Timestamp(1),
        });
    }
    spans
}

/// The facts in six parts: two splits, two chunks of the buffer, a split, a chunk; and another tenant's spans.
async fn world(facts: &[Fact]) -> Snapshot {
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let mut snapshot = Snapshot::default();
    let origin = SplitOrigin {
        log: LogId::default(),
        log_from: LogPosition(0),
        log_to: LogPosition(1),
        revision: Revision(0),
        replaces: Vec::new(),
    };
    for (part, facts) in (0_u128..).zip(facts.chunks(facts.len().div_ceil(6).max(1))) {
        let own = Arc::new(rows(facts, Tenant::default().name()));
        if [2, 3, 5].contains(&part) {
            snapshot.spans.push(own.into());
            continue;
        }
        let id = SplitId(uuid::Uuid::from_u128(1 + part));
        let chunks = [own, Arc::new(rows(facts, "another"))];
        let (meta, bytes) = build_spans(id, &chunks, origin.clone()).unwrap();
        objects.put(&object_path(id), bytes.into()).await.unwrap();
        let split = Split::open(Arc::clone(&objects), meta).await.unwrap();
        snapshot.span_splits.push(Arc::new(split));
    }
    snapshot
}

fn nearest_rank_ms(mut durations: Vec<u64>, percent: usize) -> f64 {
    durations.sort_unstable();
    let rank = (durations.len() * percent).div_ceil(100).max(1);
    durations.get(rank - 1).map_or(0.0, |ns| *ns as f64 / 1e6)
}

/// Spans, errors and the three quantiles.
type Said = (u64, u64, [f64; 3]);

fn said(facts: &[&Fact]) -> Said {
    let errors = facts.iter().filter(|fact| fact.status == SpanStatus::Error).count();
    let durations: Vec<u64> = facts.iter().map(|fact| fact.duration).collect();
    let quantiles = [50, 95, 99].map(|percent| nearest_rank_ms(durations.clone(), percent));
    (facts.len() as u64, errors as u64, quantiles)
}

fn of_pace(pace: &Pace) -> Said {
    let quantiles = pace.quantiles;
    assert!(quantiles.exact);
    (pace.spans, pace.errors, [quantiles.p50_ms, quantiles.p95_ms, quantiles.p99_ms])
}

fn grouped<'a, K: Ord>(
    facts: impl Iterator<Item = &'a Fact>,
    key: impl Fn(&Fact) -> K,
) -> BTreeMap<K, Said> {
    let mut groups: BTreeMap<K, Vec<&Fact>> = BTreeMap::new();
    facts.for_each(|fact| groups.entry(key(fact)).or_default().push(fact));
    groups.into_iter().map(|(key, facts)| (key, said(&facts))).collect()
}

fn inside(range: TimeRange) -> impl Fn(&&Fact) -> bool {
    move |fact| range.contains(Timestamp(fact.start))
}

async fn check_paces(snapshot: &Snapshot, facts: &[Fact], range: TimeRange) {
    let tenant = Tenant::default();
    for of in [None, Some(1), Some(2)] {
        let operations_of = of.map(|service: usize| SERVICES[service].to_owned());
        let request =
            PaceRequest { tenant: tenant.clone(), range, operations_of, limits: Limits::default() };
        let found = paces(snapshot, request).await.unwrap().fold;
        let found: BTreeMap<String, Said> =
            found.iter().map(|(name, pace)| (name.clone(), of_pace(pace))).collect();
        let own = facts.iter().filter(inside(range));
        let own = own.filter(|fact| of.is_none_or(|of| of == fact.service));
        let name = |fact: &Fact| match of {
            None => SERVICES[fact.service].to_owned(),
            Some(_) => OPERATIONS[fact.operation].to_owned(),
        };
        assert_eq!(found, grouped(own, name), "{of:?}");
    }
}

async fn check_graph(snapshot: &Snapshot, facts: &[Fact], range: TimeRange) {
    let tenant = Tenant::default();
    let found = graph(snapshot, (&tenant, range), Limits::default()).await.unwrap().fold;
    let caller = |fact: &Fact| {
        let is_parent = |other: &&Fact| other.trace == fact.trace && other.span == fact.parent;
        facts.iter().find(is_parent).filter(|parent| parent.span != fact.span)
    };
    let own = || facts.iter().filter(inside(range));
    let calls = own().filter(|fact| caller(fact).is_some_and(|from| from.service != fact.service));
    let edge = |fact: &Fact| {
        let from = caller(fact).unwrap().service;
        (SERVICES[from].to_owned(), SERVICES[fact.service].to_owned())
    };
    let edges: BTreeMap<_, Said> =
        found.edges.iter().map(|(edge, pace)| (edge.clone(), of_pace(pace))).collect();
    assert_eq!(edges, grouped(calls, edge));
    let entered = own().filter(|fact| caller(fact).is_none_or(|from| from.service != fact.service));
    let nodes: BTreeMap<_, Said> =
        found.nodes.iter().map(|(node, pace)| (node.clone(), of_pace(pace))).collect();
    assert_eq!(nodes, grouped(entered, |fact| SERVICES[fact.service].to_owned()));
}

/// A query and what it means.
type Meant = (&'static str, fn(&Fact) -> bool);

const QUERIES: [Meant; 14] = [
    ("", |_| true),
    ("service:cart", |fact| fact.service == 0),
    ("component:in(cart,日志) -service:cart", |fact| fact.service == 2),
    ("operation:charge status:ERROR", |fact| {
        fact.operation == 2 && fact.status == SpanStatus::Error
    }),
    ("cart", |fact| fact.operation < 2),
    ("\"get cart\"", |fact| fact.operation == 1),
    ("/^get/ OR kind:server", |fact| fact.operation == 1 || fact.kind == SpanKind::Server),
    ("duration:>5ms", |fact| fact.duration > 5 * MS),
    ("duration:<=5.5 duration:>=1500us", |fact| {
        fact.duration <= 5_500_000 && fact.duration >= 1_500_000
    }),
    ("-status:error", |fact| fact.status != SpanStatus::Error),
    ("code:>=401", |fact| fact.code >= 401),
    ("attributes.code:400 parent_span_id:*", |fact| fact.code == 400 && fact.parent > 0),
    ("trace_id:03030303030303030303030303030303", |fact| fact.trace == 2),
    ("start:>=1970-01-01T00:00:00.000000200Z", |fact| fact.start >= 200),
];

async fn check_queries(snapshot: &Snapshot, facts: &[Fact], range: TimeRange) {
    let tenant = Tenant::default();
    for (text, meant) in QUERIES {
        let own: Vec<&Fact> =
            facts.iter().filter(inside(range)).filter(|fact| meant(fact)).collect();
        let request = SearchRequest::<Spans> {
            filter: Arc::new(Filter::parse(&tenant, text).unwrap()),
            range,
            limit: 10_000,
            direction: Direction::NewestFirst,
            after: None,
            limits: Limits::default(),
        };
        let found = search(snapshot, &request).await.unwrap().records;
        let found: BTreeSet<([u8; 16], [u8; 8])> =
            found.iter().map(|span| (span.trace_id, span.span_id)).collect();
        let expected = own.iter().map(|fact| ([fact.trace + 1; 16], [fact.span; 8])).collect();
        assert_eq!(found, expected, "{text}");
        let counted = format!("{text} | stats count(), p95(duration) by service");
        let plan = Arc::new(Plan::<Spans>::parse(&tenant, &counted, range).unwrap());
        let request = PipelineRequest { plan, range, rows: 100, limits: Limits::default() };
        let table = pipeline(snapshot, &request).await.unwrap().table;
        let said = grouped(own.into_iter(), |fact| SERVICES[fact.service]);
        let rows = said.into_iter().map(|(service, (spans, _, quantiles))| {
            let count = Value::Int(i64::try_from(spans).unwrap());
            vec![Value::Text(service.into()), count, Value::Duration(quantiles[1])]
        });
        assert_eq!(table.rows, rows.collect::<Vec<_>>(), "{counted}");
    }
}

/// What is asked of traces.
#[derive(Debug, Clone)]
struct Asked {
    query: usize,
    duration_min: Option<u64>,
    duration_max: Option<u64>,
    error: Option<bool>,
    order: TraceOrder,
    limit: usize,
}

fn asked() -> impl Strategy<Value = Asked> {
    let durations = prop_oneof![Just(None), (0_u64..30).prop_map(|ms| Some(ms * MS))];
    let error = select(&[None, Some(true), Some(false)][..]);
    let order = select(&[TraceOrder::Start, TraceOrder::Duration][..]);
    (0..QUERIES.len(), durations.clone(), durations, error, order, 1_usize..5).prop_map(
        |(query, duration_min, duration_max, error, order, limit)| {
            let duration_max = duration_max.map(|max| max + 10 * MS);
            Asked { query, duration_min, duration_max, error, order, limit }
        },
    )
}

/// Trace, start, duration, spans, errors.
type Line = (u128, i64, u64, usize, usize);

fn naive_traces(facts: &[Fact], range: TimeRange, asked: &Asked) -> Vec<Line> {
    let mut traces: BTreeMap<u8, Vec<&Fact>> = BTreeMap::new();
    facts.iter().for_each(|fact| traces.entry(fact.trace).or_default().push(fact));
    let mut lines: Vec<Line> = Vec::new();
    for (trace, facts) in traces {
        let start = facts.iter().map(|fact| fact.start).min().unwrap();
        let end = facts.iter().map(|fact| fact.start.unsigned_abs() + fact.duration).max();
        let duration = end.unwrap() - start.unsigned_abs();
        let errors = facts.iter().filter(|fact| fact.status == SpanStatus::Error).count();
        let fits = facts.iter().any(|fact| QUERIES[asked.query].1(fact))
            && range.contains(Timestamp(start))
            && asked.duration_min.is_none_or(|min| duration >= min)
            && asked.duration_max.is_none_or(|max| duration <= max)
            && asked.error.is_none_or(|error| error == (errors > 0));
        if fits {
            lines.push((
                u128::from_be_bytes([trace + 1; 16]),
                start,
                duration,
                facts.len(),
                errors,
            ));
        }
    }
    lines.sort_by_key(|(trace, start, duration, ..)| {
        let key = match asked.order {
            TraceOrder::Start => start.unsigned_abs(),
            TraceOrder::Duration => *duration,
        };
        std::cmp::Reverse((key, *trace))
    });
    lines
}

async fn check_traces(snapshot: &Snapshot, facts: &[Fact], range: TimeRange, asked: &Asked) {
    let filter = Filter::parse(&Tenant::default(), QUERIES[asked.query].0).unwrap();
    let mut request = TracesRequest {
        filter: Arc::new(filter),
        range,
        duration_min: asked.duration_min,
        duration_max: asked.duration_max,
        error: asked.error,
        order: asked.order,
        limit: asked.limit,
        after: None,
        limits: Limits::default(),
    };
    let mut found: Vec<Line> = Vec::new();
    loop {
        let page = traces(snapshot, &request).await.unwrap();
        assert!(page.traces.len() <= asked.limit);
        found.extend(page.traces.iter().map(|trace| {
            (trace.trace_id, trace.start.0, trace.duration, trace.spans, trace.errors)
        }));
        let Some(next) = page.next else { break };
        assert_ne!(Some(next), request.after, "a page without progress");
        request.after = Some(next);
    }
    assert_eq!(found, naive_traces(facts, range, asked), "{asked:?}");
}

async fn check_trace(snapshot: &Snapshot, facts: &[Fact], trace: u8) {
    let read = read_trace(snapshot, &Tenant::default(), [trace + 1; 16]).await.unwrap();
    let found: BTreeSet<[u8; 8]> = read.spans.span_id.iter().copied().collect();
    let own = facts.iter().filter(|fact| fact.trace == trace);
    assert_eq!(found, own.map(|fact| [fact.span; 8]).collect());
    assert_eq!((found.len(), read.missing_splits), (read.spans.len(), 0));
}

fn range() -> impl Strategy<Value = TimeRange> {
    let some = (0_i64..380, 1_i64..300).prop_map(|(from, length)| {
        TimeRange::new(Timestamp(from), Timestamp(from + length)).unwrap()
    });
    prop_oneof![1 => Just(TimeRange::ALL), 3 => some]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 48, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn every_answer_over_spans_is_what_the_naive_evaluation_says(
        facts in vec(fact(), 1..200).prop_map(distinct),
        asked in vec((range(), asked()), 12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let snapshot = world(&facts).await;
            for (range, asked) in &asked {
                check_traces(&snapshot, &facts, *range, asked).await;
            }
            for (range, _) in &asked[..3] {
                check_paces(&snapshot, &facts, *range).await;
                check_graph(&snapshot, &facts, *range).await;
                check_queries(&snapshot, &facts, *range).await;
            }
            for trace in 0..13 {
                check_trace(&snapshot, &facts, trace).await;
            }
        });
    }
}

/// Paths and differences are those of a world that never held more.
async fn check_as_without(masked: &Snapshot, without: &Snapshot, range: TimeRange) {
    let (tenant, limits) = (Tenant::default(), Limits::default());
    let (service, operation) = (None, None);
    let kind = PathKind::Shape;
    let asked = PathsRequest { tenant: tenant.clone(), range, service, operation, kind, limits };
    let filter = |query: &str| Arc::new(Filter::parse(&tenant, query).unwrap());
    let (among, a, b) = (filter("*"), filter("status:error"), None);
    let compared = CompareRequest { among, a, b, range, limits };
    let told = async |snapshot: &Snapshot| {
        let paths = path_stats(snapshot, &asked).await.unwrap().fold.paths.paths;
        let paths: BTreeSet<_> =
            paths.iter().map(|path| (path.id, path.count, path.failed)).collect();
        let differences = compare(snapshot, &compared).await.unwrap().fold;
        let differences: BTreeSet<_> =
            differences.iter().map(|difference| format!("{difference:?}")).collect();
        (paths, differences)
    };
    assert_eq!(told(masked).await, told(without).await);
}

/// What a purge takes is the same in answers, in rows and in splits.
async fn check_taken(snapshot: &Snapshot, gone: &[&Fact]) {
    let tenant = Tenant::default();
    let takes = Language::default().understand(&tenant, &snapshot.masks[0]).unwrap();
    let buffered = snapshot.spans.iter().map(|spans| takes.spans(spans).count() as u64);
    let mut taken: u64 = buffered.sum();
    for split in &snapshot.span_splits {
        taken += takes.count(&Suspect::Other(Arc::clone(split))).await.unwrap();
    }
    assert_eq!(taken, gone.len() as u64);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn every_answer_over_spans_is_without_what_a_purge_takes(
        facts in vec(fact(), 1..200).prop_map(distinct),
        (query, of) in (0..QUERIES.len(), range()),
        asked in vec((range(), asked()), 6),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut snapshot = world(&facts).await;
            let (purge, kinds) = (PurgeId(uuid::Uuid::nil()), [SplitKind::Spans].into());
            let text = Some(QUERIES[query].0.into());
            let mask = Mask { purge, kinds, query: text, range: of, at: Timestamp(1) };
            snapshot.masks = Arc::new([mask]);
            let is_gone = |fact: &&Fact| QUERIES[query].1(fact) && inside(of)(fact);
            check_taken(&snapshot, &facts.iter().filter(is_gone).collect::<Vec<_>>()).await;
            let left: Vec<Fact> = facts.iter().filter(|fact| !is_gone(fact)).cloned().collect();
            for (range, asked) in &asked {
                check_traces(&snapshot, &left, *range, asked).await;
            }
            for (range, _) in &asked[..2] {
                check_paces(&snapshot, &left, *range).await;
                check_graph(&snapshot, &left, *range).await;
                check_queries(&snapshot, &left, *range).await;
                check_as_without(&snapshot, &world(&left).await, *range).await;
            }
            for trace in 0..13 {
                check_trace(&snapshot, &left, trace).await;
            }
        });
    }
}

#[tokio::test]
async fn a_split_that_cannot_be_read_is_missing_and_the_rest_is_answered() {
    let fact = |trace: u8| Fact {
        trace,
        span: 1,
        parent: 0,
        service: 0,
        operation: 0,
        start: i64::from(trace),
        duration: MS,
        kind: SpanKind::Server,
        status: SpanStatus::Ok,
        code: 0,
    };
    let facts: Vec<Fact> = (0..6).map(fact).collect();
    let mut snapshot = world(&facts).await;
    let elsewhere: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let gone = snapshot.span_splits[0].meta().clone();
    let whole = std::mem::take(&mut snapshot.span_splits);
    let id = whole[0].meta().id;
    let (_, bytes) = build_spans(
        id,
        &[
            Arc::new(rows(&facts[..1], Tenant::default().name())),
            Arc::new(rows(&facts[..1], "another")),
        ],
        SplitOrigin {
            log: LogId::default(),
            log_from: LogPosition(0),
            log_to: LogPosition(1),
            revision: Revision(0),
            replaces: Vec::new(),
        },
    )
    .unwrap();
    elsewhere.put(&object_path(id), bytes.into()).await.unwrap();
    let split = Arc::new(Split::open(Arc::clone(&elsewhere), gone).await.unwrap());
    snapshot.span_splits = vec![split, Arc::clone(&whole[1])];
    elsewhere.delete(&object_path(id)).await.unwrap();
    let tenant = Tenant::default();
    let request = PaceRequest {
        tenant: tenant.clone(),
        range: TimeRange::ALL,
        operations_of: None,
        limits: Limits::default(),
    };
    let read = paces(&snapshot, request).await.unwrap();
    assert_eq!((read.fold[0].1.spans, read.missing_splits), (4, 1));
    let read = read_trace(&snapshot, &tenant, [1; 16]).await.unwrap();
    assert_eq!((read.spans.len(), read.missing_splits), (0, 1));
}
