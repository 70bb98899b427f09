//! Records that are durable in the Log and not yet in a split, each tenant's in the order in which they came.
//!
//! Invariants:
//! - a chunk is one tenant's and never changes; joining makes a new one from its neighbours;
//! - chunks up to `cut` belong to the seal under way and are never joined with later ones.

use std::collections::BTreeMap;
use std::sync::Arc;

use nilometer_model::{Rows, Tenant};

use crate::limits::{CHUNK_BYTES_SMALL, CHUNKS_JOINED};

/// The buffered chunks of all tenants.
#[derive(Debug, Default)]
pub(crate) struct Buffer(BTreeMap<Tenant, Chunks>);

/// One tenant's chunks, oldest first.
#[derive(Debug, Default)]
struct Chunks {
    chunks: Vec<Chunk>,
    /// How many of the chunks, from the oldest, the seal under way takes.
    cut: usize,
}

#[derive(Debug, Clone)]
struct Chunk {
    rows: Arc<Rows>,
    bytes: usize,
}

impl Buffer {
    /// Memory of all buffered rows, bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.0.values().map(|own| bytes(&own.chunks)).sum()
    }

    /// Memory of the rows that no seal has taken, bytes.
    pub(crate) fn unsealed_bytes(&self) -> usize {
        self.0.values().map(|own| bytes(&own.chunks[own.cut..])).sum()
    }

    pub(crate) fn push(&mut self, tenant: &Tenant, rows: Arc<Rows>) {
        let bytes = rows.memory_bytes();
        let own = self.0.entry(tenant.clone()).or_default();
        own.chunks.push(Chunk { rows, bytes });
        own.join();
    }

    /// The tenant's chunks, oldest first.
    pub(crate) fn chunks(&self, tenant: &Tenant) -> Vec<Arc<Rows>> {
        self.0.get(tenant).map(Chunks::all).unwrap_or_default()
    }

    /// Hands all chunks to a seal; they stay visible until [`Buffer::release`].
    pub(crate) fn cut(&mut self) -> Vec<Arc<Rows>> {
        let cut = |own: &mut Chunks| {
            own.cut = own.chunks.len();
            own.all()
        };
        self.0.values_mut().flat_map(cut).collect()
    }

    /// Lets go of what the seal took: it is in a split now.
    pub(crate) fn release(&mut self) {
        for own in self.0.values_mut() {
            own.chunks.drain(..own.cut);
            own.cut = 0;
        }
        self.0.retain(|_, own| !own.chunks.is_empty());
    }

    /// Takes back what the seal took: it failed.
    pub(crate) fn keep(&mut self) {
        self.0.values_mut().for_each(|own| own.cut = 0);
    }
}

fn bytes(chunks: &[Chunk]) -> usize {
    chunks.iter().map(|chunk| chunk.bytes).sum()
}

impl Chunks {
    fn all(&self) -> Vec<Arc<Rows>> {
        self.chunks.iter().map(|chunk| Arc::clone(&chunk.rows)).collect()
    }

    /// Joins the latest chunks when many small ones stand together.
    fn join(&mut self) {
        let free = &self.chunks[self.cut..];
        let small = free.iter().rev().take_while(|chunk| chunk.bytes < CHUNK_BYTES_SMALL).count();
        if small < CHUNKS_JOINED {
            return;
        }
        let tail = self.chunks.split_off(self.chunks.len() - small);
        let mut joined = Rows::default();
        tail.iter().for_each(|chunk| joined.append(&chunk.rows));
        let bytes = joined.memory_bytes();
        self.chunks.push(Chunk { rows: Arc::new(joined), bytes });
    }
}

#[cfg(test)]
mod tests {
    use nilometer_model::{Origin, RowRef, Severity, Timestamp};

    use super::*;

    fn own() -> Tenant {
        Tenant::default()
    }

    fn chunk(position: u64) -> Arc<Rows> {
        let origin = Arc::new(Origin::default());
        let mut rows = Rows::default();
        rows.push(RowRef {
            origin: &origin,
            time: Timestamp(1),
            order_time: Timestamp(1),
            position,
            bytes: 1,
            received: Timestamp(1),
            severity: Severity::Info,
            message: "m",
            attributes: "",
            trace_id: None,
            span_id: None,
        });
        Arc::new(rows)
    }

    fn positions(chunks: &[Arc<Rows>]) -> Vec<u64> {
        chunks.iter().flat_map(|rows| rows.position.clone()).collect()
    }

    #[test]
    fn small_chunks_are_joined_at_the_limit_and_keep_their_order() {
        let mut buffer = Buffer::default();
        for position in 1..CHUNKS_JOINED as u64 {
            buffer.push(&own(), chunk(position));
        }
        assert_eq!(buffer.chunks(&own()).len(), CHUNKS_JOINED - 1);
        buffer.push(&own(), chunk(CHUNKS_JOINED as u64));
        assert_eq!(buffer.chunks(&own()).len(), 1);
        assert_eq!(
            positions(&buffer.chunks(&own())),
            (1..=CHUNKS_JOINED as u64).collect::<Vec<_>>()
        );
        assert_eq!(buffer.bytes(), buffer.chunks(&own())[0].memory_bytes());
    }

    #[test]
    fn what_a_seal_took_stays_visible_until_it_is_released_and_is_never_joined_with_later_chunks() {
        let mut buffer = Buffer::default();
        buffer.push(&own(), chunk(1));
        assert_eq!(positions(&buffer.cut()), [1]);
        for position in 2..=40 {
            buffer.push(&own(), chunk(position));
        }
        assert_eq!(positions(&buffer.chunks(&own())), (1..=40).collect::<Vec<_>>());
        buffer.release();
        assert_eq!(positions(&buffer.chunks(&own())), (2..=40).collect::<Vec<_>>());
        assert_eq!(buffer.bytes(), buffer.unsealed_bytes());
    }

    #[test]
    fn tenants_chunks_are_never_joined_and_a_seal_takes_them_all() {
        let other = Tenant::parse("other").unwrap();
        let mut buffer = Buffer::default();
        for position in 1..=40 {
            let tenant = if position % 2 == 0 { other.clone() } else { own() };
            buffer.push(&tenant, chunk(position));
        }
        let odd: Vec<u64> = (1..=40).step_by(2).collect();
        assert_eq!(positions(&buffer.chunks(&own())), odd);
        assert_eq!(positions(&buffer.cut()).len(), 40);
        buffer.push(&other, chunk(41));
        buffer.release();
        assert_eq!(positions(&buffer.chunks(&other)), [41]);
        assert!(buffer.chunks(&own()).is_empty());
    }
}
