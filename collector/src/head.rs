//! How a generation is recognised: by the beginning of its content.
//!
//! A container's file is known by the runtime's time and the hash of its first complete line. A plain
//! file has no such time; it is known by its first bytes (as many as there were) and by the bytes in
//! front of the position that was reached: a file that has both *is* that generation, wherever it lies.

use std::io;

use memchr::memchr;
use nilometer_model::Timestamp;
use nilometer_wire::Fingerprint;
use xxhash_rust::xxh3::xxh3_64;

use crate::content::Content;
use crate::generation::Saved;
use crate::limits::{BANNER_BYTES_MAX, FINGERPRINT_BYTES, FIRST_LINE_BYTES_MAX};
use nilometer_parse::{Format, Framed, frame};

/// The beginning of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) time: Timestamp,
    pub(crate) fingerprint: Fingerprint,
    /// Plain files: the bytes themselves.
    bytes: Vec<u8>,
}

/// Whether a file holds a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Match {
    Yes,
    No,
    /// It begins like it but is shorter than what was read: perhaps a copy being made.
    TooShort,
    /// The same, and all landmarks in it are those of what was read.
    Beginning,
    /// It is a part of what was read.
    Part,
}

impl Head {
    /// Reads it; `None` while there is not enough to tell.
    pub(crate) fn read(format: Format, content: &mut Content) -> io::Result<Option<Self>> {
        let longest =
            if format == Format::Docker { FIRST_LINE_BYTES_MAX } else { FINGERPRINT_BYTES };
        let mut buffer = vec![0; FINGERPRINT_BYTES];
        let mut n = content.read_at(0, &mut buffer)?;
        if n == FINGERPRINT_BYTES && longest > n && memchr(b'\n', &buffer).is_none() {
            buffer.resize(longest, 0);
            n = content.read_at(0, &mut buffer)?;
        }
        let filled = n == buffer.len();
        buffer.truncate(n);
        Ok(Self::of(format, buffer, filled))
    }

    /// The head out of a file's first bytes; `filled`: there are at least as many as are looked at.
    fn of(format: Format, mut bytes: Vec<u8>, filled: bool) -> Option<Self> {
        if format == Format::Plain {
            let fingerprint = fingerprint(&bytes);
            let head = Self { time: Timestamp::default(), fingerprint, bytes };
            return (!head.bytes.is_empty()).then_some(head);
        }
        match memchr(b'\n', &bytes) {
            Some(end) => bytes.truncate(end),
            None if filled => {}
            None => return None,
        }
        let time = match frame(format, &bytes, &mut Vec::new()) {
            Framed::Piece { time, .. } => time.unwrap_or_default(),
            Framed::Malformed => Timestamp::default(),
        };
        let fingerprint = fingerprint(&bytes[..bytes.len().min(FINGERPRINT_BYTES)]);
        Some(Self { time, fingerprint, bytes: Vec::new() })
    }

    /// That of a file which nobody saw: no other begins like it.
    pub(crate) fn unseen() -> Self {
        Self { time: Timestamp::default(), fingerprint: Fingerprint::default(), bytes: Vec::new() }
    }

    /// Whether the file begins as `fingerprint` says.
    pub(crate) fn begins_as(&self, fingerprint: Fingerprint) -> bool {
        let bytes = self.bytes.get(..fingerprint.bytes as usize);
        bytes.is_some_and(|bytes| xxh3_64(bytes) == fingerprint.hash)
    }

    /// Whether `content`, which begins with this head, holds that generation.
    pub(crate) fn matches(&self, format: Format, saved: &Saved, content: &mut Content) -> Match {
        if format != Format::Plain {
            let same = (self.time, self.fingerprint) == (saved.first_time, saved.fingerprint);
            return if same { Match::Yes } else { Match::No };
        }
        if !self.begins_as(saved.fingerprint) {
            let shorter = self.bytes.len() < saved.fingerprint.bytes as usize;
            let agreed = shorter.then(|| saved.landmarks.agree(content));
            return match agreed {
                Some(Ok(Some(1..))) => Match::Beginning,
                _ => Match::No,
            };
        }
        let mut overlap = vec![0; saved.overlap.bytes as usize];
        let from = saved.overlap_to.saturating_sub(overlap.len() as u64);
        match content.read_at(from, &mut overlap) {
            Ok(n) if n < overlap.len() => match saved.landmarks.agree(content) {
                Ok(Some(agreed)) if agreed >= BANNER_BYTES_MAX as u64 => Match::Part,
                Ok(Some(agreed)) if agreed > 0 => Match::Beginning,
                Ok(None) => Match::No,
                _ => Match::TooShort,
            },
            Ok(_) if overlap.is_empty() || xxh3_64(&overlap) == saved.overlap.hash => Match::Yes,
            Ok(_) => Match::No,
            Err(_) => Match::TooShort,
        }
    }
}

fn fingerprint(bytes: &[u8]) -> Fingerprint {
    Fingerprint { bytes: u32::try_from(bytes.len()).unwrap_or(0), hash: xxh3_64(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRI: &[u8] = b"1970-01-01T00:00:00.000000007Z stdout F hello\nmore";

    #[test]
    fn a_containers_head_is_its_first_complete_line() {
        let head = Head::of(Format::Cri, CRI.to_vec(), false).unwrap();
        assert_eq!(head.time, Timestamp(7));
        assert_eq!(head.fingerprint, fingerprint(&CRI[..45]));
        assert_eq!(Head::of(Format::Cri, CRI[..44].to_vec(), false), None);
    }

    #[test]
    fn a_first_line_that_is_longer_than_the_fingerprint_is_known_by_its_beginning() {
        let long = [&CRI[..45], &[b'x'; 2_000]].concat();
        let cut = Head::of(Format::Cri, long[..FINGERPRINT_BYTES].to_vec(), true).unwrap();
        let whole = Head::of(Format::Cri, [&long[..], b"\n"].concat(), false).unwrap();
        assert_eq!(cut, whole);
    }

    #[test]
    fn a_plain_files_head_is_what_there_is_of_it() {
        let short = Head::of(Format::Plain, b"ab".to_vec(), false).unwrap();
        let grown = Head::of(Format::Plain, b"abc".to_vec(), false).unwrap();
        assert!(grown.begins_as(short.fingerprint));
        assert!(!short.begins_as(grown.fingerprint));
        assert_eq!(Head::of(Format::Plain, Vec::new(), false), None);
    }
}
