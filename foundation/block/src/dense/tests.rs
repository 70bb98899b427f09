//! The dense block from outside: what goes in comes out, and nothing else does harm.

use std::sync::Arc;

use nilometer_model::{Origin, RowRef, Rows, Severity, SourceId, Timestamp};
use proptest::prelude::*;

use super::streams::Stream;
use super::table::Table;
use super::templates::Templates;
use crate::limits::TEMPLATES_KEPT_BYTES_MAX;
use crate::{BlockError, DenseEncoder, decode_dense, encode_dense, uncompressed};

/// A record, as tests say it.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    origin: u8,
    time: i64,
    place: (u64, u32),
    message: String,
    attributes: String,
    trace: Option<[u8; 16]>,
    span: Option<[u8; 8]>,
}

pub(super) fn rows_of(all: &[Said]) -> Rows {
    let mut rows = Rows::default();
    for said in all {
        let origin = Arc::new(Origin {
            component: format!("component-{}", said.origin / 2),
            source: SourceId(u64::from(said.origin) << 40),
            ..Origin::default()
        });
        rows.push(RowRef {
            origin: &origin,
            time: Timestamp(said.time),
            order_time: Timestamp(said.time),
            position: said.place.0,
            bytes: said.place.1,
            received: Timestamp(0),
            severity: Severity::ALL[usize::from(said.origin) % Severity::ALL.len()],
            message: &said.message,
            attributes: &said.attributes,
            trace_id: said.trace,
            span_id: said.span,
        });
    }
    rows
}

#[track_caller]
fn check(rows: &Rows) -> Vec<u8> {
    let bytes = encode_dense(rows, 1).unwrap();
    assert_eq!(&decode_dense(&bytes).unwrap(), rows);
    assert_eq!(encode_dense(rows, 1).unwrap(), bytes);
    let mut kept = DenseEncoder::new(1).unwrap();
    for time in 0..3 {
        assert_eq!(&decode_dense(&kept.encode(rows).unwrap()).unwrap(), rows, "time {time}");
    }
    let plain = uncompressed(&bytes).unwrap();
    assert_eq!(&decode_dense(&plain).unwrap(), rows);
    bytes
}

pub(super) fn says(message: &str, attributes: &str) -> Said {
    let (message, attributes) = (message.to_owned(), attributes.to_owned());
    Said { time: 1_767_225_605_477_123_456, message, attributes, ..Said::default() }
}

#[test]
fn texts_of_every_kind_come_back() {
    let trace = "52351487d7d9153c7fb338a2b64f237d";
    let cases = [
        ("", ""),
        ("", "{}"),
        ("plain", "{\"k\":true}"),
        ("00:00:05.477 at 23:59:59, 99:99:99 and 24:00:00", ""),
        ("2026-01-01T00:00:05Z 00:00:05,4771 00:00:05.4", "{\"time\":\"00:00:05.4\"}"),
        ("0x251ef2c4 0x 0xg 0X12 deadbeef dead1234 ABCD12 a1 x1y2z3", ""),
        ("ebc4cd76-cb2e-dc33-055d-42e044ae21ef ebc4cd76-cb2e-dc33-055d-42e044ae21efa", ""),
        ("10.0.0.7 256.1.1.1 1.2.3 1.2.3.4.5 01.2.3.4 1.2.3.4:80 1.2.3.400", ""),
        ("\u{0}\u{1}\u{8}\u{a}\u{b}\ta\r\n1\n", "{\"\u{0}\":\"\u{8}\n\"}"),
        ("größe 12 日志34ü5", "{\"größe\":12,\"日\":\"志34ü5\"}"),
        (
            "user=anna port=50423",
            "{\"user\":\"anna\",\"port\":50423,\"other\":\"an\",\"n\":[1,{\"a\":2}]}",
        ),
        ("say \\\"hi\\\"", "{\"say\":\"\\\\\\\"hi\\\\\\\"\",\"open\":\"\\"),
        (trace, "{\"trace\":\"52351487d7d9153c7fb338a2b64f237d\",\":\":\":"),
    ];
    let all: Vec<Said> =
        cases.iter().map(|(message, attributes)| says(message, attributes)).collect();
    check(&rows_of(&all));
    for said in all {
        check(&rows_of(&[said]));
    }
    check(&Rows::default());
}

#[test]
fn numbers_and_templates_of_any_length_come_back() {
    let digits = "7".repeat(1_000);
    let hex = "0f".repeat(600);
    let many = "1 ".repeat(3_000);
    let all = [&digits, &hex, &many, "a"].map(|text| says(text, &format!("{{\"a\":\"{text}\"}}")));
    check(&rows_of(&all));
}

#[test]
fn a_trace_that_its_message_says_is_not_told_twice() {
    let said = |number: u8, told: bool| {
        let (mut trace, mut span) = ([number; 16], [number; 8]);
        (trace[7], span[7]) = (0xab, 0xcd);
        let hex = |id: &[u8]| id.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let message = if told { format!("{} {}", hex(&trace), hex(&span)) } else { "x".to_owned() };
        Said { trace: Some(trace), span: Some(span), ..says(&message, "") }
    };
    for (told, ids_bytes) in [(true, 0), (false, 24 * 50)] {
        let all: Vec<Said> = (0..50).map(|number| said(number, told)).collect();
        let (_, streams) = super::streams::unpack(&check(&rows_of(&all))).unwrap();
        assert_eq!(streams[Stream::Ids as usize].len(), ids_bytes);
    }
}

#[test]
fn what_a_source_is_known_by_and_what_the_message_says_costs_a_record_nothing() {
    let said = |number: u64| {
        let port = number * 7_919 % 60_000;
        let attributes = format!(
            "{{\"user\":\"u{port}\",\"port\":{port},\"k8s.pod.name\":\"pod-{}\",\"k8s.node\":\"n\"}}",
            number % 5
        );
        let origin = u8::try_from(number % 5).unwrap_or_default();
        Said { origin: origin * 14, ..says(&format!("user u{port} port {port}"), &attributes) }
    };
    let all: Vec<Said> = (0..1_000).map(said).collect();
    let (_, streams) = super::streams::unpack(&check(&rows_of(&all))).unwrap();
    let text = String::from_utf8_lossy(&streams[Stream::Forms as usize]).into_owned();
    assert_eq!(text.matches("port").count(), 1, "{text:?}");
}

/// Texts of the pieces that are cut, in any order.
fn any_text() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        "[0-9]{1,12}",
        "[0-9a-f]{1,40}",
        "[a-z\":,{}\\[\\]\\\\ =.-]{0,9}",
        "[0-2][0-9]:[0-5][0-9]:[0-5][0-9]([.,][0-9]{3})?",
        "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}",
        "\\PC{0,4}",
        "[\\x00-\\x0b]{0,3}",
        "\":\"[a-z0-9]{1,4}\"",
    ];
    proptest::collection::vec(pieces, 0..7).prop_map(|pieces| pieces.concat())
}

pub(super) fn any_rows() -> impl Strategy<Value = Rows> {
    let ids = (proptest::option::of(1_u8..), proptest::option::of(1_u8..));
    let said = (0_u8..6, any::<i64>(), any::<(u64, u32)>(), any_text(), any_text(), ids).prop_map(
        |(origin, time, place, message, attributes, (trace, span))| {
            let (trace, span) = (trace.map(|id| [id; 16]), span.map(|id| [id; 8]));
            let attributes = attributes + if origin > 3 { ",\"k\":\"v\"}" } else { "" };
            Said { origin, time, place, message, attributes, trace, span }
        },
    );
    let again = proptest::collection::vec((said, 1_usize..4), 0..20);
    again.prop_map(|all| {
        let repeated = all.into_iter().flat_map(|(said, times)| vec![said; times]);
        rows_of(&repeated.collect::<Vec<_>>())
    })
}

proptest! {
    #[test]
    fn rows_come_back_as_they_were(rows in any_rows()) {
        check(&rows);
    }

    #[test]
    fn a_changed_cut_or_grown_block_is_refused(
        rows in any_rows(), at in any::<prop::sample::Index>(), flip in 1_u8..,
    ) {
        let bytes = encode_dense(&rows, 1).unwrap();
        let mut changed = bytes.clone();
        let at = at.index(changed.len());
        changed[at] ^= flip;
        prop_assert!(decode_dense(&changed).is_err());
        prop_assert!(decode_dense(&bytes[..at]).is_err());
        prop_assert!(decode_dense(&[&bytes[..], &[flip]].concat()).is_err());
    }
}

/// Makes the checksum right.
fn sign(bytes: &mut [u8]) {
    let crc = crc32c::crc32c(&bytes[10..]);
    bytes[6..10].copy_from_slice(&crc.to_le_bytes());
}

/// Whoever wants to do harm computes checksums too.
#[test]
fn twenty_thousand_damaged_blocks_under_right_checksums_do_no_harm() {
    const SEED: u64 = 20_261_121;
    let mut dice = SEED;
    let mut roll = |sides: usize| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(dice >> 33).unwrap_or_default() % sides
    };
    let said = |number: usize| {
        let message =
            format!("00:00:05.47{} GET /a{number} from 10.0.0.{number} 0x{number:x}", number % 10);
        let attributes = format!("{{\"path\":\"/a{number}\",\"n\":{number},\"k8s\":\"pod\"}}");
        let id = u8::try_from(number % 3).unwrap_or_default();
        let trace = (id > 0).then_some([id; 16]);
        Said { trace, origin: id, ..says(&message, &attributes) }
    };
    let rows = rows_of(&(0..24).map(said).collect::<Vec<_>>());
    let packed = encode_dense(&rows, 1).unwrap();
    let plain = uncompressed(&packed).unwrap();
    let mut taken = 0;
    for round in 0..20_000 {
        let mut bytes = if round % 4 == 0 { packed.clone() } else { plain.clone() };
        for _ in 0..=roll(3) {
            let at = 10 + roll(bytes.len() - 10);
            bytes[at] = match roll(3) {
                0 => bytes[at] ^ 1 << roll(8),
                1 => 0xff,
                _ => u8::try_from(roll(256)).unwrap_or_default(),
            };
        }
        sign(&mut bytes);
        if let Ok(rows) = decode_dense(&bytes) {
            taken += 1;
            assert!(rows.check(), "seed {SEED}, round {round}");
        }
    }
    assert!(taken < 20_000, "seed {SEED}");
}

#[test]
fn more_than_a_block_may_hold_is_refused_before_it_is_inflated() {
    use super::streams::{Streams, pack};
    use crate::cursor::put_varint;
    use crate::limits::{ROWS_MAX, STREAMS_BYTES_MAX};
    let claims = |rows: usize, raw: usize| {
        let mut bytes = pack(0, &Streams::default(), None).unwrap();
        bytes.truncate(10);
        put_varint(&mut bytes, u32::try_from(rows).unwrap());
        for stream in Stream::ALL {
            put_varint(&mut bytes, 0);
            let raw = if stream == Stream::Digits { raw } else { 0 };
            put_varint(&mut bytes, u32::try_from(raw).unwrap());
        }
        sign(&mut bytes);
        decode_dense(&bytes).unwrap_err()
    };
    let too_large = |what, limit| BlockError::TooLarge { what, claimed: limit + 1, limit };
    assert_eq!(claims(ROWS_MAX + 1, 0), too_large("rows", ROWS_MAX));
    assert_eq!(claims(ROWS_MAX, 0), BlockError::Damaged("origins"));
    assert_eq!(claims(0, STREAMS_BYTES_MAX + 1), too_large("streams", STREAMS_BYTES_MAX));
    assert_eq!(claims(0, STREAMS_BYTES_MAX), BlockError::Damaged("digits"));
}

#[test]
fn what_an_encoder_learnt_of_other_blocks_changes_nothing_that_a_block_says() {
    let blocks: Vec<Rows> = (0..40_u32)
        .map(|block| {
            let line = |n: u32| {
                let word = ["user", "order", "0xbeef", "\u{1}", "a\tb"][((n + block) % 5) as usize];
                let message =
                    format!("{word} {n} of block {block} at 00:00:05 took {}ms", n * block);
                says(&message, &format!("{{\"word\":\"{word}\",\"n\":{n},\"b\":{block}}}"))
            };
            rows_of(&(0..block * 3).map(line).collect::<Vec<_>>())
        })
        .collect();
    let mut encoder = DenseEncoder::new(1).unwrap();
    for rows in blocks.iter().chain(blocks.iter().rev()) {
        assert_eq!(&decode_dense(&encoder.encode(rows).unwrap()).unwrap(), rows);
    }
}

#[test]
fn templates_are_kept_up_to_a_limit_and_then_all_forgotten() {
    for (bytes, is_full) in
        [(TEMPLATES_KEPT_BYTES_MAX, false), (TEMPLATES_KEPT_BYTES_MAX + 1, true)]
    {
        let mut table = Table::new(Templates::new(0));
        table.reserve(1);
        // Its end is a byte, too.
        assert_eq!(table.number(&vec![b'x'; bytes - 1]), 0);
        assert_eq!(table.is_full(), is_full);
        table.forget();
        table.reserve(1);
        assert_eq!((table.is_full(), table.number(b"x"), table.number(b"x")), (false, 0, 0));
    }
    let texts = |block: usize| {
        let text =
            |n: usize| says(&char::from(b'a' + (n % 26) as u8).to_string().repeat(n + block), "{}");
        rows_of(&(0..1_000).map(text).collect::<Vec<_>>())
    };
    let mut encoder = DenseEncoder::new(1).unwrap();
    for block in [0, 2_000, 0] {
        let rows = texts(block);
        assert_eq!(&decode_dense(&encoder.encode(&rows).unwrap()).unwrap(), &rows);
    }
}
