//! Lines -> records: a stack trace, or what a configured pattern holds together, is one record.
//!
//! ```text
//!   line ── nothing open, begins nothing ──────────────────────> handed over at once
//!        ── begins one ──> group ── goes on: sure ──> group
//!                           |  └── perhaps: held behind what is sure
//!                           └── anything else, a limit, or its time is up: what is sure is one record,
//!                               what was held behind it is looked at again, line by line
//! ```
//! Invariants:
//! - every line is in exactly one record, and records of a stream come in the order of their lines;
//! - a record ends at the end of its last line, has the time of its first, and the bytes of all;
//! - it never reaches across a position up to which the centre has the stream already;
//! - the checkpoint stays before what is held, so that a restart reads it again and joins it alike;
//! - a group goes with the stream into the next generation; a record whose last line is still of the
//!   older one is the older one's, whoever finds that out.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use memchr::memmem;
use nilometer_model::{Count, Timestamp};
use nilometer_parse::{Clues, Flags, GoesOn, Trace};
use regex::bytes::Regex;

use crate::follow::Reading;
use crate::generation::Generation;
use crate::limits::{
    MULTILINE_HOLD_MS, MULTILINE_LINES_MAX, MULTILINE_PERHAPS_LINES_MAX, MULTILINE_START_HOLD_MS,
};
use crate::metrics;
use crate::reading::Record;

/// One line of a stream, its pieces joined; or a record that was made of several.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    /// The number of the generation that holds its end.
    pub(crate) owner: u64,
    pub(crate) stream: usize,
    pub(crate) time: Timestamp,
    pub(crate) text: &'a [u8],
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// Framed bytes.
    pub(crate) bytes: u64,
    pub(crate) flags: Flags,
    /// What it may hold.
    pub(crate) clues: Clues,
    /// When it was read.
    pub(crate) read: Instant,
}

/// What decides whether a line belongs to the group.
#[derive(Debug, Clone, Copy)]
enum Bond {
    /// It looks like the next line of a trace.
    Trace(Trace),
    /// It does not look like a first line.
    Start,
}

/// Lines that are, or may become, one record.
#[derive(Debug)]
pub(crate) struct Group {
    bond: Bond,
    lines: Vec<Held>,
    /// How many of them belong together for sure.
    sure: usize,
    /// Of all of them, with a newline in between.
    text: Vec<u8>,
    flags: Flags,
}

/// A line of a group.
#[derive(Debug, Clone, Copy)]
struct Held {
    owner: u64,
    time: Timestamp,
    start: u64,
    end: u64,
    bytes: u64,
    /// Where its text lies in the group's.
    text: (usize, usize),
    read: Instant,
}

/// A record that the sink had no room for.
#[derive(Debug)]
pub(crate) struct Ready {
    owner: u64,
    stream: usize,
    time: Timestamp,
    text: Vec<u8>,
    start: u64,
    end: u64,
    bytes: u64,
    flags: Flags,
    read: Instant,
}

/// Records that the sink had no room for, oldest first: what one line set free at most.
pub(crate) type Waiting = VecDeque<Ready>;

impl Group {
    fn new(bond: Bond, line: &Line<'_>) -> Self {
        let mut group =
            Self { bond, lines: Vec::new(), sure: 1, text: Vec::new(), flags: line.flags };
        group.push(line);
        group
    }

    fn push(&mut self, line: &Line<'_>) {
        if !self.lines.is_empty() {
            self.text.push(b'\n');
        }
        let from = self.text.len();
        self.text.extend_from_slice(line.text);
        let Line { owner, time, start, end, bytes, read, .. } = *line;
        let text = (from, self.text.len());
        self.lines.push(Held { owner, time, start, end, bytes, text, read });
    }

    /// When it is to be handed over if nothing follows.
    fn due(&self) -> Option<Instant> {
        let hold_ms = match self.bond {
            Bond::Trace(_) => MULTILINE_HOLD_MS,
            Bond::Start => MULTILINE_START_HOLD_MS,
        };
        self.lines.last().map(|last| last.read + Duration::from_millis(hold_ms))
    }

    /// Whether it holds a line of that generation.
    pub(crate) fn holds_of(&self, owner: u64) -> bool {
        self.lines.iter().any(|line| line.owner == owner)
    }

    /// Whether it holds a line of another generation.
    pub(crate) fn is_carried(&self, owner: u64) -> bool {
        self.lines.iter().any(|line| line.owner != owner)
    }

    /// Where reading of the generation has to begin again to find all of it.
    pub(crate) fn start(&self, owner: u64) -> u64 {
        let first = self.lines.first().filter(|_| !self.is_carried(owner));
        first.map_or(0, |line| line.start)
    }

    /// Whether the limits let it take one more.
    fn has_room(&self, line: &Line<'_>, text_max: usize) -> bool {
        self.lines.len() < MULTILINE_LINES_MAX && self.text.len() + 1 + line.text.len() <= text_max
    }

    fn goes_on(&mut self, line: &Line<'_>, start: Option<&Regex>) -> GoesOn {
        match &mut self.bond {
            Bond::Start if start.is_some_and(|start| start.is_match(line.text)) => GoesOn::No,
            Bond::Start => GoesOn::Yes,
            Bond::Trace(trace) => match trace.goes_on(line.text) {
                GoesOn::Perhaps if self.lines.len() - self.sure >= MULTILINE_PERHAPS_LINES_MAX => {
                    GoesOn::No
                }
                goes_on => goes_on,
            },
        }
    }

    /// What is sure, as one record.
    fn record(&self, stream: usize) -> Option<Line<'_>> {
        let (first, last) = (self.lines.first()?, self.lines.get(self.sure.checked_sub(1)?)?);
        let sure = &self.lines[..self.sure];
        Some(Line {
            owner: last.owner,
            stream,
            time: first.time,
            text: &self.text[..last.text.1],
            start: self.start(last.owner),
            end: last.end,
            bytes: sure.iter().map(|line| line.bytes).sum(),
            flags: self.flags,
            clues: Clues::UNSEARCHED,
            read: last.read,
        })
    }

    /// What was held behind that.
    fn rest(&self, stream: usize) -> impl Iterator<Item = Line<'_>> {
        self.lines[self.sure..].iter().map(move |held| Line {
            owner: held.owner,
            stream,
            time: held.time,
            text: &self.text[held.text.0..held.text.1],
            start: held.start,
            end: held.end,
            bytes: held.bytes,
            flags: Flags::default(),
            clues: Clues::STACK.rewritten(),
            read: held.read,
        })
    }
}

impl Generation {
    /// Takes a line in: joined to those before it, held, or handed over.
    pub(crate) fn join(&mut self, reading: &mut Reading<'_>, line: &Line<'_>) {
        let Some(group) = self.groups[line.stream].as_ref() else {
            return self.begin(reading, line);
        };
        let fits = group.has_room(line, reading.composer.line_bytes_max());
        let cut = group.lines.last().is_some_and(|last| self.is_cut(reading, line, last));
        let group = self.groups[line.stream].as_mut().filter(|_| fits && !cut);
        let goes_on = group.map(|group| {
            let goes_on = group.goes_on(line, reading.start);
            // What comes without its end belongs to what it surely goes on, or to nothing.
            let goes_on =
                if line.flags.partial && goes_on == GoesOn::Perhaps { GoesOn::No } else { goes_on };
            if goes_on != GoesOn::No {
                group.push(line);
            }
            if goes_on == GoesOn::Yes {
                group.sure = group.lines.len();
                group.flags.partial |= line.flags.partial;
            }
            goes_on
        });
        match goes_on {
            Some(GoesOn::Yes) if line.flags.partial => self.close(reading, line.stream),
            Some(GoesOn::Yes | GoesOn::Perhaps) => {}
            None | Some(GoesOn::No) => {
                self.close(reading, line.stream);
                self.join(reading, line);
            }
        }
    }

    /// A line behind which nothing is held.
    fn begin(&mut self, reading: &mut Reading<'_>, line: &Line<'_>) {
        let whole = !line.flags.partial && line.text.len() <= reading.composer.line_bytes_max();
        let bond = match reading.start {
            _ if !whole => None,
            Some(_) => Some(Bond::Start),
            None if line.clues.has(Clues::STACK) => Trace::begins(line.text).map(Bond::Trace),
            None => None,
        };
        match bond {
            Some(bond) => self.groups[line.stream] = Some(Group::new(bond, line)),
            None => self.hand_over(reading, line),
        }
    }

    /// A line that belongs to nothing: closes what is open and is handed over.
    pub(crate) fn stand_alone(&mut self, reading: &mut Reading<'_>, line: &Line<'_>) {
        while self.groups[line.stream].is_some() {
            self.close(reading, line.stream);
        }
        self.hand_over(reading, line);
    }

    /// Whether the centre has the stream up to somewhere between the two lines.
    fn is_cut(&self, reading: &Reading<'_>, line: &Line<'_>, last: &Held) -> bool {
        let here = self.saved.number;
        if last.owner == here {
            return self.saved.streams[line.stream].ends_between(last.end, line.end);
        }
        let older = reading.older.iter().find(|older| older.saved.number == last.owner);
        older.is_some_and(|older| older.saved.streams[line.stream].ends_between(last.end, u64::MAX))
    }

    /// Hands over what is sure of the group, and looks again at what was held behind it.
    pub(crate) fn close(&mut self, reading: &mut Reading<'_>, stream: usize) {
        let Some(group) = self.groups[stream].take() else { return };
        if let Some(record) = group.record(stream) {
            let text = without_returns(record.text);
            self.hand_over(reading, &Line { text: &text, ..record });
        }
        for line in group.rest(stream) {
            self.join(reading, &line);
        }
    }

    /// Hands over all that is held of both streams.
    pub(crate) fn close_all(&mut self, reading: &mut Reading<'_>) {
        for stream in 0..self.groups.len() {
            while self.groups[stream].is_some() {
                self.close(reading, stream);
            }
        }
    }

    /// Hands over what waited long enough.
    pub(crate) fn close_due(&mut self, reading: &mut Reading<'_>) {
        for stream in 0..self.groups.len() {
            let now = reading.now;
            let due = |group: &Group| group.due().is_some_and(|due| due <= now);
            while self.groups[stream].as_ref().is_some_and(due) {
                self.close(reading, stream);
            }
        }
    }

    /// When the first group is to be handed over if nothing follows.
    pub(crate) fn held_until(&self) -> Option<Instant> {
        self.groups.iter().flatten().filter_map(Group::due).min()
    }

    /// Hands over what the sink had no room for. `false` when it still has none.
    pub(crate) fn hand_over_waiting(&mut self, reading: &mut Reading<'_>) -> bool {
        while !reading.sink.full() {
            let Some(ready) = self.waiting.pop_front() else { return true };
            let Ready { owner, stream, time, ref text, start, end, bytes, flags, read } = ready;
            let clues = Clues::UNSEARCHED;
            let line = Line { owner, stream, time, text, start, end, bytes, flags, clues, read };
            self.emit(reading, &line);
        }
        self.waiting.is_empty()
    }

    /// One record, to whichever generation it belongs.
    fn hand_over(&mut self, reading: &mut Reading<'_>, line: &Line<'_>) {
        if line.owner == self.saved.number {
            return self.emit_or_wait(reading, line);
        }
        let older = std::mem::take(&mut reading.older);
        match older.iter_mut().find(|older| older.saved.number == line.owner) {
            Some(owner) => owner.emit_or_wait(reading, line),
            None => self.emit_or_wait(reading, line),
        }
        reading.older = older;
    }

    fn emit_or_wait(&mut self, reading: &mut Reading<'_>, line: &Line<'_>) {
        if self.waiting.is_empty() && !reading.sink.full() {
            return self.emit(reading, line);
        }
        let Line { owner, stream, time, start, end, bytes, flags, read, .. } = *line;
        let text = line.text.to_vec();
        self.waiting.push_back(Ready { owner, stream, time, text, start, end, bytes, flags, read });
    }

    /// One record: counted, and handed over unless it was before.
    fn emit(&mut self, reading: &mut Reading<'_>, line: &Line<'_>) {
        let state = &mut self.saved.streams[line.stream];
        let order_time = &mut reading.order_time[line.stream];
        let first = state.read.records == 0;
        *order_time = line.time.max(if first { order_time.plus_ns(1) } else { *order_time });
        if line.end <= state.position {
            return;
        }
        let bytes = u32::try_from(line.bytes).unwrap_or(u32::MAX);
        state.position = line.end;
        state.last = *order_time;
        state.read += Count::one(u64::from(bytes));
        if state.is_covered(line.end) {
            reading.sink.covered(&self.infos[line.stream], line.end, bytes);
            return;
        }
        if line.text.len() > reading.composer.line_bytes_max() {
            metrics::truncated_line();
        }
        let info = &self.infos[line.stream];
        let composed =
            reading.composer.compose((line.text, line.clues), line.flags, &info.attributes);
        let record = Record {
            time: line.time,
            order_time: *order_time,
            position: line.end,
            bytes,
            severity: composed.severity,
            trace_id: composed.trace_id,
            span_id: composed.span_id,
            message: &composed.message,
            attributes: composed.attributes,
        };
        reading.sink.record(info, record);
    }

    /// Where reading has to begin again to find all that is held, or waits to be handed over.
    pub(crate) fn held_from(&self) -> Option<u64> {
        let number = self.saved.number;
        let groups = self.groups.iter().flatten().map(|group| group.start(number));
        groups.chain(self.waiting.iter().map(|ready| ready.start)).min()
    }
}

/// Lines' ends as the last one's is: without a carriage return.
fn without_returns(text: &[u8]) -> Cow<'_, [u8]> {
    if memmem::find(text, b"\r\n").is_none() {
        return Cow::Borrowed(text);
    }
    let lines: Vec<&[u8]> = text
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .collect();
    Cow::Owned(lines.join(&b'\n'))
}
