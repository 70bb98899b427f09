//! Sends what the spool holds until the centre has it.
//!
//! ```text
//!   No ── pick ──> UnderWay ── durable in this Log ──> Durable ── committed_to ──> released
//!    ^                 │ no verdict                        │ another Log
//!    └──── pause ──────┴───────────────────────────────────┘
//!                      │ our 413, or two crashes on it while others pass ──> cut in two
//! ```
//! Invariants:
//! - up to 32 batches are unanswered, one while the breaker is open;
//! - a batch is sent again as the same bytes; it changes only by being replaced in the spool;
//! - an answer without our pipeline says nothing about a record.

mod answer;
mod cut;
mod pace;

use std::sync::Arc;
use std::time::Duration;

use nilometer_model::{BatchId, LogId, Reason};
use nilometer_wire::BatchAnswer;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(crate) use self::answer::foreign;
use self::answer::{Verdict, judge};
pub(crate) use self::cut::pack;
use self::pace::Pace;
use crate::desk::Desk;
use crate::intakes::Intakes;
use crate::limits::{ANSWER_BYTES_MAX, BACKOFF_MS_MAX};
use crate::spool::{Picked, Place, Sent};
use crate::{Credentials, dice, metrics};

/// The task that ships.
pub(crate) struct Shipper {
    desk: Arc<Desk>,
    intakes: Arc<Intakes>,
    /// New ones are tried at once.
    credentials: watch::Receiver<Credentials>,
    pace: Pace,
    attempts: JoinSet<Attempt>,
    /// Nothing is sent before.
    pause_until: Option<Instant>,
    /// Batches that were taken.
    taken: u64,
}

/// One request and what came of it.
struct Attempt {
    place: Place,
    id: BatchId,
    bytes: u64,
    round: u64,
    intake: usize,
    verdict: Verdict,
}

impl Shipper {
    pub(crate) fn new(desk: Arc<Desk>, intakes: Arc<Intakes>) -> Self {
        Self {
            credentials: intakes.credentials(),
            desk,
            intakes,
            pace: Pace::default(),
            attempts: JoinSet::new(),
            pause_until: None,
            taken: 0,
        }
    }

    /// Ships until told to stop.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        loop {
            self.send().await;
            let pause = self.pause_until;
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Some(done) = self.attempts.join_next() => {
                    if let Ok(attempt) = done {
                        self.settle(attempt).await;
                    }
                }
                () = self.desk.woken.notified() => {}
                Ok(()) = self.credentials.changed() => self.pause_until = None,
                () = tokio::time::sleep_until(pause.unwrap_or_else(Instant::now)),
                    if pause.is_some() => self.pause_until = None,
            }
        }
    }

    /// Sends as many batches as may be under way.
    async fn send(&mut self) {
        let room = self.pace.window().saturating_sub(self.attempts.len());
        if room == 0 || self.pause_until.is_some() {
            return;
        }
        let log = self.desk.log();
        let picked = self.desk.on_spool(move |spool| spool.pick(room, log)).await;
        for picked in picked.into_iter().flatten() {
            let (intakes, round) = (Arc::clone(&self.intakes), self.pace.round());
            self.attempts.spawn(attempt(intakes, picked, round));
        }
    }

    async fn settle(&mut self, attempt: Attempt) {
        let Attempt { place, id, .. } = attempt;
        match attempt.verdict {
            Verdict::Durable(answer) if self.intakes.belong_to(answer.pipeline) => {
                self.taken(place, attempt.bytes, *answer).await;
            }
            Verdict::Durable(answer) => {
                self.rejected(place, &foreign(answer.pipeline, self.intakes.pipeline())).await;
            }
            Verdict::Rejected(sentence) => self.rejected(place, &sentence).await,
            Verdict::TooLarge => {
                tracing::warn!(batch = %id, "too large for the intake, cut in two");
                self.cut(place, Reason::MessageTooLong).await;
            }
            Verdict::None { cause, retry_after, lost } => {
                tracing::debug!(batch = %id, cause, "no verdict");
                self.desk.status.failed(&cause);
                if !(lost && self.cut_if_poison(place, id).await) {
                    self.desk.on_spool(move |spool| spool.mark(place, Sent::No)).await;
                }
                self.back_off(attempt.round, attempt.intake, retry_after);
            }
        }
    }

    async fn taken(&mut self, place: Place, bytes: u64, answer: BatchAnswer) {
        fail::fail_point!("collector::after_answer", |_| std::process::abort());
        let log: LogId = answer.log;
        self.taken += 1;
        self.pace.succeeded();
        self.desk.status.acknowledged();
        metrics::accepted(bytes);
        metrics::refused(answer.refused.len());
        self.desk.on_spool(move |spool| spool.mark(place, Sent::Durable(log))).await;
        self.desk.heard(log, answer.committed_to, answer.linger_ms).await;
    }

    /// Nothing will go until a person acts; asking again now and then finds out when he has.
    async fn rejected(&mut self, place: Place, sentence: &str) {
        if self.desk.status.rejected(sentence) {
            tracing::error!("{sentence}");
        }
        self.desk.on_spool(move |spool| spool.mark(place, Sent::No)).await;
        self.pause_until = Some(Instant::now() + Duration::from_millis(BACKOFF_MS_MAX));
    }

    /// Whether the batch was to blame for lost connections, and was cut.
    async fn cut_if_poison(&mut self, place: Place, id: BatchId) -> bool {
        let taken = self.taken;
        let poison = self.desk.on_spool(move |spool| spool.lost_connection(place, taken)).await;
        if poison != Some(true) {
            return false;
        }
        tracing::error!(batch = %id, "two connections were lost on it while others passed, cut in two");
        self.cut(place, Reason::Malformed).await;
        true
    }

    async fn cut(&mut self, place: Place, reason: Reason) {
        metrics::cut();
        let desk = Arc::clone(&self.desk);
        let now = desk.clock.now();
        let done = self
            .desk
            .on_spool(move |spool| {
                let done = cut::cut(spool, place, reason, (&desk.life, now));
                if done.is_err() {
                    spool.mark(place, Sent::No);
                }
                done
            })
            .await;
        if let Some(Err(e)) = done {
            tracing::error!(error = %e, "a batch could not be cut");
            self.pause_until = Some(Instant::now() + Duration::from_millis(BACKOFF_MS_MAX));
        }
    }

    fn back_off(&mut self, round: u64, intake: usize, retry_after: Option<Duration>) {
        let Some(pause) = self.pace.failed(round, retry_after, dice::roll()) else { return };
        self.intakes.turn_from(intake);
        // The other intakes are tried at once; the pause comes when all have failed.
        if self.pace.failures() as usize >= self.intakes.count() {
            self.pause_until = Some(Instant::now() + pause);
        }
    }
}

#[tracing::instrument(name = "ship", skip_all, fields(batch = %picked.id, bytes = picked.frame.len()))]
async fn attempt(intakes: Arc<Intakes>, picked: Picked, round: u64) -> Attempt {
    metrics::attempt();
    let Picked { place, id, frame } = picked;
    let (bytes, intake) = (frame.len() as u64, intakes.current());
    let content = "application/x-nilometer-batch";
    let verdict = match intakes.post("/api/v1/batches", content, frame, ANSWER_BYTES_MAX).await {
        Ok(reply) => judge(id, intakes.pipeline(), (reply.status, reply.retry_after), &reply.body),
        Err(none) => Verdict::None { cause: none.cause, retry_after: None, lost: none.lost },
    };
    Attempt { place, id, bytes, round, intake, verdict }
}

#[cfg(test)]
mod tests;
