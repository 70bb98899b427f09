//! Where rules, silences, states and the history stand in Meta, and how they are written there.
//!
//! ```text
//!   state.rule/TENANT/ID        a rule that came by the API
//!   state.silence/TENANT/ID
//!   state.alerts/TENANT/ID      a rule's alerts and members, while there are any
//!   state.history/TENANT/N      the Nth hundred of changes
//!   state.outbox/TENANT/ID      a notice that is not delivered yet
//!   state.delivery/TENANT/N      what became of the Nth notice
//!   state.late                  up to when it was looked at what came late
//!   state.evaluated             up to which step rules were evaluated, and what of the Log was seen
//!   state.pauses                when nobody evaluated, and steps were left out
//! ```
//! Invariants:
//! - what cannot be read is left out and said; it is never overwritten by the mere start of a process;
//! - an id holds no slash, so that a tenant whose name does cannot reach another's documents.

use nilometer_alert::{Alert, RawRule, Rule};
use nilometer_model::{LogPosition, Revision, Tenant, Timestamp};
use nilometer_store::Store;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub(super) const RULE: &str = "state.rule/";
pub(super) const SILENCE: &str = "state.silence/";
pub(super) const ALERTS: &str = "state.alerts/";
pub(super) const HISTORY: &str = "state.history/";
pub(super) const DELIVERY: &str = "state.delivery/";
pub(super) const OUTBOX: &str = "state.outbox/";
pub(super) const LATE: &str = "state.late";
pub(super) const EVALUATED: &str = "state.evaluated";
pub(super) const PAUSES: &str = "state.pauses";

/// How far rules were evaluated, and on what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Evaluated {
    pub(crate) to: Timestamp,
    pub(crate) revision: Revision,
    pub(crate) position: LogPosition,
}

/// A change of an alert, as it is remembered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Remembered {
    /// Rises with every change of the tenant.
    pub(crate) number: u64,
    /// The step that it came with.
    pub(crate) time: Timestamp,
    pub(crate) alert: Alert,
    /// What of the Log that step saw.
    pub(crate) revision: Revision,
    pub(crate) position: LogPosition,
}

/// The document of a tenant's thing.
pub(super) fn name(kind: &str, tenant: &Tenant, id: &str) -> String {
    format!("{kind}{tenant}/{id}")
}

/// What the only document of a kind says, if it can be read.
pub(super) fn read_one<T: DeserializeOwned>(store: &Store, kind: &str) -> Option<T> {
    let (_, text) = store.documents(kind).pop()?;
    serde_json::from_str(&text).ok()
}

/// Every readable document of a kind: whose it is, its id, and what it says.
pub(super) fn read<T: DeserializeOwned>(store: &Store, kind: &str) -> Vec<(Tenant, String, T)> {
    let read = |(name, text): (String, String)| {
        let (tenant, id) = name.strip_prefix(kind)?.rsplit_once('/')?;
        let read = Tenant::parse(tenant).ok().zip(serde_json::from_str(&text).ok());
        if read.is_none() {
            tracing::error!(document = name, "a document of alerts cannot be read; it is left out");
        }
        read.map(|(tenant, thing)| (tenant, id.to_owned(), thing))
    };
    store.documents(kind).into_iter().filter_map(read).collect()
}

/// The rules that came by the API.
pub(super) fn rules(store: &Store) -> Vec<(Tenant, Rule)> {
    let checked = |(tenant, id, json): (Tenant, String, Box<serde_json::value::RawValue>)| {
        match RawRule::from_json(json.get().as_bytes()).and_then(RawRule::check) {
            Ok(rule) => Some((tenant, rule)),
            Err(error) => {
                tracing::error!(%error, %tenant, id, "a rule cannot be read; it is not evaluated");
                None
            }
        }
    };
    read(store, RULE).into_iter().filter_map(checked).collect()
}
