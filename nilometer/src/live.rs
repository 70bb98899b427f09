//! What of the configuration may change while the process runs, as the collector takes it over.
//!
//! ```text
//!   the file rests, or SIGHUP ──> all layers read again, checked ──> in force, under a new version
//!                                   does not fit ──> said, counted; what was in force stays so
//! ```
//! Invariants:
//! - the collector sees whole configurations that were checked, or none;
//! - a key that waits for a restart is said once a reload, and is not part of the version.

use std::path::PathBuf;

use nilometer_collector::{IntakeAddress, Settings as CollectorSettings};
use tokio::sync::watch;

use crate::config::{Config, ConfigError, Settings};
use crate::metrics;
use crate::reload::Reload;

/// The configuration that is in force.
pub(crate) struct LiveConfig {
    settings: Settings,
    /// Where the collector ships, if that is not for the configuration to say.
    own: Option<Vec<IntakeAddress>>,
    collector: watch::Sender<CollectorSettings>,
}

impl LiveConfig {
    /// That of `config`; a collector of our own centre ships to `own`, whatever is configured.
    pub(crate) fn new(
        config: &Config,
        own: Option<Vec<IntakeAddress>>,
    ) -> (Self, watch::Receiver<CollectorSettings>) {
        let (collector, settings) = watch::channel(of_collector(config, own.as_deref()));
        metrics::configured(None, &config.settings.version());
        (Self { settings: config.settings.clone(), own, collector }, settings)
    }

    fn read_again(&mut self) -> Result<(), ConfigError> {
        let (settings, waiting) = self.settings.read_again()?;
        let config = settings.config()?;
        if !waiting.is_empty() {
            let keys: Vec<&str> = waiting.iter().map(|key| key.name()).collect();
            tracing::warn!(keys = keys.join(", "), "these settings wait for a restart");
        }
        metrics::configured(Some(&self.settings.version()), &settings.version());
        self.settings = settings;
        let next = of_collector(&config, self.own.as_deref());
        tracing::info!(version = next.version, "the configuration that is in force");
        self.collector.send_if_modified(|before| {
            let is_news = *before != next;
            *before = next;
            is_news
        });
        Ok(())
    }
}

impl Reload for LiveConfig {
    fn files(&self) -> Vec<PathBuf> {
        self.settings.file().map(PathBuf::from).into_iter().collect()
    }

    fn reload(&mut self) -> Result<(), String> {
        self.read_again().map_err(|error| error.to_string())
    }
}

fn of_collector(config: &Config, own: Option<&[IntakeAddress]>) -> CollectorSettings {
    CollectorSettings {
        version: config.settings.version(),
        zone: config.zone.clone().unwrap_or_default(),
        files: config.files.clone(),
        line_bytes_max: config.line_bytes_max,
        spool_bytes_max: config.spool_bytes_max,
        ..CollectorSettings::to(own.unwrap_or(&config.to).to_vec())
    }
}
