//! A column of numbers as byte planes: all lowest bytes, then all second ones, as far as any is not zero.
//!
//! ```text
//!   planes u8 (0..=8) | rows lowest bytes | rows second bytes | ...
//! ```
//! Why not varints: neighbours in a plane resemble each other, so zstd finds more; writing and reading are
//! loops without a branch; and a hostile column is as long as its first byte says, or refused.

use crate::cursor::Cursor;

/// Appends `values`.
pub fn put(out: &mut Vec<u8>, values: &[u64]) {
    let all = values.iter().fold(0, |all, value| all | value);
    let planes = (u64::BITS - all.leading_zeros()).div_ceil(u8::BITS);
    out.push(planes.to_le_bytes()[0]);
    for plane in 0..planes {
        let shift = plane * u8::BITS;
        out.extend(values.iter().map(|value| (value >> shift).to_le_bytes()[0]));
    }
}

/// Reads `rows` values into `values`; `None` when the bytes end before.
pub fn get(cursor: &mut Cursor<'_>, rows: usize, values: &mut Vec<u64>) -> Option<()> {
    let planes = cursor.byte().filter(|planes| u32::from(*planes) <= u64::BITS / u8::BITS)?;
    values.clear();
    values.resize(rows, 0);
    for plane in 0..u32::from(planes) {
        let shift = plane * u8::BITS;
        for (value, byte) in values.iter_mut().zip(cursor.take(rows)?) {
            *value |= u64::from(*byte) << shift;
        }
    }
    Some(())
}

/// Passes over a column of `rows` values; `None` when the bytes end before.
pub fn skip(cursor: &mut Cursor<'_>, rows: usize) -> Option<()> {
    let planes = cursor.byte().filter(|planes| u32::from(*planes) <= u64::BITS / u8::BITS)?;
    cursor.take(usize::from(planes) * rows).map(|_| ())
}

/// A difference as a number that is small when the difference is.
#[must_use]
pub fn zigzag(difference: i64) -> u64 {
    ((difference << 1) ^ (difference >> 63)).cast_unsigned()
}

/// The difference that [`zigzag`] was given.
#[must_use]
pub fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_and_take_no_more_planes_than_they_need() {
        let cases: [(&[u64], usize); 5] =
            [(&[], 1), (&[0, 0], 1), (&[0, 255], 3), (&[256, 1, 2], 7), (&[u64::MAX], 9)];
        for (values, bytes) in cases {
            let mut out = Vec::new();
            put(&mut out, values);
            assert_eq!(out.len(), bytes);
            let mut back = vec![7];
            get(&mut Cursor::new(&out), values.len(), &mut back).unwrap();
            assert_eq!(back, values);
            let mut cursor = Cursor::new(&out);
            skip(&mut cursor, values.len()).unwrap();
            assert!(cursor.is_empty());
        }
    }

    #[test]
    fn a_column_that_ends_early_or_claims_nine_planes_is_refused() {
        for bytes in [&[][..], &[1, 0], &[9]] {
            assert!(get(&mut Cursor::new(bytes), 2, &mut Vec::new()).is_none());
            assert!(skip(&mut Cursor::new(bytes), 2).is_none());
        }
    }

    #[test]
    fn differences_come_back_at_the_ends_too() {
        for difference in [0, 1, -1, 77, i64::MAX, i64::MIN] {
            assert_eq!(unzigzag(zigzag(difference)), difference);
        }
        assert_eq!((zigzag(-1), zigzag(1)), (1, 2));
    }
}
