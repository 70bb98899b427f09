//! Items that are durable in the Log and not yet in a split, each tenant's in the order in which they came.
//!
//! ```text
//!   tenant ── records  [chunk][chunk]..|[chunk]..     | = cut: what stands before it belongs to a seal
//!          ── spans    [chunk]........|[chunk]..
//!          ── samples  [chunk]........|[chunk]..
//!          └─ ids of the spans, before the cut and behind it
//! ```
//! Invariants:
//! - all kinds are cut, released and taken back together;
//! - the ids are exactly those of the buffered spans.

mod chunk;
mod chunks;
mod ids;

use std::collections::BTreeMap;
use std::sync::Arc;

use nilometer_model::{Items, Rows, Samples, Spans, Tenant};

pub use self::chunk::Chunk;
use self::chunks::Chunks;
use self::ids::SpanIds;
pub(crate) use self::ids::{SpanId, id_of};

/// The buffered items of all tenants.
#[derive(Debug, Default)]
pub(crate) struct Buffer(BTreeMap<Tenant, Own>);

/// One tenant's items.
#[derive(Debug, Default)]
struct Own {
    rows: Chunks<Rows>,
    spans: Chunks<Spans>,
    samples: Chunks<Samples>,
    ids: SpanIds,
}

/// Chunks of all kinds, oldest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Buffered {
    pub(crate) rows: Vec<Chunk<Rows>>,
    pub(crate) spans: Vec<Chunk<Spans>>,
    pub(crate) samples: Vec<Chunk<Samples>>,
}

impl Buffer {
    /// Memory of all that is buffered, bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.0.values().map(Own::bytes).sum()
    }

    /// Memory of what no seal has taken, bytes.
    pub(crate) fn unsealed_bytes(&self) -> usize {
        self.0.values().map(Own::unsealed_bytes).sum()
    }

    /// Whether the tenant's span is buffered.
    pub(crate) fn has_span(&self, tenant: &Tenant, id: &SpanId) -> bool {
        self.0.get(tenant).is_some_and(|own| own.ids.has(id))
    }

    /// Adds what is the tenant's; returns the records as they stand in the buffer, if there are any.
    pub(crate) fn push(&mut self, tenant: &Tenant, items: Items) -> Option<Arc<Rows>> {
        let Items { rows, spans, samples } = items;
        if rows.is_empty() && spans.is_empty() && samples.is_empty() {
            return None;
        }
        let own = self.0.entry(tenant.clone()).or_default();
        own.ids.extend(&spans);
        own.spans.push(spans);
        own.samples.push(samples);
        own.rows.push(rows)
    }

    /// The tenant's chunks.
    pub(crate) fn of(&self, tenant: &Tenant) -> Buffered {
        self.0.get(tenant).map(Own::all).unwrap_or_default()
    }

    /// Hands everything to a seal; it stays visible until [`Buffer::release`].
    pub(crate) fn cut(&mut self) -> Buffered {
        let mut cut = Buffered::default();
        for own in self.0.values_mut() {
            own.rows.cut();
            own.spans.cut();
            own.samples.cut();
            own.ids.cut();
            let Buffered { rows, spans, samples } = own.all();
            cut.rows.extend(rows);
            cut.spans.extend(spans);
            cut.samples.extend(samples);
        }
        cut
    }

    /// Lets go of what the seal took: it is in splits now.
    pub(crate) fn release(&mut self) {
        for own in self.0.values_mut() {
            own.rows.release();
            own.spans.release();
            own.samples.release();
            own.ids.release();
        }
        self.0.retain(|_, own| own.bytes() > 0);
    }

    /// Takes back what the seal took: it failed.
    pub(crate) fn keep(&mut self) {
        for own in self.0.values_mut() {
            own.rows.keep();
            own.spans.keep();
            own.samples.keep();
            own.ids.keep();
        }
    }
}

impl Own {
    fn bytes(&self) -> usize {
        self.rows.bytes() + self.spans.bytes() + self.samples.bytes() + self.ids.bytes()
    }

    fn unsealed_bytes(&self) -> usize {
        self.rows.unsealed_bytes()
            + self.spans.unsealed_bytes()
            + self.samples.unsealed_bytes()
            + self.ids.unsealed_bytes()
    }

    fn all(&self) -> Buffered {
        Buffered { rows: self.rows.all(), spans: self.spans.all(), samples: self.samples.all() }
    }
}

#[cfg(test)]
mod tests;
