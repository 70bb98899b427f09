//! The rules of a fresh install against real causes: processes that are killed, a file that is deleted, a disk that
//! fills up, batches that do not get through. Each fires, names whom it is about, and ends when its cause does.
//!
//! They are the default rules, word by word, in a hurry: every second, held for 5 s at the most, over 20 s; logs are
//! late after 10 s.

use std::time::Duration;

use nilometer_tests::{Api, Process, Relay, Scratch, Way, repository, until};
use serde_json::{Value, json};

use crate::disk_full::Disk;

const DEADLINE: Duration = Duration::from_secs(90);
const LOG: &str = "root/var/log/pods/shop_cart-6d5f7c9b8-x2k4p_uid/cart/0.log";
const GROUP: &str = "root/sys/fs/cgroup/kubepods.slice/kubepods-poduid.slice";
const CONTAINER: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
/// What makes the disk's mount one of the node's.
const MOUNTS: &str = "/dev/test /full ext4 rw 0 0\n";

/// The default rules with their paces changed, and one about an effect of a node that is gone.
fn rules() -> String {
    let written = std::fs::read_to_string(repository().join("alert/src/default.toml")).unwrap();
    let hurried = |line: &str| match line.split_once(" = ") {
        Some(("every", _)) => "every = \"1s\"".to_owned(),
        Some(("for", _)) => "for = \"5s\"".to_owned(),
        Some(("over", _)) => "over = \"20s\"".to_owned(),
        Some(("condition", _)) => line.replace("60000", "10000"),
        _ => line.to_owned(),
    };
    let missed = r#"
[[rule]]
name = "missed"
query = "component:till"
every = "1s"
over = "5s"
group_by = ["component", "node"]
condition = { op = "<", value = 0 }
no_data = "firing"
inhibited_by = [{ rule = "node-gone", equal = ["node"] }]
"#;
    written.lines().map(hurried).collect::<Vec<_>>().join("\n") + missed
}

/// A node and its collector.
struct Node {
    name: &'static str,
    files: Scratch,
    collector: Option<Process>,
}

impl Node {
    fn new(name: &'static str) -> Self {
        let files = Scratch::new();
        files.write("root/proc/stat", "cpu  100 0 0 300 0 0 0 0\ncpu0 1\nbtime 1000\n");
        Self { name, files, collector: None }
    }

    fn collect(&mut self, centre: &Api) {
        self.collect_to(&centre.url());
    }

    fn collect_to(&mut self, url: &str) {
        let root = self.files.join("root").display().to_string();
        let arguments = ["--node", self.name, "--rootfs", root.as_str(), "--to", url];
        self.collector = Some(Process::start("collect", &self.files, &arguments, &[]).0);
    }

    fn kill(&mut self) {
        self.collector.take().unwrap().kill();
    }

    /// A container that has written a line.
    fn writes(&self, now: &str) {
        self.files.write(LOG, &line(now));
    }

    /// What a sampler measures of it.
    fn is_measured(&self) {
        let link =
            format!("root/var/log/containers/cart-6d5f7c9b8-x2k4p_shop_cart-{CONTAINER}.log");
        self.files.write(&link, "");
        self.files.write("root/sys/fs/cgroup/cgroup.controllers", "cpu memory io\n");
        let group = format!("{GROUP}/cri-containerd-{CONTAINER}.scope");
        self.files.write(&format!("{group}/memory.current"), "5000\n");
        self.out_of_memory(0);
    }

    fn out_of_memory(&self, times: u32) {
        self.files.write(&format!("{GROUP}/memory.events"), &format!("oom_kill {times}\n"));
    }
}

fn line(now: &str) -> String {
    format!("{now} stdout F here\n")
}

fn post(api: &Api, path: &str, body: &str) {
    let answer = api.send("POST", path, &[], body.as_bytes()).unwrap();
    assert!(answer.status < 300, "{path}: {}", answer.text());
}

/// A line that names a node.
fn says(api: &Api, component: &str, node: &str) {
    let line = json!({"component": component, "node": node, "message": "here"});
    post(api, "/api/v1/ingest", &format!("{line}\n"));
}

fn count(api: &Api, signal: &str, q: &str) -> u64 {
    let question = json!({"q": format!("{q} | stats count()"), "signal": signal}).to_string();
    let answer = api.send("POST", "/api/v1/query", &[], question.as_bytes()).unwrap().json();
    answer["rows"][0][0].as_u64().unwrap_or(0)
}

fn firing(api: &Api) -> Vec<Value> {
    let alerts = api.json("/api/v1/alerts")["alerts"].as_array().cloned().unwrap_or_default();
    alerts.into_iter().filter(|one| one["state"] == "firing").collect()
}

/// The alert of a rule whose label says that.
fn alert(api: &Api, (rule, label, value): (&str, &str, &str)) -> Option<Value> {
    firing(api).into_iter().find(|one| one["rule"] == rule && one["labels"][label] == value)
}

#[test]
fn what_is_killed_deleted_or_full_is_told_and_its_end_with_it() {
    let scratch = Scratch::new();
    let rules = scratch.write("rules.toml", &rules()).display().to_string();
    let text = format!("default_rules = false\nrules = [\"{rules}\"]\n");
    let config = scratch.write("nilometer.toml", &text).display().to_string();
    let (_serve, api) = Process::serve(&scratch, &["--config", &config]);
    let [mut watched, mut gone, mut deleted, mut full, mut late] =
        ["a", "b", "c", "d", "e"].map(Node::new);
    let relay = Relay::before(&api.address());
    watched.collect(&api);
    late.collect_to(relay.url());
    let now = until("a node is heard", DEADLINE, || {
        Some(api.json("/api/v1/nodes")["nodes"][0]["last_seen"].as_str()?.to_owned())
    });
    deleted.writes(&now);
    full.writes(&now);
    full.is_measured();
    full.files.write("root/proc/1/mounts", MOUNTS);
    let disk = Disk::mount(full.files.join("root/full"));
    for node in [&mut gone, &mut deleted, &mut full] {
        node.collect(&api);
    }
    says(&api, "till", "b");
    until("lines and samples of every node", DEADLINE, || {
        let oom = count(&api, "samples", "name:container.oom_kills node:d") > 0;
        let lines = count(&api, "logs", "component:cart") >= 2;
        let heard = api.json("/api/v1/nodes")["nodes"].as_array()?.len() == 5;
        (oom && lines && heard).then_some(())
    });
    assert_eq!(firing(&api).iter().find(|one| one["rule"] != "missed"), None, "all is well");
    watched.kill();
    gone.kill();
    relay.set(Way::NoBatches);
    late.writes(&now);
    // While nobody looks the file grows, and is gone.
    deleted.collector.take().unwrap().stop();
    let log = deleted.files.write(LOG, &line(&now).repeat(2));
    std::fs::remove_file(log).unwrap();
    deleted.collect(&api);
    full.out_of_memory(1);
    let Some(disk) = disk else {
        println!("the full disk is left out: a tmpfs cannot be mounted by this user");
        return told(&api, (&mut watched, &mut gone, &relay), None);
    };
    disk.fill();
    told(&api, (&mut watched, &mut gone, &relay), Some(&disk));
}

/// Waits for the alert of each cause, mends it, and waits for their ends.
fn told(api: &Api, (watched, gone, relay): (&mut Node, &mut Node, &Relay), disk: Option<&Disk>) {
    let mut causes = vec![
        ("collector-gone", "node", "a"),
        ("node-gone", "node", "b"),
        ("lines-lost", "node", "c"),
        ("out-of-memory", "component", "cart"),
        ("lag", "node", "e"),
    ];
    causes.extend(disk.map(|_| ("disk", "node", "d")));
    let mut waited = causes.clone();
    until("each cause is told", DEADLINE, || {
        // The node whose collector is gone still speaks.
        says(api, "door", "a");
        waited.retain(|cause| alert(api, *cause).is_none());
        waited.is_empty().then_some(())
    });
    until("an effect is known as one", DEADLINE, || {
        let missed = alert(api, ("missed", "node", "b"))?;
        (missed["muted"] == json!({"inhibited": "node-gone"})).then_some(())
    });
    watched.collect(api);
    gone.collect(api);
    relay.set(Way::Pass);
    disk.inspect(|disk| disk.free());
    until("everything is over", DEADLINE, || {
        says(api, "till", "b");
        firing(api).is_empty().then_some(())
    });
    let history = api.json("/api/v1/alerts/history?limit=1000");
    for (rule, label, value) in causes {
        let of = |state: &str| {
            let is = |one: &&Value| {
                one["rule"] == rule && one["labels"][label] == value && one["state"] == state
            };
            history["alerts"].as_array().unwrap().iter().filter(is).count()
        };
        assert!(of("firing") > 0 && of("firing") == of("resolved"), "{rule}: {history}");
    }
}

/// Who writes, but for one.
fn write(api: &Api, but: Option<usize>) {
    let line = |n| format!("{}\n", json!({"component": format!("w{n:02}"), "message": "here"}));
    let lines: String = (0..40).filter(|n| Some(*n) != but).map(line).collect();
    post(api, "/api/v1/ingest", &lines);
}

fn pay(api: &Api, severity: &str, times: usize) {
    let line = json!({"component": "pay", "severity": severity, "message": "paid"});
    post(api, "/api/v1/ingest", &format!("{line}\n").repeat(times));
}

#[test]
fn one_of_forty_writers_that_stops_is_named_by_one_alert_and_an_objective_burns_and_recovers() {
    const STOPPED: usize = 17;
    let scratch = Scratch::new();
    let rules = r#"
[[rule]]
name = "stopped"
query = "component:w*"
every = "1s"
over = "5s"
group_by = ["component"]
condition = { op = "<", value = 0 }
no_data = "firing"

[[rule]]
name = "paid"
query = "component:pay severity:error"
of = "component:pay"
every = "1s"
slo = { objective = 99, window = "30d" }
"#;
    let rules = scratch.write("rules.toml", rules).display().to_string();
    let text = format!("default_rules = false\nrules = [\"{rules}\"]\n");
    let config = scratch.write("nilometer.toml", &text).display().to_string();
    let (_serve, api) = Process::serve(&scratch, &["--config", &config]);
    pay(&api, "error", 5);
    let of = |rule: &str| {
        let all = firing(&api).into_iter();
        all.filter(|one| one["rule"].as_str().unwrap().starts_with(rule)).collect::<Vec<_>>()
    };
    until("the budget burns, and everybody has been heard", DEADLINE, || {
        write(&api, None);
        (of("paid.").len() == 3 && of("stopped").is_empty()).then_some(())
    });
    pay(&api, "info", 1_000);
    until("it burns no more, and one has stopped", DEADLINE, || {
        write(&api, Some(STOPPED));
        (of("paid.").is_empty() && !of("stopped").is_empty()).then_some(())
    });
    let stopped = of("stopped");
    assert_eq!((stopped.len(), &stopped[0]["labels"]["component"]), (1, &json!("w17")));
    until("it writes again", DEADLINE, || {
        write(&api, None);
        firing(&api).is_empty().then_some(())
    });
    let history = api.json("/api/v1/alerts/history?limit=1000");
    let all = history["alerts"].as_array().unwrap().iter();
    let named: Vec<_> = all
        .filter(|one| one["rule"] == "stopped" && one["labels"]["component"].is_string())
        .collect();
    assert!(named.iter().all(|one| one["labels"]["component"] == "w17"), "{history}");
    assert_eq!(named.len(), 2, "{history}");
}
