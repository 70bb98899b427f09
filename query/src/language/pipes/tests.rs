//! Which pipes are understood, and at which column, with which suggestion, the rest is refused.

use super::*;
use crate::language::parse_query;
use crate::language::pipe::Query;
use crate::limits::QUERY_BYTES_MAX;

#[track_caller]
fn parsed(text: &str) -> Query {
    parse_query(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn a_mistake_is_shown_at_its_column_with_what_was_expected_or_probably_meant() {
    let cases: [(&str, usize, &str); 41] = [
        ("a | stat count()", 5, "no such pipe: `stat`; did you mean `stats`?"),
        ("日志 | STATS count()", 6, "no such pipe: `STATS`; did you mean `stats`?"),
        ("| where a", 3, "no such pipe: `where`"),
        ("| extract x", 3, "no such pipe: `extract`"),
        ("a |", 4, "expected a pipe, but the query ends here"),
        ("a | | limit 1", 5, "expected a pipe, found `|`"),
        ("a | (b)", 5, "expected a pipe, found `(`"),
        ("(a | stats count()", 4, "expected `)`, found `|`"),
        ("a OR | stats count()", 6, "expected a filter, found `|`"),
        ("a) | stats count()", 2, "expected a filter or `|`, found `)`"),
        ("| stats", 8, "expected a function, but the query ends here"),
        ("| stats conut()", 9, "no such function: `conut`; did you mean `count`?"),
        ("| stats p98(a)", 9, "no such function: `p98`; did you mean `p90`?"),
        ("| stats median(a)", 9, "no such function: `median`"),
        ("| stats count", 14, "expected `(`, but the query ends here"),
        ("| stats count(a", 16, "expected `)`, but the query ends here"),
        ("| stats sum()", 13, "expected a field, found `)`"),
        ("| stats sum(a,b)", 14, "expected `)`, found `,`"),
        ("| stats count() by", 19, "expected a field, but the query ends here"),
        ("| stats count() component", 17, "expected `as`, `by`, `,` or `|`, found `component`"),
        ("| stats count() by a b", 22, "expected `,` or `|`, found `b`"),
        ("| stats count() as", 19, "expected a field, but the query ends here"),
        ("| stats count(), by a", 18, "no such function: `by`"),
        ("| stats quantile(a)", 18, "`a` is not a part from 0 to 1"),
        ("| stats quantile(1.5,a)", 18, "`1.5` is not a part from 0 to 1"),
        ("| stats quantile(0.5)", 21, "expected `,`, found `)`"),
        ("| stats count() by bim(1m)", 20, "no such key: `bim`; did you mean `bin`?"),
        ("| stats count() by bin(x)", 24, "`x` is not a duration"),
        ("| stats count() by bin(0s)", 24, "`0s` is not a duration"),
        ("| stats count() by bin(1m", 26, "expected `)`, but the query ends here"),
        ("| top by a", 7, "`by` is not a number of rows"),
        ("| top 5 a", 9, "expected `by`, found `a`"),
        ("| top 5 by", 11, "expected a field, but the query ends here"),
        ("| limit", 8, "expected a number of rows, but the query ends here"),
        ("| limit 0", 9, "`0` is not a number of rows"),
        ("| limit 1000001", 9, "`1000001` is not a number of rows"),
        ("| sort a down", 10, "expected `asc`, `desc`, `,` or `|`, found `down`"),
        ("| fields a b", 12, "expected `|` or the end, found `b`"),
        ("| fields \"a", 10, "this quote is never closed"),
        ("| histogram a", 13, "`a` is not a duration"),
        ("| histogram 1m of a", 16, "expected `|` or the end, found `of`"),
    ];
    for (text, column, message) in cases {
        let Err(error) = parse_query(text) else { panic!("{text} is understood") };
        assert_eq!((error.column, error.problem.to_string().as_str()), (column, message), "{text}");
        assert!(!error.hint.is_empty(), "{text}");
    }
}

#[test]
fn columns_are_called_what_is_written_without_blanks_or_their_as() {
    for (text, expect) in [
        ("| stats count(), p99( duration )", "count() p99(duration)"),
        ("| stats quantile( 0.5 , d ) as mid", "mid"),
        ("| stats count() as \"how many\"", "how many"),
        ("| stats sum(\"a b\")", "sum(\"a b\")"),
        (
            "| stats count() by component, bin( 1m ), bin(received,2h) as hour",
            "component bin(1m) hour count()",
        ),
        ("| stats count() by \"by\", attributes.node as n", "by n count()"),
    ] {
        let query = parsed(text);
        let Pipe::Stats { calls, by } = &query.pipes[0] else { panic!("{text}") };
        let names = by.iter().map(|key| &key.name).chain(calls.iter().map(|call| &call.name));
        let names: Vec<&str> = names.map(|name| name.text.as_str()).collect();
        assert_eq!(names.join(" "), expect, "{text}");
    }
}

#[test]
fn pipes_follow_each_other_and_what_is_quoted_is_no_pipe() {
    let query = parsed(
        r#""a | b" | stats count() as n, max(t) by bin(90s) | sort n desc, bin( 90s ) | limit 5 | fields n"#,
    );
    assert_eq!(query.pipes.len(), 4);
    let Pipe::Sort(by) = &query.pipes[1] else { panic!("{query:?}") };
    let sorted: Vec<_> = by.iter().map(|one| (one.column.text.as_str(), one.descending)).collect();
    assert_eq!(sorted, [("n", true), ("bin(90s)", false)]);
    assert_eq!(query.pipes[2], Pipe::Limit(5));
    for text in ["", "*", "| limit 1", "  |limit 1", "a|limit 1", "/a|b/ | limit 1"] {
        parsed(text);
    }
}

#[test]
fn every_listed_name_is_understood() {
    for (name, _) in FUNCTIONS {
        let text = match *name {
            "quantile" => "| stats quantile(0.5,f)".to_owned(),
            name => format!("| stats {name}(f)"),
        };
        parsed(&text);
    }
    for (name, _) in PIPES {
        let rest = match *name {
            "stats" => "count()",
            "top" => "3 by f",
            "limit" => "3",
            "histogram" | "patterns" => "",
            _ => "f",
        };
        parsed(&format!("| {name} {rest}"));
    }
}

#[test]
fn durations_are_whole_numbers_of_a_unit() {
    for (text, ns) in [
        ("1ns", Some(1)),
        ("250ms", Some(250_000_000)),
        ("1m", Some(60_000_000_000)),
        ("36500d", Some(36_500 * 86_400_000_000_000)),
        ("36501d", None),
        ("99999999999999999999s", None),
        ("1.5s", None),
        ("-1s", None),
        ("10", None),
        ("s", None),
    ] {
        assert_eq!(duration_ns(text), ns, "{text}");
    }
}

#[test]
fn limits_hold_at_n_and_refuse_n_plus_1() {
    let pipes = |count: usize| "| limit 1 ".repeat(count);
    assert_eq!(parsed(&pipes(QUERY_PIPES_MAX)).pipes.len(), QUERY_PIPES_MAX);
    let error = parse_query(&pipes(QUERY_PIPES_MAX + 1)).unwrap_err();
    assert_eq!((error.column, error.problem), (161, Problem::TooLarge("at most 16 pipes")));
    let names = |count: usize| format!("| fields {}", vec!["a"; count].join(","));
    parsed(&names(PIPE_NAMES_MAX));
    let error = parse_query(&names(PIPE_NAMES_MAX + 1)).unwrap_err();
    assert_eq!(error.problem, Problem::TooLarge("at most 32 names in a pipe"));
    assert_eq!(parsed("| limit 1000000").pipes, [Pipe::Limit(QUERY_ROWS_MAX)]);
    let long = format!("| fields {}", "a".repeat(QUERY_BYTES_MAX));
    assert!(parse_query(&long).is_err());
}
