//! A node whose kernel says whatever it likes, measured twice.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nilometer_model::{ManualClock, Samples, Timestamp};
use nilometer_mutate::MEMORY;
use serde_json::{Map, Value};

use super::Sampler;
use crate::limits::SERIES_MAX;

/// What stands in front of a file's text: its name, to the end of the line.
const FILE: &str = "==> ";
const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const LOG: &str = "var/log/pods/shop_cart-1_u-1/main";
const CGROUP: &str = "sys/fs/cgroup";
const POD: &str = "kubepods.slice/kubepods-podu_1.slice";
/// A control group's files in the first version; the controller's name stands before the dot.
const OF_V1: [&str; 6] = [
    "cpuacct.usage",
    "memory.usage_in_bytes",
    "memory.limit_in_bytes",
    "memory.stat",
    "memory.oom_control",
    "blkio.throttle.io_service_bytes",
];
/// In the second one.
const OF_V2: [&str; 7] = [
    "cpu.stat",
    "memory.current",
    "memory.max",
    "memory.stat",
    "memory.events",
    "io.stat",
    "cgroup.procs",
];

/// The node's files; one that is there twice says the second thing in the second round.
pub fn proc(bytes: &[u8]) {
    let root = tempfile::tempdir_in(MEMORY).expect("memory has room for a directory");
    let root = root.path();
    furnish(root);
    let text = String::from_utf8_lossy(bytes);
    let files = text.split(FILE).filter_map(|file| file.split_once('\n'));
    let mut files: Vec<(&str, &str)> = files.collect();
    let mut later = Vec::new();
    while let Some(at) =
        (1..files.len()).find(|at| files[..*at].iter().any(|f| f.0 == files[*at].0))
    {
        later.push(files.remove(at));
    }
    let clock = Arc::new(ManualClock::at(Timestamp(0)));
    let mut sampler = Sampler::new(root.to_owned(), "n1".to_owned(), (clock, Arc::default()));
    let at = Instant::now();
    files.iter().for_each(|file| write(root, *file));
    check(&sampler.round(at));
    later.iter().for_each(|file| write(root, *file));
    check(&sampler.round(at + Duration::from_secs(10)));
}

fn check(samples: &Samples) {
    assert!(samples.check() && samples.len() <= SERIES_MAX);
    for sample in samples.iter() {
        assert!(sample.value.is_finite() && sample.value >= 0.0, "{sample:?}");
        if !sample.attributes.is_empty() {
            serde_json::from_str::<Map<String, Value>>(sample.attributes)
                .unwrap_or_else(|error| panic!("{error}: {}", sample.attributes));
        }
    }
}

/// What is there whatever the kernel says: a pod's log, and a process with a network of its own.
fn furnish(root: &Path) {
    let dirs = [LOG, "var/log/containers", "proc/1/ns", "proc/17/ns", "proc/17/net", "proc/net"];
    dirs.iter().for_each(|dir| fs::create_dir_all(root.join(dir)).expect("memory has room"));
    let link = format!("var/log/containers/cart-1_shop_main-{ID}.log");
    fs::write(root.join(link), "").expect("memory has room");
    for (process, network) in [(1, "net:[1]"), (17, "net:[2]")] {
        let link = root.join(format!("proc/{process}/ns/net"));
        symlink(network, link).expect("memory has room");
    }
}

fn write(root: &Path, (name, text): (&str, &str)) {
    let controller = name.split('.').next().unwrap_or_default();
    let mut paths = Vec::new();
    match name {
        "proc/stat" | "proc/meminfo" | "proc/loadavg" | "proc/mounts" | "proc/diskstats"
        | "proc/net/dev" | "proc/17/stat" | "proc/17/net/dev" => paths.push(name.to_owned()),
        "cgroup.controllers" => paths.push(format!("{CGROUP}/{name}")),
        "config.v2.json" => paths.push(format!("var/lib/docker/containers/{ID}/{name}")),
        _ => {}
    }
    if OF_V1.contains(&name) {
        paths.push(format!("{CGROUP}/{controller}/docker/{ID}/{name}"));
    }
    if OF_V2.contains(&name) {
        paths.push(format!("{CGROUP}/{POD}/cri-containerd-{ID}.scope/{name}"));
    }
    if name == "memory.events" {
        paths.push(format!("{CGROUP}/{POD}/{name}"));
    }
    for path in paths {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap_or(root)).expect("memory has room");
        fs::write(path, text).expect("memory has room");
    }
}
