//! What one piece of work leaves behind for the next: memory that would have to be asked of the system again.
//!
//! Invariant: at most so many lie here; the others go.

use std::sync::{Mutex, PoisonError};

/// See the file's head.
#[derive(Debug)]
pub struct Spares<T> {
    /// The lock is held for a look only.
    left: Mutex<Vec<T>>,
    max: usize,
}

impl<T> Spares<T> {
    /// Of which at most `max` lie here at a time.
    #[must_use]
    pub const fn new(max: usize) -> Self {
        Self { left: Mutex::new(Vec::new()), max }
    }

    /// The one that was left last, if there is any.
    pub fn take(&self) -> Option<T> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Leaves one behind, unless there are enough.
    pub fn put(&self, spare: T) {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        if left.len() < self.max {
            left.push(spare);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_kept_as_may_be_and_the_last_is_taken_first() {
        let spares = Spares::new(2);
        assert_eq!(spares.take(), None);
        [1, 2, 3].into_iter().for_each(|spare| spares.put(spare));
        assert_eq!([spares.take(), spares.take(), spares.take()], [Some(2), Some(1), None]);
    }
}
