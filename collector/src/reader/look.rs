//! What there is to read: what the kernel tells, and a look everywhere for what it did not.
//!
//! Invariants:
//! - a directory is watched before it is looked at, so that nothing comes between;
//! - looking costs a bounded share of a core, however many logs there are.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nilometer_parse::Format;

use super::Reader;
use crate::directory::Directory;
use crate::discover::{Place, plain_name};
use crate::limits::{GLANCE_TURNS, SCAN_MS, SCAN_MS_PER_LOG, SCAN_PAUSE_FACTOR};
use crate::lineages::Lineages;
use crate::listing::Site;
use crate::monotonic;
use crate::watch::Event;

impl Reader {
    pub(super) fn scan_every(&self) -> Duration {
        let spread = SCAN_MS_PER_LOG * self.logs.len() as u64;
        let ms = if self.watch.is_complete() { SCAN_MS.max(spread) } else { SCAN_MS };
        Duration::from_millis(ms)
    }

    pub(super) fn is_look_due(&self, now: Instant) -> bool {
        match self.looked {
            Some(looked) => now.saturating_duration_since(looked) >= self.scan_every(),
            None => now >= self.not_before,
        }
    }

    pub(super) fn take_events(&mut self, now: Instant) {
        let mut grown = BTreeSet::new();
        for event in self.watch.events() {
            let (dir, name, listed) = match event {
                Event::Overflow => {
                    (self.looked, self.not_before) = (None, now);
                    continue;
                }
                Event::Written(dir, name) => (dir, Some(name), false),
                Event::Listed(dir, name) => (dir, name, true),
            };
            match self.log_at(&dir, name.as_deref()) {
                Some(key) => {
                    let relist =
                        listed || self.logs.get(&key).is_some_and(Lineages::awaits_content);
                    self.note(key, relist);
                }
                None => drop(grown.insert(dir)),
            }
        }
        for dir in grown {
            self.look_in(&dir);
        }
    }

    /// Looks at a directory in which something unknown has turned up, and at those that it brought: each
    /// is watched first, so that nothing comes between.
    fn look_in(&mut self, dir: &Path) {
        let mut dirs = vec![dir.to_owned()];
        while let Some(dir) = dirs.pop() {
            let Some(found) = self.discovery.look_in(&dir) else {
                self.looked = None;
                continue;
            };
            dirs.extend(found.parents.into_iter().filter(|dir| self.watch.add(dir)));
            for (key, place) in found.logs {
                if self.watch.add(&place.dir) || !self.logs.contains_key(&key) {
                    self.place(&key, place);
                    self.note(key, true);
                }
            }
        }
    }

    fn place(&mut self, key: &str, place: Place) {
        match self.logs.get_mut(key) {
            Some(log) => log.place = place,
            None => drop(self.logs.insert(key.to_owned(), Lineages::new(key, place))),
        }
    }

    /// The log that a file belongs to.
    fn log_at(&self, dir: &Path, name: Option<&str>) -> Option<String> {
        let key = self.discovery.key(dir);
        if self.logs.get(&key).is_some_and(|log| log.place.format != Format::Plain) {
            return Some(key);
        }
        let key = self.discovery.key(&dir.join(plain_name(name?).0));
        self.logs.contains_key(&key).then_some(key)
    }

    /// Looks through all directories: what is new, what has grown, what waited for time to pass.
    pub(super) fn look(&mut self, now: Instant) {
        let began = monotonic::now();
        self.looked = Some(now);
        self.watch.retry();
        let found = self.discovery.look();
        self.warnings.extend(found.warnings);
        for dir in &found.parents {
            if self.watch.add(dir) {
                // What came between the look and the watch is seen by looking once more.
                self.looked = None;
            }
        }
        for (key, place) in found.logs {
            self.watch.add(&place.dir);
            self.place(&key, place);
        }
        self.watch.settle();
        let exhausted = self.relist_all(now);
        self.open_files.looked(exhausted);
        self.not_before = now + began.elapsed() * SCAN_PAUSE_FACTOR;
    }

    /// Looks at each log's directory. Whether a file could not be opened.
    fn relist_all(&mut self, now: Instant) -> bool {
        let mut shared: HashMap<PathBuf, Directory> = HashMap::new();
        let mut exhausted = false;
        let keys: Vec<String> = self.logs.keys().cloned().collect();
        for key in keys {
            let Some(log) = self.logs.get(&key) else { continue };
            let dir = log.place.dir.clone();
            let mut own;
            let directory = match log.place.format {
                Format::Plain => shared.entry(dir).or_insert_with_key(|dir| Directory::read(dir)),
                Format::Cri | Format::Docker => {
                    own = Directory::read(&dir);
                    &mut own
                }
            };
            let (grown, failed) = self.relist(&key, directory, now);
            exhausted |= failed;
            if grown {
                self.note(key.clone(), false);
            }
            self.forget(&key, now);
            self.glance(now);
        }
        exhausted
    }

    /// Looks at one log's files: whether there may be something to read, and whether one could not be
    /// opened.
    pub(super) fn relist(
        &mut self,
        key: &str,
        directory: &mut Directory,
        now: Instant,
    ) -> (bool, bool) {
        let Some(log) = self.logs.get_mut(key) else { return (false, false) };
        let before = log.open_files();
        let mut exhausted = false;
        let mut site = Site {
            node: &self.config.node,
            adopted: &mut self.adopted,
            now,
            warnings: &mut self.warnings,
            may_hold: self.open_files.has_room(),
            exhausted: &mut exhausted,
        };
        let grown = log.relist(directory, &mut site);
        self.settle(key, before);
        if exhausted {
            self.open_files_failed();
        }
        (grown, exhausted)
    }

    fn forget(&mut self, key: &str, now: Instant) {
        let Some(log) = self.logs.get_mut(key) else { return };
        let before = log.open_files();
        if log.generations.is_empty() || log.forget(now) {
            return;
        }
        self.open_files.change(before, 0);
        self.logs.remove(key);
        self.dirty.remove(key);
        self.timed.remove(key);
        self.held.remove(key);
        self.blocked.remove(key);
        self.config.roster.forget(key);
        self.forgotten.push(key.to_owned());
    }

    /// Now and then between two logs: what has turned up meanwhile is opened, for it may be gone before this
    /// round is over.
    pub(super) fn glance(&mut self, now: Instant) {
        self.turns += 1;
        if !self.turns.is_multiple_of(GLANCE_TURNS) {
            return;
        }
        let before = std::mem::take(&mut self.dirty);
        self.take_events(now);
        self.relist_dirty(now);
        for (key, relist) in before {
            self.note(key, relist);
        }
    }

    /// Looks at the dirty logs in whose directories something has happened.
    pub(super) fn relist_dirty(&mut self, now: Instant) {
        for (key, relist) in std::mem::take(&mut self.dirty) {
            let dir = self.logs.get(&key).filter(|_| relist).map(|log| log.place.dir.clone());
            if let Some(dir) = dir {
                self.relist(&key, &mut Directory::read(&dir), now);
            }
            self.note(key, false);
        }
    }
}
