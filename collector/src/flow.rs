//! What of what was read is not kept, because somebody set it so: a rate limit, or a spool that fills up.
//!
//! ```text
//!   record ── rate limits ──> spool's fullness ──> batch
//!                │                  └── too full for its severity ──> shed (spool_full)
//!                └── over the limit ──> shed (rate_limited)
//! ```
//! Invariants:
//! - off until set: the default flow keeps everything, and costs a look at two fields per record;
//! - a decision depends on the record, the fullness and the time that were last told, nothing else;
//! - what is turned away is counted by whoever asked: nothing is dropped silently.
//!
//! What comes through the door (OTLP) is thinned here: records like those of files by the spool's
//! fullness, spans by their trace. Rate limits are for containers' logs only.

mod duty;
mod fullness;
mod rate;
mod sample;

use std::collections::BTreeMap;
use std::time::Instant;

use nilometer_model::{Count, Items, Reason, Severity};

pub(crate) use self::duty::{Duty, thread_cpu};
pub use self::fullness::OnFull;
pub(crate) use self::fullness::sheds;
use self::rate::Limiter;
pub use self::rate::{RateLimit, RateUnit};
use self::sample::TraceSample;
use crate::reading::SourceInfo;

/// What is to be kept, as set.
#[derive(Debug, Clone, Default)]
pub struct FlowConfig {
    /// What to do when the spool fills up.
    pub on_full: OnFull,
    /// Limits per container.
    pub limits: Vec<RateLimit>,
    /// The share of traces that is kept, 0 to 1; `None`: all.
    pub trace_sample: Option<f64>,
    /// How many cores the reading thread may use; `None`: all it can.
    pub cpu_cores_max: Option<f64>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Flow {
    on_full: OnFull,
    limiter: Limiter,
    trace_sample: Option<TraceSample>,
    /// How full the spool was when last told, percent.
    full_percent: u64,
    now: Instant,
}

impl Default for Flow {
    fn default() -> Self {
        Self::new(&FlowConfig::default())
    }
}

impl Flow {
    pub(crate) fn new(config: &FlowConfig) -> Self {
        Self {
            on_full: config.on_full,
            limiter: Limiter::new(&config.limits),
            trace_sample: config.trace_sample.map(TraceSample::new),
            full_percent: 0,
            now: Instant::now(),
        }
    }

    /// Says what the time is, and how full the spool is. Once a round: that is fine enough.
    pub(crate) fn tell(&mut self, now: Instant, full_percent: u64) {
        self.now = now;
        self.full_percent = full_percent;
    }

    /// Whether anything may be turned away because of the spool.
    pub(crate) fn is_shedding(&self) -> bool {
        self.on_full == OnFull::Shed && sheds(Severity::Debug, self.full_percent)
    }

    /// Why a record is not kept; `None` when it is.
    pub(crate) fn turns_away(
        &mut self,
        source: &SourceInfo,
        severity: Severity,
        bytes: u32,
    ) -> Option<Reason> {
        if self.limiter.is_set() && !self.limiter.passes(source, bytes, self.now) {
            return Some(Reason::RateLimited);
        }
        let full = self.on_full == OnFull::Shed && sheds(severity, self.full_percent);
        full.then_some(Reason::SpoolFull)
    }

    /// Leaves out what is not kept of what came through the door: spans by their trace, records by
    /// their severity.
    pub(crate) fn thin(&self, items: &mut Items) -> BTreeMap<Reason, Count> {
        let mut shed = BTreeMap::new();
        if self.trace_sample.is_none() && !self.is_shedding() {
            return shed;
        }
        let mut kept = Vec::with_capacity(items.len());
        for (number, entry) in items.entries().enumerate() {
            match self.leaves_out(items, number) {
                None => kept.push(u32::try_from(number).unwrap_or(u32::MAX)),
                Some(reason) => {
                    *shed.entry(reason).or_default() += Count::one(u64::from(entry.bytes));
                }
            }
        }
        if !shed.is_empty() {
            *items = items.pick(&kept);
        }
        shed
    }

    fn leaves_out(&self, items: &Items, number: usize) -> Option<Reason> {
        if let Some(severity) = items.rows.severity.get(number) {
            let full = self.on_full == OnFull::Shed && sheds(*severity, self.full_percent);
            return full.then_some(Reason::SpoolFull);
        }
        let trace = items.spans.trace_id.get(number - items.rows.len())?;
        let left_out = self.trace_sample.is_some_and(|sample| !sample.keeps(*trace));
        left_out.then_some(Reason::Sampled)
    }
}

#[cfg(test)]
mod tests {
    use nilometer_model::Severity;

    use super::*;
    use crate::journal::tests::{rows, samples, spans};

    fn flow(on_full: OnFull, trace_sample: Option<f64>) -> Flow {
        Flow::new(&FlowConfig { on_full, trace_sample, ..FlowConfig::default() })
    }

    #[test]
    fn of_what_comes_through_the_door_spans_go_by_their_trace_and_records_by_severity() {
        let mixed = || {
            let mut items = rows(3);
            items.append(&spans(4, ""));
            items.append(&samples(5));
            items.rows.severity = vec![Severity::Debug, Severity::Unset, Severity::Error];
            items
        };
        let (records, spans) = (Reason::SpoolFull, Reason::Sampled);
        for (on_full, sample, percent, left, shed) in [
            (OnFull::Pause, None, 99, 12, vec![]),
            (OnFull::Shed, None, 79, 12, vec![]),
            (OnFull::Shed, None, 80, 11, vec![(records, 1)]),
            (OnFull::Shed, Some(0.0), 99, 6, vec![(records, 2), (spans, 4)]),
            (OnFull::Pause, Some(0.0), 99, 8, vec![(spans, 4)]),
            (OnFull::Pause, Some(1.0), 99, 12, vec![]),
        ] {
            let (mut flow, mut items) = (flow(on_full, sample), mixed());
            flow.tell(Instant::now(), percent);
            let counted = flow.thin(&mut items);
            let counted: Vec<_> =
                counted.into_iter().map(|(reason, count)| (reason, count.records)).collect();
            assert_eq!((items.len(), counted), (left, shed), "{on_full:?} {sample:?} {percent}");
        }
    }
}
