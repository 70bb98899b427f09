//! What must hold whatever somebody asks. The check panics where something does not; `tests/mutate` and
//! `tests/fuzz` bring the bytes.
//!
//! Invariants:
//! - nothing panics; a query is understood in the same way again;
//! - an error names a column of the text; a part of the tree lies within the part that it is of;
//! - what `-(query)` takes is what `query` leaves;
//! - any caret has an answer that touches it.

use std::sync::{Arc, LazyLock};

use nilometer_model::{
    Origin, RowRef, Rows, Samples, Severity, Spans, Tenant, TimeRange, Timestamp,
};

use crate::api::complete::caret::caret;
use crate::language::{Node, SyntaxError, Tree, parse, parse_query};
use crate::plan::{Filter, Plan};

/// (severity, message, attributes) of each row.
const ROWS: [(Severity, &str, &str); 5] = [
    (Severity::Error, "Connection RESET by peer", r#"{"status":500,"path":"/healthz"}"#),
    (Severity::Warn, "reset 10.1.2.3", r#"{"status":"500","took":"750ms","ip":"10.1.2.3"}"#),
    (Severity::Unset, "", ""),
    (Severity::Fatal, "日志 error-code", r#"{"http":{"route":"/a/b"},"n\u0061me":"x y"}"#),
    (Severity::Info, "set", r#"{"component":"attribute","gone":null}"#),
];

/// A query as somebody types it.
pub fn query(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let tree = parse(&text);
    match &tree {
        Ok(tree) => check_tree(&text, tree),
        Err(error) => check_error(&text, error),
    }
    assert_eq!(parse(&text), tree);
    match parse_query(&text) {
        Ok(query) => check_tree(&text, &query.filter),
        Err(error) => check_error(&text, &error),
    }
    check_filter(&text);
    check_plans(&text);
    check_carets(&text);
}

fn check_error(text: &str, error: &SyntaxError) {
    assert!((1..=text.chars().count() + 1).contains(&error.column), "{error}");
    assert!(!error.to_string().is_empty());
}

fn check_tree(text: &str, tree: &Tree) {
    assert!(text.get(tree.span.from..tree.span.to).is_some(), "{:?}", tree.span);
    let parts = match &tree.node {
        Node::And(parts) | Node::Or(parts) => parts,
        Node::Not(part) => std::slice::from_ref(&**part),
        _ => return,
    };
    for part in parts {
        assert!(tree.span.from <= part.span.from && part.span.to <= tree.span.to);
        check_tree(text, part);
    }
}

fn check_filter(text: &str) {
    static TAKEN_FROM: LazyLock<Rows> = LazyLock::new(rows);
    let tenant = Tenant::default();
    let Ok(filter) = Filter::<Rows>::parse(&tenant, text) else { return };
    let taken = filter.select(&TAKEN_FROM, None);
    let Ok(inverse) = Filter::<Rows>::parse(&tenant, &format!("-({text}\n)")) else { return };
    let left = inverse.select(&TAKEN_FROM, None);
    for row in 0..ROWS.len() {
        assert_ne!(taken.contains(row), left.contains(row), "row {row}");
    }
}

fn rows() -> Rows {
    let tenant = Tenant::default().name().to_owned();
    let origin = Arc::new(Origin { tenant, component: "shop".to_owned(), ..Origin::default() });
    let mut rows = Rows::default();
    for (position, (severity, message, attributes)) in (1..).zip(ROWS) {
        rows.push(RowRef {
            origin: &origin,
            time: Timestamp(5),
            order_time: Timestamp(5),
            position,
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

fn check_plans(text: &str) {
    let tenant = Tenant::default();
    let Some(range) = TimeRange::new(Timestamp(0), Timestamp(3_600_000_000_000)) else { return };
    let errors = [
        Plan::<Rows>::parse(&tenant, text, range).err(),
        Plan::<Spans>::parse(&tenant, text, range).err(),
        Plan::<Samples>::parse(&tenant, text, range).err(),
    ];
    errors.iter().flatten().for_each(|error| check_error(text, error));
}

fn check_carets(text: &str) {
    let chars = text.chars().count();
    for cursor in [0, chars / 3, chars / 2, chars] {
        let found = caret(text, cursor);
        assert!(found.from <= cursor && cursor <= found.to && found.to <= chars, "{found:?}");
    }
}

#[cfg(test)]
mod tests {
    use nilometer_mutate::{MUTATIONS, hold};

    #[test]
    fn queries() {
        hold("query", &[], MUTATIONS, super::query);
    }
}
