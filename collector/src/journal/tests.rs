//! Journals: positions chain whatever is brought, and only what is kept has happened.

use nilometer_model::{
    RowRef, Rows, SampleKind, SampleRef, Samples, Severity, SpanKind, SpanRef, SpanStatus, Spans,
    Timestamp,
};
use nilometer_wire::{Batch, BatchHeader};
use proptest::prelude::*;

use super::*;
use crate::batch::Book;
use crate::spool::tests::frame_of;

/// So many records of three bytes each; a receiver says no source, no position.
pub(crate) fn rows(count: usize) -> Items {
    let origin = Arc::new(Origin { component: "shop".to_owned(), ..Origin::default() });
    let mut rows = Rows::default();
    for at in 0..count {
        rows.push(RowRef {
            origin: &origin,
            time: Timestamp(1),
            order_time: Timestamp(1),
            position: 0,
            bytes: 3,
            received: Timestamp(0),
            severity: Severity::Unset,
            message: &at.to_string(),
            attributes: "",
            trace_id: None,
            span_id: None,
        });
    }
    rows.into()
}

/// So many spans with these attributes.
pub(crate) fn spans(count: usize, attributes: &str) -> Items {
    let origin = Arc::new(Origin { component: "shop".to_owned(), ..Origin::default() });
    let mut spans = Spans::default();
    for at in 0..count {
        spans.push(SpanRef {
            origin: &origin,
            operation: "GET /",
            trace_id: [7; 16],
            span_id: (at as u64 + 1).to_be_bytes(),
            parent_id: None,
            start: Timestamp(1),
            duration: 5,
            kind: SpanKind::Server,
            status: SpanStatus::Unset,
            status_message: "",
            attributes,
            events: "",
            links: "",
            position: 0,
            received: Timestamp(0),
        });
    }
    spans.into()
}

/// All of it is kept.
pub(crate) fn whole(brought: Vec<(Stream, Items)>) -> Vec<Brought> {
    let whole = |(stream, items)| Brought { stream, items, shed: Shed::new() };
    brought.into_iter().map(whole).collect()
}

/// So many samples, numbered.
pub(crate) fn samples(count: usize) -> Items {
    let origin = Arc::new(Origin { node: "n1".to_owned(), ..Origin::default() });
    let mut samples = Samples::default();
    for at in 0..count {
        samples.push(SampleRef {
            origin: &origin,
            name: "node.load.1m",
            unit: "",
            time: Timestamp(1),
            value: at as f64,
            kind: SampleKind::Gauge,
            attributes: "",
            position: 0,
            received: Timestamp(0),
        });
    }
    samples.into()
}

fn all(parts: [Items; 3]) -> Items {
    let mut all = Items::default();
    parts.iter().for_each(|part| all.append(part));
    all
}

fn life() -> (tempfile::TempDir, Life) {
    let data = tempfile::tempdir().unwrap();
    let life = Life::begin(data.path()).unwrap();
    (data, life)
}

fn begin(life: &Life, state: &BTreeMap<String, Vec<u8>>, books: &Books) -> (Journals, Earlier) {
    Journals::begin(life, state.iter(), books)
}

fn apply(state: &mut BTreeMap<String, Vec<u8>>, changes: &[StateChange]) {
    for (key, value) in changes.iter().cloned() {
        match value {
            Some(value) => drop(state.insert(key, value)),
            None => drop(state.remove(&key)),
        }
    }
}

#[test]
fn positions_rise_through_records_spans_and_samples_each_journal_for_itself() {
    let (_data, life) = life();
    let (mut journals, _) = begin(&life, &BTreeMap::new(), &Books::new());
    let brought = || {
        vec![
            (Stream::Otlp, spans(2, "")),
            (Stream::Sampler, samples(2)),
            (Stream::Otlp, all([rows(1), spans(1, ""), samples(1)])),
        ]
    };
    let first = journals.draw(whole(brought()), false);
    let [otlp, sampler] = [&first.sources[0], &first.sources[1]];
    let expect =
        [(otlp, 1), (otlp, 2), (otlp, 3), (otlp, 4), (sampler, 1), (sampler, 2), (otlp, 5)];
    let positions: Vec<_> = first.items.entries().map(|e| (e.source, e.position)).collect();
    assert_eq!(positions, expect.map(|(range, position)| (range.source, position)));
    assert_eq!((otlp.stream, sampler.stream), (Stream::Otlp, Stream::Sampler));
    assert_eq!((otlp.from, otlp.to, otlp.running), (0, 5, Count { records: 5, bytes: 3 }));
    assert_eq!((sampler.from, sampler.to, sampler.ended), (0, 2, false));
    let running = first.sources.iter().map(|range| (range.source, range.running));
    assert_eq!(first.read, running.collect());

    let again = journals.draw(whole(brought()), false);
    assert_eq!(again.sources, first.sources, "what is not kept has not happened");
    journals.keep(&first);
    let next = journals.draw(whole(vec![(Stream::Otlp, rows(1))]), false);
    let [range] = &next.sources[..] else { panic!("{:?}", next.sources) };
    assert_eq!((range.from, range.to, range.running.bytes), (5, 6, 6));
}

#[test]
fn an_ordered_end_ends_the_journals_that_had_begun() {
    let (_data, life) = life();
    let (mut journals, _) = begin(&life, &BTreeMap::new(), &Books::new());
    assert!(journals.draw(Vec::new(), true).sources.is_empty());
    let drawn = journals.draw(whole(vec![(Stream::Otlp, rows(2))]), false);
    journals.keep(&drawn);
    let end = journals.draw(Vec::new(), true);
    let [range] = &end.sources[..] else { panic!("{:?}", end.sources) };
    assert_eq!((range.from, range.to, range.ended), (2, 2, true));
    let mut state = BTreeMap::new();
    apply(&mut state, &end.changes);
    let (_, earlier) = begin(&life, &state, &Books::new());
    assert!(earlier.ends.is_empty() && earlier.changes.is_empty());
    assert_eq!(earlier.read, [(range.source, range.running)].into());
}

#[test]
fn what_a_crash_left_open_is_ended_by_the_next_life_with_the_counts_it_had() {
    let (data, first) = life();
    let (mut journals, _) = begin(&first, &BTreeMap::new(), &Books::new());
    let drawn =
        journals.draw(whole(vec![(Stream::Otlp, rows(2)), (Stream::Sampler, samples(1))]), false);
    journals.keep(&drawn);
    let mut state = BTreeMap::new();
    apply(&mut state, &drawn.changes);
    let book = |range: &SourceRange| Book { to: range.to, running: range.running, ended: false };
    let books: Books = drawn.sources.iter().map(|range| (range.source, book(range))).collect();

    let second = Life::begin(data.path()).unwrap();
    let (journals, earlier) = begin(&second, &state, &books);
    for end in &earlier.ends {
        let before = drawn.sources.iter().find(|range| range.source == end.source).unwrap();
        let expect = SourceRange { from: before.to, ended: true, ..before.clone() };
        assert_eq!(*end, expect);
    }
    assert_eq!(earlier.ends.len(), 2);
    assert_eq!(earlier.read, drawn.read);
    apply(&mut state, &earlier.changes);
    let (_, third) = begin(&Life::begin(data.path()).unwrap(), &state, &books);
    assert!(third.ends.is_empty(), "ended once");

    let next = journals.draw(whole(vec![(Stream::Otlp, rows(1))]), false);
    let (old, new) = (&drawn.sources[0], &next.sources[0]);
    assert_ne!(old.source, new.source, "a new generation");
    assert_eq!((old.lineage, new.from), (new.lineage, 0), "of the same lineage");
}

#[test]
fn the_journals_kept_longest_are_forgotten_above_the_limit() {
    for (lives, kept) in [(JOURNALS_KEPT, JOURNALS_KEPT), (JOURNALS_KEPT + 1, JOURNALS_KEPT)] {
        let mut state = BTreeMap::new();
        let saved = |number: usize| Saved {
            number: number as u64,
            source: SourceId(1_000 - number as u64),
            stream: Stream::Otlp,
            read: Count::default(),
            ended: true,
        };
        let changes: Vec<_> = (0..lives).map(|number| saved(number).change()).collect();
        apply(&mut state, &changes);
        let (_data, life) = life();
        let (_, earlier) = begin(&life, &state, &Books::new());
        apply(&mut state, &earlier.changes);
        assert_eq!(state.len(), kept);
        assert_eq!(state.contains_key(&key(SourceId(1_000))), lives == kept, "the oldest");
    }
}

proptest! {
    /// Cut as often as can be, the parts still cover what the whole covered, item by item.
    #[test]
    fn a_batch_of_all_kinds_falls_into_parts_that_chain(
        counts in [0_usize..6, 0..6, 0..6], measured in 0_usize..4,
    ) {
        let (_data, life) = life();
        let (journals, _) = begin(&life, &BTreeMap::new(), &Books::new());
        let otlp = all([rows(counts[0]), spans(counts[1], ""), samples(counts[2])]);
        let drawn =
            journals.draw(whole(vec![(Stream::Otlp, otlp), (Stream::Sampler, samples(measured))]), true);
        let header = nilometer_wire::decode_header(&frame_of(life.next(), 0, &[]).bytes).unwrap();
        let header = BatchHeader { sources: drawn.sources, ..header };
        let whole = Batch { header, items: drawn.items };
        let mut open = vec![whole.clone()];
        let mut parts = Vec::new();
        while let Some(batch) = open.pop() {
            match crate::split::in_two(&batch) {
                Some(halves) => open.extend(halves.into_iter().rev()),
                None => parts.push(batch),
            }
        }
        let entries = |batch: &Batch| batch.items.entries().collect::<Vec<_>>();
        prop_assert_eq!(parts.iter().flat_map(entries).collect::<Vec<_>>(), entries(&whole));
        for range in &whole.header.sources {
            let mut at = (range.from, Count::default());
            for part in &parts {
                for piece in part.header.sources.iter().filter(|own| own.source == range.source) {
                    let mine = part.items.entries().filter(|entry| entry.source == range.source);
                    let count = mine.fold(at.1, |mut count, entry| {
                        count += Count::one(u64::from(entry.bytes));
                        count
                    });
                    prop_assert_eq!((piece.from, piece.running), (at.0, count));
                    prop_assert_eq!(piece.ended, piece.to == range.to);
                    at = (piece.to, piece.running);
                }
            }
            prop_assert_eq!(at, (range.to, range.running));
        }
    }
}

#[test]
fn what_is_shed_has_its_positions_behind_what_is_kept_and_counts_as_read() {
    let data = tempfile::tempdir().unwrap();
    let life = Life::begin(data.path()).unwrap();
    let (journals, _) = Journals::begin(&life, std::iter::empty(), &Books::new());
    let shed = [
        (Reason::SpoolFull, Count { records: 2, bytes: 20 }),
        (Reason::Sampled, Count { records: 4, bytes: 0 }),
    ];
    let brought = Brought { stream: Stream::Otlp, items: rows(3), shed: shed.into() };
    let drawn = journals.draw(vec![brought], false);
    let [range] = &drawn.sources[..] else { panic!("{:?}", drawn.sources) };
    assert_eq!((range.from, range.to), (0, 9));
    let all = Count { records: 9, bytes: 29 };
    assert_eq!((range.running, drawn.read[&range.source]), (all, all));
    let gaps: Vec<_> = range.gaps.iter().map(|gap| (gap.reason, gap.from, gap.to)).collect();
    assert_eq!(gaps, [(Reason::SpoolFull, 3, Some(5)), (Reason::Sampled, 5, Some(9))]);

    let nothing = Brought { stream: Stream::Otlp, items: Items::default(), shed: shed.into() };
    let drawn = journals.draw(vec![nothing], false);
    assert_eq!((drawn.items.len(), drawn.sources[0].to), (0, 6), "all of it is shed");
}
