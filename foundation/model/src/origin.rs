//! Who speaks: what all records of one source share.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::SourceId;

/// Which channel a record came through.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// A container's standard output.
    #[default]
    Stdout,
    /// A container's standard error.
    Stderr,
    /// A plain file.
    File,
    /// Sent by an OpenTelemetry SDK or collector.
    Otlp,
    /// Sent to `/api/v1/ingest`.
    Ingest,
    /// Measured by the collector itself.
    Sampler,
}

impl Stream {
    /// All streams, in the order of their codes.
    pub const ALL: [Self; 6] =
        [Self::Stdout, Self::Stderr, Self::File, Self::Otlp, Self::Ingest, Self::Sampler];

    /// The stream's name, as users see it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
            Self::File => "file",
            Self::Otlp => "otlp",
            Self::Ingest => "ingest",
            Self::Sampler => "sampler",
        }
    }

    /// The stream of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }

    /// The stream of that code (its place in [`Stream::ALL`]).
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Who speaks. An empty text means "not known" and is left out of what users see.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Origin {
    /// The tenant that owns the records. First, so that sorting never mixes tenants.
    pub tenant: String,
    /// The logical service.
    pub component: String,
    /// The pod or container.
    pub instance: String,
    /// stdout, stderr ...
    pub stream: Stream,
    /// The host.
    pub node: String,
    /// The service's version, image tag or digest.
    pub version: String,
    /// The availability zone.
    pub zone: String,
    /// The source; several origins may share one (a receiver's journal).
    pub source: SourceId,
}
