//! What a collector must know to run. Read and checked by `nilometer/`, which alone knows files and flags.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use nilometer_parse::Redactor;
use tokio::sync::watch;

use crate::limits::SAMPLE_MS;
use crate::{
    CollectorStatus, Credentials, DoorEnd, FirstLine, FlowConfig, KubernetesConfig, Settings,
};

/// How to run a collector.
#[derive(Debug, Clone)]
pub struct CollectorConfig {
    /// Its own directory: identity, spool.
    pub data: PathBuf,
    /// What prefixes `/var/log/pods`, `/var/lib/docker/containers` ...
    pub rootfs: PathBuf,
    /// The host's name.
    pub node: String,
    /// What may change while it runs.
    pub settings: watch::Receiver<Settings>,
    /// What is shown to them, now and whenever it changes.
    pub credentials: watch::Receiver<Credentials>,
    /// What the first lines of some components' records look like.
    pub first_lines: Vec<FirstLine>,
    /// Of the times in plain files that name none.
    pub timezone: TimeZone,
    /// Takes secrets out of what files say, if they are to be.
    pub redactor: Option<Arc<Redactor>>,
    /// Batches that waited longer than this for the centre are dropped; `None`: never.
    pub spool_age_max: Option<Duration>,
    /// What of what was read is not kept.
    pub flow: FlowConfig,
    /// Where the collector says how it fares.
    pub status: CollectorStatus,
    /// Where receivers hand over what they were sent; see [`door`](crate::door).
    pub door: DoorEnd,
    /// How often the node and its containers are measured.
    pub sample_every: Duration,
    /// The cluster that this is a node of, if it is one and tells of its pods.
    pub kubernetes: Option<KubernetesConfig>,
}

impl CollectorConfig {
    /// A collector of `node`, with all else as it usually is.
    #[must_use]
    pub fn new(
        data: PathBuf,
        node: String,
        settings: watch::Receiver<Settings>,
        credentials: watch::Receiver<Credentials>,
    ) -> Self {
        Self {
            data,
            rootfs: PathBuf::from("/"),
            node,
            settings,
            credentials,
            first_lines: Vec::new(),
            timezone: TimeZone::UTC,
            redactor: None,
            spool_age_max: None,
            flow: FlowConfig::default(),
            status: CollectorStatus::default(),
            door: DoorEnd::default(),
            sample_every: Duration::from_millis(SAMPLE_MS),
            kubernetes: None,
        }
    }
}
