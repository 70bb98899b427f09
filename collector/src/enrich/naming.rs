//! When a generation's sources get their names: before their first record, once.
//!
//! ```text
//!   new ── known to an API | Docker's file ──────────────────────> named
//!    └── waits for an API, at most 5 s per container ── or not ──> named by what there is
//! ```
//! Invariants:
//! - a log that waits keeps its file open and holds up no other log;
//! - a container waits once: its later generations take what is known when they begin.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use super::{Found, Speaker, docker_speaker};
use crate::follow::Reading;
use crate::limits::{DOCKER_CONFIG_BYTES_MAX, SPEAKER_WAIT_MS};
use crate::lineages::Lineages;
use crate::metrics;
use crate::reading::SourceInfo;
use nilometer_parse::Format;

/// What Docker keeps beside a container's log.
const DOCKER_CONFIG: &str = "config.v2.json";

impl Lineages {
    /// Settles who speaks in a generation; `false` while that is still waited for.
    pub(crate) fn name(&mut self, index: usize, reading: &Reading<'_>) -> bool {
        if self.generations[index].named {
            return true;
        }
        let Found { speaker, waits } = reading.roster.look(reading.format, &self.key);
        let beside = if speaker.is_none() { self.beside_the_log() } else { None };
        let waits = waits && beside.is_none();
        let speaker = speaker.or(beside);
        let first = !self.generations.iter().any(|generation| generation.named);
        let since = *self.waits_since.get_or_insert(reading.now);
        let waited = reading.now.saturating_duration_since(since);
        let waits = waits && first && waited < Duration::from_millis(SPEAKER_WAIT_MS);
        if waits {
            // Its name may be gone by then.
            let _ = self.generations[index].open();
            return false;
        }
        if speaker.is_none() && first && !waited.is_zero() {
            metrics::named_by_path();
        }
        self.give(index, &speaker.unwrap_or_else(|| Arc::clone(&self.speaker)));
        reading.roster.gave(&self.key, &self.generations[index].infos[0].speaker);
        true
    }

    fn give(&mut self, index: usize, speaker: &Arc<Speaker>) {
        let attributes = Arc::new(speaker.attributes());
        let generation = &mut self.generations[index];
        for info in &mut generation.infos {
            *info = Arc::new(SourceInfo {
                speaker: Arc::clone(speaker),
                attributes: Arc::clone(&attributes),
                ..SourceInfo::clone(info)
            });
        }
        generation.named = true;
        self.changed = true;
        self.given_changed = true;
    }

    /// Docker keeps a container's names beside its log.
    fn beside_the_log(&self) -> Option<Arc<Speaker>> {
        if self.place.format != Format::Docker {
            return None;
        }
        let path = self.place.dir.join(DOCKER_CONFIG);
        let small =
            fs::metadata(&path).is_ok_and(|m| m.is_file() && m.len() <= DOCKER_CONFIG_BYTES_MAX);
        let config = small.then(|| fs::read(&path).ok()).flatten()?;
        docker_speaker(&config).map(Arc::new)
    }
}
