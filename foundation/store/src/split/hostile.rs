//! A split of each kind, and what happens to its object.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use nilometer_model::{
    LogId, LogPosition, Origin, Revision, RowRef, Rows, SampleKind, SampleRef, Samples, Severity,
    SourceId, SpanKind, SpanRef, SpanStatus, Spans, Tenant, TimeRange, Timestamp,
};
use nilometer_mutate::{Tape, damage_bytes};
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt};
use tokio::runtime::{self, Runtime};
use uuid::Uuid;

use super::{
    SECTIONS, SamplePrune, SpanPrune, Split, SplitError, SplitId, SplitKind, SplitMeta,
    SplitOrigin, TAIL_BYTES, build_samples, build_spans, object_path,
};
use crate::records::{Builder, RecordSplit};

/// More than one block's.
const ROWS: u64 = 300;
const SPLIT: SplitId = SplitId(Uuid::from_u128(7));

/// Which split, whether its checksums are put right, and then what happens to its object.
pub fn split(bytes: &[u8]) {
    static SPLITS: LazyLock<[(SplitMeta, Bytes); 3]> = LazyLock::new(splits);
    static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
        runtime::Builder::new_current_thread().build().expect("a thread can wait")
    });
    let mut tape = Tape::new(bytes);
    let (meta, whole) = &SPLITS[usize::from(tape.number()) % SPLITS.len()];
    let is_signed = tape.number() % 2 == 1;
    let mut object = whole.to_vec();
    damage_bytes(&mut object, &mut tape);
    let mut meta = meta.clone();
    if is_signed {
        meta.bytes = object.len() as u64;
        sign(&mut object, meta.kind);
    }
    let read = RUNTIME.block_on(read(meta, object.clone().into()));
    // What lies behind its end nobody reads.
    if !is_signed && !object.starts_with(whole) {
        let error = read.expect_err("it is not what was written");
        assert!(error.to_string().contains(&SPLIT.0.to_string()), "{error}");
    }
}

/// Opens the object, asks it everything, and reads every block.
async fn read(meta: SplitMeta, object: Bytes) -> Result<(), SplitError> {
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let put = objects.put(&object_path(SPLIT), object.into()).await;
    put.expect("memory has room for an object");
    if meta.kind == SplitKind::Logs {
        return RecordSplit::open(objects, meta).await?.verify().await;
    }
    let split = Split::open(objects, meta).await?;
    let count = split.meta().blocks;
    assert_eq!(split.directory().len(), count as usize);
    for asked in questions(&split) {
        assert!(asked.is_sorted() && asked.iter().all(|block| *block < count), "{asked:?}");
    }
    split.trace_hashes().map(Iterator::count);
    let none = split.read_blocks(&[count]).await;
    assert!(matches!(none, Err(SplitError::NoSuchBlock { .. })));
    let all: Vec<u32> = (0..count).collect();
    let blocks = split.read_blocks(&all).await?;
    let lengths = split.directory().iter().map(|entry| entry.len as usize);
    assert!(lengths.eq(blocks.iter().map(Bytes::len)));
    Ok(())
}

fn questions(split: &Split) -> Vec<Vec<u32>> {
    let tenant = Tenant::default();
    let range =
        TimeRange::new(Timestamp(0), Timestamp(i64::MAX)).expect("it ends behind it begins");
    let spans =
        SpanPrune { operation: Some("GET /".to_owned()), errors: true, ..SpanPrune::default() };
    let user = vec![vec![("user".to_owned(), Some("ann".to_owned()))]];
    let of_user = SpanPrune { attributes: user, ..SpanPrune::default() };
    let samples = SamplePrune { names: Some(vec!["cpu".to_owned()]), ..SamplePrune::default() };
    vec![
        split.span_blocks(&tenant, range, &spans),
        split.span_blocks(&tenant, range, &of_user),
        split.trace_blocks(&tenant, 9_u128.to_be_bytes()),
        split.sample_blocks(&tenant, range, &samples),
    ]
}

/// Makes the checksums of the sections right. Not those of records: `records/tests/hostile.rs` does that part by
/// part.
fn sign(object: &mut [u8], kind: SplitKind) {
    let tail = object.len().checked_sub(TAIL_BYTES).filter(|_| kind != SplitKind::Logs);
    let Some(tail) = tail else { return };
    let (sections, tail) = object.split_at_mut(tail);
    let mut end = sections.len();
    for section in (0..SECTIONS).rev() {
        let entry = &mut tail[section * 8..section * 8 + 8];
        let len = u32::from_le_bytes([entry[0], entry[1], entry[2], entry[3]]) as usize;
        let Some(begin) = end.checked_sub(len) else { return };
        let crc = crc32c::crc32c(&sections[begin..end]);
        entry[4..].copy_from_slice(&crc.to_le_bytes());
        end = begin;
    }
}

fn build_records(rows: Rows, origin: SplitOrigin) -> Result<(SplitMeta, Bytes), SplitError> {
    let mut builder = Builder::new().expect("zstd has memory");
    builder.build(SPLIT, &[Arc::new(rows)], origin)
}

fn splits() -> [(SplitMeta, Bytes); 3] {
    let origin = SplitOrigin {
        log: LogId::default(),
        log_from: LogPosition(3),
        log_to: LogPosition(9),
        revision: Revision(2),
        replaces: Vec::new(),
    };
    let (mut rows, mut spans, mut samples) =
        (Rows::default(), Spans::default(), Samples::default());
    for n in 0..ROWS {
        let said = Arc::new(said_by(n));
        rows.push(row(n, &said));
        spans.push(span(n, &said));
        samples.push(sample(n, &said));
    }
    [
        build_records(rows, origin.clone()),
        build_spans(SPLIT, &[Arc::new(spans)], origin.clone()),
        build_samples(SPLIT, &[Arc::new(samples)], origin),
    ]
    .map(|built| built.expect("there is something to build from"))
}

/// Two components, so that a split of records has two blocks.
fn said_by(n: u64) -> Origin {
    Origin {
        tenant: Tenant::default().name().to_owned(),
        component: format!("component-{}", n % 2),
        source: SourceId(n % 2),
        ..Origin::default()
    }
}

fn row(n: u64, origin: &Arc<Origin>) -> RowRef<'_> {
    let time = Timestamp(n.cast_signed());
    RowRef {
        origin,
        time,
        order_time: time,
        position: n + 1,
        bytes: 10,
        received: time,
        severity: Severity::Info,
        message: "a line",
        attributes: r#"{"k":1}"#,
        trace_id: None,
        span_id: None,
    }
}

fn span(n: u64, origin: &Arc<Origin>) -> SpanRef<'_> {
    SpanRef {
        origin,
        operation: "GET /",
        trace_id: u128::from(n / 3).to_be_bytes(),
        span_id: n.to_be_bytes(),
        parent_id: None,
        start: Timestamp(n.cast_signed()),
        duration: 5,
        kind: SpanKind::Server,
        status: SpanStatus::Error,
        status_message: "",
        attributes: "",
        events: "",
        links: "",
        position: n + 1,
        received: Timestamp(n.cast_signed()),
    }
}

fn sample(n: u64, origin: &Arc<Origin>) -> SampleRef<'_> {
    SampleRef {
        origin,
        name: "cpu",
        unit: "",
        time: Timestamp(n.cast_signed()),
        value: n as f64,
        kind: SampleKind::Gauge,
        attributes: "",
        position: n + 1,
        received: Timestamp(n.cast_signed()),
    }
}
