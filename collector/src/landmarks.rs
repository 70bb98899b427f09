//! Where a plain file's content can be recognised: hashes of short stretches of it, closer together at its
//! beginning, where files with the same banner begin to differ.
//!
//! ```text
//!   0 . 256 . 512 . ... 4096 ....... 8192 .............. 16384 ..   each: the LANDMARK_BYTES before it
//! ```
//! A copy that is shorter than what was read of the original (it was made, more was written and read, then
//! the original was truncated) has no bytes at the position that was reached; it is told by its landmarks.

use std::io;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::content::Content;
use crate::limits::{BANNER_BYTES_MAX, LANDMARK_BYTES, LANDMARKS_MAX};

/// Landmarks between the beginning and [`BANNER_BYTES_MAX`].
const CLOSE: usize = BANNER_BYTES_MAX / LANDMARK_BYTES;
/// Stands for a landmark that was passed unread.
const UNKNOWN: u32 = 0;

/// The landmarks passed so far.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Landmarks(Vec<u32>);

impl Landmarks {
    /// Takes in what was read: `bytes` from `from` on, and the bytes `before` them.
    pub(crate) fn pass(&mut self, before: &[u8], from: u64, bytes: &[u8]) {
        let to = from + bytes.len() as u64;
        while self.0.len() < LANDMARKS_MAX && offset(self.0.len()) <= to {
            let offset = offset(self.0.len());
            let Some(end) = offset.checked_sub(from).and_then(|end| usize::try_from(end).ok())
            else {
                self.0.push(UNKNOWN);
                continue;
            };
            let missing = LANDMARK_BYTES.saturating_sub(end);
            let hash = match before.len().checked_sub(missing) {
                _ if missing == 0 => hash(&bytes[end - LANDMARK_BYTES..end]),
                Some(start) => hash(&[&before[start..], &bytes[..end]].concat()),
                None => UNKNOWN,
            };
            self.0.push(hash);
        }
    }

    /// How far `content` is known to be the same; `None` when it is not.
    pub(crate) fn agree(&self, content: &mut Content) -> io::Result<Option<u64>> {
        let mut agreed = 0;
        let mut bytes = [0; LANDMARK_BYTES];
        for (index, known) in self.0.iter().enumerate() {
            let offset = offset(index);
            if content.read_at(offset - LANDMARK_BYTES as u64, &mut bytes)? < LANDMARK_BYTES {
                break;
            }
            if *known == UNKNOWN {
                continue;
            }
            if hash(&bytes) != *known {
                return Ok(None);
            }
            agreed = offset;
        }
        Ok(Some(agreed))
    }
}

fn offset(index: usize) -> u64 {
    if index < CLOSE {
        ((index + 1) * LANDMARK_BYTES) as u64
    } else {
        (BANNER_BYTES_MAX as u64) << (index - CLOSE + 1)
    }
}

fn hash(bytes: &[u8]) -> u32 {
    let hash = xxh3_64(bytes);
    u32::try_from(hash >> 32).unwrap_or(0).max(UNKNOWN + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> (tempfile::TempDir, Content) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("x"), bytes).unwrap();
        let (content, _) = Content::open(&dir.path().join("x"), false).unwrap();
        (dir, content)
    }

    #[test]
    fn however_content_was_read_its_landmarks_are_the_same_and_find_a_prefix_and_a_difference() {
        let text: Vec<u8> = (0..40_000_u32).flat_map(|n| n.to_le_bytes()).collect();
        let mut whole = Landmarks::default();
        whole.pass(&[], 0, &text);
        for step in [1, 100, 255, 256, 257, 5_000, 100_000] {
            let mut pieces = Landmarks::default();
            for at in (0..text.len()).step_by(step) {
                let before = &text[at.saturating_sub(LANDMARK_BYTES)..at];
                pieces.pass(before, at as u64, &text[at..text.len().min(at + step)]);
            }
            assert_eq!(pieces, whole, "{step}");
        }
        for (length, agreed) in [(0, 0), (255, 0), (256, 256), (4_096, 4_096), (9_000, 8_192)] {
            let (_dir, mut prefix) = file(&text[..length]);
            assert_eq!(whole.agree(&mut prefix).unwrap(), Some(agreed), "{length}");
        }
        let mut other = text.clone();
        other[3_000] ^= 1;
        let (_dir, mut other) = file(&other[..9_000]);
        assert_eq!(whole.agree(&mut other).unwrap(), None);
    }

    #[test]
    fn what_was_not_read_is_no_witness() {
        let text = vec![b'x'; 10_000];
        let mut landmarks = Landmarks::default();
        landmarks.pass(&[], 5_000, &text[5_000..]);
        let (_dir, mut same) = file(&text);
        assert_eq!(landmarks.agree(&mut same).unwrap(), Some(8_192));
    }
}
