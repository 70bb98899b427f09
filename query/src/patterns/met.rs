//! What patterns were looked for in: splits by their templates, chunks of the buffer record by record.
//!
//! Invariants:
//! - neither ever changes, so that what was looked at has nothing new;
//! - of what a snapshot does not hold any more nothing is remembered.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Weak};

use nilometer_model::{Rows, Timestamp};
use nilometer_store::patterns::{PatternId, Patterns, Skeleton};
use nilometer_store::records::RecordIndex;
use nilometer_store::{Chunk, Snapshot, SplitError, SplitId};

use super::LearnError;
use crate::limits::NEW_SKELETONS_MAX;

/// See the file's head.
#[derive(Debug, Clone, Default)]
pub(super) struct Met {
    splits: HashSet<SplitId>,
    /// By where they lie, which nothing else does as long as they are remembered.
    chunks: HashMap<usize, Weak<Rows>>,
}

/// What is not known yet, in the order in which it was met, and since when it is said.
struct New {
    known: Arc<Patterns>,
    places: HashMap<PatternId, usize>,
    skeletons: Vec<(Skeleton, Timestamp)>,
    skeleton: Skeleton,
}

impl New {
    fn is_full(&self) -> bool {
        self.skeletons.len() >= NEW_SKELETONS_MAX
    }

    fn meet(&mut self, text: &str, time: Timestamp) {
        self.skeleton.set(text);
        let id = self.skeleton.id();
        if let Some(place) = self.places.get(&id) {
            let since = &mut self.skeletons[*place].1;
            *since = time.min(*since);
        } else if !self.is_full() && self.known.pattern(id).is_none() {
            self.places.insert(id, self.skeletons.len());
            self.skeletons.push((self.skeleton.clone(), time));
        }
    }
}

impl Met {
    /// What is remembered when all that the snapshot holds was looked at, up to a limit; and what is new in it.
    pub(super) async fn after(
        self,
        snapshot: &Snapshot,
        known: Arc<Patterns>,
    ) -> Result<(Self, Vec<(Skeleton, Timestamp)>), LearnError> {
        let mut splits = Vec::new();
        for split in &snapshot.splits {
            let is_new = !self.splits.contains(&split.meta().id);
            // What cannot be read is missing in the answer, too, which says so.
            let index = if is_new { split.index().await.ok().map(Arc::clone) } else { None };
            splits.push((split.meta().id, is_new, index));
        }
        let buffer = snapshot.buffer.clone();
        let looking = move || self.look(splits, &buffer, known);
        Ok(tokio::task::spawn_blocking(looking).await.map_err(|_| LearnError::Interrupted)??)
    }

    fn look(
        self,
        splits: Vec<(SplitId, bool, Option<Arc<RecordIndex>>)>,
        buffer: &[Chunk<Rows>],
        known: Arc<Patterns>,
    ) -> Result<(Self, Vec<(Skeleton, Timestamp)>), SplitError> {
        let (places, skeletons) = (HashMap::new(), Vec::new());
        let mut new = New { known, places, skeletons, skeleton: Skeleton::default() };
        let mut met = Self::default();
        for (id, is_new, index) in splits {
            if let Some(index) = &index {
                index.each_template(|text, first| new.meet(text, first))?;
            }
            if !is_new || index.is_some() && !new.is_full() {
                met.splits.insert(id);
            }
        }
        for rows in buffer {
            let at = Arc::as_ptr(rows).addr();
            if !self.chunks.contains_key(&at) {
                rows.iter().for_each(|row| new.meet(row.message, row.time));
            }
            if self.chunks.contains_key(&at) || !new.is_full() {
                met.chunks.insert(at, Arc::downgrade(rows));
            }
        }
        Ok((met, new.skeletons))
    }
}
