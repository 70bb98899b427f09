//! A log that is renamed while it is written fast, a few old files kept: does any line get lost?

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::collector::{Node, all_there, framed, log_dir};
use crate::report::{Outcome, figure};

/// Rotated files that the runtime keeps.
const KEPT: usize = 5;
/// How long is written.
const WRITING: Duration = Duration::from_secs(20);
/// Lines that are written over and over.
const LINES: usize = 20_000;
/// Where a line's time of day stands.
const TIME: Range<usize> = 11..29;
/// Written at once, bytes.
const CHUNK_BYTES: usize = 64 << 10;

pub(crate) async fn run(file: &Path) -> Outcome<()> {
    let chunks = chunks(file)?;
    for (mb_per_s, rotate_mb) in [(20, 1), (100, 10)] {
        measure(&chunks, mb_per_s, rotate_mb).await?;
    }
    Ok(())
}

async fn measure(chunks: &[(u64, Vec<u8>)], mb_per_s: u64, rotate_mb: u64) -> Outcome<()> {
    let dirs = tempfile::tempdir()?;
    let rootfs = dirs.path().join("root");
    let log = Log::create(log_dir(&rootfs, "fast")?, rotate_mb * 1_000_000)?;
    let node = Node::start(&rootfs, &dirs.path().join("node")).await?;
    let chunks = chunks.to_vec();
    let writer = tokio::task::spawn_blocking(move || log.write(&chunks, mb_per_s * 1_000_000));
    let written = writer.await??;
    let name = format!("rotation at {mb_per_s} MB/s");
    let per_s = written.bytes as f64 / 1e6 / written.seconds;
    figure(&format!("{name}: written"), per_s, "MB/s", "-");
    figure(&format!("{name}: files"), written.rotations as f64, "", "-");
    let totals = node.until_records(written.records).await?;
    let lost = written.records.saturating_sub(totals.read.records);
    figure(&format!("{name}: lost"), share_of(lost, written.records), "%", "0");
    let gb = written.bytes as f64 / 1e9;
    figure(&format!("{name}: CPU per GB"), node.collector.cpu_s()? / gb, "s", "-");
    all_there(&totals, written.records, written.bytes)
}

fn share_of(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64 * 100.0
}

#[derive(Debug, Default)]
struct Written {
    records: u64,
    bytes: u64,
    rotations: u64,
    seconds: f64,
}

/// A container's log as the kubelet rotates it: renamed to its date, the oldest removed.
struct Log {
    dir: PathBuf,
    file: File,
    size: u64,
    rotate_bytes: u64,
    old: Vec<PathBuf>,
}

impl Log {
    fn create(dir: PathBuf, rotate_bytes: u64) -> Outcome<Self> {
        let file = File::create(dir.join("0.log"))?;
        Ok(Self { dir, file, size: 0, rotate_bytes, old: Vec::new() })
    }

    fn write(mut self, chunks: &[(u64, Vec<u8>)], bytes_per_s: u64) -> Outcome<Written> {
        let mut written = Written::default();
        let begun = Instant::now();
        for (number, (records, chunk)) in (0..).zip(chunks.iter().cycle()) {
            if begun.elapsed() >= WRITING {
                break;
            }
            self.write_chunk(number, chunk)?;
            self.size += chunk.len() as u64;
            written.records += records;
            written.bytes += chunk.len() as u64;
            if self.size >= self.rotate_bytes {
                written.rotations += 1;
                self.rotate(written.rotations)?;
            }
            let due = Duration::from_secs_f64(written.bytes as f64 / bytes_per_s as f64);
            std::thread::sleep(due.saturating_sub(begun.elapsed()));
        }
        written.seconds = begun.elapsed().as_secs_f64();
        Ok(written)
    }

    /// A file is known by its first line, whose time no runtime writes twice.
    fn write_chunk(&mut self, number: u32, chunk: &[u8]) -> Outcome<()> {
        let (s, ns) = (number / 1_000, number % 1_000 * 1_000_000);
        let time = format!("{:02}:{:02}:{:02}.{ns:09}", s / 3_600, s / 60 % 60, s % 60);
        self.file.write_all(&chunk[..TIME.start])?;
        self.file.write_all(time.as_bytes())?;
        Ok(self.file.write_all(&chunk[TIME.end..])?)
    }

    fn rotate(&mut self, number: u64) -> Outcome<()> {
        let old = self.dir.join(format!("0.log.20260101-{number:06}"));
        fs::rename(self.dir.join("0.log"), &old)?;
        self.old.push(old);
        self.file = File::create(self.dir.join("0.log"))?;
        self.size = 0;
        if self.old.len() > KEPT {
            fs::remove_file(self.old.remove(0))?;
        }
        Ok(())
    }
}

/// Lines of the NDJSON file as containerd writes them, in pieces with their number of lines.
fn chunks(file: &Path) -> Outcome<Vec<(u64, Vec<u8>)>> {
    let (mut chunks, mut chunk, mut records) = (Vec::new(), Vec::new(), 0);
    for record in BufReader::new(File::open(file)?).lines().take(LINES) {
        chunk.extend_from_slice(framed(&record?)?.1.as_bytes());
        records += 1;
        if chunk.len() >= CHUNK_BYTES {
            chunks.push((std::mem::take(&mut records), std::mem::take(&mut chunk)));
        }
    }
    Ok(chunks)
}
