//! What happens to splits after they are sealed: they are merged, expire or make room, and their objects go.
//!
//! ```text
//!   each look:  expire ──> evict ──> merge what is due, one after the other ──> delete what nobody reads ──> purge
//!   each hour:  delete orphans
//! ```
//! Invariants:
//! - a task of its own: the Log is read on and queries are answered meanwhile;
//! - a merge has one thread, which rests as long as it works, and none runs while the disk is nearly full;
//! - what fails is said, counted, and tried again at the next look;
//! - a merge under way is given up at the next block when the process ends.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nilometer_journal::Log;
use nilometer_model::{Clock, Timestamp};
use nilometer_store::{PurgeStep, Removal, Retention, Store, StoreError};
use tokio_util::sync::CancellationToken;

use crate::disk::DiskGauge;
use crate::limits::{BOOKS_EVERY_MS, MERGE_REST_PERCENT, ORPHANS_EVERY_MS, UPKEEP_EVERY_MS};
use crate::metrics;
use crate::purge::LogPurge;

/// How splits are kept.
#[derive(Debug, Clone)]
pub struct UpkeepConfig {
    /// How long data is kept, from its receipt.
    pub retention: Retention,
    /// Most that all objects may take, bytes; none: as much as there is.
    pub disk_budget_bytes: Option<u64>,
    /// How long marks are kept after their last commit; longer than anything else.
    pub books_kept: Duration,
    /// Where the objects lie, for a look at the disk.
    pub data: PathBuf,
}

struct Upkeep {
    store: Arc<Store>,
    purging: LogPurge,
    clock: Arc<dyn Clock>,
    config: UpkeepConfig,
    disk: DiskGauge,
    /// When books were last closed.
    closed_at: Timestamp,
    /// When orphans were last looked for.
    listed_at: Timestamp,
    shutdown: CancellationToken,
}

/// Runs until `shutdown`.
pub async fn keep(
    (store, log): (Arc<Store>, Arc<dyn Log>),
    clock: Arc<dyn Clock>,
    config: UpkeepConfig,
    shutdown: CancellationToken,
) {
    let (disk, never) = (DiskGauge::new(config.data.clone()), Timestamp(i64::MIN));
    let (closed_at, listed_at) = (never, never);
    let purging = LogPurge::new(log);
    let mut upkeep = Upkeep { store, purging, clock, config, disk, closed_at, listed_at, shutdown };
    while !upkeep.shutdown.is_cancelled() {
        upkeep.expire().await;
        upkeep.close_books().await;
        upkeep.evict().await;
        upkeep.look_ahead().await;
        upkeep.merge_all().await;
        upkeep.store.delete_retired().await;
        upkeep.purge_all().await;
        upkeep.delete_orphans().await;
        let tick = tokio::time::sleep(Duration::from_millis(UPKEEP_EVERY_MS));
        tokio::select! {
            () = upkeep.shutdown.cancelled() => {}
            () = tick => {}
        }
    }
}

impl Upkeep {
    async fn expire(&self) {
        match self.store.expire(&self.config.retention, self.clock.now()).await {
            Ok(removed) => metrics::removed(Removal::Retention, removed),
            Err(error) => failed("expire", &error),
        }
    }

    async fn close_books(&mut self) {
        let now = self.clock.now();
        if !is_due(self.closed_at, BOOKS_EVERY_MS, now) {
            return;
        }
        self.closed_at = now;
        match self.store.close_books(before(now, self.config.books_kept), now).await {
            Ok(0) => {}
            Ok(books) => tracing::info!(books, "books of what is long gone were closed"),
            Err(error) => failed("books", &error),
        }
    }

    async fn evict(&self) {
        let Some(budget_bytes) = self.config.disk_budget_bytes else { return };
        match self.store.evict(budget_bytes, self.clock.now()).await {
            Ok(removed) => metrics::removed(Removal::DiskBudget, removed),
            Err(error) => failed("evict", &error),
        }
    }

    async fn look_ahead(&self) {
        let now = self.clock.now();
        let bounds = (self.config.disk_budget_bytes, self.disk.room_bytes().await);
        metrics::outlook(&self.store.look_ahead(&self.config.retention, bounds, now), now);
    }

    async fn merge_all(&self) {
        loop {
            let now = self.clock.now();
            if self.shutdown.is_cancelled() || self.disk.is_low(now).await {
                return;
            }
            let pace = pace(self.shutdown.clone());
            match self.store.compact(&self.config.retention, now, pace).await {
                Ok(Some(merged)) => {
                    tracing::debug!(?merged, "splits were merged");
                    metrics::merged(&merged);
                }
                Ok(None) => return,
                Err(error) => return failed("merge", &error),
            }
        }
    }

    /// A purge goes on also while the disk is nearly full: in the end it frees more than it takes.
    async fn purge_all(&mut self) {
        if let Err(error) = self.purging.look(&self.store).await {
            tracing::error!(%error, "the Log cannot be freed of what is purged; it is tried again");
            metrics::failed("purge");
        }
        while !self.shutdown.is_cancelled() {
            let now = self.clock.now();
            match self.store.purge_step(now, pace(self.shutdown.clone())).await {
                Ok(PurgeStep::Rests) => return,
                Ok(PurgeStep::Split(records)) => metrics::purged(records),
                Ok(PurgeStep::Done(id)) => tracing::info!(purge = %id, "all that it takes is gone"),
                Err(error) => return failed("purge", &error),
            }
        }
    }

    async fn delete_orphans(&mut self) {
        let now = self.clock.now();
        if !is_due(self.listed_at, ORPHANS_EVERY_MS, now) {
            return;
        }
        self.listed_at = now;
        match self.store.delete_orphans(now).await {
            Ok(objects) => metrics::orphans_deleted(objects),
            Err(error) => failed("orphans", &error),
        }
    }
}

fn before(now: Timestamp, age: Duration) -> Timestamp {
    Timestamp(now.0.saturating_sub(i64::try_from(age.as_nanos()).unwrap_or(i64::MAX)))
}

fn is_due(last: Timestamp, every_ms: i64, now: Timestamp) -> bool {
    now.0 >= last.0.saturating_add(every_ms * 1_000_000)
}

fn failed(what: &'static str, error: &StoreError) {
    let source = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(%error, source, what, "upkeep of splits failed; it is tried again");
    metrics::failed(what);
}

/// Between two pieces of a merge: it rests for as long as it worked, so that it takes a bounded share of a core
/// and of the disk; says no once the process ends.
fn pace(shutdown: CancellationToken) -> impl FnMut() -> bool + Send + 'static {
    let mut begun = Instant::now();
    move || {
        let worked = begun.elapsed();
        if !shutdown.is_cancelled() {
            std::thread::sleep(worked * MERGE_REST_PERCENT / 100);
        }
        begun = Instant::now();
        !shutdown.is_cancelled()
    }
}
