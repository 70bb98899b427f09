//! The door of a receiver: what an OpenTelemetry SDK sends becomes durable behind it, on a node as at the centre.
//!
//! Invariants:
//! - `Ok` says "durable": whoever implements this answers only after the fsync of its journal;
//! - sources and positions of what is handed over are 0: the journal behind the door draws them;
//! - an error says that not all of it is taken; the sender keeps it and tries again. Of a request that makes
//!   several batches the first may be durable by then: spans of it are dropped when they come again.

use async_trait::async_trait;
use nilometer_model::{Items, Tenant};

use crate::IntakeError;

/// Takes in what receivers and samplers bring: the collector's spool, the centre's Log.
#[async_trait]
pub trait Door: Send + Sync {
    /// Makes the tenant's items durable, all of them.
    ///
    /// # Errors
    /// [`IntakeError`]; not all of it is durable, or it is not known whether it is.
    async fn take(&self, tenant: &Tenant, items: Items) -> Result<(), IntakeError>;
}
