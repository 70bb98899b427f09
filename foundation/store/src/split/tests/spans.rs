//! Splits of spans from outside: order, blocks, the trace table, what prunes, and damage.

use nilometer_block::{SpanColumns, decode_spans};
use nilometer_model::limits::BLOCK_SPANS_MAX;
use nilometer_model::{SpanKind, SpanRef, SpanStatus, Spans};

use super::*;
use crate::limits::{INDEXED_NAME_BYTES_MAX, INDEXED_NAMES_PER_BLOCK_MAX};

/// A span of a trace, which says all that is asked for here.
struct Said<'a> {
    tenant: &'a str,
    trace: u64,
    span: u64,
    start: i64,
    service: &'a str,
    operation: &'a str,
    duration: u64,
    failed: bool,
}

const PLAIN: Said<'static> = Said {
    tenant: "default",
    trace: 1,
    span: 1,
    start: 0,
    service: "shop",
    operation: "GET /",
    duration: 5,
    failed: false,
};

fn trace_id(trace: u64) -> [u8; 16] {
    u128::from(trace).to_be_bytes()
}

fn push(spans: &mut Spans, said: &Said<'_>) {
    let origin = Origin {
        tenant: said.tenant.to_owned(),
        component: said.service.to_owned(),
        source: SourceId(3),
        ..Origin::default()
    };
    spans.push(SpanRef {
        origin: &Arc::new(origin),
        operation: said.operation,
        trace_id: trace_id(said.trace),
        span_id: said.span.to_be_bytes(),
        parent_id: (said.span > 1).then(|| 1_u64.to_be_bytes()),
        start: Timestamp(said.start),
        duration: said.duration,
        kind: SpanKind::Server,
        status: if said.failed { SpanStatus::Error } else { SpanStatus::Unset },
        status_message: "",
        attributes: "{\"k\":1}",
        events: "",
        links: "",
        position: said.span,
        received: Timestamp(said.start + 5),
    });
}

async fn open(chunks: &[Arc<Spans>]) -> Split {
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let (meta, bytes) = build_spans(ID, chunks, origin_of_split()).unwrap();
    put(&*objects, bytes).await;
    Split::open(objects, meta).await.unwrap()
}

async fn blocks_of(split: &Split) -> Vec<Spans> {
    let blocks: Vec<u32> = (0..split.meta().blocks).collect();
    let bytes = split.read_blocks(&blocks).await.unwrap();
    bytes.iter().map(|bytes| decode_spans(bytes, SpanColumns::ALL).unwrap()).collect()
}

/// Traces of 1 to 7 spans, whose spans come in several chunks and overlap in time.
fn chunks() -> Vec<Arc<Spans>> {
    let mut chunks = vec![Spans::default(); 3];
    for span in 0..7_u64 {
        for trace in 1..=3_000_u64 {
            if span < trace % 7 + 1 {
                let start = (trace * 31 % 3_000 * 1_000 + span).cast_signed();
                let said = Said { trace, span: span + 1, start, ..PLAIN };
                push(&mut chunks[(trace + span) as usize % 3], &said);
            }
        }
    }
    chunks.into_iter().map(Arc::new).collect()
}

#[tokio::test]
async fn every_span_comes_back_in_the_order_of_by_trace_and_no_trace_is_cut() {
    let chunks = chunks();
    let split = open(&chunks).await;
    let mut all = Spans::default();
    chunks.iter().for_each(|chunk| all.append(chunk));
    let expect = all.pick(&all.by_trace());
    let blocks = blocks_of(&split).await;
    let read: Vec<_> = blocks.iter().flat_map(Spans::iter).collect();
    assert_eq!(read, expect.iter().collect::<Vec<_>>());
    let meta = split.meta();
    assert_eq!((meta.rows, meta.kind, meta.format), (all.len() as u64, SplitKind::Spans, 4));
    assert_eq!(meta.sources[&SourceId(3)], Count { bytes: 0, records: all.len() as u64 });
    assert!(meta.blocks > 2 && blocks.iter().all(|block| block.len() <= BLOCK_SPANS_MAX));
    for trace in (1..=3_000).map(trace_id) {
        let holds = |block: &u32| blocks[*block as usize].trace_id.contains(&trace);
        let holding: Vec<u32> = (0..meta.blocks).filter(holds).collect();
        assert_eq!(holding.len(), 1, "the trace stands in one block");
        let named = split.trace_blocks(&nobody_else(), trace);
        assert!(named.contains(&holding[0]) && named.len() <= 2);
    }
    assert!(split.trace_blocks(&nobody_else(), trace_id(3_001)).len() <= 1);
    assert!(split.trace_blocks(&Tenant::parse("other").unwrap(), trace_id(1)).is_empty());
}

#[tokio::test]
async fn what_takes_over_other_splits_is_packed_more_tightly_and_says_the_same() {
    let (chunks, objects) = (chunks(), Arc::new(InMemory::new()));
    let merged = SplitOrigin { replaces: vec![ID], ..origin_of_split() };
    let mut found = Vec::new();
    for origin in [origin_of_split(), merged] {
        let (meta, bytes) = build_spans(ID, &chunks, origin).unwrap();
        put(&*objects, bytes).await;
        let objects: Arc<dyn ObjectStore> = Arc::<InMemory>::clone(&objects);
        let split = Split::open(objects, meta).await.unwrap();
        found.push((blocks_of(&split).await, split.meta().bytes));
    }
    let [(sealed, sealed_bytes), (merged, merged_bytes)] = &found[..] else { panic!("two splits") };
    assert_eq!(sealed, merged);
    assert!(merged_bytes < sealed_bytes, "{merged_bytes} of {sealed_bytes}");
}

#[tokio::test]
async fn a_trace_fills_a_block_to_its_limit_and_one_more_span_begins_another() {
    for (more, expect) in [(0, vec![4_096, 1]), (1, vec![4_096, 2])] {
        let mut spans = Spans::default();
        let most = BLOCK_SPANS_MAX as u64 + more;
        (1..=most).for_each(|span| push(&mut spans, &Said { span, ..PLAIN }));
        push(&mut spans, &Said { trace: 2, start: 1, ..PLAIN });
        let split = open(&[Arc::new(spans)]).await;
        let lens: Vec<_> = blocks_of(&split).await.iter().map(Spans::len).collect();
        assert_eq!(lens, expect);
        let expect: &[u32] = if more == 0 { &[0] } else { &[0, 1] };
        assert_eq!(split.trace_blocks(&nobody_else(), trace_id(1)), expect);
    }
}

/// One block per case: traces of nearly a block's spans each.
async fn split_of(cases: &[Said<'_>]) -> Split {
    let mut spans = Spans::default();
    for (trace, said) in (1..).zip(cases) {
        for span in 1..=BLOCK_SPANS_MAX as u64 - 1 {
            let start = said.start + (trace as i64) * 1_000;
            push(&mut spans, &Said { trace, span, start, ..*said });
        }
    }
    open(&[Arc::new(spans)]).await
}

#[tokio::test]
async fn a_block_is_ruled_out_only_by_what_none_of_its_spans_can_be() {
    let split = split_of(&[
        Said { service: "shop", operation: "GET /", duration: 10, ..PLAIN },
        Said { service: "pay", operation: "POST /pay", duration: 20, failed: true, ..PLAIN },
        Said { service: "mail", operation: "GET /", duration: 30, ..PLAIN },
    ])
    .await;
    let check = |prune: SpanPrune, expect: &[u32]| {
        let blocks = split.span_blocks(&nobody_else(), TimeRange::ALL, &prune);
        assert_eq!(blocks, expect, "{prune:?}");
    };
    let services = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
    let operation = |name: &str| Some(name.to_owned());
    let all = SpanPrune::default;
    check(all(), &[0, 1, 2]);
    check(SpanPrune { services: services(&["shop", "mail"]), ..all() }, &[0, 2]);
    check(SpanPrune { services: services(&["nobody"]), ..all() }, &[]);
    check(SpanPrune { services: services(&[]), ..all() }, &[]);
    check(SpanPrune { operation: operation("GET /"), ..all() }, &[0, 2]);
    check(SpanPrune { errors: true, ..all() }, &[1]);
    check(SpanPrune { duration_min: Some(20), ..all() }, &[1, 2]);
    check(SpanPrune { duration_min: Some(21), ..all() }, &[2]);
    check(SpanPrune { duration_max: Some(20), ..all() }, &[0, 1]);
    check(SpanPrune { duration_max: Some(9), ..all() }, &[]);
    check(
        SpanPrune { services: services(&["mail"]), operation: operation("POST /pay"), ..all() },
        &[],
    );
    let range = TimeRange::new(Timestamp(2_000), Timestamp(3_000)).unwrap();
    assert_eq!(split.span_blocks(&nobody_else(), range, &all()), [1]);
}

#[tokio::test]
async fn names_that_are_not_listed_leave_their_block_open() {
    let names = |count: usize| (0..count).map(|n| format!("op-{n}")).collect::<Vec<_>>();
    let cases = [
        (names(INDEXED_NAMES_PER_BLOCK_MAX), false),
        (names(INDEXED_NAMES_PER_BLOCK_MAX + 1), true),
        (vec!["o".repeat(INDEXED_NAME_BYTES_MAX)], false),
        (vec!["o".repeat(INDEXED_NAME_BYTES_MAX + 1)], true),
    ];
    for (operations, is_open) in cases {
        let mut spans = Spans::default();
        for (span, operation) in (1..).zip(&operations) {
            push(&mut spans, &Said { span, operation, ..PLAIN });
        }
        let split = open(&[Arc::new(spans)]).await;
        let blocks = |operation: &str| {
            let prune = SpanPrune { operation: Some(operation.to_owned()), ..SpanPrune::default() };
            split.span_blocks(&nobody_else(), TimeRange::ALL, &prune)
        };
        assert!(operations.iter().all(|operation| blocks(operation) == [0]));
        assert_eq!(blocks("absent").is_empty(), !is_open);
    }
}

#[tokio::test]
async fn a_flipped_byte_of_a_split_of_spans_is_an_error_that_names_it() {
    let mut spans = Spans::default();
    (1..20).for_each(|trace| push(&mut spans, &Said { trace, ..PLAIN }));
    let (meta, bytes) = build_spans(ID, &[Arc::new(spans)], origin_of_split()).unwrap();
    let objects = Arc::new(InMemory::new());
    for at in 0..bytes.len() {
        let mut changed = bytes.to_vec();
        changed[at] ^= 0x20;
        put(&*objects, changed.into()).await;
        let error = match Split::open(Arc::clone(&objects) as _, meta.clone()).await {
            Ok(split) => split.read_blocks(&[0]).await.unwrap_err(),
            Err(error) => error,
        };
        assert!(error.to_string().contains(&ID.0.to_string()), "byte {at}: {error}");
    }
}

#[tokio::test]
async fn an_index_that_cannot_be_read_rules_nothing_out() {
    let mut spans = Spans::default();
    push(&mut spans, &PLAIN);
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let mut building = build::Building::new(ID, SplitKind::Spans, origin_of_split());
    let block = nilometer_block::encode_spans(&spans, 1);
    building.block(&block, &(&spans).into());
    let (meta, bytes) = building.finish(1, b"no index").unwrap();
    put(&*objects, bytes).await;
    let split = Split::open(objects, meta).await.unwrap();
    let prune = SpanPrune { errors: true, ..SpanPrune::default() };
    assert_eq!(split.span_blocks(&nobody_else(), TimeRange::ALL, &prune), [0]);
    assert_eq!(split.trace_blocks(&nobody_else(), trace_id(9)), [0]);
    assert!(split.trace_hashes().is_none());
}

#[tokio::test]
async fn a_build_that_knows_records_only_refuses_a_split_of_spans_and_old_splits_are_of_records() {
    let mut spans = Spans::default();
    push(&mut spans, &PLAIN);
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let (meta, bytes) = build_spans(ID, &[Arc::new(spans)], origin_of_split()).unwrap();
    put(&*objects, bytes).await;
    let as_records = SplitMeta { kind: SplitKind::Logs, ..meta.clone() };
    let refused = Split::open(objects, as_records).await;
    assert!(matches!(refused, Err(SplitError::Format { format: 4, .. })));
    let mut old = serde_json::to_value(&meta).unwrap();
    old.as_object_mut().unwrap().remove("kind");
    assert_eq!(serde_json::from_value::<SplitMeta>(old).unwrap().kind, SplitKind::Logs);
}
