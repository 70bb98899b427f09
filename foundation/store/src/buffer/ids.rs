//! Which spans are buffered, by their ids: a span enters once.
//!
//! Invariant: the ids of a cut are kept apart, so that they go with it when it is released and come back when
//! it is taken back.

use std::collections::HashSet;

use nilometer_model::Spans;

/// The name of a span for ever: its trace, and its name within it.
pub(crate) type SpanId = ([u8; 16], [u8; 8]);

/// What one id takes in the sets: its bytes, a byte of the table's own, and room to grow.
const ID_BYTES: usize = 40;

/// The id of the span at `row`.
pub(crate) fn id_of(spans: &Spans, row: usize) -> SpanId {
    (spans.trace_id[row], spans.span_id[row])
}

/// The ids of one tenant's buffered spans.
#[derive(Debug, Default)]
pub(super) struct SpanIds {
    /// Of what the seal under way takes.
    cut: HashSet<SpanId>,
    open: HashSet<SpanId>,
}

impl SpanIds {
    pub(super) fn has(&self, id: &SpanId) -> bool {
        self.open.contains(id) || self.cut.contains(id)
    }

    pub(super) fn extend(&mut self, spans: &Spans) {
        self.open.extend((0..spans.len()).map(|row| id_of(spans, row)));
    }

    pub(super) fn bytes(&self) -> usize {
        self.unsealed_bytes() + self.cut.len() * ID_BYTES
    }

    pub(super) fn unsealed_bytes(&self) -> usize {
        self.open.len() * ID_BYTES
    }

    pub(super) fn cut(&mut self) {
        self.keep();
        std::mem::swap(&mut self.open, &mut self.cut);
    }

    pub(super) fn release(&mut self) {
        self.cut = HashSet::new();
    }

    pub(super) fn keep(&mut self) {
        if self.open.len() < self.cut.len() {
            std::mem::swap(&mut self.open, &mut self.cut);
        }
        self.open.extend(self.cut.drain());
    }
}
