//! The file `end`: where the last fsynced append ended.
//!
//! ```text
//!   segment u64 | bytes u64 | last u64 | closed u32 | crc u32      (little endian, 32 bytes)
//! ```
//! Segments alone cannot tell that their tail was cut off between two records. This file can: it is
//! written, in place and without fsync, behind the fsync of every append, so after the death of the
//! process it names the last number that may have been acknowledged. After a loss of power it may be
//! older than the segments, which were fsynced; never younger. An orderly close fsyncs it with `closed`
//! set, and the next open believes it instead of walking the last segment.

use std::io;

use crate::disk::{Dir, DiskFile};

/// Its name within the journal's directory.
const NAME: &str = "end";
const BYTES: usize = 32;

/// Where a journal ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct End {
    /// First number of the last segment.
    pub(crate) segment: u64,
    /// How long the last segment is.
    pub(crate) bytes: u64,
    /// The last number that was fsynced.
    pub(crate) last: u64,
    /// The journal was closed in order.
    pub(crate) closed: bool,
}

/// What the file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// There is no such file, or it is empty.
    Nothing,
    /// There is one, and it is damaged.
    Damaged,
    /// This.
    End(End),
}

impl End {
    fn encode(self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        bytes[..8].copy_from_slice(&self.segment.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.bytes.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.last.to_le_bytes());
        bytes[24..28].copy_from_slice(&u32::from(self.closed).to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..28]);
        bytes[28..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// What stands in `bytes`; none when they are not what was written. Bytes behind the first 32 are
    /// not ours and are not looked at.
    fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; BYTES] = bytes.first_chunk()?;
        let number = |at: usize| bytes[at..].first_chunk().map(|chunk| u64::from_le_bytes(*chunk));
        let end = Self {
            segment: number(0)?,
            bytes: number(8)?,
            last: number(16)?,
            closed: bytes[24] == 1,
        };
        (end.encode() == *bytes).then_some(end)
    }

    /// What the directory's file says.
    pub(crate) fn read(dir: &Dir) -> io::Result<Known> {
        match dir.read(NAME) {
            // Opened for the first time, and nothing was appended yet.
            Ok(bytes) if bytes.is_empty() => Ok(Known::Nothing),
            Ok(bytes) => Ok(Self::decode(&bytes).map_or(Known::Damaged, Known::End)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Known::Nothing),
            Err(error) => Err(error),
        }
    }

    /// Opens the directory's file for [`End::write`]; what it says stays until then.
    pub(crate) fn open(dir: &Dir) -> io::Result<Box<dyn DiskFile>> {
        dir.disk.open_or_create(&dir.path.join(NAME))
    }

    /// Writes to the file, in place.
    pub(crate) fn write(self, file: &dyn DiskFile) -> io::Result<()> {
        file.write_all_at(&self.encode(), 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_with_any_one_bit_flipped_is_damaged() {
        let end = End { segment: 3, bytes: 1 << 33, last: 9, closed: true };
        assert_eq!(End::decode(&end.encode()), Some(end));
        for bit in 0..BYTES * 8 {
            let mut harmed = end.encode();
            harmed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(End::decode(&harmed), None, "bit {bit}");
        }
        assert_eq!(End::decode(&[]), None);
        assert_eq!(End::decode(&[0; BYTES]), None);
    }
}
