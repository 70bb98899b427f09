//! One run: both sides killed, faults in between, files written, drained, and judged.
//!
//! The end of a run is an event: nobody is killed any more, the ledger says that nothing is in flight, and
//! the centre calls the node complete up to a time behind the last line.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use nilometer_tests::{Api, Scratch, binary, port, run, until};
use serde_json::Value;

use super::script::{Script, text};

const WRITE_DEADLINE: Duration = Duration::from_secs(900);
const DRAIN_DEADLINE: Duration = Duration::from_secs(600);
const CHECK_DEADLINE: Duration = Duration::from_secs(180);
const END_DEADLINE: Duration = Duration::from_secs(60);
/// A last line without its newline waits this long to be read, and lost files to be missed.
const LATE: Duration = Duration::from_secs(10);

/// What is to happen; with the seed it says all but the times.
pub(super) struct Plan {
    pub(super) seed: u64,
    /// What the proxy does.
    pub(super) profile: &'static str,
    /// How often each side is killed, and how long it lives, s: at least, at most.
    pub(super) kills: u32,
    pub(super) lives_s: [&'static str; 2],
    /// Each writer's arguments.
    pub(super) writers: &'static [&'static str],
    /// So much must have happened.
    pub(super) lines_min: u64,
    pub(super) rotations_min: u64,
    pub(super) faults_min: u64,
}

impl Plan {
    pub(super) fn run(&self) {
        println!("seed {}, profile {}", self.seed, self.profile);
        let scratch = Scratch::new();
        let (centre, proxied) = (Api::on(port()), Api::on(port()));
        let stop = scratch.join("stop");
        let data = text(&scratch.join("centre"));
        let mut serve =
            self.killed(&scratch, "serve", &["--data", &data, "--listen", &centre.address()]);
        let mut proxy = self.proxy(&scratch, &centre, &proxied);
        let mut collect = self.collect(&scratch, &proxied);
        self.write(&scratch);
        self.drained(&scratch, &centre, [&mut serve, &mut collect]);
        self.check(&scratch, &centre);
        std::fs::write(&stop, "").unwrap();
        // Collectors end first: they hand over what they have, and say goodbye.
        for (side, loop_) in [("collector", &mut collect), ("centre", &mut serve)] {
            let well = loop_.ends(END_DEADLINE);
            println!("{side}: {}", loop_.summary());
            assert!(well, "the {side} crashed or hung: {}", loop_.said());
            assert_eq!(loop_.summary()["kills"], self.kills);
        }
        proxy.end();
        println!("proxy: {}", proxy.summary());
        assert!(proxy.summary()["injected"].as_u64().unwrap() >= self.faults_min);
    }

    fn proxy(&self, scratch: &Scratch, centre: &Api, proxied: &Api) -> Script {
        let (listen, to, seed) = (proxied.address(), centre.address(), self.seed.to_string());
        let arguments =
            ["--listen", &listen, "--to", &to, "--profile", self.profile, "--seed", &seed];
        Script::start(scratch, "faultproxy.py", "proxy", &arguments)
    }

    fn collect(&self, scratch: &Scratch, proxied: &Api) -> Script {
        let node = scratch.join("root/node0");
        let arguments = [
            "--data",
            &text(&scratch.join("collector")),
            "--node",
            "node0",
            "--rootfs",
            &text(&node),
            "--listen",
            &Api::on(port()).address(),
            "--to",
            &proxied.url(),
            "--file",
            &text(&node.join("var/log/app/*.log")),
        ];
        self.killed(scratch, "collect", &arguments)
    }

    /// A role under killloop: killed so many times, then left alone until the stop file is there.
    fn killed(&self, scratch: &Scratch, role: &str, arguments: &[&str]) -> Script {
        let (binary, log) = (text(&binary()), text(&scratch.join(format!("{role}.log"))));
        let (kills, seed) = (self.kills.to_string(), self.seed.to_string());
        let stop = text(&scratch.join("stop"));
        let [shortest, longest] = self.lives_s;
        let mut all =
            vec!["--kills", &kills, "--term-prob", "0", "--min", shortest, "--max", longest];
        all.extend(["--seed", &seed, "--drain", "3600", "--until", &stop, "--out", &log]);
        let kill_log = text(&scratch.join(format!("{role}.kills")));
        all.extend(["--log", &kill_log, "--", &binary, role]);
        all.extend_from_slice(arguments);
        Script::start(scratch, "killloop.py", &format!("{role}.loop"), &all)
    }

    /// All writers at once, each with files and a ledger of its own.
    fn write(&self, scratch: &Scratch) {
        let root = text(&scratch.join("root"));
        let writers = self.writers.iter().zip(0..).map(|(arguments, number)| {
            let ledger = text(&ledger(scratch, number));
            let seed = (self.seed + number).to_string();
            let mut all = vec!["--root", &root, "--ledger", &ledger, "--seed", &seed];
            all.extend(arguments.split_whitespace());
            Script::start(scratch, "logwriter.py", &format!("writer{number}"), &all)
        });
        let (mut lines, mut rotations) = (0, 0);
        for mut writer in writers.collect::<Vec<_>>() {
            assert!(writer.ends(WRITE_DEADLINE), "the writer failed: {}", writer.said());
            let written = writer.summary();
            println!("written: {written}");
            lines += written["lines"].as_u64().unwrap();
            rotations += written["rotations"].as_u64().unwrap();
        }
        assert!(lines >= self.lines_min && rotations >= self.rotations_min, "{lines} {rotations}");
    }

    /// Waits until nobody is killed, nothing is in flight, and all is read that will be.
    fn drained(&self, scratch: &Scratch, centre: &Api, mut sides: [&mut Script; 2]) {
        until("the last kill", WRITE_DEADLINE, || {
            assert!(sides.iter_mut().all(|side| side.running()), "a loop ended early");
            ["serve", "collect"].iter().all(|role| self.is_left_alone(scratch, role)).then_some(())
        });
        let written = Instant::now();
        let mut last = Value::Null;
        until("all of it committed", DRAIN_DEADLINE, || {
            assert!(sides.iter_mut().all(|side| side.running()), "a loop ended early");
            let totals = asked(centre, "/api/v1/ledger?limit=1")?["totals"].clone();
            if totals != last {
                println!("ledger: {totals}");
                last.clone_from(&totals);
            }
            let nodes = asked(centre, "/api/v1/nodes")?;
            let lag = Duration::from_millis(nodes["nodes"][0]["lag_ms"].as_u64()?);
            let idle = totals["in_flight"]["records"].as_u64()? == 0;
            (idle && written.elapsed() > lag + LATE).then_some(())
        });
    }

    /// Whether a role was started once more than it was killed.
    fn is_left_alone(&self, scratch: &Scratch, role: &str) -> bool {
        let log = std::fs::read_to_string(scratch.join(format!("{role}.kills")));
        let starts = log.unwrap_or_default().matches(r#""ev":"start""#).count();
        starts as u64 > u64::from(self.kills)
    }

    fn check(&self, scratch: &Scratch, centre: &Api) {
        let proof = until("a ledger that balances", DRAIN_DEADLINE, || {
            let proof = run(&["prove", "--server", &centre.url(), "--output", "ndjson"]);
            (proof.code == 0).then_some(proof)
        });
        let proof = text(&scratch.write("proof.ndjson", &proof.out));
        let exported = run(&["export", "--server", &centre.url(), "--output", "ndjson"]);
        assert_eq!(exported.code, 0, "{}", exported.err);
        let export = text(&scratch.write("export.ndjson", &exported.out));
        let ledgers: Vec<String> =
            (0..).zip(self.writers).map(|(number, _)| text(&ledger(scratch, number))).collect();
        let mut arguments = vec!["--export", &export, "--proof", &proof, "--time-field", "time"];
        arguments.push("--allow-deleted");
        arguments.extend(ledgers.iter().flat_map(|ledger| ["--ledger", ledger]));
        let mut check = Script::start(scratch, "check.py", "check", &arguments);
        let passed = check.ends(CHECK_DEADLINE);
        println!("{}", check.said());
        assert!(passed, "what was exported is not what was written");
    }
}

fn ledger(scratch: &Scratch, number: u64) -> PathBuf {
    scratch.join(format!("ledger{number}"))
}

/// What the centre answers, if it lives.
fn asked(centre: &Api, path: &str) -> Option<Value> {
    centre.get(path).ok().filter(|answer| answer.status == 200).map(|answer| answer.json())
}
