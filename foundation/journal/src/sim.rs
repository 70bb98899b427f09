//! The Log in memory, stricter than the disk: it fails on demand and forgets what was trimmed at once.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use nilometer_model::{LogId, LogPosition};
use tokio::sync::watch;

use crate::durable::Durable;
use crate::limits::LOG_ENTRY_BYTES_MAX;
use crate::log::{Log, LogError};

/// See the module.
#[derive(Debug)]
pub struct SimLog {
    inner: Mutex<Inner>,
    last: watch::Sender<u64>,
}

#[derive(Debug)]
struct Inner {
    id: LogId,
    entries: BTreeMap<u64, Bytes>,
    fail_next: bool,
}

impl Default for SimLog {
    fn default() -> Self {
        let id = LogId(uuid::Uuid::now_v7());
        let inner = Inner { id, entries: BTreeMap::new(), fail_next: false };
        Self { inner: Mutex::new(inner), last: watch::Sender::new(0) }
    }
}

impl SimLog {
    /// The next append fails and leaves nothing behind.
    pub fn fail_next_append(&self) {
        self.inner().fail_next = true;
    }

    /// The disk is lost: the Log is empty, and another one.
    pub fn lose_everything(&self) {
        let mut inner = self.inner();
        inner.entries.clear();
        inner.id = LogId(uuid::Uuid::now_v7());
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Log for SimLog {
    fn id(&self) -> LogId {
        self.inner().id
    }

    async fn append(
        &self,
        shard: u32,
        entries: Vec<Bytes>,
    ) -> Result<Vec<(LogPosition, Durable)>, LogError> {
        only_shard(shard)?;
        if let Some(entry) = entries.iter().find(|entry| entry.len() > LOG_ENTRY_BYTES_MAX) {
            let limit_bytes = LOG_ENTRY_BYTES_MAX;
            return Err(LogError::TooLarge { bytes: entry.len(), limit_bytes });
        }
        let mut inner = self.inner();
        if std::mem::take(&mut inner.fail_next) {
            return Err(LogError::Closed);
        }
        let first = *self.last.borrow() + 1;
        let positions: Vec<_> = (first..).take(entries.len()).map(LogPosition).collect();
        inner.entries.extend((first..).zip(entries));
        self.last.send_replace(first + positions.len() as u64 - 1);
        Ok(positions.into_iter().map(|position| (position, Durable::after_fsync())).collect())
    }

    async fn read(
        &self,
        shard: u32,
        after: LogPosition,
        bytes_max: usize,
    ) -> Result<Vec<(LogPosition, Bytes)>, LogError> {
        only_shard(shard)?;
        let inner = self.inner();
        let (mut taken, mut bytes) = (Vec::new(), 0);
        for (number, entry) in inner.entries.range(after.0.saturating_add(1)..) {
            bytes += entry.len();
            if bytes > bytes_max && !taken.is_empty() {
                break;
            }
            taken.push((LogPosition(*number), entry.clone()));
        }
        Ok(taken)
    }

    async fn last(&self, shard: u32) -> Result<LogPosition, LogError> {
        only_shard(shard)?;
        Ok(LogPosition(*self.last.borrow()))
    }

    async fn grown(&self, shard: u32, after: LogPosition) -> Result<(), LogError> {
        only_shard(shard)?;
        let mut last = self.last.subscribe();
        last.wait_for(|last| *last > after.0).await.map_err(|_| LogError::Closed)?;
        Ok(())
    }

    async fn part(&self, shard: u32) -> Result<LogPosition, LogError> {
        self.last(shard).await
    }

    async fn trim(&self, shard: u32, to: LogPosition) -> Result<(), LogError> {
        only_shard(shard)?;
        self.inner().entries.retain(|number, _| *number > to.0);
        Ok(())
    }
}

fn only_shard(shard: u32) -> Result<(), LogError> {
    if shard == 0 { Ok(()) } else { Err(LogError::NoShard(shard)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_simulated_log_keeps_the_contract_and_fails_on_demand() {
        let log = SimLog::default();
        crate::contract::check(&log).await;
        log.fail_next_append();
        assert!(log.append(0, vec![Bytes::from_static(b"x")]).await.is_err());
        let before = log.id();
        log.lose_everything();
        assert_ne!(log.id(), before);
    }
}
