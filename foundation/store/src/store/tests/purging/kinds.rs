//! A purge of spans and samples: as one of records, kind by kind.

use nilometer_model::{SampleKind, SampleRef, SpanKind, SpanRef, SpanStatus};

use super::super::kinds::{Seen, seen_by};
use super::*;
use crate::purge::Removed;

/// Records, spans and samples in turn, of which each fourth is Bob's.
fn of_each_kind(sequence: u64, from: u64, to: u64) -> Batch {
    let mut items = Items::default();
    (from + 1..=to).for_each(|number| push(&mut items, number));
    let mut range = range(5, 0, 0);
    (range.from, range.to) = (from, to);
    range.running = Count { bytes: 0, records: to };
    let mut header = batch(sequence, 5, 0, 0).header;
    header.sources = vec![range];
    Batch { header, items }
}

fn kind_of(number: u64) -> usize {
    (number % 3) as usize
}

fn is_bobs(number: u64) -> bool {
    number.is_multiple_of(4)
}

fn push(items: &mut Items, position: u64) {
    let origin =
        Arc::new(Origin { component: "shop".to_owned(), source: SourceId(5), ..Origin::default() });
    let text = if is_bobs(position) { "Bob" } else { "somebody" };
    let (time, received) = (Timestamp(1), Timestamp(0));
    match kind_of(position) {
        0 => items.rows.push(RowRef {
            origin: &origin,
            time,
            order_time: time,
            position,
            bytes: 0,
            received,
            severity: Severity::Info,
            message: text,
            attributes: "",
            trace_id: None,
            span_id: None,
        }),
        1 => items.spans.push(SpanRef {
            origin: &origin,
            operation: text,
            trace_id: u128::from(position % 7 + 1).to_be_bytes(),
            span_id: position.to_be_bytes(),
            parent_id: None,
            start: time,
            duration: 1,
            kind: SpanKind::Server,
            status: SpanStatus::Unset,
            status_message: "",
            attributes: "",
            events: "",
            links: "",
            position,
            received,
        }),
        _ => items.samples.push(SampleRef {
            origin: &origin,
            name: text,
            unit: "",
            time,
            value: 1.0,
            kind: SampleKind::Gauge,
            attributes: "",
            position,
            received,
        }),
    }
}

/// What is left of so many items when Bob's of those kinds are gone.
fn left(items: u64, gone: &[usize]) -> Seen {
    let mut left = Seen::default();
    for number in 1..=items {
        let kind = kind_of(number);
        if !(is_bobs(number) && gone.contains(&kind)) {
            left[kind].insert((5, number));
        }
    }
    left
}

async fn seen(store: &Store) -> Seen {
    seen_by(&Tenant::default(), &store.snapshot(&Tenant::default())).await
}

/// 360 items in six splits and the buffer; of each kind 30 are Bob's.
async fn filled(store: &Store) {
    for (at, received) in [(1, 7), (2, 8)] {
        come(store, at, of_each_kind(at, 120 * (at - 1), 120 * at), received).await;
        seal(store).await.unwrap();
    }
    come(store, 3, of_each_kind(3, 240, 360), 9).await;
}

#[tokio::test]
async fn of_all_kinds_what_is_purged_goes_and_is_refused_when_it_comes_again() {
    let ground = Ground::new();
    let store = open(&ground).await;
    filled(&store).await;
    let kinds: BTreeSet<SplitKind> = [SplitKind::Logs, SplitKind::Spans, SplitKind::Samples].into();
    let purge = begin_of(&store, "Bob", kinds.clone()).await.unwrap();
    assert_eq!(store.snapshot(&Tenant::default()).masks[0].kinds, kinds);
    clear_log(&store).await;
    let steps = all_steps(&store).await.unwrap();
    assert_eq!(steps, [&[PurgeStep::Split(10); 9][..], &[PurgeStep::Done(purge.id)]].concat());
    let removed = store.purges(&Tenant::default()).remove(0).purge.removed;
    let expect = Removed { records: 30, spans: 30, samples: 30, splits: 9, dead_letters: 0 };
    assert_eq!(removed, expect);
    assert_eq!(seen(&store).await, left(360, &[0, 1, 2]));
    assert_eq!(ground.objects().await, 9);

    let again = come(&store, 4, of_each_kind(4, 300, 372), 200).await;
    assert_eq!((again.rows, again.duplicates), (9, 45), "of twelve that are new three are Bob's");
    assert_eq!(seen(&store).await, left(372, &[0, 1, 2]));
    seal(&store).await.unwrap();
    let ledger = store.ledger(&Tenant::default(), Timestamp(300)).remove(0);
    assert_eq!((ledger.committed.records, ledger.refused[&Reason::Purged]), (369, 3));
    assert!(store.dead_letters(&Tenant::default()).is_empty());
    assert!(store.log_stain().is_some(), "what was refused lies in the Log");
}

#[tokio::test]
async fn of_one_kind_what_is_purged_leaves_the_others_as_they_are() {
    for (number, kind) in [(1, SplitKind::Spans), (2, SplitKind::Samples)] {
        let ground = Ground::new();
        let store = open(&ground).await;
        filled(&store).await;
        begin_of(&store, "Bob", [kind].into()).await.unwrap();
        clear_log(&store).await;
        assert_eq!(all_steps(&store).await.unwrap().len(), 4, "three splits, and the end");
        assert_eq!(seen(&store).await, left(360, &[number]));
        let again = come(&store, 4, of_each_kind(4, 360, 372), 200).await;
        assert_eq!(again.rows, 11);
        let store = open(&ground).await;
        assert_eq!(seen(&store).await, left(360, &[number]));
    }
}

#[tokio::test]
async fn a_split_of_which_nothing_is_left_goes_and_one_that_holds_nothing_of_it_stays() {
    let ground = Ground::new();
    let store = open(&ground).await;
    filled(&store).await;
    seal(&store).await.unwrap();
    let ids = |store: &Store| {
        let splits = store.snapshot(&Tenant::default()).span_splits;
        splits.iter().map(|split| split.meta().id).collect::<Vec<_>>()
    };
    let before = ids(&store);
    begin_of(&store, "Alice", [SplitKind::Spans].into()).await.unwrap();
    clear_log(&store).await;
    assert_eq!(all_steps(&store).await.unwrap()[..3], [PurgeStep::Split(0); 3]);
    assert_eq!(ids(&store), before);
    begin_of(&store, "o", [SplitKind::Spans].into()).await.unwrap();
    clear_log(&store).await;
    assert_eq!(all_steps(&store).await.unwrap()[..3], [PurgeStep::Split(40); 3]);
    assert_eq!((ids(&store).len(), ground.objects().await), (0, 6));
}

#[tokio::test]
async fn a_dead_letter_is_judged_as_what_it_was() {
    for (kinds, letters) in
        [(records(), 1), ([SplitKind::Spans].into(), 1), ([SplitKind::Samples].into(), 2)]
    {
        let ground = Ground::new();
        let store = open(&ground).await;
        let batch = of_each_kind(1, 0, 13);
        let numbered = (0..).zip(batch.items.entries());
        let turned_away = numbered.filter(|(_, entry)| [4, 12].contains(&entry.position));
        let refused = turned_away.map(|(index, entry)| Refusal {
            index,
            source: entry.source,
            position: entry.position,
            reason: Reason::NameTooLong,
        });
        let (refused, tenant) = (refused.collect(), Tenant::default());
        let (position, received) = (LogPosition(1), Timestamp(7));
        store.arrive(Arrival { position, received, tenant, batch, refused }).await.unwrap();
        assert_eq!(store.dead_letters(&Tenant::default()).len(), 2);
        begin_of(&store, "Bob", kinds).await.unwrap();
        assert_eq!(store.dead_letters(&Tenant::default()).len(), letters);
        clear_log(&store).await;
        all_steps(&store).await.unwrap();
        assert_eq!(open(&ground).await.inner().state.dead_letters.len(), letters);
    }
}

#[test]
fn a_purge_of_an_earlier_build_takes_records_alone() {
    let purge = Purge {
        id: PurgeId(uuid::Uuid::nil()),
        tenant: Tenant::default(),
        kinds: records(),
        from: Timestamp(1),
        to: Timestamp(2),
        reason: String::new(),
        at: ASKED_AT,
        stage: PurgeStage::Done,
        since: ASKED_AT,
        removed: Removed { records: 7, ..Removed::default() },
    };
    let mut written = serde_json::to_value(&purge).unwrap();
    let removed = written["removed"].as_object_mut().unwrap();
    removed.retain(|name, _| !["spans", "samples"].contains(&name.as_str()));
    written.as_object_mut().unwrap().remove("kinds");
    assert_eq!(serde_json::from_value::<Purge>(written).unwrap(), purge);
}
