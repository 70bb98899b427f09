//! Whole objects go, by class, and the ledger says how much.

use glob::Pattern;
use nilometer_model::Severity;

use super::*;
use crate::pins::{Pin, PinError};
use crate::retention::KeepFor;
use crate::split::SplitMeta;

const DAY_NS: i64 = 86_400 * 1_000_000_000;
const LEVELS: [Severity; 3] = [Severity::Debug, Severity::Info, Severity::Error];

/// Debug is kept for a day, all else for thirty.
fn retention() -> Retention {
    let day = Duration::from_secs(86_400);
    let component = Pattern::new("sh*").unwrap();
    let rule = KeepFor { component, level: Some(Level::Debug), keep: day };
    Retention::new(30 * day, vec![rule]).unwrap()
}

/// Thirty records received at that time, a third of each level, in a split.
async fn sealed(store: &Store, sequence: u64, received: i64) {
    let mut batch = batch(sequence, 5, 30 * (sequence - 1), 30 * sequence);
    let severities = LEVELS.iter().cycle().take(30);
    batch.items.rows.severity = severities.copied().collect();
    let (position, tenant, refused) = (LogPosition(sequence), Tenant::default(), Vec::new());
    let received = Timestamp(received);
    store.arrive(Arrival { position, received, tenant, batch, refused }).await.unwrap();
    store.publish(store.cut(received)).await.unwrap();
}

async fn compact(store: &Store, retention: &Retention, now: i64) {
    while store.compact(retention, Timestamp(now), || true).await.unwrap().is_some() {}
    store.delete_retired().await;
}

/// How many splits and rows there are of each level, and of what was not cut.
fn held(store: &Store) -> Vec<(Option<&'static str>, usize, u64)> {
    let mut held = BTreeMap::<Option<Level>, (usize, u64)>::new();
    for split in store.splits().iter() {
        let of_level = held.entry(split.class.map(|class| class.level)).or_default();
        *of_level = (of_level.0 + 1, of_level.1 + split.rows);
    }
    held.into_iter().map(|(level, (splits, rows))| (level.map(Level::name), splits, rows)).collect()
}

/// What the ledger says is no longer kept; it balances.
fn removed(store: &Store) -> Vec<(&'static str, u64)> {
    let rows = store.ledger(&Tenant::default(), Timestamp(9));
    assert!(rows.iter().all(|row| row.balanced));
    let removed = rows.iter().flat_map(|row| &row.removed);
    removed.map(|(why, records)| (why.name(), *records)).collect()
}

#[tokio::test]
async fn a_closed_day_is_cut_by_class_and_retention_takes_what_is_over() {
    let ground = Ground::new();
    let store = ground.open().await;
    for sequence in 1..=3 {
        sealed(&store, sequence, 7).await;
    }
    compact(&store, &retention(), 8).await;
    assert_eq!(held(&store), [(None, 3, 90)]);
    compact(&store, &retention(), DAY_NS * 5 / 4).await;
    let cut = [(Some("debug"), 1, 30), (Some("info"), 1, 30), (Some("warn"), 1, 30)];
    assert_eq!((held(&store), ground.objects().await), (cut.to_vec(), 3));
    assert_eq!(seen(&store).await, all(5, 90));
    let gone = store.expire(&retention(), Timestamp(DAY_NS + 8)).await.unwrap();
    assert_eq!((gone.splits, gone.rows), (1, 30));
    assert_eq!((held(&store), removed(&store)), (cut[1..].to_vec(), vec![("retention", 30)]));
    let store = ground.open().await;
    assert_eq!((held(&store), removed(&store)), (cut[1..].to_vec(), vec![("retention", 30)]));
    store.expire(&retention(), Timestamp(DAY_NS * 30 + 8)).await.unwrap();
    assert_eq!((held(&store), removed(&store)), (Vec::new(), vec![("retention", 90)]));
}

#[tokio::test]
async fn splits_of_one_class_are_merged_to_one_of_it_and_not_cut_again() {
    let ground = Ground::new();
    let store = ground.open().await;
    let now = Timestamp(DAY_NS * 5 / 4);
    for sequence in 1..=2 {
        sealed(&store, sequence, 7).await;
        store.compact(&always(), now, || true).await.unwrap().unwrap();
    }
    assert_eq!(held(&store).iter().map(|of_level| of_level.1).collect::<Vec<_>>(), [2, 2, 2]);
    for _ in Level::ALL {
        let merged = store.compact(&always(), now, || true).await.unwrap().unwrap();
        assert_eq!((merged.splits, merged.made), (2, 1));
    }
    assert_eq!(store.compact(&always(), now, || true).await.unwrap(), None);
    assert_eq!(
        held(&store),
        [(Some("debug"), 1, 20), (Some("info"), 1, 20), (Some("warn"), 1, 20)]
    );
}

#[tokio::test]
async fn what_is_partly_over_on_an_open_day_is_cut_so_that_it_can_go() {
    let ground = Ground::new();
    let store = ground.open().await;
    sealed(&store, 1, 7).await;
    let keep = Duration::from_secs(1);
    let component = Pattern::new("*").unwrap();
    let rule = KeepFor { component, level: Some(Level::Debug), keep };
    let brief = Retention::new(Duration::from_secs(86_400), vec![rule]).unwrap();
    compact(&store, &brief, 1_000_000_007).await;
    assert_eq!(held(&store), [(None, 1, 30)]);
    compact(&store, &brief, 1_000_000_008).await;
    assert_eq!(store.expire(&brief, Timestamp(1_000_000_008)).await.unwrap().rows, 10);
    assert_eq!(held(&store), [(Some("info"), 1, 10), (Some("warn"), 1, 10)]);
}

#[tokio::test]
async fn other_rules_cut_closed_days_anew_and_until_then_nothing_goes_too_early() {
    let ground = Ground::new();
    let store = ground.open().await;
    sealed(&store, 1, 7).await;
    compact(&store, &retention(), DAY_NS * 5 / 4).await;
    let other = Retention::new(
        Duration::from_secs(1),
        vec![KeepFor {
            component: Pattern::new("shop").unwrap(),
            level: None,
            keep: Duration::from_secs(30 * 86_400),
        }],
    );
    let (other, later) = (other.unwrap(), Timestamp(DAY_NS * 2));
    assert_eq!(store.expire(&other, later).await.unwrap(), Gone::default());
    compact(&store, &other, later.0).await;
    assert_eq!(store.expire(&other, later).await.unwrap(), Gone::default());
    assert_eq!((held(&store).len(), removed(&store)), (3, Vec::new()));
    assert_eq!(seen(&store).await, all(5, 30));
}

#[tokio::test]
async fn a_cut_that_is_stopped_or_not_committed_changes_nothing_and_comes_again() {
    let ground = Ground::new();
    let store = ground.open().await;
    sealed(&store, 1, 7).await;
    let later = Timestamp(DAY_NS * 5 / 4);
    assert_eq!(store.compact(&always(), later, || false).await.unwrap(), None);
    ground.meta.fail_next_commit();
    store.compact(&always(), later, || true).await.unwrap_err();
    assert_eq!((held(&store), ground.objects().await), (vec![(None, 1, 30)], 4));
    let merged = store.compact(&always(), later, || true).await.unwrap().unwrap();
    assert_eq!((merged.splits, merged.made, merged.rows), (1, 3, 30));
    assert_eq!(seen(&store).await, all(5, 30));
    let reopened = ground.open().await;
    assert_eq!((held(&reopened).len(), seen(&reopened).await), (3, all(5, 30)));
}

fn pin(name: &str, (from, to): (i64, i64), component: Option<&str>) -> Pin {
    let (from, to) = (Timestamp(from), Timestamp(to));
    Pin { name: name.to_owned(), from, to, component: component.map(str::to_owned) }
}

/// Three days, cut: a split of each level for each.
async fn three_days(store: &Store) {
    for day in 0..3 {
        sealed(store, day + 1, 7 + day.cast_signed() * DAY_NS).await;
    }
    compact(store, &always(), 4 * DAY_NS).await;
    assert_eq!(held(store), [(Some("debug"), 3, 30), (Some("info"), 3, 30), (Some("warn"), 3, 30)]);
}

fn bytes(store: &Store) -> u64 {
    store.splits().iter().map(|split| split.bytes).sum()
}

#[tokio::test]
async fn a_budget_takes_the_oldest_of_what_matters_least_and_no_more_than_it_must() {
    let ground = Ground::new();
    let store = ground.open().await;
    three_days(&store).await;
    let now = Timestamp(4 * DAY_NS);
    assert_eq!(store.evict(bytes(&store), now).await.unwrap(), Gone::default());
    assert_eq!(store.evict(bytes(&store) - 1, now).await.unwrap().splits, 1);
    let oldest = |level| {
        let of_level = |split: &SplitMeta| split.class.is_some_and(|class| class.level == level);
        let splits = store.splits();
        splits.iter().filter(|split| of_level(split)).map(|split| split.received_first.0).min()
    };
    assert_eq!(oldest(Level::Debug), Some(7 + DAY_NS));
    let info_and_more = bytes(&store)
        - store
            .splits()
            .iter()
            .filter(|it| it.class.unwrap().level == Level::Debug)
            .map(|it| it.bytes)
            .sum::<u64>();
    store.evict(info_and_more, now).await.unwrap();
    assert_eq!(held(&store), [(Some("info"), 3, 30), (Some("warn"), 3, 30)]);
    store.evict(info_and_more - 1, now).await.unwrap();
    assert_eq!(held(&store), [(Some("info"), 2, 20), (Some("warn"), 3, 30)]);
    assert_eq!(oldest(Level::Info), Some(7 + DAY_NS));
    assert_eq!(removed(&store), [("disk_budget", 40)]);
    store.evict(0, now).await.unwrap();
    assert_eq!((held(&store), removed(&store)), (Vec::new(), vec![("disk_budget", 90)]));
}

#[tokio::test]
async fn what_is_pinned_goes_neither_for_its_age_nor_for_space_until_it_is_let_go() {
    let ground = Ground::new();
    let store = ground.open().await;
    three_days(&store).await;
    let (tenant, now) = (Tenant::default(), Timestamp(4 * DAY_NS));
    // All times of these records are 1.
    store.pin(&tenant, pin("outage", (1, 2), Some("shop")), now).await.unwrap();
    store.pin(&tenant, pin("elsewhere", (1, 2), Some("cart")), now).await.unwrap();
    store.pin(&tenant, pin("earlier", (0, 1), None), now).await.unwrap();
    assert_eq!(store.evict(0, now).await.unwrap(), Gone::default());
    let store = ground.open().await;
    assert_eq!(store.pins(&tenant).unwrap().len(), 3);
    assert_eq!(store.expire(&kept(1), now).await.unwrap(), Gone::default());
    store.unpin(&tenant, "outage", now).await.unwrap();
    assert!(matches!(store.unpin(&tenant, "outage", now).await, Err(PinError::Unknown(_))));
    assert_eq!(store.expire(&kept(1), now).await.unwrap().splits, 9);
}
