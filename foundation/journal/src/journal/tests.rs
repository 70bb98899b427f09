//! The journal against a model, and against every kind of damage to its files.

use std::fs;

use proptest::prelude::*;

use super::*;

const LIMITS: JournalLimits = JournalLimits { segment_bytes: 256, record_bytes_max: 64 };

fn open(dir: &Path) -> (Journal, Recovery) {
    Journal::open(dir, LIMITS).unwrap()
}

/// All records from `after` on, read in small steps.
fn read_all(journal: &Journal, after: u64) -> Vec<(u64, Vec<u8>)> {
    let (mut all, mut at) = (Vec::new(), after);
    loop {
        let some = journal.read(at, 100).unwrap();
        let Some((last, _)) = some.last() else { return all };
        at = *last;
        all.extend(some.into_iter().map(|(number, bytes)| (number, bytes.to_vec())));
    }
}

fn numbers(journal: &Journal) -> Vec<u64> {
    read_all(journal, 0).into_iter().map(|(number, _)| number).collect()
}

/// A journal with records 1 ..= `count`, each of 16 bytes and its header: 8 to a segment.
fn filled(dir: &Path, count: u64) -> Journal {
    let (mut journal, _) = open(dir);
    for number in 1..=count {
        let record = format!("record {number:>9}");
        assert_eq!(journal.append(&[record.as_bytes()]).unwrap().last, number);
    }
    journal
}

fn segment(dir: &Path, first: u64) -> PathBuf {
    Segment::path(dir, first)
}

fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

#[test]
fn an_empty_journal_has_nothing_and_numbers_begin_at_one() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, recovery) = open(dir.path());
    assert!(recovery.is_clean());
    assert_eq!((journal.first(), journal.last(), journal.bytes()), (1, 0, 0));
    assert_eq!(journal.read(0, 100).unwrap(), vec![]);
    let appended = journal.append(&[b"a", b"", b"c"]).unwrap();
    assert_eq!((appended.first, appended.last), (1, 3));
    assert_eq!(numbers(&journal), [1, 2, 3]);
}

#[test]
fn a_read_gives_at_least_one_record_and_else_keeps_to_its_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let journal = filled(dir.path(), 20);
    for (after, bytes_max, expect) in
        [(0, 0, 1), (0, 31, 1), (0, 32, 2), (7, 32, 2), (19, 1_000, 1), (20, 1_000, 0)]
    {
        let some = journal.read(after, bytes_max).unwrap();
        assert_eq!(some.len(), expect, "after {after}, {bytes_max} bytes");
        assert!(some.first().is_none_or(|(number, _)| *number == after + 1));
    }
}

#[test]
fn a_record_may_be_as_long_as_the_limit_and_no_longer() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(dir.path());
    assert!(journal.append(&[&[7; 64]]).is_ok());
    let refused = journal.append(&[b"a", &[7; 65]]);
    assert!(matches!(refused, Err(JournalError::TooLarge { bytes: 65, limit_bytes: 64 })));
    assert_eq!(numbers(&journal), [1]);
}

#[test]
fn a_segment_at_its_limit_is_followed_by_a_new_one_and_trimmed_only_whole() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = filled(dir.path(), 20);
    for first in [1, 9, 17] {
        assert!(segment(dir.path(), first).exists(), "segment {first}");
    }
    for (to, first) in [(7, 1), (8, 9), (15, 9), (99, 17)] {
        journal.trim(to).unwrap();
        assert_eq!(journal.first(), first, "trimmed to {to}");
    }
    assert_eq!(numbers(&journal), [17, 18, 19, 20]);
    journal.rotate().unwrap();
    journal.trim(20).unwrap();
    assert_eq!((journal.first(), journal.last(), journal.bytes()), (21, 20, 0));
    drop(journal);
    let (journal, recovery) = open(dir.path());
    assert!(recovery.is_clean());
    assert_eq!((journal.first(), journal.last()), (21, 20));
}

#[test]
fn numbers_go_on_after_a_restart() {
    for in_order in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let journal = filled(dir.path(), 11);
        if in_order {
            journal.close().unwrap();
        }
        let (mut journal, recovery) = open(dir.path());
        assert!(recovery.is_clean());
        assert_eq!(journal.append(&[b"x"]).unwrap().first, 12);
        assert_eq!(numbers(&journal), (1..=12).collect::<Vec<_>>());
    }
}

#[test]
fn bytes_added_to_the_end_are_cut_off_and_nothing_is_lost() {
    for junk in [vec![0; 4_096], b"\x10\0\0\0torn".to_vec(), vec![0xA5; 40]] {
        let dir = tempfile::tempdir().unwrap();
        drop(filled(dir.path(), 11));
        change(&segment(dir.path(), 9), |bytes| bytes.extend(&junk));
        let (mut journal, recovery) = open(dir.path());
        assert_eq!((recovery.torn_tail, recovery.cut_short), (true, false));
        assert_eq!(recovery.damaged, vec![]);
        assert_eq!(journal.append(&[b"x"]).unwrap().first, 12);
        drop(journal);
        let (journal, recovery) = open(dir.path());
        assert!(recovery.is_clean());
        assert_eq!(numbers(&journal), (1..=12).collect::<Vec<_>>());
    }
}

#[test]
fn records_of_another_segment_are_damage_where_they_do_not_belong() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), 20));
    let strange = fs::read(segment(dir.path(), 9)).unwrap();
    change(&segment(dir.path(), 1), |bytes| bytes.extend(strange));
    let (journal, _) = open(dir.path());
    assert_eq!(numbers(&journal), (1..=20).collect::<Vec<_>>());
    assert_eq!(journal.damaged().unwrap(), 1);
}

#[test]
fn a_cut_is_noticed_also_between_two_records_and_after_an_orderly_close() {
    for (cut, in_order) in [(1, false), (32, false), (40, false), (96, false), (32, true)] {
        let dir = tempfile::tempdir().unwrap();
        let journal = filled(dir.path(), 11);
        if in_order {
            journal.close().unwrap();
        }
        change(&segment(dir.path(), 9), |bytes| bytes.truncate(bytes.len() - cut));
        let (journal, recovery) = open(dir.path());
        assert!(recovery.cut_short, "cut of {cut} bytes");
        let left = 11 - cut.div_ceil(32) as u64;
        assert_eq!(numbers(&journal), (1..=left).collect::<Vec<_>>());
    }
}

#[test]
fn a_flipped_bit_costs_one_record_and_is_set_aside_once() {
    for first in [1, 9] {
        let dir = tempfile::tempdir().unwrap();
        drop(filled(dir.path(), 11));
        // In the second record of the segment: its length, its number, its bytes.
        for (known, at) in [32, 42, 60].into_iter().enumerate() {
            change(&segment(dir.path(), first), |bytes| bytes[at] ^= 4);
            let expect: Vec<u64> = (1..=11).filter(|number| *number != first + 1).collect();
            for new in [1, 0] {
                let (journal, recovery) = open(dir.path());
                assert_eq!(numbers(&journal), expect, "segment {first}, byte {at}");
                assert_eq!(journal.damaged().unwrap(), known + 1);
                assert_eq!(recovery.damaged.len(), if first == 9 { new } else { 0 });
            }
            change(&segment(dir.path(), first), |bytes| bytes[at] ^= 4);
        }
    }
}

#[test]
fn a_flipped_bit_in_the_last_record_is_cut_off_and_kept_aside() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), 11));
    change(&segment(dir.path(), 9), |bytes| bytes[90] ^= 1);
    let (journal, recovery) = open(dir.path());
    assert!(recovery.torn_tail && recovery.cut_short);
    assert_eq!(fs::read(&recovery.damaged[0].moved_to).unwrap().len(), 32);
    assert_eq!(numbers(&journal), (1..=10).collect::<Vec<_>>());
}

#[test]
fn an_older_segment_that_was_cut_or_removed_is_noticed_by_the_reader() {
    for removed in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        drop(filled(dir.path(), 20));
        let path = segment(dir.path(), 9);
        if removed {
            fs::remove_file(&path).unwrap();
        } else {
            change(&path, |bytes| bytes.truncate(64));
        }
        let (journal, _) = open(dir.path());
        let hole = if removed { 9..17 } else { 11..17 };
        let expect: Vec<u64> = (1..=20).filter(|number| !hole.contains(number)).collect();
        assert_eq!(numbers(&journal), expect);
        assert_eq!(journal.reader().damaged(), 1);
    }
}

#[test]
fn lost_segments_do_not_bring_back_used_numbers() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), 11));
    fs::remove_file(segment(dir.path(), 1)).unwrap();
    fs::remove_file(segment(dir.path(), 9)).unwrap();
    let (mut journal, recovery) = open(dir.path());
    assert!(recovery.cut_short);
    assert_eq!(journal.append(&[b"x"]).unwrap().first, 12);
}

#[test]
fn a_damaged_end_file_is_reported_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), 11));
    fs::write(dir.path().join("end"), b"nonsense").unwrap();
    let (mut journal, recovery) = open(dir.path());
    assert_eq!((recovery.torn_tail, recovery.cut_short), (false, true));
    assert_eq!(numbers(&journal).len(), 11);
    journal.append(&[b"x"]).unwrap();
    drop(journal);
    assert!(open(dir.path()).1.is_clean());
}

#[test]
fn a_reader_on_another_thread_sees_each_record_once_while_it_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(dir.path());
    let reader = journal.reader();
    let reading = std::thread::spawn(move || {
        let mut seen = 0;
        while seen < 300 {
            for (number, bytes) in reader.read(seen, 200).unwrap() {
                assert_eq!((number, &bytes[..]), (seen + 1, number.to_string().as_bytes()));
                seen = number;
            }
        }
    });
    for number in 1..=300_u64 {
        journal.append(&[number.to_string().as_bytes()]).unwrap();
    }
    reading.join().unwrap();
}

/// What can happen to a journal.
#[derive(Debug, Clone)]
enum Step {
    Append(Vec<Vec<u8>>),
    Rotate,
    Trim(u64),
    Reopen {
        in_order: bool,
    },
    /// Killed, and then bytes added to the newest segment.
    Torn(Vec<u8>),
    /// Killed, and then one bit flipped somewhere in the newest segment.
    Flipped(usize),
    /// Killed, and then the newest segment's end removed.
    Cut(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let record = prop::collection::vec(any::<u8>(), 0..64);
    let step = prop_oneof![
        6 => prop::collection::vec(record, 1..5).prop_map(Step::Append),
        1 => Just(Step::Rotate),
        1 => (0..60_u64).prop_map(Step::Trim),
        1 => any::<bool>().prop_map(|in_order| Step::Reopen { in_order }),
        1 => prop::collection::vec(any::<u8>(), 1..99).prop_map(Step::Torn),
        1 => any::<usize>().prop_map(Step::Flipped),
        1 => any::<usize>().prop_map(Step::Cut),
    ];
    prop::collection::vec(step, 1..40)
}

/// The journal under test, and what it must hold.
struct Model {
    dir: tempfile::TempDir,
    journal: Option<Journal>,
    /// What was acknowledged; damage takes from it.
    records: Vec<(u64, Vec<u8>)>,
    trimmed: u64,
    /// Its end was lost, which may be said at each open until the next append.
    short: bool,
}

impl Model {
    fn journal(&mut self) -> &mut Journal {
        self.journal.as_mut().unwrap()
    }

    fn reopen(&mut self) -> Recovery {
        self.journal = None;
        let (journal, recovery) = open(self.dir.path());
        self.journal = Some(journal);
        recovery
    }

    /// Damages the newest segment of the closed journal; false when it is empty.
    fn damage(&mut self, how: impl FnOnce(&mut Vec<u8>)) -> bool {
        let first = self.journal().active_first;
        self.journal = None;
        let path = segment(self.dir.path(), first);
        let empty = fs::metadata(&path).unwrap().len() == 0;
        if !empty {
            change(&path, how);
        }
        !empty
    }

    fn apply(&mut self, step: Step) {
        match step {
            Step::Append(records) => {
                let slices: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
                let Appended { first, last, .. } = self.journal().append(&slices).unwrap();
                assert_eq!(last + 1 - first, records.len() as u64);
                assert!(self.records.last().is_none_or(|(before, _)| *before < first));
                self.records.extend((first..).zip(records));
                self.short = false;
            }
            Step::Rotate => self.journal().rotate().unwrap(),
            Step::Trim(to) => {
                self.journal().trim(to).unwrap();
                self.trimmed = self.trimmed.max(to);
            }
            Step::Reopen { in_order } => {
                if in_order {
                    self.journal.take().unwrap().close().unwrap();
                }
                self.reopen();
            }
            Step::Torn(junk) => {
                if self.damage(|bytes| bytes.extend(junk)) {
                    let recovery = self.reopen();
                    assert!(recovery.torn_tail && (self.short || !recovery.cut_short));
                }
                self.reopen();
            }
            Step::Flipped(at) => {
                let damaged = self.damage(|bytes| {
                    let bit = at % (bytes.len() * 8);
                    bytes[bit / 8] ^= 1 << (bit % 8);
                });
                self.lose(damaged, 1);
            }
            Step::Cut(at) => {
                let mut cut = 0;
                let damaged = self.damage(|bytes| {
                    cut = 1 + at % bytes.len();
                    bytes.truncate(bytes.len() - cut);
                });
                self.lose(damaged, cut);
            }
        }
    }

    /// Re-opens; at most `lost_max` records may be gone, and if one is, that was said.
    fn lose(&mut self, damaged: bool, lost_max: usize) {
        let recovery = self.reopen();
        let held = read_all(self.journal(), 0);
        let before = self.records.iter().filter(|(number, _)| *number >= self.first()).count();
        self.records.retain(|(number, _)| held.iter().any(|(other, _)| other == number));
        assert!(before - held.len() <= lost_max);
        let found_by_reading = self.journal().reader().damaged() > 0;
        assert!(before == held.len() || !recovery.is_clean() || found_by_reading);
        assert!(damaged || recovery.is_clean() || self.short);
        self.short |= recovery.cut_short || found_by_reading;
    }

    fn first(&self) -> u64 {
        self.journal.as_ref().map_or(0, Journal::first)
    }

    fn check(&mut self) {
        let held = read_all(self.journal(), 0);
        let first = self.first();
        assert!(self.records.iter().all(|(number, _)| *number >= first || *number <= self.trimmed));
        let expect: Vec<_> = self.records.iter().filter(|(number, _)| *number >= first).collect();
        assert_eq!(held.iter().collect::<Vec<_>>(), expect);
        let after = held.len() as u64 / 2 + first;
        let behind: Vec<_> = held.into_iter().filter(|(number, _)| *number > after).collect();
        assert_eq!(read_all(self.journal(), after), behind);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_journal_holds_what_was_acknowledged_and_says_so_when_it_does_not(steps in steps()) {
        let dir = tempfile::tempdir().unwrap();
        let journal = Some(open(dir.path()).0);
        let mut model = Model { dir, journal, records: Vec::new(), trimmed: 0, short: false };
        for step in steps {
            model.apply(step);
            model.check();
        }
    }
}
