//! The two counts of the ledger: the reader's totals and the batcher's running counts never meet here.

use std::collections::BTreeMap;
use std::path::Path;

use nilometer_model::{Gap, SourceId, SystemClock};

use super::*;
use crate::reader::ReaderConfig;
use crate::reading::{CentreSource, Record, Sink, SourceInfo};

/// A batcher behind a sink that loses the record of this message.
struct Leak {
    batcher: Batcher,
    loses: Option<&'static str>,
}

impl Sink for Leak {
    fn record(&mut self, source: &Arc<SourceInfo>, record: Record<'_>) {
        if self.loses != Some(record.message) {
            self.batcher.record(source, record);
        }
    }
    fn covered(&mut self, source: &Arc<SourceInfo>, position: u64, bytes: u32) {
        self.batcher.covered(source, position, bytes);
    }
    fn gap(&mut self, source: &Arc<SourceInfo>, gap: Gap) {
        self.batcher.gap(source, gap);
    }
    fn ended(&mut self, source: &Arc<SourceInfo>, position: u64) {
        self.batcher.ended(source, position);
    }
    fn full(&self) -> bool {
        self.batcher.full()
    }
}

/// `0` to `5`, each line of the same length.
fn write(root: &Path) -> u64 {
    let dir = root.join("var/log/pods/shop_web-x2x4z_uid/main");
    std::fs::create_dir_all(&dir).unwrap();
    let line = |n: u64| format!("{} stdout F {n}\n", Timestamp(1_700_000_000_000_000_001));
    std::fs::write(dir.join("0.log"), (0..6).map(line).collect::<String>()).unwrap();
    line(0).len() as u64
}

fn reader(root: &Path) -> Reader {
    let config = ReaderConfig {
        rootfs: root.to_owned(),
        node: "n1".to_owned(),
        files: Vec::new(),
        first_lines: Vec::new(),
        line_bytes_max: 1 << 20,
        redactor: None,
        timezone: jiff::tz::TimeZone::UTC,
        clock: Arc::new(SystemClock),
        roster: Arc::default(),
    };
    Reader::new(config, Vec::new())
}

/// What the heartbeat would say, and what the headers.
fn counts(reader: &mut Reader, leak: &mut Leak) -> [BTreeMap<SourceId, Count>; 2] {
    let mut running = BTreeMap::new();
    loop {
        let caught_up = reader.poll(leak).caught_up;
        let headers = leak.batcher.freeze().map(|gathered| gathered.sources).unwrap_or_default();
        running.extend(headers.iter().map(|range| (range.source, range.running)));
        if caught_up {
            return [reader.take_read(), running];
        }
    }
}

#[test]
fn a_record_lost_between_reader_and_batcher_makes_the_two_counts_disagree() {
    for (loses, missing) in [(None, 0), (Some("3"), 1)] {
        let root = tempfile::tempdir().unwrap();
        let bytes = write(root.path());
        let mut leak = Leak { batcher: Batcher::new("n1".to_owned(), BTreeMap::new()), loses };
        let [read, running] = counts(&mut reader(root.path()), &mut leak);
        assert_eq!(read.len(), 1);
        for (source, read) in read {
            let missing = Count { bytes: missing * bytes, records: missing };
            assert_eq!(read - running[&source], missing, "{loses:?}");
        }
    }
}

#[test]
fn after_an_adoption_both_counts_go_on_from_the_mark_over_what_the_centre_has() {
    let root = tempfile::tempdir().unwrap();
    let bytes = write(root.path());
    let mut first = Leak { batcher: Batcher::new("n1".to_owned(), BTreeMap::new()), loses: None };
    while !reader(root.path()).poll(&mut first).caught_up {}
    let range = first.batcher.freeze().unwrap().sources.remove(0);
    let running = Count { bytes: 2 * bytes, records: 2 };
    let centre = CentreSource {
        source: range.source,
        lineage: range.lineage,
        component: range.component,
        instance: range.instance,
        stream: range.stream,
        path: range.path,
        fingerprint: range.fingerprint,
        mark: 2 * bytes,
        covered: vec![(3 * bytes, 4 * bytes)],
        records: running.records,
        bytes: running.bytes,
        ended: false,
    };
    let book = crate::batch::Book { to: 2 * bytes, running, ended: false };
    let batcher = Batcher::new("n1".to_owned(), [(range.source, book)].into());
    let mut again = Leak { batcher, loses: None };
    let mut reader = reader(root.path());
    reader.adopt(vec![centre]);
    assert_eq!(reader.totals(), [(range.source, running)]);
    let [read, running] = counts(&mut reader, &mut again);
    assert_eq!(read, running);
    assert_eq!(read[&range.source], Count { bytes: 6 * bytes, records: 6 });
}
