//! Random facts, random queries and a random purge: every answer is that over the facts that it leaves, while
//! they are hidden, and when they are gone.

use nilometer_model::{TimeRange, Timestamp};
use nilometer_store::{Mask, PurgeId, SplitKind};
use proptest::collection::vec;
use proptest::prelude::*;

use super::facts::{Fact, World};
use super::naive::Ask;
use super::random::{self, ask, difference, expected_but, fact, found};
use super::random_counts;
use crate::plan::FilterCache;

/// What is to be gone.
#[derive(Debug, Clone)]
struct Gone {
    ask: Ask,
    range: TimeRange,
    at: i64,
}

impl Gone {
    fn has(&self, number: u64, fact: &Fact) -> bool {
        fact.received <= self.at
            && self.range.contains(Timestamp(fact.time))
            && self.ask.fits(fact, number)
    }

    fn mask(&self) -> Mask {
        let (range, at) = (self.range, Timestamp(self.at));
        mask(Some(&self.ask.written()), range, at)
    }
}

fn mask(query: Option<&str>, range: TimeRange, at: Timestamp) -> Mask {
    let (purge, kinds) = (PurgeId(uuid::Uuid::nil()), [SplitKind::Logs].into());
    Mask { purge, kinds, query: query.map(Into::into), range, at }
}

fn gone() -> impl Strategy<Value = Gone> {
    let some = (-50_i64..100, 1_i64..200).prop_map(|(from, length)| {
        TimeRange::new(Timestamp(from), Timestamp(from + length)).unwrap()
    });
    let range = prop_oneof![Just(TimeRange::ALL), some];
    let asked = ask().prop_filter("a purge cannot ask for patterns", |ask| !ask.asks_patterns());
    (asked, range, 0_i64..3).prop_map(|(ask, range, at)| Gone { ask, range, at })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 16, max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn every_answer_is_what_the_naive_evaluation_of_the_rest_says(
        facts in vec(fact(), 1..900),
        gone in gone(),
        questions in vec(random::question(), 20),
        counts in vec(random_counts::question(), 10),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for world in World::masked_and_rewritten(&facts, &gone.mask()).await {
                let cache = FilterCache::default();
                for question in &questions {
                    let expected = expected_but(&facts, question, |number, fact| gone.has(number, fact));
                    let found = found(&world, &facts, &cache, question).await;
                    let said = || difference(&facts, question, &found, &expected);
                    prop_assert!(found == expected, "{gone:?}\n{}", said());
                }
                for question in &counts {
                    let mut fitting = random_counts::fitting(&facts, question);
                    fitting.retain(|(number, fact)| !gone.has(*number, fact));
                    random_counts::check(&world, &fitting, question).await;
                }
            }
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn what_cannot_be_read_any_more_hides_all_of_its_range_rather_than_too_little() {
    let facts: Vec<Fact> = (0..90).map(Fact::at).collect();
    let range = TimeRange::new(Timestamp(10), Timestamp(40)).unwrap();
    for query in [None, Some("(")] {
        let mask = mask(query, range, Timestamp(9));
        let mut world = World::of(&facts).await;
        world.snapshot.masks = std::sync::Arc::new([mask]);
        let request =
            super::everything(100, super::Direction::OldestFirst, super::Limits::default());
        let left = super::numbers(&super::pages(&world.snapshot, request).await);
        assert_eq!(left, (1..=10).chain(41..=90).collect::<Vec<u64>>());
    }
}
