//! A batch as the Log holds it, and what the store makes of it before and after it enters.
//!
//! Invariant: whose an item is and when the intake had it are stamped on it here, whatever it says itself.

use std::sync::Arc;

use nilometer_model::{LogPosition, Origin, Reason, RowRef, SampleRef, SpanRef, Tenant, Timestamp};
use nilometer_wire::{Batch, Refusal};

use crate::commit::DeadLetter;
use crate::limits::DEAD_LETTER_MESSAGE_BYTES_MAX;
use crate::split::SplitKind;

/// A batch as the Log holds it.
#[derive(Debug)]
pub struct Arrival {
    /// Where it stands in the Log.
    pub position: LogPosition,
    /// When the intake had it.
    pub received: Timestamp,
    /// From whom the intake had it.
    pub tenant: Tenant,
    /// What it says.
    pub batch: Batch,
    /// What admission turns away of it.
    pub refused: Vec<Refusal>,
}

/// What became of an arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entered {
    /// Items that are new.
    pub rows: usize,
    /// Items that were in already.
    pub duplicates: usize,
}

impl Arrival {
    /// Makes the batch what the intake says it is.
    pub(crate) fn stamp(&mut self) {
        let tenant = self.tenant.name();
        let Batch { header, items } = &mut self.batch;
        tenant.clone_into(&mut header.tenant);
        for received in
            [&mut items.rows.received, &mut items.spans.received, &mut items.samples.received]
        {
            received.fill(self.received.0);
        }
        for origins in
            [&mut items.rows.origins, &mut items.spans.origins, &mut items.samples.origins]
        {
            let stamped = |origin: &Arc<Origin>| match origin.tenant == tenant {
                true => Arc::clone(origin),
                false => Arc::new(Origin { tenant: tenant.to_owned(), ..Origin::clone(origin) }),
            };
            origins.replace_each(stamped);
        }
    }

    /// What was turned away, for people to look at; nobody is to look at what was purged.
    pub(crate) fn dead_letters(&self) -> Vec<DeadLetter> {
        let refused = self.refused.iter().filter(|refusal| refusal.reason != Reason::Purged);
        refused.filter_map(|refusal| self.dead_letter(refusal)).collect()
    }

    fn dead_letter(&self, refusal: &Refusal) -> Option<DeadLetter> {
        let said = self.said(refusal.index as usize)?;
        Some(DeadLetter {
            id: format!("{}:{}", refusal.source, refusal.position),
            tenant: self.tenant.clone(),
            kind: said.kind,
            source: refusal.source,
            position: refusal.position,
            reason: refusal.reason,
            time: said.time,
            component: said.origin.component.clone(),
            node: said.origin.node.clone(),
            message: beginning(said.message).to_owned(),
        })
    }

    /// What the item of that number says: a record its message, a span its operation, a sample its name.
    fn said(&self, number: usize) -> Option<Said<'_>> {
        let items = &self.batch.items;
        let of_spans = number.checked_sub(items.rows.len());
        let of_samples = of_spans.and_then(|number| number.checked_sub(items.spans.len()));
        match (of_spans, of_samples) {
            (None, _) => Some(items.rows.row(number).into()),
            (Some(span), None) => Some(items.spans.row(span).into()),
            (_, Some(sample)) => {
                (sample < items.samples.len()).then(|| items.samples.row(sample).into())
            }
        }
    }
}

/// What a dead letter tells of an item, whatever kind it is.
struct Said<'a> {
    kind: SplitKind,
    origin: &'a Origin,
    time: Timestamp,
    message: &'a str,
}

impl<'a> From<RowRef<'a>> for Said<'a> {
    fn from(row: RowRef<'a>) -> Self {
        let RowRef { origin, time, message, .. } = row;
        Self { kind: SplitKind::Logs, origin, time, message }
    }
}

impl<'a> From<SpanRef<'a>> for Said<'a> {
    fn from(span: SpanRef<'a>) -> Self {
        let SpanRef { origin, start: time, operation: message, .. } = span;
        Self { kind: SplitKind::Spans, origin, time, message }
    }
}

impl<'a> From<SampleRef<'a>> for Said<'a> {
    fn from(sample: SampleRef<'a>) -> Self {
        let SampleRef { origin, time, name: message, .. } = sample;
        Self { kind: SplitKind::Samples, origin, time, message }
    }
}

fn beginning(message: &str) -> &str {
    let mut end = message.len().min(DEAD_LETTER_MESSAGE_BYTES_MAX);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    &message[..end]
}
