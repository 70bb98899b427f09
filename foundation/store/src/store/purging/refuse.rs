//! What a purge keeps out: items that come again, and dead letters that say them.
//!
//! Invariants:
//! - what is refused was written, read or received before the purge; what comes about the same later is let in;
//! - a span or a sample is refused by its number, as a record is: the books count all of them alike.

use std::sync::Arc;

use nilometer_model::{Items, Reason, Timestamp};
use nilometer_wire::Refusal;

use super::Store;
use crate::arrival::Arrival;
use crate::commit::DeadLetter;
use crate::purge::{Purge, Takes, items_of};
use crate::records::RowSet;

/// The letters that no purge takes.
pub(in crate::store) fn without_taken(
    letters: Vec<DeadLetter>,
    takes: &[(Purge, Arc<dyn Takes>)],
) -> Vec<DeadLetter> {
    if takes.is_empty() {
        return letters;
    }
    let (items, numbers) = items_of(&letters);
    let taken = takes.iter().map(|(_, takes)| takes.items(&items));
    let taken = taken.fold(RowSet::none(items.len()), |all, taken| all.or(&taken));
    let numbered = letters.into_iter().zip(numbers);
    numbered.filter(|(_, number)| !taken.contains(*number)).map(|(letter, _)| letter).collect()
}

/// Which of the items are refused, by their numbers.
fn refused_items(items: &Items, frozen_at: Timestamp, takes: &[(Purge, Arc<dyn Takes>)]) -> RowSet {
    let Items { rows, spans, samples } = items;
    let written = rows.time.iter().chain(&spans.start).chain(&samples.time);
    let received = rows.received.iter().chain(&spans.received).chain(&samples.received);
    let first: Vec<i64> = written.zip(received).map(|(one, other)| *one.min(other)).collect();
    let of_purge = |(purge, takes): &(Purge, Arc<dyn Takes>)| {
        let at = purge.at;
        takes.items(items).keep(|number| frozen_at <= at || first[number] <= at.0)
    };
    takes.iter().map(of_purge).fold(RowSet::none(items.len()), |all, of_purge| all.or(&of_purge))
}

impl Store {
    /// What is refused of an arrival: what admission turned away, and what was purged.
    pub(in crate::store) async fn refused(
        &self,
        arrival: &mut Arrival,
        turned_away: &[Refusal],
    ) -> Vec<Refusal> {
        let takes = {
            let inner = self.inner();
            inner.purging.takes(&inner.state, &arrival.tenant)
        };
        if takes.is_empty() || arrival.batch.items.is_empty() {
            return turned_away.to_vec();
        }
        let items = Arc::new(std::mem::take(&mut arrival.batch.items));
        let (asked, frozen_at) = (Arc::clone(&items), arrival.batch.header.frozen_at);
        let asking = move || refused_items(&asked, frozen_at, &takes);
        let purged = tokio::task::spawn_blocking(asking).await.unwrap_or_else(|error| {
            tracing::error!(%error, "what a purge takes of a batch was not found out; all is refused");
            RowSet::all(items.len())
        });
        let is_other = |refusal: &&Refusal| {
            let number = refusal.index as usize;
            number >= items.len() || !purged.contains(number)
        };
        let others = turned_away.iter().filter(is_other).cloned();
        let numbered = items.entries().enumerate().filter(|(number, _)| purged.contains(*number));
        let of_purges = numbered.map(|(number, entry)| Refusal {
            index: u32::try_from(number).unwrap_or(u32::MAX),
            source: entry.source,
            position: entry.position,
            reason: Reason::Purged,
        });
        let refused = others.chain(of_purges).collect();
        arrival.batch.items = Arc::try_unwrap(items).unwrap_or_else(|items| Items::clone(&items));
        refused
    }
}
