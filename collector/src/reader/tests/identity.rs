//! Which file is which: copies, clocks that go back, inodes that are used again, equal and short files.

use super::edges::{banner, expect, gaps, lines, truncate};
use super::*;

#[test]
fn what_lies_under_the_live_name_is_the_youngest_though_the_runtimes_clock_went_back() {
    let dir = "var/lib/docker/containers/abc";
    let docker = format!("{dir}/abc-json.log");
    let line = |n: u64, log: &str| {
        let time = Timestamp(1_700_000_000_000_000_000 - i64::try_from(n).unwrap());
        format!("{{\"log\":\"{log}\\n\",\"stream\":\"stdout\",\"time\":\"{time}\"}}\n")
    };
    let cases: [(String, String, [Vec<String>; 3]); 2] = [
        (
            pod("0.log"),
            pod("0.log.20260101-000000"),
            [30, 20, 10].map(|n| (n..n + 2).map(|i| cri(i, &format!("stdout F {i}"))).collect()),
        ),
        (
            docker.clone(),
            format!("{docker}.1"),
            [30, 20, 10].map(|n| (n..n + 2).map(|i| line(60 - i, &i.to_string())).collect()),
        ),
    ];
    for (live, rotated, [first, second, third]) in cases {
        for known in [0, 1, 2] {
            let mut node = Node::new();
            node.append(&live, first.concat());
            if known > 0 {
                node.drain();
            }
            node.rename(&live, &rotated);
            // The clock has gone back; the line that is being written is whole a little later.
            let (torn, rest) = second[1].split_at(20);
            node.append(&live, [&second[0], torn].concat());
            if known > 1 {
                node.drain();
            }
            node.restart();
            node.drain();
            node.append(&live, [rest, &third.concat()].concat());
            node.drain();
            node.restart();
            node.after(Duration::from_secs(6));
            assert_eq!(node.messages(), ["30", "31", "20", "21", "10", "11"], "{live} {known}");
            assert!(gaps(&node).is_empty());
        }
    }
}

#[test]
fn a_short_copy_of_a_log_is_not_read_again_whatever_becomes_of_the_log() {
    for (truncated, restart) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut node = Node::new();
        node.append("app/a.log", lines(0, 20));
        node.drain();
        fs::copy(node.path("app/a.log"), node.path("app/a.log.1")).unwrap();
        node.append("app/a.log", lines(20, 3));
        node.drain();
        if truncated {
            truncate(&node, "app/a.log");
            node.append("app/a.log", "new\n");
        }
        if restart {
            node.restart();
        }
        for _ in 0..4 {
            node.after(Duration::from_secs(4));
        }
        let new = truncated.then(|| "new".to_owned());
        assert_eq!(node.messages(), [expect(0, 23), Vec::from_iter(new)].concat());
    }
}

#[test]
fn a_file_that_was_renamed_and_holds_no_more_than_a_banner_is_read_although_another_begins_so() {
    let mut node = Node::new();
    node.append("app/a.log", [&banner(), "one\n"].concat());
    node.drain();
    node.rename("app/a.log", "app/a.log.2");
    node.append("app/a.log.1", banner());
    node.append("app/a.log", [&banner(), "two\n"].concat());
    for _ in 0..4 {
        node.after(Duration::from_secs(4));
    }
    let begins = node.messages().iter().filter(|message| banner().starts_with(**message)).count();
    assert_eq!(begins, 3 * banner().lines().count());
}

#[test]
fn a_copied_log_that_is_written_on_is_not_read_twice() {
    let mut node = Node::new();
    node.append("app/a.log", lines(0, 200));
    node.drain();
    fs::copy(node.path("app/a.log"), node.path("app/a.log.1")).unwrap();
    for n in 0..4 {
        node.drain();
        node.append("app/a.log", lines(200 + n, 1));
        node.after(Duration::from_secs(4));
    }
    assert_eq!(node.messages(), expect(0, 204));
}

#[test]
fn a_log_that_is_found_together_with_its_copy_is_read_once() {
    for whole in [true, false] {
        let mut node = Node::new();
        node.append("app/a.log", lines(0, 300));
        fs::copy(node.path("app/a.log"), node.path("app/a.log.1")).unwrap();
        if !whole {
            node.append("app/a.log", lines(300, 50));
        }
        node.kept.room = 100;
        node.drain();
        if whole {
            truncate(&node, "app/a.log");
            node.append("app/a.log", lines(300, 400));
        } else {
            node.append("app/a.log", lines(350, 350));
        }
        node.kept.room = usize::MAX;
        for _ in 0..4 {
            node.after(Duration::from_secs(4));
        }
        assert_eq!(node.messages(), expect(0, 700), "whole {whole}");
        assert!(gaps(&node).is_empty());
    }
}

#[test]
fn what_is_truncated_and_grows_again_between_the_look_and_the_first_read_is_another_source() {
    for read_before in [false, true] {
        let mut node = Node::new();
        node.append("app/a.log", lines(0, 100));
        if read_before {
            node.drain();
            node.restart();
        }
        node.append("app/a.log", lines(100, 100));
        // The look finds it, the full sink lets nothing be read.
        node.kept.room = 0;
        node.drain();
        fs::copy(node.path("app/a.log"), node.path("app/a.log.1")).unwrap();
        truncate(&node, "app/a.log");
        node.append("app/a.log", lines(200, 300));
        node.kept.room = usize::MAX;
        for _ in 0..4 {
            node.after(Duration::from_secs(4));
        }
        assert_eq!(node.messages(), expect(0, 500), "read before {read_before}");
        assert!(gaps(&node).is_empty(), "{:?}", gaps(&node));
    }
}

#[test]
fn an_inode_that_is_used_again_is_a_new_source_from_its_first_byte() {
    let mut node = Node::new();
    node.append(
        &pod("0.log"),
        (0..9).map(|n| cri(n, &format!("stdout F {n}"))).collect::<String>(),
    );
    node.drain();
    // The same inode, born at the same time: a file system could not reuse it more.
    let other: String = (20..40).map(|n| cri(n, &format!("stdout F {n}"))).collect();
    fs::write(node.path(&pod("0.log")), other).unwrap();
    node.restart();
    for _ in 0..4 {
        node.after(Duration::from_secs(4));
    }
    let numbers: Vec<String> = (0..9).chain(20..40).map(|n: u64| n.to_string()).collect();
    assert_eq!(node.messages(), numbers);
    let first = node.kept.seen[9].position;
    assert_eq!(first, cri(20, "stdout F 20").len() as u64);
}

#[test]
fn equal_files_of_two_containers_are_both_read() {
    let mut node = Node::new();
    for name in ["one", "two"] {
        let lines = [cri(1, "stdout F same"), cri(2, "stdout F also")].concat();
        node.append(&format!("var/log/pods/shop_{name}-x2x4z_uid/main/0.log"), lines);
        node.append(&format!("app/{name}.log"), "same\nalso\n");
    }
    node.drain();
    node.restart();
    node.drain();
    assert_eq!(node.messages(), ["same", "also"].repeat(4));
    let sources: BTreeSet<SourceId> = node.kept.seen.iter().map(|seen| seen.source).collect();
    assert_eq!(sources.len(), 4);
}

#[test]
fn a_file_shorter_than_the_fingerprint_is_read_at_once_and_known_as_it_grows_and_moves() {
    let mut node = Node::new();
    let mut written = Vec::new();
    for n in 0..40 {
        node.append("app/a.log", lines(n, 1));
        node.drain();
        written.extend(expect(n, 1));
        assert_eq!(node.messages(), written);
        match n {
            10 => node.restart(),
            20 => {
                node.rename("app/a.log", "app/a.log.1");
                node.append("app/a.log", lines(100, 1));
                node.drain();
                node.restart();
                node.drain();
                written.extend(expect(100, 1));
                fs::remove_file(node.path("app/a.log.1")).unwrap();
            }
            _ => {}
        }
    }
}

#[test]
fn device_and_inode_numbers_that_change_with_a_reboot_are_no_news() {
    let mut node = Node::new();
    let live = pod("0.log");
    node.append(&live, (0..9).map(|n| cri(n, &format!("stdout F {n}"))).collect::<String>());
    node.append("app/a.log", lines(0, 30));
    node.drain();
    let before = node.kept.seen.len();
    for name in [&*live, "app/a.log"] {
        let moved = node.path("moved");
        fs::copy(node.path(name), &moved).unwrap();
        fs::rename(moved, node.path(name)).unwrap();
    }
    node.restart();
    for _ in 0..3 {
        node.after(Duration::from_secs(4));
    }
    assert_eq!(node.kept.seen.len(), before);
    node.append(&live, cri(9, "stdout F more"));
    node.append("app/a.log", "more\n");
    node.drain();
    assert_eq!(node.messages()[before..], ["more", "more"]);
    assert!(gaps(&node).is_empty());
}

#[test]
fn what_is_truncated_written_anew_and_deleted_while_open_is_read_to_its_end() {
    for banner in [String::new(), format!("{}\n", "=".repeat(2_000))] {
        let mut node = Node::new();
        node.append("app/a.log", banner.clone() + &lines(0, 200));
        node.drain();
        fs::copy(node.path("app/a.log"), node.path("app/a.log.1")).unwrap();
        truncate(&node, "app/a.log");
        node.append("app/a.log", banner.clone() + &lines(200, 300));
        fs::remove_file(node.path("app/a.log")).unwrap();
        node.append("app/a.log", banner.clone() + &lines(500, 100));
        for _ in 0..4 {
            node.after(Duration::from_secs(4));
        }
        let mut read = node.messages();
        read.retain(|message| message.starts_with("line"));
        assert_eq!(read, expect(0, 600));
        assert!(gaps(&node).is_empty(), "{:?}", gaps(&node));
    }
}

#[test]
fn what_came_and_went_behind_a_copy_while_nobody_looked_is_declared_lost() {
    let mut node = Node::new();
    node.append("app/a.log", lines(0, 200));
    node.drain();
    fs::copy(node.path("app/a.log"), node.path("app/a.log.1")).unwrap();
    truncate(&node, "app/a.log");
    node.append("app/a.log", lines(200, 300));
    fs::remove_file(node.path("app/a.log")).unwrap();
    node.append("app/a.log", lines(500, 100));
    for _ in 0..2 {
        node.restart();
        for _ in 0..4 {
            node.after(Duration::from_secs(4));
        }
        assert_eq!(node.messages(), [expect(0, 200), expect(500, 100)].concat());
        assert_eq!(gaps(&node), [(0, None, Reason::DeletedBeforeRead)]);
    }
}

#[test]
fn what_was_seen_to_be_truncated_is_read_although_its_name_is_gone_at_the_next_look() {
    let mut node = Node::new();
    node.append("app/a.log", lines(0, 200));
    node.drain();
    fs::copy(node.path("app/a.log"), node.path("app/a.log.1")).unwrap();
    truncate(&node, "app/a.log");
    node.append("app/a.log", lines(200, 300));
    node.now += Duration::from_secs(2);
    node.reader.poll_at(node.now, &mut node.kept);
    fs::remove_file(node.path("app/a.log")).unwrap();
    node.append("app/a.log", lines(500, 1));
    for _ in 0..4 {
        node.after(Duration::from_secs(4));
    }
    assert_eq!(node.messages(), expect(0, 501));
    assert!(gaps(&node).is_empty(), "{:?}", gaps(&node));
}

#[test]
fn what_was_emptied_before_its_first_read_goes_on_in_its_copy_in_its_place() {
    let mut node = Node::new();
    node.append("app/a.log", lines(0, 200));
    node.kept.room = 100;
    node.drain();
    // The second is found while the first is still read, and emptied before its turn.
    node.rename("app/a.log", "app/a.log.1");
    node.append("app/a.log", lines(200, 100));
    node.drain();
    node.rename("app/a.log.1", "app/a.log.2");
    fs::copy(node.path("app/a.log"), node.path("app/a.log.1")).unwrap();
    truncate(&node, "app/a.log");
    node.kept.room = usize::MAX;
    node.reader.poll_at(node.now, &mut node.kept);
    node.append("app/a.log", lines(300, 5));
    for _ in 0..4 {
        node.after(Duration::from_secs(4));
    }
    assert_eq!(node.messages(), expect(0, 305));
    assert!(gaps(&node).is_empty(), "{:?}", gaps(&node));
}

#[test]
fn a_copy_that_is_seen_before_its_original_is_known_to_hold_the_same_is_read_once() {
    let mut node = Node::new();
    node.append("app/a.log", lines(0, 200));
    node.drain();
    fs::copy(node.path("app/a.log"), node.path("app/a.log.2")).unwrap();
    truncate(&node, "app/a.log");
    node.append("app/a.log", lines(200, 300));
    fs::copy(node.path("app/a.log"), node.path("app/a.log.1")).unwrap();
    node.drain();
    assert_eq!(node.messages(), expect(0, 500));
    truncate(&node, "app/a.log");
    node.append("app/a.log", lines(500, 7));
    for _ in 0..4 {
        node.after(Duration::from_secs(4));
    }
    assert_eq!(node.messages(), expect(0, 507));
    assert!(gaps(&node).is_empty(), "{:?}", gaps(&node));
}

#[test]
fn a_copy_of_what_a_truncated_log_holds_now_is_younger_than_what_it_held() {
    let mut node = Node::new();
    node.append("app/a.log", lines(0, 200));
    node.kept.room = 150;
    node.drain();
    for n in [1, 2] {
        if n == 2 {
            node.rename("app/a.log.1", "app/a.log.2");
        }
        fs::copy(node.path("app/a.log"), node.path("app/a.log.1")).unwrap();
        truncate(&node, "app/a.log");
        node.append("app/a.log", lines(200 * n, 200 + n));
    }
    node.kept.room = usize::MAX;
    for _ in 0..4 {
        node.after(Duration::from_secs(4));
    }
    assert_eq!(node.messages(), [expect(0, 401), expect(400, 202)].concat());
}
