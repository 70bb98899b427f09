//! All files of one log: which holds which generation, and whose turn it is.
//!
//! ```text
//!   reading ── end seen twice while a younger one exists ──> over ── quiet ──> ended
//!      |                                                       └ what still comes is read late
//!      └ nowhere on disk and not open ──> lost, ended
//! ```
//! Invariants:
//! - generations are read oldest first: a younger one waits until all older ones are over or ended;
//! - a record that began in a generation and goes on in the next belongs to the younger; the older's
//!   checkpoint stays before it until it is complete ([`Generation::lent`]);
//! - what is unread and can never be read is declared, once, as a gap.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nilometer_model::{Count, Gap, GapKind, Reason, SourceId, Timestamp};

use crate::content::{Content, Inode};
use crate::discover::Place;
use crate::enrich::Speaker;
use crate::follow::{Reading, Visit};
use crate::generation::{Generation, StreamState};
use crate::limits::{ABSENT_S, DAMAGED_GZIP_S, FORGET_S, LATE_WRITE_S};
use crate::metrics;
use crate::unclear::Unclear;
use nilometer_parse::Format;

/// One log, being followed.
#[derive(Debug)]
pub(crate) struct Lineages {
    pub(crate) key: String,
    pub(crate) place: Place,
    /// Who speaks, as far as the path says.
    pub(crate) speaker: Arc<Speaker>,
    /// Since when an API is waited for to say who speaks in the first generation.
    pub(crate) waits_since: Option<Instant>,
    /// What sources were given is not what was last asked for.
    pub(crate) given_changed: bool,
    /// Per stream: the largest time so far.
    pub(crate) order_time: [Timestamp; 2],
    pub(crate) next_number: u64,
    /// Oldest first.
    pub(crate) generations: Vec<Generation>,
    /// Files of which it cannot be told yet what they hold.
    pub(crate) unclear: HashMap<Inode, Unclear>,
    /// Something of the durable state is not what was last asked for.
    pub(crate) changed: bool,
}

/// What came of a visit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Visited {
    pub(crate) progressed: bool,
    /// Wants another visit at once.
    pub(crate) pending: bool,
    /// Cannot go on before time passes or a file turns up.
    pub(crate) blocked: bool,
    pub(crate) full: bool,
    /// A disk has not answered yet.
    pub(crate) stalled: bool,
    /// A file is not what it was: look at the directory again.
    pub(crate) relist: bool,
}

/// Whether the next generation may be read.
enum Turn {
    Next,
    Stop,
}

impl Lineages {
    /// Reads on in every generation whose turn it is.
    pub(crate) fn visit(&mut self, reading: &mut Reading<'_>) -> Visited {
        let mut visited = Visited::default();
        // The order of times is the log's; it is lent to the visit.
        std::mem::swap(&mut self.order_time, reading.order_time);
        for index in 0..self.generations.len() {
            let before = progress(&self.generations[index]);
            let turn = if self.generations[index].hand_over_waiting(reading) {
                self.step(index, reading, &mut visited)
            } else {
                visited.full = true;
                Turn::Stop
            };
            if progress(&self.generations[index]) != before {
                visited.progressed = true;
                self.changed = true;
            }
            if matches!(turn, Turn::Stop) {
                break;
            }
        }
        if !visited.full && !visited.pending {
            self.close_due(reading);
        }
        self.take_back_loans();
        std::mem::swap(&mut self.order_time, reading.order_time);
        visited
    }

    fn step(&mut self, index: usize, reading: &mut Reading<'_>, visited: &mut Visited) -> Turn {
        let generation = &mut self.generations[index];
        if generation.saved.ended {
            return Turn::Next;
        }
        if generation.lent && self.is_held_elsewhere(index) {
            if !self.generations[index].has_more() {
                return Turn::Next;
            }
            // A slow writer goes on with it: what was held of it comes first.
            self.recall(index, reading);
        }
        let generation = &mut self.generations[index];
        let compressed = generation.content.as_ref().is_some_and(|content| content.is_gzip());
        if generation.is_over()
            && (compressed || generation.content.is_none() && generation.homes.is_empty())
        {
            return self.rest(index, reading, visited);
        }
        if generation.content.is_none() && generation.homes.is_empty() {
            return self.missing(index, reading, visited);
        }
        if !self.name(index, reading) {
            visited.blocked = true;
            visited.pending = true;
            return Turn::Stop;
        }
        let (older, rest) = self.generations.split_at_mut(index);
        let generation = &mut rest[0];
        match generation.visit(&mut reading.behind(older)) {
            Visit::Full => {
                visited.full = true;
                Turn::Stop
            }
            Visit::More => {
                visited.pending = true;
                if self.generations[index].is_over() { Turn::Next } else { Turn::Stop }
            }
            Visit::End => {
                self.generations[index].damaged = None;
                self.at_end(index, reading, visited)
            }
            Visit::Replaced => {
                let content = self.generations[index].content.as_ref();
                if let Some(Ok(stat)) = content.map(Content::stat) {
                    self.disown(index, stat.inode, reading.now);
                }
                visited.relist = true;
                visited.pending = true;
                Turn::Stop
            }
            Visit::Stalled => {
                visited.blocked = true;
                visited.pending = true;
                visited.stalled = true;
                Turn::Stop
            }
            Visit::Unreadable => self.unreadable(index, reading, visited),
        }
    }

    /// A file holds something else by now than the generation. Where it is open it is held until the next
    /// look: its name may be gone by then.
    pub(crate) fn disown(&mut self, index: usize, inode: Inode, now: Instant) {
        let generation = &mut self.generations[index];
        let held = generation.content.take();
        generation.lose_home(inode, now);
        let is_it = |content: &Content| content.stat().is_ok_and(|stat| stat.inode == inode);
        if let Some(content) = held.filter(is_it) {
            self.unclear.insert(inode, Unclear::orphan(content, self.place.live(), now));
        }
    }

    /// The end of what is there: of the youngest, of one that is over, or of one that is to be left.
    fn at_end(&mut self, index: usize, reading: &mut Reading<'_>, visited: &mut Visited) -> Turn {
        let youngest = index + 1 == self.generations.len();
        let generation = &mut self.generations[index];
        if generation.is_over() {
            return self.rest(index, reading, visited);
        }
        if youngest {
            let deleted = generation.content.as_ref().and_then(|content| content.stat().ok());
            if generation.homes.is_empty() && deleted.is_some_and(|stat| stat.deleted) {
                return self.rest(index, reading, visited);
            }
            return Turn::Next;
        }
        generation.ends_seen += 1;
        if generation.ends_seen < 2 {
            visited.pending = true;
            return Turn::Stop;
        }
        if !self.leave(index, reading) {
            visited.full = true;
            return Turn::Stop;
        }
        Turn::Next
    }

    /// Leaves a generation that was read to its end for the next one. `false` when the sink is full.
    fn leave(&mut self, index: usize, reading: &mut Reading<'_>) -> bool {
        let (before, rest) = self.generations.split_at_mut(index);
        let (older, younger) = rest.split_at_mut(1);
        let (older, younger) = (&mut older[0], &mut younger[0]);
        let reading = &mut reading.behind(before);
        let same_run = older.saved.restart == younger.saved.restart;
        if reading.format == Format::Plain || !same_run || younger.at > 0 {
            older.flush_unterminated(reading);
            if !older.flush_partials(reading) {
                return false;
            }
        } else {
            for (partial, next) in older.partials.iter_mut().zip(&mut younger.partials) {
                if partial.open && !next.open {
                    *next = std::mem::take(partial);
                    next.carried = true;
                    next.start = younger.at;
                    older.lent = true;
                }
            }
        }
        for stream in 0..older.groups.len() {
            let begins = younger.at == 0 || younger.saved.streams[stream].position == 0;
            if same_run && begins && younger.groups[stream].is_none() {
                younger.groups[stream] = older.groups[stream].take();
                older.lent |= younger.groups[stream].is_some();
            }
        }
        older.close_all(reading);
        if reading.sink.full() {
            return false;
        }
        older.saved.drained = !older.lent;
        older.quiet.1 = reading.now;
        self.changed = true;
        true
    }

    /// Whether a younger generation holds lines of this one.
    fn is_held_elsewhere(&self, index: usize) -> bool {
        let number = self.generations[index].saved.number;
        let groups = self.generations[index + 1..].iter().flat_map(|younger| &younger.groups);
        groups.flatten().any(|group| group.holds_of(number))
    }

    /// Has younger generations hand over what they hold of this one.
    fn recall(&mut self, index: usize, reading: &mut Reading<'_>) {
        let number = self.generations[index].saved.number;
        for younger in index + 1..self.generations.len() {
            let (older, rest) = self.generations.split_at_mut(younger);
            let holds = rest[0].groups.iter().flatten().any(|group| group.holds_of(number));
            if holds {
                rest[0].close_all(&mut reading.behind(older));
                self.changed = true;
            }
        }
    }

    /// Hands over what was held long enough without anything that follows.
    fn close_due(&mut self, reading: &mut Reading<'_>) {
        for index in 0..self.generations.len() {
            let (older, rest) = self.generations.split_at_mut(index);
            if rest[0].held_until().is_some_and(|due| due <= reading.now) {
                rest[0].close_due(&mut reading.behind(older));
                rest[0].settle_checkpoint();
                self.changed = true;
            }
        }
    }

    /// Hands over all that is held of a generation. `false` when the sink is full.
    fn hand_over_held(&mut self, index: usize, reading: &mut Reading<'_>) -> bool {
        let (older, rest) = self.generations.split_at_mut(index);
        rest[0].close_all(&mut reading.behind(older));
        !reading.sink.full()
    }

    /// When the next visit is due because of what is held.
    pub(crate) fn held_until(&self) -> Option<Instant> {
        self.generations.iter().filter_map(Generation::held_until).min()
    }

    /// Ends a generation that nothing is written to any more.
    fn rest(&mut self, index: usize, reading: &mut Reading<'_>, visited: &mut Visited) -> Turn {
        let generation = &mut self.generations[index];
        let quiet = reading.now.saturating_duration_since(generation.quiet.1);
        if generation.lent || quiet < Duration::from_secs(LATE_WRITE_S) {
            return Turn::Next;
        }
        let (older, rest) = self.generations.split_at_mut(index);
        if !rest[0].flush(&mut reading.behind(older)) {
            visited.full = true;
            return Turn::Stop;
        }
        let generation = &mut self.generations[index];
        if generation.at < generation.saved.size_seen || generation.is_behind() {
            // What held all of it was truncated, and the copy was made before the last of it.
            let to = generation.saved.size_seen;
            declare(generation, Reason::TruncatedBeforeRead, Some(to), reading);
            generation.saved.size_seen = generation.at;
        }
        generation.end(reading.sink);
        self.changed = true;
        Turn::Next
    }

    /// A generation that is nowhere on disk: waits for it to turn up, then declares what is lost.
    fn missing(&mut self, index: usize, reading: &mut Reading<'_>, visited: &mut Visited) -> Turn {
        let generation = &mut self.generations[index];
        let since = *generation.absent.get_or_insert(reading.now);
        if reading.now.saturating_duration_since(since) < Duration::from_secs(ABSENT_S) {
            visited.blocked = true;
            return Turn::Stop;
        }
        if !self.hand_over_held(index, reading) {
            visited.full = true;
            return Turn::Stop;
        }
        let generation = &mut self.generations[index];
        // How much was written after the last look nobody can know.
        let unread = Some(generation.saved.size_seen).filter(|size| *size > generation.at);
        match generation.not_in {
            Some(_) => declare(generation, Reason::TruncatedBeforeRead, unread, reading),
            None => declare(generation, Reason::DeletedBeforeRead, None, reading),
        }
        generation.end(reading.sink);
        self.changed = true;
        Turn::Next
    }

    /// A file that cannot be read now: tried again, a damaged gzip not for ever.
    fn unreadable(
        &mut self,
        index: usize,
        reading: &mut Reading<'_>,
        visited: &mut Visited,
    ) -> Turn {
        visited.relist = true;
        visited.blocked = true;
        let generation = &mut self.generations[index];
        generation.content = None;
        let since = *generation.damaged.get_or_insert(reading.now);
        let gzip = generation.homes.first().is_some_and(|home| home.gzip);
        let waited = reading.now.saturating_duration_since(since);
        if !gzip || waited < Duration::from_secs(DAMAGED_GZIP_S) {
            return Turn::Stop;
        }
        if !self.hand_over_held(index, reading) {
            visited.full = true;
            return Turn::Stop;
        }
        let generation = &mut self.generations[index];
        declare(generation, Reason::TruncatedBeforeRead, None, reading);
        generation.end(reading.sink);
        self.changed = true;
        Turn::Next
    }

    /// Moves on the checkpoints of generations whose last record is complete in the next one by now.
    fn take_back_loans(&mut self) {
        for index in (0..self.generations.len().saturating_sub(1)).rev() {
            let next = &self.generations[index + 1];
            let carried = next.groups.iter().flatten().any(|g| g.is_carried(next.saved.number));
            let open = next.lent || carried || next.partials.iter().any(|p| p.open && p.carried);
            let generation = &mut self.generations[index];
            let open = open || !generation.waiting.is_empty();
            if generation.lent && !open {
                generation.lent = false;
                generation.saved.drained = true;
                generation.settle_checkpoint();
                self.changed = true;
            }
        }
    }

    /// Whether time alone can make a visit worth while; `Some(true)`: with a look at the directory.
    pub(crate) fn waits_for_time(&self) -> Option<bool> {
        let open = || self.generations.iter().filter(|generation| !generation.saved.ended);
        let visit =
            open().any(|generation| generation.is_over() || generation.quiet.0 > generation.at);
        let look = open().any(|generation| generation.absent.or(generation.damaged).is_some());
        let look = look || self.unclear.values().any(Unclear::waits_for_time);
        (visit || look).then_some(look)
    }

    /// Whether there is a file of which it is not known what it holds, so that a write to it asks for a
    /// look.
    pub(crate) fn awaits_content(&self) -> bool {
        self.generations.is_empty() || !self.unclear.is_empty()
    }

    /// Files of it that are held open.
    pub(crate) fn open_files(&self) -> usize {
        let read = self.generations.iter().filter(|generation| generation.content.is_some());
        read.count() + self.unclear.values().filter(|unclear| unclear.held.is_some()).count()
    }

    /// Open files that can be opened again, and since when nothing has come to them.
    pub(crate) fn closable(&mut self) -> impl Iterator<Item = (Instant, &mut Option<Content>)> {
        let read =
            self.generations.iter_mut().filter(|g| g.content.is_some() && !g.homes.is_empty());
        let unclear = self.unclear.values_mut().filter(|unclear| unclear.held.is_some());
        read.map(|generation| (generation.quiet.1, &mut generation.content))
            .chain(unclear.map(|unclear| (unclear.since, &mut unclear.held)))
    }

    /// Everything read so far, by source.
    pub(crate) fn totals(&self) -> impl Iterator<Item = (SourceId, Count)> {
        let streams = self.generations.iter().flat_map(|generation| &generation.saved.streams);
        streams.filter(|stream| stream.read.records > 0).map(|stream| (stream.source, stream.read))
    }

    /// Forgets generations that ended and are gone for long. Whether any are left.
    pub(crate) fn forget(&mut self, now: Instant) -> bool {
        let before = self.generations.len();
        self.generations.retain(|generation| {
            let gone = generation.absent.map(|since| now.saturating_duration_since(since));
            let long_gone = gone.is_some_and(|gone| gone.as_secs() >= FORGET_S);
            !(generation.saved.ended && long_gone && !generation.echoed)
        });
        self.changed |= self.generations.len() != before;
        !self.generations.is_empty()
    }

    /// The time of the last record read, of the slower stream's.
    pub(crate) fn read_to(&self) -> Option<Timestamp> {
        let spoken = self.order_time.iter().filter(|time| **time > Timestamp::default()).max();
        spoken.or(self.generations.first().map(|generation| &generation.saved.first_time)).copied()
    }
}

/// What must change for a visit to have got anywhere.
fn progress(generation: &Generation) -> (u64, u64, bool, bool) {
    let streams = generation.saved.streams.iter().map(|stream| stream.position).sum();
    (generation.at, streams, generation.saved.ended, generation.saved.mid_line)
}

/// Of what was to be read again, what no file holds any more is lost.
fn declare_again(generation: &mut Generation, reading: &mut Reading<'_>) {
    let Some(again) = &generation.saved.again else { return };
    let streams = generation.saved.streams.iter_mut().zip(&generation.infos).zip(&again.streams);
    for ((stream, info), (to, read)) in streams {
        if stream.position >= *to {
            continue;
        }
        let (kind, reason, from) = (GapKind::Lost, again.reason, stream.position);
        let count = Some(*read - stream.read);
        let gap = Gap { kind, from, to: Some(*to), reason, count, time: reading.clock };
        reading.sink.gap(&Arc::clone(info), gap);
        (stream.position, stream.read) = (*to, *read);
    }
}

/// Tells the sink that the generation's streams are lost from where they stand, behind their last records.
fn declare(
    generation: &mut Generation,
    reason: Reason,
    to: Option<u64>,
    reading: &mut Reading<'_>,
) {
    declare_again(generation, reading);
    if generation.saved.again.as_ref().is_some_and(|again| again.ended) {
        return;
    }
    let silent = !generation.saved.streams.iter().any(StreamState::is_known);
    metrics::lost_range(to.map_or(0, |to| to.saturating_sub(generation.at)));
    let first = Some(generation.saved.first_time).filter(|time| *time > Timestamp::default());
    for (index, (state, info)) in generation.saved.streams.iter().zip(&generation.infos).enumerate()
    {
        if state.is_known() || silent && index == 0 {
            let kind = GapKind::Lost;
            let last = Some(state.last).filter(|time| *time > Timestamp::default());
            let time = last.or(first).unwrap_or(reading.clock);
            let gap = Gap { kind, from: state.position, to, reason, count: None, time };
            reading.sink.gap(&Arc::clone(info), gap);
        }
    }
}
