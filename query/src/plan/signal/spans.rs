//! Spans as a signal, and their fields.
//!
//! Invariants:
//! - a span's time is its start; durations are milliseconds, in comparisons and in answers;
//! - only what every wanted span must say goes to the index: tests behind OR and NOT rule nothing out.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

use bytes::Bytes;
use nilometer_block::{BlockError, SpanColumns, SpanDecoder};
use nilometer_model::{
    Order, Origin, SpanKind, SpanStatus, Spans, Tenant, TextColumn, TimeRange, Timestamp,
};
use nilometer_store::{Chunk, Snapshot, SpanPrune, Split, SplitError, SplitKind, SplitMeta};

use super::stored::Decoded;
use super::{DecodedSignal, Meaning, Searched, Signal, SignalField};
use crate::language::Comparison;
use crate::plan::attributes::{attribute, lookup};
use crate::plan::question::indexed;
use crate::plan::test::Test;
use crate::plan::value::Value;
use crate::plan::{Filter, Step};
use crate::traces::ms;

/// A field of a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SpanField {
    Start,
    Duration,
    Service,
    Operation,
    Kind,
    Status,
    StatusMessage,
    TraceId,
    SpanId,
    ParentSpanId,
    Node,
    Instance,
    Version,
    Zone,
    Events,
    Links,
    Received,
    /// Any other name, or the part behind `attributes.`.
    Attribute(String),
}

impl SignalField for SpanField {
    type Rows = Spans;
    const TIMES: &'static str = "start (or time) and received";

    fn own() -> Vec<(&'static str, Self)> {
        vec![
            ("start", Self::Start),
            ("duration", Self::Duration),
            ("service", Self::Service),
            ("operation", Self::Operation),
            ("kind", Self::Kind),
            ("status", Self::Status),
            ("status_message", Self::StatusMessage),
            ("trace_id", Self::TraceId),
            ("span_id", Self::SpanId),
            ("parent_span_id", Self::ParentSpanId),
            ("node", Self::Node),
            ("instance", Self::Instance),
            ("version", Self::Version),
            ("zone", Self::Zone),
            ("events", Self::Events),
            ("links", Self::Links),
            ("received", Self::Received),
        ]
    }

    fn attribute(name: &str) -> Self {
        Self::Attribute(name.to_owned())
    }

    fn alias(name: &str) -> Option<Self> {
        match name {
            "time" => Some(Self::Start),
            "component" => Some(Self::Service),
            "duration_ms" => Some(Self::Duration),
            _ => None,
        }
    }

    fn columns(&self) -> SpanColumns {
        match self {
            Self::Start => SpanColumns::START,
            Self::Duration => SpanColumns::DURATION,
            Self::Kind | Self::Status => SpanColumns::KIND_STATUS,
            Self::StatusMessage => SpanColumns::STATUS_MESSAGE,
            Self::TraceId => SpanColumns::TRACE_ID,
            Self::SpanId => SpanColumns::SPAN_ID,
            Self::ParentSpanId => SpanColumns::PARENT_ID,
            Self::Events => SpanColumns::EVENTS,
            Self::Links => SpanColumns::LINKS,
            Self::Received => SpanColumns::ARRIVAL,
            Self::Attribute(_) => SpanColumns::ATTRIBUTES,
            Self::Service
            | Self::Operation
            | Self::Node
            | Self::Instance
            | Self::Version
            | Self::Zone => SpanColumns::NONE,
        }
    }

    fn meaning(&self) -> Meaning {
        match self {
            Self::Start | Self::Received => Meaning::Time,
            Self::Kind | Self::Status => Meaning::Word,
            _ => Meaning::Plain,
        }
    }

    fn value<'a>(&self, spans: &'a Spans, row: usize) -> Option<Cow<'a, str>> {
        let origin = &spans.origins[spans.origin[row] as usize];
        let text: Cow<'a, str> = match self {
            Self::Attribute(name) => return attribute(spans.attributes.get(row), name),
            Self::Start => Timestamp(spans.start[row]).to_string().into(),
            Self::Duration => ms(spans.duration[row]).to_string().into(),
            Self::Service => origin.component.as_str().into(),
            Self::Operation => spans.operations.get(spans.operation[row]).into(),
            Self::Kind => spans.kind[row].name().into(),
            Self::Status => spans.status[row].name().into(),
            Self::StatusMessage => spans.status_message.get(row).into(),
            Self::TraceId => hex(&spans.trace_id[row]).into(),
            Self::SpanId => hex(&spans.span_id[row]).into(),
            Self::ParentSpanId if spans.parent_id[row] == [0; 8] => return None,
            Self::ParentSpanId => hex(&spans.parent_id[row]).into(),
            Self::Node => origin.node.as_str().into(),
            Self::Instance => origin.instance.as_str().into(),
            Self::Version => origin.version.as_str().into(),
            Self::Zone => origin.zone.as_str().into(),
            Self::Events => spans.events.get(row).into(),
            Self::Links => spans.links.get(row).into(),
            Self::Received if spans.received[row] == 0 => return None,
            Self::Received => Timestamp(spans.received[row]).to_string().into(),
        };
        Some(text).filter(|text| !text.is_empty())
    }

    fn typed<'a>(&self, spans: &'a Spans, row: usize) -> Value<'a> {
        match self {
            Self::Attribute(name) => {
                lookup(spans.attributes.get(row), name).map_or(Value::Null, Value::of_json)
            }
            Self::Start => Value::Time(Timestamp(spans.start[row])),
            Self::Received if spans.received[row] != 0 => {
                Value::Time(Timestamp(spans.received[row]))
            }
            Self::Duration => Value::Duration(ms(spans.duration[row])),
            _ => self.value(spans, row).map_or(Value::Null, Value::Text),
        }
    }

    fn class(&self, spans: &Spans, row: usize) -> Option<usize> {
        match self {
            Self::Service | Self::Node | Self::Instance | Self::Version | Self::Zone => {
                Some(spans.origin[row] as usize)
            }
            Self::Operation => Some(spans.operation[row] as usize),
            Self::Kind => Some(spans.kind[row] as usize),
            Self::Status => Some(spans.status[row] as usize),
            _ => None,
        }
    }

    fn number(&self, spans: &Spans, row: usize) -> Option<f64> {
        (*self == Self::Duration).then(|| ms(spans.duration[row]))
    }
}

fn hex(id: &[u8]) -> String {
    id.iter().fold(String::with_capacity(2 * id.len()), |mut text, byte| {
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl Signal for Spans {
    type Field = SpanField;
    type Columns = SpanColumns;
    type Prune = SpanPrune;
    type Decoder = SpanDecoder;
    type Split = Split;
    type Index = Arc<Split>;
    type Asked = Decoded<Self>;

    const KIND: SplitKind = SplitKind::Spans;
    const SEARCHED: SpanColumns = SpanColumns::NONE;
    const TIME: SpanColumns = SpanColumns::START;
    const ORDER_TIME: SpanColumns = SpanColumns::START;
    const ORDER: SpanColumns = SpanColumns::START.with(SpanColumns::ARRIVAL);
    const CHEAP: SpanColumns = SpanColumns::TREE.with(SpanColumns::ARRIVAL);

    fn len(&self) -> usize {
        Self::len(self)
    }

    fn memory_bytes(&self) -> usize {
        Self::memory_bytes(self)
    }

    fn push_from(&mut self, other: &Self, row: usize) {
        self.push(other.row(row));
    }

    fn origins(&self) -> &[Arc<Origin>] {
        &self.origins
    }

    fn origin(&self) -> &[u32] {
        &self.origin
    }

    fn classes(&self) -> usize {
        self.origins.len().max(self.operations.len()).max(SpanKind::ALL.len())
    }

    fn times(&self) -> &[i64] {
        &self.start
    }

    fn received(&self) -> &[i64] {
        &self.received
    }

    fn order_times(&self) -> &[i64] {
        &self.start
    }

    fn order(&self, row: usize) -> Order {
        Order {
            order_time: Timestamp(self.start[row]),
            source: self.origins[self.origin[row] as usize].source,
            position: self.position[row],
        }
    }

    fn searched(&self) -> Searched<'_> {
        Searched::Names(self.operations.texts(), &self.operation)
    }

    fn attributes(&self) -> &TextColumn {
        &self.attributes
    }

    fn prune(_: &Tenant, root: &Step<Self>) -> SpanPrune {
        let mut prune = SpanPrune::default();
        narrow(root, &mut prune);
        prune
    }

    fn splits(snapshot: &Snapshot) -> &[Arc<Split>] {
        &snapshot.span_splits
    }

    fn buffer(snapshot: &Snapshot) -> &[Chunk<Self>] {
        &snapshot.spans
    }

    fn meta(split: &Split) -> &SplitMeta {
        split.meta()
    }

    async fn index(split: &Arc<Split>) -> Result<Arc<Split>, SplitError> {
        Ok(Arc::clone(split))
    }

    fn ask(
        split: &Arc<Split>,
        filter: &Arc<Filter<Self>>,
        range: TimeRange,
    ) -> Result<Decoded<Self>, SplitError> {
        let blocks = split.span_blocks(filter.tenant(), range, filter.prune());
        Ok(Decoded::new(split, filter, range, blocks))
    }

    async fn read_blocks(split: &Split, blocks: &[u32]) -> Result<Vec<Bytes>, SplitError> {
        split.read_blocks(blocks).await
    }
}

impl DecodedSignal for Spans {
    fn decode(
        decoder: &mut SpanDecoder,
        bytes: &[u8],
        columns: SpanColumns,
    ) -> Result<Self, BlockError> {
        decoder.decode(bytes, columns)
    }
}

/// Adds what the step demands of every span to what is demanded so far.
fn narrow(step: &Step<Spans>, prune: &mut SpanPrune) {
    let (field, test) = match step {
        Step::And(steps) => return steps.iter().for_each(|step| narrow(step, prune)),
        Step::Field(field, test) => (field, test),
        _ => return,
    };
    match (field, test) {
        (SpanField::Service, Test::In(names)) => {
            let known = prune.services.take();
            let both = |name: &&String| known.as_ref().is_none_or(|known| known.contains(name));
            prune.services = Some(names.iter().filter(both).cloned().collect());
        }
        (SpanField::Operation, Test::In(names)) => {
            if let ([name], None) = (names.as_slice(), &prune.operation) {
                prune.operation = Some(name.clone());
            }
        }
        (SpanField::Status, Test::In(names)) => {
            prune.errors |= names.iter().all(|name| name == SpanStatus::Error.name());
        }
        (SpanField::Attribute(name), test) => prune.attributes.push(indexed(name, test)),
        (SpanField::Duration, Test::Number(comparison, ms) | Test::Duration(comparison, ms)) => {
            narrow_duration(*comparison, *ms, prune);
        }
        _ => {}
    }
}

/// Rounded away from what is wanted, for the milliseconds are a float.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float that is too large or below 0 becomes the nearest number"
)]
fn narrow_duration(comparison: Comparison, ms: f64, prune: &mut SpanPrune) {
    let ns = ms * 1e6;
    match comparison {
        Comparison::Greater | Comparison::GreaterOrEqual => {
            let least = (ns * (1.0 - f64::EPSILON * 4.0)).floor() as u64;
            prune.duration_min = Some(prune.duration_min.map_or(least, |known| known.max(least)));
        }
        Comparison::Less | Comparison::LessOrEqual => {
            let most = (ns * (1.0 + f64::EPSILON * 4.0)).ceil() as u64;
            prune.duration_max = Some(prune.duration_max.map_or(most, |known| known.min(most)));
        }
        Comparison::NotEqual => {}
    }
}
