//! The way to the centre, from outside: intakes that fail, settings that change, records that are shed.
//!
//! ```text
//!   collect ─┬─> relay a ─┬─> serve        Every test ends alike: each line is there once, and `prove`
//!            └─> relay b ─┘                balances.
//! ```

use std::fs::File;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use nilometer_tests::{Api, Process, Relay, Scratch, Way, run, until};
use serde_json::Value;

const DEADLINE: Duration = Duration::from_secs(60);
const LOG: &str = "root/var/log/pods/shop_cart-6d5f7c9b8-x2k4p_uid/cart/0.log";

/// What the ledger calls committed is in a split.
const SEALS_OFTEN: [(&str, &str); 1] = [("NILOMETER_SEAL_AFTER", "1s")];

/// A centre, a node beside it, and how many lines the node has written so far.
struct Bench {
    centre: Api,
    _serve: Process,
    _centre_data: Scratch,
    node: Scratch,
    lines: u32,
}

impl Bench {
    fn new() -> Self {
        let centre_data = Scratch::new();
        let (serve, centre) = Process::role("serve", &centre_data, &[], &SEALS_OFTEN);
        let node = Scratch::new();
        node.write(LOG, "");
        Self { centre, _serve: serve, _centre_data: centre_data, node, lines: 0 }
    }

    /// Starts the node's collector.
    fn collect(&self, arguments: &[&str], variables: &[(&str, &str)]) -> (Process, Api) {
        let root = self.node.join("root").display().to_string();
        let mut all = vec!["--node", "node0", "--rootfs", root.as_str()];
        all.extend_from_slice(arguments);
        Process::start("collect", &self.node, &all, variables)
    }

    /// Writes lines of a container, each with a number of its own.
    fn write(&mut self, lines: u32) {
        let mut log = File::options().append(true).open(self.node.join(LOG)).unwrap();
        for n in self.lines..self.lines + lines {
            writeln!(log, "2026-01-01T00:00:00.{n:09}Z stdout F line {n}").unwrap();
        }
        self.lines += lines;
    }

    /// The lines that are there, as they come.
    fn exported(&self) -> Vec<String> {
        let found = self.centre.get("/api/v1/export").unwrap().text();
        let message = |line: &str| {
            let record: Value = serde_json::from_str(line).unwrap();
            record["message"].as_str().unwrap().to_owned()
        };
        found.lines().map(message).collect()
    }

    /// Waits until every line that was written is there; it is, once, and in order.
    #[track_caller]
    fn all_there(&self) {
        let expect: Vec<String> = (0..self.lines).map(|n| format!("line {n}")).collect();
        until("every line", DEADLINE, || (self.exported().len() >= expect.len()).then_some(()));
        assert_eq!(self.exported(), expect);
        let proof = run(&["prove", "--server", &self.centre.url()]);
        assert_eq!(proof.code, 0, "{}{}", proof.out, proof.err);
    }
}

/// A counter of a process.
fn metric(api: &Api, series: &str) -> Option<f64> {
    let text = api.get("/metrics").ok()?.text();
    let line = text.lines().find(|line| line.starts_with(series))?;
    line.rsplit_once(' ')?.1.parse().ok()
}

/// A port to which no packet gets through: its queue is full, so that the kernel drops what comes for it.
struct Unreachable {
    listener: TcpListener,
    _queue: Vec<TcpStream>,
}

impl Unreachable {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let knock = || TcpStream::connect_timeout(&address, Duration::from_millis(500)).ok();
        let queue = std::iter::from_fn(knock).collect();
        Self { listener, _queue: queue }
    }

    fn url(&self) -> String {
        format!("http://{}", self.listener.local_addr().unwrap())
    }
}

#[test]
fn where_packets_are_dropped_another_intake_takes_over() {
    let mut bench = Bench::new();
    let dropped = Unreachable::new();
    let to = format!("{}#zone=b,{}#zone=a", dropped.url(), bench.centre.url());
    let (_collect, api) = bench.collect(&["--to", &to], &[("NILOMETER_ZONE", "b")]);
    for _ in 0..3 {
        bench.write(100);
        bench.all_there();
    }
    let failovers = metric(&api, "nilometer_collector_failovers_total").unwrap();
    assert!(failovers >= 1.0, "{failovers}");
}

#[test]
fn an_intake_of_the_own_zone_is_preferred_another_takes_over_and_it_is_come_back_to() {
    let mut bench = Bench::new();
    let [far, near] = [(); 2].map(|()| Relay::before(&bench.centre.address()));
    let to = format!("{}#zone=a,{}#zone=b", far.url(), near.url());
    let (_collect, api) = bench.collect(&["--to", &to], &[("NILOMETER_ZONE", "b")]);
    bench.write(100);
    bench.all_there();
    assert_eq!(far.bytes(), 0, "its own zone's is well");

    near.set(Way::Hang);
    bench.write(100);
    bench.all_there();
    assert!(far.bytes() > 0, "the other has taken over");
    let failovers = metric(&api, "nilometer_collector_failovers_total").unwrap();
    assert!(failovers >= 1.0, "{failovers}");

    far.set(Way::Refuse);
    near.set(Way::Refuse);
    bench.write(100);
    until("both fail", DEADLINE, || {
        let waiting = metric(&api, "nilometer_collector_unacknowledged_batches")?;
        (waiting > 0.0).then_some(())
    });
    far.set(Way::Pass);
    bench.all_there();

    near.set(Way::Pass);
    until("the preferred one is asked again", DEADLINE, || {
        let before = near.bytes();
        bench.write(1);
        bench.all_there();
        (near.bytes() > before + 100).then_some(())
    });
}

#[test]
fn an_intake_that_comes_back_while_no_other_is_well_is_found_by_a_probe() {
    let mut bench = Bench::new();
    let relay = Relay::before(&bench.centre.address());
    let (_collect, _) = bench.collect(&["--to", relay.url()], &[]);
    for way in [Way::Refuse, Way::Hang] {
        relay.set(way);
        let before = relay.bytes();
        bench.write(200);
        if way == Way::Hang {
            until("it is tried", DEADLINE, || (relay.bytes() > before).then_some(()));
        }
        relay.set(Way::Pass);
        bench.all_there();
    }
}

/// The node's configuration, with this intake.
fn leads_to(node: &Scratch, relay: &Relay) -> PathBuf {
    node.write("node.toml", &format!("to = [\"{}\"]\n", relay.url()))
}

#[test]
fn another_intake_is_taken_over_from_the_file_at_sighup_and_the_centre_hears_of_the_version() {
    let mut bench = Bench::new();
    let [first, second] = [(); 2].map(|()| Relay::before(&bench.centre.address()));
    let config = leads_to(&bench.node, &first).display().to_string();
    let (collect, _) = bench.collect(&["--config", &config], &[]);
    bench.write(10);
    bench.all_there();
    let version = |centre: &Api| -> Option<String> {
        let nodes = centre.json("/api/v1/nodes");
        Some(nodes["nodes"][0]["config_versions"][0].as_str()?.to_owned())
    };
    let before = until("a heartbeat", DEADLINE, || version(&bench.centre));

    leads_to(&bench.node, &second);
    collect.signal("HUP");
    until("the new version", DEADLINE, || version(&bench.centre).filter(|now| *now != before));
    first.set(Way::Refuse);
    bench.write(10);
    bench.all_there();
    assert!(second.bytes() > 0);
}

#[test]
fn what_a_limit_drops_stands_in_the_ledger_of_the_centre() {
    let mut bench = Bench::new();
    let to = bench.centre.url();
    let limit = [("NILOMETER_LIMIT", "cart 1 lines/s burst 10")];
    let (_collect, api) = bench.collect(&["--to", &to], &limit);
    bench.write(500);
    let ledger = until("the whole file in the ledger", DEADLINE, || {
        let ledger = bench.centre.json("/api/v1/ledger");
        let totals = &ledger["totals"];
        let settled = totals["in_flight"]["records"] == 0 && totals["read"]["records"] == 500;
        settled.then_some(ledger)
    });
    let shed = ledger["totals"]["shed"]["rate_limited"].as_u64().unwrap();
    let there = until("what was kept", DEADLINE, || {
        let there = bench.exported().len() as u64;
        (there + shed >= 500).then_some(there)
    });
    assert_eq!(there + shed, 500, "{ledger}");
    assert!((10..100).contains(&there), "{there} went through");
    let proof = run(&["prove", "--server", &to]);
    assert_eq!(proof.code, 0, "{}{}", proof.out, proof.err);
    assert!(proof.out.contains("rate_limited"), "{}", proof.out);
    let counted = metric(&api, "nilometer_collector_shed_records_total{reason=\"rate_limited\"}");
    assert_eq!(counted, Some(shed as f64));
}
