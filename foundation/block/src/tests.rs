//! The codec from outside: what goes in comes out, and nothing else does harm.

use std::sync::Arc;

use nilometer_model::{Origin, RowRef, Rows, Severity, SourceId, Stream, Timestamp};
use proptest::prelude::*;

use crate::hostile::sign;
use crate::layout::FRAMES;
use crate::{BlockError, Columns, Decoder, decode, encode};

type Drawn = (u8, (i64, i64, i64), (u64, u32), String, String, Option<u8>, Option<u8>);

fn origin(n: u8) -> Arc<Origin> {
    Arc::new(Origin {
        component: format!("component-{}", n / 2),
        instance: format!("pod-{n}"),
        stream: Stream::ALL[usize::from(n) % Stream::ALL.len()],
        source: SourceId(u64::from(n) << 40),
        ..Origin::default()
    })
}

fn rows_of(drawn: &[Drawn]) -> Rows {
    let mut rows = Rows::default();
    for (source, (time, order_time, received), (position, bytes), message, attributes, t, s) in
        drawn
    {
        rows.push(RowRef {
            origin: &origin(*source),
            time: Timestamp(*time),
            order_time: Timestamp(*order_time),
            position: *position,
            bytes: *bytes,
            received: Timestamp(*received),
            severity: Severity::ALL[usize::from(*source) % Severity::ALL.len()],
            message,
            attributes,
            trace_id: t.map(|id| [id; 16]),
            span_id: s.map(|id| [id; 8]),
        });
    }
    rows
}

pub(crate) fn any_rows(rows_max: usize) -> impl Strategy<Value = Rows> {
    let times = (any::<i64>(), any::<i64>(), any::<i64>());
    let texts = ("\\PC{0,12}", "[a-z{}\":]{0,8}");
    let ids = (proptest::option::of(1_u8..), proptest::option::of(1_u8..));
    let row = (0_u8..6, times, any::<(u64, u32)>(), texts, ids)
        .prop_map(|(o, t, p, (m, a), (trace, span))| (o, t, p, m, a, trace, span));
    proptest::collection::vec(row, 0..rows_max).prop_map(|drawn| rows_of(&drawn))
}

/// The rows, with nothing in the columns that are not named.
fn only(rows: &Rows, columns: Columns) -> Rows {
    let mut bare = Rows::default();
    bare.origins.clone_from(&rows.origins);
    for row in rows.iter() {
        let has = |column| columns.has(column);
        let time = |column, time| if has(column) { time } else { Timestamp(0) };
        let text = |column, text| if has(column) { text } else { "" };
        bare.push(RowRef {
            origin: row.origin,
            time: time(Columns::TIME, row.time),
            order_time: time(Columns::ORDER_TIME, row.order_time),
            received: time(Columns::RECEIVED, row.received),
            position: if has(Columns::POSITION) { row.position } else { 0 },
            bytes: if has(Columns::POSITION) { row.bytes } else { 0 },
            severity: if has(Columns::SEVERITY) { row.severity } else { Severity::Unset },
            message: match text(Columns::MESSAGE, row.message) {
                "" if has(Columns::HAS_MESSAGE) && !row.message.is_empty() => "?",
                message => message,
            },
            attributes: text(Columns::ATTRIBUTES, row.attributes),
            trace_id: row.trace_id.filter(|_| has(Columns::IDS)),
            span_id: row.span_id.filter(|_| has(Columns::IDS)),
        });
    }
    bare
}

const COLUMNS: [Columns; 9] = [
    Columns::TIME,
    Columns::ORDER_TIME,
    Columns::RECEIVED,
    Columns::POSITION,
    Columns::SEVERITY,
    Columns::MESSAGE,
    Columns::ATTRIBUTES,
    Columns::IDS,
    Columns::HAS_MESSAGE,
];

proptest! {
    #[test]
    fn rows_come_back_as_they_were(rows in any_rows(40), level in 1..4) {
        let bytes = encode(&rows, level);
        prop_assert_eq!(&encode(&rows, level), &bytes);
        prop_assert_eq!(&decode(&bytes, Columns::ALL).unwrap(), &rows);
    }

    #[test]
    fn any_columns_come_back_alone_from_one_decoder(
        drawn in proptest::collection::vec((any_rows(20), any::<[bool; 9]>()), 1..4),
    ) {
        let mut decoder = Decoder::default();
        for (rows, asked) in drawn {
            let columns = COLUMNS.into_iter().zip(asked).filter(|(_, asked)| *asked);
            let columns = columns.fold(Columns::NONE, |all, (one, _)| all.with(one));
            let decoded = decoder.decode(&encode(&rows, 1), columns).unwrap();
            prop_assert!(decoded.check());
            prop_assert_eq!(&decoded, &only(&rows, columns), "{:?}", columns);
        }
    }

    #[test]
    fn a_changed_cut_or_grown_block_is_refused(
        rows in any_rows(12), at in any::<prop::sample::Index>(), flip in 1_u8..,
    ) {
        let bytes = encode(&rows, 1);
        let mut changed = bytes.clone();
        let at = at.index(changed.len());
        changed[at] ^= flip;
        prop_assert!(decode(&changed, Columns::ALL).is_err());
        prop_assert!(decode(&bytes[..at], Columns::ALL).is_err());
        let grown = [&bytes[..], &[flip]].concat();
        prop_assert!(decode(&grown, Columns::ALL).is_err());
    }

    /// Whoever wants to do harm computes checksums too.
    #[test]
    fn hostile_bytes_under_right_checksums_do_no_harm(
        rows in any_rows(12), flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = encode(&rows, 1);
        for (at, flip) in flips {
            let at = 10 + at.index(bytes.len() - 10);
            bytes[at] ^= flip;
        }
        sign::<FRAMES>(&mut bytes);
        if let Ok(rows) = decode(&bytes, Columns::ALL) {
            prop_assert!(rows.check());
        }
    }
}

#[test]
fn what_is_no_block_says_why() {
    let good = encode(&Rows::default(), 1);
    assert_eq!(decode(&good, Columns::ALL).unwrap(), Rows::default());
    let mut newer = good.clone();
    newer[4] = 9;
    let cases = [
        (&b""[..], BlockError::NotABlock),
        (b"NLBX", BlockError::NotABlock),
        (&good[..20], BlockError::Damaged("head")),
        (&newer, BlockError::Version(9)),
    ];
    for (bytes, expect) in cases {
        assert_eq!(decode(bytes, Columns::ALL).unwrap_err(), expect);
    }
}

#[test]
fn more_rows_or_text_than_a_block_may_hold_is_refused_before_it_is_inflated() {
    let claim = |at: usize, value: usize| {
        let mut bytes = encode(&Rows::default(), 1);
        bytes[at..at + 4].copy_from_slice(&u32::try_from(value).unwrap().to_le_bytes());
        sign::<FRAMES>(&mut bytes);
        decode(&bytes, Columns::ALL).unwrap_err()
    };
    let rows = crate::limits::ROWS_MAX;
    assert_eq!(
        claim(10, rows + 1),
        BlockError::TooLarge { what: "rows", claimed: rows + 1, limit: rows }
    );
    assert_eq!(claim(10, rows), BlockError::Damaged("origins"));
    let (messages, text) = (14 + 3 * 12 + 4, crate::limits::TEXT_BYTES_MAX);
    assert_eq!(
        claim(messages, text + 1),
        BlockError::TooLarge { what: "messages", claimed: text + 1, limit: text }
    );
    assert_eq!(claim(messages, text), BlockError::Damaged("messages"));
}

#[test]
fn a_full_batch_of_rows_comes_back() {
    let origin = origin(3);
    let mut rows = Rows::default();
    for row in 0..crate::limits::ROWS_MAX as u64 {
        rows.push(RowRef {
            origin: &origin,
            time: Timestamp(row.cast_signed() * 1_000),
            order_time: Timestamp(row.cast_signed() * 1_000),
            position: row * 45,
            bytes: 45,
            received: Timestamp(5),
            severity: Severity::Info,
            message: "ok",
            attributes: "",
            trace_id: None,
            span_id: None,
        });
    }
    let bytes = encode(&rows, 1);
    assert_eq!(decode(&bytes, Columns::ALL).unwrap(), rows);
    assert!(bytes.len() < 4_096, "{} bytes for rows that are all alike", bytes.len());
}
