//! How a component is. The first of these that holds:
//!
//! ```text
//!   its containers are restarted over and over ──────────────> crash_looping
//!   it is quiet, and so are all its nodes or collectors ─────> unknown, because of them
//!   it is quiet, and all its files have ended ───────────────> unknown: it was stopped
//!   it pauses longer than it ever does ──────────────────────> app_silent
//!   20 % of its calls fail / 5 % do ─────────────────────────> failing / degraded
//!   it was heard within the history ─────────────────────────> healthy
//!   it was heard before ─────────────────────────────────────> unknown
//! ```
//! Invariants:
//! - a component that makes no spans is judged by its lines: how many there are, and how many tell of an error;
//! - a clock that is off is allowed for: silence is measured on the centre's clock where the offset is known.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use nilometer_model::Timestamp;

use super::evidence::{Evidence, Known, Run};
use super::failing::{Counts, Level, Walk, walk};
use super::node::{NodeHealth, NodeState};
use super::restarts::crash_loop;
use super::silence::{Rhythm, rhythm};
use super::track::{Cell, SLOT_NS, Track, slot_of, slot_start};
use super::window::Calls;
use super::words::{length, percent};
use crate::limits::{CRASH_LOOP_WITHIN_MS, QUIET_MS};

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ComponentState {
    Healthy,
    Degraded,
    Failing,
    CrashLooping,
    AppSilent,
    Unknown,
}

impl ComponentState {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Failing => "failing",
            Self::CrashLooping => "crash_looping",
            Self::AppSilent => "app_silent",
            Self::Unknown => "unknown",
        }
    }

    pub(crate) fn of(level: Level) -> Self {
        match level {
            Level::Fine => Self::Healthy,
            Level::Degraded => Self::Degraded,
            Level::Failing => Self::Failing,
        }
    }
}

/// What rate and share are taken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Basis {
    Calls,
    Lines,
}

/// The numbers of the window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Numbers {
    pub(crate) basis: Basis,
    pub(crate) counts: Counts,
    pub(crate) rate: f64,
    /// p50, p95, p99; none without calls.
    pub(crate) quantiles_ms: [Option<f64>; 3],
}

/// Lines over time; a point that has nothing to tell is none.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Series {
    pub(crate) rate: Vec<f64>,
    pub(crate) error_ratio: Vec<Option<f64>>,
    pub(crate) p95_ms: Vec<Option<f64>>,
    pub(crate) p99_ms: Vec<Option<f64>>,
}

/// One component.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ComponentHealth {
    pub(crate) component: String,
    pub(crate) state: ComponentState,
    pub(crate) since: Option<Timestamp>,
    pub(crate) reason: String,
    pub(crate) numbers: Numbers,
    pub(crate) restarts: usize,
    pub(crate) instances: BTreeSet<String>,
    pub(crate) nodes: BTreeSet<String>,
    pub(crate) last_seen: Timestamp,
    pub(crate) series: Series,
    /// How its share of failing calls went through the history.
    pub(crate) walk: Walk,
    /// Its latest failing call's trace.
    pub(crate) failed_trace: Option<[u8; 16]>,
}

/// What of the evidence is about one component.
struct Case<'a> {
    evidence: &'a Evidence,
    name: &'a str,
    nodes: Vec<&'a NodeHealth>,
    /// All its instances together, on the centre's clock.
    track: Track,
    last_seen: Timestamp,
    /// When its containers were started again, rising.
    restarts: Vec<Timestamp>,
}

/// Judges it, given how the nodes are.
pub(crate) fn judge(
    evidence: &Evidence,
    name: &str,
    known: &Known,
    nodes: &BTreeMap<String, NodeHealth>,
) -> ComponentHealth {
    let nodes: Vec<&NodeHealth> = known.nodes.iter().filter_map(|node| nodes.get(node)).collect();
    let track = joined(evidence, name, &nodes);
    let heard =
        track.seconds().last().map(|second| Timestamp(second.saturating_mul(1_000_000_000)));
    let last_seen = heard.unwrap_or(known.last_seen);
    let restarts = restarts(evidence, name);
    let case = Case { evidence, name, nodes, track, last_seen, restarts };
    let numbers = case.numbers();
    let slots = evidence.times.slots();
    let counts =
        |slot: i64| case.track.get(slot).map(|c| counts(c, numbers.basis)).unwrap_or_default();
    let walk = walk(counts, slots, evidence.times.window_slots());
    let (state, since, reason) = case.state(&walk, numbers.basis);
    let calls = evidence.window.components.get(name);
    ComponentHealth {
        component: name.to_owned(),
        state,
        since,
        reason,
        restarts: case
            .restarts
            .iter()
            .filter(|time| evidence.times.window().contains(**time))
            .count(),
        instances: known.instances.clone(),
        nodes: known.nodes.clone(),
        last_seen,
        series: series(&case.track, numbers.basis, &evidence.times.points()),
        failed_trace: calls.and_then(|calls| calls.failed).map(|(_, trace)| trace),
        numbers,
        walk,
    }
}

/// Its instances' tracks, each moved by what its node's clock is off.
fn joined(evidence: &Evidence, name: &str, nodes: &[&NodeHealth]) -> Track {
    let mut track = Track::default();
    let slots = evidence.times.slots();
    for (speaker, part) in evidence.tracks.of(name) {
        let node = nodes.iter().find(|node| node.node == speaker.node);
        let offset_ms = node.and_then(|node| node.clock_offset_ms).unwrap_or_default();
        track.add_all(part, &slots, offset_ms / (SLOT_NS / 1_000_000));
    }
    track
}

fn counts(cell: &Cell, basis: Basis) -> Counts {
    let (calls, errors) = match basis {
        Basis::Calls => (cell.calls, cell.errors),
        Basis::Lines => (cell.lines, cell.error_lines),
    };
    Counts { calls: calls.into(), errors: errors.into() }
}

/// The numbers of a window: exact where there are calls, else of the slots that it touches.
pub(crate) fn numbers(
    calls: Option<&Calls>,
    track: &Track,
    (times, basis): (&super::evidence::Times, Basis),
) -> Numbers {
    #[expect(clippy::cast_precision_loss, reason = "counts and seconds lie far below 2^53")]
    let per_second = |count: u64, ns: i64| count as f64 / (ns as f64 / 1e9);
    let window = times.window();
    let window_ns = window.to().0 - window.from().0;
    if let (Some(calls), Basis::Calls) = (calls, basis) {
        let counts = Counts { calls: calls.count(), errors: calls.errors };
        let quantiles_ms = calls.quantiles_ms([0.5, 0.95, 0.99]);
        return Numbers { basis, counts, rate: per_second(counts.calls, window_ns), quantiles_ms };
    }
    let first = slot_of(window.from());
    let touched_ns = window.to().0 - slot_start(first).0;
    let counts = match basis {
        Basis::Calls => Counts::default(),
        Basis::Lines => counts(&track.sum(first..slot_of(window.to()) + 1), basis),
    };
    Numbers { basis, counts, rate: per_second(counts.calls, touched_ns), quantiles_ms: [None; 3] }
}

/// The lines over time between those edges.
pub(crate) fn series(track: &Track, basis: Basis, edges: &[i64]) -> Series {
    let mut series = Series::default();
    for pair in edges.windows(2) {
        let slots: Range<i64> = pair[0]..pair[1];
        #[expect(clippy::cast_precision_loss, reason = "a point is a few thousand slots at most")]
        let seconds = (slots.end - slots.start) as f64 * (SLOT_NS as f64 / 1e9);
        let sum = track.sum(slots);
        let counts = counts(&sum, basis);
        #[expect(clippy::cast_precision_loss, reason = "counts lie far below 2^53")]
        series.rate.push(counts.calls as f64 / seconds);
        series.error_ratio.push(counts.share());
        series.p95_ms.push(sum.durations.quantile_ms(0.95));
        series.p99_ms.push(sum.durations.quantile_ms(0.99));
    }
    series
}

type Judged = (ComponentState, Option<Timestamp>, String);

impl Case<'_> {
    fn numbers(&self) -> Numbers {
        let calls = self.evidence.window.components.get(self.name);
        let called = calls.is_some() || self.track.cells().any(|(_, cell)| cell.calls > 0);
        let basis = if called { Basis::Calls } else { Basis::Lines };
        numbers(calls, &self.track, (&self.evidence.times, basis))
    }

    fn state(&self, walk: &Walk, basis: Basis) -> Judged {
        let quiet_ms = self.evidence.times.at().ms_since(self.last_seen);
        let looping = self.crash_looping();
        let absent =
            || (quiet_ms >= QUIET_MS).then(|| self.behind_nodes().or_else(|| self.stopped()));
        looping
            .or_else(|| absent().flatten())
            .or_else(|| self.silent())
            .or_else(|| failing(walk, basis))
            .unwrap_or_else(|| self.heard(walk, quiet_ms))
    }

    fn crash_looping(&self) -> Option<Judged> {
        let at = self.evidence.times.at();
        let (since, restarts) = crash_loop(&self.restarts, at)?;
        let oom = self.evidence.readings.last_oom(self.name);
        let by_oom = oom.is_some_and(|oom| at.ms_since(oom) <= CRASH_LOOP_WITHIN_MS);
        let last_exit = if by_oom { ", last exit OOM" } else { "" };
        let within = length(at.ms_since(since));
        let reason = format!("restarted {restarts} times in {within}{last_exit}");
        Some((ComponentState::CrashLooping, Some(since), reason))
    }

    /// None of its nodes can be heard, so nothing is known of it.
    fn behind_nodes(&self) -> Option<Judged> {
        let gone = |node: &&&NodeHealth| {
            matches!(node.state, NodeState::CollectorGone | NodeState::NodeGone)
        };
        if self.nodes.is_empty() || !self.nodes.iter().all(|node| gone(&node)) {
            return None;
        }
        let latest = self.nodes.iter().max_by_key(|node| node.since)?;
        let reason = match (latest.state, self.nodes.len()) {
            (NodeState::NodeGone, 1) => format!("its node {} is gone", latest.node),
            (_, 1) => format!("the collector of its node {} is gone", latest.node),
            (_, nodes) => format!("its {nodes} nodes or their collectors are gone"),
        };
        Some((ComponentState::Unknown, latest.since, reason))
    }

    fn stopped(&self) -> Option<Judged> {
        let ended = self.evidence.ended.contains(self.name);
        let reason = || "its log files have ended: it was stopped or removed".to_owned();
        ended.then(|| (ComponentState::Unknown, Some(self.last_seen), reason()))
    }

    fn silent(&self) -> Option<Judged> {
        let Rhythm { last_s, usual_s, silent_after_s } = rhythm(&self.track.seconds())?;
        let live = self.nodes.iter().filter(|node| node.lag_ms.is_some());
        let lag_ms = live.clone().filter_map(|node| node.lag_ms).max()?;
        let at_s = self.evidence.times.at().0.div_euclid(1_000_000_000);
        // What has not arrived yet may be anything but silence.
        let pause_s = at_s - last_s - lag_ms / 1_000;
        if pause_s <= silent_after_s {
            return None;
        }
        let usual = if usual_s <= 1 { "second".to_owned() } else { length(usual_s * 1_000) };
        let reason = format!("nothing for {}; it speaks every {usual}", length(pause_s * 1_000));
        Some((ComponentState::AppSilent, Some(self.last_seen), reason))
    }

    fn heard(&self, walk: &Walk, quiet_ms: i64) -> Judged {
        if self.track.cells().next().is_none() {
            let reason = format!("last heard {} ago", length(quiet_ms));
            return (ComponentState::Unknown, Some(self.last_seen), reason);
        }
        let recovered = walk.turns.last().map(|turn| slot_start(turn.slot));
        let reason = match recovered {
            Some(_) => "fails no longer".to_owned(),
            None => String::new(),
        };
        (ComponentState::Healthy, recovered, reason)
    }
}

fn failing(walk: &Walk, basis: Basis) -> Option<Judged> {
    let level = walk.level();
    if level == Level::Fine {
        return None;
    }
    // A component that falls back from failing to degraded has been unwell since it began to fail.
    let healthy = walk.turns.iter().rposition(|turn| turn.level == Level::Fine);
    let run = &walk.turns[healthy.map_or(0, |at| at + 1)..];
    let since = run.iter().find(|turn| turn.level == level).map(|turn| slot_start(turn.slot));
    let share = percent(walk.judged.share().unwrap_or_default());
    let reason = match basis {
        Basis::Calls => format!("{share} of calls fail"),
        Basis::Lines => format!("{share} of its lines are errors"),
    };
    Some((ComponentState::of(level), since, reason))
}

/// When the component's containers were started again, rising: as samples tell, or its files, whichever tell of more.
fn restarts(evidence: &Evidence, name: &str) -> Vec<Timestamp> {
    let sampled = evidence.readings.restarts(name);
    let written = restarts_of_runs(&evidence.runs, name);
    let history = evidence.times.history();
    let written: Vec<_> = written.into_iter().filter(|time| history.contains(*time)).collect();
    if written.len() > sampled.len() { written } else { sampled }
}

/// When containers of the component began to write again, rising. The first start that is known of a container is
/// no restart, unless the runtime says that there were others before.
fn restarts_of_runs(runs: &[Run], component: &str) -> Vec<Timestamp> {
    let mut attempts: BTreeMap<(&str, u64), Timestamp> = BTreeMap::new();
    let first = runs.partition_point(|run| *run.component < *component);
    let own = runs[first..].iter().take_while(|run| run.component == component);
    for run in own.filter(|run| run.attempt > 0) {
        let first = attempts.entry((&run.container, run.attempt)).or_insert(run.first);
        *first = run.first.min(*first);
    }
    let mut restarts: Vec<Timestamp> = attempts.into_values().collect();
    restarts.sort_unstable();
    restarts
}
