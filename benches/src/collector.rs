//! The collector alone, in front of a centre that only counts: a backlog of CRI files of containers,
//! parsed, redacted, spooled with fsync and shipped; and what a live node costs on the wire.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::null_centre::{NullCentre, Totals};
use crate::product::Product;
use crate::report::{Outcome, figure, line};

/// Files of the backlog.
const FILES: usize = 20;
/// The backlog, bytes of framed lines.
const BACKLOG_BYTES: u64 = 300_000_000;
/// What a live node writes, bytes per second.
const LIVE_BYTES_PER_S: u64 = 100_000;
/// How long the live node is watched.
const LIVE: Duration = Duration::from_secs(60);
/// How long lines are gathered before they are written, as a runtime does.
const LIVE_TICK: Duration = Duration::from_millis(50);
const POLL: Duration = Duration::from_millis(20);
/// Longest that anything is waited for.
const DEADLINE: Duration = Duration::from_secs(300);

/// A collector on a tree of logs, in front of its null centre.
pub(crate) struct Node {
    pub(crate) centre: NullCentre,
    pub(crate) collector: Product,
}

impl Node {
    pub(crate) async fn start(rootfs: &Path, data: &Path) -> Outcome<Self> {
        let (centre, url) = NullCentre::start().await?;
        let rootfs = rootfs.to_str().ok_or("a path that is not text")?;
        let arguments = ["--to", &url, "--rootfs", rootfs, "--node", "bench"];
        let quiet = ["--otlp-grpc", "none", "--otlp-http", "none"];
        let arguments = [&arguments[..], &quiet].concat();
        Ok(Self { centre, collector: Product::start("collect", data, &arguments).await? })
    }

    /// Waits until as many records came, or the collector says twice that there are no more.
    pub(crate) async fn until_records(&self, records: u64) -> Outcome<Totals> {
        let (begun, said) = (Instant::now(), self.centre.caught_up());
        while begun.elapsed() < DEADLINE {
            let totals = self.centre.totals();
            if totals.read.records >= records || self.centre.caught_up() >= said + 2 {
                return Ok(totals);
            }
            tokio::time::sleep(POLL).await;
        }
        let totals = self.centre.totals();
        Err(format!("waited {DEADLINE:?} for {records} records: {totals:?}").into())
    }
}

/// A container's log file in a tree of logs.
pub(crate) fn log_dir(rootfs: &Path, pod: &str) -> Outcome<PathBuf> {
    let dir = rootfs.join(format!("var/log/pods/bench_{pod}_{pod}-uid/main"));
    fs::create_dir_all(&dir)?;
    Ok(dir)
}

/// The backlog: CPU and bytes on the wire per GB of framed lines.
pub(crate) async fn run(file: &Path) -> Outcome<()> {
    let dirs = tempfile::tempdir()?;
    let rootfs = dirs.path().join("root");
    let (records, bytes) = write_backlog(file, &rootfs)?;
    let begun = Instant::now();
    let node = Node::start(&rootfs, &dirs.path().join("node")).await?;
    let totals = node.until_records(records).await?;
    let wall_s = begun.elapsed().as_secs_f64();
    let (gb, cpu_s) = (bytes as f64 / 1e9, node.collector.cpu_s()?);
    figure("collector: CPU per GB of CRI lines", cpu_s / gb, "s", "<= 6");
    figure("collector: per core", bytes as f64 / 1e6 / cpu_s, "MB/s", ">= 150");
    figure("collector: shipped", bytes as f64 / 1e6 / wall_s, "MB/s", "-");
    figure("collector: wire of raw", share(&totals, bytes), "%", "<= 9");
    figure("collector: peak resident memory", node.collector.rss_peak_mb()?, "MB", "<= 64");
    all_there(&totals, records, bytes)
}

/// A live node: bytes on the wire of what it writes.
pub(crate) async fn live(file: &Path) -> Outcome<()> {
    let dirs = tempfile::tempdir()?;
    let rootfs = dirs.path().join("root");
    let mut logs = Vec::new();
    for number in 0..FILES {
        logs.push(File::create(log_dir(&rootfs, &format!("live-{number}"))?.join("0.log"))?);
    }
    let node = Node::start(&rootfs, &dirs.path().join("node")).await?;
    let mut lines = BufReader::new(File::open(file)?).lines();
    let (mut records, mut bytes) = (0_u64, 0_u64);
    let begun = Instant::now();
    while begun.elapsed() < LIVE {
        let due = (begun.elapsed().as_secs_f64() * LIVE_BYTES_PER_S as f64) as u64;
        while bytes < due {
            let Some(record) = lines.next() else { break };
            let (pod, framed) = framed(&record?)?;
            logs[pod % FILES].write_all(framed.as_bytes())?;
            records += 1;
            bytes += framed.len() as u64;
        }
        tokio::time::sleep(LIVE_TICK).await;
    }
    let totals = node.until_records(records).await?;
    let seconds = LIVE.as_secs_f64();
    figure("live node: wire of raw, 100 kB/s", share(&totals, bytes), "%", "<= 11");
    figure("live node: batches per second", totals.batches as f64 / seconds, "/s", "-");
    figure("live node: CPU", node.collector.cpu_s()? / seconds * 100.0, "% of a core", "-");
    all_there(&totals, records, bytes)
}

fn share(totals: &Totals, bytes: u64) -> f64 {
    totals.wire_bytes as f64 / bytes as f64 * 100.0
}

/// A measurement of a collector that loses or repeats lines is none.
pub(crate) fn all_there(totals: &Totals, records: u64, bytes: u64) -> Outcome<()> {
    let read = totals.read;
    if (read.records, read.bytes, totals.holes, totals.lost) != (records, bytes, 0, 0) {
        return Err(format!("wrote {records} records, {bytes} bytes; came: {totals:?}").into());
    }
    line(&format!("{records} records, none lost, none twice"));
    Ok(())
}

/// Writes records of the NDJSON file into the logs of [`FILES`] containers.
fn write_backlog(file: &Path, rootfs: &Path) -> Outcome<(u64, u64)> {
    let mut logs = Vec::new();
    for number in 0..FILES {
        let log = File::create(log_dir(rootfs, &format!("backlog-{number}"))?.join("0.log"))?;
        logs.push(BufWriter::new(log));
    }
    let (mut records, mut bytes) = (0, 0);
    for record in BufReader::new(File::open(file)?).lines() {
        if bytes >= BACKLOG_BYTES {
            break;
        }
        let (pod, framed) = framed(&record?)?;
        logs[pod % FILES].write_all(framed.as_bytes())?;
        records += 1;
        bytes += framed.len() as u64;
    }
    logs.iter_mut().try_for_each(Write::flush)?;
    Ok((records, bytes))
}

/// A number for the record's pod, and its line as containerd writes it.
pub(crate) fn framed(record: &str) -> Outcome<(usize, String)> {
    let record: Value = serde_json::from_str(record)?;
    let text = |key: &str| record[key].as_str().unwrap_or_default();
    let pod = text("pod").bytes().fold(0_usize, |sum, byte| sum * 31 % 65_521 + usize::from(byte));
    Ok((pod, format!("{} {} F {}\n", text("_time"), stream(&record), text("message"))))
}

fn stream(record: &Value) -> &'static str {
    if record["stream"] == "stderr" { "stderr" } else { "stdout" }
}
