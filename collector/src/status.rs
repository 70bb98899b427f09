//! How the collector fares, for `/readyz` and for people. A handle that may be cloned and watched.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::limits::UNACKNOWLEDGED_S;

/// What keeps the collector from being ready.
#[derive(Debug, Clone, Default)]
pub struct CollectorStatus(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// Since when something waits and nothing was acknowledged.
    waiting_since: Option<Instant>,
    /// Batches in the spool.
    spooled: usize,
    /// Why the intake wants nothing of us.
    rejected: Option<String>,
    /// Why nothing is read yet.
    adopting: Option<String>,
    /// Why the spool cannot be written.
    spool: Option<String>,
    /// What the last attempt said, to name the cause.
    last_failure: Option<String>,
}

impl CollectorStatus {
    /// Why the collector is not ready; empty when it is.
    #[must_use]
    pub fn reasons(&self) -> Vec<String> {
        self.reasons_at(Instant::now())
    }

    fn reasons_at(&self, now: Instant) -> Vec<String> {
        let state = self.state();
        let said = state.rejected.iter().chain(&state.adopting).chain(&state.spool);
        let mut reasons: Vec<String> = said.cloned().collect();
        let waited = state.waiting_since.map(|since| now.saturating_duration_since(since));
        if waited.is_some_and(|waited| waited >= Duration::from_secs(UNACKNOWLEDGED_S)) {
            let cause = state.last_failure.as_deref().unwrap_or("no answer yet");
            let spooled = state.spooled;
            reasons.push(format!(
                "nothing acknowledged for {UNACKNOWLEDGED_S} s, {spooled} batches wait: {cause}"
            ));
        }
        reasons
    }

    /// An intake took a batch.
    pub(crate) fn acknowledged(&self) {
        let mut state = self.state();
        state.waiting_since = None;
        state.rejected = None;
        state.last_failure = None;
    }

    /// So many batches are in the spool and so many of them not acknowledged.
    pub(crate) fn spooled(&self, spooled: usize, unacknowledged: usize) {
        let mut state = self.state();
        state.spooled = spooled;
        if unacknowledged == 0 {
            state.waiting_since = None;
        } else {
            state.waiting_since.get_or_insert_with(Instant::now);
        }
    }

    /// An attempt failed.
    pub(crate) fn failed(&self, cause: &str) {
        self.state().last_failure = Some(cause.to_owned());
    }

    /// The intake is not the one we belong to, does not let us in, or another collector has our name.
    /// Whether that is news.
    pub(crate) fn rejected(&self, sentence: &str) -> bool {
        let before = self.state().rejected.replace(sentence.to_owned());
        before.is_none_or(|before| before != sentence)
    }

    /// The intake answered as ours does.
    pub(crate) fn heard(&self) {
        self.state().rejected = None;
    }

    /// Whether the centre has yet to say what it has of this node, and why it does not.
    pub(crate) fn adopting(&self, cause: Option<&str>) {
        let sentence =
            |cause| format!("the centre has not yet said what it has of this node: {cause}");
        self.state().adopting = cause.map(sentence);
    }

    /// Whether the spool can be written, and if not, why.
    pub(crate) fn spool(&self, sentence: Option<String>) {
        self.state().spool = sentence;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_ready_once_nothing_was_acknowledged_for_60_s_and_ready_again_after() {
        let status = CollectorStatus::default();
        assert!(status.reasons().is_empty());
        status.spooled(3, 3);
        status.failed("connection refused");
        let later = Instant::now() + Duration::from_secs(UNACKNOWLEDGED_S);
        assert!(status.reasons_at(Instant::now()).is_empty());
        assert_eq!(
            status.reasons_at(later),
            ["nothing acknowledged for 60 s, 3 batches wait: connection refused"]
        );
        status.acknowledged();
        assert!(status.reasons_at(later).is_empty());
    }

    #[test]
    fn a_wrong_pipeline_is_a_reason_at_once() {
        let status = CollectorStatus::default();
        assert!(status.rejected("this is pipeline b"));
        assert!(!status.rejected("this is pipeline b"), "no news");
        assert_eq!(status.reasons(), ["this is pipeline b"]);
        status.heard();
        assert!(status.reasons().is_empty());
    }
}
