//! When a rule fired, how long, on whom and how badly: what a replay answers.
//!
//! Invariant: intervals of one group never overlap; one that is open at the end ends there.

use std::collections::BTreeMap;

use nilometer_model::Timestamp;
use serde::Serialize;

use crate::alert::{Alert, AlertId, AlertState};
use crate::evaluate::{Phase, RuleState};
use crate::limits::INTERVALS_MAX;
use crate::rule::Rule;

/// One time that an alert fired.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Interval {
    pub from: Timestamp,
    pub to: Timestamp,
    pub labels: BTreeMap<String, String>,
    /// The worst value.
    pub peak: Option<f64>,
}

/// Gathers them, step by step.
#[derive(Debug, Default)]
pub struct Intervals {
    closed: Vec<Interval>,
    open: BTreeMap<String, Interval>,
    left_out: usize,
}

impl Intervals {
    /// Takes what a step changed and the state that it left.
    pub fn take(&mut self, rule: &Rule, state: &RuleState, changes: &[Alert]) {
        for alert in changes {
            let AlertId(id) = &alert.id;
            match alert.state {
                AlertState::Pending => {}
                AlertState::Firing => {
                    let (labels, at) = (alert.labels.clone(), alert.since);
                    let interval = Interval { from: at, to: at, labels, peak: alert.value };
                    self.open.insert(id.clone(), interval);
                }
                AlertState::Resolved => {
                    if let Some(interval) = self.open.remove(id) {
                        self.close(Interval { to: state.at, ..interval });
                    }
                }
            }
        }
        for active in state.active.iter().filter(|active| active.phase == Phase::Firing) {
            let Some(interval) = self.open.get_mut(&active.id.0) else { continue };
            interval.peak = match (interval.peak, active.value) {
                (Some(peak), Some(value)) => Some(rule.condition.worse(peak, value)),
                (peak, value) => peak.or(value),
            };
        }
    }

    fn close(&mut self, interval: Interval) {
        if self.closed.len() < INTERVALS_MAX {
            self.closed.push(interval);
        } else {
            self.left_out += 1;
        }
    }

    /// All of them by their beginning, those that are open ending at `to`; and how many are not listed.
    #[must_use]
    pub fn finish(mut self, to: Timestamp) -> (Vec<Interval>, usize) {
        for interval in std::mem::take(&mut self.open).into_values() {
            self.close(Interval { to, ..interval });
        }
        self.closed.sort_by(|a, b| (a.from, &a.labels).cmp(&(b.from, &b.labels)));
        (self.closed, self.left_out)
    }
}
