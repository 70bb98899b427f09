//! Random facts and random queries: every page of every answer is what the naive evaluation says.
//!
//! Few words, values and times, so that they meet; some of each too long, too many or too strange for a
//! split's index, so that a block left out in error shows as a record that is missing.

use std::sync::Arc;

use nilometer_model::{Order, Severity, Stream, Tenant, TimeRange, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::{Direction, Limits, SearchRequest, search};
use super::facts::{Fact, Json, World, rows};
use super::known::{ids, known};
use super::naive::{Ask, Value};
use crate::plan::FilterCache;

/// Pieces of messages, and of what is looked for in them.
pub(super) const WORDS: [&str; 24] = [
    "reset",
    "Reset",
    "RESETS",
    "connection",
    "by",
    "peer",
    "blk_42",
    "x9",
    "4",
    "10.1.2.3",
    "größe",
    "GRÖßE",
    "日",
    "日志",
    "エラ",
    "한국",
    "re",
    "set",
    "_",
    "a-b",
    "/api/v1",
    "\"q\"",
    "-",
    "\t",
];
const RARE: [&str; 6] = ["needle", "Nadel7", "志日", "übrig", "pin_", "hay.stack"];
const NAMES: [&str; 10] =
    ["status", "id", "took", "ip", "http", "http.route", "path", "name", "component", "né"];
const FIELDS: [&str; 23] = [
    "status",
    "id",
    "took",
    "ip",
    "http",
    "http.route",
    "http.route.deep",
    "path",
    "name",
    "né",
    "component",
    "attributes.component",
    "instance",
    "node",
    "stream",
    "severity",
    "message",
    "source",
    "position",
    "trace_id",
    "pattern",
    "version",
    "nowhere",
];
const PLAIN: [&str; 10] = ["500", "404", "200", "1.50", "1e3", "-3", "true", "false", "0", "17"];
const TEXTS: [&str; 16] = [
    "500", "750ms", "1.5s", "10.1.2.3", "10.9.9.9", "11.1.1.1", "/healthz", "/he/x", "shop",
    "cart", "line", "", "日志", "null", "x y", "nan",
];
const REGEXES: [&str; 6] = ["^re(set)?", "[0-9]{2}", "(?i)RESET", "志", "s$", "^$"];
const SIGNS: [&str; 5] = ["<", "<=", ">", ">=", "!="];

fn word() -> impl Strategy<Value = String> {
    let long = (60_usize..70).prop_map(|len| "w".repeat(len));
    prop_oneof![
        30 => select(&WORDS[..]).prop_map(str::to_owned),
        1 => select(&RARE[..]).prop_map(str::to_owned),
        1 => long,
    ]
}

/// Words with something or nothing in between.
fn text(words: usize) -> impl Strategy<Value = String> {
    let between = select(&[" ", " ", " ", "", "-", "  "][..]);
    vec((word(), between), 0..words).prop_map(|words| {
        let whole: String =
            words.into_iter().flat_map(|(word, gap)| [word, gap.to_owned()]).collect();
        whole.trim_end().to_owned()
    })
}

fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(&PLAIN[..]).prop_map(str::to_owned),
        4 => select(&TEXTS[..]).prop_map(str::to_owned),
        2 => (0_u32..400).prop_map(|number| number.to_string()),
        1 => (60_usize..70).prop_map(|len| "v".repeat(len)),
    ]
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        3 => select(&PLAIN[..]).prop_map(|text| Json::Plain(text.to_owned())),
        5 => scalar().prop_map(Json::Text),
        1 => Just(Json::Null),
    ];
    let name = prop_oneof![select(&["route", "route.deep", "deep"][..]), select(&NAMES[..])];
    leaf.prop_recursive(2, 6, 3, move |inner| {
        let fields = vec((name.clone().prop_map(str::to_owned), inner), 0..3);
        fields.prop_map(Json::Object)
    })
}

fn attributes() -> impl Strategy<Value = Json> {
    let name = prop_oneof![
        20 => select(&NAMES[..]).prop_map(str::to_owned),
        1 => Just("rare\tname".to_owned()),
    ];
    let object = vec((name, json()), 0..4).prop_map(Json::Object);
    prop_oneof![1 => Just(Json::Null), 2 => object]
}

pub(super) fn fact() -> impl Strategy<Value = Fact> {
    let said = (select(&Severity::ALL[..]), text(5), attributes());
    let origin = (
        select(&["shop", "cart-1", "日志"][..]),
        select(&["", "i-1", "i-2"][..]),
        select(&Stream::ALL[..]),
    );
    let times = (-40_i64..200, 0_i64..3, 0_i64..2, 0_u8..3);
    (said, origin, times).prop_map(|(said, origin, times)| Fact {
        severity: said.0,
        message: said.1,
        attributes: said.2,
        component: origin.0,
        instance: origin.1,
        stream: origin.2,
        time: times.0,
        late: times.1,
        received: times.2,
        trace: times.3,
    })
}

/// At least two, one of them not empty.
fn pieces(piece: impl Strategy<Value = String> + Clone) -> impl Strategy<Value = Vec<String>> {
    let cut = (piece.clone(), piece, 0_usize..5).prop_map(|(one, other, shape)| match shape {
        0 => vec![one, String::new()],
        1 => vec![String::new(), one],
        2 => vec![String::new(), one, String::new()],
        _ => vec![one, other],
    });
    cut.prop_filter("a star alone is another query", |pieces| pieces.iter().any(|p| !p.is_empty()))
}

/// The beginning of a text, so that there is something for a star to stand for.
fn part(whole: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    (whole, 1_usize..6).prop_map(|(whole, length)| whole.chars().take(length).collect())
}

fn value() -> impl Strategy<Value = Value> {
    let sign = || select(&SIGNS[..]);
    let number = prop_oneof![select(&[500.0, 404.0, 1.5, 1_000.0, 17.0][..])];
    prop_oneof![
        2 => Just(Value::Exists),
        6 => vec(scalar(), 1..4).prop_map(Value::In),
        2 => pieces(part(scalar()).boxed()).prop_map(Value::Wildcard),
        1 => select(&REGEXES[..]).prop_map(Value::Matches),
        2 => (sign(), number.clone()).prop_map(|(sign, number)| Value::Number(sign, number)),
        2 => (sign(), number).prop_map(|(sign, ms)| Value::Milliseconds(sign, ms)),
        1 => select(&[("10.0.0.0/8", "10."), ("10.1.0.0/16", "10.1.")][..])
            .prop_map(|(network, begins)| Value::Network(network, begins)),
    ]
}

/// A field, and a question that can be asked of it.
fn field() -> impl Strategy<Value = Ask> {
    let severity = prop_oneof![
        select(&["error", "info", "unset"][..]).prop_map(|name| Value::In(vec![name.to_owned()])),
        (select(&SIGNS[..]), 1_usize..7).prop_map(|(sign, place)| Value::Severity(sign, place)),
        Just(Value::Exists),
    ];
    let known = prop_oneof![
        select(&["shop", "cart-1", "日志"][..]).prop_map(|name| ("component", name)),
        select(&["i-1", "i-3"][..]).prop_map(|name| ("instance", name)),
        select(&["node-4", "node-6"][..]).prop_map(|name| ("node", name)),
        select(&["stdout", "file", "other"][..]).prop_map(|name| ("stream", name)),
        select(&["0000000000000004", "4"][..]).prop_map(|name| ("source", name)),
        select(&["02020202020202020202020202020202"][..]).prop_map(|name| ("trace_id", name)),
    ];
    prop_oneof![
        6 => (select(&FIELDS[..]), value())
            .prop_filter("severities are asked otherwise", |(name, _)| *name != "severity")
            .prop_map(|(name, value)| Ask::Field(name, value)),
        2 => severity.prop_map(|value| Ask::Field("severity", value)),
        3 => known.prop_map(|(field, name)| Ask::Field(field, Value::In(vec![name.to_owned()]))),
        2 => vec(select(ids()), 1..3).prop_map(|ids| Ask::Field("pattern", Value::In(ids))),
    ]
}

pub(super) fn ask() -> impl Strategy<Value = Ask> {
    let leaf = prop_oneof![
        1 => Just(Ask::All),
        4 => text(3).prop_map(Ask::Phrase),
        2 => select(&RARE[..]).prop_map(|word| Ask::Phrase(word.to_owned())),
        3 => pieces(part(word()).boxed()).prop_map(Ask::Wildcard),
        2 => text(3).prop_map(Ask::Substring),
        1 => select(&REGEXES[..]).prop_map(Ask::Matches),
        10 => field(),
    ];
    leaf.prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            3 => vec(inner.clone(), 1..4).prop_map(Ask::And),
            2 => vec(inner.clone(), 1..4).prop_map(Ask::Or),
            1 => inner.prop_map(|part| Ask::Not(Box::new(part))),
        ]
    })
}

/// A query and how its answer is read.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub(super) ask: Ask,
    pub(super) range: TimeRange,
    direction: Direction,
    limit: usize,
    /// Every page is ended by its budget as soon as it may be.
    starved: bool,
}

pub(super) fn question() -> impl Strategy<Value = Question> {
    let all = Just(TimeRange::ALL);
    let some = (-50_i64..210, 1_i64..100).prop_map(|(from, length)| {
        TimeRange::new(Timestamp(from), Timestamp(from + length)).unwrap()
    });
    let range = prop_oneof![all, some];
    let direction = select(&[Direction::NewestFirst, Direction::OldestFirst][..]);
    (ask(), range, direction, select(&[7_usize, 60, 2_000][..]), any::<bool>()).prop_map(
        |(ask, range, direction, limit, starved)| {
            // Nothing of patterns is remembered from page to page.
            let limit = if ask.asks_patterns() { limit.max(60) } else { limit };
            Question { ask, range, direction, limit, starved }
        },
    )
}

/// The numbers of the facts that fit, in order.
fn expected(facts: &[Fact], question: &Question) -> Vec<u64> {
    expected_but(facts, question, |_, _| false)
}

/// The same without those that are gone.
pub(super) fn expected_but(
    facts: &[Fact],
    question: &Question,
    is_gone: impl Fn(u64, &Fact) -> bool,
) -> Vec<u64> {
    let fits = |(number, fact): &(u64, &Fact)| {
        question.range.contains(Timestamp(fact.time))
            && question.ask.fits(fact, *number)
            && !is_gone(*number, fact)
    };
    let mut orders: Vec<Order> =
        (1..).zip(facts).filter(fits).map(|(number, fact)| fact.order(number)).collect();
    orders.sort_unstable();
    if question.direction == Direction::NewestFirst {
        orders.reverse();
    }
    orders.iter().map(|order| order.position).collect()
}

/// The numbers of the facts that are found, page by page; each record is the fact of its number.
pub(super) async fn found(
    world: &World,
    facts: &[Fact],
    cache: &FilterCache,
    question: &Question,
) -> Vec<u64> {
    let text = question.ask.written();
    let filter = cache.filter(&Tenant::default(), &text);
    let filter = filter.unwrap_or_else(|error| panic!("{text}: {error}")).knowing(&known());
    let read_bytes = if question.starved { 0 } else { u64::MAX };
    let mut request = SearchRequest {
        filter: Arc::new(filter),
        range: question.range,
        limit: question.limit,
        direction: question.direction,
        after: None,
        limits: Limits { read_bytes, ..Limits::default() },
    };
    let all = rows(facts, 1);
    let mut numbers = Vec::new();
    loop {
        let page = search(&world.snapshot, &request).await.unwrap();
        assert!(page.records.len() <= question.limit);
        for row in page.records.iter() {
            let number = usize::try_from(row.position).unwrap();
            assert_eq!(row, all.row(number - 1));
            numbers.push(row.position);
        }
        let Some(next) = page.next else { return numbers };
        assert_ne!(Some(next), request.after, "a page without progress: {text}");
        request.after = Some(next);
    }
}

/// The first record that is found and should not be, or the other way round.
pub(super) fn difference(
    facts: &[Fact],
    question: &Question,
    found: &[u64],
    expected: &[u64],
) -> String {
    let at = found.iter().zip(expected).take_while(|(a, b)| a == b).count();
    let fact = |numbers: &[u64]| {
        let number = numbers.get(at).copied()?;
        Some((number, &facts[usize::try_from(number).ok()? - 1]))
    };
    let (found, expected) = (fact(found), fact(expected));
    let query = question.ask.written();
    format!("{query}\n{question:?}\nat {at} found {found:?}\nexpected {expected:?}\n")
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 16, max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn every_answer_is_what_the_naive_evaluation_says(
        facts in vec(fact(), 1..1_400),
        questions in vec(question(), 60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for world in World::sealed_and_merged(&facts).await {
                let cache = FilterCache::default();
                for question in &questions {
                    let whole = Question { range: TimeRange::ALL, ..question.clone() };
                    // Before anything is remembered; all of it; what is remembered.
                    for question in [question, &whole, question] {
                        let expected = expected(&facts, question);
                        let found = found(&world, &facts, &cache, question).await;
                        let said = || difference(&facts, question, &found, &expected);
                        prop_assert!(found == expected, "{}", said());
                    }
                }
            }
            Ok(())
        })?;
    }
}
