//! Frames: there and back, at their limits, and with any byte changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use nilometer_model::{
    BatchId, CollectorId, Count, Epoch, Gap, GapKind, LineageId, Origin, Reason, RowRef, Rows,
    SampleKind, SampleRef, Samples, Sequence, Severity, SourceId, SpanKind, SpanRef, SpanStatus,
    Spans, Stream, Timestamp,
};
use proptest::prelude::*;

use super::*;
use crate::{Fingerprint, SourceRange};

fn range(source: u64) -> SourceRange {
    SourceRange {
        source: SourceId(source),
        lineage: LineageId(1),
        component: "shop".to_owned(),
        instance: "shop-1".to_owned(),
        stream: Stream::Stdout,
        path: "var/log/pods/a/0.log".to_owned(),
        fingerprint: Fingerprint { bytes: 80, hash: 5 },
        from: 0,
        to: 900,
        running: Count { bytes: 900, records: 3 },
        gaps: vec![Gap {
            kind: GapKind::Lost,
            from: 5,
            to: None,
            reason: Reason::SpoolDamaged,
            count: None,
            time: Timestamp(4),
        }],
        ended: true,
    }
}

pub(crate) fn header(sources: u64) -> BatchHeader {
    let batch = BatchId {
        collector: CollectorId(uuid::Uuid::from_u128(7)),
        epoch: Epoch(8),
        sequence: Sequence(9),
    };
    BatchHeader {
        batch,
        tenant: "default".to_owned(),
        shard_map: 1,
        dictionary: 0,
        frozen_at: Timestamp(-1),
        replaces: vec![batch],
        node: "n1".to_owned(),
        sources: (0..sources).map(range).collect(),
    }
}

/// A record for each message, and half as many spans and samples.
pub(crate) fn items(messages: &[String]) -> Items {
    let mut rows = Rows::default();
    let origin = Arc::new(Origin { component: "shop".to_owned(), ..Origin::default() });
    for (at, message) in messages.iter().enumerate() {
        rows.push(RowRef {
            origin: &origin,
            time: Timestamp(at as i64),
            order_time: Timestamp(at as i64),
            position: at as u64 + 1,
            bytes: 10,
            received: Timestamp(0),
            severity: Severity::Info,
            message,
            attributes: if at % 2 == 0 { "" } else { r#"{"a":1}"# },
            trace_id: (at % 3 == 0).then_some([3; 16]),
            span_id: None,
        });
    }
    let (mut spans, mut samples) = (Spans::default(), Samples::default());
    for position in messages.len() as u64 + 1..=messages.len() as u64 * 3 / 2 {
        spans.push(span(&origin, position));
        samples.push(sample(&origin, position));
    }
    Items { rows, spans, samples }
}

fn span(origin: &Arc<Origin>, position: u64) -> SpanRef<'_> {
    SpanRef {
        origin,
        operation: "GET /",
        trace_id: [1; 16],
        span_id: position.to_be_bytes(),
        parent_id: None,
        start: Timestamp(5),
        duration: 7,
        kind: SpanKind::Server,
        status: SpanStatus::Error,
        status_message: "no",
        attributes: r#"{"a":1}"#,
        events: "",
        links: "",
        position,
        received: Timestamp(0),
    }
}

fn sample(origin: &Arc<Origin>, position: u64) -> SampleRef<'_> {
    SampleRef {
        origin,
        name: "cpu",
        unit: "cores",
        time: Timestamp(6),
        value: 0.5,
        kind: SampleKind::Gauge,
        attributes: "",
        position,
        received: Timestamp(0),
    }
}

/// With its checksum made right again.
fn sealed(mut frame: Vec<u8>) -> Vec<u8> {
    let crc = crc32c::crc32c(&frame[CRC_END..]);
    frame[CRC_AT..CRC_END].copy_from_slice(&crc.to_le_bytes());
    frame
}

#[test]
fn every_damage_has_its_name() {
    let frame = encode(&header(1), &items(&["a".to_owned()])).unwrap();
    let changed = |at: usize, byte: u8| {
        let mut frame = frame.clone();
        frame[at] = byte;
        frame
    };
    let cases = BTreeMap::from([
        ("empty", (vec![], FrameError::NotAFrame)),
        ("foreign", (b"hello, world".to_vec(), FrameError::NotAFrame)),
        ("older", (changed(4, 1), FrameError::Version(1))),
        ("flipped", (changed(frame.len() - 1, !frame[frame.len() - 1]), FrameError::Checksum)),
        ("cut", (frame[..frame.len() - 1].to_vec(), FrameError::Checksum)),
        (
            "long header",
            (sealed(changed(CRC_END + 3, 255)), FrameError::Damaged("a section is cut off")),
        ),
    ]);
    for (name, (bytes, error)) in cases {
        assert_eq!(decode(&bytes).unwrap_err(), error, "{name}");
        assert_eq!(decode_header(&bytes).unwrap_err(), error, "{name}");
    }
}

#[test]
fn a_batch_of_columns_is_read_as_a_dense_one_and_so_is_one_of_the_format_before() {
    let items = items(&["user 7 from 10.0.0.7".to_owned(), "user 8 from 10.0.0.8".to_owned()]);
    let dense = encode(&header(1), &items).unwrap();
    let mut columns = Freezer::to_stay().freeze(&header(1), &items).unwrap();
    assert_ne!(dense, columns);
    let batch = decode(&dense).unwrap();
    assert_eq!(decode(&columns).unwrap(), batch);
    columns[MAGIC.len()] = 2;
    assert_eq!(decode(&columns).unwrap(), batch);
}

#[test]
fn a_header_that_inflates_beyond_its_limit_is_refused() {
    let bomb = zstd::bulk::compress(&vec![0_u8; HEADER_BYTES_MAX + 1], 1).unwrap();
    let mut frame = MAGIC.to_vec();
    frame.extend_from_slice(&BATCH_VERSION.to_le_bytes());
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(&u32::try_from(bomb.len()).unwrap().to_le_bytes());
    frame.extend_from_slice(&[0; 8]);
    frame.extend_from_slice(&bomb);
    let error = decode(&sealed(frame)).unwrap_err();
    assert!(matches!(error, FrameError::TooLarge { what: "header bytes", .. }), "{error}");
}

#[test]
fn limits_hold_at_the_limit_and_not_beyond() {
    let sources = BATCH_SOURCES_MAX as u64;
    let frame = encode(&header(sources), &Items::default()).unwrap();
    assert_eq!(decode_header(&frame).unwrap().sources.len(), BATCH_SOURCES_MAX);
    let error = encode(&header(sources + 1), &Items::default()).unwrap_err();
    assert!(matches!(error, FrameError::TooLarge { what: "sources", .. }), "{error}");

    let full = items(&vec![String::new(); BATCH_RECORDS_MAX / 2]);
    assert_eq!(full.len(), BATCH_RECORDS_MAX);
    assert_eq!(decode(&encode(&header(1), &full).unwrap()).unwrap().items.len(), full.len());
    let mut over = full;
    over.rows.append(&items(&[String::new()]).rows);
    let error = encode(&header(1), &over).unwrap_err();
    assert!(matches!(error, FrameError::TooLarge { what: "records", .. }), "{error}");
}

proptest! {
    #[test]
    fn a_batch_comes_back_as_it_was_frozen(
        messages in proptest::collection::vec(".{0,40}", 0..50),
        sources in 0_u64..5,
    ) {
        let (header, items) = (header(sources), items(&messages));
        let frame = encode(&header, &items).unwrap();
        prop_assert_eq!(&frame, &encode(&header, &items).unwrap());
        prop_assert_eq!(&decode_header(&frame).unwrap(), &header);
        prop_assert_eq!(decode(&frame).unwrap(), Batch { header, items });
    }

    #[test]
    fn a_changed_frame_never_panics_even_with_a_right_checksum(
        at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>(),
    ) {
        let mut frame = encode(&header(2), &items(&["a b c".to_owned(), "d".to_owned()])).unwrap();
        let at = at.index(frame.len());
        frame[at] = byte;
        let cut = cut.index(frame.len()).max(CRC_END);
        for frame in [frame.clone(), sealed(frame.clone()), sealed(frame[..cut].to_vec())] {
            let _ = decode(&frame);
            let _ = decode_header(&frame);
        }
    }
}

#[test]
fn a_frame_of_which_nothing_is_compressed_says_the_same() {
    for (sources, records) in [(0, 0), (1, 1), (9_000, 300)] {
        let messages: Vec<String> = (0..records).map(|n| format!("message {n} of many")).collect();
        let (header, items) = (header(sources), items(&messages));
        let frame = encode(&header, &items).unwrap();
        let plain = uncompressed(&frame).unwrap();
        assert_eq!(decode(&plain).unwrap(), decode(&frame).unwrap());
        assert_eq!(uncompressed(&plain).unwrap(), plain);
        assert!(plain.len() >= frame.len());
    }
    assert!(uncompressed(b"NLBT").is_err());
}
