//! A spool, and what happens to its files between two lives.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use nilometer_model::{
    CollectorId, Count, Items, LineageId, Origin, RowRef, Rows, Severity, Stream,
};
use nilometer_mutate::{MEMORY, Tape, damage, is_bare};
use nilometer_wire::Fingerprint;

use super::{
    BatchHeader, BatchId, Bytes, Epoch, Frame, Recovered, Sequence, SourceId, SourceRange, Spool,
    Timestamp,
};

/// So small that a spool has several segments.
const SPOOL_BYTES_MAX: u64 = 4 << 10;
const BATCHES_MAX: u8 = 12;
const EPOCH: Epoch = Epoch(1);

/// How many batches, which of them were released, and then what happens to the files.
pub fn spool(bytes: &[u8]) {
    let dir = tempfile::tempdir_in(MEMORY).expect("memory has room for a directory");
    let mut tape = Tape::new(bytes);
    let (frozen, released) = fill(dir.path(), &mut tape);
    let first = first_file(dir.path());
    damage(dir.path(), &mut tape);
    let is_bare = is_bare(dir.path());
    let (mut spool, recovered) = open(dir.path());
    let left = held(&mut spool);
    assert!(left.iter().all(|(number, frame)| frozen.get(number) == Some(frame)), "other bytes");
    let lost = frozen.keys().any(|number| *number > released && !left.contains_key(number));
    // A journal without its beginning is one that was trimmed.
    let is_trimmed = first != first_file(dir.path());
    assert!(
        !lost || is_bare || is_trimmed || is_told(&recovered),
        "a loss that nobody is told of: of {released}..={} left {:?}, {first:?}",
        frozen.len(),
        left.keys()
    );
    let next = frame_of(u64::from(BATCHES_MAX) + 1, 7);
    spool.freeze(vec![next.clone()], vec![change(0)]).expect("it takes batches again");
    let mut left: BTreeSet<u64> = left.into_keys().collect();
    left.insert(next.header.batch.sequence.0);
    drop(spool);
    let (mut spool, _) = open(dir.path());
    assert!(held(&mut spool).into_keys().eq(left), "a second open finds something else");
}

fn open(dir: &Path) -> (Spool, Recovered) {
    Spool::open(dir, SPOOL_BYTES_MAX).expect("no content stops an open")
}

fn is_told(recovered: &Recovered) -> bool {
    recovered.damaged || recovered.state_lost || !recovered.missing.is_empty()
}

/// The frozen batches by their numbers, and the last one that was released.
fn fill(dir: &Path, tape: &mut Tape<'_>) -> (BTreeMap<u64, Bytes>, u64) {
    let (mut spool, _) = open(dir);
    let (mut frozen, mut released) = (BTreeMap::new(), 0);
    for number in 1..=1 + u64::from(tape.number() % BATCHES_MAX) {
        let what = tape.number();
        let frame = frame_of(number, usize::from(what));
        frozen.insert(number, Bytes::copy_from_slice(&frame.bytes));
        spool.freeze(vec![frame], vec![change(what)]).expect("a whole disk takes batches");
        if what % 4 == 1 {
            let release = number - u64::from(what % 3).min(number - 1);
            spool.release(EPOCH, Sequence(release));
            // A centre that says less than before takes nothing back.
            released = released.max(release);
        }
    }
    (frozen, released)
}

fn change(what: u8) -> (String, Option<Vec<u8>>) {
    ("key".to_owned(), (what > 0).then(|| vec![what; usize::from(what)]))
}

fn first_file(dir: &Path) -> Option<String> {
    let names = fs::read_dir(dir).ok()?.flatten();
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| name.ends_with(".seg")).min()
}

fn held(spool: &mut Spool) -> BTreeMap<u64, Bytes> {
    let picked = spool.pick(usize::MAX, None).into_iter();
    picked.map(|picked| (picked.id.sequence.0, picked.frame)).collect()
}

/// The batch of that number: one record of one source.
fn frame_of(number: u64, message_bytes: usize) -> Frame {
    let source = SourceId(7);
    let origin = Arc::new(Origin { source, ..Origin::default() });
    let mut rows = Rows::default();
    rows.push(RowRef {
        origin: &origin,
        time: Timestamp(0),
        order_time: Timestamp(0),
        position: number,
        bytes: 1,
        received: Timestamp(0),
        severity: Severity::Unset,
        message: &"x".repeat(message_bytes),
        attributes: "",
        trace_id: None,
        span_id: None,
    });
    let range = SourceRange {
        source,
        lineage: LineageId(1),
        component: "shop".to_owned(),
        instance: String::new(),
        stream: Stream::Stdout,
        path: String::new(),
        fingerprint: Fingerprint::default(),
        from: number - 1,
        to: number,
        running: Count { bytes: number, records: number },
        gaps: Vec::new(),
        ended: false,
    };
    let batch =
        BatchId { collector: CollectorId::default(), epoch: EPOCH, sequence: Sequence(number) };
    let header = BatchHeader {
        batch,
        tenant: "default".to_owned(),
        shard_map: 0,
        dictionary: 0,
        frozen_at: Timestamp(0),
        replaces: Vec::new(),
        node: "n1".to_owned(),
        sources: vec![range],
    };
    let bytes = nilometer_wire::encode(&header, &Items::from(rows)).expect("it is small");
    Frame { header, bytes }
}
