//! The board: every component, every node, what came from outside, and what changed.
//!
//! Invariants:
//! - components are in the order of need: failing first, the worst on top, the healthy by name at the end;
//! - what is left out, because there are too many, is counted.

use std::collections::BTreeMap;

use nilometer_model::Timestamp;

use super::component::{
    Basis, ComponentHealth, ComponentState, Numbers, Series, judge, numbers, series,
};
use super::evidence::{Evidence, Known};
use super::node::{NodeHealth, NodeState, nodes};
use super::track::{Track, slot_start};
use crate::limits::{HEALTH_CHANGES_MAX, HEALTH_COMPONENTS_MAX, HEALTH_LISTED_MS};

/// A state that began in the range that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) time: Timestamp,
    pub(crate) component: Option<String>,
    pub(crate) node: Option<String>,
    pub(crate) state: &'static str,
}

/// See the file's head.
#[derive(Debug, Clone)]
pub(crate) struct Board {
    pub(crate) components: Vec<ComponentHealth>,
    pub(crate) components_left_out: usize,
    pub(crate) nodes: Vec<NodeHealth>,
    /// Requests from outside; all calls where nothing came from outside; lines where there are no calls.
    pub(crate) totals: Numbers,
    pub(crate) totals_series: Series,
    /// The edges of the points of all series.
    pub(crate) points: Vec<Timestamp>,
    /// The newest first.
    pub(crate) changes: Vec<Change>,
    /// Component -> failing or degraded components whose calls to it failed in the window.
    pub(crate) affects: BTreeMap<String, Vec<String>>,
}

/// Judges the evidence.
pub(crate) fn board(evidence: &Evidence) -> Board {
    let nodes = nodes(evidence);
    let known = known(evidence);
    let mut components: Vec<ComponentHealth> =
        known.iter().map(|(name, known)| judge(evidence, name, known, &nodes)).collect();
    components.sort_by(by_need);
    let components_left_out = components.len().saturating_sub(HEALTH_COMPONENTS_MAX);
    components.truncate(HEALTH_COMPONENTS_MAX);
    let nodes: Vec<NodeHealth> = nodes.into_values().filter(|node| !node.node.is_empty()).collect();
    let (totals, totals_series) = totals(evidence);
    Board {
        changes: changes(evidence, &components, &nodes),
        affects: affects(evidence, &components),
        points: evidence.times.points().into_iter().map(slot_start).collect(),
        components,
        components_left_out,
        nodes,
        totals,
        totals_series,
    }
}

/// Who is judged: who spoke in the history, and who was heard not long before it.
fn known(evidence: &Evidence) -> BTreeMap<String, Known> {
    let at = evidence.times.at();
    let mut all = evidence.known.clone();
    all.retain(|name, known| {
        !name.is_empty()
            && at.ms_since(known.last_seen) <= HEALTH_LISTED_MS
            && known.last_seen < evidence.times.history().from()
    });
    for (speaker, track) in &evidence.tracks.speakers {
        let seconds = track.seconds();
        let Some(last) = seconds.last() else { continue };
        let known = all.entry(speaker.component.clone()).or_default();
        known.last_seen = known.last_seen.max(Timestamp(last.saturating_mul(1_000_000_000)));
        for (names, name) in
            [(&mut known.instances, &speaker.instance), (&mut known.nodes, &speaker.node)]
        {
            if !name.is_empty() && !names.contains(name) {
                names.insert(name.clone());
            }
        }
    }
    all
}

fn by_need(a: &ComponentHealth, b: &ComponentHealth) -> std::cmp::Ordering {
    let rank = |component: &ComponentHealth| match component.state {
        ComponentState::CrashLooping => 0,
        ComponentState::Failing => 1,
        ComponentState::Degraded => 2,
        ComponentState::AppSilent => 3,
        ComponentState::Unknown => 4,
        ComponentState::Healthy => 5,
    };
    let share = |component: &ComponentHealth| match component.state {
        ComponentState::Failing | ComponentState::Degraded => {
            component.numbers.counts.share().unwrap_or_default()
        }
        _ => 0.0,
    };
    let worst_first = share(b).total_cmp(&share(a));
    rank(a).cmp(&rank(b)).then(worst_first).then_with(|| a.component.cmp(&b.component))
}

fn totals(evidence: &Evidence) -> (Numbers, Series) {
    let (times, tracks) = (&evidence.times, &evidence.tracks);
    let points = times.points();
    if tracks.requests.cells().next().is_some() {
        let told = (times, Basis::Calls);
        let calls = Some(&evidence.window.requests);
        return (
            numbers(calls, &tracks.requests, told),
            series(&tracks.requests, Basis::Calls, &points),
        );
    }
    let mut all = Track::default();
    tracks.speakers.values().for_each(|track| all.add_all(track, &times.slots(), 0));
    let called = all.cells().any(|(_, cell)| cell.calls > 0);
    let basis = if called { Basis::Calls } else { Basis::Lines };
    let calls = called.then(|| evidence.window.all());
    (numbers(calls.as_ref(), &all, (times, basis)), series(&all, basis, &points))
}

fn changes(
    evidence: &Evidence,
    components: &[ComponentHealth],
    nodes: &[NodeHealth],
) -> Vec<Change> {
    let of_component = |component: &ComponentHealth| {
        let name = component.component.as_str();
        let change = |time: Timestamp, state: ComponentState| Change {
            time,
            component: Some(name.to_owned()),
            node: None,
            state: state.name(),
        };
        let turns = component.walk.turns.iter().rev();
        let turns = turns.map(|turn| change(slot_start(turn.slot), ComponentState::of(turn.level)));
        let walked = matches!(
            component.state,
            ComponentState::Failing | ComponentState::Degraded | ComponentState::Healthy
        );
        let now = component.since.filter(|_| !walked).map(|since| change(since, component.state));
        turns.chain(now).collect::<Vec<_>>()
    };
    let of_node = |node: &NodeHealth| {
        let gone = node.since.filter(|_| node.state != NodeState::Healthy);
        let name = node.node.clone();
        let state = node.state.name();
        gone.map(|time| Change { time, component: None, node: Some(name), state })
    };
    let mut all: Vec<Change> = components.iter().flat_map(of_component).collect();
    all.extend(nodes.iter().filter_map(of_node));
    all.retain(|change| evidence.times.shown.contains(change.time));
    all.sort_by(|a, b| b.time.cmp(&a.time).then_with(|| a.component.cmp(&b.component)));
    // Who passes through degraded on the way to failing has changed once.
    all.dedup_by(|later, kept| {
        later.time == kept.time && later.component == kept.component && later.node == kept.node
    });
    all.truncate(HEALTH_CHANGES_MAX);
    all
}

fn affects(evidence: &Evidence, components: &[ComponentHealth]) -> BTreeMap<String, Vec<String>> {
    let unwell = |name: &String| {
        components.iter().any(|component| {
            component.component == *name
                && matches!(component.state, ComponentState::Failing | ComponentState::Degraded)
        })
    };
    let of_callee = |(callee, callers): (&String, &BTreeMap<String, u64>)| {
        let callers: Vec<String> = callers.keys().filter(|name| unwell(name)).cloned().collect();
        (!callers.is_empty()).then(|| (callee.clone(), callers))
    };
    evidence.window.callers.iter().filter_map(of_callee).collect()
}

#[cfg(test)]
mod tests;
