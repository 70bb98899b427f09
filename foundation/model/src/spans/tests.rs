//! What holds of spans whatever their order.

use super::*;

fn span(origin: &Arc<Origin>, trace: u8, id: u8, start: i64) -> SpanRef<'_> {
    SpanRef {
        origin,
        operation: if id.is_multiple_of(2) { "GET /" } else { "" },
        trace_id: [trace; 16],
        span_id: [id; 8],
        parent_id: (id > 1).then_some([id - 1; 8]),
        start: Timestamp(start),
        duration: 7,
        kind: SpanKind::Server,
        status: SpanStatus::Error,
        status_message: "boom",
        attributes: r#"{"a":1}"#,
        events: "",
        links: "",
        position: 3,
        received: Timestamp(9),
    }
}

fn of_component(name: &str) -> Arc<Origin> {
    Arc::new(Origin { component: name.to_owned(), ..Origin::default() })
}

#[test]
fn a_span_comes_back_as_it_was_pushed() {
    let (shop, bank, equal) = (of_component("shop"), of_component("bank"), of_component("shop"));
    let pushed = [span(&shop, 1, 1, i64::MAX), span(&bank, 1, 2, i64::MIN), span(&equal, 2, 1, 0)];
    let mut spans = Spans::default();
    pushed.iter().for_each(|span| spans.push(*span));
    assert!(spans.check());
    assert_eq!(spans.iter().collect::<Vec<_>>(), pushed);
    assert_eq!((spans.origins.len(), spans.operations.len()), (2, 2));
    assert_eq!(spans.row(0).service(), "shop");
    assert_eq!(spans.row(0).end(), Timestamp(i64::MAX), "the end of time");
}

#[test]
fn appending_spans_is_pushing_them_one_by_one() {
    let (shop, bank) = (of_component("shop"), of_component("bank"));
    let (mut first, mut second) = (Spans::default(), Spans::default());
    first.push(span(&shop, 1, 1, 0));
    second.push(span(&bank, 1, 2, 5));
    second.push(span(&shop, 1, 3, 6));
    let mut pushed = first.clone();
    second.iter().for_each(|span| pushed.push(span));
    first.append(&second);
    assert_eq!(first, pushed);
    assert!(first.check());
}

#[test]
fn traces_come_by_their_first_start_and_their_spans_together() {
    let shop = of_component("shop");
    let mut spans = Spans::default();
    for (trace, id, start) in [(9, 1, 30), (1, 1, 20), (9, 2, 10), (5, 1, 15), (1, 2, 20)] {
        spans.push(span(&shop, trace, id, start));
    }
    let rows = spans.by_trace();
    assert_eq!(rows, [2, 0, 3, 1, 4]);
    let sorted = spans.pick(&rows);
    assert_eq!(sorted.start, [10, 30, 15, 20, 20]);
    assert_eq!(sorted.pick(&sorted.by_trace()), sorted);
}

#[test]
fn columns_that_disagree_are_noticed() {
    let shop = of_component("shop");
    let spoils: [fn(&mut Spans); 4] = [
        |spans| spans.origin[0] = 1,
        |spans| spans.operation[0] = 1,
        |spans| spans.duration.clear(),
        |spans| spans.links.push(""),
    ];
    for spoil in spoils {
        let mut spans = Spans::default();
        spans.push(span(&shop, 1, 1, 0));
        assert!(spans.check());
        spoil(&mut spans);
        assert!(!spans.check());
    }
}

#[test]
fn codes_are_places_and_names_are_lower_case() {
    for (code, kind) in (0..).zip(SpanKind::ALL) {
        assert_eq!(SpanKind::from_code(code), Some(kind));
        assert_eq!(kind.name(), format!("{kind:?}").to_lowercase());
    }
    for (code, status) in (0..).zip(SpanStatus::ALL) {
        assert_eq!(SpanStatus::from_code(code), Some(status));
        assert_eq!(status.name(), format!("{status:?}").to_lowercase());
    }
    assert_eq!((SpanKind::from_code(6), SpanStatus::from_code(3)), (None, None));
}
