//! Splits from outside: every row comes back, from memory and from disk, and damage never passes for data.

mod samples;
mod spans;

use std::sync::Arc;

use nilometer_block::{Columns, decode};
use nilometer_model::{Origin, RowRef, Rows, Severity, SourceId, Tenant, TimeRange, Timestamp};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt};

use super::*;

const ID: SplitId = SplitId(Uuid::from_u128(7));

fn origin_of_split() -> SplitOrigin {
    SplitOrigin {
        log: LogId::default(),
        log_from: LogPosition(3),
        log_to: LogPosition(9),
        revision: Revision(2),
    }
}

/// Whose all rows are where it does not matter.
fn nobody_else() -> Tenant {
    Tenant::default()
}

fn own_origin() -> Origin {
    Origin { tenant: nobody_else().name().to_owned(), ..Origin::default() }
}

/// Chunks in the order of arrival: many components, each in each chunk.
fn chunks(chunks: i64, rows: i64) -> Vec<Arc<Rows>> {
    let chunk = |chunk: i64| {
        let mut all = Rows::default();
        for row in 0..rows {
            let n = (row % 5).cast_unsigned();
            let component = format!("component-{n}");
            let time = Timestamp((chunk * rows + row) * 1_000);
            all.push(RowRef {
                origin: &Arc::new(Origin { component, source: SourceId(n), ..own_origin() }),
                time,
                order_time: time,
                position: time.0.cast_unsigned() + 10,
                bytes: 10,
                received: Timestamp(time.0 + 5),
                severity: Severity::Info,
                message: &format!("line {row} of {chunk}"),
                attributes: "{\"k\":1}",
                trace_id: None,
                span_id: None,
            });
        }
        Arc::new(all)
    };
    (0..chunks).map(chunk).collect()
}

/// Where the last block's magic stands.
fn last_block_at(bytes: &[u8]) -> usize {
    bytes.windows(4).rposition(|window| window == b"NLBK").unwrap()
}

async fn put(objects: &dyn ObjectStore, bytes: bytes::Bytes) {
    objects.put(&object_path(ID), bytes.into()).await.unwrap();
}

async fn read_all(split: &Split) -> Result<Vec<Rows>, SplitError> {
    let blocks: Vec<u32> = (0..split.meta().blocks).collect();
    let blocks = split.read_blocks(&blocks).await?;
    Ok(blocks.iter().map(|block| decode(block, Columns::ALL).unwrap()).collect())
}

async fn check_every_row_comes_back(objects: Arc<dyn ObjectStore>) {
    let chunks = chunks(4, 1_500);
    let (meta, bytes) = build(ID, &chunks, origin_of_split()).unwrap();
    let (_, again) = build(ID, &chunks, origin_of_split()).unwrap();
    assert!(again[..last_block_at(&again)] == bytes[..last_block_at(&bytes)], "the same blocks");
    put(&*objects, bytes).await;
    let split = Split::open(objects, meta.clone()).await.unwrap();
    let blocks = read_all(&split).await.unwrap();
    let mut expect: Vec<_> = chunks.iter().flat_map(|chunk| chunk.iter()).collect();
    expect.sort_by(RowRef::compare_in_split);
    let read: Vec<_> = blocks.iter().flat_map(Rows::iter).collect();
    assert_eq!(read, expect);
    assert_eq!((meta.rows, meta.blocks, meta.sources.len()), (6_000, 5, 5));
    assert_eq!(meta.sources[&SourceId(4)], Count { bytes: 12_000, records: 1_200 });
    assert_eq!((meta.time_first, meta.time_last), (Timestamp(0), Timestamp(5_999_000)));
}

#[tokio::test]
async fn every_row_comes_back_in_the_order_of_a_split() {
    check_every_row_comes_back(Arc::new(InMemory::new())).await;
    let directory = tempfile::tempdir().unwrap();
    let local = LocalFileSystem::new_with_prefix(directory.path()).unwrap();
    check_every_row_comes_back(Arc::new(local)).await;
}

#[tokio::test]
async fn a_flipped_byte_anywhere_or_a_cut_is_an_error_that_names_the_split() {
    let (meta, bytes) = build(ID, &chunks(1, 40), origin_of_split()).unwrap();
    let objects = Arc::new(InMemory::new());
    for at in 0..bytes.len() {
        let mut changed = bytes.to_vec();
        changed[at] ^= 0x20;
        put(&*objects, changed.into()).await;
        let error = match Split::open(Arc::clone(&objects) as _, meta.clone()).await {
            Ok(split) => read_all(&split).await.unwrap_err(),
            Err(error) => error,
        };
        assert!(error.to_string().contains(&ID.0.to_string()), "byte {at}: {error}");
    }
    put(&*objects, bytes.slice(..bytes.len() - 1)).await;
    assert!(Split::open(objects, meta).await.is_err());
}

#[tokio::test]
async fn no_block_with_a_wanted_row_is_left_out() {
    let chunks = chunks(4, 1_500);
    let (meta, bytes) = build(ID, &chunks, origin_of_split()).unwrap();
    let objects = Arc::new(InMemory::new());
    put(&*objects, bytes).await;
    let split = Split::open(objects, meta).await.unwrap();
    let blocks = read_all(&split).await.unwrap();
    for (from, to) in [(-5, 0), (0, 1), (999_000, 1_000_001), (5_999_000, 9_000_000)] {
        let range = TimeRange::new(Timestamp(from), Timestamp(to)).unwrap();
        let candidates = split.blocks(&nobody_else(), range, &Prune::Word("line".to_owned()));
        for (block, rows) in (0_u32..).zip(&blocks) {
            let wanted = rows.iter().any(|row| range.contains(row.time));
            assert!(!wanted || candidates.contains(&block), "block {block} of {from}..{to}");
        }
        assert!(
            split
                .blocks(&nobody_else(), range, &Prune::And(vec![Prune::All, Prune::None]))
                .is_empty()
        );
    }
    assert!(matches!(split.read_blocks(&[99]).await, Err(SplitError::NoSuchBlock { .. })));
}

#[test]
fn a_split_without_rows_is_not_built() {
    assert!(matches!(build(ID, &[], origin_of_split()), Err(SplitError::Empty { .. })));
}

/// A row whose message and attributes are drawn from a few words and values.
fn drawn(chunk: &mut Rows, n: u64, message: &str, attributes: &str) {
    let origin = Origin { component: format!("c{}", n % 3), ..own_origin() };
    chunk.push(RowRef {
        origin: &Arc::new(origin),
        time: Timestamp(n.cast_signed()),
        order_time: Timestamp(n.cast_signed()),
        position: n + 1,
        bytes: 1,
        received: Timestamp(1),
        severity: if n.is_multiple_of(7) { Severity::Error } else { Severity::Info },
        message,
        attributes,
        trace_id: None,
        span_id: None,
    });
}

#[tokio::test]
async fn the_index_leaves_out_no_wanted_block_and_most_of_the_others() {
    let mut chunk = Rows::default();
    for n in 0..900 {
        let word =
            ["Alpha", "beta", "gämma", "de7ta", "日志"][(n % 3) as usize + usize::from(n > 600)];
        let long = "w".repeat(if n == 5 { 65 } else { 64 });
        let attributes = format!("{{\"status\":{},\"id\":\"{n}\",\"one\":\"x\"}}", 200 + n % 3);
        drawn(&mut chunk, n, &format!("{word} {long}"), if n % 3 == 1 { "" } else { &attributes });
    }
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let (meta, bytes) = build(ID, &[Arc::new(chunk)], origin_of_split()).unwrap();
    put(&*objects, bytes).await;
    let split = Split::open(objects, meta.clone()).await.unwrap();
    assert_eq!(meta.blocks, 3, "one for each component");
    let equals =
        |field: &str, value: &str| Prune::Equals { field: field.into(), value: value.into() };
    let check = |prune: &Prune, expect: &[u32]| {
        assert_eq!(split.blocks(&nobody_else(), TimeRange::ALL, prune), expect, "{prune:?}");
    };
    check(&Prune::All, &[0, 1, 2]);
    check(&Prune::None, &[]);
    check(&Prune::Word("alpha".into()), &[0]);
    check(&Prune::Word("beta".into()), &[0, 1]);
    check(&Prune::Word("absent".into()), &[]);
    check(&Prune::Word("de7ta".into()), &[0, 1, 2]);
    check(&Prune::Word("gämma".into()), &[0, 1, 2]);
    check(&Prune::Word("w".repeat(64)), &[0, 1, 2]);
    check(&Prune::Word("w".repeat(65)), &[0, 1, 2]);
    check(&Prune::Prefix("alp".into()), &[0, 1, 2]);
    check(&equals("component", "c1"), &[1]);
    check(&equals("severity", "error"), &[0, 1, 2]);
    check(&equals("status", "200"), &[0]);
    check(&equals("status", "201"), &[]);
    check(&equals("one", "x"), &[0, 2]);
    check(&equals("id", "899"), &[0, 2]);
    check(&equals("id", &"9".repeat(65)), &[0, 2]);
    check(&Prune::Exists { field: "id".into() }, &[0, 2]);
    check(&Prune::And(vec![equals("status", "200"), Prune::Word("alpha".into())]), &[0]);
    check(&Prune::Or(vec![equals("status", "202"), equals("component", "c1")]), &[1, 2]);
    check(&Prune::Or(vec![equals("status", "202"), Prune::All]), &[0, 1, 2]);
}

#[tokio::test]
async fn a_tenants_blocks_hold_his_rows_only_and_nobody_else_opens_them() {
    let names = ["acme", "globex", "zeta"];
    let mut chunk = Rows::default();
    for n in 0..3_000_u64 {
        // Of the second there are fewer than make a block otherwise.
        let tenant = if n % 100 == 0 { names[1] } else { names[2 * (n % 2) as usize] };
        let origin = Arc::new(Origin { tenant: tenant.to_owned(), ..Origin::default() });
        let mut one = Rows::default();
        drawn(&mut one, n, "line", "");
        chunk.push(RowRef { origin: &origin, ..one.row(0) });
    }
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let (meta, bytes) = build(ID, &[Arc::new(chunk)], origin_of_split()).unwrap();
    put(&*objects, bytes).await;
    let split = Split::open(objects, meta.clone()).await.unwrap();
    let blocks = read_all(&split).await.unwrap();
    let mut opened = Vec::new();
    for name in names {
        let tenant = Tenant::parse(name).unwrap();
        let own = split.blocks(&tenant, TimeRange::ALL, &Prune::All);
        assert_eq!(split.blocks(&tenant, TimeRange::ALL, &Prune::Word("line".into())), own);
        let mut rows = own.iter().flat_map(|block| blocks[*block as usize].iter());
        assert!(!own.is_empty() && rows.all(|row| row.origin.tenant == name));
        opened.extend(own);
    }
    assert_eq!(opened, (0..meta.blocks).collect::<Vec<_>>(), "each block is somebody's");
    let unknown = Tenant::parse("nobody").unwrap();
    assert!(split.blocks(&unknown, TimeRange::ALL, &Prune::All).is_empty());
}
