//! The index loop: Log -> books and buffer -> split -> commit, in one task that a reader can follow.
//!
//! ```text
//!   read behind what arrived ──> arrive (visible) ──┐
//!        ^                                          │ 64 MiB, age, shutdown
//!        └────────── trim the Log <── publish <── cut
//! ```
//! Invariants:
//! - one seal at a time; the Log is read on while it runs, up to one and a half times the buffer;
//! - the Log is trimmed only behind a commit;
//! - a failed seal loses nothing: the rows stay buffered and are cut again;
//! - a batch that is not let in is counted and said, and its collector, which is not told that it is in a
//!   split, keeps it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use nilometer_journal::{Log, LogError};
use nilometer_model::{Clock, LogPosition, Timestamp};
use nilometer_store::{Arrival, Store, StoreError};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::entry::Entry;
use crate::handover::Handover;
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

impl IndexConfig {
    /// Buffered rows, those of a seal under way included, at which the Log is not read on, bytes.
    fn buffer_bytes_max(&self) -> usize {
        self.seal_bytes.saturating_add(self.seal_bytes / 2)
    }
}

/// What the loop works on.
#[derive(Clone)]
pub struct IndexParts {
    /// What is filled.
    pub store: Arc<Store>,
    /// What is read.
    pub log: Arc<dyn Log>,
    /// The centre's clock.
    pub clock: Arc<dyn Clock>,
    /// What the intake of this process has read already.
    pub handover: Arc<Handover>,
}

impl std::fmt::Debug for IndexParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IndexParts").finish_non_exhaustive()
    }
}

struct Index {
    parts: IndexParts,
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
    parts: IndexParts,
    config: IndexConfig,
    shutdown: CancellationToken,
) -> Result<(), LogError> {
    let not_before = Timestamp(i64::MIN);
    let mut index = Index { parts, config, oldest: None, not_before, seal: None };
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
        let (bytes, _) = self.parts.store.buffered_bytes();
        if bytes >= self.config.buffer_bytes_max() {
            return Ok(true);
        }
        let entries =
            self.parts.log.read(SHARD, self.parts.store.arrived(), LOG_READ_BYTES).await?;
        let caught_up = entries.is_empty();
        for (position, entry) in entries {
            self.take(position, entry).await;
        }
        metrics::buffered(bytes);
        Ok(caught_up)
    }

    /// Takes one entry. One that cannot be read was checked before it was acknowledged: its disk is bad.
    async fn take(&mut self, position: LogPosition, entry: Bytes) {
        let handover = Arc::clone(&self.parts.handover);
        let read = move || {
            let entry = Entry::decode(&entry)?;
            let known = handover.take(entry.frame);
            entry.arrival(position, known)
        };
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
        self.parts.store.pass_over(position);
    }

    async fn arrive(&mut self, arrival: Arrival) {
        let batch = arrival.batch.header.batch;
        match self.parts.store.arrive(arrival).await {
            Ok(entered) => metrics::indexed(entered.rows, entered.duplicates),
            Err(error) => {
                tracing::error!(%error, %batch, "a batch is not let in; its collector keeps it");
                metrics::failed("owner");
            }
        }
        self.oldest.get_or_insert(self.parts.clock.now());
    }

    /// Takes in the seal under way if it is done, or, with `wait`, when it is.
    async fn finish_seal(&mut self, wait: bool) {
        let Some(seal) = self.seal.take_if(|seal| wait || seal.is_finished()) else { return };
        match seal.await {
            Ok(Ok(to)) => {
                if let Err(error) = self.parts.log.trim(SHARD, to).await {
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
        let now = self.parts.clock.now();
        self.not_before = now.plus_ns(SEAL_RETRY_MS * 1_000_000);
        self.oldest.get_or_insert(now);
    }

    fn begin_seal(&mut self) {
        let now = self.parts.clock.now();
        let (_, unsealed) = self.parts.store.buffered_bytes();
        let age = i64::try_from(self.config.seal_after.as_nanos()).unwrap_or(i64::MAX);
        let old = self.oldest.is_some_and(|oldest| now.0.saturating_sub(oldest.0) >= age);
        if self.seal.is_some()
            || now < self.not_before
            || !(old || unsealed >= self.config.seal_bytes || self.parts.store.wants_seal())
        {
            return;
        }
        self.oldest = None;
        metrics::sealed(unsealed);
        self.seal = Some(self.publish(now));
    }

    /// What is buffered now becomes splits, beside the loop.
    fn publish(&self, now: Timestamp) -> JoinHandle<Result<LogPosition, StoreError>> {
        let (_, unsealed) = self.parts.store.buffered_bytes();
        let store = Arc::clone(&self.parts.store);
        let cut = store.cut(now);
        let span = tracing::info_span!("seal", buffer_bytes = unsealed);
        tokio::spawn(async move { store.publish(cut).await }.instrument(span))
    }

    /// Until the Log grows, the clock wants looking at, or it is over.
    async fn wait(&self, shutdown: &CancellationToken) {
        let tick = Duration::from_millis(INDEX_TICK_MS);
        let (bytes, _) = self.parts.store.buffered_bytes();
        let has_room = bytes < self.config.buffer_bytes_max();
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(tick) => {}
            _ = self.parts.log.grown(SHARD, self.parts.store.arrived()), if has_room => {}
        }
    }

    /// The ordered end: everything durable is made true, so that the next start has nothing to replay.
    async fn seal_all(mut self) -> Result<(), LogError> {
        self.finish_seal(true).await;
        while !self.read_on().await? {}
        if self.parts.store.has_news(true) {
            self.seal = Some(self.publish(self.parts.clock.now()));
            self.finish_seal(true).await;
        }
        Ok(())
    }
}
