//! The history: every alert that fired or ended, by hundreds in documents.
//!
//! Invariants:
//! - a change is in the commit of the step that made it;
//! - the newest [`HISTORY_CHUNKS_MAX`] hundreds of a tenant are kept; when a new one begins the oldest goes.

use std::collections::BTreeMap;

use nilometer_alert::{Alert, AlertState};
use nilometer_model::{Tenant, TimeRange, Timestamp};
use nilometer_store::{Documents, Store};

use super::book::{self, Evaluated, Remembered};
use crate::limits::{HISTORY_CHUNK_LEN, HISTORY_CHUNKS_MAX};

/// The changes of each tenant by their number.
#[derive(Debug, Default)]
pub(super) struct Memory(BTreeMap<Tenant, BTreeMap<u64, Remembered>>);

impl Memory {
    pub(super) fn read(store: &Store) -> Self {
        let mut memory = Self::default();
        for (tenant, _, chunk) in book::read::<Vec<Remembered>>(store, book::HISTORY) {
            memory.add(chunk.into_iter().map(|one| (tenant.clone(), one)).collect());
        }
        memory
    }

    /// Numbers what fired or ended, and writes the documents that hold it.
    pub(super) fn plan(
        &self,
        tenant: &Tenant,
        (time, evaluated): (Timestamp, Evaluated),
        alerts: Vec<Alert>,
    ) -> (Vec<Remembered>, Documents) {
        let told = alerts.into_iter().filter(|alert| alert.state != AlertState::Pending);
        let known = self.0.get(tenant);
        let next = known.and_then(|known| known.keys().next_back()).map_or(0, |last| last + 1);
        let Evaluated { revision, position, .. } = evaluated;
        let numbered = (next..).zip(told);
        let new: Vec<Remembered> = numbered
            .map(|(number, alert)| Remembered {
                number,
                time: alert.until.unwrap_or(time),
                alert,
                revision,
                position,
            })
            .collect();
        let mut documents = Documents::new();
        let (Some(first), Some(last)) = (new.first(), new.last()) else { return (new, documents) };
        for chunk in first.number / HISTORY_CHUNK_LEN..=last.number / HISTORY_CHUNK_LEN {
            let numbers = chunk * HISTORY_CHUNK_LEN..(chunk + 1) * HISTORY_CHUNK_LEN;
            let before = known
                .into_iter()
                .flat_map(|known| known.range(numbers.clone()).map(|(_, one)| one));
            let added = new.iter().filter(|one| numbers.contains(&one.number));
            let all: Vec<&Remembered> = before.chain(added).collect();
            let text = serde_json::to_string(&all).unwrap_or_default();
            documents.insert(document(tenant, chunk), Some(text));
            if let Some(oldest) = chunk.checked_sub(HISTORY_CHUNKS_MAX) {
                documents.insert(document(tenant, oldest), None);
            }
        }
        (new, documents)
    }

    /// Takes in what was committed.
    pub(super) fn add(&mut self, new: Vec<(Tenant, Remembered)>) {
        for (tenant, one) in new {
            let known = self.0.entry(tenant).or_default();
            let oldest = (one.number / HISTORY_CHUNK_LEN).saturating_sub(HISTORY_CHUNKS_MAX - 1);
            known.insert(one.number, one);
            *known = known.split_off(&(oldest * HISTORY_CHUNK_LEN));
        }
    }

    pub(super) fn find(
        &self,
        tenant: &Tenant,
        range: TimeRange,
        (before, limit): (Option<u64>, usize),
    ) -> (Vec<Remembered>, bool) {
        let Some(known) = self.0.get(tenant) else { return (Vec::new(), false) };
        let newest_first = known.range(..before.unwrap_or(u64::MAX)).rev().map(|(_, one)| one);
        let mut found = newest_first.filter(|one| range.contains(one.time));
        let page = found.by_ref().take(limit).cloned().collect();
        (page, found.next().is_some())
    }
}

fn document(tenant: &Tenant, chunk: u64) -> String {
    book::name(book::HISTORY, tenant, &format!("{chunk:016x}"))
}
