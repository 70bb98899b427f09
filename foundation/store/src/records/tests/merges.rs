//! Splits that are merged say what one split of all their rows says.

use std::sync::Arc;
use std::time::Duration;

use glob::Pattern;
use nilometer_block::Columns;
use nilometer_model::{Origin, Revision, RowRef, Rows, Severity, SourceId, Timestamp};
use proptest::prelude::*;

use super::drawn::{Held, any_chunks, opened};
use crate::limits::MERGED_BLOCK_ROWS_MAX;
use crate::records::{Builder, RecordIndex, RowSet};
use crate::retention::{KeepFor, Level, Retention};
use crate::split::{SplitError, SplitId, SplitMeta};

const MERGED: SplitId = SplitId(uuid::Uuid::from_u128(8));

fn merged(sources: &[Held]) -> Result<(SplitMeta, Held), SplitError> {
    let indexes: Vec<Arc<RecordIndex>> =
        sources.iter().map(|source| Arc::clone(&source.index)).collect();
    let mut fetch = |source: usize, block| sources[source].bytes(block);
    let mut builder = Builder::merging().unwrap();
    let (meta, bytes) = builder.merge(MERGED, &indexes, Revision(9), &mut fetch)?;
    Ok((meta.clone(), Held::open(bytes, meta)?))
}

fn rows_of(split: &Held) -> Vec<Rows> {
    let read = |number| {
        let bytes = split.bytes(number).unwrap();
        let block = split.index.block(number, &bytes).unwrap();
        block.check().unwrap();
        block.take(&RowSet::all(block.rows()), Columns::ALL).unwrap()
    };
    (0..split.blocks()).map(read).collect()
}

fn sorted<'a>(chunks: impl Iterator<Item = &'a Rows>) -> Vec<RowRef<'a>> {
    let mut rows: Vec<_> = chunks.flat_map(Rows::iter).collect();
    rows.sort_by(RowRef::compare_in_split);
    rows
}

#[track_caller]
fn check(parts: &[Vec<Arc<Rows>>]) -> Vec<usize> {
    let sources: Vec<Held> = parts.iter().map(|chunks| opened(chunks)).collect();
    let (meta, split) = merged(&sources).unwrap();
    split.index.check().unwrap();
    let blocks = rows_of(&split);
    let read: Vec<_> = blocks.iter().flat_map(Rows::iter).collect();
    let all: Vec<_> = parts.concat();
    assert_eq!(read, sorted(all.iter().map(|chunk| &**chunk)));
    let at_once = opened(&all).index.meta().clone();
    assert_eq!(meta.sources, at_once.sources);
    let spans = |meta: &SplitMeta| {
        [meta.time_first, meta.time_last, meta.order_first, meta.received_first, meta.received_last]
    };
    assert_eq!((meta.rows, spans(&meta)), (at_once.rows, spans(&at_once)));
    assert_eq!(meta.tenants.keys().collect::<Vec<_>>(), at_once.tenants.keys().collect::<Vec<_>>());
    assert_eq!(meta.replaces.len(), parts.len());
    blocks.iter().map(Rows::len).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    #[test]
    fn whatever_was_sealed_apart_stands_in_the_order_of_one_split(
        parts in proptest::collection::vec(any_chunks(60), 1..5),
    ) {
        check(&parts);
    }

    #[test]
    fn a_cut_gives_each_class_its_rows_in_the_order_of_one_split(
        parts in proptest::collection::vec(any_chunks(60), 1..5),
    ) {
        check_cut(&parts);
    }
}

#[test]
fn a_cut_of_streams_over_many_blocks_passes_over_those_that_have_nothing_of_a_class() {
    let with = |severity: Severity, rows: &Arc<Rows>| {
        let mut rows = Rows::clone(rows);
        rows.severity[..9_000].fill(severity);
        Arc::new(rows)
    };
    let part = |nth: i64| {
        let long = stream(1, (0..30_000).skip(nth as usize).step_by(2));
        vec![with(Severity::Debug, &long), stream(0, 0..10), stream(4, nth..3_000)]
    };
    check_cut(&[part(0), part(1), vec![with(Severity::Error, &stream(1, 30_000..60_000))]]);
}

/// By class: rows of the even components apart, and each level.
#[track_caller]
fn check_cut(parts: &[Vec<Arc<Rows>>]) {
    let sources: Vec<Held> = parts.iter().map(|chunks| opened(chunks)).collect();
    let rule = |component| KeepFor {
        component: Pattern::new(component).unwrap(),
        level: Some(Level::Info),
        keep: Duration::ZERO,
    };
    let rules = vec![rule("*[02468]"), rule("shop")];
    let retention = Retention::new(Duration::from_secs(1), rules).unwrap();
    let indexes: Vec<Arc<RecordIndex>> =
        sources.iter().map(|source| Arc::clone(&source.index)).collect();
    let mut fetch = |source: usize, block| sources[source].bytes(block);
    let mut id = 0;
    let new_id = || {
        id += 1;
        SplitId(uuid::Uuid::from_u128(id))
    };
    let mut builder = Builder::merging().unwrap();
    let cut =
        builder.cut::<SplitError>(new_id, (&indexes, &retention), Revision(9), &mut fetch).unwrap();
    let all: Vec<_> = parts.concat();
    let all = sorted(all.iter().map(|chunk| &**chunk));
    let class_of =
        |row: &RowRef<'_>| retention.class_of(&row.origin.component, Level::of(row.severity));
    let mut classes: Vec<_> = all.iter().map(class_of).collect();
    classes.sort();
    classes.dedup();
    assert_eq!(cut.iter().filter_map(|(meta, _)| meta.class).collect::<Vec<_>>(), classes);
    for (meta, bytes) in cut {
        let split = Held::open(bytes, meta.clone()).unwrap();
        split.index.check().unwrap();
        let blocks = rows_of(&split);
        let read: Vec<_> = blocks.iter().flat_map(Rows::iter).collect();
        let own = |row: &&RowRef<'_>| Some(class_of(row)) == meta.class;
        assert_eq!(read, all.iter().filter(own).copied().collect::<Vec<_>>());
        let streams: Vec<_> = read.iter().map(|row| Arc::clone(row.origin)).collect();
        let mut streams = streams;
        streams.sort();
        streams.dedup();
        assert_eq!(split.index.streams().unwrap(), streams);
    }
}

/// Rows of one stream at those times.
fn stream(number: u64, times: impl Iterator<Item = i64>) -> Arc<Rows> {
    let (component, instance) = (format!("c{}", number / 2), format!("c{number}"));
    let origin =
        Arc::new(Origin { component, instance, source: SourceId(number), ..Origin::default() });
    let mut rows = Rows::default();
    for time in times {
        let message = format!("request {} took {} ms", time * 7919 % 1_000, time % 13);
        rows.push(RowRef {
            origin: &origin,
            time: Timestamp(time),
            order_time: Timestamp(time),
            position: u64::try_from(time).unwrap() * 40,
            bytes: 40,
            received: Timestamp(time + 5),
            severity: Severity::Info,
            message: &message,
            attributes: "",
            trace_id: None,
            span_id: None,
        });
    }
    Arc::new(rows)
}

#[test]
fn a_stream_that_fills_many_blocks_of_each_split_is_merged_by_time_block_by_block() {
    let interleaved = [0, 1, 2].map(|nth| vec![stream(1, (0..15_000).skip(nth).step_by(3))]);
    let rows = check(&interleaved);
    assert_eq!(rows, [MERGED_BLOCK_ROWS_MAX, MERGED_BLOCK_ROWS_MAX, MERGED_BLOCK_ROWS_MAX, 2_712]);
    let behind = [0, 1, 2].map(|nth| vec![stream(1, 5_000 * nth..5_000 * (nth + 1))]);
    assert_eq!(check(&behind), rows);
}

#[test]
fn streams_that_are_in_some_splits_only_and_end_at_other_blocks_lose_nothing() {
    let part = |streams: &[(u64, i64)]| {
        streams.iter().map(|(number, rows)| stream(*number, 0..*rows)).collect::<Vec<_>>()
    };
    let shifted = |number, from: i64, rows| vec![stream(number, from..from + rows)];
    check(&[
        part(&[(0, 3_000), (1, 10), (4, 2_048)]),
        part(&[(1, 2_100), (2, 1)].map(|(number, rows)| (number + 4, rows))),
        shifted(1, 10, 5_000),
        shifted(4, 2_048, 1),
        part(&[(9, 2_049)]),
    ]);
}

#[test]
fn a_source_that_is_damaged_is_named_and_nothing_is_made_of_it() {
    let sources = [0, 1].map(|nth| opened(&[stream(nth, 0..3_000)]));
    let indexes = sources.each_ref().map(|source| Arc::clone(&source.index));
    let mut fetch = |source: usize, block| {
        let mut bytes = sources[source].bytes(block)?.to_vec();
        if (source, block) == (1, 1) {
            bytes[40] ^= 1;
        }
        Ok::<_, SplitError>(bytes.into())
    };
    let made = Builder::merging().unwrap().merge(MERGED, &indexes, Revision(9), &mut fetch);
    let error = made.unwrap_err().to_string();
    assert!(error.contains("of block 1 is damaged"), "{error}");
}
