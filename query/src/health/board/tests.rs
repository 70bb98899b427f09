//! Boards of small worlds: each state, what passes between states, who takes whom along.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nilometer_model::{
    Origin, RowRef, Rows, SampleKind, SampleRef, Samples, Severity, SpanKind, SpanRef, SpanStatus,
    Spans, TimeRange,
};

use super::super::evidence::{Run, Sign, Times};
use super::super::readings::Readings;
use super::super::track::Tracks;
use super::super::window::Window;
use super::*;

const AT_S: i64 = 1_000_000;
const TENANT: &str = "default";

fn at(second: i64) -> Timestamp {
    Timestamp(second * 1_000_000_000)
}

/// What happened, told in seconds before the moment that is judged.
struct World {
    evidence: Evidence,
    next_id: u64,
}

fn origin(component: &str, node: &str) -> Arc<Origin> {
    Arc::new(Origin {
        tenant: TENANT.to_owned(),
        component: component.to_owned(),
        instance: format!("{component}-1"),
        node: node.to_owned(),
        ..Origin::default()
    })
}

impl World {
    /// With a collector on each node, heard a second ago.
    fn new(nodes: &[&str]) -> Self {
        let times =
            Times { shown: TimeRange::new(at(AT_S - 3_600), at(AT_S)).unwrap(), window_s: 300 };
        let evidence = Evidence {
            times,
            tracks: Tracks::default(),
            window: Window::default(),
            readings: Readings::default(),
            runs: Vec::new(),
            ended: BTreeSet::new(),
            signs: Vec::new(),
            known: BTreeMap::new(),
        };
        let world = Self { evidence, next_id: 1 };
        nodes.iter().fold(world, |world, node| world.heartbeat(node, 1, false))
    }

    fn heartbeat(mut self, node: &str, ago_s: i64, goodbye: bool) -> Self {
        let last_seen = at(AT_S - ago_s);
        self.evidence.signs.retain(|sign| sign.node != node);
        let node = node.to_owned();
        self.evidence.signs.push(Sign { node, last_seen, goodbye, clock_offset_ms: 0, lag_ms: 0 });
        self
    }

    fn skewed(mut self, node: &str, offset_ms: i64) -> Self {
        let own = self.evidence.signs.iter_mut().filter(|sign| sign.node == node);
        own.for_each(|sign| sign.clock_offset_ms = offset_ms);
        self
    }

    /// A call every second from `from` to before `to` seconds ago, of which one in `failing` fails (0: none);
    /// by `caller`, or from outside.
    fn calls(
        mut self,
        (component, node): (&str, &str),
        (from, to): (i64, i64),
        failing: i64,
        caller: Option<&str>,
    ) -> Self {
        let mut spans = Spans::default();
        for second in AT_S - from..AT_S - to {
            let failed = failing > 0 && second % failing == 0;
            let (trace_id, client) =
                (u128::from(self.next_id).to_be_bytes(), self.next_id.to_be_bytes());
            let server = (self.next_id + 1).to_be_bytes();
            self.next_id += 2;
            let status = if failed { SpanStatus::Error } else { SpanStatus::Unset };
            let mut push = |component, span_id, parent_id, kind| {
                spans.push(SpanRef {
                    origin: &origin(component, node),
                    operation: "op",
                    trace_id,
                    span_id,
                    parent_id,
                    start: at(second),
                    duration: 5_000_000,
                    kind,
                    status,
                    status_message: "",
                    attributes: "",
                    events: "",
                    links: "",
                    position: 1,
                    received: at(second),
                });
            };
            if let Some(caller) = caller {
                push(caller, client, Some([9; 8]), SpanKind::Client);
            }
            push(component, server, caller.map(|_| client), SpanKind::Server);
        }
        let times = self.evidence.times;
        self.evidence.tracks.take_spans(&spans, TENANT, times.history());
        self.evidence.window.take(&spans, TENANT, times.window());
        self.evidence.window.find_callers(&spans, TENANT);
        self
    }

    /// A line every `every` seconds, one in `errors` of them an error (0: none).
    fn lines(
        mut self,
        (component, node): (&str, &str),
        (from, to): (i64, i64),
        every: usize,
        errors: i64,
    ) -> Self {
        let mut rows = Rows::default();
        for (n, second) in (0..).zip((AT_S - from..AT_S - to).step_by(every)) {
            let is_error = errors > 0 && n % errors == 0;
            rows.push(RowRef {
                origin: &origin(component, node),
                time: at(second),
                order_time: at(second),
                position: 1,
                bytes: 1,
                received: at(second),
                severity: if is_error { Severity::Error } else { Severity::Info },
                message: "m",
                attributes: "",
                trace_id: None,
                span_id: None,
            });
        }
        let history = self.evidence.times.history();
        self.evidence.tracks.take_rows(&rows, TENANT, history);
        self
    }

    fn runs(mut self, component: &str, ago_s: &[i64]) -> Self {
        let run = |(attempt, ago_s): (u64, &i64)| Run {
            component: component.to_owned(),
            container: "c".to_owned(),
            attempt,
            first: at(AT_S - ago_s),
        };
        self.evidence.runs.extend((1..).zip(ago_s).map(run));
        self.evidence.runs.sort_unstable();
        self
    }

    fn oom_kill(mut self, component: &str, ago_s: i64) -> Self {
        let mut samples = Samples::default();
        for (second, value) in [(AT_S - ago_s - 10, 0.0), (AT_S - ago_s, 1.0)] {
            samples.push(SampleRef {
                origin: &origin(component, "n1"),
                name: "container.oom_kills",
                unit: "",
                time: at(second),
                value,
                kind: SampleKind::Counter,
                attributes: "",
                position: 1,
                received: at(second),
            });
        }
        self.evidence.readings.take(&samples, TENANT, TimeRange::ALL);
        self
    }

    fn ended(mut self, component: &str) -> Self {
        self.evidence.ended.insert(component.to_owned());
        self
    }

    fn known(mut self, component: &str, node: &str, ago_s: i64) -> Self {
        let nodes = BTreeSet::from([node.to_owned()]);
        let last_seen = at(AT_S - ago_s);
        let known = Known { nodes, last_seen, ..Known::default() };
        self.evidence.known.insert(component.to_owned(), known);
        self
    }

    fn board(&self) -> Board {
        let told = board(&self.evidence);
        let again = board(&self.evidence);
        assert_eq!((&told.components, &told.changes), (&again.components, &again.changes));
        told
    }

    /// Per component: its state, since how many seconds ago, and why.
    #[track_caller]
    fn check(&self, expect: &[(&str, &str, Option<i64>, &str)]) {
        let board = self.board();
        let ago = |since: Timestamp| AT_S - since.0 / 1_000_000_000;
        let told: Vec<_> = board
            .components
            .iter()
            .map(|c| (c.component.as_str(), c.state.name(), c.since.map(ago), c.reason.as_str()))
            .collect();
        assert_eq!(told, expect);
    }
}

#[test]
fn a_component_whose_calls_succeed_is_healthy() {
    let world = World::new(&["n1"]).calls(("pay", "n1"), (3_600, 0), 0, None);
    world.check(&[("pay", "healthy", None, "")]);
    let board = world.board();
    let pay = &board.components[0];
    assert_eq!(
        (pay.numbers.basis, pay.numbers.counts.calls, pay.numbers.rate),
        (Basis::Calls, 300, 1.0)
    );
    assert_eq!(pay.numbers.quantiles_ms, [Some(5.0); 3]);
    assert!(board.changes.is_empty());
    assert_eq!((pay.series.rate.len(), board.points.len()), (60, 61));
}

#[test]
fn a_component_fails_since_its_calls_do_and_recovers_when_they_succeed() {
    let before = || World::new(&["n1"]).calls(("pay", "n1"), (3_600, 120), 0, None);
    let failing = before().calls(("pay", "n1"), (120, 0), 2, None);
    failing.check(&[("pay", "failing", Some(120), "50 % of calls fail")]);
    let recovered = before().calls(("pay", "n1"), (3_000, 2_900), 2, None).calls(
        ("pay", "n1"),
        (120, 0),
        0,
        None,
    );
    recovered.check(&[("pay", "healthy", Some(2_850), "fails no longer")]);
    let states: Vec<_> = failing.board().changes.iter().map(|change| change.state).collect();
    assert_eq!(states, ["failing"]);
    let states: Vec<_> = recovered.board().changes.iter().map(|change| change.state).collect();
    assert_eq!(states, ["healthy", "degraded", "failing"]);
}

#[test]
fn a_few_failing_calls_degrade() {
    let world = World::new(&["n1"]).calls(("pay", "n1"), (3_600, 0), 10, None);
    world.check(&[("pay", "degraded", Some(3_600), "10 % of calls fail")]);
}

#[test]
fn without_spans_lines_and_their_errors_are_counted() {
    let world = World::new(&["n1"]).lines(("pay", "n1"), (3_600, 0), 1, 2);
    world.check(&[("pay", "failing", Some(3_600), "50 % of its lines are errors")]);
    let pay = &world.board().components[0];
    assert_eq!((pay.numbers.basis, pay.numbers.rate), (Basis::Lines, 1.0));
    assert_eq!(pay.numbers.quantiles_ms, [None; 3]);
}

#[test]
fn who_fails_through_another_is_named_by_it() {
    let world = World::new(&["n1"])
        .calls(("shop", "n1"), (600, 0), 2, None)
        .calls(("pay", "n1"), (600, 0), 2, Some("shop"))
        .calls(("mail", "n1"), (600, 0), 0, Some("shop"));
    let board = world.board();
    assert_eq!(board.affects, BTreeMap::from([("pay".to_owned(), vec!["shop".to_owned()])]));
    assert_eq!(board.totals.counts.calls, 300);
    assert!(board.components.iter().find(|c| c.component == "pay").unwrap().failed_trace.is_some());
}

#[test]
fn a_container_that_is_started_over_and_over_is_looping_whatever_else_is_true_of_it() {
    let looping = World::new(&["n1"])
        .calls(("pay", "n1"), (600, 0), 2, None)
        .runs("pay", &[240, 120, 60, 10]);
    looping.check(&[("pay", "crash_looping", Some(240), "restarted 4 times in 4 min")]);
    assert_eq!(looping.board().components[0].restarts, 4);
    let by_oom = World::new(&["n1"]).lines(("pay", "n1"), (600, 0), 1, 0);
    let by_oom = by_oom.runs("pay", &[100, 60, 20]).oom_kill("pay", 25);
    by_oom.check(&[(
        "pay",
        "crash_looping",
        Some(100),
        "restarted 3 times in 100 s, last exit OOM",
    )]);
    let twice = World::new(&["n1"]).lines(("pay", "n1"), (600, 0), 1, 0).runs("pay", &[60, 20]);
    twice.check(&[("pay", "healthy", None, "")]);
}

#[test]
fn a_regular_speaker_that_stopped_is_silent_and_a_quiet_one_is_not() {
    let silent = || World::new(&["n1"]).lines(("pay", "n1"), (3_600, 40), 1, 0);
    silent().check(&[("pay", "app_silent", Some(41), "nothing for 41 s; it speaks every second")]);
    let quiet = World::new(&["n1"]).lines(("pay", "n1"), (3_600, 40), 60, 0);
    quiet.check(&[("pay", "healthy", None, "")]);
    let not_yet = World::new(&["n1"]).lines(("pay", "n1"), (3_600, 29), 1, 0);
    not_yet.check(&[("pay", "healthy", None, "")]);
    silent().ended("pay").check(&[(
        "pay",
        "unknown",
        Some(41),
        "its log files have ended: it was stopped or removed",
    )]);
}

#[test]
fn a_component_behind_a_node_or_collector_that_is_gone_is_unknown_and_not_silent() {
    let spoke = || World::new(&["n1"]).lines(("pay", "n1"), (3_600, 60), 1, 0);
    let gone = spoke().heartbeat("n1", 60, false);
    gone.check(&[("pay", "unknown", Some(60), "its node n1 is gone")]);
    assert_eq!(gone.board().nodes[0].state, NodeState::NodeGone);
    let stopped = spoke().heartbeat("n1", 60, true);
    stopped.check(&[("pay", "unknown", Some(60), "the collector of its node n1 is gone")]);
    let alone = spoke().calls(("shop", "n1"), (3_600, 0), 0, None).heartbeat("n1", 60, false);
    alone.check(&[
        ("pay", "unknown", Some(60), "the collector of its node n1 is gone"),
        ("shop", "healthy", None, ""),
    ]);
    assert_eq!(alone.board().nodes[0].state, NodeState::CollectorGone);
    let elsewhere = spoke().heartbeat("n1", 60, false).lines(("pay", "n2"), (3_600, 60), 1, 0);
    let elsewhere = elsewhere.heartbeat("n2", 1, false);
    assert_eq!(elsewhere.board().components[0].state.name(), "app_silent");
}

#[test]
fn silence_is_measured_on_the_centres_clock() {
    let behind = World::new(&["n1"]).lines(("pay", "n1"), (3_600, 600), 1, 0);
    assert_eq!(behind.board().components[0].state.name(), "app_silent");
    behind.skewed("n1", 600_000).check(&[("pay", "healthy", None, "")]);
}

#[test]
fn whom_no_collector_watches_is_never_called_silent() {
    let world = World::new(&[]).lines(("pay", "n1"), (3_600, 100), 1, 0);
    world.check(&[("pay", "healthy", None, "")]);
}

#[test]
fn who_was_heard_before_the_history_is_listed_for_a_day() {
    let world = World::new(&["n1"]).known("old", "n1", 7_200).known("older", "n1", 90_000);
    world.check(&[("old", "unknown", Some(7_200), "last heard 2 h ago")]);
}

#[test]
fn what_needs_a_person_stands_first_the_worst_on_top() {
    let world = World::new(&["n1"])
        .calls(("a-fine", "n1"), (600, 0), 0, None)
        .calls(("b-bad", "n1"), (600, 0), 4, None)
        .calls(("c-worse", "n1"), (600, 0), 2, None)
        .calls(("d-ill", "n1"), (600, 0), 10, None)
        .lines(("e-silent", "n1"), (3_600, 60), 1, 0)
        .lines(("f-loop", "n1"), (600, 0), 1, 0)
        .runs("f-loop", &[90, 60, 30]);
    let board = world.board();
    let order: Vec<_> = board.components.iter().map(|c| c.component.as_str()).collect();
    assert_eq!(order, ["f-loop", "c-worse", "b-bad", "d-ill", "e-silent", "a-fine"]);
}

#[test]
fn components_beyond_the_limit_are_left_out_and_counted() {
    for (known, left_out) in [(HEALTH_COMPONENTS_MAX, 0), (HEALTH_COMPONENTS_MAX + 1, 1)] {
        let add = |world: World, n| world.known(&format!("c{n}"), "n1", 7_200);
        let board = (0..known).fold(World::new(&["n1"]), add).board();
        assert_eq!(board.components.len(), HEALTH_COMPONENTS_MAX);
        assert_eq!(board.components_left_out, left_out);
    }
}

#[test]
fn of_more_changes_than_fit_the_newest_are_told() {
    let fall_silent = |world: World, n: usize| {
        let since_s = 60 + 10 * n as i64;
        world.lines((&format!("c{n}"), "n1"), (since_s + 100, since_s), 1, 0)
    };
    for silent in [HEALTH_CHANGES_MAX, HEALTH_CHANGES_MAX + 1] {
        let changes = (0..silent).fold(World::new(&["n1"]), fall_silent).board().changes;
        assert_eq!(changes.len(), HEALTH_CHANGES_MAX);
        let oldest = format!("c{}", HEALTH_CHANGES_MAX - 1);
        assert_eq!(changes.last().unwrap().component, Some(oldest));
    }
}
