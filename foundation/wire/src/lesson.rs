//! What a dictionary lacks: records of which it knows no template, gathered from batch to batch.

use nilometer_block::Novel;

use crate::limits::LESSON_TEXT_BYTES_MAX;
use crate::{Batch, BatchHeader, Dictionary, decode, encode};

/// See the module.
#[derive(Debug, Default)]
pub struct Lesson(Novel);

impl Lesson {
    /// Takes in what is new in a frame, up to [`LESSON_TEXT_BYTES_MAX`] of text in all.
    pub fn hear(&mut self, frame: &[u8], known: &Dictionary) {
        if let Ok(Batch { items, .. }) = decode(frame) {
            self.0.gather(known.model(), &items.rows, LESSON_TEXT_BYTES_MAX);
        }
    }

    /// What was gathered, as a frame to be taught; `None` when that is nothing.
    pub fn take(&mut self) -> Option<Vec<u8>> {
        let rows = self.0.take();
        let is_new = !rows.is_empty();
        is_new.then(|| encode(&BatchHeader::default(), &rows.into()).ok()).flatten()
    }
}
