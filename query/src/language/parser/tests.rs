//! Which text is understood, and at which column the rest is refused.

use super::*;
use crate::language::Problem;

#[test]
fn errors_point_at_the_column_and_say_what_was_expected() {
    let cases: [(&str, usize, &str); 17] = [
        ("\"abc", 1, "column 1: this quote is never closed"),
        ("日志 \"abc", 4, "column 4: this quote is never closed"),
        ("a (b OR c", 3, "column 3: this parenthesis is never closed"),
        ("a b)", 4, "column 4: expected a filter, found `)`"),
        ("()", 2, "column 2: expected a filter, found `)`"),
        ("OR a", 1, "column 1: expected a filter, found `OR`"),
        ("a OR", 5, "column 5: expected a filter, but the query ends here"),
        ("a AND AND b", 7, "column 7: expected a filter, found `AND`"),
        ("a - b", 5, "column 5: expected a filter right after `-`, found `b`"),
        ("NOT", 4, "column 4: expected a filter, but the query ends here"),
        ("f:", 3, "column 3: expected a value, but the query ends here"),
        ("f: x", 4, "column 4: expected a value, found `x`"),
        ("f:>", 4, "column 4: expected a value, but the query ends here"),
        ("f:in(a b)", 8, "column 8: expected `,` or `)`, found `b`"),
        ("f:in(a", 5, "column 5: this parenthesis is never closed"),
        ("/ab", 1, "column 1: this regular expression is never closed"),
        ("error | stats count()", 7, "column 7: a pipe cannot be used here, only filters can"),
    ];
    for (text, column, message) in cases {
        let error = parse(text).unwrap_err();
        assert_eq!((error.column, error.to_string().as_str()), (column, message), "{text}");
        assert!(!error.hint.is_empty(), "{text}");
    }
}

#[test]
fn a_pipe_inside_quotes_or_a_regular_expression_is_text() {
    assert_eq!(parse("a | b").unwrap_err().problem, Problem::Pipe);
    assert_eq!(parse("\"a | b\"").unwrap().node, Node::Text("a | b".to_owned()));
    assert_eq!(parse("/a|b/").unwrap().node, Node::Regex("a|b".to_owned()));
}

#[test]
fn a_slash_begins_a_regular_expression_only_where_a_slash_ends_the_word() {
    let value = |text: &str| match parse(text).unwrap().node {
        Node::Field { value, .. } => value,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(value("path:/healthz"), Value::Is("/healthz".to_owned()));
    assert_eq!(value("path:/api/cart"), Value::Is("/api/cart".to_owned()));
    assert_eq!(value(r"path:/^\/api\/v\d/"), Value::Regex(r"^/api/v\d".to_owned()));
    assert_eq!(parse("/api/cart").unwrap().node, Node::Text("/api/cart".to_owned()));
}

#[test]
fn limits_hold_at_n_and_refuse_n_plus_1() {
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(QUERY_DEPTH_MAX)).is_ok());
    let error = parse(&nested(QUERY_DEPTH_MAX + 1)).unwrap_err();
    assert!(matches!(error.problem, Problem::TooLarge(_)) && error.column == QUERY_DEPTH_MAX + 1);
    assert!(parse(&"a".repeat(QUERY_BYTES_MAX)).is_ok());
    assert!(parse(&"a".repeat(QUERY_BYTES_MAX + 1)).is_err());
}

#[test]
fn empty_and_star_match_all() {
    for text in ["", "  ", "*"] {
        assert_eq!(parse(text).unwrap().node, Node::All, "{text}");
    }
}
