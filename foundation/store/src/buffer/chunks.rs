//! One tenant's chunks of one kind, oldest first.
//!
//! Invariants:
//! - a chunk never changes; joining makes a new one from its neighbours;
//! - chunks up to `cut` belong to the seal under way and are never joined with later ones.

use std::sync::Arc;

use nilometer_model::{Rows, Samples, Spans};

use super::chunk::Chunk;
use crate::limits::{CHUNK_BYTES_SMALL, CHUNKS_JOINED};

/// What chunks are made of.
pub(super) trait Column: Default {
    fn is_empty(&self) -> bool;
    fn append(&mut self, other: &Self);
    fn memory_bytes(&self) -> usize;
}

macro_rules! column {
    ($($kind:ty),*) => {$(
        impl Column for $kind {
            fn is_empty(&self) -> bool {
                self.is_empty()
            }
            fn append(&mut self, other: &Self) {
                self.append(other);
            }
            fn memory_bytes(&self) -> usize {
                self.memory_bytes()
            }
        }
    )*};
}

column!(Rows, Spans, Samples);

/// See the file's head.
#[derive(Debug)]
pub(super) struct Chunks<T> {
    chunks: Vec<Held<T>>,
    /// How many of the chunks, from the oldest, the seal under way takes.
    cut: usize,
}

#[derive(Debug)]
struct Held<T> {
    chunk: Chunk<T>,
    bytes: usize,
}

impl<T: Column> Held<T>
where
    Chunk<T>: From<Arc<T>>,
{
    fn new(items: T) -> Self {
        Self { bytes: items.memory_bytes(), chunk: Arc::new(items).into() }
    }
}

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), cut: 0 }
    }
}

impl<T: Column> Chunks<T>
where
    Chunk<T>: From<Arc<T>> + Clone,
{
    pub(super) fn bytes(&self) -> usize {
        bytes(&self.chunks)
    }

    pub(super) fn unsealed_bytes(&self) -> usize {
        bytes(&self.chunks[self.cut..])
    }

    /// Adds a chunk, unless it is empty.
    pub(super) fn push(&mut self, items: T) -> Option<Arc<T>> {
        if items.is_empty() {
            return None;
        }
        let held = Held::new(items);
        let items = Arc::clone(&held.chunk);
        self.chunks.push(held);
        self.join();
        Some(items)
    }

    pub(super) fn all(&self) -> Vec<Chunk<T>> {
        self.chunks.iter().map(|held| held.chunk.clone()).collect()
    }

    pub(super) fn cut(&mut self) {
        self.cut = self.chunks.len();
    }

    pub(super) fn release(&mut self) {
        self.chunks.drain(..self.cut);
        self.cut = 0;
    }

    pub(super) fn keep(&mut self) {
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
        let mut joined = T::default();
        tail.iter().for_each(|held| joined.append(&held.chunk));
        self.chunks.push(Held::new(joined));
    }
}

fn bytes<T>(chunks: &[Held<T>]) -> usize {
    chunks.iter().map(|chunk| chunk.bytes).sum()
}
