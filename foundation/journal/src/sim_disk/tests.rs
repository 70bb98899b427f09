//! What the simulated disk keeps, and that journals on it keep what they acknowledged.

use std::ops::AddAssign;

use super::*;
use crate::disk::Dir;
use crate::journal::{Journal, JournalLimits};

const LIMITS: JournalLimits = JournalLimits { segment_bytes: 400, record_bytes_max: 1_000 };

#[test]
fn what_was_synced_survives_a_power_cut_and_the_rest_may_not() {
    let (mut kept, mut gone) = (0, 0);
    for seed in 0..50 {
        let disk = SimDisk::new(seed);
        let path = Path::new("/d/file");
        let file = disk.open_or_create(path).unwrap();
        file.write_all_at(b"durable", 0).unwrap();
        file.sync().unwrap();
        disk.sync_dir(Path::new("/d")).unwrap();
        file.write_all_at(b" and not", 7).unwrap();
        disk.open_or_create(Path::new("/d/other")).unwrap();
        disk.restart(Crash::Power);
        assert!(file.bytes().is_err(), "of an earlier life");
        let bytes = crate::disk::read(&disk, path).unwrap();
        assert!(b"durable and not".starts_with(&bytes) && bytes.len() >= 7, "seed {seed}");
        (if disk.exists(Path::new("/d/other")) { &mut kept } else { &mut gone }).add_assign(1);
    }
    assert!(kept > 0 && gone > 0);
}

#[test]
fn the_death_of_a_process_loses_nothing_and_a_failed_sync_never_comes_true() {
    for (crash, expect) in [(Crash::Process, 3), (Crash::Power, 0)] {
        let disk = SimDisk::new(1);
        let path = Path::new("/d/file");
        let file = disk.open_or_create(path).unwrap();
        disk.sync_dir(Path::new("/d")).unwrap();
        file.write_all_at(b"abc", 0).unwrap();
        disk.fail_next_sync();
        assert!(file.sync().is_err());
        file.sync().unwrap();
        disk.restart(crash);
        assert_eq!(disk.open(path).unwrap().bytes().unwrap(), expect);
    }
}

#[test]
fn a_journal_keeps_what_it_acknowledged_wherever_the_machine_stops() {
    for seed in 0..300 {
        let disk = SimDisk::new(seed);
        let dir = || Dir::new(Arc::new(disk.clone()), Path::new("/data/log"));
        let mut acknowledged = Vec::new();
        for life in 0..6 {
            disk.stop_after(1 + seed * 7 % 23 + life * 5);
            let Ok((mut journal, _)) = Journal::open(dir(), LIMITS) else {
                disk.restart(Crash::Power);
                continue;
            };
            while let Ok(appended) = journal.append(&[&[life as u8; 90]]) {
                acknowledged.push(appended.last);
            }
            disk.restart(if seed % 3 == 0 { Crash::Process } else { Crash::Power });
        }
        let (journal, _) = Journal::open(dir(), LIMITS).unwrap();
        let there: Vec<u64> =
            journal.read(0, usize::MAX).unwrap().iter().map(|(number, _)| *number).collect();
        assert!(acknowledged.iter().all(|number| there.contains(number)), "seed {seed}");
    }
}

#[test]
fn what_an_open_shows_after_a_failed_fsync_and_a_death_outlives_a_power_cut() {
    let (mut shown, mut cut_off) = (0, 0);
    for seed in 0..20 {
        let disk = SimDisk::new(seed);
        let open = || {
            let dir = Dir::new(Arc::new(disk.clone()), Path::new("/data/log"));
            Journal::open(dir, LIMITS).unwrap().0
        };
        let mut journal = open();
        journal.append(&[b"acknowledged"]).unwrap();
        let before = disk.calls();
        journal.append(&[b"to count calls"]).unwrap();
        let calls = disk.calls() - before;
        disk.fail_next_sync();
        // Its fsync fails, and the process dies as it is taken back: the call behind, where the other one
        // had two to note the end.
        disk.stop_after(calls - 1);
        assert!(journal.append(&[b"not acknowledged"]).is_err());
        disk.restart(Crash::Process);
        let mut journal = open();
        let last = journal.last();
        assert_eq!(journal.append(&[b"behind it"]).unwrap().last, last + 1);
        disk.restart(Crash::Power);
        let all = open().read(0, usize::MAX).unwrap();
        assert_eq!(all.len() as u64, last + 1, "seed {seed}");
        (if last == 3 { &mut shown } else { &mut cut_off }).add_assign(1);
    }
    assert!(shown > 0 && cut_off > 0);
}
