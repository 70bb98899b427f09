//! Admission: which items of a batch are turned away, and why. Pure: the index loop asks again and gets
//! the same answer.

use std::collections::HashMap;

use nilometer_model::limits::{
    ATTRIBUTES_BYTES_MAX, EVENTS_BYTES_MAX, LINKS_BYTES_MAX, MESSAGE_BYTES_MAX, NAME_BYTES_MAX,
    OPERATION_BYTES_MAX, STATUS_MESSAGE_BYTES_MAX,
};
use nilometer_model::{
    Entry, Items, Origin, Reason, RowRef, SampleRef, SourceId, SpanRef, Timestamp,
};
use nilometer_wire::{Batch, Refusal};

/// The items of the batch that are turned away: all, if it was frozen before `horizon`, by its collector's clock, for
/// then the marks may be gone that would say whether they are in already.
pub(crate) fn admit(batch: &Batch, horizon: Timestamp) -> Vec<Refusal> {
    let too_old = (batch.header.frozen_at < horizon).then_some(Reason::TooOld);
    let ranges: HashMap<SourceId, (u64, u64)> =
        batch.header.sources.iter().map(|range| (range.source, (range.from, range.to))).collect();
    let refusal = |((index, entry), reason): ((u32, Entry), Option<Reason>)| {
        let Entry { source, position, .. } = entry;
        let declared =
            ranges.get(&source).is_some_and(|(from, to)| *from < position && position <= *to);
        let reason = if declared { too_old.or(reason) } else { Some(Reason::Malformed) };
        reason.map(|reason| Refusal { index, source, position, reason })
    };
    (0..).zip(batch.items.entries()).zip(reasons(&batch.items)).filter_map(refusal).collect()
}

/// What is wrong with each item itself, in the order of [`Items::entries`].
fn reasons(items: &Items) -> impl Iterator<Item = Option<Reason>> {
    let rows = items.rows.iter().map(|row| of_row(&row));
    let spans = items.spans.iter().map(|span| of_span(&span));
    rows.chain(spans).chain(items.samples.iter().map(|sample| of_sample(&sample)))
}

fn of_row(row: &RowRef<'_>) -> Option<Reason> {
    first([
        (row.message.len() > MESSAGE_BYTES_MAX, Reason::MessageTooLong),
        (row.attributes.len() > ATTRIBUTES_BYTES_MAX, Reason::AttributesTooLarge),
        (longest_name(row.origin) > NAME_BYTES_MAX, Reason::NameTooLong),
    ])
}

/// A span without both its ids has no name: it could neither be found again nor told from another.
fn of_span(span: &SpanRef<'_>) -> Option<Reason> {
    let is_nameless = span.trace_id == [0; 16] || span.span_id == [0; 8];
    let is_long =
        longest_name(span.origin) > NAME_BYTES_MAX || span.operation.len() > OPERATION_BYTES_MAX;
    let is_large = span.attributes.len() > ATTRIBUTES_BYTES_MAX
        || span.events.len() > EVENTS_BYTES_MAX
        || span.links.len() > LINKS_BYTES_MAX;
    first([
        (is_nameless, Reason::Malformed),
        (span.status_message.len() > STATUS_MESSAGE_BYTES_MAX, Reason::MessageTooLong),
        (is_large, Reason::AttributesTooLarge),
        (is_long, Reason::NameTooLong),
    ])
}

fn of_sample(sample: &SampleRef<'_>) -> Option<Reason> {
    let longest = longest_name(sample.origin).max(sample.name.len()).max(sample.unit.len());
    first([
        (sample.attributes.len() > ATTRIBUTES_BYTES_MAX, Reason::AttributesTooLarge),
        (longest > NAME_BYTES_MAX, Reason::NameTooLong),
    ])
}

fn first<const N: usize>(wrong: [(bool, Reason); N]) -> Option<Reason> {
    wrong.into_iter().find_map(|(is_wrong, reason)| is_wrong.then_some(reason))
}

fn longest_name(origin: &Origin) -> usize {
    let names = [&origin.component, &origin.instance, &origin.node, &origin.version, &origin.zone];
    names.into_iter().map(String::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests;
