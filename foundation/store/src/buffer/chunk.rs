//! Items that wait in the buffer together.
//!
//! Invariant: they never change, so that what bounds them is found out once.

use std::ops::Deref;
use std::sync::Arc;

use nilometer_model::{Rows, Samples, Spans, Timestamp};

use crate::split::bounds;

/// See the file's head.
#[derive(Debug, Clone)]
pub struct Chunk<T> {
    items: Arc<T>,
    /// Their least and their greatest time.
    pub times: (Timestamp, Timestamp),
    /// The same of their times in the order.
    pub order_times: (Timestamp, Timestamp),
}

impl<T> Deref for Chunk<T> {
    type Target = Arc<T>;

    fn deref(&self) -> &Arc<T> {
        &self.items
    }
}

impl From<Arc<Rows>> for Chunk<Rows> {
    fn from(items: Arc<Rows>) -> Self {
        Self { times: bounds(&items.time), order_times: bounds(&items.order_time), items }
    }
}

impl From<Arc<Spans>> for Chunk<Spans> {
    fn from(items: Arc<Spans>) -> Self {
        let times = bounds(&items.start);
        Self { times, order_times: times, items }
    }
}

impl From<Arc<Samples>> for Chunk<Samples> {
    fn from(items: Arc<Samples>) -> Self {
        let times = bounds(&items.time);
        Self { times, order_times: times, items }
    }
}
