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

#[cfg(any(test, fuzzing))]
pub(crate) mod hostile;
mod look;
mod rewind;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use nilometer_model::{Clock, Count, Gap, GapKind, Reason, SourceId, Stream, Timestamp};

use crate::compose::Composer;
use crate::directory::Directory;
use crate::discover::Discovery;
use crate::enrich::{Given, Roster, Speaker};
use crate::first_line::FirstLine;
use crate::follow::{Buffers, Reading};
use crate::limits::{ABSENT_S, EVENTS_MS, TICK_MS, WARNINGS_MAX};
use crate::lineages::Lineages;
use crate::monotonic;
use crate::open_files::OpenFiles;
use crate::read_state;
use crate::reading::{CentreSource, Sink, SourceInfo, StateChange};
use crate::watch::{Waker, Watch};
use nilometer_parse::{ClueSearch, Redactor};

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
    /// What the first lines of some components' records look like.
    pub(crate) first_lines: Vec<FirstLine>,
    /// Longest message, bytes.
    pub(crate) line_bytes_max: usize,
    /// Of the times in plain files that name none.
    pub(crate) timezone: TimeZone,
    /// Takes secrets out of texts, if they are to be.
    pub(crate) redactor: Option<Arc<Redactor>>,
    pub(crate) clock: Arc<dyn Clock>,
    /// Who is on this node.
    pub(crate) roster: Arc<Roster>,
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
    /// Logs that hold lines which may go on, and until when.
    held: BTreeMap<String, Instant>,
    clues: ClueSearch,
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
    /// A look that is asked for early comes no earlier.
    not_before: Instant,
    /// Logs to which time alone may bring something; whether that takes a look at the directory.
    timed: BTreeMap<String, bool>,
    ticked: Instant,
    /// Looks at logs and visits so far.
    turns: usize,
    open_files: OpenFiles,
    began: Instant,
}

impl Reader {
    /// A reader that goes on from what it remembers.
    pub(crate) fn new(config: ReaderConfig, restored: Vec<(String, Vec<u8>)>) -> Self {
        let now = monotonic::now();
        let mut warnings = Vec::new();
        let mut logs = BTreeMap::new();
        let mut adopted = None;
        let given: HashMap<String, Given> = restored
            .iter()
            .filter_map(|(key, bytes)| Some((Given::log(key)?.to_owned(), Given::read(bytes)?)))
            .collect();
        for (key, bytes) in restored {
            if Given::log(&key).is_some() {
                continue;
            }
            if key == ADOPTED_KEY {
                adopted = postcard::from_bytes::<Vec<CentreSource>>(&bytes).ok();
                continue;
            }
            match Lineages::restore(&key, (&bytes, given.get(&key)), (&config.node, now)) {
                Some(log) => drop(logs.insert(key, log)),
                None => warnings.push(format!("{key}: what was remembered is not readable")),
            }
        }
        let mut reader = Self {
            discovery: Discovery::new(config.rootfs.clone(), config.files.clone()),
            composer: Composer::new(
                config.line_bytes_max,
                config.timezone.clone(),
                config.redactor.clone(),
            ),
            clues: ClueSearch::new(config.redactor.is_some()),
            config,
            watch: Watch::new(),
            logs,
            dirty: BTreeMap::new(),
            put_off: None,
            blocked: BTreeSet::new(),
            held: BTreeMap::new(),
            buffers: Buffers::default(),
            adopted: HashMap::new(),
            adopting: false,
            adopted_changed: false,
            read: BTreeMap::new(),
            changed: BTreeSet::new(),
            forgotten: Vec::new(),
            warnings,
            looked: None,
            not_before: now,
            timed: BTreeMap::new(),
            ticked: now,
            turns: 0,
            open_files: OpenFiles::new(),
            began: now,
        };
        if let Some(adopted) = adopted {
            reader.adopt(adopted);
        }
        reader
    }

    /// Whether what was kept under that key is of this build's making.
    pub(crate) fn remembers(key: &str, bytes: &[u8]) -> bool {
        key == ADOPTED_KEY || Given::log(key).is_some() || read_state::is_readable(bytes)
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
        self.expect_adopted();
    }

    /// Of what is to be found, perhaps only renamed files are left: looks for these too, at once.
    fn expect_adopted(&mut self) {
        let files = self.adopted.values().filter(|known| known.stream == Stream::File);
        self.discovery.expect(files.map(|known| known.path.as_str()));
        self.looked = None;
    }

    /// Looks for other plain files, and cuts elsewhere, from now on. A file that is read already is read
    /// on, whatever the globs say.
    pub(crate) fn configure(&mut self, files: Vec<String>, line_bytes_max: usize) {
        self.discovery = Discovery::new(self.config.rootfs.clone(), files.clone());
        self.expect_adopted();
        let (timezone, redactor) = (self.config.timezone.clone(), self.config.redactor.clone());
        self.composer = Composer::new(line_bytes_max, timezone, redactor);
        (self.config.files, self.config.line_bytes_max) = (files, line_bytes_max);
    }

    /// Looks at every log that something happened to, and holds what is new; reads nothing.
    pub(crate) fn hold(&mut self) {
        let now = monotonic::now();
        self.take_events(now);
        if self.is_look_due(now) {
            self.look(now);
        }
        self.relist_dirty(now);
    }

    /// Visits every log that something happened to, once.
    pub(crate) fn poll(&mut self, sink: &mut dyn Sink) -> Polled {
        self.poll_at(monotonic::now(), sink)
    }

    fn poll_at(&mut self, now: Instant, sink: &mut dyn Sink) -> Polled {
        self.take_events(now);
        if self.is_look_due(now) {
            self.look(now);
            self.declare_unfound(now, sink);
        }
        self.tick(now);
        let due = self.held.iter().filter(|(_, until)| **until <= now);
        let due: Vec<String> = due.map(|(key, _)| key.clone()).collect();
        for key in due {
            self.note(key, false);
        }
        let progressed = self.visit_dirty(now, sink);
        let behind = self.dirty.keys().chain(&self.blocked).chain(self.held.keys());
        let slowest = behind.filter_map(|key| self.logs.get(key)?.read_to()).min();
        let caught_up = self.dirty.is_empty() && self.blocked.is_empty() && self.held.is_empty();
        Polled { progressed, caught_up, slowest: slowest.filter(|_| !caught_up) }
    }

    /// All durable state that changed since this was last asked.
    pub(crate) fn changes(&mut self) -> Vec<StateChange> {
        let gone = self.forgotten.drain(..);
        let gone = gone.flat_map(|key| [(Given::key(&key), None), (key, None)]);
        let mut changes: Vec<StateChange> = gone.collect();
        for key in std::mem::take(&mut self.changed) {
            if let Some(log) = self.logs.get_mut(&key) {
                log.changed = false;
                if std::mem::take(&mut log.given_changed) {
                    changes.push((Given::key(&key), Some(log.save_given())));
                }
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
        self.warnings.extend(self.config.roster.warnings());
        self.warnings.sort();
        self.warnings.dedup();
        self.warnings.truncate(WARNINGS_MAX);
        std::mem::take(&mut self.warnings)
    }

    /// Blocks until there may be something to read, or the time is over.
    pub(crate) fn wait(&mut self, timeout: Duration) {
        let next = self.looked.map_or(self.not_before, |looked| looked + self.scan_every());
        let scan = next.saturating_duration_since(monotonic::now());
        // What waits for its next visit waits for a moment only.
        let next = if self.dirty.is_empty() { scan } else { Duration::from_millis(EVENTS_MS) };
        self.watch.wait(timeout.min(next).min(scan));
    }

    /// Who is on this node, as the reader sees it.
    pub(crate) fn roster(&self) -> Arc<Roster> {
        Arc::clone(&self.config.roster)
    }

    /// Interrupts [`Reader::wait`].
    pub(crate) fn waker(&self) -> Waker {
        self.watch.waker()
    }

    fn note(&mut self, key: String, relist: bool) {
        *self.dirty.entry(key).or_insert(false) |= relist;
    }

    /// Notes the logs that waited for time to pass.
    fn tick(&mut self, now: Instant) {
        if now.saturating_duration_since(self.ticked) < Duration::from_millis(TICK_MS) {
            return;
        }
        self.ticked = now;
        for (key, relist) in self.timed.clone() {
            self.note(key, relist);
        }
    }

    /// After a look at a log or a visit: what is to be remembered, and whether time matters to it.
    fn settle(&mut self, key: &str, open_before: usize) {
        let Some(log) = self.logs.get(key) else { return };
        if log.changed {
            self.changed.insert(key.to_owned());
        }
        match log.waits_for_time() {
            Some(relist) => drop(self.timed.insert(key.to_owned(), relist)),
            None => drop(self.timed.remove(key)),
        }
        self.open_files.change(open_before, log.open_files());
        self.limit_open_files();
    }

    /// Visits each dirty log once, beginning where the last round stopped. Whether anything came of it.
    fn visit_dirty(&mut self, now: Instant, sink: &mut dyn Sink) -> bool {
        let mut progressed = false;
        let mut directories: HashMap<PathBuf, Directory> = HashMap::new();
        let mut later = std::mem::take(&mut self.dirty);
        let first = self.put_off.take().map(|key| later.split_off(&key)).unwrap_or_default();
        for (key, relist) in first.into_iter().chain(later) {
            if relist && let Some(log) = self.logs.get(&key) {
                let dir = log.place.dir.clone();
                let directory =
                    directories.entry(dir).or_insert_with_key(|dir| Directory::read(dir));
                self.relist(&key, directory, now);
            }
            if sink.full() {
                self.put_off.get_or_insert_with(|| key.clone());
                self.note(key, false);
                continue;
            }
            progressed |= self.visit(key, now, sink);
            self.glance(now);
        }
        progressed
    }

    fn visit(&mut self, key: String, now: Instant, sink: &mut dyn Sink) -> bool {
        let Some(log) = self.logs.get_mut(&key) else { return false };
        let before = log.open_files();
        let mut order_time = [Timestamp::default(); 2];
        let mut exhausted = false;
        let mut reading = Reading {
            format: log.place.format,
            composer: &mut self.composer,
            order_time: &mut order_time,
            buffers: &mut self.buffers,
            now,
            clock: self.config.clock.now(),
            sink,
            exhausted: &mut exhausted,
            roster: &self.config.roster,
            clues: &self.clues,
            start: FirstLine::of(&self.config.first_lines, &log.speaker.component),
            older: &mut [],
        };
        let visited = log.visit(&mut reading);
        if visited.progressed {
            self.read.extend(log.totals());
        }
        match log.held_until() {
            Some(until) => drop(self.held.insert(key.clone(), until)),
            None => drop(self.held.remove(&key)),
        }
        self.settle(&key, before);
        if exhausted {
            self.open_files_failed();
        }
        if visited.stalled {
            self.warnings.push(format!("{key}: its disk does not answer; other files are read on"));
        }
        if visited.pending || visited.full {
            self.note(key.clone(), visited.relist);
        }
        if visited.blocked {
            self.blocked.insert(key);
        } else {
            self.blocked.remove(&key);
        }
        visited.progressed
    }

    /// What the centre holds as open, or with a hole, and no file here has: lost, from where the centre stands.
    fn declare_unfound(&mut self, now: Instant, sink: &mut dyn Sink) {
        if !self.adopting || now.saturating_duration_since(self.began).as_secs() < ABSENT_S {
            return;
        }
        self.adopting = false;
        self.adopted_changed = true;
        // When its last record was written is not known.
        let time = self.config.clock.now();
        let is_whole = |centre: &CentreSource| centre.ended && centre.covered.is_empty();
        for (_, centre) in self.adopted.drain().filter(|(_, centre)| !is_whole(centre)) {
            let info = Arc::new(SourceInfo {
                source: centre.source,
                lineage: centre.lineage,
                speaker: Arc::new(Speaker::new(centre.component, centre.instance)),
                attributes: Arc::default(),
                stream: centre.stream,
                path: centre.path,
                fingerprint: centre.fingerprint,
            });
            let (kind, reason) = (GapKind::Lost, Reason::DeletedBeforeRead);
            let from = centre.mark;
            sink.gap(&info, Gap { kind, from, to: None, reason, count: None, time });
            sink.ended(&info, from);
        }
        self.discovery.expect(std::iter::empty());
    }

    fn open_files_failed(&mut self) {
        if let Some(warning) = self.open_files.failed() {
            tracing::warn!("{warning}");
            self.warnings.push(warning);
        }
        self.limit_open_files();
    }

    /// Closes the files to which nothing has come for longest, while too many are open; never one that
    /// could not be opened again.
    fn limit_open_files(&mut self) {
        let excess = self.open_files.excess();
        if excess == 0 {
            return;
        }
        let mut open: Vec<_> = self.logs.values_mut().flat_map(Lineages::closable).collect();
        open.sort_unstable_by_key(|(since, _)| *since);
        let closed = open.into_iter().take(excess).map(|(_, content)| content.take()).count();
        self.open_files.change(closed, 0);
    }
}

#[cfg(test)]
mod tests;
