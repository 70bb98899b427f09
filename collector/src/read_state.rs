//! The reader's durable memory of one log: bytes that the spool keeps beside the batch they belong to.

use std::collections::HashMap;
use std::time::Instant;

use nilometer_model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::discover::Place;
use crate::generation::{Generation, Saved};
use crate::identity::names;
use crate::lineages::Lineages;
use nilometer_parse::Format;

/// The format that this build writes; another one is not read.
const VERSION: u16 = 1;

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

impl Lineages {
    /// A log of which nothing is known.
    pub(crate) fn new(key: &str, place: Place) -> Self {
        let (component, instance) = names(place.format, key);
        Self {
            key: key.to_owned(),
            place,
            component,
            instance,
            order_time: [Timestamp(i64::MIN); 2],
            next_number: 0,
            generations: Vec::new(),
            unclear: HashMap::new(),
            changed: false,
        }
    }

    /// What must be kept.
    pub(crate) fn save(&self) -> Vec<u8> {
        let state = ReadState {
            version: VERSION,
            format: self.place.format,
            dir: self.place.dir.clone(),
            base: self.place.base.clone(),
            component: self.component.clone(),
            instance: self.instance.clone(),
            order_time: self.order_time,
            next_number: self.next_number,
            generations: self.generations.iter().map(|g| g.saved.clone()).collect(),
        };
        postcard::to_stdvec(&state).expect("a vector takes any bytes, and every field has a form")
    }

    /// What was kept; `None` when it is not readable.
    pub(crate) fn restore(key: &str, bytes: &[u8], node: &str, now: Instant) -> Option<Self> {
        let state: ReadState = postcard::from_bytes(bytes).ok()?;
        if state.version != VERSION {
            return None;
        }
        let place = Place { format: state.format, dir: state.dir, base: state.base };
        let mut log = Self {
            component: state.component,
            instance: state.instance,
            order_time: state.order_time,
            next_number: state.next_number,
            ..Self::new(key, place)
        };
        log.generations = state
            .generations
            .into_iter()
            .map(|saved| {
                let infos = log.infos(&saved, node);
                Generation::new(saved, infos, now)
            })
            .collect();
        Some(log)
    }
}
