//! The collector: CRI files of many pods -> parsed, spooled with fsync, shipped.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use serde_json::Value;

use crate::product::Product;
use crate::report::{Outcome, figure};

pub(crate) async fn run(file: &Path) -> Outcome<()> {
    let dirs = tempfile::tempdir()?;
    let rootfs = dirs.path().join("root");
    let (lines, bytes) = write_cri(file, &rootfs)?;
    let centre = Product::start("serve", &dirs.path().join("centre"), &[]).await?;
    let rootfs = rootfs.to_str().ok_or("a path that is not text")?;
    let begun = Instant::now();
    let arguments = ["--to", &centre.url, "--rootfs", rootfs, "--node", "bench"];
    let collector = Product::start("collect", &dirs.path().join("node"), &arguments).await?;
    let read = |ledger: &Value| ledger["totals"]["read"]["records"].as_u64() >= Some(lines);
    centre.until("all read", "/api/v1/ledger", read).await?;
    let wall_s = begun.elapsed().as_secs_f64();
    let gb = bytes as f64 / 1e9;
    figure("collector: CPU per GB of CRI lines", collector.cpu_s()? / gb, "s", "<= 12");
    figure("collector: shipped", bytes as f64 / 1e6 / wall_s, "MB/s", "-");
    figure("collector: peak resident memory", collector.rss_peak_mb()?, "MB", "<= 64 (later)");
    centre.until_committed(lines).await
}

/// Writes each record of the NDJSON file into the log of its pod, as containerd does.
fn write_cri(file: &Path, rootfs: &Path) -> Outcome<(u64, u64)> {
    let mut logs: HashMap<String, BufWriter<File>> = HashMap::new();
    let (mut lines, mut bytes) = (0, 0);
    let mut framed = String::new();
    for line in BufReader::new(File::open(file)?).lines() {
        let record: Value = serde_json::from_str(&line?)?;
        let text = |key: &str| record[key].as_str().unwrap_or_default().to_owned();
        let (pod, component) = (text("pod"), text("component"));
        framed.clear();
        let stream = if record["stream"] == "stderr" { "stderr" } else { "stdout" };
        writeln!(framed, "{} {stream} F {}", text("_time"), text("message"))?;
        let log = match logs.get_mut(&pod) {
            Some(log) => log,
            None => {
                let dir = rootfs.join(format!("var/log/pods/bench_{pod}_{pod}-uid/{component}"));
                fs::create_dir_all(&dir)?;
                let made = BufWriter::new(File::create(dir.join("0.log"))?);
                logs.entry(pod).or_insert(made)
            }
        };
        log.write_all(framed.as_bytes())?;
        lines += 1;
        bytes += framed.len() as u64;
    }
    for log in logs.values_mut() {
        log.flush()?;
    }
    Ok((lines, bytes))
}
