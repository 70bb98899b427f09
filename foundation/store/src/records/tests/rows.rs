//! Every row comes back; a changed byte is an error.

use std::sync::Arc;

use nilometer_block::Columns;
use nilometer_model::limits::BLOCK_ROWS_MAX;
use nilometer_model::{Origin, RowRef, Rows, Severity, TimeRange, Timestamp};
use proptest::prelude::*;
use proptest::strategy::ValueTree;

use super::drawn::{Held, ID, any_chunks, built, opened, origin_of_split};
use crate::limits::INDEXED_WORD_BYTES_MAX;
use crate::patterns::Skeleton;
use crate::records::{Builder, Literal, Plan, Question, RowSet};
use crate::split::SplitError;

fn read_all(split: &Held) -> Result<Vec<Rows>, SplitError> {
    split.index.check()?;
    (0..split.blocks())
        .map(|number| {
            let bytes = split.bytes(number)?;
            let block = split.index.block(number, &bytes)?;
            block.check()?;
            block.take(&RowSet::all(block.rows()), Columns::ALL)
        })
        .collect()
}

fn sorted(chunks: &[Arc<Rows>]) -> Vec<RowRef<'_>> {
    let mut rows: Vec<_> = chunks.iter().flat_map(|chunk| chunk.iter()).collect();
    rows.sort_by(RowRef::compare_in_split);
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn every_row_comes_back_in_the_order_of_a_split(chunks in any_chunks(60)) {
        let split = opened(&chunks);
        let blocks = read_all(&split).unwrap();
        let read: Vec<_> = blocks.iter().flat_map(Rows::iter).collect();
        prop_assert_eq!(read, sorted(&chunks));
        prop_assert!(blocks.iter().all(Rows::check));
    }

    #[test]
    fn columns_alone_are_those_of_all(chunks in any_chunks(30), wanted in any::<u64>()) {
        let split = opened(&chunks);
        for number in 0..split.blocks() {
            let bytes = split.bytes(number).unwrap();
            let block = split.index.block(number, &bytes).unwrap();
            let mut some = RowSet::none(block.rows());
            (0..block.rows()).filter(|row| wanted >> (row % 64) & 1 == 1).for_each(|row| some.insert(row));
            let all = block.take(&RowSet::all(block.rows()), Columns::ALL).unwrap();
            let taken = block.take(&some, Columns::ALL).unwrap();
            let expect: Vec<_> = some.iter().map(|row| all.row(row)).collect();
            prop_assert_eq!(taken.iter().collect::<Vec<_>>(), expect);
            let numbers = block.take(&some, Columns::NUMBERS).unwrap();
            prop_assert_eq!(&numbers.position, &taken.position);
            prop_assert_eq!(&numbers.order_time, &taken.order_time);
            let named = block.take(&some, Columns::SKELETON).unwrap();
            prop_assert_eq!(named.skeleton.len(), taken.len());
            for row in 0..taken.len() {
                let own = Skeleton::of(taken.message.get(row)).id();
                prop_assert_eq!(named.skeleton[row], u64::from(own));
                prop_assert_eq!(numbers.message.get(row).is_empty(), taken.message.get(row).is_empty());
            }
        }
    }
}

#[test]
fn a_builder_builds_the_same_blocks_again() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let chunks = any_chunks(80).new_tree(&mut runner).unwrap().current();
    let others = any_chunks(80).new_tree(&mut runner).unwrap().current();
    let mut builder = Builder::new().unwrap();
    let (meta, first) = builder.build(ID, &chunks, origin_of_split()).unwrap();
    builder.build(ID, &others, origin_of_split()).unwrap();
    let (again, second) = builder.build(ID, &chunks, origin_of_split()).unwrap();
    let split = opened(&chunks);
    let blocks: u64 = split.index.directory().unwrap().iter().map(|block| block.len()).sum();
    let blocks = usize::try_from(blocks).unwrap();
    assert!(first[..blocks] == second[..blocks]);
    assert_eq!((meta.rows, meta.blocks), (again.rows, again.blocks));
    assert!(matches!(builder.build(ID, &[], origin_of_split()), Err(SplitError::Empty { .. })));
}

#[test]
fn a_flipped_byte_anywhere_or_a_cut_is_an_error_that_names_the_split() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let chunks = any_chunks(12).new_tree(&mut runner).unwrap().current();
    let (meta, bytes) = built(&chunks);
    let read = |bytes: Vec<u8>| {
        let split = Held::open(bytes.into(), meta.clone())?;
        read_all(&split)
    };
    assert!(read(bytes.to_vec()).is_ok());
    for at in 0..bytes.len() {
        let mut changed = bytes.to_vec();
        changed[at] ^= 0x20;
        let error = read(changed).expect_err("a changed byte");
        assert!(error.to_string().contains(&ID.0.to_string()), "byte {at}: {error}");
    }
    assert!(read(bytes[..bytes.len() - 1].to_vec()).is_err());
}

fn rows_of(count: usize, component: &str, message: &str) -> Rows {
    let origin = Arc::new(Origin { component: component.to_owned(), ..Origin::default() });
    let mut rows = Rows::default();
    for row in 0..count {
        rows.push(RowRef {
            origin: &origin,
            time: Timestamp(i64::try_from(row).unwrap()),
            order_time: Timestamp(0),
            position: 0,
            bytes: 0,
            received: Timestamp(0),
            severity: Severity::Info,
            message,
            attributes: "",
            trace_id: None,
            span_id: None,
        });
    }
    rows
}

#[test]
fn a_block_has_so_many_rows_at_most_and_ends_with_its_component_unless_it_is_small() {
    let blocks = |counts: [usize; 2]| {
        let chunks = counts.iter().zip(["a", "b"]);
        let chunks: Vec<_> =
            chunks.map(|(count, name)| Arc::new(rows_of(*count, name, "x"))).collect();
        let split = opened(&chunks);
        split.index.directory().unwrap().iter().map(|block| block.rows).collect::<Vec<_>>()
    };
    assert_eq!(blocks([BLOCK_ROWS_MAX, 0]), [2_048]);
    assert_eq!(blocks([BLOCK_ROWS_MAX + 1, 0]), [2_048, 1]);
    assert_eq!(blocks([127, 5]), [132]);
    assert_eq!(blocks([128, 5]), [128, 5]);
}

#[test]
fn a_word_is_found_whether_the_index_knows_it_or_is_too_short_for_it() {
    let range = TimeRange::ALL;
    for len in [INDEXED_WORD_BYTES_MAX, INDEXED_WORD_BYTES_MAX + 1] {
        let word = "w".repeat(len);
        let split = opened(&[Arc::new(rows_of(3, "a", &format!("a {word}, b")))]);
        let count = |text: &str| {
            let question = Question::Text(Literal::phrase(text));
            let plan = Plan::new(&split.index, &question, range).unwrap();
            let bytes = split.bytes(0).unwrap();
            plan.rows(&split.index.block(0, &bytes).unwrap()).unwrap().count()
        };
        assert_eq!((count(&word), count(&word[1..])), (3, 0));
    }
}
