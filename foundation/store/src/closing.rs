//! Books that are closed for good: what they account for is gone, and nobody speaks of it any more.
//!
//! ```text
//!   a source      nothing of it came, and no heartbeat named it, since the horizon
//!   an epoch      no batch of it came since the horizon, and its collector was not heard either
//!   a collector   it was not heard since the horizon
//! ```
//! Invariants:
//! - pure; what changed since the last commit stays open;
//! - the horizon lies behind all data that is kept, so no mark is missed by a record that could come again: older
//!   batches are not let in (`too_old`);
//! - a collector that is heard keeps the names of its batches: that the centre lacks one means to it that the centre
//!   was set back.

use std::collections::{BTreeMap, BTreeSet};

use nilometer_model::{CollectorId, Epoch, SourceId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::commit::State;
use crate::limits::BOOKS_CLOSED_AT_ONCE;
use crate::live::Live;

/// What is closed by one commit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Closed {
    /// Their accounts, and what was heard of them.
    pub sources: BTreeSet<SourceId>,
    /// Their sequences; with its last one a collector's owner is forgotten.
    pub epochs: BTreeMap<CollectorId, BTreeSet<Epoch>>,
}

impl Closed {
    /// Whether that is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty() && self.epochs.is_empty()
    }
}

/// What is to be closed, and which collectors are to be forgotten: at most [`BOOKS_CLOSED_AT_ONCE`] of each.
pub(crate) fn due(state: &State, live: &Live, horizon: Timestamp) -> (Closed, Vec<CollectorId>) {
    let is_heard = |id: &CollectorId| {
        live.collectors.get(id).is_some_and(|known| known.heard.last_seen >= horizon)
    };
    let is_named = |id: &SourceId| live.reads.get(id).is_some_and(|read| read.as_of >= horizon);
    let of_accounts = live.accounts.values().filter(|account| account.changed < horizon);
    let of_accounts = of_accounts.map(|account| account.source);
    // What was heard of a source that no batch ever named.
    let of_reads = live.reads.keys().filter(|id| !live.accounts.contains_key(id)).copied();
    let sources = of_accounts.chain(of_reads).filter(|id| !is_named(id) && !live.is_changed(*id));
    let epochs = state.epochs_changed.iter().filter(|(id, _)| !is_heard(id));
    let epochs = epochs.flat_map(|(id, epochs)| {
        let old = epochs.iter().filter(|(_, changed)| **changed < horizon);
        old.map(|(epoch, _)| (*id, *epoch))
            .filter(|(id, epoch)| !live.is_epoch_changed(*id, *epoch))
    });
    let mut closed =
        Closed { sources: sources.take(BOOKS_CLOSED_AT_ONCE).collect(), ..Closed::default() };
    for (id, epoch) in epochs.take(BOOKS_CLOSED_AT_ONCE) {
        closed.epochs.entry(id).or_default().insert(epoch);
    }
    let gone = live.collectors.keys().filter(|id| !is_heard(id)).take(BOOKS_CLOSED_AT_ONCE);
    (closed, gone.copied().collect())
}
