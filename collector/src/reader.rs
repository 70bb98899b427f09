//! Reads all logs of a node: what to look at, in which order, and what must be remembered.
//!
//! ```text
//!   events, each second a look everywhere ──> dirty logs ── one visit each ──> Sink
//! ```
//! Invariants:
//! - a log that nothing happened to is not touched between two looks;
//! - every dirty log gets one visit of a bounded size before any gets its second, also when the sink was
//!   full in between: the next round begins where the last one stopped;
//! - [`Reader::changes`] fits exactly what the sink was given.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nilometer_model::{Clock, Count, Gap, GapKind, Reason, SourceId, Timestamp};

use crate::compose::Composer;
use crate::discover::{Discovery, names, plain_name};
use crate::follow::{Buffers, Reading};
use crate::limits::{ABSENT_S, EVENTS_MS, OPEN_FILES_MAX, SCAN_MS, SCAN_MS_PER_LOG, WARNINGS_MAX};
use crate::lineages::Lineages;
use crate::listing::Site;
use crate::monotonic;
use crate::reading::{CentreSource, Sink, SourceInfo, StateChange};
use crate::watch::{Event, Waker, Watch};
use nilometer_parse::Format;

/// Where the durable memory keeps what was adopted; no log's key begins like this.
const ADOPTED_KEY: &str = "\0adopted";

/// What a reader must be told.
#[derive(Clone)]
pub(crate) struct ReaderConfig {
    /// Prefix of the runtimes' log directories.
    pub(crate) rootfs: PathBuf,
    /// This host.
    pub(crate) node: String,
    /// Globs of plain files, as given.
    pub(crate) files: Vec<String>,
    /// Longest message, bytes.
    pub(crate) line_bytes_max: usize,
    pub(crate) clock: Arc<dyn Clock>,
}

/// What a poll came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Polled {
    /// Something was read, or some state changed.
    pub(crate) progressed: bool,
    /// Every file was read to its end.
    pub(crate) caught_up: bool,
    /// Unless caught up: the time of the last record of the log that is furthest behind.
    pub(crate) slowest: Option<Timestamp>,
}

/// Reads all logs of a node. Lives on one thread.
pub(crate) struct Reader {
    config: ReaderConfig,
    discovery: Discovery,
    watch: Watch,
    logs: BTreeMap<String, Lineages>,
    /// Logs to visit; `true`: look at the directory first.
    dirty: BTreeMap<String, bool>,
    /// The first log whose visit was put off when the sink was full: the next round begins there.
    put_off: Option<String>,
    /// Logs that cannot go on before time passes or a file turns up.
    blocked: BTreeSet<String>,
    buffers: Buffers,
    composer: Composer,
    /// What the centre has and no file here was found to hold yet. Remembered over restarts until what
    /// is not found is declared, or a crash in between would have it read from its start.
    adopted: HashMap<SourceId, CentreSource>,
    adopting: bool,
    /// `adopted` is not what was last asked for.
    adopted_changed: bool,
    /// Totals that changed since they were last asked for.
    read: BTreeMap<SourceId, Count>,
    /// Logs whose durable state is not what was last asked for.
    changed: BTreeSet<String>,
    forgotten: Vec<String>,
    warnings: Vec<String>,
    /// When everything was last looked through; `None`: look at once.
    looked: Option<Instant>,
    began: Instant,
}

impl Reader {
    /// A reader that goes on from what it remembers.
    pub(crate) fn new(config: ReaderConfig, restored: Vec<(String, Vec<u8>)>) -> Self {
        let now = monotonic::now();
        let mut warnings = Vec::new();
        let mut logs = BTreeMap::new();
        let mut adopted = None;
        for (key, bytes) in restored {
            if key == ADOPTED_KEY {
                adopted = postcard::from_bytes::<Vec<CentreSource>>(&bytes).ok();
                continue;
            }
            match Lineages::restore(&key, &bytes, &config.node, now) {
                Some(log) => drop(logs.insert(key, log)),
                None => warnings.push(format!("{key}: what was remembered is not readable")),
            }
        }
        let mut reader = Self {
            discovery: Discovery::new(config.rootfs.clone(), config.files.clone()),
            composer: Composer::new(config.line_bytes_max),
            config,
            watch: Watch::new(),
            logs,
            dirty: BTreeMap::new(),
            put_off: None,
            blocked: BTreeSet::new(),
            buffers: Buffers::default(),
            adopted: HashMap::new(),
            adopting: false,
            adopted_changed: false,
            read: BTreeMap::new(),
            changed: BTreeSet::new(),
            forgotten: Vec::new(),
            warnings,
            looked: None,
            began: now,
        };
        if let Some(adopted) = adopted {
            reader.adopt(adopted);
        }
        reader
    }

    /// Takes over what the centre knows of this node. To be called before the first poll.
    pub(crate) fn adopt(&mut self, sources: Vec<CentreSource>) {
        self.began = monotonic::now();
        self.adopted = sources.into_iter().map(|source| (source.source, source)).collect();
        for stream in
            self.logs.values().flat_map(|log| &log.generations).flat_map(|g| &g.saved.streams)
        {
            self.adopted.remove(&stream.source);
        }
        self.adopting = !self.adopted.is_empty();
        self.adopted_changed = self.adopting;
    }

    /// Visits every log that something happened to, once.
    pub(crate) fn poll(&mut self, sink: &mut dyn Sink) -> Polled {
        self.poll_at(monotonic::now(), sink)
    }

    fn poll_at(&mut self, now: Instant, sink: &mut dyn Sink) -> Polled {
        self.take_events();
        if self
            .looked
            .is_none_or(|looked| now.saturating_duration_since(looked) >= self.scan_every())
        {
            self.look(now);
            self.limit_open_files();
            self.declare_unfound(now, sink);
        }
        let progressed = self.visit_dirty(now, sink);
        let behind = self.dirty.keys().chain(&self.blocked);
        let slowest = behind.filter_map(|key| self.logs.get(key)?.read_to()).min();
        let caught_up = self.dirty.is_empty() && self.blocked.is_empty();
        Polled { progressed, caught_up, slowest: slowest.filter(|_| !caught_up) }
    }

    /// All durable state that changed since this was last asked.
    pub(crate) fn changes(&mut self) -> Vec<StateChange> {
        let gone = self.forgotten.drain(..).map(|key| (key, None));
        let mut changes: Vec<StateChange> = gone.collect();
        for key in std::mem::take(&mut self.changed) {
            if let Some(log) = self.logs.get_mut(&key) {
                log.changed = false;
                changes.push((key, Some(log.save())));
            }
        }
        if std::mem::take(&mut self.adopted_changed) {
            let open: Vec<&CentreSource> = self.adopted.values().collect();
            let kept = self.adopting.then(|| postcard::to_stdvec(&open).ok()).flatten();
            changes.push((ADOPTED_KEY.to_owned(), kept));
        }
        changes
    }

    /// Everything read so far, by source.
    pub(crate) fn totals(&self) -> Vec<(SourceId, Count)> {
        let adopted = self.adopted.values();
        let adopted = adopted
            .map(|centre| (centre.source, Count { bytes: centre.bytes, records: centre.records }));
        adopted.chain(self.logs.values().flat_map(Lineages::totals)).collect()
    }

    /// The totals that changed since this was last asked.
    pub(crate) fn take_read(&mut self) -> BTreeMap<SourceId, Count> {
        std::mem::take(&mut self.read)
    }

    /// What an operator should know, since this was last asked.
    pub(crate) fn warnings(&mut self) -> Vec<String> {
        self.warnings.extend(self.watch.failure());
        self.warnings.sort();
        self.warnings.dedup();
        self.warnings.truncate(WARNINGS_MAX);
        std::mem::take(&mut self.warnings)
    }

    /// Blocks until there may be something to read, or the time is over.
    pub(crate) fn wait(&mut self, timeout: Duration) {
        let scan = self.looked.map_or(Duration::ZERO, |looked| {
            (looked + self.scan_every()).saturating_duration_since(Instant::now())
        });
        // What waits for its next visit waits for a moment only.
        let next = if self.dirty.is_empty() { scan } else { Duration::from_millis(EVENTS_MS) };
        self.watch.wait(timeout.min(next).min(scan));
    }

    /// Interrupts [`Reader::wait`].
    pub(crate) fn waker(&self) -> Waker {
        self.watch.waker()
    }

    fn scan_every(&self) -> Duration {
        let spread = SCAN_MS_PER_LOG * self.logs.len() as u64;
        let ms = if self.watch.is_complete() { SCAN_MS.max(spread) } else { SCAN_MS };
        Duration::from_millis(ms)
    }

    fn take_events(&mut self) {
        for event in self.watch.events() {
            match event {
                Event::Overflow => self.looked = None,
                Event::Written(dir, name) => {
                    if let Some(key) = self.log_at(&dir, &name) {
                        self.dirty.entry(key).or_insert(false);
                    }
                }
                Event::Listed(dir) => {
                    let key = self.discovery.key(&dir);
                    if self.logs.get(&key).is_some_and(|log| log.place.format != Format::Plain) {
                        self.dirty.insert(key, true);
                    } else {
                        // A directory that holds logs, or plain files: anything may be new.
                        self.looked = None;
                    }
                }
            }
        }
    }

    /// The log that a file belongs to.
    fn log_at(&self, dir: &Path, name: &str) -> Option<String> {
        let key = self.discovery.key(dir);
        if self.logs.contains_key(&key) {
            return Some(key);
        }
        let key = self.discovery.key(&dir.join(plain_name(name).0));
        self.logs.contains_key(&key).then_some(key)
    }

    /// Looks through all directories: what is new, what has grown, what waited for time to pass.
    fn look(&mut self, now: Instant) {
        self.looked = Some(now);
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
            match self.logs.get_mut(&key) {
                Some(log) => log.place = place,
                None => {
                    self.logs.insert(key.clone(), Lineages::new(&key, place));
                }
            }
        }
        self.relist_all(now);
    }

    fn relist_all(&mut self, now: Instant) {
        let mut listed: HashMap<PathBuf, Vec<String>> = HashMap::new();
        let mut gone = Vec::new();
        for (key, log) in &mut self.logs {
            let known = listed.entry(log.place.dir.clone());
            let names = known.or_insert_with(|| names(&log.place.dir).unwrap_or_default());
            let warnings = &mut self.warnings;
            let mut site =
                Site { node: &self.config.node, adopted: &mut self.adopted, now, warnings };
            if log.relist(names, &mut site) || log.waits_for_time() {
                self.dirty.entry(key.clone()).or_insert(false);
            }
            if log.changed {
                self.changed.insert(key.clone());
            }
            if !log.generations.is_empty() && !log.forget(now) {
                gone.push(key.clone());
            }
        }
        for key in gone {
            self.logs.remove(&key);
            self.dirty.remove(&key);
            self.blocked.remove(&key);
            self.forgotten.push(key);
        }
    }

    /// Visits each dirty log once. Whether anything came of it.
    fn visit_dirty(&mut self, now: Instant, sink: &mut dyn Sink) -> bool {
        let mut progressed = false;
        let mut later = std::mem::take(&mut self.dirty);
        let first = self.put_off.take().map(|key| later.split_off(&key)).unwrap_or_default();
        for (key, relist) in first.into_iter().chain(later) {
            if sink.full() {
                self.put_off.get_or_insert_with(|| key.clone());
                self.dirty.entry(key).or_insert(relist);
                continue;
            }
            let Some(log) = self.logs.get_mut(&key) else { continue };
            if relist {
                let names = names(&log.place.dir).unwrap_or_default();
                let warnings = &mut self.warnings;
                let mut site =
                    Site { node: &self.config.node, adopted: &mut self.adopted, now, warnings };
                log.relist(&names, &mut site);
            }
            let mut order_time = [Timestamp::default(); 2];
            let mut reading = Reading {
                format: log.place.format,
                composer: &mut self.composer,
                order_time: &mut order_time,
                buffers: &mut self.buffers,
                now,
                clock: self.config.clock.now(),
                sink,
            };
            let visited = log.visit(&mut reading);
            progressed |= visited.progressed;
            if visited.progressed {
                self.read.extend(log.totals());
            }
            if log.changed {
                self.changed.insert(key.clone());
            }
            if visited.pending || visited.full {
                self.dirty.insert(key.clone(), visited.relist);
            }
            if visited.blocked {
                self.blocked.insert(key);
            } else {
                self.blocked.remove(&key);
            }
        }
        progressed
    }

    /// What the centre holds as open and no file here has: lost, from where the centre stands.
    fn declare_unfound(&mut self, now: Instant, sink: &mut dyn Sink) {
        if !self.adopting || now.saturating_duration_since(self.began).as_secs() < ABSENT_S {
            return;
        }
        self.adopting = false;
        self.adopted_changed = true;
        let time = self.config.clock.now();
        for (_, centre) in self.adopted.drain().filter(|(_, centre)| !centre.ended) {
            let info = Arc::new(SourceInfo {
                source: centre.source,
                lineage: centre.lineage,
                component: centre.component,
                instance: centre.instance,
                stream: centre.stream,
                path: centre.path,
                fingerprint: centre.fingerprint,
            });
            let (kind, reason) = (GapKind::Lost, Reason::DeletedBeforeRead);
            let from = centre.mark;
            sink.gap(&info, Gap { kind, from, to: None, reason, count: None, time });
            sink.ended(&info, from);
        }
    }

    /// Closes files that were read to their ends while too many are open.
    fn limit_open_files(&mut self) {
        let generations = || self.logs.values().flat_map(|log| &log.generations);
        let mut open = generations().filter(|generation| generation.content.is_some()).count();
        if open <= OPEN_FILES_MAX {
            return;
        }
        let idle = self.logs.iter_mut().filter(|(key, _)| !self.dirty.contains_key(*key));
        for generation in idle.flat_map(|(_, log)| &mut log.generations) {
            if open <= OPEN_FILES_MAX / 4 * 3 {
                return;
            }
            if generation.content.take().is_some() {
                open -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests;
