//! What an open does with the last segment.
//!
//! Invariants:
//! - good records stay, with their numbers; what is no record at the end is cut off;
//! - what is cut off and may have been acknowledged is set aside first;
//! - what may not have been acknowledged is written again before its fsync: after an fsync that failed a
//!   kernel shows what it could not write, counts it as written, and calls the next fsync a success.

use std::io;

use crate::damage;
use crate::disk::{Dir, DiskFile};
use crate::end::{End, Known};
use crate::journal::Recovery;
use crate::limits::WINDOW_BYTES;
use crate::scan::{Found, Scanner};
use crate::segment::Segment;

/// What is left of the last segment.
pub(crate) struct Tail {
    pub(crate) recovery: Recovery,
    /// Its last good number; one before its first when it has none.
    pub(crate) last: u64,
}

/// The segments are gone, or there never were any.
pub(crate) fn without_segments(known: Known) -> Recovery {
    Recovery { cut_short: known != Known::Nothing, ..Recovery::default() }
}

/// The last number known to have been used when no segment says so.
pub(crate) fn last_known(known: Known) -> u64 {
    match known {
        Known::End(end) => end.last,
        Known::Nothing | Known::Damaged => 0,
    }
}

/// Whether records behind `last` may have been acknowledged.
pub(crate) fn ends_before(known: Known, last: u64) -> bool {
    match known {
        Known::End(end) => end.last > last,
        Known::Nothing => last > 0,
        Known::Damaged => true,
    }
}

/// Checks and mends the last segment, and makes durable what it holds.
pub(crate) fn tail(dir: &Dir, segment: &mut Segment, known: Known) -> io::Result<Tail> {
    if let Known::End(end) = known
        && end.closed
        && (end.segment, end.bytes) == (segment.first, segment.bytes)
    {
        return Ok(Tail { recovery: Recovery::default(), last: end.last });
    }
    let path = Segment::path(&dir.path, segment.first);
    let file = dir.disk.open_or_create(&path)?;
    let mut recovery = Recovery::default();
    let Walked { last, good_end, bad } = walk(&*file, segment)?;
    for (from, to) in bad {
        if to > good_end {
            recovery.torn_tail = true;
        }
        if to <= good_end || from < acknowledged_end(known, segment.first) {
            recovery.damaged.extend(damage::set_aside(&*dir.disk, &path, from, to)?);
        }
    }
    if recovery.torn_tail {
        file.set_len(good_end)?;
    }
    write_again(&*file, fsynced_end(known, segment.first).min(good_end), good_end)?;
    file.sync()?;
    segment.bytes = good_end;
    Ok(Tail { recovery, last })
}

/// Makes the stretch one that the next fsync has to write.
fn write_again(file: &dyn DiskFile, from: u64, to: u64) -> io::Result<()> {
    let mut at = from;
    while at < to {
        let bytes = (to - at).min(WINDOW_BYTES as u64);
        let mut window = vec![0; usize::try_from(bytes).map_err(io::Error::other)?];
        file.read_exact_at(&mut window, at)?;
        file.write_all_at(&window, at)?;
        at += bytes;
    }
    Ok(())
}

/// What a walk over a segment found.
struct Walked {
    /// Its last good number.
    last: u64,
    /// Where that record ends.
    good_end: u64,
    /// The stretches that are no records.
    bad: Vec<(u64, u64)>,
}

fn walk(file: &dyn DiskFile, segment: &mut Segment) -> io::Result<Walked> {
    let mut walked = Walked { last: segment.first - 1, good_end: 0, bad: Vec::new() };
    let mut scanner = Scanner::new(file, 0, segment.first, segment.bytes)?;
    while let Some(found) = scanner.next()? {
        match found {
            Found::Bad { from, to } => walked.bad.push((from, to)),
            Found::Record { number, at, .. } => {
                segment.learn(number, at);
                (walked.last, walked.good_end) = (number, scanner.at());
            }
        }
    }
    Ok(walked)
}

/// Up to where the segment's bytes are known to have been fsynced.
fn fsynced_end(known: Known, first: u64) -> u64 {
    match known {
        Known::End(End { segment, bytes, .. }) if segment == first => bytes,
        Known::End(_) | Known::Nothing | Known::Damaged => 0,
    }
}

/// Up to where the segment's bytes may have been acknowledged.
fn acknowledged_end(known: Known, first: u64) -> u64 {
    match known {
        Known::End(End { segment, bytes, .. }) if segment == first => bytes,
        Known::End(_) => 0,
        Known::Nothing | Known::Damaged => u64::MAX,
    }
}
