//! Random facts, random filters and random pipes: every table is what the naive evaluation says.

use std::sync::Arc;

use nilometer_model::{Tenant, TimeRange, Timestamp};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::{Limits, PipelineRequest, Table, pipeline};
use super::facts::{Fact, World};
use super::known::known;
use super::naive::Ask;
use super::naive_pipes::{Cell, Column, Key, Pipe, run, table};
use super::random::{ask, fact};
use crate::plan::{Plan, Value};

const FIELDS: [&str; 15] = [
    "time",
    "received",
    "component",
    "instance",
    "stream",
    "severity",
    "message",
    "position",
    "pattern",
    "status",
    "id",
    "took",
    "http",
    "http.route",
    "nowhere",
];
const FUNCTIONS: [&str; 11] = [
    "count()",
    "count",
    "count_distinct",
    "sum",
    "min",
    "max",
    "avg",
    "p50",
    "p90",
    "p99",
    "quantile(0.25",
];

fn column() -> impl Strategy<Value = Column> {
    (select(&FIELDS[..]), 0_usize..6).prop_map(|(field, place)| Column(field, place))
}

fn key() -> impl Strategy<Value = Key> {
    prop_oneof![
        3 => column().prop_map(Key::Of),
        1 => select(&[1_i64, 7, 50, 1_000][..]).prop_map(Key::Bin),
    ]
}

fn pipe() -> impl Strategy<Value = Pipe> {
    let limit = || select(&[1_usize, 2, 5, 40, 700][..]);
    prop_oneof![
        5 => (vec((select(&FUNCTIONS[..]), column()), 1..5), vec(key(), 0..4))
            .prop_map(|(calls, keys)| Pipe::Stats(calls, keys)),
        2 => (limit(), column()).prop_map(|(rows, by)| Pipe::Top(rows, by)),
        3 => vec((column(), any::<bool>()), 1..3).prop_map(Pipe::Sort),
        2 => limit().prop_map(Pipe::Limit),
        2 => vec(column(), 1..4).prop_map(Pipe::Fields),
        2 => (select(&[1_i64, 7, 60][..]), option::of(column()))
            .prop_map(|(step, by)| Pipe::Histogram(step, by)),
        1 => Just(Pipe::Patterns),
    ]
}

#[derive(Debug, Clone)]
struct Question {
    ask: Ask,
    pipes: Vec<Pipe>,
    range: (i64, i64),
}

fn question() -> impl Strategy<Value = Question> {
    // Half of the questions look at everything, so that groups are large.
    let ask = prop_oneof![1 => Just(Ask::All), 1 => ask()];
    let range = (-60_i64..150, 1_i64..300).prop_map(|(from, length)| (from, from + length));
    (ask, vec(pipe(), 0..5), range).prop_map(|(ask, pipes, range)| Question { ask, pipes, range })
}

/// Names and types, and each value as it is shown; numbers as floats, so that 5 in a column of floats is 5.
type Shown = (Vec<(String, &'static str)>, Vec<Vec<Option<String>>>);

fn expected(facts: &[Fact], question: &Question) -> (String, Shown) {
    let (from, to) = question.range;
    let fits = |(number, fact): &(u64, &Fact)| {
        from <= fact.time && fact.time < to && question.ask.fits(fact, *number)
    };
    let mut found: Vec<(u64, &Fact)> = (1..).zip(facts).filter(fits).collect();
    found.sort_by_key(|(number, fact)| std::cmp::Reverse(fact.order(*number)));
    let (pipes, stage) = run(found, &question.pipes, question.range);
    let (names, rows) = table(stage);
    let cell = |cell: &Cell| (*cell != Cell::Null).then(|| cell.shown());
    let rows = rows.iter().map(|row| row.iter().map(cell).collect()).collect();
    (format!("{}{pipes}", question.ask.written()), (names, rows))
}

fn shown(table: &Table) -> Shown {
    let types = table.types();
    let names = table.columns.iter().zip(types).map(|(one, is)| (one.name.clone(), is.name()));
    let cell = |value: &Value<'_>| (!value.is_null()).then(|| value.to_string());
    let rows = table.rows.iter().map(|row| row.iter().map(cell).collect()).collect();
    (names.collect(), rows)
}

async fn found(world: &World, text: &str, (from, to): (i64, i64)) -> Shown {
    let range = TimeRange::new(Timestamp(from), Timestamp(to)).unwrap();
    let plan = <Plan>::parse(&Tenant::default(), text, range)
        .unwrap_or_else(|error| panic!("{text}: {error}"));
    let plan = Arc::new(plan.knowing(&known()));
    let request = PipelineRequest { plan, range, rows: 10_000, limits: Limits::default() };
    let answer = pipeline(&world.snapshot, &request).await.unwrap();
    assert_eq!((answer.limited_by, answer.missing_splits), (None, 0));
    shown(&answer.table)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 16, max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn every_table_is_what_the_naive_evaluation_says(
        facts in vec(fact(), 1..1_000),
        questions in vec(question(), 60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for world in World::sealed_and_merged(&facts).await {
                for question in &questions {
                    let (text, expected) = expected(&facts, question);
                    let found = found(&world, &text, question.range).await;
                    let at = found.1.iter().zip(&expected.1).take_while(|(a, b)| a == b).count();
                    prop_assert!(
                        found == expected,
                        "{text}\n{:?}\nfound {:?}\nexpected {:?}\nat {at} of {} and {}\nfound {:?}\nexpected {:?}",
                        question.range, found.0, expected.0, found.1.len(), expected.1.len(),
                        found.1.get(at), expected.1.get(at)
                    );
                }
            }
            Ok(())
        })?;
    }
}
