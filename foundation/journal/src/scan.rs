//! Walks the records of one segment file, and past what is damaged.
//!
//! Invariants:
//! - only records whose checksum and number are right come out, in rising order;
//! - what is skipped is named, [`Found::Bad`], once, and is as short as possible: after it stands a good
//!   record, or the end;
//! - memory: one window, or one record, or (behind damage) the rest of the segment.
//!
//! Behind damage the next good record is looked for at every byte. A candidate's number must lie within
//! what the skipped bytes could have held, so that next to no wrong candidate reaches the checksum.

use std::io;

use bytes::Bytes;

use crate::disk::DiskFile;
use crate::limits::WINDOW_BYTES;
use crate::record::{HEADER_BYTES, Header};

/// What stands next in a segment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A good record that begins at byte `at`.
    Record { number: u64, at: u64, bytes: Bytes },
    /// No record from byte `from` to byte `to`.
    Bad { from: u64, to: u64 },
}

/// A walk over one file.
#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    file: &'a dyn DiskFile,
    at: u64,
    end: u64,
    /// The number that the record at `at` must have.
    expected: u64,
    /// A record behind this number is another segment's.
    last: u64,
    window: Vec<u8>,
    window_at: u64,
}

impl<'a> Scanner<'a> {
    /// A walk from byte `at`, where record `number` begins, to byte `end` (or the file's end).
    pub(crate) fn new(file: &'a dyn DiskFile, at: u64, number: u64, end: u64) -> io::Result<Self> {
        let end = end.min(file.bytes()?);
        let (window, expected, last) = (Vec::new(), number, u64::MAX);
        Ok(Self { file, at: at.min(end), end, expected, last, window, window_at: 0 })
    }

    /// Takes no record behind number `last`.
    pub(crate) fn up_to(self, last: u64) -> Self {
        Self { last, ..self }
    }

    /// The number that would come next.
    pub(crate) fn expected(&self) -> u64 {
        self.expected
    }

    /// Where the walk stands, bytes.
    pub(crate) fn at(&self) -> u64 {
        self.at
    }

    /// What stands next; none at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Found>> {
        if self.at >= self.end {
            return Ok(None);
        }
        let at = self.at;
        if let Some((header, bytes)) = self.record_at(at)? {
            self.at = at + header.record_bytes();
            self.expected = header.number + 1;
            return Ok(Some(Found::Record { number: header.number, at, bytes }));
        }
        let (to, number) = self.next_good(at)?;
        (self.at, self.expected) = (to, number);
        Ok(Some(Found::Bad { from: at, to }))
    }

    /// The expected record, if it stands at byte `at`.
    fn record_at(&mut self, at: u64) -> io::Result<Option<(Header, Bytes)>> {
        let expected = self.expected;
        let Some(header) = Header::parse(self.load(at, HEADER_BYTES as u64)?) else {
            return Ok(None);
        };
        if header.number != expected
            || expected > self.last
            || header.record_bytes() > self.end - at
        {
            return Ok(None);
        }
        let record = self.load(at, header.record_bytes())?;
        let bytes = &record[HEADER_BYTES..];
        Ok(header.fits(bytes).then(|| (header, Bytes::copy_from_slice(bytes))))
    }

    /// The first good record behind `from`, where none is: its place and number; or the end.
    fn next_good(&mut self, from: u64) -> io::Result<(u64, u64)> {
        let (expected, end, most) = (self.expected, self.end, self.last);
        let rest = self.load(from, end - from)?;
        for skipped in 1..rest.len() {
            let Some(header) = Header::parse(&rest[skipped..]) else { break };
            let held_max = (skipped / HEADER_BYTES) as u64 + 1;
            let last = expected.saturating_add(held_max).min(most);
            if !(expected..=last).contains(&header.number) {
                continue;
            }
            let record = skipped + HEADER_BYTES..skipped + HEADER_BYTES + header.len as usize;
            if rest.get(record).is_some_and(|bytes| header.fits(bytes)) {
                return Ok((from + skipped as u64, header.number));
            }
        }
        Ok((end, expected))
    }

    /// The bytes from `at`, `len` of them, or fewer where the segment ends.
    fn load(&mut self, at: u64, len: u64) -> io::Result<&[u8]> {
        let len = len.min(self.end - at);
        let loaded = self.window_at..self.window_at + self.window.len() as u64;
        if at < loaded.start || at + len > loaded.end {
            let want = len.max(WINDOW_BYTES as u64).min(self.end - at);
            self.window.resize(usize::try_from(want).map_err(io::Error::other)?, 0);
            self.window_at = at;
            if let Err(error) = self.file.read_exact_at(&mut self.window, at) {
                self.window.clear();
                return Err(error);
            }
        }
        let start = usize::try_from(at - self.window_at).map_err(io::Error::other)?;
        Ok(&self.window[start..start + usize::try_from(len).map_err(io::Error::other)?])
    }
}
