//! The numbers of the window, exact: every call that began in it, and by whom the failing ones were made.
//!
//! Two passes over the same spans: [`Window::take`] counts and notes the parents of failing calls,
//! [`Window::find_callers`] finds whose spans those parents are.
//!
//! Invariant: quantiles are nearest ranks of all durations of the window.

use std::collections::{BTreeMap, HashMap};

use nilometer_model::{SpanKind, SpanStatus, Spans, TimeRange, Timestamp};

use super::sketch::rank;
use crate::limits::HEALTH_CALLERS_MAX;

/// Calls of one component, or all requests.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Calls {
    pub(crate) errors: u64,
    durations_ns: Vec<u64>,
    /// When the latest failing call began, and its trace.
    pub(crate) failed: Option<(Timestamp, [u8; 16])>,
}

impl Calls {
    pub(crate) fn count(&self) -> u64 {
        self.durations_ns.len() as u64
    }

    /// Nearest ranks, ms.
    pub(crate) fn quantiles_ms<const N: usize>(&self, quantiles: [f64; N]) -> [Option<f64>; N] {
        let mut rising = self.durations_ns.clone();
        rising.sort_unstable();
        quantiles.map(|quantile| {
            let rank = usize::try_from(rank(quantile, self.count())?).ok()?;
            #[expect(clippy::cast_precision_loss, reason = "2^53 ns are a hundred days")]
            let ns = rising[rank - 1] as f64;
            Some(ns / 1e6)
        })
    }

    fn take(&mut self, duration_ns: u64, failed: Option<(Timestamp, [u8; 16])>) {
        self.durations_ns.push(duration_ns);
        self.errors += u64::from(failed.is_some());
        self.failed = self.failed.max(failed);
    }

    fn add_all(&mut self, other: Self) {
        self.durations_ns.extend(other.durations_ns);
        self.errors += other.errors;
        self.failed = self.failed.max(other.failed);
    }
}

/// A span, by its trace and itself.
type SpanKey = ([u8; 16], [u8; 8]);

/// See the file's head.
#[derive(Debug, Clone, Default)]
pub(crate) struct Window {
    pub(crate) components: BTreeMap<String, Calls>,
    /// What came from outside, whoever answered it.
    pub(crate) requests: Calls,
    /// Callee -> caller -> failing calls.
    pub(crate) callers: BTreeMap<String, BTreeMap<String, u64>>,
    /// The parents of failing calls, and who was called.
    parents: HashMap<SpanKey, String>,
}

impl Window {
    pub(crate) fn take(&mut self, spans: &Spans, tenant: &str, range: TimeRange) {
        let mut of_origin: Vec<Calls> = vec![Calls::default(); spans.origins.len()];
        for row in 0..spans.len() {
            let (origin, start) = (spans.origin[row] as usize, Timestamp(spans.start[row]));
            if !range.contains(start) || spans.origins[origin].tenant != tenant {
                continue;
            }
            let is_request = spans.parent_id[row] == [0; 8];
            let is_call =
                is_request || matches!(spans.kind[row], SpanKind::Server | SpanKind::Consumer);
            let trace_id = spans.trace_id[row];
            let failed = (spans.status[row] == SpanStatus::Error).then_some((start, trace_id));
            if is_call {
                of_origin[origin].take(spans.duration[row], failed);
            }
            if is_request {
                self.requests.take(spans.duration[row], failed);
            } else if is_call && failed.is_some() && self.parents.len() < HEALTH_CALLERS_MAX {
                let callee = spans.origins[origin].component.clone();
                self.parents.insert((trace_id, spans.parent_id[row]), callee);
            }
        }
        for (origin, calls) in spans.origins.iter().zip(of_origin) {
            if calls.count() > 0 && !origin.component.is_empty() {
                self.components.entry(origin.component.clone()).or_default().add_all(calls);
            }
        }
    }

    /// The calls of all components.
    pub(crate) fn all(&self) -> Calls {
        let mut all = Calls::default();
        self.components.values().for_each(|calls| all.add_all(calls.clone()));
        all
    }

    /// Whether there are callers to be found.
    pub(crate) fn has_failures(&self) -> bool {
        !self.parents.is_empty()
    }

    /// Finds who made the failing calls among those spans; a caller may have begun before the window.
    pub(crate) fn find_callers(&mut self, spans: &Spans, tenant: &str) {
        for row in 0..spans.len() {
            let key = (spans.trace_id[row], spans.span_id[row]);
            let Some(callee) = self.parents.get(&key) else { continue };
            let origin = &spans.origins[spans.origin[row] as usize];
            if origin.tenant == tenant && origin.component != *callee {
                let callers = self.callers.entry(callee.clone()).or_default();
                *callers.entry(origin.component.clone()).or_default() += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use nilometer_model::{Origin, SpanRef};

    use super::*;

    /// Service, its id and start, its parent's, kind, status, ms.
    type Told<'a> = (&'a str, u64, Option<u64>, SpanKind, SpanStatus, u64);

    fn spans(of: &[Told<'_>]) -> Spans {
        let mut spans = Spans::default();
        for (service, id, parent, kind, status, ms) in of {
            let origin = Arc::new(Origin {
                tenant: "default".to_owned(),
                component: (*service).to_owned(),
                ..Origin::default()
            });
            spans.push(SpanRef {
                origin: &origin,
                operation: "op",
                trace_id: [1; 16],
                span_id: id.to_be_bytes(),
                parent_id: parent.map(u64::to_be_bytes),
                start: Timestamp(*id as i64),
                duration: ms * 1_000_000,
                kind: *kind,
                status: *status,
                status_message: "",
                attributes: "",
                events: "",
                links: "",
                position: 1,
                received: Timestamp(1),
            });
        }
        spans
    }

    #[test]
    fn a_window_counts_what_enters_a_component_and_knows_who_called_what_failed() {
        use SpanKind::{Client, Consumer, Internal, Server};
        use SpanStatus::{Error, Unset};
        let all = spans(&[
            ("shop", 1, None, Server, Error, 9),
            ("shop", 2, Some(1), Client, Error, 8),
            ("pay", 3, Some(2), Server, Error, 7),
            ("pay", 4, Some(3), Internal, Error, 6),
            ("mail", 5, Some(1), Consumer, Unset, 5),
        ]);
        let range = TimeRange::new(Timestamp(0), Timestamp(6)).unwrap();
        let mut window = Window::default();
        window.take(&all, "default", range);
        assert!(window.has_failures());
        window.find_callers(&all, "default");
        let counts: Vec<_> = window
            .components
            .iter()
            .map(|(name, calls)| (name.as_str(), calls.count(), calls.errors))
            .collect();
        assert_eq!(counts, [("mail", 1, 0), ("pay", 1, 1), ("shop", 1, 1)]);
        assert_eq!((window.requests.count(), window.requests.errors), (1, 1));
        assert_eq!(window.callers["pay"]["shop"], 1);
        assert_eq!(window.components["pay"].failed, Some((Timestamp(3), [1; 16])));
    }

    #[test]
    fn of_so_many_failing_calls_the_callers_are_looked_for_and_of_not_one_more() {
        let most = HEALTH_CALLERS_MAX as u64;
        for (failing, found) in [(most, most), (most + 1, most)] {
            let pay = |n| ("pay", 2 * n, Some(2 * n + 1), SpanKind::Server, SpanStatus::Error, 1);
            let shop = |n| ("shop", 2 * n + 1, None, SpanKind::Client, SpanStatus::Error, 1);
            let all: Vec<_> = (1..=failing).flat_map(|n| [pay(n), shop(n)]).collect();
            let all = spans(&all);
            let mut window = Window::default();
            window.take(&all, "default", TimeRange::ALL);
            window.find_callers(&all, "default");
            assert_eq!(
                (window.components["pay"].errors, window.callers["pay"]["shop"]),
                (failing, found)
            );
        }
    }

    #[test]
    fn what_is_outside_the_window_or_anothers_is_not_counted() {
        let all = spans(&[("shop", 1, None, SpanKind::Server, SpanStatus::Unset, 9)]);
        for (tenant, from) in [("default", 2), ("other", 0)] {
            let mut window = Window::default();
            window.take(&all, tenant, TimeRange::new(Timestamp(from), Timestamp(9)).unwrap());
            assert!(window.components.is_empty() && !window.has_failures());
        }
    }

    #[test]
    fn quantiles_are_nearest_ranks() {
        let all: Vec<_> =
            (1..=20).map(|n| ("shop", n, None, SpanKind::Server, SpanStatus::Unset, n)).collect();
        let mut window = Window::default();
        window.take(&spans(&all), "default", TimeRange::ALL);
        let told = window.components["shop"].quantiles_ms([0.5, 0.95, 0.99]);
        assert_eq!(told, [Some(10.0), Some(19.0), Some(20.0)]);
        assert_eq!(Calls::default().quantiles_ms([0.5]), [None]);
    }
}
