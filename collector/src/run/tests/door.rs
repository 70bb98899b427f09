//! What comes through the door of a running collector: durable when it is answered, in the ledger like
//! what is read from files.

use nilometer_model::{Items, Stream, Tenant};
use nilometer_wire::{Door, IntakeError, SourceRange};

use super::*;
use crate::journal::tests::{rows, samples, spans};
use crate::{CollectorDoor, door};

/// A node with a door.
fn open(node: &Node, centre: &Centre) -> (CollectorDoor, Running) {
    let (door, end) = door();
    let collector = node.start(CollectorConfig { door: end, ..node.config(&[&centre.url]) });
    (door, collector)
}

async fn take(door: &CollectorDoor, items: Items) -> Result<(), IntakeError> {
    timeout(Duration::from_secs(HANGS_S), door.take(&Tenant::default(), items)).await.unwrap()
}

/// Asks again until the collector runs.
async fn taken(door: &CollectorDoor, items: &Items) {
    while let Err(error) = take(door, items.clone()).await {
        assert!(matches!(error, IntakeError::Unavailable { .. }), "{error}");
        tokio::task::yield_now().await;
    }
}

fn mixed() -> Items {
    let mut items = rows(3);
    items.append(&spans(4, r#"{"a":1}"#));
    items.append(&samples(5));
    items
}

/// The ranges of the receivers' journals, in the order in which they came.
fn ranges(told: &Told) -> Vec<SourceRange> {
    let all = told.frames.iter().flat_map(|batch| &batch.header.sources);
    all.filter(|range| range.stream == Stream::Otlp).cloned().collect()
}

fn item_counts(told: &Told) -> [usize; 3] {
    let items = || told.frames.iter().map(|batch| &batch.items);
    [
        items().map(|items| items.rows.len()).sum(),
        items().map(|items| items.spans.len()).sum(),
        items().map(|items| items.samples.len()).sum(),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_is_shipped_beside_the_files_and_its_two_counts_agree() {
    let (node, centre) = (Node::new(), Centre::new().await);
    node.write(0..10);
    let (door, collector) = open(&node, &centre);
    taken(&door, &mixed()).await;
    take(&door, mixed()).await.unwrap();
    centre.until(|told| item_counts(told) == [16, 8, 10]).await;
    collector.stop().await;
    let told = centre.told();
    let ranges = ranges(&told);
    let chain = ranges.windows(2).all(|pair| pair[0].to == pair[1].from);
    let last = ranges.last().unwrap();
    assert!(chain && ranges[0].from == 0, "{ranges:?}");
    assert_eq!((last.to, last.ended, last.running.bytes), (24, true, 18));
    assert_eq!(told.read(), told.running);
    assert_eq!(told.read().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_outlives_a_centre_that_is_away_and_a_restart_begins_a_new_journal() {
    let (node, centre) = (Node::new(), Centre::new().await);
    let (door, collector) = open(&node, &centre);
    taken(&door, &spans(1, "")).await;
    centre.until(|told| item_counts(told)[1] == 1).await;
    centre.told().away = Some(503);
    take(&door, spans(2, "")).await.unwrap();
    collector.stop().await;
    assert!(matches!(take(&door, spans(1, "")).await, Err(IntakeError::Unavailable { .. })));

    centre.told().away = None;
    let (door, collector) = open(&node, &centre);
    taken(&door, &spans(4, "")).await;
    centre.until(|told| item_counts(told)[1] == 7).await;
    collector.stop().await;
    let told = centre.told();
    let mut ends: Vec<_> = ranges(&told).into_iter().filter(|range| range.ended).collect();
    ends.sort_by_key(|range| range.to);
    assert_eq!(ends.iter().map(|range| range.to).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(ends[0].lineage, ends[1].lineage);
    assert_eq!(told.read(), told.running);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_spool_turns_senders_away_until_the_centre_has_what_it_holds() {
    let (node, centre) = (Node::new(), Centre::new().await);
    let (door, end) = door();
    let config = node.config(&[&centre.url]);
    let settings = Settings { spool_bytes_max: 1, ..config.settings.borrow().clone() };
    let config = CollectorConfig { door: end, settings: watch::channel(settings).1, ..config };
    let collector = node.start(config);
    centre.until(|told| !told.heartbeats.is_empty()).await;
    centre.told().away = Some(503);
    taken(&door, &spans(1, "")).await;
    let mut busy = take(&door, spans(1, "")).await;
    while busy.is_ok() {
        busy = take(&door, spans(1, "")).await;
    }
    assert_eq!(busy, Err(IntakeError::Busy { retry_after_s: 1 }));
    centre.told().away = None;
    while take(&door, spans(100, "")).await.is_err() {
        tokio::task::yield_now().await;
    }
    centre.until(|told| item_counts(told)[1] >= 100).await;
    collector.stop().await;
    let told = centre.told();
    assert_eq!(told.read(), told.running);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_that_fails_is_no_answer_and_what_did_not_come_through_has_not_happened() {
    let (node, centre) = (Node::new(), Centre::new().await);
    let (door, collector) = open(&node, &centre);
    centre.until(|told| !told.heartbeats.is_empty()).await;
    // Not once: the heartbeat's answer may be written only now.
    fail::cfg("journal::fsync", "return").unwrap();
    let failed = take(&door, spans(3, "")).await;
    fail::remove("journal::fsync");
    assert!(matches!(failed, Err(IntakeError::Unavailable { .. })), "{failed:?}");
    taken(&door, &spans(4, "")).await;
    centre.until(|told| item_counts(told)[1] == 4).await;
    collector.stop().await;
    let told = centre.told();
    assert_eq!(ranges(&told).last().unwrap().to, 4);
    assert_eq!(told.read(), told.running);
    let first = &told.frames[0].header;
    assert_eq!((first.batch.sequence.0, first.replaces[0].sequence.0), (2, 1));
}
