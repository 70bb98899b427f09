//! What is said in the traces of two sets: attributes and who speaks, once per trace.
//!
//! Invariants:
//! - a trace belongs to a set when one of its spans fits that set's query; without a second query, all others
//!   are the second set;
//! - an attribute with more values than kinds have (ids, times) is not compared at all;
//! - only traces that began in the range count.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use nilometer_block::SpanColumns;
use nilometer_model::{SpanStatus, Spans, TimeRange, Timestamp};
use nilometer_store::records::RowSet;
use nilometer_store::{Snapshot, SpanPrune};

use super::paths::around;
use super::read::{SpanFold, SpansRead, read_spans};
use crate::execute::{Limits, QueryError};
use crate::limits::{COMPARED_VALUE_BYTES_MAX, COMPARED_VALUES_MAX, FIELDS_MAX};
use crate::plan::{Filter, each_attribute};
use crate::traces::{Counts, Difference, differences};

/// Which traces are compared with which.
#[derive(Debug, Clone)]
pub(crate) struct CompareRequest {
    /// What a span of every trace must say.
    pub(crate) among: Arc<Filter<Spans>>,
    pub(crate) a: Arc<Filter<Spans>>,
    /// None: all others.
    pub(crate) b: Option<Arc<Filter<Spans>>>,
    pub(crate) range: TimeRange,
    pub(crate) limits: Limits,
}

/// What differs between both sets.
///
/// # Errors
/// [`QueryError`] when memory does not suffice.
pub(crate) async fn compare(
    snapshot: &Snapshot,
    request: &CompareRequest,
) -> Result<SpansRead<Vec<Difference>>, QueryError> {
    let filters = [Some(&request.among), Some(&request.a), request.b.as_ref()];
    let own = SpanColumns::TRACE_ID
        .with(SpanColumns::START)
        .with(SpanColumns::KIND_STATUS)
        .with(SpanColumns::ATTRIBUTES);
    let columns = filters.into_iter().flatten().fold(own, |all, filter| all.with(filter.columns()));
    let owner = (request.among.tenant(), around(request.range));
    let fold = Compared::of(request);
    let limits = (columns, request.limits);
    let read = read_spans(snapshot, owner, &SpanPrune::default(), limits, fold).await?;
    read.finish(Compared::differences).await
}

/// Texts as numbers, as long as there are not too many of a name.
#[derive(Default)]
struct Said {
    /// None: too many values.
    names: HashMap<String, Option<HashMap<String, u32>>>,
    numbers: u32,
    bytes: usize,
}

impl Said {
    fn number(&mut self, name: &str, value: &str) -> Option<u32> {
        if value.len() > COMPARED_VALUE_BYTES_MAX {
            return None;
        }
        if !self.names.contains_key(name) {
            if self.names.len() == FIELDS_MAX {
                return None;
            }
            self.names.insert(name.to_owned(), Some(HashMap::new()));
            self.bytes += name.len();
        }
        let values = self.names.get_mut(name)?;
        let known = values.as_mut()?;
        if let Some(number) = known.get(value) {
            return Some(*number);
        }
        if known.len() == COMPARED_VALUES_MAX {
            *values = None;
            return None;
        }
        self.bytes += value.len() + size_of::<(String, u32)>();
        self.numbers += 1;
        known.insert(value.to_owned(), self.numbers);
        Some(self.numbers)
    }
}

/// What was seen of a trace.
#[derive(Default)]
struct Seen {
    start: Option<i64>,
    among: bool,
    a: bool,
    b: bool,
    said: BTreeSet<u32>,
}

struct Compared {
    request: CompareRequest,
    traces: HashMap<[u8; 16], Seen>,
    said: Said,
    /// Numbers that traces hold.
    held: usize,
}

impl Compared {
    fn of(request: &CompareRequest) -> Self {
        let (traces, said) = (HashMap::new(), Said::default());
        Self { request: request.clone(), traces, said, held: 0 }
    }

    fn differences(self) -> Vec<Difference> {
        let mut sets = Counts::default();
        let mut counts: HashMap<u32, Counts> = HashMap::new();
        for seen in self.traces.values() {
            let began = seen.start.is_some_and(|at| self.request.range.contains(Timestamp(at)));
            if !began || !seen.among {
                continue;
            }
            let in_b = if self.request.b.is_some() { seen.b } else { !seen.a };
            let one = |counts: &mut Counts| {
                counts.a += u32::from(seen.a);
                counts.b += u32::from(in_b);
            };
            one(&mut sets);
            seen.said.iter().for_each(|number| one(counts.entry(*number).or_default()));
        }
        let names = self.said.names.into_iter().flat_map(|(name, values)| {
            values.into_iter().flatten().map(move |(value, number)| (name.clone(), value, number))
        });
        let said =
            names.filter_map(|(name, value, number)| Some((name, value, *counts.get(&number)?)));
        differences(sets, said)
    }

    fn say(&mut self, spans: &Spans, row: usize) {
        let span = spans.row(row);
        let mut numbers = Vec::new();
        let status = if span.status == SpanStatus::Unset { "" } else { span.status.name() };
        let fields = [
            ("service", span.service()),
            ("operation", span.operation),
            ("status", status),
            ("node", &span.origin.node),
            ("instance", &span.origin.instance),
            ("version", &span.origin.version),
        ];
        for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
            numbers.extend(self.said.number(name, value));
        }
        each_attribute(span.attributes, |name, json| {
            let text = serde_json::from_str::<String>(json);
            numbers.extend(self.said.number(name, text.as_deref().unwrap_or(json)));
        });
        let seen = self.traces.entry(span.trace_id).or_default();
        let before = seen.said.len();
        seen.said.extend(numbers);
        self.held += seen.said.len() - before;
    }
}

impl SpanFold for Compared {
    /// Blocks are looked at whole: the range is asked of traces.
    fn take(&mut self, spans: &Spans, _: &RowSet) {
        let among = self.request.among.select(spans, None);
        let a = self.request.a.select(spans, None);
        let b = self.request.b.as_ref().map(|b| b.select(spans, None));
        let tenant = self.request.among.tenant().name().to_owned();
        for row in 0..spans.len() {
            if spans.row(row).origin.tenant != tenant {
                continue;
            }
            self.say(spans, row);
            let seen = self.traces.entry(spans.trace_id[row]).or_default();
            let start = spans.start[row];
            seen.start = Some(seen.start.map_or(start, |known| known.min(start)));
            seen.among |= among.contains(row);
            seen.a |= a.contains(row);
            seen.b |= b.as_ref().is_some_and(|b| b.contains(row));
        }
    }

    fn memory_bytes(&self) -> usize {
        /// Of a number in a trace's set.
        const NUMBER_BYTES: usize = 8;
        self.traces.capacity() * size_of::<([u8; 16], Seen)>()
            + self.held * NUMBER_BYTES
            + self.said.bytes
    }
}
