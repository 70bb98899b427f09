//! One request, whichever way it came: held, inflated, decoded, redacted, through the door, answered.
//!
//! Invariants:
//! - what is decoded is moved to the door, never copied;
//! - inflating and decoding happen on threads that may block, few at once, even of those whose sender has left.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use nilometer_model::{Clock, Tenant};
use nilometer_otlp::{Context, Decoded, Encoding, Signal, decode, partial_success};
use nilometer_parse::Redactor;
use nilometer_wire::{Compression, Door, inflate};
use tokio::sync::OwnedSemaphorePermit;

use crate::budget::Budget;
use crate::limits::WAIT_MAX;
use crate::redact::redact;
use crate::refusal::{Kind, Refusal};
use crate::{body, metrics};

/// Takes requests in; cheap to clone, and all clones share one budget.
#[derive(Clone)]
pub struct Receiver(Arc<Shared>);

struct Shared {
    door: Arc<dyn Door>,
    clock: Arc<dyn Clock>,
    /// The name of this host, for resources that do not say theirs.
    node: String,
    budget: Budget,
    /// Takes secrets out of what is sent, if they are to be.
    redactor: Option<Arc<Redactor>>,
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver").field("node", &self.0.node).finish_non_exhaustive()
    }
}

/// How a request is written.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) tenant: Tenant,
    pub(crate) signal: Signal,
    pub(crate) encoding: Encoding,
}

impl Receiver {
    /// One whose items go through `door`; `node` is this host's name.
    #[must_use]
    pub fn new(
        door: Arc<dyn Door>,
        clock: Arc<dyn Clock>,
        node: String,
        redactor: Option<Arc<Redactor>>,
    ) -> Self {
        let budget = Budget::new(WAIT_MAX);
        Self(Arc::new(Shared { door, clock, node, budget, redactor }))
    }

    /// Takes a request in. `message` finds its message in the body: what it is and how it is compressed.
    pub(crate) async fn take(
        &self,
        written: Written,
        body: Body,
        message: impl FnOnce(Bytes) -> Result<(Bytes, Compression), Refusal>,
    ) -> Result<Vec<u8>, Refusal> {
        let signal = written.signal;
        let taken = Box::pin(self.take_counted(written, body, message)).await;
        taken.inspect_err(|refusal| metrics::refused(signal, refusal.kind))
    }

    async fn take_counted(
        &self,
        written: Written,
        body: Body,
        message: impl FnOnce(Bytes) -> Result<(Bytes, Compression), Refusal>,
    ) -> Result<Vec<u8>, Refusal> {
        let budget = &self.0.budget;
        let mut held = budget.begin().await?;
        let sent = body::read(body, budget, &mut held).await?;
        metrics::came(written.signal, sent.len());
        let (message, compression) = message(sent)?;
        let (mut decoded, turn) = self.decode(written.clone(), message, compression).await?;
        let items = std::mem::take(&mut decoded.items);
        let count = items.len();
        budget.hold_items(&mut held, items.memory_bytes()).await?;
        drop(turn);
        if count > 0 {
            self.0.door.take(&written.tenant, items).await?;
        }
        metrics::taken(written.signal, count, &decoded);
        Ok(partial_success(written.signal, written.encoding, &decoded))
    }

    /// With the turn in which it was done, which the thread keeps whoever has left meanwhile.
    async fn decode(
        &self,
        written: Written,
        message: Bytes,
        compression: Compression,
    ) -> Result<(Decoded, OwnedSemaphorePermit), Refusal> {
        let turn = self.0.budget.decoding().await?;
        let (shared, now) = (Arc::clone(&self.0), self.0.clock.now());
        let decoded = tokio::task::spawn_blocking(move || {
            let message = inflate(message, compression)?;
            let context = Context { tenant: &written.tenant, node: &shared.node, now };
            let mut decoded = decode(written.signal, written.encoding, &message, context)?;
            if let Some(redactor) = &shared.redactor {
                redact(&mut decoded.items, redactor);
            }
            Ok((decoded, turn))
        });
        decoded.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a request broke its decoder");
            Err(Refusal::new(Kind::Unavailable, "the request could not be worked on"))
        })
    }
}
