//! Plain files before a reader whose memory is gone: which are what the centre has, and which are new.

use super::*;

/// What the centre has once all that was read is there.
fn known(node: &Node) -> Vec<CentreSource> {
    let mut known = Vec::new();
    for generation in node.reader.logs.values().flat_map(|log| &log.generations) {
        let (info, stream) = (&generation.infos[0], &generation.saved.streams[0]);
        known.push(CentreSource {
            mark: stream.position,
            records: stream.read.records,
            bytes: stream.read.bytes,
            ended: generation.saved.ended,
            ..nothing_of(info)
        });
    }
    known
}

/// Lines of 10 bytes.
fn lines(numbers: std::ops::Range<u32>) -> String {
    numbers.map(|n| format!("line {n:04}\n")).collect()
}

/// A file that was read, renamed and ended, and so many lines of the one after it.
fn rotated(count: u32, younger: u32) -> (Node, Vec<CentreSource>) {
    let mut node = Node::new();
    node.append("app/a.log", lines(0..count));
    node.drain();
    node.rename("app/a.log", "app/a.log.1");
    node.append("app/a.log", lines(count..count + younger));
    node.drain();
    node.after(Duration::from_secs(10));
    let known = known(&node);
    assert_eq!(known.iter().map(|k| k.ended).collect::<Vec<_>>(), [true, false]);
    (node, known)
}

impl Node {
    /// A new life without a memory, before a centre that has this.
    fn begin_anew(&mut self, known: Vec<CentreSource>) {
        self.memory.clear();
        self.restart();
        self.reader.adopt(known);
        self.kept.seen.clear();
        self.kept.ended.clear();
        self.drain();
        self.after(Duration::from_secs(4));
    }
}

#[test]
fn what_ended_at_the_centre_is_not_read_again_from_its_rotated_file() {
    for (count, gzip) in [(3, false), (3, true), (300, false), (300, true)] {
        let (mut node, known) = rotated(count, 2);
        if gzip {
            node.gzip("app/a.log.1");
        }
        node.begin_anew(known);
        assert_eq!(node.messages(), [""; 0], "{count} lines, gzip {gzip}");
        assert!(node.kept.gaps.is_empty(), "{:?}", node.kept.gaps);
    }
}

#[test]
fn of_what_ended_the_rest_that_never_came_to_the_centre_is_read() {
    // A beginning of less than 1 KiB may be that of another file.
    for (count, missing, expect) in [(300, 2, 2), (103, 1, 1), (102, 1, 102), (3, 1, 3)] {
        let (mut node, mut known) = rotated(count, 1);
        known[0].mark -= 10 * missing;
        node.begin_anew(known);
        assert_eq!(node.kept.seen.len(), expect, "{count} lines of which {missing} are missing");
        assert_eq!(node.kept.seen.last().unwrap().message, format!("line {:04}", count - 1));
    }
}

#[test]
fn a_file_that_is_shorter_than_what_the_centre_has_was_written_anew() {
    let (mut node, known) = rotated(3, 300);
    let live = known[1].source;
    fs::remove_file(node.path("app/a.log")).unwrap();
    node.append("app/a.log", lines(3..200));
    node.begin_anew(known);
    assert_eq!(node.kept.seen.len(), 197);
    let gaps: Vec<_> = node.kept.gaps.iter().map(|(s, g)| (*s, g.from, g.to)).collect();
    assert_eq!(gaps, [(live, 3_000, None)]);
}

#[test]
fn under_the_live_name_nothing_is_taken_for_what_has_ended() {
    let (mut node, mut known) = rotated(300, 1);
    known.truncate(1);
    fs::remove_file(node.path("app/a.log")).unwrap();
    node.rename("app/a.log.1", "app/a.log");
    node.begin_anew(known);
    assert_eq!(node.kept.seen.len(), 300);
}

#[test]
fn renamed_files_are_found_by_what_the_centre_has_while_nothing_has_the_live_name() {
    let (mut node, known) = rotated(300, 2);
    node.rename("app/a.log", "app/a.log.0");
    node.begin_anew(known);
    assert_eq!(node.messages(), [""; 0]);
    assert!(node.kept.gaps.is_empty(), "{:?}", node.kept.gaps);
}

#[test]
fn what_no_pattern_matches_any_more_is_not_looked_for() {
    let (mut node, known) = rotated(300, 2);
    fs::remove_file(node.path("app/a.log")).unwrap();
    let elsewhere = CentreSource { path: "/app/a.txt".to_owned(), ..known[0].clone() };
    node.begin_anew(vec![elsewhere]);
    assert!(node.reader.logs.is_empty());
}

#[test]
fn a_hole_in_what_ended_is_declared_lost_when_its_file_is_gone() {
    let (mut node, mut known) = rotated(300, 2);
    known.truncate(1);
    fs::remove_file(node.path("app/a.log.1")).unwrap();
    for (covered, expect) in [(Vec::new(), None), (vec![(2_000, 3_000)], Some((1_000, None)))] {
        let hole = CentreSource { mark: 1_000, covered, ..known[0].clone() };
        node.kept.gaps.clear();
        node.begin_anew(vec![hole]);
        let gap = node.kept.gaps.first().map(|(_, gap)| (gap.from, gap.to));
        assert_eq!(gap, expect);
    }
}
