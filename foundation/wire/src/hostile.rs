//! What must hold whatever comes over the wire. Each check panics where something does not; `tests/mutate` and
//! `tests/fuzz` bring the bytes.
//!
//! Invariants:
//! - nothing panics, and nothing inflates beyond its limit;
//! - a batch that can be read is written again as one that says the same, compressed or not;
//! - a line that is taken is a record within its limits; a statement is read again as it was meant.

use std::sync::LazyLock;

use bytes::Bytes;
use nilometer_model::Timestamp;
use nilometer_model::limits::{ATTRIBUTES_BYTES_MAX, BATCH_FRAME_BYTES_MAX, MESSAGE_BYTES_MAX};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::limits::{BODY_INFLATED_BYTES_MAX, INFLATE_FLOOR_BYTES};
use crate::{
    BatchAnswer, Compression, Dictionary, FrameError, Heartbeat, HeartbeatAnswer, IngestAnswer,
    decode, decode_header, dictionary_of, encode, inflate, parse_line, uncompressed,
};

/// Where a frame's checksum stands; it covers what is behind it.
const CRC: std::ops::Range<usize> = 6..10;
/// The checksum of a body that is told by a dictionary.
const TOLD_CRC_BYTES: usize = 4;
const NOW: Timestamp = Timestamp(1_800_000_000_000_000_000);

/// A batch; its checksum is put right, so that what is behind it is looked at.
pub fn batch(bytes: &[u8]) {
    whole_frame(bytes);
    let mut healed = bytes.to_vec();
    if let Some((_, covered)) = bytes.split_at_checked(CRC.end) {
        healed[CRC].copy_from_slice(&crc32c::crc32c(covered).to_le_bytes());
        whole_frame(&healed);
    }
}

fn whole_frame(frame: &[u8]) {
    let header = decode_header(frame);
    let Ok(batch) = decode(frame) else { return };
    assert_eq!(header.as_ref(), Ok(&batch.header));
    match encode(&batch.header, &batch.items) {
        Ok(again) => assert!(same(&decode(&again), &batch), "written again it says otherwise"),
        Err(error) => assert!(matches!(error, FrameError::TooLarge { .. }), "{error}"),
    }
    let empty = empty();
    if let Some(body) = empty.compress(frame) {
        let inflated = empty.inflate(&body).unwrap_or_else(|error| panic!("told, and {error}"));
        assert!(same(&decode(&inflated), &batch), "told it says otherwise");
    }
    let plain = uncompressed(frame).unwrap_or_else(|error| panic!("not uncompressed: {error}"));
    assert!(
        plain.len() > BATCH_FRAME_BYTES_MAX || same(&decode(&plain), &batch),
        "uncompressed it says otherwise"
    );
}

/// By what is shown of it: not every number is equal to itself.
fn same(read: &Result<crate::Batch, FrameError>, batch: &crate::Batch) -> bool {
    read.as_ref().is_ok_and(|read| format!("{read:?}") == format!("{batch:?}"))
}

/// A body that was sent smaller than it is: how, by its first byte.
pub fn body(bytes: &[u8]) {
    let Some((how, body)) = bytes.split_first() else { return };
    let compression = match how % 3 {
        0 => Compression::Gzip,
        1 => Compression::Zstd,
        _ => return told(body),
    };
    if let Ok(inflated) = inflate(Bytes::copy_from_slice(body), compression) {
        assert!(inflated.len() <= BODY_INFLATED_BYTES_MAX);
        assert!(inflated.len() <= INFLATE_FLOOR_BYTES.max(body.len() * 100));
    }
}

/// The dictionary that everybody has.
fn empty() -> &'static Dictionary {
    static EMPTY: LazyLock<Dictionary> = LazyLock::new(Dictionary::default);
    &EMPTY
}

/// What stands in a body behind the dictionary's name and a checksum; a dictionary is made of such, too.
fn told(bytes: &[u8]) {
    let empty = empty();
    let name = empty.offer();
    let body = [&name[..], &[0; TOLD_CRC_BYTES], bytes].concat();
    assert_eq!(dictionary_of(&body).map(|(name, _)| name), Some(empty.hash()));
    // The checksum is wrong; what stands before is read all the same.
    assert!(empty.inflate(&body).is_err() || bytes.is_empty());
    let Ok(dictionary) = empty.extended(bytes) else { return };
    assert_eq!(dictionary.bytes(), bytes);
    assert_eq!(dictionary.offer_whole(), [&name[..], bytes].concat());
    if let Some(body) = dictionary.compress(bytes) {
        assert!(dictionary.inflate(&body).is_ok());
    }
}

/// A line that somebody posts.
pub fn ndjson(line: &[u8]) {
    let Ok(record) = parse_line(line, NOW) else { return };
    assert!(record.message.len() <= MESSAGE_BYTES_MAX);
    assert!(record.attributes.len() <= ATTRIBUTES_BYTES_MAX);
    assert!(record.trace_id != Some([0; 16]) && record.span_id != Some([0; 8]));
    if !record.attributes.is_empty() {
        assert!(record.attributes.starts_with('{'));
        serde_json::from_str::<IgnoredAny>(&record.attributes)
            .unwrap_or_else(|error| panic!("{error}: {}", record.attributes));
    }
}

/// What collectors and centres tell each other.
pub fn statement(bytes: &[u8]) {
    again::<Heartbeat>(bytes);
    again::<HeartbeatAnswer>(bytes);
    again::<BatchAnswer>(bytes);
    again::<IngestAnswer>(bytes);
}

/// What can be read says the same when it was written again.
fn again<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(bytes: &[u8]) {
    let Ok(statement) = serde_json::from_slice::<T>(bytes) else { return };
    let written = serde_json::to_vec(&statement).expect("a statement has a form");
    assert_eq!(serde_json::from_slice::<T>(&written).ok().as_ref(), Some(&statement));
}

#[cfg(test)]
mod tests {
    use nilometer_mutate::{MUTATIONS, hold};

    use crate::frame::tests::{header, items};

    #[test]
    fn batches() {
        let items = items(&["one".to_owned(), "two\nlines".to_owned(), String::new()]);
        let packed = crate::encode(&header(2), &items).unwrap();
        let plain = crate::uncompressed(&packed).unwrap();
        hold("batch", &[packed, plain], MUTATIONS, super::batch);
    }

    #[test]
    fn bodies() {
        let items = items(&["one".to_owned(), "two of 3".to_owned()]);
        let frame = crate::encode(&header(2), &items).unwrap();
        let told = crate::Dictionary::default().taught(&[frame]).unwrap();
        let body = [&[2], told.bytes()].concat();
        // Without its length it is what stands in a body.
        let alone = [&[2], &told.bytes()[2..]].concat();
        hold("body", &[body, alone], MUTATIONS, super::body);
    }

    #[test]
    fn posted_lines() {
        hold("ndjson", &[], MUTATIONS, super::ndjson);
    }

    #[test]
    fn statements() {
        hold("statement", &[], MUTATIONS, super::statement);
    }
}
