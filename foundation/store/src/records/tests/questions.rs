//! Random questions to random records: a split answers as if each record were asked.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use nilometer_block::Columns;
use nilometer_model::{Origin, RowRef, Rows, Severity, TimeRange, Timestamp};
use proptest::prelude::*;

use super::drawn::{Held, any_chunks, any_text, opened};
use crate::patterns::Skeleton;
use crate::records::{
    AttributeTest, Edge, Expression, Literal, Plan, Question, RowSet, RowTest, Tallies, Told,
};

fn any_literal() -> impl Strategy<Value = Literal> {
    let edge = || proptest::sample::select(&[Edge::Open, Edge::Free][..]);
    (any_text(4), edge(), edge(), any::<bool>())
        .prop_map(|(text, begins, ends, folds)| Literal::new(&text, (begins, ends), folds))
}

fn any_expression() -> impl Strategy<Value = Expression> {
    let part = prop_oneof![
        any_text(3).prop_map(|text| regex::escape(&text)),
        Just("[0-9]+".to_owned()),
        Just("(?s:.)*".to_owned()),
        Just("(error|port)".to_owned()),
        Just("^".to_owned()),
    ];
    proptest::collection::vec(part, 1..4)
        .prop_map(|parts| Expression::new(regex::Regex::new(&parts.concat()).unwrap()))
}

fn any_question() -> impl Strategy<Value = Question> {
    let severities = proptest::collection::vec(proptest::sample::select(&Severity::ALL[..]), 0..3);
    let names = |names: &'static [&'static str]| {
        proptest::collection::vec(proptest::sample::select(names).prop_map(str::to_owned), 0..3)
    };
    let key = || proptest::sample::select(&["k", "é", "a.b", "absent"][..]).prop_map(str::to_owned);
    let value = prop_oneof![Just("1".to_owned()), Just("v".to_owned()), any_text(2)];
    let leaf = prop_oneof![
        1 => Just(Question::All),
        8 => any_literal().prop_map(Question::Text),
        2 => any_expression().prop_map(Question::Expression),
        1 => severities.prop_map(Question::Severity),
        2 => (2_u64..5).prop_map(of_every),
        1 => names(&["component-0", "component-3"])
            .prop_map(|names| said_by(names, |origin| &origin.component)),
        1 => names(&["pod-1", "pod-2"])
            .prop_map(|names| said_by(names, |origin| &origin.instance)),
        1 => names(&["tenant-0"]).prop_map(|names| said_by(names, |origin| &origin.tenant)),
        1 => (key(), proptest::option::of(value)).prop_map(|(key, value)| attribute(key, value)),
        1 => (1_u8..4).prop_map(|id| Question::Trace([id; 16])),
        1 => any::<u32>().prop_map(bytes_below),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        let some = || proptest::collection::vec(inner.clone(), 0..3);
        prop_oneof![
            some().prop_map(Question::And),
            some().prop_map(Question::Or),
            inner.clone().prop_map(|one| Question::Not(Box::new(one))),
        ]
    })
}

fn any_range() -> impl Strategy<Value = TimeRange> {
    let all = TimeRange::new(Timestamp(i64::MIN), Timestamp(i64::MAX)).unwrap();
    let some = (0..300_000_000_000_i64, 1..300_000_000_000_i64)
        .prop_map(|(from, len)| TimeRange::new(Timestamp(from), Timestamp(from + len)).unwrap());
    prop_oneof![2 => Just(all), 1 => some]
}

/// Whether a record fits.
fn fits(question: &Question, row: &RowRef<'_>) -> bool {
    match question {
        Question::All => true,
        Question::Text(literal) => literal.stands_in(row.message),
        Question::Expression(expression) => expression.stands_in(row.message),
        Question::Severity(any) => any.contains(&row.severity),
        Question::Skeleton(test) => test(Skeleton::of(row.message).id()),
        Question::Origin(wanted) => wanted(row.origin),
        Question::Attributes(test) => (test.fits)(row.attributes),
        Question::Trace(id) => row.trace_id == Some(*id),
        Question::Rows(test) => {
            let mut one = Rows::default();
            one.push(*row);
            (test.fits)(&one).contains(0)
        }
        Question::And(all) => all.iter().all(|one| fits(one, row)),
        Question::Or(any) => any.iter().any(|one| fits(one, row)),
        Question::Not(one) => !fits(one, row),
    }
}

fn said_by(
    names: Vec<String>,
    name: impl Fn(&Origin) -> &String + Send + Sync + 'static,
) -> Question {
    Question::Origin(Arc::new(move |origin| names.contains(name(origin))))
}

fn attribute(key: String, value: Option<String>) -> Question {
    let any = vec![(key.clone(), value.clone())];
    let fits = Arc::new(move |json: &str| {
        let pairs: HashMap<String, serde_json::Value> =
            serde_json::from_str(json).unwrap_or_default();
        let said = pairs.get(&key).map(|said| match said {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        said.is_some_and(|said| value.as_ref().is_none_or(|value| *value == said))
    });
    Question::Attributes(AttributeTest { any, fits })
}

/// One of so many skeletons.
fn of_every(few: u64) -> Question {
    Question::Skeleton(Arc::new(move |id| u64::from(id) % few == 0))
}

fn bytes_below(most: u32) -> Question {
    let fits = Arc::new(move |rows: &Rows| RowSet::of(rows.len(), |row| rows.bytes[row] < most));
    Question::Rows(RowTest { columns: Columns::POSITION, fits })
}

/// Whether the rows that fit, of those origins and in that time, are those that are counted.
fn check_tallies(all: &[Tallies], told: Told, fit: &[RowRef<'_>]) -> Result<(), TestCaseError> {
    for tallies in all {
        let within = |row: &&RowRef<'_>| {
            let range = tallies.time_first..=tallies.time_last;
            tallies.origins.contains(row.origin) && range.contains(&row.time)
        };
        let (mut expect, mut counted) = (BTreeMap::new(), BTreeMap::new());
        for row in fit.iter().filter(within) {
            let skeleton = (told == Told::Skeleton).then(|| Skeleton::of(row.message).id());
            *expect.entry((row.severity, skeleton)).or_insert(0) += 1;
        }
        for (severity, skeleton, rows) in tallies.rows() {
            *counted.entry((severity, skeleton)).or_insert(0) += rows;
        }
        prop_assert_eq!(counted, expect);
    }
    let counted: u64 = all.iter().flat_map(Tallies::rows).map(|(.., rows)| rows).sum();
    prop_assert_eq!(counted, fit.len() as u64);
    Ok(())
}

/// Rows that a plan finds, those of blocks that are counted without a look among them.
fn count_by_block(split: &Held, plan: &Plan) -> Result<u64, TestCaseError> {
    let blocks = plan.blocks().unwrap();
    let mut counted = 0;
    for number in 0..split.blocks() {
        let bytes = split.bytes(number).unwrap();
        let rows = plan.rows(&split.index.block(number, &bytes).unwrap()).unwrap().count() as u64;
        prop_assert!(rows == 0 || blocks.contains(&number));
        if let Some(tallies) = plan.tally_block(number, Told::Skeleton).unwrap() {
            prop_assert_eq!(tallies.rows().map(|(.., rows)| rows).sum::<u64>(), rows);
        }
        counted += rows;
    }
    Ok(counted)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn a_split_answers_as_if_each_record_were_asked(
        chunks in any_chunks(60),
        questions in proptest::collection::vec((any_question(), any_range()), 8),
    ) {
        let split = opened(&chunks);
        for (question, range) in &questions {
            let rows = chunks.iter().flat_map(|chunk| chunk.iter());
            let fit: Vec<_> =
                rows.filter(|row| range.contains(row.time) && fits(question, row)).collect();
            let what = format!("{question:?} in {range:?}");
            let plan = Plan::new(&split.index, question, *range).unwrap();
            prop_assert_eq!(count_by_block(&split, &plan)?, fit.len() as u64, "{}", what);
            for told in [Told::Severity, Told::Skeleton] {
                if let Some(tallies) = plan.tally(told).unwrap() {
                    check_tallies(&[tallies], told, &fit)?;
                }
                if let Some(tallies) = plan.tally_minutes(told).unwrap() {
                    check_tallies(&tallies, told, &fit)?;
                }
            }
        }
    }
}
