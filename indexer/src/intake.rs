//! The intake: what is posted becomes an entry of the Log, and only then an answer.
//!
//! Invariant: whose something is, is stamped on it here, and what names another's is turned away.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use nilometer_journal::Log;
use nilometer_model::limits::BATCH_FRAME_BYTES_MAX;
use nilometer_model::{Clock, CollectorId, Epoch, LogPosition, Tenant, Timestamp};
use nilometer_store::{NotOwned, Store, TurnedBack};
use nilometer_wire::{
    Batch, BatchAnswer, FrameError, Freezer, Heartbeat, HeartbeatAnswer, IngestAnswer,
    IngestRequest, Intake, IntakeError, Refusal, Spares,
};
use tokio::sync::Semaphore;

use crate::admit::admit;
use crate::disk::DiskGauge;
use crate::door::Received;
use crate::entry::{Entry, NO_HORIZON};
use crate::handover::Handover;
use crate::index::SHARD;
use crate::ingest::Ingest;
use crate::lanes::is_own_collector;
use crate::limits::{
    BUSY_RETRY_AFTER_S, CLOCK_SET_MIN_NS, DECODING_MAX, FREEZERS_SPARE_MAX, HANDOVER_BYTES_MAX,
    INDEX_LAG_MS_MAX, INGEST_VISIBLE_WAIT_MS, LINGER_MS, LOG_BACKLOG_ENTRIES_MAX,
};
use crate::metrics;

/// What an intake stands on.
pub(crate) struct Parts {
    /// Books to ask, heartbeats to note.
    pub(crate) store: Arc<Store>,
    /// Where batches become durable.
    pub(crate) log: Arc<dyn Log>,
    /// The centre's clock.
    pub(crate) clock: Arc<dyn Clock>,
    /// The name of this host, for records that do not say theirs.
    pub(crate) node: String,
    /// Whoever reads the Log in this process takes from here what was taken apart already.
    pub(crate) handover: Arc<Handover>,
    /// What own batches are frozen with.
    pub(crate) freezers: Spares<Freezer>,
    disk: DiskGauge,
    /// How long marks are kept, ns.
    books_kept_ns: i64,
    /// The last position that the Log gave.
    appended: AtomicU64,
    /// The last append failed.
    log_failed: AtomicBool,
}

/// What an intake needs from its binary.
pub struct IntakeParts {
    /// Books to ask, heartbeats to note.
    pub store: Arc<Store>,
    /// Where batches become durable.
    pub log: Arc<dyn Log>,
    /// The centre's clock.
    pub clock: Arc<dyn Clock>,
    /// The name of this host, for records that do not say theirs.
    pub node: String,
    /// The directory whose disk must not run full.
    pub data: PathBuf,
    /// How long marks are kept after their last commit; what was frozen longer ago is not let in.
    pub books_kept: Duration,
}

/// The centre's intake.
pub struct CentreIntake {
    pub(crate) parts: Arc<Parts>,
    ingest: Ingest,
    pub(crate) received: Received,
    decoding: Semaphore,
    /// An entry of the Log that had not arrived when readiness was asked for, and when that was.
    waited_for: Mutex<Option<(u64, Timestamp)>>,
}

impl std::fmt::Debug for CentreIntake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CentreIntake").field("node", &self.parts.node).finish_non_exhaustive()
    }
}

/// A frame that was looked at: what it says, and what of that is refused.
struct Checked {
    batch: Batch,
    /// See [`Parts::horizon`].
    horizon: Timestamp,
    refused: Vec<Refusal>,
}

impl CentreIntake {
    /// An intake that draws a new epoch for what it is sent itself.
    #[must_use]
    pub fn new(parts: IntakeParts) -> Self {
        let IntakeParts { store, log, clock, node, data, books_kept } = parts;
        let books_kept_ns = i64::try_from(books_kept.as_nanos()).unwrap_or(i64::MAX);
        let appended = AtomicU64::new(store.arrived().0);
        let disk = DiskGauge::new(data);
        let log_failed = AtomicBool::new(false);
        let handover = Arc::new(Handover::new(HANDOVER_BYTES_MAX));
        let freezers = Spares::new(FREEZERS_SPARE_MAX);
        let parts = Arc::new(Parts {
            store,
            log,
            clock,
            node,
            handover,
            freezers,
            disk,
            books_kept_ns,
            appended,
            log_failed,
        });
        let ingest = Ingest::new(Arc::clone(&parts));
        let received = Received::new(Arc::clone(&parts));
        let decoding = Semaphore::new(DECODING_MAX);
        Self { parts, ingest, received, decoding, waited_for: Mutex::new(None) }
    }

    /// What the index of this process reads, and need not decode again.
    #[must_use]
    pub fn handover(&self) -> Arc<Handover> {
        Arc::clone(&self.parts.handover)
    }

    /// Why the centre is not ready to take more in; empty when it is.
    #[must_use]
    pub fn reasons(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        if self.parts.disk.was_low() {
            reasons.push("the disk is below its low-water mark".to_owned());
        }
        if self.parts.log_failed.load(Ordering::Relaxed) {
            reasons
                .push("the Log takes nothing; after a failed fsync it needs a restart".to_owned());
        }
        let mut waited_for = self.waited_for.lock().unwrap_or_else(PoisonError::into_inner);
        let (now, arrived) = (self.parts.clock.now(), self.parts.store.arrived().0);
        let appended = self.parts.appended.load(Ordering::Relaxed);
        *waited_for = waited_for.filter(|(entry, _)| *entry > arrived);
        if let Some((_, since)) = *waited_for {
            if now.ms_since(since) > INDEX_LAG_MS_MAX {
                reasons
                    .push(format!("the index is more than {INDEX_LAG_MS_MAX} ms behind the Log"));
            }
        } else if appended > arrived {
            *waited_for = Some((appended, now));
        }
        reasons
    }

    async fn check(&self, tenant: &Tenant, frame: Bytes) -> Result<Checked, IntakeError> {
        let permit = self.decoding.acquire().await;
        let (parts, tenant) = (Arc::clone(&self.parts), tenant.clone());
        let check = move || check_frame(&parts, &tenant, &frame);
        let checked = tokio::task::spawn_blocking(check).await;
        drop(permit);
        checked.map_err(|_| unavailable("the batch broke its decoder"))?
    }
}

#[async_trait]
impl Intake for CentreIntake {
    async fn batch(&self, tenant: &Tenant, frame: Bytes) -> Result<BatchAnswer, IntakeError> {
        self.parts.has_room().await?;
        let Checked { batch, horizon, refused } = self.check(tenant, frame.clone()).await?;
        let (id, records) = (batch.header.batch, batch.items.len());
        self.parts.not_a_copy(id.collector, id.epoch)?;
        self.parts.append(tenant, horizon, frame.clone(), batch).await?;
        metrics::batch_durable(records, frame.len(), refused.len());
        fail::fail_point!("intake::before_answer", |_| std::process::abort());
        Ok(BatchAnswer {
            pipeline: self.parts.store.pipeline(),
            log: self.parts.log.id(),
            batch: id,
            durable: true,
            committed_to: self.parts.store.committed_to(tenant, id.collector),
            refused,
            linger_ms: LINGER_MS,
        })
    }

    async fn heartbeat(
        &self,
        tenant: &Tenant,
        heartbeat: Heartbeat,
    ) -> Result<HeartbeatAnswer, IntakeError> {
        not_ours(&self.parts.store, heartbeat.collector)?;
        let heard = self.parts.store.hear(tenant, &heartbeat, self.parts.clock.now());
        let resync = heard.map_err(forbidden)?;
        self.parts.not_a_copy(heartbeat.collector, heartbeat.epoch)?;
        Ok(HeartbeatAnswer {
            pipeline: self.parts.store.pipeline(),
            log: self.parts.log.id(),
            committed_to: self.parts.store.committed_to(tenant, heartbeat.collector),
            linger_ms: LINGER_MS,
            resync,
        })
    }

    async fn ingest(&self, request: IngestRequest) -> Result<IngestAnswer, IntakeError> {
        self.parts.has_room().await?;
        self.ingest.take(request).await
    }
}

impl Parts {
    /// Appends a tenant's frame, which says what `batch` does; returns once it is durable.
    pub(crate) async fn append(
        &self,
        tenant: &Tenant,
        horizon: Timestamp,
        frame: Bytes,
        batch: Batch,
    ) -> Result<LogPosition, IntakeError> {
        let (received, tenant) = (self.clock.now(), tenant.clone());
        let entry = Entry { received, tenant, horizon, frame: &frame };
        let offer = self.handover.offer(frame.clone(), batch);
        let appended = self.log.append(SHARD, vec![entry.encode()]).await;
        self.log_failed.store(appended.is_err(), Ordering::Relaxed);
        let appended = appended.map_err(|error| {
            tracing::error!(%error, "the Log took nothing");
            metrics::turned_back("log");
            unavailable(&format!("the Log failed: {error}"))
        })?;
        let Some((position, _durable)) = appended.into_iter().next() else {
            return Err(unavailable("the Log did not say where the batch stands"));
        };
        offer.stands();
        self.appended.fetch_max(position.0, Ordering::Relaxed);
        Ok(position)
    }

    /// What the collector froze before is older than its marks can be, by its own clock. Nothing is, as long as it is
    /// not known how that goes.
    fn horizon(&self, collector: CollectorId) -> Timestamp {
        let Some(offset_ns) = self.store.clock_offset_ns(collector) else { return NO_HORIZON };
        self.clock.now().plus_ns(-self.books_kept_ns).plus_ns(-offset_ns)
    }

    /// Whoever sent something and then asks for it shall find it; an index that is behind is not waited for
    /// long.
    pub(crate) async fn see(&self, position: LogPosition) {
        let visible = self.store.until_visible(position);
        let wait = Duration::from_millis(INGEST_VISIBLE_WAIT_MS);
        let _late = tokio::time::timeout(wait, visible).await;
    }

    /// What a copy of a data directory reads has the names of what its owner reads: it is not let in.
    fn not_a_copy(&self, collector: CollectorId, epoch: Epoch) -> Result<(), IntakeError> {
        if !self.store.is_copy(collector, epoch, self.clock.now()) {
            return Ok(());
        }
        metrics::turned_back("copy");
        Err(IntakeError::Copied)
    }

    /// Turns senders back while the index is far behind or the disk is nearly full.
    pub(crate) async fn has_room(&self) -> Result<(), IntakeError> {
        if self.disk.is_low(self.clock.now()).await {
            metrics::turned_back("disk");
            return Err(unavailable("the disk is nearly full"));
        }
        let appended = self.appended.load(Ordering::Relaxed);
        let backlog = appended.saturating_sub(self.store.arrived().0);
        metrics::backlog(backlog);
        if backlog > LOG_BACKLOG_ENTRIES_MAX {
            metrics::turned_back("backlog");
            return Err(IntakeError::Busy { retry_after_s: BUSY_RETRY_AFTER_S });
        }
        Ok(())
    }
}

fn check_frame(parts: &Parts, tenant: &Tenant, frame: &[u8]) -> Result<Checked, IntakeError> {
    let store = &parts.store;
    let batch = nilometer_wire::decode(frame).map_err(|error| frame_error(&error, frame.len()))?;
    not_ours(store, batch.header.batch.collector)?;
    store.accepts(tenant, &batch.header).map_err(|error| match error {
        TurnedBack::Holes(_) => {
            metrics::turned_back("holes");
            IntakeError::Busy { retry_after_s: BUSY_RETRY_AFTER_S }
        }
        TurnedBack::NotOwned(error) => forbidden(error),
    })?;
    let is_clock_set = batch.header.frozen_at.0 >= CLOCK_SET_MIN_NS;
    let horizon =
        if is_clock_set { parts.horizon(batch.header.batch.collector) } else { NO_HORIZON };
    let refused = admit(&batch, horizon);
    Ok(Checked { batch, horizon, refused })
}

fn frame_error(error: &FrameError, bytes: usize) -> IntakeError {
    match error {
        FrameError::TooLarge { .. } => {
            IntakeError::TooLarge { bytes: bytes as u64, limit_bytes: BATCH_FRAME_BYTES_MAX as u64 }
        }
        other => IntakeError::Damaged(other.to_string()),
    }
}

pub(crate) fn unavailable(reason: &str) -> IntakeError {
    IntakeError::Unavailable { reason: reason.to_owned(), retry_after_s: BUSY_RETRY_AFTER_S }
}

/// Nobody speaks as the intake itself.
fn not_ours(store: &Store, collector: CollectorId) -> Result<(), IntakeError> {
    if is_own_collector(store.pipeline(), collector) { Err(forbidden(NotOwned)) } else { Ok(()) }
}

pub(crate) fn forbidden(error: NotOwned) -> IntakeError {
    metrics::turned_back("owner");
    IntakeError::Forbidden(error.to_string())
}

#[cfg(test)]
mod tests;
