//! What a trace's JSON says, page by page.

use nilometer_model::{SpanRef, Tenant, TimeRange, Timestamp};
use serde_json::Value;

use super::*;
use crate::traces::written::{id, write as write_spans};

fn coverage() -> CoverageJson {
    let (lagging, gaps) = (Vec::new(), Vec::new());
    let known = nilometer_store::Completeness { complete: true, complete_to: None, lagging, gaps };
    CoverageJson::new(known, 0, None)
}

fn page(spans: &Spans, after: Option<(i64, u64)>) -> Value {
    serde_json::from_slice(&write(spans, after, &Rows::default(), &coverage()).unwrap()).unwrap()
}

fn ids(page: &Value) -> Vec<String> {
    let spans = page["spans"].as_array().unwrap();
    spans.iter().map(|span| span["span_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_trace_is_told_with_what_is_wrong_with_it_and_raw_starts() {
    let mut spans = Spans::default();
    let lines = ["b<a 1000000+4000000 @n2 server", "a 0+10000000 @n1 client", "c<x 7+1"];
    write_spans(&mut spans, 1, &lines);
    write_spans(&mut spans, 1, &["a 5+5"]);
    let told = page(&spans, None);
    let name = |text: &str| format!("{:016x}", id(text));
    assert_eq!(told["trace_id"], "01".repeat(16));
    assert_eq!(ids(&told), [name("a"), name("c"), name("b")]);
    assert_eq!(told["missing_parents"], serde_json::json!([name("x")]));
    assert_eq!(told["skew_ms"], serde_json::json!({"n1": 0.0, "n2": 0.0}));
    assert_eq!(told["spans"][2]["start"], "1970-01-01T00:00:00.001000000Z");
    assert_eq!(told["critical_path"][0], serde_json::json!({"span_id": name("a"), "self_ms": 6.0}));
    assert_eq!(told.get("cursor"), None);
}

#[test]
fn a_page_has_so_many_spans_and_its_cursor_leads_to_the_rest() {
    for (count, pages) in [(TRACE_PAGE_SPANS, 1), (TRACE_PAGE_SPANS + 1, 2)] {
        let mut one = Spans::default();
        write_spans(&mut one, 1, &["a<x 0+1"]);
        let mut spans = Spans::default();
        for at in (1..=count as u64).rev() {
            let start = Timestamp(i64::try_from(at / 3).unwrap() - 2_000);
            spans.push(SpanRef { span_id: at.to_be_bytes(), start, ..one.row(0) });
        }
        let (mut seen, mut after, mut whole) = (Vec::new(), None, 0);
        for _ in 0..pages {
            let told = page(&spans, after);
            seen.extend(ids(&told));
            whole += told["missing_parents"].as_array().unwrap().len();
            after = told["cursor"].as_str().map(|text| parse_cursor(text).unwrap());
        }
        let expected: Vec<String> = (1..=count).map(|at| format!("{at:016x}")).collect();
        assert_eq!((seen, after, whole), (expected, None, 1));
    }
}

#[test]
fn an_id_is_32_hex_digits_of_any_case() {
    assert_eq!(parse_id(&"aB".repeat(16)).unwrap(), [0xab; 16]);
    for text in ["", "ab", &"ab".repeat(17), &"g".repeat(32), &format!("+{}", "1".repeat(31))] {
        assert!(parse_id(text).is_err(), "{text}");
    }
}

#[test]
fn what_is_no_cursor_is_refused() {
    for text in ["", "1", "1.", "x.1", "1.2.3"] {
        assert!(parse_cursor(text).is_err(), "{text}");
    }
}

#[test]
fn logs_are_those_of_the_trace_and_of_the_callers_tenant() {
    let tenant = Tenant::parse("shop").unwrap();
    let request = logs_of(&Caller { tenant, ..Caller::default() }, [0xab; 16]);
    assert_eq!((request.filter.tenant().name(), request.range), ("shop", TimeRange::ALL));
}
