//! Services, or the operations of one: how often, how many failed, how long.
//!
//! Invariants:
//! - every span in the range counts, whatever its kind;
//! - quantiles are exact up to [`EXACT_SPANS_MAX`] spans in all, and say so when they are not.

use std::collections::HashMap;

use nilometer_block::SpanColumns;
use nilometer_model::{Names, SpanStatus, Spans, Tenant, TimeRange};
use nilometer_store::{Snapshot, SpanPrune};

use super::read::{SpanFold, SpansRead, read_spans};
use crate::execute::{Limits, QueryError};
use crate::limits::EXACT_SPANS_MAX;
use crate::traces::{Durations, Quantiles};
use nilometer_store::records::RowSet;

/// What is said of the spans of one name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pace {
    pub(crate) spans: u64,
    pub(crate) errors: u64,
    pub(crate) quantiles: Quantiles,
}

/// What a range's spans come to, by service or by the operation of one.
#[derive(Debug, Clone)]
pub(crate) struct PaceRequest {
    pub(crate) tenant: Tenant,
    pub(crate) range: TimeRange,
    /// Of this service the operations; else all services.
    pub(crate) operations_of: Option<String>,
    pub(crate) limits: Limits,
}

/// By name, in their order.
///
/// # Errors
/// [`QueryError`] when memory does not suffice.
pub(crate) async fn paces(
    snapshot: &Snapshot,
    request: PaceRequest,
) -> Result<SpansRead<Vec<(String, Pace)>>, QueryError> {
    let services = request.operations_of.as_ref().map(|service| vec![service.clone()]);
    let prune = SpanPrune { services, ..SpanPrune::default() };
    let columns = SpanColumns::DURATION.with(SpanColumns::KIND_STATUS);
    let fold = Paces::of(request.operations_of, EXACT_SPANS_MAX);
    let (owner, limits) = ((&request.tenant, request.range), (columns, request.limits));
    let read = read_spans(snapshot, owner, &prune, limits, fold).await?;
    read.finish(Paces::settle).await
}

/// Spans of one name, counted.
#[derive(Debug, Default)]
pub(super) struct Counted {
    spans: u64,
    errors: u64,
    durations: Durations,
}

impl Counted {
    pub(super) fn add(&mut self, duration: u64, failed: bool) {
        self.spans += 1;
        self.errors += u64::from(failed);
        self.durations.push(duration);
    }

    pub(super) fn sketch(&mut self) {
        self.durations.sketch();
    }

    pub(super) fn memory_bytes(&self) -> usize {
        size_of::<Self>() + self.durations.memory_bytes()
    }

    pub(super) fn settle(mut self) -> Pace {
        let (spans, errors) = (self.spans, self.errors);
        Pace { spans, errors, quantiles: self.durations.quantiles() }
    }
}

struct Paces {
    operations_of: Option<String>,
    names: Names,
    /// By the number of the name.
    counted: Vec<Counted>,
    spans: u64,
    exact_max: u64,
}

impl Paces {
    fn of(operations_of: Option<String>, exact_max: u64) -> Self {
        Self { operations_of, names: Names::default(), counted: Vec::new(), spans: 0, exact_max }
    }

    /// The number of what the span is counted as; none when it is not.
    fn name(&mut self, spans: &Spans, (origin, operation): (u32, u32)) -> Option<u32> {
        let service = &spans.origins[origin as usize].component;
        let number = match &self.operations_of {
            None => self.names.code(service),
            Some(wanted) if wanted == service => self.names.code(spans.operations.get(operation)),
            Some(_) => return None,
        };
        self.counted.resize_with(self.names.len(), Counted::default);
        Some(number)
    }

    fn settle(self) -> Vec<(String, Pace)> {
        let named = (0..).zip(self.counted);
        let named = named.map(|(number, counted): (u32, Counted)| {
            (self.names.get(number).to_owned(), counted.settle())
        });
        let mut named: Vec<(String, Pace)> = named.collect();
        named.sort_by(|a, b| a.0.cmp(&b.0));
        named
    }
}

impl SpanFold for Paces {
    fn take(&mut self, spans: &Spans, fits: &RowSet) {
        let mut known: HashMap<(u32, u32), Option<u32>> = HashMap::new();
        let mut last = None;
        for row in fits.iter() {
            let pair = (spans.origin[row], spans.operation[row]);
            let number = match last {
                Some((same, number)) if same == pair => number,
                _ => *known.entry(pair).or_insert_with(|| self.name(spans, pair)),
            };
            last = Some((pair, number));
            let Some(number) = number else { continue };
            let failed = spans.status[row] == SpanStatus::Error;
            self.counted[number as usize].add(spans.duration[row], failed);
            self.spans += 1;
        }
        if self.spans > self.exact_max {
            self.counted.iter_mut().for_each(Counted::sketch);
        }
    }

    fn memory_bytes(&self) -> usize {
        let names = self.names.texts().text().len() + self.names.len() * 64;
        names + self.counted.iter().map(Counted::memory_bytes).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use nilometer_model::{Origin, SpanKind, SpanRef, Timestamp};

    use super::*;

    #[test]
    fn quantiles_are_exact_up_to_so_many_spans() {
        for (count, exact) in [(9, true), (10, true), (11, false)] {
            let mut spans = Spans::default();
            for number in 0..count {
                spans.push(SpanRef {
                    origin: &Arc::new(Origin::default()),
                    operation: "GET /",
                    trace_id: [1; 16],
                    span_id: [number; 8],
                    parent_id: None,
                    start: Timestamp(0),
                    duration: 1_000_000,
                    kind: SpanKind::Server,
                    status: SpanStatus::Unset,
                    status_message: "",
                    attributes: "",
                    events: "",
                    links: "",
                    position: u64::from(number),
                    received: Timestamp(0),
                });
            }
            let mut paces = Paces::of(None, 10);
            paces.take(&spans, &RowSet::all(spans.len()));
            let paces = paces.settle();
            assert_eq!((paces[0].1.spans, paces[0].1.quantiles.exact), (u64::from(count), exact));
            assert!((paces[0].1.quantiles.p50_ms - 1.0).abs() < 0.02, "{paces:?}");
        }
    }
}
