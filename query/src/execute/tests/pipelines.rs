//! Tables at their limits: budgets, rows, and what is kept while records are sorted.

use super::super::{LimitedBy, Limits, PipelineRequest, QueryError, pipeline};
use super::facts::{Fact, Json, World};
use super::*;
use crate::limits::{ATTRIBUTE_COLUMNS_MAX, PIPE_NAMES_MAX};
use crate::plan::{Plan, Type, Value};

fn request(text: &str, rows: usize, limits: Limits) -> PipelineRequest {
    let range = TimeRange::new(Timestamp(-1_000), Timestamp(100_000)).unwrap();
    let plan = <Plan>::parse(&Tenant::default(), text, range).unwrap();
    PipelineRequest { plan: Arc::new(plan), range, rows, limits }
}

fn shown(table: &Table) -> Vec<String> {
    let row =
        |row: &Vec<Value<'_>>| row.iter().map(|v| v.to_string()).collect::<Vec<_>>().join(" ");
    table.rows.iter().map(row).collect()
}

#[tokio::test]
async fn rows_are_cut_at_the_limit_and_that_is_said() {
    let world = World::of(&facts()).await;
    for (text, whole) in [
        ("", 1_800),
        ("| fields position", 1_800),
        ("| sort position", 1_800),
        ("| stats count() by position", 1_800),
        ("| histogram 1us", 101),
        ("| limit 7", 7),
        ("| sort time | limit 7", 7),
    ] {
        for (rows, by) in [(whole, None), (whole + 1, None), (whole - 1, Some(LimitedBy::Rows))] {
            let answer = pipeline(&world.snapshot, &request(text, rows, Limits::default())).await;
            let answer = answer.unwrap();
            let expect = (whole.min(rows), by);
            assert_eq!((answer.table.rows.len(), answer.limited_by), expect, "{text}");
        }
    }
}

#[tokio::test]
async fn a_limit_of_the_query_may_be_larger_than_that_of_the_request() {
    let world = World::of(&facts()).await;
    let text = "| sort position | limit 1500 | stats count() as n, max(position)";
    let answer = pipeline(&world.snapshot, &request(text, 1, Limits::default())).await.unwrap();
    assert_eq!((shown(&answer.table), answer.limited_by), (vec!["1500 1500".to_owned()], None));
    let text = "| limit 1500 | sort position | limit 1";
    let answer = pipeline(&world.snapshot, &request(text, 1, Limits::default())).await.unwrap();
    assert_eq!(answer.table.rows.len(), 1);
}

#[tokio::test]
async fn without_keys_one_row_comes_also_of_nothing_and_with_keys_none() {
    let world = World::of(&facts()).await;
    let ask = async |text: &str| {
        let answer =
            pipeline(&world.snapshot, &request(text, 10, Limits::default())).await.unwrap();
        (shown(&answer.table), answer.table.types())
    };
    let types = vec![Type::Int, Type::Float, Type::Float, Type::Int];
    let text = "nowhere | stats count(), sum(a), p50(a), count_distinct(a)";
    assert_eq!(ask(text).await, (vec!["0   0".to_owned()], types));
    assert_eq!(ask("nowhere | stats count() by component").await.0, Vec::<String>::new());
    assert_eq!(ask("nowhere | top 5 by component").await.0, Vec::<String>::new());
    assert_eq!(ask("nowhere").await.0, Vec::<String>::new());
    assert_eq!(ask("nowhere | histogram 100us").await.0.len(), 2);
}

#[tokio::test]
async fn a_budget_of_time_or_bytes_makes_a_table_partial_and_says_so() {
    let world = World::of(&facts()).await;
    let bytes = Limits { read_bytes: 0, ..Limits::default() };
    let time = Limits { time: Duration::ZERO, ..Limits::default() };
    for (limits, by) in [(bytes, LimitedBy::Bytes), (time, LimitedBy::Time)] {
        for text in ["| stats count() by message", "| sort position | limit 3"] {
            let answer = pipeline(&world.snapshot, &request(text, 10, limits)).await.unwrap();
            assert_eq!(answer.limited_by, Some(by), "{text}");
            assert!(answer.stats.rows_scanned < 1_800);
        }
    }
}

#[tokio::test]
async fn every_state_that_grows_is_refused_beyond_the_memory_budget() {
    let world = World::of(&facts()).await;
    for text in [
        "| stats count() by position",
        "| stats count() by position, time",
        "| stats count() by bin(1ns), position",
        "| stats p50(position)",
        "| stats count_distinct(position)",
        "| top 3 by position",
        "| sort message",
        "| sort component desc | limit 1000",
        "",
        "| fields position, time",
        "| limit 1000 | stats count() by position",
        "| histogram 20ns",
    ] {
        let needs = async |memory_bytes| {
            let limits = Limits { memory_bytes, ..Limits::default() };
            pipeline(&world.snapshot, &request(text, 1_000, limits)).await
        };
        assert!(needs(16 << 20).await.is_ok(), "{text}");
        let refused = needs(6_000).await.unwrap_err();
        assert!(matches!(refused, QueryError::OverLimit { limit_bytes: 6_000 }), "{text}");
    }
}

#[tokio::test]
async fn what_sorting_and_grouping_a_table_take_counts_as_well() {
    let world = World::of(&facts()).await;
    let keys = vec!["position"; PIPE_NAMES_MAX].join(", ");
    let [sorted, grouped] = ["sort", "stats count_distinct(position), p50(position) by"]
        .map(|step| format!("| stats count() by position | {step} "));
    for (fits, refused) in [
        (format!("{sorted}position"), format!("{sorted}{keys}")),
        (format!("| limit 1800 {sorted}position"), format!("| limit 1800 | sort {keys}")),
        (sorted.replace("| sort ", ""), format!("{grouped}position")),
    ] {
        let ask = async |text: &str| {
            let limits = Limits { memory_bytes: 750_000, ..Limits::default() };
            pipeline(&world.snapshot, &request(text, 10, limits)).await
        };
        assert!(ask(&fits).await.is_ok(), "{fits}");
        assert!(matches!(ask(&refused).await, Err(QueryError::OverLimit { .. })), "{refused}");
    }
}

#[tokio::test]
async fn sorting_by_anything_keeps_few_records_and_the_right_ones() {
    let world = World::of(&facts()).await;
    // Far less than 1,800 records take.
    let limits = Limits { memory_bytes: 256 << 10, ..Limits::default() };
    for (text, expect) in [
        ("| sort position | limit 3 | fields position", ["1", "2", "3"]),
        ("| sort position desc | limit 3 | fields position", ["1800", "1799", "1798"]),
        ("| sort component desc, time | limit 3 | fields position", ["3", "1", "5"]),
        ("| sort nowhere | limit 3 | fields position", ["1800", "1798", "1799"]),
        ("| sort time | sort component | limit 3 | fields position", ["2", "6", "4"]),
    ] {
        let answer = pipeline(&world.snapshot, &request(text, 10, limits)).await.unwrap();
        assert_eq!(shown(&answer.table), expect, "{text}");
    }
}

#[tokio::test]
async fn attributes_have_columns_up_to_the_limit_and_beyond_it_none_is_lost() {
    for (names, columns) in [(ATTRIBUTE_COLUMNS_MAX, 100), (ATTRIBUTE_COLUMNS_MAX + 1, 101)] {
        let name = |n: usize| (format!("a{n:03}"), Json::Plain("1".to_owned()));
        let attributes = Json::Object((0..names).map(name).collect());
        let world = World::of(&[Fact { attributes, ..Fact::at(1) }]).await;
        let answer = pipeline(&world.snapshot, &request("", 10, Limits::default())).await.unwrap();
        let own = answer.table.columns.iter().filter(|one| !one.name.starts_with('a')).count();
        assert_eq!(answer.table.columns.len() - own, columns);
        let last = &answer.table.columns[answer.table.columns.len() - 1].name;
        assert_eq!(last == "attributes", names > ATTRIBUTE_COLUMNS_MAX);
        if last == "attributes" {
            assert!(answer.table.rows[0].iter().any(|value| value.to_string().contains("a100")));
        }
    }
}
