//! Sends what the spool holds until the centre has it.
//!
//! ```text
//!   No ── pick ──> UnderWay ── durable in this Log ──> Durable ── committed_to ──> released
//!    ^                 │ no verdict                        │ another Log
//!    └──── pause ──────┴───────────────────────────────────┘
//!                      │ our 413, or two crashes on it while others pass ──> cut in two
//! ```
//! Invariants:
//! - up to 32 batches are unanswered, one where an intake failed and no other is well;
//! - a batch is sent again as the same bytes; it changes only by being replaced in the spool;
//! - an answer without our pipeline says nothing about a record.

mod answer;
mod cut;
mod post;
mod shared;

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
pub(crate) use self::cut::{pack, pack_and_return, replace, settle_names};
use self::post::Way;
use crate::choice::Outcome;
use crate::desk::Desk;
use crate::intakes::{Errand, Intakes};
use crate::limits::BACKOFF_MS_MAX;
use crate::spool::{Picked, Place, Sent};
use crate::{Credentials, Settings, metrics};

/// The task that ships.
pub(crate) struct Shipper {
    desk: Arc<Desk>,
    intakes: Arc<Intakes>,
    way: Way,
    /// New ones are tried at once.
    credentials: watch::Receiver<Credentials>,
    /// So are other intakes.
    settings: watch::Receiver<Settings>,
    attempts: JoinSet<Done>,
    /// Nothing is sent before: the spool failed.
    pause_until: Option<Instant>,
    /// When intakes are to be asked again, if no answer comes before.
    again_at: Option<Instant>,
    /// Batches that were taken.
    taken: u64,
}

/// What was under way and is over.
enum Done {
    Attempt(Attempt),
    /// An intake that had failed was asked whether it is back.
    Probe,
}

/// One request and what came of it.
struct Attempt {
    errand: Errand,
    place: Place,
    id: BatchId,
    bytes: u64,
    verdict: Verdict,
}

impl Shipper {
    pub(crate) fn new(desk: Arc<Desk>, intakes: Arc<Intakes>) -> Self {
        let shared = Arc::default();
        let (way_desk, way_intakes) = (Arc::clone(&desk), Arc::clone(&intakes));
        Self {
            credentials: intakes.credentials(),
            way: Way { desk: way_desk, intakes: way_intakes, shared },
            settings: intakes.settings(),
            desk,
            intakes,
            attempts: JoinSet::new(),
            pause_until: None,
            again_at: None,
            taken: 0,
        }
    }

    /// Ships until told to stop.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        loop {
            self.send().await;
            self.probe();
            let again = self.again_at;
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Some(done) = self.attempts.join_next() => {
                    if let Ok(Done::Attempt(attempt)) = done {
                        self.settle(attempt).await;
                    }
                }
                () = self.desk.woken.notified() => {}
                Ok(()) = self.credentials.changed() => self.intakes.try_all(),
                Ok(()) = self.settings.changed() => self.intakes.try_all(),
                () = tokio::time::sleep_until(again.unwrap_or_else(Instant::now)),
                    if again.is_some() => {}
            }
        }
    }

    /// Sends as many batches as may be under way.
    async fn send(&mut self) {
        self.again_at = self.pause_until.filter(|until| *until > Instant::now());
        if self.again_at.is_some() {
            return;
        }
        let (errands, again_at) = self.intakes.turns();
        self.again_at = again_at;
        if errands.is_empty() {
            return;
        }
        let (log, room) = (self.desk.log(), errands.len());
        let picked = self.desk.on_spool(move |spool| spool.pick(room, log)).await;
        let mut picked = picked.unwrap_or_default().into_iter();
        for errand in errands {
            match picked.next() {
                Some(picked) => {
                    self.attempts.spawn(attempt(self.way.clone(), picked, errand));
                }
                None => self.intakes.cancel(&errand),
            }
        }
    }

    /// Asks an intake that had failed whether it is back.
    fn probe(&mut self) {
        match self.intakes.probe() {
            Ok(errand) => {
                let intakes = Arc::clone(&self.intakes);
                self.attempts.spawn(async move {
                    intakes.ask_back(&errand).await;
                    Done::Probe
                });
            }
            Err(at) => self.again_at = self.again_at.into_iter().chain(at).min(),
        }
    }

    async fn settle(&mut self, attempt: Attempt) {
        let Attempt { errand, place, id, .. } = attempt;
        self.intakes.settle(&errand, outcome(&attempt.verdict));
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
            Verdict::None { cause, lost, .. } => {
                tracing::debug!(batch = %id, cause, "no verdict");
                self.desk.status.failed(&cause);
                if !(lost && self.cut_if_poison(place, id).await) {
                    self.desk.on_spool(move |spool| spool.mark(place, Sent::No)).await;
                }
            }
        }
    }

    async fn taken(&mut self, place: Place, bytes: u64, answer: BatchAnswer) {
        fail::fail_point!("collector::after_answer", |_| std::process::abort());
        let log: LogId = answer.log;
        self.taken += 1;
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
}

/// What a verdict says of the intake. One that does not want us is asked again now and then, to find out
/// when a person has acted.
fn outcome(verdict: &Verdict) -> Outcome {
    match verdict {
        Verdict::Durable(_) => Outcome::Good,
        Verdict::TooLarge => Outcome::Answered,
        Verdict::Rejected(_) => Outcome::Failed(Some(Duration::from_millis(BACKOFF_MS_MAX))),
        Verdict::None { retry_after, .. } => Outcome::Failed(*retry_after),
    }
}

#[tracing::instrument(name = "ship", skip_all, fields(batch = %picked.id, bytes = picked.frame.len()))]
async fn attempt(way: Way, picked: Picked, errand: Errand) -> Done {
    metrics::attempt();
    let Picked { place, id, frame } = picked;
    let bytes = frame.len() as u64;
    let ours = || way.intakes.pipeline();
    let verdict = match way.post(&errand, frame).await {
        Ok(reply) => judge(id, ours(), (reply.status, reply.retry_after), &reply.body),
        Err(none) => Verdict::None { cause: none.cause, retry_after: None, lost: none.lost },
    };
    Done::Attempt(Attempt { errand, place, id, bytes, verdict })
}

#[cfg(test)]
mod tests;
