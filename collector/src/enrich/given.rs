//! What the sources of a log were given, remembered over restarts beside the log's read state.
//!
//! It is a state of its own because it changes once per generation, the read state with each batch.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::speaker::Speaker;

/// The format that this build writes; another one is not read.
const VERSION: u16 = 1;
/// Before a log's key; no log's key begins like this.
const PREFIX: &str = "\0given";

/// Per generation, by its number: who speaks in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Given {
    version: u16,
    speakers: Vec<(u64, Arc<Speaker>)>,
}

impl Given {
    /// The key under which this is kept for a log.
    pub(crate) fn key(log: &str) -> String {
        format!("{PREFIX}{log}")
    }

    /// The log that a key is of, if it is such a key.
    pub(crate) fn log(key: &str) -> Option<&str> {
        key.strip_prefix(PREFIX)
    }

    pub(crate) fn new(speakers: Vec<(u64, Arc<Speaker>)>) -> Self {
        Self { version: VERSION, speakers }
    }

    /// `None` when it is not readable: the names in the read state hold then.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok().filter(|given: &Self| given.version == VERSION)
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("a vector takes any bytes, and every field has a form")
    }

    /// Who speaks in the generation of that number.
    pub(crate) fn of(&self, number: u64) -> Option<Arc<Speaker>> {
        let found = self.speakers.iter().find(|(of, _)| *of == number);
        found.map(|(_, speaker)| Arc::clone(speaker))
    }
}
