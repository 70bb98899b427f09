//! Blocks of samples.
//!
//! ```text
//!   "NLSA", head, 4 frames:
//!
//!   who         table of origins | names v, { len v, text } | planes of origin | planes of name | planes of unit
//!   numbers     time: first i64, planes of zz(delta)   position and received: likewise   kind: u8 per sample
//!               attributes bytes: planes
//!   values      planes of bits ^ the bits of the sample before
//!   attributes  their text, end to end
//! ```
//! v = LEB128, zz = zigzag, planes = see `plane.rs`. Invariant: a value comes back bit by bit, NaN too.

use nilometer_model::{Names, SampleKind, Samples, TextColumn};

use crate::cursor::{Cursor, put_text, put_varint};
use crate::decode::{BlockError, read_deltas};
use crate::frames::{Format, Frames, Inflater, Packer, Squeezer};
use crate::limits::{ORIGINS_BYTES_MAX, ROWS_MAX, TEXT_BYTES_MAX};
use crate::texts::{self, ends, lengths};
use crate::{origins, plane};

pub(crate) const FRAMES: usize = 4;
const WHO: usize = 0;
const NUMBERS: usize = 1;
const VALUES: usize = 2;
const ATTRIBUTES: usize = 3;

pub(crate) const FORMAT: Format<FRAMES> = Format {
    magic: *b"NLSA",
    names: ["who", "numbers", "values", "attributes"],
    rows_max: ROWS_MAX,
    bytes_max,
};

/// What a frame of a block of so many samples can be at most, inflated.
fn bytes_max(frame: usize, rows: usize) -> usize {
    let column = 1 + 8 * rows;
    match frame {
        WHO => ORIGINS_BYTES_MAX + TEXT_BYTES_MAX + 3 * column,
        NUMBERS => 3 * (8 + column) + rows + column,
        VALUES => column,
        _ => TEXT_BYTES_MAX,
    }
}

/// `samples`, in their order, as a block compressed at zstd's `level`.
///
/// # Panics
/// When memory is exhausted.
#[must_use]
pub fn encode_samples(samples: &Samples, level: i32) -> Vec<u8> {
    let mut squeezer = Squeezer::new(level).expect("zstd has memory");
    let mut block = Packer::new(&FORMAT, samples.len(), 8 * samples.len());
    let attributes = samples.attributes.text().as_bytes();
    for frame in [&*who(samples), &*numbers(samples), &*values(samples), attributes] {
        block.frame(&mut squeezer, frame).expect("zstd has memory");
    }
    block.finish()
}

fn who(samples: &Samples) -> Vec<u8> {
    let mut raw = Vec::new();
    origins::put(&mut raw, &samples.origins);
    let names = samples.names.texts();
    put_varint(&mut raw, u32::try_from(names.len()).unwrap_or(u32::MAX));
    (0..names.len()).for_each(|name| put_text(&mut raw, names.get(name)));
    for column in [&samples.origin, &samples.name, &samples.unit] {
        plane::put(&mut raw, &column.iter().map(|code| u64::from(*code)).collect::<Vec<_>>());
    }
    raw
}

fn numbers(samples: &Samples) -> Vec<u8> {
    let mut raw = Vec::new();
    put_deltas(&mut raw, &samples.time);
    put_deltas(&mut raw, &samples.position.iter().map(|p| p.cast_signed()).collect::<Vec<_>>());
    put_deltas(&mut raw, &samples.received);
    raw.extend(samples.kind.iter().map(|kind| *kind as u8));
    plane::put(&mut raw, &lengths(&samples.attributes).collect::<Vec<_>>());
    raw
}

fn values(samples: &Samples) -> Vec<u8> {
    let mut before = 0;
    let changes = samples.value.iter().map(|value| {
        let bits = value.to_bits();
        bits ^ std::mem::replace(&mut before, bits)
    });
    let mut raw = Vec::new();
    plane::put(&mut raw, &changes.collect::<Vec<_>>());
    raw
}

fn put_deltas(raw: &mut Vec<u8>, numbers: &[i64]) {
    let first = numbers.first().copied().unwrap_or_default();
    raw.extend_from_slice(&first.to_le_bytes());
    let mut before = first;
    let deltas = numbers
        .iter()
        .map(|number| plane::zigzag(number.wrapping_sub(std::mem::replace(&mut before, *number))));
    plane::put(raw, &deltas.collect::<Vec<_>>());
}

/// The samples of a block.
///
/// # Errors
/// [`BlockError`] when the bytes are not a whole and undamaged block within [`limits`](crate::limits).
pub fn decode_samples(bytes: &[u8]) -> Result<Samples, BlockError> {
    let frames = Frames::open(bytes, &FORMAT)?;
    let rows = frames.rows;
    let mut inflater = Inflater::default();
    let mut samples = Samples::default();
    let mut attributes_ends = Vec::new();
    for (frame, read) in [(WHO, read_who as Read), (NUMBERS, read_numbers), (VALUES, read_values)] {
        let entry = frames.entry(frame);
        let mut cursor = Cursor::new(inflater.frame(entry)?);
        read(&mut cursor, rows, &mut samples, &mut attributes_ends)
            .filter(|()| cursor.is_empty())
            .ok_or(BlockError::Damaged(entry.name))?;
    }
    let entry = frames.entry(ATTRIBUTES);
    samples.attributes = texts::read(&mut inflater, entry, Some(attributes_ends), rows)?;
    let whole = samples.len() == rows && samples.check();
    whole.then_some(samples).ok_or(BlockError::Damaged("columns"))
}

/// Reads one frame's columns of so many samples, and where attributes end.
type Read = fn(&mut Cursor<'_>, usize, &mut Samples, &mut Vec<u32>) -> Option<()>;

fn read_who(
    cursor: &mut Cursor<'_>,
    rows: usize,
    samples: &mut Samples,
    _: &mut Vec<u32>,
) -> Option<()> {
    samples.origins = origins::get(cursor)?.into();
    samples.names = names(cursor)?;
    let mut values = Vec::new();
    for column in [&mut samples.origin, &mut samples.name, &mut samples.unit] {
        plane::get(cursor, rows, &mut values)?;
        *column = values.iter().map(|code| u32::try_from(*code).ok()).collect::<Option<_>>()?;
    }
    Some(())
}

/// Two names per sample at the most: what is measured, and the unit.
fn names(cursor: &mut Cursor<'_>) -> Option<Names> {
    let count = cursor.varint().filter(|names| *names as usize <= 2 * ROWS_MAX)?;
    let mut names = TextColumn::default();
    for _ in 0..count {
        names.push(cursor.text()?);
    }
    Some(names.into())
}

fn read_numbers(
    cursor: &mut Cursor<'_>,
    rows: usize,
    samples: &mut Samples,
    attributes_ends: &mut Vec<u32>,
) -> Option<()> {
    let mut values = Vec::new();
    samples.time = read_deltas(cursor, rows, &mut values)?;
    let position = read_deltas(cursor, rows, &mut values)?;
    samples.position = position.into_iter().map(i64::cast_unsigned).collect();
    samples.received = read_deltas(cursor, rows, &mut values)?;
    let kinds = cursor.take(rows)?.iter().map(|code| SampleKind::from_code(*code));
    samples.kind = kinds.collect::<Option<_>>()?;
    plane::get(cursor, rows, &mut values)?;
    *attributes_ends = ends(&values)?;
    Some(())
}

fn read_values(
    cursor: &mut Cursor<'_>,
    rows: usize,
    samples: &mut Samples,
    _: &mut Vec<u32>,
) -> Option<()> {
    let (mut changes, mut bits) = (Vec::new(), 0);
    plane::get(cursor, rows, &mut changes)?;
    let values = changes.iter().map(|change| {
        bits ^= change;
        f64::from_bits(bits)
    });
    samples.value = values.collect();
    Some(())
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use nilometer_model::{Origin, SampleRef, Timestamp};
    use proptest::prelude::*;

    use super::*;
    use crate::hostile::sign;

    pub(crate) fn any_samples() -> impl Strategy<Value = Samples> {
        let sample =
            (0_u8..3, "[a-z]{0,3}", any::<(i64, f64)>(), "[a-z{}]{0,6}", any::<(u64, i64)>());
        proptest::collection::vec(sample, 0..30).prop_map(|drawn| {
            let mut samples = Samples::default();
            for (number, name, (time, value), attributes, (position, received)) in drawn {
                let origin = Arc::new(Origin { node: format!("n{number}"), ..Origin::default() });
                samples.push(SampleRef {
                    origin: &origin,
                    name: &name,
                    unit: if number == 0 { "By" } else { "" },
                    time: Timestamp(time),
                    value,
                    kind: SampleKind::ALL[usize::from(number)],
                    attributes: &attributes,
                    position,
                    received: Timestamp(received),
                });
            }
            samples
        })
    }

    proptest! {
        #[test]
        fn samples_come_back_as_they_were(samples in any_samples(), level in 1..4) {
            let bytes = encode_samples(&samples, level);
            prop_assert_eq!(decode_samples(&bytes).unwrap(), samples);
        }

        #[test]
        fn changed_bytes_are_refused_and_hostile_ones_do_no_harm(
            samples in any_samples(), at in any::<prop::sample::Index>(), flip in 1_u8..,
        ) {
            let mut bytes = encode_samples(&samples, 1);
            let at = 10 + at.index(bytes.len() - 10);
            bytes[at] ^= flip;
            prop_assert!(decode_samples(&bytes).is_err());
            prop_assert!(decode_samples(&bytes[..at]).is_err());
            sign::<FRAMES>(&mut bytes);
            if let Ok(samples) = decode_samples(&bytes) {
                prop_assert!(samples.check());
            }
        }
    }

    #[test]
    fn a_value_comes_back_bit_by_bit() {
        let odd = [f64::NAN, -0.0, f64::INFINITY, f64::MIN_POSITIVE, 0.1];
        let origin = Arc::new(Origin::default());
        let mut samples = Samples::default();
        for value in odd {
            samples.push(SampleRef {
                origin: &origin,
                name: "cpu",
                unit: "",
                time: Timestamp(0),
                value,
                kind: SampleKind::Gauge,
                attributes: "",
                position: 0,
                received: Timestamp(0),
            });
        }
        let decoded = decode_samples(&encode_samples(&samples, 1)).unwrap();
        let bits: Vec<u64> = decoded.value.iter().map(|value| value.to_bits()).collect();
        assert_eq!(bits, odd.map(f64::to_bits));
    }
}
