//! What the supervisor tells a process on its standard input: first what it is, then which faults are on.
//!
//! ```text
//!   {"service":"cart","version":"1.9.3",…}\n        once
//!   ["slow"]\n  []\n …                              whenever the board changes
//!   end of file                                     the end of the process
//! ```
//! A token travels here and not among arguments, where everybody on the machine could read it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::fault::Fault;

/// What a process is told at its start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Assignment {
    /// Its service; none for the process that plays the visitors.
    pub(crate) service: Option<Identity>,
    /// Where each service's instances listen.
    pub(crate) peers: BTreeMap<String, Vec<SocketAddr>>,
    pub(crate) otlp: Otlp,
}

/// Who a service's process is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) node: String,
    pub(crate) pod: String,
    /// How often it was started before.
    pub(crate) restarts: u32,
    pub(crate) listen: SocketAddr,
    pub(crate) faults: BTreeSet<Fault>,
}

/// Where spans and metrics go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Otlp {
    /// `http://IP:PORT`; `/v1/traces` and `/v1/metrics` are below it.
    pub(crate) url: String,
    /// What is shown there.
    pub(crate) token: Option<String>,
}

/// A line of the supervisor's.
pub(crate) fn line(value: &impl Serialize) -> Vec<u8> {
    // Maps with text keys and plain values cannot fail to be JSON.
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line
}
