//! Each filter on rows that it must take and rows that it must leave.

use std::sync::Arc;

use nilometer_model::{Origin, RowRef, Severity, SourceId, Tenant, Timestamp};

use super::*;
use crate::language::Problem;
use crate::limits::{QUERY_REGEXES_MAX, QUERY_TERMS_MAX};

/// (severity, message, attributes) of each row.
const ROWS: [(Severity, &str, &str); 8] = [
    (Severity::Error, "Connection RESET by peer", r#"{"status":500,"path":"/healthz"}"#),
    (Severity::Warn, "reconnection resets 10.1.2.3", r#"{"status":"500","took":"750ms"}"#),
    (Severity::Info, "reset", r#"{"ip":"10.1.2.3","took":1200}"#),
    (Severity::Unset, "connection\treset", ""),
    (Severity::Fatal, "日志 error-code blk_42", r#"{"http":{"route":"/a/b"},"n\u0061me":"x y"}"#),
    (Severity::Debug, "", r#"{"status":404,"gone":null}"#),
    (Severity::Trace, "re", r#"{"http.route":"/c"}"#),
    (Severity::Info, "set", r#"{"component":"attribute"}"#),
];

fn rows() -> Rows {
    let origin = Origin {
        tenant: Tenant::default().name().to_owned(),
        component: "shop".to_owned(),
        source: SourceId(7),
        ..Origin::default()
    };
    let origin = Arc::new(origin);
    let mut rows = Rows::default();
    for (row, (severity, message, attributes)) in (0_i64..).zip(ROWS) {
        rows.push(RowRef {
            origin: &origin,
            time: Timestamp(row),
            order_time: Timestamp(row),
            position: 1 + row.unsigned_abs(),
            bytes: 1,
            received: Timestamp(9),
            severity,
            message,
            attributes,
            trace_id: None,
            span_id: None,
        });
    }
    rows
}

#[test]
fn every_filter_takes_its_rows_and_no_other() {
    let rows = rows();
    let all: &[usize] = &[0, 1, 2, 3, 4, 5, 6, 7];
    let cases: &[(&str, &[usize])] = &[
        ("", all),
        ("reset", &[0, 2, 3]),
        ("RESET connection", &[0, 3]),
        ("\"connection reset\"", &[0]),
        ("reset*", &[0, 1, 2, 3]),
        ("*connection", &[0, 1, 3]),
        ("re*ts", &[1]),
        ("日", &[4]),
        ("日志", &[4]),
        ("error-code", &[4]),
        ("blk_4", &[]),
        ("10.1.2.3", &[1]),
        ("~\"RESET\"", &[0]),
        ("~\"eset\"", &[1, 2, 3]),
        ("path:~\"ealth\"", &[0]),
        ("message:~\"n reset\"", &[1]),
        ("message:~\"n\treset\"", &[3]),
        ("took:~\"50m\"", &[1]),
        ("/^re(set)?$/", &[2, 6]),
        ("severity:ERROR", &[0]),
        ("severity:>=warn", &[0, 1, 4]),
        ("severity:<info", &[5, 6]),
        ("severity:!=info", &[0, 1, 4, 5, 6]),
        ("severity:in(Error,fatal)", &[0, 4]),
        ("severity:unset", &[3]),
        ("status:500", &[0, 1]),
        ("status:>=404", &[0, 1, 5]),
        ("status:!=500", &[5]),
        ("-status:500", &[2, 3, 4, 5, 6, 7]),
        ("status:*", &[0, 1, 5]),
        ("gone:*", &[]),
        ("took:>500ms", &[1, 2]),
        ("took:>1s", &[2]),
        ("ip:cidr(10.0.0.0/8)", &[2]),
        ("ip:cidr(11.0.0.0/8)", &[]),
        ("path:/healthz", &[0]),
        ("path:/he*z", &[0]),
        ("path:/^.he/", &[0]),
        ("name:\"x y\"", &[4]),
        ("http.route:*", &[4, 6]),
        ("http.route:/a*", &[4]),
        ("component:shop", all),
        ("attributes.component:attribute", &[7]),
        ("position:<3", &[0, 1]),
        ("time:<1970-01-01T00:00:00.000000002Z", &[0, 1]),
        ("source:0000000000000007 version:*", &[]),
        ("set OR re", &[6, 7]),
        ("reset -connection", &[2]),
        ("NOT (reset OR severity:>=info)", &[5, 6]),
        ("reset AND (severity:error OR severity:info)", &[0, 2]),
    ];
    for (query, expect) in cases {
        let filter = <Filter>::parse(&Tenant::default(), query)
            .unwrap_or_else(|error| panic!("{query}: {error}"));
        let found: Vec<usize> = filter.select(&rows, None).iter().collect();
        assert_eq!(&found, expect, "{query}");
    }
}

#[test]
fn a_text_that_only_the_joined_column_has_is_not_found() {
    let found = <Filter>::parse(&Tenant::default(), "~\"reset\" severity:trace").unwrap();
    assert!(found.select(&rows(), None).is_empty());
}

#[test]
fn wrong_values_are_refused_at_their_column() {
    for (query, column) in [
        ("a f:>abc", 5),
        ("severity:>loud", 10),
        ("time:<yesterday", 6),
        ("ip:cidr(10.0.0.0/33)", 4),
        ("f:/(/", 3),
        ("日 /(/", 3),
        ("/\\w{999}{9}/", 1),
    ] {
        assert_eq!(
            <Filter>::parse(&Tenant::default(), query).unwrap_err().column,
            column,
            "{query}"
        );
    }
}

#[test]
fn a_query_has_so_many_terms_and_expressions_and_no_more() {
    const TERMS: &str = "at most 256 terms";
    const EXPRESSIONS: &str = "at most 64 regular expressions and wildcards";
    for (one, most, limit) in [
        ("/a/", QUERY_REGEXES_MAX, EXPRESSIONS),
        ("a*b*", QUERY_REGEXES_MAX, EXPRESSIONS),
        ("f:/a/", QUERY_REGEXES_MAX, EXPRESSIONS),
        ("(-f:a*)", QUERY_REGEXES_MAX, EXPRESSIONS),
        ("a", QUERY_TERMS_MAX, TERMS),
        ("-(f:in(a,b))", QUERY_TERMS_MAX, TERMS),
    ] {
        let parse = |count: usize| {
            let query = vec![one; count].join(" OR ");
            <Filter>::parse(&Tenant::default(), &query).map_err(|error| error.problem)
        };
        parse(most).unwrap();
        assert_eq!(parse(most + 1).unwrap_err(), Problem::TooLarge(limit), "{one}");
    }
}

#[test]
fn a_split_is_asked_what_it_may_know_and_else_for_rows() {
    for (query, expect) in [
        ("reset", r#"Text(Free "reset" Free)"#),
        ("RE*", r#"Text(Free "re" Open)"#),
        ("-~\"By\"", r#"Not(Text(Open "By" Open))"#),
        ("version:1", "Origin"),
        ("severity:>=ERROR", "Severity([Error, Fatal])"),
        ("a.b:in(1,2)", r#"Attributes([("a.b", Some("1")), ("a.b", Some("2")), ("a", None)])"#),
        ("status:>=500", r#"Attributes([("status", None)])"#),
        ("message:x", r#"And([Or([Text(Open "x" Open)]), Rows({"message"})])"#),
        (
            "trace_id:0000000000000000000000000000000a",
            "Or([Trace([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10])])",
        ),
        ("trace_id:A", "Or([])"),
    ] {
        let filter = <Filter>::parse(&Tenant::default(), query).unwrap();
        let expect = format!("And([Origin, {expect}])");
        assert_eq!(format!("{:?}", filter.prune()), expect, "{query}");
    }
}
