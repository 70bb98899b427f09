//! The index loop: Log -> books and buffer -> split -> commit, in one task that a reader can follow.
//!
//! ```text
//!   read behind what arrived ──> arrive (visible) ──┐
//!        ^                                          │ 64 MiB, age, shutdown
//!        └────────── trim the Log <── publish <── cut
//! ```
//! Invariants:
//! - one seal at a time; the Log is read on while it runs, up to twice the buffer;
//! - the Log is trimmed only behind a commit;
//! - a failed seal loses nothing: the rows stay buffered and are cut again;
//! - a batch that is not let in is counted and said, and its collector, which is not told that it is in a
//!   split, keeps it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use nilometer_journal::{Log, LogError};
use nilometer_model::{Clock, LogPosition, Timestamp};
use nilometer_store::limits::BUFFER_BYTES_MAX;
use nilometer_store::{Arrival, Store, StoreError};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::entry::Entry;
use crate::limits::{INDEX_TICK_MS, LOG_READ_BYTES, SEAL_RETRY_MS};
use crate::metrics;

/// The one shard of the embedded form.
pub(crate) const SHARD: u32 = 0;

/// How the loop is set.
#[derive(Debug, Clone, Copy)]
pub struct IndexConfig {
    /// Buffered rows at which a seal begins, bytes.
    pub seal_bytes: usize,
    /// Age of the oldest uncommitted batch at which a seal begins.
    pub seal_after: Duration,
}

/// What the loop works on.
struct Index {
    store: Arc<Store>,
    log: Arc<dyn Log>,
    clock: Arc<dyn Clock>,
    config: IndexConfig,
    /// When the oldest uncommitted batch arrived.
    oldest: Option<Timestamp>,
    /// No seal before this: the last one failed.
    not_before: Timestamp,
    seal: Option<JoinHandle<Result<LogPosition, StoreError>>>,
}

/// Runs until `shutdown`, then seals what is buffered and returns.
///
/// # Errors
/// When the Log cannot be read any more.
pub async fn run(
    store: Arc<Store>,
    log: Arc<dyn Log>,
    clock: Arc<dyn Clock>,
    config: IndexConfig,
    shutdown: CancellationToken,
) -> Result<(), LogError> {
    let mut index = Index {
        store,
        log,
        clock,
        config,
        oldest: None,
        not_before: Timestamp(i64::MIN),
        seal: None,
    };
    while !shutdown.is_cancelled() {
        let caught_up = index.read_on().await?;
        index.finish_seal(false).await;
        index.begin_seal();
        if caught_up {
            index.wait(&shutdown).await;
        }
    }
    index.seal_all().await
}

impl Index {
    /// Takes what the Log holds behind what has arrived; returns whether that was all.
    async fn read_on(&mut self) -> Result<bool, LogError> {
        let (bytes, _) = self.store.buffered_bytes();
        if bytes >= BUFFER_BYTES_MAX {
            return Ok(true);
        }
        let entries = self.log.read(SHARD, self.store.arrived(), LOG_READ_BYTES).await?;
        let caught_up = entries.is_empty();
        for (position, entry) in entries {
            self.take(position, entry).await;
        }
        metrics::buffered(bytes);
        Ok(caught_up)
    }

    /// Takes one entry. One that cannot be read was checked before it was acknowledged: its disk is bad.
    async fn take(&mut self, position: LogPosition, entry: Bytes) {
        let read = move || Entry::decode(&entry).and_then(|entry| entry.arrival(position));
        let arrival = tokio::task::spawn_blocking(read).await;
        match arrival {
            Ok(Ok(arrival)) => self.arrive(arrival).await,
            Ok(Err(error)) => self.pass_over(position, &error),
            Err(error) => self.pass_over(position, &error),
        }
        fail::fail_point!("index::after_arrive", |_| std::process::abort());
    }

    /// The Log is read on behind it, as it is behind every entry that has arrived.
    fn pass_over(&self, position: LogPosition, error: &dyn std::error::Error) {
        tracing::error!(%error, %position, "an entry of the Log cannot be read");
        metrics::failed("entry");
        self.store.pass_over(position);
    }

    async fn arrive(&mut self, arrival: Arrival) {
        let batch = arrival.batch.header.batch;
        match self.store.arrive(arrival).await {
            Ok(entered) => metrics::indexed(entered.rows, entered.duplicates),
            Err(error) => {
                tracing::error!(%error, %batch, "a batch is not let in; its collector keeps it");
                metrics::failed("owner");
            }
        }
        self.oldest.get_or_insert(self.clock.now());
    }

    /// Takes in the seal under way if it is done, or, with `wait`, when it is.
    async fn finish_seal(&mut self, wait: bool) {
        let Some(seal) = self.seal.take_if(|seal| wait || seal.is_finished()) else { return };
        match seal.await {
            Ok(Ok(to)) => {
                if let Err(error) = self.log.trim(SHARD, to).await {
                    tracing::warn!(%error, "the Log could not be trimmed");
                }
            }
            Ok(Err(error)) => self.seal_failed(&error),
            Err(error) => self.seal_failed(&error),
        }
    }

    fn seal_failed(&mut self, error: &dyn std::error::Error) {
        let source = error.source().map(ToString::to_string);
        tracing::error!(%error, source, "a seal failed; what it took stays buffered");
        metrics::failed("seal");
        let now = self.clock.now();
        self.not_before = now.plus_ns(SEAL_RETRY_MS * 1_000_000);
        self.oldest.get_or_insert(now);
    }

    fn begin_seal(&mut self) {
        let now = self.clock.now();
        let (_, unsealed) = self.store.buffered_bytes();
        let age = i64::try_from(self.config.seal_after.as_nanos()).unwrap_or(i64::MAX);
        let old = self.oldest.is_some_and(|oldest| now.0.saturating_sub(oldest.0) >= age);
        if self.seal.is_some()
            || now < self.not_before
            || !(old || unsealed >= self.config.seal_bytes || self.store.wants_seal())
        {
            return;
        }
        self.oldest = None;
        metrics::sealed(unsealed);
        self.seal = Some(self.publish(now));
    }

    /// What is buffered now becomes splits, beside the loop.
    fn publish(&self, now: Timestamp) -> JoinHandle<Result<LogPosition, StoreError>> {
        let (_, unsealed) = self.store.buffered_bytes();
        let store = Arc::clone(&self.store);
        let cut = store.cut(now);
        let span = tracing::info_span!("seal", buffer_bytes = unsealed);
        tokio::spawn(async move { store.publish(cut).await }.instrument(span))
    }

    /// Until the Log grows, the clock wants looking at, or it is over.
    async fn wait(&self, shutdown: &CancellationToken) {
        let tick = Duration::from_millis(INDEX_TICK_MS);
        let (bytes, _) = self.store.buffered_bytes();
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(tick) => {}
            _ = self.log.grown(SHARD, self.store.arrived()), if bytes < BUFFER_BYTES_MAX => {}
        }
    }

    /// The ordered end: everything durable is made true, so that the next start has nothing to replay.
    async fn seal_all(mut self) -> Result<(), LogError> {
        self.finish_seal(true).await;
        while !self.read_on().await? {}
        if self.store.has_news(true) {
            self.seal = Some(self.publish(self.clock.now()));
            self.finish_seal(true).await;
        }
        Ok(())
    }
}
