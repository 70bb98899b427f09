//! The codec of spans from outside: what goes in comes out, and nothing else does harm.

use std::sync::Arc;

use nilometer_model::{Origin, SpanKind, SpanRef, SpanStatus, Spans, Timestamp};
use proptest::prelude::*;

use super::{FRAMES, SpanColumns, SpanDecoder, decode_spans, encode_spans};
use crate::hostile::sign;
use crate::{BlockError, Columns};

type Drawn = (u8, (u8, u8, u8), (i64, u64), [String; 4], (u64, i64));

fn spans_of(drawn: &[Drawn]) -> Spans {
    let origins: Vec<Arc<Origin>> = (0..4)
        .map(|n| Arc::new(Origin { component: format!("service-{n}"), ..Origin::default() }))
        .collect();
    let mut spans = Spans::default();
    for (number, (trace, span, parent), (start, duration), texts, (position, received)) in drawn {
        let [status_message, attributes, events, links] = texts;
        spans.push(SpanRef {
            origin: &origins[usize::from(*number) % origins.len()],
            operation: ["GET /", "", "日志"][usize::from(*number) % 3],
            trace_id: [*trace; 16],
            span_id: [*span; 8],
            parent_id: (*parent > 0).then_some([*parent; 8]),
            start: Timestamp(*start),
            duration: *duration,
            kind: SpanKind::ALL[usize::from(*number) % SpanKind::ALL.len()],
            status: SpanStatus::ALL[usize::from(*number) % SpanStatus::ALL.len()],
            status_message,
            attributes,
            events,
            links,
            position: *position,
            received: Timestamp(*received),
        });
    }
    spans
}

/// Few traces and ids, so that parents are in the run, elsewhere, twice there, and their own children.
pub(crate) fn any_spans(spans_max: usize) -> impl Strategy<Value = Spans> {
    let text = || "[a-z{}é]{0,6}";
    let texts = [text(), text(), text(), text()];
    let span =
        (any::<u8>(), (0_u8..3, 0_u8..8, 0_u8..9), any::<(i64, u64)>(), texts, any::<(u64, i64)>());
    proptest::collection::vec(span, 0..spans_max).prop_map(|drawn| spans_of(&drawn))
}

/// The spans, with nothing in the columns that are not named.
fn only(spans: &Spans, columns: SpanColumns) -> Spans {
    let mut bare = Spans::default();
    bare.origins.clone_from(&spans.origins);
    bare.operations.clone_from(&spans.operations);
    let text = |column, text| if columns.has(column) { text } else { "" };
    let arrival = columns.has(SpanColumns::ARRIVAL);
    let kind_status = columns.has(SpanColumns::KIND_STATUS);
    for span in spans.iter() {
        bare.push(SpanRef {
            trace_id: if columns.has(SpanColumns::TRACE_ID) { span.trace_id } else { [0; 16] },
            span_id: if columns.has(SpanColumns::SPAN_ID) { span.span_id } else { [0; 8] },
            parent_id: span.parent_id.filter(|_| columns.has(SpanColumns::PARENT_ID)),
            start: if columns.has(SpanColumns::START) { span.start } else { Timestamp(0) },
            duration: if columns.has(SpanColumns::DURATION) { span.duration } else { 0 },
            kind: if kind_status { span.kind } else { SpanKind::Unspecified },
            status: if kind_status { span.status } else { SpanStatus::Unset },
            status_message: text(SpanColumns::STATUS_MESSAGE, span.status_message),
            attributes: text(SpanColumns::ATTRIBUTES, span.attributes),
            events: text(SpanColumns::EVENTS, span.events),
            links: text(SpanColumns::LINKS, span.links),
            position: if arrival { span.position } else { 0 },
            received: if arrival { span.received } else { Timestamp(0) },
            ..span
        });
    }
    bare
}

const COLUMNS: [SpanColumns; 11] = [
    SpanColumns::TRACE_ID,
    SpanColumns::SPAN_ID,
    SpanColumns::PARENT_ID,
    SpanColumns::START,
    SpanColumns::DURATION,
    SpanColumns::KIND_STATUS,
    SpanColumns::STATUS_MESSAGE,
    SpanColumns::ATTRIBUTES,
    SpanColumns::EVENTS,
    SpanColumns::LINKS,
    SpanColumns::ARRIVAL,
];

proptest! {
    #[test]
    fn spans_come_back_as_they_were_in_any_order(spans in any_spans(40), level in 1..4) {
        let sorted = spans.pick(&spans.by_trace());
        for spans in [spans, sorted] {
            let bytes = encode_spans(&spans, level);
            prop_assert_eq!(&encode_spans(&spans, level), &bytes);
            prop_assert_eq!(&decode_spans(&bytes, SpanColumns::ALL).unwrap(), &spans);
        }
    }

    #[test]
    fn any_columns_come_back_alone_from_one_decoder(
        drawn in proptest::collection::vec((any_spans(20), any::<[bool; 11]>()), 1..4),
    ) {
        let mut decoder = SpanDecoder::default();
        for (spans, asked) in drawn {
            let columns = COLUMNS.into_iter().zip(asked).filter(|(_, asked)| *asked);
            let columns = columns.fold(SpanColumns::NONE, |all, (one, _)| all.with(one));
            let decoded = decoder.decode(&encode_spans(&spans, 1), columns).unwrap();
            prop_assert_eq!(&decoded, &only(&spans, columns), "{:?}", columns);
        }
    }

    #[test]
    fn a_changed_cut_or_grown_block_is_refused(
        spans in any_spans(12), at in any::<prop::sample::Index>(), flip in 1_u8..,
    ) {
        let bytes = encode_spans(&spans, 1);
        let mut changed = bytes.clone();
        let at = at.index(changed.len());
        changed[at] ^= flip;
        prop_assert!(decode_spans(&changed, SpanColumns::ALL).is_err());
        prop_assert!(decode_spans(&bytes[..at], SpanColumns::ALL).is_err());
        let grown = [&bytes[..], &[flip]].concat();
        prop_assert!(decode_spans(&grown, SpanColumns::ALL).is_err());
    }

    /// Whoever wants to do harm computes checksums too.
    #[test]
    fn hostile_bytes_under_right_checksums_do_no_harm(
        spans in any_spans(12), flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = encode_spans(&spans, 1);
        for (at, flip) in flips {
            let at = 10 + at.index(bytes.len() - 10);
            bytes[at] ^= flip;
        }
        sign::<FRAMES>(&mut bytes);
        if let Ok(spans) = decode_spans(&bytes, SpanColumns::ALL) {
            prop_assert!(spans.check());
        }
    }
}

#[test]
fn the_kinds_of_block_are_not_mistaken_for_each_other() {
    let spans = encode_spans(&Spans::default(), 1);
    assert_eq!(decode_spans(&spans, SpanColumns::ALL).unwrap(), Spans::default());
    assert_eq!(crate::decode(&spans, Columns::ALL).unwrap_err(), BlockError::NotABlock);
    let rows = crate::encode(&nilometer_model::Rows::default(), 1);
    let error = decode_spans(&rows, SpanColumns::ALL).unwrap_err();
    assert_eq!(error, BlockError::NotABlock);
}

#[test]
fn more_spans_than_a_block_may_hold_are_refused_before_anything_is_inflated() {
    let claim = |rows: usize| {
        let mut bytes = encode_spans(&Spans::default(), 1);
        bytes[10..14].copy_from_slice(&u32::try_from(rows).unwrap().to_le_bytes());
        sign::<FRAMES>(&mut bytes);
        decode_spans(&bytes, SpanColumns::ALL).unwrap_err()
    };
    let limit = crate::limits::ROWS_MAX;
    let too_many = BlockError::TooLarge { what: "rows", claimed: limit + 1, limit };
    assert_eq!(claim(limit + 1), too_many);
    assert_eq!(claim(limit), BlockError::Damaged("who"));
}

/// Traces like people's: a tree of 50 calls through 12 services, random ids, 4,096 spans a block.
#[test]
fn a_span_without_attributes_takes_less_than_twenty_bytes() {
    const SPANS: usize = 4_096;
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        random ^ random >> 29
    };
    let origins: Vec<Arc<Origin>> = (0..12)
        .map(|n| Arc::new(Origin { component: format!("service-{n}"), ..Origin::default() }))
        .collect();
    let mut spans = Spans::default();
    let (mut trace_id, mut ids, mut start) = ([0; 16], vec![[0; 8]], 1_700_000_000_000_000_000);
    for row in 0..SPANS {
        if row % 50 == 0 {
            trace_id = (u128::from(next()) << 64 | u128::from(next())).to_be_bytes();
            ids = Vec::new();
        }
        let parent = ids.len().checked_sub(1).map(|last| ids[last - last.min(next() as usize % 3)]);
        ids.push(next().to_be_bytes());
        start += (next() % 4_000_000).cast_signed();
        let who = ids.len() % origins.len();
        spans.push(SpanRef {
            origin: &origins[who],
            operation: ["GET /cart", "SELECT orders", "POST /pay", "publish"][who % 4],
            trace_id,
            span_id: ids[ids.len() - 1],
            parent_id: parent,
            start: Timestamp(start),
            duration: next() % 50_000_000,
            kind: SpanKind::Server,
            status: SpanStatus::Unset,
            status_message: "",
            attributes: "",
            events: "",
            links: "",
            position: row as u64,
            received: Timestamp(1_700_000_000_000_000_000),
        });
    }
    let bytes = encode_spans(&spans, 1);
    assert_eq!(decode_spans(&bytes, SpanColumns::ALL).unwrap(), spans);
    assert!(bytes.len() < 20 * SPANS, "{} bytes for {SPANS} spans", bytes.len());
}
