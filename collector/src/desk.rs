//! What the thread that reads and the tasks that ship have in common.
//!
//! Each lock is held for one look or one append, never across an await; the spool's, which may wait for
//! an fsync, is taken by tasks only on a blocking thread.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nilometer_journal::Dir;
use nilometer_model::{BatchId, Clock, Count, LogId, Sequence, SourceId, Timestamp};
use nilometer_wire::{CaughtUp, CommittedTo, SourceRange};
use tokio::sync::{Notify, watch};

use crate::batch::Books;
use crate::heartbeat::DeclareError;
use crate::life::Life;
use crate::limits::{LINGER_MS, LINGER_MS_MAX, REREAD_RANGES_MAX};
use crate::reading::StateChange;
use crate::reread::{self, Reread, Safety};
use crate::spool::{Recovered, Spool, SpoolError};
use crate::{CollectorStatus, heartbeat, metrics};

/// How far reading has come, for the heartbeats.
#[derive(Debug)]
pub(crate) struct Reading {
    /// What was read of each source in this life and before: the reader's own totals, which nothing
    /// that a batch's header says goes into.
    pub(crate) read: BTreeMap<SourceId, Count>,
    /// Those that changed since the last answered heartbeat.
    pub(crate) changed: BTreeMap<SourceId, Count>,
    pub(crate) caught_up: CaughtUp,
    pub(crate) warnings: Vec<String>,
}

/// See the module.
pub(crate) struct Desk {
    pub(crate) life: Life,
    pub(crate) node: String,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) status: CollectorStatus,
    spool: Mutex<Spool>,
    /// The spool's disk may have to be waited for.
    spool_may_wait: bool,
    reading: Mutex<Reading>,
    /// What an opening of the spool found lost and could not declare yet.
    undeclared: Mutex<Recovered>,
    /// Whether all that was read is safe. Taken under the spool's lock, or alone.
    reread: Mutex<Reread>,
    /// The Log in which "durable" counts.
    log: Mutex<Option<LogId>>,
    linger_ms: AtomicU32,
    /// Something new is in the spool, or what is there is to be sent again.
    pub(crate) woken: Notify,
    /// Batches not acknowledged.
    unacknowledged: watch::Sender<usize>,
}

impl Desk {
    pub(crate) fn new(
        life: Life,
        (node, clock): (String, Arc<dyn Clock>),
        status: CollectorStatus,
        spool: Spool,
    ) -> Self {
        let reading = Reading {
            read: BTreeMap::new(),
            changed: BTreeMap::new(),
            caught_up: CaughtUp::Behind { at: Timestamp(0), sequence: Sequence(0) },
            warnings: Vec::new(),
        };
        let (unacknowledged, _) = watch::channel(spool.batches());
        let reread = Mutex::new(Reread::of(&spool));
        Self {
            life,
            node,
            clock,
            status,
            spool_may_wait: spool.may_wait(),
            spool: Mutex::new(spool),
            reading: Mutex::new(reading),
            undeclared: Mutex::default(),
            reread,
            log: Mutex::new(None),
            linger_ms: AtomicU32::new(LINGER_MS),
            woken: Notify::new(),
            unacknowledged,
        }
    }

    /// For the thread that reads; tasks use [`Desk::on_spool`].
    pub(crate) fn spool(&self) -> MutexGuard<'_, Spool> {
        self.spool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn reading(&self) -> MutexGuard<'_, Reading> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the spool on a thread that may wait for the disk.
    pub(crate) async fn on_spool<T: Send + 'static>(
        self: &Arc<Self>,
        act: impl FnOnce(&mut Spool) -> T + Send + 'static,
    ) -> Option<T> {
        let desk = Arc::clone(self);
        self.aside(move || {
            let mut spool = desk.spool();
            let result = act(&mut spool);
            desk.publish(&spool);
            result
        })
        .await
    }

    /// Does something that takes its time on a thread that may.
    pub(crate) async fn aside<T: Send + 'static>(
        &self,
        act: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        if self.spool_may_wait { tokio::task::spawn_blocking(act).await.ok() } else { Some(act()) }
    }

    /// Opens a spool that could not be written anew, and declares what it turns out to have lost, bar
    /// the batches `retried` that are frozen again next.
    pub(crate) fn reopen(
        &self,
        (dir, bytes_max): (impl Into<Dir>, u64),
        retried: &[BatchId],
    ) -> Result<(), DeclareError> {
        let mut spool = self.spool();
        let (mut fresh, mut recovered) = Spool::open(dir, bytes_max)?;
        if recovered.damaged || recovered.state_lost {
            tracing::warn!(ranges = recovered.lost.len(), "the spool was damaged");
            fresh.remember(&spool);
        }
        *spool = fresh;
        self.life.find_out(|batch| spool.holds(batch));
        recovered.missing.retain(|batch| !retried.contains(batch));
        // Kept here until it is durable: the next opening finds the damage set aside already.
        let mut undeclared = self.undeclared.lock().unwrap_or_else(PoisonError::into_inner);
        undeclared.lost.append(&mut recovered.lost);
        undeclared.missing.append(&mut recovered.missing);
        undeclared.damaged |= recovered.damaged;
        self.declare_damage(&mut spool, undeclared.clone())?;
        *undeclared = Recovered::default();
        Ok(())
    }

    /// Freezes what changed without a batch; `anew`: into the spool opened anew, since it could not be written.
    pub(crate) fn keep(
        &self,
        anew: Option<(Dir, u64)>,
        changes: Vec<StateChange>,
        moved: Books,
    ) -> Result<(), DeclareError> {
        if let Some(spool) = anew {
            self.reopen(spool, &[])?;
        }
        Ok(self.spool().freeze_and_move(Vec::new(), changes, moved)?)
    }

    /// Keeps what damage is feared to have taken of files, which may be read again; declares the rest lost,
    /// and stands for the batches that held it.
    pub(crate) fn declare_damage(
        &self,
        spool: &mut Spool,
        recovered: Recovered,
    ) -> Result<(), DeclareError> {
        let is_file = |range: &SourceRange| reread::is_file(range.stream);
        let (mut files, mut lost): (Vec<_>, Vec<_>) = recovered.lost.into_iter().partition(is_file);
        lost.extend(files.drain(files.len().min(REREAD_RANGES_MAX)..));
        if recovered.damaged {
            self.doubt(spool, Safety::Damaged(files))?;
        }
        heartbeat::declare(self, spool, lost, recovered.missing)
    }

    /// What was read is not known to be safe any more; a restart does not forget it.
    pub(crate) fn doubt(&self, spool: &mut Spool, feared: Safety) -> Result<(), SpoolError> {
        let change = self.reread().doubt(feared).change();
        spool.freeze(Vec::new(), vec![change])
    }

    /// Whether what was read is safe, and what comes of it when it is not.
    pub(crate) fn reread(&self) -> MutexGuard<'_, Reread> {
        self.reread.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The centre speaks, with this Log.
    fn hear(&self, spool: &mut Spool, log: LogId) {
        let change = self.reread().hear(log);
        if let Some(change) = change
            && let Err(error) = spool.freeze(Vec::new(), vec![change])
        {
            tracing::warn!(%error, "which Log the centre has could not be kept");
            self.reread().unheard();
        }
    }

    /// Shows how much waits.
    pub(crate) fn publish(&self, spool: &Spool) {
        let unacknowledged = spool.unacknowledged(self.log());
        self.status.spooled(spool.batches(), unacknowledged);
        metrics::spooled(spool.batches(), spool.bytes());
        let waits_since = spool.waits_since(self.log());
        let lag_ms = waits_since.map_or(0, |since| self.clock.now().ms_since(since).max(0));
        metrics::lagging(unacknowledged, lag_ms as f64 / 1_000.0);
        self.unacknowledged.send_replace(unacknowledged);
    }

    /// Returns once every batch is acknowledged.
    pub(crate) async fn all_acknowledged(&self) {
        let mut unacknowledged = self.unacknowledged.subscribe();
        let _ = unacknowledged.wait_for(|count| *count == 0).await;
    }

    pub(crate) fn log(&self) -> Option<LogId> {
        *self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn linger(&self) -> Duration {
        Duration::from_millis(u64::from(self.linger_ms.load(Ordering::Relaxed)))
    }

    /// Takes in what every answer says. When the Log is another one, all that waits is sent again, and it is in
    /// doubt whether the centre has what does not.
    pub(crate) async fn heard(
        self: &Arc<Self>,
        log: LogId,
        committed_to: CommittedTo,
        linger_ms: u32,
    ) {
        self.linger_ms.store(linger_ms.clamp(1, LINGER_MS_MAX), Ordering::Relaxed);
        let before = self.log.lock().unwrap_or_else(PoisonError::into_inner).replace(log);
        if before.is_some_and(|before| before != log) {
            tracing::warn!(%log, "the centre has another Log: sending again what is not committed");
        }
        let (own, desk) = (self.life.epoch, Arc::clone(self));
        self.on_spool(move |spool| {
            desk.hear(spool, log);
            if desk.reread().holds() {
                return;
            }
            let epochs = spool.epochs();
            for (epoch, sequence) in committed_to {
                if epoch == own || epochs.contains(&epoch) {
                    spool.release(epoch, sequence);
                }
            }
        })
        .await;
        if before != Some(log) {
            self.woken.notify_one();
        }
    }
}

#[cfg(test)]
mod tests;
