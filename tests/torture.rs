//! Nothing lost, nothing twice, nothing in the wrong place: both sides killed, faults in between.
//!
//! ```text
//!   logwriter ──> files ──> collect (killed) ──> faultproxy ──> serve (killed)
//!        \─ ledger ─────────────────> check.py <── export ──────────/
//! ```
//! Each case is a run of its own on the Python kit in `tests/torture/`. The end of a run is an event: the
//! ledger says that nothing is in flight and as much is committed as was written. Then the export must
//! equal the writer's ledger, and `prove` must balance.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nilometer_tests::{Api, SEED, Scratch, binary, port, repository, run, until, within};
use serde_json::Value;

const KILLS: u32 = 10;
const LINES: u32 = 60_000;
const WRITE_DEADLINE: Duration = Duration::from_secs(180);
const DRAIN_DEADLINE: Duration = Duration::from_secs(180);
/// How long a script may take to end what it started.
const END_DEADLINE: Duration = Duration::from_secs(10);

/// One run.
struct Case {
    profile: &'static str,
    format: &'static str,
    rotate_bytes: u32,
    rotations_min: u64,
    seed: u64,
}

const CONTAINERS: &str = "cri:2,docker:1";

#[test]
fn containers_lose_nothing_and_repeat_nothing_under_mixed_faults() {
    Case {
        profile: "mixed",
        format: CONTAINERS,
        rotate_bytes: 262_144,
        rotations_min: 40,
        seed: SEED,
    }
    .run();
}

#[test]
fn containers_lose_nothing_and_repeat_nothing_when_three_of_ten_answers_are_lost() {
    Case {
        profile: "lostack",
        format: CONTAINERS,
        rotate_bytes: 262_144,
        rotations_min: 40,
        seed: SEED + 1,
    }
    .run();
}

#[test]
fn plain_files_lose_nothing_and_repeat_nothing_under_mixed_faults() {
    Case {
        profile: "mixed",
        format: "raw:1",
        rotate_bytes: 1_000_000_000,
        rotations_min: 0,
        seed: SEED + 2,
    }
    .run();
}

#[test]
fn plain_files_lose_nothing_and_repeat_nothing_when_three_of_ten_answers_are_lost() {
    Case {
        profile: "lostack",
        format: "raw:1",
        rotate_bytes: 1_000_000_000,
        rotations_min: 0,
        seed: SEED + 3,
    }
    .run();
}

impl Case {
    fn run(&self) {
        println!("seed {}, profile {}, format {}", self.seed, self.profile, self.format);
        let scratch = Scratch::new();
        let (centre_port, proxy_port) = (port(), port());
        let centre = Api::on(centre_port);
        let stop = scratch.join("stop");
        let mut serve = self.killed(
            &scratch,
            "serve",
            &stop,
            &["--data", &text(&scratch.join("centre")), "--listen", &centre.address()],
        );
        let mut proxy = script(
            &scratch,
            "faultproxy.py",
            "proxy",
            &[
                "--listen",
                &format!("127.0.0.1:{proxy_port}"),
                "--to",
                &centre.address(),
                "--profile",
                self.profile,
                "--seed",
                &self.seed.to_string(),
            ],
        );
        let node = scratch.join("root/node0");
        let mut collect = self.killed(
            &scratch,
            "collect",
            &stop,
            &[
                "--data",
                &text(&scratch.join("collector")),
                "--node",
                "node0",
                "--rootfs",
                &text(&node),
                "--listen",
                &format!("127.0.0.1:{}", port()),
                "--to",
                &format!("http://127.0.0.1:{proxy_port}"),
                "--file",
                &text(&node.join("var/log/app/*.log")),
            ],
        );
        let written = self.write(&scratch);
        self.drained(&centre, &mut serve, &mut collect, &written);
        self.check(&scratch, &centre);
        std::fs::write(&stop, "").unwrap();
        // Collectors end first: they hand over what they have, and say goodbye.
        assert!(collect.succeeds(), "the collector crashed or hung: {}", collect.said());
        assert!(serve.succeeds(), "the centre crashed or hung: {}", serve.said());
        for side in [&collect, &serve] {
            let summary: Value = serde_json::from_str(&side.said()).unwrap();
            assert_eq!(summary["kills"], KILLS, "{summary}");
        }
        proxy.end();
    }

    /// A role under killloop: killed [`KILLS`] times, then left alone until the stop file is there.
    fn killed(&self, scratch: &Scratch, role: &str, stop: &Path, arguments: &[&str]) -> Script {
        let (binary, log) = (text(&binary()), text(&scratch.join(format!("{role}.log"))));
        let (kills, seed, stop) = (KILLS.to_string(), self.seed.to_string(), text(stop));
        let mut all = vec![
            "--kills",
            &kills,
            "--term-prob",
            "0",
            "--min",
            "0.5",
            "--max",
            "3",
            "--seed",
            &seed,
            "--drain",
            "900",
            "--until",
            &stop,
            "--out",
            &log,
            "--",
            &binary,
            role,
        ];
        all.extend_from_slice(arguments);
        script(scratch, "killloop.py", &format!("{role}.kills"), &all)
    }

    fn write(&self, scratch: &Scratch) -> Value {
        let (root, ledger) = (text(&scratch.join("root")), text(&scratch.join("ledger")));
        let mut writer = script(
            scratch,
            "logwriter.py",
            "writer",
            &[
                "--root",
                &root,
                "--ledger",
                &ledger,
                "--files",
                "10",
                "--keep",
                "1000",
                "--lines",
                &LINES.to_string(),
                "--rate",
                "3000",
                "--format",
                self.format,
                "--rotate-bytes",
                &self.rotate_bytes.to_string(),
                "--seed",
                &self.seed.to_string(),
            ],
        );
        assert!(writer.ends(WRITE_DEADLINE), "the writer failed: {}", writer.said());
        let written: Value = serde_json::from_str(&writer.said()).unwrap();
        println!("written: {written}");
        assert!(written["lines"].as_u64().unwrap() >= 50_000);
        assert!(written["rotations"].as_u64().unwrap() >= self.rotations_min);
        written
    }

    /// Waits until nothing is in flight and as much is committed as was written.
    fn drained(&self, centre: &Api, serve: &mut Script, collect: &mut Script, written: &Value) {
        let lines = written["lines"].as_u64().unwrap();
        let mut last = Value::Null;
        until("all of it committed", DRAIN_DEADLINE, || {
            assert!(serve.running() && collect.running(), "a loop ended early");
            let answer = centre.get("/api/v1/ledger?limit=10000").ok()?;
            if answer.status != 200 {
                return None;
            }
            let totals = answer.json()["totals"].clone();
            if totals != last {
                println!("ledger: {totals}");
                last.clone_from(&totals);
            }
            let records = |term: &str| totals[term]["records"].as_u64();
            (records("in_flight")? == 0 && records("committed")? >= lines).then_some(())
        });
    }

    fn check(&self, scratch: &Scratch, centre: &Api) {
        // Both sides may still be killed now and then: the export must live through that too.
        let exported = run(&["export", "--server", &centre.url(), "--output", "ndjson"]);
        assert_eq!(exported.code, 0, "{}", exported.err);
        let export = scratch.write("export.ndjson", &exported.out);
        let mut check = script(
            scratch,
            "check.py",
            "check",
            &[
                "--ledger",
                &text(&scratch.join("ledger")),
                "--export",
                &text(&export),
                "--time-field",
                "time",
            ],
        );
        let passed = check.ends(WRITE_DEADLINE);
        println!("{}", check.said());
        assert!(passed, "what was exported is not what was written");
        let proof = until("a ledger that balances", DRAIN_DEADLINE, || {
            let proof = run(&["prove", "--server", &centre.url()]);
            (proof.code == 0).then_some(proof)
        });
        println!("{}", proof.out);
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// A script of the kit, running.
struct Script {
    child: Child,
    name: String,
    log: PathBuf,
}

fn script(scratch: &Scratch, name: &str, log: &str, arguments: &[&str]) -> Script {
    let log = scratch.join(format!("{log}.log"));
    let file = std::fs::File::create(&log).unwrap();
    let mut command = Command::new("python3");
    command.arg(repository().join("tests/torture").join(name)).args(arguments);
    command
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("NILOMETER_SEAL_AFTER", "2s")
        .stdin(Stdio::null());
    command.stdout(file.try_clone().unwrap()).stderr(file);
    Script { child: command.spawn().unwrap(), name: name.to_owned(), log }
}

impl Script {
    fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Whether it ends well by itself.
    fn ends(&mut self, deadline: Duration) -> bool {
        until(&format!("end of {}", self.name), deadline, || self.child.try_wait().unwrap())
            .success()
    }

    /// Whether a kill loop whose stop file is there ends well.
    fn succeeds(&mut self) -> bool {
        self.ends(Duration::from_secs(60))
    }

    /// SIGTERM: the kit's scripts take what they started with them.
    fn end(&mut self) {
        if self.running() {
            let _sent = Command::new("kill").arg(self.child.id().to_string()).status();
            if within(END_DEADLINE, || self.child.try_wait().unwrap()).is_none() {
                let _killed = self.child.kill();
                let _reaped = self.child.wait();
            }
        }
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.end();
    }
}
