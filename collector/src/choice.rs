//! Which intake of the pipeline is asked next. Pure: time and dice come from outside.
//!
//! ```text
//!   each intake, in the order of preference:
//!     closed ── failure ──> open: pause ── over ──> half open ── probe well ──> closed, one at a time
//!        ^ ^                  ^                         │                         │
//!        │ └── each success lets one more go ───────────┼─────────────────────────┘
//!        │                    └─────── probe failed ────┘
//! ```
//! Invariants:
//! - an intake that failed is left alone until its pause is over, whatever the others do;
//! - while another intake is closed, no batch is risked on one that failed: it is probed by a request that
//!   carries nothing; where no other is closed, one batch is the probe;
//! - at most [`UNANSWERED_BATCHES_MAX`] batches are under way, over all intakes.

use std::time::Duration;

use nilometer_model::limits::UNANSWERED_BATCHES_MAX;
use tokio::time::Instant;

use crate::limits::{BACKOFF_MS_FIRST, BACKOFF_MS_MAX, CONNECT_S};

/// See the file's head.
#[derive(Debug)]
pub(crate) struct Choice {
    /// In the order of preference.
    intakes: Vec<Breaker>,
}

/// The state of one intake.
#[derive(Debug)]
struct Breaker {
    /// How many batches may be under way.
    window: usize,
    under_way: usize,
    /// Since the last success, each round's counted once.
    failures: u32,
    /// Attempts that began in an earlier round say nothing new when they fail.
    round: u64,
    /// It failed: nothing is sent before.
    pause_until: Option<Instant>,
}

/// An attempt that may be made, to be given back by [`Choice::settle`] or [`Choice::cancel`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn {
    /// Which intake.
    pub(crate) intake: usize,
    round: u64,
    /// Another one would take it: this one is not waited for as long.
    pub(crate) has_alternative: bool,
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It did what was asked.
    Good,
    /// It answered as ours does, and took nothing; not its fault.
    Answered,
    /// It did not, and wants to be left alone for that long.
    Failed(Option<Duration>),
}

impl Default for Breaker {
    fn default() -> Self {
        Self {
            window: UNANSWERED_BATCHES_MAX,
            under_way: 0,
            failures: 0,
            round: 0,
            pause_until: None,
        }
    }
}

impl Breaker {
    fn is_closed(&self) -> bool {
        self.pause_until.is_none()
    }

    /// Its pause is over, and no batch is under way that would tell.
    fn may_be_probed(&self, now: Instant) -> bool {
        let over = self.pause_until.is_some_and(|until| until <= now);
        over && self.under_way == 0
    }

    fn failed(&mut self, now: Instant, retry_after: Option<Duration>, dice: f64) {
        self.round += 1;
        self.window = 1;
        self.failures = self.failures.saturating_add(1);
        let most_ms = BACKOFF_MS_FIRST << (self.failures - 1).min(16);
        let jitter = Duration::from_millis(most_ms.min(BACKOFF_MS_MAX)).mul_f64(dice);
        let asked = retry_after.unwrap_or_default().min(HOUR);
        let pause = (asked + jitter).min(Duration::from_millis(BACKOFF_MS_MAX)).max(asked);
        self.pause_until = Some(now + pause);
    }
}

impl Choice {
    /// Over that many intakes, all of which are believed to be well.
    pub(crate) fn new(intakes: usize) -> Self {
        Self { intakes: std::iter::repeat_with(Breaker::default).take(intakes).collect() }
    }

    /// Where a batch may be sent now; else when to ask again, `None` when an answer is to be waited for.
    pub(crate) fn next(&mut self, now: Instant) -> Result<Turn, Option<Instant>> {
        let under_way: usize = self.intakes.iter().map(|intake| intake.under_way).sum();
        if under_way >= UNANSWERED_BATCHES_MAX {
            return Err(None);
        }
        let has_room = |intake: &Breaker| intake.is_closed() && intake.under_way < intake.window;
        if let Some(at) = self.intakes.iter().position(has_room) {
            return Ok(self.begin(at));
        }
        if self.intakes.iter().any(Breaker::is_closed) {
            return Err(None);
        }
        match self.intakes.iter().position(|intake| intake.may_be_probed(now)) {
            Some(at) => Ok(self.begin(at)),
            None => Err(self.soonest()),
        }
    }

    /// Which intake is to be asked by a request that carries nothing whether it is back; else when one
    /// will be.
    pub(crate) fn probe(&mut self, now: Instant) -> Result<Turn, Option<Instant>> {
        if !self.intakes.iter().any(Breaker::is_closed) {
            return Err(None);
        }
        match self.intakes.iter().position(|intake| intake.may_be_probed(now)) {
            Some(at) => {
                // Whatever becomes of this one, the next does not come before.
                self.intakes[at].pause_until = Some(now + Duration::from_secs(CONNECT_S));
                Ok(self.turn(at))
            }
            None => Err(self.soonest()),
        }
    }

    /// Where a request goes that does not wait, such as a heartbeat: to the first that is closed, else to
    /// the one that may be back soonest.
    pub(crate) fn current(&self) -> Turn {
        let soonest = self.intakes.iter().enumerate().min_by_key(|(_, intake)| intake.pause_until);
        self.turn(soonest.map_or(0, |(at, _)| at))
    }

    /// The attempt is over. One that failed along with others of its round says nothing new.
    pub(crate) fn settle(&mut self, turn: Turn, outcome: Outcome, (now, dice): (Instant, f64)) {
        let Some(intake) = self.intakes.get_mut(turn.intake) else { return };
        intake.under_way = intake.under_way.saturating_sub(1);
        match outcome {
            Outcome::Good => {
                intake.failures = 0;
                intake.pause_until = None;
                intake.window = (intake.window + 1).min(UNANSWERED_BATCHES_MAX);
            }
            Outcome::Answered => intake.pause_until = None,
            Outcome::Failed(asked) if turn.round == intake.round => {
                intake.failed(now, asked, dice);
            }
            Outcome::Failed(_) => {}
        }
    }

    /// A probe is over. One that went well lets a batch go, and only that one's fate forgives failures.
    pub(crate) fn probed(&mut self, turn: Turn, is_well: bool, (now, dice): (Instant, f64)) {
        let Some(intake) = self.intakes.get_mut(turn.intake) else { return };
        match (is_well, turn.round == intake.round) {
            (true, true) => intake.pause_until = None,
            (false, true) => intake.failed(now, None, dice),
            (_, false) => {}
        }
    }

    /// A request of [`Choice::current`] was not answered. That one was, says nothing of batches.
    pub(crate) fn silent(&mut self, turn: Turn, (now, dice): (Instant, f64)) {
        let Some(intake) = self.intakes.get_mut(turn.intake) else { return };
        if turn.round == intake.round {
            intake.failed(now, None, dice);
        }
    }

    /// The attempt was not made.
    pub(crate) fn cancel(&mut self, turn: Turn) {
        if let Some(intake) = self.intakes.get_mut(turn.intake) {
            intake.under_way = intake.under_way.saturating_sub(1);
        }
    }

    /// There is reason to try all of them at once.
    pub(crate) fn try_all(&mut self, now: Instant) {
        for intake in &mut self.intakes {
            intake.pause_until = intake.pause_until.map(|until| until.min(now));
        }
    }

    /// When the next pause is over, of intakes that nobody waits for.
    fn soonest(&self) -> Option<Instant> {
        let idle = self.intakes.iter().filter(|intake| intake.under_way == 0);
        idle.filter_map(|intake| intake.pause_until).min()
    }

    fn begin(&mut self, at: usize) -> Turn {
        self.intakes[at].under_way += 1;
        self.turn(at)
    }

    fn turn(&self, at: usize) -> Turn {
        let others = self.intakes.iter().enumerate().filter(|(other, _)| *other != at);
        let has_alternative = others.into_iter().any(|(_, other)| other.is_closed());
        let round = self.intakes.get(at).map_or(0, |intake| intake.round);
        Turn { intake: at, round, has_alternative }
    }
}

/// Nobody is waited for longer than this, whatever he asks for.
const HOUR: Duration = Duration::from_secs(3_600);

#[cfg(test)]
mod tests;
