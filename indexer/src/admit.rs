//! Admission: which records of a batch are turned away, and why. Pure: the index loop asks again and gets
//! the same answer.

use std::collections::HashMap;

use nilometer_model::limits::{ATTRIBUTES_BYTES_MAX, MESSAGE_BYTES_MAX, NAME_BYTES_MAX};
use nilometer_model::{Origin, Reason, RowRef, SourceId};
use nilometer_wire::{Batch, Refusal};

/// The records of the batch that are turned away.
pub(crate) fn admit(batch: &Batch) -> Vec<Refusal> {
    let ranges: HashMap<SourceId, (u64, u64)> =
        batch.header.sources.iter().map(|range| (range.source, (range.from, range.to))).collect();
    let refusal = |(index, row): (usize, RowRef<'_>)| {
        let source = row.origin.source;
        let declared = ranges
            .get(&source)
            .is_some_and(|(from, to)| *from < row.position && row.position <= *to);
        let reason = if declared { reason(&row) } else { Some(Reason::Malformed) };
        let index = u32::try_from(index).ok()?;
        reason.map(|reason| Refusal { index, source, position: row.position, reason })
    };
    batch.items.rows.iter().enumerate().filter_map(refusal).collect()
}

fn reason(row: &RowRef<'_>) -> Option<Reason> {
    if row.message.len() > MESSAGE_BYTES_MAX {
        return Some(Reason::MessageTooLong);
    }
    if row.attributes.len() > ATTRIBUTES_BYTES_MAX {
        return Some(Reason::AttributesTooLarge);
    }
    (longest_name(row.origin) > NAME_BYTES_MAX).then_some(Reason::NameTooLong)
}

fn longest_name(origin: &Origin) -> usize {
    let names = [&origin.component, &origin.instance, &origin.node, &origin.version, &origin.zone];
    names.into_iter().map(String::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use nilometer_model::{
        BatchId, CollectorId, Count, Epoch, LineageId, Rows, Sequence, Severity, Stream, Timestamp,
    };
    use nilometer_wire::{BatchHeader, Fingerprint, SourceRange};

    use super::*;

    fn batch(message: &str, attributes: &str, position: u64, component: &str) -> Batch {
        let source = SourceId(7);
        let component = component.to_owned();
        let origin = Arc::new(Origin { component: component.clone(), source, ..Origin::default() });
        let mut rows = Rows::default();
        rows.push(RowRef {
            origin: &origin,
            time: Timestamp(1),
            order_time: Timestamp(1),
            position,
            bytes: 1,
            received: Timestamp(1),
            severity: Severity::Unset,
            message,
            attributes,
            trace_id: None,
            span_id: None,
        });
        let range = SourceRange {
            source,
            lineage: LineageId(1),
            component,
            instance: String::new(),
            stream: Stream::Stdout,
            path: String::new(),
            fingerprint: Fingerprint::default(),
            from: 10,
            to: 20,
            running: Count::default(),
            gaps: Vec::new(),
            ended: false,
        };
        let id =
            BatchId { collector: CollectorId::default(), epoch: Epoch(1), sequence: Sequence(1) };
        let header = BatchHeader {
            batch: id,
            tenant: "default".to_owned(),
            shard_map: 0,
            dictionary: 0,
            frozen_at: Timestamp(1),
            replaces: Vec::new(),
            node: "n".to_owned(),
            sources: vec![range],
        };
        Batch { header, items: rows.into() }
    }

    #[track_caller]
    fn check(batch: &Batch, expect: Option<Reason>) {
        let refused = admit(batch);
        assert_eq!(refused.first().map(|refusal| refusal.reason), expect);
        assert_eq!(refused, admit(batch), "admission is pure");
    }

    #[test]
    fn limits_hold_at_n_and_refuse_at_n_plus_1() {
        let (longest, longer) = ("m".repeat(MESSAGE_BYTES_MAX), "m".repeat(MESSAGE_BYTES_MAX + 1));
        check(&batch(&longest, "", 15, "c"), None);
        check(&batch(&longer, "", 15, "c"), Some(Reason::MessageTooLong));
        let attributes = "a".repeat(ATTRIBUTES_BYTES_MAX);
        check(&batch("m", &attributes, 15, "c"), None);
        check(&batch("m", &format!("{attributes}a"), 15, "c"), Some(Reason::AttributesTooLarge));
        let name = "n".repeat(NAME_BYTES_MAX);
        check(&batch("m", "", 15, &name), None);
        check(&batch("m", "", 15, &format!("{name}n")), Some(Reason::NameTooLong));
    }

    #[test]
    fn a_record_outside_the_range_that_its_batch_declares_is_malformed() {
        check(&batch("m", "", 20, "c"), None);
        check(&batch("m", "", 21, "c"), Some(Reason::Malformed));
        check(&batch("m", "", 10, "c"), Some(Reason::Malformed));
    }
}
