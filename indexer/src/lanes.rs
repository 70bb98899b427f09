//! Lanes: the journals in which an intake writes what it is sent itself, side by side, so that requests
//! need not wait for one another's fsync.
//!
//! Invariants:
//! - a lane is one tenant's: one epoch, one source, a counter that moves only with a successful append; an
//!   append whose outcome nobody heard, as when its sender left, ends the epoch;
//! - the collector that the lanes of a tenant speak as is the intake's own, one per tenant, and no
//!   collector that draws its uuid can be taken for one;
//! - one that lay idle for a day is another epoch: its books may be closed one day (see
//!   [`close_books`](nilometer_store::Store::close_books));
//! - at most [`INGEST_TENANTS_MAX`] tenants have lanes at a time: whoever was served longest ago gives
//!   way, and begins new epochs when he comes back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use nilometer_model::{
    BatchId, CollectorId, Count, Epoch, PipelineId, Sequence, SourceId, Tenant, Timestamp,
};
use tokio::sync;
use uuid::{Builder, Variant, Version};
use xxhash_rust::xxh3::xxh3_64;

use crate::limits::{INGEST_LANES, INGEST_TENANTS_MAX, LANE_IDLE_NS};

/// One journal of this intake.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    /// Whose it is.
    pub(crate) tenant: Tenant,
    /// As whom it speaks.
    pub(crate) collector: CollectorId,
    epoch: Epoch,
    /// The last batch that is durable.
    sequence: Sequence,
    /// Records and bytes of the lane's own source so far; the records are its counter.
    pub(crate) count: Count,
    used_at: Timestamp,
}

impl Lane {
    fn new(tenant: Tenant, collector: CollectorId) -> Self {
        let (epoch, count) = (Epoch(rand::random()), Count::default());
        Self { tenant, collector, epoch, sequence: Sequence(0), count, used_at: Timestamp(0) }
    }

    /// Its own source.
    pub(crate) fn source(&self) -> SourceId {
        SourceId(xxh3_64(format!("journal\0{}\0{}", self.collector, self.epoch).as_bytes()))
    }

    /// The name of its next batch.
    pub(crate) fn next_batch(&self) -> BatchId {
        let sequence = Sequence(self.sequence.0 + 1);
        BatchId { collector: self.collector, epoch: self.epoch, sequence }
    }

    /// It is used `now`: one that lay idle goes on as another journal.
    pub(crate) fn used(&mut self, now: Timestamp) {
        if now.0.saturating_sub(self.used_at.0) >= LANE_IDLE_NS && self.sequence != Sequence(0) {
            self.begin_anew();
        }
        self.used_at = now;
    }

    /// Its next batch is on its way to the Log.
    pub(crate) fn attempt(&mut self) -> Attempt<'_> {
        Attempt { lane: self, durable: false }
    }

    /// Nobody knows what became of its next batch: it goes on as another journal.
    fn begin_anew(&mut self) {
        *self = Self::new(self.tenant.clone(), self.collector);
    }
}

/// A lane while its next batch is being appended. Whoever lets go of it without an answer, because the append
/// failed or because its sender has left, leaves a lane that begins anew.
#[must_use]
pub(crate) struct Attempt<'a> {
    lane: &'a mut Lane,
    durable: bool,
}

impl Attempt<'_> {
    /// The batch is durable, and adds so much to the lane's own source.
    pub(crate) fn durable(mut self, own: Count) {
        self.lane.sequence.0 += 1;
        self.lane.count += own;
        self.durable = true;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.durable {
            self.lane.begin_anew();
        }
    }
}

/// The lanes of all tenants.
#[derive(Debug)]
pub(crate) struct Lanes {
    pipeline: PipelineId,
    /// The lock is held for a look only.
    turns: Mutex<Turns>,
}

#[derive(Debug, Default)]
struct Turns {
    turn: u64,
    by_tenant: HashMap<Tenant, Own>,
}

/// One tenant's lanes.
#[derive(Debug)]
struct Own {
    lanes: [Arc<sync::Mutex<Lane>>; INGEST_LANES],
    next: usize,
    /// The turn in which they were last asked for.
    turn: u64,
}

impl Own {
    fn new(tenant: &Tenant, pipeline: PipelineId) -> Self {
        let collector = own_collector(pipeline, tenant);
        let lane = |_| Arc::new(sync::Mutex::new(Lane::new(tenant.clone(), collector)));
        Self { lanes: std::array::from_fn(lane), next: 0, turn: 0 }
    }
}

impl Lanes {
    pub(crate) fn new(pipeline: PipelineId) -> Self {
        Self { pipeline, turns: Mutex::default() }
    }

    /// The tenant's lane whose turn it is.
    pub(crate) fn of(&self, tenant: &Tenant) -> Arc<sync::Mutex<Lane>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.turn += 1;
        let turn = turns.turn;
        if !turns.by_tenant.contains_key(tenant) && turns.by_tenant.len() >= INGEST_TENANTS_MAX {
            let longest_ago = turns.by_tenant.iter().min_by_key(|(_, own)| own.turn);
            if let Some(tenant) = longest_ago.map(|(tenant, _)| tenant.clone()) {
                turns.by_tenant.remove(&tenant);
            }
        }
        let new = || Own::new(tenant, self.pipeline);
        let own = turns.by_tenant.entry(tenant.clone()).or_insert_with(new);
        own.turn = turn;
        own.next = (own.next + 1) % INGEST_LANES;
        Arc::clone(&own.lanes[own.next])
    }
}

/// As whom the lanes of a tenant speak. Its first half says that it is this pipeline's intake, its second
/// half for which tenant; version 8 keeps it apart from uuids that are drawn.
fn own_collector(pipeline: PipelineId, tenant: &Tenant) -> CollectorId {
    let half = |text: String| u128::from(xxh3_64(text.as_bytes()));
    let ours = half(format!("intake\0{pipeline}"));
    let id = Builder::from_u128(ours << 64 | half(format!("tenant\0{tenant}")));
    CollectorId(id.with_version(Version::Custom).with_variant(Variant::RFC4122).into_uuid())
}

/// Whether it is the intake's own, of whichever tenant: nobody else may speak as it.
pub(crate) fn is_own_collector(pipeline: PipelineId, collector: CollectorId) -> bool {
    let first_half = |id: CollectorId| id.0.as_u128() >> 64;
    first_half(collector) == first_half(own_collector(pipeline, &Tenant::default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(number: usize) -> Tenant {
        Tenant::parse(&format!("t{number}")).unwrap()
    }

    fn source(lanes: &Lanes, tenant: &Tenant) -> SourceId {
        lanes.of(tenant).try_lock().unwrap().source()
    }

    #[test]
    fn a_tenants_lanes_take_turns_and_are_shared_with_nobody() {
        let lanes = Lanes::new(PipelineId::default());
        let turns = |number| -> Vec<SourceId> {
            (0..2 * INGEST_LANES).map(|_| source(&lanes, &tenant(number))).collect()
        };
        let (one, other) = (turns(1), turns(2));
        assert_eq!(one[..INGEST_LANES], one[INGEST_LANES..]);
        assert!(one.iter().all(|source| !other.contains(source)));
    }

    #[test]
    fn beyond_the_limit_the_tenant_served_longest_ago_begins_anew() {
        let lanes = Lanes::new(PipelineId::default());
        let all = |number| -> Vec<SourceId> {
            let mut all: Vec<_> =
                (0..INGEST_LANES).map(|_| source(&lanes, &tenant(number))).collect();
            all.sort();
            all
        };
        let before: Vec<_> = (0..INGEST_TENANTS_MAX).map(all).collect();
        assert_eq!(all(0), before[0], "{INGEST_TENANTS_MAX} fit");
        all(INGEST_TENANTS_MAX);
        assert_eq!(all(0), before[0], "served just now");
        assert_ne!(all(1), before[1], "served longest ago");
    }

    #[test]
    fn the_intakes_own_collectors_differ_by_tenant_and_are_known_from_those_that_are_drawn() {
        let pipeline = PipelineId(uuid::Uuid::now_v7());
        let (one, other) =
            (own_collector(pipeline, &tenant(1)), own_collector(pipeline, &tenant(2)));
        assert_ne!(one, other);
        assert_eq!(one, own_collector(pipeline, &tenant(1)), "after every restart");
        assert!(is_own_collector(pipeline, one) && is_own_collector(pipeline, other));
        let drawn = CollectorId(uuid::Uuid::now_v7());
        assert!(!is_own_collector(pipeline, drawn));
        let elsewhere = own_collector(PipelineId(uuid::Uuid::now_v7()), &tenant(1));
        assert!(!is_own_collector(pipeline, elsewhere));
    }

    #[test]
    fn a_lane_that_lay_idle_goes_on_as_another_journal() {
        let lane = Lanes::new(PipelineId::default()).of(&tenant(1));
        let mut lane = lane.try_lock().unwrap();
        lane.used(Timestamp(LANE_IDLE_NS));
        let source = lane.source();
        lane.attempt().durable(Count::one(5));
        lane.used(Timestamp(2 * LANE_IDLE_NS - 1));
        lane.used(Timestamp(3 * LANE_IDLE_NS - 2));
        assert_eq!((lane.source(), lane.count), (source, Count::one(5)));
        lane.used(Timestamp(4 * LANE_IDLE_NS - 2));
        assert_ne!(lane.source(), source);
        assert_eq!(lane.count, Count::default());
    }

    #[test]
    fn a_lane_goes_on_behind_a_durable_batch_and_begins_anew_behind_one_of_unknown_outcome() {
        let lane = Lanes::new(PipelineId::default()).of(&tenant(1));
        let mut lane = lane.try_lock().unwrap();
        let (source, first) = (lane.source(), lane.next_batch());
        lane.attempt().durable(Count::one(5));
        assert_eq!((lane.source(), lane.count), (source, Count::one(5)));
        assert_eq!(lane.next_batch().sequence, Sequence(first.sequence.0 + 1));
        drop(lane.attempt());
        assert_ne!(lane.source(), source);
        assert_eq!((lane.count, lane.next_batch().sequence), (Count::default(), Sequence(1)));
    }
}
