//! Truncation, copies, deletion, banners: whose bytes are whose, and what is declared when they are gone.

use super::*;
use crate::content::Content;
use crate::unclear::Unclear;

/// More than [`crate::limits::BANNER_BYTES_MAX`] of distinct lines, from `n` on.
pub(super) fn lines(n: usize, count: usize) -> String {
    (n..n + count).map(|n| format!("line {n} {}\n", "x".repeat(40))).collect()
}

pub(super) fn expect(n: usize, count: usize) -> Vec<String> {
    lines(n, count).lines().map(str::to_owned).collect()
}

pub(super) fn truncate(node: &Node, name: &str) {
    File::options().write(true).open(node.path(name)).unwrap().set_len(0).unwrap();
}

pub(super) fn gaps(node: &Node) -> Vec<(u64, Option<u64>, Reason)> {
    node.kept.gaps.iter().map(|(_, gap)| (gap.from, gap.to, gap.reason)).collect()
}

#[test]
fn a_copy_made_before_the_last_lines_were_read_is_not_read_again() {
    for restart in [false, true] {
        let mut node = Node::new();
        node.append("app/a.log", lines(0, 200));
        fs::create_dir_all(node.path("kept")).unwrap();
        fs::copy(node.path("app/a.log"), node.path("kept/a.log.1")).unwrap();
        node.append("app/a.log", lines(200, 3));
        node.drain();
        node.rename("kept/a.log.1", "app/a.log.1");
        truncate(&node, "app/a.log");
        node.append("app/a.log", "new\n");
        if restart {
            node.restart();
        }
        for _ in 0..4 {
            node.after(Duration::from_secs(4));
        }
        node.after(Duration::from_secs(700));
        node.drain();
        assert_eq!(node.messages(), [expect(0, 203), vec!["new".to_owned()]].concat());
        // What came after the last look nobody knows.
        let end = lines(0, 203).len() as u64;
        assert!(matches!(gaps(&node)[..], [(from, None, _)] if from == end), "{:?}", gaps(&node));
    }
}

#[test]
fn what_came_between_copy_and_truncation_is_declared_lost_behind_the_last_line() {
    let mut node = Node::new();
    node.append("app/a.log", lines(0, 200));
    node.kept.room = 100;
    node.drain();
    fs::copy(node.path("app/a.log"), node.path("app/a.log.1")).unwrap();
    node.append("app/a.log", lines(200, 7));
    node.drain();
    truncate(&node, "app/a.log");
    node.append("app/a.log", "new\n");
    node.kept.room = usize::MAX;
    for _ in 0..4 {
        node.after(Duration::from_secs(4));
    }
    assert_eq!(node.messages(), [expect(0, 200), vec!["new".to_owned()]].concat());
    let (copied, seen) = (lines(0, 200).len() as u64, lines(0, 207).len() as u64);
    assert_eq!(gaps(&node), [(copied, Some(seen), Reason::TruncatedBeforeRead)]);
    assert_eq!(node.kept.gaps[0].1.time, node.kept.seen[199].order_time);
}

#[test]
fn a_truncation_without_a_copy_leaves_a_gap_of_unknown_length() {
    let mut node = Node::new();
    node.append("app/a.log", lines(0, 10));
    node.drain();
    truncate(&node, "app/a.log");
    node.append("app/a.log", "new\n");
    node.drain();
    node.after(Duration::from_secs(4));
    assert_eq!(node.messages().len(), 11);
    let end = lines(0, 10).len() as u64;
    assert_eq!(gaps(&node), [(end, None, Reason::TruncatedBeforeRead)]);
}

#[test]
fn a_gap_stands_at_the_time_of_its_sources_last_record() {
    let mut node = Node::new();
    node.append(&pod("0.log"), [cri(1, "stdout F a"), cri(9, "stdout F b")].concat());
    node.drain();
    fs::remove_dir_all(node.path(POD)).unwrap();
    node.restart();
    node.after(Duration::from_secs(1));
    node.after(Duration::from_secs(2));
    let [(_, gap)] = &node.kept.gaps[..] else { panic!("{:?}", node.kept.gaps) };
    assert_eq!(gap.time, node.kept.seen[1].order_time);
}

#[test]
fn a_container_log_that_was_truncated_and_grew_larger_begins_anew() {
    let mut node = Node::new();
    node.append(&pod("0.log"), [cri(1, "stdout F a"), cri(2, "stdout F b")].concat());
    node.drain();
    truncate(&node, &pod("0.log"));
    let longer = format!("stdout F {}", "c".repeat(500));
    node.append(&pod("0.log"), [cri(3, &longer), cri(4, "stdout F d")].concat());
    node.drain();
    node.after(Duration::from_secs(4));
    assert_eq!(node.messages()[2..], [&*"c".repeat(500), "d"]);
    assert_eq!(gaps(&node).len(), 1);
}

/// The same first line in every file, longer than what files are known by.
pub(super) fn banner() -> String {
    format!("{} same banner in every file\n", "=".repeat(2_000))
}

#[test]
fn regrowth_behind_a_banner_that_was_all_that_was_read_is_another_source() {
    // Of the last: there is nothing behind the banner that tells one from the other.
    for (restart, count) in [(false, 9), (true, 9), (false, 3), (true, 3), (false, 0), (true, 0)] {
        let mut node = Node::new();
        node.append("app/a.log", banner());
        node.drain();
        if restart {
            node.restart();
        }
        // All within a moment: more lines, a copy, truncation, the same banner, more than before or less.
        node.append("app/a.log", lines(0, 5));
        fs::copy(node.path("app/a.log"), node.path("app/a.log.1")).unwrap();
        truncate(&node, "app/a.log");
        node.append("app/a.log", [banner(), lines(100, count)].concat());
        for _ in 0..4 {
            node.after(Duration::from_secs(4));
        }
        let mut all = vec![banner().trim_end().to_owned()];
        all.extend(expect(0, 5));
        all.push(banner().trim_end().to_owned());
        all.extend(expect(100, count));
        assert_eq!(node.messages(), all, "{restart} {count}");
        assert_ne!(node.kept.seen[0].source, node.kept.seen.last().unwrap().source);
        assert!(gaps(&node).is_empty());
    }
}

#[test]
fn several_files_with_one_banner_are_told_apart_after_a_restart_oldest_first() {
    let mut node = Node::new();
    node.append("app/a.log", banner());
    node.drain();
    node.append("app/a.log", lines(0, 5));
    node.rename("app/a.log", "app/a.log.3");
    for (number, name) in ["app/a.log.2", "app/a.log.1", "app/a.log"].iter().enumerate() {
        node.append(name, [banner(), lines((number + 1) * 100, 5)].concat());
    }
    node.restart();
    node.drain();
    let body: Vec<&str> =
        node.messages().into_iter().filter(|line| line.starts_with("line")).collect();
    let all = [expect(0, 5), expect(100, 5), expect(200, 5), expect(300, 5)].concat();
    assert_eq!(body, all);
    assert_eq!(node.messages().len(), 4 + 20);
    let sources: BTreeSet<_> = node.kept.seen.iter().map(|seen| seen.source).collect();
    assert_eq!(sources.len(), 4);
}

#[test]
fn a_truncated_file_that_is_smaller_than_it_was_seen_is_new_although_its_banner_is_the_same() {
    let mut node = Node::new();
    node.append("app/a.log", [banner(), lines(0, 9)].concat());
    node.kept.room = 1;
    node.drain();
    assert_eq!(node.messages().len(), 1);
    truncate(&node, "app/a.log");
    node.append("app/a.log", [banner(), lines(100, 2)].concat());
    node.kept.room = usize::MAX;
    for _ in 0..2 {
        node.after(Duration::from_secs(2));
    }
    assert_eq!(node.messages()[2..], expect(100, 2));
    let (from, to) = (banner().len() as u64, banner().len() as u64 + lines(0, 9).len() as u64);
    assert_eq!(gaps(&node), [(from, Some(to), Reason::TruncatedBeforeRead)]);
}

#[test]
fn a_file_is_held_from_the_moment_it_is_found_empty_and_read_after_it_was_deleted() {
    for name in [pod("0.log"), "app/a.log".to_owned()] {
        let mut node = Node::new();
        node.append(&name, "");
        node.drain();
        node.append(&name, cri(1, "stdout F a"));
        fs::remove_file(node.path(&name)).unwrap();
        node.drain();
        node.drain();
        assert_eq!(node.messages().len(), 1, "{name}");
        assert!(gaps(&node).is_empty());
    }
}

#[test]
fn a_file_whose_turn_has_not_come_is_read_after_it_was_deleted() {
    let mut node = Node::new();
    node.append(&pod("0.log"), cri(1, "stdout F a"));
    node.kept.room = 0;
    node.drain();
    node.append(&pod("0.log"), cri(2, "stdout F b"));
    fs::remove_dir_all(node.path(POD)).unwrap();
    node.kept.room = 10;
    node.drain();
    assert_eq!(node.messages(), ["a", "b"]);
    node.after(Duration::from_secs(6));
    assert!(gaps(&node).is_empty());
}

#[test]
fn a_deleted_file_with_the_same_banner_as_its_successor_is_read_to_its_end() {
    let mut node = Node::new();
    node.append("app/a.log", banner());
    node.drain();
    node.append("app/a.log", lines(0, 3));
    fs::remove_file(node.path("app/a.log")).unwrap();
    node.append("app/a.log", [banner(), lines(100, 3)].concat());
    node.drain();
    let all = [expect(0, 3), vec![banner().trim_end().to_owned()], expect(100, 3)].concat();
    assert_eq!(node.messages()[1..], all);
    assert!(gaps(&node).is_empty());
}

#[test]
fn a_file_that_was_found_empty_and_is_compressed_by_the_next_look_is_one_generation() {
    for (name, older) in [(pod("0.log"), 0), (pod("0.log"), 1), ("app/a.log".to_owned(), 1)] {
        let mut node = Node::new();
        let rotated = |number: u64| format!("{name}.20260101-00000{number}");
        for number in 0..older {
            node.append(&name, cri(number, "stdout F old"));
            node.drain();
            node.rename(&name, &rotated(number));
        }
        node.append(&name, "");
        node.drain();
        node.append(&name, cri(2, "stdout F a"));
        node.rename(&name, &rotated(2));
        node.gzip(&rotated(2));
        node.append(&name, cri(3, "stdout F b"));
        for _ in 0..2 {
            node.after(Duration::from_secs(60));
            assert_eq!(node.messages().len() as u64, older + 2, "{name}: {:?}", node.messages());
            assert!(gaps(&node).is_empty(), "{name}: {:?}", gaps(&node));
            node.restart();
        }
    }
}

#[test]
fn a_file_that_is_gone_after_its_gzip_was_found_is_no_other_generation() {
    for name in [pod("0.log"), "app/a.log".to_owned()] {
        let mut node = Node::new();
        node.append(&name, cri(1, "stdout F a"));
        let mut slow = OpenOptions::new().append(true).open(node.path(&name)).unwrap();
        let (content, stat) = Content::open(&node.path(&name), false).unwrap();
        node.rename(&name, &format!("{name}.20260101-000001"));
        node.gzip(&format!("{name}.20260101-000001"));
        node.append(&name, cri(2, "stdout F b"));
        node.after(Duration::from_secs(60));
        // As if its name had been there with the look that found the gzip, and had gone before it was opened.
        let log = node.reader.logs.values_mut().next().unwrap();
        let gone = Unclear::orphan(content, log.place.live(), node.now);
        log.unclear.insert(stat.inode, gone);
        let late = name.starts_with(POD);
        if late {
            slow.write_all(cri(3, "stdout F late").as_bytes()).unwrap();
        }
        node.append(&name, cri(4, "stdout F c"));
        node.drain();
        assert_eq!(node.messages().len(), 3 + usize::from(late), "{name}: {:?}", node.messages());
        assert!(gaps(&node).is_empty());
    }
}

#[test]
fn a_file_that_goes_on_after_it_was_compressed_is_read_to_its_end() {
    let mut node = Node::new();
    node.append(&pod("0.log"), "");
    let mut slow = OpenOptions::new().append(true).open(node.path(&pod("0.log"))).unwrap();
    node.drain();
    node.append(&pod("0.log"), cri(1, "stdout F a"));
    node.rename(&pod("0.log"), &pod("0.log.20260101-000000"));
    node.gzip(&pod("0.log.20260101-000000"));
    slow.write_all(cri(2, "stdout F b").as_bytes()).unwrap();
    node.append(&pod("0.log"), cri(3, "stdout F c"));
    node.drain();
    assert_eq!(node.messages(), ["a", "b", "c"]);
}

#[test]
fn a_log_rotated_twice_and_compressed_while_nobody_read_goes_on_at_the_same_byte() {
    let mut node = Node::new();
    node.append(&pod("0.log"), [cri(1, "stdout F a"), cri(2, "stdout P b ")].concat());
    node.drain();
    node.append(&pod("0.log"), [cri(3, "stdout F c"), cri(4, "stderr F d")].concat());
    node.rename(&pod("0.log"), &pod("0.log.20260101-000000"));
    node.gzip(&pod("0.log.20260101-000000"));
    node.append(&pod("0.log"), cri(5, "stdout F e"));
    node.rename(&pod("0.log"), &pod("0.log.20260101-000001"));
    node.append(&pod("0.log"), cri(6, "stdout F f"));
    node.restart();
    node.drain();
    assert_eq!(node.messages(), ["a", "b c", "d", "e", "f"]);
}

#[test]
fn a_gzip_that_is_half_written_is_tried_again() {
    let mut node = Node::new();
    node.append(&pod("0.log"), cri(1, "stdout F a"));
    node.drain();
    node.append(&pod("0.log"), cri(2, "stdout F b"));
    node.rename(&pod("0.log"), &pod("0.log.20260101-000000"));
    node.gzip(&pod("0.log.20260101-000000"));
    let gz = node.path(&pod("0.log.20260101-000000.gz"));
    let whole = fs::read(&gz).unwrap();
    fs::write(&gz, &whole[..whole.len() / 2]).unwrap();
    fs::write(node.path(&pod("0.log.20260102-000000.gz.tmp")), "half").unwrap();
    node.restart();
    node.drain();
    fs::write(&gz, &whole).unwrap();
    node.append(&pod("0.log"), cri(3, "stdout F c"));
    for _ in 0..3 {
        node.drain();
    }
    assert_eq!(node.messages(), ["a", "b", "c"]);
}

#[test]
fn utf16_with_a_byte_order_mark_is_flagged_and_its_lines_are_kept() {
    let mut node = Node::new();
    let utf16: Vec<u8> = "\u{feff}hé\nyo\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    node.append("app/a.log", utf16);
    node.after(Duration::from_secs(2));
    node.after(Duration::from_secs(6));
    assert_eq!(node.kept.seen.len(), 3);
    assert_eq!(node.kept.seen[0].attributes, r#"{"lossy_utf8":true}"#);
}

#[test]
fn a_torn_write_in_the_middle_of_a_character_moves_nothing_until_the_line_is_whole() {
    let mut node = Node::new();
    let text = "grüße 🦀\n".as_bytes();
    for cut in 1..text.len() {
        node.append("app/a.log", &text[..cut]);
        node.drain();
        node.append("app/a.log", &text[cut..]);
        node.drain();
    }
    assert!(node.kept.seen.iter().all(|s| s.message == "grüße 🦀" && s.attributes.is_empty()));
    assert_eq!(node.kept.seen.len(), text.len() - 1);
}

#[test]
fn a_clock_that_jumps_changes_neither_order_nor_what_is_read() {
    let mut node = Node::new();
    let clock = Arc::new(ManualClock::at(Timestamp(1_800_000_000_000_000_000)));
    let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
    node.reader =
        Reader::new(ReaderConfig { clock: shared, ..config(&node.root, 1 << 20) }, vec![]);
    for (n, time) in [(0, 1_800_000_000), (1, 1_000), (2, 4_000_000_000)] {
        clock.advance_ns(time * 1_000_000_000 - clock.now().0);
        // The runtime's own time goes back, too.
        node.append(&pod("0.log"), cri(100 - n, &format!("stdout F {n}")));
        node.append("app/a.log", format!("plain {n}\n"));
        node.drain();
    }
    let of = |stream| -> Vec<(&str, Timestamp)> {
        let seen = node.kept.seen.iter().filter(|seen| seen.stream == stream);
        seen.map(|seen| (seen.message.as_str(), seen.order_time)).collect()
    };
    for (stream, expect) in
        [(Stream::Stdout, ["0", "1", "2"]), (Stream::File, ["plain 0", "plain 1", "plain 2"])]
    {
        let seen = of(stream);
        assert_eq!(seen.iter().map(|(message, _)| *message).collect::<Vec<_>>(), expect);
        assert!(seen.iter().map(|(_, order)| *order).is_sorted());
    }
    assert!(gaps(&node).is_empty());
}

#[test]
fn a_noisy_log_does_not_keep_the_others_waiting_when_the_sink_is_full() {
    let mut node = Node::new();
    for name in ["a", "b", "c"] {
        let many: String = (0..500).map(|n| format!("{name} {n}\n")).collect();
        node.append(&format!("app/{name}.log"), many);
    }
    for _ in 0..6 {
        node.kept.room = 10;
        node.after(Duration::from_millis(1));
    }
    let first: BTreeSet<&str> = node.messages().iter().map(|m| &m[..1]).collect();
    assert_eq!(first.len(), 3);
}
