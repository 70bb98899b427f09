//! One record as it lies in a segment.
//!
//! ```text
//!   0        4        8                16
//!   | len u32 | crc u32 |   number u64   | len bytes ...     (little endian)
//! ```
//! Invariants:
//! - the checksum (CRC-32C) covers length, number and bytes, so a record never passes for another one;
//! - number 0 names no record, so a run of zeros is no record;
//! - what a header claims is compared with what is there before anything is allocated.

/// Bytes before a record's own.
pub(crate) const HEADER_BYTES: usize = 16;

/// What stands before a record's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) len: u32,
    pub(crate) number: u64,
    crc: u32,
}

impl Header {
    /// The header at the beginning of `bytes`; none when they are too few.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (len, rest) = bytes.split_first_chunk::<4>()?;
        let (crc, rest) = rest.split_first_chunk::<4>()?;
        let (number, _) = rest.split_first_chunk::<8>()?;
        Some(Self {
            len: u32::from_le_bytes(*len),
            number: u64::from_le_bytes(*number),
            crc: u32::from_le_bytes(*crc),
        })
    }

    /// Header and bytes together.
    pub(crate) fn record_bytes(&self) -> u64 {
        HEADER_BYTES as u64 + u64::from(self.len)
    }

    /// Whether `bytes` are the record's, unharmed.
    pub(crate) fn fits(&self, bytes: &[u8]) -> bool {
        self.crc == checksum(self.len, self.number, bytes)
    }
}

/// Appends the record to `buffer`. Its length was checked against the limits, which lie below 4 GiB.
pub(crate) fn encode(buffer: &mut Vec<u8>, number: u64, bytes: &[u8]) {
    let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    buffer.extend_from_slice(&len.to_le_bytes());
    buffer.extend_from_slice(&checksum(len, number, bytes).to_le_bytes());
    buffer.extend_from_slice(&number.to_le_bytes());
    buffer.extend_from_slice(bytes);
}

fn checksum(len: u32, number: u64, bytes: &[u8]) -> u32 {
    let crc = crc32c::crc32c(&len.to_le_bytes());
    let crc = crc32c::crc32c_append(crc, &number.to_le_bytes());
    crc32c::crc32c_append(crc, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_with_any_one_bit_flipped_is_not_that_record() {
        let mut buffer = Vec::new();
        encode(&mut buffer, 7, b"the river stands at four cubits");
        for bit in 0..buffer.len() * 8 {
            let mut harmed = buffer.clone();
            harmed[bit / 8] ^= 1 << (bit % 8);
            let header = Header::parse(&harmed).unwrap();
            let end = HEADER_BYTES + header.len as usize;
            let good = harmed.get(HEADER_BYTES..end).is_some_and(|bytes| header.fits(bytes));
            assert!(!good, "bit {bit}");
        }
    }

    #[test]
    fn zeros_are_no_record() {
        let header = Header::parse(&[0; 64]).unwrap();
        assert!(!header.fits(&[]));
    }
}
