//! Answers over a buffer and splits, as they come out of a real object store.

pub(super) mod facts;
mod known;
mod masked;
mod naive;
mod naive_pipes;
mod pipelines;
mod random;
mod random_counts;
mod random_pipes;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use nilometer_block::Columns;
use nilometer_model::{Tenant, TimeRange, Timestamp};
use nilometer_store::records::RowSet;
use nilometer_store::{Snapshot, object_path};
use object_store::ObjectStoreExt;

use self::facts::{Fact, World};
use super::histogram::Histogram;
use super::search::Page;
use super::*;
use crate::plan::{Field, Filter};

const DIRECTIONS: [Direction; 2] = [Direction::NewestFirst, Direction::OldestFirst];

/// Enough for two blocks in each split; three records share each time.
fn facts() -> Vec<Fact> {
    let component = |n: i64| if n % 2 == 0 { "shop" } else { "cart-1" };
    (0..1_800).map(|n| Fact { component: component(n), ..Fact::at(n / 3) }).collect()
}

fn everything(limit: usize, direction: Direction, limits: Limits) -> SearchRequest {
    let filter = Arc::new(<Filter>::parse(&Tenant::default(), "").unwrap());
    SearchRequest { filter, range: TimeRange::ALL, limit, direction, after: None, limits }
}

/// All pages of an answer; none is empty but the last, unless a limit ended it.
async fn pages(snapshot: &Snapshot, mut request: SearchRequest) -> Vec<Page> {
    let mut pages = Vec::new();
    loop {
        let page = search(snapshot, &request).await.unwrap();
        assert!(page.records.len() <= request.limit);
        assert!(page.next.is_none() || page.limited_by.is_some() || !page.records.is_empty());
        request.after = page.next;
        pages.push(page);
        if request.after.is_none() {
            return pages;
        }
    }
}

fn numbers(pages: &[Page]) -> Vec<u64> {
    pages.iter().flat_map(|page| page.records.position.iter().copied()).collect()
}

/// The facts' numbers in order.
fn all(facts: &[Fact], direction: Direction) -> Vec<u64> {
    let mut orders: Vec<_> = (1..).zip(facts).map(|(number, fact)| fact.order(number)).collect();
    orders.sort_unstable();
    if direction == Direction::NewestFirst {
        orders.reverse();
    }
    orders.iter().map(|order| order.position).collect()
}

#[tokio::test]
async fn pages_of_any_size_follow_each_other_without_gap_or_repetition() {
    let facts = facts();
    let world = World::of(&facts).await;
    for (limit, expect) in [(100, 18), (1_799, 2), (1_800, 1), (1_801, 1)] {
        for direction in DIRECTIONS {
            let request = everything(limit, direction, Limits::default());
            let pages = pages(&world.snapshot, request).await;
            assert_eq!(pages.len(), expect, "{limit} {direction:?}");
            assert!(pages.iter().all(|page| page.limited_by.is_none() && page.missing_splits == 0));
            assert!(numbers(&pages) == all(&facts, direction), "{limit} {direction:?}");
        }
    }
}

#[tokio::test]
async fn a_later_page_does_not_read_what_lies_wholly_before_it() {
    let facts = facts();
    let world = World::of(&facts).await;
    for direction in DIRECTIONS {
        let request = everything(300, direction, Limits::default());
        let last = pages(&world.snapshot, request).await.pop().unwrap();
        assert!(last.stats.rows_scanned <= 600, "{direction:?} {:?}", last.stats);
    }
}

#[tokio::test]
async fn a_budget_ends_a_page_early_and_the_next_one_goes_on_there() {
    let facts = facts();
    let world = World::of(&facts).await;
    let bytes = Limits { read_bytes: 0, ..Limits::default() };
    let time = Limits { time: Duration::ZERO, ..Limits::default() };
    for (limits, by) in [(bytes, LimitedBy::Bytes), (time, LimitedBy::Time)] {
        for direction in DIRECTIONS {
            let pages = pages(&world.snapshot, everything(5_000, direction, limits)).await;
            assert_eq!(pages[0].limited_by, Some(by), "{direction:?}");
            assert_eq!(pages[pages.len() - 1].limited_by, None);
            assert!(numbers(&pages) == all(&facts, direction), "{by:?} {direction:?}");
        }
    }
}

#[tokio::test]
async fn a_query_that_needs_more_memory_than_allowed_is_refused() {
    let world = World::of(&facts()).await;
    let needs = |memory_bytes: usize| {
        let limits = Limits { memory_bytes, ..Limits::default() };
        everything(100, Direction::NewestFirst, limits)
    };
    assert!(search(&world.snapshot, &needs(1 << 20)).await.is_ok());
    let refused = search(&world.snapshot, &needs(1_000)).await.unwrap_err();
    assert!(matches!(refused, QueryError::OverLimit { limit_bytes: 1_000 }));
    let limits = Limits { memory_bytes: 1_000, ..Limits::default() };
    let by = Some(Field::Position);
    let request = HistogramRequest { buckets: 100, by, limits, ..counts(0, 600) };
    assert!(histogram(&world.snapshot, &request).await.is_err());
}

fn counts(from: i64, to: i64) -> HistogramRequest {
    HistogramRequest {
        filter: Arc::new(<Filter>::parse(&Tenant::default(), "").unwrap()),
        range: TimeRange::new(Timestamp(from), Timestamp(to)).unwrap(),
        buckets: 1,
        by: None,
        limits: Limits::default(),
    }
}

/// What cannot be told without a look at every row.
fn counts_by_message(from: i64, to: i64) -> HistogramRequest {
    HistogramRequest { by: Some(Field::Message), ..counts(from, to) }
}

#[tokio::test]
async fn a_histogram_counts_each_record_in_the_bucket_between_whose_edges_it_lies() {
    let facts = facts();
    let world = World::of(&facts).await;
    for (from, to, buckets) in [(0, 600, 1), (0, 600, 600), (-7, 595, 7), (10, 13, 5), (1, 599, 64)]
    {
        let request = HistogramRequest { buckets, by: Some(Field::Component), ..counts(from, to) };
        let answer = histogram(&world.snapshot, &request).await.unwrap();
        assert_eq!((request.edge(0), request.edge(buckets)), (Timestamp(from), Timestamp(to)));
        let mut expect = vec![BTreeMap::new(); buckets];
        for (bucket, counts) in expect.iter_mut().enumerate() {
            let (first, end) = (request.edge(bucket).0, request.edge(bucket + 1).0);
            for fact in facts.iter().filter(|fact| first <= fact.time && fact.time < end) {
                *counts.entry(fact.component.to_owned()).or_insert(0) += 1;
            }
        }
        assert_eq!(answer.counts, expect, "{from}..{to} in {buckets}");
    }
}

#[tokio::test]
async fn a_histogram_ended_by_its_budget_says_so() {
    let world = World::of(&facts()).await;
    let limits = Limits { read_bytes: 0, ..Limits::default() };
    let request = HistogramRequest { limits, ..counts_by_message(0, 600) };
    let answer = histogram(&world.snapshot, &request).await.unwrap();
    assert_eq!(answer.limited_by, Some(LimitedBy::Bytes));
    assert!(answer.counts[0]["m"] < 1_800);
}

/// "There is no such record" is said only when everything was looked at.
#[tokio::test]
async fn a_record_that_a_budget_hid_is_not_said_to_be_missing() {
    let facts = facts();
    let world = World::of(&facts).await;
    let around = async |position: u64, limits: Limits| {
        let source = facts[0].order(1).source;
        let neighbours = Neighbours::Sources(vec![source]);
        let tenant = Tenant::default();
        let (before, after) = (1, 1);
        let request =
            ContextRequest { tenant, source, position, neighbours, before, after, limits };
        context(&world.snapshot, &request).await
    };
    let (whole, none) = (Limits::default(), Limits { read_bytes: 0, ..Limits::default() });
    assert_eq!(around(3, whole).await.unwrap().unwrap().records.position, [1, 3, 5]);
    assert!(around(1_801, whole).await.unwrap().is_none());
    assert!(matches!(around(1_801, none).await, Err(QueryError::NotReached)));
}

/// The numbers of the rows in a split's blocks.
async fn numbers_in(world: &World, split: usize, blocks: &[u32]) -> Vec<u64> {
    let split = &world.snapshot.splits[split];
    let (index, read) = (split.index().await.unwrap(), split.read_blocks(blocks).await.unwrap());
    let numbers = |(number, bytes): (&u32, &Bytes)| {
        let block = index.block(*number, bytes).unwrap();
        block.take(&RowSet::all(block.rows()), Columns::POSITION).unwrap().position
    };
    blocks.iter().zip(&read).flat_map(numbers).collect()
}

#[track_caller]
fn check_without(gone: &[u64], missing_splits: u32, pages: &[Page], counted: &Histogram) {
    let kept = |number: &u64| !gone.contains(number);
    let expect: Vec<u64> = all(&facts(), Direction::OldestFirst).into_iter().filter(kept).collect();
    assert!(numbers(pages) == expect);
    let worst = pages.iter().map(|page| page.missing_splits).max();
    assert_eq!(worst, Some(missing_splits));
    assert_eq!(counted.counts[0]["m"], expect.len() as u64);
    assert_eq!(counted.missing_splits, missing_splits);
}

#[tokio::test]
async fn what_cannot_be_read_is_counted_and_the_rest_is_answered() {
    let mut world = World::of(&facts()).await;
    world.snapshot.missing_splits = 1;
    let request = everything(5_000, Direction::OldestFirst, Limits::default());
    let (damaged, vanished) = (0, 1);
    let mut gone = numbers_in(&world, damaged, &[1]).await;
    let meta = world.snapshot.splits[damaged].meta().clone();
    let at = world.snapshot.splits[damaged].read_blocks(&[0]).await.unwrap()[0].len();
    let whole = world.objects.get(&object_path(meta.id)).await.unwrap().bytes().await.unwrap();
    let mut bytes = BytesMut::from(&whole[..]);
    bytes[at + 40] ^= 1;
    let all_of_vanished = numbers_in(&world, vanished, &[0, 1]).await;
    assert_eq!((gone.len(), all_of_vanished.len()), (150, 300));

    world.put(&meta, bytes.freeze()).await;
    let answer = pages(&world.snapshot, request.clone()).await;
    let counted = histogram(&world.snapshot, &counts_by_message(0, 600)).await.unwrap();
    check_without(&gone, 2, &answer, &counted);

    let path = object_path(world.snapshot.splits[vanished].meta().id);
    world.objects.delete(&path).await.unwrap();
    gone.extend(all_of_vanished);
    let answer = pages(&world.snapshot, request).await;
    let counted = histogram(&world.snapshot, &counts_by_message(0, 600)).await.unwrap();
    check_without(&gone, 3, &answer, &counted);
}
