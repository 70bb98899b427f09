//! Books that are closed, and those that stay open.

use super::*;
use crate::limits::{BOOKS_CLOSED_AT_ONCE, RESYNC_EVERY_NS};

/// When batches of these tests are received.
const RECEIVED: Timestamp = Timestamp(7);
/// Behind everything that [`arrive`] and [`seal`] leave.
const HORIZON: Timestamp = Timestamp(10);
const NOW: Timestamp = Timestamp(1_000);

/// Source 5 with ten records, sealed.
async fn store_with_books(ground: &Ground) -> Store {
    let store = ground.open().await;
    arrive(&store, 1, batch(1, 5, 0, 10)).await.unwrap();
    seal(&store).await.unwrap();
    store
}

fn beat_at(now: Timestamp, sources: &[u64]) -> Heartbeat {
    let mut beat = heartbeat(now, CaughtUp::Complete { at: now, sequence: Sequence(1) });
    let read = Count { bytes: 100, records: 10 };
    beat.sources = sources.iter().map(|id| SourceRead { source: SourceId(*id), read }).collect();
    beat
}

fn sources(store: &Store) -> Vec<u64> {
    store.sources(&Tenant::default(), None).into_iter().map(|view| view.source.0).collect()
}

#[tokio::test]
async fn a_source_of_which_nothing_was_heard_is_closed_for_good_and_would_begin_anew() {
    let ground = Ground::new();
    let store = store_with_books(&ground).await;
    assert_eq!(store.close_books(RECEIVED, NOW).await.unwrap(), 0, "not before");
    assert_eq!(store.close_books(HORIZON, NOW).await.unwrap(), 2, "a source and an epoch");
    assert_eq!(sources(&store).len(), 0);
    let again = ground.open().await;
    assert_eq!(sources(&again).len(), 0);
    assert_eq!(again.committed_to(&Tenant::default(), CollectorId::default()).len(), 0);
    assert_eq!(arrive(&again, 2, batch(2, 5, 10, 12)).await.unwrap().rows, 2);
    assert_eq!(seen(&again).await, all(5, 12));
}

#[tokio::test]
async fn what_a_collector_speaks_of_stays_open_and_so_do_the_names_of_its_batches() {
    let store = store_with_books(&Ground::new()).await;
    store.hear(&Tenant::default(), &beat_at(HORIZON, &[5]), HORIZON).unwrap();
    seal(&store).await.unwrap();
    assert_eq!(store.close_books(HORIZON, NOW).await.unwrap(), 0);
    assert_eq!(arrive(&store, 2, batch(1, 5, 0, 10)).await.unwrap().rows, 0, "it is known");
    let later = HORIZON.plus_ns(1);
    store.hear(&Tenant::default(), &beat_at(later, &[]), later).unwrap();
    seal(&store).await.unwrap();
    assert_eq!(store.close_books(later, NOW).await.unwrap(), 1, "the source, not the epoch");
    assert_eq!(store.committed_to(&Tenant::default(), CollectorId::default()).len(), 1);
    assert_eq!(store.close_books(later.plus_ns(1), NOW).await.unwrap(), 2, "it is gone");
}

#[tokio::test]
async fn what_changed_since_the_last_commit_is_not_closed() {
    let store = store_with_books(&Ground::new()).await;
    arrive(&store, 2, batch(2, 5, 10, 11)).await.unwrap();
    assert_eq!(store.close_books(HORIZON, NOW).await.unwrap(), 0);
}

#[tokio::test]
async fn books_stay_open_when_their_closing_cannot_be_committed() {
    let ground = Ground::new();
    let store = store_with_books(&ground).await;
    ground.meta.fail_next_commit();
    store.close_books(HORIZON, NOW).await.unwrap_err();
    assert_eq!(sources(&store), [5]);
    assert_eq!(arrive(&store, 2, batch(1, 5, 0, 10)).await.unwrap().rows, 0);
    assert_eq!(store.committed_to(&Tenant::default(), CollectorId::default()).len(), 1);
}

#[tokio::test]
async fn one_commit_closes_so_many_and_the_next_the_rest() {
    let store = Ground::new().open().await;
    let many: Vec<u64> = (0..=BOOKS_CLOSED_AT_ONCE as u64).collect();
    store.hear(&Tenant::default(), &beat_at(Timestamp(1), &many), Timestamp(1)).unwrap();
    arrive(&store, 1, batch(1, 1, 0, 1)).await.unwrap();
    seal(&store).await.unwrap();
    let closed = store.close_books(HORIZON, NOW).await.unwrap();
    assert_eq!(closed, BOOKS_CLOSED_AT_ONCE + 2, "so many sources, an epoch and a collector");
    assert_eq!(store.close_books(HORIZON, NOW).await.unwrap(), 1);
    assert_eq!(store.close_books(HORIZON, NOW).await.unwrap(), 0);
}

#[tokio::test]
async fn a_collector_is_asked_for_all_that_it_reads_once_a_day() {
    let store = Ground::new().open().await;
    let hear = |ns: i64| {
        let now = Timestamp(ns);
        store.hear(&Tenant::default(), &beat_at(now, &[]), now).unwrap()
    };
    assert!(hear(0), "its epoch is new");
    assert!(!hear(RESYNC_EVERY_NS - 1));
    assert!(hear(RESYNC_EVERY_NS));
    assert!(!hear(RESYNC_EVERY_NS + 1));
}
