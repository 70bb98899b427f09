//! Whoever wants to do harm computes checksums too: parts are changed inside, and packed again under right ones.
//!
//! All but tantivy's files: its readers trust what they read, so that these have nothing but their checksum.

use std::sync::Arc;

use bytes::Bytes;
use nilometer_block::Columns;
use nilometer_model::{TimeRange, Timestamp};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::drawn::{Held, any_chunks, built};
use crate::limits::BLOCK_FRAME_BYTES_MAX;
use crate::records::directory::{self, BlockPlace};
use crate::records::frames::{self, FRAMES, Packer};
use crate::records::object::{self, Section, TAIL_BYTES, Tail};
use crate::records::{AttributeTest, Expression, Literal, Plan, Question, RowSet, Told};
use crate::split::{SplitError, SplitMeta};

/// An object, taken apart.
struct Parts {
    blocks: Vec<(BlockPlace, [Vec<u8>; FRAMES])>,
    sections: Vec<Vec<u8>>,
}

const SECTIONS: [Section; 8] = [
    Section::Meta,
    Section::Streams,
    Section::Directory,
    Section::Templates,
    Section::Forms,
    Section::Buckets,
    Section::Terms,
    Section::Rollups,
];

impl Parts {
    fn of(object: &Bytes) -> Self {
        let len = object.len() as u64;
        let tail = Tail::read(&object[object.len() - TAIL_BYTES..], len).unwrap();
        let at = usize::try_from(tail.sections_at().start).unwrap();
        let sections = SECTIONS.map(|section| tail.section(section, &object[at..]).unwrap());
        let streams = usize::MAX;
        let places = directory::read(&sections[2], tail.blocks_bytes, streams).unwrap();
        let frames = |place: &BlockPlace| {
            let mut at = usize::try_from(place.at).unwrap();
            place.frames.map(|stored| {
                let end = at + stored.len as usize;
                let bytes = &object[at..end];
                at = end;
                frames::get(bytes, stored, BLOCK_FRAME_BYTES_MAX).unwrap()
            })
        };
        let blocks = places.iter().map(|place| (*place, frames(place))).collect();
        Self { blocks, sections: sections.to_vec() }
    }

    /// The parts that may be changed.
    fn bytes(&mut self) -> Vec<&mut Vec<u8>> {
        let frames = self.blocks.iter_mut().flat_map(|(_, frames)| frames.iter_mut());
        frames.chain(&mut self.sections).collect()
    }

    fn packed(mut self, keeps_directory: bool) -> Bytes {
        let mut packer = Packer::new(1).unwrap();
        let (mut out, mut directory) = (Vec::new(), Vec::new());
        for (place, frames) in &mut self.blocks {
            place.at = out.len() as u64;
            for (stored, raw) in place.frames.iter_mut().zip(frames) {
                *stored = packer.put(raw, &mut out).unwrap();
            }
            place.put(&mut directory);
        }
        if !keeps_directory {
            self.sections[2] = directory;
        }
        let sections: Vec<&[u8]> = self.sections.iter().map(Vec::as_slice).collect();
        object::finish(&mut packer, sections.try_into().unwrap(), &mut out).unwrap();
        out.into()
    }
}

fn attribute(value: Option<String>) -> Question {
    let fits = Arc::new(|json: &str| json.contains("1"));
    Question::Attributes(AttributeTest { any: vec![("k".to_owned(), value)], fits })
}

/// Everything that can be asked; an error is an answer too.
fn ask(object: Bytes, meta: SplitMeta) -> Result<(), SplitError> {
    let meta = SplitMeta { bytes: object.len() as u64, ..meta };
    let split = Held::open(object, meta)?;
    let _checked = split.index.check();
    let range = TimeRange::new(Timestamp(0), Timestamp(250_000_000_000)).unwrap();
    let questions = [
        Question::Text(Literal::phrase("error")),
        Question::Text(Literal::substring("42 ")),
        Question::Text(Literal::prefix("7f3c")),
        Question::Expression(Expression::new(regex::Regex::new("[0-9]+é").unwrap())),
        attribute(None),
        attribute(Some("1".to_owned())),
        Question::Trace([1; 16]),
    ];
    for question in &questions {
        for question in [question.clone(), Question::Not(Box::new(question.clone()))] {
            let Ok(plan) = Plan::new(&split.index, &question, range) else { continue };
            let _tallies =
                (plan.tally(Told::Skeleton), plan.tally_minutes(Told::Severity), plan.blocks());
            for number in 0..split.blocks() {
                let bytes = split.bytes(number)?;
                let _rows = (
                    plan.tally_block(number, Told::Skeleton),
                    plan.rows(&split.index.block(number, &bytes)?),
                );
            }
        }
    }
    for number in 0..split.blocks() {
        let bytes = split.bytes(number)?;
        let block = split.index.block(number, &bytes)?;
        let _same = block.check();
        if let Ok(rows) =
            block.take(&RowSet::all(block.rows()), Columns::ALL.with(Columns::SKELETON))
        {
            assert!(rows.check());
        }
    }
    Ok(())
}

#[test]
fn parts_that_are_taken_apart_and_packed_again_are_the_split() {
    let mut runner = TestRunner::deterministic();
    let chunks = any_chunks(20).new_tree(&mut runner).unwrap().current();
    let (meta, object) = built(&chunks);
    let again = Parts::of(&object).packed(false);
    let again_meta = SplitMeta { bytes: again.len() as u64, ..meta.clone() };
    Held::open(again.clone(), again_meta).unwrap().index.check().unwrap();
    ask(again, meta).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn no_bytes_under_right_checksums_make_a_split_panic(
        chunks in any_chunks(12),
        part in any::<prop::sample::Index>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in proptest::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let (meta, object) = built(&chunks);
        let mut parts = Parts::of(&object);
        let directory = FRAMES * parts.blocks.len() + 2;
        let part = part.index(FRAMES * parts.blocks.len() + SECTIONS.len());
        let terms = FRAMES * parts.blocks.len() + Section::Terms as usize;
        let bytes = parts.bytes().swap_remove(part);
        if part != terms && !bytes.is_empty() {
            for (at, to) in changes {
                let at = at.index(bytes.len());
                bytes[at] = to;
            }
            if let Some(cut) = cut {
                let len = cut.index(bytes.len());
                bytes.truncate(len);
            }
        }
        let _answered = ask(parts.packed(part == directory), meta);
    }
}
