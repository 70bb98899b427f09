//! Many splits become few, and nobody can tell from an answer.

use object_store::{ObjectStoreExt, PutPayload};

use super::*;
use crate::limits::{MERGE_SPLITS_MAX, ORPHAN_AGE_NS};
use crate::split::{SplitOrigin, object_path};

const MINUTE_NS: i64 = 60 * 1_000_000_000;
const DAY_NS: i64 = 24 * 60 * MINUTE_NS;
/// All days are closed by then.
const LATER: Timestamp = Timestamp(1_000 * DAY_NS);

/// Records `from + 1 ..= to` of source 5, received at that time and sealed at once.
async fn sealed(store: &Store, sequence: u64, (from, to): (u64, u64), received: Timestamp) {
    let mut batch = batch(sequence, 5, from, to);
    batch.items.rows.time.fill(received.0);
    batch.items.rows.order_time.fill(received.0);
    let (position, tenant, refused) = (LogPosition(sequence), Tenant::default(), Vec::new());
    store.arrive(Arrival { position, received, tenant, batch, refused }).await.unwrap();
    store.publish(store.cut(received)).await.unwrap();
}

/// So many splits of ten records each.
async fn splits(store: &Store, splits: u64) {
    for n in 0..splits {
        sealed(store, n + 1, (10 * n, 10 * n + 10), Timestamp(7)).await;
    }
}

fn live(store: &Store) -> usize {
    store.snapshot(&Tenant::default()).splits.len()
}

#[tokio::test]
async fn ten_lines_a_minute_for_a_week_are_few_splits_at_all_times_and_one_per_closed_day() {
    let ground = Ground::new();
    let store = ground.open().await;
    let (seals_per_day, lines) = (288_u64, 50_u64);
    for seal in 0..7 * seals_per_day {
        let now = Timestamp(seal.cast_signed() * 5 * MINUTE_NS);
        sealed(&store, seal + 1, (seal * lines, (seal + 1) * lines), now).await;
        while store.compact(&always(), now, || true).await.unwrap().is_some() {}
        store.delete_retired().await;
        assert!(live(&store) <= 7 + 3 * MERGE_SPLITS_MAX, "{} splits at {now:?}", live(&store));
    }
    while store.compact(&always(), LATER, || true).await.unwrap().is_some() {}
    assert_eq!((live(&store), store.delete_retired().await > 0), (7, true));
    assert_eq!(ground.objects().await, 7);
    assert_eq!(seen(&store).await, all(5, 7 * seals_per_day * lines));
    assert!(store.ledger(&Tenant::default(), Timestamp(9)).iter().all(|row| row.balanced));
    assert_eq!(live(&ground.open().await), 7);
}

#[tokio::test]
async fn a_snapshot_goes_on_reading_what_was_merged_behind_its_back() {
    let ground = Ground::new();
    let store = ground.open().await;
    splits(&store, 3).await;
    let before = store.snapshot(&Tenant::default());
    let merged = store.compact(&always(), LATER, || true).await.unwrap().unwrap();
    assert_eq!((merged.splits, merged.rows, live(&store)), (3, 30, 1));
    assert_eq!((store.delete_retired().await, ground.objects().await), (0, 4));
    for split in &before.splits {
        split.verify().await.unwrap();
    }
    drop(before);
    assert_eq!((store.delete_retired().await, ground.objects().await), (3, 1));
    assert_eq!(seen(&store).await, all(5, 30));
}

#[tokio::test]
async fn a_merge_that_is_stopped_or_not_committed_changes_nothing_and_comes_again() {
    let ground = Ground::new();
    let store = ground.open().await;
    splits(&store, 3).await;
    let mut turns = 0;
    let stops = move || {
        turns += 1;
        turns < 3
    };
    assert_eq!(store.compact(&always(), LATER, stops).await.unwrap(), None);
    assert_eq!((live(&store), ground.objects().await), (3, 3));
    ground.meta.fail_next_commit();
    assert!(store.compact(&always(), LATER, || true).await.is_err());
    assert_eq!((live(&store), ground.objects().await), (3, 4), "what was put is an orphan");
    assert!(store.compact(&always(), LATER, || true).await.unwrap().is_some());
    assert_eq!(seen(&store).await, all(5, 30));
    store.delete_retired().await;
    assert_eq!(store.delete_orphans(Timestamp(i64::MAX)).await.unwrap(), 1);
    assert_eq!(ground.objects().await, 1);
}

#[tokio::test]
async fn a_split_that_is_damaged_stays_as_it_is_beside_those_that_are_merged() {
    let ground = Ground::new();
    let store = ground.open().await;
    splits(&store, 3).await;
    let bad = store.snapshot(&Tenant::default()).splits[0].meta().clone();
    let mut bytes =
        ground.objects.get(&object_path(bad.id)).await.unwrap().bytes().await.unwrap().to_vec();
    bytes[20] ^= 1;
    ground.objects.put(&object_path(bad.id), PutPayload::from(bytes)).await.unwrap();
    let error = store.compact(&always(), LATER, || true).await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains(&bad.id.0.to_string()) && source.ends_with("is damaged"), "{source}");
    assert_eq!(store.compact(&always(), LATER, || true).await.unwrap().unwrap().splits, 2);
    assert_eq!((store.compact(&always(), LATER, || true).await.unwrap(), live(&store)), (None, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_expires_while_it_is_merged_is_gone() {
    let ground = Ground::new();
    let store = Arc::new(ground.open().await);
    splits(&store, 3).await;
    let (expiring, runtime) = (Arc::clone(&store), tokio::runtime::Handle::current());
    let turn = move || {
        runtime.block_on(expiring.expire(&kept(1), Timestamp(9))).unwrap();
        true
    };
    assert_eq!(store.compact(&always(), LATER, turn).await.unwrap(), None);
    store.delete_retired().await;
    assert_eq!((live(&store), ground.objects().await), (0, 0));
}

#[tokio::test]
async fn an_object_that_no_commit_names_goes_after_a_day_unless_it_is_from_a_later_revision() {
    let ground = Ground::new();
    let store = ground.open().await;
    splits(&store, 1).await;
    let rows = [Arc::new(batch(9, 6, 0, 4).items.rows)];
    for (id, revision) in [(1, 1), (2, 2)] {
        let id = SplitId(uuid::Uuid::from_u128(id));
        let origin = SplitOrigin { revision: Revision(revision), ..SplitOrigin::default() };
        let (_, bytes) = Builder::new().unwrap().build(id, &rows, origin).unwrap();
        ground.objects.put(&object_path(id), bytes.into()).await.unwrap();
    }
    ground.objects.put(&"splits/torn".into(), PutPayload::from("torn")).await.unwrap();
    let written = ground.objects.head(&"splits/torn".into()).await.unwrap().last_modified;
    let day_later = written.timestamp_nanos_opt().unwrap() + ORPHAN_AGE_NS;
    let young = store.delete_orphans(Timestamp(day_later - ORPHAN_AGE_NS)).await.unwrap();
    assert_eq!((young, ground.objects().await), (0, 4));
    assert_eq!(store.delete_orphans(Timestamp(day_later)).await.unwrap(), 2);
    assert_eq!((live(&store), ground.objects().await), (1, 2));
    assert_eq!(seen(&store).await, all(5, 10));
}
