//! A node with very many containers: what ten thousand files cost at rest, and while all of them speak.

use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use crate::collector::{Node, all_there, log_dir};
use crate::report::{Outcome, figure};

const FILES: usize = 10_000;
/// Lines per second, over all files.
const LINES_PER_S: u64 = 20_000;
/// How long the files speak, and how long they are silent.
const WATCHED: Duration = Duration::from_secs(20);
const TICK: Duration = Duration::from_millis(50);

pub(crate) async fn run() -> Outcome<()> {
    let dirs = tempfile::tempdir()?;
    let rootfs = dirs.path().join("root");
    let mut logs = Vec::with_capacity(FILES);
    let (mut records, mut bytes) = (0, 0);
    for number in 0..FILES {
        let dir = log_dir(&rootfs, &format!("app-{number}"))?;
        let mut log = File::options().create(true).append(true).open(dir.join("0.log"))?;
        bytes += write(&mut log, number as u64)?;
        records += 1;
        logs.push(dir.join("0.log"));
    }
    let node = Node::start(&rootfs, &dirs.path().join("node")).await?;
    node.until_records(records).await?;
    let before = node.collector.cpu_s()?;
    tokio::time::sleep(WATCHED).await;
    let share = (node.collector.cpu_s()? - before) / WATCHED.as_secs_f64() * 100.0;
    figure("10,000 files at rest: CPU", share, "% of a core", "<= 2");

    let (before, begun) = (node.collector.cpu_s()?, Instant::now());
    let silent = records;
    while begun.elapsed() < WATCHED {
        let due = (begun.elapsed().as_secs_f64() * LINES_PER_S as f64) as u64;
        while records - silent < due {
            let path = &logs[(records * 7_919) as usize % FILES];
            let mut log = File::options().append(true).open(path)?;
            bytes += write(&mut log, records)?;
            records += 1;
        }
        tokio::time::sleep(TICK).await;
    }
    let totals = node.until_records(records).await?;
    let (seconds, cpu_s) = (begun.elapsed().as_secs_f64(), node.collector.cpu_s()? - before);
    figure("10,000 files at 20,000 lines/s: CPU", cpu_s / seconds, "cores", "<= 1");
    let rss = node.collector.rss_peak_mb()?;
    figure("10,000 files at 20,000 lines/s: peak resident memory", rss, "MB", "<= 157");
    all_there(&totals, records, bytes)
}

/// One line; gives its bytes.
fn write(log: &mut File, number: u64) -> Outcome<u64> {
    let seconds = number % 60;
    let line = format!(
        "2026-01-01T00:00:{seconds:02}.{number:09}Z stdout F request {number} served in {} ms for user {}\n",
        number % 977,
        number % 10_007
    );
    log.write_all(line.as_bytes())?;
    Ok(line.len() as u64)
}
