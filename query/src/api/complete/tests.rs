//! What is put in is read as what was meant.

use nilometer_model::{Origin, RowRef, Rows, Tenant, Timestamp};
use proptest::prelude::*;
use std::sync::Arc;

use super::*;
use crate::language::parse_query;
use crate::plan::{Filter, SignalField};

/// One record with one attribute.
fn record(name: &str, value: &str) -> Rows {
    let origin = Arc::new(Origin { tenant: "default".to_owned(), ..Origin::default() });
    let attributes = serde_json::json!({ name: value }).to_string();
    let mut rows = Rows::default();
    rows.push(RowRef {
        origin: &origin,
        time: Timestamp(1),
        order_time: Timestamp(1),
        position: 1,
        bytes: 1,
        received: Timestamp(1),
        severity: Severity::Info,
        message: "m",
        attributes: &attributes,
        trace_id: None,
        span_id: None,
    });
    rows
}

proptest! {
    #[test]
    fn any_name_and_value_that_is_put_in_finds_its_record(
        name in "[a-z日 :\"\\\\|()*,<>=~/.-]{0,6}|\\PC{1,6}", value in "[a-z:日 \"\\\\|()*,<>=!~/-]{0,6}|\\PC{0,6}|in|cidr",
    ) {
        let field = escaped(&Field::name_of_attribute(&name));
        let rows = record(&name, &value);
        for q in [format!("{field}:{}", literal(&value)), format!("{field}:in(x,{})", literal(&value))] {
            let filter = <Filter>::parse(&Tenant::default(), &q);
            let filter = filter.unwrap_or_else(|error| panic!("{q}: {error}"));
            prop_assert_eq!(filter.select(&rows, None).count(), 1, "{}", q);
        }
    }

    #[test]
    fn any_name_that_is_put_into_a_pipe_is_a_name(name in "[a-z日 :\"\\\\|()*,]{0,6}|\\PC{1,6}|by|as|desc") {
        let q = format!("| top 3 by {}", quoted_name(&name));
        prop_assert!(parse_query(&q).is_ok(), "{}", q);
    }
}

#[test]
fn a_name_begins_as_it_is_typed_in_any_case() {
    for (name, typed, expect) in [
        ("severity", "", true),
        ("severity", "SEV", true),
        ("HTTP.route", "http", true),
        ("ü", "Ü", true),
        ("sev", "severity", false),
        ("severity", "ver", false),
    ] {
        assert_eq!(begins(name, typed), expect, "{name} {typed}");
    }
}
