//! What must hold whatever a block is made of. The check panics where something does not; `tests/mutate` and
//! `tests/fuzz` bring the bytes.
//!
//! Invariants:
//! - no bytes make a decoder panic, also under right checksums: whoever wants to do harm computes them too;
//! - what is decoded is whole columns, and comes back when it is encoded again, or with nothing compressed;
//! - columns decoded alone are the same as all of them.

use std::fmt;

use nilometer_model::Rows;

use crate::frames::{CRC_END, FRAME_ENTRY_BYTES, Format};
use crate::{
    Columns, SpanColumns, decode, decode_samples, decode_spans, encode, encode_samples,
    encode_spans, samples, spans, uncompressed,
};

/// A block of any kind, as it is and with its checksums put right.
pub fn block(bytes: &[u8]) {
    check(bytes);
    let mut signed = bytes.to_vec();
    match bytes.first_chunk() {
        Some(magic) if *magic == crate::layout::FORMAT.magic => {
            sign::<{ crate::layout::FRAMES }>(&mut signed);
        }
        Some(magic) if *magic == spans::FORMAT.magic => sign::<{ spans::FRAMES }>(&mut signed),
        Some(magic) if *magic == samples::FORMAT.magic => sign::<{ samples::FRAMES }>(&mut signed),
        _ => return,
    }
    check(&signed);
}

fn check(bytes: &[u8]) {
    let plain = uncompressed(bytes).unwrap_or_default();
    if let Ok(rows) = decode(bytes, Columns::ALL) {
        assert!(rows.check());
        for again in [encode(&rows, 1), plain] {
            let again = decode(&again, Columns::ALL).expect("it is a block");
            assert_eq!(shown(again.iter()), shown(rows.iter()));
        }
        check_numbers(bytes, &rows);
    } else if let Ok(spans) = decode_spans(bytes, SpanColumns::ALL) {
        assert!(spans.check());
        for again in [encode_spans(&spans, 1), plain] {
            let again = decode_spans(&again, SpanColumns::ALL).expect("it is a block");
            assert_eq!(shown(again.iter()), shown(spans.iter()));
        }
        assert!(decode_spans(bytes, SpanColumns::TREE).is_ok_and(|tree| tree.check()));
    } else if let Ok(samples) = decode_samples(bytes) {
        assert!(samples.check());
        for again in [encode_samples(&samples, 1), plain] {
            let again = decode_samples(&again).expect("it is a block");
            assert_eq!(shown(again.iter()), shown(samples.iter()));
        }
    }
}

fn check_numbers(bytes: &[u8], rows: &Rows) {
    let numbers = decode(bytes, Columns::NUMBERS).expect("all of it was decoded");
    assert!(numbers.check());
    assert_eq!((&numbers.time, &numbers.order_time), (&rows.time, &rows.order_time));
    assert_eq!((&numbers.position, &numbers.bytes), (&rows.position, &rows.bytes));
    assert_eq!(numbers.severity, rows.severity);
}

/// To be compared: not every number is equal to itself.
fn shown(items: impl Iterator<Item = impl fmt::Debug>) -> String {
    format!("{:?}", items.collect::<Vec<_>>())
}

/// Makes every checksum right that can be reached, in a block of so many frames.
pub(crate) fn sign<const FRAMES: usize>(bytes: &mut [u8]) {
    let head_bytes = Format::<FRAMES>::HEAD_BYTES;
    let mut at = head_bytes;
    for frame in 0..FRAMES {
        let entry = CRC_END + 4 + frame * FRAME_ENTRY_BYTES;
        let Some(stored) = bytes.get(entry..).and_then(|entry| entry.first_chunk()) else { return };
        let stored = u32::from_le_bytes(*stored) as usize;
        let Some(frame) = bytes.get(at..).and_then(|rest| rest.get(..stored)) else { break };
        let crc = crc32c::crc32c(frame);
        bytes[entry + 8..entry + 12].copy_from_slice(&crc.to_le_bytes());
        at += stored;
    }
    let Some(head) = bytes.get(CRC_END..head_bytes) else { return };
    let crc = crc32c::crc32c(head);
    bytes[CRC_END - 4..CRC_END].copy_from_slice(&crc.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use nilometer_mutate::{MUTATIONS, hold};
    use proptest::strategy::{Strategy, ValueTree};
    use proptest::test_runner::TestRunner;

    use crate::samples::tests::any_samples;
    use crate::spans::tests::any_spans;
    use crate::tests::any_rows;
    use crate::{encode, encode_samples, encode_spans, uncompressed};

    /// Always the same.
    fn drawn<T: Debug>(strategy: impl Strategy<Value = T>) -> impl Iterator<Item = T> {
        let mut runner = TestRunner::deterministic();
        (0..5).map(move |_| strategy.new_tree(&mut runner).unwrap().current())
    }

    #[test]
    fn blocks() {
        let rows = drawn(any_rows(12)).map(|rows| encode(&rows, 1));
        let spans = drawn(any_spans(12)).map(|spans| encode_spans(&spans, 1));
        let samples = drawn(any_samples()).map(|samples| encode_samples(&samples, 1));
        let packed: Vec<Vec<u8>> = rows.chain(spans).chain(samples).collect();
        let mut blocks: Vec<Vec<u8>> =
            packed.iter().map(|block| uncompressed(block).unwrap()).collect();
        blocks.extend(packed);
        hold("block", &blocks, MUTATIONS, super::block);
    }
}
