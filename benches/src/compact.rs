//! Merging splits of records, by the store's own plan: CPU, disk, memory.
//!
//! The splits are made as `records` makes them, into files. A process of its own then opens a store on them and
//! merges what is due after the close of the day; its CPU time and its memory are those of the merges, and of
//! nothing else.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use nilometer_model::{LogId, Revision, Tenant, Timestamp};
use nilometer_store::records::Builder;
use nilometer_store::{
    Commit, Meta, Retention, SimMeta, SplitId, SplitMeta, SplitOrigin, Store, object_path,
};
use object_store::local::LocalFileSystem;
use object_store::{ObjectStore, ObjectStoreExt};
use rustix::time::{ClockId, clock_gettime};

use crate::records::Seals;
use crate::report::{Outcome, figure};

/// What Meta would say of the splits, beside them.
const METAS: &str = "metas.json";

pub(crate) async fn run(file: &Path) -> Outcome<()> {
    let text = std::fs::read(file)?;
    let dir = tempfile::tempdir()?;
    let objects = LocalFileSystem::new_with_prefix(dir.path())?;
    let (mut builder, mut metas) = (Builder::new()?, Vec::new());
    for chunks in Seals::of(&text) {
        let id = SplitId(uuid::Uuid::from_u128(metas.len() as u128));
        let (meta, bytes) = builder.build(id, &chunks?, SplitOrigin::default())?;
        objects.put(&object_path(id), bytes.into()).await?;
        metas.push(meta);
    }
    std::fs::write(dir.path().join(METAS), serde_json::to_vec(&metas)?)?;
    let mut merges = Command::new(std::env::current_exe()?);
    let merges = merges.arg("merge").arg(dir.path()).arg(text.len().to_string()).status()?;
    if merges.success() { Ok(()) } else { Err("the merges failed".into()) }
}

/// In a process of its own: merges what lies in the directory, made of so many bytes of NDJSON.
pub(crate) async fn merge(dir: &Path, raw: usize) -> Outcome<()> {
    let metas: Vec<SplitMeta> = serde_json::from_slice(&std::fs::read(dir.join(METAS))?)?;
    let meta = Arc::new(SimMeta::default());
    meta.commit(0, Revision(0), &Commit { add: metas, ..Commit::default() }).await?;
    let objects: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new_with_prefix(dir)?);
    let store = Store::open(meta, objects, LogId::default()).await?;
    let before = cpu_now();
    let retention = Retention::of_all(Duration::MAX);
    while store.compact(&retention, Timestamp(i64::MAX), || true).await?.is_some() {}
    let (cpu_s, raw) = (cpu_now() - before, raw as f64);
    let splits = store.snapshot(&Tenant::default()).splits;
    let disk: u64 = splits.iter().map(|split| split.meta().bytes).sum();
    figure("compact: CPU per GB of NDJSON", cpu_s * 1e9 / raw, "s", "<= 4");
    figure("compact: merged splits of raw", 100.0 * disk as f64 / raw, "%", "<= 4.5");
    figure("compact: peak resident memory", rss_peak_mb()?, "MB", "<= 256");
    for split in &splits {
        split.verify().await?;
    }
    Ok(())
}

/// CPU seconds of this process.
fn cpu_now() -> f64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}

fn rss_peak_mb() -> Outcome<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: f64 = line.and_then(|l| l.split_whitespace().next()).ok_or("no VmHWM")?.parse()?;
    Ok(kib * 1_024.0 / 1e6)
}
