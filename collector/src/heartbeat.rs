//! The collector's sign of life: every 5 s what was read, and how far.
//!
//! Invariants:
//! - numbers rise by one; one heartbeat is under way at a time, so its answer is in order: only here is
//!   a `committed_to` that went back told from an answer that was overtaken;
//! - a source's count is sent again until it was answered.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use nilometer_model::{BatchId, Epoch, Items, LogId, Sequence};
use nilometer_wire::{
    Batch, BatchHeader, CommittedTo, Heartbeat, HeartbeatAnswer, SourceRange, SourceRead,
};
use tokio_util::sync::CancellationToken;

use crate::desk::Desk;
use crate::http::NoReply;
use crate::intakes::Intakes;
use crate::limits::{HEARTBEAT_MS, REPLACES_MAX, WARNINGS_MAX};
use crate::reread::{Answer, Safety};
use crate::spool::Spool;
use crate::{centre, ship};

/// The task that beats.
pub(crate) struct Heart {
    desk: Arc<Desk>,
    intakes: Arc<Intakes>,
    number: u64,
    round_trip: Duration,
}

/// What was released when the heartbeat was sent, by epoch.
type Released = BTreeMap<Epoch, Sequence>;

impl Heart {
    pub(crate) fn new(desk: Arc<Desk>, intakes: Arc<Intakes>) -> Self {
        Self { desk, intakes, number: 0, round_trip: Duration::ZERO }
    }

    /// Beats until told to stop.
    pub(crate) async fn run(mut self, stop: CancellationToken) -> Self {
        let mut ticks = tokio::time::interval(Duration::from_millis(HEARTBEAT_MS));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return self,
                _ = ticks.tick() => {}
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return self,
                done = self.beat(false) => if let Err(none) = done {
                    tracing::debug!(cause = none.cause, "a heartbeat was not answered");
                }
            }
        }
    }

    /// One exchange; `goodbye` says that it is the last.
    pub(crate) async fn beat(&mut self, goodbye: bool) -> Result<(), NoReply> {
        let (heartbeat, released) = self.compose(goodbye).await;
        let sent = heartbeat.sources.clone();
        let body = serde_json::to_vec(&heartbeat)
            .map_err(|e| NoReply { cause: e.to_string(), lost: false })?;
        let began = tokio::time::Instant::now();
        let reply = self.intakes.post("/api/v1/heartbeats", Bytes::from(body)).await?;
        self.round_trip = began.elapsed();
        let Ok(answer) = serde_json::from_slice::<HeartbeatAnswer>(&reply.body) else {
            return Err(self.not_answered(reply.status, &reply.body));
        };
        if !self.intakes.belong_to(answer.pipeline) {
            let sentence = ship::foreign(answer.pipeline, self.intakes.pipeline());
            if self.desk.status.rejected(&sentence) {
                tracing::error!("{sentence}");
            }
            return Err(NoReply { cause: sentence, lost: false });
        }
        self.desk.status.heard();
        self.answered(&sent, answer.resync);
        let HeartbeatAnswer { log, ref committed_to, linger_ms, .. } = answer;
        if went_back(&released, &answer) {
            self.went_back().await;
        }
        self.desk.heard(log, committed_to.clone(), linger_ms).await;
        if self.desk.reread().in_doubt() {
            self.ask(log, answer.committed_to).await;
        }
        Ok(())
    }

    async fn compose(&mut self, goodbye: bool) -> (Heartbeat, Released) {
        self.number += 1;
        let own = self.desk.life.epoch;
        let spooled = self
            .desk
            .on_spool(move |spool| {
                let mut epochs = spool.epochs();
                if !epochs.contains(&own) {
                    epochs.push(own);
                }
                (epochs, spool.releases().clone(), spool.batches() as u64, spool.bytes())
            })
            .await;
        let (epochs, released, spooled_batches, spooled_bytes) = spooled.unwrap_or_default();
        let reading = self.desk.reading();
        let sources = reading
            .changed
            .iter()
            .map(|(source, read)| SourceRead { source: *source, read: *read })
            .collect();
        let heartbeat = Heartbeat {
            collector: self.desk.life.collector,
            epoch: own,
            number: self.number,
            node: self.desk.node.clone(),
            clock: self.desk.clock.now(),
            round_trip_ns: u64::try_from(self.round_trip.as_nanos()).unwrap_or(u64::MAX),
            sources,
            epochs,
            caught_up: reading.caught_up,
            spooled_batches,
            spooled_bytes,
            warnings: self.warnings(&reading.warnings),
            config_version: self.intakes.settings().borrow().version.clone(),
            goodbye,
        };
        (heartbeat, released)
    }

    /// What the credentials need comes first: without them nothing else is heard.
    fn warnings(&self, reading: &[String]) -> Vec<String> {
        let mut warnings = self.intakes.credentials().borrow().warnings.clone();
        warnings.extend_from_slice(reading);
        warnings.truncate(WARNINGS_MAX);
        warnings
    }

    /// What was sent is known there, unless it has changed again or all is wanted.
    fn answered(&self, sent: &[SourceRead], resync: bool) {
        let mut reading = self.desk.reading();
        if resync {
            reading.changed = reading.read.clone();
            return;
        }
        for SourceRead { source, read } in sent {
            if reading.changed.get(source) == Some(read) {
                reading.changed.remove(source);
            }
        }
    }

    fn not_answered(&self, status: u16, body: &[u8]) -> NoReply {
        let said: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let sentence = said["error"]["message"].as_str().unwrap_or_default();
        let rejected = match status {
            401 | 403 => said["error"].is_object(),
            409 => said["pipeline"].is_string(),
            _ => false,
        };
        if rejected && self.desk.status.rejected(sentence) {
            tracing::error!("{sentence}");
        }
        NoReply { cause: format!("status {status} {sentence}"), lost: false }
    }

    /// The centre knows less than what we let go of.
    async fn went_back(&self) {
        tracing::error!("the centre went back to an older state");
        let desk = Arc::clone(&self.desk);
        let kept = self.desk.on_spool(move |spool| desk.doubt(spool, Safety::WentBack)).await;
        if let Some(Err(e)) = kept {
            tracing::error!(error = %e, "that the centre went back could not be kept");
        }
    }

    /// Asks the centre, which has committed so far, what it has: what is still here is sent again, what is not
    /// is read again.
    async fn ask(&self, log: LogId, committed_to: CommittedTo) {
        self.desk.reread().ask();
        let answer = match centre::sources(&self.intakes, &self.desk.node).await {
            Ok(sources) => Some(Answer { log, sources }),
            Err(none) => {
                tracing::warn!(cause = none.cause, "the centre does not say yet what it has");
                None
            }
        };
        let desk = Arc::clone(&self.desk);
        let done = self.desk.on_spool(move |spool| {
            let done = match &answer {
                Some(_) => stand_for_forgotten(&desk, spool, &committed_to),
                None => Ok(()),
            };
            desk.reread().answered(answer.filter(|_| done.is_ok()));
            done
        });
        if let Some(Err(e)) = done.await {
            tracing::error!(error = %e, "what the centre forgot could not be stood for");
        }
        self.desk.woken.notify_one();
    }
}

/// All that waits is to be sent again, and what was let go of and is forgotten is stood for, so that the
/// centre can count on beyond it.
fn stand_for_forgotten(
    desk: &Desk,
    spool: &mut Spool,
    committed_to: &CommittedTo,
) -> Result<(), DeclareError> {
    let forgotten = spool.released_beyond(committed_to, desk.life.last());
    declare(desk, spool, Vec::new(), forgotten)?;
    spool.went_back(committed_to);
    Ok(())
}

/// A released sequence above what the centre now says is in splits. That it does not speak of an epoch
/// counts only when it does not know the epoch either.
fn went_back(released: &Released, answer: &HeartbeatAnswer) -> bool {
    released.iter().any(|(epoch, released)| match answer.committed_to.get(epoch) {
        Some(committed) => committed < released,
        None => answer.resync && released.0 > 0,
    })
}

/// Freezes batches without records that say what is lost, and stand for the batches that held it and
/// for names that were not used.
pub(crate) fn declare(
    desk: &Desk,
    spool: &mut Spool,
    lost: Vec<SourceRange>,
    replaces: Vec<BatchId>,
) -> Result<(), DeclareError> {
    if lost.is_empty() && replaces.is_empty() && desk.life.unused().is_empty() {
        return Ok(());
    }
    let mut frames = Vec::new();
    let first = replaces.len().min(REPLACES_MAX);
    let headers = std::iter::once((lost, &replaces[..first]))
        .chain(replaces[first..].chunks(REPLACES_MAX).map(|more| (Vec::new(), more)));
    for (lost, replaces) in headers {
        let header = BatchHeader { replaces: replaces.to_vec(), ..header(desk, lost) };
        frames.extend(ship::pack(Batch { header, items: Items::default() }, &desk.life)?);
    }
    let headers: Vec<_> = frames.iter().map(|frame| frame.header.clone()).collect();
    let frozen = spool.freeze(frames, Vec::new());
    ship::settle_names(spool, &desk.life, &headers, frozen.is_ok());
    Ok(frozen?)
}

/// A loss cannot be declared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeclareError {
    #[error(transparent)]
    Frame(#[from] nilometer_wire::FrameError),
    #[error(transparent)]
    Spool(#[from] crate::spool::SpoolError),
}

/// The header of a batch that is frozen now.
pub(crate) fn header(desk: &Desk, sources: Vec<SourceRange>) -> BatchHeader {
    BatchHeader {
        batch: desk.life.last(),
        tenant: "default".to_owned(),
        shard_map: 0,
        dictionary: 0,
        frozen_at: desk.clock.now(),
        replaces: Vec::new(),
        node: desk.node.clone(),
        sources,
    }
}
