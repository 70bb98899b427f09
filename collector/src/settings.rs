//! What of a collector's configuration may change while it runs.
//!
//! Read and checked by `nilometer/`, which sends the whole of it anew; each part of the collector takes what
//! is its own when it next looks. A value that is sent is valid: what cannot be used is never sent.

use nilometer_model::limits::MESSAGE_BYTES_MAX;

use crate::limits::SPOOL_BYTES_MAX;

/// See the file's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Names the configuration that is in force; shown in heartbeats.
    pub version: String,
    /// Intakes of one pipeline, in the order of preference.
    pub to: Vec<IntakeAddress>,
    /// Where this node stands; intakes of the same zone are preferred.
    pub zone: String,
    /// Globs of plain files, as given.
    pub files: Vec<String>,
    /// Longest record, bytes; what is longer is cut and marked.
    pub line_bytes_max: usize,
    /// The spool takes nothing more above this, bytes.
    pub spool_bytes_max: u64,
}

/// Where an intake is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntakeAddress {
    /// `http://host:port` or `https://host:port`.
    pub url: String,
    /// Where it stands; empty when nobody said.
    pub zone: String,
}

impl Settings {
    /// Ships to `to`, with all else as it usually is.
    #[must_use]
    pub fn to(to: Vec<IntakeAddress>) -> Self {
        Self {
            version: String::new(),
            to,
            zone: String::new(),
            files: Vec::new(),
            line_bytes_max: MESSAGE_BYTES_MAX,
            spool_bytes_max: SPOOL_BYTES_MAX,
        }
    }
}

impl From<String> for IntakeAddress {
    /// One of which the zone is not known.
    fn from(url: String) -> Self {
        Self { url, zone: String::new() }
    }
}
