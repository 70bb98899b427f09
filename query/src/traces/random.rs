//! Traces as chance makes them: circles, spans that never came, ids used twice, clocks that disagree.

use nilometer_model::{SpanKind, SpanStatus};
use proptest::prelude::*;

use super::SpanLite;

pub(crate) const NAMES: u32 = 3;

prop_compose! {
    fn span(spans: u64)(
        span in 1..=spans, parent in 0..=spans + 1, start in 0_i64..30, duration in 0_u64..20,
        service in 0..NAMES, operation in 0..NAMES, node in 0..NAMES, kind in 0_u8..6,
    ) -> SpanLite {
        let kind = SpanKind::from_code(kind).unwrap_or_default();
        let status = SpanStatus::Unset;
        SpanLite { trace: 1, span, parent, start, duration, service, operation, node, kind, status }
    }
}

/// Anything that can be sent.
pub(crate) fn any_trace() -> impl Strategy<Value = Vec<SpanLite>> {
    (1_u64..12).prop_flat_map(|spans| proptest::collection::vec(span(spans), 1..14))
}

/// One root, and every other span below one that is given before it.
pub(crate) fn tree() -> impl Strategy<Value = Vec<SpanLite>> {
    any_trace().prop_map(|mut spans| {
        for (at, id) in (0..spans.len()).zip(1..) {
            spans[at].span = id;
            spans[at].parent = if at == 0 { 0 } else { 1 + spans[at].parent % (id - 1) };
        }
        spans
    })
}
