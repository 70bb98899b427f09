//! Containers that live for moments: real directories that come and go while the reader runs.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::*;

/// Runs containers for `life`, removes each `left` after its end, and gives the lines that were not read.
fn unread(containers: u64, life: Duration, left: Duration) -> Vec<String> {
    let mut node = Node::new();
    fs::create_dir_all(node.path("var/log/pods")).unwrap();
    node.reader.poll(&mut node.kept);
    let pods = node.path("var/log/pods");
    let done = Arc::new(AtomicBool::new(false));
    let writer = thread::spawn({
        let done = Arc::clone(&done);
        move || {
            let runs: Vec<_> = (0..containers)
                .map(|n| {
                    // New ones come while others live and die.
                    thread::sleep(Duration::from_millis(20));
                    let pod = pods.join(format!("shop_job-{n}_uid{n}"));
                    thread::spawn(move || run(&pod, n, life, left))
                })
                .collect();
            let lines: Vec<String> = runs.into_iter().flat_map(|run| run.join().unwrap()).collect();
            done.store(true, Ordering::SeqCst);
            lines
        }
    });
    while !done.load(Ordering::SeqCst) {
        node.reader.wait(Duration::from_millis(25));
        node.reader.poll(&mut node.kept);
    }
    let written = writer.join().unwrap();
    node.reader.poll(&mut node.kept);
    let read: BTreeSet<&str> = node.messages().into_iter().collect();
    assert_eq!(read.len(), node.kept.seen.len(), "a line was read twice");
    written.into_iter().filter(|line| !read.contains(line.as_str())).collect()
}

/// One container: made, spoken, ended, removed.
fn run(pod: &Path, n: u64, life: Duration, left: Duration) -> Vec<String> {
    let dir = pod.join("main");
    fs::create_dir(pod).unwrap();
    fs::create_dir(&dir).unwrap();
    let mut file = File::create(dir.join("0.log")).unwrap();
    let mut lines = Vec::new();
    for part in 0..4_u64 {
        for line in 0..10_u64 {
            lines.push(format!("{n} {part} {line}"));
            let text = format!("stdout F {n} {part} {line}");
            file.write_all(cri(part * 10 + line, &text).as_bytes()).unwrap();
        }
        thread::sleep(life / 4);
    }
    drop(file);
    thread::sleep(left);
    fs::remove_dir_all(pod).unwrap();
    lines
}

#[test]
fn of_containers_that_live_200_ms_and_are_gone_250_ms_later_999_of_1000_lines_are_read() {
    let missed = unread(200, Duration::from_millis(200), Duration::from_millis(250));
    assert!(missed.len() * 1_000 <= 200 * 40, "{} of 8000: {missed:?}", missed.len());
}

#[test]
fn of_containers_that_are_gone_a_second_later_all_lines_are_read() {
    let missed = unread(100, Duration::from_millis(200), Duration::from_secs(1));
    assert!(missed.is_empty(), "{missed:?}");
}

/// Is given a line of many logs, while a container comes and goes.
struct Meanwhile {
    kept: Kept,
    dir: PathBuf,
}

impl Sink for Meanwhile {
    fn record(&mut self, source: &Arc<SourceInfo>, record: Record<'_>) {
        match self.kept.seen.len() {
            1 => {
                fs::create_dir_all(&self.dir).unwrap();
                fs::write(self.dir.join("0.log"), cri(1, "stdout F short")).unwrap();
            }
            200 => fs::remove_dir_all(self.dir.parent().unwrap()).unwrap(),
            _ => {}
        }
        self.kept.record(source, record);
    }
    fn covered(&mut self, _: &Arc<SourceInfo>, _: u64, _: u32) {}
    fn gap(&mut self, source: &Arc<SourceInfo>, gap: Gap) {
        self.kept.gap(source, gap);
    }
    fn ended(&mut self, _: &Arc<SourceInfo>, _: u64) {}
    fn full(&self) -> bool {
        false
    }
}

#[test]
fn a_container_that_comes_and_goes_while_all_others_have_their_turn_is_read() {
    let mut node = Node::new();
    for n in 0..300 {
        let line = cri(n, &format!("stdout F {n}"));
        node.append(&format!("var/log/pods/shop_web-{n:03}_uid/main/0.log"), line);
    }
    let dir = node.path("var/log/pods/shop_short-x2x4z_uid/main");
    let mut sink = Meanwhile { kept: Kept { room: usize::MAX, ..Kept::default() }, dir };
    for _ in 0..3 {
        node.now += Duration::from_secs(2);
        node.reader.poll_at(node.now, &mut sink);
    }
    let short = sink.kept.seen.iter().filter(|seen| seen.message == "short").count();
    assert_eq!((short, sink.kept.seen.len()), (1, 301));
    assert!(sink.kept.gaps.is_empty(), "{:?}", sink.kept.gaps);
}
