//! Random facts and random queries: fields, values and histograms count what the naive evaluation counts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nilometer_model::{Tenant, TimeRange, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::*;
use super::facts::{Fact, Json, World};
use super::known::known;
use super::naive::{self, Ask};
use super::random::{ask, fact};
use crate::plan::{Field, Filter, OWN_FIELDS, SignalField, Type};

const NAMES: [&str; 17] = [
    "severity",
    "component",
    "instance",
    "node",
    "stream",
    "source",
    "message",
    "position",
    "trace_id",
    "pattern",
    "version",
    "status",
    "http.route",
    "attributes.component",
    "name",
    "né",
    "nowhere",
];

#[derive(Debug, Clone)]
pub(super) struct Question {
    pub(super) ask: Ask,
    pub(super) range: TimeRange,
    name: &'static str,
    buckets: usize,
}

pub(super) fn question() -> impl Strategy<Value = Question> {
    let range = (-50_i64..210, 1_i64..300).prop_map(|(from, length)| {
        TimeRange::new(Timestamp(from), Timestamp(from + length)).unwrap()
    });
    let asked = prop_oneof![1 => Just(Ask::All), 2 => ask()];
    (asked, range, select(&NAMES[..]), 1_usize..90)
        .prop_map(|(ask, range, name, buckets)| Question { ask, range, name, buckets })
}

fn filter(question: &Question) -> Arc<Filter> {
    let filter = <Filter>::parse(&Tenant::default(), &question.ask.written()).unwrap();
    Arc::new(filter.knowing(&known()))
}

/// The facts that fit, with their numbers.
pub(super) fn fitting<'a>(facts: &'a [Fact], question: &Question) -> Vec<(u64, &'a Fact)> {
    let fits = |(number, fact): &(u64, &Fact)| {
        question.range.contains(Timestamp(fact.time)) && question.ask.fits(fact, *number)
    };
    (1..).zip(facts).filter(fits).collect()
}

/// Fields, values and a histogram count those facts and no others.
pub(super) async fn check(world: &World, fitting: &[(u64, &Fact)], question: &Question) {
    check_values(world, fitting, question).await;
    check_fields(world, fitting, question).await;
    check_histogram(world, fitting, question).await;
}

async fn check_values(world: &World, fitting: &[(u64, &Fact)], question: &Question) {
    let mut expect: BTreeMap<String, u64> = BTreeMap::new();
    for (number, fact) in fitting {
        if let Some(value) = naive::field(fact, *number, question.name) {
            *expect.entry(value).or_default() += 1;
        }
    }
    let mut expect: Vec<(String, u64)> = expect.into_iter().collect();
    expect.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let different = expect.len();
    let asked = |most: usize| ValuesRequest {
        filter: filter(question),
        range: question.range,
        field: Field::named(question.name).knowing(&known()),
        most,
        sample: None,
        limits: Limits::default(),
    };
    let found = values(&world.snapshot, &asked(different)).await.unwrap();
    assert_eq!(found.counts, expect, "{question:?}");
    assert_eq!(found.stats.rows_matched, fitting.len() as u64);
    if let Some(fewer) = different.checked_sub(1) {
        let refused = values(&world.snapshot, &asked(fewer)).await.unwrap_err();
        assert!(matches!(refused, QueryError::TooMany { limit, .. } if limit == fewer));
    }
}

/// The paths at which something stands that is not an object with fields.
fn leaves(json: &Json, path: &str, found: &mut BTreeSet<String>) {
    match json {
        Json::Object(fields) if path.is_empty() || !fields.is_empty() => {
            for (name, value) in fields {
                let dot = if path.is_empty() { "" } else { "." };
                leaves(value, &format!("{path}{dot}{name}"), found);
            }
        }
        Json::Null if path.is_empty() => {}
        _ => drop(found.insert(path.to_owned())),
    }
}

fn type_of(json: &Json) -> Option<Type> {
    match json {
        Json::Null => None,
        Json::Text(_) | Json::Object(_) => Some(Type::String),
        Json::Plain(text) if text == "true" || text == "false" => Some(Type::Bool),
        Json::Plain(text) if text.contains(['.', 'e']) => Some(Type::Float),
        Json::Plain(_) => Some(Type::Int),
    }
}

fn expected_fields(fitting: &[(u64, &Fact)]) -> BTreeMap<String, (Type, u64)> {
    let mut expect: BTreeMap<String, (Type, u64)> = BTreeMap::new();
    let mut add = |name: &str, of: Type| {
        let entry = expect.entry(name.to_owned()).or_insert((of, 0));
        *entry = (entry.0.and(of), entry.1 + 1);
    };
    for (number, fact) in fitting {
        for (name, field) in &OWN_FIELDS {
            match field {
                Field::Time => add(name, Type::Time),
                Field::Received if fact.received != 0 => add(name, Type::Time),
                Field::Received | Field::Zone | Field::SpanId => {}
                Field::Position => add(name, Type::Int),
                _ if naive::field(fact, *number, name).is_some() => add(name, Type::String),
                _ => {}
            }
        }
        let mut paths = BTreeSet::new();
        leaves(&fact.attributes, "", &mut paths);
        for path in paths {
            let own = OWN_FIELDS.iter().any(|(name, _)| *name == path);
            let name = if own { format!("attributes.{path}") } else { path.clone() };
            if let Some(of) = naive::inside(&fact.attributes, &path).and_then(type_of) {
                add(&name, of);
            }
        }
    }
    expect
}

async fn check_fields(world: &World, fitting: &[(u64, &Fact)], question: &Question) {
    let request = FieldsRequest {
        filter: filter(question),
        range: question.range,
        most: 1_000,
        sample: None,
        limits: Limits::default(),
    };
    let found = fields(&world.snapshot, &request).await.unwrap().fields;
    let in_order = found
        .is_sorted_by_key(|field| (std::cmp::Reverse(field.count), !field.own, field.name.clone()));
    assert!(in_order, "{found:?}");
    let found: BTreeMap<String, (Type, u64)> =
        found.into_iter().map(|field| (field.name, (field.of, field.count))).collect();
    assert_eq!(found, expected_fields(fitting), "{question:?}");
}

async fn check_histogram(world: &World, fitting: &[(u64, &Fact)], question: &Question) {
    let by = Some(Field::named(question.name).knowing(&known()));
    let (filter, range, buckets) = (filter(question), question.range, question.buckets);
    let request = HistogramRequest { filter, range, buckets, by, limits: Limits::default() };
    let found = histogram(&world.snapshot, &request).await.unwrap().counts;
    for (bucket, counts) in found.iter().enumerate() {
        let inside = |fact: &Fact| {
            request.edge(bucket).0 <= fact.time && fact.time < request.edge(bucket + 1).0
        };
        let expect = fitting.iter().filter(|(_, fact)| inside(fact)).count() as u64;
        assert_eq!(counts.values().sum::<u64>(), expect, "{bucket} of {question:?}");
        for (key, count) in counts.iter().filter(|(key, _)| *key != "other") {
            let has = |(number, fact): &&(u64, &Fact)| {
                let value = naive::field(fact, *number, question.name).unwrap_or_default();
                inside(fact) && value == *key
            };
            assert_eq!(*count, fitting.iter().filter(has).count() as u64, "{key} {question:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 16, max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn every_count_is_what_the_naive_evaluation_says(
        mut facts in vec(fact(), 1..900),
        mut questions in vec(question(), 30),
        // All in one minute, or over many.
        unit in select(&[1_i64, 7_000_000_000][..]),
    ) {
        facts.iter_mut().for_each(|fact| fact.time *= unit);
        for question in &mut questions {
            let (from, to) = (question.range.from().0, question.range.to().0);
            question.range = TimeRange::new(Timestamp(from * unit), Timestamp(to * unit)).unwrap();
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for world in World::sealed_and_merged(&facts).await {
                for question in &questions {
                    let fitting = fitting(&facts, question);
                    check(&world, &fitting, question).await;
                }
            }
        });
    }
}
