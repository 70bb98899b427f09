//! The reader's durable memory of one log: bytes that the spool keeps beside the batch they belong to.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use nilometer_model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::discover::Place;
use crate::enrich::{Given, Speaker};
use crate::generation::{Generation, Saved};
use crate::lineages::Lineages;
use nilometer_parse::Format;

/// The format that this build writes; another one is not read. To be raised with each change of what is
/// below, also of [`Saved`].
const VERSION: u16 = 3;

#[derive(Debug, Serialize, Deserialize)]
struct ReadState {
    version: u16,
    format: Format,
    /// Where it lay when this was written.
    dir: std::path::PathBuf,
    base: String,
    component: String,
    instance: String,
    order_time: [Timestamp; 2],
    next_number: u64,
    generations: Vec<Saved>,
}

/// Whether this build reads what was kept of a log.
pub(crate) fn is_readable(bytes: &[u8]) -> bool {
    postcard::take_from_bytes::<u16>(bytes).is_ok_and(|(version, _)| version == VERSION)
}

impl Lineages {
    /// A log of which nothing is known.
    pub(crate) fn new(key: &str, place: Place) -> Self {
        Self {
            key: key.to_owned(),
            speaker: Arc::new(Speaker::by_path(place.format, key)),
            place,
            waits_since: None,
            given_changed: false,
            order_time: [Timestamp(i64::MIN); 2],
            next_number: 0,
            generations: Vec::new(),
            unclear: HashMap::new(),
            changed: false,
        }
    }

    /// What must be kept.
    pub(crate) fn save(&self) -> Vec<u8> {
        let youngest = self.generations.last().map(|generation| &generation.infos[0].speaker);
        let speaker = youngest.unwrap_or(&self.speaker);
        let state = ReadState {
            version: VERSION,
            format: self.place.format,
            dir: self.place.dir.clone(),
            base: self.place.base.clone(),
            component: speaker.component.clone(),
            instance: speaker.instance.clone(),
            order_time: self.order_time,
            next_number: self.next_number,
            generations: self.generations.iter().map(|g| g.saved.clone()).collect(),
        };
        postcard::to_stdvec(&state).expect("a vector takes any bytes, and every field has a form")
    }

    /// What its sources were given, to be kept beside it.
    pub(crate) fn save_given(&self) -> Vec<u8> {
        let named = self.generations.iter().filter(|generation| generation.named);
        let speakers = named.map(|g| (g.saved.number, Arc::clone(&g.infos[0].speaker)));
        Given::new(speakers.collect()).write()
    }

    /// What was kept; `None` when it is not readable.
    pub(crate) fn restore(
        key: &str,
        (bytes, given): (&[u8], Option<&Given>),
        (node, now): (&str, Instant),
    ) -> Option<Self> {
        let state: ReadState = postcard::from_bytes(bytes).ok()?;
        if state.version != VERSION {
            return None;
        }
        let names = Arc::new(Speaker::new(state.component, state.instance));
        let place = Place { format: state.format, dir: state.dir, base: state.base };
        let mut log = Self {
            order_time: state.order_time,
            next_number: state.next_number,
            ..Self::new(key, place)
        };
        log.generations = state
            .generations
            .into_iter()
            .map(|saved| {
                let known = given.and_then(|given| given.of(saved.number));
                // A build that kept no more than names has given those; what was not begun yet may wait.
                let begun = saved.streams.iter().any(|stream| stream.position > 0);
                let named = known.is_some() || begun;
                let speaker = known.unwrap_or_else(|| Arc::clone(&names));
                let infos = log.infos(&saved, node, &speaker);
                Generation { named, ..Generation::new(saved, infos, now) }
            })
            .collect();
        Some(log)
    }
}
