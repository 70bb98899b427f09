//! Rounds over made nodes of both versions of control groups, and over this one.

use std::collections::BTreeMap;
use std::path::Path;

use nilometer_model::SystemClock;

use super::*;

const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const PAUSE: &str = "ffff456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A node whose files are made.
struct Node {
    root: tempfile::TempDir,
}

impl Node {
    fn new() -> Self {
        let node = Self { root: tempfile::tempdir().unwrap() };
        node.write("proc/stat", "cpu  100 0 0 300 0 0 0 0\ncpu0 1\ncpu1 1\nbtime 1000\n");
        node
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A pod of one container whose third run is under way.
    fn pod(&self) {
        self.write("var/log/pods/shop_cart-7d9f8b6c5d-x2x4z_u-1/main/0.log", "");
        self.write("var/log/pods/shop_cart-7d9f8b6c5d-x2x4z_u-1/main/2.log", "");
        self.write(&format!("var/log/containers/cart-7d9f8b6c5d-x2x4z_shop_main-{ID}.log"), "");
    }

    fn sampler(&self) -> Sampler {
        let root = self.root.path().to_owned();
        Sampler::new(root, "n1".to_owned(), (Arc::new(SystemClock), Arc::default()))
    }
}

/// `component/instance name attributes` -> value, of samples that begin like this.
fn values(samples: &Samples, prefix: &str) -> BTreeMap<String, f64> {
    let named = samples.iter().filter(|sample| sample.name.starts_with(prefix));
    named
        .map(|sample| {
            let Origin { component, instance, .. } = &**sample.origin;
            let who = format!("{component}/{instance}");
            (format!("{who} {} {}", sample.name, sample.attributes), sample.value)
        })
        .collect()
}

#[track_caller]
fn check(samples: &Samples, expect: &[(&str, f64)]) {
    let expect = expect.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
    assert_eq!(values(samples, "container."), expect);
}

#[test]
fn a_pods_container_of_v2_speaks_by_the_names_of_its_log_lines() {
    let node = Node::new();
    node.pod();
    node.write("sys/fs/cgroup/cgroup.controllers", "cpu memory io\n");
    let pod = "sys/fs/cgroup/kubepods.slice/kubepods-podu_1.slice";
    node.write(&format!("{pod}/memory.events"), "oom_kill 4\n");
    let group = format!("{pod}/cri-containerd-{ID}.scope");
    node.write(&format!("{group}/cpu.stat"), "usage_usec 1000000\n");
    node.write(&format!("{group}/memory.current"), "5000\n");
    node.write(&format!("{group}/memory.stat"), "anon 1\ninactive_file 1000\n");
    node.write(&format!("{group}/memory.max"), "8000\n");
    node.write(&format!("{group}/io.stat"), "8:0 rbytes=10 wbytes=20\n");
    node.write(&format!("{group}/memory.events"), "oom_kill 0\n");
    node.write(&format!("{group}/cgroup.procs"), "0\n17\n");
    node.write(&format!("{pod}/cri-containerd-{PAUSE}.scope/memory.current"), "1\n");
    node.write("proc/17/stat", "17 (x) S 1 1 1 0 -1 4 1 0 0 0 1 2 0 0 20 0 1 0 500 5");
    let (mut sampler, at) = (node.sampler(), Instant::now());
    sampler.round(at);
    node.write(&format!("{group}/cpu.stat"), "usage_usec 6000000\n");
    let samples = sampler.round(at + Duration::from_secs(10));
    check(
        &samples,
        &[
            (r#"cart/cart-7d9f8b6c5d-x2x4z container.cpu.used {"container":"main"}"#, 0.5),
            (r#"cart/cart-7d9f8b6c5d-x2x4z container.disk.read {"container":"main"}"#, 10.0),
            (r#"cart/cart-7d9f8b6c5d-x2x4z container.disk.written {"container":"main"}"#, 20.0),
            (r#"cart/cart-7d9f8b6c5d-x2x4z container.memory.limit {"container":"main"}"#, 8000.0),
            (r#"cart/cart-7d9f8b6c5d-x2x4z container.memory.used {"container":"main"}"#, 4000.0),
            ("cart/cart-7d9f8b6c5d-x2x4z container.oom_kills ", 4.0),
            (r#"cart/cart-7d9f8b6c5d-x2x4z container.restarts {"container":"main"}"#, 2.0),
            (r#"cart/cart-7d9f8b6c5d-x2x4z container.started {"container":"main"}"#, 1005.0),
        ],
    );
}

#[test]
fn a_docker_container_of_v1_speaks_by_the_names_of_its_log_lines() {
    let node = Node::new();
    let config = r#"{"Name":"/shop-web-1","RestartCount":3,
        "Config":{"Labels":{"com.docker.compose.service":"web"}}}"#;
    node.write(&format!("var/lib/docker/containers/{ID}/config.v2.json"), config);
    let of = |file: &str, text: &str| {
        let (controller, _) = file.split_once('.').unwrap();
        node.write(&format!("sys/fs/cgroup/{controller}/docker/{ID}/{file}"), text);
    };
    of("memory.usage_in_bytes", "5000\n");
    of("memory.stat", "cache 9\ntotal_inactive_file 500\n");
    of("memory.limit_in_bytes", "9223372036854771712\n");
    of("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
    of("blkio.throttle.io_service_bytes", "8:0 Read 10\n8:0 Write 20\nTotal 30\n");
    of("cpuacct.usage", "1000000000\n");
    let mut sampler = node.sampler();
    check(
        &sampler.round(Instant::now()),
        &[
            ("web/shop-web-1 container.disk.read ", 10.0),
            ("web/shop-web-1 container.disk.written ", 20.0),
            ("web/shop-web-1 container.memory.used ", 4500.0),
            ("web/shop-web-1 container.oom_kills ", 1.0),
            ("web/shop-web-1 container.restarts ", 3.0),
        ],
    );
}

#[test]
fn a_container_of_which_no_log_is_known_is_left_out() {
    let node = Node::new();
    node.write(&format!("sys/fs/cgroup/memory/docker/{ID}/memory.usage_in_bytes"), "5\n");
    let uid = format!("sys/fs/cgroup/memory/kubepods/podu-1/{PAUSE}/memory.usage_in_bytes");
    node.write(&uid, "5\n");
    check(&node.sampler().round(Instant::now()), &[]);
}

#[test]
fn a_node_without_files_is_measured_without_a_word() {
    let empty = tempfile::tempdir().unwrap();
    let clock = Arc::new(SystemClock);
    let mut sampler =
        Sampler::new(empty.path().to_owned(), "n1".to_owned(), (clock, Arc::default()));
    assert!(sampler.round(Instant::now()).is_empty());
}

#[test]
fn processors_at_work_need_a_round_before() {
    let node = Node::new();
    let mut sampler = node.sampler();
    let first = sampler.round(Instant::now());
    assert_eq!(values(&first, "node.cpu."), [("/ node.cpu.cores ".to_owned(), 2.0)].into());
    node.write("proc/stat", "cpu  200 0 0 500 0 0 0 0\ncpu0 1\ncpu1 1\nbtime 1000\n");
    let second = values(&sampler.round(Instant::now()), "node.cpu.used");
    assert_eq!(second["/ node.cpu.used "], 2.0 / 3.0);
}

#[test]
fn this_node_can_be_measured() {
    let clock = Arc::new(SystemClock);
    let mut sampler =
        Sampler::new(Path::new("/").to_owned(), "n1".to_owned(), (clock, Arc::default()));
    let samples = sampler.round(Instant::now());
    assert!(samples.check());
    let all = values(&samples, "node.");
    for name in ["node.cpu.cores", "node.memory.total", "node.memory.used", "node.load.1m"] {
        assert!(all[&format!("/ {name} ")] >= 0.0, "{name}");
    }
    assert!(all[r#"/ node.disk.used {"mount":"/"}"#] > 0.0);
    assert!(samples.iter().all(|sample| sample.origin.node == "n1"));
}

#[test]
fn a_counter_that_went_back_is_a_restart_and_no_rate() {
    let at = Instant::now();
    let later = at + Duration::from_secs(2);
    assert_eq!(cores_used((0, at), (1_000_000_000, later)), Some(0.5));
    assert_eq!(cores_used((5, at), (4, later)), None);
    assert_eq!(cores_used((5, at), (6, at)), None);
}
