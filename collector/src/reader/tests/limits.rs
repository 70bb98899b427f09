//! What the machine does not give: files, watches, events. Each in a process of its own, whose limits can
//! be lowered.

use std::process::{Command, Output};

use super::*;

/// Runs an ignored test of this file alone, after `setting` in a shell; `None` where that cannot be set.
fn alone(test: &str, wrap: &[&str], setting: &str) -> Option<Output> {
    let me = std::env::current_exe().unwrap();
    let script = format!("{setting} || exit 77; exec \"$0\" \"$@\"");
    let mut command = Command::new(wrap.first().copied().unwrap_or("sh"));
    command.args(wrap.iter().skip(1));
    if !wrap.is_empty() {
        command.arg("sh");
    }
    let test = format!("reader::tests::limits::{test}");
    command.args(["-c", &script]).arg(me).args(["--exact", "--ignored", "--nocapture", &test]);
    let output = command.output().ok()?;
    let set = output.status.code() != Some(77) && !output.stdout.is_empty();
    if !set {
        println!("skipped: {setting:?} is not allowed here");
    }
    set.then_some(output)
}

#[track_caller]
fn passes(output: &Output) {
    let said = [&output.stdout[..], &output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn with_256_files_to_open_a_thousand_logs_are_read() {
    alone("a_thousand_logs", &[], "ulimit -n 256").iter().for_each(passes);
}

#[test]
#[ignore = "run with a lowered limit by with_256_files_to_open_a_thousand_logs_are_read"]
fn a_thousand_logs() {
    let mut node = Node::new();
    for round in 0..2 {
        for n in 0..1_000 {
            node.append(&format!("app/{n}.log"), format!("{n} {round}\n"));
        }
        node.drain();
    }
    assert_eq!(node.kept.seen.len(), 2_000);
    let open = fs::read_dir("/proc/self/fd").unwrap().count();
    assert!((64..=160).contains(&open), "{open} open");
    assert!(node.reader.warnings().is_empty());
}

#[test]
fn when_no_file_can_be_opened_it_is_said_once_and_reading_goes_on() {
    alone("few_files_are_left", &[], "ulimit -n 256").iter().for_each(passes);
}

#[test]
#[ignore = "run with a lowered limit by when_no_file_can_be_opened_it_is_said_once_and_reading_goes_on"]
fn few_files_are_left() {
    let mut node = Node::new();
    for n in 0..300 {
        node.append(&format!("app/{n}.log"), format!("{n}\n"));
    }
    let taken: Vec<File> = (0..200).map(|_| File::open("/dev/null").unwrap()).collect();
    let mut said = Vec::new();
    for _ in 0..60 {
        node.drain();
        said.extend(node.reader.warnings());
    }
    assert_eq!(node.kept.seen.len(), 300);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("ulimit -n"));
    drop(taken);
}

const WATCHES: &str = "/proc/sys/user/max_inotify_watches";

#[test]
fn without_watches_logs_are_looked_at_each_second_which_is_said_once_and_ends_when_it_can() {
    let set = format!("echo 8 > {WATCHES}");
    let output = alone("eight_watches", &["unshare", "--user", "--map-root-user"], &set);
    output.iter().for_each(passes);
}

#[test]
#[ignore = "run with a lowered limit by without_watches_logs_are_looked_at_each_second_which_is_said_once_and_ends_when_it_can"]
fn eight_watches() {
    let mut node = Node::new();
    let mut said = Vec::new();
    for round in 0..3 {
        for n in 0..40 {
            let name = format!("var/log/pods/shop_p{n}_u/main/0.log");
            node.append(&name, cri(round, &format!("stdout F {n} {round}")));
        }
        node.after(Duration::from_secs(1));
        node.after(Duration::from_secs(1));
        said.extend(node.reader.warnings());
    }
    assert_eq!(node.kept.seen.len(), 120);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("max_user_watches"));
    fs::write(WATCHES, "1000").unwrap();
    node.drain();
    node.drain();
    assert!(node.reader.watch.is_complete());
    assert_eq!(node.reader.warnings().len(), 1);
}

#[test]
fn more_events_than_the_kernel_keeps_lose_no_line() {
    let limit = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
    let writes = limit.trim().parse::<usize>().unwrap().min(100_000) + 2_000;
    let mut node = Node::new();
    for name in ["a", "b"] {
        node.append(&format!("app/{name}.log"), "begin\n");
    }
    node.drain();
    node.drain();
    let mut files = ["a", "b"].map(|name| {
        let path = node.path(&format!("app/{name}.log"));
        OpenOptions::new().append(true).open(path).unwrap()
    });
    for n in 0..writes {
        files[n % 2].write_all(format!("{n}\n").as_bytes()).unwrap();
    }
    fs::create_dir_all(node.path("app")).unwrap();
    node.append("app/new.log", "new\n");
    node.after(Duration::ZERO);
    assert_eq!(node.kept.seen.len(), writes + 3);
    assert!(node.reader.warnings().iter().any(|warning| warning.contains("file system events")));
}
