//! The spool over its lives: what was fsynced comes back, what was damaged is declared.

use std::collections::BTreeMap;
use std::path::Path;
mod disk;

use std::sync::Arc;

use nilometer_model::{
    CollectorId, Count, Items, LineageId, Origin, RowRef, Rows, Severity, Stream, Timestamp,
};
use nilometer_wire::Fingerprint;

use super::*;

const SOURCE: SourceId = SourceId(7);

/// A batch of one source: records of one byte each, behind `from`.
pub(crate) fn frame_of(id: BatchId, from: u64, messages: &[&str]) -> Frame {
    let origin = Arc::new(Origin { source: SOURCE, ..Origin::default() });
    let mut rows = Rows::default();
    for (position, message) in (from + 1..).zip(messages) {
        rows.push(RowRef {
            origin: &origin,
            time: Timestamp(0),
            order_time: Timestamp(0),
            position,
            bytes: 1,
            received: Timestamp(0),
            severity: Severity::Unset,
            message,
            attributes: "",
            trace_id: None,
            span_id: None,
        });
    }
    let to = from + messages.len() as u64;
    let range = SourceRange {
        source: SOURCE,
        lineage: LineageId(1),
        component: "shop".to_owned(),
        instance: String::new(),
        stream: Stream::Stdout,
        path: String::new(),
        fingerprint: Fingerprint::default(),
        from,
        to,
        running: Count { bytes: to, records: to },
        gaps: Vec::new(),
        ended: false,
    };
    let header = BatchHeader {
        batch: id,
        tenant: "default".to_owned(),
        shard_map: 0,
        dictionary: 0,
        frozen_at: Timestamp(0),
        replaces: Vec::new(),
        node: "n1".to_owned(),
        sources: vec![range],
    };
    let bytes = nilometer_wire::encode(&header, &rows.into()).unwrap();
    Frame { header, bytes }
}

pub(crate) fn messages(rows: &Rows) -> Vec<String> {
    rows.iter().map(|row| row.message.to_owned()).collect()
}

fn id(sequence: u64) -> BatchId {
    BatchId { collector: CollectorId::default(), epoch: Epoch(1), sequence: Sequence(sequence) }
}

fn open(dir: &Path) -> (Spool, Recovered) {
    Spool::open(dir, 1 << 30).unwrap()
}

fn picked(spool: &mut Spool) -> Vec<(BatchId, Bytes)> {
    spool.pick(100, None).into_iter().map(|picked| (picked.id, picked.frame)).collect()
}

fn change(key: &str, value: &str) -> StateChange {
    (key.to_owned(), Some(value.as_bytes().to_vec()))
}

#[test]
fn a_restart_gives_back_the_same_bytes_and_the_state_behind_them() {
    let dir = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(dir.path());
    spool.freeze(vec![frame_of(id(1), 0, &["a"])], vec![change("k", "1")]).unwrap();
    spool.freeze(vec![frame_of(id(2), 1, &["b"])], vec![change("k", "2")]).unwrap();
    let before = picked(&mut spool);
    drop(spool);
    for _ in 0..3 {
        let (mut spool, recovered) = open(dir.path());
        assert!(!recovered.damaged && recovered.missing.is_empty() && !recovered.state_lost);
        assert_eq!(picked(&mut spool), before);
        assert_eq!(spool.state()["k"], b"2");
        assert_eq!(spool.books()[&SOURCE].to, 2);
    }
}

#[test]
fn what_is_released_or_replaced_stays_gone() {
    let dir = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(dir.path());
    for n in 1..=3 {
        spool.freeze(vec![frame_of(id(n), n - 1, &["a"])], Vec::new()).unwrap();
    }
    assert_eq!(spool.release(Epoch(1), Sequence(1)), 1);
    assert_eq!(spool.release(Epoch(1), Sequence(1)), 0);
    let halves = vec![frame_of(id(4), 1, &[]), frame_of(id(5), 1, &["a"])];
    spool.replace(id(2), halves).unwrap();
    drop(spool);
    let (mut spool, recovered) = open(dir.path());
    let left: Vec<_> = picked(&mut spool).into_iter().map(|(id, _)| id.sequence.0).collect();
    assert_eq!(left, [4, 5, 3]);
    assert_eq!(recovered.missing, []);
}

#[test]
fn state_outlives_the_segments_it_was_written_in() {
    let dir = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(dir.path());
    let noise: String = (0..3_000_000_u32)
        .map(|n| char::from(b'!' + (n.wrapping_mul(2_654_435_761) >> 25) as u8 % 90))
        .collect();
    spool.freeze(Vec::new(), vec![change("kept", "1"), change("gone", "1")]).unwrap();
    spool.freeze(Vec::new(), vec![("gone".to_owned(), None)]).unwrap();
    for n in 1..=20 {
        let parts: Vec<_> =
            noise.as_bytes().chunks(900_000).map(|c| std::str::from_utf8(c).unwrap()).collect();
        let frame = frame_of(id(n), 4 * (n - 1), &parts);
        spool.freeze(vec![frame], Vec::new()).unwrap();
        spool.release(Epoch(1), Sequence(n));
    }
    assert!(spool.bytes() < 3 * SPOOL_SEGMENT_BYTES, "{} bytes are left", spool.bytes());
    drop(spool);
    let (spool, _) = open(dir.path());
    assert_eq!(spool.state().keys().collect::<Vec<_>>(), ["kept"]);
    assert_eq!(spool.books()[&SOURCE].to, 80);
    assert_eq!(spool.batches(), 0);
}

/// Also in a segment that another one follows: that is checked only as it is read.
#[test]
fn a_damaged_record_is_declared_with_its_range_count_and_name() {
    for restarted in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let (mut spool, _) = open(dir.path());
        spool.freeze(vec![frame_of(id(1), 0, &["a"])], Vec::new()).unwrap();
        let mark = "this-one-is-hit".repeat(3);
        spool.freeze(vec![frame_of(id(2), 1, &["b", &mark])], vec![change("hit", &mark)]).unwrap();
        if restarted {
            drop(spool);
            spool = open(dir.path()).0;
        }
        spool.freeze(vec![frame_of(id(3), 3, &["c"])], Vec::new()).unwrap();
        drop(spool);
        hit(dir.path(), &mark);
        let (mut spool, recovered) = open(dir.path());
        assert!(recovered.damaged);
        assert_eq!(recovered.missing, [id(2)]);
        let gap = &recovered.lost[0].gaps[0];
        let count = Some(Count { bytes: 2, records: 2 });
        assert_eq!((gap.from, gap.to, gap.count), (1, Some(3), count));
        let left: Vec<_> = picked(&mut spool).into_iter().map(|(id, _)| id.sequence.0).collect();
        assert_eq!(left, [1, 3]);
    }
}

#[test]
fn a_first_segment_of_which_nothing_can_be_read_is_damage_and_no_trim() {
    let dir = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(dir.path());
    spool.freeze(vec![frame_of(id(1), 0, &["a"])], Vec::new()).unwrap();
    drop(spool);
    let (mut spool, _) = open(dir.path());
    spool.freeze(Vec::new(), vec![change("k", "1")]).unwrap();
    drop(spool);
    let first = dir.path().join("00000000000000000001.seg");
    std::fs::write(first, []).unwrap();
    let (spool, recovered) = open(dir.path());
    assert!(recovered.damaged);
    assert_eq!((spool.batches(), &spool.state()["k"][..]), (0, &b"1"[..]));
}

/// Changes a byte where `mark` stands first in the first file that has it.
fn hit(dir: &Path, mark: &str) {
    let files = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let files: BTreeMap<_, _> =
        files.map(|file| (file.clone(), std::fs::read(file).unwrap())).collect();
    let place = |bytes: &[u8]| bytes.windows(mark.len()).position(|w| w == mark.as_bytes());
    let (file, at, mut bytes) =
        files.into_iter().find_map(|(file, bytes)| Some((file, place(&bytes)?, bytes))).unwrap();
    bytes[at] ^= 1;
    std::fs::write(file, bytes).unwrap();
}

#[test]
fn names_that_no_batch_has_or_stands_for_are_missing_also_before_the_first_that_is_left() {
    for (replaces, missing) in [(vec![], vec![id(1), id(2)]), (vec![id(1)], vec![id(2)])] {
        let dir = tempfile::tempdir().unwrap();
        let (mut spool, _) = open(dir.path());
        let frame = frame_of(id(3), 0, &["a"]);
        let header = BatchHeader { replaces, ..frame.header };
        let bytes = nilometer_wire::encode(&header, &rows_of(&frame.bytes)).unwrap();
        spool.freeze(vec![Frame { header, bytes }], Vec::new()).unwrap();
        drop(spool);
        assert_eq!(open(dir.path()).1.missing, missing);
    }
}

fn rows_of(frame: &[u8]) -> Items {
    nilometer_wire::decode(frame).unwrap().items
}

#[test]
fn what_replaces_a_batch_is_sent_in_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(dir.path());
    for n in 1..=3 {
        spool.freeze(vec![frame_of(id(n), 2 * n, &["a", "b"])], Vec::new()).unwrap();
    }
    let mut parts = (4..).map(|n| frame_of(id(n), 2, &["a"]));
    for old in [1, 4, 5, 7] {
        spool.replace(id(old), parts.by_ref().take(2).collect()).unwrap();
    }
    for _ in 0..2 {
        let order: Vec<_> = picked(&mut spool).into_iter().map(|(id, _)| id.sequence.0).collect();
        assert_eq!(order, [6, 10, 11, 8, 9, 2, 3]);
        drop(spool);
        spool = open(dir.path()).0;
    }
}

#[test]
fn a_full_spool_takes_nothing_until_something_left_it() {
    let dir = tempfile::tempdir().unwrap();
    let (mut spool, _) = Spool::open(dir.path(), 1).unwrap();
    assert_eq!(spool.full_percent(), 0);
    spool.freeze(vec![frame_of(id(1), 0, &["a"])], Vec::new()).unwrap();
    assert!(spool.full_percent() >= 100);
    spool.release(Epoch(1), Sequence(1));
    assert_eq!(spool.full_percent(), 0);
}

#[test]
fn batches_behind_a_suspect_one_are_sent_first() {
    let dir = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(dir.path());
    for n in 1..=3 {
        spool.freeze(vec![frame_of(id(n), n - 1, &["a"])], Vec::new()).unwrap();
    }
    let first = spool.pick(1, None).remove(0);
    assert!(!spool.lost_connection(first.place, 0));
    spool.mark(first.place, Sent::No);
    let order: Vec<_> = picked(&mut spool).into_iter().map(|(id, _)| id.sequence.0).collect();
    assert_eq!(order, [2, 3, 1]);
    assert!(spool.lost_connection(first.place, 2));
}
