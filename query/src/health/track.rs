//! What each component said and did over time: counts in slots of 10 s, per component and node.
//!
//! ```text
//!   chunk of spans ─┐
//!   chunk of rows  ─┴─> cells of slot n: calls, errors, lines, error lines, seconds spoken in, durations
//! ```
//! Invariants:
//! - tracks of parts, joined in any order, are the track of the whole;
//! - a call is a span at which a component is entered: server, consumer, or without a parent. A request is
//!   one without a parent: what came from outside;
//! - a component speaks by every span and every record, not by samples: those another process takes.

use std::collections::BTreeMap;

use nilometer_model::{
    Rows, Severity, SourceId, SpanKind, SpanStatus, Spans, TimeRange, Timestamp,
};

use super::sketch::Sketch;

/// Length of a slot, ns.
pub(crate) const SLOT_NS: i64 = 10_000_000_000;
const SECOND_NS: i64 = 1_000_000_000;
/// Seconds of a slot.
const SLOT_S: i64 = SLOT_NS / SECOND_NS;

/// Which slot a time lies in.
pub(crate) fn slot_of(time: Timestamp) -> i64 {
    time.0.div_euclid(SLOT_NS)
}

/// When a slot begins.
pub(crate) fn slot_start(slot: i64) -> Timestamp {
    Timestamp(slot.saturating_mul(SLOT_NS))
}

/// One slot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Cell {
    pub(crate) calls: u32,
    pub(crate) errors: u32,
    pub(crate) lines: u32,
    pub(crate) error_lines: u32,
    /// A bit for each second in which something was said.
    seconds: u16,
    /// Of the calls.
    pub(crate) durations: Sketch,
}

impl Cell {
    fn add_all(&mut self, other: &Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.errors = self.errors.saturating_add(other.errors);
        self.lines = self.lines.saturating_add(other.lines);
        self.error_lines = self.error_lines.saturating_add(other.error_lines);
        self.seconds |= other.seconds;
        self.durations.add_all(&other.durations);
    }

    fn call(&mut self, failed: bool, duration_ns: u64) {
        self.calls = self.calls.saturating_add(1);
        self.errors = self.errors.saturating_add(u32::from(failed));
        self.durations.add(duration_ns);
    }

    fn speak(&mut self, time: Timestamp) {
        self.seconds |= 1 << (time.0.rem_euclid(SLOT_NS) / SECOND_NS);
    }
}

/// Cells by slot; empty ones are not kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Track(BTreeMap<i64, Cell>);

impl Track {
    fn cell(&mut self, time: Timestamp) -> &mut Cell {
        self.0.entry(slot_of(time)).or_default()
    }

    /// Adds the other's cells of those slots, moved by so many.
    pub(crate) fn add_all(&mut self, other: &Self, slots: &std::ops::Range<i64>, moved: i64) {
        for (slot, cell) in &other.0 {
            let slot = slot.saturating_add(moved);
            if slots.contains(&slot) {
                self.0.entry(slot).or_default().add_all(cell);
            }
        }
    }

    pub(crate) fn cells(&self) -> impl Iterator<Item = (i64, &Cell)> {
        self.0.iter().map(|(slot, cell)| (*slot, cell))
    }

    pub(crate) fn get(&self, slot: i64) -> Option<&Cell> {
        self.0.get(&slot)
    }

    /// The sum of a stretch.
    pub(crate) fn sum(&self, slots: std::ops::Range<i64>) -> Cell {
        let mut sum = Cell::default();
        if slots.start < slots.end {
            self.0.range(slots).for_each(|(_, cell)| sum.add_all(cell));
        }
        sum
    }

    /// The seconds since 1970 in which something was said, rising.
    pub(crate) fn seconds(&self) -> Vec<i64> {
        let of_cell = |(slot, cell): (&i64, &Cell)| {
            let (first, seconds) = (slot.saturating_mul(SLOT_S), cell.seconds);
            (0..SLOT_S).filter(move |second| seconds & (1 << second) != 0).map(move |s| first + s)
        };
        self.0.iter().flat_map(of_cell).collect()
    }
}

/// Who speaks where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Speaker {
    pub(crate) component: String,
    pub(crate) node: String,
    pub(crate) instance: String,
}

/// See the file's head.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Tracks {
    pub(crate) speakers: BTreeMap<Speaker, Track>,
    /// What came from outside, whoever answered it.
    pub(crate) requests: Track,
    /// Per node: when the centre last had something that names it.
    pub(crate) signs: BTreeMap<String, Timestamp>,
    /// Per source of records: its first one.
    pub(crate) begun: BTreeMap<SourceId, Timestamp>,
}

impl Tracks {
    /// The tracks of a component's instances.
    pub(crate) fn of(&self, component: &str) -> impl Iterator<Item = (&Speaker, &Track)> {
        let first = Speaker { component: component.to_owned(), ..Speaker::default() };
        let all = self.speakers.range(first..);
        all.take_while(move |(speaker, _)| speaker.component == component)
    }

    /// Takes the spans that began in the range.
    pub(crate) fn take_spans(&mut self, spans: &Spans, tenant: &str, range: TimeRange) {
        let mut tracks: Vec<Track> = vec![Track::default(); spans.origins.len()];
        let mut heard: Vec<i64> = vec![i64::MIN; spans.origins.len()];
        for row in 0..spans.len() {
            let (origin, start) = (spans.origin[row] as usize, Timestamp(spans.start[row]));
            if spans.origins[origin].tenant != tenant {
                continue;
            }
            heard[origin] = heard[origin].max(spans.received[row]);
            if !range.contains(start) {
                continue;
            }
            let cell = tracks[origin].cell(start);
            cell.speak(start);
            let is_request = spans.parent_id[row] == [0; 8];
            let failed = spans.status[row] == SpanStatus::Error;
            if is_request || matches!(spans.kind[row], SpanKind::Server | SpanKind::Consumer) {
                cell.call(failed, spans.duration[row]);
            }
            if is_request {
                self.requests.cell(start).call(failed, spans.duration[row]);
            }
        }
        for ((origin, track), heard) in spans.origins.iter().zip(tracks).zip(heard) {
            self.join((&origin.component, &origin.node, &origin.instance), &track, heard);
        }
    }

    /// Takes the records of the range.
    pub(crate) fn take_rows(&mut self, rows: &Rows, tenant: &str, range: TimeRange) {
        let mut tracks: Vec<Track> = vec![Track::default(); rows.origins.len()];
        let mut heard: Vec<i64> = vec![i64::MIN; rows.origins.len()];
        let mut begun: Vec<i64> = vec![i64::MAX; rows.origins.len()];
        for row in 0..rows.len() {
            let (origin, time) = (rows.origin[row] as usize, Timestamp(rows.time[row]));
            if rows.origins[origin].tenant != tenant {
                continue;
            }
            heard[origin] = heard[origin].max(rows.received[row]);
            begun[origin] = begun[origin].min(time.0);
            if !range.contains(time) {
                continue;
            }
            let cell = tracks[origin].cell(time);
            cell.speak(time);
            cell.lines = cell.lines.saturating_add(1);
            let is_error = rows.severity[row] >= Severity::Error;
            cell.error_lines = cell.error_lines.saturating_add(u32::from(is_error));
        }
        for (((origin, track), heard), begun) in
            rows.origins.iter().zip(tracks).zip(heard).zip(begun)
        {
            self.join((&origin.component, &origin.node, &origin.instance), &track, heard);
            if begun != i64::MAX {
                self.begin(origin.source, Timestamp(begun));
            }
        }
    }

    fn join(&mut self, (component, node, instance): (&str, &str, &str), track: &Track, heard: i64) {
        if heard != i64::MIN && !node.is_empty() {
            self.sign(node, Timestamp(heard));
        }
        if !track.0.is_empty() && !component.is_empty() {
            let speaker = Speaker {
                component: component.to_owned(),
                node: node.to_owned(),
                instance: instance.to_owned(),
            };
            self.speakers.entry(speaker).or_default().add_all(track, &(i64::MIN..i64::MAX), 0);
        }
    }

    pub(crate) fn sign(&mut self, node: &str, heard: Timestamp) {
        match self.signs.get_mut(node) {
            Some(known) => *known = heard.max(*known),
            None => drop(self.signs.insert(node.to_owned(), heard)),
        }
    }

    fn begin(&mut self, source: SourceId, first: Timestamp) {
        let known = self.begun.entry(source).or_insert(first);
        *known = first.min(*known);
    }

    /// Adds what the other has in those slots.
    pub(crate) fn add_all(&mut self, other: &Self, slots: &std::ops::Range<i64>) {
        for (speaker, track) in &other.speakers {
            match self.speakers.get_mut(speaker) {
                Some(known) => known.add_all(track, slots, 0),
                None => {
                    let mut own = Track::default();
                    own.add_all(track, slots, 0);
                    if !own.0.is_empty() {
                        self.speakers.insert(speaker.clone(), own);
                    }
                }
            }
        }
        self.requests.add_all(&other.requests, slots, 0);
        other.signs.iter().for_each(|(node, heard)| self.sign(node, *heard));
        other.begun.iter().for_each(|(source, first)| self.begin(*source, *first));
    }
}
