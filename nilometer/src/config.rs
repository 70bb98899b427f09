//! What we were told to do: as written, then as meant.
//!
//! ```text
//!   flag  >  NILOMETER_<OPTION>  >  TOML file  >  default      (written.rs, raw.rs, defaults.rs)
//!                        |
//!                    Settings: all layers joined               (settings.rs)
//!                        |
//!                        v  checked once                       (checked.rs)
//!                     Config
//! ```
//! Invariants:
//! - this folder is the only place in the product that reads the environment or a config file;
//! - a [`Config`] that exists is valid: nobody checks its fields again;
//! - whatever is refused names where it was written, the key, and what is allowed.

mod checked;
mod defaults;
mod key;
mod raw;
mod settings;
mod value;
mod written;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;
use nilometer_collector::{FirstLine, FlowConfig, IntakeAddress, KubernetesConfig};
use nilometer_indexer::limits::BOOKS_KEPT_BEYOND;
use nilometer_notify::Destination;
use nilometer_parse::RedactConfig;
use nilometer_store::Retention;

pub(crate) use self::key::Key;
pub(crate) use self::settings::{Settings, check_file};
pub(crate) use self::value::{Output, Role};
pub(crate) use self::written::Layer;

/// The command that a configuration is for; it decides a few defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Up,
    Collect,
    Serve,
    Ask,
}

/// How `up`, `collect` and `serve` are to run.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// Where everything of ours is kept.
    pub(crate) data: PathBuf,
    /// UI, API and `/metrics`.
    pub(crate) listen: SocketAddr,
    /// OTLP over gRPC, if it is received.
    pub(crate) otlp_grpc: Option<Port>,
    /// OTLP over HTTP, if it is received on a port of its own.
    pub(crate) otlp_http: Option<Port>,
    /// What the paths of container logs are below.
    pub(crate) rootfs: PathBuf,
    /// This host's name in every record.
    pub(crate) node: String,
    /// Where this node stands.
    pub(crate) zone: Option<String>,
    /// Globs of plain files.
    pub(crate) files: Vec<String>,
    /// Intakes of one pipeline, the first one first.
    pub(crate) to: Vec<IntakeAddress>,
    /// Tokens: those that are let in, or for a collector the one that it shows.
    pub(crate) token_file: Option<PathBuf>,
    /// What this process shows of itself over TLS, and whom it believes.
    pub(crate) tls: TlsFiles,
    /// No token is asked for even when not on loopback: said on purpose.
    pub(crate) insecure: bool,
    /// How long records are kept, counted from receipt.
    pub(crate) retention: Retention,
    /// Most that all splits may take on disk, bytes.
    pub(crate) disk_budget_bytes: Option<u64>,
    /// How long rows may wait in memory before they are sealed into a split.
    pub(crate) seal_after: Duration,
    /// How much of our own life is told on stderr.
    pub(crate) log_level: tracing::Level,
    /// What the first lines of some components' records look like.
    pub(crate) first_lines: Vec<FirstLine>,
    /// Longest line that is kept whole, bytes.
    pub(crate) line_bytes_max: usize,
    /// Of the times in plain files that name none.
    pub(crate) timezone: TimeZone,
    /// Most that the collector's spool takes on disk, bytes; then it stops reading.
    pub(crate) spool_bytes_max: u64,
    /// Batches that waited for longer are dropped, if at all.
    pub(crate) spool_age_max: Option<Duration>,
    /// What of what was read is not kept.
    pub(crate) flow: FlowConfig,
    /// Rows in memory that are sealed into a split at this size, bytes.
    pub(crate) buffer_bytes: usize,
    /// What of a text is secret; `None`: texts are kept as written.
    pub(crate) redact: Option<RedactConfig>,
    /// Holds the key of the marks, when it is not our own.
    pub(crate) redact_key_file: Option<PathBuf>,
    /// Where spans of our own work go, if anywhere: an OTLP/HTTP endpoint.
    pub(crate) trace_to: Option<String>,
    /// Whether `up` runs the demo's shop beside itself.
    pub(crate) demo: bool,
    /// Files of rules.
    pub(crate) rules: Vec<PathBuf>,
    /// Whether the rules of a fresh install are evaluated.
    pub(crate) default_rules: bool,
    /// Where notices go.
    pub(crate) notify: Vec<Destination>,
    /// The cluster that tells of this node's pods.
    pub(crate) kubernetes: Option<KubernetesConfig>,
    /// What it was made of, to be read anew.
    pub(crate) settings: Settings,
}

impl Config {
    /// How long the centre remembers what it has of a source: longer than a record is kept, and than it can wait in a
    /// spool that is set as this one.
    pub(crate) fn books_kept(&self) -> Duration {
        let kept = self.retention.longest();
        let longest = self.spool_age_max.map_or(kept, |age| age.max(kept));
        longest.saturating_add(BOOKS_KEPT_BEYOND)
    }
}

/// Where a receiver listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Port {
    pub(crate) address: SocketAddr,
    /// Nobody asked for it: it may be done without.
    pub(crate) is_default: bool,
}

/// The files of TLS, none of them looked at yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    /// The own certificate and its key: one is never without the other.
    pub(crate) pair: Option<PairFiles>,
    /// Certificates of the authorities that are believed.
    pub(crate) ca: Option<PathBuf>,
}

/// The files of a certificate and its private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PairFiles {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

/// How the commands that ask a server find it.
#[derive(Debug, Clone)]
pub(crate) struct AskConfig {
    /// The server's URL, without a slash at its end.
    pub(crate) server: String,
    /// Holds the token to show.
    pub(crate) token_file: Option<PathBuf>,
    /// The client certificate to show, and whom to believe.
    pub(crate) tls: TlsFiles,
    /// How answers are printed.
    pub(crate) output: Output,
}

/// A setting that cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ConfigError {
    place: String,
    problem: String,
    allowed: String,
}

impl ConfigError {
    fn new(place: String, problem: String, allowed: String) -> Self {
        Self { place, problem, allowed }
    }

    fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        let place = format!("--config {}", path.display());
        Self::new(place, error.to_string(), "a TOML file that can be read".to_owned())
    }
}

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; allowed: {}", self.place, self.problem, self.allowed)
    }
}

#[cfg(test)]
mod tests;
