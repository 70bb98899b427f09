//! What must hold whatever happened to a journal's files. The check panics where something does not;
//! `tests/mutate` and `tests/fuzz` bring the bytes.
//!
//! ```text
//!   bytes ── how many records, how long, closed or not ──> a journal
//!         └─ then damage: which file, what, where ───────> its files ── open, read, append, open again
//! ```
//! Invariants:
//! - what the files hold never stops an open or a read, and the journal takes records again;
//! - what comes back is what was written under its number, in order; what is missing is said, unless it
//!   is the journal's beginning, which may have been trimmed, or nothing at all is left;
//! - a second open finds what the first one left.

use std::path::Path;

use nilometer_mutate::{MEMORY, Tape, damage, is_bare};

use crate::{Journal, JournalLimits, Recovery};

/// A segment holds about ten records.
const LIMITS: JournalLimits = JournalLimits { segment_bytes: 256, record_bytes_max: 64 };
const RECORDS_MAX: u8 = 24;

/// A journal, and what is done to its files.
pub fn journal(bytes: &[u8]) {
    let dir = tempfile::tempdir_in(MEMORY).expect("memory has room for a directory");
    let mut tape = Tape::new(bytes);
    let written = write(dir.path(), &mut tape);
    damage(dir.path(), &mut tape);
    let is_bare = is_bare(dir.path());
    let (mut journal, recovery) = open(dir.path());
    let mut left = read_all(&journal);
    check_records(&written, &left);
    let is_told = is_bare || is_told(&journal, &recovery, &written, &left);
    assert!(is_told, "a loss that nobody is told of");
    let appended = journal.append(&[b"new"]).expect("it takes records again");
    assert_eq!(appended.last, journal.last());
    left.push((appended.last, b"new".to_vec()));
    drop(journal);
    let (journal, _) = open(dir.path());
    assert_eq!(read_all(&journal), left, "a second open finds something else");
}

fn open(dir: &Path) -> (Journal, Recovery) {
    Journal::open(dir, LIMITS).expect("no content stops an open")
}

fn write(dir: &Path, tape: &mut Tape<'_>) -> Vec<Vec<u8>> {
    let (mut journal, _) = open(dir);
    let mut written = Vec::new();
    for number in 0..=tape.number() % RECORDS_MAX {
        let record = vec![b'a' + number; usize::from(tape.number()) % LIMITS.record_bytes_max];
        journal.append(&[&record]).expect("a whole disk takes records");
        written.push(record);
    }
    if tape.number().is_multiple_of(2) {
        journal.close().expect("a whole disk takes the end");
    }
    written
}

fn read_all(journal: &Journal) -> Vec<(u64, Vec<u8>)> {
    let (mut all, mut at) = (Vec::new(), 0);
    loop {
        let some = journal.read(at, 100).expect("no content stops a read");
        let Some((last, _)) = some.last() else { return all };
        assert!(*last > at, "it goes back");
        at = *last;
        all.extend(some.into_iter().map(|(number, bytes)| (number, bytes.to_vec())));
    }
}

fn check_records(written: &[Vec<u8>], left: &[(u64, Vec<u8>)]) {
    assert!(left.is_sorted_by(|one, next| one.0 < next.0));
    for (number, record) in left {
        let at = usize::try_from(*number).unwrap_or_default() - 1;
        assert_eq!(written.get(at), Some(record), "record {number}");
    }
}

/// Whether somebody hears that records are missing, if any are.
fn is_told(
    journal: &Journal,
    recovery: &Recovery,
    written: &[Vec<u8>],
    left: &[(u64, Vec<u8>)],
) -> bool {
    let trimmed = journal.first() - 1;
    let is_left = |number| left.iter().any(|(of, _)| *of == number);
    let whole = (trimmed + 1..=written.len() as u64).all(is_left);
    whole || !recovery.is_clean() || journal.damaged().is_ok_and(|stretches| stretches > 0)
}

#[cfg(test)]
mod tests {
    use nilometer_mutate::{MUTATIONS, hold};

    #[test]
    fn a_journal_survives_whatever_happens_to_its_files() {
        let sample = |damage: &[u8]| {
            let mut bytes = vec![20];
            bytes.extend([16; 21]);
            bytes.push(damage[0] % 2);
            bytes.extend(damage);
            bytes
        };
        let samples: Vec<Vec<u8>> = (0..7)
            .flat_map(|what| (0..4).map(move |file| (file, what)))
            .map(|(file, what)| sample(&[file, what, 0, 40, 3, 0, 1, 2]))
            .collect();
        // Each writes and reads a dozen files: fewer, to stay within some seconds.
        hold("journal", &samples, MUTATIONS / 4, super::journal);
    }
}
