//! The desk under damage: what a reopened spool no longer holds is in doubt, and what is retried is not.

use std::collections::BTreeSet;

use nilometer_model::{Reason, SystemClock};

use super::*;
use crate::spool::tests::frame_of;

#[test]
fn what_damage_took_of_files_is_in_doubt_and_the_reader_keeps_its_memory() {
    let data = tempfile::tempdir().unwrap();
    let dir = data.path().join("spool");
    let (spool, _) = Spool::open(&dir, 1 << 30).unwrap();
    let life = Life::begin(data.path()).unwrap();
    let clock = ("n1".to_owned(), Arc::new(SystemClock) as _);
    let desk = Desk::new(life, clock, CollectorStatus::default(), spool);
    let mark = "this-one-is-hit".repeat(3);
    let names: Vec<_> = (0..3).map(|_| desk.life.next()).collect();
    for (at, name) in (0..).zip(&names) {
        let change = (mark.clone(), Some(vec![at]));
        desk.spool().freeze(vec![frame_of(*name, at.into(), &["a"])], vec![change]).unwrap();
    }
    let files = std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path());
    let files =
        files.filter(|path| path.is_file()).map(|path| (std::fs::read(&path).unwrap(), path));
    let places = |bytes: &[u8]| -> Vec<usize> {
        let windows = bytes.windows(mark.len()).enumerate();
        windows.filter(|(_, window)| *window == mark.as_bytes()).map(|(at, _)| at).collect()
    };
    let (mut bytes, segment) = files.max_by_key(|(bytes, _)| places(bytes).len()).unwrap();
    let places = places(&bytes);
    bytes[places[1]] ^= 1;
    std::fs::write(&segment, bytes).unwrap();

    let retried = desk.life.next();
    desk.reopen((&dir, 1 << 30), &[retried]).unwrap();
    let mut spool = desk.spool();
    assert_eq!(spool.state()[&mark], [2]);
    assert!(spool.holds(names[0]) && !spool.holds(names[1]) && spool.holds(names[2]));
    let frames = spool.pick(10, None);
    let declared = nilometer_wire::decode_header(&frames.last().unwrap().frame).unwrap();
    assert_eq!(declared.replaces, [names[1]]);
    assert_eq!(declared.sources, [], "a file may hold it still");
    let kept = Safety::of(&spool);
    assert!(kept == desk.reread().safety().cloned() && desk.reread().in_doubt());
    let Some(Safety::Damaged(feared)) = kept else { panic!("{kept:?}") };
    let gap = &feared[0].gaps[0];
    assert_eq!((gap.from, gap.to, gap.reason), (1, Some(2), Reason::SpoolDamaged));
    let nothing = (&reread::Safe::new(), &BTreeSet::new());
    let feared_so = Safety::Damaged(feared.clone());
    let lost = reread::lost(&spool, nothing, (Some(&feared_so), Timestamp(0)));
    assert_eq!(lost, feared, "and is lost when nobody remembers the file");
    let safe = reread::safe(&spool, Vec::new());
    let known = &safe[&feared[0].source];
    assert_eq!((known.mark, &known.covered[..], known.reach()), (1, &[(2, 3)][..], 1));
}

#[test]
fn of_more_stretches_than_are_kept_the_rest_is_declared_lost_at_once() {
    for (count, declared) in [(REREAD_RANGES_MAX, 0), (REREAD_RANGES_MAX + 1, 1)] {
        let data = tempfile::tempdir().unwrap();
        let (spool, _) = Spool::open(&data.path().join("spool"), 1 << 30).unwrap();
        let life = Life::begin(data.path()).unwrap();
        let clock = ("n1".to_owned(), Arc::new(SystemClock) as _);
        let desk = Desk::new(life, clock, CollectorStatus::default(), spool);
        let frame = frame_of(desk.life.next(), 0, &["a"]);
        let range = nilometer_wire::decode_header(&frame.bytes).unwrap().sources.remove(0);
        let lost = (1..=count as u64).map(|n| SourceRange { source: SourceId(n), ..range.clone() });
        let recovered = Recovered { damaged: true, lost: lost.collect(), ..Recovered::default() };
        let mut spool = desk.spool();
        desk.declare_damage(&mut spool, recovered).unwrap();
        let Some(Safety::Damaged(feared)) = Safety::of(&spool) else { panic!("not in doubt") };
        assert_eq!(feared.len(), REREAD_RANGES_MAX);
        let frames = spool.pick(10, None);
        let headers = frames.iter().map(|frame| nilometer_wire::decode_header(&frame.frame));
        let sources: usize = headers.map(|header| header.unwrap().sources.len()).sum();
        assert_eq!(sources, declared, "{count} stretches");
    }
}
