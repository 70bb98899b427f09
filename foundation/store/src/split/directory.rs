//! Which blocks a split has, where they stand and what time they span.

use nilometer_model::Timestamp;

/// Bytes of one entry.
pub(crate) const ENTRY_BYTES: usize = 56;

/// One block of a split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockEntry {
    /// Where it begins in the object.
    pub at: u64,
    /// Its bytes.
    pub len: u32,
    /// Their crc32c.
    pub crc: u32,
    /// Its rows.
    pub rows: u32,
    /// Least time of a row.
    pub time_first: Timestamp,
    /// Greatest time of a row.
    pub time_last: Timestamp,
    /// Least order time of a row.
    pub order_first: Timestamp,
    /// Greatest order time of a row.
    pub order_last: Timestamp,
}

/// What time a block spans: least and greatest.
pub(crate) struct Times {
    pub(crate) time: (Timestamp, Timestamp),
    pub(crate) order: (Timestamp, Timestamp),
}

/// Least and greatest; zeros when there is none.
pub(crate) fn bounds(times: &[i64]) -> (Timestamp, Timestamp) {
    let first = times.iter().min().copied().unwrap_or_default();
    let last = times.iter().max().copied().unwrap_or_default();
    (Timestamp(first), Timestamp(last))
}

impl BlockEntry {
    /// The entry of so many rows, encoded as `bytes`, which stand at `at`.
    pub(crate) fn new(at: usize, bytes: &[u8], rows: usize, times: Times) -> Self {
        let Times { time: (time_first, time_last), order: (order_first, order_last) } = times;
        Self {
            at: at as u64,
            len: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            crc: crc32c::crc32c(bytes),
            rows: u32::try_from(rows).unwrap_or(u32::MAX),
            time_first,
            time_last,
            order_first,
            order_last,
        }
    }

    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.at.to_le_bytes());
        out.extend_from_slice(&self.len.to_le_bytes());
        out.extend_from_slice(&self.crc.to_le_bytes());
        out.extend_from_slice(&u64::from(self.rows).to_le_bytes());
        for time in [self.time_first, self.time_last, self.order_first, self.order_last] {
            out.extend_from_slice(&time.0.to_le_bytes());
        }
    }

    fn get(entry: &[u8; ENTRY_BYTES]) -> Option<Self> {
        let (words, _) = entry.as_chunks::<8>();
        let word = |n: usize| u64::from_le_bytes(words[n]);
        let [l0, l1, l2, l3, c0, c1, c2, c3] = words[1];
        let time = |n: usize| Timestamp(word(n).cast_signed());
        Some(Self {
            at: word(0),
            len: u32::from_le_bytes([l0, l1, l2, l3]),
            crc: u32::from_le_bytes([c0, c1, c2, c3]),
            rows: u32::try_from(word(2)).ok()?,
            time_first: time(3),
            time_last: time(4),
            order_first: time(5),
            order_last: time(6),
        })
    }
}

/// The entries in `bytes`; `None` unless they tile an object's first `blocks_bytes` bytes.
pub(crate) fn get(bytes: &[u8], blocks_bytes: u64) -> Option<Vec<BlockEntry>> {
    let (entries, rest) = bytes.as_chunks::<ENTRY_BYTES>();
    let entries: Vec<_> = entries.iter().map(BlockEntry::get).collect::<Option<_>>()?;
    let mut at = 0_u64;
    for entry in &entries {
        if entry.at != at {
            return None;
        }
        at += u64::from(entry.len);
    }
    (rest.is_empty() && at == blocks_bytes).then_some(entries)
}
