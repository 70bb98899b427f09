//! Records that nobody means well with, drawn at random.

use std::sync::Arc;

use bytes::Bytes;
use nilometer_model::{LogId, LogPosition, Origin, Revision, RowRef, Rows, Severity, SourceId};
use nilometer_model::{Stream, Timestamp};
use proptest::prelude::*;

use crate::records::object::{TAIL_BYTES, Tail};
use crate::records::{Builder, RecordIndex};
use crate::split::{SplitError, SplitId, SplitMeta, SplitOrigin};

pub(super) const ID: SplitId = SplitId(uuid::Uuid::from_u128(7));

pub(super) fn origin_of_split() -> SplitOrigin {
    SplitOrigin {
        log: LogId::default(),
        log_from: LogPosition(3),
        log_to: LogPosition(9),
        revision: Revision(2),
        replaces: Vec::new(),
    }
}

fn origin(n: u8) -> Arc<Origin> {
    Arc::new(Origin {
        tenant: format!("tenant-{}", n / 8),
        component: format!("component-{}", n / 2),
        instance: format!("pod-{n}"),
        stream: Stream::ALL[usize::from(n) % Stream::ALL.len()],
        version: if n.is_multiple_of(2) { String::new() } else { "1.2".to_owned() },
        source: SourceId(u64::from(n) << 40),
        ..Origin::default()
    })
}

/// Pieces of messages, so that templates, slots and the borders between them are met often.
const PIECES: [&str; 26] = [
    " ", "-", ".", "=", "/", "\n", "\u{1}", "\u{11}", "\0", "\t", "error", "Error", "port", "a",
    "x1", "42", "42", "7f3c", "9_", "é", "é7", "…", "…4", "日志", "日4b", "ſ",
];

pub(super) fn any_text(pieces: usize) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        20 => proptest::sample::select(&PIECES[..]).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
    ];
    proptest::collection::vec(piece, 0..pieces).prop_map(|pieces| pieces.concat())
}

fn any_attributes() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just("1".to_owned()),
        Just("\"v\"".to_owned()),
        Just("null".to_owned()),
        Just("[1,{\"a\":\"}\"}]".to_owned()),
        any_text(3).prop_map(|text| serde_json::to_string(&text).unwrap()),
        any::<i16>().prop_map(|number| number.to_string()),
    ];
    let pairs =
        proptest::collection::vec((proptest::sample::select(&["k", "é", "a.b"][..]), value), 0..4);
    let object = pairs.prop_map(|pairs| {
        let pairs: Vec<_> = pairs.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
        format!("{{{}}}", pairs.join(","))
    });
    prop_oneof![2 => Just(String::new()), 4 => object, 1 => any_text(4)]
}

pub(super) fn any_chunks(rows_max: usize) -> impl Strategy<Value = Vec<Arc<Rows>>> {
    let times = (prop_oneof![9 => 0..300_000_000_000_i64, 1 => any::<i64>()], any::<(i64, i64)>());
    let numbers = (any::<u64>(), 0..u32::MAX / 2);
    let texts = (any_text(9), any_attributes());
    let ids = (proptest::option::weighted(0.1, 1_u8..), proptest::option::weighted(0.1, 1_u8..));
    let row = (0_u8..12, 0_usize..7, times, numbers, texts, ids);
    let chunk = proptest::collection::vec(row, 0..rows_max).prop_map(|drawn| {
        let mut rows = Rows::default();
        for (of, severity, times, (position, bytes), (message, attributes), (trace, span)) in drawn
        {
            let (time, (order_time, received)) = times;
            rows.push(RowRef {
                origin: &origin(of),
                time: Timestamp(time),
                order_time: Timestamp(if order_time % 2 == 0 { time } else { order_time }),
                position,
                bytes,
                received: Timestamp(received),
                severity: Severity::ALL[severity],
                message: &message,
                attributes: &attributes,
                trace_id: trace.map(|id| [id; 16]),
                span_id: span.map(|id| [id; 8]),
            });
        }
        Arc::new(rows)
    });
    proptest::collection::vec(chunk, 1..4)
        .prop_filter("a split has rows", |chunks| chunks.iter().any(|chunk| !chunk.is_empty()))
}

pub(super) fn built(chunks: &[Arc<Rows>]) -> (SplitMeta, Bytes) {
    Builder::new().unwrap().build(ID, chunks, origin_of_split()).unwrap()
}

/// A split in memory.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) index: Arc<RecordIndex>,
    object: Bytes,
}

impl Held {
    pub(super) fn open(object: Bytes, meta: SplitMeta) -> Result<Self, SplitError> {
        let damaged = || SplitError::Damaged { id: meta.id, section: "tail".to_owned() };
        let tail_at = object.len().checked_sub(TAIL_BYTES).ok_or_else(damaged)?;
        let tail = Tail::read(&object[tail_at..], meta.bytes).ok_or_else(damaged)?;
        let at = tail.sections_at();
        let at = usize::try_from(at.start).unwrap()..usize::try_from(at.end).unwrap();
        if at.end > object.len() {
            return Err(damaged());
        }
        let sections = object.slice(at);
        let index = Arc::new(RecordIndex::new(meta, tail, sections)?);
        Ok(Self { index, object })
    }

    pub(super) fn blocks(&self) -> u32 {
        self.index.meta().blocks
    }

    pub(super) fn bytes(&self, number: u32) -> Result<Bytes, SplitError> {
        let place = &self.index.directory()?[number as usize];
        let start = usize::try_from(place.at).unwrap();
        Ok(self.object.slice(start..start + usize::try_from(place.len()).unwrap()))
    }
}

pub(super) fn opened(chunks: &[Arc<Rows>]) -> Held {
    let (meta, bytes) = built(chunks);
    Held::open(bytes, meta).unwrap()
}
