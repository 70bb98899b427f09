//! Traces in real files, cut by rotation, restarts, full sinks and what the centre has, against the truth.

use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::limits::{
    MULTILINE_HOLD_MS, MULTILINE_LINES_MAX, MULTILINE_PERHAPS_LINES_MAX, MULTILINE_START_HOLD_MS,
};

const TRACE: &str = "java.io.IOException: gone\n\tat com.acme.A.b(A.java:1)\n\tat com.acme.A.c(A.java:2)\nCaused by: x.YException: y\n\tat com.acme.B.d(B.java:3)\n\t... 2 more";
const CHAINED: &str = "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    d['k']\nKeyError: 'k'\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"a.py\", line 3, in g\nx.Gone: y";
const PANIC: &str =
    "panic: no\n\ngoroutine 1 [running]:\nmain.main()\n\t/tmp/x.go:8 +0x1d\nexit status 2";
const RECORDS: [&str; 8] = [
    TRACE,
    "INFO one",
    CHAINED,
    PANIC,
    "ERROR failed: java.io.IOException: told, with no trace",
    "",
    "INFO two",
    TRACE,
];

#[derive(Debug, Clone, Copy)]
enum Framing {
    Cri,
    Docker,
    Plain,
}

impl Framing {
    const ALL: [Self; 3] = [Self::Cri, Self::Docker, Self::Plain];

    fn live(self) -> String {
        match self {
            Self::Cri => pod("0.log"),
            Self::Docker => "var/lib/docker/containers/abc/abc-json.log".to_owned(),
            Self::Plain => "app/a.log".to_owned(),
        }
    }

    fn rotated(self, n: usize) -> String {
        match self {
            Self::Cri => pod(&format!("0.log.20260101-0000{n:02}")),
            Self::Docker => format!("{}.{n}", self.live()),
            Self::Plain => format!("{}-202601{n:02}", self.live()),
        }
    }

    fn line(self, n: u64, stream: &str, text: &str) -> String {
        let time = Timestamp(1_700_000_000_000_000_000 + i64::try_from(n).unwrap());
        match self {
            Self::Cri => format!("{time} {stream} F {text}\n"),
            Self::Docker => {
                let log = serde_json::to_string(&format!("{text}\n")).unwrap();
                format!("{{\"log\":{log},\"stream\":\"{stream}\",\"time\":\"{time}\"}}\n")
            }
            Self::Plain => format!("{text}\n"),
        }
    }
}

impl Node {
    /// Reads what is there, without time passing.
    fn read(&mut self) {
        self.reader.looked = None;
        self.reader.not_before = self.now;
        self.after(Duration::ZERO);
    }

    fn hold_ms(&mut self, ms: u64) {
        self.after(Duration::from_millis(ms));
    }

    /// What was handed over is what the reader says it read.
    #[track_caller]
    fn check_balance(&self, written: u64) {
        let bytes: u64 = self.kept.seen.iter().map(|seen| u64::from(seen.bytes)).sum();
        let totals = self.reader.totals();
        let read: u64 = totals.iter().map(|(_, count)| count.bytes).sum();
        let records: u64 = totals.iter().map(|(_, count)| count.records).sum();
        assert_eq!((bytes, read), (written, written));
        assert_eq!(records, self.kept.seen.len() as u64);
    }
}

fn lines() -> Vec<&'static str> {
    RECORDS.iter().flat_map(|record| record.split('\n')).collect()
}

#[test]
fn a_trace_is_one_record_with_the_time_of_its_first_line_and_the_bytes_of_all() {
    for framing in Framing::ALL {
        let mut node = Node::new();
        let framed: Vec<String> =
            (1..).zip(lines()).map(|(n, line)| framing.line(n, "stdout", line)).collect();
        node.append(&framing.live(), framed.concat());
        node.read();
        node.hold_ms(MULTILINE_HOLD_MS);
        assert_eq!(node.messages(), RECORDS, "{framing:?}");
        let first = &node.kept.seen[0];
        let bytes: usize = framed[..6].iter().map(String::len).sum();
        assert_eq!((first.position, first.bytes), (bytes as u64, u32::try_from(bytes).unwrap()));
        if !matches!(framing, Framing::Plain) {
            assert_eq!(first.time, Timestamp(1_700_000_000_000_000_001));
        }
        node.check_balance(framed.concat().len() as u64);
    }
}

#[test]
fn only_what_may_go_on_is_held_and_that_for_so_long() {
    let mut node = Node::new();
    node.append(&pod("0.log"), cri(1, "stdout F INFO one"));
    node.append(&pod("0.log"), cri(2, "stdout F x.YException: two"));
    node.append(&pod("0.log"), cri(3, "stderr F INFO other"));
    node.read();
    assert_eq!(node.messages(), ["INFO one", "INFO other"]);
    let polled = node.reader.poll_at(node.now, &mut node.kept);
    assert!(!polled.caught_up && polled.slowest.is_some());
    node.hold_ms(MULTILINE_HOLD_MS - 1);
    assert_eq!(node.messages().len(), 2);
    node.hold_ms(1);
    assert_eq!(node.messages(), ["INFO one", "INFO other", "x.YException: two"]);
    assert!(node.reader.poll_at(node.now, &mut node.kept).caught_up);
}

#[test]
fn a_trace_has_so_many_lines_and_the_next_begins_another_record() {
    for lines in [MULTILINE_LINES_MAX, MULTILINE_LINES_MAX + 1] {
        let mut node = Node::new();
        let frames = "\tat a.B.c(B.java:1)\n".repeat(lines - 1);
        node.append("app/a.log", format!("x.YException: deep\n{frames}end\n"));
        node.read();
        let found: Vec<usize> = node.messages().iter().map(|m| m.split('\n').count()).collect();
        let expect =
            if lines == MULTILINE_LINES_MAX { vec![lines, 1] } else { vec![lines - 1, 1, 1] };
        assert_eq!(found, expect);
    }
}

#[test]
fn a_trace_has_so_many_bytes_and_nothing_of_it_is_dropped() {
    let trace = "x.YException: y\n\tat a.B.c(B.java:1)\n\tat a.B.d(B.java:2)";
    for (bytes_max, records) in [(trace.len(), 1), (trace.len() - 1, 2)] {
        let mut node = Node::new();
        node.line_bytes_max = bytes_max;
        node.restart();
        node.append("app/a.log", format!("{trace}\n"));
        node.read();
        node.hold_ms(MULTILINE_HOLD_MS);
        assert_eq!(node.messages().len(), records);
        assert_eq!(node.messages().join("\n"), trace);
    }
}

#[test]
fn so_many_lines_are_held_behind_a_head_and_come_one_by_one_if_no_frame_does() {
    for blank in [MULTILINE_PERHAPS_LINES_MAX, MULTILINE_PERHAPS_LINES_MAX + 1] {
        let mut node = Node::new();
        let blanks = "\n".repeat(blank);
        node.append("app/a.log", format!("x.YException: y\n{blanks}\tat a.B.c(B.java:1)\nend\n"));
        node.read();
        let expect = if blank == MULTILINE_PERHAPS_LINES_MAX { 2 } else { blank + 3 };
        assert_eq!(node.messages().len(), expect, "{:?}", node.messages());
    }
}

#[test]
fn rotated_or_restarted_at_every_line_a_trace_is_the_same_record() {
    let lines = lines();
    for framing in Framing::ALL {
        for at in 1..lines.len() {
            for (rotate, restart) in [(true, false), (false, true), (true, true)] {
                let mut node = Node::new();
                let framed: Vec<String> =
                    (1..).zip(&lines).map(|(n, line)| framing.line(n, "stdout", line)).collect();
                node.append(&framing.live(), framed[..at].concat());
                node.read();
                if rotate {
                    node.rename(&framing.live(), &framing.rotated(1));
                }
                if restart {
                    node.restart();
                }
                node.append(&framing.live(), framed[at..].concat());
                node.read();
                node.hold_ms(MULTILINE_HOLD_MS);
                let case = format!("{framing:?} at {at}, rotated {rotate}, restarted {restart}");
                assert_eq!(node.messages(), RECORDS, "{case}");
                node.check_balance(framed.concat().len() as u64);
                let memory = node.memory.len();
                node.restart();
                node.read();
                node.hold_ms(MULTILINE_HOLD_MS);
                assert_eq!(
                    (node.messages().len(), node.memory.len()),
                    (RECORDS.len(), memory),
                    "{case}"
                );
            }
        }
    }
}

#[test]
fn a_trace_whose_last_line_is_of_the_older_generation_belongs_to_it() {
    let mut node = Node::new();
    let older: Vec<String> =
        (1..).zip(TRACE.split('\n')).map(|(n, l)| cri(n, &format!("stdout F {l}"))).collect();
    node.append(&pod("0.log"), older.concat());
    node.read();
    node.rename(&pod("0.log"), &pod("0.log.20260101-000000"));
    node.append(&pod("0.log"), cri(50, "stdout F next"));
    node.read();
    assert_eq!(node.messages(), [TRACE, "next"]);
    let [trace, next] = [&node.kept.seen[0], &node.kept.seen[1]];
    assert_eq!(trace.position, older.concat().len() as u64);
    assert_ne!(trace.source, next.source);
}

#[test]
fn what_a_slow_writer_adds_to_a_renamed_file_still_goes_on_with_its_trace_or_loses_nothing() {
    let lines: Vec<String> =
        (1..).zip(TRACE.split('\n')).map(|(n, l)| cri(n, &format!("stdout F {l}"))).collect();
    let mut node = Node::new();
    node.append(&pod("0.log"), lines[..2].concat());
    node.read();
    node.rename(&pod("0.log"), &pod("0.log.20260101-000000"));
    node.append(&pod("0.log"), cri(50, "stderr F next"));
    node.read();
    node.append(&pod("0.log.20260101-000000"), lines[2..].concat());
    node.read();
    node.hold_ms(MULTILINE_HOLD_MS);
    let out = node.kept.seen.iter().filter(|seen| seen.stream == Stream::Stdout);
    let out: Vec<&str> = out.map(|seen| seen.message.as_str()).collect();
    assert_eq!(out.join("\n"), TRACE);
    node.check_balance(lines.concat().len() as u64 + cri(50, "stderr F next").len() as u64);
}

#[test]
fn a_deleted_files_held_trace_is_handed_over_before_its_loss_is_declared() {
    let mut node = Node::new();
    node.append(&pod("0.log"), [cri(1, "stdout F a"), cri(2, "stdout F x.YException: y")].concat());
    node.read();
    fs::remove_file(node.path(&pod("0.log"))).unwrap();
    node.reader.logs.values_mut().for_each(|log| log.generations[0].content = None);
    node.after(Duration::from_secs(5));
    node.after(Duration::from_secs(5));
    assert_eq!(node.messages(), ["a", "x.YException: y"]);
}

#[test]
fn a_sink_that_takes_one_record_at_a_time_gets_them_all() {
    let mut node = Node::new();
    let text: String = lines().iter().map(|line| format!("{line}\n")).collect();
    node.append("app/a.log", &text);
    node.kept.room = 0;
    node.read();
    for _ in 0..3 * lines().len() {
        node.kept.room = 1;
        node.read();
        node.hold_ms(MULTILINE_HOLD_MS);
        node.restart();
    }
    assert_eq!(node.messages(), RECORDS);
    node.check_balance(text.len() as u64);
}

#[test]
fn no_record_reaches_across_what_the_centre_has() {
    let framed: Vec<String> =
        (1..).zip(TRACE.split('\n')).map(|(n, l)| cri(n, &format!("stdout F {l}"))).collect();
    let ends: Vec<u64> = framed
        .iter()
        .scan(0, |at, line| {
            *at += line.len() as u64;
            Some(*at)
        })
        .collect();
    let mut node = Node::new();
    node.append(&pod("0.log"), framed.concat());
    node.read();
    let info = Arc::clone(&node.reader.logs.values().next().unwrap().generations[0].infos[0]);
    node.memory.clear();
    node.restart();
    node.kept.seen.clear();
    node.reader.adopt(vec![CentreSource {
        mark: ends[0],
        covered: vec![(ends[2], ends[3])],
        records: 1,
        bytes: ends[0],
        ..nothing_of(&info)
    }]);
    node.read();
    node.hold_ms(MULTILINE_HOLD_MS);
    let lines: Vec<&str> = TRACE.split('\n').collect();
    assert_eq!(node.messages(), [lines[1..3].join("\n"), lines[4..].join("\n")]);
    let total = node.reader.totals()[0].1;
    assert_eq!((total.records, total.bytes), (4, ends[5]));
}

#[test]
fn where_a_first_line_is_configured_all_others_go_on_with_the_record_before() {
    let mut node = Node::new();
    let records =
        ["2026-01-02 LOG: one", "2026-01-02 ERROR: x\nDETAIL: y\n\nx.YException: z", "2026- end"];
    for part in [&records[0][..7], &records[0][7..], "\n", records[1], "\n", records[2], "\n"] {
        node.append("app/postgres-1.log", part);
        node.read();
        node.restart();
    }
    node.read();
    assert_eq!(node.messages(), records[..2]);
    node.hold_ms(MULTILINE_START_HOLD_MS - 1);
    assert_eq!(node.messages(), records[..2]);
    node.hold_ms(1);
    assert_eq!(node.messages(), records);
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Write(usize),
    Torn(usize),
    Rotate,
    Restart,
    Read,
    Crowd,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..4_usize).prop_map(Step::Write),
        1 => (1..20_usize).prop_map(Step::Torn),
        1 => Just(Step::Rotate),
        1 => Just(Step::Restart),
        3 => Just(Step::Read),
        1 => Just(Step::Crowd),
    ]
}

/// Lines of two streams, one drawn after the other.
fn interleaved(framing: Framing, picks: &[bool]) -> Vec<String> {
    let mut streams = [("stdout", lines().into_iter()), ("stderr", lines().into_iter())];
    let mut all = Vec::new();
    let mut picks = picks.iter().cycle();
    while streams.iter().any(|(_, lines)| lines.len() > 0) {
        let pick = usize::from(*picks.next().unwrap() && !matches!(framing, Framing::Plain));
        let (name, lines) = &mut streams[pick];
        let line = lines.next();
        if let Some(line) = line {
            all.push(framing.line(all.len() as u64 + 1, name, line));
        } else if matches!(framing, Framing::Plain) {
            break;
        }
    }
    all
}

fn play(framing: Framing, steps: &[Step], picks: &[bool]) -> (Node, u64) {
    let mut node = Node::new();
    let mut lines = interleaved(framing, picks).into_iter().peekable();
    let mut torn: Option<String> = None;
    let (mut written, mut rotated) = (0, 0);
    let mut steps = steps.iter().copied().chain(std::iter::repeat(Step::Write(5)));
    while lines.peek().is_some() || torn.is_some() {
        let step = steps.next().unwrap();
        if let Some(rest) = torn.take_if(|_| !matches!(step, Step::Read | Step::Restart)) {
            node.append(&framing.live(), rest);
        }
        match step {
            Step::Write(n) => {
                let text: String = lines.by_ref().take(n).collect();
                written += text.len() as u64;
                node.append(&framing.live(), text);
            }
            Step::Torn(n) => {
                if let Some(line) = lines.next() {
                    written += line.len() as u64;
                    let (first, rest) = line.split_at(n.min(line.len() - 1));
                    node.append(&framing.live(), first);
                    torn = Some(rest.to_owned());
                }
            }
            Step::Rotate if rotated < 5 && node.path(&framing.live()).exists() => {
                // The rotation is seen before the next, as runtimes leave several files.
                node.read();
                rotated += 1;
                if matches!(framing, Framing::Docker) {
                    for n in (1..rotated).rev() {
                        node.rename(&framing.rotated(n), &framing.rotated(n + 1));
                    }
                    node.rename(&framing.live(), &framing.rotated(1));
                } else {
                    node.rename(&framing.live(), &framing.rotated(rotated));
                }
            }
            Step::Rotate => {}
            Step::Restart => node.restart(),
            Step::Read => node.read(),
            Step::Crowd => {
                node.kept.room = 1;
                node.read();
                node.kept.room = usize::MAX;
            }
        }
    }
    node.read();
    node.hold_ms(MULTILINE_HOLD_MS);
    (node, written)
}

#[test]
fn however_streams_are_interleaved_torn_rotated_and_restarted_the_records_are_the_same() {
    for framing in Framing::ALL {
        let config = Config { cases: 100, failure_persistence: None, ..Config::default() };
        let story =
            (prop::collection::vec(step(), 0..30), prop::collection::vec(any::<bool>(), 2..20));
        let mixed = story.prop_filter("both streams speak", |(_, picks)| {
            picks.contains(&true) && picks.contains(&false)
        });
        let outcome = TestRunner::new(config).run(&mixed, |(steps, picks)| {
            let (node, written) = play(framing, &steps, &picks);
            for stream in [Stream::Stdout, Stream::Stderr, Stream::File] {
                let found = node.kept.seen.iter().filter(|seen| seen.stream == stream);
                let found: Vec<&str> = found.map(|seen| seen.message.as_str()).collect();
                let plain = matches!(framing, Framing::Plain);
                if plain == (stream == Stream::File) {
                    prop_assert_eq!(found, RECORDS, "{:?} {:?}", framing, stream);
                }
            }
            node.check_balance(written);
            Ok(())
        });
        outcome.unwrap();
    }
}
