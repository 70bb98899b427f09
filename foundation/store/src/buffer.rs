//! Records that are durable in the Log and not yet in a split, in the order in which they came.
//!
//! Invariants:
//! - a chunk never changes; joining makes a new one from its neighbours;
//! - chunks up to `cut` belong to the seal under way and are never joined with later ones.

use std::sync::Arc;

use nilometer_model::Rows;

use crate::limits::{CHUNK_BYTES_SMALL, CHUNKS_JOINED};

/// The buffered chunks.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    chunks: Vec<Chunk>,
    /// How many of the chunks, from the oldest, the seal under way takes.
    cut: usize,
    bytes: usize,
}

#[derive(Debug, Clone)]
struct Chunk {
    rows: Arc<Rows>,
    bytes: usize,
}

impl Buffer {
    /// Memory of all buffered rows, bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Memory of the rows that no seal has taken, bytes.
    pub(crate) fn unsealed_bytes(&self) -> usize {
        self.chunks[self.cut..].iter().map(|chunk| chunk.bytes).sum()
    }

    pub(crate) fn push(&mut self, rows: Arc<Rows>) {
        let bytes = rows.memory_bytes();
        self.bytes += bytes;
        self.chunks.push(Chunk { rows, bytes });
        self.join();
    }

    /// All chunks, oldest first.
    pub(crate) fn chunks(&self) -> Vec<Arc<Rows>> {
        self.chunks.iter().map(|chunk| Arc::clone(&chunk.rows)).collect()
    }

    /// Hands all chunks to a seal; they stay visible until [`Buffer::release`].
    pub(crate) fn cut(&mut self) -> Vec<Arc<Rows>> {
        self.cut = self.chunks.len();
        self.chunks()
    }

    /// Lets go of what the seal took: it is in a split now.
    pub(crate) fn release(&mut self) {
        for chunk in self.chunks.drain(..self.cut) {
            self.bytes -= chunk.bytes;
        }
        self.cut = 0;
    }

    /// Takes back what the seal took: it failed.
    pub(crate) fn keep(&mut self) {
        self.cut = 0;
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
        for chunk in &tail {
            self.bytes -= chunk.bytes;
            joined.append(&chunk.rows);
        }
        let bytes = joined.memory_bytes();
        self.bytes += bytes;
        self.chunks.push(Chunk { rows: Arc::new(joined), bytes });
    }
}

#[cfg(test)]
mod tests {
    use nilometer_model::{Origin, RowRef, Severity, Timestamp};

    use super::*;

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
            buffer.push(chunk(position));
        }
        assert_eq!(buffer.chunks().len(), CHUNKS_JOINED - 1);
        buffer.push(chunk(CHUNKS_JOINED as u64));
        assert_eq!(buffer.chunks().len(), 1);
        assert_eq!(positions(&buffer.chunks()), (1..=CHUNKS_JOINED as u64).collect::<Vec<_>>());
        assert_eq!(buffer.bytes(), buffer.chunks()[0].memory_bytes());
    }

    #[test]
    fn what_a_seal_took_stays_visible_until_it_is_released_and_is_never_joined_with_later_chunks() {
        let mut buffer = Buffer::default();
        buffer.push(chunk(1));
        assert_eq!(positions(&buffer.cut()), [1]);
        for position in 2..=40 {
            buffer.push(chunk(position));
        }
        assert_eq!(positions(&buffer.chunks()), (1..=40).collect::<Vec<_>>());
        buffer.release();
        assert_eq!(positions(&buffer.chunks()), (2..=40).collect::<Vec<_>>());
        assert_eq!(buffer.bytes(), buffer.unsealed_bytes());
    }
}
