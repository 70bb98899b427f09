//! Every limit of admission at n and at n + 1, for records, spans and samples.

use std::sync::Arc;

use nilometer_model::{
    BatchId, CollectorId, Count, Epoch, LineageId, Rows, SampleKind, Samples, Sequence, Severity,
    SpanKind, SpanStatus, Spans, Stream, Timestamp,
};
use nilometer_wire::{BatchHeader, Fingerprint, SourceRange};

use super::*;

const SOURCE: SourceId = SourceId(7);
const NO_HORIZON: Timestamp = Timestamp(i64::MIN);

/// A batch of `items`, all of one source, which declares positions 11 to 20.
fn batch(items: Items) -> Batch {
    let range = SourceRange {
        source: SOURCE,
        lineage: LineageId(1),
        component: "c".to_owned(),
        instance: String::new(),
        stream: Stream::Stdout,
        path: String::new(),
        fingerprint: Fingerprint::default(),
        from: 10,
        to: 20,
        running: Count::default(),
        gaps: Vec::new(),
        ended: false,
    };
    let batch =
        BatchId { collector: CollectorId::default(), epoch: Epoch(1), sequence: Sequence(1) };
    let header = BatchHeader {
        batch,
        tenant: "default".to_owned(),
        shard_map: 0,
        dictionary: 0,
        frozen_at: Timestamp(1),
        replaces: Vec::new(),
        node: "n".to_owned(),
        sources: vec![range],
    };
    Batch { header, items }
}

fn origin(component: &str) -> Arc<Origin> {
    let component = component.to_owned();
    Arc::new(Origin { component, source: SOURCE, ..Origin::default() })
}

fn row(component: &str, change: impl FnOnce(&mut RowRef<'_>)) -> Items {
    let mut row = RowRef {
        origin: &origin(component),
        time: Timestamp(1),
        order_time: Timestamp(1),
        position: 15,
        bytes: 1,
        received: Timestamp(1),
        severity: Severity::Unset,
        message: "m",
        attributes: "",
        trace_id: None,
        span_id: None,
    };
    change(&mut row);
    let mut rows = Rows::default();
    rows.push(row);
    rows.into()
}

fn span(component: &str, change: impl FnOnce(&mut SpanRef<'_>)) -> Items {
    let mut span = SpanRef {
        origin: &origin(component),
        operation: "GET /",
        trace_id: [1; 16],
        span_id: [2; 8],
        parent_id: None,
        start: Timestamp(1),
        duration: 1,
        kind: SpanKind::Server,
        status: SpanStatus::Unset,
        status_message: "",
        attributes: "",
        events: "",
        links: "",
        position: 15,
        received: Timestamp(1),
    };
    change(&mut span);
    let mut spans = Spans::default();
    spans.push(span);
    spans.into()
}

fn sample(component: &str, change: impl FnOnce(&mut SampleRef<'_>)) -> Items {
    let mut sample = SampleRef {
        origin: &origin(component),
        name: "cpu",
        unit: "",
        time: Timestamp(1),
        value: 0.5,
        kind: SampleKind::Gauge,
        attributes: "",
        position: 15,
        received: Timestamp(1),
    };
    change(&mut sample);
    let mut samples = Samples::default();
    samples.push(sample);
    samples.into()
}

#[track_caller]
fn check(items: Items, expect: Option<Reason>) {
    let batch = batch(items);
    let refused = admit(&batch, batch.header.frozen_at);
    assert_eq!(refused.first().map(|refusal| refusal.reason), expect);
    assert_eq!(refused, admit(&batch, batch.header.frozen_at), "admission is pure");
}

/// `with` takes a text of `most` bytes, and one byte more is refused for `reason`.
#[track_caller]
fn check_limit(most: usize, reason: Reason, with: impl Fn(&str) -> Items) {
    check(with(&"x".repeat(most)), None);
    check(with(&"x".repeat(most + 1)), Some(reason));
}

/// Sets a text. It is leaked, which a test may.
macro_rules! set {
    ($kind:ident, $field:ident) => {
        |text: &str| {
            let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
            $kind("c", |item| item.$field = text)
        }
    };
}

#[test]
fn limits_of_a_record_hold_at_n_and_refuse_at_n_plus_1() {
    check_limit(MESSAGE_BYTES_MAX, Reason::MessageTooLong, set!(row, message));
    check_limit(ATTRIBUTES_BYTES_MAX, Reason::AttributesTooLarge, set!(row, attributes));
    check_limit(NAME_BYTES_MAX, Reason::NameTooLong, |name| row(name, |_| ()));
}

#[test]
fn limits_of_a_span_hold_at_n_and_refuse_at_n_plus_1() {
    check_limit(OPERATION_BYTES_MAX, Reason::NameTooLong, set!(span, operation));
    check_limit(NAME_BYTES_MAX, Reason::NameTooLong, |name| span(name, |_| ()));
    check_limit(STATUS_MESSAGE_BYTES_MAX, Reason::MessageTooLong, set!(span, status_message));
    check_limit(ATTRIBUTES_BYTES_MAX, Reason::AttributesTooLarge, set!(span, attributes));
    check_limit(EVENTS_BYTES_MAX, Reason::AttributesTooLarge, set!(span, events));
    check_limit(LINKS_BYTES_MAX, Reason::AttributesTooLarge, set!(span, links));
}

#[test]
fn limits_of_a_sample_hold_at_n_and_refuse_at_n_plus_1() {
    check_limit(NAME_BYTES_MAX, Reason::NameTooLong, set!(sample, name));
    check_limit(NAME_BYTES_MAX, Reason::NameTooLong, set!(sample, unit));
    check_limit(NAME_BYTES_MAX, Reason::NameTooLong, |name| sample(name, |_| ()));
    check_limit(ATTRIBUTES_BYTES_MAX, Reason::AttributesTooLarge, set!(sample, attributes));
}

#[test]
fn a_span_without_one_of_its_ids_is_malformed() {
    check(span("c", |span| span.trace_id = [0; 16]), Some(Reason::Malformed));
    check(span("c", |span| span.span_id = [0; 8]), Some(Reason::Malformed));
}

#[test]
fn an_item_outside_the_range_that_its_batch_declares_is_malformed() {
    for (position, expect) in
        [(20, None), (21, Some(Reason::Malformed)), (10, Some(Reason::Malformed))]
    {
        check(row("c", |row| row.position = position), expect);
        check(span("c", |span| span.position = position), expect);
        check(sample("c", |sample| sample.position = position), expect);
    }
}

#[test]
fn an_item_is_named_by_its_number_among_records_spans_and_samples() {
    let mut items = row("c", |_| ());
    items.append(&span("c", |span| span.position = 21));
    items.append(&sample("c", |_| ()));
    items.append(&sample("c", |sample| sample.position = 22));
    let refused = admit(&batch(items), NO_HORIZON);
    let named: Vec<_> = refused.iter().map(|refusal| (refusal.index, refusal.position)).collect();
    assert_eq!(named, [(1, 21), (3, 22)]);
}

#[test]
fn of_a_batch_from_before_the_horizon_nothing_is_let_in() {
    let mut items = row("c", |_| ());
    items.append(&span("c", |_| ()));
    items.append(&sample("c", |sample| sample.position = 22));
    let batch = batch(items);
    let at_horizon = admit(&batch, batch.header.frozen_at);
    assert_eq!(at_horizon.len(), 1, "but for what it does not declare");
    let reasons: Vec<_> = admit(&batch, batch.header.frozen_at.plus_ns(1))
        .iter()
        .map(|refusal| refusal.reason)
        .collect();
    assert_eq!(reasons, [Reason::TooOld, Reason::TooOld, Reason::Malformed]);
}
