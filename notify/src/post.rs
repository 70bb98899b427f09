//! From the outbox to destinations, for as long as the process lives.
//!
//! Invariants:
//! - a destination's notices go one after the other; the first that is not taken holds back those behind it;
//! - a notice whose destination is not configured any more, that is too old, or behind which too many wait, is a dead
//!   letter.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use nilometer_alert::Notice;
use nilometer_model::{Clock, Tenant};
use nilometer_query::alert::{Alerts, Delivery};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::destination::{Destination, Kind};
use crate::limits::{PAUSE_FIRST, PAUSE_MAX, RESEND_EVERY, UNDELIVERED_MS_MAX, WAITING_MAX};
use crate::metrics;
use crate::send::{SendError, Sender};

/// What all tasks share.
#[derive(Clone)]
struct Post {
    alerts: Arc<Alerts>,
    sender: Sender,
    clock: Arc<dyn Clock>,
}

/// Sends until `stop`; what is not sent by then is in the outbox when the process starts again.
pub async fn run(
    alerts: Arc<Alerts>,
    destinations: Vec<Destination>,
    (sender, clock): (Sender, Arc<dyn Clock>),
    stop: CancellationToken,
) {
    let post = Post { alerts, sender, clock };
    let (news, queue) = tokio::sync::watch::channel(());
    let mut tasks = JoinSet::new();
    for destination in &destinations {
        tasks.spawn(post.clone().serve(destination.clone(), queue.clone(), stop.clone()));
    }
    loop {
        post.bury_unknown(&destinations).await;
        tokio::select! {
            () = stop.cancelled() => break,
            () = post.alerts.until_outbox() => {}
        }
        news.send_replace(());
    }
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "a task that notifies broke");
        }
    }
}

impl Post {
    /// Sends what is for one destination.
    async fn serve(
        self,
        to: Destination,
        mut news: tokio::sync::watch::Receiver<()>,
        stop: CancellationToken,
    ) {
        let (mut attempts, mut failures) = (BTreeMap::new(), 0_u32);
        let mut remind_at = Instant::now() + RESEND_EVERY;
        loop {
            let went_well = self.send_all(&to, &mut attempts, &stop).await;
            failures = if went_well { 0 } else { failures + 1 };
            let wait = if went_well { RESEND_EVERY } else { pause(failures) };
            tokio::select! {
                () = stop.cancelled() => return,
                changed = news.changed(), if went_well => if changed.is_err() { return },
                () = tokio::time::sleep(wait) => {}
            }
            if Instant::now() >= remind_at {
                self.remind(&to).await;
                remind_at = Instant::now() + RESEND_EVERY;
            }
        }
    }

    /// Sends all that is queued for a destination, in order; false once one is not taken now. What `stop` cuts off is
    /// an attempt, never the commit behind it.
    async fn send_all(
        &self,
        to: &Destination,
        attempts: &mut BTreeMap<String, u32>,
        stop: &CancellationToken,
    ) -> bool {
        let mut queued = self.alerts.outbox();
        queued.retain(|(_, notice)| notice.destination == to.name);
        let given_up = too_many(queued.len());
        for (tenant, notice) in queued.drain(..given_up) {
            let reason = format!("more than {WAITING_MAX} newer notices wait");
            if !self.settle(&tenant, &notice, (0, Some(reason))).await {
                return false;
            }
            attempts.remove(&notice.id);
        }
        for (tenant, notice) in &queued {
            let attempt = attempts.entry(notice.id.clone()).or_default();
            *attempt += 1;
            let tried = *attempt;
            let sent = tokio::select! {
                () = stop.cancelled() => return false,
                sent = self.sender.send(to, notice, self.clock.now()) => sent,
            };
            let age_ms = self.clock.now().ms_since(notice.time);
            let reason = match sent {
                Ok(()) => None,
                Err(SendError::NotNow(reason)) if age_ms < UNDELIVERED_MS_MAX => {
                    metrics::failed(&to.name);
                    tracing::warn!(
                        destination = to.name,
                        reason,
                        "a notice was not taken; it is sent again"
                    );
                    return false;
                }
                Err(SendError::NotNow(reason) | SendError::Never(reason)) => Some(reason),
            };
            if !self.settle(tenant, notice, (tried, reason)).await {
                return false;
            }
            attempts.remove(&notice.id);
        }
        true
    }

    /// Notes what became of a notice.
    async fn settle(
        &self,
        tenant: &Tenant,
        notice: &Notice,
        (attempts, reason): (u32, Option<String>),
    ) -> bool {
        let destination = notice.destination.as_str();
        match &reason {
            None => metrics::delivered(destination),
            Some(reason) => {
                metrics::dead(destination);
                tracing::error!(destination, reason, id = notice.id, "a notice was given up");
            }
        }
        let delivery = Delivery {
            id: notice.id.clone(),
            destination: notice.destination.clone(),
            rule: notice.rule.clone(),
            time: self.clock.now(),
            attempts,
            reason,
            alerts: notice.alerts.clone(),
        };
        self.alerts.settle(tenant, &delivery).await
    }

    async fn bury_unknown(&self, known: &[Destination]) {
        for (tenant, notice) in self.alerts.outbox() {
            if known.iter().all(|to| to.name != notice.destination) {
                let reason = "there is no such destination any more".to_owned();
                self.settle(&tenant, &notice, (0, Some(reason))).await;
            }
        }
    }

    /// An Alertmanager forgets what it is not told again.
    async fn remind(&self, to: &Destination) {
        if !matches!(to.kind, Kind::Alertmanager { .. }) {
            return;
        }
        let firing = self.alerts.firing_for(&to.name);
        if firing.is_empty() {
            return;
        }
        if let Err(error) = self.sender.remind(to, &firing, self.clock.now()).await {
            metrics::failed(&to.name);
            tracing::warn!(destination = to.name, %error, "it was not told again what fires");
        }
    }
}

/// How many of so many notices are given up, the oldest.
fn too_many(waiting: usize) -> usize {
    waiting.saturating_sub(WAITING_MAX)
}

fn pause(failures: u32) -> Duration {
    let doubled = PAUSE_FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16));
    doubled.min(PAUSE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_of_too_many_are_given_up() {
        for (waiting, expect) in [(0, 0), (WAITING_MAX, 0), (WAITING_MAX + 1, 1)] {
            assert_eq!(too_many(waiting), expect);
        }
    }

    #[test]
    fn pauses_double_up_to_the_longest() {
        let seconds = [1, 2, 3, 9, 10, 100].map(|failures| pause(failures).as_secs());
        assert_eq!(seconds, [1, 2, 4, 256, 300, 300]);
    }
}
