//! What all handlers of a service's process share.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use tokio::sync::watch;

use super::call::HttpClient;
use super::lines::Lines;
use super::telemetry::Instruments;
use crate::fault::Fault;
use crate::shop::ServiceSpec;

/// The process's service.
pub(crate) struct Service {
    pub(super) spec: &'static ServiceSpec,
    pub(super) version: String,
    /// Where each service's instances listen.
    pub(super) peers: BTreeMap<String, Vec<SocketAddr>>,
    pub(super) faults: watch::Receiver<BTreeSet<Fault>>,
    pub(super) client: HttpClient,
    pub(super) lines: Lines,
    pub(super) instruments: Instruments,
}

impl Service {
    /// Whether that fault is on.
    pub(super) fn has(&self, fault: Fault) -> bool {
        self.faults.borrow().contains(&fault)
    }

    /// Returns as soon as `silence` is off.
    pub(super) async fn may_speak(&self) {
        let mut faults = self.faults.clone();
        // When nobody switches any more, the process ends.
        let _faults = faults.wait_for(|faults| !faults.contains(&Fault::Silence)).await;
    }
}
