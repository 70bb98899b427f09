//! Who is on this node, as far as it is known: filled by APIs, looked at by the reader and the samplers.
//!
//! ```text
//!   listed, changed ──> known ── gone ──> remembered, GONE_S and GONE_MAX ──> forgotten
//! ```
//! Invariants:
//! - a look takes a lock for the time of a few look-ups, never across I/O or an await;
//! - at most [`PODS_MAX`] pods and as many containers are known, and [`GONE_MAX`] of each remembered;
//! - what a log's youngest source was given is said to whoever asks next: numbers of a container have
//!   the names of its lines.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::cri_path::CriPath;
use super::pod::Pod;
use super::speaker::Speaker;
use crate::limits::{GONE_MAX, GONE_S, PODS_MAX};
use crate::metrics;
use nilometer_parse::Format;

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Who it is, as far as an API has said.
    pub(crate) speaker: Option<Arc<Speaker>>,
    /// More may come: whoever can wait should.
    pub(crate) waits: bool,
}

/// Who is on this node.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    known: Mutex<Known>,
    /// An API of the cluster is asked.
    pods_come: AtomicBool,
    /// Docker is asked.
    containers_come: AtomicBool,
}

#[derive(Debug, Default)]
struct Known {
    /// By the uid that log directories have.
    pods: Kept<Pod>,
    /// Docker's, by id.
    containers: Kept<Arc<Speaker>>,
    /// What the logs' youngest sources were given, by the log's key.
    given: HashMap<String, Arc<Speaker>>,
    /// Why an API says nothing.
    failures: [Option<String>; 2],
}

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    Kubernetes,
    Docker,
}

impl Roster {
    /// Pods will be told of: new containers wait for it.
    pub(super) fn expect_pods(&self) {
        self.pods_come.store(true, Ordering::Relaxed);
    }

    /// Docker's containers will be told of, or not any more.
    pub(super) fn expect_containers(&self, come: bool) {
        self.containers_come.store(come, Ordering::Relaxed);
    }

    /// Who writes the log of that key.
    pub(crate) fn look(&self, format: Format, key: &str) -> Found {
        let known = self.known();
        let (entry, come) = match format {
            Format::Cri => (known.in_pod(key), &self.pods_come),
            Format::Docker => {
                let speaker = key.rsplit('/').next().and_then(|id| known.containers.get(id));
                (speaker.map(|speaker| (Arc::clone(speaker), true)), &self.containers_come)
            }
            Format::Plain => return Found { speaker: None, waits: false },
        };
        let complete = entry.as_ref().is_some_and(|(_, complete)| *complete);
        let waits = !complete && come.load(Ordering::Relaxed);
        Found { speaker: entry.map(|(speaker, _)| speaker), waits }
    }

    /// The log's newest source was given that.
    pub(crate) fn gave(&self, key: &str, speaker: &Arc<Speaker>) {
        self.known().given.insert(key.to_owned(), Arc::clone(speaker));
    }

    /// Nothing is read of the log any more.
    pub(crate) fn forget(&self, key: &str) {
        self.known().given.remove(key);
    }

    /// By which names the lines of a log go; what an API or the path says when there are none yet.
    pub(crate) fn name(&self, format: Format, key: &str) -> Option<Arc<Speaker>> {
        let given = self.known().given.get(key).map(Arc::clone);
        given.or_else(|| self.look(format, key).speaker)
    }

    /// Takes in a pod as it is now.
    pub(super) fn pod(&self, pod: Pod) {
        let mut known = self.known();
        let taken = known.pods.put(pod.uid.clone(), pod);
        known.say_count(taken);
    }

    /// The pod is gone.
    pub(super) fn pod_gone(&self, uid: &str, now: Instant) {
        let mut known = self.known();
        known.pods.gone(uid, now);
        known.say_count(true);
    }

    /// All pods that are there; whoever else was known is gone.
    pub(super) fn pods(&self, uids: &[String], now: Instant) {
        let mut known = self.known();
        known.pods.only(uids, now);
        known.say_count(true);
    }

    /// Takes in a container of Docker.
    pub(super) fn container(&self, id: &str, speaker: Speaker) {
        self.known().containers.put(id.to_owned(), Arc::new(speaker));
    }

    /// The container is gone.
    pub(super) fn container_gone(&self, id: &str, now: Instant) {
        self.known().containers.gone(id, now);
    }

    /// All containers that are there; whoever else was known is gone.
    pub(super) fn containers(&self, ids: &[String], now: Instant) {
        self.known().containers.only(ids, now);
    }

    /// Why an API says nothing; `None`: it does. Whether that is new.
    pub(super) fn failed(&self, api: Api, cause: Option<String>) -> bool {
        let mut known = self.known();
        let failure = &mut known.failures[api as usize];
        let new = *failure != cause;
        *failure = cause;
        new
    }

    /// What an operator should know.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.known().failures.iter().flatten().cloned().collect()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn in_pod(&self, key: &str) -> Option<(Arc<Speaker>, bool)> {
        let path = CriPath::parse(key)?;
        let (speaker, complete) = self.pods.get(path.uid)?.containers.get(path.container)?;
        Some((Arc::clone(speaker), *complete))
    }

    fn say_count(&self, taken: bool) {
        metrics::pods_known(self.pods.entries.len() - self.pods.gone.len());
        if !taken {
            metrics::pod_left_out();
        }
    }
}

/// Entries that are there, and for a while those that were.
#[derive(Debug)]
struct Kept<T> {
    entries: HashMap<String, T>,
    /// Oldest first.
    gone: VecDeque<(String, Instant)>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { entries: HashMap::new(), gone: VecDeque::new() }
    }
}

impl<T> Kept<T> {
    fn get(&self, name: &str) -> Option<&T> {
        self.entries.get(name)
    }

    /// Puts an entry there; `false` when there are too many.
    fn put(&mut self, name: String, entry: T) -> bool {
        self.gone.retain(|(gone, _)| *gone != name);
        let there = self.entries.len() - self.gone.len();
        if there >= PODS_MAX && !self.entries.contains_key(&name) {
            return false;
        }
        self.entries.insert(name, entry);
        true
    }

    fn gone(&mut self, name: &str, now: Instant) {
        if self.entries.contains_key(name) && !self.gone.iter().any(|(gone, _)| gone == name) {
            self.gone.push_back((name.to_owned(), now));
        }
        while let Some((name, since)) = self.gone.front() {
            let long = now.saturating_duration_since(*since) >= Duration::from_secs(GONE_S);
            if !long && self.gone.len() <= GONE_MAX {
                break;
            }
            self.entries.remove(name);
            self.gone.pop_front();
        }
    }

    fn only(&mut self, names: &[String], now: Instant) {
        let there: std::collections::HashSet<&String> = names.iter().collect();
        let left = self.entries.keys().filter(|name| !there.contains(name));
        for name in left.cloned().collect::<Vec<_>>() {
            self.gone(&name, now);
        }
        self.gone.retain(|(gone, _)| !there.contains(gone));
    }
}

#[cfg(test)]
mod tests;
