//! Where the blocks of a split stand, how many rows each has and what they span.
//!
//! ```text
//!   section := { at u64, 6 x { len u32, raw u32, crc32c u32 }, rows u32, first stream u32, last stream u32,
//!                time first, time last, order first, order last i64 }*
//! ```
//! Invariant: blocks tile the object from its first byte on, and frames their block.

use nilometer_model::Timestamp;

use super::frames::{FRAMES, Stored};
use crate::limits::MERGED_BLOCK_ROWS_MAX;

/// One block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BlockPlace {
    /// Where its first frame begins in the object.
    pub(super) at: u64,
    pub(super) frames: [Stored; FRAMES],
    /// Its rows.
    pub rows: u32,
    /// Its first stream, among the split's.
    pub first_stream: u32,
    /// Its last stream.
    pub last_stream: u32,
    /// Least time of a row.
    pub time_first: Timestamp,
    /// Greatest time of a row.
    pub time_last: Timestamp,
    /// Least order time of a row.
    pub order_first: Timestamp,
    /// Greatest order time of a row.
    pub order_last: Timestamp,
}

const ENTRY_BYTES: usize = 8 + FRAMES * Stored::BYTES + 3 * 4 + 4 * 8;

impl BlockPlace {
    /// Its bytes, all frames together.
    pub(super) fn len(&self) -> u64 {
        self.frames.iter().map(|frame| u64::from(frame.len)).sum()
    }

    pub(super) fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.at.to_le_bytes());
        self.frames.iter().for_each(|frame| frame.put(out));
        for number in [self.rows, self.first_stream, self.last_stream] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        for time in [self.time_first, self.time_last, self.order_first, self.order_last] {
            out.extend_from_slice(&time.0.to_le_bytes());
        }
    }

    fn get(entry: &[u8; ENTRY_BYTES]) -> Option<Self> {
        let (at, rest) = entry.split_first_chunk::<8>()?;
        let (frames, rest) = rest.split_at_checked(FRAMES * Stored::BYTES)?;
        let (frames, _) = frames.as_chunks::<{ Stored::BYTES }>();
        let (numbers, times) = rest.split_at_checked(3 * 4)?;
        let (numbers, _) = numbers.as_chunks::<4>();
        let (times, _) = times.as_chunks::<8>();
        let time = |n: usize| Timestamp(i64::from_le_bytes(times[n]));
        Some(Self {
            at: u64::from_le_bytes(*at),
            frames: std::array::from_fn(|frame| Stored::get(&frames[frame])),
            rows: u32::from_le_bytes(numbers[0]),
            first_stream: u32::from_le_bytes(numbers[1]),
            last_stream: u32::from_le_bytes(numbers[2]),
            time_first: time(0),
            time_last: time(1),
            order_first: time(2),
            order_last: time(3),
        })
    }

    fn is_sound(&self, streams: usize) -> bool {
        (1..=MERGED_BLOCK_ROWS_MAX).contains(&(self.rows as usize))
            && self.first_stream <= self.last_stream
            && (self.last_stream as usize) < streams
    }
}

/// The blocks of a section; `None` unless they tile an object's first `blocks_bytes` bytes.
pub(super) fn read(section: &[u8], blocks_bytes: u64, streams: usize) -> Option<Vec<BlockPlace>> {
    let (entries, rest) = section.as_chunks::<ENTRY_BYTES>();
    let blocks: Vec<_> = entries.iter().map(BlockPlace::get).collect::<Option<_>>()?;
    let mut at = 0_u64;
    for block in &blocks {
        if block.at != at || !block.is_sound(streams) {
            return None;
        }
        at = at.checked_add(block.len())?;
    }
    (rest.is_empty() && at == blocks_bytes).then_some(blocks)
}
