//! Real files, rotated as kubelet, Docker and logrotate do, read over restarts, against the truth.

use std::fs::{self, File, OpenOptions};
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use nilometer_model::{LineageId, ManualClock, Stream};
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::reading::Record;

mod multiline;
mod speakers;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    source: SourceId,
    lineage: LineageId,
    stream: Stream,
    position: u64,
    bytes: u32,
    time: Timestamp,
    order_time: Timestamp,
    message: String,
    attributes: String,
}

/// Keeps what it is given; full after `room` records.
#[derive(Debug, Default)]
struct Kept {
    seen: Vec<Seen>,
    gaps: Vec<(SourceId, Gap)>,
    ended: Vec<(SourceId, u64)>,
    room: usize,
}

impl Sink for Kept {
    fn record(&mut self, source: &Arc<SourceInfo>, record: Record<'_>) {
        assert!(self.room > 0, "a full sink was given a record");
        self.room -= 1;
        self.seen.push(Seen {
            source: source.source,
            lineage: source.lineage,
            stream: source.stream,
            position: record.position,
            bytes: record.bytes,
            time: record.time,
            order_time: record.order_time,
            message: record.message.to_owned(),
            attributes: record.attributes.to_owned(),
        });
    }
    fn covered(&mut self, _: &Arc<SourceInfo>, _: u64, _: u32) {}
    fn gap(&mut self, source: &Arc<SourceInfo>, gap: Gap) {
        self.gaps.push((source.source, gap));
    }
    fn ended(&mut self, source: &Arc<SourceInfo>, position: u64) {
        self.ended.push((source.source, position));
    }
    fn full(&self) -> bool {
        self.room == 0
    }
}

/// A node's tree, its reader, what the spool would remember, and a time that moves when told.
struct Node {
    root: TempDir,
    reader: Reader,
    memory: BTreeMap<String, Vec<u8>>,
    kept: Kept,
    now: Instant,
    line_bytes_max: usize,
}

mod edges;
mod identity;
mod limits;
mod plain;
mod short;
mod wiped;

const POD: &str = "var/log/pods/shop_web-x2x4z_uid/main";

impl Node {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let reader = Reader::new(config(&root, 1 << 20), Vec::new());
        let kept = Kept { room: usize::MAX, ..Kept::default() };
        let (memory, now) = (BTreeMap::new(), Instant::now());
        Self { root, reader, memory, kept, now, line_bytes_max: 1 << 20 }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn append(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        file.write_all(bytes.as_ref()).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    fn gzip(&self, name: &str) {
        let path = self.path(name);
        let to = File::create(self.path(&format!("{name}.tmp"))).unwrap();
        let mut encoder = GzEncoder::new(to, Compression::fast());
        encoder.write_all(&fs::read(&path).unwrap()).unwrap();
        encoder.finish().unwrap();
        self.rename(&format!("{name}.tmp"), &format!("{name}.gz"));
        fs::remove_file(path).unwrap();
    }

    /// Moves time on so that everything is looked at, and reads until nothing more comes.
    fn drain(&mut self) {
        self.after(Duration::from_secs(2));
    }

    fn after(&mut self, time: Duration) {
        self.now += time;
        for _ in 0..10_000 {
            let polled = self.reader.poll_at(self.now, &mut self.kept);
            self.commit();
            if polled.caught_up
                || self.kept.room == 0
                || (!polled.progressed && self.reader.dirty.is_empty())
            {
                return;
            }
        }
        panic!("the reader does not come to an end");
    }

    fn commit(&mut self) {
        for (key, bytes) in self.reader.changes() {
            match bytes {
                Some(bytes) => drop(self.memory.insert(key, bytes)),
                None => drop(self.memory.remove(&key)),
            }
        }
    }

    fn restart(&mut self) {
        let memory = self.memory.clone().into_iter().collect();
        self.reader = Reader::new(config(&self.root, self.line_bytes_max), memory);
    }

    fn messages(&self) -> Vec<&str> {
        self.kept.seen.iter().map(|seen| seen.message.as_str()).collect()
    }
}

fn config(root: &TempDir, line_bytes_max: usize) -> ReaderConfig {
    ReaderConfig {
        rootfs: root.path().to_owned(),
        node: "node0".to_owned(),
        files: vec![root.path().join("app/*.log").display().to_string()],
        first_lines: vec![FirstLine::new("postgres", r"^\d{4}-").unwrap()],
        line_bytes_max,
        redactor: None,
        timezone: TimeZone::fixed(jiff::tz::offset(1)),
        clock: Arc::new(ManualClock::at(Timestamp(0))),
        roster: Arc::default(),
    }
}

/// What a centre that has nothing of a source says of it.
fn nothing_of(info: &SourceInfo) -> CentreSource {
    CentreSource {
        source: info.source,
        lineage: info.lineage,
        component: info.speaker.component.clone(),
        instance: info.speaker.instance.clone(),
        stream: info.stream,
        path: info.path.clone(),
        fingerprint: info.fingerprint,
        mark: 0,
        covered: Vec::new(),
        records: 0,
        bytes: 0,
        ended: false,
    }
}

fn cri(n: u64, rest: &str) -> String {
    format!("{} {rest}\n", Timestamp(1_700_000_000_000_000_000 + i64::try_from(n).unwrap()))
}

fn pod(name: &str) -> String {
    format!("{POD}/{name}")
}

#[test]
fn pieces_are_joined_per_stream_and_know_where_they_stand() {
    let mut node = Node::new();
    let lines = [
        cri(1, "stdout P one "),
        cri(2, "stderr F between"),
        cri(3, "stdout F half"),
        cri(4, "stdout F x"),
    ];
    node.append(&pod("0.log"), lines.concat());
    node.drain();
    let ends: Vec<u64> = lines
        .iter()
        .scan(0, |at, line| {
            Some({
                *at += line.len() as u64;
                *at
            })
        })
        .collect();
    let found: Vec<(&str, Stream, u64, u32)> = node
        .kept
        .seen
        .iter()
        .map(|s| (s.message.as_str(), s.stream, s.position, s.bytes))
        .collect();
    let len = |n: usize| u32::try_from(lines[n].len()).unwrap();
    assert_eq!(
        found,
        [
            ("between", Stream::Stderr, ends[1], len(1)),
            ("one half", Stream::Stdout, ends[2], len(0) + len(2)),
            ("x", Stream::Stdout, ends[3], len(3)),
        ]
    );
    assert_eq!(node.reader.totals().iter().map(|(_, count)| count.bytes).sum::<u64>(), ends[3]);
}

#[test]
fn pieces_before_what_is_no_line_are_handed_over_before_it_and_never_lost() {
    for rest in ["", "stdout F two"] {
        let mut node = Node::new();
        let torn = "2026-01-01T00:00\0stdout F torn\n".to_owned();
        node.append(&pod("0.log"), [cri(1, "stdout P one "), torn.clone()].concat());
        if !rest.is_empty() {
            node.append(&pod("0.log"), cri(3, rest));
        }
        node.drain();
        fs::remove_file(node.path(&pod("0.log"))).unwrap();
        (0..3).for_each(|_| node.after(Duration::from_secs(6)));
        let two = rest.strip_prefix("stdout F ");
        let expect: Vec<_> = ["one ", torn.trim_end()].into_iter().chain(two).collect();
        assert_eq!(node.messages(), expect);
    }
}

#[test]
fn a_restart_inside_an_open_partial_repeats_nothing_and_loses_nothing() {
    let mut node = Node::new();
    node.append(&pod("0.log"), [cri(1, "stdout P one "), cri(2, "stderr F between")].concat());
    node.drain();
    node.restart();
    node.append(&pod("0.log"), cri(3, "stdout F half"));
    node.drain();
    assert_eq!(node.messages(), ["between", "one half"]);
}

#[test]
fn a_record_whose_pieces_span_a_rotation_belongs_to_the_younger_generation() {
    for restart in [false, true] {
        let mut node = Node::new();
        node.append(&pod("0.log"), [cri(1, "stdout F first"), cri(2, "stdout P one ")].concat());
        node.drain();
        node.rename(&pod("0.log"), &pod("0.log.20260101-000000"));
        node.append(&pod("0.log"), cri(3, "stderr F between"));
        node.drain();
        if restart {
            node.gzip(&pod("0.log.20260101-000000"));
            node.restart();
        }
        node.append(&pod("0.log"), [cri(4, "stdout F half"), cri(5, "stdout F last")].concat());
        node.drain();
        assert_eq!(node.messages(), ["first", "between", "one half", "last"]);
        assert_ne!(node.kept.seen[0].source, node.kept.seen[2].source);
        assert_eq!(node.kept.seen[2].source, node.kept.seen[3].source);
        node.restart();
        node.after(Duration::from_secs(10));
        assert_eq!(node.kept.seen.len(), 4);
        let older = node.kept.seen[0].source;
        let end = (cri(1, "stdout F first").len() + cri(2, "stdout P one ").len()) as u64;
        node.after(Duration::from_secs(10));
        assert!(node.kept.ended.contains(&(older, end)));
    }
}

#[test]
fn generations_are_read_oldest_first_and_what_comes_late_is_read_late() {
    let mut node = Node::new();
    node.append(&pod("0.log"), cri(1, "stdout F a"));
    node.drain();
    node.rename(&pod("0.log"), &pod("0.log.20260101-000000"));
    node.append(&pod("0.log.20260101-000000"), cri(2, "stdout F lag"));
    node.append(&pod("0.log"), cri(3, "stdout F b"));
    node.append(&pod("1.log"), cri(4, "stdout F c"));
    node.drain();
    node.append(&pod("0.log.20260101-000000"), cri(5, "stdout F late"));
    node.drain();
    assert_eq!(node.messages(), ["a", "lag", "b", "c", "late"]);
    assert_eq!(node.kept.seen[0].source, node.kept.seen[4].source);
    let orders: Vec<Timestamp> = node.kept.seen.iter().map(|seen| seen.order_time).collect();
    assert!(orders.is_sorted());
    assert!(node.kept.seen.iter().all(|seen| seen.lineage == node.kept.seen[0].lineage));
}

#[test]
fn a_file_that_was_deleted_while_open_is_read_to_its_end() {
    let mut node = Node::new();
    node.append(&pod("0.log"), cri(1, "stdout F a"));
    node.drain();
    let mut held = OpenOptions::new().append(true).open(node.path(&pod("0.log"))).unwrap();
    fs::remove_dir_all(node.path(POD)).unwrap();
    held.write_all(cri(2, "stdout F b").as_bytes()).unwrap();
    node.drain();
    assert_eq!(node.messages(), ["a", "b"]);
    node.after(Duration::from_secs(6));
    assert_eq!((node.kept.ended.len(), node.kept.gaps.len()), (1, 0));
    node.after(Duration::from_secs(700));
    assert!(node.memory.is_empty());
}

#[test]
fn a_generation_that_vanished_while_nobody_read_is_declared_lost_and_ended_once() {
    let mut node = Node::new();
    node.append(&pod("0.log"), cri(1, "stdout F a"));
    node.drain();
    let position = node.kept.seen[0].position;
    fs::remove_dir_all(node.path(POD)).unwrap();
    node.append(&pod("1.log"), cri(2, "stdout F b"));
    node.restart();
    node.drain();
    assert_eq!(node.messages(), ["a"], "the younger waits until the older is given up");
    node.after(Duration::from_secs(4));
    assert_eq!(node.messages(), ["a", "b"]);
    node.restart();
    node.after(Duration::from_secs(4));
    let [(source, gap)] = &node.kept.gaps[..] else { panic!("{:?}", node.kept.gaps) };
    assert_eq!(*source, node.kept.seen[0].source);
    assert_eq!((gap.from, gap.to, gap.reason), (position, None, Reason::DeletedBeforeRead));
}

#[test]
fn a_full_sink_stops_the_reader_between_two_records() {
    let mut node = Node::new();
    let lines: String = (0..100).map(|n| cri(n, &format!("stdout F {n}"))).collect();
    node.append(&pod("0.log"), lines);
    node.kept.room = 0;
    for _ in 0..200 {
        node.kept.room = 1;
        node.drain();
        node.restart();
    }
    let expect: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    assert_eq!(node.messages(), expect);
}

#[test]
fn long_lines_are_cut_and_marked_and_what_follows_is_whole() {
    let mut node = Node::new();
    let long = "H".repeat(3 << 20);
    node.append(
        &pod("0.log"),
        [cri(1, &format!("stdout F {long}")), cri(2, "stdout F next")].concat(),
    );
    node.append("app/a.log", format!("{long}\nnext\n"));
    node.drain();
    let cut = |seen: &Seen| (seen.message.len(), seen.attributes.contains(r#""truncated":true"#));
    let mut found: Vec<(usize, bool)> = node.kept.seen.iter().map(cut).collect();
    found.sort_unstable();
    assert_eq!(found, [(4, false), (4, false), (1 << 20, true), (1 << 20, true)]);
    let bytes: u64 = node.kept.seen.iter().map(|seen| u64::from(seen.bytes)).sum();
    let read: u64 = node.reader.totals().iter().map(|(_, count)| count.bytes).sum();
    assert_eq!(bytes, read);
}

#[test]
fn a_line_that_is_not_cri_is_kept_as_written() {
    let mut node = Node::new();
    node.append(
        &pod("0.log"),
        format!("{}garbage\n{}", cri(1, "stdout F a"), cri(2, "stdout F b")),
    );
    node.drain();
    assert_eq!(node.messages(), ["a", "garbage", "b"]);
}

#[test]
fn a_plain_files_unterminated_line_is_sent_after_a_while_and_never_twice() {
    let mut node = Node::new();
    node.append("app/a-1.log", "one\nlast words");
    node.drain();
    assert_eq!(node.messages(), ["one"]);
    node.after(Duration::from_secs(6));
    assert_eq!(node.messages(), ["one", "last words"]);
    assert_eq!(node.kept.seen[1].attributes, r#"{"partial":true}"#);
    node.restart();
    node.append("app/a-1.log", "\ntwo\n");
    node.drain();
    assert_eq!(node.messages(), ["one", "last words", "two"]);
}

#[test]
fn an_unterminated_lines_time_runs_on_over_restarts() {
    let mut node = Node::new();
    node.append("app/a-1.log", "one\nlast words");
    let file = File::options().append(true).open(node.path("app/a-1.log")).unwrap();
    let written = std::time::UNIX_EPOCH + Duration::from_secs(1_000);
    file.set_modified(written).unwrap();
    for (second, expect) in [(1_001, 1), (1_003, 1), (1_004, 1), (1_005, 2), (1_006, 2)] {
        // Each life is shorter than the time, by its own clock.
        let memory = node.memory.clone().into_iter().collect();
        let clock = Arc::new(ManualClock::at(Timestamp(second * 1_000_000_000)));
        let config = ReaderConfig { clock, ..config(&node.root, 1 << 20) };
        node.reader = Reader::new(config, memory);
        node.now = Instant::now();
        node.after(Duration::ZERO);
        assert_eq!(node.kept.seen.len(), expect, "{second}");
    }
}

#[test]
fn a_restart_within_an_adoption_still_knows_what_the_centre_has() {
    let mut node = Node::new();
    let centre = |source: u64, path: &str| CentreSource {
        source: SourceId(source),
        lineage: LineageId::default(),
        component: String::new(),
        instance: String::new(),
        stream: Stream::File,
        path: path.to_owned(),
        fingerprint: nilometer_wire::Fingerprint::default(),
        mark: 7,
        covered: Vec::new(),
        records: 1,
        bytes: 7,
        ended: false,
    };
    node.reader.adopt(vec![centre(77, "x.log")]);
    node.reader.poll(&mut node.kept);
    node.commit();
    node.restart();
    assert_eq!(node.reader.totals(), [(SourceId(77), Count { bytes: 7, records: 1 })]);
    node.after(Duration::from_secs(4));
    assert_eq!(node.kept.gaps.len(), 1);
    node.restart();
    node.after(Duration::from_secs(4));
    assert_eq!((node.kept.gaps.len(), node.memory.len()), (1, 0));
}

#[test]
fn a_plain_file_is_followed_through_rename_and_gzip_under_one_id() {
    let mut node = Node::new();
    node.append("app/a.log", "banner\n1\n");
    node.drain();
    node.append("app/a.log", "2\n");
    node.rename("app/a.log", "app/a.log.1");
    node.gzip("app/a.log.1");
    node.append("app/a.log", "banner\n3\n");
    node.restart();
    node.drain();
    assert_eq!(node.messages(), ["banner", "1", "2", "banner", "3"]);
    assert_eq!(node.kept.seen[0].source, node.kept.seen[2].source);
    assert_ne!(node.kept.seen[0].source, node.kept.seen[3].source);
}

#[test]
fn a_plain_files_line_has_its_own_time_and_one_that_says_none_that_of_the_line_before() {
    let mut node = Node::new();
    node.append("app/a.log", "1970-01-01T00:00:10Z a\n  at b\n1970-01-01 01:00:20 c\n");
    node.drain();
    let seconds = |seen: &Seen| seen.order_time.0 / 1_000_000_000;
    assert_eq!(node.kept.seen.iter().map(seconds).collect::<Vec<_>>(), [10, 10, 20]);
}

#[test]
fn a_truncated_plain_file_goes_on_in_its_copy_and_begins_anew() {
    let mut node = Node::new();
    node.append("app/a.log", "banner of some length\n1\n");
    node.drain();
    node.append("app/a.log", "2\n");
    fs::copy(node.path("app/a.log"), node.path("app/a.log.1")).unwrap();
    File::options().write(true).open(node.path("app/a.log")).unwrap().set_len(0).unwrap();
    node.append("app/a.log", "banner of some length\n3\nlonger than it was before\n");
    node.drain();
    node.drain();
    assert_eq!(
        node.messages(),
        [
            "banner of some length",
            "1",
            "2",
            "banner of some length",
            "3",
            "longer than it was before"
        ]
    );
    assert!(node.kept.gaps.is_empty());
}

#[test]
fn what_was_truncated_unread_is_declared_lost() {
    let mut node = Node::new();
    node.append("app/a.log", "one\ntwo\n");
    node.kept.room = 1;
    node.drain();
    fs::write(node.path("app/a.log"), "x\n").unwrap();
    node.kept.room = 10;
    node.drain();
    node.after(Duration::from_secs(4));
    assert_eq!(node.messages(), ["one", "x"]);
    let gaps: Vec<_> = node.kept.gaps.iter().map(|(_, g)| (g.from, g.to, g.reason)).collect();
    assert_eq!(gaps, [(4, Some(8), Reason::TruncatedBeforeRead)]);
}

#[test]
fn docker_files_shift_and_names_come_from_the_configuration() {
    let mut node = Node::new();
    let dir = "var/lib/docker/containers/abc";
    let line = |n: u64, log: &str| {
        let time = Timestamp(1_700_000_000_000_000_000 + i64::try_from(n).unwrap());
        format!("{{\"log\":\"{log}\",\"stream\":\"stdout\",\"time\":\"{time}\"}}\n")
    };
    node.append(&format!("{dir}/config.v2.json"), r#"{"Name":"/web"}"#);
    let live = format!("{dir}/abc-json.log");
    node.append(&live, [line(1, "a\\n"), line(2, "b1 ")].concat());
    node.drain();
    node.append(&live, line(3, "b2\\n"));
    node.rename(&live, &format!("{live}.1"));
    node.append(&live, line(4, "c\\n"));
    node.rename(&format!("{live}.1"), &format!("{live}.2"));
    node.rename(&live, &format!("{live}.1"));
    node.append(&live, line(5, "d\\n"));
    node.restart();
    node.drain();
    assert_eq!(node.messages(), ["a", "b1 b2", "c", "d"]);
    let log = node.reader.logs.values().next().unwrap();
    assert_eq!(log.generations[0].infos[0].speaker.component, "web");
}

#[test]
fn a_new_collector_goes_on_from_what_the_centre_has() {
    let mut node = Node::new();
    let lines: Vec<String> = (0..6).map(|n| cri(n, &format!("stdout F {n}"))).collect();
    node.append(&pod("0.log"), lines.concat());
    node.drain();
    let first = node.kept.seen.clone();
    let info = Arc::clone(&node.reader.logs.values().next().unwrap().generations[0].infos[0]);
    let centre = |source: SourceId| CentreSource {
        source,
        mark: first[1].position,
        covered: vec![(first[2].position, first[3].position)],
        records: 2,
        bytes: first[1].position,
        ..nothing_of(&info)
    };
    node.memory.clear();
    node.restart();
    node.reader.adopt(vec![centre(info.source), centre(SourceId(77))]);
    node.kept.seen.clear();
    node.drain();
    assert_eq!(node.messages(), ["2", "4", "5"]);
    let total = node.reader.totals()[0].1;
    assert_eq!((total.records, total.bytes), (6, first[5].position));
    node.after(Duration::from_secs(4));
    let gaps: Vec<_> = node.kept.gaps.iter().map(|(s, g)| (*s, g.from, g.to)).collect();
    assert_eq!(gaps, [(SourceId(77), first[1].position, None)]);
}

#[test]
fn a_write_is_noticed_without_a_look_at_everything() {
    let mut node = Node::new();
    node.append(&pod("0.log"), cri(1, "stdout F a"));
    node.drain();
    node.drain();
    node.append(&pod("0.log"), cri(2, "stdout F b"));
    node.reader.wait(Duration::from_secs(30));
    node.reader.poll_at(node.now, &mut node.kept);
    assert_eq!(node.messages(), ["a", "b"]);
    node.reader.waker().wake();
    node.reader.looked = Some(Instant::now() + Duration::from_secs(60));
    node.reader.wait(Duration::from_secs(60));
}

/// What can happen to a container's log.
#[derive(Debug, Clone)]
enum Step {
    /// Bytes of the truth are appended to the live file, this many.
    Write(usize),
    /// Its line is written to its end, as runtimes rotate only between lines; it is compressed at once, or
    /// later; the next file is there at once, or with the next write.
    Rotate {
        gzipped: bool,
        reopened: bool,
    },
    GzipOldest,
    /// Reads, and remembers.
    Read,
    /// Reads at most so many records, and remembers.
    ReadSome(usize),
    /// Reads at most so many records, and crashes before any of it is remembered.
    CrashAfter(usize),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1..400_usize).prop_map(Step::Write),
        3 => any::<[bool; 2]>().prop_map(|[gzipped, reopened]| Step::Rotate { gzipped, reopened }),
        2 => Just(Step::GzipOldest),
        2 => Just(Step::Read),
        2 => (1..5_usize).prop_map(Step::ReadSome),
        1 => (1..5_usize).prop_map(Step::CrashAfter),
        1 => Just(Step::Restart),
    ]
}

/// Lines of both streams, some in pieces, each with its number; and what should be read per stream.
fn truth() -> (Vec<u8>, [Vec<String>; 2]) {
    let (mut bytes, mut expect) = (Vec::new(), [Vec::new(), Vec::new()]);
    for n in 0..120_u64 {
        let (stream, other) = if n % 3 == 0 { (1, 0) } else { (0, 1) };
        let names = ["stdout", "stderr"];
        if n % 5 == 0 {
            bytes.extend(cri(n * 10, &format!("{} P {n} long ", names[stream])).bytes());
            bytes.extend(cri(n * 10 + 1, &format!("{} F {n} between", names[other])).bytes());
            bytes.extend(cri(n * 10 + 2, &format!("{} P and ", names[stream])).bytes());
            bytes.extend(cri(n * 10 + 3, &format!("{} F longer", names[stream])).bytes());
            expect[other].push(format!("{n} between"));
            expect[stream].push(format!("{n} long and longer"));
        } else {
            bytes.extend(cri(n * 10, &format!("{} F {n} plain", names[stream])).bytes());
            expect[stream].push(format!("{n} plain"));
        }
    }
    (bytes, expect)
}

/// Bytes that are left of the line that `from` cuts in two.
fn rest_of_line(bytes: &[u8], from: usize) -> usize {
    let is_cut = !bytes[..from].ends_with(b"\n");
    let rest = bytes[from..].split_inclusive(|byte| *byte == b'\n').next();
    rest.filter(|_| is_cut).map_or(0, <[u8]>::len)
}

fn play(steps: &[Step]) -> (Node, [Vec<String>; 2]) {
    let mut node = Node::new();
    let (bytes, expect) = truth();
    let mut written = 0;
    let mut rotated: Vec<String> = Vec::new();
    let rest = [Step::Write(usize::MAX), Step::Read, Step::Restart, Step::Read];
    for step in steps.iter().chain(&rest) {
        match step {
            Step::Write(n) => {
                let to = bytes.len().min(written + n.min(&bytes.len()));
                node.append(&pod("0.log"), &bytes[written..to]);
                written = to;
            }
            Step::Rotate { gzipped, reopened } => {
                let size = fs::metadata(node.path(&pod("0.log"))).map_or(0, |live| live.len());
                if size > 0 {
                    let rest = rest_of_line(&bytes, written);
                    node.append(&pod("0.log"), &bytes[written..written + rest]);
                    written += rest;
                    let name = pod(&format!("0.log.20260101-{:06}", rotated.len()));
                    node.rename(&pod("0.log"), &name);
                    if *gzipped {
                        node.gzip(&name);
                    }
                    rotated.push(name);
                    if *reopened {
                        node.append(&pod("0.log"), "");
                    }
                }
            }
            Step::GzipOldest => {
                let oldest = rotated.iter().find(|name| node.path(name).exists());
                if let Some(name) = oldest.cloned() {
                    node.gzip(&name);
                }
            }
            Step::Read => node.drain(),
            Step::ReadSome(room) => {
                node.kept.room = *room;
                node.drain();
                node.kept.room = usize::MAX;
            }
            Step::CrashAfter(room) => {
                let mut lost = Kept { room: *room, ..Kept::default() };
                node.now += Duration::from_secs(2);
                node.reader.poll_at(node.now, &mut lost);
                node.restart();
            }
            Step::Restart => node.restart(),
        }
    }
    (node, expect)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn whatever_is_rotated_compressed_restarted_or_torn_each_record_comes_once_and_in_order(
        steps in prop::collection::vec(step(), 0..60)
    ) {
        let (node, expect) = play(&steps);
        for (stream, expect) in [Stream::Stdout, Stream::Stderr].into_iter().zip(expect) {
            let seen: Vec<&Seen> = node.kept.seen.iter().filter(|s| s.stream == stream).collect();
            let messages: Vec<&str> = seen.iter().map(|s| s.message.as_str()).collect();
            prop_assert_eq!(messages, expect);
            prop_assert!(seen.iter().map(|s| s.order_time).is_sorted());
            for pair in seen.windows(2).filter(|pair| pair[0].source == pair[1].source) {
                prop_assert!(pair[0].position < pair[1].position);
            }
        }
        prop_assert!(node.kept.gaps.is_empty(), "{:?}", node.kept.gaps);
        let total: u64 = node.reader.totals().iter().map(|(_, count)| count.records).sum();
        prop_assert_eq!(total, node.kept.seen.len() as u64);
    }
}

#[test]
fn no_log_gets_its_second_turn_before_all_had_their_first_however_often_the_sink_is_full() {
    const LOGS: usize = 41;
    let mut node = Node::new();
    let pod = |log: usize| format!("var/log/pods/shop_web-{log:02}_uid/main/0.log");
    // 40 that never come to an end, and one that says little and comes last in every listing.
    for log in 0..LOGS {
        let lines = if log + 1 == LOGS { 1 } else { 4_000 };
        let text = "x".repeat(300);
        let line =
            |n: usize| format!("{} stdout F {n} {text}\n", Timestamp(1_700_000_000_000_000_000));
        node.append(&pod(log), (0..lines).map(line).collect::<String>());
    }
    node.now += Duration::from_secs(2);
    let mut turns: Vec<SourceId> = Vec::new();
    let mut freezes = 0;
    while turns.iter().collect::<BTreeSet<_>>().len() < LOGS {
        // A batch has room for three turns and a bit.
        node.kept.room = 2_500;
        node.reader.poll_at(node.now, &mut node.kept);
        for seen in node.kept.seen.drain(..) {
            if turns.last() != Some(&seen.source) {
                turns.push(seen.source);
            }
        }
        freezes += 1;
        assert!(freezes <= LOGS, "the quiet one is starved: {turns:?}");
    }
    let first: BTreeSet<_> = turns[..LOGS].iter().collect();
    assert_eq!(first.len(), LOGS, "somebody had a second turn before all had one");
    assert!(freezes <= LOGS / 3 + 1, "{freezes} freezes");
}
