//! What the centre or the spool had and lost, while files still hold it: each line is there once, afterwards.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nilometer_tests::{Api, Process, Scratch, command, port, run, until};
use serde_json::Value;

const DEADLINE: Duration = Duration::from_secs(60);
const LOG: &str = "root/var/log/pods/shop_cart-6d5f7c9b8-x2k4p_uid/cart/0.log";

/// A centre that comes back at the same address, a node beside it, and how many lines that has written.
struct Bench {
    address: String,
    centre: Scratch,
    node: Scratch,
    lines: u32,
}

impl Bench {
    fn new() -> Self {
        let node = Scratch::new();
        node.write(LOG, "");
        let address = format!("127.0.0.1:{}", port());
        Self { address, centre: Scratch::new(), node, lines: 0 }
    }

    fn api(&self) -> Api {
        Api::on(self.address.rsplit_once(':').unwrap().1.parse().unwrap())
    }

    fn serve(&self) -> Process {
        let data = self.centre.join("data").display().to_string();
        let mut serve = command(&["serve", "--data", &data, "--listen", &self.address]);
        serve.env("NILOMETER_OTLP_GRPC", "none").env("NILOMETER_OTLP_HTTP", "none");
        // What the ledger calls committed is in a split, and the collector lets go of it soon.
        serve.env("NILOMETER_SEAL_AFTER", "1s");
        let mut serve = Process::spawn(serve, &self.centre.join("serve.log"));
        serve.ready(&self.api());
        serve
    }

    fn collect(&self) -> (Process, Api) {
        let (root, to) = (self.node.join("root").display().to_string(), self.api().url());
        let arguments = ["--node", "node0", "--rootfs", &root, "--to", &to];
        Process::start("collect", &self.node, &arguments, &[])
    }

    /// Writes lines of a container, each with a number of its own.
    fn write(&mut self, lines: u32) {
        let mut log = File::options().append(true).open(self.node.join(LOG)).unwrap();
        for n in self.lines..self.lines + lines {
            writeln!(log, "2026-01-01T00:00:00.{n:09}Z stdout F line {n}").unwrap();
        }
        self.lines += lines;
    }

    /// Waits until every line that was written is there; it is, once, and in order, and the ledger balances.
    #[track_caller]
    fn all_there(&self) -> String {
        let exported = || -> Option<Vec<String>> {
            let found = self.api().get("/api/v1/export").ok()?.text();
            let message = |line: &str| {
                let record: Value = serde_json::from_str(line).unwrap();
                record["message"].as_str().unwrap().to_owned()
            };
            Some(found.lines().map(message).collect())
        };
        let expect: Vec<String> = (0..self.lines).map(|n| format!("line {n}")).collect();
        until("every line", DEADLINE, || (exported()?.len() >= expect.len()).then_some(()));
        assert_eq!(exported().unwrap(), expect);
        let proof = until("a balance", DEADLINE, || {
            let proof = run(&["prove", "--server", &self.api().url()]);
            (proof.code == 0).then_some(proof)
        });
        proof.out
    }
}

/// Waits until something was let go of, and nothing of it waits in the spool any more.
fn let_go(collector: &Api) {
    until("an empty spool", DEADLINE, || {
        let text = collector.get("/metrics").ok()?.text();
        let spooled = |line: &&str| line.starts_with("nilometer_collector_spooled_batches ");
        text.lines().find(spooled)?.ends_with(" 0").then_some(())
    });
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").args([from, to]).status().unwrap();
    assert!(copied.success());
}

/// All segments of journals below a directory.
fn segments(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let below = |path: PathBuf| if path.is_dir() { segments(&path) } else { vec![path] };
    let files = entries.flat_map(below);
    files.filter(|path| path.extension().is_some_and(|end| end == "seg")).collect()
}

#[test]
fn what_a_restored_backup_of_the_centre_lacks_is_read_again() {
    let mut bench = Bench::new();
    let (data, backup) = (bench.centre.join("data"), bench.centre.join("backup"));
    let serve = bench.serve();
    let (_collect, collector) = bench.collect();
    bench.write(100);
    bench.all_there();
    let_go(&collector);
    serve.stop();
    copy(&data, &backup);

    let serve = bench.serve();
    bench.write(100);
    bench.all_there();
    let_go(&collector);
    serve.stop();

    fs::remove_dir_all(&data).unwrap();
    copy(&backup, &data);
    let _serve = bench.serve();
    bench.write(1);
    bench.all_there();
}

#[test]
fn what_a_flipped_byte_of_the_spool_took_is_read_again() {
    let mut bench = Bench::new();
    let serve = bench.serve();
    let (collect, collector) = bench.collect();
    bench.write(100);
    bench.all_there();
    serve.stop();
    for round in 0..3 {
        bench.write(100);
        until("more batches in the spool", DEADLINE, || {
            let text = collector.get("/metrics").ok()?.text();
            let waiting = "nilometer_collector_unacknowledged_batches ";
            let waiting = text.lines().find_map(|line| line.strip_prefix(waiting))?;
            (waiting.parse::<f64>().ok()? > f64::from(round)).then_some(())
        });
    }
    collect.stop();
    let mut segments = segments(&bench.node.join("data"));
    segments.sort_by_key(|path| fs::metadata(path).unwrap().len());
    let segment = segments.last().unwrap();
    let mut bytes = fs::read(segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(segment, bytes).unwrap();

    let _serve = bench.serve();
    let (_collect, _) = bench.collect();
    let proof = bench.all_there();
    assert!(!proof.contains("cart"), "nothing of the file is lost: {proof}");
}
