//! A span's compact form: what trees, paths and durations are made of, without a text.
//!
//! Invariants:
//! - names are numbers of [`LiteSpans`] that holds the span, so equal numbers are equal names;
//! - ids compare as their bytes do;
//! - 64 bytes a span: a query's memory holds four million of them.

use std::ops::Range;

use nilometer_model::{Names, SpanKind, SpanStatus, Spans};

/// What a trace needs of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SpanLite {
    pub(crate) trace: u128,
    pub(crate) span: u64,
    /// The span that caused it; 0 for none.
    pub(crate) parent: u64,
    /// By its node's clock, ns.
    pub(crate) start: i64,
    /// ns
    pub(crate) duration: u64,
    pub(crate) service: u32,
    pub(crate) operation: u32,
    pub(crate) node: u32,
    pub(crate) kind: SpanKind,
    pub(crate) status: SpanStatus,
}

const _: () = assert!(size_of::<SpanLite>() == 64);

impl SpanLite {
    /// When it ended, ns; at the end of time at the latest.
    pub(crate) fn end(&self) -> i64 {
        self.start.saturating_add(i64::try_from(self.duration).unwrap_or(i64::MAX))
    }

    pub(crate) fn is_error(&self) -> bool {
        self.status == SpanStatus::Error
    }
}

/// Spans in their compact form, and the names that they call by number.
#[derive(Debug, Clone, Default)]
pub(crate) struct LiteSpans {
    pub(crate) services: Names,
    pub(crate) operations: Names,
    pub(crate) nodes: Names,
    pub(crate) spans: Vec<SpanLite>,
}

impl LiteSpans {
    /// All of these spans.
    pub(crate) fn of(spans: &Spans) -> Self {
        let mut lite = Self::default();
        lite.add(spans, 0..spans.len());
        lite
    }

    /// Adds these rows, of which [`nilometer_block::SpanColumns::TREE`] must be there.
    pub(crate) fn add(&mut self, spans: &Spans, rows: impl IntoIterator<Item = usize>) {
        let mut origins = vec![None; spans.origins.len()];
        let mut operations = vec![None; spans.operations.len()];
        for row in rows {
            let at = spans.origin[row] as usize;
            let (service, node) = *origins[at].get_or_insert_with(|| {
                let origin = &spans.origins[at];
                (self.services.code(&origin.component), self.nodes.code(&origin.node))
            });
            let code = spans.operation[row];
            let operation = *operations[code as usize]
                .get_or_insert_with(|| self.operations.code(spans.operations.get(code)));
            self.spans.push(SpanLite {
                trace: u128::from_be_bytes(spans.trace_id[row]),
                span: u64::from_be_bytes(spans.span_id[row]),
                parent: u64::from_be_bytes(spans.parent_id[row]),
                start: spans.start[row],
                duration: spans.duration[row],
                service,
                operation,
                node,
                kind: spans.kind[row],
                status: spans.status[row],
            });
        }
    }

    /// Puts the spans of each trace together, traces by their ids.
    pub(crate) fn sort_by_trace(&mut self) {
        self.spans.sort_by_key(|span| span.trace);
    }

    /// Where the spans of each trace are, once they are together.
    pub(crate) fn traces(&self) -> impl Iterator<Item = Range<usize>> {
        let mut from = 0;
        self.spans.chunk_by(|a, b| a.trace == b.trace).map(move |spans| {
            let range = from..from + spans.len();
            from = range.end;
            range
        })
    }

    /// Memory that it takes, bytes.
    pub(crate) fn memory_bytes(&self) -> usize {
        /// Of a name, beside its text, which is held twice.
        const NAME_BYTES: usize = 64;
        let names = [&self.services, &self.operations, &self.nodes];
        let texts = names.map(|names| 2 * names.texts().text().len() + names.len() * NAME_BYTES);
        self.spans.capacity() * size_of::<SpanLite>() + texts.iter().sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use nilometer_model::{Origin, SpanRef, Timestamp};

    use super::*;

    fn push(spans: &mut Spans, (service, node, operation): (&str, &str, &str), id: u8) {
        let origin = Arc::new(Origin {
            component: service.to_owned(),
            node: node.to_owned(),
            ..Origin::default()
        });
        spans.push(SpanRef {
            origin: &origin,
            operation,
            trace_id: [9 - id; 16],
            span_id: [id; 8],
            parent_id: (id > 1).then_some([1; 8]),
            start: Timestamp(i64::from(id)),
            duration: 10,
            kind: SpanKind::Server,
            status: SpanStatus::Error,
            status_message: "",
            attributes: "",
            events: "",
            links: "",
            position: 0,
            received: Timestamp(0),
        });
    }

    #[test]
    fn names_keep_their_numbers_over_blocks_that_number_them_otherwise() {
        let (mut first, mut second) = (Spans::default(), Spans::default());
        push(&mut first, ("cart", "n1", "GET /"), 1);
        push(&mut first, ("shop", "n2", "GET /"), 2);
        push(&mut second, ("shop", "n1", "POST /"), 3);
        push(&mut second, ("never asked for", "n3", "x"), 4);
        let mut lite = LiteSpans::of(&first);
        lite.add(&second, [0]);
        let names = |span: &SpanLite| {
            let (service, node) = (lite.services.get(span.service), lite.nodes.get(span.node));
            format!("{service} {node} {}", lite.operations.get(span.operation))
        };
        let seen: Vec<String> = lite.spans.iter().map(names).collect();
        assert_eq!(seen, ["cart n1 GET /", "shop n2 GET /", "shop n1 POST /"]);
        assert_eq!((lite.services.len(), lite.nodes.len(), lite.operations.len()), (2, 2, 2));
    }

    #[test]
    fn ids_compare_as_their_bytes_and_the_spans_of_a_trace_come_together() {
        let mut spans = Spans::default();
        for id in [1, 2, 1] {
            push(&mut spans, ("shop", "n", "op"), id);
        }
        let mut lite = LiteSpans::of(&spans);
        assert_eq!(lite.spans[0].parent, 0);
        assert_eq!(lite.spans[1].parent, u64::from_be_bytes([1; 8]));
        assert_eq!((lite.spans[1].end(), lite.spans[1].is_error()), (12, true));
        assert!(lite.memory_bytes() >= 3 * 64);
        lite.sort_by_trace();
        assert_eq!(lite.traces().collect::<Vec<_>>(), [0..1, 1..3]);
        assert_eq!(lite.spans[0].span, u64::from_be_bytes([2; 8]));
    }
}
