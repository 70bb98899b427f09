//! Samples as a signal, and their fields.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use nilometer_block::{BlockError, decode_samples};
use nilometer_model::{
    Order, Origin, SampleKind, Samples, Tenant, TextColumn, TimeRange, Timestamp,
};
use nilometer_store::{Chunk, SamplePrune, Snapshot, Split, SplitError, SplitKind, SplitMeta};

use super::stored::Decoded;
use super::{DecodedSignal, Meaning, Searched, Signal, SignalField};
use crate::plan::attributes::{attribute, lookup};
use crate::plan::test::Test;
use crate::plan::value::Value;
use crate::plan::{Filter, Step};

/// A field of a sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SampleField {
    Time,
    Name,
    Value,
    Unit,
    Kind,
    Component,
    Instance,
    Node,
    Received,
    /// Any other name, or the part behind `attributes.`.
    Attribute(String),
}

impl SignalField for SampleField {
    type Rows = Samples;
    const TIMES: &'static str = "time and received";

    fn own() -> Vec<(&'static str, Self)> {
        vec![
            ("time", Self::Time),
            ("name", Self::Name),
            ("value", Self::Value),
            ("unit", Self::Unit),
            ("kind", Self::Kind),
            ("component", Self::Component),
            ("instance", Self::Instance),
            ("node", Self::Node),
            ("received", Self::Received),
        ]
    }

    fn attribute(name: &str) -> Self {
        Self::Attribute(name.to_owned())
    }

    fn alias(name: &str) -> Option<Self> {
        (name == "service").then_some(Self::Component)
    }

    fn columns(&self) {}

    fn meaning(&self) -> Meaning {
        match self {
            Self::Time | Self::Received => Meaning::Time,
            Self::Kind => Meaning::Word,
            _ => Meaning::Plain,
        }
    }

    fn value<'a>(&self, samples: &'a Samples, row: usize) -> Option<Cow<'a, str>> {
        let origin = &samples.origins[samples.origin[row] as usize];
        let text: Cow<'a, str> = match self {
            Self::Attribute(name) => return attribute(samples.attributes.get(row), name),
            Self::Time => Timestamp(samples.time[row]).to_string().into(),
            Self::Name => samples.names.get(samples.name[row]).into(),
            Self::Value => samples.value[row].to_string().into(),
            Self::Unit => samples.names.get(samples.unit[row]).into(),
            Self::Kind => samples.kind[row].name().into(),
            Self::Component => origin.component.as_str().into(),
            Self::Instance => origin.instance.as_str().into(),
            Self::Node => origin.node.as_str().into(),
            Self::Received if samples.received[row] == 0 => return None,
            Self::Received => Timestamp(samples.received[row]).to_string().into(),
        };
        Some(text).filter(|text| !text.is_empty())
    }

    fn typed<'a>(&self, samples: &'a Samples, row: usize) -> Value<'a> {
        match self {
            Self::Attribute(name) => {
                lookup(samples.attributes.get(row), name).map_or(Value::Null, Value::of_json)
            }
            Self::Time => Value::Time(Timestamp(samples.time[row])),
            Self::Received if samples.received[row] != 0 => {
                Value::Time(Timestamp(samples.received[row]))
            }
            // What JSON has no number for is text.
            Self::Value if samples.value[row].is_finite() => Value::Float(samples.value[row]),
            _ => self.value(samples, row).map_or(Value::Null, Value::Text),
        }
    }

    fn class(&self, samples: &Samples, row: usize) -> Option<usize> {
        match self {
            Self::Component | Self::Instance | Self::Node => Some(samples.origin[row] as usize),
            Self::Name => Some(samples.name[row] as usize),
            Self::Unit => Some(samples.unit[row] as usize),
            Self::Kind => Some(samples.kind[row] as usize),
            _ => None,
        }
    }

    fn number(&self, samples: &Samples, row: usize) -> Option<f64> {
        (*self == Self::Value).then(|| samples.value[row])
    }
}

impl Signal for Samples {
    type Field = SampleField;
    type Columns = ();
    type Prune = SamplePrune;
    type Decoder = ();
    type Split = Split;
    type Index = Arc<Split>;
    type Asked = Decoded<Self>;

    const KIND: SplitKind = SplitKind::Samples;
    const SEARCHED: () = ();
    const TIME: () = ();
    const ORDER_TIME: () = ();
    const ORDER: () = ();
    const CHEAP: () = ();

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
        self.origins.len().max(self.names.len()).max(SampleKind::ALL.len())
    }

    fn times(&self) -> &[i64] {
        &self.time
    }

    fn received(&self) -> &[i64] {
        &self.received
    }

    fn order_times(&self) -> &[i64] {
        &self.time
    }

    fn order(&self, row: usize) -> Order {
        Order {
            order_time: Timestamp(self.time[row]),
            source: self.origins[self.origin[row] as usize].source,
            position: self.position[row],
        }
    }

    fn searched(&self) -> Searched<'_> {
        Searched::Names(self.names.texts(), &self.name)
    }

    fn attributes(&self) -> &TextColumn {
        &self.attributes
    }

    fn prune(_: &Tenant, root: &Step<Self>) -> SamplePrune {
        let mut prune = SamplePrune::default();
        narrow(root, &mut prune);
        prune
    }

    fn splits(snapshot: &Snapshot) -> &[Arc<Split>] {
        &snapshot.sample_splits
    }

    fn buffer(snapshot: &Snapshot) -> &[Chunk<Self>] {
        &snapshot.samples
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
        let blocks = split.sample_blocks(filter.tenant(), range, filter.prune());
        Ok(Decoded::new(split, filter, range, blocks))
    }

    async fn read_blocks(split: &Split, blocks: &[u32]) -> Result<Vec<Bytes>, SplitError> {
        split.read_blocks(blocks).await
    }
}

impl DecodedSignal for Samples {
    fn decode((): &mut (), bytes: &[u8], (): ()) -> Result<Self, BlockError> {
        decode_samples(bytes)
    }
}

/// Adds what the step demands of every sample to what is demanded so far.
fn narrow(step: &Step<Samples>, prune: &mut SamplePrune) {
    let (field, names) = match step {
        Step::And(steps) => return steps.iter().for_each(|step| narrow(step, prune)),
        Step::Field(field, Test::In(names)) => (field, names),
        _ => return,
    };
    match (field, names.as_slice()) {
        (SampleField::Name, names) if prune.names.is_none() => prune.names = Some(names.to_vec()),
        (SampleField::Component, [name]) if prune.component.is_none() => {
            prune.component = Some(name.clone());
        }
        (SampleField::Node, [name]) if prune.node.is_none() => prune.node = Some(name.clone()),
        _ => {}
    }
}
