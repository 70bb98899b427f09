//! Live tails: each tenant's chunks as they enter the buffer, to whoever of that tenant listens.
//!
//! Invariants:
//! - a listener is sent its own tenant's chunks and no other's, nor is it told that there are any;
//! - nothing is kept for a tenant that nobody listens for;
//! - a slow listener holds nothing up: it skips.

use std::collections::BTreeMap;
use std::sync::Arc;

use nilometer_model::{Rows, Tenant};
use tokio::sync::broadcast::{Receiver, Sender};

use crate::limits::FEED_CHUNKS_MAX;

/// One feed per tenant that is listened for.
#[derive(Debug, Default)]
pub(crate) struct Feeds(BTreeMap<Tenant, Sender<Arc<Rows>>>);

impl Feeds {
    pub(crate) fn subscribe(&mut self, tenant: &Tenant) -> Receiver<Arc<Rows>> {
        self.0.retain(|_, feed| feed.receiver_count() > 0);
        let new = || Sender::new(FEED_CHUNKS_MAX);
        self.0.entry(tenant.clone()).or_insert_with(new).subscribe()
    }

    /// `rows` are the tenant's, all of them.
    pub(crate) fn send(&self, tenant: &Tenant, rows: Arc<Rows>) {
        if let Some(feed) = self.0.get(tenant) {
            // Nobody listening any more is fine.
            drop(feed.send(rows));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_listens_hears_his_own_tenant_only_and_is_forgotten_when_he_leaves() {
        let [own, other] = ["own", "other"].map(|name| Tenant::parse(name).unwrap());
        let mut feeds = Feeds::default();
        let mut heard = feeds.subscribe(&own);
        feeds.send(&other, Arc::default());
        assert!(heard.is_empty());
        feeds.send(&own, Arc::default());
        heard.try_recv().unwrap();
        drop(heard);
        let _listens = feeds.subscribe(&other);
        assert_eq!(feeds.0.keys().collect::<Vec<_>>(), [&other]);
    }
}
