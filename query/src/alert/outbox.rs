//! What is to be told and is not yet, and what became of what was: for who sends.
//!
//! Invariants:
//! - a notice leaves the outbox in the commit that notes what became of it;
//! - the newest [`DELIVERIES_MAX`] deliveries of a tenant are kept, dead letters among them.

use nilometer_alert::{Alert, Notice, Phase, RuleId};
use nilometer_model::{Tenant, Timestamp};
use nilometer_store::Documents;
use serde::{Deserialize, Serialize};

use super::book;
use super::desk::Alerts;
use crate::limits::DELIVERIES_MAX;

/// What became of a notice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// The notice's id.
    pub id: String,
    pub destination: String,
    pub rule: RuleId,
    /// When it was taken, or given up.
    pub time: Timestamp,
    pub attempts: u32,
    /// Why it was given up; none when it was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub alerts: Vec<Alert>,
}

impl Alerts {
    /// All notices that are not delivered yet, the oldest first.
    #[must_use]
    pub fn outbox(&self) -> Vec<(Tenant, Notice)> {
        let read = book::read::<Notice>(&self.store, book::OUTBOX).into_iter();
        let mut all: Vec<(Tenant, Notice)> =
            read.map(|(tenant, _, notice)| (tenant, notice)).collect();
        all.sort_by(|(_, a), (_, b)| (a.time, &a.id).cmp(&(b.time, &b.id)));
        all
    }

    /// Returns once there may be something new to send.
    pub async fn until_outbox(&self) {
        self.outbox.notified().await;
    }

    /// Notes what became of a notice, and takes it out of the outbox; whether that was committed.
    pub async fn settle(&self, tenant: &Tenant, delivery: &Delivery) -> bool {
        let _turn = self.turn.lock().await;
        let kind = format!("{}{tenant}/", book::DELIVERY);
        let own = self.store.documents(&kind).into_iter().map(|(name, _)| name);
        let own: Vec<String> = own.filter(|name| !name[kind.len()..].contains('/')).collect();
        let last = own.last().and_then(|name| u64::from_str_radix(&name[kind.len()..], 16).ok());
        let next = last.map_or(0, |last| last + 1);
        let text = serde_json::to_string(delivery).ok();
        let mut changes: Documents = [
            (book::name(book::OUTBOX, tenant, &delivery.id), None),
            (book::name(book::DELIVERY, tenant, &format!("{next:016x}")), text),
        ]
        .into();
        let over = (own.len() + 1).saturating_sub(DELIVERIES_MAX);
        changes.extend(own.into_iter().take(over).map(|name| (name, None)));
        self.commit(changes).await.is_ok()
    }

    /// What became of the tenant's notices, the newest first.
    pub(crate) fn deliveries(&self, tenant: &Tenant) -> Vec<Delivery> {
        let all = book::read::<Delivery>(&self.store, book::DELIVERY).into_iter();
        let own = all.filter(|(owner, ..)| owner == tenant).map(|(.., delivery)| delivery);
        own.collect::<Vec<_>>().into_iter().rev().collect()
    }

    /// What fires now of the rules that name the destination, and somebody was told of.
    #[must_use]
    pub fn firing_for(&self, destination: &str) -> Vec<Alert> {
        let inner = self.inner();
        let mut firing = Vec::new();
        for ((tenant, _), kept) in inner.rules.iter() {
            let named = kept.rule.notify.iter().any(|name| name == destination);
            for questions in kept.meant.iter().filter(|_| named) {
                let key = (tenant.clone(), questions.rule.id.clone());
                let active = inner.states.get(&key).into_iter().flat_map(|state| &state.active);
                let told = active.filter(|active| active.phase == Phase::Firing && active.told);
                firing.extend(told.map(|active| active.alert(&questions.rule)));
            }
        }
        firing
    }
}
