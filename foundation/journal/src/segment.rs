//! One segment: a file of records in rising order, named by the first number that it may hold.
//!
//! The name's extension is the format's version: a changed format gets another extension.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::disk::Dir;
use crate::limits::INDEX_STEP_BYTES;

const EXTENSION: &str = ".seg";
const DIGITS: usize = 20;

/// What is known of a segment without reading it.
#[derive(Debug)]
pub(crate) struct Segment {
    /// The first number that it may hold.
    pub(crate) first: u64,
    /// Its durable length.
    pub(crate) bytes: u64,
    /// Some of its records and where they begin, for seeking.
    places: BTreeMap<u64, u64>,
}

impl Segment {
    pub(crate) fn new(first: u64, bytes: u64) -> Self {
        Self { first, bytes, places: BTreeMap::new() }
    }

    pub(crate) fn path(dir: &Path, first: u64) -> PathBuf {
        dir.join(format!("{first:0DIGITS$}{EXTENSION}"))
    }

    /// Where to begin in search of record `number`: a record at or before it, and its place.
    pub(crate) fn seek(&self, number: u64) -> (u64, u64) {
        let place = self.places.range(..=number).next_back();
        place.map_or((self.first, 0), |(number, at)| (*number, *at))
    }

    /// Remembers where record `number` begins, unless a near one is known.
    pub(crate) fn learn(&mut self, number: u64, at: u64) {
        let (known, near) = self.seek(number);
        if known < number && near + INDEX_STEP_BYTES <= at {
            self.places.insert(number, at);
        }
    }

    /// All segments of a directory, in order.
    pub(crate) fn list(dir: &Dir) -> io::Result<Vec<Self>> {
        let names = dir.disk.list(&dir.path)?;
        let found = names.iter().filter_map(|(name, bytes)| Some((first_of(name)?, *bytes)));
        let mut segments: Vec<_> = found.map(|(first, bytes)| Self::new(first, bytes)).collect();
        segments.sort_unstable_by_key(|segment| segment.first);
        Ok(segments)
    }
}

/// The first number of the segment of that name; none when it is no segment's name.
fn first_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(EXTENSION)?;
    let number = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    let first: u64 = number.then(|| digits.parse().ok()).flatten()?;
    (first > 0).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_twenty_digits_with_the_right_extension_are_a_segment() {
        for (name, expect) in [
            ("00000000000000000001.seg", Some(1)),
            ("18446744073709551615.seg", Some(u64::MAX)),
            ("99999999999999999999.seg", None),
            ("00000000000000000000.seg", None),
            ("0000000000000000001.seg", None),
            ("+0000000000000000001.seg", None),
            ("00000000000000000001.seg.corrupt-0", None),
            ("end", None),
        ] {
            assert_eq!(first_of(name), expect, "{name}");
        }
    }

    #[test]
    fn a_seek_begins_at_the_nearest_place_known_before() {
        let mut segment = Segment::new(10, 0);
        segment.learn(12, INDEX_STEP_BYTES);
        segment.learn(13, INDEX_STEP_BYTES + 1);
        segment.learn(14, 2 * INDEX_STEP_BYTES);
        for (number, expect) in [
            (10, (10, 0)),
            (11, (10, 0)),
            (13, (12, INDEX_STEP_BYTES)),
            (99, (14, 2 * INDEX_STEP_BYTES)),
        ] {
            assert_eq!(segment.seek(number), expect);
        }
    }
}
