//! The centre's door: what a receiver at the centre is sent becomes batches of lanes of its own.
//!
//! Invariants:
//! - lanes of receivers and of `/ingest` are never the same: a source has one stream;
//! - whoever sent something and then asks for it finds it, unless the index is behind.

use std::sync::Arc;

use async_trait::async_trait;
use nilometer_model::{Items, Stream, Tenant};
use nilometer_wire::{Door, IntakeError};

use crate::batch::NextBatch;
use crate::intake::{CentreIntake, Parts, unavailable};
use crate::lanes::Lanes;
use crate::limits::{INGEST_BATCH_RECORDS, INGEST_BATCH_TEXT_BYTES};

/// Takes in what was decoded.
pub(crate) struct Received {
    parts: Arc<Parts>,
    lanes: Lanes,
}

impl Received {
    pub(crate) fn new(parts: Arc<Parts>) -> Self {
        let lanes = Lanes::new(parts.store.pipeline());
        Self { parts, lanes }
    }

    /// Returns once every item is durable.
    async fn take(&self, tenant: &Tenant, items: Items) -> Result<(), IntakeError> {
        let cut = move || items.cut(INGEST_BATCH_RECORDS, INGEST_BATCH_TEXT_BYTES);
        let pieces = tokio::task::spawn_blocking(cut).await;
        let pieces = pieces.map_err(|_| unavailable("the items could not be cut into batches"))?;
        let lane = self.lanes.of(tenant);
        let mut lane = lane.lock().await;
        lane.used(self.parts.clock.now());
        let mut last = None;
        for piece in pieces {
            let next = NextBatch::own(&lane, Stream::Otlp, piece);
            last = Some(next.append(&self.parts, &mut lane).await?);
        }
        drop(lane);
        if let Some(position) = last {
            self.parts.see(position).await;
        }
        Ok(())
    }
}

#[async_trait]
impl Door for CentreIntake {
    async fn take(&self, tenant: &Tenant, items: Items) -> Result<(), IntakeError> {
        self.parts.has_room().await?;
        self.received.take(tenant, items).await
    }
}
